#include "schema/scope.hpp"

namespace fastthrift::schema {

void Scope::declare(std::string_view name, Definition definition) {
  const auto [entry, is_new] = last_.emplace(name, declared_.size());
  declared_.push_back({definition, is_new ? none : entry->second});
  entry->second = declared_.size() - 1;
}

void Scope::fail(const Place& place, const std::string& problem, const std::string& hint) const {
  throw IdlError(IdlError::Kind::parser, problem, {schema_.file(), place.line, place.column}, hint);
}

void Scope::fail_grammar(const Place& place, const std::string& problem, const std::string& hint) const {
  throw IdlError(IdlError::Kind::grammar, problem, {schema_.file(), place.line, place.column}, hint);
}

}  // namespace fastthrift::schema
