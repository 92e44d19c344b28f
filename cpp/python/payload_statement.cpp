#include "python/payload_class.hpp"
#include "python/payload_slots.hpp"
#include "python/payload_type.hpp"

#include <memory>
#include <new>
#include <utility>
#include <vector>

// How a class statement, or the IDL's builder in place of one, becomes a class with slots.
namespace fastthrift::python::payload {
namespace {

struct Names {
  PyObject *thrift_spec = PyUnicode_InternFromString("thrift_spec"),
           *default_spec = PyUnicode_InternFromString("default_spec"),
           *init = PyUnicode_InternFromString("__init__"), *new_ = PyUnicode_InternFromString("__new__"),
           *module = PyUnicode_InternFromString("__module__");
};
const Names& names() {
  static const Names interned;
  return interned;
}

PyObject* class_maker = nullptr;  // TPayloadMeta.__new__

// What the one allocation inside the type() that make_type calls is for. On the way there Python code may
// make other classes: `__new__` of another metaclass, or whatever else the thread or the collector finds to
// do.
thread_local const std::vector<Ref>* next_slots = nullptr;

class NextSlots {
 public:
  explicit NextSlots(const std::vector<Ref>& slots) : before_(std::exchange(next_slots, &slots)) {}
  ~NextSlots() { next_slots = before_; }
  NextSlots(const NextSlots&) = delete;
  NextSlots& operator=(const NextSlots&) = delete;

 private:
  const std::vector<Ref>* before_;
};

// `super().__new__(...)` of TPayloadMeta: mostly type's, but ABCMeta's in
// `class Meta(TPayloadMeta, ABCMeta)`.
PyObject* call_next_new(PyTypeObject* meta, PyObject* name, PyObject* bases, PyObject* ns,
                        PyObject* keywords) {
  PyObject* order = meta->tp_mro;
  Py_ssize_t at = 0;
  while (PyTuple_GET_ITEM(order, at) != reinterpret_cast<PyObject*>(metaclass())) ++at;
  if (PyTuple_GET_ITEM(order, at + 1) == reinterpret_cast<PyObject*>(&PyType_Type)) {
    Ref arguments = checked(PyTuple_Pack(3, name, bases, ns));
    return PyType_Type.tp_new(meta, arguments.get(), keywords);
  }
  Ref parent =
      checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PySuper_Type), "OO", metaclass(), meta));
  Ref method = checked(PyObject_GetAttr(parent.get(), names().new_));
  Ref arguments = checked(PyTuple_Pack(4, meta, name, bases, ns));
  return PyObject_Call(method.get(), arguments.get(), keywords);
}

// The class of the most derived metaclass among the bases, as type() has it: a Python subclass of
// TPayloadMeta with a `__new__` of its own gets its turn, unless it is the caller.
Ref make_type(PyTypeObject* caller, PyObject* name, PyObject* bases, PyObject* ns, PyObject* keywords) {
  PyTypeObject* meta = caller;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); ++i) {
    PyTypeObject* other = Py_TYPE(PyTuple_GET_ITEM(bases, i));
    if (other != meta && PyType_IsSubtype(other, meta)) meta = other;
  }
  if (meta != caller && _PyType_Lookup(meta, names().new_) != class_maker) {
    Ref arguments = checked(PyTuple_Pack(3, name, bases, ns));
    return checked(meta->tp_new(meta, arguments.get(), keywords));
  }
  PyObject* spec = PyDict_GetItemWithError(ns, names().thrift_spec);
  if (spec == nullptr && PyErr_Occurred()) throw PythonError();
  Ref initializer;
  if (PyObject* given = PyDict_GetItemWithError(ns, names().init);
      given != nullptr && is_initializer(given)) {
    initializer = Ref::share(given);
  }
  const bool takes_slots = bases_take_slots(bases);
  std::vector<Ref> chosen;
  if (takes_slots && (spec != nullptr || initializer)) {
    chosen = slot_names(spec, initializer.get(), bases, ns);
  }
  // A class body without fields keeps `__slots__` as it is: the base's lazy dict serves its instances.
  const bool adds_slots = takes_slots && !chosen.empty();
  Ref own = add_slots(ns, chosen, adds_slots);
  meta->tp_alloc = allocate_class;  // type() gives every metaclass written in Python the generic one
  if (meta->tp_call == PyType_Type.tp_call) {  // and, up to 3.11, takes the vectorcall of its classes away
    meta->tp_vectorcall_offset = metaclass()->tp_vectorcall_offset;
    meta->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
  }
  Ref type;
  {
    const NextSlots next(chosen);
    type = checked(call_next_new(meta, name, bases, ns, keywords));
  }
  auto* made = reinterpret_cast<PyTypeObject*>(type.get());
  ClassData& data = data_of(made);
  data.version = 0;  // the namespace was not final when somebody else asked
  tidy_namespace(made, own, adds_slots);
  const bool sets_plainly = is_set_plainly(made);
  if (data.is_struct) {
    made->tp_vectorcall = construct;
    use_slot(made, !sets_plainly);
  } else if (sets_plainly) {
    made->tp_setattro = PyObject_GenericSetAttr;  // always tracked: nothing to watch
  }
  return type;
}

