#include "python/apache_names.hpp"
#include "python/apache_stack.hpp"
#include "python/client.hpp"
#include "python/errors.hpp"
#include "python/payload_type.hpp"

#include <string>

// A call in Apache's form: the arguments come as a struct, the class of the result with them. Native where
// everything between the client and its socket is exactly ours, else through `_send` and `_recv` in Python.
namespace fastthrift::python::client {
namespace {

using apache::names;

class Entered {
 public:
  Entered(Client* client, const std::string& method) : client_(client) { enter(client, method); }
  Entered(const Entered&) = delete;
  ~Entered() { leave(client_); }

 private:
  Client* client_;
};

// The class in whose body the attribute stands, or null.
PyTypeObject* owner_of(PyTypeObject* type, PyObject* name) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
    auto* each = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
    if (each->tp_dict == nullptr) continue;
    if (PyDict_GetItemWithError(each->tp_dict, name) != nullptr) return each;
    if (PyErr_Occurred()) throw PythonError();
  }
  return nullptr;
}

// `send_f` and `recv_f` stand where `f` does, and the steps are TServiceClient's.
bool has_its_own_steps(PyTypeObject* type, PyObject* name) {
  // TServiceClient says what its own are, once for all.
  const Ref ours = checked(PyObject_GetAttr(reinterpret_cast<PyObject*>(type), names().base));
  for (PyObject* step : {names().send, names().recv, names().check, names().fail}) {
    PyTypeObject* owner = owner_of(type, step);
    if (owner == nullptr || reinterpret_cast<PyObject*>(owner) != ours.get()) return false;
  }
  for (const char* behind : {"", "_"}) {
    const Ref plain = checked(PyUnicode_FromFormat("%U%s", name, behind));
    PyTypeObject* owner = owner_of(type, plain.get());
    for (const char* before : {"send_", "recv_"}) {
      const Ref full = checked(PyUnicode_FromFormat("%s%U%s", before, name, behind));
      PyTypeObject* other = owner_of(type, full.get());
      if (other != nullptr && owner != other) return false;
    }
  }
  return true;
}

// The same, remembered as long as the class does not change.
bool overrides_nothing(Client* client, PyObject* name) {
  PyTypeObject* type = Py_TYPE(client);
  if (client->checked_type != type || client->checked_version == 0 ||
      client->checked_version != type->tp_version_tag) {
    Py_CLEAR(client->methods);
    client->checked_type = type;
    client->checked_version = payload::version_of(type);
  }
  if (client->methods == nullptr) client->methods = checked(PyDict_New()).release();
  PyObject* known = PyDict_GetItemWithError(client->methods, name);
  if (known == nullptr) {
    if (PyErr_Occurred()) throw PythonError();
    known = has_its_own_steps(type, name) ? Py_True : Py_False;
    checked_status(PyDict_SetItem(client->methods, name, known));
    client->checked_version = payload::version_of(type);
  }
  return known == Py_True;
}

bool find_native(Client* client, apache::Stack& below, Stack& stack) {
  if (client->iprot == nullptr || client->iprot != client->oprot) return false;
  if (!apache::find_stack(client->iprot, below) || !apache::is_socket(below.inner.get())) return false;
  if (below.codec.protocol == wire::Protocol::json) return false;
  stack.codec = &below.codec;
  stack.framing = below.framing;
  stack.frame_limit = below.frame_limit;
  stack.transport = Ref::share(below.inner.get());
  return find_socket(stack, names().handle);
}

Ref read_exception(Input& in, const CodecOptions& options) {
  PyObject* type = apache::application_exception();
  if (type == nullptr) raise(PyExc_RuntimeError, "TApplicationException is not known");
  Ref error = checked(PyObject_CallNoArgs(type));
  read_struct_by(in, error.get(), reinterpret_cast<PyTypeObject*>(type), apache::application_spec(), options);
  const Ref message = checked(PyObject_GetAttr(error.get(), names().message));
  const Ref args = checked(PyTuple_Pack(1, message.get()));
  checked_status(PyObject_SetAttr(error.get(), names().args, args.get()));
  return error;
}

// The result struct, or the TApplicationException. Servers that always answer with 0 are let through: no call
// of ours has that.
Ref read_answer(Client* client, const std::string& name, PyObject* result_class, Bytes reply,
                const CodecOptions& options) {
  Input in(reply);
  CodecOptions any = options;
  any.binary.any_message_type = true;
  const wire::MessageHeader header = read_message_begin(in, any);
  if (header.type != wire::MessageType::reply && header.type != wire::MessageType::exception) {
    throw RemoteError(
        RemoteError::Kind::invalid_message_type,
        name + " was answered with a message of type " + std::to_string(static_cast<int>(header.type)));
  }
  if (header.sequence_id != client->sequence_id && header.sequence_id != 0) {
    throw RemoteError(RemoteError::Kind::bad_sequence_id,
                      name + " failed: out of sequence response, " + std::to_string(client->sequence_id) +
                          " was sent and " + std::to_string(header.sequence_id) + " answered");
  }
  if (!answers(header.name, header.type == wire::MessageType::exception, name)) {
    throw RemoteError(RemoteError::Kind::wrong_method_name,
                      name + " was called, " + std::string(header.name) + " answered");
  }
  if (header.type == wire::MessageType::exception) return read_exception(in, options);
  Ref result = payload::make(reinterpret_cast<PyTypeObject*>(result_class));
  read_struct(in, result.get(), options);
  return result;
}

