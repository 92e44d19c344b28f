#include "python/payload_class.hpp"
#include "python/payload_slots.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <structmember.h>
#include <utility>

// TPayloadMeta: how a class statement (or the IDL's builder) becomes a class with slots, and what is known of
// it later.
namespace fastthrift::python::payload {

PyTypeObject metaclass_object = {PyVarObject_HEAD_INIT(nullptr, 0)};

namespace {

PyTypeObject& meta_type = metaclass_object;
PyTypeObject* base_type = nullptr;
PyObject* default_setattr = nullptr;  // TPayload.__setattr__
PyObject* frozen_setattr = nullptr;   // of immutable classes
PyObject* meta_maker = nullptr;       // TPayloadMeta.__new__

struct Names {
  PyObject *thrift_spec, *default_spec, *init, *new_, *setattr, *delattr, *module, *read, *write;
} names;

Py_ssize_t offset_of(PyTypeObject* type, PyObject* name) {
  PyObject* found = _PyType_Lookup(type, name);
  if (found == nullptr || !Py_IS_TYPE(found, &PyMemberDescr_Type)) return 0;
  return reinterpret_cast<PyMemberDescrObject*>(found)->d_member->offset;
}

bool has_struct_layout(PyTypeObject* type) {
  for (; type != nullptr; type = type->tp_base) {
    if (type == base_type) return true;
  }
  return false;
}

// Set for the one allocation inside the type() that make_type calls.
const std::vector<Ref>* next_slots = nullptr;

PyObject* meta_alloc(PyTypeObject* meta, Py_ssize_t items) {
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

// `super().__new__(...)` of TPayloadMeta: mostly type's, but ABCMeta's in `class Meta(TPayloadMeta,
// ABCMeta)`.
PyObject* call_next_new(PyTypeObject* meta, PyObject* name, PyObject* bases, PyObject* ns,
                        PyObject* keywords) {
  PyObject* order = meta->tp_mro;
  Py_ssize_t at = 0;
  while (PyTuple_GET_ITEM(order, at) != reinterpret_cast<PyObject*>(&meta_type)) ++at;
  if (PyTuple_GET_ITEM(order, at + 1) == reinterpret_cast<PyObject*>(&PyType_Type)) {
    Ref arguments = checked(PyTuple_Pack(3, name, bases, ns));
    return PyType_Type.tp_new(meta, arguments.get(), keywords);
  }
  Ref parent =
      checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PySuper_Type), "OO", &meta_type, meta));
  Ref method = checked(PyObject_GetAttr(parent.get(), names.new_));
  Ref arguments = checked(PyTuple_Pack(4, meta, name, bases, ns));
  return PyObject_Call(method.get(), arguments.get(), keywords);
}

// The class of the most derived metaclass among the bases, as type() has it: a Python subclass of
// TPayloadMeta with a
// `__new__` of its own gets its turn, unless it is the caller.
Ref make_type(PyTypeObject* caller, PyObject* name, PyObject* bases, PyObject* ns, PyObject* keywords) {
  PyTypeObject* meta = caller;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); ++i) {
    PyTypeObject* other = Py_TYPE(PyTuple_GET_ITEM(bases, i));
    if (other != meta && PyType_IsSubtype(other, meta)) meta = other;
  }
  if (meta != caller && _PyType_Lookup(meta, names.new_) != meta_maker) {
    Ref arguments = checked(PyTuple_Pack(3, name, bases, ns));
    return checked(meta->tp_new(meta, arguments.get(), keywords));
  }
  PyObject* spec = PyDict_GetItemWithError(ns, names.thrift_spec);
  if (spec == nullptr && PyErr_Occurred()) throw PythonError();
  Ref initializer;
  if (PyObject* given = PyDict_GetItemWithError(ns, names.init); given != nullptr && is_initializer(given)) {
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
  next_slots = &chosen;
  meta->tp_alloc = meta_alloc;  // type() gives every metaclass written in Python the generic one
  if (meta->tp_call == PyType_Type.tp_call) {  // and, up to 3.11, takes the vectorcall of its classes away
    meta->tp_vectorcall_offset = meta_type.tp_vectorcall_offset;
    meta->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
  }
  Ref type = Ref::steal(call_next_new(meta, name, bases, ns, keywords));
  next_slots = nullptr;
  if (!type) throw PythonError();
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
PyObject* meta_new(PyObject*, PyObject* arguments, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    PyObject *kind, *name, *bases, *body;
    if (!PyArg_ParseTuple(arguments, "O!UO!O!:TPayloadMeta.__new__", &PyType_Type, &kind, &name,
                          &PyTuple_Type, &bases, &PyDict_Type, &body)) {
      throw PythonError();
    }
    auto* meta = reinterpret_cast<PyTypeObject*>(kind);
    if (!PyType_IsSubtype(meta, &meta_type)) {
      raise(PyExc_TypeError, "TPayloadMeta.__new__(): %s is not a subtype of TPayloadMeta", meta->tp_name);
    }
    Ref ns = checked(PyDict_Copy(body));
    if (PyObject* given = PyDict_GetItemWithError(ns.get(), names.default_spec)) {
      Ref default_spec = Ref::share(given);
      checked_status(PyDict_DelItem(ns.get(), names.default_spec));
      Ref owner = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(&meta_type), "__name__"));
      Ref initializer = make_initializer(owner.get(), default_spec.get());
      checked_status(PyDict_SetItem(ns.get(), names.init, initializer.get()));
    } else if (PyErr_Occurred()) {
      throw PythonError();
    }
    return make_type(meta, name, bases, ns.get(), keywords).release();
  });
}

