#include <boost/core/lightweight_test.hpp>
#include <string>
#include <variant>
#include <vector>

#include "base/errors.hpp"
#include "idl/parser.hpp"

// The grammar of Apache's compiler: what it takes, and what it refuses while thriftpy2 takes it. Both tables
// were made by asking compiler 0.17, apart from what came later (uuid, keywords as the names of fields).
using namespace fastthrift;
using namespace fastthrift::idl;

namespace {

const ParseOptions strict{{}, true};

void test_what_apache_accepts_is_accepted() {
  const char* table[] = {
      "",
      "\xEF\xBB\xBFstruct A {}",
      "include 'a.thrift' cpp_include \"map\" namespace py a.b namespace * x",
      "namespace py.twisted x",
      "namespace cpp x (a = 'b')",
      "const i32 a = 1, const i32 b = 2; const i32 c = 3",
      "const i32 a = true const bool b = 1",
      "const i64 a = 0x7FFFFFFFFFFFFFFF const i64 b = -9223372036854775808",
      "const double a = 1e5 const double b = -.5e-1 const double c = .5",
      "const list<i32> a = [1, 2; 3 4,]",
      "const uuid a = '00112233-4455-6677-8899-aabbccddeeff'",
      "typedef i32 (x) T (y)",
      "typedef i32 A; typedef i32 B, typedef list<i32> cpp_type 'L' C",
      "enum E { A B = 2, C; D = -3 (x = 'y'), E = 0x1F } (z)",
      "struct A { 1: i32 a i32 b } union B {} exception C {}",
      "struct A xsd_all { 1: i32 a xsd_optional xsd_nillable xsd_attrs { 1: i32 b } (x) }",
      "struct A { 1: required i32 list; 2: i32 async, 3: i32 uuid, 4: A & next }",
      "struct A { 1: map cpp_type 'M' <string (a), i32> b = {} }",
      "service S { async void f(), oneway void g() void h(1: i32 a) throws (1: X x) (y = 'z') }",
      "service S extends base.T { list<i32> (a = 'b') f() } (c)",
  };
  for (const char* text : table) {
    try {
      parse(text, "a.thrift", strict);
    } catch (const IdlError& error) {
      BOOST_ERROR((std::string(text) + " -> " + error.what()).c_str());
    }
  }
}

struct Refused {
  std::string text;
  std::string error;
  int line = 0;
  int column = 0;
};

void test_what_only_thriftpy2_accepts_is_refused() {
  const Refused table[] = {
      {"struct A {};", "syntax error (last token was ';')", 1, 12},
      {"enum A {}, struct B {}", "syntax error (last token was ',')", 1, 10},
      {"const i32 a = 1;;", "syntax error (last token was ';')", 1, 17},
      {"include 'a.thrift';", "syntax error (last token was ';')", 1, 19},
      {"namespace java a-b", "Illegal character '-' at line 1", 1, 17},
      {"namespace xsd 'http://a'", "syntax error (last token was 'http://a')", 1, 15},
      {"namespace * a (b = 'c')", "syntax error (last token was '(')", 1, 15},
      {"php_namespace a.b", "syntax error (last token was 'php_namespace')", 1, 1},
      {"senum S { 'a' }", "syntax error (last token was 'senum')", 1, 1},
      {"const i32 a = 1 (b = 'c')", "syntax error (last token was '(')", 1, 17},
      {"const double a = 5.", "syntax error (last token was '5.')", 1, 18},
      {"const double a = 5.e3", "syntax error (last token was '5.e3')", 1, 18},
      {"const i32 a = 0X1F", "syntax error (last token was '0X1F')", 1, 15},
      {"const i64 a = 9223372036854775808", "This integer is too big: \"9223372036854775808\"", 1, 15},
      {"const i64 a = 0xFFFFFFFFFFFFFFFF", "This integer is too big: \"0xFFFFFFFFFFFFFFFF\"", 1, 15},
      {"struct A { 99999999999999999999: i32 a }", "This integer is too big: \"99999999999999999999\"", 1,
       12},
      {"const i32 a.b = 1", "Identifier a.b can't have a dot.", 1, 11},
      {"struct A.B {}", "Identifier A.B can't have a dot.", 1, 8},
      {"struct A { 1: i32 a.b }", "Identifier a.b can't have a dot.", 1, 19},
      {"enum E { A.B = 1 }", "Identifier A.B can't have a dot.", 1, 10},
      {"service S { void a.b() }", "Identifier a.b can't have a dot.", 1, 18},
      {"typedef Other (x) T", "syntax error (last token was '(')", 1, 15},
      {"service S { void (x) f() }", "syntax error (last token was '(')", 1, 18},
      {"enum E { A,,B }", "syntax error (last token was ',')", 1, 12},
      {"enum E { ,A }", "syntax error (last token was ',')", 1, 10},
      {"enum E { list }", "syntax error (last token was 'list')", 1, 10},
      {"struct uuid {}", "syntax error (last token was 'uuid')", 1, 8},
      {"struct async {}", "syntax error (last token was 'async')", 1, 8},
      {"struct A { 1: i32 xsd_all }", "syntax error (last token was 'xsd_all')", 1, 19},
      {"service S { void list() }", "syntax error (last token was 'list')", 1, 18},
      {"struct A {} (list = 'a')", "syntax error (last token was 'list')", 1, 14},
      {"exception A xsd_all {}", "syntax error (last token was 'xsd_all')", 1, 13},
      {"struct A {\n  1: i32", "syntax error (last token was '')", 2, 9},
      {"struct A { 1: i32 a,, 2: i32 b }", "syntax error (last token was ',')", 1, 21},
      {"struct A {} namespace py x", "syntax error (last token was 'namespace')", 1, 13},
  };
  for (const auto& row : table) {
    try {
      parse(row.text, "a.thrift", strict);
      BOOST_ERROR(row.text.c_str());
    } catch (const IdlError& error) {
      BOOST_TEST_EQ(error.text(), row.error);
      BOOST_TEST_EQ(error.place().file, "a.thrift");
      BOOST_TEST_EQ(error.place().line, row.line);
      BOOST_TEST_EQ(error.place().column, row.column);
    }
  }
}

void test_an_unlikely_token_is_shown_as_valid_utf8() {
  try {
    parse("struct A { 1: i32 \"\xC3\xA9\" }", "", strict);
    BOOST_ERROR("accepted");
  } catch (const IdlError& error) {
    BOOST_TEST_EQ(error.text(), "syntax error (last token was '\xC3\xA9')");
    BOOST_TEST_EQ(error.hint(), "expected a field name");
  }
}

void test_uuid_is_a_type_of_its_own() {
  const Document document = parse("struct A { 1: uuid a, 2: list<uuid> b }", "", strict);
  const auto& fields = std::get<Struct>(document.definitions.at(0)).fields;
  BOOST_TEST(fields.at(0).type.kind == Type::Kind::base);
  BOOST_TEST(fields.at(0).type.base == BaseType::uuid);
  BOOST_TEST(fields.at(1).type.arguments.at(0).base == BaseType::uuid);
}

void test_docs_annotations_and_places_are_kept() {
  const Document document =
      parse("/** D */\nstruct A {\n  /** F */\n  1: required i32 a = 3 (x = 'y', z)\n}", "", strict);
  const auto& definition = std::get<Struct>(document.definitions.at(0));
  BOOST_TEST_EQ(definition.doc, "D");
  const Field& field = definition.fields.at(0);
  BOOST_TEST_EQ(field.doc, "F");
  BOOST_TEST_EQ(field.place.line, 4);
  BOOST_TEST_EQ(field.place.column, 19);
  BOOST_TEST_EQ(field.annotations.size(), 2u);
  BOOST_TEST_EQ(*field.annotations.at(0).value, "y");
  BOOST_TEST(!field.annotations.at(1).value);
}

}  // namespace

void test_strict() {
  test_what_apache_accepts_is_accepted();
  test_what_only_thriftpy2_accepts_is_refused();
  test_an_unlikely_token_is_shown_as_valid_utf8();
  test_uuid_is_a_type_of_its_own();
  test_docs_annotations_and_places_are_kept();
}
