#include "rpc/leadership.hpp"

#include <atomic>
#include <boost/core/lightweight_test.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "peers.hpp"

using namespace fastthrift;
using namespace fastthrift::rpc;
using namespace std::chrono_literals;
using test::Gate;
using test::in_time;

namespace {

// A leader whose events are the numbers that a test asks for: each takes the next job and runs it as a
// handler would.
struct Jobs final : Leader {
  explicit Jobs(std::size_t most) : leadership(most) {}

  void thread_started() override {
    ++started;
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    if (::sigismember(&mask, SIGINT) || ::sigismember(&mask, SIGTERM)) signals_are_blocked = true;
    if (!::sigismember(&mask, SIGUSR1)) callers_mask_is_lost = true;
  }
  void thread_stops() override { ++stopped; }
  void lead() override {
    if (leaders.fetch_add(1) != 0) two_led = true;
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex);
        given.wait_for(lock, 1ms, [&] { return !jobs.empty(); });
        if (leadership.has_ended()) break;
        if (jobs.empty()) continue;
        job = std::move(jobs.front());
        jobs.erase(jobs.begin());
      }
      const std::uint64_t ticket = leadership.enter();
      Jobs::ticket = ticket;
      leaders.fetch_sub(1);  // inside, another may take the lead
      job();
      if (!leadership.leave(ticket)) {
        ++demotions;
        return;
      }
      if (leaders.fetch_add(1) != 0) two_led = true;
    }
    leaders.fetch_sub(1);
  }
  void give(std::function<void()> job) {
    const std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
    given.notify_all();
  }

  Leadership leadership;
  std::atomic<int> started{0}, stopped{0}, leaders{0}, demotions{0};
  inline static thread_local std::uint64_t ticket = 0;  // of the thread's job
  std::atomic<bool> two_led{false}, signals_are_blocked{false}, callers_mask_is_lost{false};
  std::mutex mutex;
  std::condition_variable given;
  std::vector<std::function<void()>> jobs;
};

struct Running {
  std::shared_ptr<Jobs> jobs;
  explicit Running(std::size_t most) : jobs(std::make_shared<Jobs>(most)) { jobs->leadership.start(jobs); }
  ~Running() {
    jobs->leadership.end(0);
    BOOST_TEST(jobs->leadership.wait(20s));
    BOOST_TEST_EQ(jobs->started.load(), jobs->stopped.load());
    BOOST_TEST_EQ(jobs->leadership.threads(), 0u);
    BOOST_TEST(!jobs->two_led);
    BOOST_TEST(!jobs->signals_are_blocked);
    BOOST_TEST(!jobs->callers_mask_is_lost);
  }
};

void test_quick_jobs_stay_on_one_thread() {
  Running running(8);
  std::atomic<int> done{0};
  std::thread::id first;
  std::atomic<bool> moved{false};
  for (int i = 0; i < 2000; ++i) {
    running.jobs->give([&] {
      if (first == std::thread::id{}) first = std::this_thread::get_id();
      if (first != std::this_thread::get_id()) moved = true;
      ++done;
    });
  }
  BOOST_TEST(in_time([&] { return done == 2000; }));
  // A machine that stalls for more than two ticks inside a job moves the lead rightly; the jobs count as
  // quick otherwise.
  BOOST_TEST(!moved || running.jobs->demotions > 0);
}

void test_a_slow_job_stalls_nobody() {
  Running running(8);
  Gate gate;
  for (int i = 0; i < 5; ++i) running.jobs->give([&] { gate.pass(); });
  BOOST_TEST(gate.await_inside(5));
  std::atomic<bool> ran{false};
  running.jobs->give([&] { ran = true; });
  BOOST_TEST(in_time([&] { return ran.load(); }));
  gate.open();
  BOOST_TEST(gate.await_inside(0));
  BOOST_TEST(in_time([&] { return running.jobs->demotions >= 5; }));
}

