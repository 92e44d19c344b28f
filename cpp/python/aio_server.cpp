#include "python/aio.hpp"
#include "python/incoming.hpp"
#include "python/processor.hpp"
#include "python/view.hpp"

#include <deque>
#include <optional>

namespace fastthrift::python::aio {
namespace {

namespace py = pybind11;

py::object to_send(Buffer& answers) {
  if (answers.empty()) return py::none();
  py::object bytes = py::reinterpret_steal<py::object>(PyBytes_FromStringAndSize(
      reinterpret_cast<const char*>(answers.data()), static_cast<Py_ssize_t>(answers.size())));
  if (!bytes) throw PythonError();
  answers.clear();
  constexpr std::size_t most_kept = 1 << 18;
  if (answers.capacity() > most_kept) answers.release();
  return bytes;
}

// What all connections of a server share: the service, its handler, how messages look.
class Service {
 public:
  Service(py::object service, py::object handler, py::object log, py::object protocol, bool is_framed,
          std::optional<std::size_t> max_frame, bool answer_undeclared)
      : framing_(framing_of(codec_of(protocol.ptr()), is_framed, max_frame)),
        processor_(ServedMethods(service.ptr(), handler.ptr()), log.ptr(), codec_of(protocol.ptr()),
                   answer_undeclared) {}

  Processor& processor() { return processor_; }
  const framing::Options& framing() const { return framing_; }

 private:
  framing::Options framing_;
  Processor processor_;
};

// One connection of a server. Answers leave in the order of the requests: behind a call that is still being
// waited for, those of later ones are kept.
class ServerSession {
 public:
  explicit ServerSession(std::shared_ptr<Service> service)
      : service_(std::move(service)), incoming_(service_->framing()) {}

  // (bytes to send or None, [(number, awaitable), ...] or None, whether all complete messages were handled,
  // whether the connection ends once what is to be sent has gone). A message that is no message raises, with
  // the answers to those before it left for `rest`.
  py::tuple feed(py::handle data, std::size_t most_bytes, std::size_t most_calls) {
    return translated([&] {
      if (is_feeding_) raise(PyExc_RuntimeError, "feed() inside a handler");
      const Feeding feeding(is_feeding_);
      calls_ = py::none();
      const View view(data.ptr());
      const auto has_room = [&] {
        return !closes_ && waiting_.size() < most_calls && kept_bytes() < most_bytes;
      };
      const bool is_all = has_room() && incoming_.for_each(view.bytes(), [&](Bytes message) {
        answer(message);
        return has_room();
      });
      return py::make_tuple(to_send(answers_), std::exchange(calls_, py::none()), is_all || closes_, closes_);
    });
  }

  // The wait for call `number` is over, with a result or an exception; (bytes to send or None, whether the
  // connection ends).
  py::tuple finish(std::uint64_t number, py::handle result, py::handle error) {
    return translated([&] {
      end(number, result, error);
      return py::make_tuple(to_send(answers_), closes_);
    });
  }

  // The same for several calls, whose answers `take` gives; whether the connection ends.
  bool finish_later(std::uint64_t number, py::handle result, py::handle error) {
    return translated([&] {
      if (!is_over()) end(number, result, error);
      return closes_;
    });
  }
  py::object take() {
    return translated([&] { return to_send(answers_); });
  }

  // After `feed` has raised: (bytes to send or None, the calls) of the messages before.
  py::tuple rest() {
    return translated([&] {
      closes_ = true;
      return py::make_tuple(to_send(answers_), std::exchange(calls_, py::none()));
    });
  }

  std::size_t waiting() const { return waiting_.size(); }
  // A call before has ended the connection: nothing is answered any more.
  bool is_over() const { return closes_ && waiting_.empty(); }
  bool has_part() const { return incoming_.has_kept(); }

 private:
  struct Waiting {
    Processor::Awaited call;
    Buffer answer;
    Buffer behind;  // answers to later calls that were ready before
    bool is_done = false;
    bool closes = false;
  };
  class Feeding {
   public:
    explicit Feeding(bool& flag) : flag_(flag) { flag_ = true; }
    Feeding(const Feeding&) = delete;
    ~Feeding() { flag_ = false; }

   private:
    bool& flag_;
  };

