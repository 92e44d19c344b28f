#pragma once

#include "python/codec.hpp"
#include "python/layout.hpp"
#include "python/payload_type.hpp"
#include "python/ref.hpp"

#include <utility>

// The class of a method's arguments or of its result, for calls that need no instance of it.
namespace fastthrift::python {

class PlainClass {
 public:
  PlainClass() = default;
  explicit PlainClass(Ref type);

  PyObject* type() const { return type_.get(); }
  // A payload class, whose instances the core makes and reads itself.
  bool is_native() const { return is_native_; }
  // A result's: whether nobody waits for it. Throws PythonError.
  bool is_of_oneway() const;

  // Its layout where a call needs no more than that: the class is ours, starts with all fields None and goes
  // by offset. Else null. The caller has a LayoutUse. Throws PythonError.
  const Layout* layout() {
    if (is_plain_) [[likely]] {
      auto* type = reinterpret_cast<PyTypeObject*>(type_.get());
      const Layout* current = payload::current_layout(type);
      if (current != nullptr && current->is_direct() && version_ == payload::version_of(type)) [[likely]]
        return current;
    }
    return new_layout();
  }

  // An instance as `type()` makes it.
  Ref make() const;

  // Nobody may touch objects any more: the interpreter has gone.
  void leak() { type_.release(); }

 private:
  const Layout* new_layout();

  Ref type_;
  bool is_native_ = false;
  bool is_plain_ = false;     // it starts with all fields None, as it was when it
  unsigned int version_ = 0;  // had this version
};

// The field of a result struct that is no exception. Null: the method returns nothing.
inline const FieldLayout* success_in(const Layout& result) {
  const int position = result.find(0, 0);
  return position < 0 ? nullptr : &result.fields()[static_cast<std::size_t>(position)];
}

}  // namespace fastthrift::python
