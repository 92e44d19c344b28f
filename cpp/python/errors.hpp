#pragma once

#include "python/parked.hpp"
#include "python/ref.hpp"

#include <exception>
#include <utility>

#include "base/errors.hpp"

// Errors cross the border in two directions. Inside C++ a Python exception that is already set travels as
// PythonError; at each entry from Python `guarded` turns whatever was thrown into a Python exception.
namespace fastthrift::python {

// A Python exception is set; nothing else is known of it here.
class PythonError : public std::exception {
 public:
  const char* what() const noexcept override { return "a Python exception is set"; }
};

// A new reference that must not be null.
inline Ref checked(PyObject* object) {
  if (object == nullptr) throw PythonError();
  return Ref::steal(object);
}
inline void checked_status(int status) {
  if (status < 0) throw PythonError();
}

// Sets TypeError, ValueError, ... with a PyErr_Format text and throws PythonError.
[[noreturn]] void raise(PyObject* type, const char* format, ...);

// Sets the Python exception for the C++ exception being handled; call in a catch block. The table:
// ProtocolError -> TProtocolException (too deep: a subclass that is also a RecursionError; a bad version: one
// that is also ProtocolError of protocol.cybin), TransportError -> TTransportException (timed out: a subclass
// that is also a TimeoutError), RemoteError -> TApplicationException, IdlError -> ThriftParserError and its
// subclasses, bad_alloc -> MemoryError.
void set_python_error() noexcept;

// The same for Apache's face of the package: the exception is one of Apache's classes.
void set_apache_error() noexcept;

// Runs `body`; on an exception sets the Python error and returns `failed` (nullptr or -1).
template <class Result, class Body>
Result guarded(Result failed, Body&& body, void (*set_error)() noexcept = set_python_error) noexcept {
  try {
    ParkedUnlessThrown parked;
    Result result = body();
    parked.disarm();
    return result;
  } catch (...) {
    set_error();
    return failed;
  }
}
template <class Result, class Body>
Result guarded_for_apache(Result failed, Body&& body) noexcept {
  return guarded(failed, std::forward<Body>(body), set_apache_error);
}
// The Python function that turns an exception of thriftpy2's face into Apache's, or gives it back.
void set_apache_translator(PyObject* function);

// Lets Python's classes be found by the translator without importing anything while an error is on its way:
// `fastthrift/__init__.py` and the modules that define exception classes register them here by name once.
void register_exception(const char* name, PyObject* type);
// Borrowed; null when nothing is registered under the name.
PyObject* registered_exception(const char* name);

}  // namespace fastthrift::python
