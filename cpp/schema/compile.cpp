#include <algorithm>
#include <limits>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "base/errors.hpp"
#include "idl/unicode.hpp"
#include "schema/constants.hpp"
#include "schema/defaults.hpp"
#include "schema/schema.hpp"
#include "schema/scope.hpp"
#include "schema/types.hpp"

namespace fastthrift::schema {
namespace {

constexpr const char* already_used = " field identifier/name has already been used";

std::string quoted(const std::string& text) { return "'" + text + "'"; }

// The prefix of an included file's names: its basename without .thrift.
std::string include_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  constexpr std::string_view extension = ".thrift";
  if (name.size() > extension.size() && name.ends_with(extension))
    name.resize(name.size() - extension.size());
  return name;
}

}  // namespace

// Fills a schema in five steps, each of which needs the one before: names, typedefs, the types of fields and
// constants, parents of services, and last the values.
class Compiler {
 public:
  Compiler(const idl::Document& document, std::vector<std::shared_ptr<const Schema>> includes)
      : document_(document),
        schema_(std::make_shared<Schema>()),
        scope_(*schema_),
        types_(scope_, schema_->types_),
        constants_(scope_, types_, schema_->constants_) {
    schema_->file_ = document.file;
    schema_->doc_ = document.doc;
    for (const idl::Namespace& space : document.namespaces)
      schema_->namespaces_.emplace_back(space.scope, space.name);
    add_includes(std::move(includes));
  }

  std::shared_ptr<const Schema> compile() {
    scope_.reserve(document_.definitions.size());
    for (const idl::Definition& definition : document_.definitions) {
      std::visit([this](const auto& source) { declare(source); }, definition);
    }
    add_names();
    for_each<idl::Typedef, idl::Senum>(
        [this](const auto& source, Typedef& typedef_, std::size_t position) {
          types_.add_typedef(typedef_, type_of(source), position);
        },
        schema_->typedefs_);
    types_.resolve_typedefs();
    for_each<idl::Struct>(
        [this](const idl::Struct& source, Struct& definition, std::size_t position) {
          definition.fields = fields_of(source.fields, position + 1);  // sees itself
        },
        schema_->structs_);
    for_each<idl::Const>(
        [this](const idl::Const& source, Constant& constant, std::size_t position) {
          constant.type = types_.resolve(source.type, position);
          constants_.add(source.value, position);
        },
        schema_->constants_);
    for_each<idl::Service>(
        [this](const idl::Service& source, Service& service, std::size_t position) {
          add_functions(source, service, position);
          find_parent(source, service, position);
        },
        schema_->services_);
    check_parents();

    constants_.evaluate_all();
    for_each<idl::Struct>(
        [this](const idl::Struct& source, Struct& definition, std::size_t position) {
          add_defaults(source.fields, definition.fields, position);
        },
        schema_->structs_);
    for_each<idl::Service>(
        [this](const idl::Service& source, Service& service, std::size_t position) {
          for (std::size_t i = 0; i < source.functions.size(); ++i) {
            add_defaults(source.functions[i].arguments, service.functions[i].arguments, position);
            add_defaults(source.functions[i].throws, service.functions[i].throws, position);
          }
        },
        schema_->services_);
    check_defaults(*schema_, scope_);
    return schema_;
  }

 private:
  // Calls `body` with each definition of the kinds, its counterpart in `table` and the position from which it
  // sees names.
  template <class... Kinds, class Body, class Table>
  void for_each(Body body, Table& table) {
    std::size_t position = 0;
    std::size_t index = 0;
    for (const idl::Definition& definition : document_.definitions) {
      std::visit(
          [&](const auto& source) {
            using Kind = std::decay_t<decltype(source)>;
            if constexpr ((std::is_same_v<Kind, Kinds> || ...)) body(source, table[index++], position);
          },
          definition);
      ++position;
    }
  }

  void add_includes(std::vector<std::shared_ptr<const Schema>> includes);

  template <class Source>
  void declare(const Source& source);
  // Of one kind of definitions none has the name of another.
  template <class Source, class IsSame>
  void refuse_duplicate(const Source& source, const char* kind, IsSame is_same);
  void add_names();
  void add_items(const idl::Enum& source, Enum& definition);

  const idl::Type& type_of(const idl::Typedef& source) const { return source.type; }
  const idl::Type& type_of(const idl::Senum&) const { return string_; }

  std::vector<Field> fields_of(const std::vector<idl::Field>& sources, std::size_t position);
  void add_defaults(const std::vector<idl::Field>& sources, std::vector<Field>& fields, std::size_t position);
  void add_functions(const idl::Service& source, Service& service, std::size_t position);
  void find_parent(const idl::Service& source, Service& service, std::size_t position);
  void check_parents();