// TPayloadMeta.__new__, a static method.
PyObject* new_class(PyObject*, PyObject* arguments, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    PyObject *kind, *name, *bases, *body;
    if (!PyArg_ParseTuple(arguments, "O!UO!O!:TPayloadMeta.__new__", &PyType_Type, &kind, &name,
                          &PyTuple_Type, &bases, &PyDict_Type, &body)) {
      throw PythonError();
    }
    auto* meta = reinterpret_cast<PyTypeObject*>(kind);
    if (!PyType_IsSubtype(meta, metaclass())) {
      raise(PyExc_TypeError, "TPayloadMeta.__new__(): %s is not a subtype of TPayloadMeta", meta->tp_name);
    }
    Ref ns = checked(PyDict_Copy(body));
    if (PyObject* given = PyDict_GetItemWithError(ns.get(), names().default_spec)) {
      Ref default_spec = Ref::share(given);
      checked_status(PyDict_DelItem(ns.get(), names().default_spec));
      Ref owner = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(metaclass()), "__name__"));
      Ref initializer = make_initializer(owner.get(), default_spec.get());
      checked_status(PyDict_SetItem(ns.get(), names().init, initializer.get()));
    } else if (PyErr_Occurred()) {
      throw PythonError();
    }
    return make_type(meta, name, bases, ns.get(), keywords).release();
  });
}

PyMethodDef maker = {"__new__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(new_class)),
                     METH_VARARGS | METH_KEYWORDS, nullptr};

}  // namespace

PyObject* allocate_class(PyTypeObject* meta, Py_ssize_t items) {
  // Comes before the type: the collector must not find one that is half made, and nobody can destroy it.
  std::unique_ptr<ClassData> data;
  try {
    data = std::make_unique<ClassData>();
    if (next_slots != nullptr) data->new_slots = *std::exchange(next_slots, nullptr);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  PyObject* self = PyType_GenericAlloc(meta, items);
  if (self != nullptr) reinterpret_cast<PayloadType*>(self)->data = data.release();
  return self;
}

PyObject* make_class_maker() {
  const Ref function = Ref::steal(PyCFunction_New(&maker, nullptr));
  class_maker = function ? PyStaticMethod_New(function.get()) : nullptr;
  return class_maker;
}

Ref make_class(PyObject* name, PyObject* module_name, PyTypeObject* base, PyObject* thrift_spec,
               PyObject* default_spec, PyObject* extra_attributes) {
  Ref ns = extra_attributes == nullptr || extra_attributes == Py_None
               ? checked(PyDict_New())
               : checked(PyDict_Copy(extra_attributes));
  checked_status(PyDict_SetItem(ns.get(), names().module, module_name));
  if (thrift_spec != nullptr) checked_status(PyDict_SetItem(ns.get(), names().thrift_spec, thrift_spec));
  Ref initializer;
  if (default_spec != nullptr && default_spec != Py_None) {
    checked_status(PyDict_SetItem(ns.get(), names().default_spec, default_spec));
    initializer = make_initializer(name, default_spec);
    checked_status(PyDict_SetItem(ns.get(), names().init, initializer.get()));
  }
  const bool is_plain = initializer && base == payload::base();
  if (is_plain) {
    if (Ref made = make_struct_class(name, ns.get(), initializer.get())) return made;
  }
  Ref bases = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(base)));
  Ref made = make_type(Py_TYPE(reinterpret_cast<PyObject*>(base)), name, bases.get(), ns.get(), nullptr);
  if (is_plain) learn_from(reinterpret_cast<PyTypeObject*>(made.get()));
  return made;
}

}  // namespace fastthrift::python::payload