int meta_traverse(PyObject* self, visitproc visit, void* arg) {
  if (const ClassData* data = reinterpret_cast<PayloadType*>(self)->data) {
    Py_VISIT(data->initializer.get());
    Py_VISIT(data->spec.get());
    if (data->layout) {
      if (int status = data->layout->traverse(visit, arg)) return status;
    }
  }
  Py_VISIT(reinterpret_cast<PayloadType*>(self)->bound_schema);
  return PyType_Type.tp_traverse(self, visit, arg);
}

int meta_clear(PyObject* self) {
  if (ClassData* data = reinterpret_cast<PayloadType*>(self)->data) {
    data->version = data->layout_version = 0;
    data->spec_version_now = &ClassData::unchanging;
    Ref initializer = std::exchange(data->initializer, Ref());
    Ref spec = std::exchange(data->spec, Ref());
    LayoutUse::retire(std::exchange(data->layout, nullptr));
  }
  Ref bound_schema = Ref::steal(std::exchange(reinterpret_cast<PayloadType*>(self)->bound_schema, nullptr));
  return PyType_Type.tp_clear(self);
}

// False with an error.
bool touch(PyObject* self) {
  const ClassData* data = reinterpret_cast<PayloadType*>(self)->data;
  if (data != nullptr && data->is_made) [[likely]]
    return true;
  return guarded<int>(-1, [self] {
           data_of(reinterpret_cast<PyTypeObject*>(self));
           return 0;
         }) == 0;
}

// Every way from Python to an attribute of a class, `__dict__` among them.
PyObject* meta_getattr(PyObject* self, PyObject* name) {
  return touch(self) ? PyType_Type.tp_getattro(self, name) : nullptr;
}

// TPayloadMeta.__setattr__ and __delattr__: what is to be deleted has to be there.
PyObject* set_class_attribute(PyObject* self, PyObject* arguments) {
  PyObject *name, *value;
  if (!PyArg_ParseTuple(arguments, "UO:__setattr__", &name, &value) || !touch(self)) return nullptr;
  for (Py_ssize_t i = 0; PyTuple_Check(value) && i < PyTuple_GET_SIZE(value); ++i) {  // `__bases__`
    PyObject* each = PyTuple_GET_ITEM(value, i);
    if (PyObject_TypeCheck(each, &meta_type) && !touch(each)) return nullptr;
  }
  if (PyType_Type.tp_setattro(self, name, value) < 0) return nullptr;
  Py_RETURN_NONE;
}
PyObject* delete_class_attribute(PyObject* self, PyObject* name) {
  if (!touch(self) || PyType_Type.tp_setattro(self, name, nullptr) < 0) return nullptr;
  Py_RETURN_NONE;
}

void meta_dealloc(PyObject* self) {
  ClassData* data = std::exchange(reinterpret_cast<PayloadType*>(self)->data, nullptr);
  Ref bound_schema = Ref::steal(std::exchange(reinterpret_cast<PayloadType*>(self)->bound_schema, nullptr));
  if (data != nullptr) free_spares(reinterpret_cast<PyTypeObject*>(self), *data);
  PyType_Type.tp_dealloc(self);
  if (data == nullptr) return;
  LayoutUse::retire(std::move(data->layout));
  delete data;
}

PyMethodDef maker = {"__new__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(meta_new)),
                     METH_VARARGS | METH_KEYWORDS, nullptr};

PyMethodDef setters[] = {{"__setattr__", set_class_attribute, METH_VARARGS, nullptr},
                         {"__delattr__", delete_class_attribute, METH_O, nullptr}};

