// SPDX-License-Identifier: MIT
// The CPU's kernels for bfloat16, as one list. Where limn::kernels is linked (LIMN_USE_KERNELS)
// they are not compiled again but taken from it: the same templates, compiled once with -O3. For
// users who build their own code without optimization, and for quick rebuilds.
// cmake/kernels_bfloat16.cpp includes the same list to compile them.
#pragma once

#include "limn/cpu/affine.hpp"
#include "limn/cpu/convolution_primitive.hpp"
#include "limn/cpu/distortion.hpp"
#include "limn/cpu/layout.hpp"
#include "limn/cpu/matrix_primitive.hpp"
#include "limn/cpu/normalization.hpp"
#include "limn/cpu/optimizer.hpp"
#include "limn/cpu/pointwise.hpp"
#include "limn/cpu/pooling.hpp"
#include "limn/cpu/random.hpp"

namespace limn::inline v0 {

namespace cpu {

LIMN_KERNEL_TEMPLATE std::size_t conv_forward_workspace<bfloat16>(Isa, Maths, const ConvGeometry&,
                                                                  const Shape&, const Shape&, int);
LIMN_KERNEL_TEMPLATE void conv_forward<bfloat16>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                                 const ConvForward<bfloat16>&, std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t conv_backward_data_workspace<bfloat16>(Isa, Maths,
                                                                        const ConvGeometry&,
                                                                        const Shape&, const Shape&,
                                                                        int);
LIMN_KERNEL_TEMPLATE void conv_backward_data<bfloat16>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                                       const ConvBackwardData<bfloat16>&,
                                                       std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t conv_backward_weights_workspace<bfloat16>(Isa, Maths,
                                                                           const ConvGeometry&,
                                                                           const Shape&,
                                                                           const Shape&, int);
LIMN_KERNEL_TEMPLATE void conv_backward_weights<bfloat16>(ThreadPool&, Isa, Maths,
                                                          const ConvGeometry&,
                                                          const ConvBackwardWeights<bfloat16>&,
                                                          std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemm_workspace<bfloat16, float, bfloat16>(
    Isa, Gemm<bfloat16, float, bfloat16>, int);
LIMN_KERNEL_TEMPLATE void gemm<bfloat16, float, bfloat16>(ThreadPool&, Isa,
                                                          const Gemm<bfloat16, float, bfloat16>&,
                                                          std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemm_workspace<bfloat16, bfloat16, float>(
    Isa, Gemm<bfloat16, bfloat16, float>, int);
LIMN_KERNEL_TEMPLATE void gemm<bfloat16, bfloat16, float>(ThreadPool&, Isa,
                                                          const Gemm<bfloat16, bfloat16, float>&,
                                                          std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemm_workspace<bfloat16, bfloat16, bfloat16>(
    Isa, Gemm<bfloat16, bfloat16, bfloat16>, int);
LIMN_KERNEL_TEMPLATE void gemm<bfloat16, bfloat16, bfloat16>(
    ThreadPool&, Isa, const Gemm<bfloat16, bfloat16, bfloat16>&, std::byte*);

}  // namespace cpu

namespace primitive {

LIMN_KERNEL_TEMPLATE struct Affine<Cpu, bfloat16>;
LIMN_KERNEL_TEMPLATE struct Pooling<Cpu, bfloat16>;
LIMN_KERNEL_TEMPLATE struct Pointwise<Cpu, bfloat16>;
LIMN_KERNEL_TEMPLATE struct Layout<Cpu, bfloat16>;
LIMN_KERNEL_TEMPLATE struct Distorting<Cpu, bfloat16>;
LIMN_KERNEL_TEMPLATE struct OuterOptimizer<Cpu, bfloat16>;
LIMN_KERNEL_TEMPLATE struct Random<Cpu, bfloat16>;

}  // namespace primitive

}  // namespace limn::inline v0