  void answer(Bytes message) {
    Processor::Awaited awaited;
    Buffer& answers = waiting_.empty() ? answers_ : waiting_.back().behind;
    // A handler may end the wait of others meanwhile, which moves buffers: it gets one of its own where that
    // can be.
    Processor::Outcome outcome;
    if (waiting_.empty()) {
      outcome = service_->processor().answer_or_await(message, incoming_.framing(), answers, awaited);
    } else {
      Buffer own;
      outcome = service_->processor().answer_or_await(message, incoming_.framing(), own, awaited);
      (waiting_.empty() ? answers_ : waiting_.back().behind).append(own.bytes());
    }
    if (awaited.awaitable) {
      if (calls_.is_none()) calls_ = py::list();
      const std::uint64_t number = first_ + waiting_.size();
      const py::tuple call =
          py::make_tuple(number, py::reinterpret_borrow<py::object>(awaited.awaitable.get()));
      checked_status(PyList_Append(calls_.ptr(), call.ptr()));
      waiting_.emplace_back();
      waiting_.back().call = std::move(awaited);
    }
    if (outcome == Processor::Outcome::close) closes_ = true;
  }

  std::size_t kept_bytes() const {
    return answers_.size() + (waiting_.empty() ? 0 : waiting_.back().behind.size());
  }

  void end(std::uint64_t number, py::handle result, py::handle error) {
    const std::size_t place = number - first_;
    if (number < first_ || place >= waiting_.size() || !waiting_[place].call.awaitable)
      raise(PyExc_ValueError, "no call has this number");
    Processor::Awaited call = std::move(waiting_[place].call);
    waiting_[place].call = {};
    Buffer answer;
    const auto outcome = service_->processor().finish(
        call, result.ptr(), error.is_none() ? nullptr : error.ptr(), incoming_.framing(), answer);
    // Logging an error has run Python code, but numbers stay what they are: this call's place is still taken.
    Waiting& done = waiting_[number - first_];
    done.answer = std::move(answer);
    done.is_done = true;
    done.closes = outcome == Processor::Outcome::close;
    release();
  }

  // What is behind finished calls only may go.
  void release() {
    while (!waiting_.empty() && waiting_.front().is_done) {
      Waiting& front = waiting_.front();
      if (!front.closes || !front.answer.empty()) answers_.append(front.answer.bytes());
      if (front.closes) {
        closes_ = true;
        waiting_.clear();
        return;
      }
      answers_.append(front.behind.bytes());
      waiting_.pop_front();
      ++first_;
    }
  }

  std::shared_ptr<Service> service_;
  Incoming incoming_;
  Buffer answers_;
  py::object calls_ = py::none();  // to be waited for, of the feeding that is under way
  std::deque<Waiting> waiting_;
  std::uint64_t first_ = 0;  // the number of the first in `waiting_`
  bool closes_ = false;
  bool is_feeding_ = false;
};

}  // namespace

void add_server_to(py::module_& core) {
  py::class_<Service, std::shared_ptr<Service>>(core, "AsyncService",
                                                "What the connections of an asyncio server share.")
      .def(py::init([](py::object service, py::object handler, py::object log, py::object protocol,
                       bool framed, std::optional<std::size_t> max_frame, bool answer_undeclared) {
             return translated([&] {
               return std::make_shared<Service>(service, handler, log, protocol, framed, max_frame,
                                                answer_undeclared);
             });
           }),
           py::arg("service"), py::arg("handler"), py::arg("log"), py::arg("protocol"), py::kw_only(),
           py::arg("framed"), py::arg("max_frame"), py::arg("answer_undeclared"));
  py::class_<ServerSession>(core, "ServerSession", "The messages of one connection of a server.")
      .def(py::init<std::shared_ptr<Service>>(), py::arg("service").none(false))
      .def("feed", &ServerSession::feed, py::arg("data"), py::arg("most_bytes"), py::arg("most_calls"))
      .def("finish", &ServerSession::finish, py::arg("number"), py::arg("result"), py::arg("error"))
      .def("finish_later", &ServerSession::finish_later, py::arg("number"), py::arg("result"),
           py::arg("error"))
      .def("take", &ServerSession::take)
      .def("rest", &ServerSession::rest)
      .def_property_readonly("waiting", &ServerSession::waiting)
      .def_property_readonly("is_over", &ServerSession::is_over)
      .def_property_readonly("has_part", &ServerSession::has_part);
}

}  // namespace fastthrift::python::aio