// Gives TPayloadMeta its methods as a class statement would. With a tp_new of its own, type.__new__ would
// refuse metaclasses that come to it by another way, as in `class Meta(TPayloadMeta, ABCMeta)`; with a
// tp_setattro of its own, type.__setattr__ would refuse its classes.
int add_methods() {
  Ref function = Ref::steal(PyCFunction_New(&maker, nullptr));
  if (!function) return -1;
  meta_maker = PyStaticMethod_New(function.get());
  if (meta_maker == nullptr || PyDict_SetItem(meta_type.tp_dict, names.new_, meta_maker) < 0) return -1;
  for (PyMethodDef& each : setters) {
    const Ref method = Ref::steal(PyDescr_NewMethod(&meta_type, &each));
    if (!method || PyDict_SetItemString(meta_type.tp_dict, each.ml_name, method.get()) < 0) return -1;
  }
  PyObject* type = reinterpret_cast<PyObject*>(&PyType_Type);
  Ref model = Ref::steal(
      PyObject_CallFunction(type, "s(){OOOO}", "model", names.new_, meta_maker, names.setattr, meta_maker));
  if (!model) return -1;
  meta_type.tp_new = reinterpret_cast<PyTypeObject*>(model.get())->tp_new;            // looks `__new__` up
  meta_type.tp_setattro = reinterpret_cast<PyTypeObject*>(model.get())->tp_setattro;  // and this likewise
  PyType_Modified(&meta_type);
  return 0;
}

}  // namespace

// What a class that is complete but for its last touches has for slots; an outline gets its body first.
ClassData& learn_slots(PyTypeObject* type) {
  auto* self = reinterpret_cast<PayloadType*>(type);
  if (self->bound_schema != nullptr) {
    complete(type);
    return *self->data;
  }
  if (self->data == nullptr) self->data = new ClassData;  // made by type.__new__ of a user's metaclass
  ClassData& data = *self->data;
  if (type->tp_mro == nullptr) return data;  // not even that
  for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
    auto* each = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
    if (is_payload_type(each)) data_of(each);
  }
  data.is_made = true;
  data.version = 0;
  data.is_struct = has_struct_layout(type);
  if (!data.is_struct) return data;
  if (is_payload_type(type->tp_base)) data.slots = data_of(type->tp_base).slots;
  for (const Ref& name : data.new_slots) {
    if (Py_ssize_t offset = offset_of(type, name.get())) data.slots.push_back({name, offset});
  }
  const auto fields = static_cast<Py_ssize_t>(data.slots.size());
  data.has_user_slots =
      type->tp_basicsize != first_slot + fields * static_cast<Py_ssize_t>(sizeof(PyObject*));
  type->tp_traverse = traverse_instance;
  type->tp_dealloc = deallocate_instance;
  return data;
}

bool is_set_plainly(PyTypeObject* type) {
  return _PyType_Lookup(type, names.setattr) == default_setattr &&
         _PyType_Lookup(type, names.delattr) == _PyType_Lookup(base_type, names.delattr);
}

PyTypeObject* metaclass() { return &meta_type; }
PyTypeObject* base() { return base_type; }

void set_frozen_setattr(PyObject* function) {
  Ref before = Ref::steal(std::exchange(frozen_setattr, Ref::share(function).release()));
}

void compile(PyTypeObject* type, ClassData& data) {
  // Looking something up gives the type a version tag if there are any left; without one it is compiled each
  // time.
  PyObject* initializer = _PyType_Lookup(type, names.init);
  PyObject* maker = _PyType_Lookup(type, names.new_);
  const unsigned int version = version_of(type);
  const bool is_ours = initializer != nullptr && is_initializer(initializer);
  data.constructs = data.is_struct && is_ours && !PyType_HasFeature(type, Py_TPFLAGS_IS_ABSTRACT) &&
                    maker == _PyType_Lookup(&PyBaseObject_Type, names.new_);
  PyObject* setter = _PyType_Lookup(type, names.setattr);
  data.is_frozen = setter != nullptr && setter == frozen_setattr;
  data.is_plain = type->tp_getattro == PyObject_GenericGetAttr && data.is_struct &&
                  (setter == default_setattr || data.is_frozen);

  data.copies_plainly = data.is_struct && is_copied_plainly(type);
  data.reads_plainly = _PyType_Lookup(type, names.read) == _PyType_Lookup(base_type, names.read);
  data.writes_plainly = _PyType_Lookup(type, names.write) == _PyType_Lookup(base_type, names.write);

  Ref before = std::exchange(data.initializer, Ref());
  if (is_ours) data.initializer = Ref::share(initializer);
  for (Py_ssize_t i = 0; !data.initializer && i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
    auto* each = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
    PyObject* own = each->tp_dict == nullptr ? nullptr : PyDict_GetItemWithError(each->tp_dict, names.init);
    if (own != nullptr && is_initializer(own)) data.initializer = Ref::share(own);
  }

  std::vector<Member> members;
  std::vector<bool> is_placed(data.slots.size(), false);
  auto add = [&](const Ref& name, Py_ssize_t offset) {
    PyObject* found = _PyType_Lookup(type, name.get());
    const bool is_direct = offset != 0 && offset_of(type, name.get()) == offset;
    // A property before the slot leaves the slot to `__dict__`; a plain class attribute leaves the name to
    // the dict, where the instance's value wins as it does with thriftpy2.
    if (offset != 0 && !is_direct && (found == nullptr || Py_TYPE(found)->tp_descr_set == nullptr))
      offset = 0;
    members.push_back({name, checked(PyUnicode_FromFormat(", %U=", name.get())), offset, is_direct});
  };
  auto slot_at = [&](PyObject* name, std::size_t expected) {
    if (expected < data.slots.size() && data.slots[expected].name.get() == name) return expected;
    for (std::size_t i = 0; i < data.slots.size(); ++i) {
      if (data.slots[i].name.get() == name) return i;
    }
    return data.slots.size();
  };
  data.fills_slots = data.constructs && data.is_plain;
  if (data.initializer) {
    for (const Ref& name : names_of(data.initializer.get())) {
      const std::size_t at = slot_at(name.get(), members.size());
      const bool is_slot = at < data.slots.size();
      if (is_slot) is_placed[at] = true;
      add(name, is_slot ? data.slots[at].offset : 0);
      if (!members.back().is_direct) data.fills_slots = false;
    }
  }
  for (std::size_t i = 0; i < data.slots.size(); ++i) {
    if (!is_placed[i]) add(data.slots[i].name, data.slots[i].offset);
  }
  data.members = std::move(members);
  data.version = version;
  ++data.generation;
}

