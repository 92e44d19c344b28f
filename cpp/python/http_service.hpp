#pragma once

#include "python/processor.hpp"
#include "python/ref.hpp"

#include <cstddef>
#include <span>

#include "framing/http.hpp"
#include "net/socket.hpp"
#include "rpc/handler.hpp"

namespace fastthrift::python {

// Answers requests of HTTP as THttpServer does: the messages in their bodies by a processor, a method other
// than POST by itself, and what has no Thrift message for an answer by a function of Python's. Shared by the
// connections of a server. All members need the GIL.
class HttpService {
 public:
  // `respond` (fastthrift/http/engine.py) is called with an exception, the head and the body of the request
  // that it is about, and the descriptor of the connection. It gives a whole response, behind which the
  // connection ends, or None. `passes`: the class of exceptions that handlers raise for it.
  HttpService(Processor& processor, PyObject* respond, PyObject* passes)
      : processor_(processor), respond_(Ref::share(respond)), passes_(Ref::share(passes)) {}

  rpc::Answered answer(std::span<const Bytes> bodies, framing::Http& http, net::SocketHandle socket,
                       Buffer& answers, rpc::Turn& turn);

  void leak() {
    respond_.release();
    passes_.release();
  }

 private:
  Processor::Outcome process(Bytes raw, framing::Http& http, const Origin& origin, Buffer& answers,
                             rpc::Turn& turn);
  void append_response(PyObject* error, Bytes raw, framing::Http& http, net::SocketHandle socket,
                       Buffer& answers);

  Processor& processor_;
  Ref respond_;
  Ref passes_;
};

}  // namespace fastthrift::python
