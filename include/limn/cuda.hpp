// SPDX-License-Identifier: MIT
// The CUDA device, complete: every primitive for every scalar type. Compiled by nvcc, needs the
// headers of the CUDA toolkit and of cuDNN (CMake: limn::cuda).
#pragma once

#include "limn/core/backend.hpp"
#include "limn/cuda/affine.hpp"
#include "limn/cuda/convolution.hpp"
#include "limn/cuda/cublas_matrix.hpp"
#include "limn/cuda/cudnn_convolution.hpp"
#include "limn/cuda/device.hpp"
#include "limn/cuda/distortion.hpp"
#include "limn/cuda/layout.hpp"
#include "limn/cuda/libraries.hpp"
#include "limn/cuda/matrix.hpp"
#include "limn/cuda/normalization.hpp"
#include "limn/cuda/optimizer.hpp"
#include "limn/cuda/pointwise.hpp"
#include "limn/cuda/pooling.hpp"
#include "limn/cuda/random.hpp"

namespace limn::inline v0 {

static_assert(Backend<Cuda, double>);
static_assert(Backend<Cuda, float>);
static_assert(Backend<Cuda, bfloat16>);

}  // namespace limn::inline v0
