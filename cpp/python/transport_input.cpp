#include <algorithm>
#include <string>
#include <utility>

#include "python/parked.hpp"
#include "python/transport_bytes.hpp"

// The bytes of transports as the codec's Input. Each object reads one piece of a message (its head, a
// struct): what it has taken when it goes is gone from the transport, nothing more.
namespace fastthrift::python::transport {

namespace {

[[noreturn]] void refuse_length(std::size_t limit) {
  throw ProtocolError(ProtocolError::Kind::size_limit,
                      "Size limit: the message is longer than " + std::to_string(limit) + " bytes");
}

// A transport of ours: a window on its buffer.
class OwnInput final : public Input {
 public:
  OwnInput(Object* object, std::size_t limit)
      : Input(Bytes()),
        owner_(Ref::share(reinterpret_cast<PyObject*>(object))),
        object_(object),
        limit_(limit) {
    begin_reading(object_);
    show();
  }
  ~OwnInput() override {
    object_->in_used += offset() - shown_;
    end_reading(object_);
  }

  std::size_t left() const override {
    if (object_->kind == Kind::memory) return at_hand();
    return limit_ - std::min(limit_, offset());
  }

 private:
  void refill(std::size_t n) override {
    if (object_->kind == Kind::memory) Input::refill(n);
    if (n > left()) refuse_length(limit_);
    const std::size_t taken = offset();
    object_->in_used += taken - shown_;
    shown_ = taken;
    // While this waits below, the window is empty: an exception leaves nothing that points to old memory.
    set_window(Bytes(), taken);
    fetch(object_, n);
    show();
  }
  void show() { set_window({object_->in.data() + object_->in_used, transport::at_hand(object_)}, shown_); }

  Ref owner_;
  Object* object_;
  std::size_t limit_;
  std::size_t shown_ = 0;  // the offset at which the window began
};

// Somebody else's transport: asked for exactly the bytes that are needed, with as many reads as it takes.
class ForeignInput final : public Input {
 public:
  ForeignInput(PyObject* transport, std::size_t limit)
      : Input(Bytes()), transport_(Ref::share(transport)), limit_(limit) {}

  std::size_t left() const override { return limit_ - std::min(limit_, offset()); }

 private:
  void refill(std::size_t n) override {
    if (n > left()) refuse_length(limit_);
    const std::size_t taken = offset();
    bytes_.consume(bytes_.size() - at_hand());
    set_window(Bytes(), taken);
    while (bytes_.size() < n) {
      const std::size_t have = bytes_.size();
      call_read(transport_.get(), bytes_, std::min(n - have, std::clamp(have, first_step, largest_step)));
    }
    set_window(bytes_.bytes(), taken);
  }

  Ref transport_;
  std::size_t limit_;
  Buffer bytes_;
};

struct Names {
  PyObject* buffer = PyUnicode_InternFromString("cstringio_buf");
  PyObject* refill = PyUnicode_InternFromString("cstringio_refill");
  PyObject* view = PyUnicode_InternFromString("getbuffer");
  PyObject* tell = PyUnicode_InternFromString("tell");
  PyObject* seek = PyUnicode_InternFromString("seek");
};
const Names& names() {
  static const Names all;
  return all;
}

PyTypeObject* bytes_io() {
  static PyTypeObject* type = nullptr;
  if (type == nullptr) {
    const Ref module = checked(PyImport_ImportModule("io"));
    Ref found = checked(PyObject_GetAttrString(module.get(), "BytesIO"));
    type = reinterpret_cast<PyTypeObject*>(found.release());
  }
  return type;
}

// A CReadableTransport: its BytesIO is looked at where it is, and told at the end how far that went.
class ReadableInput final : public Input {
 public:
  ReadableInput(PyObject* transport, Ref buffer, std::size_t limit)
      : Input(Bytes()), transport_(Ref::share(transport)), limit_(limit) {
    show(std::move(buffer));
  }
  ~ReadableInput() override {
    const std::size_t end = at_ + (offset() - shown_);
    hide();
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const Ref position = Ref::steal(PyLong_FromSize_t(end));
    const Ref done = Ref::steal(
        position ? PyObject_CallMethodOneArg(buffer_.get(), names().seek, position.get()) : nullptr);
    PyErr_Restore(type, value, traceback);  // a closed one has no position
  }

