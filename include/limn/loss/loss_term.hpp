// SPDX-License-Identifier: MIT
// LossTerm: a loss whose weight is known when it is computed. Then its gradient can be written
// while its values are at hand, in the same pass, and nothing is recorded for it: a tape's backward
// begins with the gradients that have arrived.
//
//   LossTerm<D, P> cycle(value, 10);         // value: (1,1,1,1), where the mean is to stand
//   cycle.add(AbsoluteError{}, again, real);
//   tape.backward();
//
// What is computed from a loss needs the loss as a Var (losses.hpp), and a second pass.
#pragma once

#include <utility>

#include "limn/loss/losses.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// A sum of mean losses, in the order in which they are added. Its value counts `weight` times in
/// what is minimized.
template <Device D, Scalar P>
class LossTerm {
 public:
  /// `value`, (1,1,1,1), becomes `share` times the sum, or with Write::accumulate grows by it: of a
  /// batch in parts, each has its share of the mean. `weight` is that of this part.
  LossTerm(Tensor<D, P> value, double weight, double share = 1, Write write = Write::overwrite)
      : value_(std::move(value)), weight_(weight), share_(share), write_(write) {}

  /// Adds the mean over all elements of loss(x, t), t a constant of x's shape, and weight times its
  /// gradient to that of x, if x wants one. Throws ShapeError.
  template <class Loss, Scalar T>
  void add(Loss loss, const Var<D, T>& x, const Tensor<D, T>& t) {
    static_assert(
        PointwiseLoss<Loss>,
        "limn: a pointwise loss needs operator()(x, t) and derivative(x, t), which take and "
        "give a number");
    const double each = 1 / static_cast<double>(x.shape().size());
    const auto write = std::exchange(write_, Write::accumulate);
    if constexpr (Taped<D>) {
      if (x.wants_gradient()) {
        const auto target = x.gradient().target();
        return primitive::map_reduce_gradient(loss, x.value(), t, {share_ * each, value_, write},
                                              {weight_ * each, target.tensor, target.write});
      }
    }
    primitive::map_reduce(loss, x.value(), t, share_ * each, value_, write);
  }
  /// The same for a loss against a target of its own: Against, or the losses of a GanLoss.
  template <class Loss, Scalar T>
  void add(Loss loss, const Var<D, T>& x) {
    add(loss, x, x.value());
  }

  /// Adds a loss that is computed already, (1,1,1,1), and whose gradient has been added: that of a
  /// gradient penalty.
  void take(const Tensor<D, P>& loss) {
    primitive::map(Scaled{share_}, loss, value_, std::exchange(write_, Write::accumulate));
  }

 private:
  Tensor<D, P> value_;
  double weight_, share_;
  Write write_;
};

}  // namespace limn::inline v0
