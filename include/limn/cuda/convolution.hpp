// SPDX-License-Identifier: MIT
// Group "convolution" of the CUDA backend. Around a library's convolution, or limn's own, stand
// kernels that give the operands the form it knows and bring the result back.
#pragma once

#include <algorithm>

#include "limn/core/primitives/affine.hpp"
#include "limn/core/primitives/convolution.hpp"
#include "limn/cuda/conv_border.hpp"
#include "limn/cuda/conv_choice.hpp"
#include "limn/cuda/conv_maps.hpp"
#include "limn/cuda/conv_own.hpp"
#include "limn/cuda/conv_weights.hpp"
#include "limn/cuda/workspace.hpp"

namespace limn::inline v0 {
namespace gpu {

/// The parts of a workspace, per direction. Null where not needed.
template <Scalar T>
struct ConvBuffers {
  using P = param_t<T>;
  T* x = nullptr;  ///< or its gradient
  T* weights = nullptr;
  T* y = nullptr;      ///< or its gradient
  P* parts = nullptr;  ///< of the gradient of weights, of limn's own kernels
  Index part_count = 1;
  std::byte* library = nullptr;
  std::size_t bytes = 0;

  ConvBuffers(const ConvChoice& choice, std::byte* memory) {
    const ConvPlan& plan = choice.plan;
    const bool own = !choice.library;
    Workspace space(memory);
    // a library overwrites: what is to be accumulated passes through a copy
    if (plan.copies_x || (!own && plan.problem.direction == ConvDirection::backward_data))
      x = space.template take<T>(plan.problem.x.size());
    if (plan.copies_y) y = space.template take<T>(plan.problem.y.size());
    if (plan.problem.direction == ConvDirection::backward_weights) {
      part_count = own ? ConvParts(plan.problem).count : 1;
      if (own)
        parts = space.template take<P>(plan.problem.weights().size() * part_count);
      else
        weights = space.template take<T>(plan.problem.weights().size());
    } else if (converts_weights(plan)) {
      weights = space.template take<T>(plan.problem.weights().size());
    }
    if (!own) library = space.template take<std::byte>(static_cast<Index>(*choice.library));
    bytes = space.bytes();
  }

  [[nodiscard]] static bool converts_weights(const ConvPlan& plan) {
    return !std::same_as<T, P> || plan.pads_weights || plan.phases > 1;
  }
};

/// Weights as the plan's problem wants them, in the workspace or where they are.
template <BlockDevice D, Scalar T>
[[nodiscard]] const T* conv_weights(D& device, const ConvPlan& plan, const ConvBuffers<T>& buffers,
                                    const param_t<T>* w) {
  if constexpr (std::same_as<T, param_t<T>>) {
    if (!ConvBuffers<T>::converts_weights(plan)) return w;
  }
  prepare_weights(device, plan, w, buffers.weights);
  return buffers.weights;
}

/// Runs the library. Throws DeviceError for an operand that no plan is made for.
template <BlockDevice D, Scalar T>
void library_conv(D& device, const char* where, const ConvPlan& plan, const T* x, const T* w,
                  const T* y, std::byte* workspace) {
  if (!aligned_for_packs(x, w, y)) [[unlikely]]
    throw DeviceError("[" + std::string(where) + "] x " + to_string(plan.x) + ", weights " +
                      to_string(plan.w) +
                      ": an operand does not begin at a multiple of 16 bytes; copy the view into a "
                      "tensor of its own");
  if constexpr (ConvLibrary<D>::available)
    ConvLibrary<D>::run(device, plan.problem, x, w, y, workspace);
}

}  // namespace gpu

namespace primitive {

template <gpu::BlockDevice D, Scalar T>
struct Convolution<D, T> {
  using P = param_t<T>;
  using Scratch = Tensor<D, std::byte>;
  using Direction = gpu::ConvDirection;

