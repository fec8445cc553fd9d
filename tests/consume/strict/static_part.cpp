// SPDX-License-Identifier: MIT
#include "parts.hpp"

Values counted(limn::Cpu& device, limn::Index count) {
  const Values values(device, limn::vector_shape(count));
  std::vector<float> numbers;
  for (limn::Index i = 0; i < count; ++i) numbers.push_back(static_cast<float>(i));
  values.upload(numbers);
  return values;
}
