__all__ = ["TTransport", "TSocket", "THttpClient", "TZlibTransport"]