  static std::size_t forward_workspace(D& device, const ConvGeometry& g, const Shape& x,
                                       const Shape& w) {
    const auto choice = choose(device, Direction::forward, g, x, w);
    // moments are taken last, when nothing else is needed any more
    return std::max(gpu::ConvBuffers<T>(choice, nullptr).bytes,
                    Affine<D, T>::moments_workspace(device, choice.plan.y));
  }
  static void forward(D& device, const ConvGeometry& g, const Tensor<D, T>& x,
                      const Tensor<D, P>& w, const ConvEpilogue<D, T>& epilogue,
                      const Tensor<D, T>& y, Write write, const Scratch& scratch) {
    const auto [plan, library] = choose(device, Direction::forward, g, x.shape(), w.shape());
    const gpu::ConvBuffers<T> buffers({plan, library}, scratch.data_or_null());
    const T* const weights = gpu::conv_weights<D, T>(device, plan, buffers, w.data());
    const T* const from = plan.copies_x ? buffers.x : x.data();
    T* const to = plan.copies_y ? buffers.y : y.data();
    const P* const bias = epilogue.bias.data_or_null();
    const bool add = write == Write::accumulate;
    // a library overwrites; that a result is accumulated in place is rare, and limn's own kernels
    // do it without a copy
    const bool own = !library || (add && !plan.copies_y);
    gpu::write_border(device, plan, x.data(), buffers.x);
    // limn's own kernels add the bias where they write into y itself
    const bool finished = own && !plan.copies_y;
    if (own)
      gpu::own_conv_forward(device, plan.problem, from, weights, finished ? bias : nullptr, to,
                            add && finished);
    else
      gpu::library_conv(device, where(Direction::forward), plan, from, weights, to,
                        buffers.library);
    const bool activates = epilogue.activation != identity_activation;
    if (plan.copies_y || activates || (bias && !finished))
      gpu::finish_maps(device, plan, to, finished ? nullptr : bias, epilogue.activation, y.data(),
                       add && plan.copies_y);
    if (epilogue.mean.defined())
      Affine<D, T>::moments(device, y, epilogue.mean, epilogue.m2, scratch);
  }

  static std::size_t backward_data_workspace(D& device, const ConvGeometry& g, const Shape& x,
                                             const Shape& w) {
    return gpu::ConvBuffers<T>(choose(device, Direction::backward_data, g, x, w), nullptr).bytes;
  }
  static void backward_data(D& device, const ConvGeometry& g, const Tensor<D, T>& dy,
                            const Tensor<D, P>& w, const Tensor<D, T>& dx, Write write,
                            const Scratch& scratch) {
    const auto [plan, library] = choose(device, Direction::backward_data, g, dx.shape(), w.shape());
    const gpu::ConvBuffers<T> buffers({plan, library}, scratch.data_or_null());
    const T* const weights = gpu::conv_weights<D, T>(device, plan, buffers, w.data());
    if (plan.copies_y) gpu::split_maps(device, plan, dy.data(), buffers.y);
    const T* const from = plan.copies_y ? buffers.y : dy.data();
    const bool add = write == Write::accumulate;
    const bool fold = plan.copies_x || (library && add);
    T* const to = fold ? buffers.x : dx.data();
    if (!library)
      gpu::own_conv_backward_data(device, plan.problem, from, weights, to, add && !fold);
    else
      gpu::library_conv(device, where(Direction::backward_data), plan, to, weights, from,
                        buffers.library);
    if (fold) gpu::fold_border(device, plan, to, dx.data(), write);
  }

  static std::size_t backward_weights_workspace(D& device, const ConvGeometry& g, const Shape& x,
                                                const Shape& w) {
    return gpu::ConvBuffers<T>(choose(device, Direction::backward_weights, g, x, w), nullptr).bytes;
  }
  static void backward_weights(D& device, const ConvGeometry& g, const Tensor<D, T>& x,
                               const Tensor<D, T>& dy, const Tensor<D, P>& dw, Write write,
                               const Scratch& scratch) {
    const auto [plan, library] =
        choose(device, Direction::backward_weights, g, x.shape(), dw.shape());
    const gpu::ConvBuffers<T> buffers({plan, library}, scratch.data_or_null());
    if (plan.copies_y) gpu::split_maps(device, plan, dy.data(), buffers.y);
    const T* const pictures = plan.copies_x ? buffers.x : x.data();
    const T* const maps = plan.copies_y ? buffers.y : dy.data();
    gpu::write_border(device, plan, x.data(), buffers.x);
    if (!library)
      gpu::own_conv_backward_weights(device, plan.problem, pictures, maps, buffers.parts);
    else
      gpu::library_conv(device, where(Direction::backward_weights), plan, pictures, buffers.weights,
                        maps, buffers.library);
    const bool add = write == Write::accumulate;
    if (library)
      gpu::add_weights(device, plan, buffers.weights, 1, dw.data(), add);
    else
      gpu::add_weights(device, plan, buffers.parts, buffers.part_count, dw.data(), add);
  }

 private:
  static const char* where(Direction direction) {
    return direction == Direction::forward         ? "conv_forward"
           : direction == Direction::backward_data ? "conv_backward_data"
                                                   : "conv_backward_weights";
  }
  static gpu::ConvChoice choose(D& device, Direction direction, const ConvGeometry& g,
                                const Shape& x, const Shape& w) {
    return gpu::conv_choice<T>(device, direction, where(direction), g, x, w);
  }
};

}  // namespace primitive
}  // namespace limn::inline v0
