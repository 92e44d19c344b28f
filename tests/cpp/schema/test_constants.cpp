#include <string>

#include "compiled.hpp"

using namespace fastthrift;
using namespace fastthrift::schema;

namespace {

const char* common =
    "enum E { A = 1, B = 5 } enum F { A = 2, C = 5, D = 1 } typedef E G "
    "struct P { 1: required i32 x; 2: double y = 1; 3: list<P> more } ";

// The constant named k of each text, after conversion.
void test_values_are_converted_to_their_type() {
  const struct {
    const char* text;
    const char* value;
  } table[] = {
      {"const bool k = true", "true"},
      {"const bool k = 5", "true"},
      {"const bool k = -1", "true"},
      {"const bool k = 0", "false"},
      {"const bool k = 99999999999999999999", "true"},
      {"const i32 k = 7", "7"},
      {"const i32 k = true", "true"},
      {"const i8 k = 1000", "1000"},
      {"const i64 k = 99999999999999999999", "99999999999999999999"},
      {"const double k = 3", "3."},
      {"const double k = true", "1."},
      {"const double k = 0.5", "0.5"},
      {"const string k = 'x'", "'x'"},
      {"const binary k = 'x'", "'x'"},
      {"const uuid k = '{12345678-9abc-DEF0-1234-56789abcdef0}'", "'12345678-9abc-DEF0-1234-56789abcdef0'"},
      {"const list<i32> k = [1, 2]", "[1,2]"},
      {"const list<double> k = [1, 2.5, true]", "[1.,2.5,1.]"},
      {"const list<bool> k = [1, 0]", "[true,false]"},
      {"const list<i32> k = {}", "[]"},
      {"const set<i32> k = [1, 1]", "{1,1}"},
      {"const set<i32> k = {}", "{}"},
      {"const set<list<i32>> k = [[1]]", "{[1]}"},
      {"const map<string, list<double>> k = {'a': [1]; 'b': []}", "{'a':[1.],'b':[]}"},
      {"const map<i32, i32> k = []", "{}"},
      {"const P k = {'x': 1}", "P(x=1)"},
      {"const P k = {'y': 2, 'x': 1}", "P(y=2.,x=1)"},
      {"const P k = {'x': 1, 'x': 2}", "P(x=2)"},
      {"const P k = {'x': 1, 'more': [{'x': 2, 'more': [{'x': 3}]}]}", "P(x=1,more=[P(x=2,more=[P(x=3)])])"},
      {"const list<P> k = [{'x': 1}]", "[P(x=1)]"},
      {"const map<E, P> k = {E.B: {'x': E.A}}", "{5:P(x=1)}"},
      {"const string n = 'x' const P k = {n: 1}", "P(x=1)"},
      {"const E k = 5", "5"},
      {"const E k = E.B", "5"},
      {"const E k = G.B", "5"},
      {"const G k = 1", "1"},
      {"const E k = true", "1"},
      {"const E k = F.C", "5"},   // thriftpy2: any member with a number that E has
      {"const E k = F.A", "1"},   // Apache: the last part, in the declared enum
      {"const E k = no.B", "5"},  // likewise
      {"const i32 k = F.A", "2"},
      {"const bool k = E.A", "true"},
      {"const double k = E.B", "5."},
      {"const list<E> k = [E.A, 5]", "[1,5]"},
      {"const i32 k = L enum M { N } const i32 L = M.N", "0"},
      {"const i32 a.b = 4 const i32 k = a.b", "4"},
  };
  for (const auto& row : table) {
    const Shared schema = compiled(std::string(common) + row.text);
    BOOST_TEST_EQ(shown(constant_named(*schema, "k").value), row.value);
  }
}

void test_names_stay_references_where_types_agree() {
  const struct {
    const char* text;
    const char* value;
  } table[] = {
      {"const i32 a = 1 const i32 k = a", "1"},
      {"const i32 a = 1 const double k = a", "1."},
      {"const string a = 'x' const string k = a", "&a"},
      {"const string a = 'x' const binary k = a", "'x'"},
      {"const list<i32> a = [1] const list<i32> k = a", "&a"},
      {"const list<i32> k = a const list<i32> a = [1]", "&a"},
      {"const list<i32> a = [1] const list<i32> b = a const list<i32> k = b", "&a"},
      {"typedef list<i32> L const L a = [1] const list<i32> k = a", "&a"},
      {"const list<i32> a = [1] const list<double> k = a", "[1.]"},
      {"const list<i32> a = [1] const set<bool> k = a", "{true}"},
      {"const set<i32> a = [1] const list<i32> k = a", "[1]"},
      {"const list<i32> a = [1] const list<list<i32>> k = [a, [2], a]", "[&a,[2],&a]"},
      {"const list<i32> a = [1] const list<list<i32>> b = [a] const list<list<double>> k = b", "[[1.]]"},
      {"const P a = {'x': 1} const P k = a", "&a"},
      {"const P a = {'x': 1} const list<P> b = [a, {'x': 2}] const set<P> k = b", "{P(x=1),P(x=2)}"},
      {"const map<string, i32> a = {'x': 1} const P k = a", "P(x=1)"},
      {"const i32 a = 1 const i32 k = a const i32 a = 2", "1"},
      {"const i64 a = 99999999999999999999 const i64 k = a", "&a"},
  };
  for (const auto& row : table) {
    const Shared schema = compiled(std::string(common) + row.text);
    BOOST_TEST_EQ(shown(constant_named(*schema, "k").value), row.value);
  }
}

void test_included_constants_and_enums_are_found() {
  const Shared base =
      compiled(std::string(common) + "const list<i32> l = [1] const i32 n = 3 const P p = {'x': 4}", {},
               "base.thrift");
  const Shared middle =
      compiled("include 'base.thrift' typedef base.E H const i32 m = base.n", {base}, "middle.thrift");
  const struct {
    const char* text;
    const char* value;
  } table[] = {
      {"const i32 k = base.n", "3"},
      {"const i32 k = middle.base.n", "3"},
      {"const i32 k = middle.m", "3"},
      {"const i32 k = base.E.B", "5"},
      {"const i32 k = base.G.B", "5"},
      {"const i32 k = middle.H.B", "5"},
      {"const base.E k = base.A", "1"},
      {"const list<i32> k = base.l", "&l"},
      {"const list<i64> k = base.l", "[1]"},
      {"const base.P k = base.p", "&p"},
      {"const base.P k = {'x': base.n, 'more': [base.p, {'x': 1}]}", "P(x=3,more=[&p,P(x=1)])"},
      {"enum base { n = 9 } const i32 k = base.n", "3"},  // a name in full before a member of an enum
      {"const i32 base.n = 8 const i32 k = base.n", "8"},
  };
  for (const auto& row : table) {
    const Shared schema =
        compiled("include 'base.thrift' include 'middle.thrift' " + std::string(row.text), {base, middle});
    BOOST_TEST_EQ(shown(constant_named(*schema, "k").value), row.value);
  }
  const Shared schema = compiled("include 'base.thrift' const list<i32> k = base.l", {base});
  BOOST_TEST_EQ(constant_named(*schema, "k").value.owner, base.get());
}

void test_defaults_are_converted_as_constants_are() {
  const Shared schema = compiled(
      "struct S { 1: double a = 1, 2: L b = [true], 3: E c = E.B, 4: list<T> d = [{'t': X}] 5: i32 e }"
      "typedef list<i32> L struct T { 1: string t } enum E { B = 3 } const string X = 'x'"
      "service V { void f(1: E e = 3, 2: L l = M) throws (1: T t = {}) } const L M = [1]");
  const auto& fields = schema->structs()[0].fields;
  const char* values[] = {"1.", "[true]", "3", "[T(t=&X)]"};
  for (int i = 0; i < 4; ++i) BOOST_TEST_EQ(shown(*fields[i].default_value), values[i]);
  BOOST_TEST(!fields[4].default_value);
  const Function& f = schema->services()[0].functions[0];
  BOOST_TEST_EQ(shown(*f.arguments[0].default_value), "3");
  BOOST_TEST_EQ(shown(*f.arguments[1].default_value), "&M");
  BOOST_TEST_EQ(shown(*f.throws[0].default_value), "T()");
}

// The texts are thriftpy2's, seen by running it; it does not look into lists.
void test_wrong_values_are_refused() {
  const Refused table[] = {
      {"const i32 a = 1.0", "Type error for constant a at line 1", "expected i32, got 1.0", 1, 15},
      {"const i32 a = 'x'", "Type error for constant a at line 1", "expected i32, got 'x'", 1, 15},
      {"const bool a = 'x'", "Type error for constant a at line 1", "expected bool, got 'x'", 1, 16},
      {"const double a = 'x'", "Type error for constant a at line 1", "expected double, got 'x'", 1, 18},
      {"const string a = 5", "Type error for constant a at line 1", "expected string, got 5", 1, 18},
      {"const binary a = true", "Type error for constant a at line 1", "expected binary, got true", 1, 18},
      {"const uuid a = 'zz'", "Type error for constant a at line 1", "expected uuid, got 'zz'", 1, 16},
      {"const uuid a = '12345678-9abc-def0-1234+56789abcdef0'", "Type error for constant a at line 1",
       "expected uuid, got '12345678-9abc-def0-1234+56789abcdef0'", 1, 16},
      {"const list<i32> a = 5", "Type error for constant a at line 1", "expected a list, got 5", 1, 21},
      {"const list<i32> a = {1: 2}", "Type error for constant a at line 1", "expected a list, got a map", 1,
       21},
      {"const set<i32> a = {1: 2}", "Type error for constant a at line 1", "expected a set, got a map", 1,
       20},
      {"const map<i32,i32> a = [1]", "Type error for constant a at line 1", "expected a map, got a list", 1,
       24},
      {"const map<i32,i32> a = {'a': 1}", "Type error for constant a at line 1", "expected i32, got 'a'", 1,
       25},
      {"const\nlist<list<i32>>\na = [[1],\n[2, 'x']]", "Type error for constant a at line 3",
       "expected i32, got 'x'", 4, 5},
      {"struct S {1: i32 a = 'x'}", "Type error for field a at line 1", "expected i32, got 'x'", 1, 22},
      {"service V {void f(1: i32 a = 'x')}", "Type error for field a at line 1", "expected i32, got 'x'", 1,
       30},
      {"struct S {1: i32 a} const S s = 5", "Type error for constant s at line 1", "expected S, got 5", 1,
       33},
      {"struct S {1: i32 a} const S s = []", "Type error for constant s at line 1", "expected S, got a list",
       1, 33},
      {"struct S {1: i32 a} const S s = {'a': 'x'}", "Type error for constant s at line 1",
       "expected i32, got 'x'", 1, 39},
      {"struct S {1: i32 a} const S s = {'b': 1}", "No field named 'b' was found in struct of type 'S'", "",
       1, 34},
      {"struct S {1: i32 a} const S s = {1: 1}", "No field named 1 was found in struct of type 'S'", "", 1,
       34},
      {"struct S {1: required i32 a = 5} const S s = {}",
       "Field 'a' was required to create constant for type 'S'", "", 1, 46},
      {"struct S {} struct T {} const S s = {} const T t = s", "Type error for constant t at line 1",
       "expected T, got a value of another type", 1, 48},
      {"enum E {A} const E e = 7", "Couldn't find a named value in enum E for value 7", "constant e", 1, 24},
      {"enum E {A} const E e = 99999999999999999999",
       "Couldn't find a named value in enum E for value 99999999999999999999", "", 1, 24},
      {"enum E {A} enum F {B=2} const E e = F.B", "Couldn't find a named value in enum E for value 2",
       "constant e", 1, 33},
      {"enum E {A} const E e = 'A'", "Type error for constant e at line 1", "expected E, got 'A'", 1, 24},
      {"enum E {A} const E e = A", "Can't find name 'A' at line 1", "", 1, 24},
      {"enum E {A} const E e = E.B", "Can't find name 'E.B' at line 1", "", 1, 24},
      {"enum E {A} struct S {1: E e = E.B}", "Can't find name 'E.B' at line 1", "", 1, 31},
      {"enum E {A} const i32 x = E", "No enum value or constant found named 'E'", "", 1, 26},
      {"enum E {A} const i32 x = E.A.B", "Can't find name 'E.A.B' at line 1", "", 1, 26},
      {"struct S {} const i32 x = S", "No enum value or constant found named 'S'", "", 1, 27},
      {"const i32\na\n= b", "Can't find name 'b' at line 3", "", 3, 3},
      {"const i32 a = b.c", "Can't find name 'b.c' at line 1", "", 1, 15},
      {"const i32 a = a", "Can't find name 'a' at line 1", "the constant refers to itself", 1, 15},
      {"const string a = 'x' const i32 b = a", "Type error for constant b at line 1", "expected i32, got 'x'",
       1, 32},
  };
  for (const auto& row : table) {
    check_refused(row);
  }
}

void test_circles_over_several_constants_are_refused() {
  for (const char* text : {"const i32 a = b const i32 b = c const i32 c = a",
                           "const list<i32> a = [b] const i32 b = c const i32 c = b",
                           "struct S { 1: list<S> s } const list<S> a = [b] const S b = {'s': a}"}) {
    try {
      compiled(text);
      BOOST_ERROR(text);
    } catch (const IdlError& error) {
      BOOST_TEST_EQ(error.hint(), "the constant refers to itself");
    }
  }
}

void test_short_files_do_not_make_huge_values() {
  std::string doubling = "const list<i32> a0 = [1, 1] ";
  std::string type = "list<i32>";
  for (int i = 1; i < 40; ++i) {
    type = "list<" + type + ">";
    const std::string before = "a" + std::to_string(i - 1);
    doubling += "const " + type + " a" + std::to_string(i) + " = [" + before + ", " + before + "] ";
  }
  compiled(doubling);  // references: small
  std::string other = type;
  other.replace(other.find("i32"), 3, "double");
  std::string chain;
  for (int i = 0; i < 100'000; ++i)
    chain += "const i32 a" + std::to_string(i) + " = a" + std::to_string(i + 1) + " ";
  std::string nested = "struct S { 1: S s } const S a0 = {} ";
  for (int i = 1; i < 1000; ++i) {
    nested += "const S a" + std::to_string(i) + " = {'s': a" + std::to_string(i - 1) + "} ";
  }
  for (const std::string& text :
       {doubling + "const " + other + " b = a39", chain + "const i32 a100000 = 1", nested}) {
    try {
      compiled(text);
      BOOST_ERROR(text.substr(0, 60).c_str());
    } catch (const IdlError& error) {
      BOOST_TEST(error.kind() == IdlError::Kind::parser);
    }
  }
}

}  // namespace

void test_constants() {
  test_values_are_converted_to_their_type();
  test_names_stay_references_where_types_agree();
  test_included_constants_and_enums_are_found();
  test_defaults_are_converted_as_constants_are();
  test_wrong_values_are_refused();
  test_circles_over_several_constants_are_refused();
  test_short_files_do_not_make_huge_values();
}
