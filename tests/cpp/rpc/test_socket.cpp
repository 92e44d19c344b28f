#include "rpc/socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/core/lightweight_test.hpp>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "../net/sockets.hpp"

using namespace fastthrift;
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// What became of a receive.
struct Outcome {
  error_code error;
  std::string text;
  bool is_drained = false;
};

// The server's end of a connection, and who waits for what it receives.
class End {
 public:
  explicit End(test::Socket socket, int family = AF_INET) : socket_(std::in_place, io_->get_executor()) {
    // As a session does: the descriptor is the socket's from now on.
    socket_->assign(asio::generic::stream_protocol(family, 0), ::dup(socket.get()));
    socket_->ask_for_rest();
  }

  void receive(std::size_t most = sizeof(bytes_), bool asks_anew = false, bool trusts_size = false) {
    outcome_.reset();
    socket_->receive(bytes_, most, Completion{this, alive_}, asks_anew, trusts_size);
  }
  // Waits until the receive is over.
  Outcome outcome() {
    io_->restart();
    const auto end = std::chrono::steady_clock::now() + test::patience;
    while (!outcome_ && std::chrono::steady_clock::now() < end) io_->run_one_until(end);
    BOOST_TEST(outcome_.has_value());
    return outcome_.value_or(Outcome{});
  }
  // What was received without waiting; nothing where the receive waits still.
  std::optional<Outcome> outcome_now() {
    io_->restart();
    while (io_->poll_one() != 0) {
    }
    return outcome_;
  }
  rpc::Socket& socket() { return *socket_; }
  // How many completions there are that were neither called nor dropped.
  long waiting() const { return alive_.use_count() - 1; }
  void destroy() {
    socket_.reset();
    io_.reset();
  }

 private:
  struct Completion {
    End* end;
    std::shared_ptr<int> alive;
    bool is_drained = false;

    using allocator_type = std::allocator<std::byte>;
    allocator_type get_allocator() const noexcept { return {}; }
    void drained(bool is_drained_now) { is_drained = is_drained_now; }
    void operator()(error_code error, std::size_t bytes) {
      end->outcome_ = Outcome{error, std::string(end->bytes_, end->bytes_ + bytes), is_drained};
    }
  };

  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>();
  std::optional<rpc::Socket> socket_;
  std::optional<Outcome> outcome_;
  std::uint8_t bytes_[64];
};

void test_what_is_there_already_is_received() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "hello");
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "hello");
  BOOST_TEST_EQ(end.waiting(), 0);
}

void test_what_comes_later_is_received_each_time() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  for (const char* each : {"one", "two", "three", "four"}) {
    end.receive();
    BOOST_TEST(!end.outcome_now().has_value());
    test::send_all(far, each);
    BOOST_TEST_EQ(end.outcome().text, each);
  }
}

void test_what_comes_while_nobody_waits_is_received() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "one");
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "one");
  test::send_all(far, "two");
  end.outcome_now();  // the event comes when there is no operation for it
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "two");
  test::send_all(far, "three");  // and here it comes behind the operation
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "three");
}

void test_what_a_short_buffer_left_comes_at_once() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "hello world");
  std::string text;
  while (text.size() < 11) {
    end.receive(4);
    const Outcome piece = end.outcome();
    BOOST_TEST(!piece.error);
    if (piece.error) return;
    text += piece.text;
    if (text.size() < 11) BOOST_TEST(!piece.is_drained);
  }
  BOOST_TEST_EQ(text, "hello world");
}

// One event tells of both, so that the end must not wait for another.
void test_an_end_that_came_with_the_last_bytes_is_noticed() {
  for (int i = 0; i < 50; ++i) {
    auto [near, far] = test::tcp_pair();
    End end(std::move(near));
    end.receive();
    test::send_all(far, "last");
    ::shutdown(far.get(), SHUT_WR);
    BOOST_TEST_EQ(end.outcome().text, "last");
    end.receive();
    BOOST_TEST(end.outcome().error == asio::error::eof);
  }
}

