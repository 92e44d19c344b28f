#include "idl/elements.hpp"

#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "idl/number.hpp"
#include "idl/parser.hpp"

namespace fastthrift::idl {
namespace {

// Fits int64, or is kept as decimal digits.
ConstValue integer_of(const Token& token) {
  ConstValue value;
  value.place = token.place;
  std::string_view digits = token.text;
  if (digits[0] == '+') digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value.integer);
  if (error == std::errc() && end == digits.data() + digits.size()) return value;

  const std::string decimals = decimal(token);  // hexadecimal or beyond int64
  if (std::from_chars(decimals.data(), decimals.data() + decimals.size(), value.integer).ec != std::errc()) {
    value.kind = ConstValue::Kind::big_integer;
    value.text = decimals;
  }
  return value;
}

// Numbers that Apache's compiler does not read: 0X1F, 1., beyond int64.
void refuse_number(const Tokens& tokens, const Token& token) {
  const std::string_view text = token.text;
  const bool is_integer = token.kind == Token::Kind::integer;
  const std::size_t dot = text.find('.');
  const bool is_odd = is_integer ? text.find('X') != std::string_view::npos
                                 : token.kind == Token::Kind::number && dot != std::string_view::npos &&
                                       (dot + 1 == text.size() || (text[dot + 1] | 0x20) == 'e');
  if (is_odd) tokens.fail("a number, in decimal digits or as 0x1f, with digits behind its point");
  if (is_integer && integer_of(token).kind == ConstValue::Kind::big_integer) {
    tokens.fail_at(token.place, "This integer is too big: \"" + std::string(text) + "\"");
  }
}

BaseType base_type_of(Keyword keyword) {
  switch (keyword) {
    case Keyword::bool_:
      return BaseType::bool_;
    case Keyword::byte:
    case Keyword::i8:
      return BaseType::i8;
    case Keyword::i16:
      return BaseType::i16;
    case Keyword::i32:
      return BaseType::i32;
    case Keyword::i64:
      return BaseType::i64;
    case Keyword::double_:
      return BaseType::double_;
    case Keyword::string:
      return BaseType::string;
    case Keyword::binary:
      return BaseType::binary;
    default:
      return BaseType::void_;
  }
}

void read_cpp_type(Tokens& tokens, Type& type) {
  if (!tokens.is_name("cpp_type") || tokens.peek().kind != Token::Kind::text) return;
  tokens.take();
  type.cpp_type = tokens.expect_text("the name of a C++ type in quotes");
}

void read_container(Tokens& tokens, Type& type) {
  const Tokens::Depth depth(tokens, tokens.type_depth, max_type_depth, "Containers");
  read_cpp_type(tokens, type);
  tokens.expect('<', "'<'");
  type.arguments.reserve(type.kind == Type::Kind::map ? 2 : 1);
  type.arguments.push_back(
      read_type(tokens, type.kind == Type::Kind::map ? "a key type" : "an element type"));
  if (type.kind == Type::Kind::map) {
    tokens.expect(',', "','");
    type.arguments.push_back(read_type(tokens, "a value type"));
  }
  tokens.expect('>', "'>'");
  read_cpp_type(tokens, type);
}

void read_items(Tokens& tokens, ConstValue& value, char close) {
  const Tokens::Depth depth(tokens, tokens.value_depth, max_value_depth, "Constants");
  while (!tokens.accept(close)) {
    value.items.push_back(read_value(tokens));
    if (value.kind == ConstValue::Kind::map) {
      tokens.expect(':', "':' and a value");
      value.items.push_back(read_value(tokens));
    }
    tokens.accept_separator();
  }
  value.items.shrink_to_fit();
}

// Without effect outside of C++ and XML, but part of the grammar.
void skip_xsd(Tokens& tokens) {
  if (tokens.is_name("xsd_optional")) tokens.take();
  if (tokens.is_name("xsd_nillable")) tokens.take();
  if (tokens.is_name("xsd_attrs") && tokens.peek().is_sign('{')) {
    const Tokens::Depth depth(tokens, tokens.value_depth, max_value_depth, "Attributes");
    tokens.take();
    tokens.take();
    read_fields(tokens, '}');
  }
}

Field read_field(Tokens& tokens) {
  Field field;
  field.doc = tokens.take_member_doc();
  if (tokens.is(Token::Kind::integer)) {
    if (tokens.strict) refuse_number(tokens, tokens.current());
    const Token token = tokens.take();
    const ConstValue id = integer_of(token);
    if (id.kind == ConstValue::Kind::big_integer) {
      tokens.fail_at(
          id.place, "Field id " + id.text + " at line " + std::to_string(id.place.line) + " is out of range");
    }
    field.id = id.integer;
    tokens.expect(':', "':' after the field id");
  }
  if (tokens.accept(Keyword::required)) {
    field.requiredness = Requiredness::required;
  } else if (tokens.accept(Keyword::optional)) {
    field.requiredness = Requiredness::optional;
  }
  field.type = read_type(tokens, "a field type");
  field.is_reference = tokens.accept('&');
  const Token name = tokens.expect_new_name("a field name", true);
  field.name = name.text;
  field.place = name.place;
  if (tokens.accept('=')) field.default_value = read_value(tokens);
  skip_xsd(tokens);
  field.annotations = read_annotations(tokens);
  tokens.accept_separator();
  return field;
}

}  // namespace

