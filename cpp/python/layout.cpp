#include "python/layout.hpp"

#include "python/enumeration.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>

#include "python/errors.hpp"
#include "python/payload_type.hpp"

namespace fastthrift::python {
namespace {

// thriftpy2's type numbers beyond the wire's.
constexpr int declared_binary = 18;

std::pair<Form, wire::TType> form_of(int declared) {
  using wire::TType;
  switch (declared) {
    case 2:
      return {Form::boolean, TType::bool_};
    case 3:
      return {Form::i8, TType::i8};
    case 4:
      return {Form::float64, TType::double_};
    case 6:
      return {Form::i16, TType::i16};
    case 8:
      return {Form::i32, TType::i32};
    case 10:
      return {Form::i64, TType::i64};
    case 11:
      return {Form::text, TType::string};
    case 12:
      return {Form::structure, TType::struct_};
    case 13:
      return {Form::map, TType::map};
    case 14:
      return {Form::set, TType::set};
    case 15:
      return {Form::list, TType::list};
    case 16:
      return {Form::uuid, TType::uuid};
    case declared_binary:
      return {Form::binary, TType::string};
    default:
      return {Form::unknown, TType::stop};
  }
}

}  // namespace

class LayoutCompiler {
 public:
  explicit LayoutCompiler(PyTypeObject* type) : layout_(new Layout) {
    layout_->type_ = type;
    Ref name = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__name__"));
    if (!PyUnicode_Check(name.get())) name = checked(PyUnicode_FromString(type->tp_name));  // of a metaclass
    layout_->name_ = name.get();
    layout_->kept_.push_back(std::move(name));
  }

  std::unique_ptr<Layout> compile(PyObject* thrift_spec) {
    if (PyTuple_Check(thrift_spec)) return compile_items(thrift_spec);
    if (!PyDict_Check(thrift_spec)) {
      raise(PyExc_TypeError, "thrift_spec of %U must be a dict, got %s", layout_->name_,
            Py_TYPE(thrift_spec)->tp_name);
    }
    // A copy: what is odd in it (a list with an `__iter__` of its own) may run code that changes it.
    const Ref spec = checked(PyDict_Copy(thrift_spec));
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(spec.get(), &position, &key, &value)) add_field(key, value);
    find_slots();
    index_ids();
    return std::move(layout_);
  }

