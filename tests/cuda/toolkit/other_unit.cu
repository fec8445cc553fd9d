// SPDX-License-Identifier: MIT
#include "other_unit.hpp"

#include "limn/core/tensor.hpp"

std::size_t peak_of_other_unit(limn::Cuda& device) {
  const limn::Tensor<limn::Cuda, float> x(device, limn::vector_shape(256));
  return device.memory().peak;
}
