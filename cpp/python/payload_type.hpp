#pragma once

#include "python/payload.hpp"
#include "python/ref.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// What the files of the object model share: the memory of a payload class and of its instances.
//
// A class is made once (payload_statement.cpp, payload_class.cpp) and knows its slots. Everything that
// depends on attributes that users may change later (who wins a name, which __init__ runs) is compiled at
// first use and again when the type's version tag says that the class or one of its bases has changed.
namespace fastthrift::python::payload {

// A field that lives in a slot of the instance.
struct Slot {
  Ref name;  // interned
  Py_ssize_t offset;
};

// A field in the order of `__dict__`.
struct Member {
  Ref name;           // interned
  Ref prefix;         // ", name=" for repr
  Py_ssize_t offset;  // of the slot; 0: in the instance's lazy dict
  bool is_direct;     // plain attribute access reaches the slot: no property of a subclass stands before it
};

// Behind the PyHeapTypeObject of every class that TPayloadMeta makes.
struct ClassData {
  // Fixed when the class is made, or before, when `__init_subclass__` or `__set_name__` ask.
  bool is_made = false;
  std::vector<Ref> new_slots;  // the names that the class itself adds
  std::vector<Slot> slots;     // inherited ones first
  bool is_struct = false;  // instances are laid out as TPayload's; exceptions are laid out as BaseException's
  bool has_user_slots = false;

  // Compiled for `version`; 0 is never current.
  unsigned int version = 0;
  unsigned int generation = 0;  // counts the compilations
  std::vector<Member> members;
  Ref initializer;              // the first one of ours in the MRO
  bool is_plain = false;        // nobody overrides attribute access
  bool constructs = false;      // `type()` is object.__new__ and an initializer of ours
  bool fills_slots = false;     // and each of its fields is a slot that is reached directly
  bool is_frozen = false;       // attributes are set by the core alone
  bool copies_plainly = false;  // nobody has a say in copying and pickling
  bool reads_plainly = false;   // nor in `read`
  bool writes_plainly = false;  // nor in `write`

  // Freed instances with empty slots, to be used again; each names the next in its ob_type.
  PyObject* spare = nullptr;
  unsigned int spares = 0;
  static unsigned int spares_of_all;
  void add_spare(PyObject* instance) {
    instance->ob_type = reinterpret_cast<PyTypeObject*>(std::exchange(spare, instance));
    ++spares, ++spares_of_all;
  }
  PyObject* take_spare() {
    if (spare == nullptr) return nullptr;
    --spares, --spares_of_all;
    return std::exchange(spare, reinterpret_cast<PyObject*>(spare->ob_type));
  }

  std::unique_ptr<Layout> layout;
  Ref spec;  // the thrift_spec that `layout` was compiled from
  unsigned int layout_version = 0;
  std::uint64_t spec_version = 0;
  const std::uint64_t* spec_version_now = &unchanging;  // of `spec`

  // A tuple cannot change; the class notices when it gets another one.
  static constexpr std::uint64_t unchanging = 0;
};

struct PayloadType {
  PyHeapTypeObject base;
  // An outline's: where its body comes from (payload_class.hpp). Null once it has one.
  PyObject* bound_schema;
  std::uint32_t index;
  ClassData* data;
};

#if PY_VERSION_HEX >= 0x030C0000
// The dict and the weak references stand before the object: 3.12 counts both as no part of the layout, and
// only so can TException derive from TPayload and Exception.
struct Instance {
  PyObject_HEAD
};
#else
struct Instance {
  PyObject_HEAD PyObject* dict;
  PyObject* weak_references;
};
#endif
constexpr Py_ssize_t first_slot = sizeof(Instance);

inline PyObject* name_of(PyTypeObject* type) { return reinterpret_cast<PyHeapTypeObject*>(type)->ht_name; }
ClassData& learn_slots(PyTypeObject* type);  // payload_members.cpp
// Throws PythonError, but for a class of which there is an instance.
inline ClassData& data_of(PyTypeObject* type) {
  ClassData* data = reinterpret_cast<PayloadType*>(type)->data;
  if (data == nullptr || !data->is_made) [[unlikely]]
    return learn_slots(type);
  return *data;
}
// The same for who asks from C: false with an error.
bool touch(PyTypeObject* type);

// 0 when the type has none now.
inline unsigned int version_of(PyTypeObject* type) {
#if PY_VERSION_HEX < 0x030C0000
  if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) return 0;
#endif
  return type->tp_version_tag;
}

void compile(PyTypeObject* type, ClassData& data);  // payload_members.cpp

// Whether nobody has a say in how attributes of the class's instances are set. payload_members.cpp
bool is_set_plainly(PyTypeObject* type);
// The `__setattr__` of immutable classes, which is not asked by what makes their instances.
void set_frozen_setattr(PyObject* function);

#if PY_VERSION_HEX >= 0x030C0000
// Counts the changes of all watched thrift_specs: they change when modules are loaded, hardly ever later.
extern std::uint64_t watched_spec_changes;
inline const std::uint64_t* version_in(PyObject*) { return &watched_spec_changes; }
#else
inline const std::uint64_t* version_in(PyObject* dict) {
  return &reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
}
#endif

