#include "client.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>

#include <thrift/protocol/TMultiplexedProtocol.h>

#include "describe.hpp"

using namespace apache::thrift;
using namespace apache::thrift::protocol;
using namespace apache::thrift::transport;

namespace {

// One connection with the clients of its services, made anew after an error.
class Connection {
 public:
  Connection(const Stack& stack, const std::string& address) : stack_(stack), address_(address) {}
  ~Connection() { close(); }

  template <class Client>
  std::unique_ptr<Client> client(const std::string& service) {
    if (!transport_) open();
    std::shared_ptr<TProtocol> protocol = protocol_;
    if (stack_.mux && !service.empty()) protocol = std::make_shared<TMultiplexedProtocol>(protocol_, service);
    return std::make_unique<Client>(protocol);
  }

  void step(const std::string& name, const std::function<std::string()>& call) {
    try {
      say("result", name, call());
    } catch (const interop::Refused& error) {
      say("result", name, "{\"Refused\":" + words::of(error) + "}");
    } catch (const interop::Broken& error) {
      say("result", name, "{\"Broken\":" + words::of(error) + "}");
    } catch (const TApplicationException& error) {
      say("result", name, "{\"TApplicationException\":" + std::to_string(error.getType()) + "}");
    } catch (const std::exception& error) {
      say("error", name, words::quoted(error.what()));
      close();
    }
  }

 private:
  static void say(const char* word, const std::string& name, const std::string& what) {
    std::cout << word << ' ' << name << ' ' << what << std::endl;
  }

  std::shared_ptr<TSocket> socket() {
    std::shared_ptr<TSocket> socket;
    if (stack_.socket == "unix") {
      socket = std::make_shared<TSocket>(address_);
    } else if (stack_.socket == "ssl") {
      if (!secure_) {
        secure_ = std::make_shared<TSSLSocketFactory>(TLSv1_2);
        secure_->loadTrustedCertificates(certificate("ca.pem").c_str());
        secure_->authenticate(true);
      }
      socket = secure_->createSocket("localhost", std::stoi(address_));
    } else {
      socket = std::make_shared<TSocket>("127.0.0.1", std::stoi(address_));
    }
    socket->setConnTimeout(5000);
    socket->setRecvTimeout(5000);
    socket->setSendTimeout(5000);
    return socket;
  }

  std::shared_ptr<TTransport> wrapped(std::shared_ptr<TSocket> socket) {
    if (stack_.is_header()) return socket;
    if (stack_.transport == "buffered") return std::make_shared<TBufferedTransport>(socket);
    if (stack_.transport == "framed") return std::make_shared<TFramedTransport>(socket);
    if (stack_.transport == "zlib") return std::make_shared<TZlibTransport>(socket);
    if (stack_.transport == "http") return std::make_shared<THttpClient>(socket, "localhost", "/");
    throw std::runtime_error("no transport " + stack_.transport);
  }

  std::shared_ptr<TProtocol> protocol(std::shared_ptr<TTransport> transport) {
    if (!stack_.is_header()) return protocol_factory(stack_)->getProtocol(transport);
    const bool compact = stack_.protocol == "header-compact";
    const auto id = static_cast<std::uint16_t>(compact ? T_COMPACT_PROTOCOL : T_BINARY_PROTOCOL);
    auto header = std::make_shared<THeaderProtocol>(transport, id);
    if (stack_.protocol == "header-zlib") {
      std::static_pointer_cast<THeaderTransport>(header->getTransport())
          ->setTransform(THeaderTransport::ZLIB_TRANSFORM);
    }
    return header;
  }

  void open() {
    auto transport = wrapped(socket());
    transport->open();
    protocol_ = protocol(transport);
    transport_ = transport;
  }

  void close() {
    if (transport_) {
      try {
        transport_->close();
      } catch (const std::exception&) {
        // The connection is given up either way.
      }
    }
    transport_.reset();
    protocol_.reset();
  }

