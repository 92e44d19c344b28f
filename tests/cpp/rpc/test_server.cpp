#include "rpc/server.hpp"

#include <boost/core/lightweight_test.hpp>
#include <set>
#include <sys/resource.h>
#include <sys/wait.h>

#include "peers.hpp"

using namespace fastthrift;
using namespace fastthrift::rpc;
using namespace std::chrono_literals;
using namespace std::string_literals;
using test::framed;
using test::in_time;
using test::receive_framed;
using test::send_all;
using test::TextServer;

namespace {

void test_calls_are_answered_in_any_pieces() {
  TextServer text;
  const test::Socket client = text.connect();
  for (const std::string& call : {std::string("hello"), std::string(100'000, 'x'), std::string("bye")}) {
    send_all(client, framed(call));
    BOOST_TEST(receive_framed(client) == call);
  }
  const std::string bytes = framed("one") + framed("silent") + framed("two");
  for (char byte : bytes) send_all(client, std::string(1, byte));
  BOOST_TEST_EQ(receive_framed(client), "one");
  BOOST_TEST_EQ(receive_framed(client), "two");
}

void test_pipelined_calls_are_answered_in_order_and_in_few_batches() {
  TextServer text;
  const test::Socket client = text.connect();
  std::string calls;
  for (int i = 0; i < 500; ++i) calls += framed(std::to_string(i));
  send_all(client, calls);
  for (int i = 0; i < 500; ++i) BOOST_TEST_EQ(receive_framed(client), std::to_string(i));
  BOOST_TEST(text.record->batches < 100);
}

void test_a_half_closed_client_gets_its_answers() {
  TextServer text;
  const test::Socket client = text.connect();
  send_all(client, framed("one") + framed("big 3000000") + framed("two") + "\0\0");
  ::shutdown(client.get(), SHUT_WR);
  BOOST_TEST_EQ(receive_framed(client), "one");
  BOOST_TEST_EQ(receive_framed(client).size(), 3'000'000u);
  BOOST_TEST_EQ(receive_framed(client), "two");
  BOOST_TEST(test::is_closed_by_peer(client));
  BOOST_TEST(text.record->all_refused().empty());
}

// A client that the server takes for one that waits for each answer.
test::Socket in_step(const TextServer& text) {
  test::Socket client = text.connect();
  for (int i = 0; i < 40; ++i) {
    send_all(client, framed("call"));
    BOOST_TEST_EQ(receive_framed(client), "call");
  }
  return client;
}

void test_a_client_in_step_may_do_otherwise_at_any_time() {
  TextServer text;
  for (int i = 0; i < 20; ++i) {
    const test::Socket client = in_step(text);
    send_all(client, framed("one") + framed("two"));
    BOOST_TEST_EQ(receive_framed(client), "one");
    send_all(client, framed(std::string(100'000, 'x')));
    BOOST_TEST_EQ(receive_framed(client), "two");
    BOOST_TEST_EQ(receive_framed(client).size(), 100'000u);
    send_all(client, framed("silent"));
    const std::string halves = framed("halves");
    send_all(client, halves.substr(0, 6));
    send_all(client, halves.substr(6));
    BOOST_TEST_EQ(receive_framed(client), "halves");
  }
}

// Each within the patience of a test, which is longer than the server's own for any of them: hence the count.
void test_the_end_behind_the_last_bytes_of_a_client_in_step_is_noticed_at_once() {
  rpc::ServerOptions slow_sweeps;
  slow_sweeps.idle = slow_sweeps.message = slow_sweeps.stalled = 0ms;
  TextServer text(slow_sweeps);
  const auto start = net::Clock::now();
  for (const std::string& last : {framed("one") + framed("two"), framed("half").substr(0, 6),
                                  framed("silent"), framed("one") + "\0\0"s}) {
    for (int i = 0; i < 10; ++i) {
      const test::Socket client = in_step(text);
      send_all(client, last);
      ::shutdown(client.get(), SHUT_WR);
      if (last.starts_with(framed("one"))) BOOST_TEST_EQ(receive_framed(client), "one");
      if (last.ends_with(framed("two"))) BOOST_TEST_EQ(receive_framed(client), "two");
      BOOST_TEST(test::is_closed_by_peer(client));
    }
  }
  for (int i = 0; i < 10; ++i)
    send_all(in_step(text), framed("call"));  // which closes: the answer finds nobody
  BOOST_TEST(in_time([&] { return text.server.connections() == 0; }));
  BOOST_TEST(net::Clock::now() - start < 10s);
}

// Nothing tells of it but a sweep.
void test_the_end_behind_the_last_call_of_a_client_in_step_is_noticed_by_a_sweep() {
  rpc::ServerOptions quick_sweeps;
  quick_sweeps.stalled = 40ms;
  TextServer text(quick_sweeps);
  for (int i = 0; i < 10; ++i) {
    const test::Socket client = in_step(text);
    send_all(client, framed("call"));
    ::shutdown(client.get(), SHUT_WR);
    BOOST_TEST_EQ(receive_framed(client), "call");
    BOOST_TEST(test::is_closed_by_peer(client));
  }
}

void test_slow_handlers_stall_nobody() {
  TextServer text;
  std::vector<test::Socket> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(text.connect());
    send_all(slow.back(), framed("first") + framed("wait") + framed("last"));
    // What was answered before the slow call does not wait for it.
    BOOST_TEST_EQ(receive_framed(slow.back()), "first");
  }
  BOOST_TEST(text.record->gate.await_inside(4));
  const test::Socket quick = text.connect();
  for (int i = 0; i < 100; ++i) {
    send_all(quick, framed("quick"));
    BOOST_TEST_EQ(receive_framed(quick), "quick");
  }
  text.record->gate.open();
  for (const test::Socket& client : slow) {
    BOOST_TEST_EQ(receive_framed(client), "wait");
    BOOST_TEST_EQ(receive_framed(client), "last");
    send_all(client, framed("again"));
    BOOST_TEST_EQ(receive_framed(client), "again");
  }
}

void test_a_handler_that_blocks_in_the_middle_of_a_round_leaves_the_others_their_turns() {
  TextServer text;
  constexpr int many = 12;
  std::vector<test::Socket> clients;
  for (int i = 0; i < many; ++i) clients.push_back(text.connect());
  // Many rounds, in which all take turns; then the one in the middle blocks its thread.
  for (int round = 0; round < 50; ++round) {
    for (const test::Socket& client : clients) send_all(client, framed("call"));
    for (const test::Socket& client : clients) BOOST_TEST_EQ(receive_framed(client), "call");
  }
  for (int i = 0; i < many; ++i) {
    send_all(clients[static_cast<std::size_t>(i)], framed(i == many / 2 ? "wait" : "other"));
  }
  for (int i = 0; i < many; ++i) {
    if (i != many / 2) BOOST_TEST_EQ(receive_framed(clients[static_cast<std::size_t>(i)]), "other");
  }
  BOOST_TEST(text.record->gate.await_inside(1));
  text.record->gate.open();
  BOOST_TEST_EQ(receive_framed(clients[many / 2]), "wait");
  send_all(clients[many / 2], framed("call"));
  BOOST_TEST_EQ(receive_framed(clients[many / 2]), "call");
}

void test_sessions_that_wait_for_their_turn_end_with_the_server() {
  for (int i = 0; i < 20; ++i) {
    TextServer text;
    std::vector<test::Socket> clients;
    for (int n = 0; n < 4; ++n) clients.push_back(text.connect());
    std::string calls;
    for (int n = 0; n < 50; ++n) calls += framed("call");
    for (const test::Socket& client : clients) send_all(client, calls);
    for (const test::Socket& client : clients) BOOST_TEST_EQ(receive_framed(client), "call");
    text.server.stop(0ms);
    BOOST_TEST(text.server.wait(10s));
    BOOST_TEST(in_time([&] { return text.record->handlers == 0; }));
  }
}

void test_bytes_that_are_no_message_end_their_connection_only() {
  TextServer text;
  const test::Socket good = text.connect(), bad = text.connect();
  send_all(bad, framed("before") + "GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST_EQ(receive_framed(bad), "before");
  BOOST_TEST(test::is_closed_by_peer(bad));
  BOOST_TEST(in_time([&] { return text.record->all_refused().size() == 1; }));
  const std::string refused = text.record->all_refused().at(0);
  BOOST_TEST(refused.starts_with("127.0.0.1:" + std::to_string(test::port_of(bad)) + " | "));
  BOOST_TEST(refused.find("HTTP") != std::string::npos);
  send_all(good, framed("still"));
  BOOST_TEST_EQ(receive_framed(good), "still");
}

void test_a_handler_can_close_after_its_answer() {
  TextServer text;
  const test::Socket client = text.connect();
  send_all(client, framed("one") + framed("close") + framed("never"));
  BOOST_TEST_EQ(receive_framed(client), "one");
  BOOST_TEST_EQ(receive_framed(client), "close");
  BOOST_TEST(test::is_closed_by_peer(client));
  BOOST_TEST(in_time([&] { return text.server.connections() == 0 && text.record->handlers == 0; }));
}

void test_a_client_that_never_reads_is_read_no_more() {
  ServerOptions options;
  options.unsent = 200'000;
  TextServer text(options);
  const test::Socket client = text.connect();
  // Each call asks for 100 kB. What the server keeps must stay near the limit, so it stops to take calls.
  std::string calls;
  for (int i = 0; i < 2000; ++i) calls += framed("big 100000");
  std::thread sender([&] { send_all(client, calls); });
  // Another one is served meanwhile.
  const test::Socket other = text.connect();
  for (int i = 0; i < 200; ++i) {
    send_all(other, framed("hello"));
    BOOST_TEST_EQ(receive_framed(other), "hello");
  }
  // Of 200 MB only what the system's buffers take (some MB) and the limit have been made.
  BOOST_TEST(text.record->batches < 200 + 500);
  // Once it reads, everything comes.
  for (int i = 0; i < 2000; ++i) {
    if (receive_framed(client).size() != 100'000u) {
      BOOST_ERROR("an answer is missing");
      break;
    }
  }
  sender.join();
}

void test_the_others_have_their_turn_however_much_a_client_asks_for() {
  TextServer text;
  const test::Socket client = text.connect(), other = text.connect();
  for (const test::Socket* each : {&client, &other}) {
    send_all(*each, framed("hello"));
    BOOST_TEST_EQ(receive_framed(*each), "hello");
  }
  std::string calls;
  for (int i = 0; i < 5000; ++i) calls += framed("x");
  for (int i = 0; i < 100; ++i) calls += framed("big 20000");
  std::thread sender([&] { send_all(client, calls); });
  for (int i = 0; i < 5000; ++i) BOOST_TEST_EQ(receive_framed(client), "x");
  for (int i = 0; i < 100; ++i) BOOST_TEST_EQ(receive_framed(client).size(), 20'000u);
  sender.join();
  BOOST_TEST(text.record->most_messages <= 128u);
  BOOST_TEST(text.record->most_bytes <= 65'536u + 20'004u);
}

void test_calls_are_read_while_answers_are_on_their_way() {
  TextServer text;
  const test::Socket client = text.connect();
  // 600 kB of answers are more than the sockets take and less than the limit: the second call is handled
  // before the first answer is read.
  send_all(client, framed("big 900000"));
  send_all(client, framed("wait"));
  BOOST_TEST(text.record->gate.await_inside(1));
  text.record->gate.open();
  BOOST_TEST_EQ(receive_framed(client).size(), 900'000u);
  BOOST_TEST_EQ(receive_framed(client), "wait");
}

void test_idle_half_sent_and_unread_connections_are_closed_in_time() {
  ServerOptions options;
  options.idle = 40ms;
  options.message = 40ms;
  options.stalled = 40ms;
  TextServer text(options);
  const test::Socket idle = text.connect(), called = text.connect(), half = text.connect();
  send_all(called, framed("hello"));
  BOOST_TEST_EQ(receive_framed(called), "hello");
  send_all(half, framed("hello").substr(0, 6));
  const auto before = net::Clock::now();
  BOOST_TEST(test::is_closed_by_peer(idle));
  BOOST_TEST(test::is_closed_by_peer(called));
  BOOST_TEST(test::is_closed_by_peer(half));
  BOOST_TEST(net::Clock::now() - before < 10s);
  const test::Socket deaf = text.connect();
  send_all(deaf, framed("big 16000000"));
  BOOST_TEST(in_time([&] { return text.server.connections() == 0; }));
  BOOST_TEST(text.record->all_refused().empty());
}

void test_a_message_that_trickles_in_is_bounded_as_a_whole() {
  ServerOptions options;
  options.idle = 10s;
  options.message = 60ms;
  TextServer text(options);
  const test::Socket client = text.connect();
  send_all(client, framed(std::string(100'000, 'x')).substr(0, 5));
  const auto before = net::Clock::now();
  // A byte whenever the server may have seen the last one: progress does not help.
  while (net::Clock::now() - before < 10s && test::send_some(client, "x") == 1) {
    if (net::wait_for(client.get(), true, false, 5).readable) break;
  }
  BOOST_TEST(test::is_closed_by_peer(client));
  BOOST_TEST(net::Clock::now() - before >= 50ms);
}

void test_a_message_that_makes_progress_may_take_longer() {
  ServerOptions options;
  options.message = 40ms;
  options.least_rate = 100'000;
  TextServer text(options);
  const test::Socket client = text.connect();
  const std::string call = framed(std::string(600'000, 'x'));
  const auto begin = net::Clock::now();
  std::size_t sent = 0;
  // About 3 MB a second, so that it takes five times the time for a message.
  while (sent < call.size()) {
    sent += static_cast<std::size_t>(test::send_some(client, call.substr(sent, 15'000)));
    net::wait_for(client.get(), true, false, 5);
  }
  BOOST_TEST(net::Clock::now() - begin > 3 * options.message);
  BOOST_TEST_EQ(receive_framed(client).size(), 600'000u);
  // The next one has a right to its own time, and no more.
  send_all(client, call.substr(0, 2'000));
  BOOST_TEST(test::is_closed_by_peer(client));
}

void test_a_slow_handler_is_not_idle() {
  ServerOptions options;
  options.idle = 20ms;
  TextServer text(options);
  const test::Socket client = text.connect();
  send_all(client, framed("wait"));
  BOOST_TEST(text.record->gate.await_inside(1));
  BOOST_TEST(!net::wait_for(client.get(), true, false, 200).readable);
  text.record->gate.open();
  BOOST_TEST_EQ(receive_framed(client), "wait");
}

void test_parked_connections_still_answer() {
  ServerOptions options;
  options.idle = 2s;
  options.message = 40ms;  // sweeps every 5 ms, so the connection is parked between the calls
  TextServer text(options);
  const test::Socket client = text.connect();
  for (int i = 0; i < 5; ++i) {
    send_all(client, framed("call"));
    BOOST_TEST_EQ(receive_framed(client), "call");
    net::wait_for(client.get(), true, false, 60);
  }
}

void test_connections_over_the_limit_wait_for_their_turn() {
  ServerOptions options;
  options.connections = 2;
  TextServer text(options);
  test::Socket first = text.connect();
  const test::Socket second = text.connect(), third = text.connect();
  for (const test::Socket* client : std::initializer_list<const test::Socket*>{&first, &second}) {
    send_all(*client, framed("hello"));
    BOOST_TEST_EQ(receive_framed(*client), "hello");
  }
  send_all(third, framed("later"));
  BOOST_TEST(!net::wait_for(third.get(), true, false, 50).readable);
  BOOST_TEST_EQ(text.server.connections(), 2u);
  first.close();
  BOOST_TEST_EQ(receive_framed(third), "later");
}

void test_without_descriptors_accepting_pauses_and_goes_on() {
  TextServer text;
  test::Socket first = text.connect();
  send_all(first, framed("hello"));
  BOOST_TEST_EQ(receive_framed(first), "hello");
  const test::Socket second(::socket(AF_INET, SOCK_STREAM, 0));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const sockaddr_in address = test::loopback(test::port_of(text.listener));
  BOOST_TEST_EQ(::connect(second.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  send_all(second, framed("late"));
  BOOST_TEST(in_time([&] {
    const std::lock_guard lock(text.record->mutex);
    return !text.record->warnings.empty();
  }));
  send_all(first, framed("still served"));
  BOOST_TEST_EQ(receive_framed(first), "still served");
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST_EQ(receive_framed(second), "late");
  const std::lock_guard lock(text.record->mutex);
  BOOST_TEST(text.record->warnings.at(0).ends_with("accepting pauses"));
  BOOST_TEST(text.record->warnings.size() < 100);
}

void test_stop_closes_idle_connections_and_ends_at_once() {
  TextServer text;
  const test::Socket idle = text.connect(), called = text.connect();
  for (const test::Socket* client : std::initializer_list<const test::Socket*>{&idle, &called}) {
    send_all(*client, framed("hello"));
    BOOST_TEST_EQ(receive_framed(*client), "hello");
  }
  BOOST_TEST(!text.server.wait(0ms));
  const auto before = net::Clock::now();
  text.server.stop(10s);
  BOOST_TEST(text.server.wait(10s));
  BOOST_TEST(net::Clock::now() - before < 2s);
  BOOST_TEST(test::is_closed_by_peer(idle));
  BOOST_TEST(test::is_closed_by_peer(called));
  BOOST_TEST_EQ(text.record->threads_started.load(), text.record->threads_stopped.load());
  BOOST_TEST_EQ(text.server.connections(), 0u);
}

void test_stop_lets_calls_in_flight_finish() {
  TextServer text;
  const test::Socket busy = text.connect(), half = text.connect();
  send_all(busy, framed("wait") + framed("behind it"));
  BOOST_TEST(text.record->gate.await_inside(1));
  const std::string call = framed("half");
  send_all(half, call.substr(0, 5));
  // Until the server has seen the half: it answers the other half after the stop.
  send_all(half, call.substr(5) + framed("second").substr(0, 5));
  BOOST_TEST_EQ(receive_framed(half), "half");
  text.server.stop(20s);
  send_all(half, framed("second").substr(5));
  BOOST_TEST_EQ(receive_framed(half), "second");
  BOOST_TEST(test::is_closed_by_peer(half));
  BOOST_TEST(!text.server.wait(10ms));
  text.record->gate.open();
  BOOST_TEST_EQ(receive_framed(busy), "wait");
  BOOST_TEST_EQ(receive_framed(busy), "behind it");
  BOOST_TEST(test::is_closed_by_peer(busy));
  BOOST_TEST(text.server.wait(10s));
}

void test_grace_ends_and_stuck_handlers_are_left_alone() {
  auto text = std::make_unique<TextServer>();
  const auto record = text->record;
  const test::Socket client = text->connect();
  send_all(client, framed("wait"));
  BOOST_TEST(record->gate.await_inside(1));
  text->server.stop(60s);
  BOOST_TEST(!text->server.wait(10ms));
  text->server.stop(20ms);  // a shorter grace replaces the long one
  BOOST_TEST(text->server.wait(10s));
  BOOST_TEST(test::is_closed_by_peer(client));
  text.reset();
  record->gate.open();
  BOOST_TEST(in_time([&] { return record->threads_started == record->threads_stopped; }));
  BOOST_TEST(in_time([&] { return record->handlers == 0; }));
}

void test_no_entered_call_is_lost_when_it_stops_under_load() {
  for (int round = 0; round < 5; ++round) {
    TextServer text;
    std::atomic<int> lost{0}, answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        const test::Socket client = text.connect();
        for (;;) {
          send_all(client, framed("call"));
          const std::string answer = receive_framed(client);
          if (answer == "call") {
            ++answered;
          } else {
            if (!answer.empty()) ++lost;
            return;
          }
        }
      });
    }
    BOOST_TEST(in_time([&] { return answered > 200; }));
    text.server.stop(5s);
    BOOST_TEST(text.server.wait(10s));
    for (std::thread& client : clients) client.join();
    BOOST_TEST_EQ(lost.load(), 0);
    // Each call that a handler took was answered.
    const std::lock_guard lock(text.record->mutex);
    BOOST_TEST_EQ(static_cast<int>(text.record->threads.size()), answered.load());
  }
}

void test_a_failed_listener_ends_the_server() {
  TextServer text;
  ::shutdown(text.listener.get(), SHUT_RDWR);
  BOOST_TEST(text.server.wait(10s));
  const std::lock_guard lock(text.record->mutex);
  BOOST_TEST(!text.record->warnings.empty());
}

void test_what_never_started_stops_and_vanishes() {
  TextServer text({}, false);
  BOOST_TEST_EQ(text.record->threads_started.load(), 0);
  text.server.stop(1s);
  BOOST_TEST(text.server.wait(1s));
  {
    TextServer never({}, false);
  }
  BOOST_TEST_EQ(text.record->threads_started.load(), 0);
}

void test_no_socket_no_server() {
  BOOST_TEST_THROWS(
      Server(net::no_socket, std::make_shared<test::TextFactory>(std::make_shared<test::Record>()),
             ServerOptions{}),
      TransportError);
}

void test_a_server_made_before_a_fork_serves_in_the_child() {
  TextServer text({}, false);
  const pid_t child = ::fork();
  if (child == 0) {
    text.server.start();
    ::_exit(text.server.wait(20s) ? 0 : 1);
  }
  {
    const test::Socket client = text.connect();
    send_all(client, framed("to the child"));
    BOOST_TEST_EQ(receive_framed(client), "to the child");
  }
  BOOST_TEST_EQ(text.record->threads_started.load(), 0);
  ::shutdown(text.listener.get(), SHUT_RDWR);
  int status = -1;
  BOOST_TEST_EQ(::waitpid(child, &status, 0), child);
  BOOST_TEST_EQ(status, 0);
}

void test_many_connections_leave_nothing_behind() {
  TextServer text;
  for (int i = 0; i < 1500; ++i) {
    const test::Socket client = text.connect();
    send_all(client, framed("hello"));
    if (i % 3 == 0) BOOST_TEST_EQ(receive_framed(client), "hello");
  }
  BOOST_TEST(in_time([&] { return text.server.connections() == 0; }));
  BOOST_TEST(in_time([&] { return text.record->handlers == 0; }));
}

void test_clients_of_all_kinds_at_once() {
  ServerOptions options;
  options.unsent = 50'000;
  TextServer text(options);
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back([&, i] {
      for (int round = 0; round < 30; ++round) {
        const test::Socket client = text.connect();
        const std::string name = std::to_string(i) + "/" + std::to_string(round);
        if (i == 0) {
          send_all(client, framed("big 300000"));  // gone before the answer
        } else if (i == 1) {
          send_all(client, "\xff\xff\xff\xff");
        } else {
          std::string calls;
          for (int n = 0; n < 20; ++n) calls += framed(name) + framed("big 20000");
          std::thread sender([&] { send_all(client, calls); });
          for (int n = 0; n < 20; ++n) {
            if (receive_framed(client) != name || receive_framed(client).size() != 20'000) ++wrong;
          }
          sender.join();
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  BOOST_TEST_EQ(wrong.load(), 0);
  BOOST_TEST(in_time([&] { return text.server.connections() == 0; }));
}

}  // namespace

void test_server() {
  test_a_server_made_before_a_fork_serves_in_the_child();  // first: no thread has run yet
  test_calls_are_answered_in_any_pieces();
  test_pipelined_calls_are_answered_in_order_and_in_few_batches();
  test_a_half_closed_client_gets_its_answers();
  test_a_client_in_step_may_do_otherwise_at_any_time();
  test_the_end_behind_the_last_bytes_of_a_client_in_step_is_noticed_at_once();
  test_the_end_behind_the_last_call_of_a_client_in_step_is_noticed_by_a_sweep();
  test_slow_handlers_stall_nobody();
  test_a_handler_that_blocks_in_the_middle_of_a_round_leaves_the_others_their_turns();
  test_sessions_that_wait_for_their_turn_end_with_the_server();
  test_bytes_that_are_no_message_end_their_connection_only();
  test_a_handler_can_close_after_its_answer();
  test_a_client_that_never_reads_is_read_no_more();
  test_the_others_have_their_turn_however_much_a_client_asks_for();
  test_calls_are_read_while_answers_are_on_their_way();
  test_idle_half_sent_and_unread_connections_are_closed_in_time();
  test_a_message_that_trickles_in_is_bounded_as_a_whole();
  test_a_message_that_makes_progress_may_take_longer();
  test_a_slow_handler_is_not_idle();
  test_parked_connections_still_answer();
  test_connections_over_the_limit_wait_for_their_turn();
  test_without_descriptors_accepting_pauses_and_goes_on();
  test_stop_closes_idle_connections_and_ends_at_once();
  test_stop_lets_calls_in_flight_finish();
  test_grace_ends_and_stuck_handlers_are_left_alone();
  test_no_entered_call_is_lost_when_it_stops_under_load();
  test_a_failed_listener_ends_the_server();
  test_what_never_started_stops_and_vanishes();
  test_no_socket_no_server();
  test_many_connections_leave_nothing_behind();
  test_clients_of_all_kinds_at_once();
}