void test_an_end_that_comes_later_is_noticed() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "last");
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "last");
  end.receive();
  BOOST_TEST(!end.outcome_now().has_value());
  far.close();
  BOOST_TEST(end.outcome().error == asio::error::eof);
}

void test_a_reset_is_an_error() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  end.receive();
  BOOST_TEST(!end.outcome_now().has_value());
  const linger at_once{1, 0};
  ::setsockopt(far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  far.close();
  BOOST_TEST(end.outcome().error == asio::error::connection_reset);
}

// Nothing is left to be read then, and there is no other event.
void test_a_reset_that_came_with_the_last_bytes_is_noticed_by_asking_anew() {
  for (int i = 0; i < 50; ++i) {
    auto [near, far] = test::tcp_pair();
    End end(std::move(near));
    end.receive();
    BOOST_TEST(!end.outcome_now().has_value());
    test::send_all(far, "last");
    const linger at_once{1, 0};
    ::setsockopt(far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    far.close();
    const Outcome last = end.outcome();
    if (last.error) continue;  // the system has dropped the bytes
    BOOST_TEST_EQ(last.text, "last");
    end.receive(4, true);
    BOOST_TEST(end.outcome().error == asio::error::connection_reset);
  }
}

void test_asking_anew_tells_of_what_is_there_and_of_what_comes() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "one");
  end.receive(64, true);
  BOOST_TEST_EQ(end.outcome().text, "one");
  end.receive(64, true);
  BOOST_TEST(!end.outcome_now().has_value());
  test::send_all(far, "two");
  BOOST_TEST_EQ(end.outcome().text, "two");
}

#if FASTTHRIFT_OWN_RECEIVE
void test_fewer_bytes_than_there_is_room_for_say_that_no_more_have_come() {
  for (int family : {AF_INET, AF_UNIX}) {
    auto [near, far] = family == AF_INET ? test::tcp_pair() : test::socket_pair();
    End end(std::move(near), family);
    for (const char* each : {"one", "two", "three"}) {
      end.receive(64, false, true);
      test::send_all(far, each);
      const Outcome outcome = end.outcome();
      BOOST_TEST_EQ(outcome.text, each);
      BOOST_TEST(outcome.is_drained);
    }
    test::send_all(far, "whole and rest");
    end.receive(5, false, true);
    const Outcome full = end.outcome();
    BOOST_TEST_EQ(full.text, "whole");
    BOOST_TEST(!full.is_drained);
    end.receive(64, false, true);
    BOOST_TEST_EQ(end.outcome().text, " and rest");
    end.receive(64, false, true);
    BOOST_TEST(!end.outcome_now().has_value());
    far.close();
    const Outcome last = end.outcome();
    BOOST_TEST(last.error == asio::error::eof);
    BOOST_TEST(!last.is_drained);
  }
}

// What the size does not tell, asking anew does.
void test_an_end_behind_the_last_bytes_is_noticed_by_asking_anew() {
  for (int i = 0; i < 50; ++i) {
    auto [near, far] = test::tcp_pair();
    End end(std::move(near));
    end.receive(64, false, true);
    test::send_all(far, "last");
    ::shutdown(far.get(), SHUT_WR);
    BOOST_TEST_EQ(end.outcome().text, "last");
    end.receive(64, true, true);
    BOOST_TEST(end.outcome().error == asio::error::eof);
  }
}
#endif

void test_a_unix_socket_is_received_from_as_well() {
  auto [near, far] = test::socket_pair();
  End end(std::move(near), AF_UNIX);
  for (const char* each : {"one", "two"}) {
    end.receive();
    test::send_all(far, each);
    const Outcome outcome = end.outcome();
    BOOST_TEST_EQ(outcome.text, each);
    BOOST_TEST(!outcome.is_drained);
  }
  test::send_all(far, "last");
  far.close();
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "last");
  end.receive();
  BOOST_TEST(end.outcome().error == asio::error::eof);
}

