__all__ = [
    "fastbinary",
    "TBase",
    "TBinaryProtocol",
    "TCompactProtocol",
    "TJSONProtocol",
    "TProtocol",
    "TProtocolDecorator",
]
