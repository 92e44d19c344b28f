import sys

sys.path.append("gen-py")

from example.constants import MAX_NOTES
from example.ttypes import Level, Note
from fastthrift.apache.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.apache.transport import TTransport
from fastthrift.apache.TSerialization import deserialize, serialize

note = Note(title="Buy milk", tags=["home"], level=Level.HIGH)
print(note)
data = serialize(note)
print(len(data), deserialize(Note(), data) == note)

out = TTransport.TMemoryBuffer()
note.write(TCompactProtocol.TCompactProtocol(out))
again = Note()
again.read(TCompactProtocol.TCompactProtocol(TTransport.TMemoryBuffer(out.getvalue())))
print(len(out.getvalue()), again.tags, Level._VALUES_TO_NAMES[again.level])
try:
    Note().write(TBinaryProtocol.TBinaryProtocol(TTransport.TMemoryBuffer()))
except Exception as error:
    print(type(error).__name__, error)
print(MAX_NOTES)
