#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/limits.hpp"
#include "wire/checks.hpp"
#include "wire/types.hpp"

// Going over values without looking at them, for fields that nobody knows (`skip`) and for finding the end of
// a message (scanner.hpp). No recursion: the open structs and containers stand in a list that the depth limit
// bounds.
namespace fastthrift::wire {

// A walk over one value that can stop before any header and go on later, when more bytes are there. `Source`
// says what may be read now:
//   bool has_field()          the next field header can be read
//   bool has_value(TType)     the number, or the length or head of the value, can be read
//   std::uint64_t pass(n)     moves on over as many of `n` bytes as there are; returns how many are still to
//   come
template <class Reader>
class Walk {
 public:
  // `depth`: how many structs and containers are open around the value; `doing`: "skipping" or "reading".
  Walk(const Limits& limits, std::size_t depth, const char* in_struct, const char* in_container)
      : most_(limits.depth < depth ? 0 : limits.depth - depth),
        in_struct_(in_struct),
        in_container_(in_container) {}

  // A value that is no bool of a field header.
  void begin(TType type) { waiting_ = type; }

  // True when the value is over; false when `source` had no more.
  template <class Source>
  bool go_on(Reader& reader, Source& source) {
    for (;;) {
      if (run_ != 0 && (run_ = source.pass(run_)) != 0) return false;
      if (waiting_ != TType::stop) {
        if (!value(waiting_, reader, source)) return false;
        continue;
      }
      if (size_ == 0) return true;
      Level& level = top();
      if (level.kind == TType::struct_) {
        if (!source.has_field()) return false;
        const TType type = reader.field_begin().type;
        if (type == TType::stop) {
          reader.struct_end(level.saved);
          pop();
        } else if (type != TType::bool_ || !Reader::boolean_in_header) {
          waiting_ = type;
        }
      } else if (level.left == 0) {
        pop();
      } else if (level.kind == TType::map && !level.is_value_next) {
        level.is_value_next = true;
        waiting_ = level.key;
      } else {
        level.is_value_next = false;
        --level.left;
        waiting_ = level.element;
      }
    }
  }

 private:
  struct Level {
    TType kind;
    TType key;
    TType element;
    bool is_value_next;
    std::uint32_t left;
    typename Reader::Saved saved;
  };

  template <class Source>
  bool value(TType type, Reader& reader, Source& source) {
    if (const std::size_t fixed = Reader::fixed_size(type)) {
      run_ = fixed;
    } else if (type == TType::struct_) {
      push({type, TType::stop, TType::stop, false, 0, reader.struct_begin()}, in_struct_);
    } else {
      if (!source.has_value(type)) return false;
      read_head(type, reader);
    }
    waiting_ = TType::stop;
    return true;
  }

  void read_head(TType type, Reader& reader) {
    switch (type) {
      case TType::i16:
        reader.i16();
        return;
      case TType::i32:
        reader.i32();
        return;
      case TType::i64:
        reader.i64();
        return;
      case TType::string:
        run_ = reader.string_size();
        return;
      case TType::list:
      case TType::set: {
        const ListHeader head = reader.list_begin();
        const std::uint64_t fixed = Reader::fixed_size(head.element);
        if (head.size == 0 || fixed != 0) {
          check_room(in_container_);
          run_ = fixed * head.size;
        } else {
          push({type, TType::stop, head.element, false, head.size, {}}, in_container_);
        }
        return;
      }
      case TType::map: {
        const MapHeader head = reader.map_begin();
        const std::uint64_t key = Reader::fixed_size(head.key), element = Reader::fixed_size(head.value);
        if (head.size == 0 || (key != 0 && element != 0)) {
          check_room(in_container_);
          run_ = (key + element) * head.size;
        } else {
          push({type, head.key, head.value, false, head.size, {}}, in_container_);
        }
        return;
      }
      default:
        refuse_type(static_cast<unsigned>(type), reader.input());
    }
  }

  void check_room(const char* doing) const {
    if (size_ >= most_) [[unlikely]]
      refuse_depth(doing);
  }
  void push(const Level& level, const char* doing) {
    check_room(doing);
    if (size_ < near_.size()) {
      near_[size_] = level;
    } else {
      far_.push_back(level);
    }
    ++size_;
  }
  Level& top() { return size_ <= near_.size() ? near_[size_ - 1] : far_.back(); }
  void pop() {
    if (size_ > near_.size()) far_.pop_back();
    --size_;
  }

  std::uint64_t run_ = 0;        // bytes to pass without looking
  TType waiting_ = TType::stop;  // the value whose head comes next; stop: none
  std::size_t size_ = 0;         // of the open structs and containers
  const std::size_t most_;       // of them
  const char* const in_struct_;  // for the error: what is being done
  const char* const in_container_;
  std::array<Level, 8> near_;  // real messages need no more,
  std::vector<Level> far_;     // so that one that does may allocate
};

// Moves `reader` over a value of `type`; `depth` is how many structs and containers are open around it. The
// bool of a compact field is over with its header.
template <class Reader>
void skip(Reader& reader, TType type, std::size_t depth) {
  struct Everything {
    Reader& reader;
    bool has_field() { return true; }
    bool has_value(TType) { return true; }
    std::uint64_t pass(std::uint64_t n) {
      constexpr std::size_t piece = 16384;  // a stream need not hold a long run at once
      Input& in = reader.input();
      while (n > in.at_hand() && n > piece) {
        const std::size_t some = in.at_hand() != 0 ? in.at_hand() : piece;
        in.take(some);
        n -= some;
      }
      in.take(static_cast<std::size_t>(n));
      return 0;
    }
  };
  if (type == TType::bool_) {
    reader.boolean();
    return;
  }
  Everything everything{reader};
  Walk<Reader> walk(reader.limits(), depth, "skipping a Thrift struct", "skipping a Thrift container");
  walk.begin(type);
  walk.go_on(reader, everything);
}

}  // namespace fastthrift::wire
