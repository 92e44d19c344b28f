#include "idl/parser.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>
#include <variant>
#include <vector>

#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::idl;

namespace {

template <class Kind>
Kind only(const std::string& text) {
  const Document document = parse(text, "a.thrift");
  BOOST_TEST_EQ(document.definitions.size(), 1u);
  return std::get<Kind>(document.definitions.at(0));
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// What Apache's grammar or thriftpy2 accepts; each text alone is a whole file.
void test_both_grammars_are_accepted() {
  const char* table[] = {
      "",
      "// nothing but a comment",
      "include 'a.thrift'",
      "include 'a.thrift'; cpp_include \"map\", namespace py a.b; namespace * x",
      "namespace py.twisted x",
      "namespace java a-b.c-d",
      "namespace xsd 'http://example.org'",
      "namespace cpp x (a = 'b')",
      "php_namespace a.b cpp_namespace c xsd_namespace 'd' java_package e.f ruby_namespace g "
      "csharp_namespace h",
      "const i32 a = 1, const i32 b = 2; const i32 c = 3",
      "const i32 a = 1;;",
      "const i32 a = 1 (b = 'c')",
      "const double a = 5. const double b = -.5e-1",
      "const list<i32> a = [1, 2; 3 4,]",
      "const map<i32, i32> a = {1: 2, 3: 4; 5: 6 7: 8,}",
      "const i32 a.b = 1",
      "typedef i32 (x) T (y)",
      "typedef Other (x) T;",
      "typedef map cpp_type 'M' <i32, i32> A typedef set cpp_type 'S' <i32> B typedef list<i32> cpp_type 'L' "
      "C",
      "enum E {}",
      "enum E { A B = 2, C; D = -3 (x = 'y'), E = 0x1F }",
      "enum E { A,,B ;; } (z)",
      "enum E { list, struct }",
      "senum S { 'a', \"b\" }",
      "struct A {} struct B {}; union C {}, exception D {}",
      "struct A { i32 a i32 b }",
      "struct A { 1: i32 a, -5: i32 b; 0: i32 c 0x10: i32 d }",
      "struct A { 1: required i32 a = 1 (x); 2: optional list<set<map<string, A>>> b }",
      "struct A { 1: i32 & a 2: B &b }",
      "struct A xsd_all { 1: i32 a xsd_optional xsd_nillable xsd_attrs { 2: i32 b } (x) }",
      "struct A { 1: i32 struct, 2: i32 required 3: optional i32 optional }",
      "struct A { 1: slist a 2: uuid b 3: i8 c 4: byte d }",
      "struct A { 1: string (x = 'y') a 2: list<i32 (z)> (w) b 3: B (v) c }",
      "struct None { 1: i32 async, 2: i32 None, 3: i32 class }",
      "service A {} service B extends A {} service C extends a.b.D {}",
      "service A { void f(), i32 g(1: i32 a, 2: i32 b); oneway void h() async void i() } (x)",
      "service A { void f() throws (1: X x, 2: Y y) (a = 'b'), list<i32> g(i32 a i32 b) throws (X x) }",
      "service A { async f() void async() void list() void (a) g() }",
      "struct A {} (a, b = 'c'; d e.f = 'g', required)",
  };
  for (const char* text : table) {
    try {
      parse(text, "a.thrift");
    } catch (const IdlError& error) {
      BOOST_ERROR((std::string(text) + ": " + error.what()).c_str());
    }
  }
}

// The texts are thriftpy2's, seen by running it.
void test_what_is_not_in_the_grammar_is_refused() {
  const struct {
    std::string text;
    std::string error;
    std::string hint;
    int line;
    int column;
  } table[] = {
      {"struct A {1: i32}", "Grammar error '}' at line 1 of the file 'a.thrift'", "expected a field name", 1,
       17},
      {"struct A {1: i32 5}", "Grammar error 5 at line 1 of the file 'a.thrift'", "expected a field name", 1,
       18},
      {"struct A {1: i32 \"x\"}", "Grammar error 'x' at line 1 of the file 'a.thrift'",
       "expected a field name", 1, 18},
      {"struct A {1: i32 a = }", "Grammar error '}' at line 1 of the file 'a.thrift'", "expected a value", 1,
       22},
      {"struct A { true: i32 b}", "Grammar error True at line 1 of the file 'a.thrift'",
       "expected a field type", 1, 12},
      {"struct A {1: i32 a = 1.5.5}", "Grammar error 0.5 at line 1 of the file 'a.thrift'",
       "expected a field type", 1, 25},
      {"struct A {1: i32 true}", "Grammar error True at line 1 of the file 'a.thrift'",
       "expected a field name", 1, 18},
      {"struct A {1: i32 a;;}", "Grammar error ';' at line 1 of the file 'a.thrift'", "expected a field type",
       1, 20},
      {"struct A {1: void a}", "Grammar error 'void' at line 1 of the file 'a.thrift'",
       "expected a field type", 1, 14},
      {"struct A {1 i32 a}", "Grammar error 'i32' at line 1 of the file 'a.thrift'",
       "expected ':' after the field id", 1, 13},
      {"struct A {", "Grammar error at EOF of the file 'a.thrift'", "expected a field type", 1, 11},
      {"struct\n", "Grammar error at EOF of the file 'a.thrift'", "expected the name of the struct", 2, 1},
      {"struct list {}", "Grammar error 'list' at line 1 of the file 'a.thrift'",
       "expected the name of the struct", 1, 8},
      {"Struct A {}", "Grammar error 'Struct' at line 1 of the file 'a.thrift'", "", 1, 1},
      {"const i32 a = 1 }", "Grammar error '}' at line 1 of the file 'a.thrift'", "", 1, 17},
      {"const i32 a = [", "Grammar error at EOF of the file 'a.thrift'", "expected a value", 1, 16},
      {"const i32 a = [1,,2]", "Grammar error ',' at line 1 of the file 'a.thrift'", "expected a value", 1,
       18},
      {"const set<i32> a = {1,2}", "Grammar error ',' at line 1 of the file 'a.thrift'",
       "expected ':' and a value", 1, 22},
      {"const map<string,string> m = {\"a\" \"b\"}", "Grammar error 'b' at line 1 of the file 'a.thrift'", "",
       1, 35},
      {"const i32 a = 1x", "Grammar error 'x' at line 1 of the file 'a.thrift'", "", 1, 16},
      {"enum E {A=1.5}", "Grammar error 1.5 at line 1 of the file 'a.thrift'", "expected an integer", 1, 11},
      {"enum E{A=B}", "Grammar error 'B' at line 1 of the file 'a.thrift'", "expected an integer", 1, 10},
      {"1e3", "Grammar error 1000.0 at line 1 of the file 'a.thrift'", "", 1, 1},
      {"0x10", "Grammar error 16 at line 1 of the file 'a.thrift'", "", 1, 1},
      {"'\xC3\xA9\\n'", "Grammar error '\xC3\xA9\\n' at line 1 of the file 'a.thrift'", "", 1, 1},
      {"//a\r\nfoo", "Grammar error 'foo' at line 2 of the file 'a.thrift'", "", 2, 1},
      {"struct A {} include 'b.thrift'", "Grammar error 'include' at line 1 of the file 'a.thrift'", "", 1,
       13},
      {"struct A {} namespace py x", "Grammar error 'namespace' at line 1 of the file 'a.thrift'", "", 1, 13},
      {"namespace 5 x", "Grammar error 5 at line 1 of the file 'a.thrift'", "expected a scope or '*'", 1, 11},
      {"include x", "Grammar error 'x' at line 1 of the file 'a.thrift'",
       "expected the path of a file in quotes", 1, 9},
      {"service S { f() }", "Grammar error '(' at line 1 of the file 'a.thrift'",
       "expected the name of the function", 1, 14},
      {"service S { void f(1: i32 a) throws }", "Grammar error '}' at line 1 of the file 'a.thrift'", "", 1,
       37},
      {"struct A {} (a = 1)", "Grammar error 1 at line 1 of the file 'a.thrift'", "", 1, 18},
      {"struct A { 1: map<i32; i32> a }", "Grammar error ';' at line 1 of the file 'a.thrift'",
       "expected ','", 1, 22},
  };
  for (const auto& row : table) {
    try {
      parse(row.text, "a.thrift");
      BOOST_ERROR(row.text.c_str());
    } catch (const IdlError& error) {
      BOOST_TEST_EQ(error.text(), row.error);
      if (!row.hint.empty()) BOOST_TEST_EQ(error.hint(), row.hint);
      BOOST_TEST(!error.hint().empty());
      BOOST_TEST(error.kind() == IdlError::Kind::grammar);
      BOOST_TEST_EQ(error.place().file, "a.thrift");
      BOOST_TEST_EQ(error.place().line, row.line);
      BOOST_TEST_EQ(error.place().column, row.column);
    }
  }
}

void test_a_text_without_file_is_called_none() {
  for (const char* text : {"foo", "struct"}) {
    try {
      parse(text, "");
      BOOST_ERROR(text);
    } catch (const IdlError& error) {
      BOOST_TEST(error.text().ends_with("of the file 'None'"));
    }
  }
}

void test_limits_are_errors_of_the_parser() {
  const std::string table[] = {
      "struct A { 1: " + repeated("list<", 257) + "i32" + repeated(">", 257) + " a }",
      "struct A { 1: " + repeated("list<", 1'000'000),
      "const i32 a = " + repeated("[", 257) + repeated("]", 257),
      "const i32 a = " + repeated("[", 1'000'000),
      "const i32 a = " + repeated("{", 1'000'000),
      "const i32 a = " + repeated("{1:", 1'000'000),
      "struct A { " + repeated("i32 a xsd_attrs { ", 1000),
      "const list<i32> a = [" + repeated("1,", max_values) + "]",
      "struct A { 99999999999999999999: i32 a }",
      std::string(max_file_bytes + 1, ' '),
  };
  for (const std::string& text : table) {
    try {
      parse(text, "a.thrift");
      BOOST_ERROR(text.substr(0, 60).c_str());
    } catch (const IdlError& error) {
      BOOST_TEST(error.kind() == IdlError::Kind::parser);
    }
  }
  parse("struct A { 1: " + repeated("list<", 256) + "i32" + repeated(">", 256) + " a }", "a.thrift");
  parse("const i32 a = " + repeated("[", 256) + repeated("]", 256), "a.thrift");
  parse(std::string(max_file_bytes, ' '), "a.thrift");
}

void test_headers_are_kept_in_order() {
  const Document document = parse(
      "include 'a/b.thrift' cpp_include '<map>' include \"c.thrift\"\n"
      "namespace py a.b namespace * c php_namespace d namespace rb e-f (x = 'y')",
      "dir/a.thrift");
  BOOST_TEST_EQ(document.file, "dir/a.thrift");
  BOOST_TEST_EQ(document.includes.size(), 3u);
  BOOST_TEST_EQ(document.includes[0].path, "a/b.thrift");
  BOOST_TEST(!document.includes[0].is_cpp);
  BOOST_TEST_EQ(document.includes[1].path, "<map>");
  BOOST_TEST(document.includes[1].is_cpp);
  BOOST_TEST_EQ(document.includes[2].place.column, 42);
  const char* spaces[][2] = {{"py", "a.b"}, {"*", "c"}, {"php", "d"}, {"rb", "e-f"}};
  BOOST_TEST_EQ(document.namespaces.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    BOOST_TEST_EQ(document.namespaces[i].scope, spaces[i][0]);
    BOOST_TEST_EQ(document.namespaces[i].name, spaces[i][1]);
  }
  BOOST_TEST_EQ(document.namespaces[3].annotations.at(0).value.value(), "y");
}

void test_fields_keep_what_is_written() {
  const auto definition = only<Struct>(
      "exception A {\n  7: required i32 & a = 5 (k = 'v', w)\n  optional map<string, list<b.C>> list,\n}");
  BOOST_TEST(definition.kind == StructKind::exception);
  BOOST_TEST_EQ(definition.fields.size(), 2u);
  const Field& first = definition.fields[0];
  BOOST_TEST_EQ(first.id.value(), 7);
  BOOST_TEST(first.requiredness == Requiredness::required);
  BOOST_TEST(first.type.base == BaseType::i32);
  BOOST_TEST(first.is_reference);
  BOOST_TEST_EQ(first.name, "a");
  BOOST_TEST_EQ(first.default_value->integer, 5);
  BOOST_TEST_EQ(first.annotations.size(), 2u);
  BOOST_TEST_EQ(first.annotations[0].value.value(), "v");
  BOOST_TEST(!first.annotations[1].value);
  BOOST_TEST_EQ(first.place.line, 2);
  BOOST_TEST_EQ(first.place.column, 21);
  const Field& second = definition.fields[1];
  BOOST_TEST(!second.id);
  BOOST_TEST(second.requiredness == Requiredness::optional);
  BOOST_TEST(second.type.kind == Type::Kind::map);
  BOOST_TEST_EQ(second.type.arguments[1].arguments[0].name, "b.C");
  BOOST_TEST_EQ(second.name, "list");
}

void test_values_keep_their_kind() {
  using Kind = ConstValue::Kind;
  const auto constant = only<Const>(
      "const list<i32> a = [1, -0x10, 9223372036854775807, 9223372036854775808, -9223372036854775808, 1.5, "
      "true, 'x\\n', "
      "b.c, [], {1: 2}]");
  const auto& items = constant.value.items;
  const Kind kinds[] = {Kind::integer,    Kind::integer, Kind::integer, Kind::big_integer,
                        Kind::integer,    Kind::number,  Kind::boolean, Kind::text,
                        Kind::identifier, Kind::list,    Kind::map};
  BOOST_TEST_EQ(items.size(), std::size(kinds));
  for (std::size_t i = 0; i < items.size(); ++i) BOOST_TEST(items[i].kind == kinds[i]);
  BOOST_TEST_EQ(items[1].integer, -16);
  BOOST_TEST_EQ(items[2].integer, INT64_MAX);
  BOOST_TEST_EQ(items[3].text, "9223372036854775808");
  BOOST_TEST_EQ(items[4].integer, INT64_MIN);
  BOOST_TEST_EQ(items[5].number, 1.5);
  BOOST_TEST(items[6].boolean);
  BOOST_TEST_EQ(items[7].text, "x\n");
  BOOST_TEST_EQ(items[8].text, "b.c");
  BOOST_TEST_EQ(items[10].items.size(), 2u);
}

void test_functions_keep_what_is_written() {
  const auto service = only<Service>(
      "service A extends b.C { oneway void f(1: i32 a) i64 g() throws (1: X x) (k) async void h() async i() "
      "}");
  BOOST_TEST_EQ(service.extends, "b.C");
  BOOST_TEST_EQ(service.functions.size(), 4u);
  BOOST_TEST(service.functions[0].is_oneway);
  BOOST_TEST(service.functions[0].result.base == BaseType::void_);
  BOOST_TEST_EQ(service.functions[0].arguments.size(), 1u);
  BOOST_TEST(!service.functions[1].is_oneway);
  BOOST_TEST_EQ(service.functions[1].throws.at(0).name, "x");
  BOOST_TEST_EQ(service.functions[1].annotations.at(0).name, "k");
  BOOST_TEST(service.functions[2].is_oneway);
  BOOST_TEST(!service.functions[3].is_oneway);
  BOOST_TEST_EQ(service.functions[3].result.name, "async");
}

void test_doc_comments_belong_to_what_follows() {
  const Document document = parse(
      "/** the file */ namespace py x\n"
      "/** dropped */ /** S */ struct S {\n"
      "  1: i32 a, /** on b */\n"
      "  2: i32 b, /** c\n   *  two lines */ 3: i32 c,\n"
      "  4: i32 d /** on nothing */ }\n"
      "enum E { /** A */ A /** B */ B = 1 }\n"
      "/** V */ service V { /** f */ void f(/** x */ 1: i32 x /** lost */) /** g */ void g() }\n"
      "const i32 plain = 1 /** T */ typedef i32 T /** K */ const i32 k = 1 /** the end */",
      "a.thrift");
  BOOST_TEST_EQ(document.doc, "the file");
  const auto& struct_ = std::get<Struct>(document.definitions[0]);
  BOOST_TEST_EQ(struct_.doc, "S");
  const char* docs[] = {"", "on b", "c\ntwo lines", ""};
  for (int i = 0; i < 4; ++i) BOOST_TEST_EQ(struct_.fields[i].doc, docs[i]);
  const auto& enum_ = std::get<Enum>(document.definitions[1]);
  BOOST_TEST_EQ(enum_.doc, "");
  BOOST_TEST_EQ(enum_.items[0].doc, "A");
  BOOST_TEST_EQ(enum_.items[1].doc, "B");
  const auto& service = std::get<Service>(document.definitions[2]);
  BOOST_TEST_EQ(service.doc, "V");
  BOOST_TEST_EQ(service.functions[0].doc, "f");
  BOOST_TEST_EQ(service.functions[0].arguments[0].doc, "x");
  BOOST_TEST_EQ(service.functions[1].doc, "g");
  BOOST_TEST_EQ(std::get<Const>(document.definitions[3]).doc, "");
  BOOST_TEST_EQ(std::get<Typedef>(document.definitions[4]).doc, "T");
  BOOST_TEST_EQ(std::get<Const>(document.definitions[5]).doc, "K");
}

void test_docs_of_members_are_left_out_on_request() {
  const char* text =
      "/** S */ struct S { /** a */ 1: i32 a /** b */ } /** E */ enum E { /** A */ A } struct T {}";
  for (const bool is_wanted : {true, false}) {
    const Document document = parse(text, "", {{}, false, is_wanted});
    const auto& struct_ = std::get<Struct>(document.definitions.at(0));
    const auto& enum_ = std::get<Enum>(document.definitions.at(1));
    BOOST_TEST_EQ(struct_.doc, "S");
    BOOST_TEST_EQ(struct_.fields.at(0).doc, is_wanted ? "a" : "");
    BOOST_TEST_EQ(enum_.doc, "E");
    BOOST_TEST_EQ(enum_.items.at(0).doc, is_wanted ? "A" : "");
    BOOST_TEST_EQ(std::get<Struct>(document.definitions.at(2)).doc, "");
  }
}

void test_first_comment_in_front_of_a_definition_is_the_files_too() {
  const Document document = parse("/** A */ struct A {}", "");
  BOOST_TEST_EQ(document.doc, "A");
  BOOST_TEST_EQ(std::get<Struct>(document.definitions[0]).doc, "A");
  BOOST_TEST_EQ(parse("namespace py x /** A */ struct A {}", "").doc, "");
}

void test_reserved_names_are_refused_only_on_request() {
  const char* text = "struct A { 1: i32 from }";
  parse(text, "");
  try {
    parse(text, "", {{"from"}});
    BOOST_ERROR(text);
  } catch (const IdlError& error) {
    BOOST_TEST_EQ(error.text(), "Cannot use reserved language keyword: 'from' at line 1");
    BOOST_TEST_EQ(error.place().column, 19);
  }
}

}  // namespace

void test_parser() {
  test_both_grammars_are_accepted();
  test_what_is_not_in_the_grammar_is_refused();
  test_a_text_without_file_is_called_none();
  test_limits_are_errors_of_the_parser();
  test_headers_are_kept_in_order();
  test_fields_keep_what_is_written();
  test_values_keep_their_kind();
  test_functions_keep_what_is_written();
  test_doc_comments_belong_to_what_follows();
  test_docs_of_members_are_left_out_on_request();
  test_first_comment_in_front_of_a_definition_is_the_files_too();
  test_reserved_names_are_refused_only_on_request();
}
