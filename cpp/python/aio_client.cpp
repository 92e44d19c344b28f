#include "python/aio.hpp"
#include "python/application_exception.hpp"
#include "python/bytes_buffer.hpp"
#include "python/incoming.hpp"
#include "python/raised.hpp"
#include "python/remote_method.hpp"
#include "python/view.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace fastthrift::python::aio {
namespace {

namespace py = pybind11;
using client::RemoteMethod;
using wire::MessageType;

// The calls of one connection of a client. Several may be under way; replies are matched by their sequence
// ids.
class ClientSession {
 public:
  ClientSession(py::object service, py::object protocol, bool is_framed, std::optional<std::size_t> max_frame)
      : service_(std::move(service)),
        protocol_(std::move(protocol)),
        incoming_(framing_of(codec_of(protocol_.ptr()), is_framed, max_frame)) {}

  // (sequence id, bytes to send), the id 0 for oneway; None where the service's classes are not ours.
  py::object request(py::str name, py::tuple args, py::dict kwargs) {
    return translated([&]() -> py::object {
      const RemoteMethod& method = method_of(name.ptr());
      if (!method.is_native()) return py::none();
      const Ref arguments = bind(method, args.ptr(), kwargs.ptr());
      BytesBuffer out;
      const CodecOptions& options = codec_of(protocol_.ptr());
      const framing::Framing& framing = incoming_.framing();
      const std::int32_t sequence_id = next_sequence_id();
      const std::size_t start = framing.begin(out);
      write_message_begin(out, method.text(), method.is_oneway() ? MessageType::oneway : MessageType::call,
                          sequence_id, options);
      write_struct(out, arguments.get(), options);
      framing.end(out, start);
      py::object bytes = py::reinterpret_steal<py::object>(out.take().release());
      if (!method.is_oneway()) waiting_.emplace(sequence_id, &method);
      return py::make_tuple(method.is_oneway() ? 0 : sequence_id, bytes);
    });
  }

  // Appends (sequence id, result, exception or None) to `replies` for each complete reply. Raises for bytes
  // that are no reply to any call: the connection is of no more use then.
  void feed(py::handle data, py::list replies) {
    translated([&] {
      const View view(data.ptr());
      incoming_.for_each(view.bytes(), [&](Bytes message) {
        reply(message, replies);
        return true;
      });
    });
  }

  std::size_t waiting() const { return waiting_.size(); }
  bool has_part() const { return incoming_.has_kept(); }

 private:
  const RemoteMethod& method_of(PyObject* name) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(name, &size);
    if (text == nullptr) throw PythonError();
    const std::string key(text, static_cast<std::size_t>(size));
    const auto found = methods_.find(key);
    if (found != methods_.end()) return found->second;
    return methods_.try_emplace(key, service_.ptr(), name).first->second;
  }

  static Ref bind(const RemoteMethod& method, PyObject* args, PyObject* kwargs) {
    const auto positional = static_cast<std::size_t>(PyTuple_GET_SIZE(args));
    PyObject* const* items = &PyTuple_GET_ITEM(args, 0);
    if (PyDict_GET_SIZE(kwargs) == 0) return method.bind(items, positional, nullptr);
    std::vector<PyObject*> all(items, items + positional);
    const Ref names = checked(PyTuple_New(PyDict_GET_SIZE(kwargs)));
    PyObject *name, *value;
    Py_ssize_t at = 0, count = 0;
    while (PyDict_Next(kwargs, &at, &name, &value) != 0) {
      PyTuple_SET_ITEM(names.get(), count++, Ref::share(name).release());
      all.push_back(value);
    }
    return method.bind(all.data(), positional, names.get());
  }

  std::int32_t next_sequence_id() {
    do {
      last_ = last_ < 0x7fffffff ? last_ + 1 : 1;
    } while (waiting_.count(last_) != 0);
    return last_;
  }

  void reply(Bytes message, py::list& replies) {
    Input in(message);
    const CodecOptions& options = codec_of(protocol_.ptr());
    const wire::MessageHeader header = read_message_begin(in, options);
    if (header.type != MessageType::reply && header.type != MessageType::exception) {
      throw RemoteError(RemoteError::Kind::invalid_message_type,
                        "Invalid message type: a message of type " +
                            std::to_string(static_cast<int>(header.type)) + " came, which is no reply");
    }
    const auto found = waiting_.find(header.sequence_id);
    if (found == waiting_.end()) {
      throw RemoteError(RemoteError::Kind::bad_sequence_id,
                        "Bad sequence ID: no call was sent with " + std::to_string(header.sequence_id) +
                            ", which '" + std::string(header.name) + "' was answered with" +
                            words_of_exception(header, in, options));
    }
    const RemoteMethod& method = *found->second;
    if (!client::answers(header.name, header.type == MessageType::exception, method.text())) {
      throw RemoteError(RemoteError::Kind::wrong_method_name,
                        "Wrong method name: " + std::string(method.text()) + " was called, '" +
                            std::string(header.name) + "' answered" +
                            words_of_exception(header, in, options));
    }
    py::object result = py::none(), error = py::none();
    if (header.type == MessageType::exception) {
      const Ref raised = read_application_exception(in, options);
      error = py::reinterpret_borrow<py::object>(raised.get());
    } else {
      const Ref answer = method.read_result(in, options);
      try {
        result = py::reinterpret_steal<py::object>(method.outcome_of(answer.get()).release());
      } catch (...) {
        set_python_error();
        error = py::reinterpret_steal<py::object>(take_raised().release());
      }
    }
    waiting_.erase(found);
    replies.append(py::make_tuple(header.sequence_id, result, error));
  }

  py::object service_;
  py::object protocol_;
  Incoming incoming_;
  std::unordered_map<std::string, RemoteMethod> methods_;
  std::unordered_map<std::int32_t, const RemoteMethod*> waiting_;
  std::int32_t last_ = 0;
};

}  // namespace

void add_client_to(py::module_& core) {
  py::class_<ClientSession>(core, "ClientSession", "The calls of one connection of a client.")
      .def(py::init([](py::object service, py::object protocol, bool framed,
                       std::optional<std::size_t> max_frame) {
             return translated(
                 [&] { return std::make_unique<ClientSession>(service, protocol, framed, max_frame); });
           }),
           py::arg("service"), py::arg("protocol"), py::kw_only(), py::arg("framed"), py::arg("max_frame"))
      .def("request", &ClientSession::request, py::arg("name"), py::arg("args"), py::arg("kwargs"))
      .def("feed", &ClientSession::feed, py::arg("data"), py::arg("replies"))
      .def_property_readonly("waiting", &ClientSession::waiting)
      .def_property_readonly("has_part", &ClientSession::has_part);
}

}  // namespace fastthrift::python::aio
