// The other end of the RPC rows, without Thrift in it:
//   load call PORT CONNECTIONS DEPTH SECONDS   sends `string echo(1: string)` and counts the answers
//   load post PORT CONNECTIONS KEEP SECONDS    the same by HTTP; KEEP 0: a connection for each request
//   load answer PORT                           answers each such request, at the least cost there is
// One thread, epoll. Request and answer are binary, unframed, of one fixed size, so neither is parsed.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// CALL "echo", sequence id 0, field 1: a string of 32 bytes, stop.
const std::string kRequest = std::string(
                                 "\x80\x01\x00\x01\x00\x00\x00\x04"
                                 "echo\x00\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x20",
                                 23) +
                             std::string(32, 'x') + std::string(1, '\0');
constexpr size_t kTypeAt = 3, kFieldIdAt = 18;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    ssize_t n = send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("send");
    data.remove_prefix(static_cast<size_t>(n));
  }
}

int connected(int poll, size_t i, int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  no_delay(fd);
  epoll_event event{EPOLLIN, {.u64 = i}};
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  return fd;
}

struct Score {
  long answers = 0;
  std::vector<float> latencies;  // microseconds
  Clock::time_point now;

  void time(Clock::time_point sent) {
    latencies.push_back(std::chrono::duration<float, std::micro>(now - sent).count());
  }
};

// Calls `begin()`, then `received(i, bytes, score)` for what each connection brings until the time is over;
// no bytes are its end. Prints the score.
template <class Begin, class Received>
int run(int poll, double seconds, Begin&& begin, Received&& received, const std::vector<int>& descriptors) {
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  begin();
  Score score;
  std::vector<char> buffer(1 << 16);
  epoll_event events[256];
  for (score.now = start; score.now < end;) {
    int n = epoll_wait(poll, events, 256, 5000);
    if (n == 0) {
      std::fprintf(stderr, "no answer within five seconds\n");
      return 1;
    }
    score.now = Clock::now();
    for (int i = 0; i < n; ++i) {
      const size_t which = events[i].data.u64;
      ssize_t got = recv(descriptors[which], buffer.data(), buffer.size(), 0);
      if (got < 0) fail("recv");
      received(which, std::string_view(buffer.data(), static_cast<size_t>(got)), score);
    }
  }
  const double taken = std::chrono::duration<double>(score.now - start).count();
  std::sort(score.latencies.begin(), score.latencies.end());
  auto at = [&](double part) {
    const size_t last = score.latencies.empty() ? 0 : score.latencies.size() - 1;
    return score.latencies.empty() ? 0.f
                                   : score.latencies[static_cast<size_t>(part * static_cast<double>(last))];
  };
  std::printf("{\"answers\": %ld, \"seconds\": %.6f, \"p50\": %.2f, \"p99\": %.2f}\n", score.answers, taken,
              at(0.5), at(0.99));
  return 0;
}

int call(int port, int connections, int depth, double seconds) {
  std::string batch;
  for (int i = 0; i < depth; ++i) batch += kRequest;
  struct Connection {
    size_t received = 0;  // of the answer that has begun
    Clock::time_point sent{};
  };
  int poll = epoll_create1(0);
  std::vector<Connection> all(static_cast<size_t>(connections));
  std::vector<int> descriptors;
  for (size_t i = 0; i < all.size(); ++i) descriptors.push_back(connected(poll, i, port));
  const auto begin = [&] {
    for (size_t i = 0; i < all.size(); ++i) {
      all[i].sent = Clock::now();
      send_all(descriptors[i], batch);
    }
  };
  const auto received = [&](size_t i, std::string_view bytes, Score& score) {
    if (bytes.empty()) fail("recv");
    Connection& c = all[i];
    c.received += bytes.size();
    size_t complete = c.received / kRequest.size();
    if (complete == 0) return;
    c.received %= kRequest.size();
    score.answers += static_cast<long>(complete);
    if (depth == 1) score.time(c.sent);
    c.sent = score.now;
    send_all(descriptors[i], std::string_view(batch).substr(0, complete * kRequest.size()));
  };
  return run(poll, seconds, begin, received, descriptors);
}

