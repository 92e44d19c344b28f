#include "python/payload_type.hpp"

#include <utility>

// copy, deepcopy and pickle. The state is the plain dict, as thriftpy2's, so that pickles go both ways. A
// class that has its own `__getstate__`, `__setstate__`, `__reduce__` or `__getnewargs__` is copied and
// pickled by them.
namespace fastthrift::python::payload {
namespace {

struct Names {
  PyObject *getstate, *setstate, *reduce, *reduce_ex, *getnewargs, *getnewargs_ex;
};
const Names& names() {
  static const Names interned{
      PyUnicode_InternFromString("__getstate__"),   PyUnicode_InternFromString("__setstate__"),
      PyUnicode_InternFromString("__reduce__"),     PyUnicode_InternFromString("__reduce_ex__"),
      PyUnicode_InternFromString("__getnewargs__"), PyUnicode_InternFromString("__getnewargs_ex__")};
  return interned;
}

Ref copyreg(const char* name) {
  Ref module = checked(PyImport_ImportModule("copyreg"));
  return checked(PyObject_GetAttrString(module.get(), name));
}

// What copy.copy and copy.deepcopy make of the result of `__reduce_ex__`, with the parts already copied.
Ref rebuild(PyObject* reduced) {
  if (!PyTuple_Check(reduced) || PyTuple_GET_SIZE(reduced) < 2) {
    if (PyUnicode_Check(reduced)) return Ref();
    raise(PyExc_TypeError, "__reduce_ex__() returned %R", reduced);
  }
  Ref made = checked(PyObject_CallObject(PyTuple_GET_ITEM(reduced, 0), PyTuple_GET_ITEM(reduced, 1)));
  PyObject* state = PyTuple_GET_SIZE(reduced) > 2 ? PyTuple_GET_ITEM(reduced, 2) : Py_None;
  if (state != Py_None) checked(PyObject_CallMethodObjArgs(made.get(), names().setstate, state, nullptr));
  return made;
}

// The names of slots that a class body of a user has declared: they are no fields.
Ref user_slots(PyObject* self) {
  Ref values = checked(PyDict_New());
  Ref find = copyreg("_slotnames");
  Ref slots =
      checked(PyObject_CallFunctionObjArgs(find.get(), reinterpret_cast<PyObject*>(Py_TYPE(self)), nullptr));
  Ref sequence = checked(PySequence_Tuple(slots.get()));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sequence.get()); ++i) {
    PyObject* name = PyTuple_GET_ITEM(sequence.get(), i);
    Ref value = Ref::steal(PyObject_GetAttr(self, name));
    if (value) {
      checked_status(PyDict_SetItem(values.get(), name, value.get()));
    } else {
      if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
      PyErr_Clear();
    }
  }
  return values;
}

bool is_atomic(PyObject* value) {
  return value == Py_None || PyUnicode_CheckExact(value) || PyLong_CheckExact(value) ||
         PyFloat_CheckExact(value) || PyBool_Check(value) || PyBytes_CheckExact(value);
}

class DeepCopy {
 public:
  explicit DeepCopy(PyObject* memo) : memo_(memo) {}

  Ref operator()(PyObject* value) {
    if (is_atomic(value)) return Ref::share(value);
    if (!function_) {
      Ref module = checked(PyImport_ImportModule("copy"));
      function_ = checked(PyObject_GetAttrString(module.get(), "deepcopy"));
    }
    return checked(PyObject_CallFunctionObjArgs(function_.get(), value, memo_, nullptr));
  }

 private:
  PyObject* memo_;
  Ref function_;
};

Ref copy_slots(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Ref made = checked(allocate(type));
  bool forms_cycle = false;
  for (Py_ssize_t offset = first_slot; offset < type->tp_basicsize; offset += sizeof(PyObject*)) {
    PyObject* value = slot(self, offset);
    if (value == nullptr) continue;
    Py_INCREF(value);
    slot(made.get(), offset) = value;
    forms_cycle |= may_form_cycle(value);
  }
  PyObject* dict = dict_of(self);
  if (dict != nullptr && PyDict_GET_SIZE(dict) > 0) {
    *dict_place(made.get()) = checked(PyDict_Copy(dict)).release();
    forms_cycle = true;
  }
  if (forms_cycle || !current(type).is_plain) track(made.get());
  return made;
}

}  // namespace

bool is_copied_plainly(PyTypeObject* type) {
  const Names& n = names();
  return _PyType_Lookup(type, n.reduce_ex) == _PyType_Lookup(base(), n.reduce_ex) &&
         _PyType_Lookup(type, n.getstate) == _PyType_Lookup(base(), n.getstate) &&
         _PyType_Lookup(type, n.setstate) == _PyType_Lookup(base(), n.setstate) &&
         _PyType_Lookup(type, n.reduce) == _PyType_Lookup(&PyBaseObject_Type, n.reduce) &&
         _PyType_Lookup(type, n.getnewargs) == nullptr && _PyType_Lookup(type, n.getnewargs_ex) == nullptr;
}

PyObject* copy(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    if (current(Py_TYPE(self)).copies_plainly) return copy_slots(self).release();
    Ref reduced = checked(PyObject_CallMethod(self, "__reduce_ex__", "i", 4));
    Ref made = rebuild(reduced.get());
    return made ? made.release() : Ref::share(self).release();
  });
}

