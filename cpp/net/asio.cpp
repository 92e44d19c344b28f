// The one place where Boost.Asio is compiled; everywhere else only its declarations are.
#include <boost/asio/impl/src.hpp>
