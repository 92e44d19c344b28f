#include "idl/doc_comment.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

using namespace fastthrift::idl;

namespace {

void test_the_frame_of_a_comment_is_not_its_text() {
  const struct {
    std::string comment;
    std::string text;
  } table[] = {
      {" One line. ", "One line."},
      {"", ""},
      {"   \n   ", ""},
      {"\n * First.\n * Second.\n ", "First.\nSecond."},
      {"\r\n * First.\r\n * Second.\r\n ", "First.\nSecond."},
      {" First.\n * Second.\n ", "First.\nSecond."},
      {"\n *   Indented\n *     more\n ", "Indented\n  more"},
      {"\n * First.\n *\n * After a gap.\n ", "First.\n\nAfter a gap."},
      {"\n  No stars,\n    but indent.\n", "No stars,\n  but indent."},
      {"\n * A star\n in one line only\n", "* A star\nin one line only"},
      {"\n\tTabs\n\tas well\n", "Tabs\nas well"},
      {"\n * - item *\n * - item\n ", "- item *\n- item"},
      {"\n\n\n * Text.  \n\n\n ", "Text."},
      {" caf\xE9 ", "caf\xEF\xBF\xBD"},
      {"\n \t * Blanks \t\v\f\r\n \f\v\t * of every kind\v\n", "Blanks\nof every kind"},
      {"\n *\tafter a tab\n *\tagain\n", "after a tab\nagain"},
      {"\n * caf\xE9\n * caf\xC3\xA9\n", "caf\xEF\xBF\xBD\ncaf\xC3\xA9"},
      {"\n*\n*\n", ""},
      {" \t ", ""},
  };
  for (const auto& row : table) BOOST_TEST_EQ(doc_text(row.comment), row.text);
}

}  // namespace

void test_doc_comment() { test_the_frame_of_a_comment_is_not_its_text(); }
