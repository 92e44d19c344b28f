#include "wire/json.hpp"

#include <boost/core/lightweight_test.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/errors.hpp"

// Apache's JSON protocol: the writer's text is the specification's, and the reader takes that, what other
// languages write, and nothing else.
namespace {

using namespace fastthrift;
using namespace fastthrift::wire;

std::string written(const std::function<void(JsonWriter&)>& write) {
  Buffer out;
  JsonWriter writer(out);
  write(writer);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// What `read` makes of the text, which must be read to its end.
template <class Read>
auto read(const std::string& text, Read read) {
  const Limits limits;
  Input in(bytes_of(text));
  JsonReader reader(in, limits);
  auto value = read(reader);
  BOOST_TEST_EQ(in.at_hand(), 0u);
  return value;
}

void test_a_struct_has_its_fields_by_id_and_type() {
  const std::string text = written([](JsonWriter& w) {
    const auto outer = w.struct_begin();
    w.field_begin(TType::i32, 1);
    w.i32(5);
    w.field_boolean(-2, true);
    w.field_begin(TType::struct_, 3);
    const auto inner = w.struct_begin();
    w.struct_end(inner);
    w.field_begin(TType::set, 4);
    w.list_begin(TType::i8, 0);
    w.struct_end(outer);
  });
  BOOST_TEST_EQ(text, R"({"1":{"i32":5},"-2":{"tf":1},"3":{"rec":{}},"4":{"set":["i8",0]}})");
}

void test_containers_close_after_their_last_element() {
  const std::string text = written([](JsonWriter& w) {
    w.list_begin(TType::map, 2);
    w.map_begin(TType::i32, TType::list, 2);
    w.i32(1);
    w.list_begin(TType::bool_, 2);
    w.boolean(true);
    w.boolean(false);
    w.i32(2);
    w.list_begin(TType::bool_, 0);
    w.map_begin(TType::i32, TType::list, 0);
  });
  BOOST_TEST_EQ(text, R"(["map",2,["i32","lst",2,{"1":["tf",2,1,0],"2":["tf",0]}],["i32","lst",0,{}]])");
}

void test_keys_that_are_numbers_stand_in_quotes() {
  const std::string text = written([](JsonWriter& w) {
    w.map_begin(TType::double_, TType::double_, 1);
    w.float64(0.5);
    w.float64(0.5);
  });
  BOOST_TEST_EQ(text, R"(["dbl","dbl",1,{"0.5":0.5}])");
}

void test_messages_have_a_head() {
  const std::string text = written([](JsonWriter& w) {
    w.message_begin("add", MessageType::call, -7);
    w.struct_end(w.struct_begin());
    w.message_end();
  });
  BOOST_TEST_EQ(text, R"([1,"add",1,-7,{}])");
  const Limits limits;
  Input in(bytes_of(text));
  JsonReader reader(in, limits);
  const MessageHeader header = reader.message_begin(false);
  BOOST_TEST_EQ(std::string(header.name), "add");
  BOOST_TEST(header.type == MessageType::call);
  BOOST_TEST_EQ(header.sequence_id, -7);
  const auto saved = reader.struct_begin();
  BOOST_TEST(reader.field_begin().type == TType::stop);
  reader.struct_end(saved);
  reader.message_end();
  BOOST_TEST_EQ(in.at_hand(), 0u);
}

void test_strings_are_escaped_and_come_back() {
  using namespace std::string_literals;
  const std::string raw = "\"\\/\b\f\n\r\t\0\x1f h\xc3\xa9 \xf0\x9f\x98\x80"s;
  const std::string text = written([&](JsonWriter& w) { w.string(raw.data(), raw.size()); });
  BOOST_TEST_EQ(text, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f h\xc3\xa9 \xf0\x9f\x98\x80\"");
  BOOST_TEST_EQ(read(text, [](JsonReader& r) { return text_of(r.string()); }), raw);
  const auto escaped = [](JsonReader& r) { return text_of(r.string()); };
  BOOST_TEST_EQ(read(R"("\ud83d\ude00\u00E9\/")", escaped), "\xf0\x9f\x98\x80\xc3\xa9/");
}

void test_binary_is_base64_of_any_length() {
  using namespace std::string_literals;
  const std::string raw = "\x00\xff\x10\x83 abc"s;
  for (std::size_t size = 0; size <= raw.size(); ++size) {
    std::string text = written([&](JsonWriter& w) { w.binary(raw.data(), size); });
    const auto binary = [](JsonReader& r) { return text_of(r.binary()); };
    BOOST_TEST_EQ(read(text, binary), raw.substr(0, size));
    std::erase(text, '=');
    BOOST_TEST_EQ(read(text, binary), raw.substr(0, size));
  }
}

void test_numbers_come_back() {
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    const std::string text = written([&](JsonWriter& w) { w.i64(number); });
    BOOST_TEST_EQ(read(text, [](JsonReader& r) { return r.i64(); }), number);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double number : {0.0, -0.0, 0.1, 1e300, 5e-324, infinity, -infinity}) {
    const std::string text = written([&](JsonWriter& w) { w.float64(number); });
    BOOST_TEST_EQ(read(text, [](JsonReader& r) { return r.float64(); }), number);
  }
  BOOST_TEST_EQ(written([](JsonWriter& w) { w.float64(std::nan("")); }), "\"NaN\"");
  for (const char* text : {"\"NaN\"", "NaN", "nan"}) {
    BOOST_TEST(std::isnan(read(text, [](JsonReader& r) { return r.float64(); })));
  }
}

void test_a_uuid_is_its_text() {
  const std::uint8_t bytes[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  const std::string text = written([&](JsonWriter& w) { w.uuid(bytes); });
  BOOST_TEST_EQ(text, "\"00112233-4455-6677-8899-aabbccddeeff\"");
  BOOST_TEST_EQ(read(text, [](JsonReader& r) { return text_of({r.uuid(), 16}); }), text_of({bytes, 16}));
}

void test_skipping_ends_with_the_value() {
  for (const char* text : {"1", "\"a]\\\"\"", "[]", "{}", R"(["i32",2,1,2])",
                           R"({"1":{"str":"}"},"2":[[{}]]})", R"({{"1":{"i32":1}}:5})"}) {
    const Limits limits;
    Buffer copy;
    const std::string message = std::string(text) + (text[0] == '1' ? "" : " ,rest");
    Input in(bytes_of(message));
    JsonReader(in, limits).skip(100, &copy);
    BOOST_TEST_EQ(text_of(copy.bytes()), text);
  }
}

void test_what_is_no_value_is_refused() {
  const auto refuses = [](const std::string& text, const std::function<void(JsonReader&)>& read) {
    const Limits limits;
    Input in(bytes_of(text));
    JsonReader reader(in, limits);
    BOOST_TEST_THROWS(read(reader), ProtocolError);
  };
  for (const char* text : {"128 ", "-129 ", "1.0 ", "x ", "null ", "\"\"", "[", "1e1 "}) {
    refuses(text, [](JsonReader& r) { r.i8(); });
  }
  for (const char* text : {"1.2.3 ", ". ", "e5 ", "1e ", "--1 ", "\"x\"", "0x10 ", "infinity "}) {
    refuses(text, [](JsonReader& r) { r.float64(); });
  }
  for (const char* text : {"1 ", R"("\x")", R"("\ud800" )", R"("\udc00\ud800")", R"("\ud800\u0041")",
                           R"("\u12g4")", "\"\xff\""}) {
    refuses(text, [](JsonReader& r) { r.string(); });
  }
  for (const char* text : {"\"A\"", "\"A*==\"", "\"AAAAA\"", "\"AA===\"", "5 "}) {
    refuses(text, [](JsonReader& r) { r.binary(); });
  }
  for (const char* text : {R"(["i32",-1])", R"(["i32",9,1])", R"(["i32"])", R"({"i32":1})", R"([i32,1,1])"}) {
    refuses(text, [](JsonReader& r) {
      r.list_begin();
      r.i32();
    });
  }
  for (const char* text : {"]", "}", ",", "[}", "{]", "[[[[[]]]]]"}) {
    refuses(text, [](JsonReader& r) { r.skip(4); });
  }
}

void test_bytes_that_end_early_are_the_end_of_the_stream() {
  const std::string text = R"([1,"m",1,0,{"1":{"map":["str","i32",1,{"k":7}]}}])";
  const auto whole = [](Bytes bytes) {
    const Limits limits;
    Input in(bytes);
    JsonReader reader(in, limits);
    reader.message_begin(false);
    const auto saved = reader.struct_begin();
    reader.field_begin();
    reader.map_begin();
    reader.string();
    const int value = reader.i32();
    reader.field_begin();
    reader.struct_end(saved);
    reader.message_end();
    return value;
  };
  BOOST_TEST_EQ(whole(bytes_of(text)), 7);
  for (std::size_t size = 0; size < text.size(); ++size) {
    bool is_refused = false;
    try {
      whole(bytes_of(text).first(size));
    } catch (const TransportError&) {
      is_refused = true;
    } catch (const ProtocolError& error) {
      is_refused = error.kind() == ProtocolError::Kind::size_limit;
    }
    BOOST_TEST(is_refused);
  }
}

}  // namespace

void test_json() {
  test_a_struct_has_its_fields_by_id_and_type();
  test_containers_close_after_their_last_element();
  test_keys_that_are_numbers_stand_in_quotes();
  test_messages_have_a_head();
  test_strings_are_escaped_and_come_back();
  test_binary_is_base64_of_any_length();
  test_numbers_come_back();
  test_a_uuid_is_its_text();
  test_skipping_ends_with_the_value();
  test_what_is_no_value_is_refused();
  test_bytes_that_end_early_are_the_end_of_the_stream();
}
