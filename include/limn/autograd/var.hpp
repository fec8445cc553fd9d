// SPDX-License-Identifier: MIT
// Var: a value in a computation, and where its gradient arrives.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "limn/autograd/kept.hpp"

namespace limn::inline v0 {

template <Device D>
class Tape;

/// Values on D may be on a tape: not where D::forwards_alone is true. There no backward is
/// compiled, neither operations' nor kernels'.
template <class D>
concept Taped = Device<D> && !requires {
  requires D::forwards_alone;
};

/// Mean and centred sum of squares per (sample, channel), left by the convolution that made a
/// value.
template <Device D, Scalar T>
struct Moments {
  Tensor<D, param_t<T>> mean, m2;  ///< (N,1,1,C)
};

/// Where a gradient is to be written, and whether something is there already.
template <Device D, Scalar T>
struct GradientTarget {
  Tensor<D, T> tensor;  ///< undefined: not wanted
  Write write;          ///< accumulate: something is there already
};

/// The gradient of one value: operations' backwards write their contributions here. Copies are the
/// same gradient; it does not keep the value's memory.
template <Device D, Scalar T>
class Gradient {
 public:
  /// Not wanted.
  Gradient() = default;
  /// Wanted, for a value of this shape; nothing has arrived.
  Gradient(D& device, Shape shape)
      : device_(&device), shape_(shape), tensor_(std::make_shared<Tensor<D, T>>()) {}

  /// Whether contributions are to be computed.
  [[nodiscard]] bool wanted() const { return tensor_ != nullptr; }
  /// The same for all copies, and for nothing else that lives.
  [[nodiscard]] const void* identity() const { return tensor_.get(); }
  /// What has arrived so far; undefined if nothing has or none is wanted.
  [[nodiscard]] Tensor<D, T> tensor() const { return tensor_ ? *tensor_ : Tensor<D, T>(); }

  /// Where an operation's backward puts its contribution.
  [[nodiscard]] GradientTarget<D, T> target() const {
    if (tensor_->defined()) return {*tensor_, Write::accumulate};
    *tensor_ = Tensor<D, T>(*device_, shape_);
    return {*tensor_, Write::overwrite};
  }

  /// Like target, but may take over `spent`, a tensor of this size whose values end here: then an
  /// elementwise backward works in place.
  [[nodiscard]] GradientTarget<D, T> target_reusing(const Tensor<D, T>& spent) const {
    if (tensor_->defined()) return {*tensor_, Write::accumulate};
    *tensor_ = spent.reshape(shape_);
    return {*tensor_, Write::overwrite};
  }

  /// Adds `contribution`, which its owner gives up: adopted if it is the first to arrive.
  void give(const Tensor<D, T>& contribution) const {
    if (tensor_->defined())
      primitive::copy(contribution, *tensor_, Write::accumulate);
    else
      *tensor_ = contribution.reshape(shape_);
  }

  /// Hands the tensor over; nothing has arrived afterwards.
  [[nodiscard]] Tensor<D, T> take() const {
    return tensor_ ? std::exchange(*tensor_, {}) : Tensor<D, T>();
  }

 private:
  D* device_ = nullptr;
  Shape shape_{};
  std::shared_ptr<Tensor<D, T>> tensor_;
};

/// A tensor that operations consume and produce. Copies are the same node. Without a tape it is a
/// plain value and nothing is kept; on a tape, operations record their backward for every Var that
/// wants a gradient.
template <Device D, Scalar T>
class Var {
 public:
  /// The scalar type of its values.
  using scalar = T;

  Var() = default;
  /// A plain value: inference.
  explicit Var(Bordered<D, T> value) : value_(std::move(value)), shape_(value_.shape()) {}
  /// A value on a tape (nullptr: none), with or without a gradient.
  Var(Bordered<D, T> value, Tape<D>* tape, bool wants_gradient)
      : value_(std::move(value)), shape_(value_.shape()), tape_(tape) {
    if (tape != nullptr) kept_ = std::make_shared<Kept<D, T>>();
    if (wants_gradient) gradient_ = Gradient<D, T>(device(), shape_);
  }

