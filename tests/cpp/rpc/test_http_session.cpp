#include <boost/core/lightweight_test.hpp>

#include "../framing/http_cases.hpp"
#include "framing/http.hpp"
#include "peers.hpp"

using namespace fastthrift;
using namespace fastthrift::rpc;
using namespace std::chrono_literals;
using test::five;
using test::host;
using test::in_time;
using test::post;
using test::send_all;

namespace {

// Answers each body with itself; "wait" waits for the gate.
class EchoHandler final : public Handler {
 public:
  explicit EchoHandler(test::Record& record) : record_(record) {}

  Answered answer(std::span<const Bytes> messages, framing::Framing& framing, Buffer& answers,
                  Turn& turn) override {
    auto& http = static_cast<framing::Http&>(framing);
    turn.begin();
    Answered answered;
    for (const Bytes raw : messages) {
      const std::size_t start = http.begin_answer(answers);
      const Bytes body = http.message(http.body(raw));
      if (std::string(body.begin(), body.end()) == "wait") record_.gate.pass();
      answers.append(body);
      answered.close = !http.request().keep_alive || turn.is_last();
      http.end_answer(answers, start, !answered.close);
      http.finish_request();
      ++answered.messages;
      if (answered.close || turn.is_over(answers.size())) break;
    }
    return answered;
  }
  void refused(const std::string&, const std::string& error) override {
    const std::lock_guard lock(record_.mutex);
    record_.refused.push_back(error);
  }

 private:
  test::Record& record_;
};

class EchoFactory final : public HandlerFactory {
 public:
  explicit EchoFactory(std::shared_ptr<test::Record> record) : record_(std::move(record)) {}
  std::unique_ptr<Handler> make_handler(net::SocketHandle) override {
    return std::make_unique<EchoHandler>(*record_);
  }
  void warn(const std::string&) override {}
  void thread_started() override {}
  void thread_stops() override {}

 private:
  std::shared_ptr<test::Record> record_;
};

struct EchoServer {
  std::shared_ptr<test::Record> record = std::make_shared<test::Record>();
  test::Socket listener = test::listening();
  Server server;

  explicit EchoServer(const ServerOptions& options = {}, const HttpLimits& limits = {})
      : server(listener.get(), std::make_shared<EchoFactory>(record), http_options(options, limits)) {
    server.start();
  }
  test::Socket connect() const { return test::connected(test::port_of(listener)); }
  static ServerOptions http_options(ServerOptions options, const HttpLimits& limits) {
    options.framing.http = limits;
    return options;
  }
};

std::string request(const std::string& body, std::vector<std::string> fields = {}) {
  fields.insert(fields.begin(), {post, host, "Content-Length: " + std::to_string(body.size())});
  return test::head(fields) + body;
}

struct Response {
  int status = 0;  // 0: the connection ended
  bool closes = false;
  std::string body;
};

Response receive_response(const test::Socket& socket) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = test::receive(socket, 1);
    if (byte.empty()) return {};
    head += byte;
  }
  Response response;
  response.status = std::stoi(head.substr(9, 3));
  response.closes = head.find("\r\nConnection: close\r\n") != std::string::npos;
  const std::size_t at = head.find("Content-Length: ");
  if (at != std::string::npos) response.body = test::receive(socket, std::stoul(head.substr(at + 16)));
  return response;
}

void expect_echo(const test::Socket& socket, const std::string& body, bool closes = false) {
  const Response response = receive_response(socket);
  BOOST_TEST_EQ(response.status, 200);
  BOOST_TEST_EQ(response.body, body);
  BOOST_TEST_EQ(response.closes, closes);
}

