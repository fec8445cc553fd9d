// SPDX-License-Identifier: MIT
#include "common/cuda_translating.hpp"
#include "common/no_cuda.hpp"

limn::ugatit::OpenGenerator example::cuda_generators(limn::ugatit::Precision /*precision*/,
                                                     limn::Maths /*maths*/) {
  refuse_cuda();
}
