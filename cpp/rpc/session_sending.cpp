#include "rpc/session.hpp"

#include "net/socket.hpp"
#include "rpc/session_delivery.hpp"

#include <utility>

// How a session's answers leave: at once as far as the socket takes them, the rest behind its back.
namespace fastthrift::rpc {

using boost::system::error_code;

// Keeps the session alive while the rest of its answers is on the way.
struct Session::Sending {
  std::shared_ptr<Session> session;

  explicit Sending(std::shared_ptr<Session> alive) : session(std::move(alive)) {}
  Sending(Sending&&) = default;
  ~Sending() {
    // Dropped with the io_context: nobody else frees the coroutine that waits for the delivery.
    if (session && session->awaited_) std::exchange(session->awaited_, nullptr)->coroutine.destroy();
  }
};

void Session::send_answers() {
  if (answers_.empty()) return;
  if (sending_) {
    queue(std::move(answers_), 0);
    answers_.clear();
    return;
  }
  const net::Transfer sent = net::send_now(socket_.native_handle(), answers_.bytes());
  if (sent.error != 0 && !net::would_block(sent.error)) return close();
  has_sent_ = sent.bytes != 0;
  if (sent.bytes < answers_.size()) return queue(std::exchange(answers_, Buffer()), sent.bytes);
  answers_.clear();
  if (answers_.capacity() > most_room) answers_.release();
}

void Session::queue(Buffer&& answers, std::size_t sent) {
  if (sending_) {
    if (sent_ > unsent_.size() / 2) {
      unsent_.consume(sent_);
      sent_ = 0;
    }
    unsent_.append(answers.bytes().subspan(sent));
    return;
  }
  unsent_ = std::move(answers);
  sent_ = sent;
  progress_ = sessions_.now;
  send_rest();
}

void Session::send_rest() {
  sending_ = true;
  socket_.async_wait(Socket::wait_write, [this, sending = Sending(self_.lock())](error_code error) mutable {
    const std::shared_ptr<Session> alive = std::move(sending.session);
    Sessions& sessions = sessions_;
    sending_ = false;
    if (!error && !closed_) {
      const net::Transfer sent = net::send_now(socket_.native_handle(), unsent_.bytes().subspan(sent_));
      if (sent.bytes != 0) progress_ = sessions.now;
      sent_ += sent.bytes;
      if (sent.error != 0 && !net::would_block(sent.error)) {
        close();
      } else if (unsent() != 0) {
        send_rest();
      } else {
        unsent_.release();
        sent_ = 0;
        if (waiting_ == Waiting::call) since_ = sessions.now;
        if (sessions.draining) drain();
      }
    } else {
      close();
    }
    if (awaited_ && (closed_ || unsent() <= awaited_->most)) {
      std::exchange(awaited_, nullptr)->coroutine.resume();
      sessions.keep_leading();
    }
  });
}

// Sends what the framing has to say, if anything.
bool Session::speak() {
  framing_->speak(answers_);
  if (answers_.empty()) return false;
  send_answers();
  return true;
}

// With a word for the peer, where the framing has one.
void Session::give_up() {
  if (gave_up_ || !framing_->give_up()) return close();
  gave_up_ = true;
  error_code ignored;
  socket_.cancel(ignored);  // `run` goes on
}

// False: the peer has ended its stream, or sends so much that it will not stop.
bool Session::discard() {
  constexpr std::size_t piece = 1 << 14;
  in_.clear();
  const net::Transfer read = net::receive_now(socket_.native_handle(), in_.prepare(piece), piece);
  if (read.bytes == 0 && !net::would_block(read.error)) return false;
  discarded_ += static_cast<std::uint32_t>(read.bytes);
  return discarded_ < most_discarded;
}

// Before an orderly close: with unread bytes the system would send a reset, which may destroy the last
// answers on their way.
void Session::linger() {
  net::shut_down(socket_.native_handle(), false, true);
  std::uint8_t unread[4096];
  for (int i = 0; i < 16 && net::receive_now(socket_.native_handle(), unread, sizeof unread).bytes != 0;
       ++i) {
  }
}

}  // namespace fastthrift::rpc