#if defined(SCM_RIGHTS)
// A peer cannot hand its descriptors to the server.
void test_descriptors_that_come_along_are_not_taken() {
  auto [near, far] = test::socket_pair();
  End end(std::move(near), AF_UNIX);
  const int before = ::dup(far.get());
  ::close(before);  // the lowest number that is free
  char byte = 'x';
  iovec piece{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  const int handle = far.get();
  std::memcpy(CMSG_DATA(head), &handle, sizeof handle);
  BOOST_TEST_EQ(::sendmsg(far.get(), &message, 0), 1);
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "x");
  const int behind = ::dup(far.get());
  ::close(behind);
  BOOST_TEST_EQ(behind, before);
}
#endif

void test_a_cancelled_receive_ends_and_the_next_one_works() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "one");
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "one");
  end.receive();
  end.socket().cancel();
  BOOST_TEST(end.outcome().error == asio::error::operation_aborted);
  test::send_all(far, "two");
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "two");
}

// A session that is idle waits without a buffer.
void test_a_wait_after_a_receive_is_told_of_what_comes() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "one");
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "one");
  bool is_readable = false;
  end.socket().async_wait(rpc::Socket::wait_read, [&](error_code error) { is_readable = !error; });
  end.outcome_now();
  BOOST_TEST(!is_readable);
  test::send_all(far, "two");
  const auto deadline = net::Deadline::after(test::patience);
  while (!is_readable && !deadline.has_passed()) end.outcome_now();
  BOOST_TEST(is_readable);
  end.receive();
  BOOST_TEST_EQ(end.outcome().text, "two");
}

void test_closing_ends_a_receive() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  end.receive();
  end.socket().close();
  BOOST_TEST(end.outcome().error == asio::error::operation_aborted);
}

void test_a_receive_that_is_under_way_at_the_end_is_dropped() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  end.receive();
  BOOST_TEST_EQ(end.waiting(), 1);
  end.destroy();
  BOOST_TEST_EQ(end.waiting(), 0);
}

void test_a_receive_that_is_over_but_not_told_at_the_end_is_dropped() {
  auto [near, far] = test::tcp_pair();
  End end(std::move(near));
  test::send_all(far, "hello");
  net::wait_for(end.socket().native_handle(), true, false, 20'000);
  end.receive();
  end.destroy();
  BOOST_TEST_EQ(end.waiting(), 0);
}

}  // namespace

void test_socket() {
  test_what_is_there_already_is_received();
  test_what_comes_later_is_received_each_time();
  test_what_comes_while_nobody_waits_is_received();
  test_what_a_short_buffer_left_comes_at_once();
  test_an_end_that_came_with_the_last_bytes_is_noticed();
  test_an_end_that_comes_later_is_noticed();
  test_a_reset_is_an_error();
  test_a_reset_that_came_with_the_last_bytes_is_noticed_by_asking_anew();
  test_asking_anew_tells_of_what_is_there_and_of_what_comes();
#if FASTTHRIFT_OWN_RECEIVE
  test_fewer_bytes_than_there_is_room_for_say_that_no_more_have_come();
  test_an_end_behind_the_last_bytes_is_noticed_by_asking_anew();
#endif
  test_a_unix_socket_is_received_from_as_well();
#if defined(SCM_RIGHTS)
  test_descriptors_that_come_along_are_not_taken();
#endif
  test_a_cancelled_receive_ends_and_the_next_one_works();
  test_a_wait_after_a_receive_is_told_of_what_comes();
  test_closing_ends_a_receive();
  test_a_receive_that_is_under_way_at_the_end_is_dropped();
  test_a_receive_that_is_over_but_not_told_at_the_end_is_dropped();
}