PyObject* deep_copy(PyObject* self, PyObject* memo) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    DeepCopy deep(memo);
    Ref id = checked(PyLong_FromVoidPtr(self));
    if (!current(Py_TYPE(self)).copies_plainly) {
      Ref reduced = checked(PyObject_CallMethod(self, "__reduce_ex__", "i", 4));
      if (!PyTuple_Check(reduced.get()) || PyTuple_GET_SIZE(reduced.get()) < 2)
        return Ref::share(self).release();
      Ref arguments = deep(PyTuple_GET_ITEM(reduced.get(), 1));
      Ref made = checked(PyObject_CallObject(PyTuple_GET_ITEM(reduced.get(), 0), arguments.get()));
      checked_status(PyObject_SetItem(memo, id.get(), made.get()));  // before the state: it may refer back
      if (PyTuple_GET_SIZE(reduced.get()) > 2 && PyTuple_GET_ITEM(reduced.get(), 2) != Py_None) {
        Ref state = deep(PyTuple_GET_ITEM(reduced.get(), 2));
        checked(PyObject_CallMethodObjArgs(made.get(), names().setstate, state.get(), nullptr));
      }
      return made.release();
    }
    PyTypeObject* type = Py_TYPE(self);
    Ref made = checked(allocate(type));
    track(made.get());
    checked_status(PyObject_SetItem(memo, id.get(), made.get()));
    for (Py_ssize_t offset = first_slot; offset < type->tp_basicsize; offset += sizeof(PyObject*)) {
      if (slot(self, offset) == nullptr) continue;
      Ref value = Ref::share(slot(self, offset));
      Ref copied = deep(value.get());
      Ref before = Ref::steal(std::exchange(slot(made.get(), offset), copied.release()));
    }
    if (PyObject* dict = dict_of(self)) {
      Ref keep = Ref::share(dict);
      Ref copied = deep(dict);
      Ref before = Ref::steal(std::exchange(*dict_place(made.get()), copied.release()));
    }
    return made.release();
  });
}

PyObject* reduce(PyObject* self, PyObject* protocol) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    PyTypeObject* type = Py_TYPE(self);
    const int version = static_cast<int>(PyLong_AsLong(protocol));
    if (version == -1 && PyErr_Occurred()) throw PythonError();
    if (version >= 2 && current(type).copies_plainly) {
      static PyObject* maker = nullptr;
      // An import may let another thread run, which would wait for an initialisation here with the GIL in
      // hand.
      if (maker == nullptr) maker = copyreg("__newobj__").release();
      Ref state = checked(get_state(self, nullptr));
      Ref arguments = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(type)));
      return PyTuple_Pack(3, maker, arguments.get(), state.get());
    }
    // What object and BaseException do, from the class that defines it behind TPayload.
    Ref parent =
        checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PySuper_Type), "OO", base(), self));
    return PyObject_CallMethodObjArgs(parent.get(), names().reduce_ex, protocol, nullptr);
  });
}

PyObject* get_state(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    Ref state = plain_dict(self);
    if (!data_of(Py_TYPE(self)).has_user_slots) return state.release();
    Ref slots = user_slots(self);
    if (PyDict_GET_SIZE(slots.get()) == 0) return state.release();
    return PyTuple_Pack(2, state.get(), slots.get());
  });
}

namespace {

// A state mostly has the fields in their order, so that each is looked for where the one before suggests.
// Takes the value when it is the field there; false: somebody else has to find it.
bool set_expected(PyObject* self, std::size_t& expected, PyObject* name, PyObject* value) {
  ClassData& data = current(Py_TYPE(self));
  if (!data.is_struct || expected >= data.members.size()) return false;
  const Member& member = data.members[expected];
  if (member.offset == 0 || PyUnicode_Compare(member.name.get(), name) != 0) return false;
  ++expected;
  store(self, member.offset, Ref::share(value));
  return true;
}

}  // namespace

PyObject* set_state(PyObject* self, PyObject* state) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    PyObject* slots = Py_None;
    if (PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2) {
      slots = PyTuple_GET_ITEM(state, 1);
      state = PyTuple_GET_ITEM(state, 0);
    }
    for (PyObject* part : {state, slots}) {
      if (part == Py_None) continue;
      if (!PyDict_Check(part)) {
        raise(PyExc_TypeError, "the state of a struct must be a dict, got %s", Py_TYPE(part)->tp_name);
      }
      Py_ssize_t position = 0;
      std::size_t expected = 0;
      PyObject *name, *value;
      while (PyDict_Next(part, &position, &name, &value)) {
        if (part != slots && PyUnicode_CheckExact(name) && set_expected(self, expected, name, value))
          continue;
        Py_INCREF(name);
        if (PyUnicode_CheckExact(name)) PyUnicode_InternInPlace(&name);
        Ref keep_name = Ref::steal(name);
        Ref keep_value = Ref::share(value);  // storing drops old values, which can run Python
        checked_status(part == slots ? PyObject_SetAttr(self, name, value) : set(self, name, value));
      }
    }
    Py_RETURN_NONE;
  });
}

}  // namespace fastthrift::python::payload
