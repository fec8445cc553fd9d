// SPDX-License-Identifier: MIT
// limn::ugatit: the generators on the CPU, compiled here.
#define LIMN_COMPILE_UGATIT
#include "limn/models/ugatit/compiled_generators.hpp"
