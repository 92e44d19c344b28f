#pragma once

#include "python/plain_class.hpp"
#include "python/ref.hpp"

#include <string_view>

#include "wire/message_head.hpp"

// One method of a service as its server sees it, from the classes `<name>_args` and `<name>_result`.
namespace fastthrift::python {

class ServedMethod {
 public:
  // Throws PythonError where the service has no classes for it. `called`: its name in a call's header.
  ServedMethod(PyObject* service, PyObject* handler, PyObject* name, std::string_view called);

  PyObject* service() const { return service_.get(); }
  PyObject* handler() const { return handler_.get(); }
  PyObject* name() const { return name_.get(); }
  std::string_view text() const { return text_; }
  // How its calls begin, and how the answers.
  const wire::MessageHead& called() const { return called_; }
  const wire::MessageHead& head() const { return head_; }
  bool is_oneway() const { return is_oneway_; }

  // The layouts of its classes where a call needs no more than these (PlainClass), else null. The caller has
  // a LayoutUse.
  const Layout* args_layout() { return args_.layout(); }
  const Layout* result_layout() { return result_.layout(); }

  // An instance to read plain arguments into, given back empty before anybody else can see it: making one
  // costs more than the codec does to fill it.
  Ref take_scratch();
  void give_back(Ref scratch);
  // Instances as `args()` and `result()` make them.
  Ref make_args() { return args_.make(); }
  Ref make_result() { return result_.make(); }

  // It kept its thread long when it was last called.
  bool is_slow = false;

  // Nobody may touch objects any more: the interpreter has gone.
  void leak();

 private:
  Ref service_;
  Ref handler_;
  Ref name_;
  std::string_view text_;  // in name_
  wire::MessageHead called_;
  wire::MessageHead head_{""};
  PlainClass args_;
  PlainClass result_;
  Ref scratch_;
  bool is_oneway_ = false;
};

}  // namespace fastthrift::python
