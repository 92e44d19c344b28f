#pragma once

#include "python/layout.hpp"

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fastthrift::python {

// Makes one Layout of a class's `thrift_spec`: a dict as thriftpy2's (layout_compiler.cpp) or a tuple as
// Apache's (apache_spec.cpp). Used once.
class LayoutCompiler {
 public:
  explicit LayoutCompiler(PyTypeObject* type);
  std::unique_ptr<Layout> compile(PyObject* thrift_spec);

 private:
  // {id: (ttype, name[, spec], required)}; hand-written classes have (ttype, name) too.
  void add_field(PyObject* key, PyObject* value);
  // Returns the index; children come behind their parent, so `shapes_` may move while one is added.
  std::uint32_t add_shape(PyObject* ttype, PyObject* spec);
  // An element is a type number or (type number, spec); anything else can only be skipped.
  std::uint32_t add_element(PyObject* element);

  // Apache's form: (id, type, name, args, default) or None, at the index of the id mostly.
  void add_items(PyObject* thrift_spec);
  void add_item(PyObject* item);
  std::uint32_t add_apache_shape(PyObject* ttype, PyObject* args);
  Ref attribute_name(PyObject* given);

  void enter_level();  // of containers in containers
  void find_slots();
  // `places`: where each field stands among the initializer's names. Both have to have the same fields.
  void find_defaults(const Ref& initializer, const std::vector<std::size_t>& places);
  void index_ids();

  std::unique_ptr<Layout> layout_;
  std::unordered_map<PyObject*, std::uint32_t> elements_;  // the shape of each (type number, spec)
  int depth_ = 0;
  Ref required_;  // Apache's form: the names of the fields that must be set
};

// What a type number means; unknown numbers have a form too.
std::pair<Form, wire::TType> form_of(int declared);

// `keywords`: the names that our classes in Apache's form have with an underscore behind them.
int add_keywords_to(PyObject* module);

}  // namespace fastthrift::python
