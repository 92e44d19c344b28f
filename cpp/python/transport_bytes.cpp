#include "python/transport_bytes.hpp"

#include "python/parked.hpp"
#include "python/recursion.hpp"

#include <algorithm>
#include <string>

#include "base/bytes.hpp"
#include "framing/hints.hpp"

namespace fastthrift::python::transport {

namespace {

// A buffer that had to grow beyond this for one message is given back after it.
constexpr std::size_t worth_keeping = 64 * 1024;
constexpr std::size_t frame_head = 4;

PyObject* transport_base = nullptr;       // TTransportBase
PyObject* transport_base_read = nullptr;  // TTransportBase.read

PyObject* interned(const char* text) {
  PyObject* name = PyUnicode_InternFromString(text);
  if (name == nullptr) throw PythonError();
  return name;
}

// Bytes-like objects as bytes; released by the destructor.
class View {
 public:
  explicit View(PyObject* object) { checked_status(PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE)); }
  ~View() { PyBuffer_Release(&view_); }
  View(const View&) = delete;
  Bytes bytes() const {
    return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_;
};

[[noreturn]] void refuse_end() {
  throw TransportError(TransportError::Kind::end_of_file, "End of file reading from transport");
}

// What to ask for when `missing` bytes are missing and `arrived` of this value came already.
std::size_t step(std::size_t missing, std::size_t arrived) {
  return std::min(missing, std::clamp(arrived, first_step, largest_step));
}

// Drops what is consumed, so that the buffer holds what is unread and no more.
void compact(Object* object) {
  if (object->in_used == 0) return;
  object->in.consume(object->in_used);
  object->frame_end -= std::min(object->frame_end, object->in_used);
  object->in_used = 0;
}

// At least one byte more in `object->in`, at most `most`: from a transport of ours without a detour through
// Python.
void read_below(Object* object, std::size_t most);

void take_from(Object* from, Buffer& to, std::size_t most) {
  const Recursion recursion(" in a stack of transports");
  Reading reading(from);
  if (at_hand(from) == 0) {
    if (from->kind == Kind::memory) refuse_end();
    fetch(from, 1);
  }
  const std::size_t n = std::min(most, at_hand(from));
  to.append(from->in.data() + from->in_used, n);
  from->in_used += n;
}

void read_below(Object* object, std::size_t most) {
  PyObject* inner = below(object);
  Object* ours = as_ours(inner);
  if (ours != nullptr && is_exact(ours)) return take_from(ours, object->in, most);
  call_read(inner, object->in, most);
}

// `head` begins with the length; what came behind it helps to tell what it is.
[[noreturn]] void refuse_frame(const Object* object, Bytes head) {
  const auto size = load_big_endian<std::int32_t>(head.data());
  if (size == 0) throw TransportError(TransportError::Kind::unknown, "No frame.");
  const auto kind = size < 0 ? TransportError::Kind::negative_size : TransportError::Kind::size_limit;
  std::string advice = framing::hint(head, {});
  if (advice.empty()) advice = "; is the peer's transport not framed?";
  throw TransportError(kind, size < 0 ? "No frame: its length is " + std::to_string(size) + advice
                                      : "Frame of " + std::to_string(size) + " bytes is above the limit of " +
                                            std::to_string(object->limits.frame) + advice);
}

void fetch_unframed(Object* object, std::size_t n) {
  compact(object);
  const std::size_t before = object->in.size();
  while (object->in.size() < n) {
    const std::size_t have = object->in.size();
    read_below(object, std::max(object->buffer_size, step(n - have, have - before)));
  }
}

void fetch_framed(Object* object, std::size_t n) {
  while (at_hand(object) < n) {
    if (object->in.size() < object->frame_end) {
      compact(object);
      const std::size_t have = object->in.size();
      const std::size_t missing = std::min(object->frame_end - have, n - have);
      read_below(object, object->reads_ahead ? std::max(object->buffer_size, step(missing, have))
                                             : step(object->frame_end - have, have));
    } else {
      next_frame(object);
    }
  }
}

}  // namespace

void set_transport_base(PyObject* type) {
  PyObject* read = PyObject_GetAttrString(type, "read");
  if (read == nullptr) throw PythonError();
  Py_INCREF(type);
  Py_XSETREF(transport_base, type);
  Py_XSETREF(transport_base_read, read);
}

void begin_reading(Object* object) {
  if (object->is_reading) {
    throw TransportError(
        TransportError::Kind::unknown,
        "this transport is being read already: one connection carries one call at a time, so give each "
        "thread its own client");
  }
  object->is_reading = true;
}

void end_reading(Object* object) noexcept {
  object->is_reading = false;
  if (object->is_stale) forget(object);
  if (object->kind == Kind::memory) return;
  if (object->in_used == object->in.size()) {
    object->frame_end -= std::min(object->frame_end, object->in_used);
    object->in_used = 0;
    object->in.clear();
    if (object->in.capacity() > worth_keeping) object->in.release();
  }
}

std::size_t at_hand(const Object* object) {
  const std::size_t end =
      object->kind == Kind::framed ? std::min(object->frame_end, object->in.size()) : object->in.size();
  return end - std::min(end, object->in_used);
}

void fetch(Object* object, std::size_t n) {
  if (at_hand(object) >= n) return;
  switch (object->kind) {
    case Kind::memory:
      refuse_end();
    case Kind::buffered:
      return fetch_unframed(object, n);
    case Kind::framed:
      return fetch_framed(object, n);
  }
}

void next_frame(Object* object) {
  while (object->in.size() < object->frame_end + frame_head) {
    compact(object);
    const std::size_t missing = object->frame_end + frame_head - object->in.size();
    read_below(object, object->reads_ahead ? std::max(object->buffer_size, missing) : missing);
  }
  const Bytes head = object->in.bytes().subspan(object->frame_end);
  const auto size = load_big_endian<std::int32_t>(head.data());
  if (size <= 0 || static_cast<std::size_t>(size) > object->limits.frame) refuse_frame(object, head);
  if (object->in_used == object->frame_end) {
    object->in_used += frame_head;
    object->frame_end = object->in_used + static_cast<std::size_t>(size);
    return;
  }
  // The rest of a frame and the next one are to look like one piece: the head between them goes.
  std::uint8_t* at = object->in.data() + object->frame_end;
  const std::size_t behind = object->in.size() - object->frame_end - frame_head;
  std::memmove(at, at + frame_head, behind);
  object->in.truncate(object->frame_end + behind);
  object->frame_end += static_cast<std::size_t>(size);
}

void forget(Object* object) noexcept {
  if (object->keeps_read) return;
  object->out.clear();
  object->is_stale = object->is_reading;
  if (object->is_reading) return;
  object->in.clear();
  object->in_used = object->frame_end = object->write_at = 0;
}

void begin_in_child(PyObject* transport) noexcept {
  for (Object* object = as_ours(transport); object != nullptr; object = as_ours(object->inner)) {
    object->is_reading = false;
    forget(object);
    if (object->inner == nullptr) return;
  }
}

void append(Object* object, Bytes bytes) {
  if (object->kind != Kind::memory) return object->out.append(bytes);
  Reading reading(object);
  if (!object->keeps_read) {
    if (object->in_used == object->in.size()) {
      object->in.clear();
      object->in_used = 0;
    }
    return object->in.append(bytes);
  }
  if (object->is_closed) raise(PyExc_ValueError, "I/O operation on closed file.");
  const std::size_t end = object->write_at + bytes.size();
  if (end > object->in.size()) object->in.extend(end - object->in.size());
  if (!bytes.empty()) std::memcpy(object->in.data() + object->write_at, bytes.data(), bytes.size());
  object->write_at = end;
}

void flush(Object* object) {
  if (object->kind == Kind::memory) return;
  const Ref keep = Ref::share(below(object));
  PyObject* inner = keep.get();
  static PyObject* const flush_name = interned("flush");
  if (!object->out.empty()) {
    const bool framed = object->kind == Kind::framed;
    const std::size_t size = object->out.size(), head = framed ? frame_head : 0;
    if (framed && (size > object->limits.frame || size > 0x7fffffff)) {
      object->out.clear();
      throw TransportError(TransportError::Kind::size_limit,
                           "Frame of " + std::to_string(size) + " bytes is above the limit of " +
                               std::to_string(object->limits.frame) + "; nothing was sent");
    }
    const Ref bytes = checked(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(head + size)));
    auto* at = reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(bytes.get()));
    if (framed) store_big_endian(at, static_cast<std::int32_t>(size));
    std::memcpy(at + head, object->out.data(), size);
    // Emptied before the write: nobody knows how much of a failed one has left, so it is never sent again.
    object->out.clear();
    if (object->out.capacity() > worth_keeping) object->out.release();
    call_write(inner, bytes.get());
  } else if (object->kind == Kind::framed) {
    return;
  }
  call(inner, flush_name);
}

