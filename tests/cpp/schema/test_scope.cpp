#include "schema/scope.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>
#include <vector>

#include "compiled.hpp"
#include "schema/members.hpp"

using namespace fastthrift;
using namespace fastthrift::schema;

namespace {

bool anything(const Found&) { return true; }
bool a_struct(const Found& found) { return found.definition.kind == DefinitionKind::struct_; }
bool an_enum(const Found& found) { return found.definition.kind == DefinitionKind::enum_; }

// Where a name leads: "file:kind:index".
std::string led(const std::optional<Found>& found) {
  if (!found) return "nowhere";
  return found->owner->file() + ":" + std::to_string(static_cast<int>(found->definition.kind)) + ":" +
         std::to_string(found->definition.index);
}

Definition definition(DefinitionKind kind, Index index) { return Definition{kind, index}; }

void test_the_latest_before_the_place_counts_and_else_the_last() {
  const Shared schema = compiled("");
  Scope scope(*schema);
  scope.declare("A", definition(DefinitionKind::struct_, 0));  // position 0
  scope.declare("B", definition(DefinitionKind::struct_, 1));  // 1
  scope.declare("A", definition(DefinitionKind::enum_, 0));    // 2
  scope.declare("A", definition(DefinitionKind::struct_, 2));  // 3
  const auto index_at = [&](std::size_t position, auto accepts) {
    const auto found = scope.find("A", position, accepts);
    return found ? static_cast<int>(found->definition.index) : -1;
  };
  BOOST_TEST_EQ(index_at(0, a_struct), 2);  // nothing before: the last
  BOOST_TEST_EQ(index_at(1, a_struct), 0);
  BOOST_TEST_EQ(index_at(3, a_struct), 0);  // the enum between is not accepted
  BOOST_TEST_EQ(index_at(4, a_struct), 2);
  BOOST_TEST(scope.find("A", 3, anything)->definition.kind == DefinitionKind::enum_);
  BOOST_TEST_EQ(index_at(0, an_enum), 0);
  BOOST_TEST_EQ(led(scope.find("C", 9, anything)), "nowhere");
  BOOST_TEST_EQ(led(scope.find("", 9, anything)), "nowhere");
  BOOST_TEST_EQ(led(scope.find("a", 9, anything)), "nowhere");  // case counts
}

void test_only_this_files_declarations_are_declared() {
  const Shared schema = compiled("");
  const Shared included = compiled("struct I {}", {}, "i.thrift");
  Scope scope(*schema);
  scope.include("i", *included);
  const auto is_enum = [](const Definition& each) { return each.kind == DefinitionKind::enum_; };
  const auto is_first = [](const Definition& each) { return each.index == 0; };
  BOOST_TEST(!scope.is_declared("A", is_first));
  scope.declare("A", definition(DefinitionKind::struct_, 0));
  BOOST_TEST(scope.is_declared("A", is_first) && !scope.is_declared("A", is_enum));
  scope.declare("A", definition(DefinitionKind::enum_, 1));
  BOOST_TEST(scope.is_declared("A", is_enum) && scope.is_declared("A", is_first));
  BOOST_TEST(!scope.is_declared("B", is_first) && !scope.is_declared("i.I", is_first));
}

void test_includes_are_reached_by_their_names_the_longest_first() {
  const Shared deep = compiled("struct T {} enum E {ONE}", {}, "deep.thrift");
  const Shared dotted = compiled("struct T {1: i32 x} struct U {}", {}, "b.c.thrift");
  const Shared b =
      compiled("include 'deep.thrift'\nstruct S {} struct c {} struct deep {}", {deep}, "b.thrift");
  const Shared own = compiled("");
  Scope scope(*own);
  scope.include("b", *b);
  scope.include("b.c", *dotted);
  const struct {
    const char* name;
    const char* where;
  } table[] = {
      {"b.S", "b.thrift"},
      {"b.c", "b.thrift"},
      {"b.c.T", "b.c.thrift"},
      {"b.c.U", "b.c.thrift"},
      {"b.deep.T", "deep.thrift"},
      {"b.deep", "b.thrift"},
      {"b.deep.E", "deep.thrift"},
      {"b.T", ""},
      {"S", ""},
      {"deep.T", ""},
      {"b.", ""},
      {".b", ""},
      {".", ""},
      {"b..S", ""},
      {"b.deep.deep.T", ""},
  };
  for (const auto& row : table) {
    const auto found = scope.find(row.name, 0, anything);
    BOOST_TEST_EQ(found ? found->owner->file() : std::string(), row.where);
    if (found) BOOST_TEST(!scope.is_own(found->owner));
  }
}

void test_own_names_with_dots_come_before_those_of_includes() {
  const Shared b = compiled("struct S {}", {}, "b.thrift");
  const Shared own = compiled("");
  Scope scope(*own);
  scope.include("b", *b);
  scope.declare("b.S", definition(DefinitionKind::enum_, 7));
  BOOST_TEST(scope.is_own(scope.find("b.S", 0, anything)->owner));
  // What is not accepted here is looked for there.
  BOOST_TEST(!scope.is_own(scope.find("b.S", 0, a_struct)->owner));
}

const char* enums = R"(
  enum Colour { RED, GREEN = 5, BLUE, GREEN2 = 5 }
  enum Other { RED = 9, ONE = 1 }
  typedef Colour Paint
  struct S { 1: required i32 a, 2: optional string b, 3: required Colour c, 4: i32 d, -1: i32 e }
  union U { 1: i32 a }
)";

