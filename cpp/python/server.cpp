#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "python/apache_stack.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/module.hpp"
#include "python/protocol.hpp"
#include "python/serving.hpp"
#include "python/transport.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "rpc/server.hpp"

// The engine as Python sees it: `_core.Server`. `fastthrift/engine.py` decides when a server may run on it.
namespace fastthrift::python::server {
namespace {

namespace py = pybind11;
using std::chrono::milliseconds;

// What a sample protocol, made by the factories of a server, says of its connections.
struct Stack {
  std::optional<CodecOptions> codec;
  framing::Options framing;
};

// What its framing has of the codec.
void fill(Stack& stack, std::size_t frame_limit) {
  stack.framing.protocol = stack.codec->protocol;
  stack.framing.strict_read = stack.codec->binary.strict_read;
  stack.framing.limits = stack.codec->limits;
  stack.framing.limits.frame = frame_limit;
}

// No codec: not exactly ours, so that only its own methods can read and write.
Stack stack_of(PyObject* protocol) {
  Stack stack;
  apache::Stack other;
  if (apache::find_stack(protocol, other)) {
    stack.codec = other.codec;
    stack.framing.kind = other.framing;
    fill(stack, other.frame_limit);
    return stack;
  }
  const CodecOptions* codec = protocol::options_of(protocol);
  if (codec == nullptr) codec = protocol::json_options_of(protocol);
  if (codec == nullptr) return stack;
  PyObject* below = protocol::transport_of(protocol);
  transport::Object* transport = below == nullptr ? nullptr : transport::as_ours(below);
  if (transport == nullptr || !transport::is_exact(transport) || transport->kind == transport::Kind::memory)
    return stack;
  stack.codec = *codec;
  stack.framing.kind =
      transport->kind == transport::Kind::framed ? framing::Kind::framed : framing::Kind::unframed;
  fill(stack, transport->limits.frame);
  return stack;
}

milliseconds milliseconds_of(double ms) {
  if (!(ms > 0)) return milliseconds{0};
  return milliseconds{static_cast<long long>(std::ceil(std::min(ms, 3e12)))};
}

// `service` may be the separator of a multiplexed processor, which then is the handler.
ServedMethods methods_of(const py::object& service, const py::object& handler) {
  if (!py::isinstance<py::str>(service)) return ServedMethods(service.ptr(), handler.ptr());
  std::string separator = service.cast<std::string>();
  if (separator.empty()) throw py::value_error("the separator must not be empty");
  return ServedMethods::of_several(handler.ptr(), std::move(separator));
}

// Servers that run, for the end of the interpreter.
std::vector<std::weak_ptr<rpc::Server>>& running() {
  static std::vector<std::weak_ptr<rpc::Server>> servers;
  return servers;
}

class Engine {
 public:
  Engine(long long listener, py::object service, py::object handler, py::object protocol, py::object log,
         bool answer_undeclared, double idle_ms, double message_ms, double stalled_ms, std::size_t unsent,
         std::size_t max_connections, std::size_t handler_threads, py::object headers,
         unsigned allowed_client_types, const std::optional<std::array<std::size_t, 6>>& http_limits,
         py::object respond, py::object passes) {
    const Stack stack = stack_of(protocol.ptr());
    if (!stack.codec) throw py::type_error("Server() needs a protocol of ours over a transport of ours");
    rpc::ServerOptions options;
    options.framing = stack.framing;
    std::unique_ptr<Dialects> dialects;
    if (!headers.is_none()) {
      options.framing.kind = framing::Kind::detected;
      dialects =
          std::make_unique<Dialects>(headers.ptr(), allowed_client_types, *stack.codec, stack.framing.limits);
    }
    options.idle = milliseconds_of(idle_ms);
    options.message = milliseconds_of(message_ms);
    options.stalled = milliseconds_of(stalled_ms);
    options.unsent = unsent;
    options.connections = max_connections;
    options.handler_threads = std::max<std::size_t>(handler_threads, 1);
    auto serving = std::make_shared<Serving>(methods_of(service, handler), log.ptr(), *stack.codec,
                                             answer_undeclared, std::move(dialects));
    if (http_limits) {
      const auto& [line, field, head, fields, body, chunk_extensions] = *http_limits;
      options.framing.http = HttpLimits{line, field, head, fields, body, chunk_extensions};
      serving->serve_http(respond.ptr(), passes.ptr());
    }
    try {
      server_ = std::make_shared<rpc::Server>(static_cast<net::SocketHandle>(listener), std::move(serving),
                                              options);
    } catch (const TransportError&) {
      set_python_error();
      throw py::error_already_set();
    }
  }
  Engine(Engine&&) = default;
  ~Engine() {
    const GilReleased released;
    server_.reset();
  }

