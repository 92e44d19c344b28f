__all__ = ["TServer", "TNonblockingServer"]
