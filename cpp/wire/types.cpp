#include "wire/types.hpp"

namespace fastthrift::wire {

std::string_view name_of(TType type) {
  switch (type) {
    case TType::stop:
      return "STOP";
    case TType::void_:
      return "VOID";
    case TType::bool_:
      return "BOOL";
    case TType::i8:
      return "BYTE";
    case TType::double_:
      return "DOUBLE";
    case TType::i16:
      return "I16";
    case TType::i32:
      return "I32";
    case TType::i64:
      return "I64";
    case TType::string:
      return "STRING";
    case TType::struct_:
      return "STRUCT";
    case TType::map:
      return "MAP";
    case TType::set:
      return "SET";
    case TType::list:
      return "LIST";
    case TType::uuid:
      return "UUID";
  }
  return "unknown type";
}

}  // namespace fastthrift::wire
