#pragma once

#include "python/http_service.hpp"
#include "python/processor.hpp"

#include <memory>
#include <optional>
#include <string>

#include "rpc/handler.hpp"

namespace fastthrift::python {

// What stands behind the engine of a server: its threads come to Python here. The GIL is taken once for all
// connections that are answered together.
class Serving final : public rpc::HandlerFactory {
 public:
  Serving(ServedMethods methods, PyObject* log, const CodecOptions& options, bool answers_undeclared,
          std::unique_ptr<Dialects> dialects)
      : processor_(std::move(methods), log, options, answers_undeclared, std::move(dialects)) {}

  // Takes the GIL itself.
  ~Serving() override;

  // From now on messages come in requests of HTTP (HttpService).
  void serve_http(PyObject* respond, PyObject* passes) { http_.emplace(processor_, respond, passes); }

  std::unique_ptr<rpc::Handler> make_handler(net::SocketHandle socket) override;
  void begin_batch() override;
  void end_batch() override;
  void warn(const std::string& text) override;
  void thread_started() override;
  void thread_stops() override;

 private:
  PyInterpreterState* const interpreter_ = PyInterpreterState_Get();
  Processor processor_;
  std::optional<HttpService> http_;
};

}  // namespace fastthrift::python