PyObject* below(const Object* object) {
  if (object->inner == nullptr) {
    throw TransportError(TransportError::Kind::not_open,
                         "this transport has nothing below it: __init__ was not called");
  }
  return object->inner;
}

// What is called may put another transport into its place.
Ref call(PyObject* object, PyObject* name) {
  const Ref keep = Ref::share(object);
  return checked(parked([&] { return PyObject_CallMethodNoArgs(object, name); }));
}

void call_write(PyObject* transport, PyObject* bytes) {
  static PyObject* const name = interned("write");
  const Ref keep = Ref::share(transport);
  checked(parked([&] { return PyObject_CallMethodOneArg(transport, name, bytes); }));
}

std::size_t call_read(PyObject* transport, Buffer& to, std::size_t most) {
  static PyObject* const read_name = interned("read");
  static PyObject* const short_read_name = interned("_read");
  PyObject* name = read_name;
  if (transport_base != nullptr &&
      PyObject_TypeCheck(transport, reinterpret_cast<PyTypeObject*>(transport_base))) {
    const Ref read = checked(PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(transport)), read_name));
    if (read.get() == transport_base_read) name = short_read_name;
  }
  const Ref wanted = checked(PyLong_FromSize_t(most));
  const Ref answer =
      checked(parked([&] { return PyObject_CallMethodOneArg(transport, name, wanted.get()); }));
  const View view(answer.get());
  const Bytes bytes = view.bytes();
  if (bytes.empty()) refuse_end();
  if (bytes.size() > most) {
    throw TransportError(TransportError::Kind::unknown, std::string(Py_TYPE(transport)->tp_name) + ".read(" +
                                                            std::to_string(most) + ") gave " +
                                                            std::to_string(bytes.size()) + " bytes");
  }
  to.append(bytes);
  return bytes.size();
}

}  // namespace fastthrift::python::transport
