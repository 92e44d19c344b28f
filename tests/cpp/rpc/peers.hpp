#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../net/sockets.hpp"
#include "rpc/server.hpp"

// A server whose messages are frames of text, so that tests say what they mean, and the other side of it.
namespace fastthrift::test {

inline std::string framed(std::string_view text) {
  std::string bytes(4, '\0');
  store_big_endian(reinterpret_cast<std::uint8_t*>(bytes.data()), static_cast<std::uint32_t>(text.size()));
  return bytes + std::string(text);
}

// The next frame; "" where the connection ends before.
inline std::string receive_framed(const Socket& socket) {
  const std::string head = receive(socket, 4);
  if (head.size() < 4) return "";
  return receive(socket, load_big_endian<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(head.data())));
}

// Handlers that wait here do so until the test lets them go.
class Gate {
 public:
  // By a handler: counts it in and waits.
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait_for(lock, patience, [this] { return open_; });
    --inside_;
    changed_.notify_all();
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  // By the test: true once `n` handlers wait.
  bool await_inside(int n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return inside_ == n; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

// What a server did, for all its connections.
struct Record {
  std::mutex mutex;
  std::vector<std::string> refused;
  std::vector<std::string> warnings;
  std::vector<std::thread::id> threads;  // of each answer
  std::atomic<int> batches{0};
  std::atomic<std::size_t> most_messages{0}, most_bytes{0};  // of a batch
  std::atomic<int> threads_started{0}, threads_stopped{0}, handlers{0};
  Gate gate;

  std::vector<std::string> all_refused() {
    const std::lock_guard lock(mutex);
    return refused;
  }
};

// "wait" passes the gate, "big N" answers N bytes, "silent" nothing (a oneway), "close" closes after its
// answer, all else is answered as it came.
class TextHandler final : public rpc::Handler {
 public:
  explicit TextHandler(Record& record) : record_(record) { ++record_.handlers; }
  ~TextHandler() override { --record_.handlers; }

  rpc::Answered answer(std::span<const Bytes> messages, framing::Framing& framing, Buffer& answers,
                       rpc::Turn& turn) override {
    turn.begin();
    ++record_.batches;
    rpc::Answered answered;
    for (const Bytes& message : messages) {
      const std::string text(message.begin(), message.end());
      if (text == "wait") {
        if (answered.messages != 0 || turn.has_others())
          break;  // known to be slow: what is ready goes out first
        record_.gate.pass();
      }
      {
        const std::lock_guard lock(record_.mutex);
        record_.threads.push_back(std::this_thread::get_id());
      }
      if (text != "silent") {
        const std::size_t start = framing.begin(answers);
        if (text.starts_with("big ")) {
          const std::size_t n = std::stoul(text.substr(4));
          std::memset(answers.extend(n), 'b', n);
        } else {
          answers.append(text);
        }
        framing.end(answers, start);
      }
      ++answered.messages;
      if (text == "close") answered.close = true;
      if (answered.close || turn.is_over(answers.size())) break;
    }
    for (const auto& [most, now] :
         {std::pair{&record_.most_messages, answered.messages}, {&record_.most_bytes, answers.size()}}) {
      if (*most < now) *most = now;  // by the one thread that leads
    }
    return answered;
  }
  void refused(const std::string& peer, const std::string& error) override {
    const std::lock_guard lock(record_.mutex);
    record_.refused.push_back(peer + " | " + error);
  }

 private:
  Record& record_;
};

class TextFactory final : public rpc::HandlerFactory {
 public:
  explicit TextFactory(std::shared_ptr<Record> record) : record_(std::move(record)) {}
  std::unique_ptr<rpc::Handler> make_handler(net::SocketHandle) override {
    return std::make_unique<TextHandler>(*record_);
  }
  void warn(const std::string& text) override {
    const std::lock_guard lock(record_->mutex);
    record_->warnings.push_back(text);
  }
  void thread_started() override { ++record_->threads_started; }
  void thread_stops() override { ++record_->threads_stopped; }

 private:
  std::shared_ptr<Record> record_;
};

// A server on a port of the system's choice.
struct TextServer {
  std::shared_ptr<Record> record = std::make_shared<Record>();
  Socket listener = listening();
  rpc::Server server;

  explicit TextServer(rpc::ServerOptions options = {}, bool started = true)
      : server(listener.get(), std::make_shared<TextFactory>(record), framed_options(options)) {
    if (started) server.start();
  }
  Socket connect() const { return connected(port_of(listener)); }
  static rpc::ServerOptions framed_options(rpc::ServerOptions options) {
    options.framing.kind = framing::Kind::framed;
    return options;
  }
};

// Waits, bounded, for what no event tells.
inline bool in_time(const std::function<bool()>& claim) {
  const auto deadline = net::Deadline::after(patience);
  while (!claim()) {
    if (deadline.has_passed()) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace fastthrift::test
