#include "python/apache_stack.hpp"

#include "python/apache.hpp"
#include "python/apache_names.hpp"
#include "python/errors.hpp"

#include <array>
#include <utility>
#include <vector>

namespace fastthrift::python::apache {
namespace {

// A class of ours with the methods that it had when it was told, so that patched ones are noticed.
struct Known {
  PyTypeObject* type = nullptr;
  std::vector<std::pair<PyObject*, PyObject*>> methods;

  void set(PyObject* given, std::initializer_list<PyObject*> wanted) {
    type = reinterpret_cast<PyTypeObject*>(Ref::share(given).release());
    methods.clear();
    // Held: what takes its place must not get its address.
    for (PyObject* name : wanted) {
      methods.emplace_back(name, Ref::share(_PyType_Lookup(type, name)).release());
    }
  }
  // Of exactly this class, and neither the class nor the object has other methods.
  bool is(PyObject* object) const {
    if (Py_TYPE(object) != type) return false;
    for (const auto& [name, original] : methods) {
      const Ref method = checked(PyObject_GetAttr(object, name));
      if (!PyMethod_Check(method.get()) || PyMethod_GET_FUNCTION(method.get()) != original) return false;
    }
    return true;
  }
};

struct Transport : Known {
  PyObject *inner = nullptr, *read_buffer = nullptr, *write_buffer = nullptr;  // names of its attributes
  void name(const char* class_name) {
    inner = PyUnicode_FromFormat("_%s__trans", class_name);
    read_buffer = PyUnicode_FromFormat("_%s__rbuf", class_name);
    write_buffer = PyUnicode_FromFormat("_%s__wbuf", class_name);
    for (PyObject** each : {&inner, &read_buffer, &write_buffer}) PyUnicode_InternInPlace(each);
  }
};

std::vector<std::pair<Known, wire::Protocol>> protocols;
Transport buffered, framed;
Known memory, socket;
PyObject* application_class = nullptr;
PyObject* application_fields = nullptr;

bool truth_of(PyObject* object, PyObject* name) {
  const Ref value = checked(PyObject_GetAttr(object, name));
  const int truth = PyObject_IsTrue(value.get());
  checked_status(truth);
  return truth != 0;
}

// A BytesIO with nothing behind its position.
bool is_used_up(PyObject* bytes_io) {
  static PyObject* const one = PyLong_FromLong(1);
  const Ref next = checked(PyObject_CallMethodOneArg(bytes_io, names().read, one));
  if (!PyBytes_Check(next.get())) return false;
  if (PyBytes_GET_SIZE(next.get()) == 0) return true;
  const Ref position = checked(PyObject_CallMethodNoArgs(bytes_io, names().tell));
  const Ref before = checked(PyNumber_Subtract(position.get(), one));
  checked(PyObject_CallMethodOneArg(bytes_io, names().seek, before.get()));
  return false;
}

bool is_idle(PyObject* transport, const Transport& kind) {
  const Ref read_buffer = checked(PyObject_GetAttr(transport, kind.read_buffer));
  const Ref write_buffer = checked(PyObject_GetAttr(transport, kind.write_buffer));
  if (!is_used_up(read_buffer.get())) return false;
  const Ref written = checked(PyObject_CallMethodNoArgs(write_buffer.get(), names().tell));
  return PyLong_Check(written.get()) && PyLong_AsLong(written.get()) == 0;
}

bool find_transport(PyObject* transport, Stack& stack) {
  const bool is_framed = framed.is(transport);
  if (is_framed || buffered.is(transport)) {
    const Transport& kind = is_framed ? framed : buffered;
    if (!is_idle(transport, kind)) return false;
    stack.inner = checked(PyObject_GetAttr(transport, kind.inner));
    if (!is_framed) return true;
    stack.framing = framing::Kind::framed;
    const Ref limit = checked(PyObject_GetAttr(transport, names().frame_limit));
    stack.frame_limit = PyLong_AsSize_t(limit.get());
    if (stack.frame_limit == static_cast<std::size_t>(-1) && PyErr_Occurred()) throw PythonError();
    return true;
  }
  stack.inner = Ref::share(transport);
  return socket.is(transport) || memory.is(transport);
}

}  // namespace

bool find_stack(PyObject* protocol, Stack& stack) {
  for (const auto& [known, kind] : protocols) {
    if (!known.is(protocol)) continue;
    if (native_writer(protocol) != kind) return false;
    stack.codec = options_of(protocol, kind);
    if (kind == wire::Protocol::binary) {
      stack.codec.binary.strict_read = truth_of(protocol, names().strict_read);
      stack.codec.binary.strict_write = truth_of(protocol, names().strict_write);
    }
    stack.transport = checked(PyObject_GetAttr(protocol, names().trans));
    return find_transport(stack.transport.get(), stack);
  }
  return false;
}

bool is_socket(PyObject* transport) { return socket.is(transport); }
PyObject* application_exception() { return application_class; }
PyObject* application_spec() { return application_fields; }

void set_stack_classes(PyObject* protocol_classes, PyObject* transports, PyObject* socket_class,
                       PyObject* application, PyObject* spec) {
  const Names& n = names();
  if (protocol_classes != nullptr) {
    // ((binary classes), (compact classes), (JSON classes))
    constexpr wire::Protocol kinds[] = {wire::Protocol::binary, wire::Protocol::compact,
                                        wire::Protocol::json};
    for (std::size_t i = 0; i < 3; ++i) {
      PyObject* classes = PyTuple_GetItem(protocol_classes, static_cast<Py_ssize_t>(i));
      if (classes == nullptr) throw PythonError();
      for (Py_ssize_t k = 0; k < PyTuple_Size(classes); ++k) {
        protocols.emplace_back(Known{}, kinds[i]);
        protocols.back().first.set(PyTuple_GET_ITEM(classes, k), {n.read_begin, n.write_begin});
      }
      if (PyErr_Occurred()) throw PythonError();
    }
  }
  if (transports != nullptr) {
    PyObject *buffered_class, *framed_class, *memory_class;
    if (!PyArg_ParseTuple(transports, "OOO", &buffered_class, &framed_class, &memory_class))
      throw PythonError();
    buffered.set(buffered_class, {n.read, n.write, n.flush});
    framed.set(framed_class, {n.read, n.write, n.flush});
    memory.set(memory_class, {n.read, n.write});
    buffered.name("TBufferedTransport");
    framed.name("TFramedTransport");
  }
  if (socket_class != nullptr) socket.set(socket_class, {n.read, n.write});
  if (application != nullptr) application_class = Ref::share(application).release();
  if (spec != nullptr) application_fields = Ref::share(spec).release();
}

}  // namespace fastthrift::python::apache