void test_requests_are_answered_in_any_pieces_and_in_order() {
  EchoServer echo;
  const test::Socket client = echo.connect();
  for (const std::string& body : {std::string("hello"), std::string(300'000, 'x'), std::string()}) {
    send_all(client, request(body));
    expect_echo(client, body);
  }
  const std::string chunks = test::head({post, host, test::chunked}) + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
  for (const char byte : request("one") + chunks) send_all(client, std::string(1, byte));
  expect_echo(client, "one");
  expect_echo(client, "abc");
  std::string many;
  for (int i = 0; i < 500; ++i) many += request(std::to_string(i));
  send_all(client, many);
  for (int i = 0; i < 500; ++i) expect_echo(client, std::to_string(i));
}

void test_who_waits_to_continue_is_told_behind_the_answers() {
  EchoServer echo;
  const test::Socket client = echo.connect();
  send_all(client, request("one") + test::head({post, host, five, "Expect: 100-continue"}));
  expect_echo(client, "one");
  BOOST_TEST_EQ(receive_response(client).status, 100);
  send_all(client, "hello");
  expect_echo(client, "hello");
}

void test_the_last_request_of_a_connection_is_the_last_that_is_answered() {
  EchoServer echo;
  const test::Socket client = echo.connect();
  send_all(client, request("one") + request("two", {"Connection: close"}) + "nonsense\r\n\r\n");
  expect_echo(client, "one");
  expect_echo(client, "two", true);
  BOOST_TEST(test::is_closed_by_peer(client));
  BOOST_TEST(in_time([&] { return echo.server.connections() == 0; }));
  BOOST_TEST(echo.record->all_refused().empty());
}

void test_a_refusal_is_told_after_the_answers_and_ends_the_connection() {
  EchoServer echo;
  const test::Socket client = echo.connect();
  send_all(client, request("one") + "POST / HTTP/1.1\n\n");
  expect_echo(client, "one");
  const Response refusal = receive_response(client);
  BOOST_TEST_EQ(refusal.status, 400);
  BOOST_TEST_EQ(refusal.body, "lines end with CRLF\n");
  BOOST_TEST(refusal.closes);
  BOOST_TEST(test::is_closed_by_peer(client));
  BOOST_TEST(in_time([&] { return echo.record->all_refused().size() == 1; }));
  BOOST_TEST_EQ(echo.record->all_refused().at(0), "400: lines end with CRLF");
}

void test_who_is_still_sending_reads_why_he_was_refused() {
  HttpLimits limits;
  limits.body = 1000;
  EchoServer echo({}, limits);
  const test::Socket client = echo.connect();
  send_all(client, test::head({post, host, "Content-Length: 700000"}));
  // Refused by now, and read on all the same.
  BOOST_TEST(in_time([&] { return echo.record->all_refused().size() == 1; }));
  send_all(client, std::string(700'000, 'x'));
  BOOST_TEST_EQ(receive_response(client).status, 413);
  BOOST_TEST_EQ(test::receive(client, 1), "");
  ::shutdown(client.get(), SHUT_WR);
  BOOST_TEST(in_time([&] { return echo.server.connections() == 0; }));
}

void test_who_neither_stops_nor_closes_after_a_refusal_is_cut_off() {
  EchoServer echo;
  const test::Socket client = echo.connect();
  send_all(client, "nonsense\r\n");
  BOOST_TEST_EQ(receive_response(client).status, 400);
  // Half a connection is left, which a stop does not wait for.
  echo.server.stop(10s);
  BOOST_TEST(echo.server.wait(5s));
}

void test_a_request_that_takes_too_long_is_told_so() {
  ServerOptions options;
  options.message = 60ms;
  for (const std::string& part :
       {std::string("P"), request("hello").substr(0, 30), request("hello").substr(0, 49)}) {
    EchoServer echo(options);
    const test::Socket client = echo.connect();
    send_all(client, request("one") + part);
    expect_echo(client, "one");
    const Response response = receive_response(client);
    BOOST_TEST_EQ(response.status, 408);
    BOOST_TEST(response.closes);
    BOOST_TEST(test::is_closed_by_peer(client));
    BOOST_TEST(in_time([&] { return echo.record->all_refused().size() == 1; }));
  }
}

void test_a_connection_that_is_idle_is_closed_without_a_word() {
  ServerOptions options;
  options.idle = 60ms;
  EchoServer echo(options);
  const test::Socket client = echo.connect();
  send_all(client, request("one"));
  expect_echo(client, "one");
  BOOST_TEST_EQ(test::receive(client, 1), "");
}

void test_a_server_that_stops_says_so_with_its_last_answers() {
  EchoServer echo;
  const test::Socket busy = echo.connect(), idle = echo.connect();
  send_all(idle, request("one"));
  expect_echo(idle, "one");
  send_all(busy, request("wait"));
  BOOST_TEST(echo.record->gate.await_inside(1));
  echo.server.stop(10s);
  BOOST_TEST(test::is_closed_by_peer(idle));
  echo.record->gate.open();
  expect_echo(busy, "wait", true);
  BOOST_TEST(test::is_closed_by_peer(busy));
  BOOST_TEST(echo.server.wait(5s));
}

}  // namespace

void test_http_session() {
  test_requests_are_answered_in_any_pieces_and_in_order();
  test_who_waits_to_continue_is_told_behind_the_answers();
  test_the_last_request_of_a_connection_is_the_last_that_is_answered();
  test_a_refusal_is_told_after_the_answers_and_ends_the_connection();
  test_who_is_still_sending_reads_why_he_was_refused();
  test_who_neither_stops_nor_closes_after_a_refusal_is_cut_off();
  test_a_request_that_takes_too_long_is_told_so();
  test_a_connection_that_is_idle_is_closed_without_a_word();
  test_a_server_that_stops_says_so_with_its_last_answers();
}
