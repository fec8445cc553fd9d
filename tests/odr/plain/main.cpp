// SPDX-License-Identifier: MIT
// A program without units of strange flags: what it computes is what they must not change.
#include <cstdio>

#include "../probe.hpp"

int main() { std::printf("%s %s\n", pictures().c_str(), network().c_str()); }
