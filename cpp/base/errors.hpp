#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

// The four kinds of errors that the core knows. The Python layer turns each into the class that users catch
// (cpp/python/errors.hpp has the table).
namespace fastthrift {

// A place in an IDL file; line and column start at 1, 0 means unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

// An IDL that cannot be read. `text()` is the sentence alone, thriftpy2's where it has one; `hint()` adds
// what was expected or why, and may be empty; `what()` is all of it behind the place.
class IdlError : public std::runtime_error {
 public:
  enum class Kind { parser, lexer, grammar, module_name_conflict };

  IdlError(Kind kind, std::string text, Place place, std::string hint = {});

  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }
  const std::string& hint() const { return hint_; }
  const Place& place() const { return place_; }

 private:
  Kind kind_;
  std::string text_;
  std::string hint_;
  Place place_;
};

// Bytes that are not what the protocol says, or values that it cannot carry. The numbers are
// TProtocolException's.
class ProtocolError : public std::runtime_error {
 public:
  enum class Kind {
    unknown = 0,
    invalid_data = 1,
    negative_size = 2,
    size_limit = 3,
    bad_version = 4,
    not_implemented = 5,
    depth_limit = 6,
  };

  ProtocolError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}

  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// A connection that cannot be opened, read or written. The numbers are TTransportException's.
class TransportError : public std::runtime_error {
 public:
  enum class Kind {
    unknown = 0,
    not_open = 1,
    already_open = 2,
    timed_out = 3,
    end_of_file = 4,
    negative_size = 5,
    size_limit = 6,
  };

  // `os_error` is the errno behind it, 0 where there is none.
  TransportError(Kind kind, const std::string& text, int os_error = 0)
      : std::runtime_error(text), kind_(kind), os_error_(os_error) {}

  Kind kind() const { return kind_; }
  int os_error() const { return os_error_; }

 private:
  Kind kind_;
  int os_error_;
};

// What the peer answered instead of a result, or an answer that does not fit the call.
// TApplicationException's numbers.
class RemoteError : public std::runtime_error {
 public:
  enum class Kind {
    unknown = 0,
    unknown_method = 1,
    invalid_message_type = 2,
    wrong_method_name = 3,
    bad_sequence_id = 4,
    missing_result = 5,
    internal_error = 6,
    protocol_error = 7,
    invalid_transform = 8,
    invalid_protocol = 9,
    unsupported_client_type = 10,
  };

  RemoteError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}

  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

}  // namespace fastthrift
