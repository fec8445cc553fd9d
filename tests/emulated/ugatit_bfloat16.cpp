// SPDX-License-Identifier: MIT
#include "ugatit.hpp"

namespace limn::inline v0::ugatit {

LIMN_EMULATED_UGATIT(template, bfloat16)

}  // namespace limn::inline v0::ugatit
