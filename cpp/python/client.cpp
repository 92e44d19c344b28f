#include "python/errors.hpp"

#include <structmember.h>

#include "python/connection.hpp"
#include "python/gil.hpp"
#include "python/module.hpp"
#include "python/protocol.hpp"
#include "python/remote_method.hpp"

#include <pythread.h>

#include <new>
#include <vector>

// ClientCalls, the base of TClient: attributes that are methods of the service, and the native way of a call.
// A call goes natively when nothing between it and the socket is overridden; else it is `self._req(name,
// ...)`, which is Python.
namespace fastthrift::python::client {
namespace {

struct Client {
  PyObject ob_base;
  PyObject* service;
  PyObject* iprot;
  PyObject* oprot;
  PyObject* failure;  // why the connection was closed, or None
  PyObject* methods;  // name -> Method, of attributes that were found to be remote
  int sequence_id;
  char lenient_sequence_id;
  char is_patched;  // somebody has set _req, _send, ... on the instance
  PyThread_type_lock lock;
  unsigned long owner;  // the thread whose call is under way
  Connection* connection;
};

// A RemoteMethod as a value of the dict.
struct Method {
  PyObject ob_base;
  RemoteMethod* method;
};

// `client.method`, ready to be called.
struct Call {
  PyObject ob_base;
  vectorcallfunc vectorcall;
  PyObject* client;
  PyObject* method;
};

PyTypeObject* client_type = nullptr;
PyTypeObject* method_type = nullptr;
PyTypeObject* call_type = nullptr;

// What a subclass may override; each with TClient's own.
struct Step {
  const char* text;
  PyObject* name = nullptr;
  PyObject* original = nullptr;
};
Step steps[] = {{"_req"}, {"_bind"}, {"_send"}, {"_recv"}, {"_read_answer"}, {"_check_usable"}};

struct Names {
  PyObject* req = PyUnicode_InternFromString("_req");
  PyObject* fail = PyUnicode_InternFromString("_fail");
  PyObject* gettimeout = PyUnicode_InternFromString("gettimeout");
  PyObject* thrift_services = PyUnicode_InternFromString("thrift_services");
  PyObject* close = PyUnicode_InternFromString("close");
};
const Names& names() {
  static const Names all;
  return all;
}

// One call at a time: others wait, without the GIL; the same thread (a finalizer, a signal handler) gets an
// error, because it would take the answer of the call that it interrupts.
void enter(Client* client, const char* method) {
  const unsigned long me = PyThread_get_thread_ident();
  if (client->owner == me) {
    throw TransportError(TransportError::Kind::unknown,
                         std::string(method) +
                             ": called while a call of this client is under way in "
                             "this thread");
  }
  if (!PyThread_acquire_lock(client->lock, NOWAIT_LOCK)) {
    PyLockStatus status;
    do {
      {
        const GilReleased released;
        status = PyThread_acquire_lock_timed(client->lock, -1, 1);
      }
      if (status == PY_LOCK_INTR) checked_status(PyErr_CheckSignals());
    } while (status != PY_LOCK_ACQUIRED);
  }
  client->owner = me;
}

void leave(Client* client) {
  client->owner = 0;
  PyThread_release_lock(client->lock);
}

class Entered {
 public:
  Entered(Client* client, const RemoteMethod& method) : client_(client) {
    enter(client, method.text().data());
  }
  Entered(const Entered&) = delete;
  ~Entered() { leave(client_); }

