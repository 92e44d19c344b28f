#pragma once

#include <Python.h>

// What Apache's classes call their attributes, as strings made once.
namespace fastthrift::python::apache {

struct Names {
  // protocols
  PyObject* trans = PyUnicode_InternFromString("trans");
  PyObject* fast_decode = PyUnicode_InternFromString("_fast_decode");
  PyObject* fast_encode = PyUnicode_InternFromString("_fast_encode");
  PyObject* string_limit = PyUnicode_InternFromString("string_length_limit");
  PyObject* container_limit = PyUnicode_InternFromString("container_length_limit");
  PyObject* strict_read = PyUnicode_InternFromString("strictRead");
  PyObject* strict_write = PyUnicode_InternFromString("strictWrite");
  PyObject* read_begin = PyUnicode_InternFromString("readMessageBegin");
  PyObject* write_begin = PyUnicode_InternFromString("writeMessageBegin");
  // transports
  PyObject* flush = PyUnicode_InternFromString("flush");
  PyObject* tell = PyUnicode_InternFromString("tell");
  PyObject* seek = PyUnicode_InternFromString("seek");
  PyObject* handle = PyUnicode_InternFromString("handle");
  PyObject* frame_limit = PyUnicode_InternFromString("_TFramedTransport__max_frame_size");
  // structs; transports have `read` and `write` as well
  PyObject* thrift_spec = PyUnicode_InternFromString("thrift_spec");
  PyObject* validate = PyUnicode_InternFromString("validate");
  PyObject* read = PyUnicode_InternFromString("read");
  PyObject* write = PyUnicode_InternFromString("write");
  // exceptions
  PyObject* args = PyUnicode_InternFromString("args");
  PyObject* message = PyUnicode_InternFromString("message");
  // clients
  PyObject* send = PyUnicode_InternFromString("_send");
  PyObject* recv = PyUnicode_InternFromString("_recv");
  PyObject* check = PyUnicode_InternFromString("_check");
  PyObject* steps = PyUnicode_InternFromString("_take_steps");
  PyObject* fail = PyUnicode_InternFromString("_fail");
  PyObject* base = PyUnicode_InternFromString("_of_ours");
};

inline const Names& names() {
  static const Names all;
  return all;
}

}  // namespace fastthrift::python::apache
