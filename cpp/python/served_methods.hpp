#pragma once

#include "python/served_method.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/input.hpp"
#include "wire/binary.hpp"
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
  // A call of the same method as the one before, in the binary protocol: most are. Reads its header from
  // `in`, which stands at the beginning of `message`. Null: not that, and nothing is read.
  ServedMethod* find_again(Input& in, Bytes message, wire::Protocol protocol, wire::MessageHeader& header) {
    if (last_ == nullptr || protocol != wire::Protocol::binary) return nullptr;
    const std::string_view name = last_->first;
    const std::size_t size = 12 + name.size();
    if (message.size() < size) return nullptr;
    const std::uint8_t* at = message.data();
    const auto type =
        static_cast<wire::MessageType>(load_big_endian<std::uint32_t>(at) - wire::BinaryReader::version_1);
    if ((type != wire::MessageType::call && type != wire::MessageType::oneway) ||
        load_big_endian<std::uint32_t>(at + 4) != name.size() ||
        std::memcmp(at + 8, name.data(), name.size()) != 0) {
      return nullptr;
    }
    header = {name, type, load_big_endian<std::int32_t>(at + 8 + name.size())};
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
