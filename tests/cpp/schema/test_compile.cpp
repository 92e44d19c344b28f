#include <string>

#include "compiled.hpp"

using namespace fastthrift;
using namespace fastthrift::schema;

namespace {

void test_tables_keep_what_the_file_says() {
  const Shared schema = compiled(
      "/** file */ namespace py a.b namespace * c\n"
      "/** E */ enum E { /** A */ A (x = 'y'), B = 7, C } (z)\n"
      "/** S */ union S { /** f */ 3: optional i32 f (k = 'v') }\n"
      "/** T */ typedef i32 T (t = 'u')\n"
      "/** K */ const i32 K = 1 (c = 'd')\n"
      "/** V */ service V { /** g */ oneway void g() (m = 'n') } (p)\n"
      "exception X { 1: required string why }\n",
      {}, "dir/a.thrift");
  BOOST_TEST_EQ(schema->file(), "dir/a.thrift");
  BOOST_TEST_EQ(schema->doc(), "file");
  BOOST_TEST_EQ(schema->namespaces().size(), 2u);
  BOOST_TEST_EQ(schema->namespaces()[0].second, "a.b");
  const DefinitionKind kinds[] = {DefinitionKind::enum_,    DefinitionKind::struct_, DefinitionKind::typedef_,
                                  DefinitionKind::constant, DefinitionKind::service, DefinitionKind::struct_};
  BOOST_TEST_EQ(schema->definitions().size(), std::size(kinds));
  for (std::size_t i = 0; i < std::size(kinds); ++i) BOOST_TEST(schema->definitions()[i].kind == kinds[i]);

  const Enum& enum_ = schema->enums()[0];
  BOOST_TEST_EQ(enum_.doc, "E");
  BOOST_TEST_EQ(enum_.annotations[0].name, "z");
  BOOST_TEST_EQ(enum_.items[0].doc, "A");
  BOOST_TEST_EQ(enum_.items[0].annotations[0].value.value(), "y");
  BOOST_TEST_EQ(enum_.place.line, 2);
  const Struct& union_ = schema->structs()[0];
  BOOST_TEST(union_.kind == StructKind::union_);
  BOOST_TEST_EQ(union_.doc, "S");
  BOOST_TEST_EQ(union_.fields[0].id, 3);
  BOOST_TEST_EQ(union_.fields[0].doc, "f");
  BOOST_TEST_EQ(union_.fields[0].annotations[0].name, "k");
  BOOST_TEST(union_.fields[0].requiredness == Requiredness::optional);
  BOOST_TEST_EQ(union_.fields[0].place.line, 3);
  BOOST_TEST_EQ(schema->typedefs()[0].doc, "T");
  BOOST_TEST_EQ(schema->typedefs()[0].annotations[0].name, "t");
  BOOST_TEST_EQ(schema->constants()[0].doc, "K");
  BOOST_TEST_EQ(schema->constants()[0].annotations[0].name, "c");
  const Service& service = schema->services()[0];
  BOOST_TEST_EQ(service.doc, "V");
  BOOST_TEST_EQ(service.annotations[0].name, "p");
  BOOST_TEST(service.functions[0].is_oneway);
  BOOST_TEST_EQ(service.functions[0].doc, "g");
  BOOST_TEST_EQ(service.functions[0].annotations[0].name, "m");
  BOOST_TEST(schema->structs()[1].kind == StructKind::exception);
}

void test_names_are_found_and_the_last_of_a_name_counts() {
  const Shared schema =
      compiled("enum A {} struct A {} union A {} const i32 b.c = 1 typedef i32 T typedef i64 T");
  BOOST_TEST(schema->find("A")->kind == DefinitionKind::struct_);
  BOOST_TEST(schema->structs()[schema->find("A")->index].kind == StructKind::union_);
  BOOST_TEST(schema->find("b.c")->kind == DefinitionKind::constant);
  BOOST_TEST_EQ(schema->find("T")->index, 1u);
  BOOST_TEST(schema->find("b") == nullptr);
  BOOST_TEST(schema->find("") == nullptr);
}

void test_enums_count_on() {
  const struct {
    const char* text;
    std::vector<std::int64_t> values;
  } table[] = {
      {"enum E { A, B, C }", {0, 1, 2}},
      {"enum E { A = 3, B, C = -5, D }", {3, 4, -5, -4}},
      {"enum E { A = 0x10 B C = 1 }", {16, 17, 1}},
      {"enum E { A = 1, B = 1, A = 2 }", {1, 1, 2}},
      {"enum E { A = 5000000000 }", {5000000000}},
      {"enum E { A = 9223372036854775807 }", {INT64_MAX}},
  };
  for (const auto& row : table) {
    const Shared schema = compiled(row.text);
    const auto& items = schema->enums()[0].items;
    BOOST_TEST_EQ(items.size(), row.values.size());
    for (std::size_t i = 0; i < items.size(); ++i) BOOST_TEST_EQ(items[i].value, row.values[i]);
  }
}

void test_missing_ids_count_down_in_each_list() {
  const Shared schema = compiled(
      "struct S { i32 a, i32 b, 5: i32 c, i32 d, -7: i32 e, 0: i32 f, 0x10: i32 g, 2147483647: i32 h }"
      "service V { void f(i32 a, 1: i32 b, i32 c) throws (X x), void g(i32 a) } exception X {}");
  const std::int32_t ids[] = {-1, -2, 5, -3, -7, 0, 16, 2147483647};
  for (std::size_t i = 0; i < std::size(ids); ++i) BOOST_TEST_EQ(schema->structs()[0].fields[i].id, ids[i]);
  const auto& functions = schema->services()[0].functions;
  const std::int32_t arguments[] = {-1, 1, -2};
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST_EQ(functions[0].arguments[i].id, arguments[i]);
  BOOST_TEST_EQ(functions[0].throws[0].id, -1);
  BOOST_TEST_EQ(functions[1].arguments[0].id, -1);
}

void test_services_extend_earlier_later_and_included_ones() {
  const Shared base = compiled("service P { void p() }", {}, "base.thrift");
  const Shared middle =
      compiled("include 'base.thrift' service Q extends base.P {}", {base}, "middle.thrift");
  const Shared schema = compiled(
      "include 'middle.thrift' service A extends B {} service B extends middle.Q {} service C extends "
      "middle.base.P {}"
      "service D { void f() } service E extends D { void f() }",
      {middle});
  const auto& services = schema->services();
  BOOST_TEST_EQ(services[0].parent_owner, schema.get());
  BOOST_TEST_EQ(services[0].parent, 1u);
  BOOST_TEST_EQ(services[1].parent_owner, middle.get());
  BOOST_TEST_EQ(services[2].parent_owner, base.get());
  BOOST_TEST(services[3].parent_owner == nullptr);
  BOOST_TEST_EQ(services[4].parent, 3u);
}

// One name may stand for one definition of each kind; the last counts for `find`.
void test_kinds_of_definitions_share_names() {
  const char* text =
      "typedef i32 A struct A {} union A {} exception A {} enum A {} const i32 A = 1 service A {} typedef "
      "i64 A "
      "struct B {}";
  const Shared schema = compiled(text);
  BOOST_TEST_EQ(schema->definitions().size(), 9u);
  BOOST_TEST(schema->find("A")->kind == DefinitionKind::typedef_);
  BOOST_TEST_EQ(schema->find("A")->index, 1u);
  BOOST_TEST_EQ(schema->find("B")->index, 3u);
  BOOST_TEST(schema->find("C") == nullptr);
  for (const char* again : {"struct A {}", "union A {}", "exception A {}", "enum A {}", "service A {}"}) {
    try {
      compiled(std::string(text) + "\n" + again);
      BOOST_ERROR(again);
    } catch (const IdlError& error) {
      BOOST_TEST_EQ(error.place().line, 2);
    }
  }
}

// The texts are thriftpy2's, seen by running it; it knows neither later services nor throws named success.
void test_what_clashes_is_refused() {
  constexpr auto grammar = IdlError::Kind::grammar;
  const char* result = "0 and 'success' stand for the result of 'f'";
  const Refused table[] = {
      {"struct A {}\nstruct A {}", "'A' type is already defined in 'structs'", "", 2, 8, grammar},
      {"enum A {} enum A {}", "'A' type is already defined in 'enums'", "", 1, 16, grammar},
      {"union A {} union A {}", "'A' type is already defined in 'unions'", "", 1, 18, grammar},
      {"exception A {} exception A {}", "'A' type is already defined in 'exceptions'", "", 1, 26, grammar},
      {"service A {} service A {}", "'A' type is already defined in 'services'", "", 1, 22, grammar},
      {"service A {void f() void f()}", "'f' function is already defined in service 'A'", "", 1, 26, grammar},
      {"struct A {1: i32 a 1: i32 b}", "'1:b' field identifier/name has already been used", "", 1, 27,
       grammar},
      {"struct A {1: i32 a 2: i32 a}", "'2:a' field identifier/name has already been used", "", 1, 27,
       grammar},
      {"struct A {-1: i32 a, i32 b}", "'-1:b' field identifier/name has already been used", "", 1, 26,
       grammar},
      {"service A {void f(1: i32 a, 1: i32 b)}", "'1:b' field identifier/name has already been used", "", 1,
       36, grammar},
      {"service A {i32 f() throws (1: X success)} exception X {}",
       "'1:success' field identifier/name has already been used", result, 1, 33, grammar},
      {"service A {void f() throws (0: X x)} exception X {}",
       "'0:x' field identifier/name has already been used", result, 1, 34, grammar},
      {"service B extends A {}", "Can't find service 'A' for service 'B' to extend", "", 1, 19},
      {"struct A {} service B extends A {}", "Can't extends 'A', not a service", "", 1, 31},
      {"service A extends A {}", "Can't find service 'A' for service 'A' to extend",
       "the service extends itself", 1, 9},
      {"service A extends B {} service B extends A {}", "Can't find service 'B' for service 'A' to extend",
       "the service extends itself", 1, 9},
      {"struct A { 2147483648: i32 a }", "Field id 2147483648 of a at line 1 is out of range", "", 1, 28},
      {"enum E { A = 99999999999999999999 }", "Value of E.A at line 1 is out of range: 99999999999999999999",
       "", 1, 10},
      {"enum E { A = 9223372036854775807, B }", "Value of E.B at line 1 is out of range", "", 1, 35},
  };
  for (const auto& row : table) check_refused(row);
}

void test_many_fields_are_compared_as_few_are() {
  std::string fields;
  for (int i = 1; i <= 40; ++i) fields += std::to_string(i) + ": i32 f" + std::to_string(i) + "\n";
  BOOST_TEST_EQ(compiled("struct S { " + fields + "}")->structs()[0].fields.size(), 40u);
  const std::string by_id = "struct S { " + fields + "7: i32 x }";
  const std::string by_name = "struct S { " + fields + "77: i32 f7 }";
  check_refused({by_id.c_str(), "'7:x' field identifier/name has already been used", "", 41, 8,
                 IdlError::Kind::grammar});
  check_refused({by_name.c_str(), "'77:f7' field identifier/name has already been used", "", 41, 9,
                 IdlError::Kind::grammar});
}

void test_a_void_function_may_throw_success() {
  const Shared schema = compiled("service A {void f() throws (1: X success)} exception X {}");
  BOOST_TEST_EQ(schema->services()[0].functions[0].throws[0].name, "success");
}

void test_includes_may_repeat_a_file_but_not_a_name() {
  const Shared base = compiled("struct T {}", {}, "x/base.thrift");
  const Shared again = compiled("struct T {}", {}, "x/base.thrift");
  const Shared other = compiled("struct T {}", {}, "y/base.thrift");
  const std::string text = "include 'x/base.thrift' include 'y/base.thrift' struct S { 1: base.T a }";
  BOOST_TEST_EQ(compiled(text, {base, base})->includes().size(), 2u);
  BOOST_TEST_EQ(compiled(text, {base, again})->includes().size(), 2u);
  check_refused(
      {text.c_str(), "'base' type is already defined in 'includes'", "", 1, 25, IdlError::Kind::grammar},
      {base, other});
}

void test_cpp_includes_need_no_schema() {
  const Shared base = compiled("struct T {}", {}, "base.thrift");
  const std::string text = "cpp_include 'map' include 'base.thrift' struct S { 1: base.T a }";
  for (const auto& includes : {std::vector<Shared>{base}, std::vector<Shared>{nullptr, base}}) {
    const Shared schema = compiled(text, includes);
    BOOST_TEST_EQ(schema->includes().size(), 1u);
    BOOST_TEST_EQ(schema->includes()[0].name, "base");
  }
}

void test_the_prefix_of_an_include_is_its_basename() {
  const struct {
    const char* path;
    const char* name;
  } table[] = {
      {"a.thrift", "a"}, {"x/y/a.thrift", "a"},  {"../a.b.thrift", "a.b"}, {"x\\\\a.thrift", "a"},
      {"a", "a"},        {".thrift", ".thrift"},
  };
  const Shared base = compiled("");
  for (const auto& row : table) {
    const Shared schema = compiled("include '" + std::string(row.path) + "'", {base});
    BOOST_TEST_EQ(schema->includes()[0].name, row.name);
  }
}

void test_included_schemas_live_as_long_as_what_uses_them() {
  Shared schema;
  {
    const Shared base = compiled("struct T { 1: i32 a }", {}, "base.thrift");
    schema = compiled("include 'base.thrift' const base.T t = {'a': 1}", {base});
  }
  BOOST_TEST_EQ(shown(schema->constants()[0].value), "T(a=1)");
}

}  // namespace

void test_compile() {
  test_tables_keep_what_the_file_says();
  test_names_are_found_and_the_last_of_a_name_counts();
  test_enums_count_on();
  test_missing_ids_count_down_in_each_list();
  test_services_extend_earlier_later_and_included_ones();
  test_kinds_of_definitions_share_names();
  test_what_clashes_is_refused();
  test_many_fields_are_compared_as_few_are();
  test_a_void_function_may_throw_success();
  test_includes_may_repeat_a_file_but_not_a_name();
  test_cpp_includes_need_no_schema();
  test_the_prefix_of_an_include_is_its_basename();
  test_included_schemas_live_as_long_as_what_uses_them();
}
