#include "python/module.hpp"

#include <pybind11/pybind11.h>

PYBIND11_MODULE(_core, module) { module.doc() = "The native core of fastthrift; use the package fastthrift."; }
