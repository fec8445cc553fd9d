// SPDX-License-Identifier: MIT
// ConvRecorder: a dry device that writes down which convolutions a network asks for. It launches
// nothing: a model runs on it through the very code of a training on Cuda, and what comes out is
// the list of its convolutions, never one copied by hand.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "limn/core/backend.hpp"
#include "limn/core/maths.hpp"
#include "limn/cpu/memory_pool.hpp"
#include "limn/cuda/affine.hpp"
#include "limn/cuda/conv_problem.hpp"
#include "limn/cuda/distortion.hpp"
#include "limn/cuda/layout.hpp"
#include "limn/cuda/matrix.hpp"
#include "limn/cuda/normalization.hpp"
#include "limn/cuda/optimizer.hpp"
#include "limn/cuda/pointwise.hpp"
#include "limn/cuda/pooling.hpp"
#include "limn/cuda/random.hpp"

namespace limn_test {

/// One call of a convolution primitive.
struct ConvCall {
  limn::gpu::ConvDirection direction{};
  limn::gpu::ConvType type{};
  limn::ConvGeometry geometry;
  limn::Shape x, w;
  bool operator==(const ConvCall&) const = default;
};

class ConvRecorder {
 public:
  using BlockDeviceTag = void;

  ConvRecorder() : memory_(std::make_shared<limn::cpu::MemoryPool>(true)) {}
  ConvRecorder(const ConvRecorder&) = delete;
  ConvRecorder& operator=(const ConvRecorder&) = delete;

  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    const std::size_t offset = memory_->allocate(bytes);
    return {nullptr, [pool = memory_, offset, bytes](std::byte*) { pool->release(offset, bytes); }};
  }
  [[nodiscard]] bool dry() const { return true; }
  [[nodiscard]] limn::MemoryUse memory() const { return memory_->use(); }
  [[nodiscard]] limn::WorkDone work() const { return work_; }
  void count(const limn::WorkDone& w) {
    work_.multiply_adds += w.multiply_adds;
    work_.calls += w.calls;
    work_.bytes += w.bytes;
  }
  void upload(void*, const void*, std::size_t) const {}
  void download(void*, const void*, std::size_t) const {}
  void synchronize() const {}
  [[nodiscard]] limn::Maths maths() const { return limn::Maths::fast; }
  [[nodiscard]] std::string name() const { return "recorder of convolutions"; }
  template <limn::gpu::Kernel K>
  void launch(const limn::gpu::Grid&, const K&) const {}

  /// Each distinct call, in the order of the first ones.
  [[nodiscard]] const std::vector<ConvCall>& calls() const { return calls_; }
  void record(const ConvCall& call) {
    for (const ConvCall& known : calls_)
      if (known == call) return;
    calls_.push_back(call);
  }

 private:
  std::shared_ptr<limn::cpu::MemoryPool> memory_;
  limn::WorkDone work_;
  std::vector<ConvCall> calls_;
};

}  // namespace limn_test

// In place of the convolutions of the CUDA backend, which would not tell the layer's own geometry.
namespace limn::inline v0::primitive {

template <Scalar T>
struct Convolution<limn_test::ConvRecorder, T> {
  using D = limn_test::ConvRecorder;
  static std::size_t forward_workspace(D& d, const ConvGeometry& g, const Shape& x,
                                       const Shape& w) {
    return record(d, gpu::ConvDirection::forward, g, x, w);
  }
  static std::size_t backward_data_workspace(D& d, const ConvGeometry& g, const Shape& x,
                                             const Shape& w) {
    return record(d, gpu::ConvDirection::backward_data, g, x, w);
  }
  static std::size_t backward_weights_workspace(D& d, const ConvGeometry& g, const Shape& x,
                                                const Shape& w) {
    return record(d, gpu::ConvDirection::backward_weights, g, x, w);
  }
  static void forward(const auto&...) {}
  static void backward_data(const auto&...) {}
  static void backward_weights(const auto&...) {}

 private:
  static std::size_t record(D& d, gpu::ConvDirection direction, const ConvGeometry& g,
                            const Shape& x, const Shape& w) {
    d.record({direction, gpu::conv_type<T>, g, x, w});
    return 0;
  }
};

}  // namespace limn::inline v0::primitive
