#include "framing/framing.hpp"