  const idl::Document& document_;
  std::shared_ptr<Schema> schema_;
  Scope scope_;
  Types types_;
  Constants constants_;
  const idl::Type string_{.base = idl::BaseType::string};
};

void Compiler::add_includes(std::vector<std::shared_ptr<const Schema>> includes) {
  std::size_t given = 0;
  const bool has_all = includes.size() == document_.includes.size();
  std::unordered_map<std::string, const Schema*> known;
  for (const idl::Include& include : document_.includes) {
    if (include.is_cpp) {
      given += has_all ? 1 : 0;
      continue;
    }
    auto schema = given < includes.size() ? std::move(includes[given++]) : nullptr;
    if (schema == nullptr) continue;
    std::string name = include_name(include.path);
    const auto [entry, is_new] = known.emplace(name, schema.get());
    const bool is_same = entry->second == schema.get() || entry->second->file() == schema->file();
    if (!is_same) {
      scope_.fail_grammar(include.place, quoted(name) + " type is already defined in 'includes'");
    }
    schema_->includes_.push_back({std::move(name), include.path, std::move(schema)});
  }
  for (const Include& include : schema_->includes_) scope_.include(include.name, *include.schema);
}

template <class Source>
void Compiler::declare(const Source& source) {
  Schema& schema = *schema_;
  const auto add = [&](DefinitionKind kind, auto& table) -> auto& {
    const Definition definition{kind, static_cast<Index>(table.size())};
    schema.definitions_.push_back(definition);
    scope_.declare(source.name, definition);
    auto& added = table.emplace_back();
    added.name = source.name;
    added.annotations = source.annotations;
    added.doc = source.doc;
    added.place = source.place;
    return added;
  };
  [[maybe_unused]] const auto is = [](DefinitionKind kind) {
    return [kind](const Definition& other) { return other.kind == kind; };
  };
  if constexpr (std::is_same_v<Source, idl::Const>) {
    add(DefinitionKind::constant, schema.constants_);
  } else if constexpr (std::is_same_v<Source, idl::Enum>) {
    refuse_duplicate(source, "enums", is(DefinitionKind::enum_));
    add_items(source, add(DefinitionKind::enum_, schema.enums_));
  } else if constexpr (std::is_same_v<Source, idl::Struct>) {
    const char* kind = source.kind == StructKind::struct_  ? "structs"
                       : source.kind == StructKind::union_ ? "unions"
                                                           : "exceptions";
    refuse_duplicate(source, kind, [&](const Definition& other) {
      return other.kind == DefinitionKind::struct_ && schema.structs_[other.index].kind == source.kind;
    });
    add(DefinitionKind::struct_, schema.structs_).kind = source.kind;
  } else if constexpr (std::is_same_v<Source, idl::Service>) {
    refuse_duplicate(source, "services", is(DefinitionKind::service));
    add(DefinitionKind::service, schema.services_);
  } else {
    add(DefinitionKind::typedef_, schema.typedefs_);
  }
}

template <class Source, class IsSame>
void Compiler::refuse_duplicate(const Source& source, const char* kind, IsSame is_same) {
  if (!scope_.is_declared(source.name, is_same)) return;
  scope_.fail_grammar(source.place, quoted(source.name) + " type is already defined in " + quoted(kind));
}

// Once all are there: the names are those in the tables.
void Compiler::add_names() {
  Schema& schema = *schema_;
  schema.names_.reserve(schema.definitions_.size());
  for (Index i = 0; i < schema.definitions_.size(); ++i) {
    const auto [kind, index] = schema.definitions_[i];
    const std::string& name = kind == DefinitionKind::typedef_   ? schema.typedefs_[index].name
                              : kind == DefinitionKind::constant ? schema.constants_[index].name
                              : kind == DefinitionKind::enum_    ? schema.enums_[index].name
                              : kind == DefinitionKind::struct_  ? schema.structs_[index].name
                                                                 : schema.services_[index].name;
    schema.names_.insert_or_assign(name, i);
  }
}

void Compiler::add_items(const idl::Enum& source, Enum& definition) {
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  bool is_exhausted = false;
  std::int64_t next = 0;
  definition.items.reserve(source.items.size());
  for (const idl::EnumItem& item : source.items) {
    const bool is_big = item.value && item.value->kind == idl::ConstValue::Kind::big_integer;
    if (is_big || (!item.value && is_exhausted)) {
      scope_.fail(item.place, "Value of " + source.name + "." + item.name + " at line " +
                                  std::to_string(item.place.line) + " is out of range" +
                                  (is_big ? ": " + item.value->text : std::string()));
    }
    const std::int64_t value = item.value ? item.value->integer : next;
    is_exhausted = value == highest;
    next = is_exhausted ? value : value + 1;
    definition.items.push_back({item.name, value, item.annotations, item.doc, item.place});
  }
}

