#include "python/errors.hpp"

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <new>

namespace fastthrift::python {
namespace {

// The classes that Python has registered; the names are those of the classes, the entries live as long as the
// process.
struct Registered {
  const char* name;
  PyObject* type;
};
std::array<Registered, 14> registry{{
    {"TProtocolException", nullptr},
    {"TProtocolDepthError", nullptr},
    {"TProtocolVersionError", nullptr},
    {"TTransportException", nullptr},
    {"TTransportTimeout", nullptr},
    {"TApplicationException", nullptr},
    {"TDecodeException", nullptr},
    {"ProtocolError", nullptr},
    {"TProtocolTextError", nullptr},
    {"ThriftParserError", nullptr},
    {"ThriftLexerError", nullptr},
    {"ThriftGrammarError", nullptr},
    {"ThriftModuleNameConflict", nullptr},
    {"ResponseException", nullptr},
}};

Registered* entry(const char* name) {
  for (Registered& each : registry) {
    if (std::strcmp(each.name, name) == 0) return &each;
  }
  return nullptr;
}

// The first of the names that is registered, else RuntimeError: an error is never lost because its class is.
PyObject* first_of(const char* name, const char* other = nullptr) {
  if (PyObject* type = registered_exception(name)) return type;
  if (other != nullptr) {
    if (PyObject* type = registered_exception(other)) return type;
  }
  return PyExc_RuntimeError;
}

// A text of ours is UTF-8 unless it repeats a peer's bytes.
Ref text_of(const char* text) {
  return Ref::steal(
      PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "backslashreplace"));
}

void set_with_text(PyObject* type, const char* text) {
  if (Ref message = text_of(text)) PyErr_SetObject(type, message.get());
}

// `type(kind, text)`: what the exceptions with a number are made from.
void set_with_kind(PyObject* type, int kind, const char* text, int os_error = 0) {
  Ref message = text_of(text);
  if (!message) return;
  if (type == PyExc_RuntimeError) return PyErr_SetObject(type, message.get());
  Ref error = Ref::steal(PyObject_CallFunction(type, "iO", kind, message.get()));
  if (!error) return;
  if (os_error != 0) {
    errno = os_error;  // the operating system's own words, as the cause
    PyErr_SetFromErrno(PyExc_OSError);
    PyObject *cause_type, *cause, *traceback;
    PyErr_Fetch(&cause_type, &cause, &traceback);
    PyErr_NormalizeException(&cause_type, &cause, &traceback);
    Py_XDECREF(cause_type);
    Py_XDECREF(traceback);
    PyException_SetCause(error.get(), cause);
  }
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
}

PyObject* type_of(const ProtocolError& error) {
  switch (error.kind()) {
    case ProtocolError::Kind::depth_limit:
      return first_of("TProtocolDepthError", "TProtocolException");
    case ProtocolError::Kind::bad_version:
      return first_of("TProtocolVersionError", "TProtocolException");
    default:
      return first_of("TProtocolException");
  }
}

PyObject* type_of(const TransportError& error) {
  if (error.kind() == TransportError::Kind::timed_out)
    return first_of("TTransportTimeout", "TTransportException");
  return first_of("TTransportException");
}

void set_idl_error(const IdlError& error) {
  const char* name = "ThriftParserError";
  switch (error.kind()) {
    case IdlError::Kind::lexer:
      name = "ThriftLexerError";
      break;
    case IdlError::Kind::grammar:
      name = "ThriftGrammarError";
      break;
    case IdlError::Kind::module_name_conflict:
      name = "ThriftModuleNameConflict";
      break;
    case IdlError::Kind::parser:
      break;
  }
  PyObject* type = first_of(name, "ThriftParserError");
  Ref message = text_of(error.text().c_str());
  if (!message) return;
  Ref raised = Ref::steal(PyObject_CallOneArg(type, message.get()));
  if (!raised) return;
  // The place as attributes, so that editors and users' code need not take the text apart.
  Ref file = error.place().file.empty() ? Ref::share(Py_None) : text_of(error.place().file.c_str());
  Ref line = Ref::steal(PyLong_FromLong(error.place().line));
  Ref column = Ref::steal(PyLong_FromLong(error.place().column));
  Ref hint = error.hint().empty() ? Ref::share(Py_None) : text_of(error.hint().c_str());
  if (!file || !line || !column || !hint ||
      PyObject_SetAttrString(raised.get(), "filename", file.get()) < 0 ||
      PyObject_SetAttrString(raised.get(), "hint", hint.get()) < 0 ||
      PyObject_SetAttrString(raised.get(), "lineno", line.get()) < 0 ||
      PyObject_SetAttrString(raised.get(), "column", column.get()) < 0) {
    return;
  }
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.get())), raised.get());
}

PyObject* register_from_python(PyObject*, PyObject* arguments) {
  const char* name = nullptr;
  PyObject* type = nullptr;
  if (!PyArg_ParseTuple(arguments, "sO:register_exception", &name, &type)) return nullptr;
  if (!PyExceptionClass_Check(type)) {
    return PyErr_Format(PyExc_TypeError, "register_exception() needs an exception class, got %R", type);
  }
  if (entry(name) == nullptr) {
    return PyErr_Format(PyExc_ValueError, "register_exception(): no error of the core is called '%s'", name);
  }
  register_exception(name, type);
  Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"register_exception", register_from_python, METH_VARARGS,
     "register_exception(name, type)\n\nTells the core which class to raise for its errors called `name`."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void raise(PyObject* type, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  PyErr_FormatV(type, format, arguments);
  va_end(arguments);
  throw PythonError();
}

void set_python_error() noexcept {
  try {
    throw;
  } catch (const PythonError&) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "an error was announced but none is set");
  } catch (const ProtocolError& error) {
    set_with_kind(type_of(error), static_cast<int>(error.kind()), error.what());
  } catch (const TransportError& error) {
    set_with_kind(type_of(error), static_cast<int>(error.kind()), error.what(), error.os_error());
  } catch (const RemoteError& error) {
    set_with_kind(first_of("TApplicationException"), static_cast<int>(error.kind()), error.what());
  } catch (const IdlError& error) {
    set_idl_error(error);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    set_with_text(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "unknown C++ exception");
  }
}

namespace {
PyObject* apache_translator = nullptr;
}

void set_apache_translator(PyObject* function) {
  Py_XINCREF(function);
  Py_XSETREF(apache_translator, function);
}

void set_apache_error() noexcept {
  set_python_error();
  if (apache_translator == nullptr || !PyErr_Occurred()) return;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  Ref translated = Ref::steal(PyObject_CallOneArg(apache_translator, value));
  if (!translated || translated.get() == value || !PyExceptionInstance_Check(translated.get())) {
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return;
  }
  Py_DECREF(type);
  Py_DECREF(value);
  PyObject* new_type = Ref::share(reinterpret_cast<PyObject*>(Py_TYPE(translated.get()))).release();
  PyErr_Restore(new_type, translated.release(), traceback);
}

void register_exception(const char* name, PyObject* type) {
  Registered* found = entry(name);
  if (found == nullptr) return;
  PyObject* before = found->type;
  Py_XINCREF(type);
  found->type = type;
  Py_XDECREF(before);
}

PyObject* registered_exception(const char* name) {
  const Registered* found = entry(name);
  return found == nullptr ? nullptr : found->type;
}

namespace errors {

int add_to(PyObject* module) { return PyModule_AddFunctions(module, functions); }

}  // namespace errors
}  // namespace fastthrift::python
