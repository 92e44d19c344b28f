#include "python/bound_schema.hpp"
#include "python/errors.hpp"
#include "python/idl_tree.hpp"
#include "python/module.hpp"
#include "python/module_builder.hpp"
#include "python/service_builder.hpp"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "idl/parser.hpp"
#include "schema/schema.hpp"

// The way from IDL text to a Python module, in the three steps between which fastthrift.parser decides what
// an include is: parse -> IdlDocument, compile -> IdlSchema, IdlSchema.build fills a module. Nothing here
// touches a file.
namespace fastthrift::python::idl_module {
namespace {

namespace py = pybind11;

// The cyclic collector of 3.10 and 3.11 runs inside allocations; a big file's classes would be walked again
// and again, which doubles the time. Later ones run between bytecodes only.
class CollectorRest {
 public:
#if PY_VERSION_HEX >= 0x030A0000 && PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
  CollectorRest() : was_on_(PyGC_Disable() != 0) {}
  ~CollectorRest() {
    if (was_on_) PyGC_Enable();
  }
#else
  CollectorRest() = default;
  ~CollectorRest() {}
#endif
  CollectorRest(const CollectorRest&) = delete;
  CollectorRest& operator=(const CollectorRest&) = delete;

 private:
  [[maybe_unused]] bool was_on_ = false;
};

// A schema, and the objects that `build` made from it for the files that include it.
class IdlSchema {
 public:
  IdlSchema(std::shared_ptr<const schema::Schema> schema, const std::vector<IdlSchema*>& includes)
      : bound_(BoundSchema::make(std::move(schema), bound(includes))) {}

  void build(py::object module, py::object class_module, py::object file, py::list includes,
             py::object enum_maker) {
    if (is_built_) throw py::value_error("a schema fills one module only");
    BoundSchema& bound = BoundSchema::in(bound_);
    if (includes.size() != bound.schema().includes().size()) {
      throw py::value_error("a module is needed for each include");
    }
    if (!PyModule_Check(module.ptr())) throw py::type_error("build() needs a module");
    is_built_ = true;
    CollectorRest rest;
    ModuleBuilder(bound, {Ref::share(class_module.ptr()), Ref::share(file.ptr())}, module.ptr(),
                  includes.ptr(), enum_maker.ptr())
        .build();
  }

 private:
  static std::vector<Ref> bound(const std::vector<IdlSchema*>& includes) {
    std::vector<Ref> all;
    for (const auto& include : includes) all.push_back(include->bound_);
    return all;
  }

  Ref bound_;
  bool is_built_ = false;

  friend IdlSchema compile(const idl::Document&, const std::vector<IdlSchema*>&);
  friend void let_collect(PyHeapTypeObject* type);
};

// A module holds its schema, and its classes do.
void let_collect(PyHeapTypeObject* heap) {
  PyTypeObject* type = &heap->ht_type;
  type->tp_flags |= Py_TPFLAGS_HAVE_GC;
  type->tp_traverse = [](PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(reinterpret_cast<PyObject*>(Py_TYPE(self)));
    if (py::detail::is_holder_constructed(self))
      Py_VISIT(py::cast<IdlSchema&>(py::handle(self)).bound_.get());
    return 0;
  };
  type->tp_clear = [](PyObject* self) {
    if (py::detail::is_holder_constructed(self))
      Ref before = std::move(py::cast<IdlSchema&>(py::handle(self)).bound_);
    return 0;
  };
}

// By value, as documents are, and without a holder that shares: where memory ends while pybind11 wraps such
// an object it would be destroyed twice.
IdlSchema compile(const idl::Document& document, const std::vector<IdlSchema*>& includes) {
  std::vector<std::shared_ptr<const schema::Schema>> schemas;
  for (const auto& include : includes) {
    if (include == nullptr)
      throw py::type_error("compile_idl() needs an IdlSchema for each include, got None");
    schemas.push_back(BoundSchema::in(include->bound_).shared_schema());
  }
  std::shared_ptr<const schema::Schema> schema;
  {
    py::gil_scoped_release released;
    schema = schema::compile(document, std::move(schemas));
  }
  return IdlSchema(std::move(schema), includes);
}

idl::Document parse(const py::bytes& text, std::string file, std::vector<std::string> reserved, bool strict) {
  const std::string_view view = text;  // immutable, and the caller's as long as this runs
  py::gil_scoped_release released;
  // Only generated code has the docs of fields, and it is read strictly.
  return idl::parse(view, std::move(file), {std::move(reserved), strict, strict});
}

py::list includes_of(const idl::Document& document) {
  py::list paths;
  for (const auto& include : document.includes) {
    if (!include.is_cpp) paths.append(py::make_tuple(include.path, include.place.line, include.place.column));
  }
  return paths;
}

void translate(std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const IdlError&) {
    set_python_error();
  } catch (const PythonError&) {
    set_python_error();
  }
}

void add(py::module_& module) {
  py::register_local_exception_translator(translate);
  DocumentClass document(module, "IdlDocument", "An IDL file as it is written, read by parse_idl().");
  document.def_property_readonly("includes", includes_of,
                                 "[(path, line, column)] as written, without cpp_include.");
  bind_tree(module, document);
  py::class_<IdlSchema>(module, "IdlSchema", "What an IDL file means, made by compile_idl().",
                        py::custom_type_setup(let_collect))
      .def("build", &IdlSchema::build, py::arg("module"), py::arg("class_module"), py::arg("file"),
           py::arg("includes"), py::arg("enum_maker"),
           "Fills a module with the definitions. `class_module` becomes the __module__ of the classes, "
           "`file` their\n"
           "__thrift_file__; `includes` are the modules of the includes, in order; `enum_maker` is\n"
           "called as `type` would be for each enum. Once for a schema.");
  module.def("parse_idl", parse, py::arg("text"), py::arg("file"),
             py::arg("reserved") = std::vector<std::string>(), py::arg("strict") = false,
             "Reads the text of one IDL file (UTF-8). `reserved` are words that it may not use as names; "
             "`strict` is the\n"
             "grammar of Apache's compiler, without thriftpy2's additions.");
  module.def(
      "set_service_metaclass", [](py::type metaclass) { set_service_metaclass(metaclass.ptr()); },
      py::arg("metaclass"), py::pos_only(), "The class of the classes that services become.");
  module.def("compile_idl", compile, py::arg("document"), py::arg("includes"),
             "Resolves all names. `includes` are the compiled files of document.includes, in order.");
}

}  // namespace

int add_to(PyObject* module) {
  return guarded(-1, [module] {
    auto handle = py::reinterpret_borrow<py::module_>(module);
    add(handle);
    return 0;
  });
}

}  // namespace fastthrift::python::idl_module
