#include "server.hpp"

#include <algorithm>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <thrift/processor/TMultiplexedProcessor.h>
#include <thrift/server/TNonblockingServer.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TNonblockingServerSocket.h>
#include <thrift/transport/TSSLServerSocket.h>
#include <thrift/transport/TServerSocket.h>

#include "describe.hpp"

using namespace apache::thrift;
using namespace apache::thrift::transport;

namespace {

class Handler : public interop::PeerIf {
 public:
  void who(std::string& out) override { out = "cpp"; }
  void ping() override {}
  void describe(std::string& out, const interop::Everything& value) override { out = words::of(value); }
  void echo(interop::Everything& out, const interop::Everything& value) override { out = value; }

  void arguments(std::string& out, const bool a, const std::int8_t b, const std::int16_t c,
                 const std::int32_t d, const std::int64_t e, const double f, const std::string& g,
                 const std::string& h, const interop::Color::type i, const std::vector<std::int32_t>& j,
                 const std::map<std::string, std::int32_t>& k, const interop::Point& l) override {
    using words::of;
    const std::vector<std::string> texts = {of(a), of(b),         of(c), of(d), of(e), of(f),
                                            of(g), words::hex(h), of(i), of(j), of(k), of(l)};
    out = words::list(texts, [](const std::string& text) { return text; });
  }

  double half(const double value) override { return value / 2; }
  void reversed(std::string& out, const std::string& data) override {
    out.assign(data.rbegin(), data.rend());
  }

  std::int32_t divide(const std::int32_t dividend, const std::int32_t divisor) override {
    if (divisor == 0) {
      interop::Refused refused;
      refused.__set_code(1);
      refused.__set_reason("division by zero: ÷0");
      throw refused;
    }
    if (divisor < 0) {
      interop::Point place;
      place.__set_x(dividend);
      place.__set_y(divisor);
      interop::Broken broken;
      broken.__set_detail("less than nothing");
      broken.__set_places({place});
      throw broken;
    }
    return dividend / divisor;
  }

  void fail() override { throw std::runtime_error("undeclared"); }

  void note(const std::string& text) override {
    std::lock_guard<std::mutex> lock(mutex_);
    notes_.push_back(text);
  }

  void notes(std::vector<std::string>& out, const std::string& prefix) override {
    std::lock_guard<std::mutex> lock(mutex_);
    std::copy_if(notes_.begin(), notes_.end(), std::back_inserter(out),
                 [&](const std::string& text) { return text.rfind(prefix, 0) == 0; });
  }

  void narrow(std::string& out, const interop::Narrow& value) override { out = words::of(value); }

 private:
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

class SecondHandler : public interop::SecondIf {
 public:
  std::int32_t twice(const std::int32_t number) override { return 2 * number; }
};

std::shared_ptr<TProcessor> processor(bool mux) {
  auto peer = std::make_shared<interop::PeerProcessor>(std::make_shared<Handler>());
  if (!mux) return peer;
  auto multiplexed = std::make_shared<TMultiplexedProcessor>();
  multiplexed->registerProcessor("Peer", peer);
  multiplexed->registerProcessor(
      "Second", std::make_shared<interop::SecondProcessor>(std::make_shared<SecondHandler>()));
  multiplexed->registerDefault(peer);
  return multiplexed;
}

std::shared_ptr<TTransportFactory> transport_factory(const Stack& stack) {
  if (stack.is_header()) return std::make_shared<TTransportFactory>();
  if (stack.transport == "buffered") return std::make_shared<TBufferedTransportFactory>();
  if (stack.transport == "framed") return std::make_shared<TFramedTransportFactory>();
  if (stack.transport == "zlib") return std::make_shared<TZlibTransportFactory>();
  if (stack.transport == "http") return std::make_shared<THttpServerTransportFactory>();
  throw std::runtime_error("no transport " + stack.transport);
}

std::shared_ptr<TServerSocket> server_socket(const Stack& stack, const std::string& path) {
  if (stack.socket == "unix") return std::make_shared<TServerSocket>(path);
  if (stack.socket == "ssl") {
    auto factory = std::make_shared<TSSLSocketFactory>(TLSv1_2);
    factory->loadCertificate(certificate("server.pem").c_str());
    factory->loadPrivateKey(certificate("server.key").c_str());
    factory->server(true);
    return std::make_shared<TSSLServerSocket>("127.0.0.1", 0, factory);
  }
  return std::make_shared<TServerSocket>("127.0.0.1", 0);
}

// Tells the starter that the server listens.
class Listening : public server::TServerEventHandler {
 public:
  void preServe() override { promise.set_value(); }
  std::promise<void> promise;
};

template <class Server>
void start(std::shared_ptr<Server> server) {
  auto listening = std::make_shared<Listening>();
  auto ready = listening->promise.get_future();
  server->setServerEventHandler(listening);
  std::thread([server] { server->serve(); }).detach();
  if (ready.wait_for(std::chrono::seconds(5)) != std::future_status::ready)
    throw std::runtime_error("does not listen");
}

}  // namespace

std::string serve(const Stack& stack, const std::string& path) {
  if (stack.transport == "nonblocking") {
    auto socket = std::make_shared<TNonblockingServerSocket>("127.0.0.1", 0);
    start(
        std::make_shared<server::TNonblockingServer>(processor(stack.mux), protocol_factory(stack), socket));
    return std::to_string(socket->getListenPort());
  }
  auto socket = server_socket(stack, path);
  auto server = std::make_shared<server::TThreadedServer>(processor(stack.mux), socket,
                                                          transport_factory(stack), protocol_factory(stack));
  // Answers go through the protocol that has read the request: it knows the client's dialect.
  if (stack.is_header()) server->setOutputProtocolFactory(nullptr);
  start(server);
  return stack.socket == "unix" ? path : std::to_string(socket->getPort());
}
