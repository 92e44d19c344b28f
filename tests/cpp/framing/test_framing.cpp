#include "framing/framing.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_hex;

namespace {

void test_kind_and_protocol_choose_where_a_message_ends() {
  const struct {
    const char* what;
    Options options;
    std::string_view stream;
    Extent extent;
  } table[] = {
      {"unframed binary",
       {framing::Kind::unframed, wire::Protocol::binary, true, {}},
       "80010001 00000001 61 00000000 00 ff",
       {0, 14}},
      {"unframed compact",
       {framing::Kind::unframed, wire::Protocol::compact, true, {}},
       "8221 00 01 61 00 ff",
       {0, 6}},
      {"unframed old binary",
       {framing::Kind::unframed, wire::Protocol::binary, false, {}},
       "00000001 61 01 00000000 00 ff",
       {0, 11}},
      {"framed", {framing::Kind::framed, wire::Protocol::binary, true, {}}, "00000002 0102 ff", {4, 6}},
      {"framed compact",
       {framing::Kind::framed, wire::Protocol::compact, true, {}},
       "00000001 82 ff",
       {4, 5}},
  };
  for (const auto& row : table) {
    const auto framing = make_framing(row.options);
    const auto stream = from_hex(row.stream);
    const auto extent = framing->next(stream);
    BOOST_TEST(extent.has_value());
    if (extent) {
      BOOST_TEST_EQ(extent->begin, row.extent.begin);
      BOOST_TEST_EQ(extent->end, row.extent.end);
    }
    // Every cut wants more and says how much at least.
    for (std::size_t size = 0; size < row.extent.end; ++size) {
      const auto fresh = make_framing(row.options);
      BOOST_TEST(!fresh->next(Bytes(stream).first(size)));
      BOOST_TEST(fresh->wanted() > size && fresh->wanted() <= row.extent.end);
    }
  }
}

void test_what_is_wrapped_is_found_again() {
  for (framing::Kind kind : {framing::Kind::unframed, framing::Kind::framed}) {
    const auto framing = make_framing({kind, wire::Protocol::compact, true, {}});
    const auto message = from_hex("8221 00 01 61 15 02 00");
    Buffer out;
    for (int n = 0; n < 3; ++n) {
      const std::size_t start = framing->begin(out);
      out.append(message);
      framing->end(out, start);
    }
    std::size_t used = 0;
    for (int n = 0; n < 3; ++n) {
      const auto extent = framing->next(out.bytes().subspan(used));
      BOOST_TEST(extent.has_value());
      if (!extent) return;
      BOOST_TEST_EQ(test::to_hex(out.bytes().subspan(used + extent->begin, extent->end - extent->begin)),
                    test::to_hex(message));
      used += extent->end;
    }
    BOOST_TEST_EQ(used, out.size());
  }
}

void test_limits_reach_the_framing() {
  Options options;
  options.limits.depth = 1;
  const auto framing = make_framing(options);
  BOOST_TEST_THROWS(framing->next(from_hex("80010001 00000001 61 00000000 0c0001 00 00")), ProtocolError);
  options.kind = framing::Kind::framed;
  options.limits.frame = 1;
  const auto framed = make_framing(options);
  BOOST_TEST_THROWS(framed->next(from_hex("00000002")), TransportError);
}

}  // namespace

void test_framing() {
  test_kind_and_protocol_choose_where_a_message_ends();
  test_what_is_wrapped_is_found_again();
  test_limits_reach_the_framing();
}
