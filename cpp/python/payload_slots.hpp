#pragma once

#include "python/ref.hpp"

#include <string>
#include <string_view>
#include <vector>

// Which fields of a class body become slots, and how type() is told so without anybody seeing it afterwards.
namespace fastthrift::python::payload {

// Slots are for classes whose instances are laid out as TPayload's: exceptions keep BaseException's dict, so
// that `class Both(OneError, OtherError)` and `class Mine(OneError, OSError)` work as they do with thriftpy2.
bool bases_take_slots(PyObject* bases);

// The names that become slots, without repetitions: those of the initializer (null: none) first, which is the
// order in which __init__ sets them, then those of the spec (null: none).
std::vector<Ref> slot_names(PyObject* thrift_spec, PyObject* initializer, PyObject* bases, PyObject* ns);

// The same question for the fields of an IDL's struct before there is any object, and with the same answer
// later on: what TPayload had when this was made decides.
class SlotRule {
 public:
  SlotRule();
  // Whether the name could be a slot at all: a plain identifier of no meaning to Python.
  static bool is_name(std::string_view name);
  bool is_slot(std::string_view name) const;

 private:
  std::vector<std::string> taken_;
};

// Puts the class body's own __slots__ and ours behind them into `ns`; returns what the class body had.
Ref add_slots(PyObject* ns, const std::vector<Ref>& chosen, bool takes_slots);
// type() has put the names of the slots into the class: gives back what the class body had, so that
// `vars(cls)` and copyreg do not see the fields there.
void tidy_namespace(PyTypeObject* type, const Ref& own, bool takes_slots);

}  // namespace fastthrift::python::payload