 private:
  Client* client_;
};

bool overrides_nothing(Client* client) {
  static PyTypeObject* last_type = nullptr;
  static unsigned int last_version = 0;
  if (client->is_patched) return false;
  PyTypeObject* type = Py_TYPE(client);
  if (type == last_type && type->tp_version_tag != 0 && type->tp_version_tag == last_version) return true;
  for (const Step& step : steps) {
    if (step.original == nullptr || _PyType_Lookup(type, step.name) != step.original) return false;
  }
  last_type = type;
  last_version = type->tp_version_tag;
  return true;
}

// The error being handled, raised as Python's: an errno as the OSError that belongs to it, as a Python socket
// does.
void set_call_error() {
  try {
    throw;
  } catch (const TransportError& error) {
    if (error.kind() == TransportError::Kind::unknown && error.os_error() != 0) {
      const Ref arguments = Ref::steal(Py_BuildValue("(is)", error.os_error(), error.what()));
      if (arguments) PyErr_SetObject(PyExc_OSError, arguments.get());
      return;
    }
    set_python_error();
  } catch (...) {
    set_python_error();
  }
}

// Closes the connection: nobody knows which answer would come next. Keeps the error that is set.
void poison(Client* client) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  client->connection->reset();
  Parked parked;
  PyObject* failed =
      PyObject_CallMethodObjArgs(reinterpret_cast<PyObject*>(client), names().fail, value, nullptr);
  parked.disarm();
  const Ref done = Ref::steal(failed);
  if (!done) PyErr_WriteUnraisable(reinterpret_cast<PyObject*>(client));
  PyErr_Restore(type, value, traceback);
}

double timeout_of(PyObject* socket) {
  const Ref timeout = checked(PyObject_CallMethodNoArgs(socket, names().gettimeout));
  if (timeout.get() == Py_None) return -1;
  const double seconds = PyFloat_AsDouble(timeout.get());
  if (seconds == -1 && PyErr_Occurred()) throw PythonError();
  return seconds;
}

void write_request(Client* client, const RemoteMethod& method, PyObject* args, const CodecOptions& options) {
  Buffer& request = client->connection->request();
  const framing::Framing& framing = client->connection->framing();
  request.clear();
  const std::size_t start = framing.begin(request);
  write_message_begin(request, method.text(),
                      method.is_oneway() ? wire::MessageType::oneway : wire::MessageType::call,
                      client->sequence_id, options);
  write_struct(request, args, options);
  framing.end(request, start);
}

// The result struct or the TApplicationException of the reply; throws for a message that is no answer to this
// call.
Ref read_answer(Client* client, const RemoteMethod& method, Bytes reply, const CodecOptions& options) {
  Input in(reply);
  const wire::MessageHeader header = read_message_begin(in, options);
  if (header.type != wire::MessageType::reply && header.type != wire::MessageType::exception) {
    throw RemoteError(RemoteError::Kind::invalid_message_type,
                      "Invalid message type: " + std::string(method.text()) +
                          " was answered with a message of type " +
                          std::to_string(static_cast<int>(header.type)));
  }
  if (header.sequence_id != client->sequence_id &&
      !(client->lenient_sequence_id && header.sequence_id == 0)) {
    throw RemoteError(RemoteError::Kind::bad_sequence_id,
                      "Bad sequence ID: " + std::string(method.text()) + " was sent with " +
                          std::to_string(client->sequence_id) + ", the answer has " +
                          std::to_string(header.sequence_id));
  }
  if (header.name != method.text()) {
    throw RemoteError(RemoteError::Kind::wrong_method_name,
                      "Wrong method name: " + std::string(method.text()) + " was called, '" +
                          std::string(header.name) + "' answered");
  }
  if (header.type == wire::MessageType::reply) return method.read_result(in, options);
  PyObject* type = registered_exception("TApplicationException");
  if (type == nullptr) raise(PyExc_RuntimeError, "TApplicationException is not registered");
  Ref error = checked(PyObject_CallNoArgs(type));
  read_struct(in, error.get(), options);
  return error;
}

// Null without an error: not this way.
PyObject* call_natively(Client* client, const RemoteMethod& method, PyObject* const* args,
                        std::size_t positional, PyObject* keywords) {
  const Entered entered(client, method);
  Stack stack;
  if ((client->failure != nullptr && client->failure != Py_None) || client->iprot == nullptr ||
      client->iprot != client->oprot || !find_stack(client->iprot, stack)) {
    return nullptr;
  }
  const double timeout = timeout_of(stack.socket.get());
  if (timeout == 0) return nullptr;  // a socket that never waits
  const Ref arguments = method.bind(args, positional, keywords);
  client->sequence_id = client->sequence_id < 0x7fffffff ? client->sequence_id + 1 : 1;
  client->connection->use(stack);
  write_request(client, method, arguments.get(), *stack.codec);

  Ref answer;
  try {
    const Bytes reply = client->connection->exchange(stack, timeout, method.is_oneway(), method.text());
    if (method.is_oneway()) Py_RETURN_NONE;
    answer = read_answer(client, method, reply, *stack.codec);
    client->connection->finish();
  } catch (...) {
    set_call_error();
    poison(client);
    throw PythonError();
  }
  PyObject* type = registered_exception("TApplicationException");
  if (type != nullptr && Py_TYPE(answer.get()) == reinterpret_cast<PyTypeObject*>(type)) {
    PyErr_SetObject(type, answer.get());
    throw PythonError();
  }
  return method.outcome_of(answer.get()).release();
}

PyObject* call_generically(PyObject* client, PyObject* name, PyObject* const* args, std::size_t positional,
                           PyObject* keywords) {
  const Ref req = checked(PyObject_GetAttr(client, names().req));
  const std::size_t named = keywords == nullptr ? 0 : static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
  std::vector<PyObject*> all{name};
  all.insert(all.end(), args, args + positional + named);
  Parked parked;
  PyObject* result = PyObject_Vectorcall(req.get(), all.data(), positional + 1, keywords);
  parked.disarm();
  return result;
}

PyObject* call(PyObject* self, PyObject* const* args, std::size_t flags, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    auto* bound = reinterpret_cast<Call*>(self);
    auto* client = reinterpret_cast<Client*>(bound->client);
    const RemoteMethod& method = *reinterpret_cast<Method*>(bound->method)->method;
    const auto positional = static_cast<std::size_t>(PyVectorcall_NARGS(flags));
    if (method.is_native() && overrides_nothing(client)) [[likely]] {
      if (PyObject* result = call_natively(client, method, args, positional, keywords)) return result;
    }
    return call_generically(bound->client, method.name(), args, positional, keywords);
  });
}

