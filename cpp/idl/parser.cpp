#include "idl/parser.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/errors.hpp"
#include "idl/elements.hpp"
#include "idl/tokens.hpp"

namespace fastthrift::idl {
namespace {

// `php_namespace a.b` and its like, from before `namespace php a.b`.
struct OldNamespace {
  std::string_view word;
  std::string_view scope;
};
constexpr OldNamespace old_namespaces[] = {
    {"cocoa_prefix", "cocoa"},
    {"cpp_namespace", "cpp"},
    {"csharp_namespace", "csharp"},
    {"delphi_namespace", "delphi"},
    {"java_package", "java"},
    {"perl_package", "perl"},
    {"php_namespace", "php"},
    {"py_module", "py"},
    {"ruby_namespace", "rb"},
    {"smalltalk_category", "smalltalk.category"},
    {"smalltalk_prefix", "smalltalk.prefix"},
    {"xsd_namespace", "xsd"},
};

class Parser {
 public:
  Parser(std::string_view text, std::string file, const ParseOptions& options)
      : reserved_(options.reserved),
        document_{std::move(file)},
        tokens_(text, document_.file, reserved_, options.strict) {
    tokens_.member_docs = options.member_docs;
  }

  Document parse() {
    while (read_header()) skip_separators();
    const bool has_headers = !document_.includes.empty() || !document_.namespaces.empty();
    while (!tokens_.is(Token::Kind::end)) {
      document_.definitions.push_back(read_definition());
      const Definition& last = document_.definitions.back();
      if (std::holds_alternative<Const>(last) || std::holds_alternative<Typedef>(last)) {
        tokens_.accept_separator();
      }
      skip_separators();
    }
    if (!has_headers && !document_.definitions.empty()) {
      document_.doc = std::visit([](const auto& first) { return first.doc; }, document_.definitions.front());
    }
    return std::move(document_);
  }

 private:
  // More of them than the grammar has.
  void skip_separators() {
    while (!tokens_.strict && tokens_.accept_separator()) {
    }
  }

  // Takes the name of what is being defined.
  template <class Definition>
  void read_name(Definition& definition, const char* expected, bool or_keyword = false) {
    const Token name = tokens_.expect_new_name(expected, or_keyword && !tokens_.strict);
    definition.name = name.text;
    definition.place = name.place;
  }

  bool read_header() {
    const Place place = tokens_.current().place;
    const auto old = std::find_if(std::begin(old_namespaces), std::end(old_namespaces),
                                  [this](const OldNamespace& form) { return tokens_.is_name(form.word); });
    const bool is_include = tokens_.is(Keyword::include);
    const bool is_cpp = tokens_.is(Keyword::cpp_include);
    const bool is_old = old != std::end(old_namespaces) && !tokens_.strict;
    if (!is_include && !is_cpp && !is_old && !tokens_.is(Keyword::namespace_)) return false;

    std::string doc = tokens_.take_doc();
    if (document_.doc.empty()) document_.doc = std::move(doc);
    tokens_.take();
    if (is_include || is_cpp) {
      document_.includes.push_back({tokens_.expect_text("the path of a file in quotes"), is_cpp, place});
      if (!tokens_.strict) read_annotations(tokens_);
      return true;
    }
    Namespace space;
    space.place = place;
    space.scope = is_old                ? std::string(old->scope)
                  : tokens_.accept('*') ? "*"
                                        : hyphenated_name("a scope or '*'");
    space.name = tokens_.is(Token::Kind::text) && !tokens_.strict
                     ? tokens_.expect_text("")
                     : hyphenated_name("the name of a namespace");
    if (!tokens_.strict || space.scope != "*") space.annotations = read_annotations(tokens_);
    document_.namespaces.push_back(std::move(space));
    return true;
  }

  std::string hyphenated_name(const char* expected) {
    if (tokens_.is(Token::Kind::identifier) && !tokens_.strict) tokens_.extend_hyphenated();
    return std::string(tokens_.expect_name(expected).text);
  }

  Definition read_definition() {
    std::string doc = tokens_.take_doc();
    const Token first = tokens_.current();
    switch (first.keyword) {
      case Keyword::const_:
        return read_const(std::move(doc));
      case Keyword::typedef_:
        return read_typedef(std::move(doc));
      case Keyword::enum_:
        return read_enum(std::move(doc));
      case Keyword::struct_:
        return read_struct(StructKind::struct_, std::move(doc));
      case Keyword::union_:
        return read_struct(StructKind::union_, std::move(doc));
      case Keyword::exception:
        return read_struct(StructKind::exception, std::move(doc));
      case Keyword::service:
        return read_service(std::move(doc));
      case Keyword::include:
      case Keyword::cpp_include:
      case Keyword::namespace_:
        tokens_.fail("a definition: includes and namespaces stand in front of all definitions");
      default:
        break;
    }
    if (tokens_.is_name("senum") && !tokens_.strict) return read_senum(std::move(doc));
    tokens_.fail(
        "a definition: namespace, include, const, typedef, enum, struct, union, exception or service");
  }