// The request that is under way on a connection of HTTP.
struct Exchange {
  std::string answer;
  Clock::time_point sent{};

  // Without a length it is the end of the connection that completes it.
  bool is_complete() const {
    const size_t head = answer.find("\r\n\r\n"), field = answer.find("\r\nContent-Length: ");
    if (head == std::string::npos || field == std::string::npos || field > head) return false;
    return answer.size() >= head + 4 + std::strtoul(answer.c_str() + field + 18, nullptr, 10);
  }
};

int post(int port, int connections, bool keep, double seconds) {
  const std::string request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-thrift\r\n" +
                              std::string(keep ? "" : "Connection: close\r\n") +
                              "Content-Length: " + std::to_string(kRequest.size()) + "\r\n\r\n" + kRequest;
  int poll = epoll_create1(0);
  std::vector<Exchange> all(static_cast<size_t>(connections));
  std::vector<int> descriptors(all.size(), -1);
  const auto ask = [&](size_t i) {
    all[i].answer.clear();
    all[i].sent = Clock::now();
    if (descriptors[i] < 0) descriptors[i] = connected(poll, i, port);
    send_all(descriptors[i], request);
  };
  const auto begin = [&] {
    for (size_t i = 0; i < all.size(); ++i) ask(i);
  };
  const auto received = [&](size_t i, std::string_view bytes, Score& score) {
    Exchange& c = all[i];
    c.answer.append(bytes);
    if (!bytes.empty() && !c.is_complete()) return;
    if (c.answer.find(" 200 ") != 8) {
      std::fprintf(stderr, "no 200: %s\n", c.answer.c_str());
      std::exit(1);
    }
    ++score.answers;
    score.time(c.sent);
    if (bytes.empty() || !keep) {
      close(descriptors[i]);
      descriptors[i] = -1;
    }
    ask(i);
  };
  return run(poll, seconds, begin, received, descriptors);
}

int answer(int port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(listener, 4096) != 0) fail("listen");
  int poll = epoll_create1(0);
  epoll_event event{EPOLLIN, {.fd = listener}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  std::vector<std::string> pending;  // by descriptor: the request that has begun
  std::vector<char> buffer(1 << 16);
  epoll_event events[256];
  for (;;) {
    int n = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < n; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int accepted = accept(listener, nullptr, nullptr);
        if (accepted < 0) continue;
        no_delay(accepted);
        if (pending.size() <= static_cast<size_t>(accepted))
          pending.resize(static_cast<size_t>(accepted) + 1);
        pending[static_cast<size_t>(accepted)].clear();
        event = {EPOLLIN, {.fd = accepted}};
        epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &event);
        continue;
      }
      ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        close(fd);
        continue;
      }
      std::string& bytes = pending[static_cast<size_t>(fd)];
      bytes.append(buffer.data(), static_cast<size_t>(got));
      size_t whole = bytes.size() / kRequest.size() * kRequest.size();
      for (size_t at = 0; at < whole; at += kRequest.size()) {
        bytes[at + kTypeAt] = 2;     // REPLY
        bytes[at + kFieldIdAt] = 0;  // success
      }
      if (whole > 0) send(fd, bytes.data(), whole, MSG_NOSIGNAL);
      bytes.erase(0, whole);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "call" && argc == 6) {
    return call(std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), std::atof(argv[5]));
  }
  if (mode == "post" && argc == 6) {
    return post(std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]) != 0, std::atof(argv[5]));
  }
  if (mode == "answer" && argc == 3) return answer(std::atoi(argv[2]));
  std::fprintf(stderr,
               "usage: load call PORT CONNECTIONS DEPTH SECONDS | load post PORT CONNECTIONS KEEP SECONDS | "
               "load answer PORT\n");
  return 2;
}
