// SPDX-License-Identifier: MIT
// The CPU device, complete: every primitive for every scalar type.
#pragma once

#include "limn/core/backend.hpp"
#include "limn/cpu/affine.hpp"
#include "limn/cpu/convolution_primitive.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/distortion.hpp"
#include "limn/cpu/layout.hpp"
#include "limn/cpu/matrix_primitive.hpp"
#include "limn/cpu/normalization.hpp"
#include "limn/cpu/optimizer.hpp"
#include "limn/cpu/pointwise.hpp"
#include "limn/cpu/pooling.hpp"
#include "limn/cpu/random.hpp"

#if defined(LIMN_USE_KERNELS)
#include "limn/cpu/kernels_bfloat16.hpp"
#include "limn/cpu/kernels_double.hpp"
#include "limn/cpu/kernels_float.hpp"
#endif

namespace limn::inline v0 {

static_assert(Backend<Cpu, double>);
static_assert(Backend<Cpu, float>);
static_assert(Backend<Cpu, bfloat16>);

}  // namespace limn::inline v0