  void start() {
    auto& servers = running();
    servers.erase(
        std::remove_if(servers.begin(), servers.end(), [](const auto& each) { return each.expired(); }),
        servers.end());
    servers.push_back(server_);
    server_->start();
  }
  void stop(double grace_ms) { server_->stop(milliseconds_of(grace_ms)); }
  bool wait(double timeout_ms) {
    const GilReleased released;
    return server_->wait(milliseconds_of(timeout_ms));
  }
  std::size_t connections() const { return server_->connections(); }
  std::size_t threads() const { return server_->threads(); }

 private:
  std::shared_ptr<rpc::Server> server_;
};

// At the end of the interpreter: nothing of ours may run Python code any more.
void stop_all() {
  std::vector<std::shared_ptr<rpc::Server>> servers;
  for (const auto& each : running()) {
    if (auto server = each.lock()) servers.push_back(std::move(server));
  }
  running().clear();
  const GilReleased released;
  for (const auto& server : servers) server->stop(milliseconds{0});
  for (const auto& server : servers) server->wait(milliseconds{1000});
  servers.clear();
}

}  // namespace

int add_to(PyObject* module) {
  try {
    py::module_ core = py::reinterpret_borrow<py::module_>(module);
    py::class_<Engine>(
        core, "Server",
        "The engine under `serve()`: answers the messages of all connections that one listening "
        "socket accepts\nwith the methods of `handler`.")
        .def(py::init<long long, py::object, py::object, py::object, py::object, bool, double, double, double,
                      std::size_t, std::size_t, std::size_t, py::object, unsigned,
                      const std::optional<std::array<std::size_t, 6>>&, py::object, py::object>(),
             py::arg("listener"), py::arg("service"), py::arg("handler"), py::arg("protocol"), py::arg("log"),
             py::kw_only(), py::arg("answer_undeclared") = true, py::arg("idle_ms") = 60'000.0,
             py::arg("message_ms") = 30'000.0, py::arg("stalled_ms") = 30'000.0, py::arg("unsent") = 1 << 20,
             py::arg("max_connections") = 10'000, py::arg("handler_threads") = 256,
             py::arg("headers") = py::none(), py::arg("allowed_client_types") = 0x1fu,
             py::arg("http_limits") = py::none(), py::arg("respond") = py::none(),
             py::arg("passes") = py::none())
        .def("start", &Engine::start, "Starts the threads and returns.")
        .def("stop", &Engine::stop, py::arg("grace_ms") = 5000.0,
             "Accepts nothing more; calls in flight may take `grace_ms`. Returns at once.")
        .def("wait", &Engine::wait, py::arg("timeout_ms"), "True once everything has ended.")
        .def_property_readonly("connections", &Engine::connections)
        .def_property_readonly("threads", &Engine::threads);
    core.def(
        "can_serve", [](py::object protocol) { return stack_of(protocol.ptr()).codec.has_value(); },
        py::arg("protocol"), py::pos_only(),
        "Whether the engine can read and write what this protocol does: it is one of ours over a transport "
        "of ours.");
    core.def("stop_servers", &stop_all, "Stops every engine at once; for the end of the interpreter.");
    return 0;
  } catch (py::error_already_set& error) {
    error.restore();
    return -1;
  }
}

}  // namespace fastthrift::python::server
