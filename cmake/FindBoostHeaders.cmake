# Target boost_headers: Boost 1.81 or newer, headers only. A system Boost is taken first; otherwise the PyPI
# package libboost-headers, which pip puts where CMake does not look, so the interpreter is asked for its folder.
find_package(Python REQUIRED COMPONENTS Interpreter)

function(boost_version_in folder result)
  set(${result} 0 PARENT_SCOPE)
  if(EXISTS ${folder}/boost/version.hpp AND EXISTS ${folder}/boost/asio/io_context.hpp)
    file(STRINGS ${folder}/boost/version.hpp line REGEX "^#define BOOST_VERSION [0-9]+")
    string(REGEX REPLACE "^#define BOOST_VERSION ([0-9]+).*" "\\1" number "${line}")
    set(${result} ${number} PARENT_SCOPE)
  endif()
endfunction()

# What the caller names comes first, then the system, then the package.
set(candidates ${BOOST_INCLUDEDIR})
foreach(root IN ITEMS ${BOOST_ROOT} $ENV{BOOST_ROOT} ${CMAKE_PREFIX_PATH})
  list(APPEND candidates ${root}/include ${root})
endforeach()
list(APPEND candidates /usr/include /usr/local/include /opt/homebrew/include /opt/local/include)
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
    "import importlib.util as u; s = u.find_spec('libboost_headers'); print(s.submodule_search_locations[0] + '/include' if s else '')"
  OUTPUT_VARIABLE packaged OUTPUT_STRIP_TRAILING_WHITESPACE)
if(packaged)
  file(TO_CMAKE_PATH "${packaged}" packaged)
  list(APPEND candidates ${packaged})
endif()

set(FASTTHRIFT_BOOST_INCLUDE "")
foreach(folder IN LISTS candidates)
  boost_version_in(${folder} version)
  if(version GREATER_EQUAL 108100)
    set(FASTTHRIFT_BOOST_INCLUDE ${folder})
    break()
  endif()
endforeach()
if(NOT FASTTHRIFT_BOOST_INCLUDE)
  message(FATAL_ERROR "fastthrift needs the headers of Boost 1.81 or newer. Three ways to get them:\n"
    "  pip install libboost-headers            (what `pip install .` does by itself)\n"
    "  apt-get install libboost1.81-dev        (or your system's package of Boost)\n"
    "  cmake -DBOOST_INCLUDEDIR=/path/include  (an unpacked Boost)")
endif()
message(STATUS "Boost headers: ${FASTTHRIFT_BOOST_INCLUDE} (${version})")

add_library(boost_headers INTERFACE)
# A folder that the compiler searches anyway must not be named: -isystem /usr/include breaks #include_next <stdlib.h>.
if(NOT FASTTHRIFT_BOOST_INCLUDE IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES
    AND NOT FASTTHRIFT_BOOST_INCLUDE STREQUAL "/usr/include")
  target_include_directories(boost_headers SYSTEM INTERFACE ${FASTTHRIFT_BOOST_INCLUDE})
endif()
# Asio is compiled once, in cpp/net/asio.cpp.
target_compile_definitions(boost_headers INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ALL_NO_LIB)
