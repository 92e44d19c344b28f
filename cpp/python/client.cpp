#include "python/client.hpp"

#include "python/descriptor_use.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/module.hpp"

#include <structmember.h>

#if !defined(_WIN32)
#include <pthread.h>
#endif

#include <atomic>
#include <cstring>
#include <new>
#include <string>

namespace fastthrift::python::client {
namespace {

struct Names {
  PyObject* thrift_services = PyUnicode_InternFromString("thrift_services");
  PyObject* close = PyUnicode_InternFromString("close");
  PyObject* getattr = PyUnicode_InternFromString("__getattr__");
};
const Names& names() {
  static const Names all;
  return all;
}

std::atomic<unsigned> child_forks{0};

// How many forks lie between this process and the one that loaded the library.
unsigned forks_so_far() { return child_forks.load(std::memory_order_relaxed); }

void count_forks() {
#if !defined(_WIN32)
  pthread_atfork(nullptr, nullptr, [] { child_forks.fetch_add(1, std::memory_order_relaxed); });
#endif
}

// The thread that holds the lock may be the parent's: it will never let go. What was read is the parent's
// too.
void begin_in_child(Client* client) {
  PyThread_type_lock own = PyThread_allocate_lock();
  if (own == nullptr) throw std::bad_alloc();
  client->lock = own;  // the old one may be held, so it is left behind
  client->owner = 0;
  client->connection->reset();
  for (PyObject* protocol : {client->iprot, client->oprot}) {
    const Ref below = Ref::steal(protocol ? PyObject_GetAttrString(protocol, "trans") : nullptr);
    PyErr_Clear();
    if (below) transport::begin_in_child(below.get());
  }
  client->forks = forks_so_far();
}

const char* name_of(PyTypeObject* type) {
  const char* dot = std::strrchr(type->tp_name, '.');
  return dot == nullptr ? type->tp_name : dot + 1;
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
  Ref held = make_remote_method(client->service, remote);
  if (client->methods == nullptr) client->methods = checked(PyDict_New()).release();
  checked_status(PyDict_SetItem(client->methods, name, held.get()));
  return held;
}

// TClient's `__getattr__`, and whether a subclass has one of its own.
PyObject* own_getattr = nullptr;
PyObject* get_attribute(PyObject* self, PyObject* name);

bool has_another_getattr(PyTypeObject* type) {
  return type->tp_getattro != get_attribute && _PyType_Lookup(type, names().getattr) != own_getattr;
}

// What nobody else has: `__getattr__`, which subclasses override and call.
PyObject* get_remote_method(PyObject* self, PyObject* name) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    if (!PyUnicode_Check(name)) raise(PyExc_TypeError, "attribute name must be string, not %R", name);
    if (const Ref method = remote_method(reinterpret_cast<Client*>(self), name)) {
      return make_call(self, method.get());
    }
    raise(PyExc_AttributeError, "%s instance has no attribute %R", name_of(Py_TYPE(self)), name);
  });
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  auto* client = reinterpret_cast<Client*>(self);
  if (has_another_getattr(Py_TYPE(self))) return PyObject_GenericGetAttr(self, name);
  if (client->methods != nullptr) {
    const Ref method = Ref::share(PyDict_GetItemWithError(client->methods, name));
    if (method && _PyType_Lookup(Py_TYPE(self), name) == nullptr) return make_call(self, method.get());
    if (!method && PyErr_Occurred()) return nullptr;
  }
  PyObject* found = PyObject_GenericGetAttr(self, name);
  if (found != nullptr || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyErr_Clear();
  return get_remote_method(self, name);
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
  client->forks = forks_so_far();
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
    {"__getattr__", get_remote_method, METH_O, "The method of the service that is called so."},
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

PyMemberDef service_members[] = {
    {"_iprot", T_OBJECT_EX, offsetof(Client, iprot), 0, nullptr},
    {"_oprot", T_OBJECT_EX, offsetof(Client, oprot), 0, nullptr},
    {"_seqid", T_INT, offsetof(Client, sequence_id), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};
template <class Function>
PyCFunction erased(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}
PyMethodDef service_methods[] = {
    {"_call", erased(call_for_apache), METH_FASTCALL,
     "_call($self, name, args, result, /)\n--\n\nSends a call, waits for its answer and gives or raises what "
     "it says."},
    {"_call_oneway", erased(call_oneway_for_apache), METH_FASTCALL,
     "_call_oneway($self, name, args, /)\n--\n\nSends a call that has no answer."},
    {"_enter", enter_from_python, METH_O, nullptr},
    {"_leave", leave_from_python, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot service_slots[] = {
    {Py_tp_doc, const_cast<char*>("The calls of a client in Apache's form.")},
    {Py_tp_new, reinterpret_cast<void*>(client_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(client_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(client_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(client_clear)},
    {Py_tp_members, service_members},
    {Py_tp_methods, service_methods},
    {0, nullptr},
};
PyType_Spec service_spec = {"fastthrift._core.ServiceCalls", sizeof(Client), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, service_slots};

PyObject* set_client_classes(PyObject*, PyObject* arguments) {
  return guarded<PyObject*>(nullptr, [&] {
    PyObject *client = nullptr, *transport = nullptr, *socket = nullptr;
    if (!PyArg_ParseTuple(arguments, "OOO:set_client_classes", &client, &transport, &socket))
      throw PythonError();
    if (!PyType_Check(client)) raise(PyExc_TypeError, "set_client_classes() needs classes, got %R", client);
    for (Step& step : steps) {
      step.original = _PyType_Lookup(reinterpret_cast<PyTypeObject*>(client), step.name);
    }
    // Python has seen `__getattr__` and goes there by itself; this is the shorter way to the same.
    auto* type = reinterpret_cast<PyTypeObject*>(client);
    own_getattr = _PyType_Lookup(type, names().getattr);
    type->tp_getattro = get_attribute;
    PyType_Modified(type);
    set_socket_classes(transport, socket);
    return Ref::share(Py_None).release();
  });
}

PyObject* leave_to_calls(PyObject*, PyObject* descriptor) {
  const long long handle = PyLong_AsLongLong(descriptor);
  if (handle == -1 && PyErr_Occurred()) return nullptr;
  return PyBool_FromLong(handle >= 0 &&
                         DescriptorUse::leave_to_calls(static_cast<net::SocketHandle>(handle)));
}

PyMethodDef functions[] = {
    {"leave_to_calls", leave_to_calls, METH_O,
     "leave_to_calls(descriptor, /)\n\nWhether a call of another thread waits on it, which then closes it. "
     "The "
     "socket is to be shut down\nbefore and detached after."},
    {"set_client_classes", set_client_classes, METH_VARARGS,
     "set_client_classes(client, transport, socket)\n\nTells what TClient, TSocket and Python's own socket "
     "are."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void enter(Client* client, std::string_view method) {
  if (client->forks != forks_so_far()) [[unlikely]]
    begin_in_child(client);
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
  if (client->forks != forks_so_far()) return;  // a fork during the call: the lock is the parent's
  client->owner = 0;
  PyThread_release_lock(client->lock);
}

int add_to(PyObject* module) {
  return guarded(-1, [&] {
    count_forks();
    for (Step& step : steps) step.name = checked(PyUnicode_InternFromString(step.text)).release();
    const Ref type = checked(PyType_FromSpec(&client_spec));
    checked_status(PyObject_SetAttrString(module, "ClientCalls", type.get()));
    const Ref service = checked(PyType_FromSpec(&service_spec));
    checked_status(PyObject_SetAttrString(module, "ServiceCalls", service.get()));
    add_call_types_to(module);
    return PyModule_AddFunctions(module, functions);
  });
}

}  // namespace fastthrift::python::client
