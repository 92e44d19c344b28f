#include "python/payload_type.hpp"

#include <set>
#include <utility>

// Layouts of classes that are not ours, by specs in Apache's form: each is kept in its class's namespace, so
// that both go together.
namespace fastthrift::python::payload {
namespace {

struct SpecLayout {
  PyObject ob_base;
  PyObject* spec;
  Layout* layout;
  bool lacks_spec;
};

PyTypeObject* kept_type = nullptr;
PyObject* kept_name = nullptr;  // of the class's attribute
PyObject* frozen_dict_type = nullptr;

int traverse(PyObject* self, visitproc visit, void* arg) {
  auto* kept = reinterpret_cast<SpecLayout*>(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(kept->spec);
  return kept->layout == nullptr ? 0 : kept->layout->traverse(visit, arg);
}

int clear(PyObject* self) {
  auto* kept = reinterpret_cast<SpecLayout*>(self);
  Py_CLEAR(kept->spec);
  // Somebody may be in the middle of using it.
  const LayoutUse use;
  LayoutUse::retire(std::unique_ptr<Layout>(std::exchange(kept->layout, nullptr)));
  return 0;
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

const SpecLayout* kept_for(PyTypeObject* type, PyObject* thrift_spec) {
  if (type->tp_dict == nullptr) return nullptr;
  PyObject* found = PyDict_GetItemWithError(type->tp_dict, kept_name);
  if (found == nullptr) {
    if (PyErr_Occurred()) throw PythonError();
    return nullptr;
  }
  if (!Py_IS_TYPE(found, kept_type)) return nullptr;
  const auto* kept = reinterpret_cast<SpecLayout*>(found);
  return kept->spec == thrift_spec ? kept : nullptr;
}

const Layout* kept_layout(PyTypeObject* type, PyObject* thrift_spec) {
  const SpecLayout* kept = kept_for(type, thrift_spec);
  return kept == nullptr ? nullptr : kept->layout;
}

bool takes_fields(PyTypeObject* type) {
  const Ref init = Ref::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__init__"));
  const Ref code = init ? Ref::steal(PyObject_GetAttrString(init.get(), "__code__")) : Ref();
  const Ref count = code ? Ref::steal(PyObject_GetAttrString(code.get(), "co_argcount")) : Ref();
  const long arguments = count ? PyLong_AsLong(count.get()) : 0;
  PyErr_Clear();
  return arguments > 1;
}

using Seen = std::set<std::pair<PyTypeObject*, PyObject*>>;

bool lacks_spec_in(PyTypeObject* type, PyObject* thrift_spec, Seen& seen);

bool lacks_spec_in_args(PyObject* args, Seen& seen) {
  if (is_class_and_spec(args)) {
    const Ref spec = spec_in(args);
    return lacks_spec_in(reinterpret_cast<PyTypeObject*>(PySequence_Fast_GET_ITEM(args, 0)), spec.get(),
                         seen);
  }
  if (!PyTuple_Check(args)) return false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) {
    if (lacks_spec_in_args(PyTuple_GET_ITEM(args, i), seen)) return true;
  }
  return false;
}

bool lacks_spec_in(PyTypeObject* type, PyObject* thrift_spec, Seen& seen) {
  if (is_payload_type(type) || !PyTuple_Check(thrift_spec)) return false;
  if (PyTuple_GET_SIZE(thrift_spec) == 0) return takes_fields(type);
  if (!seen.emplace(type, thrift_spec).second) return false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(thrift_spec); ++i) {
    PyObject* item = PyTuple_GET_ITEM(thrift_spec, i);
    if (PyTuple_Check(item) && PyTuple_GET_SIZE(item) == 5 &&
        lacks_spec_in_args(PyTuple_GET_ITEM(item, 3), seen)) {
      return true;
    }
  }
  return false;
}

}  // namespace

const Layout& layout_of_pair(PyTypeObject* type, PyObject* thrift_spec, std::unique_ptr<Layout>& keep) {
  if (const Layout* layout = kept_layout(type, thrift_spec)) [[likely]]
    return *layout;
  std::unique_ptr<Layout> made = Layout::compile(type, thrift_spec);
  auto* kept = reinterpret_cast<SpecLayout*>(kept_type->tp_alloc(kept_type, 0));
  if (kept == nullptr) throw PythonError();
  const Ref owner = Ref::steal(reinterpret_cast<PyObject*>(kept));
  kept->spec = Ref::share(thrift_spec).release();
  Seen seen;
  kept->lacks_spec = lacks_spec_in(type, thrift_spec, seen);
  if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
      PyObject_SetAttr(reinterpret_cast<PyObject*>(type), kept_name, owner.get()) == 0) {
    kept->layout = made.release();
    if (const Layout* layout = kept_layout(type, thrift_spec)) return *layout;
    made.reset(std::exchange(kept->layout, nullptr));  // a metaclass has put it somewhere else
  }
  PyErr_Clear();
  keep = std::move(made);
  return *keep;
}

bool is_class_and_spec(PyObject* args) {
  return (PyList_Check(args) || PyTuple_Check(args)) && PySequence_Fast_GET_SIZE(args) == 2 &&
         PyType_Check(PySequence_Fast_GET_ITEM(args, 0));
}

Ref spec_in(PyObject* pair) {
  PyObject* spec = PySequence_Fast_GET_SIZE(pair) == 2 ? PySequence_Fast_GET_ITEM(pair, 1) : Py_None;
  if (spec != Py_None) return Ref::share(spec);
  const Ref type = Ref::share(PySequence_Fast_GET_ITEM(pair, 0));
  return checked(PyObject_GetAttrString(type.get(), "thrift_spec"));
}

bool lacks_spec(PyTypeObject* type, PyObject* thrift_spec) {
  if (is_payload_type(type)) return false;
  std::unique_ptr<Layout> keep;
  layout_of_pair(type, thrift_spec, keep);
  const SpecLayout* kept = kept_for(type, thrift_spec);
  return kept != nullptr && kept->lacks_spec;
}

PyObject* frozen_dict() { return frozen_dict_type; }

void set_frozen_dict(PyObject* type) {
  Ref before = Ref::steal(std::exchange(frozen_dict_type, Ref::share(type).release()));
}

int add_spec_layout_to(PyObject*) {
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {0, nullptr},
  };
  static PyType_Spec spec = {"fastthrift._core._SpecLayout", sizeof(SpecLayout), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
  kept_name = PyUnicode_InternFromString("__thrift_layout__");
  if (kept_name == nullptr) return -1;
  kept_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return kept_type == nullptr ? -1 : 0;
}

}  // namespace fastthrift::python::payload
