#include "python/http_service.hpp"

#include "python/errors.hpp"
#include "python/parked.hpp"
#include "python/raised.hpp"

namespace fastthrift::python {
namespace {

Ref bytes_of(Bytes bytes) {
  return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                           static_cast<Py_ssize_t>(bytes.size())));
}

}  // namespace

rpc::Answered HttpService::answer(std::span<const Bytes> bodies, framing::Http& http,
                                  net::SocketHandle socket, Buffer& answers, rpc::Turn& turn) {
  using Outcome = Processor::Outcome;
  rpc::Answered answered;
  for (const Bytes& raw : bodies) {
    const framing::HttpRequest request = http.request();
    const std::size_t start = answers.size();
    // A server that stops answers all that it has read; the last answer says that no more will be.
    const auto goes_on = [&] { return request.keep_alive && (&raw != &bodies.back() || !turn.is_last()); };
    if (!request.is_post) {
      answered.close = !goes_on();
      http.refuse(answers, 405, "messages come by POST", !answered.close);
    } else {
      http.begin_answer(answers);
      Ref unanswered;
      const Outcome outcome =
          process(raw, http, {socket, answers.size() - start, &unanswered, passes_.get()}, answers, turn);
      if (outcome == Outcome::answered) {
        answered.close = !goes_on();
        http.end_answer(answers, start, !answered.close);
      } else {
        answers.truncate(start);
        if (outcome == Outcome::later) break;
        answered.close = true;
        if (outcome == Outcome::unanswered) append_response(unanswered.get(), raw, http, socket, answers);
      }
    }
    http.finish_request();
    ++answered.messages;
    if (answered.close || turn.is_over(answers.size())) break;
  }
  return answered;
}

Processor::Outcome HttpService::process(Bytes raw, framing::Http& http, const Origin& origin, Buffer& answers,
                                        rpc::Turn& turn) {
  Bytes message;
  try {
    message = http.message(http.body(raw));
  } catch (...) {
    *origin.unanswered = take_current();
    processor_.log_refused(origin, "a message", text_of_object(origin.unanswered->get()));
    return Processor::Outcome::unanswered;
  }
  return processor_.answer(message, http.inner(), answers, turn, origin);
}

void HttpService::append_response(PyObject* error, Bytes raw, framing::Http& http, net::SocketHandle socket,
                                  Buffer& answers) {
  try {
    const std::size_t size = http.request().head;
    const Ref head = bytes_of({raw.data() - size, size}), body = bytes_of(http.body(raw));
    const Ref descriptor = checked(PyLong_FromLongLong(static_cast<long long>(socket)));
    Parked parked;
    PyObject* made = PyObject_CallFunctionObjArgs(respond_.get(), error, head.get(), body.get(),
                                                  descriptor.get(), nullptr);
    parked.disarm();
    const Ref response = checked(made);
    if (response.get() == Py_None) return;
    if (!PyBytes_Check(response.get())) raise(PyExc_TypeError, "a response is bytes");
    answers.append(PyBytes_AS_STRING(response.get()),
                   static_cast<std::size_t>(PyBytes_GET_SIZE(response.get())));
  } catch (...) {
    const Ref failure = take_current();
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(failure.get())), failure.get());
    PyErr_WriteUnraisable(respond_.get());
  }
}

}  // namespace fastthrift::python