void test_members_are_found_by_name() {
  const Shared schema = compiled(enums);
  const Scope scope(*schema);
  Members members(scope);
  const Members::Items& items = members.items_of(schema->enums()[0]);
  BOOST_TEST_EQ(items.values.size(), 4u);
  BOOST_TEST_EQ(items.values.at("RED"), 0);
  BOOST_TEST_EQ(items.values.at("GREEN"), 5);
  BOOST_TEST_EQ(items.values.at("BLUE"), 6);
  BOOST_TEST_EQ(items.values.at("GREEN2"), 5);
  BOOST_TEST_EQ(items.numbers.size(), 3u);
  BOOST_TEST(&members.items_of(schema->enums()[0]) == &items);  // indexed once

  const Members::Fields& fields = members.fields_of(schema->structs()[0]);
  BOOST_TEST_EQ(fields.names.size(), 5u);
  BOOST_TEST_EQ(schema->structs()[0].fields[fields.names.at("c")].id, 3);
  BOOST_TEST_EQ(fields.required.size(), 2u);
  BOOST_TEST(members.fields_of(schema->structs()[1]).required.empty());
  BOOST_TEST(&members.fields_of(schema->structs()[0]) == &fields);
}

void test_the_number_of_an_item_is_that_of_the_wanted_enum() {
  const Shared schema = compiled(enums);
  Scope scope(*schema);
  scope.declare("Colour", *schema->find("Colour"));
  scope.declare("Other", *schema->find("Other"));
  scope.declare("Paint", *schema->find("Paint"));
  scope.declare("S", *schema->find("S"));
  Members members(scope);
  Type plain{};
  plain.kind = TypeKind::i32;
  Type colour{};
  colour.kind = TypeKind::enum_;
  colour.owner = schema.get();
  colour.definition = 0;
  const struct {
    const char* name;
    bool wants_colour;
    int number;  // -1: none
  } table[] = {
      {"Colour.RED", false, 0},   {"Colour.BLUE", false, 6},
      {"Other.RED", false, 9},    {"Other.ONE", false, 1},
      {"Paint.GREEN", false, 5},  {"Colour.NONE", false, -1},
      {"RED", false, -1},         {"S.RED", false, -1},
      {"Nothing.RED", false, -1}, {"Colour.", false, -1},
      {"Colour.RED", true, 0},    {"Other.RED", true, 0},  // 9 is no Colour: the item of the same name
      {"Other.ONE", true, 1},                              // nor is 1, and there is no ONE
      {"Nothing.BLUE", true, 6},                           // Apache's compiler looks at the last part alone
      {"a.b.BLUE", true, 6},      {"Nothing.ONE", true, -1},
      {"BLUE", true, -1},
  };
  for (const auto& row : table) {
    const auto number = members.number_of(row.name, 99, row.wants_colour ? colour : plain);
    BOOST_TEST_EQ(number ? static_cast<int>(*number) : -1, row.number);
  }
}

}  // namespace

void test_scope() {
  test_the_latest_before_the_place_counts_and_else_the_last();
  test_only_this_files_declarations_are_declared();
  test_includes_are_reached_by_their_names_the_longest_first();
  test_own_names_with_dots_come_before_those_of_includes();
  test_members_are_found_by_name();
  test_the_number_of_an_item_is_that_of_the_wanted_enum();
}
