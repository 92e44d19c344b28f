#include "python/bytes_buffer.hpp"

#include <algorithm>

namespace fastthrift::python {

void BytesBuffer::grow_inside(std::size_t more) {
  const std::size_t size = this->size();
  if (more > PY_SSIZE_T_MAX / 4 - size) throw std::bad_alloc();
  const std::size_t wanted = size + more;
  // One long string behind little else is the end of a message as often as not: it gets what it needs, and
  // room for what closes a message. Not more: malloc learns to keep memory of the size that is freed, and a
  // block that was longer before it was cut would come fresh from the system, page fault by page fault, each
  // time.
  const std::size_t capacity =
      more > size ? wanted + std::min(wanted / 8, std::size_t{256}) : std::max(wanted, this->capacity() * 2);
  if (!bytes_) {
    bytes_ = checked(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(capacity)));
    std::memcpy(PyBytes_AS_STRING(bytes_.get()), data_, size);
  } else {
    PyObject* bytes = bytes_.release();
    data_ = end_ = limit_ = nullptr;  // on an error it is gone
    if (_PyBytes_Resize(&bytes, static_cast<Py_ssize_t>(capacity)) < 0) throw PythonError();
    bytes_ = Ref::steal(bytes);
  }
  data_ = reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(bytes_.get()));
  end_ = data_ + size;
  limit_ = data_ + capacity;
}

}  // namespace fastthrift::python
