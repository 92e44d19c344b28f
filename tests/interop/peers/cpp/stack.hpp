#pragma once

#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/protocol/TJSONProtocol.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/THttpClient.h>
#include <thrift/transport/THttpServer.h>
#include <thrift/transport/TSSLSocket.h>
#include <thrift/transport/TSocket.h>
#include <thrift/transport/TZlibTransport.h>

// What stands between the calls and the bytes: "compact/framed/tcp", with "/mux" after it where services are
// multiplexed.
struct Stack {
  std::string protocol, transport, socket;
  bool mux = false;

  static Stack parse(const std::string& text) {
    Stack stack;
    std::string mux;
    std::istringstream words(text);
    std::getline(words, stack.protocol, '/');
    std::getline(words, stack.transport, '/');
    std::getline(words, stack.socket, '/');
    std::getline(words, mux, '/');
    stack.mux = mux == "mux";
    return stack;
  }

  bool is_header() const { return protocol.rfind("header", 0) == 0; }
};

inline std::shared_ptr<apache::thrift::protocol::TProtocolFactory> protocol_factory(const Stack& stack) {
  using namespace apache::thrift::protocol;
  if (stack.protocol == "binary") return std::make_shared<TBinaryProtocolFactory>();
  if (stack.protocol == "compact") return std::make_shared<TCompactProtocolFactory>();
  if (stack.protocol == "json") return std::make_shared<TJSONProtocolFactory>();
  if (stack.protocol == "header") return std::make_shared<THeaderProtocolFactory>();
  throw std::runtime_error("no protocol " + stack.protocol);
}

inline std::string certificate(const std::string& name) {
  const char* folder = std::getenv("INTEROP_CERTIFICATES");
  return std::string(folder ? folder : ".") + "/" + name;
}