Ref make_class(PyObject* name, PyObject* module_name, PyTypeObject* base, PyObject* thrift_spec,
               PyObject* default_spec, PyObject* extra_attributes) {
  Ref ns = extra_attributes == nullptr || extra_attributes == Py_None
               ? checked(PyDict_New())
               : checked(PyDict_Copy(extra_attributes));
  checked_status(PyDict_SetItem(ns.get(), names.module, module_name));
  if (thrift_spec != nullptr) checked_status(PyDict_SetItem(ns.get(), names.thrift_spec, thrift_spec));
  Ref initializer;
  if (default_spec != nullptr && default_spec != Py_None) {
    checked_status(PyDict_SetItem(ns.get(), names.default_spec, default_spec));
    initializer = make_initializer(name, default_spec);
    checked_status(PyDict_SetItem(ns.get(), names.init, initializer.get()));
  }
  const bool is_plain = initializer && base == base_type;
  if (is_plain) {
    if (Ref made = make_struct_class(name, ns.get(), initializer.get())) return made;
  }
  Ref bases = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(base)));
  Ref made = make_type(Py_TYPE(reinterpret_cast<PyObject*>(base)), name, bases.get(), ns.get(), nullptr);
  if (is_plain) learn_from(reinterpret_cast<PyTypeObject*>(made.get()));
  return made;
}

int add_metaclass_to(PyObject* module) {
  names = {PyUnicode_InternFromString("thrift_spec"), PyUnicode_InternFromString("default_spec"),
           PyUnicode_InternFromString("__init__"),    PyUnicode_InternFromString("__new__"),
           PyUnicode_InternFromString("__setattr__"), PyUnicode_InternFromString("__delattr__"),
           PyUnicode_InternFromString("__module__"),  PyUnicode_InternFromString("read"),
           PyUnicode_InternFromString("write")};
  if (names.write == nullptr) return -1;
  meta_type.tp_name = "fastthrift.thrift.TPayloadMeta";
  meta_type.tp_basicsize = sizeof(PayloadType);
  meta_type.tp_itemsize = PyType_Type.tp_itemsize;
  meta_type.tp_base = &PyType_Type;
  meta_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                       Py_TPFLAGS_TYPE_SUBCLASS | Py_TPFLAGS_HAVE_VECTORCALL;
  meta_type.tp_vectorcall_offset = offsetof(PyTypeObject, tp_vectorcall);
  meta_type.tp_call = PyType_Type.tp_call;
  meta_type.tp_alloc = meta_alloc;
  meta_type.tp_getattro = meta_getattr;
  meta_type.tp_traverse = meta_traverse;
  meta_type.tp_clear = meta_clear;
  meta_type.tp_dealloc = meta_dealloc;
  if (PyType_Ready(&meta_type) < 0 || add_methods() < 0) return -1;
  base_type = make_base();
  if (base_type == nullptr) return -1;
  default_setattr = _PyType_Lookup(base_type, names.setattr);
  if (PyObject_SetAttrString(module, "TPayloadMeta", reinterpret_cast<PyObject*>(&meta_type)) < 0) return -1;
  return PyObject_SetAttrString(module, "TPayload", reinterpret_cast<PyObject*>(base_type));
}

}  // namespace fastthrift::python::payload
