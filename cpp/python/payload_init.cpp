#include "python/nones.hpp"
#include "python/parked.hpp"
#include "python/payload_initializer.hpp"

// What `type(...)` and `__init__(...)` do: positional and keyword arguments into fields, defaults into the
// others.
namespace fastthrift::python::payload {
namespace {

[[noreturn]] void raise_too_many(std::size_t fields, std::size_t given) {
  // With self, as Python counts.
  if (fields == 0) {
    raise(PyExc_TypeError, "__init__() takes 1 positional argument but %zu were given", given + 1);
  }
  raise(PyExc_TypeError, "__init__() takes from 1 to %zu positional arguments but %zu were given", fields + 1,
        given + 1);
}

// The index of the field that a keyword names. Keywords are interned.
std::size_t index_of(const std::vector<Ref>& names, PyObject* keyword) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].get() == keyword) return i;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (PyUnicode_Compare(names[i].get(), keyword) == 0) return i;
  }
  raise(PyExc_TypeError, "__init__() got an unexpected keyword argument '%S'", keyword);
}

// Calls `give(index, value)` for each argument; `has(index)` tells whether a field already got one.
template <class Has, class Give>
void bind_arguments(const std::vector<Ref>& names, PyObject* const* arguments, std::size_t count,
                    PyObject* keywords, Has&& has, Give&& give) {
  for (std::size_t i = 0; i < count && i < names.size(); ++i) give(i, arguments[i]);
  if (keywords != nullptr) {
    const auto size = static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
    for (std::size_t k = 0, expected = count; k < size; ++k) {
      PyObject* keyword = PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(k));
      const bool is_next = expected < names.size() && names[expected].get() == keyword;
      const std::size_t at = is_next ? expected : index_of(names, keyword);
      if (has(at)) raise(PyExc_TypeError, "__init__() got multiple values for argument '%S'", keyword);
      give(at, arguments[count + k]);
      expected = at + 1;
    }
  }
  if (count > names.size()) raise_too_many(names.size(), count);
}

}  // namespace

void initialise(InitializerObject* init, PyObject* self, PyObject* const* arguments, std::size_t count,
                PyObject* keywords) {
  Ref keep = Ref::share(reinterpret_cast<PyObject*>(init));
  const std::vector<Ref>& names = *init->names;
  std::vector<PyObject*> values(names.size(), nullptr);  // borrowed from the caller
  bind_arguments(
      names, arguments, count, keywords, [&](std::size_t i) { return values[i] != nullptr; },
      [&](std::size_t i, PyObject* value) { values[i] = value; });
  for (std::size_t i = 0; i < names.size(); ++i) {
    Ref value = values[i] != nullptr ? Ref::share(values[i]) : default_of((*init->fields)[i]);
    checked_status(assign(self, names[i].get(), value.get()));
  }
}

namespace {

// A fresh object whose fields are slots: by offset.
void fill_defaults(InitializerObject* init, const ClassData& data, PyObject* self, bool& forms_cycle) {
  const std::size_t size = init->fields->size();
  const unsigned int generation = data.generation;
  Nones nones;
  for (std::size_t i = 0; i < size; ++i) {
    const Field& field = (*init->fields)[i];
    if (data.generation != generation)
        [[unlikely]] {  // copying a default has run Python that changed the class
      Ref value = default_of(field);
      checked_status(PyObject_SetAttr(self, (*init->names)[i].get(), value.get()));
      continue;
    }
    PyObject*& place = slot(self, data.members[i].offset);
    if (place != nullptr) continue;
    if (field.value == Py_None) [[likely]] {
      place = Py_None;
      nones.take();
      continue;
    }
    if (!field.is_copied) {
      Py_INCREF(field.value);
      place = field.value;
      forms_cycle |= may_form_cycle(field.value);
      continue;
    }
    nones.settle();
    place = copy_default(field.value).release();
    forms_cycle = true;
  }
  nones.settle();
}

PyObject* call_type(PyObject* type, PyObject* const* arguments, std::size_t count, PyObject* keywords) {
  Ref positional = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(count)));
  if (!positional) return nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    Py_INCREF(arguments[i]);
    PyTuple_SET_ITEM(positional.get(), static_cast<Py_ssize_t>(i), arguments[i]);
  }
  Ref named;
  if (keywords != nullptr && PyTuple_GET_SIZE(keywords) > 0) {
    named = Ref::steal(PyDict_New());
    if (!named) return nullptr;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
      PyObject* value = arguments[count + static_cast<std::size_t>(i)];
      if (PyDict_SetItem(named.get(), PyTuple_GET_ITEM(keywords, i), value) < 0) return nullptr;
    }
  }
  return PyType_Type.tp_call(type, positional.get(), named.get());
}

}  // namespace

PyObject* construct(PyObject* callable, PyObject* const* arguments, std::size_t flagged, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    auto* type = reinterpret_cast<PyTypeObject*>(callable);
    const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(flagged));
    ClassData& data = current(type);
    if (!data.constructs) return call_type(callable, arguments, count, keywords);
    Ref keep = data.initializer;
    InitializerObject* init = as_initializer(keep.get());
    const unsigned int generation = data.generation;
    Ref self = checked(allocate(type));
    if (data.generation != generation) [[unlikely]]  // the collector has run Python that changed the class
      return construct(callable, arguments, flagged, keywords);
    if (!data.fills_slots) {
      track(self.get());
      initialise(init, self.get(), arguments, count, keywords);
      return self.release();
    }
    bool forms_cycle = false;
    std::size_t given = 0;
    PyObject* const made = self.get();
    const Member* const members = data.members.data();  // binding runs no Python code
    bind_arguments(
        *init->names, arguments, count, keywords,
        [&](std::size_t i) { return slot(made, members[i].offset) != nullptr; },
        [&](std::size_t i, PyObject* value) {
          Py_INCREF(value);
          slot(made, members[i].offset) = value;
          forms_cycle |= may_form_cycle(value);
          ++given;
        });
    if (given != init->fields->size()) fill_defaults(init, data, made, forms_cycle);
    if (forms_cycle) track(self.get());
    return self.release();
  });
}

Ref make(PyTypeObject* type) {
  if (is_payload_type(type)) {
    ClassData& data = current(type);
    if (data.fills_slots) [[likely]] {
      const Ref keep = data.initializer;  // copying a default may run Python that changes the class
      const unsigned int generation = data.generation;
      Ref self = checked(allocate(type));
      if (data.generation != generation) [[unlikely]]  // and so may the collector
        return make(type);
      bool forms_cycle = false;
      fill_defaults(as_initializer(keep.get()), data, self.get(), forms_cycle);
      if (forms_cycle) track(self.get());
      return self;
    }
  }
  return checked(parked([&] { return PyObject_CallNoArgs(reinterpret_cast<PyObject*>(type)); }));
}

}  // namespace fastthrift::python::payload
