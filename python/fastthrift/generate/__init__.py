"""The code generator: the commands `fastthrift` and `thrift`.

A file is parsed by the core (strictly, as Apache's compiler reads it), resolved to the objects of ``model``, and written
by one of the languages: ``layout`` for Python, ``stubs`` for pyi, ``json_schema`` for json. Every text of the IDL is data:
names are identifiers by the grammar, all else goes through ``text`` or ``repr``.
"""
