#pragma once

#include "wire/binary.hpp"