PyObject* make_call(PyObject* client, PyObject* method) {
  Call* bound = PyObject_GC_New(Call, call_type);
  if (bound == nullptr) return nullptr;
  bound->vectorcall = call;
  bound->client = Ref::share(client).release();
  bound->method = Ref::share(method).release();
  PyObject_GC_Track(bound);
  return reinterpret_cast<PyObject*>(bound);
}

// The remote method behind an attribute that nobody else has, or null without an error.
Ref remote_method(Client* client, PyObject* name) {
  if (client->service == nullptr) return {};
  const Ref services = checked(PyObject_GetAttr(client->service, names().thrift_services));
  int is_remote = PySequence_Contains(services.get(), name);
  checked_status(is_remote);
  PyObject* remote = name;
  if (is_remote == 0 && PyUnicode_CompareWithASCIIString(name, "tclose") == 0) {
    // `close` is the client's own.
    is_remote = PySequence_Contains(services.get(), names().close);
    checked_status(is_remote);
    remote = names().close;
  }
  if (is_remote == 0) return {};
  auto compiled = std::make_unique<RemoteMethod>(client->service, remote);
  Method* method = PyObject_New(Method, method_type);
  if (method == nullptr) throw PythonError();
  method->method = compiled.release();
  Ref held = Ref::steal(reinterpret_cast<PyObject*>(method));
  if (client->methods == nullptr) client->methods = checked(PyDict_New()).release();
  checked_status(PyDict_SetItem(client->methods, name, held.get()));
  return held;
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  auto* client = reinterpret_cast<Client*>(self);
  if (client->methods != nullptr) {
    PyObject* method = PyDict_GetItemWithError(client->methods, name);
    if (method != nullptr && _PyType_Lookup(Py_TYPE(self), name) == nullptr) return make_call(self, method);
    if (method == nullptr && PyErr_Occurred()) return nullptr;
  }
  PyObject* found = PyObject_GenericGetAttr(self, name);
  if (found != nullptr || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyErr_Clear();
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    if (const Ref method = remote_method(client, name)) return make_call(self, method.get());
    raise(PyExc_AttributeError, "%s instance has no attribute %R", _PyType_Name(Py_TYPE(self)), name);
  });
}

