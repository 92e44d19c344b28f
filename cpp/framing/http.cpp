#include "framing/http.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "framing/dialect.hpp"
#include "framing/framed.hpp"
#include "framing/http_response.hpp"

namespace fastthrift::framing {
namespace {

constexpr std::size_t most_size_digits = 16;
constexpr std::size_t usual_head = 126;  // of a 200 to HTTP/1.1 with a body of three digits
constexpr std::size_t few_requests = 64;

// All of the body is the message.
class Whole final : public Framing {
 public:
  std::optional<Extent> next(Bytes bytes) override { return Extent{0, bytes.size()}; }
  std::size_t wanted() const override { return 0; }
  std::size_t begin(Buffer& out) const override { return out.size(); }
  void end(Buffer&, std::size_t) const override {}
};

std::unique_ptr<Framing> make_inner(const Options& options) {
  if (options.kind == Kind::framed) return std::make_unique<Framed>(options.limits);
  if (options.kind == Kind::detected) return std::make_unique<Detecting>(options.limits);
  return std::make_unique<Whole>();
}

bool is_method_byte(std::uint8_t byte) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
         others.find(static_cast<char>(byte)) != std::string_view::npos;
}

int hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct ChunkSize {
  std::uint64_t size = 0;
  std::size_t digits = 0;
};

ChunkSize read_chunk_size_of(std::string_view line) {
  ChunkSize found;
  while (found.digits < line.size() && found.digits < most_size_digits && hex_of(line[found.digits]) >= 0) {
    found.size = found.size << 4 | static_cast<std::uint64_t>(hex_of(line[found.digits]));
    ++found.digits;
  }
  return found;
}

// What may stand behind a chunk's size: nothing, or blanks, a semicolon and anything without control
// characters.
bool is_extension(std::string_view text) {
  if (text.empty()) return true;
  const std::size_t mark = text.find_first_not_of(" \t");
  if (mark == std::string_view::npos || text[mark] != ';') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string too_long_body(const HttpLimits& limits) {
  return "the body is longer than " + std::to_string(limits.body) + " bytes";
}

}  // namespace

Http::Http(const Options& options)
    : limits_(options.http.value_or(HttpLimits{})),
      inner_options_(options),
      inner_(make_inner(options)),
      room_(usual_head) {
  // So that sums of them fit.
  for (std::size_t* limit :
       {&limits_.line, &limits_.field, &limits_.head, &limits_.body, &limits_.chunk_extensions}) {
    *limit = std::min(*limit, static_cast<std::size_t>(-1) / 8);
  }
}

std::optional<Extent> Http::next(Bytes bytes) {
  if (refused_) throw HttpRefused(*refused_);
  wanted_ = bytes.size() + 1;
  try {
    while (advance(bytes)) {
      if (step_ == Step::done) return give();
    }
  } catch (const HttpRefused& refused) {
    refused_ = refused;
    throw;
  }
  if (at_ != bytes.size()) owes_continue_ = false;  // the body comes all the same
  return std::nullopt;
}

bool Http::advance(Bytes bytes) {
  switch (step_) {
    case Step::request_line:
      return read_request_line(bytes);
    case Step::field:
      return read_field(bytes);
    case Step::body:
      if (bytes.size() - at_ < missing_) {
        wanted_ = at_ + missing_;
        return false;
      }
      at_ += missing_;
      step_ = Step::done;
      return true;
    case Step::chunk_size:
      return read_chunk_size(bytes);
    case Step::chunk:
      return read_chunk(bytes);
    case Step::trailer:
      return read_trailer(bytes);
    case Step::done:
      break;
  }
  return false;
}

// Without its CRLF.
Http::Line Http::take_line(Bytes bytes, std::size_t most, int status, std::string_view too_long) {
  const std::size_t from = std::max(searched_, at_);
  const void* found = from == bytes.size() ? nullptr : std::memchr(&bytes[from], '\n', bytes.size() - from);
  const std::size_t end =
      found == nullptr ? bytes.size()
                       : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
  if (end - at_ > most + 1) throw HttpRefused(status, std::string(too_long));
  if (found == nullptr) {
    searched_ = end;
    return std::nullopt;
  }
  const std::string_view line = text_of(bytes.subspan(at_, end - at_));
  at_ = searched_ = end + 1;
  if (line.empty() || line.find('\r') != line.size() - 1) throw HttpRefused(400, "lines end with CRLF");
  return line.substr(0, line.size() - 1);
}

bool Http::read_request_line(Bytes bytes) {
  // Whoever speaks something else, a Thrift message without HTTP for instance, learns it at the first byte.
  if (at_ != bytes.size() && !is_method_byte(bytes[at_]) && bytes[at_] != '\r' && bytes[at_] != '\n') {
    throw HttpRefused(400, "this is not HTTP");
  }
  const std::size_t begin = at_;
  const Line line = take_line(bytes, limits_.line, 414, "the request line is too long");
  if (!line) return false;
  if (line->empty()) {
    // Section 2.2: an empty line after the last body is forgiven.
    if (++blank_lines_ > 1) throw HttpRefused(400, "empty lines where a request is due");
    return true;
  }
  begin_ = begin;
  head_.take_request_line(*line);
  step_ = Step::field;
  return true;
}

// A line of the head or behind the last chunk.
Http::Line Http::take_field_line(Bytes bytes) {
  const Line line = take_line(bytes, limits_.field, 431, "a header line is too long");
  if (!line || line->empty()) return line;
  head_size_ += line->size();
  if (head_size_ > limits_.head || fields_ >= limits_.fields) throw HttpRefused(431, "too many headers");
  ++fields_;
  return line;
}

bool Http::read_field(Bytes bytes) {
  const Line line = take_field_line(bytes);
  if (!line) return false;
  if (line->empty()) return finish_head();
  head_.take_field(*line);
  return true;
}

bool Http::finish_head() {
  head_.finish();
  body_ = at_;
  const auto length = head_.length();
  const bool has_body = head_.is_chunked() || length.value_or(0) != 0;
  if (has_body && !head_.is_post()) throw HttpRefused(405, "messages come by POST");
  if (length && *length > limits_.body) throw HttpRefused(413, too_long_body(limits_));
  if (!has_body) {
    if (head_.is_post() && !length) throw HttpRefused(411, "a body needs a length");
    step_ = Step::done;
    return true;
  }
  owes_continue_ = head_.expects_continue();
  missing_ = length.value_or(0);
  step_ = head_.is_chunked() ? Step::chunk_size : Step::body;
  return true;
}

bool Http::read_chunk_size(Bytes bytes) {
  constexpr std::string_view bad = "malformed chunk size";
  const Line line = take_line(bytes, most_size_digits + limits_.chunk_extensions, 400, bad);
  if (!line) return false;
  const auto [size, digits] = read_chunk_size_of(*line);
  if (digits == 0 || !is_extension(line->substr(digits))) throw HttpRefused(400, std::string(bad));
  extensions_ += line->size() - digits;
  if (extensions_ > limits_.chunk_extensions) throw HttpRefused(400, std::string(bad));
  // Many small chunks are many times as long as what is in them.
  around_chunks_ += line->size() + 4;
  if (size > limits_.body - joined_size_ || around_chunks_ > limits_.body + limits_.head) {
    throw HttpRefused(413, too_long_body(limits_));
  }
  missing_ = static_cast<std::size_t>(size);
  step_ = size != 0 ? Step::chunk : Step::trailer;
  return true;
}

bool Http::read_chunk(Bytes bytes) {
  const std::size_t end = at_ + missing_;
  // A wrong end is told as soon as it is seen.
  if ((bytes.size() > end && bytes[end] != '\r') || (bytes.size() > end + 1 && bytes[end + 1] != '\n')) {
    throw HttpRefused(400, "a chunk ends with CRLF");
  }
  if (bytes.size() < end + 2) {
    wanted_ = end + 2;
    return false;
  }
  joined_size_ += missing_;
  at_ = searched_ = end + 2;
  step_ = Step::chunk_size;
  return true;
}

bool Http::read_trailer(Bytes bytes) {
  const Line line = take_field_line(bytes);
  if (!line) return false;
  if (line->empty()) {
    step_ = Step::done;
  } else {
    HttpHead::check_trailer(*line);
  }
  return true;
}

Extent Http::give() {
  const Extent extent{body_, at_};
  requests_.push_back({body_ - begin_, head_.minor(), head_.is_post(), head_.is_head(), head_.keeps_alive(),
                       head_.is_chunked()});
  start_over();
  return extent;
}

void Http::start_over() {
  step_ = Step::request_line;
  head_ = HttpHead();
  at_ = searched_ = begin_ = body_ = missing_ = fields_ = head_size_ = 0;
  joined_size_ = around_chunks_ = extensions_ = 0;
  blank_lines_ = 0;
  owes_continue_ = false;
}

bool Http::take_continue() { return std::exchange(owes_continue_, false); }

void Http::speak(Buffer& out) {
  if (take_continue()) out.append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
  if (!refused_ || std::exchange(has_spoken_, true)) return;
  append_refusal(out, refused_->status(), refused_->text(), {}, false, std::time(nullptr));
}

bool Http::give_up() {
  owes_continue_ = false;
  if (!refused_) refused_.emplace(408, "the request took too long");
  return true;
}

void Http::finish_request() {
  joined_.release();
  if (++answered_ != requests_.size()) return;
  requests_.clear();
  answered_ = 0;
  if (requests_.capacity() > few_requests) requests_.shrink_to_fit();
}

Bytes Http::body(Bytes raw) {
  if (!request().is_chunked) return raw;
  joined_.clear();
  Bytes first;
  for (std::size_t at = 0;;) {
    const std::string_view rest = text_of(raw.subspan(at));
    const auto size = static_cast<std::size_t>(read_chunk_size_of(rest).size);
    if (size == 0) return joined_.empty() ? first : joined_.bytes();
    at += rest.find('\n') + 1;
    const Bytes chunk = raw.subspan(at, size);
    at += size + 2;
    // Most bodies are one chunk.
    if (first.empty()) {
      first = chunk;
      continue;
    }
    if (joined_.empty()) joined_.append(first);
    joined_.append(chunk);
  }
}

Bytes Http::message(Bytes body) {
  // Each request is a stream of its own.
  if (inner_options_.kind == Kind::detected) inner_ = make_inner(inner_options_);
  const auto extent = inner_->next(body);
  if (!extent) {
    throw TransportError(TransportError::Kind::end_of_file,
                         "The body ends after " + std::to_string(body.size()) + " bytes, within a message");
  }
  return body.subspan(extent->begin, extent->end - extent->begin);
}

// How long the head will be, only the answer's length says; where that is like the last one's nothing moves.
std::size_t Http::begin_answer(Buffer& out) {
  const std::size_t start = out.size();
  out.extend(room_);
  return start;
}

void Http::end_answer(Buffer& out, std::size_t start, bool goes_on) {
  const std::size_t from = start + room_, length = out.size() - from;
  Buffer head(256);
  append_response_head(head, 200, length, {goes_on, request().minor}, std::time(nullptr));
  if (head.size() > room_) out.extend(head.size() - room_);
  if (head.size() != room_ && length != 0) {
    std::memmove(out.data() + start + head.size(), out.data() + from, length);
  }
  std::memcpy(out.data() + start, head.data(), head.size());
  out.truncate(start + head.size() + length);
  room_ = head.size();
}

void Http::refuse(Buffer& out, int status, std::string_view text, bool goes_on) const {
  append_refusal(out, status, text, {goes_on, request().minor}, request().is_head, std::time(nullptr));
}

}  // namespace fastthrift::framing
