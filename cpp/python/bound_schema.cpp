#include "python/bound_schema.hpp"

#include "python/errors.hpp"

#include <cassert>
#include <utility>

namespace fastthrift::python {
namespace {

struct BoundObject {
  PyObject_HEAD BoundSchema* schema;
};

BoundSchema* schema_in(PyObject* object) { return reinterpret_cast<BoundObject*>(object)->schema; }

int traverse_object(PyObject* self, visitproc visit, void* arg) {
  return schema_in(self) == nullptr ? 0 : schema_in(self)->traverse(visit, arg);
}

int clear_object(PyObject* self) {
  if (schema_in(self) != nullptr) schema_in(self)->clear();
  return 0;
}

void deallocate_object(PyObject* self) {
  PyObject_GC_UnTrack(self);
  const std::unique_ptr<BoundSchema> owned(
      std::exchange(reinterpret_cast<BoundObject*>(self)->schema, nullptr));
  PyObject_GC_Del(self);
}

PyTypeObject* object_type() {
  static PyTypeObject type = {PyVarObject_HEAD_INIT(nullptr, 0)};
  if (type.tp_name == nullptr) {
    type.tp_name = "fastthrift._core.BoundSchema";
    type.tp_basicsize = sizeof(BoundObject);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
    type.tp_traverse = traverse_object;
    type.tp_clear = clear_object;
    type.tp_dealloc = deallocate_object;
    checked_status(PyType_Ready(&type));
  }
  return &type;
}

}  // namespace

Ref BoundSchema::make(std::shared_ptr<const schema::Schema> schema, const std::vector<Ref>& includes) {
  std::unique_ptr<BoundSchema> made(new BoundSchema(std::move(schema), includes));
  BoundObject* object = PyObject_GC_New(BoundObject, object_type());
  if (object == nullptr) throw PythonError();
  made->object_ = reinterpret_cast<PyObject*>(object);
  object->schema = made.release();
  PyObject_GC_Track(object);
  return Ref::steal(reinterpret_cast<PyObject*>(object));
}

BoundSchema& BoundSchema::in(const Ref& object) { return *schema_in(object.get()); }

BoundSchema::BoundSchema(std::shared_ptr<const schema::Schema> schema, const std::vector<Ref>& includes)
    : enums(schema->enums().size()),
      structs(schema->structs().size()),
      constants(schema->constants().size()),
      services(schema->services().size()),
      struct_sizes(schema->structs().size()),
      constant_sizes(schema->constants().size()),
      schema_(std::move(schema)) {
  for (const Ref& include : includes) {
    const BoundSchema& bound = in(include);
    included_.insert(bound.included_.begin(), bound.included_.end());
    included_.emplace(bound.schema_.get(), include);
  }
}

const BoundSchema& BoundSchema::of(const schema::Schema* owner) const {
  if (owner == schema_.get()) return *this;
  const auto found = included_.find(owner);
  assert(found != included_.end());
  return in(found->second);
}

int BoundSchema::traverse(visitproc visit, void* arg) const {
  for (const auto* objects : {&enums, &structs, &constants, &services}) {
    for (const Ref& each : *objects) Py_VISIT(each.get());
  }
  for (const auto& [schema, object] : included_) Py_VISIT(object.get());
  return bodies ? bodies->traverse(visit, arg) : 0;
}

// The vectors keep their sizes: what still asks finds nothing.
void BoundSchema::clear() {
  const std::unique_ptr<BodySource> source = std::move(bodies);
  for (auto* objects : {&enums, &structs, &constants, &services}) {
    std::vector<Ref> before(objects->size());
    before.swap(*objects);
  }
}

BodySource& bodies_in(PyObject* bound_schema) {
  BoundSchema* schema = schema_in(bound_schema);
  if (schema == nullptr || !schema->bodies)
    raise(PyExc_RuntimeError, "the module of this class was collected");
  return *schema->bodies;
}

}  // namespace fastthrift::python
