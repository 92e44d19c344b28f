#pragma once

#include "python/connection.hpp"
#include "python/ref.hpp"
#include "python/remote_method.hpp"

#include <pythread.h>

#include <cstddef>

// ClientCalls, the base of TClient: attributes that are methods of the service, and the native way of a call.
// client.cpp is the type, remote_call.cpp what its attributes are, native_call.cpp the call.
namespace fastthrift::python::client {

struct Client {
  PyObject ob_base;
  PyObject* service;
  PyObject* iprot;
  PyObject* oprot;
  PyObject* failure;  // why the connection was closed, or None
  PyObject* methods;  // name -> Method, of attributes that were found to be remote
  int sequence_id;
  char lenient_sequence_id;
  char is_patched;  // somebody has set _req, _send, ... on the instance
  PyThread_type_lock lock;
  unsigned long owner;  // the thread whose call is under way
  Connection* connection;
  PyTypeObject* checked_type;    // Apache's face: the class whose methods are in `methods`,
  unsigned int checked_version;  // as it was then
  unsigned int forks;            // before it was made or used last
};

// One call at a time: others wait, without the GIL; the same thread (a finalizer, a signal handler) gets an
// error, because it would take the answer of the call that it interrupts. Throws TransportError or
// PythonError.
void enter(Client* client, std::string_view method);

// Whether this thread makes a call already. That is an error, unless greenlets share the thread: Python
// knows.
inline bool is_under_way_here(const Client* client) { return client->owner == PyThread_get_thread_ident(); }
void leave(Client* client);

// What a subclass may override; each with TClient's own.
struct Step {
  const char* text;
  PyObject* name = nullptr;
  PyObject* original = nullptr;
};
inline Step steps[] = {{"_req"}, {"_bind"}, {"_send"}, {"_recv"}, {"_read_answer"}, {"_check_usable"}};

// Calls natively when nothing between the client and its socket is overridden; else `client._req(name, ...)`,
// which is Python. Returns a new reference; throws, or returns null with a Python error.
PyObject* invoke(Client* client, const RemoteMethod& method, PyObject* const* args, std::size_t positional,
                 PyObject* keywords);

// Seconds that Python's socket waits, negative for ever.
double timeout_of(PyObject* socket);

// `_call` and `_call_oneway` of Apache's face. apache_client.cpp
PyObject* call_for_apache(PyObject* self, PyObject* const* arguments, Py_ssize_t count);
PyObject* call_oneway_for_apache(PyObject* self, PyObject* const* arguments, Py_ssize_t count);

// A remote method as an object, and the same bound to a client, ready to be called. New references; throw
// PythonError.
Ref make_remote_method(PyObject* service, PyObject* name);
PyObject* make_call(PyObject* client, PyObject* method);
void add_call_types_to(PyObject* module);

}  // namespace fastthrift::python::client
