#include "python/client.hpp"

#include "python/errors.hpp"

#include <structmember.h>

#include <memory>

namespace fastthrift::python::client {
namespace {

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

PyTypeObject* method_type = nullptr;
PyTypeObject* call_type = nullptr;

PyObject* call(PyObject* self, PyObject* const* args, std::size_t flags, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    auto* bound = reinterpret_cast<Call*>(self);
    const RemoteMethod& method = *reinterpret_cast<Method*>(bound->method)->method;
    return invoke(reinterpret_cast<Client*>(bound->client), method, args,
                  static_cast<std::size_t>(PyVectorcall_NARGS(flags)), keywords);
  });
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

// thriftpy2 has `functools.partial(client._req, name)` in its place: whoever wraps or logs calls looks into
// it.
PyObject* call_name(PyObject* self, void*) {
  return Ref::share(reinterpret_cast<Method*>(reinterpret_cast<Call*>(self)->method)->method->name())
      .release();
}
PyObject* call_self(PyObject* self, void*) {
  return Ref::share(reinterpret_cast<Call*>(self)->client).release();
}
PyObject* call_func(PyObject* self, void*) {
  return PyObject_GetAttrString(reinterpret_cast<Call*>(self)->client, "_req");
}
PyObject* call_args(PyObject* self, void*) { return Py_BuildValue("(N)", call_name(self, nullptr)); }
PyObject* call_keywords(PyObject*, void*) { return PyDict_New(); }

// For `inspect.signature`, and with it for consoles: the parameters of the IDL.
PyObject* call_signature(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [self] {
    auto* bound = reinterpret_cast<Call*>(self);
    const Ref service = checked(PyObject_GetAttrString(bound->client, "_service"));
    const Ref name =
        checked(PyUnicode_FromFormat("%U_args", reinterpret_cast<Method*>(bound->method)->method->name()));
    const Ref arguments = checked(PyObject_GetAttr(service.get(), name.get()));
    const Ref inspect = checked(PyImport_ImportModule("inspect"));
    return PyObject_CallMethod(inspect.get(), "signature", "O", arguments.get());
  });
}

PyObject* refuse_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%s' is an attribute of a client; it cannot be made", type->tp_name);
}

PyType_Slot method_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(refuse_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(method_dealloc)},
    {0, nullptr},
};
PyType_Spec method_spec = {"fastthrift._core._RemoteMethod", sizeof(Method), 0, Py_TPFLAGS_DEFAULT,
                           method_slots};

PyMemberDef call_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Call, vectorcall), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};
PyGetSetDef call_getset[] = {
    {"__name__", call_name, nullptr, "The method's name.", nullptr},
    {"__self__", call_self, nullptr, "The client.", nullptr},
    {"__signature__", call_signature, nullptr, "What the method takes.", nullptr},
    {"func", call_func, nullptr, "The client's `_req`, as a partial has it.", nullptr},
    {"args", call_args, nullptr, "The method's name in a tuple, as a partial has it.", nullptr},
    {"keywords", call_keywords, nullptr, "Nothing, as a partial has it.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot call_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(refuse_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(call_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(call_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(call_clear)},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_repr, reinterpret_cast<void*>(call_repr)},
    {Py_tp_members, call_members},
    {Py_tp_getset, call_getset},
    {0, nullptr},
};
PyType_Spec call_spec = {"fastthrift._core.RemoteCall", sizeof(Call), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC
#if PY_VERSION_HEX >= 0x03090000
                             | Py_TPFLAGS_HAVE_VECTORCALL
#endif
                         ,
                         call_slots};

}  // namespace

Ref make_remote_method(PyObject* service, PyObject* name) {
  auto compiled = std::make_unique<RemoteMethod>(service, name);
  Method* method = PyObject_New(Method, method_type);
  if (method == nullptr) throw PythonError();
  method->method = compiled.release();
  return Ref::steal(reinterpret_cast<PyObject*>(method));
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

void add_call_types_to(PyObject* module) {
  method_type = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&method_spec)).release());
  Ref type = checked(PyType_FromSpec(&call_spec));
  checked_status(PyObject_SetAttrString(module, "RemoteCall", type.get()));
  call_type = reinterpret_cast<PyTypeObject*>(type.release());
}

}  // namespace fastthrift::python::client
