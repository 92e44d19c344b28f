#include "framing/header.hpp"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "python/aio.hpp"
#include "python/bytes_buffer.hpp"
#include "python/module.hpp"
#include "python/view.hpp"

#include <cstddef>
#include <memory>
#include <optional>

#include "framing/dialect.hpp"

// THeader for transports written in Python (fastthrift/transport/header.py): which bytes are the next message
// of a peer that may speak any dialect, and what a frame with headers says.
namespace fastthrift::python::header {
namespace {

namespace py = pybind11;
using aio::translated;
using framing::Header;

Limits limits_of(std::optional<std::size_t> max_frame, std::optional<std::size_t> max_message) {
  Limits limits;
  limits.frame = max_frame.value_or(Limits::no_limit);
  limits.message = max_message.value_or(Limits::no_limit);
  return limits;
}

// One direction of a connection. The bytes stay Python's: `next` says where in them the message stands.
class Dialect {
 public:
  Dialect(std::optional<std::size_t> max_frame, std::optional<std::size_t> max_message)
      : framing_(limits_of(max_frame, max_message)) {}

  std::optional<std::pair<std::size_t, std::size_t>> next(py::handle data) {
    return translated([&]() -> std::optional<std::pair<std::size_t, std::size_t>> {
      const View view(data.ptr());
      const auto extent = framing_.next(view.bytes());
      if (!extent) return std::nullopt;
      return std::pair(extent->begin, extent->end);
    });
  }
  std::size_t wanted() const { return framing_.wanted(); }
  std::optional<int> number() const {
    const auto dialect = framing_.dialect();
    return dialect ? std::optional(static_cast<int>(*dialect)) : std::nullopt;
  }

 private:
  framing::Detecting framing_;
};

py::object bytes_object(Ref bytes) { return py::reinterpret_steal<py::object>(bytes.release()); }

py::tuple read_frame(py::handle frame) {
  return translated([&] {
    const View view(frame.ptr());
    const framing::HeaderFrame read = framing::read_header_frame(view.bytes());
    py::list pairs;
    for (const auto& [key, value] : read.header.info) {
      pairs.append(py::make_tuple(py::bytes(key), py::bytes(value)));
    }
    return py::make_tuple(read.header.flags, read.header.sequence_id, read.header.protocol,
                          read.header.transforms, pairs,
                          py::bytes(reinterpret_cast<const char*>(read.payload.data()), read.payload.size()));
  });
}

std::string text_in(PyObject* bytes) {
  const View view(bytes);
  return {reinterpret_cast<const char*>(view.bytes().data()), view.bytes().size()};
}

py::object write_frame(std::uint16_t flags, std::int32_t sequence_id, std::uint32_t protocol,
                       std::vector<std::uint32_t> transforms, py::iterable pairs, py::handle payload,
                       std::optional<std::size_t> max_frame) {
  return translated([&] {
    Header header{flags, sequence_id, protocol, std::move(transforms), {}};
    for (py::handle pair : pairs) {
      const auto both = py::cast<py::tuple>(pair);
      header.info.emplace_back(text_in(py::object(both[0]).ptr()), text_in(py::object(both[1]).ptr()));
    }
    const View view(payload.ptr());
    BytesBuffer out;
    const std::size_t start = framing::begin_header_frame(out, header);
    out.append(view.bytes());
    framing::end_header_frame(out, start, limits_of(max_frame, std::nullopt));
    return bytes_object(out.take());
  });
}

}  // namespace

int add_to(PyObject* module) {
  try {
    py::module_ core = py::reinterpret_borrow<py::module_>(module);
    py::class_<Dialect>(core, "Dialect",
                        "Finds out how the peer of a connection speaks, and where its messages end.")
        .def(py::init<std::optional<std::size_t>, std::optional<std::size_t>>(), py::kw_only(),
             py::arg("max_frame"), py::arg("max_message"))
        .def("next", &Dialect::next, py::arg("data"), py::pos_only(),
             "(begin, end) of the first message in what is not used up; None: more is needed.")
        .def_property_readonly("wanted", &Dialect::wanted)
        .def_property_readonly("number", &Dialect::number);
    core.def("read_header_frame", &read_frame, py::arg("frame"), py::pos_only(),
             "(flags, sequence id, protocol, transforms, pairs, payload) of what stands behind the size.");
    core.def("write_header_frame", &write_frame, py::arg("flags"), py::arg("sequence_id"),
             py::arg("protocol"), py::arg("transforms"), py::arg("pairs"), py::arg("payload"),
             py::arg("max_frame"), py::pos_only(), "The whole frame, its size in front.");
    return 0;
  } catch (py::error_already_set& error) {
    error.restore();
    return -1;
  }
}

}  // namespace fastthrift::python::header
