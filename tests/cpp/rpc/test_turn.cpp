#include "rpc/turn.hpp"

#include <boost/core/lightweight_test.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

using namespace fastthrift::rpc;

namespace {

// Nobody watches it: the lead is lost only where a test takes it.
struct Lead {
  Leadership leadership{1};
  std::atomic<bool> draining{false};

  Turn turn(std::size_t most_bytes = 1000, bool has_others = false) {
    return Turn(leadership, most_bytes, has_others, draining);
  }
  // As the watchdog does.
  void take_from_whoever_is_inside() { leadership.enter(); }
};

void test_it_is_over_with_the_bytes_that_it_may_answer() {
  Lead lead;
  Turn turn = lead.turn(100);
  turn.begin();
  BOOST_TEST(!turn.is_over(0));
  BOOST_TEST(!turn.is_over(99));
  BOOST_TEST(turn.is_over(100));
  BOOST_TEST(turn.end());
}

void test_it_is_over_and_long_when_another_leads() {
  Lead lead;
  Turn turn = lead.turn();
  turn.begin();
  BOOST_TEST(!turn.is_over(0));
  BOOST_TEST(!turn.is_long());
  lead.take_from_whoever_is_inside();
  BOOST_TEST(turn.is_over(0));
  BOOST_TEST(turn.is_long());
  BOOST_TEST(!turn.end());
}

void test_one_that_has_not_begun_keeps_the_lead() {
  Lead lead;
  Turn turn = lead.turn();
  BOOST_TEST(!turn.is_over(0));
  BOOST_TEST(!turn.is_long());
  lead.take_from_whoever_is_inside();
  BOOST_TEST(turn.end());
}

void test_what_was_expected_to_be_long_is_long_by_the_clock() {
  Lead lead;
  Turn turn = lead.turn();
  turn.begin();
  turn.expect_long();
  const auto until = std::chrono::steady_clock::now() + Leadership::tick;
  while (std::chrono::steady_clock::now() < until) {
  }
  // Although nobody else wanted to lead.
  BOOST_TEST(turn.is_long());
  // That was one message; the next one is like any other.
  BOOST_TEST(!turn.is_long());
  BOOST_TEST(turn.end());
}

void test_what_was_expected_to_be_long_may_have_become_quick() {
  Lead lead;
  bool was_quick = false;
  for (int i = 0; i < 1000 && !was_quick; ++i) {  // the machine may stall in between
    Turn turn = lead.turn();
    turn.begin();
    turn.expect_long();
    was_quick = !turn.is_long();
    BOOST_TEST(turn.end());
  }
  BOOST_TEST(was_quick);
}

void test_it_tells_of_others_and_of_the_servers_end() {
  Lead lead;
  BOOST_TEST(lead.turn(1, true).has_others());
  BOOST_TEST(!lead.turn(1, false).has_others());
  Turn turn = lead.turn();
  BOOST_TEST(!turn.is_last());
  lead.draining = true;
  BOOST_TEST(turn.is_last());
}

}  // namespace

void test_turn() {
  test_it_is_over_with_the_bytes_that_it_may_answer();
  test_it_is_over_and_long_when_another_leads();
  test_one_that_has_not_begun_keeps_the_lead();
  test_what_was_expected_to_be_long_is_long_by_the_clock();
  test_what_was_expected_to_be_long_may_have_become_quick();
  test_it_tells_of_others_and_of_the_servers_end();
}
