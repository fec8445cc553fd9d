// SPDX-License-Identifier: MIT
// The CUDA device, complete: every primitive for every scalar type. Compiled by nvcc, needs the
// headers of the CUDA toolkit and of cuDNN (CMake: limn::cuda).
#pragma once

#include "limn/core/backend.hpp"
#include "limn/cuda/affine.hpp"
#include "limn/cuda/convolution.hpp"
#include "limn/cuda/cudnn_convolution.hpp"
#include "limn/cuda/device.hpp"
#include "limn/cuda/layout.hpp"
#include "limn/cuda/pointwise.hpp"

namespace limn::inline v0 {

static_assert(primitive::ConvolutionGroup<Cuda, bfloat16> && primitive::AffineGroup<Cuda, float> &&
              primitive::PointwiseGroup<Cuda, double> && primitive::LayoutGroup<Cuda, bfloat16>);

}  // namespace limn::inline v0
