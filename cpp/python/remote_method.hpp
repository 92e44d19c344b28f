#pragma once

#include "python/codec.hpp"
#include "python/plain_class.hpp"
#include "python/ref.hpp"

#include <string>
#include <string_view>

#include "wire/message_head.hpp"

// One method of a service as its client sees it: how arguments become a struct, and a result struct a result.
namespace fastthrift::python::client {

// Whether a message of this name can answer the method. A TApplicationException may have none, from a server
// that could not tell what was called, or the multiplexed one, from a server that takes no multiplexed calls.
inline bool answers(std::string_view name, bool is_exception, std::string_view method) {
  if (name == method) return true;
  if (!is_exception) return false;
  return name.empty() || (name.size() > method.size() && name[name.size() - method.size() - 1] == ':' &&
                          name.substr(name.size() - method.size()) == method);
}

class RemoteMethod {
 public:
  // Throws PythonError where the service has no classes for it.
  RemoteMethod(PyObject* service, PyObject* name);

  PyObject* name() const { return name_.get(); }
  std::string_view text() const { return text_; }
  bool is_oneway() const { return is_oneway_; }
  // The service's classes are payload classes: the native way can make and read them.
  bool is_native() const { return is_native_; }

  // The layouts of its classes where a call needs no more than these (PlainClass), else null. The caller has
  // a LayoutUse. Throw PythonError.
  const Layout* args_layout() const { return args_.layout(); }
  const Layout* result_layout() const { return result_.layout(); }
  // How its messages begin.
  const wire::MessageHead& head() const { return head_; }
  wire::MessageType call_type() const {
    return is_oneway_ ? wire::MessageType::oneway : wire::MessageType::call;
  }

  // The arguments of a call as an instance of the args class, by thriftpy2's rules: positional ones in the
  // order of declaration, None is "not given", a required one that is missing is
  // TApplicationException(UNKNOWN_METHOD).
  Ref bind(PyObject* const* args, std::size_t positional, PyObject* keywords) const;
  // The result struct out of a reply's body.
  Ref read_result(Input& in, const CodecOptions& options) const;
  // What it says: returns the result, or throws PythonError with what the server raised, or RemoteError.
  Ref outcome_of(PyObject* result) const;

 private:
  void give(PyObject* object, const Layout& layout, const FieldLayout& field, PyObject* value) const;

  Ref name_;
  std::string text_;
  std::string full_name_;  // "Service.method"
  wire::MessageHead head_{""};
  mutable PlainClass args_;
  mutable PlainClass result_;
  bool is_oneway_ = false;
  bool is_native_ = false;
};

}  // namespace fastthrift::python::client