  Const read_const(std::string doc) {
    tokens_.take();
    Const constant;
    constant.doc = std::move(doc);
    constant.type = read_type(tokens_, "the type of the constant");
    read_name(constant, "the name of the constant");
    tokens_.expect('=', "'=' and a value");
    constant.value = read_value(tokens_);
    if (!tokens_.strict) constant.annotations = read_annotations(tokens_);
    return constant;
  }

  Typedef read_typedef(std::string doc) {
    tokens_.take();
    Typedef definition;
    definition.doc = std::move(doc);
    definition.type = read_type(tokens_, "a type");
    read_name(definition, "a name for the type");
    definition.annotations = read_annotations(tokens_);
    return definition;
  }

  Enum read_enum(std::string doc) {
    tokens_.take();
    Enum definition;
    definition.doc = std::move(doc);
    read_name(definition, "the name of the enum");
    tokens_.expect('{', "'{'");
    skip_separators();
    while (!tokens_.is('}')) {
      definition.items.push_back(read_enum_item());
      tokens_.accept_separator();
      skip_separators();
    }
    close_body();
    definition.annotations = read_annotations(tokens_);
    return definition;
  }

  EnumItem read_enum_item() {
    EnumItem item;
    item.doc = tokens_.take_member_doc();
    read_name(item, "the name of an enum value or '}'", true);
    if (tokens_.accept('=')) {
      if (!tokens_.is(Token::Kind::integer)) tokens_.fail("an integer");
      item.value = read_value(tokens_);
    }
    item.annotations = read_annotations(tokens_);
    return item;
  }

  Senum read_senum(std::string doc) {
    tokens_.take();
    Senum definition;
    definition.doc = std::move(doc);
    read_name(definition, "the name of the senum");
    tokens_.expect('{', "'{'");
    while (!tokens_.is('}')) {
      definition.items.push_back(tokens_.expect_text("a value in quotes or '}'"));
      tokens_.accept_separator();
    }
    close_body();
    definition.annotations = read_annotations(tokens_);
    return definition;
  }

  Struct read_struct(StructKind kind, std::string doc) {
    tokens_.take();
    Struct definition;
    definition.kind = kind;
    definition.doc = std::move(doc);
    read_name(definition, kind == StructKind::struct_  ? "the name of the struct"
                          : kind == StructKind::union_ ? "the name of the union"
                                                       : "the name of the exception");
    if (tokens_.is_name("xsd_all") && (!tokens_.strict || kind != StructKind::exception)) tokens_.take();
    tokens_.expect('{', "'{'");
    definition.fields = read_fields(tokens_, '}');
    definition.annotations = read_annotations(tokens_);
    return definition;
  }

  Service read_service(std::string doc) {
    tokens_.take();
    Service service;
    service.doc = std::move(doc);
    read_name(service, "the name of the service");
    if (tokens_.accept(Keyword::extends)) {
      const Token parent = tokens_.expect_name("the name of a service to extend");
      service.extends = parent.text;
      service.extends_place = parent.place;
    }
    tokens_.expect('{', "'{' or 'extends'");
    while (!tokens_.is('}')) service.functions.push_back(read_function());
    close_body();
    service.annotations = read_annotations(tokens_);
    return service;
  }

  Function read_function() {
    Function function;
    function.doc = tokens_.take_doc();
    function.is_oneway = tokens_.accept(Keyword::oneway) || accept_async();
    if (tokens_.is(Keyword::void_)) {
      function.result.place = tokens_.take().place;
      if (!tokens_.strict) function.result.annotations = read_annotations(tokens_);
    } else {
      function.result = read_type(tokens_, "the result type of a function or '}'");
    }
    read_name(function, "the name of the function", true);
    tokens_.expect('(', "'(' and arguments");
    function.arguments = read_fields(tokens_, ')');
    if (tokens_.accept(Keyword::throws)) {
      tokens_.expect('(', "'(' and exceptions");
      function.throws = read_fields(tokens_, ')');
    }
    function.annotations = read_annotations(tokens_);
    tokens_.accept_separator();
    return function;
  }

  // The old word for oneway, unless it is a type: `async f()` has no other.
  bool accept_async() {
    if (!tokens_.is_name("async") || !tokens_.peek().is_word() || tokens_.peek(2).is_sign('(')) return false;
    tokens_.take();
    return true;
  }

  // Takes the closing brace. A doc comment in front of it belongs to nothing.
  void close_body() {
    tokens_.drop_doc();
    tokens_.expect('}', "'}'");
  }

  const ReservedNames reserved_;
  Document document_;
  Tokens tokens_;
};

}  // namespace

Document parse(std::string_view text, std::string file, const ParseOptions& options) {
  if (text.size() > max_file_bytes) {
    throw IdlError(IdlError::Kind::parser, "File has " + std::to_string(text.size()) + " bytes",
                   {std::move(file), 0, 0}, "at most " + std::to_string(max_file_bytes) + " are allowed");
  }
  return Parser(text, std::move(file), options).parse();
}

}  // namespace fastthrift::idl
