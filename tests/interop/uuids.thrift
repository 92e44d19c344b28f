// Peer where the language knows uuid; written by hand in the peers whose compiler does not know it.

include "interop.thrift"

service Uuids extends interop.Peer {
  string describe_uuid(1: uuid value)
  uuid echo_uuid(1: uuid value)
}
