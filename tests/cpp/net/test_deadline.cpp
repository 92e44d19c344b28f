#include "net/deadline.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cmath>
#include <limits>

using namespace fastthrift::net;
using namespace std::chrono_literals;

namespace {

void test_no_time_given_means_for_ever() {
  for (double ms : {0.0, -1.0, -1e300, std::nan("")}) {
    const Deadline deadline = Deadline::after_ms(ms);
    BOOST_TEST(deadline.is_never());
    BOOST_TEST(!deadline.has_passed());
    BOOST_TEST_EQ(deadline.poll_timeout(), -1);
  }
  BOOST_TEST(Deadline::never().is_never());
}

void test_more_than_the_clock_can_hold_is_for_ever() {
  for (double ms : {1e18, 1e300, std::numeric_limits<double>::infinity()}) {
    BOOST_TEST(Deadline::after_ms(ms).is_never());
  }
  // More milliseconds than poll() takes are cut to what it takes, not wrapped.
  BOOST_TEST_EQ(Deadline::after_ms(1e11).poll_timeout(), std::numeric_limits<int>::max());
}

void test_what_is_left_is_rounded_up() {
  const int left = Deadline::after(10s).poll_timeout();
  BOOST_TEST(left > 9000 && left <= 10001);
  // Less than a millisecond must not become a poll that does not wait.
  const Deadline soon = Deadline::after_ms(0.9);
  const int little = soon.poll_timeout();
  BOOST_TEST(little == 1 || soon.has_passed());
}

void test_a_passed_deadline_waits_no_more() {
  for (const Deadline& deadline : {Deadline::after(0ms), Deadline::after(-5s), Deadline::after_ms(1e-6)}) {
    while (!deadline.is_never() && !deadline.has_passed()) {
    }
    BOOST_TEST_EQ(deadline.poll_timeout(), deadline.is_never() ? -1 : 0);
  }
}

}  // namespace

void test_deadline() {
  test_no_time_given_means_for_ever();
  test_more_than_the_clock_can_hold_is_for_ever();
  test_what_is_left_is_rounded_up();
  test_a_passed_deadline_waits_no_more();
}
