// SPDX-License-Identifier: MIT
// cuDNN and cuBLASLt, opened before they are needed.
#pragma once

#include "limn/cuda/cublas_matrix.hpp"
#include "limn/cuda/cudnn_convolution.hpp"

namespace limn::inline v0::gpu {

/// Opens both libraries on a device that computes, so that a missing one is told before a run
/// begins and not in it. Throws DeviceError.
inline void open_libraries(Cuda& device) {
  if (device.dry()) return;
  static_cast<void>(device.state<CudnnState>());
  MatrixLibrary<Cuda>::prepare(device);
}

}  // namespace limn::inline v0::gpu
