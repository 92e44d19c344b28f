#include "python/aio.hpp"
#include "python/view.hpp"

#include <optional>

#include "wire/scanner.hpp"

namespace fastthrift::python::aio {
namespace {

namespace py = pybind11;

// Says how many bytes a piece of a message still needs, so that it can be fetched from a transport whose
// reads must be awaited, and decoded once it is there.
class Piece {
 public:
  // `ttype` of a value; none: the header of a message.
  Piece(py::object protocol, std::optional<int> ttype) : codec_(codec_of(protocol.ptr())) {
    // The decoder is to meet what is too deep, with a head behind it, because it knows what it is doing
    // there.
    if (codec_.limits.depth < Limits::no_limit - 2) codec_.limits.depth += 2;
    codec_.binary.any_message_type = true;
    if (!ttype) return;
    const int code = *ttype == 18 ? 11 : *ttype;
    const auto type = static_cast<wire::TType>(code);
    if (code < 2 || code > 16 || wire::name_of(type) == "unknown type") {
      throw ProtocolError(ProtocolError::Kind::invalid_data, "Unknown type " + std::to_string(*ttype));
    }
    if (codec_.protocol == wire::Protocol::compact) {
      compact_.emplace(codec_.limits, wire::CompactOptions{});
      compact_->begin_value(type);
    } else {
      binary_.emplace(codec_.limits, codec_.binary);
      binary_->begin_value(type);
    }
  }
  Piece(const Piece&) = delete;

  // 0 when `data`, all that has come so far, is the whole of it.
  std::size_t missing(py::handle data) {
    return translated([&]() -> std::size_t {
      const View view(data.ptr());
      const Bytes bytes = view.bytes();
      if (compact_) return missing_of(*compact_, bytes);
      if (binary_) return missing_of(*binary_, bytes);
      const std::size_t extent =
          codec_.protocol == wire::Protocol::compact
              ? wire::CompactReader::message_extent(bytes, codec_.limits, {})
              : wire::BinaryReader::message_extent(bytes, codec_.limits, codec_.binary);
      return extent > bytes.size() ? extent - bytes.size() : 0;
    });
  }

 private:
  template <class Scanner>
  static std::size_t missing_of(Scanner& scanner, Bytes bytes) {
    if (scanner.scan(bytes) != 0) return 0;
    return scanner.wanted() - bytes.size();
  }

  CodecOptions codec_;
  std::optional<wire::MessageScanner<wire::BinaryReader>> binary_;
  std::optional<wire::MessageScanner<wire::CompactReader>> compact_;
};

}  // namespace

void add_pieces_to(py::module_& core) {
  py::class_<Piece>(core, "Piece", "How many bytes a piece of a message still needs.")
      .def(py::init([](py::object protocol, std::optional<int> ttype) {
             return translated([&] { return std::make_unique<Piece>(protocol, ttype); });
           }),
           py::arg("protocol"), py::arg("ttype") = py::none())
      .def("missing", &Piece::missing, py::arg("data"));
}

}  // namespace fastthrift::python::aio
