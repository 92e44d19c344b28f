#pragma once

#include "python/payload.hpp"
#include "python/ref.hpp"

#include <memory>
#include <string_view>

// One method of a service as its server sees it, from the classes `<name>_args` and `<name>_result`.
namespace fastthrift::python {

// An instance with its layout, whatever class it is of: reads and writes its fields.
class Fields {
 public:
  explicit Fields(PyObject* object);

  const Layout& layout() const { return layout_; }
  // By offset: the slots are all there is to see.
  bool is_direct() const { return is_direct_; }
  // Borrowed; only where it is direct.
  PyObject* slot(const FieldLayout& field) const {
    PyObject* value = payload::slot(object_, field.offset);
    return value == nullptr ? Py_None : value;
  }
  Ref get(const FieldLayout& field) const;
  void set(const FieldLayout& field, PyObject* value);
  // All fields None; only where it is direct.
  void clear();
  bool is_clear() const;

 private:
  LayoutUse use_;
  PyObject* object_;
  std::unique_ptr<Layout> keep_;
  const Layout& layout_;
  bool is_direct_;
};

class ServedMethod {
 public:
  // Throws PythonError where the service has no classes for it.
  ServedMethod(PyObject* service, PyObject* handler, PyObject* name);

  PyObject* service() const { return service_.get(); }
  PyObject* handler() const { return handler_.get(); }
  PyObject* name() const { return name_.get(); }
  std::string_view text() const { return text_; }
  bool is_oneway() const { return is_oneway_; }

  // Instances for one call, given back when it is over: making one costs more than the codec does to fill it.
  Ref take_args() { return take(args_); }
  Ref take_result() { return take(result_); }
  // `fields` are the object's own.
  void give_back_args(Ref object, Fields& fields) { give_back(args_, std::move(object), fields); }
  void give_back_result(Ref object, Fields& fields) { give_back(result_, std::move(object), fields); }

  // It kept its thread long when it was last called.
  bool is_slow = false;

  // Nobody may touch objects any more: the interpreter has gone.
  void leak();

 private:
  struct Kind {
    Ref type;
    Ref spare;
    bool is_native = false;  // a payload class
    bool is_known = false;   // whether it starts with all fields None, so that it can be used again
    bool is_reusable = false;
  };
  static Ref take(Kind& kind);
  static void give_back(Kind& kind, Ref object, Fields& fields);

  Ref service_;
  Ref handler_;
  Ref name_;
  std::string_view text_;  // in name_
  Kind args_;
  Kind result_;
  bool is_oneway_ = false;
};

}  // namespace fastthrift::python
