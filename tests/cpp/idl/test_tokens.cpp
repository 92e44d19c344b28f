#include "idl/tokens.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>
#include <vector>

#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::idl;

namespace {

const std::string file = "a.thrift";
const std::string nowhere;
const ReservedNames no_names({});

struct Over {
  explicit Over(std::string_view text, bool strict = false, const std::string& name = file)
      : tokens(text, name, no_names, strict) {}
  Tokens tokens;
};

struct Said {
  std::string text, hint;
  int line = 0, column = 0;
};

template <class Body>
Said refused(IdlError::Kind kind, Body&& body) {
  try {
    body();
  } catch (const IdlError& error) {
    BOOST_TEST(error.kind() == kind);
    return {error.text(), error.hint(), error.place().line, error.place().column};
  }
  return {"taken", "", 0, 0};
}

void test_taking_gives_the_current_token_and_goes_on() {
  Over over("struct A { } // the end");
  BOOST_TEST(over.tokens.is(Keyword::struct_));
  BOOST_TEST_EQ(std::string(over.tokens.take().text), "struct");
  BOOST_TEST(over.tokens.is(Token::Kind::identifier));
  BOOST_TEST(over.tokens.is_name("A"));
  BOOST_TEST(!over.tokens.is_name("struct"));
  BOOST_TEST_EQ(std::string(over.tokens.take().text), "A");
  BOOST_TEST(over.tokens.is('{'));
  over.tokens.take();
  BOOST_TEST(!over.tokens.is('{'));
  over.tokens.take();
  BOOST_TEST(over.tokens.is(Token::Kind::end));
  over.tokens.take();
  BOOST_TEST(over.tokens.is(Token::Kind::end));  // and stays there
}

void test_accepting_takes_what_is_asked_for_and_nothing_else() {
  Over over("; , required x");
  BOOST_TEST(!over.tokens.accept('{'));
  BOOST_TEST(!over.tokens.accept(Keyword::required));
  BOOST_TEST(over.tokens.accept_separator());
  BOOST_TEST(over.tokens.accept_separator());
  BOOST_TEST(!over.tokens.accept_separator());
  BOOST_TEST(!over.tokens.accept(Keyword::optional));
  BOOST_TEST(over.tokens.accept(Keyword::required));
  BOOST_TEST(over.tokens.is_name("x"));
}

void test_a_refusal_says_what_was_found_and_what_was_expected() {
  const struct {
    const char* text;
    bool strict;
    const std::string& name;
    const char* said;
    int line, column;
  } table[] = {
      {"}", false, file, "Grammar error '}' at line 1 of the file 'a.thrift'", 1, 1},
      {"\n\n  12", false, file, "Grammar error 12 at line 3 of the file 'a.thrift'", 3, 3},
      {"\n 'text'", false, file, "Grammar error 'text' at line 2 of the file 'a.thrift'", 2, 2},
      {"", false, file, "Grammar error at EOF of the file 'a.thrift'", 1, 1},
      {"x", false, nowhere, "Grammar error 'x' at line 1 of the file 'None'", 1, 1},
      {"", false, nowhere, "Grammar error at EOF of the file 'None'", 1, 1},
      {"}", true, file, "syntax error (last token was '}')", 1, 1},
      {"", true, file, "syntax error (last token was '')", 1, 1},
  };
  for (const auto& row : table) {
    Over over(row.text, row.strict, row.name);
    const Said said = refused(IdlError::Kind::grammar, [&] { over.tokens.expect('{', "an opening brace"); });
    BOOST_TEST_EQ(said.text, row.said);
    BOOST_TEST_EQ(said.hint, "expected an opening brace");
    BOOST_TEST_EQ(said.line, row.line);
    BOOST_TEST_EQ(said.column, row.column);
  }
}

void test_names_are_words_that_mean_nothing_else() {
  const struct {
    const char* text;
    bool or_keyword;
    bool is_name;
  } table[] = {
      {"a", false, true},         {"a.b", false, true},     {"_1", false, true},    {"uuid", false, true},
      {"senum", false, true},     {"struct", false, false}, {"struct", true, true}, {"i32", true, true},
      {"1", true, false},         {"'a'", true, false},     {"true", false, false}, {"", true, false},
      {"optional", false, false}, {"async", false, true},
  };
  for (const auto& row : table) {
    Over over(row.text);
    const Said said =
        refused(IdlError::Kind::grammar, [&] { over.tokens.expect_name("a name", row.or_keyword); });
    BOOST_TEST_EQ(said.text == "taken", row.is_name);
    if (!row.is_name) BOOST_TEST_EQ(said.hint, "expected a name");
  }
}

// Strictly: Apache's compiler knows younger keywords, and no dots in what is being defined.
void test_new_names_are_apaches_where_it_is_strict() {
  const struct {
    const char* text;
    bool or_keyword;
    const char* lenient;
    const char* strict;
  } table[] = {
      {"a", false, "taken", "taken"},
      {"a.b", false, "taken", "Identifier a.b can't have a dot."},
      {"uuid", false, "taken", "syntax error (last token was 'uuid')"},
      {"async", false, "taken", "syntax error (last token was 'async')"},
      {"cpp_type", false, "taken", "syntax error (last token was 'cpp_type')"},
      {"xsd_all", true, "taken", "syntax error (last token was 'xsd_all')"},
      {"uuid", true, "taken", "taken"},  // a field may be called so
      {"async", true, "taken", "taken"},
      {"xsd_attrs", true, "taken", "syntax error (last token was 'xsd_attrs')"},
      {"xsd_attr", true, "taken", "taken"},
  };
  for (const auto& row : table) {
    for (const bool strict : {false, true}) {
      Over over(row.text, strict);
      std::string said = "taken";
      try {
        over.tokens.expect_new_name("a name", row.or_keyword);
      } catch (const IdlError& error) {
        said = error.text();
      }
      BOOST_TEST_EQ(said, strict ? row.strict : row.lenient);
    }
  }
}

void test_texts_are_what_their_escapes_mean() {
  const struct {
    const char* text;
    const char* meaning;
  } table[] = {{"'a'", "a"}, {"\"a'b\"", "a'b"}, {"'a\\tb'", "a\tb"}, {"'\\\\n'", "\\n"}, {"''", ""}};
  for (const auto& row : table) BOOST_TEST_EQ(Over(row.text).tokens.expect_text("a text"), row.meaning);
  Over over("a");
  BOOST_TEST_EQ(refused(IdlError::Kind::grammar, [&] { over.tokens.expect_text("a text"); }).hint,
                "expected a text");
}

void test_looking_ahead_takes_nothing() {
  Over over("a 1 'x' ;");
  BOOST_TEST_EQ(std::string(over.tokens.peek().text), "1");
  BOOST_TEST_EQ(std::string(over.tokens.peek(2).text), "x");
  BOOST_TEST(over.tokens.peek(3).is_sign(';'));
  BOOST_TEST(over.tokens.peek(4).kind == Token::Kind::end);
  BOOST_TEST(over.tokens.peek(40).kind == Token::Kind::end);
  BOOST_TEST(over.tokens.is_name("a"));
}

void test_hyphens_belong_to_a_name_where_they_are_asked_for() {
  Over over("a-b-c d");
  over.tokens.extend_hyphenated();
  BOOST_TEST_EQ(std::string(over.tokens.take().text), "a-b-c");
  BOOST_TEST(over.tokens.is_name("d"));
}

void test_a_doc_comment_waits_for_who_takes_it() {
  Over over("/** of the struct */ struct A /** of nothing */ { /* none */ }");
  BOOST_TEST_EQ(over.tokens.take_doc(), "of the struct");
  BOOST_TEST_EQ(over.tokens.take_doc(), "");
  over.tokens.take();
  over.tokens.take();
  over.tokens.drop_doc();
  BOOST_TEST_EQ(over.tokens.take_doc(), "");
  over.tokens.take();
  BOOST_TEST_EQ(over.tokens.take_doc(), "");
}

void test_depth_is_counted_and_given_back() {
  Over over("\n  x");
  int depth = 0;
  for (int round = 0; round < 3; ++round) {
    const Tokens::Depth one(over.tokens, depth, 2, "Containers");
    const Tokens::Depth two(over.tokens, depth, 2, "Containers");
    BOOST_TEST_EQ(depth, 2);
    const Said said = refused(IdlError::Kind::parser,
                              [&] { const Tokens::Depth three(over.tokens, depth, 2, "Containers"); });
    BOOST_TEST_EQ(said.text, "Containers are nested too deeply at line 2");
    BOOST_TEST_EQ(said.hint, "at most 2 levels are allowed");
    BOOST_TEST_EQ(said.column, 3);
    BOOST_TEST_EQ(depth, 2);
  }
  BOOST_TEST_EQ(depth, 0);
}

}  // namespace

void test_tokens() {
  test_taking_gives_the_current_token_and_goes_on();
  test_accepting_takes_what_is_asked_for_and_nothing_else();
  test_a_refusal_says_what_was_found_and_what_was_expected();
  test_names_are_words_that_mean_nothing_else();
  test_new_names_are_apaches_where_it_is_strict();
  test_texts_are_what_their_escapes_mean();
  test_looking_ahead_takes_nothing();
  test_hyphens_belong_to_a_name_where_they_are_asked_for();
  test_a_doc_comment_waits_for_who_takes_it();
  test_depth_is_counted_and_given_back();
}
