#include "rpc/server.hpp"

#include "base/errors.hpp"
#include "net/deadline.hpp"
#include "net/listener.hpp"
#include "rpc/acceptor.hpp"
#include "rpc/session.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>

#if !defined(_WIN32)
#include <unistd.h>
#endif

namespace fastthrift::rpc {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds failure_grace{5000};
constexpr milliseconds lingering{1000};

// Leaves io_context::run on a thread that does not lead any more.
struct Demoted {};
thread_local bool lost_lead = false;

milliseconds sweep_period(const ServerOptions& options) {
  milliseconds shortest{8000};
  for (const milliseconds patience : {options.idle, options.message, options.stalled}) {
    if (patience.count() > 0) shortest = std::min(shortest, patience);
  }
  return std::clamp(shortest / 8, milliseconds{5}, milliseconds{1000});
}

std::uint32_t in_sweeps(milliseconds patience, milliseconds period) {
  if (patience.count() <= 0) return 0;
  const auto sweeps = (patience.count() + period.count() - 1) / period.count();
  return static_cast<std::uint32_t>(std::min<long long>(sweeps, 0x7fffffff));
}

// At least 1, so that a message cannot stand still.
std::size_t in_a_sweep(std::size_t bytes_a_second, milliseconds period) {
  const auto ms = static_cast<std::size_t>(period.count());
  return std::max<std::size_t>(1, bytes_a_second / 1000 * ms + bytes_a_second % 1000 * ms / 1000);
}

}  // namespace

