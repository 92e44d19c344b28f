#include "framing/http.hpp"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "python/aio.hpp"
#include "python/bytes_buffer.hpp"
#include "python/module.hpp"
#include "python/view.hpp"

#include <array>
#include <ctime>
#include <optional>
#include <string>

#include "framing/http_response.hpp"

// HTTP for servers whose sockets are Python's (fastthrift/http, fastthrift/contrib/aio/http): bytes in,
// requests out, and what goes in front of a response.
namespace fastthrift::python::http {
namespace {

namespace py = pybind11;
using aio::translated;

// The sizes of fastthrift.http.request.Limits, in its order.
using Sizes = std::array<std::size_t, 6>;

framing::Options options_of(const Sizes& sizes) {
  framing::Options options;
  options.http = HttpLimits{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]};
  return options;
}

py::bytes bytes_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// (method, target, minor version, [(name in small letters, value)])
py::tuple lines_of(Bytes head) {
  const framing::HttpLines lines =
      framing::read_http_lines({reinterpret_cast<const char*>(head.data()), head.size()});
  py::list fields;
  for (const auto& [name, value] : lines.fields) {
    std::string small(name);
    for (char& c : small) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    fields.append(py::make_tuple(py::bytes(small), py::bytes(value.data(), value.size())));
  }
  return py::make_tuple(py::str(lines.method.data(), lines.method.size()),
                        py::str(lines.target.data(), lines.target.size()), lines.minor, fields);
}

// The requests of one connection.
class Reader {
 public:
  explicit Reader(const Sizes& limits) : http_(options_of(limits)) {}

  void feed(py::handle data) {
    translated([&] {
      const View view(data.ptr());
      if (!refusal_) in_.append(view.bytes());
    });
  }

  // (lines, body, whether another request may follow); None: more is needed, or there is a `refusal`.
  std::optional<py::tuple> next() {
    return translated([&]() -> std::optional<py::tuple> {
      try {
        const Bytes shown = in_.bytes().subspan(used_);
        const auto extent = http_.next(shown);
        if (!extent) {
          in_.consume(std::exchange(used_, 0));
          if (in_.empty() && in_.capacity() > kept) in_.release();
          return std::nullopt;
        }
        used_ += extent->end;
        const framing::HttpRequest request = http_.request();
        const Bytes body = http_.body(shown.subspan(extent->begin, extent->end - extent->begin));
        py::tuple found = py::make_tuple(lines_of(shown.subspan(extent->begin - request.head, request.head)),
                                         bytes_of(body), request.keep_alive);
        http_.finish_request();
        return found;
      } catch (const framing::HttpRefused& refused) {
        refusal_ = py::make_tuple(refused.status(), refused.text());
        in_.release();
        used_ = 0;
        return std::nullopt;
      }
    });
  }

  std::optional<py::tuple> refusal() const { return refusal_; }
  bool take_continue() { return http_.take_continue(); }
  bool is_idle() const { return !refusal_ && http_.is_idle(in_.size() - used_); }

 private:
  static constexpr std::size_t kept = 64 * 1024;

  framing::Http http_;
  Buffer in_;
  std::size_t used_ = 0;  // of its bytes
  std::optional<py::tuple> refusal_;
};

py::object response(int status, py::handle body, bool goes_on, int minor, bool is_head) {
  return translated([&] {
    const View view(body.ptr());
    BytesBuffer out;
    framing::append_response_head(out, status, view.bytes().size(),
                                  {goes_on, static_cast<std::uint8_t>(minor)}, std::time(nullptr));
    if (!is_head) out.append(view.bytes());
    return py::reinterpret_steal<py::object>(out.take().release());
  });
}

}  // namespace

int add_to(PyObject* module) {
  try {
    py::module_ core = py::reinterpret_borrow<py::module_>(module);
    py::class_<Reader>(core, "HttpReader", "The requests of one connection, however the bytes are cut.")
        .def(py::init<const Sizes&>(), py::arg("limits"), py::pos_only())
        .def("feed", &Reader::feed, py::arg("data"), py::pos_only())
        .def("next", &Reader::next,
             "((method, target, minor version, fields), body, whether the connection goes on); None: more is "
             "needed, or `refusal` says why there is none.")
        .def("take_continue", &Reader::take_continue,
             "Whether the client waits for ``100 Continue`` before it sends the body; True once.")
        .def_property_readonly("refusal", &Reader::refusal, "(status, text), or None.")
        .def_property_readonly("is_idle", &Reader::is_idle, "No byte of the next request is there.");
    core.def(
        "http_lines",
        [](py::handle head) { return translated([&] { return lines_of(View(head.ptr()).bytes()); }); },
        py::arg("head"), py::pos_only(),
        "(method, target, minor version, fields) of a head that was accepted.");
    core.def("http_response", &response, py::arg("status"), py::arg("body"), py::arg("goes_on"),
             py::arg("minor"), py::arg("is_head"), py::pos_only(),
             "A whole response; without its body where it answers HEAD.");
    return 0;
  } catch (py::error_already_set& error) {
    error.restore();
    return -1;
  }
}

}  // namespace fastthrift::python::http
