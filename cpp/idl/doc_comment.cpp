#include "idl/doc_comment.hpp"

#include <algorithm>
#include <vector>

#include "idl/unicode.hpp"

namespace fastthrift::idl {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

std::size_t indent_of(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && is_blank(line[at])) ++at;
  return at;
}

std::string_view without_trailing_blanks(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(without_trailing_blanks(text.substr(0, end)));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string doc_text(std::string_view comment) {
  std::vector<std::string_view> lines = lines_of(comment);
  lines[0].remove_prefix(indent_of(lines[0]));

  // The first line follows /** and has no frame; all others must have the star for it to be one.
  const auto rest = lines.begin() + 1;
  const bool is_framed = std::all_of(
      rest, lines.end(), [](std::string_view line) { return line.empty() || line[indent_of(line)] == '*'; });
  if (is_framed) {
    std::for_each(rest, lines.end(), [](std::string_view& line) {
      if (!line.empty()) line.remove_prefix(indent_of(line) + 1);
    });
  }
  std::size_t indent = std::string_view::npos;
  std::for_each(rest, lines.end(), [&](std::string_view line) {
    if (!line.empty()) indent = std::min(indent, indent_of(line));
  });
  std::for_each(rest, lines.end(),
                [&](std::string_view& line) { line.remove_prefix(std::min(indent, line.size())); });

  const auto is_text = [](std::string_view line) { return !line.empty(); };
  const auto first = std::find_if(lines.begin(), lines.end(), is_text);
  const auto last = std::find_if(lines.rbegin(), std::make_reverse_iterator(first), is_text).base();
  std::string text;
  text.reserve(comment.size());
  for (auto line = first; line != last; ++line) {
    if (line != first) text += '\n';
    if (find_invalid(*line) == std::string_view::npos) {
      text += *line;
    } else {
      text += replace_invalid(*line);
    }
  }
  return text;
}

}  // namespace fastthrift::idl
