#include <string>

#include "compiled.hpp"

using namespace fastthrift;
using namespace fastthrift::schema;

namespace {

void test_defaults_that_end_are_accepted() {
  const char* table[] = {
      "struct S { 1: S s }",
      "struct S { 1: list<S> s = [] }",
      "struct S { 1: T t = {} } struct T { 1: i32 a = 1 }",
      "struct S { 1: T t = {} 2: T u = {} } struct T { 1: U u = {} } struct U {}",
      "struct S { 1: list<T> f = [{}] } struct T { 1: list<S> g = [{'f': []}] }",
      "struct S { 1: S s } const S X = {'s': {'s': {}}}",
      "struct S { 1: T t = X } struct T { 1: i32 a } const T X = {'a': 1}",
  };
  for (const char* text : table) BOOST_TEST(compiled(text) != nullptr);
}

void test_defaults_that_never_end_are_refused() {
  const char* hint = "a struct of the same kind is among them";
  const Refused table[] = {
      {"struct S { 1: S s = {} }", "Defaults of 'S' at line 1 never end", hint, 1, 8},
      {"struct S { 1: list<map<i32, S>> s = [{1: {}}] }", "Defaults of 'S' at line 1 never end", hint, 1, 8},
      {"struct S { 1: S s = X } const S X = {}", "Defaults of 'S' at line 1 never end", hint, 1, 8},
      {"struct A { 1: S s = {} }\nstruct S { 1: S s = {} }", "Defaults of 'S' at line 2 never end", hint, 2,
       8},
      {"struct S { 1: S s = {} }\nstruct A {} struct B { 1: A a = {} }",
       "Defaults of 'S' at line 1 never end", hint, 1, 8},
  };
  for (const auto& row : table) check_refused(row);
  for (const char* text :
       {"struct S { 1: T t = {} } struct T { 1: S s = {} }",
        "struct S { 1: T t = X } struct T { 1: list<S> s = Y } const T X = {} const list<S> Y = [{}]"}) {
    try {
      compiled(text);
      BOOST_ERROR(text);
    } catch (const IdlError& error) {
      BOOST_TEST_EQ(error.hint(), hint);
    }
  }
}

void test_long_chains_of_defaults_need_no_stack() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += "struct S" + std::to_string(i) + " { 1: S" + std::to_string(i + 1) + " a = {} } ";
  }
  BOOST_TEST(compiled(text + "struct S100000 {}") != nullptr);
}

}  // namespace

void test_defaults() {
  test_defaults_that_end_are_accepted();
  test_defaults_that_never_end_are_refused();
  test_long_chains_of_defaults_need_no_stack();
}
