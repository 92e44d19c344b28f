#include "python/protocol_options.hpp"

#include "python/errors.hpp"

#include <string>

namespace fastthrift::python::protocol {
namespace {

bool flag_from(PyObject* value) {
  const int truth = PyObject_IsTrue(value);
  checked_status(truth);
  return truth != 0;
}

std::size_t limit_from(PyObject* value) {
  if (value == Py_None) return Limits::no_limit;
  const Py_ssize_t limit = PyNumber_AsSsize_t(value, PyExc_ValueError);
  if (limit == -1 && PyErr_Occurred() != nullptr) throw PythonError();
  if (limit < 0) raise(PyExc_ValueError, "a limit must not be negative; None is no limit");
  return static_cast<std::size_t>(limit);
}

PyObject* limit_to_python(std::size_t limit) {
  return limit == Limits::no_limit ? Ref::share(Py_None).release() : PyLong_FromSize_t(limit);
}

// What an attribute reads and writes.
using Flag = bool& (*)(CodecOptions&);
using Limit = std::size_t& (*)(CodecOptions&);

bool& strict_read(CodecOptions& options) { return options.binary.strict_read; }
bool& strict_write(CodecOptions& options) { return options.binary.strict_write; }
bool& decode_response(CodecOptions& options) { return options.decode.decode_response; }
bool& strict_decode(CodecOptions& options) { return options.decode.strict_decode; }
bool& sets(CodecOptions& options) { return options.decode.sets; }
std::size_t& max_depth(CodecOptions& options) { return options.limits.depth; }
std::size_t& max_message(CodecOptions& options) { return options.limits.message; }
std::size_t& max_string(CodecOptions& options) { return options.limits.string; }
std::size_t& max_container(CodecOptions& options) { return options.limits.container; }
std::size_t& max_expansion(CodecOptions& options) { return options.limits.expansion; }

template <Flag flag>
PyObject* get_flag(PyObject* self, void*) {
  return PyBool_FromLong(flag(options_in(self)));
}

template <Limit limit>
PyObject* get_limit(PyObject* self, void*) {
  return limit_to_python(limit(options_in(self)));
}

int refuse_deletion() {
  PyErr_SetString(PyExc_AttributeError, "this attribute cannot be deleted");
  return -1;
}

template <Flag flag>
int set_flag(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) return refuse_deletion();
  return guarded(-1, [&] {
    const bool given = flag_from(value);
    flag(options_in(self)) = given;
    return 0;
  });
}

template <Limit limit>
int set_limit(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) return refuse_deletion();
  return guarded(-1, [&] {
    const std::size_t given = limit_from(value);
    limit(options_in(self)) = given;
    return 0;
  });
}

template <Flag flag>
constexpr PyGetSetDef flag_attribute(const char* name, const char* doc) {
  return {name, get_flag<flag>, set_flag<flag>, doc, nullptr};
}
template <Limit limit>
constexpr PyGetSetDef limit_attribute(const char* name, const char* doc) {
  return {name, get_limit<limit>, set_limit<limit>, doc, nullptr};
}

// Binary's own come first, so that compact's table is the rest.
PyGetSetDef attributes[] = {
    flag_attribute<strict_read>("strict_read", "Refuse messages that begin without the version word."),
    flag_attribute<strict_write>("strict_write", "Begin messages with the version word."),
    flag_attribute<decode_response>("decode_response", "Give strings as str; False: every string as bytes."),
    flag_attribute<strict_decode>("strict_decode",
                                  "Refuse strings that are not UTF-8; False: those as bytes."),
    flag_attribute<sets>("sets", "Give sets as set; False: as list."),
    limit_attribute<max_depth>("max_depth", "Structs and containers inside each other."),
    limit_attribute<max_message>("max_message", "Bytes of one message or struct; None is no limit."),
    limit_attribute<max_string>("max_string", "Bytes of one string; None is no limit."),
    limit_attribute<max_container>("max_container", "Elements of one container; None is no limit."),
    limit_attribute<max_expansion>("max_expansion",
                                   "Bytes of memory that structs and containers may take for each byte of a "
                                   "message, beyond 64 MiB; None is no limit."),
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
constexpr std::size_t binary_only = 2;

}  // namespace

PyGetSetDef* option_attributes(wire::Protocol protocol) {
  return protocol == wire::Protocol::binary ? attributes : attributes + binary_only;
}

void parse_arguments(CodecOptions& options, PyObject** transport, PyObject* args, PyObject* kwargs) {
  static const char* const binary_names[] = {
      "trans",       "strict_read", "strict_write",  "decode_response", "strict_decode", "max_depth",
      "max_message", "max_string",  "max_container", "max_expansion",   "sets",          nullptr};
  static const char* const compact_names[] = {
      "trans",      "decode_response", "strict_decode", "max_depth", "max_message",
      "max_string", "max_container",   "max_expansion", "sets",      nullptr};
  const bool is_binary = options.protocol == wire::Protocol::binary;
  PyObject* given[12] = {};  // a factory's last place is never filled
  const char* const* names = is_binary ? binary_names : compact_names;
  PyObject** first = given;
  std::string format = "O|";
  if (transport == nullptr) {
    ++names;
    ++first;
    format = "|";
  }
  format += is_binary ? "OOOOO$OOOOO" : "OOO$OOOOO";
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, format.c_str(), const_cast<char**>(names), first, first + 1,
                                   first + 2, first + 3, first + 4, first + 5, first + 6, first + 7,
                                   first + 8, first + 9, first + 10)) {
    throw PythonError();
  }
  if (transport != nullptr) *transport = given[0];
  static constexpr Flag binary_flags[] = {strict_read, strict_write, decode_response, strict_decode};
  static constexpr Limit limits[] = {max_depth, max_message, max_string, max_container, max_expansion};
  PyObject** next = given + 1;
  for (std::size_t i = is_binary ? 0 : binary_only; i < 4; ++i, ++next) {
    if (*next != nullptr) binary_flags[i](options) = flag_from(*next);
  }
  for (const Limit limit : limits) {
    if (*next != nullptr) limit(options) = limit_from(*next);
    ++next;
  }
  if (*next != nullptr) sets(options) = flag_from(*next);
}

}  // namespace fastthrift::python::protocol
