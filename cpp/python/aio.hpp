#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "python/codec.hpp"
#include "python/errors.hpp"

#include <optional>

#include "framing/framing.hpp"

// What the protocols of an event loop call (fastthrift/contrib/aio): bytes come in as they arrive, bytes to
// be sent come back; nothing here waits.
namespace fastthrift::python::aio {

// The options of a protocol that is, or derives from, one of ours; TypeError for others. Valid while the
// object lives.
const CodecOptions& codec_of(PyObject* protocol);
framing::Options framing_of(const CodecOptions& codec, bool is_framed, std::optional<std::size_t> max_frame);

// Runs `body` for pybind11, which has its own way with Python errors.
template <class Body>
auto translated(Body body) {
  try {
    return body();
  } catch (const pybind11::error_already_set&) {
    throw;
  } catch (...) {
    set_python_error();
    throw pybind11::error_already_set();
  }
}

void add_server_to(pybind11::module_& core);
void add_client_to(pybind11::module_& core);
void add_pieces_to(pybind11::module_& core);

}  // namespace fastthrift::python::aio
