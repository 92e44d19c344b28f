#include "base/errors.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

using namespace fastthrift;

namespace {

void test_place_stands_in_front_of_the_sentence() {
  const struct {
    Place place;
    std::string what;
  } table[] = {
      {{"chat.thrift", 12, 8}, "chat.thrift:12:8: expected a field type"},
      {{"", 1, 1}, "<string>:1:1: expected a field type"},
      {{"chat.thrift", 0, 0}, "chat.thrift: expected a field type"},
      {{}, "expected a field type"},
  };
  for (const auto& row : table) {
    const IdlError error(IdlError::Kind::grammar, "expected a field type", row.place);
    BOOST_TEST_EQ(std::string(error.what()), row.what);
    BOOST_TEST_EQ(error.text(), "expected a field type");
    BOOST_TEST_EQ(error.place().file, row.place.file);
    BOOST_TEST_EQ(error.place().line, row.place.line);
    BOOST_TEST(error.kind() == IdlError::Kind::grammar);
  }
}

// TProtocolException, TTransportException and TApplicationException carry these numbers; programs compare
// with them.
static_assert(static_cast<int>(ProtocolError::Kind::invalid_data) == 1);
static_assert(static_cast<int>(ProtocolError::Kind::negative_size) == 2);
static_assert(static_cast<int>(ProtocolError::Kind::size_limit) == 3);
static_assert(static_cast<int>(ProtocolError::Kind::bad_version) == 4);
static_assert(static_cast<int>(ProtocolError::Kind::not_implemented) == 5);
static_assert(static_cast<int>(ProtocolError::Kind::depth_limit) == 6);
static_assert(static_cast<int>(TransportError::Kind::not_open) == 1);
static_assert(static_cast<int>(TransportError::Kind::already_open) == 2);
static_assert(static_cast<int>(TransportError::Kind::timed_out) == 3);
static_assert(static_cast<int>(TransportError::Kind::end_of_file) == 4);
static_assert(static_cast<int>(TransportError::Kind::negative_size) == 5);
static_assert(static_cast<int>(TransportError::Kind::size_limit) == 6);
static_assert(static_cast<int>(RemoteError::Kind::unknown_method) == 1);
static_assert(static_cast<int>(RemoteError::Kind::invalid_message_type) == 2);
static_assert(static_cast<int>(RemoteError::Kind::wrong_method_name) == 3);
static_assert(static_cast<int>(RemoteError::Kind::bad_sequence_id) == 4);
static_assert(static_cast<int>(RemoteError::Kind::missing_result) == 5);
static_assert(static_cast<int>(RemoteError::Kind::internal_error) == 6);
static_assert(static_cast<int>(RemoteError::Kind::protocol_error) == 7);

void test_errors_keep_kind_and_text() {
  const ProtocolError protocol(ProtocolError::Kind::bad_version, "Bad version");
  BOOST_TEST(protocol.kind() == ProtocolError::Kind::bad_version);
  BOOST_TEST_EQ(std::string(protocol.what()), "Bad version");
  const TransportError transport(TransportError::Kind::not_open, "Could not connect", 111);
  BOOST_TEST(transport.kind() == TransportError::Kind::not_open);
  BOOST_TEST_EQ(transport.os_error(), 111);
  BOOST_TEST_EQ(TransportError(TransportError::Kind::timed_out, "late").os_error(), 0);
  const RemoteError remote(RemoteError::Kind::missing_result, "get failed: unknown result");
  BOOST_TEST(remote.kind() == RemoteError::Kind::missing_result);
}

}  // namespace

void test_errors() {
  test_place_stands_in_front_of_the_sentence();
  test_errors_keep_kind_and_text();
}
