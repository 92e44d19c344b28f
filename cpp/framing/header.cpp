#include "framing/header.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/input.hpp"
#include "wire/varint.hpp"

namespace fastthrift::framing {
namespace {

constexpr std::size_t size_bytes = 4;
constexpr std::size_t fixed_bytes = 10;  // magic, flags, sequence id, number of words
constexpr std::uint16_t magic = 0x0fff;
constexpr std::size_t most_words = 0xffff;

// Info blocks. Zeros are padding; behind an unknown block nobody knows where the next one begins.
constexpr std::uint64_t padding = 0;
constexpr std::uint64_t key_value = 1;

using Kind = ProtocolError::Kind;

[[noreturn]] void refuse(Kind kind, const std::string& text) { throw ProtocolError(kind, text); }

// The varints and strings of a header, never beyond its end.
class HeaderReader {
 public:
  explicit HeaderReader(Bytes bytes) : in_(bytes) {}

  bool is_at_end() const { return in_.at_hand() == 0; }

  std::uint32_t number() {
    if (is_at_end()) refuse_end();
    try {
      return static_cast<std::uint32_t>(wire::read_varint<32>(in_));
    } catch (const TransportError&) {
      refuse_end();
    }
  }

  std::string text(std::size_t most) {
    const std::size_t size = number();
    if (size > in_.at_hand()) refuse_end();
    if (size > most) refuse_info();
    return std::string(reinterpret_cast<const char*>(in_.take(size)), size);
  }

  [[noreturn]] static void refuse_info() {
    refuse(Kind::size_limit, "Header has more than " + std::to_string(most_header_pairs) + " pairs or " +
                                 std::to_string(most_header_bytes) + " bytes of info");
  }

 private:
  [[noreturn]] static void refuse_end() {
    refuse(Kind::invalid_data, "Header ends in the middle of a value");
  }

  Input in_;
};

void read_pairs(HeaderReader& in, Header& header, std::size_t& bytes_left) {
  const std::size_t count = in.number();
  if (count > most_header_pairs - header.info.size()) HeaderReader::refuse_info();
  for (std::size_t i = 0; i < count; ++i) {
    std::string key = in.text(bytes_left);
    bytes_left -= key.size();
    std::string value = in.text(bytes_left);
    bytes_left -= value.size();
    header.info.emplace_back(std::move(key), std::move(value));
  }
}

void check_info(const Header& header) {
  std::size_t bytes = 0;
  for (const Header::Pair& pair : header.info) bytes += pair.first.size() + pair.second.size();
  if (header.info.size() > most_header_pairs || bytes > most_header_bytes) HeaderReader::refuse_info();
}

void append_number(Buffer& out, std::uint64_t value) {
  out.commit(wire::write_varint(out.prepare(10), value));
}

void append_text(Buffer& out, std::string_view text) {
  append_number(out, text.size());
  out.append(text);
}

}  // namespace

std::size_t most_header_frame(const Limits& limits) {
  return std::min({limits.frame, limits.message, std::size_t{0x3fffffff}});
}

HeaderFrame read_header_frame(Bytes frame) {
  if (frame.size() < fixed_bytes) {
    refuse(Kind::invalid_data, "Header frame of " + std::to_string(frame.size()) + " bytes is too short");
  }
  if (load_big_endian<std::uint16_t>(frame.data()) != magic) {
    refuse(Kind::bad_version, "Frame has no header: it does not begin with 0x0fff");
  }
  HeaderFrame read;
  Header& header = read.header;
  header.flags = load_big_endian<std::uint16_t>(frame.data() + 2);
  header.sequence_id = load_big_endian<std::int32_t>(frame.data() + 4);
  const std::size_t size = std::size_t{load_big_endian<std::uint16_t>(frame.data() + 8)} * 4;
  if (size > frame.size() - fixed_bytes) {
    refuse(Kind::size_limit, "Header size is larger than whole frame: " + std::to_string(size) + " of " +
                                 std::to_string(frame.size() - fixed_bytes) + " bytes");
  }
  HeaderReader in(frame.subspan(fixed_bytes, size));
  header.protocol = in.number();
  const std::size_t transforms = in.number();
  if (transforms > most_transforms) {
    refuse(Kind::size_limit, "Header has " + std::to_string(transforms) + " transforms, over " +
                                 std::to_string(most_transforms));
  }
  for (std::size_t i = 0; i < transforms; ++i) header.transforms.push_back(in.number());
  std::size_t bytes_left = most_header_bytes;
  while (!in.is_at_end()) {
    const std::uint32_t block = in.number();
    if (block == key_value) {
      read_pairs(in, header, bytes_left);
    } else if (block != padding) {
      break;
    }
  }
  read.payload = frame.subspan(fixed_bytes + size);
  return read;
}

std::size_t begin_header_frame(Buffer& out, const Header& header) {
  check_info(header);
  const std::size_t start = out.size();
  std::uint8_t* at = out.extend(size_bytes + fixed_bytes);
  store_big_endian<std::int32_t>(at, 0);
  store_big_endian(at + 4, magic);
  store_big_endian(at + 6, header.flags);
  store_big_endian(at + 8, header.sequence_id);
  append_number(out, header.protocol);
  append_number(out, header.transforms.size());
  for (const std::uint32_t transform : header.transforms) append_number(out, transform);
  if (!header.info.empty()) {
    append_number(out, key_value);
    append_number(out, header.info.size());
    for (const Header::Pair& pair : header.info) {
      append_text(out, pair.first);
      append_text(out, pair.second);
    }
  }
  const std::size_t written = out.size() - start - size_bytes - fixed_bytes;
  const std::size_t words = (written + 3) / 4;
  if (words > most_words) {
    out.truncate(start);
    refuse(Kind::size_limit, "Header is longer than its size can say");
  }
  std::fill_n(out.extend(words * 4 - written), words * 4 - written, std::uint8_t{0});
  store_big_endian(out.data() + start + 12, static_cast<std::uint16_t>(words));
  return start;
}

void end_header_frame(Buffer& out, std::size_t start, const Limits& limits) {
  const std::size_t size = out.size() - start - size_bytes;
  const std::size_t most = most_header_frame(limits);
  if (size > most) {
    throw TransportError(
        TransportError::Kind::size_limit,
        "Frame of " + std::to_string(size) + " bytes is over the limit of " + std::to_string(most));
  }
  store_big_endian(out.data() + start, static_cast<std::int32_t>(size));
}

}  // namespace fastthrift::framing
