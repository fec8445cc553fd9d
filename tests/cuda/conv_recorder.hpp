// SPDX-License-Identifier: MIT
// ConvRecorder: a dry device that writes down which convolutions a network asks for. It has no
// kernels: a model runs on it through the very code of a training, and what comes out is the list
// of its convolutions, never one copied by hand.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "limn/core/backend.hpp"
#include "limn/cpu/memory_pool.hpp"
#include "limn/cuda/conv_problem.hpp"

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
  [[nodiscard]] std::string name() const { return "recorder of convolutions"; }

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

// What a dry device is asked for: workspaces, and functions that are never called.
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
template <Scalar A, Scalar B, Scalar C>
struct Matrix<limn_test::ConvRecorder, A, B, C> {
  static std::size_t gemm_workspace(const auto&...) { return 0; }
  static std::size_t gemv_workspace(const auto&...) { return 0; }
  static void gemm(const auto&...) {}
  static void gemv(const auto&...) {}
};
template <Scalar T>
struct Affine<limn_test::ConvRecorder, T> {
  static std::size_t moments_workspace(const auto&...) { return 0; }
  static std::size_t sums_workspace(const auto&...) { return 0; }
  static void moments(const auto&...) {}
  static void forward(const auto&...) {}
  static void backward_sums(const auto&...) {}
  static void backward_data(const auto&...) {}
};
template <Scalar P>
struct Normalization<limn_test::ConvRecorder, P> {
  static void forward(const auto&...) {}
  static void backward(const auto&...) {}
};
template <Scalar T>
struct Pooling<limn_test::ConvRecorder, T> {
  static void average(const auto&...) {}
  static void average_backward(const auto&...) {}
  static void max(const auto&...) {}
  static void max_backward(const auto&...) {}
};
template <Scalar T>
struct Pointwise<limn_test::ConvRecorder, T> {
  static std::size_t reduce_workspace(const auto&...) { return 0; }
  static void map(const auto&...) {}
  static void map2(const auto&...) {}
  static void map_reduce(const auto&...) {}
  static void reduce(const auto&...) {}
};
template <Scalar T>
struct Layout<limn_test::ConvRecorder, T> {
  static void pad(const auto&...) {}
  static void pad_backward(const auto&...) {}
  static void resize(const auto&...) {}
  static void resize_backward(const auto&...) {}
  static void copy_channels(const auto&...) {}
  static void copy(const auto&...) {}
  static void fill(const auto&...) {}
};
template <Scalar From, Scalar To>
struct Cast<limn_test::ConvRecorder, From, To> {
  static void cast(const auto&...) {}
};
template <Scalar P>
struct Optimizer<limn_test::ConvRecorder, P> {
  static std::size_t reduce_workspace(const auto&...) { return 0; }
  static void adam(const auto&...) {}
  static void ema(const auto&...) {}
  static void clamp(const auto&...) {}
  static void sum_squares(const auto&...) {}
  static void all_finite(const auto&...) {}
};
template <Scalar T>
struct OuterOptimizer<limn_test::ConvRecorder, T> {
  static void adam_outer(const auto&...) {}
};
template <Scalar T>
struct Random<limn_test::ConvRecorder, T> {
  static void uniform(const auto&...) {}
  static void normal(const auto&...) {}
};

}  // namespace limn::inline v0::primitive