  std::size_t left() const override { return limit_ - std::min(limit_, offset()); }

 private:
  void refill(std::size_t n) override {
    if (n > left()) refuse_length(limit_);
    const std::size_t taken = offset();
    const Ref rest = checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(position()),
                                                       static_cast<Py_ssize_t>(at_hand())));
    at_ = static_cast<std::size_t>(view_.len);  // if nothing comes, all of it was read
    set_window(Bytes(), taken);
    shown_ = taken;
    hide();
    // As Apache's accelerator leaves it, which reads the rest before it asks: some refill from what is there.
    const Ref position = checked(PyLong_FromSize_t(at_));
    checked(PyObject_CallMethodOneArg(buffer_.get(), names().seek, position.get()));
    const Ref wanted = checked(PyLong_FromSize_t(n));
    Ref buffer = checked(parked([&] {
      return PyObject_CallMethodObjArgs(transport_.get(), names().refill, rest.get(), wanted.get(), nullptr);
    }));
    if (!PyObject_TypeCheck(buffer.get(), bytes_io())) {
      raise(PyExc_TypeError, "cstringio_refill gave %.200s, not a BytesIO", Py_TYPE(buffer.get())->tp_name);
    }
    show(std::move(buffer));
    if (at_hand() < n) raise(PyExc_TypeError, "refill claimed to have refilled the buffer, but didn't!!");
  }

  // From the buffer's position on.
  void show(Ref buffer) {
    const Ref position = checked(PyObject_CallMethodNoArgs(buffer.get(), names().tell));
    const std::size_t at = PyLong_AsSize_t(position.get());
    if (at == static_cast<std::size_t>(-1) && PyErr_Occurred()) throw PythonError();
    const Ref view = checked(PyObject_CallMethodNoArgs(buffer.get(), names().view));
    checked_status(PyObject_GetBuffer(view.get(), &view_, PyBUF_SIMPLE));
    has_view_ = true;
    buffer_ = std::move(buffer);
    const auto size = static_cast<std::size_t>(view_.len);
    at_ = std::min(at, size);
    shown_ = offset();
    set_window(Bytes{static_cast<const std::uint8_t*>(view_.buf), size}.subspan(at_), shown_);
  }
  void hide() {
    if (std::exchange(has_view_, false)) PyBuffer_Release(&view_);
  }

  Ref transport_;
  std::size_t limit_;
  Ref buffer_;
  Py_buffer view_{};
  bool has_view_ = false;
  std::size_t at_ = 0;     // where in the buffer the window begins
  std::size_t shown_ = 0;  // the offset at which it begins
};

}  // namespace

std::unique_ptr<Input> readable_input_from(PyObject* transport, const Limits& limits) {
  Object* object = as_ours(transport);
  if (object != nullptr && is_exact(object)) return std::make_unique<OwnInput>(object, limits.message);
  Ref buffer = Ref::steal(PyObject_GetAttr(transport, names().buffer));
  if (!buffer && !PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
  PyErr_Clear();
  if (buffer && PyObject_TypeCheck(buffer.get(), bytes_io())) {
    return std::make_unique<ReadableInput>(transport, std::move(buffer), limits.message);
  }
  return std::make_unique<ForeignInput>(transport, limits.message);
}

std::unique_ptr<Input> input_from(PyObject* transport, const Limits& limits) {
  Object* object = as_ours(transport);
  if (object != nullptr && is_exact(object)) return std::make_unique<OwnInput>(object, limits.message);
  return std::make_unique<ForeignInput>(transport, limits.message);
}

void write_to(PyObject* transport, Bytes bytes) {
  Object* object = as_ours(transport);
  if (object != nullptr && is_exact(object)) return append(object, bytes);
  call_write(transport, checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                                          static_cast<Py_ssize_t>(bytes.size())))
                            .get());
}

void clean(PyObject* transport) noexcept {
  // Put aside first: looking up any attribute of a class may clear an error that is set.
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  Object* object = as_ours(transport);
  if (object != nullptr && is_exact(object)) {
    forget(object);
  } else {
    Ref method = Ref::steal(PyObject_GetAttrString(transport, "clean"));
    if (method) Ref::steal(PyObject_CallNoArgs(method.get()));
    PyErr_Clear();
  }
  PyErr_Restore(type, value, traceback);
}

}  // namespace fastthrift::python::transport
