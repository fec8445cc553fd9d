// SPDX-License-Identifier: MIT
// A program in three parts, of two compilers and two standards, that hand the library's things to
// one another: main, a static library, a shared one.
#pragma once

#include <vector>

#include "limn/limn.hpp"

using Values = limn::Tensor<limn::Cpu, float>;

/// Of the static library: a tensor of 0, 1, 2, ... in memory of `device`.
[[nodiscard]] Values counted(limn::Cpu& device, limn::Index count);
/// Of the shared library: its sum, computed on its device.
[[nodiscard]] float sum(const Values& values);
/// Of the shared library: throws limn::ShapeError.
void throw_shape_error();