  Stack stack_;
  std::string address_;
  std::shared_ptr<TSSLSocketFactory> secure_;
  std::shared_ptr<TTransport> transport_;
  std::shared_ptr<TProtocol> protocol_;
};

interop::Wide wide() {
  interop::Tree two, three, tree;
  two.__set_value(2);
  three.__set_value(3);
  tree.__set_value(1);
  tree.__set_children({two, three});
  interop::Point point;
  point.__set_x(2);
  point.__set_y(3);
  interop::Wide wide;
  wide.__set_first(1);
  wide.__set_a_bool(true);
  wide.__set_an_i8(2);
  wide.__set_an_i16(3);
  wide.__set_an_i32(4);
  wide.__set_an_i64(5);
  wide.__set_a_double(6);
  wide.__set_a_string("seven");
  wide.__set_a_binary("\b");
  wide.__set_bools({true, false});
  wide.__set_strings({"a", "b"});
  wide.__set_lists({{"c", {1, 2}}});
  wide.__set_tree(tree);
  wide.__set_trees({tree, tree});
  wide.__set_points({{1, point}});
  wide.__set_nothing({});
  wide.__set_last("end");
  return wide;
}

interop::Everything of_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  auto memory = std::make_shared<TMemoryBuffer>();
  memory->resetBuffer(reinterpret_cast<std::uint8_t*>(&bytes[0]), static_cast<std::uint32_t>(bytes.size()));
  TBinaryProtocol protocol(memory);
  interop::Everything value;
  value.read(&protocol);
  return value;
}

void send_cases(Connection& connection) {
  std::ifstream cases(std::getenv("INTEROP_CASES"));
  std::string line;
  while (std::getline(cases, line)) {
    const std::string name = line.substr(0, line.find(' '));
    std::optional<interop::Everything> value;
    connection.step("sent:" + name, [&] {
      value = of_hex(line.substr(name.size() + 1));
      return words::of(*value);
    });
    if (!value) continue;
    connection.step("described:" + name, [&] {
      std::string text;
      connection.client<interop::PeerClient>("Peer")->describe(text, *value);
      return text;
    });
    connection.step("echoed:" + name, [&] {
      interop::Everything back;
      connection.client<interop::PeerClient>("Peer")->echo(back, *value);
      return words::of(back);
    });
  }
}

}  // namespace

void call(const Stack& stack, const std::string& address) {
  Connection connection(stack, address);
  auto peer = [&] { return connection.client<interop::PeerClient>("Peer"); };
  auto later = [&] { return connection.client<interop::LaterClient>("Peer"); };
  auto ping = [&] { return peer()->ping(), std::string("true"); };
  const std::string mark = "cpp " + address + " " +
                           std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + " ";

  connection.step("who", [&] {
    std::string text;
    peer()->who(text);
    return words::of(text);
  });
  connection.step("ping", ping);
  connection.step("arguments", [&] {
    interop::Point point;
    point.__set_x(3);
    point.__set_y(4);
    std::string text;
    peer()->arguments(text, true, -8, -1600, -320000, -9007199254740993, 2.5, "grüß 🌍",
                      std::string("\0\xff\x80", 3), interop::Color::BLUE, {1, -1}, {{"a", 1}, {"b", -2}},
                      point);
    return text;
  });
  connection.step("half", [&] { return words::of(peer()->half(5)); });
  connection.step("reversed", [&] {
    std::string back;
    peer()->reversed(back, std::string("\0\xff\x10", 3));
    return words::hex(back);
  });
  connection.step("divide", [&] { return words::of(peer()->divide(7, 2)); });
  connection.step("refused", [&] { return words::of(peer()->divide(7, 0)); });
  connection.step("broken", [&] { return words::of(peer()->divide(7, -2)); });
  connection.step("fail", [&] { return peer()->fail(), std::string("true"); });
  connection.step("after_fail", ping);
  connection.step("unheard_of", [&] { return words::of(later()->unheard_of(wide())); });
  connection.step("after_unheard_of", ping);
  connection.step("note", [&] { return peer()->note(mark + "one"), std::string("true"); });
  connection.step("note_again", [&] { return peer()->note(mark + "two"), std::string("true"); });
  connection.step("notes", [&] {
    std::vector<std::string> notes;
    peer()->notes(notes, mark);
    return words::list(notes,
                       [&](const std::string& text) { return words::quoted(text.substr(mark.size())); });
  });
  connection.step("narrow", [&] {
    std::string text;
    later()->narrow(text, wide());
    return text;
  });
  if (stack.mux) {
    connection.step("twice",
                    [&] { return words::of(connection.client<interop::SecondClient>("Second")->twice(21)); });
    connection.step("default", [&] {
      std::string text;
      connection.client<interop::PeerClient>("")->who(text);
      return words::of(text);
    });
    connection.step("nobody", [&] {
      return connection.client<interop::PeerClient>("Nobody")->ping(), std::string("true");
    });
    connection.step("after_nobody", ping);
  }
  send_cases(connection);
}
