#include "python/connection.hpp"

#include "python/descriptor_use.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/payload_type.hpp"
#include "python/protocol.hpp"

#include <charconv>
#include <chrono>

#include "net/listener.hpp"
#include "net/stream.hpp"
#include "rpc/exchange.hpp"

namespace fastthrift::python::client {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_kept = 1 << 18;  // of a buffer between calls
// A connection that was used a moment ago is not asked whether it still lives.
constexpr milliseconds fresh{100};

PyTypeObject* transport_class = nullptr;
PyTypeObject* socket_class = nullptr;
PyObject* read_method = nullptr;  // TSocket's own, to notice when somebody patches it
PyObject* write_method = nullptr;

struct Names {
  PyObject* sock = PyUnicode_InternFromString("sock");
  PyObject* read = PyUnicode_InternFromString("read");
  PyObject* write = PyUnicode_InternFromString("write");
};
const Names& names() {
  static const Names all;
  return all;
}

// Where the waiting thread's GIL is, for a signal that interrupts it.
thread_local GilReleased* waiting = nullptr;

void check_signals() {
  const bool goes_on = waiting->with_gil([] { return PyErr_CheckSignals() == 0; });
  if (!goes_on) throw PythonError();
}

class Waiting {
 public:
  Waiting() { waiting = &released_; }
  ~Waiting() noexcept(false) { waiting = nullptr; }

 private:
  GilReleased released_;
};

bool same(const framing::Options& a, const framing::Options& b) {
  return a.kind == b.kind && a.protocol == b.protocol && a.strict_read == b.strict_read &&
         a.limits.message == b.limits.message && a.limits.frame == b.limits.frame &&
         a.limits.depth == b.limits.depth && a.limits.method_name == b.limits.method_name &&
         a.limits.string == b.limits.string && a.limits.container == b.limits.container;
}

// "localhost:9090" or the UNIX path, as the user wrote them; the address where a ready-made socket was given.
std::string peer_of(PyObject* transport, net::SocketHandle handle);

std::string in_seconds(double seconds) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, seconds, std::chars_format::general, 4).ptr;
  return {text, end};
}

}  // namespace

void set_socket_classes(PyObject* transport, PyObject* socket) {
  if (!PyType_Check(transport) || !PyType_Check(socket)) {
    raise(PyExc_TypeError, "set_client_classes() needs classes, got %R and %R", transport, socket);
  }
  transport_class = reinterpret_cast<PyTypeObject*>(Ref::share(transport).release());
  socket_class = reinterpret_cast<PyTypeObject*>(Ref::share(socket).release());
  read_method = _PyType_Lookup(transport_class, names().read);
  write_method = _PyType_Lookup(transport_class, names().write);
}

bool find_stack(PyObject* protocol, Stack& stack) {
  stack.codec = protocol::options_of(protocol);
  if (stack.codec == nullptr) return false;
  PyObject* below = protocol::transport_of(protocol);
  transport::Object* transport = below == nullptr ? nullptr : transport::as_ours(below);
  if (transport == nullptr || transport->kind == transport::Kind::memory || !transport::is_exact(transport))
    return false;
  // Bytes that somebody wrote or read by hand: only the transport itself knows how they go on.
  if (transport->in_used != transport->in.size() || !transport->out.empty() || transport->is_reading)
    return false;
  if (transport->kind == transport::Kind::framed && transport->frame_end > transport->in_used) return false;
  if (transport->inner == nullptr || Py_TYPE(transport->inner) != transport_class) return false;
  if (_PyType_Lookup(transport_class, names().read) != read_method ||
      _PyType_Lookup(transport_class, names().write) != write_method) {
    return false;
  }
  stack.protocol = Ref::share(protocol);
  stack.below = Ref::share(below);
  stack.framing =
      transport->kind == transport::Kind::framed ? framing::Kind::framed : framing::Kind::unframed;
  stack.frame_limit = transport->limits.frame;
  stack.transport = Ref::share(transport->inner);
  return find_socket(stack, names().sock);
}

bool find_socket(Stack& stack, PyObject* attribute) {
  stack.socket = checked(PyObject_GetAttr(stack.transport.get(), attribute));
  if (Py_TYPE(stack.socket.get()) != socket_class) return false;
  static SocketMethod fileno("fileno");
  const Ref number = fileno.call(stack.socket.get());
  const long long handle = PyLong_AsLongLong(number.get());
  if (handle == -1) {
    if (PyErr_Occurred()) throw PythonError();
    return false;  // closed: the generic way says so
  }
  stack.handle = static_cast<net::SocketHandle>(handle);
  return true;
}

