// SPDX-License-Identifier: MIT
#include "ugatit.hpp"

namespace limn::inline v0::ugatit {

LIMN_EMULATED_UGATIT(template, double)

}  // namespace limn::inline v0::ugatit