Type read_type(Tokens& tokens, const char* expected) {
  Type type;
  const Token token = tokens.current();
  type.place = token.place;
  if (token.kind == Token::Kind::identifier) {
    tokens.take();
    type.kind = Type::Kind::named;
    type.name = token.text;
    if (tokens.strict) {
      if (token.text != "uuid") return type;  // no annotations either
      type.kind = Type::Kind::base;
    }
    if (token.text == "uuid") type.base = BaseType::uuid;
    if (token.text == "slist") type.base = BaseType::string;
    if (tokens.is('(') && !tokens.peek().is_word())
      return type;  // no annotation: a function without a result type
  } else if (token.kind == Token::Kind::keyword && base_type_of(token.keyword) != BaseType::void_) {
    tokens.take();
    type.base = base_type_of(token.keyword);
  } else if (tokens.is(Keyword::list) || tokens.is(Keyword::set) || tokens.is(Keyword::map)) {
    tokens.take();
    type.kind = token.keyword == Keyword::list  ? Type::Kind::list
                : token.keyword == Keyword::set ? Type::Kind::set
                                                : Type::Kind::map;
    read_container(tokens, type);
  } else {
    tokens.fail(expected);
  }
  type.annotations = read_annotations(tokens);
  return type;
}

ConstValue read_value(Tokens& tokens) {
  ConstValue value;
  const Token token = tokens.current();
  value.place = token.place;
  if (++tokens.values > max_values) {
    tokens.fail_at(token.place, "Too many values at line " + std::to_string(token.place.line),
                   "at most " + std::to_string(max_values) + " are allowed in a file");
  }
  if (tokens.strict) refuse_number(tokens, token);
  switch (token.kind) {
    case Token::Kind::integer:
      value = integer_of(token);
      break;
    case Token::Kind::number:
      value.kind = ConstValue::Kind::number;
      value.number = double_of(token.text);
      break;
    case Token::Kind::boolean:
      value.kind = ConstValue::Kind::boolean;
      value.boolean = token.text == "true";
      break;
    case Token::Kind::text:
      value.kind = ConstValue::Kind::text;
      value.text = unescaped(token);
      break;
    case Token::Kind::identifier:
      value.kind = ConstValue::Kind::identifier;
      value.text = token.text;
      break;
    default:
      if (tokens.accept('[')) {
        value.kind = ConstValue::Kind::list;
        read_items(tokens, value, ']');
      } else if (tokens.accept('{')) {
        value.kind = ConstValue::Kind::map;
        read_items(tokens, value, '}');
      } else {
        tokens.fail("a value");
      }
      return value;
  }
  tokens.take();
  return value;
}

Annotations read_annotations(Tokens& tokens) {
  Annotations annotations;
  if (!tokens.accept('(')) return annotations;
  while (!tokens.accept(')')) {
    Annotation annotation;
    annotation.name = tokens.expect_name("the name of an annotation or ')'", !tokens.strict).text;
    if (tokens.accept('=')) annotation.value = tokens.expect_text("the value of the annotation in quotes");
    tokens.accept_separator();
    annotations.push_back(std::move(annotation));
  }
  return annotations;
}

std::vector<Field> read_fields(Tokens& tokens, char close) {
  std::vector<Field> fields;
  while (!tokens.is(close)) fields.push_back(read_field(tokens));
  tokens.drop_doc();
  tokens.take();
  return fields;
}

}  // namespace fastthrift::idl
