#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "framing/framing.hpp"
#include "framing/http_head.hpp"

namespace fastthrift::framing {

// A request that was cut from the stream.
struct HttpRequest {
  std::size_t head = 0;     // bytes, right in front of the body
  std::uint8_t minor = 1;   // of its version 1.x
  bool is_post = true;      // no other has a body
  bool is_head = false;     // the method HEAD
  bool keep_alive = false;  // another request may follow
  bool is_chunked = false;  // the body as it stands there is one of chunks
};

// HTTP/1.1 as RFC 9112 has it, the server's side: `next` gives the body of each request, or throws
// HttpRefused, and goes on doing so. What is cut is kept as `requests` until it is answered, in order:
//
//   message(body(raw)) is the Thrift message inside, in a frame or not as the inner options say;
//   begin_answer, then whatever `inner` has around a message, then end_answer: a 200, also around nothing
//   (a oneway), or instead of that `refuse`; then `finish_request`.
class Http final : public Framing {
 public:
  // `options.http` has the limits; the rest is about the message in a body.
  explicit Http(const Options& options);

  std::optional<Extent> next(Bytes bytes) override;
  std::size_t wanted() const override { return wanted_; }
  std::size_t begin(Buffer& out) const override { return inner_->begin(out); }
  void end(Buffer& out, std::size_t start) const override { inner_->end(out, start); }
  std::optional<Dialect> dialect() const override { return inner_->dialect(); }
  void speak(Buffer& out) override;
  bool give_up() override;

  // No byte of the next request was among the `shown` ones.
  bool is_idle(std::size_t shown) const { return step_ == Step::request_line && at_ == shown; }
  // True once where the client waits for "100 Continue" before it sends its body.
  bool take_continue();

  // The first one that is not answered.
  const HttpRequest& request() const { return requests_[answered_]; }
  void finish_request();
  // The body without chunks around its parts; valid until finish_request.
  Bytes body(Bytes raw);
  // What the rest of the options makes of a body. Throws as Framing::next does, also where bytes are missing.
  Bytes message(Bytes body);
  const Framing& inner() const { return *inner_; }

  std::size_t begin_answer(Buffer& out);
  void end_answer(Buffer& out, std::size_t start, bool goes_on);
  void refuse(Buffer& out, int status, std::string_view text, bool goes_on) const;

 private:
  enum class Step : std::uint8_t { request_line, field, body, chunk_size, chunk, trailer, done };
  using Line = std::optional<std::string_view>;

  // Each takes what it can and says whether the next one may run.
  bool advance(Bytes bytes);
  bool read_request_line(Bytes bytes);
  bool read_field(Bytes bytes);
  bool read_chunk_size(Bytes bytes);
  bool read_chunk(Bytes bytes);
  bool read_trailer(Bytes bytes);

  Line take_line(Bytes bytes, std::size_t most, int status, std::string_view too_long);
  Line take_field_line(Bytes bytes);
  bool finish_head();
  Extent give();
  void start_over();

  HttpLimits limits_;
  Options inner_options_;
  std::unique_ptr<Framing> inner_;

  // Of the request that is being read; offsets in what is shown.
  Step step_ = Step::request_line;
  HttpHead head_;
  std::size_t at_ = 0;        // what comes before has been read
  std::size_t searched_ = 0;  // there is no line feed from at_ to here
  std::size_t wanted_ = 1;
  std::size_t begin_ = 0;    // the request line
  std::size_t body_ = 0;     // behind the head
  std::size_t missing_ = 0;  // of the body or chunk that is being read
  std::size_t fields_ = 0;
  std::size_t head_size_ = 0;
  std::size_t joined_size_ = 0;    // of the chunks so far
  std::size_t around_chunks_ = 0;  // bytes
  std::size_t extensions_ = 0;     // bytes of them
  std::uint8_t blank_lines_ = 0;
  bool owes_continue_ = false;
  bool has_spoken_ = false;
  std::optional<HttpRefused> refused_;

  std::vector<HttpRequest> requests_;
  std::size_t answered_ = 0;  // of them
  Buffer joined_;             // the chunks of the request that is being answered
  std::size_t room_;          // for the head of an answer: what the last one took
};

}  // namespace fastthrift::framing
