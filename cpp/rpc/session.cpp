#include "rpc/session.hpp"

#include "base/errors.hpp"
#include "net/listener.hpp"
#include "rpc/session_delivery.hpp"
#include "rpc/session_waits.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <span>

namespace fastthrift::rpc {

namespace asio = boost::asio;
using boost::system::error_code;

void Session::start(Sessions& sessions, net::SocketHandle handle, int family, HandlerFactory& factory,
                    const framing::Options& framing) {
  Socket socket(sessions.io().get_executor());
  error_code error;
  socket.assign(asio::generic::stream_protocol(family, 0), handle, error);
  if (error) return net::close(handle);
  socket.ask_for_rest();
  std::shared_ptr<Session> session(
      new Session(sessions, std::move(socket), factory.make_handler(handle), framing::make_framing(framing)));
  session->self_ = session;
  run(std::move(session));
}

Session::Session(Sessions& sessions, Socket socket, std::unique_ptr<Handler> handler,
                 std::unique_ptr<framing::Framing> framing)
    : sessions_(sessions),
      socket_(std::move(socket)),
      handler_(std::move(handler)),
      framing_(std::move(framing)),
      since_(sessions.now) {
  sessions_.opened(*this);
}

Session::~Session() { sessions_.ended(*this); }

void Session::go_on() { std::exchange(coroutine_, nullptr).resume(); }

void Session::abandon() { std::exchange(coroutine_, nullptr).destroy(); }

Detached Session::run(std::shared_ptr<Session> self) {
  Session& s = *self;
  try {
    std::string error;
    bool goes_on = true;
    while (goes_on && !s.closed_) {
      if (s.sessions_.draining && !s.has_request()) break;
      if (s.is_idle_) {
        Readable readable{s};
        co_await readable;
        s.is_idle_ = false;
        if (readable.error || s.closed_) break;
      }
      Receipt receipt{s};
      co_await receipt;
      if (receipt.error == asio::error::operation_aborted && s.is_idle_ && !s.closed_) {
        s.in_.release();
        continue;
      }
      if (receipt.error && s.gave_up_) {
        s.handler_->refused(net::peer_of(s.socket_.native_handle()), "a message took too long");
      }
      if (receipt.error || s.closed_) break;  // the end of the stream, too: all that came is answered
      s.take(receipt.came, receipt.asked);

      const std::size_t used = s.cut_messages(error);
      s.keep_step(used);
      s.answered_ = 0;
      while (goes_on && !s.closed_ && s.answered_ < s.messages_.size()) {
        co_await Handling{s};
        s.in_handler_ = false;
        s.answered_ += s.outcome_.messages;
        goes_on = !s.outcome_.close && (s.outcome_.messages != 0 || s.is_put_off_);
        if (!s.closed_) s.send_answers();
        if (s.closed_) break;
        if (s.unsent() > s.sessions_.unsent) {
          s.waiting_ = Waiting::delivery;
          co_await Delivery{s, s.sessions_.unsent / 2};
        }
      }
      s.consume(used);
      if (!goes_on || s.closed_) break;
      if (!error.empty()) {
        s.handler_->refused(net::peer_of(s.socket_.native_handle()), error);
        break;
      }
      s.speak();
      if (!s.closed_) co_await Others{s};
    }
    const bool was_refused = goes_on && !s.closed_ && s.speak();
    if (!s.closed_) {
      s.waiting_ = Waiting::delivery;
      co_await Delivery{s, 0};
    }
    if (!s.closed_) s.linger();
    // Who is still sending would not see why he was refused: closing on unread bytes resets the connection
    // (RFC 9112, section 9.6).
    s.waiting_ = Waiting::end;
    s.since_ = s.sessions_.now;
    while (was_refused && !s.closed_) {
      Readable readable{s};
      co_await readable;
      if (readable.error || s.closed_ || !s.discard()) break;
    }
  } catch (const std::exception&) {
    // Out of memory: this connection ends, the others go on.
  }
  s.in_handler_ = false;
  s.close();
}

Session::Handled Session::handle(bool has_others) {
  outcome_ = {};
  is_put_off_ = false;
  if (closed_) return Handled::done;
  in_handler_ = true;
  const std::size_t limit = sessions_.unsent, before = unsent();
  std::size_t most_bytes = before < limit ? limit - before : 1;
  std::span<const Bytes> messages = std::span(messages_).subspan(answered_);
  if (!sessions_.is_alone()) {
    most_bytes = std::min(most_bytes, share_bytes);
    messages = messages.first(std::min(messages.size(), share_messages));
  }
  Turn turn(sessions_.leadership(), most_bytes, has_others, sessions_.draining);
  outcome_ = handler_->answer(messages, *framing_, answers_, turn);
  is_put_off_ = has_others && outcome_.messages == 0 && !outcome_.close;
  if (!turn.end()) return Handled::lost_lead;
  in_handler_ = false;
  return is_put_off_ ? Handled::put_off : Handled::done;
}

void Session::return_to_leader() {
  // Once posted, the coroutine may run, and end, at any moment.
  static constexpr bool armed = true;
  asio::post(sessions_.io(), [&sessions = sessions_,
                              resumption = Resumption(std::exchange(coroutine_, nullptr), armed)]() mutable {
    resumption.resume();
    sessions.keep_leading();
  });
}

void Session::take(std::size_t came, std::size_t asked) {
  if (in_.empty()) since_ = sessions_.now;
  in_.commit(came);
  if (came == asked) room_ = std::min(room_ * 4, most_room);
}

std::size_t Session::read_size() const {
  const std::size_t wanted = framing_->wanted() > in_.size() ? framing_->wanted() - in_.size() : 0;
  // A message that is known to be long is read in larger pieces, but never far ahead of what has come.
  return std::max<std::size_t>(room_,
                               std::min(wanted, std::clamp<std::size_t>(in_.size(), room_, most_room)));
}

// Fills messages_ with the complete messages; returns how many bytes they take.
std::size_t Session::cut_messages(std::string& error) {
  messages_.clear();
  std::size_t used = 0;
  try {
    while (const auto extent = framing_->next(in_.bytes().subspan(used))) {
      messages_.push_back(in_.bytes().subspan(used + extent->begin, extent->end - extent->begin));
      used += extent->end;
    }
  } catch (const ProtocolError& refused) {
    error = refused.what();
  } catch (const TransportError& refused) {
    error = refused.what();
  }
  return used;
}

// Whoever waits for an answer has ended nothing. Anything but one whole message may be the last there is,
// with the end of the stream behind it, which its size did not tell: that is asked for.
void Session::keep_step(std::size_t used) {
  if (messages_.size() == 1 && used == in_.size()) {
    if (!is_in_step()) ++calls_in_step_;
    return;
  }
  broke_step_ = is_in_step();
  calls_in_step_ = 0;
}

void Session::consume(std::size_t used) {
  in_.consume(used);
  if (in_.empty()) {
    waiting_ = Waiting::call;
    since_ = sessions_.now;
    if (in_.capacity() > most_room) in_.release();
  } else {
    waiting_ = Waiting::rest_of_message;
    if (used != 0) since_ = sessions_.now;
  }
}

void Session::check(const Patience& patience) {
  if (in_handler_ || closed_) return;
  const std::uint32_t now = sessions_.now, age = now - since_;
  if (sending_) {
    if (patience.stalled != 0 && now - progress_ > patience.stalled) close();
    return;
  }
  if (waiting_ == Waiting::end) {
    if (age > patience.linger) close();
  } else if (waiting_ == Waiting::rest_of_message) {
    // A long message over a slow line is no attack; one that hardly moves is.
    if (patience.message != 0 && age > patience.message && in_.size() / age < patience.least_bytes) give_up();
  } else if (waiting_ == Waiting::call) {
    if (patience.idle != 0 && age > patience.idle) {
      close();
    } else if (age >= 2 && in_.empty() && !is_idle_) {
      answers_.release();
      std::vector<Bytes>().swap(messages_);
      room_ = least_room;
      is_idle_ = true;
      error_code ignored;
      socket_.cancel(ignored);  // the receipt, for the memory that it waits with
    }
  }
}

void Session::drain() {
  if (waiting_ == Waiting::end && !in_handler_ && !closed_) return close();
  if (in_handler_ || closed_ || sending_ || awaited_ || waiting_ != Waiting::call || has_request()) return;
  // What was read a moment ago comes in spite of this.
  error_code ignored;
  socket_.cancel(ignored);
}

// Or a part of one. What has arrived but was not read yet is in flight as well.
bool Session::has_request() {
  return !in_.empty() || net::wait_for(socket_.native_handle(), true, false, 0).readable;
}

void Session::close() {
  if (in_handler_) {
    // The thread inside the handler may be about to send: the descriptor stays its own until it is back.
    closed_ = true;
    net::shut_down(socket_.native_handle(), true, true);
    return;
  }
  if (!socket_.is_open()) return;
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace fastthrift::rpc
