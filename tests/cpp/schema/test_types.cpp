#include <string>

#include "compiled.hpp"

using namespace fastthrift;
using namespace fastthrift::schema;

namespace {

// Each text defines struct S, whose last field has the type.
void test_types_are_resolved_in_any_order() {
  const struct {
    const char* text;
    const char* type;
  } table[] = {
      {"struct S { 1: byte a }", "i8"},
      {"struct S { 1: uuid a }", "uuid"},
      {"struct S { 1: slist a }", "string"},
      {"struct S { 1: binary a }", "binary"},
      {"struct S { 1: map<string, list<set<double>>> a }", "map<string,list<set<double>>>"},
      {"struct S { 1: T a } struct T {}", "T"},
      {"struct S { 1: list<map<E, T>> a } union T {} enum E {}", "list<map<enum E,T>>"},
      {"struct S { 1: S a }", "S"},
      {"struct S { 1: T a } typedef U T typedef list<V> U typedef i16 V", "list<i16>"},
      {"typedef i16 V typedef V U struct S { 1: U a }", "i16"},
      {"struct S { 1: X a } senum X { 'a' }", "string"},
      {"typedef string uuid struct S { 1: uuid a }", "string"},
      {"typedef uuid uuid struct S { 1: uuid a }", "uuid"},
      {"struct slist {} struct S { 1: slist a }", "slist"},
      {"struct S { 1: A.B a } struct A.B {}", "A.B"},
      // Of two definitions with one name the earlier ones count where they stand, as in thriftpy2.
      {"typedef i16 T struct S { 1: T a } typedef i64 T", "i16"},
      {"typedef i16 T typedef i64 T struct S { 1: T a }", "i64"},
      {"typedef i16 T typedef list<T> T struct S { 1: T a }", "list<i16>"},
      {"const i32 T = 1 struct S { 1: T a } typedef i64 T", "i64"},
  };
  for (const auto& row : table) {
    const Shared schema = compiled(row.text);
    for (const Struct& definition : schema->structs()) {
      if (definition.name == "S") BOOST_TEST_EQ(shown(*schema, definition.fields.back().type), row.type);
    }
  }
}

void test_functions_see_later_types_inside_containers() {
  const Shared schema = compiled(
      "service A { list<T> f(1: map<string, T> a, 2: I b) throws (1: X x) void g() } struct T {} typedef i32 "
      "I exception X {}");
  const Function& f = schema->services()[0].functions[0];
  BOOST_TEST_EQ(shown(*schema, f.result), "list<T>");
  BOOST_TEST_EQ(shown(*schema, f.arguments[0].type), "map<string,T>");
  BOOST_TEST_EQ(shown(*schema, f.arguments[1].type), "i32");
  BOOST_TEST_EQ(shown(*schema, f.throws[0].type), "X");
  BOOST_TEST_EQ(shown(*schema, schema->services()[0].functions[1].result), "void");
}

void test_equal_types_have_one_index() {
  const Shared schema =
      compiled("typedef list<i32> L struct S { 1: list<i32> a 2: L b 3: list<list<i32>> c 4: i32 d }");
  const auto& fields = schema->structs()[0].fields;
  BOOST_TEST_EQ(fields[0].type, fields[1].type);
  BOOST_TEST_EQ(schema->types()[fields[2].type].element, fields[0].type);
  BOOST_TEST_EQ(schema->types()[fields[0].type].element, fields[3].type);
}

void test_included_types_are_found_by_their_prefix() {
  const Shared base = compiled("struct T {} typedef list<T> L enum E {} struct A.B {} typedef map<L, E> M",
                               {}, "base.thrift");
  const Shared middle =
      compiled("include 'base.thrift' struct T {} typedef base.L L", {base}, "middle.thrift");
  const Shared dotted = compiled("struct T {}", {}, "x/base.more.thrift");
  const char* text =
      "include 'base.thrift' include 'middle.thrift' include 'x/base.more.thrift'"
      "struct S { 1: base.T a 2: base.L b 3: list<base.E> c 4: base.A.B d 5: middle.T e 6: middle.L f"
      "           7: middle.base.T g 8: base.more.T h 9: base.M i }";
  const Shared schema = compiled(text, {base, middle, dotted});
  const auto& fields = schema->structs()[0].fields;
  const char* types[] = {"T", "list<T>", "list<enum E>",       "A.B", "T", "list<T>",
                         "T", "T",       "map<list<T>,enum E>"};
  const Schema* owners[] = {base.get(), nullptr,    nullptr,      base.get(), middle.get(),
                            nullptr,    base.get(), dotted.get(), nullptr};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    BOOST_TEST_EQ(shown(*schema, fields[i].type), types[i]);
    if (owners[i] != nullptr) BOOST_TEST_EQ(schema->types()[fields[i].type].owner, owners[i]);
  }
  BOOST_TEST_EQ(fields[1].type, fields[5].type);
  BOOST_TEST_EQ(schema->includes().size(), 3u);
  BOOST_TEST_EQ(schema->includes()[2].name, "base.more");
  BOOST_TEST_EQ(schema->includes()[2].path, "x/base.more.thrift");
}

