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

set(candidates ${BOOST_INCLUDEDIR} ${BOOST_ROOT}/include $ENV{BOOST_ROOT}/include
  ${CMAKE_PREFIX_PATH} /usr/include /usr/local/include /opt/homebrew/include)
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
    "import importlib.util as u; s = u.find_spec('libboost_headers'); print(s.submodule_search_locations[0] + '/include' if s else '')"
  OUTPUT_VARIABLE packaged OUTPUT_STRIP_TRAILING_WHITESPACE)
list(APPEND candidates ${packaged})

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
target_include_directories(boost_headers SYSTEM INTERFACE ${FASTTHRIFT_BOOST_INCLUDE})
# Asio is compiled once, in cpp/net/asio.cpp.
target_compile_definitions(boost_headers INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ALL_NO_LIB)