 private:
  // Apache's form: (id, type, name, args, default) or None, at the index of the id mostly.
  std::unique_ptr<Layout> compile_items(PyObject* thrift_spec) {
    required_ = Ref::steal(
        PyObject_GetAttrString(reinterpret_cast<PyObject*>(layout_->type_), "__thrift_required__"));
    if (!required_) PyErr_Clear();
    layout_->kept_.push_back(Ref::share(thrift_spec));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(thrift_spec); ++i) {
      if (PyTuple_GET_ITEM(thrift_spec, i) != Py_None) add_item(PyTuple_GET_ITEM(thrift_spec, i));
    }
    find_slots();
    index_ids();
    return std::move(layout_);
  }

  void add_item(PyObject* item) {
    if (!PyTuple_Check(item)) {
      raise(PyExc_TypeError, "thrift_spec of %U: expecting a tuple for a field, got %R", layout_->name_,
            item);
    }
    if (PyTuple_GET_SIZE(item) != 5) {
      raise(PyExc_TypeError, "expecting 5 arguments for spec tuple but got %zd", PyTuple_GET_SIZE(item));
    }
    PyObject* key = PyTuple_GET_ITEM(item, 0);
    const long id = PyLong_Check(key) ? PyLong_AsLong(key) : std::numeric_limits<long>::max();
    if (id == -1 && PyErr_Occurred()) throw PythonError();
    if (id < std::numeric_limits<std::int16_t>::min() || id > std::numeric_limits<std::int16_t>::max()) {
      raise(PyExc_ValueError, "thrift_spec of %U: a field id is a 16-bit integer, got %R", layout_->name_,
            key);
    }
    PyObject* given = PyTuple_GET_ITEM(item, 2);
    if (!PyUnicode_Check(given)) {
      raise(PyExc_TypeError, "thrift_spec of %U: field %ld has no name", layout_->name_, id);
    }
    Ref name = attribute_name(given);
    const std::uint32_t index = add_apache_shape(PyTuple_GET_ITEM(item, 1), PyTuple_GET_ITEM(item, 3));
    const Shape& shape = layout_->shape(index);
    bool is_required = false;
    if (required_ && required_.get() != Py_None) {
      const int found = PySequence_Contains(required_.get(), name.get());
      checked_status(found);
      is_required = found != 0;
    }
    layout_->has_required_ |= is_required;
    const auto wire_id = static_cast<std::int16_t>(id);
    const FieldLayout field{
        wire_id, is_required, shape.form, index, wire::FieldHead::of(shape.wire, wire_id), name.get(), 0};
    layout_->fields_.push_back(field);
    layout_->kept_.push_back(std::move(name));
  }

  // What Python has no keyword for: the attribute of a field that is named as one has an underscore behind
  // it, its name in the spec does not.
  Ref attribute_name(PyObject* given) {
    PyObject* name = Ref::share(given).release();
    if (PyUnicode_CheckExact(name)) PyUnicode_InternInPlace(&name);
    Ref own = Ref::steal(name);
    static const char* const keywords[] = {
        "False",  "None",  "True",   "and",    "as",     "assert", "break",    "class", "continue",
        "def",    "del",   "elif",   "else",   "except", "exec",   "finally",  "for",   "from",
        "global", "if",    "import", "in",     "is",     "lambda", "nonlocal", "not",   "or",
        "pass",   "print", "raise",  "return", "try",    "while",  "with",     "yield"};
    const auto is_name = [&](const char* text) { return PyUnicode_CompareWithASCIIString(given, text) == 0; };
    bool is_escaped = std::any_of(std::begin(keywords), std::end(keywords), is_name);
    if (!is_escaped && (is_name("async") || is_name("await") || is_name("self"))) {
      // Apache's compiler leaves these as they are, ours does not.
      is_escaped = payload::is_payload_type(layout_->type_);
    }
    if (!is_escaped) return own;
    PyObject* escaped = checked(PyUnicode_FromFormat("%U_", given)).release();
    PyUnicode_InternInPlace(&escaped);
    return Ref::steal(escaped);
  }

  std::uint32_t add_apache_shape(PyObject* ttype, PyObject* args) {
    long declared = PyLong_Check(ttype) ? PyLong_AsLong(ttype) : -1;
    if (declared == -1 && PyErr_Occurred()) PyErr_Clear();
    if (declared < 0 || declared > 16) declared = -1;
    const auto [form, wire_type] = form_of(static_cast<int>(declared));
    const auto index = static_cast<std::uint32_t>(layout_->shapes_.size());
    Shape shape{form, wire_type};
    shape.declared = static_cast<int>(declared);
    if (form == Form::text && PyUnicode_Check(args) &&
        PyUnicode_CompareWithASCIIString(args, "BINARY") == 0) {
      shape.form = Form::binary;
    }
    if (form == Form::i32 && PyType_Check(args)) {
      shape.form = Form::enumeration;
      shape.type = reinterpret_cast<PyTypeObject*>(args);
    }
    if (form == Form::structure) {
      if (!PyList_Check(args) || PyList_GET_SIZE(args) != 2 || !PyType_Check(PyList_GET_ITEM(args, 0))) {
        raise(PyExc_TypeError, "thrift_spec of %U: expecting [class, thrift_spec] for a struct, got %R",
              layout_->name_, args);
      }
      shape.type = reinterpret_cast<PyTypeObject*>(PyList_GET_ITEM(args, 0));
      shape.pair = args;
      layout_->kept_.push_back(Ref::share(PyList_GET_ITEM(args, 0)));  // somebody may change the list
    }
    layout_->shapes_.push_back(shape);
    const bool is_map = form == Form::map;
    if (!is_map && form != Form::list && form != Form::set) return index;
    const Py_ssize_t wanted = is_map ? 5 : 3;
    if (!PyTuple_Check(args) || PyTuple_GET_SIZE(args) != wanted) {
      raise(PyExc_TypeError, "thrift_spec of %U: expecting a tuple of size %zd for a container, got %R",
            layout_->name_, wanted, args);
    }
    if (++depth_ > 1000)
      raise(PyExc_RecursionError, "thrift_spec of %U is nested too deeply", layout_->name_);
    const int is_frozen = PyObject_IsTrue(PyTuple_GET_ITEM(args, wanted - 1));
    checked_status(is_frozen);
    const std::uint32_t first = add_apache_shape(PyTuple_GET_ITEM(args, 0), PyTuple_GET_ITEM(args, 1));
    std::uint32_t element = first;
    if (is_map) element = add_apache_shape(PyTuple_GET_ITEM(args, 2), PyTuple_GET_ITEM(args, 3));
    --depth_;
    Shape& added = layout_->shapes_[index];
    added.key = is_map ? first : 0;
    added.element = element;
    added.is_frozen = is_frozen != 0;
    return index;
  }

  // {id: (ttype, name[, spec], required)}; hand-written classes have (ttype, name) too.
  void add_field(PyObject* key, PyObject* value) {
    long id = PyLong_Check(key) ? PyLong_AsLong(key) : std::numeric_limits<long>::max();
    if (id == -1 && PyErr_Occurred()) PyErr_Clear(), id = std::numeric_limits<long>::max();
    if (id < std::numeric_limits<std::int16_t>::min() || id > std::numeric_limits<std::int16_t>::max()) {
      raise(PyExc_ValueError, "thrift_spec of %U: a field id is a 16-bit integer, got %R", layout_->name_,
            key);
    }
    Ref items = Ref::steal(PyTuple_Check(value) || PyList_Check(value) ? PySequence_Tuple(value) : nullptr);
    if (!items || PyTuple_GET_SIZE(items.get()) < 2 || !PyUnicode_Check(PyTuple_GET_ITEM(items.get(), 1))) {
      if (PyErr_Occurred()) throw PythonError();
      raise(PyExc_TypeError, "thrift_spec of %U: field %ld must be (type, name[, spec], required), got %R",
            layout_->name_, id, value);
    }
    const Py_ssize_t size = PyTuple_GET_SIZE(items.get());
    PyObject* last = size > 2 ? PyTuple_GET_ITEM(items.get(), size - 1) : Py_False;
    PyObject* spec = size > 3 ? PyTuple_GET_ITEM(items.get(), 2) : nullptr;
    PyObject* name = PyTuple_GET_ITEM(items.get(), 1);
    Py_INCREF(name);
    if (PyUnicode_CheckExact(name)) PyUnicode_InternInPlace(&name);
    layout_->kept_.push_back(Ref::steal(name));

    const std::uint32_t index = add_shape(PyTuple_GET_ITEM(items.get(), 0), spec);
    const Shape& shape = layout_->shape(index);
    const auto wire_id = static_cast<std::int16_t>(id);
    const FieldLayout field{
        wire_id, last == Py_True, shape.form, index, wire::FieldHead::of(shape.wire, wire_id), name, 0};
    layout_->fields_.push_back(field);
    layout_->kept_.push_back(std::move(items));
  }

  // Returns the index; children come behind their parent, so `shapes_` may move while one is added.
  std::uint32_t add_shape(PyObject* ttype, PyObject* spec) {
    long declared = PyLong_Check(ttype) ? PyLong_AsLong(ttype) : -1;
    if (declared == -1 && PyErr_Occurred()) PyErr_Clear();
    if (declared < 0 || declared > 255) declared = -1;
    const auto [form, wire_type] = form_of(static_cast<int>(declared));
    const auto index = static_cast<std::uint32_t>(layout_->shapes_.size());
    Shape shape{form, wire_type};
    shape.declared = static_cast<int>(declared);
    shape.spec = spec;
    layout_->shapes_.push_back(shape);
    if (form == Form::i32 && spec != nullptr && PyType_Check(spec)) {
      if (has_members(spec)) {
        layout_->shapes_[index].form = Form::enumeration;
        layout_->shapes_[index].type = reinterpret_cast<PyTypeObject*>(spec);
      }
    } else if (form == Form::structure) {
      if (spec != nullptr && PyType_Check(spec))
        layout_->shapes_[index].type = reinterpret_cast<PyTypeObject*>(spec);
      else
        layout_->shapes_[index].form = Form::unknown;
    } else if (form == Form::list || form == Form::set) {
      const std::uint32_t element = add_element(spec);
      layout_->shapes_[index].element = element;
    } else if (form == Form::map) {
      const bool is_pair = spec != nullptr && PyTuple_Check(spec) && PyTuple_GET_SIZE(spec) == 2;
      const std::uint32_t key = add_element(is_pair ? PyTuple_GET_ITEM(spec, 0) : nullptr);
      const std::uint32_t element = add_element(is_pair ? PyTuple_GET_ITEM(spec, 1) : nullptr);
      layout_->shapes_[index].key = key;
      layout_->shapes_[index].element = element;
    }
    return index;
  }

  // An element is a type number or (type number, spec); anything else can only be skipped.
  std::uint32_t add_element(PyObject* element) {
    if (element == nullptr || !PyTuple_Check(element) || PyTuple_GET_SIZE(element) == 0) {
      return add_shape(element == nullptr ? Py_None : element, nullptr);
    }
    // Typedefs share their specs: a map of maps of maps that names each level twice would double with every
    // level.
    if (const auto known = elements_.find(element); known != elements_.end()) return known->second;
    if (++depth_ > 1000)
      raise(PyExc_RecursionError, "thrift_spec of %U is nested too deeply", layout_->name_);
    PyObject* spec = PyTuple_GET_SIZE(element) > 1 ? PyTuple_GET_ITEM(element, 1) : nullptr;
    const std::uint32_t index = add_shape(PyTuple_GET_ITEM(element, 0), spec);
    --depth_;
    elements_.emplace(element, index);
    return index;
  }

  void find_slots() {
    if (!payload::is_payload_type(layout_->type_)) return;
    const payload::ClassData& data = payload::current(layout_->type_);
    if (!data.is_plain) return;
    layout_->is_direct_ = true;
    const std::size_t count = data.members.size();
    std::vector<std::size_t> found;
    std::size_t next = 0;  // both come in the order of declaration, mostly
    for (FieldLayout& field : layout_->fields_) {
      for (std::size_t tried = 0; tried < count; ++tried, ++next) {
        const payload::Member& member = data.members[next % count];
        if (member.name.get() != field.name) continue;
        if (member.is_direct) field.offset = member.offset;
        found.push_back(next % count);
        ++next;
        break;
      }
      if (field.offset == 0) layout_->is_direct_ = false;
    }
    if (layout_->is_direct_ && data.fills_slots) find_defaults(data.initializer, found);
  }

  // `places`: where each field stands among the initializer's names. Both have to have the same fields.
  void find_defaults(const Ref& initializer, const std::vector<std::size_t>& places) {
    const std::size_t count = payload::names_of(initializer.get()).size();
    std::vector<bool> is_named(count, false);
    if (places.size() != count || layout_->fields_.size() != count) return;
    for (const std::size_t place : places) {
      if (place >= count || is_named[place]) return;
      is_named[place] = true;
    }
    for (const std::size_t place : places) {
      layout_->defaults_.push_back(payload::default_at(initializer.get(), place));
    }
    layout_->kept_.push_back(initializer);
  }

  void index_ids() {
    auto& fields = layout_->fields_;
    if (fields.empty()) return;
    const auto [low, high] =
        std::minmax_element(fields.begin(), fields.end(), [](auto& a, auto& b) { return a.id < b.id; });
    const std::int32_t first = low->id;
    const std::size_t range = static_cast<std::size_t>(high->id - first) + 1;
    if (range <= 4 * fields.size() + 64) {
      layout_->first_id_ = first;
      layout_->by_id_.assign(range, -1);
      for (std::size_t i = 0; i < fields.size(); ++i) {
        layout_->by_id_[static_cast<std::size_t>(fields[i].id - first)] = static_cast<std::int32_t>(i);
      }
    } else {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        layout_->sparse_.emplace_back(fields[i].id, static_cast<std::int32_t>(i));
      }
      std::sort(layout_->sparse_.begin(), layout_->sparse_.end());
    }
  }

  std::unique_ptr<Layout> layout_;
  std::unordered_map<PyObject*, std::uint32_t> elements_;  // the shape of each (type number, spec)
  int depth_ = 0;
  Ref required_;  // Apache's form: the names of the fields that must be set
};

