#include "rpc/exchange.hpp"

#include <boost/core/lightweight_test.hpp>
#include <functional>
#include <string>
#include <thread>

#include "peers.hpp"

using namespace fastthrift;
using namespace fastthrift::rpc;
using namespace std::chrono_literals;
using net::Deadline;
using test::bytes_of;
using test::framed;
using test::receive_framed;
using test::send_all;
using test::Socket;
using test::socket_pair;
using Kind = TransportError::Kind;

namespace {

// A client over a socket pair, and a thread that plays the server.
struct Client {
  Socket near, far;
  net::Stream stream{near.get(), "server:1"};
  std::unique_ptr<framing::Framing> framing = framing::make_framing({framing::Kind::framed});
  Buffer received;

  Client() : Client(socket_pair()) {}
  explicit Client(std::pair<Socket, Socket> pair)
      : near(std::move(pair.first)), far(std::move(pair.second)) {}

  // The reply to `call`, used up.
  std::string operator()(const std::string& call, Deadline deadline = Deadline::after(test::patience)) {
    const std::string request = framed(call);
    const framing::Extent extent = exchange(stream, *framing, bytes_of(request), received, deadline);
    const std::string reply(received.data() + extent.begin, received.data() + extent.end);
    received.consume(extent.end);
    return reply;
  }
};

template <class Error, class Body>
std::string refused(typename Error::Kind kind, Body body) {
  try {
    body();
  } catch (const Error& error) {
    BOOST_TEST(error.kind() == kind);
    return error.what();
  }
  BOOST_ERROR("nothing was thrown");
  return "";
}

void test_a_reply_comes_whole_or_in_any_pieces() {
  for (std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, std::size_t{1} << 20}) {
    Client client;
    const std::string reply(step < 10 ? 50 : 300'000, 'r');
    std::thread server([&] {
      for (int i = 0; i < 3; ++i) {
        receive_framed(client.far);
        const std::string bytes = framed(reply);
        for (std::size_t at = 0; at < bytes.size(); at += step) send_all(client.far, bytes.substr(at, step));
      }
    });
    for (int i = 0; i < 3; ++i) BOOST_TEST(client("call") == reply);
    BOOST_TEST(client.received.empty());
    server.join();
  }
}

void test_big_requests_go_out_in_pieces() {
  Client client;
  const std::string call(8 << 20, 'c');
  std::thread server([&] {
    const std::string got = receive_framed(client.far);
    send_all(client.far, framed(std::to_string(got.size())));
  });
  BOOST_TEST_EQ(client(call), std::to_string(call.size()));
  server.join();
}

void test_a_server_that_answers_before_it_reads_all_does_not_deadlock() {
  Client client;
  const std::string call(8 << 20, 'c'), reply(900'000, 'r');
  std::thread server([&] {
    test::receive(client.far, 1000);
    send_all(client.far, framed(reply));  // more than the socket takes: needs the client to read
    test::receive(client.far, call.size() + 4 - 1000);
  });
  BOOST_TEST(client(call) == reply);
  server.join();
}

void test_the_last_words_of_a_server_that_refuses_a_big_request_are_heard() {
  Client client;
  std::thread server([&] {
    test::receive(client.far, 1000);
    send_all(client.far, framed("too big"));
    client.far.close();
  });
  BOOST_TEST_EQ(client(std::string(8 << 20, 'c')), "too big");
  server.join();
}

void test_the_deadline_is_for_the_whole_exchange() {
  {
    Client client;
    const std::string text =
        refused<TransportError>(Kind::timed_out, [&] { client("call", Deadline::after(30ms)); });
    BOOST_TEST_EQ(text, "server:1: timed out waiting for the reply");
  }
  {
    Client client;
    const std::string text = refused<TransportError>(
        Kind::timed_out, [&] { client(std::string(8 << 20, 'c'), Deadline::after(30ms)); });
    BOOST_TEST_EQ(text, "server:1: timed out sending the request");
  }
  {
    // A byte now and then does not prolong it.
    Client client;
    std::atomic<bool> over{false};
    std::thread server([&] {
      send_all(client.far, framed(std::string(1'000'000, 'r')).substr(0, 4));
      while (!over && test::send_some(client.far, "r") == 1) net::wait_for(client.far.get(), true, false, 2);
    });
    const auto before = net::Clock::now();
    refused<TransportError>(Kind::timed_out, [&] { client("call", Deadline::after(60ms)); });
    BOOST_TEST(net::Clock::now() - before < 5s);
    over = true;
    server.join();
  }
}

void test_a_connection_that_fails_at_any_step_is_an_error() {
  const std::string reply = framed("reply");
  for (std::size_t cut = 0; cut < reply.size(); ++cut) {
    Client client;
    std::thread server([&] {
      receive_framed(client.far);
      send_all(client.far, reply.substr(0, cut));
      client.far.close();
    });
    const std::string text = refused<TransportError>(Kind::end_of_file, [&] { client("call"); });
    const std::string advice = cut == 0 ? " without an answer. Do both sides use the same transport"
                                        : " after " + std::to_string(cut) + " bytes of its answer";
    BOOST_TEST(text.starts_with("TSocket read 0 bytes: server:1 closed the connection" + advice));
    server.join();
  }
}

void test_a_reply_that_is_no_message_is_an_error() {
  for (const auto& [bytes, word] :
       {std::pair{"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"}, std::pair{"\xff\xff\xff\xff", "-1"}}) {
    Client client;
    send_all(client.far, std::string(bytes));
    try {
      client("call");
      BOOST_ERROR("nothing was thrown");
    } catch (const std::exception& error) {
      BOOST_TEST(std::string(error.what()).find(word) != std::string::npos);
    }
  }
}

void test_a_declared_length_reserves_nothing() {
  Client client;
  send_all(client.far, std::string("\x00\xf0\x00\x00", 4) + "start");
  refused<TransportError>(Kind::timed_out, [&] { client("call", Deadline::after(20ms)); });
  BOOST_TEST(client.received.capacity() <= 64 * 1024);
}

void test_bytes_behind_the_reply_stay_for_the_next_exchange() {
  Client client;
  send_all(client.far, framed("one") + framed("two"));
  BOOST_TEST_EQ(client("first"), "one");
  BOOST_TEST(!client.received.empty());
  BOOST_TEST_EQ(client("second"), "two");
}

void test_oneway_requests_wait_for_nothing() {
  Client client;
  const std::string call = framed("oneway");
  send_oneway(client.stream, bytes_of(call), Deadline::after(test::patience));
  BOOST_TEST_EQ(receive_framed(client.far), "oneway");
}

void test_a_connection_that_went_stale_is_noticed_before_sending() {
  {
    Client client;
    check_idle(client.stream);  // nothing to complain of
  }
  {
    Client client;
    client.far.close();
    const std::string text = refused<TransportError>(Kind::end_of_file, [&] { check_idle(client.stream); });
    BOOST_TEST(text.starts_with("TSocket read 0 bytes: server:1 had closed the connection before this call"));
    BOOST_TEST(text.ends_with("nothing was sent"));
  }
  {
    Client client;
    send_all(client.far, framed("a late reply"));
    const std::string text = refused<TransportError>(Kind::unknown, [&] { check_idle(client.stream); });
    BOOST_TEST(text.find("no call is waiting for") != std::string::npos);
  }
}

}  // namespace

void test_exchange() {
  test_a_reply_comes_whole_or_in_any_pieces();
  test_big_requests_go_out_in_pieces();
  test_a_server_that_answers_before_it_reads_all_does_not_deadlock();
  test_the_last_words_of_a_server_that_refuses_a_big_request_are_heard();
  test_the_deadline_is_for_the_whole_exchange();
  test_a_connection_that_fails_at_any_step_is_an_error();
  test_a_reply_that_is_no_message_is_an_error();
  test_a_declared_length_reserves_nothing();
  test_bytes_behind_the_reply_stay_for_the_next_exchange();
  test_oneway_requests_wait_for_nothing();
  test_a_connection_that_went_stale_is_noticed_before_sending();
}
