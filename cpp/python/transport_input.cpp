#include <algorithm>
#include <string>

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

}  // namespace

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