void test_who_hands_the_lead_over_goes_on_alone() {
  Running running(8);
  Leadership& leadership = running.jobs->leadership;
  Gate gate;
  for (int i = 0; i < 3; ++i) {
    running.jobs->give([&] {
      leadership.hand_over(Jobs::ticket);
      gate.pass();
    });
  }
  BOOST_TEST(gate.await_inside(3));
  std::atomic<bool> ran{false};
  running.jobs->give([&] { ran = true; });
  BOOST_TEST(in_time([&] { return ran.load(); }));
  gate.open();
  BOOST_TEST(gate.await_inside(0));
  BOOST_TEST(in_time([&] { return running.jobs->demotions >= 3; }));
}

void test_a_hand_over_that_comes_late_takes_the_lead_from_nobody() {
  Running running(8);
  std::atomic<int> done{0};
  std::uint64_t first = 0;
  for (int i = 0; i < 500; ++i) {
    running.jobs->give([&] {
      if (first == 0) first = Jobs::ticket;
      if (Jobs::ticket != first) running.jobs->leadership.hand_over(first);
      ++done;
    });
  }
  BOOST_TEST(in_time([&] { return done == 500; }));
  // Jobs that the machine stalls for more than two ticks lose it rightly.
  BOOST_TEST(running.jobs->demotions < 100);
}

void test_slow_after_long_quiet_wakes_the_watchdog() {
  Running running(2);
  for (int round = 0; round < 3; ++round) {
    // Longer than the watchdog stays awake without work.
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, 120ms, [] { return false; });
    Gate gate;
    std::atomic<bool> ran{false};
    running.jobs->give([&] { gate.pass(); });
    running.jobs->give([&] { ran = true; });
    BOOST_TEST(in_time([&] { return ran.load(); }));
    gate.open();
    BOOST_TEST(gate.await_inside(0));
  }
}

void test_threads_are_limited_until_the_limit_is_lifted() {
  Running running(2);
  Gate gate;
  std::atomic<bool> ran{false};
  running.jobs->give([&] { gate.pass(); });
  running.jobs->give([&] { gate.pass(); });
  BOOST_TEST(gate.await_inside(2));
  running.jobs->give([&] { ran = true; });
  BOOST_TEST_EQ(running.jobs->leadership.threads(), 2u);
  BOOST_TEST(!ran);
  running.jobs->leadership.lift_limit();
  BOOST_TEST(in_time([&] { return ran.load(); }));
  gate.open();
  BOOST_TEST(gate.await_inside(0));
}

void test_the_end_does_not_wait_for_stuck_threads() {
  auto jobs = std::make_shared<Jobs>(4);
  Gate gate;
  jobs->leadership.start(jobs);
  jobs->give([&] { gate.pass(); });
  BOOST_TEST(gate.await_inside(1));
  // Somebody else leads by now, so that the stuck one is the only one inside.
  std::atomic<bool> ran{false};
  jobs->give([&] { ran = true; });
  BOOST_TEST(in_time([&] { return ran.load(); }));
  BOOST_TEST(!jobs->leadership.wait(0ms));
  jobs->leadership.end(1);
  BOOST_TEST(jobs->leadership.wait(20s));
  BOOST_TEST_EQ(jobs->leadership.threads(), 1u);
  gate.open();
  BOOST_TEST(in_time([&] { return jobs->leadership.threads() == 0; }));
  BOOST_TEST_EQ(jobs->started.load(), jobs->stopped.load());
}

}  // namespace

void test_leadership() {
  sigset_t mine, before;
  ::sigemptyset(&mine);
  ::sigaddset(&mine, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &mine, &before);
  test_quick_jobs_stay_on_one_thread();
  test_a_slow_job_stalls_nobody();
  test_who_hands_the_lead_over_goes_on_alone();
  test_a_hand_over_that_comes_late_takes_the_lead_from_nobody();
  test_slow_after_long_quiet_wakes_the_watchdog();
  test_threads_are_limited_until_the_limit_is_lifted();
  test_the_end_does_not_wait_for_stuck_threads();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