Ref value_in(PyObject* object, const Layout& layout, const FieldLayout& field) {
  if (layout.is_direct()) return Ref::share(payload::slot(object, field.offset));
  Ref value = Ref::steal(PyObject_GetAttr(object, field.name));
  if (!value) PyErr_Clear();
  return value;
}

Ref outcome_of(PyObject* result, const std::string& name) {
  const LayoutUse use;
  const Layout& layout = payload::layout_of(Py_TYPE(result));
  bool has_success = false;
  for (const FieldLayout& field : layout.fields()) {
    Ref value = value_in(result, layout, field);
    has_success |= field.id == 0;
    if (!value || value.get() == Py_None) continue;
    if (field.id == 0) return value;
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(value.get())), value.get());
    throw PythonError();
  }
  if (has_success) {
    throw RemoteError(RemoteError::Kind::missing_result, name + " failed: unknown result");
  }
  return Ref::share(Py_None);
}

// Closes the connection; keeps the error that is set.
void poison(Client* client) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  client->connection->reset();
  const Ref done = Ref::steal(PyObject_CallMethodNoArgs(reinterpret_cast<PyObject*>(client), names().fail));
  if (!done) PyErr_WriteUnraisable(reinterpret_cast<PyObject*>(client));
  PyErr_Restore(type, value, traceback);
}

void write_request(Client* client, const std::string& name, PyObject* args, bool is_oneway,
                   const CodecOptions& options) {
  Buffer& request = client->connection->request();
  const framing::Framing& framing = client->connection->framing();
  request.clear();
  const std::size_t start = framing.begin(request);
  python::write_message_begin(request, name, is_oneway ? wire::MessageType::oneway : wire::MessageType::call,
                              client->sequence_id, options);
  write_struct(request, args, options);
  framing.end(request, start);
}

std::string text_of(PyObject* name) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &size);
  if (text == nullptr) throw PythonError();
  return {text, static_cast<std::size_t>(size)};
}

// Null without an error: not this way. `result_class` is null for a oneway.
PyObject* call_natively(Client* client, PyObject* method, PyObject* args, PyObject* result_class) {
  if (!overrides_nothing(client, method) || !payload::is_payload_type(Py_TYPE(args))) return nullptr;
  if (result_class != nullptr && (!PyType_Check(result_class) ||
                                  !payload::is_payload_type(reinterpret_cast<PyTypeObject*>(result_class)))) {
    return nullptr;
  }
  if (is_under_way_here(client)) return nullptr;
  const std::string name = text_of(method);
  const Entered entered(client, name);
  apache::Stack below;
  Stack stack;
  if (!find_native(client, below, stack)) return nullptr;
  const double timeout = timeout_of(stack.socket.get());
  if (timeout == 0) return nullptr;  // a socket that never waits
  client->sequence_id = client->sequence_id < 0x7fffffff ? client->sequence_id + 1 : 1;
  client->connection->use(stack);
  write_request(client, name, args, result_class == nullptr, *stack.codec);
  Ref answer;
  try {
    const Bytes reply = client->connection->exchange(stack, timeout, result_class == nullptr, name);
    if (result_class == nullptr) return Ref::share(Py_None).release();
    answer = read_answer(client, name, result_class, reply, *stack.codec);
    client->connection->finish();
  } catch (...) {
    set_python_error();
    poison(client);
    throw PythonError();
  }
  if (Py_TYPE(answer.get()) == reinterpret_cast<PyTypeObject*>(apache::application_exception())) {
    PyErr_SetObject(apache::application_exception(), answer.get());
    throw PythonError();
  }
  return outcome_of(answer.get(), name).release();
}

}  // namespace

PyObject* call_for_apache(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 3 || !PyUnicode_Check(arguments[0])) {
      raise(PyExc_TypeError, "_call takes a name, the arguments and the class of the result");
    }
    PyObject* result =
        call_natively(reinterpret_cast<Client*>(self), arguments[0], arguments[1], arguments[2]);
    if (result != nullptr) return result;
    return PyObject_CallMethodObjArgs(self, names().steps, arguments[0], arguments[1], arguments[2], nullptr);
  });
}

PyObject* call_oneway_for_apache(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 2 || !PyUnicode_Check(arguments[0]))
      raise(PyExc_TypeError, "_call_oneway takes a name and the arguments");
    PyObject* result = call_natively(reinterpret_cast<Client*>(self), arguments[0], arguments[1], nullptr);
    if (result != nullptr) return result;
    return PyObject_CallMethodObjArgs(self, names().steps, arguments[0], arguments[1], Py_None, nullptr);
  });
}

}  // namespace fastthrift::python::client