int set_attribute(PyObject* self, PyObject* name, PyObject* value) {
  auto* client = reinterpret_cast<Client*>(self);
  if (client->methods != nullptr) {
    // The user's own attribute goes before the remote method (a mock, say).
    const int is_known = PyDict_Contains(client->methods, name);
    if (is_known < 0 || (is_known > 0 && PyDict_DelItem(client->methods, name) < 0)) return -1;
  }
  for (const Step& step : steps) {
    if (step.name == name) client->is_patched = 1;
  }
  return PyObject_GenericSetAttr(self, name, value);
}

PyObject* enter_from_python(PyObject* self, PyObject* api) {
  return guarded<PyObject*>(nullptr, [&] {
    const char* text = PyUnicode_AsUTF8(api);
    if (text == nullptr) throw PythonError();
    enter(reinterpret_cast<Client*>(self), text);
    return Ref::share(Py_None).release();
  });
}

PyObject* leave_from_python(PyObject* self, PyObject*) {
  auto* client = reinterpret_cast<Client*>(self);
  if (client->owner != PyThread_get_thread_ident()) {
    return PyErr_Format(PyExc_RuntimeError, "_leave() without _enter()");
  }
  leave(client);
  Py_RETURN_NONE;
}

PyObject* client_new(PyTypeObject* type, PyObject*, PyObject*) {
  auto* client = reinterpret_cast<Client*>(type->tp_alloc(type, 0));
  if (client == nullptr) return nullptr;
  client->connection = new (std::nothrow) Connection();
  client->lock = PyThread_allocate_lock();
  if (client->connection == nullptr || client->lock == nullptr) {
    Py_DECREF(client);
    return PyErr_NoMemory();
  }
  return reinterpret_cast<PyObject*>(client);
}

int client_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* client = reinterpret_cast<Client*>(self);
#if PY_VERSION_HEX >= 0x03090000
  Py_VISIT(Py_TYPE(self));
#endif
  Py_VISIT(client->service);
  Py_VISIT(client->iprot);
  Py_VISIT(client->oprot);
  Py_VISIT(client->failure);
  Py_VISIT(client->methods);
  return 0;
}

int client_clear(PyObject* self) {
  auto* client = reinterpret_cast<Client*>(self);
  Py_CLEAR(client->service);
  Py_CLEAR(client->iprot);
  Py_CLEAR(client->oprot);
  Py_CLEAR(client->failure);
  Py_CLEAR(client->methods);
  return 0;
}

void client_dealloc(PyObject* self) {
  auto* client = reinterpret_cast<Client*>(self);
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  client_clear(self);
  delete client->connection;
  if (client->lock != nullptr) PyThread_free_lock(client->lock);
  type->tp_free(self);
  Py_DECREF(type);
}

void method_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete reinterpret_cast<Method*>(self)->method;
  PyObject_Free(self);
  Py_DECREF(type);
}

int call_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(reinterpret_cast<Call*>(self)->client);
  return 0;
}

int call_clear(PyObject* self) {
  Py_CLEAR(reinterpret_cast<Call*>(self)->client);
  return 0;
}

void call_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_XDECREF(reinterpret_cast<Call*>(self)->client);
  Py_XDECREF(reinterpret_cast<Call*>(self)->method);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

PyObject* call_repr(PyObject* self) {
  auto* bound = reinterpret_cast<Call*>(self);
  return PyUnicode_FromFormat("<remote method %U of %R>",
                              reinterpret_cast<Method*>(bound->method)->method->name(), bound->client);
}