void test_own_names_win_over_included_ones() {
  const Shared base = compiled("struct T {}", {}, "base.thrift");
  const Shared schema = compiled(
      "include 'base.thrift' struct base {} struct base.T {} struct S { 1: base.T a 2: base b }", {base});
  const auto& fields = schema->structs()[2].fields;
  BOOST_TEST_EQ(schema->types()[fields[0].type].owner, schema.get());
  BOOST_TEST_EQ(shown(*schema, fields[1].type), "base");
}

void test_undefined_types_are_refused() {
  const Refused table[] = {
      {"struct A {1: Nope a}", "No type found: 'Nope', at line 1", "", 1, 14},
      {"struct A {1:\n Nope\n a}", "No type found: 'Nope', at line 2", "", 2, 2},
      {"struct A {1: list<\nNope> a}", "No type found: 'Nope', at line 2", "", 2, 1},
      {"const Nope a = 1", "No type found: 'Nope', at line 1", "", 1, 7},
      {"typedef Nope A", "No type found: 'Nope', at line 1", "", 1, 9},
      {"service S { void f(1: Nope a) }", "No type found: 'Nope', at line 1", "", 1, 23},
      {"service S { Nope f() }", "No type found: 'Nope', at line 1", "", 1, 13},
      {"include 'b.thrift' struct A {1: b.Nope a}", "No type found: 'b.Nope', at line 1", "", 1, 33},
      {"include 'b.thrift' struct A {1: c.T a}", "No type found: 'c.T', at line 1", "", 1, 33},
      {"include 'b.thrift' struct A {1: b.C a}", "No type found: 'b.C', at line 1", "", 1, 33},
      {"const i32 C = 1 struct A {1: C a}", "No type found: 'C', at line 1", "", 1, 30},
      {"service V {} struct A {1: V a}", "No type found: 'V', at line 1", "", 1, 27},
      {"typedef A A", "No type found: 'A', at line 1", "the typedef refers to itself", 1, 9},
      {"typedef A B typedef list<B> A", "No type found: 'B', at line 1", "the typedef refers to itself", 1,
       26},
  };
  const Shared c = compiled("struct T {}", {}, "c.thrift");
  const Shared b = compiled("include 'c.thrift' struct T {} const i32 C = 1", {c}, "b.thrift");
  for (const auto& row : table) {
    const bool has_include = std::string(row.text).starts_with("include");
    check_refused(row, has_include ? std::vector<Shared>{b} : std::vector<Shared>{});
  }
}

void test_nesting_over_typedefs_is_bounded() {
  std::string deep = "typedef i32 T0 ";
  std::string backwards;
  std::string wide = "typedef i32 T0 ";
  for (int i = 1; i <= 300; ++i) {
    const std::string n = std::to_string(i);
    const std::string before = std::to_string(i - 1);
    deep += "typedef list<T" + before + "> T" + n + " ";
    backwards += "typedef T" + n + " T" + before + " ";
    if (i <= 250) wide += "typedef map<T" + before + ", T" + before + "> T" + n + " ";
  }
  for (const std::string& text : {deep, backwards + "typedef i32 T300"}) {
    try {
      compiled(text);
      BOOST_ERROR(text.substr(0, 40).c_str());
    } catch (const IdlError& error) {
      BOOST_TEST(error.kind() == IdlError::Kind::parser);
    }
  }
  // Doubles at every step if types were copied instead of shared.
  const Shared base = compiled(wide, {}, "base.thrift");
  const Shared schema = compiled("include 'base.thrift' struct S { 1: base.T250 a }", {base});
  BOOST_TEST(schema->types().size() < 300);
}

}  // namespace

void test_types() {
  test_types_are_resolved_in_any_order();
  test_functions_see_later_types_inside_containers();
  test_equal_types_have_one_index();
  test_included_types_are_found_by_their_prefix();
  test_own_names_win_over_included_ones();
  test_undefined_types_are_refused();
  test_nesting_over_typedefs_is_bounded();
}
