#pragma once

#include "wire/compact_reader.hpp"
#include "wire/compact_writer.hpp"

// The compact protocol (doc/specs/thrift-compact-protocol.md of Apache Thrift): numbers of variable length,
// field ids as the distance to the one before, bools inside the field header.
