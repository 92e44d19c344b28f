#include "python/layout.hpp"

#include "python/errors.hpp"
#include "python/layout_compiler.hpp"

#include <algorithm>
#include <utility>

namespace fastthrift::python {

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
