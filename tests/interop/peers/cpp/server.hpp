#pragma once

#include "stack.hpp"

// Answers on a port of the system's choice, or at the path, from another thread on; gives the address.
std::string serve(const Stack& stack, const std::string& path);
