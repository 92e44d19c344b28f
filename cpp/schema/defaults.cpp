#include "schema/defaults.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "idl/unicode.hpp"

namespace fastthrift::schema {
namespace {

// What has to be made first: an edge leads from a struct to each struct and constant that its defaults hold,
// and from a constant to what it holds. An included file cannot lead back here, so only this schema's are
// nodes.
class DefaultGraph {
 public:
  explicit DefaultGraph(const Schema& schema) : schema_(schema), first_constant_(schema.structs().size()) {
    edges_.resize(first_constant_ + schema.constants().size());
    is_open_.resize(first_constant_);
    for (std::size_t i = 0; i < first_constant_; ++i) {
      const auto& fields = schema.structs()[i].fields;
      for (Index f = 0; f < fields.size(); ++f) {
        if (fields[f].default_value && holds_others(*fields[f].default_value)) is_open_[i].push_back(f);
      }
    }
    for (std::size_t i = 0; i < first_constant_; ++i) {
      for (const Index f : is_open_[i]) add_edges(i, *schema.structs()[i].fields[f].default_value);
    }
    for (std::size_t i = 0; i < schema.constants().size(); ++i) {
      add_edges(first_constant_ + i, schema.constants()[i].value);
    }
  }

  // A struct that comes back to itself, or null. The stack is our own: the way may be as long as the file.
  const Struct* find_endless() const {
    enum class State : std::uint8_t { fresh, entered, left };
    std::vector<State> states(edges_.size(), State::fresh);
    std::vector<Step> way;
    for (std::size_t start = 0; start < first_constant_; ++start) {
      if (states[start] == State::fresh) way.push_back({start});
      while (!way.empty()) {
        Step& step = way.back();
        states[step.node] = State::entered;
        if (step.edge == edges_[step.node].size()) {
          states[step.node] = State::left;
          way.pop_back();
          continue;
        }
        const std::size_t target = edges_[step.node][step.edge++];
        if (states[target] == State::fresh) way.push_back({target});
        if (states[target] == State::entered) return struct_of_circle(way, target);
      }
    }
    return nullptr;
  }

 private:
  struct Step {
    std::size_t node;
    std::size_t edge = 0;  // the next one to follow
  };

  // Constants alone make no circle, so one of the steps is a struct.
  const Struct* struct_of_circle(const std::vector<Step>& way, std::size_t first) const {
    std::size_t i = way.size() - 1;
    while (way[i].node >= first_constant_ && way[i].node != first) --i;
    return way[i].node < first_constant_ ? &schema_.structs()[way[i].node] : nullptr;
  }

  static bool holds_others(const Value& value) {
    return value.kind == Value::Kind::struct_ || value.kind == Value::Kind::constant ||
           std::any_of(value.items.begin(), value.items.end(), holds_others);
  }

  void add_edges(std::size_t node, const Value& value) {
    if (value.owner == &schema_ && value.kind == Value::Kind::constant) {
      edges_[node].push_back(first_constant_ + value.definition);
    }
    if (value.owner == &schema_ && value.kind == Value::Kind::struct_) {
      // A value that gives every field whose default holds others needs none of these defaults.
      const auto& open = is_open_[value.definition];
      const auto given = std::count_if(value.fields.begin(), value.fields.end(), [&open](Index field) {
        return std::binary_search(open.begin(), open.end(), field);
      });
      if (static_cast<std::size_t>(given) < open.size()) edges_[node].push_back(value.definition);
    }
    for (const Value& item : value.items) add_edges(node, item);
  }

  const Schema& schema_;
  const std::size_t first_constant_;
  std::vector<std::vector<std::size_t>> edges_;  // structs, then constants
  std::vector<std::vector<Index>> is_open_;      // of each struct the fields whose defaults hold others
};

}  // namespace

void check_defaults(const Schema& schema, const Scope& scope) {
  const Struct* endless = DefaultGraph(schema).find_endless();
  if (endless == nullptr) return;
  scope.fail(endless->place,
             "Defaults of " + idl::repr(std::string_view(endless->name)) + " at line " +
                 std::to_string(endless->place.line) + " never end",
             "a struct of the same kind is among them");
}

}  // namespace fastthrift::schema
