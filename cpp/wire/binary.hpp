#pragma once

#include "wire/binary_reader.hpp"
#include "wire/binary_writer.hpp"

// The binary protocol (doc/specs/thrift-binary-protocol.md of Apache Thrift): fixed-size big-endian numbers,
// lengths in front. Every protocol has a Reader and a Writer with these members; the codec is a template over
// them.
