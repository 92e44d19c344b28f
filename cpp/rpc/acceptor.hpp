#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <string>

#include "net/deadline.hpp"
#include "net/listener.hpp"
#include "net/socket.hpp"
#include "rpc/session.hpp"

namespace fastthrift::rpc {

// Accepts connections, some at once, and pauses where the system or the server has no room for more. Belongs
// to the leading thread once it has started.
class Acceptor {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual bool has_room() const = 0;
    // Takes over the socket.
    virtual void accepted(const net::Accepted& accepted) = 0;
    // Said once a second at the most: at the limit each connection that ends would be worth a word. Empty:
    // there is no room.
    virtual void accepting_pauses(const std::string& why) = 0;
    virtual void listener_failed(const std::string& why) = 0;
  };

  // Takes a duplicate of `listener` and makes it non-blocking. Throws TransportError.
  Acceptor(boost::asio::io_context& io, Owner& owner, net::SocketHandle listener);

  void start() { await_connection(); }
  // A connection has ended.
  void has_room_again();
  void stop();

 private:
  void await_connection();
  void accept_some();
  void pause(const std::string& why);
  void warn_seldom(const std::string& why);

  Owner& owner_;
  Socket listener_;
  boost::asio::steady_timer pause_;
  std::optional<net::Clock::time_point> warned_;
  bool stopped_ = false;
  bool full_ = false;  // accepting goes on when a connection ends
};

}  // namespace fastthrift::rpc