PyMemberDef client_members[] = {
    {"_service", T_OBJECT_EX, offsetof(Client, service), 0, nullptr},
    {"_iprot", T_OBJECT_EX, offsetof(Client, iprot), 0, nullptr},
    {"_oprot", T_OBJECT_EX, offsetof(Client, oprot), 0, nullptr},
    {"_failure", T_OBJECT, offsetof(Client, failure), 0, nullptr},
    {"_seqid", T_INT, offsetof(Client, sequence_id), 0, nullptr},
    {"lenient_seqid", T_BOOL, offsetof(Client, lenient_sequence_id), 0,
     "Whether an answer with sequence id 0 is taken too, as some broken servers send it."},
    {nullptr, 0, 0, 0, nullptr},
};
PyMethodDef client_methods[] = {
    {"_enter", enter_from_python, METH_O,
     "Waits for the calls of other threads; the same thread gets an error."},
    {"_leave", leave_from_python, METH_NOARGS, "Lets the next call in."},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot client_slots[] = {
    {Py_tp_doc, const_cast<char*>("The methods of a service as attributes, and their calls.")},
    {Py_tp_new, reinterpret_cast<void*>(client_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(client_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(client_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(client_clear)},
    {Py_tp_getattro, reinterpret_cast<void*>(get_attribute)},
    {Py_tp_setattro, reinterpret_cast<void*>(set_attribute)},
    {Py_tp_members, client_members},
    {Py_tp_methods, client_methods},
    {0, nullptr},
};
PyType_Spec client_spec = {"fastthrift._core.ClientCalls", sizeof(Client), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, client_slots};

PyType_Slot method_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(method_dealloc)},
    {0, nullptr},
};
PyType_Spec method_spec = {"fastthrift._core._RemoteMethod", sizeof(Method), 0, Py_TPFLAGS_DEFAULT,
                           method_slots};

PyMemberDef call_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Call, vectorcall), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};
PyType_Slot call_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(call_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(call_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(call_clear)},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_repr, reinterpret_cast<void*>(call_repr)},
    {Py_tp_members, call_members},
    {0, nullptr},
};
PyType_Spec call_spec = {"fastthrift._core.RemoteCall", sizeof(Call), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC
#if PY_VERSION_HEX >= 0x03090000
                             | Py_TPFLAGS_HAVE_VECTORCALL
#endif
                         ,
                         call_slots};

PyObject* set_client_classes(PyObject*, PyObject* arguments) {
  return guarded<PyObject*>(nullptr, [&] {
    PyObject *client = nullptr, *transport = nullptr, *socket = nullptr;
    if (!PyArg_ParseTuple(arguments, "OOO:set_client_classes", &client, &transport, &socket))
      throw PythonError();
    if (!PyType_Check(client)) raise(PyExc_TypeError, "set_client_classes() needs classes, got %R", client);
    for (Step& step : steps) {
      step.original = _PyType_Lookup(reinterpret_cast<PyTypeObject*>(client), step.name);
    }
    set_socket_classes(transport, socket);
    return Ref::share(Py_None).release();
  });
}

PyMethodDef functions[] = {
    {"set_client_classes", set_client_classes, METH_VARARGS,
     "set_client_classes(client, transport, socket)\n\nTells what TClient, TSocket and Python's own socket "
     "are."},
    {nullptr, nullptr, 0, nullptr},
};

PyTypeObject* make_type(PyObject* module, PyType_Spec& spec, const char* name) {
  Ref type = checked(PyType_FromSpec(&spec));
  if (name != nullptr) checked_status(PyObject_SetAttrString(module, name, type.get()));
  return reinterpret_cast<PyTypeObject*>(type.release());
}

}  // namespace

int add_to(PyObject* module) {
  return guarded(-1, [&] {
    for (Step& step : steps) step.name = checked(PyUnicode_InternFromString(step.text)).release();
    client_type = make_type(module, client_spec, "ClientCalls");
    method_type = make_type(module, method_spec, nullptr);
    call_type = make_type(module, call_spec, "RemoteCall");
    return PyModule_AddFunctions(module, functions);
  });
}

}  // namespace fastthrift::python::client
