#include "python/application_exception.hpp"
#include "python/client.hpp"

#include "net/stream.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/plain_request.hpp"

#include <string>
#include <utility>
#include <vector>

#include "net/socket.hpp"

namespace fastthrift::python::client {
namespace {

struct Names {
  PyObject* req = PyUnicode_InternFromString("_req");
  PyObject* fail = PyUnicode_InternFromString("_fail");
};
const Names& names() {
  static const Names all;
  return all;
}

class Entered {
 public:
  Entered(Client* client, const RemoteMethod& method) : client_(client) { enter(client, method.text()); }
  Entered(const Entered&) = delete;
  ~Entered() { leave(client_); }

 private:
  Client* client_;
};

bool overrides_nothing(Client* client) {
  static PyTypeObject* last_type = nullptr;
  static unsigned int last_version = 0;
  if (client->is_patched) return false;
  PyTypeObject* type = Py_TYPE(client);
  if (type == last_type && type->tp_version_tag != 0 && type->tp_version_tag == last_version) return true;
  for (const Step& step : steps) {
    if (step.original == nullptr || _PyType_Lookup(type, step.name) != step.original) return false;
  }
  last_type = type;
  last_version = type->tp_version_tag;
  return true;
}

// Whether texts go on with the reason: `reasons_in_messages` of fastthrift.defaults.
bool wants_reasons() {
  const Ref module = Ref::steal(PyImport_ImportModule("fastthrift.defaults"));
  const Ref current = module ? Ref::steal(PyObject_GetAttrString(module.get(), "current")) : Ref();
  const Ref wants =
      current ? Ref::steal(PyObject_GetAttrString(current.get(), "reasons_in_messages")) : Ref();
  const int answer = wants ? PyObject_IsTrue(wants.get()) : -1;
  if (answer < 0) PyErr_Clear();
  return answer != 0;
}

// An errno as the OSError that belongs to it, as a Python socket raises it, which is a TTransportException
// too.
void set_lost(const TransportError& error) noexcept {
  const Ref plain = Ref::steal(PyObject_CallFunction(PyExc_OSError, "is", error.os_error(),
                                                     net::error_text(error.os_error()).c_str()));
  const Ref module = Ref::steal(plain ? PyImport_ImportModule("fastthrift.transport.failures") : nullptr);
  const Ref both = Ref::steal(
      module ? PyObject_CallMethod(module.get(), "lost", "Os", plain.get(), error.what()) : nullptr);
  if (both) PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(both.get())), both.get());
}

// The error being handled, raised as Python's.
void set_call_error() {
  try {
    throw;
  } catch (const TransportError& error) {
    if (error.kind() == TransportError::Kind::unknown && error.os_error() != 0) {
      return set_lost(error);
    }
    if (error.kind() == TransportError::Kind::end_of_file && !wants_reasons()) {
      const Ref ended = Ref::steal(PyObject_CallFunction(registered_exception("TTransportException"), "is",
                                                         static_cast<int>(error.kind()), net::nothing_read));
      if (ended) PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(ended.get())), ended.get());
      return;
    }
    set_python_error();
  } catch (...) {
    set_python_error();
  }
}

// Closes the connection: nobody knows which answer would come next. Keeps the error that is set.
void poison(Client* client) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  client->connection->reset();
  Parked parked;
  PyObject* failed =
      PyObject_CallMethodObjArgs(reinterpret_cast<PyObject*>(client), names().fail, value, nullptr);
  parked.disarm();
  const Ref done = Ref::steal(failed);
  if (!done) PyErr_WriteUnraisable(reinterpret_cast<PyObject*>(client));
  PyErr_Restore(type, value, traceback);
}

void write_request(Client* client, const RemoteMethod& method, PyObject* args, const CodecOptions& options) {
  Buffer& request = client->connection->request();
  const framing::Framing& framing = client->connection->framing();
  request.clear();
  const std::size_t start = framing.begin(request);
  write_message_begin(request, method.text(),
                      method.is_oneway() ? wire::MessageType::oneway : wire::MessageType::call,
                      client->sequence_id, options);
  write_struct(request, args, options);
  framing.end(request, start);
}

struct Answer {
  Ref object;                 // the result struct,
  bool is_exception = false;  // or a TApplicationException
};

