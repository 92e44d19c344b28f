#include "python/protocol_methods.hpp"

#include "python/module.hpp"
#include "python/protocol_options.hpp"
#include "python/serialize.hpp"
#include "python/text.hpp"
#include "python/transport.hpp"

#include <memory>

namespace fastthrift::python::protocol {
namespace {

Ref transport_in(PyObject* self) {
  PyObject* transport = as_object(self)->base.transport;
  if (transport == nullptr)
    raise(PyExc_ValueError, "the protocol has no transport: its __init__ was not called");
  return Ref::share(transport);
}

// Reads one piece of a message; after an exception what the transport holds is of no use any more.
template <class Body>
PyObject* read(PyObject* self, Body body) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref transport = transport_in(self);
    try {
      const std::unique_ptr<Input> in = transport::input_from(transport.get(), options_in(self).limits);
      return body(*in).release();
    } catch (...) {
      // The input has gone by now; nothing of the error is touched.
      transport::clean(transport.get());
      throw;
    }
  });
}

// Writes one piece of a message: it is encoded as a whole before the transport gets its first byte.
template <class Body>
PyObject* write(PyObject* self, Body body) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref transport = transport_in(self);
    try {
      Buffer out(256);
      body(out);
      transport::write_to(transport.get(), out.bytes());
    } catch (...) {
      transport::clean(transport.get());
      throw;
    }
    return Ref::share(Py_None).release();
  });
}

bool is_json(PyObject* self) { return options_in(self).protocol == wire::Protocol::json; }

PyObject* read_message_begin(PyObject* self, PyObject*) {
  as_object(self)->is_in_read = false;
  return read(self, [&](Input& in) {
    CodecOptions options = options_in(self);
    options.binary.any_message_type = true;  // the caller looks at it
    if (is_json(self)) {
      Message message = read_json_message_begin(in, options);
      as_object(self)->is_in_read = true;
      return checked(Py_BuildValue("(Nii)", message.name.release(), static_cast<int>(message.type),
                                   static_cast<int>(message.sequence_id)));
    }
    const wire::MessageHeader header = python::read_message_begin(in, options);
    const Bytes name{reinterpret_cast<const std::uint8_t*>(header.name.data()), header.name.size()};
    return checked(Py_BuildValue("(NiL)", text_of(name, false).release(), static_cast<int>(header.type),
                                 static_cast<long long>(header.sequence_id)));
  });
}

PyObject* write_message_begin(PyObject* self, PyObject* args) {
  PyObject* name;
  int type;
  long long sequence_id;
  if (!PyArg_ParseTuple(args, "OiL:write_message_begin", &name, &type, &sequence_id)) return nullptr;
  return write(self, [&](Buffer& out) {
    Py_ssize_t size = 0;
    const char* text;
    if (PyBytes_Check(name)) {
      text = PyBytes_AS_STRING(name);
      size = PyBytes_GET_SIZE(name);
    } else if ((text = PyUnicode_AsUTF8AndSize(name, &size)) == nullptr) {
      throw PythonError();
    }
    // Compact gives a negative one back as its unsigned neighbour.
    if (sequence_id < INT32_MIN || sequence_id > UINT32_MAX) {
      raise(PyExc_OverflowError, "a sequence id has 32 bits, not %lld", sequence_id);
    }
    // Compact has three bits for it: 9 would come out as a call.
    const int most = options_in(self).protocol == wire::Protocol::compact ? 7 : 255;
    if (type < 0 || type > most) {
      raise(PyExc_OverflowError, "a message type is from 0 to %d, not %d", most, type);
    }
    python::write_message_begin(out, {text, static_cast<std::size_t>(size)},
                                static_cast<wire::MessageType>(type), static_cast<std::int32_t>(sequence_id),
                                options_in(self));
    as_object(self)->is_in_written = is_json(self);
  });
}

PyObject* read_struct(PyObject* self, PyObject* object) {
  return read(self, [&](Input& in) {
    python::read_struct(in, object, options_in(self));
    return Ref::share(object);
  });
}

PyObject* write_struct(PyObject* self, PyObject* object) {
  return write(self, [&](Buffer& out) { python::write_struct(out, object, options_in(self)); });
}