Ref SocketMethod::call(PyObject* socket) {
  PyTypeObject* type = Py_TYPE(socket);
  if (version_ == 0 || version_ != payload::version_of(type)) [[unlikely]] {
    PyObject* found = _PyType_Lookup(type, name_);
    // A C function of the class; what somebody has put in its place goes the ordinary way.
    const bool is_method = found != nullptr && Py_TYPE(found) == &PyMethodDescr_Type;
    method_ = Ref::share(is_method ? found : nullptr);
    version_ = payload::version_of(type);
  }
  Parked parked;
  PyObject* result = method_ ? PyObject_Vectorcall(method_.get(), &socket, 1, nullptr)
                             : PyObject_CallMethodNoArgs(socket, name_);
  parked.disarm();
  return checked(result);
}

void Connection::use(const Stack& stack) {
  framing::Options options;
  options.kind = stack.framing;
  options.protocol = stack.codec->protocol;
  options.strict_read = stack.codec->binary.strict_read;
  options.limits = stack.codec->limits;
  options.limits.frame = stack.frame_limit;
  if (stack.socket.get() != socket_.get() || stack.handle != handle_) {
    reset();
    socket_ = Ref::share(stack.socket.get());
    handle_ = stack.handle;
    peer_ = peer_of(stack.transport.get(), handle_);
    last_used_ = net::Clock::now();
  }
  if (!framing_ || !same(options, options_)) {
    framing_ = framing::make_framing(options);
    options_ = options;
  }
}

void Connection::reset() {
  framing_.reset();
  received_.release();
  used_ = 0;
  socket_ = Ref();
}

Bytes Connection::exchange(const Stack& stack, double timeout, bool is_oneway, std::string_view method) {
  const DescriptorUse use(stack.handle);
  const Waiting released;
  const auto now = net::Clock::now();
  const bool is_stale = now - last_used_ > fresh;
  const net::Deadline deadline =
      timeout > 0 ? net::Deadline::after_ms(timeout * 1000) : net::Deadline::never();
  net::Stream stream(stack.handle, peer_, check_signals);
  if (!received_.empty()) {
    throw TransportError(
        TransportError::Kind::unknown,
        peer_ + ": bytes came behind the last reply that no call is waiting for; nothing was sent");
  }
  if (is_stale) rpc::check_idle(stream);
  try {
    if (is_oneway) {
      rpc::send_oneway(stream, request_.bytes(), deadline);
      last_used_ = now;
      return {};
    }
    const framing::Extent extent = rpc::exchange(stream, *framing_, request_.bytes(), received_, deadline);
    last_used_ = now;
    used_ = extent.end;
    return received_.bytes().subspan(extent.begin, extent.end - extent.begin);
  } catch (const TransportError& error) {
    if (error.kind() != TransportError::Kind::timed_out) throw;
    throw TransportError(error.kind(), peer_ + ": no reply to " + std::string(method) + " within " +
                                           in_seconds(timeout) + " s");
  }
}

void Connection::finish() {
  received_.consume(used_);
  used_ = 0;
  if (received_.empty() && received_.capacity() > most_kept) received_.release();
  if (request_.capacity() > most_kept) request_.release();
}

namespace {

std::string text_attribute(PyObject* object, const char* name) {
  const Ref value = Ref::steal(PyObject_GetAttrString(object, name));
  if (value && value.get() != Py_None) {
    const Ref text = Ref::steal(PyObject_Str(value.get()));
    const char* bytes = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
    if (bytes != nullptr) return bytes;
  }
  PyErr_Clear();
  return "";
}

std::string peer_of(PyObject* transport, net::SocketHandle handle) {
  const Ref keep = Ref::share(transport);
  const std::string path = text_attribute(transport, "unix_socket");
  if (!path.empty()) return path;
  const std::string host = text_attribute(transport, "host"), port = text_attribute(transport, "port");
  return host.empty() || port.empty() ? net::peer_of(handle) : host + ":" + port;
}

}  // namespace
}  // namespace fastthrift::python::client
