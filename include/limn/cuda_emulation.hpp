// SPDX-License-Identifier: MIT
// The emulated GPU, complete: every primitive of the CUDA backend for every scalar type, on the
// host. Needs neither nvcc nor the CUDA toolkit.
#pragma once

#include "limn/core/backend.hpp"
#include "limn/cuda/adam_outer.hpp"
#include "limn/cuda/affine.hpp"
#include "limn/cuda/convolution.hpp"
#include "limn/cuda/distortion.hpp"
#include "limn/cuda/emulation.hpp"
#include "limn/cuda/layout.hpp"
#include "limn/cuda/matrix.hpp"
#include "limn/cuda/normalization.hpp"
#include "limn/cuda/optimizer.hpp"
#include "limn/cuda/pointwise.hpp"
#include "limn/cuda/pooling.hpp"
#include "limn/cuda/random.hpp"

namespace limn::inline v0 {

static_assert(Backend<CudaEmulation, double>);
static_assert(Backend<CudaEmulation, float>);
static_assert(Backend<CudaEmulation, bfloat16>);

}  // namespace limn::inline v0
