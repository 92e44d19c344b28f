#pragma once

#include "stack.hpp"

// Calls everything once and prints what came.
void call(const Stack& stack, const std::string& address);
