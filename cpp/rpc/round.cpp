#include "rpc/round.hpp"

#include "net/deadline.hpp"
#include "rpc/session.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace fastthrift::rpc {
namespace {

// The time in which the factory's lock is held for the handlers of one thread.
class Batch {
 public:
  explicit Batch(HandlerFactory& factory) : factory_(factory) { factory_.begin_batch(); }
  Batch(const Batch&) = delete;
  ~Batch() { factory_.end_batch(); }

 private:
  HandlerFactory& factory_;
};

}  // namespace

void Round::Queue::push(Session& session) {
  session.next_in_round = nullptr;
  (first_ != nullptr ? last_->next_in_round : first_) = &session;
  last_ = &session;
}

void Round::Queue::push_front(Session& session) {
  session.next_in_round = first_;
  if (first_ == nullptr) last_ = &session;
  first_ = &session;
}

Session* Round::Queue::pop() {
  Session* session = first_;
  if (session == nullptr) return nullptr;
  first_ = session->next_in_round;
  if (first_ == nullptr) last_ = nullptr;
  return session;
}

void Round::await_turn(Session& session) {
  turns_.push(session);
  post();
}

void Round::await_handler(Session& session) {
  read_.push(session);
  post();
}

bool Round::handle_alone(Session& session) {
  const Batch batch(factory_);
  if (session.handle(false) == Session::Handled::done) return true;
  sessions_.lose_lead();
  return false;
}

void Round::take_over() {
  if (!turns_.is_empty() || !read_.is_empty() || !answered_.is_empty()) post();
}

void Round::abandon() {
  for (Queue* queue : {&turns_, &read_, &answered_}) {
    while (Session* session = queue->pop()) session->abandon();
  }
}

void Round::post() {
  if (is_posted_) return;
  is_posted_ = true;
  boost::asio::post(sessions_.io(), [this] {
    run();
    sessions_.keep_leading();
  });
}

void Round::run() {
  is_posted_ = false;
  answer();  // of a round that a handler has cut short
  for (Queue now = std::exchange(turns_, Queue()); Session* session = now.pop();) session->go_on();
  if (!read_.is_empty() && !handle()) return;
  answer();
  take_over();
}

// False: a handler has taken so long that another thread leads by now; nothing here is this thread's any
// more.
bool Round::handle() {
  const Batch batch(factory_);
  const auto start = net::Clock::now();
  int handled = 0;
  while (Session* session = read_.pop()) {
    switch (session->handle(!answered_.is_empty())) {
      case Session::Handled::done:
        answered_.push(*session);
        break;
      case Session::Handled::put_off:
        read_.push_front(*session);
        return true;
      case Session::Handled::lost_lead:
        sessions_.lose_lead();
        session->return_to_leader();
        return false;
    }
    // The clock costs 1 % of a small request.
    if (++handled % 4 == 0 && !read_.is_empty() && net::Clock::now() - start > longest) break;
  }
  return true;
}

void Round::answer() {
  // Sessions that go on at once are for the next time.
  for (Queue now = std::exchange(answered_, Queue()); Session* session = now.pop();) session->go_on();
}

}  // namespace fastthrift::rpc
