#include <optional>
#include <string>
#include <vector>

#include "../cpp/trickle.hpp"
#include "../cpp/wire/value_by_value.hpp"
#include "base/buffer.hpp"
#include "base/errors.hpp"
#include "base/input.hpp"
#include "must.hpp"
#include "transcribe.hpp"
#include "wire/binary.hpp"
#include "wire/json.hpp"

// Any text gives a value or an error, the same from a stream that never gives a byte too many; what can be
// read can be passed over, and survives being written again, also by way of the binary protocol.
namespace fastthrift::fuzz {
namespace {

using wire::JsonReader;
using wire::JsonWriter;

struct Result {
  std::string how;  // where it ended, or the error
  bool is_value = false;
  std::vector<std::uint8_t> written;
};

template <class Body>
Result outcome(Body&& body) {
  Result result;
  try {
    result.how = std::to_string(body());
    result.is_value = true;
  } catch (const ProtocolError& error) {
    result.how = error.what();
  } catch (const TransportError& error) {
    must(
        error.kind() == TransportError::Kind::end_of_file || error.kind() == TransportError::Kind::size_limit,
        "bytes give no other error of the transport");
    result.how = error.what();
  }
  return result;
}

template <class Reader, class Writer>
Result transcribed(Input& in) {
  const Limits limits;
  Reader reader(in, limits);
  Buffer out;
  Writer writer(out);
  Result result = outcome([&] {
    Transcriber<Reader, Writer>(reader, writer).structure();
    return in.offset();
  });
  result.written.assign(out.data(), out.data() + out.size());
  return result;
}

template <class Reader, class Writer>
Result transcribed(Bytes bytes) {
  Input in(bytes);
  return transcribed<Reader, Writer>(in);
}

void check_message(Bytes bytes) {
  const Limits limits;
  Input in(bytes);
  JsonReader reader(in, limits);
  outcome([&] {
    reader.message_begin(true);
    wire::skip(reader, wire::TType::struct_, 0);
    reader.message_end();
    return in.offset();
  });
}

void check_struct(Bytes bytes) {
  const Result read = transcribed<JsonReader, JsonWriter>(bytes);
  test::Trickle stream(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  const Result trickled = transcribed<JsonReader, JsonWriter>(stream);
  must(read.is_value == trickled.is_value, "pieces make no difference");
  if (!read.is_value) return;
  must(read.how == trickled.how && read.written == trickled.written, "pieces give the same value");

  const Limits limits;
  Input in(bytes);
  JsonReader skipper(in, limits);
  const Result skipped = outcome([&] {
    wire::skip(skipper, wire::TType::struct_, 0);
    return in.offset();
  });
  must(skipped.how == read.how, "skipping ends where reading ends");

  const Result same = transcribed<JsonReader, JsonWriter>(read.written);
  must(same.is_value && same.written == read.written, "what was written reads as what was written");
  const Result binary = transcribed<JsonReader, test::ValueByValue<wire::BinaryWriter>>(read.written);
  must(binary.is_value, "the binary protocol can carry it");
  const Result back = transcribed<wire::BinaryReader, JsonWriter>(binary.written);
  must(back.is_value && back.written == read.written, "the way through binary changes nothing");
}

}  // namespace
}  // namespace fastthrift::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fastthrift::fuzz::check_message({data, size});
  fastthrift::fuzz::check_struct({data, size});
  return 0;
}
