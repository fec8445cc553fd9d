// SPDX-License-Identifier: MIT
// Tape: the operations of a computation in order, each with its backward and what it kept.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/autograd/finite_probe.hpp"
#include "limn/autograd/var.hpp"

namespace limn::inline v0 {

/// Records operations and runs their backwards in reverse order. One network may be applied many
/// times before one backward. Each operation is destroyed as soon as its backward has run, so that
/// the activations it kept return to the pool. The networks and Vars that were recorded must live
/// until backward or clear. Not for several threads at once.
template <Device D>
class Tape {
 public:
  /// An empty tape, whose operations keep maps in this form.
  explicit Tape(StashFormat stash = StashFormat::computed) : stash_(stash) {
    static_assert(
        Taped<D>,
        "limn: this device computes forwards alone; what learns needs one with tapes, as Cpu");
  }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// A value that operations record from, without a gradient of its own: pictures.
  template <Scalar T>
  [[nodiscard]] Var<D, T> constant(Tensor<D, T> value) {
    return Var<D, T>(std::move(value), this, false);
  }

  /// A value whose gradient is wanted: read it with Var::gradient().tensor() after backward.
  template <Scalar T>
  [[nodiscard]] Var<D, T> input(Tensor<D, T> value) {
    return Var<D, T>(std::move(value), this, true);
  }

  /// A value of another tape, for a computation whose backward runs first: its gradient arrives
  /// where the other tape's operation will find it.
  template <Scalar T>
  [[nodiscard]] Var<D, T> branch(const Var<D, T>& x) {
    return x.on(this);
  }

  /// Records an operation with result y. `backward(dy)` is called at most once, only if a gradient
  /// of y has arrived, and owns dy: it may overwrite it or give it away. As a generic lambda it is
  /// compiled for devices with tapes alone.
  /// `layer` names the parameter that y was made with, for whoever attends.
  template <Scalar T, class Backward>
  [[nodiscard]] Var<D, T> record(Tensor<D, T> y, Backward backward, std::string_view layer = {}) {
    return record(Bordered<D, T>(std::move(y)), std::move(backward), layer);
  }
  /// The same for a result that was written with a border.
  template <Scalar T, class Backward>
  [[nodiscard]] Var<D, T> record(Bordered<D, T> y, Backward backward, std::string_view layer = {}) {
    if constexpr (Taped<D>) {
      if (probe_ != nullptr) probe_->look(layer, y);
      Var<D, T> result(std::move(y), this, true);
      operations_.push_back(
          std::make_unique<Operation<T, Backward>>(result.gradient(), std::move(backward)));
      return result;
    } else {  // where nobody comes, and where a generic `backward` is not compiled
      return Var<D, T>(std::move(y));
    }
  }

  /// Gradients of `loss` (one value) in every Var and parameter it came from; parameters
  /// accumulate. The tape is empty afterwards. Throws ShapeError for a loss of several values or of
  /// another tape.
  template <Scalar P>
  void backward(const Var<D, P>& loss) {
    if (loss.shape() != scalar_shape())
      throw ShapeError("[backward] a loss is one value, (1,1,1,1); this is " +
                       to_string(loss.shape()));
    if (loss.tape() != this || operations_.empty()) refuse_released();
    if (!loss.wants_gradient())
      throw ShapeError("[backward] the loss depends on nothing that wants a gradient");
    // most often the last one; what was recorded later may be another computation's
    const bool recorded = std::any_of(
        operations_.rbegin(), operations_.rend(),
        [&](const auto& operation) { return operation->result == loss.gradient().identity(); });
    if (!recorded) refuse_released();
    primitive::fill(loss.gradient().target().tensor, param_t<P>(1));
    static_cast<void>(run());
  }

  /// The same where losses gave their gradients when they were computed (limn/loss/loss_term.hpp):
  /// runs what they have reached. Throws ShapeError if nothing is recorded, and afterwards if no
  /// gradient had arrived anywhere.
  void backward() {
    if (operations_.empty())
      throw ShapeError("[backward] nothing is recorded, or backward has been run already");
    if (!run()) throw ShapeError("[backward] no loss has given a gradient to what is recorded");
  }

  /// Forgets everything that was recorded.
  void clear() {
    while (!operations_.empty()) operations_.pop_back();
  }

  /// From now on the probe sees every result, waiting for the device; nullptr: nobody does.
  void attend(FiniteProbe* probe) { probe_ = probe; }

  /// How operations keep maps for their backward.
  [[nodiscard]] StashFormat stash_format() const { return stash_; }
  /// Operations that wait for their backward.
  [[nodiscard]] std::size_t size() const { return operations_.size(); }

 private:
  struct Recorded {
    explicit Recorded(const void* r) : result(r) {}
    Recorded(const Recorded&) = delete;
    Recorded& operator=(const Recorded&) = delete;
    virtual ~Recorded() = default;
    /// False where no gradient has arrived.
    virtual bool run() = 0;
    const void* result;  ///< the gradient's identity
  };

  template <Scalar T, class Backward>
  struct Operation final : Recorded {
    Operation(Gradient<D, T> dy, Backward b)
        : Recorded(dy.identity()), gradient(std::move(dy)), backward(std::move(b)) {}
    bool run() override {
      const Tensor<D, T> dy = gradient.take();
      if (dy.defined()) backward(dy);
      return dy.defined();
    }
    Gradient<D, T> gradient;
    Backward backward;
  };

  /// All backwards, the last one first; whether there was a gradient for any.
  bool run() {
    bool any = false;
    while (!operations_.empty()) {
      any = operations_.back()->run() || any;
      operations_.pop_back();
    }
    return any;
  }

  [[noreturn]] static void refuse_released() {
    throw ShapeError(
        "[backward] the loss was not recorded on this tape, or backward has been run already");
  }

  StashFormat stash_;
  FiniteProbe* probe_ = nullptr;
  std::vector<std::unique_ptr<Recorded>> operations_;
};

}  // namespace limn::inline v0
