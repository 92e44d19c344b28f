#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"
#include "python/transport.hpp"

#include <memory>
#include <string>

#include "base/buffer.hpp"
#include "framing/framing.hpp"
#include "net/deadline.hpp"
#include "net/socket.hpp"

// The client's end of a connection, for as long as everything between the call and the socket is exactly
// ours.
namespace fastthrift::python::client {

// What stands between a client and its socket, found anew for each call: anybody may have replaced a part of
// it.
struct Stack {
  const CodecOptions* codec = nullptr;
  framing::Kind framing = framing::Kind::unframed;
  std::size_t frame_limit = Limits::no_limit;
  Ref protocol;  // holds the codec: somebody may give the client another one meanwhile
  Ref below;
  Ref transport;  // TSocket
  Ref socket;     // Python's
  net::SocketHandle handle = net::no_socket;
};

// False where a part is somebody's own class, or holds bytes that a native call would leave behind.
bool find_stack(PyObject* protocol, Stack& stack);

// The rest of it: from the attribute of TSocket that is Python's socket. False where that is not genuine or
// closed.
bool find_socket(Stack& stack, PyObject* attribute);

// Tells which class is TSocket, and which one is Python's genuine socket.
void set_socket_classes(PyObject* transport_class, PyObject* socket_class);

// A method of Python's genuine socket without arguments, looked up once: its instances have no attributes of
// their own that could stand before it.
class SocketMethod {
 public:
  explicit SocketMethod(const char* name) : name_(PyUnicode_InternFromString(name)) {}

  // `socket` is of exactly that class. Throws PythonError.
  Ref call(PyObject* socket);

 private:
  PyObject* const name_;
  Ref method_;
  unsigned int version_ = 0;  // of the class when it was looked up
};

class Connection {
 public:
  // Makes it fit the stack; what was kept of another socket is dropped.
  void use(const Stack& stack);
  // Forgets what was read; for a connection that failed.
  void reset();

  framing::Framing& framing() { return *framing_; }
  Buffer& request() { return request_; }

  // Sends the request and waits for the reply, without the GIL; `timeout` in seconds, or negative for none.
  // Returns the reply's bytes, valid until `finish`. Throws TransportError, ProtocolError, or PythonError for
  // a signal's exception.
  Bytes exchange(const Stack& stack, double timeout, bool is_oneway, std::string_view method);
  // Uses the reply up.
  void finish();

 private:
  std::unique_ptr<framing::Framing> framing_;
  framing::Options options_;
  Buffer request_;
  Buffer received_;
  std::size_t used_ = 0;
  Ref socket_;  // held, so that no later one has its address
  net::SocketHandle handle_ = net::no_socket;
  std::string peer_;
  net::Clock::time_point last_used_;
};

}  // namespace fastthrift::python::client
