#pragma once

#include "python/plain_protocol.hpp"
#include "python/served_method.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/input.hpp"
#include "wire/types.hpp"

// What a server can be asked for. All members need the GIL.
namespace fastthrift::python {

class ServedMethods {
 public:
  // The methods of one service.
  ServedMethods(PyObject* service, PyObject* handler);
  // Those of several: a TMultiplexedProcessor, whose `processors` and `default_processor` have `_service` and
  // `_handler`; the names of methods are `Service<separator>method`.
  static ServedMethods of_several(PyObject* processor, std::string separator);

  // Why there is no such method: the name and the text of the refusal, and whether it is the method's or the
  // service's name that nobody knows.
  struct Unknown {
    std::string_view name;
    std::string text;
    bool has_service = true;
  };
  // A call of the same method as the one before: most are. Reads its header from `in`, which stands at the
  // beginning of `message`. Null: not that, and nothing is read.
  ServedMethod* find_again(Input& in, Bytes message, wire::Protocol protocol, wire::MessageHeader& header) {
    using wire::MessageType;
    if (last_ == nullptr) return nullptr;
    std::size_t size = 0;
    const bool is_same = in_plain_protocol(protocol, false, [&](auto plain) {
      return plain.read_head(last_->second.called(), message, header, size);
    });
    if (!is_same || (header.type != MessageType::call && header.type != MessageType::oneway)) return nullptr;
    in.advance(size);
    return &last_->second;
  }
  // Null: `unknown` says more. Valid while this lives.
  ServedMethod* find(std::string_view name, Unknown& unknown);

  // Nobody may touch objects any more: the interpreter has gone.
  void leak();
  void clear();

 private:
  ServedMethods() = default;
  ServedMethod* make_of(PyObject* processor, std::string_view method, std::string_view name);
  ServedMethod* make(PyObject* service, PyObject* handler, std::string_view method, std::string_view name);

  Ref service_;
  Ref handler_;
  Ref several_;  // instead of the two
  std::string separator_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Methods = std::unordered_map<std::string, ServedMethod, Hash, std::equal_to<>>;
  Methods methods_;                      // those that have been asked for, by the name in the message
  Methods::value_type* last_ = nullptr;  // the one before
};

}  // namespace fastthrift::python
