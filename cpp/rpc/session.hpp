#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/version.hpp>
#if BOOST_VERSION >= 108700
#include <boost/asio/config.hpp>
#endif

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "framing/framing.hpp"
#include "net/socket.hpp"
#include "rpc/coroutine.hpp"
#include "rpc/handler.hpp"
#include "rpc/leadership.hpp"
#include "rpc/round.hpp"
#include "rpc/socket.hpp"

namespace fastthrift::rpc {

class Session;

// What all sessions of a server share.
class Sessions {
 public:
  virtual ~Sessions() = default;
  // This thread came back from a handler and leads no more: it is to leave the event loop when it gets there.
  virtual void lose_lead() = 0;
  // At the end of each operation that resumed a session: leaves the event loop if so.
  virtual void keep_leading() = 0;
  // Nobody else is connected.
  virtual bool is_alone() const = 0;
  virtual void opened(Session& session) = 0;
  virtual void ended(Session& session) = 0;

  boost::asio::io_context& io() { return *io_; }
  Leadership& leadership() { return leadership_; }
  Round& round() { return round_; }

  // Counts the sweeps: the clock of all deadlines, which costs nothing to read.
  std::uint32_t now = 0;
  // The server stops: sessions end as soon as nothing is in flight. Handlers look at it on any thread.
  std::atomic<bool> draining{false};
  std::size_t unsent = 0;  // the limit of ServerOptions

 private:
  static std::unique_ptr<boost::asio::io_context> make_io() {
#if BOOST_VERSION >= 108700
    // All operations of sockets begin and end in the leading thread: without locks a request costs 3 % less.
    return std::make_unique<boost::asio::io_context>(boost::asio::config_from_string("reactor.io_locking=0"));
#else
    return std::make_unique<boost::asio::io_context>();
#endif
  }

 protected:
  Sessions(std::size_t handler_threads, HandlerFactory& factory)
      : leadership_(handler_threads), round_(*this, factory), io_(make_io()) {}

  Leadership leadership_;
  Round round_;
  // Destroyed by the derived class, before what sessions refer to: it frees the coroutines that are left.
  std::unique_ptr<boost::asio::io_context> io_;
};

// The deadlines, in sweeps; 0: none.
struct Patience {
  std::uint32_t idle = 0;
  std::uint32_t message = 0;
  std::size_t least_bytes = 0;  // a sweep, for a message that takes longer
  std::uint32_t stalled = 0;
  std::uint32_t linger = 1;  // for a client that was refused to stop sending
};

// One connection of a server. Its coroutine `run` reads, hands complete messages to the handler and writes
// the answers; what the socket does not take at once is delivered behind its back while it reads on.
// Everything here belongs to the leading thread, except from the moment when the handler is entered until
// `run` has come back to the leader: in between
// (`in_handler`) nobody else touches the session but `send_rest`, and that only if it was under way before.
class Session {
 public:
  // Takes over the socket, also where it throws, and starts.
  static void start(Sessions& sessions, net::SocketHandle socket, int family, HandlerFactory& factory,
                    const framing::Options& framing);
  ~Session();
  Session(const Session&) = delete;

  bool is_in_handler() const { return in_handler_; }
  // Once per sweep: closes what has outlived its patience, and takes the memory of what is idle.
  void check(const Patience& patience);
  // The server drains: ends unless something is in flight.
  void drain();
  // At once, whatever is in flight.
  void close();

  // What a round does with a session that waits in it: the handler gets its messages (`put_off`: a handler
  // known to be slow, which others with answers should not wait for; `lost_lead`: another thread leads now),
  enum class Handled : std::uint8_t { done, put_off, lost_lead };
  Handled handle(bool has_others);
  // ... goes on,
  void go_on();
  // ... goes on with the leader, whatever thread this is,
  void return_to_leader();
  // ... or is freed, because the server has ended.
  void abandon();

  Session* before = nullptr;  // the list of all sessions
  Session* behind = nullptr;
  Session* next_in_round = nullptr;  // behind it in a queue of the round

 private:
  static constexpr std::uint32_t least_room = 1024, most_room = 1 << 18, most_discarded = 1 << 20;
  // The client seems to wait for each answer: from so many calls on, which came one by one.
  static constexpr std::uint8_t most_in_step = 16;
  // What a connection gets answered before the others have their turn: a thousand that ask for megabytes
  // without a pause delay everybody else's call by a thousand times that.
  static constexpr std::size_t share_bytes = 1 << 16, share_messages = 128;

  struct Receipt;
  template <class T>
  class ReceiptAllocator;
  struct ReceiptMemory {
    alignas(std::max_align_t) std::byte bytes[256];
    bool is_used = false;
  };
  struct Readable;
  struct Others;
  struct Handling;
  struct Delivery;
  struct Sending;
  enum class Waiting : std::uint8_t { call, rest_of_message, delivery, end };

  Session(Sessions& sessions, Socket socket, std::unique_ptr<Handler> handler,
          std::unique_ptr<framing::Framing> framing);
  static Detached run(std::shared_ptr<Session> self);

  bool has_request();
  void take(std::size_t came, std::size_t asked);
  bool is_in_step() const { return calls_in_step_ == most_in_step; }
  void keep_step(std::size_t used);
  std::size_t read_size() const;
  std::size_t cut_messages(std::string& error);
  void consume(std::size_t used);
  void send_answers();
  void queue(Buffer&& answers, std::size_t sent);
  void send_rest();
  std::size_t unsent() const { return unsent_.size() - sent_; }
  bool speak();
  void give_up();
  void linger();
  bool discard();

  Sessions& sessions_;
  Socket socket_;
  std::weak_ptr<Session> self_;
  std::unique_ptr<Handler> handler_;
  std::unique_ptr<framing::Framing> framing_;

  Buffer in_;  // from the first byte that no message has used
  std::vector<Bytes> messages_;
  std::size_t answered_ = 0;  // of them
  Answered outcome_;          // of the handler's last turn
  Buffer answers_;            // of that turn
  Buffer unsent_;             // answers that the socket did not take yet: from sent_ on
  std::size_t sent_ = 0;
  Delivery* awaited_ = nullptr;      // the coroutine waits until few enough are unsent
  std::uint32_t since_ = 0;          // when the present wait began
  std::uint32_t room_ = least_room;  // how much is read at once
  std::uint32_t progress_ = 0;       // when the socket last took something
  std::uint32_t discarded_ = 0;      // bytes that came after the end
  Waiting waiting_ = Waiting::call;
  bool sending_ = false;  // send_rest is under way
  bool in_handler_ = false;
  bool is_put_off_ = false;  // the handler left its messages for another turn
  bool closed_ = false;
  bool gave_up_ = false;     // the rest of a message did not come in time
  bool is_idle_ = false;     // waits, or is about to, without memory
  bool has_sent_ = false;    // something, since it was read last
  bool is_drained_ = false;  // with what was read last nothing more had come
  bool broke_step_ = false;  // with what was read last
  std::uint8_t calls_in_step_ = 0;
  ReceiptMemory receipt_memory_;
  std::coroutine_handle<> coroutine_;  // while it waits in the round
};

}  // namespace fastthrift::rpc
