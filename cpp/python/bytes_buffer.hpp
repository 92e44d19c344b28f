#pragma once

#include "python/errors.hpp"

#include <array>

#include "base/buffer.hpp"

// Bytes on their way to a Python `bytes`: small messages stay on the stack and are copied once, bigger ones
// grow inside the object that Python gets. `release` and the other ways to hand the memory on are not for
// this class.
namespace fastthrift::python {

class BytesBuffer final : public Buffer {
 public:
  static constexpr std::size_t near_size = 2048;

  BytesBuffer() : Buffer(near_.data(), near_.size(), grow_bytes) {}
  ~BytesBuffer() { data_ = nullptr; }

  // The bytes; the buffer is of no use afterwards.
  Ref take() {
    const auto size = static_cast<Py_ssize_t>(this->size());
    if (!bytes_) return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(near_.data()), size));
    PyObject* bytes = bytes_.release();
    data_ = end_ = limit_ = nullptr;
    if (_PyBytes_Resize(&bytes, size) < 0) throw PythonError();  // which has let go of it
    return Ref::steal(bytes);
  }

 private:
  static void grow_bytes(Buffer& self, std::size_t more) {
    static_cast<BytesBuffer&>(self).grow_inside(more);
  }
  void grow_inside(std::size_t more);

  Ref bytes_;
  std::array<std::uint8_t, near_size> near_;
};

}  // namespace fastthrift::python
