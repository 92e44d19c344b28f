#pragma once

#include "python/ref.hpp"

#include <cstdint>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "wire/field_head.hpp"
#include "wire/types.hpp"

// What the codec needs to know of a payload class, compiled from its live `thrift_spec`: flat tables by
// index. A class's layout is made at first use and again when `thrift_spec` or the class has changed.
//
// Who may hold one, and how long: a Layout that was replaced (a decode can run Python code that changes
// `thrift_spec`) stays alive while any LayoutUse exists. Whoever keeps a Layout across anything that can run
// Python holds a LayoutUse; one at the entry from Python is enough. A layout owns the field tuples and
// classes that it names.
namespace fastthrift::python {

enum class Form : std::uint8_t {
  boolean,
  i8,
  i16,
  i32,
  i64,
  float64,
  text,
  binary,
  uuid,
  enumeration,  // of a subclass of enum.IntEnum; other enums are ints
  structure,
  list,
  set,
  map,
  unknown,  // a type number that no specification has: cannot be read or written, only skipped
};

// How a value of one declared type is read and written.
struct Shape {
  Form form;
  wire::TType wire;              // what the wire calls it
  std::uint32_t element = 0;     // list, set: the element; map: the value. Into Layout::shapes
  std::uint32_t key = 0;         // map
  PyTypeObject* type = nullptr;  // structure, enumeration: its class (kept alive by the spec)
  PyObject* spec = nullptr;  // borrowed from thrift_spec: (ttype, spec) for the text of an error; may be null
  PyObject* pair = nullptr;  // structure in Apache's form: its [class, thrift_spec], borrowed
  int declared = 0;          // thriftpy2's type number as declared
  bool is_frozen = false;    // list, set, map in Apache's form: comes as tuple, frozenset, TFrozenDict
};

struct FieldLayout {
  std::int16_t id;
  bool required;
  Form form;  // of the shape, where the loops over fields find it at once
  std::uint32_t shape;
  wire::FieldHead head;
  PyObject* name;     // interned str
  Py_ssize_t offset;  // of the slot in the instance; 0: there is none, use getattr and setattr
};

// What a field of a new instance holds until somebody sets it.
struct FieldDefault {
  PyObject* value;  // borrowed
  bool is_copied;   // mutable: each instance gets its own
};

class Layout {
 public:
  // `thrift_spec` is thriftpy2's dict or Apache's tuple. Throws PythonError (TypeError, ValueError) for one
  // that makes no sense.
  static std::unique_ptr<Layout> compile(PyTypeObject* type, PyObject* thrift_spec);
  ~Layout();

  const std::vector<FieldLayout>& fields() const { return fields_; }  // in the order of thrift_spec
  const Shape& shape(std::uint32_t index) const { return shapes_[index]; }
  PyObject* name() const { return name_; }  // of the class, for errors

  // The position of a field, or -1. `expected` is tried first: fields mostly come in their order.
  int find(std::int16_t id, std::size_t expected) const {
    if (expected < fields_.size() && fields_[expected].id == id) [[likely]]
      return static_cast<int>(expected);
    return find(id);
  }
  int find(std::int16_t id) const;

  bool has_required() const { return has_required_; }

  // Every field is a slot that nothing shadows and nobody overrides __setattr__ or __getattribute__: the
  // codec may go by offset. Only for instances whose exact type is `type()`.
  bool is_direct() const { return is_direct_; }
  PyTypeObject* type() const { return type_; }

  // The defaults by position, where `type()` does nothing but fill the fields' slots with them; else empty.
  const std::vector<FieldDefault>& defaults() const { return defaults_; }

  int traverse(visitproc visit, void* arg) const;

 private:
  friend class LayoutCompiler;
  Layout() = default;

  PyTypeObject* type_ = nullptr;
  PyObject* name_ = nullptr;
  std::vector<Ref> kept_;  // the tuples of thrift_spec: they own every name and class above
  std::vector<FieldLayout> fields_;
  std::vector<Shape> shapes_;
  std::vector<FieldDefault> defaults_;
  std::vector<std::int32_t> by_id_;  // dense from first_id_: position or -1
  std::int32_t first_id_ = 0;
  std::vector<std::pair<std::int16_t, std::int32_t>>
      sparse_;  // sorted (id, position) where ids lie far apart
  bool is_direct_ = false;
  bool has_required_ = false;
};

// Keeps every replaced Layout alive; needs the GIL. Cheap: a counter.
class LayoutUse {
 public:
  LayoutUse() { ++uses_; }
  LayoutUse(const LayoutUse&) = delete;
  LayoutUse& operator=(const LayoutUse&) = delete;
  ~LayoutUse() {
    if (--uses_ == 0 && has_retired_) [[unlikely]]
      free_retired();
  }

  // Takes over a layout that is no longer current.
  static void retire(std::unique_ptr<Layout> layout);

 private:
  static void free_retired();

  static std::size_t uses_;
  static bool has_retired_;
};

// Throws PythonError with a TDecodeException: `value` does not fit the field's declared type.
[[noreturn]] void raise_decode_error(const Layout& layout, const FieldLayout& field, PyObject* value);

}  // namespace fastthrift::python