// `layout_of` for the loops of the codec: null where the layout has to be compiled first.
inline const Layout* current_layout(PyTypeObject* type) {
  const ClassData& data = data_of(type);
  const bool is_current = data.layout && data.layout_version != 0 &&
                          data.layout_version == version_of(type) &&
                          data.spec_version == *data.spec_version_now;
  return is_current ? data.layout.get() : nullptr;
}

// The class's data, compiled anew if the class has changed. Throws PythonError.
inline ClassData& current(PyTypeObject* type) {
  ClassData& data = data_of(type);
  if (data.version == 0 || data.version != version_of(type)) [[unlikely]]
    compile(type, data);
  return data;
}

// The place of an instance's dict, whatever its layout; the dict itself may not exist yet.
inline PyObject** dict_place(PyObject* self) {
#if PY_VERSION_HEX < 0x030C0000
  if (data_of(Py_TYPE(self)).is_struct) return &reinterpret_cast<Instance*>(self)->dict;
#endif
  return _PyObject_GetDictPtr(self);
}
inline PyObject* dict_of(PyObject* self) {
  PyObject** place = dict_place(self);
  return place == nullptr ? nullptr : *place;
}

// Whether a value can be part of a reference cycle.
inline bool may_form_cycle(PyObject* value) { return PyType_IS_GC(Py_TYPE(value)); }

inline void track(PyObject* self) {
  if (!PyObject_GC_IsTracked(self)) PyObject_GC_Track(self);
}

// A new instance with empty slots that the collector does not know yet. Only for struct layouts. Instances
// that were freed lately are used again.
PyObject* allocate_anew(PyTypeObject* type);
void free_spares(PyTypeObject* type, ClassData& data);
inline PyObject* allocate(PyTypeObject* type) {
  PyObject* self = data_of(type).take_spare();
  if (self == nullptr) return allocate_anew(type);
  self->ob_type = type;
  Py_INCREF(type);
  _Py_NewReference(self);
  return self;
}

// Loops that run Python code between two members go by index and copy what they need: the code may change the
// class, and `members` with it.

// Fields and extras by name, past all descriptors: what `__dict__` shows. `get` is borrowed, null without an
// error when missing.
PyObject* get(PyObject* self, PyObject* name);
int set(PyObject* self, PyObject* name, PyObject* value);  // null deletes; KeyError where there is nothing
Ref plain_dict(PyObject* self);                            // a new dict in the order of __dict__
void fill_dict(PyObject* dict, PyObject* self);            // the same into an empty dict
Ref value_of(PyObject* self, const Member& member);        // null when missing
int replace_all(PyObject* self, PyObject* mapping);        // an assignment to __dict__
Ref extras_of(PyObject* self, ClassData& data);            // what __dict__ has beyond the members, or nothing

// The parts of TPayload: payload_value.cpp, payload_repr.cpp, payload_init.cpp, payload_copy.cpp,
// payload_dict.cpp.
Py_hash_t hash(PyObject* self);
PyObject* repr(PyObject* self);
PyObject* compare(PyObject* self, PyObject* other, int operation);
// The type's vectorcall, and the same without a call.
PyObject* construct(PyObject* type, PyObject* const* arguments, std::size_t count, PyObject* names);
PyObject* copy(PyObject* self, PyObject*);
PyObject* deep_copy(PyObject* self, PyObject* memo);
PyObject* reduce(PyObject* self, PyObject* protocol);
PyObject* get_state(PyObject* self, PyObject*);
PyObject* set_state(PyObject* self, PyObject* state);
PyObject* get_dict(PyObject* self, void*);
int set_dict(PyObject* self, PyObject* value, void*);

// Whether nothing between a struct class and TPayload has a say in copying. payload_copy.cpp
bool is_copied_plainly(PyTypeObject* type);

// An `__init__` from [(name, default)] for a class of this name. payload_initializer.cpp
Ref make_initializer(PyObject* owner, PyObject* default_spec);
const std::vector<Ref>& names_of(PyObject* initializer);
bool is_initializer(PyObject* object);
FieldDefault default_at(PyObject* initializer, std::size_t index);
// A default for one more instance; what the class's layout has for an instance's missing fields.
// payload_defaults.cpp
Ref copy_default(PyObject* value);
void fill_missing(PyObject* self, const Layout& layout);

// The memory of instances: what all classes have for tp_dealloc, those below TPayload for tp_traverse, and
// what TPayload has for its own instances and under type's generic functions. payload_instance.cpp
void deallocate_instance(PyObject* self);
int traverse_instance(PyObject* self, visitproc visit, void* arg);
int traverse_base(PyObject* self, visitproc visit, void* arg);
int clear_base(PyObject* self);

// How attributes of instances are set. payload_attributes.cpp
PyObject* default_setattr();  // TPayload.__setattr__, borrowed; null with an error
PyObject* delete_attribute(PyObject* self, PyObject* name);
void use_slot(PyTypeObject* type, bool is_overridden);  // for the instances of a new class
// The parts of TPayloadMeta (payload_statement.cpp), and TPayload itself (payload_base.cpp).
PyObject* allocate_class(PyTypeObject* meta, Py_ssize_t items);  // tp_alloc
PyObject* make_class_maker();                                    // `__new__`, borrowed
PyTypeObject* make_base();

int add_spec_layout_to(PyObject* module);
int add_initializer_to(PyObject* module);
int add_dict_view_to(PyObject* module);
int add_metaclass_to(PyObject* module);

}  // namespace fastthrift::python::payload