std::unique_ptr<Layout> Layout::compile(PyTypeObject* type, PyObject* thrift_spec) {
  return LayoutCompiler(type).compile(thrift_spec);
}

Layout::~Layout() = default;

int Layout::find(std::int16_t id) const {
  if (!by_id_.empty()) {
    const std::int32_t at = id - first_id_;
    return at >= 0 && static_cast<std::size_t>(at) < by_id_.size() ? by_id_[static_cast<std::size_t>(at)]
                                                                   : -1;
  }
  auto found = std::lower_bound(sparse_.begin(), sparse_.end(), id,
                                [](auto& pair, auto id) { return pair.first < id; });
  return found != sparse_.end() && found->first == id ? found->second : -1;
}

int Layout::traverse(visitproc visit, void* arg) const {
  for (const Ref& each : kept_) Py_VISIT(each.get());
  return 0;
}

std::size_t LayoutUse::uses_ = 0;
bool LayoutUse::has_retired_ = false;

namespace {
std::vector<std::unique_ptr<Layout>>& retired() {
  // Never destroyed: at exit the interpreter that its references belong to is gone first.
  static auto* layouts = new std::vector<std::unique_ptr<Layout>>;
  return *layouts;
}
}  // namespace

void LayoutUse::retire(std::unique_ptr<Layout> layout) {
  if (!layout) return;
  retired().push_back(std::move(layout));
  has_retired_ = true;
}

void LayoutUse::free_retired() {
  has_retired_ = false;
  // Taken out first: freeing may run Python, and Python may retire more.
  std::vector<std::unique_ptr<Layout>> layouts = std::exchange(retired(), {});
}

void raise_decode_error(const Layout& layout, const FieldLayout& field, PyObject* value) {
  PyObject* type = registered_exception("TDecodeException");
  if (type == nullptr) raise(PyExc_TypeError, "%U.%U cannot hold %R", layout.name(), field.name, value);
  const Shape& shape = layout.shape(field.shape);
  Ref error =
      checked(PyObject_CallFunction(type, "OiOOiO", layout.name(), static_cast<int>(field.id), field.name,
                                    value, shape.declared, shape.spec == nullptr ? Py_None : shape.spec));
  PyErr_SetObject(type, error.get());
  throw PythonError();
}

}  // namespace fastthrift::python
