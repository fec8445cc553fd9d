// SPDX-License-Identifier: MIT
// The CPU's kernels for double, as one list. Where limn::kernels is linked (LIMN_USE_KERNELS) they
// are not compiled again but taken from it: the same templates, compiled once with -O3. For users
// who build their own code without optimization, and for quick rebuilds. cmake/kernels_double.cpp
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

LIMN_KERNEL_TEMPLATE std::size_t conv_forward_workspace<double>(Isa, Maths, const ConvGeometry&,
                                                                const Shape&, const Shape&, int);
LIMN_KERNEL_TEMPLATE void conv_forward<double>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                               const ConvForward<double>&, std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t conv_backward_data_workspace<double>(Isa, Maths,
                                                                      const ConvGeometry&,
                                                                      const Shape&, const Shape&,
                                                                      int);
LIMN_KERNEL_TEMPLATE void conv_backward_data<double>(ThreadPool&, Isa, Maths, const ConvGeometry&,
                                                     const ConvBackwardData<double>&, std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t conv_backward_weights_workspace<double>(Isa, Maths,
                                                                         const ConvGeometry&,
                                                                         const Shape&, const Shape&,
                                                                         int);
LIMN_KERNEL_TEMPLATE void conv_backward_weights<double>(ThreadPool&, Isa, Maths,
                                                        const ConvGeometry&,
                                                        const ConvBackwardWeights<double>&,
                                                        std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemm_workspace<double, double, double>(
    Isa, Gemm<double, double, double>, int);
LIMN_KERNEL_TEMPLATE void gemm<double, double, double>(ThreadPool&, Isa,
                                                       const Gemm<double, double, double>&,
                                                       std::byte*);
LIMN_KERNEL_TEMPLATE std::size_t gemv_workspace<double>(Isa, const Gemv<double>&, int);
LIMN_KERNEL_TEMPLATE void gemv<double>(ThreadPool&, Isa, const Gemv<double>&, std::byte*);

}  // namespace cpu

namespace primitive {

LIMN_KERNEL_TEMPLATE struct Affine<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Pooling<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Pointwise<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Layout<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Distorting<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct OuterOptimizer<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Random<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Normalization<Cpu, double>;
LIMN_KERNEL_TEMPLATE struct Optimizer<Cpu, double>;

}  // namespace primitive

}  // namespace limn::inline v0
