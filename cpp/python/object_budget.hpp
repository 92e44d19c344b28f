#pragma once

#include <Python.h>

#include <cstddef>
#include <string>

#include "base/errors.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"

// The memory that the structs and containers of one message may take. On the wire one of them can be a single
// byte; an instance of a class with two hundred fields is more than a thousand times that, and sixteen
// megabytes of them would be the end of the process.
namespace fastthrift::python {

class ObjectBudget {
 public:
  // What needs no bytes to show for it.
  static constexpr std::size_t free_bytes = std::size_t{64} << 20;

  ObjectBudget(const Input& in, const Limits& limits)
      : in_(in), start_(in.offset()), expansion_(limits.expansion) {}

  void count_struct(const PyTypeObject* type) { spend(static_cast<std::size_t>(type->tp_basicsize)); }
  // Whose fields are in a dict.
  void count_struct(const PyTypeObject* type, std::size_t fields) {
    spend(static_cast<std::size_t>(type->tp_basicsize) + sizeof(PyDictObject) + fields * sizeof(void*));
  }
  void count_list() { spend(sizeof(PyListObject)); }
  void count_set() { spend(sizeof(PySetObject)); }
  void count_map() { spend(sizeof(PyDictObject)); }

 private:
  static constexpr std::size_t collector_head = 2 * sizeof(void*);

  void spend(std::size_t bytes) {
    spent_ += bytes + collector_head;
    if (spent_ > granted_) [[unlikely]]
      ask();
  }

  void ask() {
    const std::size_t came = in_.offset() - start_;
    const bool is_limited = came == 0 || expansion_ <= (Limits::no_limit - free_bytes) / came;
    granted_ =
        is_limited && expansion_ != Limits::no_limit ? free_bytes + came * expansion_ : Limits::no_limit;
    if (spent_ <= granted_) return;
    throw ProtocolError(ProtocolError::Kind::size_limit,
                        "Size limit: structs and containers of " + std::to_string(spent_) +
                            " bytes of memory at offset " + std::to_string(in_.offset()) + ", at most " +
                            std::to_string(expansion_) + " for each byte that came and 64 MiB are allowed");
  }

  const Input& in_;
  const std::size_t start_;
  const std::size_t expansion_;
  std::size_t spent_ = 0;
  std::size_t granted_ = free_bytes;
};

}  // namespace fastthrift::python