std::vector<Field> Compiler::fields_of(const std::vector<idl::Field>& sources, std::size_t position) {
  std::vector<Field> fields;
  fields.reserve(sources.size());
  std::unordered_set<std::int64_t> ids;
  std::unordered_set<std::string_view> names;
  const auto is_used = [&](std::int64_t id, const std::string& name) {
    if (sources.size() <= 16) {  // few are compared faster than they are hashed
      return std::any_of(fields.begin(), fields.end(),
                         [&](const Field& field) { return field.id == id || field.name == name; });
    }
    const bool is_new_id = ids.insert(id).second;
    return !names.insert(name).second || !is_new_id;
  };
  std::int64_t missing = 0;
  for (const idl::Field& source : sources) {
    const std::int64_t id = source.id ? *source.id : --missing;
    if (id != static_cast<std::int32_t>(id)) {
      scope_.fail(source.place, "Field id " + std::to_string(id) + " of " + source.name + " at line " +
                                    std::to_string(source.place.line) + " is out of range");
    }
    if (is_used(id, source.name)) {
      scope_.fail_grammar(source.place, quoted(std::to_string(id) + ":" + source.name) + already_used);
    }
    fields.push_back({static_cast<std::int32_t>(id), source.name, types_.resolve(source.type, position),
                      source.requiredness, std::nullopt, source.annotations, source.doc, source.place});
  }
  return fields;
}

void Compiler::add_defaults(const std::vector<idl::Field>& sources, std::vector<Field>& fields,
                            std::size_t position) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].default_value) continue;
    fields[i].default_value = constants_.evaluate_default(fields[i], *sources[i].default_value, position);
  }
}

void Compiler::add_functions(const idl::Service& source, Service& service, std::size_t position) {
  std::unordered_set<std::string_view> names;
  service.functions.reserve(source.functions.size());
  for (const idl::Function& function : source.functions) {
    if (!names.insert(function.name).second) {
      scope_.fail_grammar(function.place, quoted(function.name) + " function is already defined in service " +
                                              quoted(source.name));
    }
    const Index result = types_.resolve(function.result, position);
    service.functions.push_back(
        {function.name, function.is_oneway, result, fields_of(function.arguments, position),
         fields_of(function.throws, position), function.annotations, function.doc, function.place});
    // The result is field 0, named success, of what is sent back: an exception needs another id and name.
    for (const Field& field : service.functions.back().throws) {
      const bool is_success = field.name == "success" && types_[result].kind != TypeKind::void_;
      if (field.id != 0 && !is_success) continue;
      scope_.fail_grammar(field.place, quoted(std::to_string(field.id) + ":" + field.name) + already_used,
                          "0 and 'success' stand for the result of " + quoted(function.name));
    }
  }
}

void Compiler::find_parent(const idl::Service& source, Service& service, std::size_t position) {
  if (source.extends.empty()) return;
  const auto is_service = [](const Found& found) { return found.definition.kind == DefinitionKind::service; };
  const auto found = scope_.find(source.extends, position, is_service);
  const std::string parent = idl::repr(std::string_view(source.extends));
  if (!found) {
    const bool is_known =
        scope_.find(source.extends, position, [](const Found&) { return true; }).has_value();
    scope_.fail(source.extends_place, is_known ? "Can't extends " + parent + ", not a service"
                                               : "Can't find service " + parent + " for service " +
                                                     quoted(source.name) + " to extend");
  }
  service.parent_owner = found->owner;
  service.parent = found->definition.index;
}

// A service that extends itself, over however many others, is an error at the one where that is noticed.
void Compiler::check_parents() {
  const auto& services = schema_->services_;
  std::vector<std::size_t> visited(services.size(), 0);  // by which walk, from 1
  for (std::size_t start = 0; start < services.size(); ++start) {
    std::size_t at = start;
    while (visited[at] == 0) {
      visited[at] = start + 1;
      if (services[at].parent_owner != schema_.get()) break;
      at = services[at].parent;
      if (visited[at] != start + 1) continue;
      scope_.fail(services[at].place,
                  "Can't find service " + quoted(services[services[at].parent].name) + " for service " +
                      quoted(services[at].name) + " to extend",
                  "the service extends itself");
    }
  }
}

std::shared_ptr<const Schema> compile(const idl::Document& document,
                                      std::vector<std::shared_ptr<const Schema>> includes) {
  return Compiler(document, std::move(includes)).compile();
}

}  // namespace fastthrift::schema