  /// The map alone: of one that was written with a border, a copy is made when it is asked for.
  [[nodiscard]] const Tensor<D, T>& value() const {
    if (value_.border.empty()) return value_.tensor;
    if (!alone_.defined()) alone_ = without_border(value_);
    return alone_;
  }
  /// As it lies in memory: what an operation wrote around it for the one that reads it next.
  [[nodiscard]] const Bordered<D, T>& bordered() const { return value_; }
  /// Of the map, without a border.
  [[nodiscard]] const Shape& shape() const { return shape_; }
  /// Where its values are.
  [[nodiscard]] D& device() const { return value_.tensor.device(); }
  /// Null for a plain value.
  [[nodiscard]] Tape<D>* tape() const {
    if constexpr (Taped<D>)
      return tape_;
    else
      return nullptr;
  }
  /// False for a default-made Var, which stands for "none".
  [[nodiscard]] bool defined() const { return value_.defined(); }
  /// Whether operations on it record a backward.
  [[nodiscard]] bool wants_gradient() const { return Taped<D> && gradient_.wanted(); }
  /// Where the backwards of its readers write.
  [[nodiscard]] const Gradient<D, T>& gradient() const { return gradient_; }

  /// What a backward should hold of this value: its operation's recipe, if it gave one, else the
  /// value as the tape stashes it, made once.
  [[nodiscard]] Kept<D, T> kept() const {
    if (!kept_) return Kept<D, T>(Stash<D, T>(value_, StashFormat::computed));
    if (!kept_->defined()) *kept_ = Kept<D, T>(Stash<D, T>(value_, tape_->stash_format()));
    return *kept_;
  }
  /// For the operation that made the value: what its readers' backwards should hold.
  void set_kept(Kept<D, T> kept) const { *kept_ = std::move(kept); }

  /// Moments that came with the value, or none.
  [[nodiscard]] const Moments<D, T>& moments() const { return moments_; }
  /// For the convolution that made the value.
  void set_moments(Moments<D, T> moments) { moments_ = std::move(moments); }

  /// The same value and gradient, recorded from on another tape.
  [[nodiscard]] Var on(Tape<D>* tape) const {
    Var result = *this;
    result.tape_ = tape;
    return result;
  }
  /// The same value off every tape.
  [[nodiscard]] Var detach() const { return Var(value_); }

 private:
  Bordered<D, T> value_;
  mutable Tensor<D, T> alone_;
  Shape shape_{};
  Tape<D>* tape_ = nullptr;
  Gradient<D, T> gradient_;
  Moments<D, T> moments_;
  std::shared_ptr<Kept<D, T>> kept_;
};

namespace detail {

[[noreturn]] LIMN_NOINLINE inline void refuse_tapes(const char* where, const Shape& a,
                                                    const Shape& b) {
  throw UsageError("[" + std::string(where) + "] values of two tapes do not meet: " + to_string(a) +
                   " is on one tape, " + to_string(b) +
                   " on another; Tape::branch or Tape::constant takes one over to the other's");
}

}  // namespace detail

/// The tape of an operation on both, or none: every operation with two values asks here. Throws
/// UsageError for values of two tapes, whose gradients would be lost, and of two devices.
template <Device D, Scalar T, Scalar U>
[[nodiscard]] Tape<D>* common_tape(const char* where, const Var<D, T>& a, const Var<D, U>& b) {
  primitive::require_one_device(where, a.bordered().tensor, b.bordered().tensor);
  if (a.tape() != b.tape() && a.tape() && b.tape()) [[unlikely]]
    detail::refuse_tapes(where, a.shape(), b.shape());
  return a.tape() ? a.tape() : b.tape();
}

}  // namespace limn::inline v0
