// SPDX-License-Identifier: MIT
// The CPU's kernels for float, as one list. Where limn::kernels is linked (LIMN_USE_KERNELS) they
// are not compiled again but taken from it: the same templates, compiled once with -O3. For users
// who build their own code without optimization, and for quick rebuilds. cmake/kernels_float.cpp
// includes the same list to compile them.
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

LIMN_KERNEL_TEMPLATE std::size_t conv_forward_workspace<float>(Isa, Maths, const ConvGeometry&,
                                                               const Shape&, const Shape&, int);
LIMN_KERNEL_TEMPLATE void conv_forward<float>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                              const ConvForward<float>&, std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t conv_backward_data_workspace<float>(Isa, Maths,
                                                                     const ConvGeometry&,
                                                                     const Shape&, const Shape&,
                                                                     int);
LIMN_KERNEL_TEMPLATE void conv_backward_data<float>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                                    const ConvBackwardData<float>&, std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t conv_backward_weights_workspace<float>(Isa, Maths,
                                                                        const ConvGeometry&,
                                                                        const Shape&, const Shape&,
                                                                        int);
LIMN_KERNEL_TEMPLATE void conv_backward_weights<float>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                                       const ConvBackwardWeights<float>&,
                                                       std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemm_workspace<float, float, float>(Isa, Gemm<float, float, float>,
                                                                     int);
LIMN_KERNEL_TEMPLATE void gemm<float, float, float>(ThreadPool&, Isa,
                                                    const Gemm<float, float, float>&, std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemv_workspace<float>(Isa, const Gemv<float>&, int);
LIMN_KERNEL_TEMPLATE void gemv<float>(ThreadPool&, Isa, const Gemv<float>&, std::byte*);

}  // namespace cpu

namespace primitive {

LIMN_KERNEL_TEMPLATE struct Affine<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Pooling<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Pointwise<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Layout<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Distorting<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct OuterOptimizer<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Random<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Normalization<Cpu, float>;
LIMN_KERNEL_TEMPLATE struct Optimizer<Cpu, float>;

}  // namespace primitive

}  // namespace limn::inline v0