// The flow: `start` gives a thread the lead, which runs the io_context: accepts, resumes sessions, sweeps.
// `stop` makes it drain; once the last session has ended, or the grace is over, `finish` ends the threads.
// All members belong to the leading thread, apart from what is atomic or const.
class Server::State final : public Leader,
                            public Sessions,
                            public Acceptor::Owner,
                            public std::enable_shared_from_this<State> {
 public:
  State(net::SocketHandle listener, std::shared_ptr<HandlerFactory> factory, const ServerOptions& options)
      : Sessions(options.handler_threads, *factory),
        factory_(std::move(factory)),
        options_(options),
        period_(sweep_period(options)),
        patience_{in_sweeps(options.idle, period_), in_sweeps(options.message, period_),
                  in_a_sweep(options.least_rate, period_), in_sweeps(options.stalled, period_),
                  in_sweeps(lingering, period_)},
        work_(io_->get_executor()),
        sweep_(*io_),
        grace_(*io_) {
    unsent = options.unsent;
    acceptor_.emplace(*io_, *this, listener);
  }

  ~State() override {
    work_.reset();
    acceptor_.reset();
    sweep_.reset();
    grace_.reset();
    finished_ = true;
    round_.abandon();
    io_.reset();  // frees the sessions whose handlers came back after the end
  }

  void start() {
    const std::size_t descriptors = net::descriptor_limit();
    most_connections_ = std::max<std::size_t>(
        1, std::min(options_.connections, descriptors == SIZE_MAX ? SIZE_MAX : descriptors / 10 * 9));
#if !defined(_WIN32)
    process_ = ::getpid();
#endif
    if (started_.exchange(true)) return;
    acceptor_->start();
    leadership_.start(shared_from_this());
  }

  void stop(milliseconds grace) {
    if (!started_.exchange(true)) return leadership_.end(0);
    leadership_.lift_limit();
    asio::post(*io_, [this, grace] { begin_stop(grace); });
  }

  bool wait(milliseconds timeout) { return leadership_.wait(timeout); }
  bool was_started() const { return started_; }
  // In a forked child: the threads are the parent's, and so is everything that they held at that moment.
  bool is_of_another_process() const {
#if defined(_WIN32)
    return false;
#else
    return process_ != ::getpid();
#endif
  }
  std::size_t connections() const { return count_; }

  // Leader
  void thread_started() override { factory_->thread_started(); }
  void thread_stops() override { factory_->thread_stops(); }
  void lead() override {
    lost_lead = false;
    round_.take_over();
    while (!leadership_.has_ended()) {
      try {
        io_->run();
        return;
      } catch (const Demoted&) {
        return;
      } catch (const std::exception& error) {
        factory_->warn(std::string("an operation was dropped: ") + error.what());
      }
    }
  }

  // Sessions
  void lose_lead() override { lost_lead = true; }
  void keep_leading() override {
    if (lost_lead) [[unlikely]]
      throw Demoted{};
  }
  bool is_alone() const override { return count_.load(std::memory_order_relaxed) == 1; }
  void opened(Session& session) override {
    session.behind = first_;
    if (first_) first_->before = &session;
    first_ = &session;
    ++count_;
    if (!sweeping_) sweep_later();
  }
  void ended(Session& session) override {
    (session.before ? session.before->behind : first_) = session.behind;
    if (session.behind) session.behind->before = session.before;
    --count_;
    if (finished_) return;
    if (draining) return finish_if_done();
    acceptor_->has_room_again();
  }

 private:
  // What the acceptor asks
  bool has_room() const override { return count_ < most_connections_; }
  void accepted(const net::Accepted& accepted) override {
    try {
      Session::start(*this, accepted.socket, accepted.family, *factory_, options_.framing);
    } catch (const std::exception&) {
      // Out of memory: this one is refused.
    }
  }
  void accepting_pauses(const std::string& why) override {
    factory_->warn((why.empty() ? std::to_string(count_) + " connections" : why) + ": accepting pauses");
  }
  void listener_failed(const std::string& why) override {
    factory_->warn("the listening socket has failed (" + why + "): the server stops");
    leadership_.lift_limit();
    begin_stop(failure_grace);
  }

  void sweep_later() {
    sweeping_ = true;
    sweep_->expires_after(period_);
    sweep_->async_wait([this](error_code error) {
      sweeping_ = false;
      if (error || finished_) return;
      ++now;
      for_each([this](Session& session) { session.check(patience_); });
      if (first_) sweep_later();
    });
  }

  void begin_stop(milliseconds grace) {
    if (finished_) return;
    if (!draining) {
      draining = true;
      acceptor_->stop();
      for_each([](Session& session) { session.drain(); });
    }
    if (grace.count() <= 0) return close_all();
    const auto end = net::Clock::now() + grace;
    if (!grace_end_ || end < *grace_end_) {
      grace_end_ = end;
      grace_->expires_at(end);
      grace_->async_wait([this](error_code error) {
        if (!error) close_all();
      });
    }
    finish_if_done();
  }

  void close_all() {
    closing_ = true;
    for_each([](Session& session) { session.close(); });
    finish_if_done();
  }

  void finish_if_done() {
    std::size_t stuck = 0;
    if (closing_) for_each([&](Session& session) { stuck += session.is_in_handler(); });
    if (finished_ || count_ > stuck) return;
    finished_ = true;
    leadership_.end(stuck);
    io_->stop();
  }

  template <class Action>
  void for_each(Action action) {
    for (Session *session = first_, *next; session; session = next) {
      next = session->behind;
      action(*session);
    }
  }

  const std::shared_ptr<HandlerFactory> factory_;
  const ServerOptions options_;
  const milliseconds period_;
  const Patience patience_;
  std::size_t most_connections_ = 1;
  std::atomic<bool> started_{false};
#if !defined(_WIN32)
  pid_t process_ = ::getpid();
#endif
  std::atomic<std::size_t> count_{0};

  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::optional<Acceptor> acceptor_;
  std::optional<asio::steady_timer> sweep_, grace_;
  std::optional<net::Clock::time_point> grace_end_;
  Session* first_ = nullptr;
  bool sweeping_ = false;
  bool closing_ = false;  // the grace is over
  bool finished_ = false;
};

Server::Server(net::SocketHandle listener, std::shared_ptr<HandlerFactory> factory,
               const ServerOptions& options)
    : state_(std::make_shared<State>(listener, std::move(factory), options)) {}

Server::~Server() {
  if (!state_->was_started()) return;
  if (state_->is_of_another_process()) {
    new std::shared_ptr<State>(std::move(state_));  // never to be touched
    return;
  }
  state_->stop(milliseconds{0});
  state_->wait(milliseconds{2000});
}

void Server::start() { state_->start(); }

void Server::stop(milliseconds grace) {
  if (!state_->was_started() || !state_->is_of_another_process()) state_->stop(grace);
}

bool Server::wait(milliseconds timeout) {
  return (state_->was_started() && state_->is_of_another_process()) || state_->wait(timeout);
}

std::size_t Server::connections() const { return state_->connections(); }
std::size_t Server::threads() const { return state_->leadership().threads(); }

}  // namespace fastthrift::rpc
