#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/errors.hpp"
#include "schema/schema.hpp"

namespace fastthrift::schema {

// A definition and the file that has it.
struct Found {
  const Schema* owner;
  Definition definition;
};

// What a name means in the file that is being compiled: its own definitions come first, then those of its
// includes, the longest prefix first (names of files and of definitions may hold dots). Includes of includes
// are reached by `b.c.T`.
class Scope {
 public:
  explicit Scope(const Schema& schema) : schema_(schema) {}

  void reserve(std::size_t definitions) { last_.reserve(definitions); }
  // In the order of the file; `name` must outlive the scope.
  void declare(std::string_view name, Definition definition);
  // Whether something of this file by this name, of what has been declared so far, is what `accepts` agrees
  // to.
  template <class Accepts>
  bool is_declared(std::string_view name, Accepts accepts) const;
  void include(std::string_view name, const Schema& schema) { includes_.emplace(name, &schema); }

  // Of several definitions with one name the latest one before `position` counts, as when the file is read
  // from top to bottom; if all come later, the last. Only what `accepts` agrees to is seen.
  template <class Accepts>
  std::optional<Found> find(std::string_view name, std::size_t position, Accepts accepts) const;

  bool is_own(const Schema* owner) const { return owner == &schema_; }

  [[noreturn]] void fail(const Place& place, const std::string& problem, const std::string& hint = {}) const;
  [[noreturn]] void fail_grammar(const Place& place, const std::string& problem,
                                 const std::string& hint = {}) const;

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct Declared {
    Definition definition;
    std::size_t previous;  // with the same name
  };

  template <class Accepts>
  static std::optional<Found> find_in(const Schema& schema, std::string_view name, Accepts accepts);

  const Schema& schema_;
  std::vector<Declared> declared_;
  std::unordered_map<std::string_view, std::size_t> last_;
  std::unordered_map<std::string_view, const Schema*> includes_;
};

template <class Accepts>
bool Scope::is_declared(std::string_view name, Accepts accepts) const {
  const auto last = last_.find(name);
  if (last == last_.end()) return false;
  for (std::size_t i = last->second; i != none; i = declared_[i].previous) {
    if (accepts(declared_[i].definition)) return true;
  }
  return false;
}

template <class Accepts>
std::optional<Found> Scope::find(std::string_view name, std::size_t position, Accepts accepts) const {
  if (const auto last = last_.find(name); last != last_.end()) {
    std::optional<Found> later;
    for (std::size_t i = last->second; i != none; i = declared_[i].previous) {
      const Found found{&schema_, declared_[i].definition};
      if (!accepts(found)) continue;
      if (i < position) return found;
      if (!later) later = found;
    }
    if (later) return later;
  }
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = name.rfind('.', dot - 1)) {
    const auto included = includes_.find(name.substr(0, dot));
    if (included == includes_.end()) continue;
    if (auto found = find_in(*included->second, name.substr(dot + 1), accepts)) return found;
  }
  return std::nullopt;
}

template <class Accepts>
std::optional<Found> Scope::find_in(const Schema& schema, std::string_view name, Accepts accepts) {
  if (const Definition* definition = schema.find(name)) {
    const Found found{&schema, *definition};
    if (accepts(found)) return found;
  }
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = name.rfind('.', dot - 1)) {
    for (const Include& include : schema.includes()) {
      if (include.name != name.substr(0, dot) || include.schema == nullptr) continue;
      if (auto found = find_in(*include.schema, name.substr(dot + 1), accepts)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace fastthrift::schema