// Throws for a message that is no answer to this call.
Answer read_answer(Client* client, const RemoteMethod& method, Bytes reply, const CodecOptions& options) {
  Input in(reply);
  const wire::MessageHeader header = read_message_begin(in, reply, options);
  if (header.type != wire::MessageType::reply && header.type != wire::MessageType::exception) {
    throw RemoteError(RemoteError::Kind::invalid_message_type,
                      "Invalid message type: " + std::string(method.text()) +
                          " was answered with a message of type " +
                          std::to_string(static_cast<int>(header.type)));
  }
  if (header.sequence_id != client->sequence_id &&
      !(client->lenient_sequence_id && header.sequence_id == 0)) {
    throw RemoteError(RemoteError::Kind::bad_sequence_id,
                      "Bad sequence ID: " + std::string(method.text()) + " was sent with " +
                          std::to_string(client->sequence_id) + ", the answer has " +
                          std::to_string(header.sequence_id) + words_of_exception(header, in, options));
  }
  if (!answers(header.name, header.type == wire::MessageType::exception, method.text())) {
    throw RemoteError(RemoteError::Kind::wrong_method_name,
                      "Wrong method name: " + std::string(method.text()) + " was called, '" +
                          std::string(header.name) + "' answered" + words_of_exception(header, in, options));
  }
  if (header.type == wire::MessageType::reply) return {method.read_result(in, options)};
  return {read_application_exception(in, options), true};
}

int behind(int sequence_id) { return sequence_id < 0x7fffffff ? sequence_id + 1 : 1; }

// Null without an error: not this way.
PyObject* call_natively(Client* client, const RemoteMethod& method, PyObject* const* args,
                        std::size_t positional, PyObject* keywords) {
  if (is_under_way_here(client)) return nullptr;
  const Entered entered(client, method);
  Stack stack;
  if ((client->failure != nullptr && client->failure != Py_None) || client->iprot == nullptr ||
      client->iprot != client->oprot || !find_stack(client->iprot, stack)) {
    return nullptr;
  }
  const double timeout = timeout_of(stack.socket.get());
  if (timeout == 0) return nullptr;  // a socket that never waits
  Connection& connection = *client->connection;
  connection.use(stack);
  connection.request().clear();
  const int previous = std::exchange(client->sequence_id, behind(client->sequence_id));
  if (keywords != nullptr || !write_plain_request(connection.request(), connection.framing(), method,
                                                  client->sequence_id, args, positional, *stack.codec)) {
    client->sequence_id = previous;  // what cannot be bound is no call
    const Ref arguments = method.bind(args, positional, keywords);
    client->sequence_id = behind(previous);
    write_request(client, method, arguments.get(), *stack.codec);
  }

  Answer answer;
  try {
    const Bytes reply = connection.exchange(stack, timeout, method.is_oneway(), method.text());
    if (method.is_oneway()) Py_RETURN_NONE;
    if (Ref result = read_plain_reply(reply, method, client->sequence_id, *stack.codec)) {
      connection.finish();
      return result.release();
    }
    answer = read_answer(client, method, reply, *stack.codec);
    connection.finish();
  } catch (...) {
    set_call_error();
    poison(client);
    throw PythonError();
  }
  if (answer.is_exception) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(answer.object.get())), answer.object.get());
    throw PythonError();
  }
  return method.outcome_of(answer.object.get()).release();
}

PyObject* call_generically(PyObject* client, PyObject* name, PyObject* const* args, std::size_t positional,
                           PyObject* keywords) {
  const Ref req = checked(PyObject_GetAttr(client, names().req));
  const std::size_t named = keywords == nullptr ? 0 : static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
  std::vector<PyObject*> all{name};
  all.insert(all.end(), args, args + positional + named);
  Parked parked;
  PyObject* result = PyObject_Vectorcall(req.get(), all.data(), positional + 1, keywords);
  parked.disarm();
  return result;
}

}  // namespace

double timeout_of(PyObject* socket) {
  static SocketMethod gettimeout("gettimeout");
  const Ref timeout = gettimeout.call(socket);
  if (timeout.get() == Py_None) return -1;
  const double seconds = PyFloat_AsDouble(timeout.get());
  if (seconds == -1 && PyErr_Occurred()) throw PythonError();
  return seconds;
}

PyObject* invoke(Client* client, const RemoteMethod& method, PyObject* const* args, std::size_t positional,
                 PyObject* keywords) {
  if (method.is_native() && overrides_nothing(client)) [[likely]] {
    if (PyObject* result = call_natively(client, method, args, positional, keywords)) return result;
  }
  return call_generically(reinterpret_cast<PyObject*>(client), method.name(), args, positional, keywords);
}

}  // namespace fastthrift::python::client
