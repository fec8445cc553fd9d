// SPDX-License-Identifier: MIT
// A kernel of a user's own, and what its device would be; from two translation units.
#include <cstdio>
#include <string>

#include "limn/core/tensor.hpp"
#include "limn/cuda.hpp"

std::string other_unit(limn::Cuda& device);

struct Square {
  static constexpr int threads = 128;
  float* x;
  limn::Index count;
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const limn::Index i = block.x() * threads + thread;
      if (i < count) x[i] *= x[i];
    });
  }
};

int main() {
  int cards = 0;
  limn::CudaOptions options;
  options.dry = cudaGetDeviceCount(&cards) != cudaSuccess || cards == 0;
  if (options.dry) options.card = "h100";
  limn::Cuda device(options);
  const limn::Tensor<limn::Cuda, float> x(device, limn::vector_shape(1000));
  if (!device.dry()) {
    x.upload(std::vector<float>(1000, 3.0F));
    limn::gpu::launch(device, {limn::gpu::blocks_of(1000, Square::threads)},
                      Square{x.data(), 1000});
    if (x.download()[999] != 9.0F) return 1;
  }
  std::printf("limn %s: %s%s, %zu bytes\n", LIMN_VERSION, device.name().c_str(),
              device.dry() ? " (not there, planned)" : "", device.memory().peak);
  return device.name() == other_unit(device) ? 0 : 1;
}