PyObject* skip(PyObject* self, PyObject* type) {
  const long ttype = PyLong_AsLong(type);
  if (ttype == -1 && PyErr_Occurred() != nullptr) return nullptr;
  return read(self, [&](Input& in) {
    skip_value(in, static_cast<int>(ttype), options_in(self));
    return Ref::share(Py_None);
  });
}

PyObject* read_val(PyObject* self, PyObject* args) {
  int ttype;
  PyObject* spec = Py_None;
  if (!PyArg_ParseTuple(args, "i|O:_read_val", &ttype, &spec)) return nullptr;
  return read(self, [&](Input& in) { return read_value(in, ttype, spec, options_in(self)); });
}

PyObject* write_val(PyObject* self, PyObject* args) {
  int ttype;
  PyObject *value, *spec = Py_None;
  if (!PyArg_ParseTuple(args, "iO|O:_write_val", &ttype, &value, &spec)) return nullptr;
  return write(self, [&](Buffer& out) { write_value(out, ttype, value, spec, options_in(self)); });
}

PyObject* read_bool(PyObject* self, PyObject*) {
  return read(self, [&](Input& in) {
    return read_value(in, static_cast<int>(wire::TType::bool_), nullptr, options_in(self));
  });
}

PyObject* write_bool(PyObject* self, PyObject* value) {
  return write(self, [&](Buffer& out) {
    write_value(out, static_cast<int>(wire::TType::bool_), value, nullptr, options_in(self));
  });
}

PyObject* read_message_end(PyObject* self, PyObject*) {
  if (!std::exchange(as_object(self)->is_in_read, false)) return Ref::share(Py_None).release();
  return read(self, [&](Input& in) {
    read_json_message_end(in, options_in(self));
    return Ref::share(Py_None);
  });
}

PyObject* write_message_end(PyObject* self, PyObject*) {
  if (!std::exchange(as_object(self)->is_in_written, false)) return Ref::share(Py_None).release();
  return write(self, [&](Buffer& out) { wire::JsonWriter(out).message_end(); });
}

PyObject* not_implemented(PyObject*, PyObject*) {
  PyErr_SetString(PyExc_NotImplementedError, "a protocol overrides this method");
  return nullptr;
}

}  // namespace

PyMethodDef base_methods[] = {
    {"skip", not_implemented, METH_O, "skip(ttype)\n\nGoes over a value of the type."},
    {"read_message_begin", not_implemented, METH_NOARGS, "Gives (name, type, sequence id)."},
    {"read_message_end", not_implemented, METH_NOARGS, nullptr},
    {"write_message_begin", not_implemented, METH_VARARGS, "write_message_begin(name, ttype, seqid)"},
    {"write_message_end", not_implemented, METH_NOARGS, nullptr},
    {"read_struct", not_implemented, METH_O, "read_struct(obj)\n\nFills the object and gives it back."},
    {"write_struct", not_implemented, METH_O, "write_struct(obj)"},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef methods[] = {
    {"skip", skip, METH_O, "skip(ttype)\n\nGoes over a value of the type."},
    {"read_message_begin", read_message_begin, METH_NOARGS, "Gives (name, type, sequence id)."},
    {"read_message_end", read_message_end, METH_NOARGS, nullptr},
    {"write_message_begin", write_message_begin, METH_VARARGS, "write_message_begin(name, ttype, seqid)"},
    {"write_message_end", write_message_end, METH_NOARGS, nullptr},
    {"read_struct", read_struct, METH_O, "read_struct(obj)\n\nFills the object and gives it back."},
    {"write_struct", write_struct, METH_O, "write_struct(obj)"},
    {"_read_val", read_val, METH_VARARGS, "_read_val(ttype, spec=None)\n\nReads a single value."},
    {"_write_val", write_val, METH_VARARGS, "_write_val(ttype, val, spec=None)\n\nWrites a single value."},
    {"_read_bool", read_bool, METH_NOARGS, "A bool as it stands in a container."},
    {"_write_bool", write_bool, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyObject* read_json(PyObject* self) {
  return read(self, [&](Input& in) { return read_json_text(in, options_in(self)); });
}

}  // namespace fastthrift::python::protocol
