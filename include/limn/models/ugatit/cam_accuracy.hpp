// SPDX-License-Identifier: MIT
// How often the attention of the generators is right: each has a classifier that tells pictures
// that are to be translated, 1, from pictures that are to be kept, 0.
#pragma once

#include <cstdint>
#include <vector>

#include "limn/core/backend.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

/// 1 where a logit says yes, or no, else 0.
struct Positive {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A) const {
    return x > A(0) ? A(1) : A(0);
  }
};
struct Negative {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A) const {
    return x < A(0) ? A(1) : A(0);
  }
};

}  // namespace detail

/// Counted on the device, in memory that stays where it is: work that counts may be recorded.
template <Device D, Scalar P>
class CamAccuracy {
 public:
  /// Nothing counted.
  explicit CamAccuracy(D& device) : right_(device, {2, 1, 1, 1}) { forget(); }

  /// A step will be counted, or will not after all.
  void begin() { ++steps_; }
  /// Takes begin() back.
  void withdraw() { --steps_; }

  /// CAM logits of what generator 0 or 1 translates and of what it keeps, of one shape; `share` of
  /// the step's pictures.
  void count(Index generator, const Tensor<D, P>& translated, const Tensor<D, P>& kept,
             double share) {
    const auto right = right_.samples(generator, 1);
    const double each = share / (2 * static_cast<double>(translated.shape().size()));
    primitive::map_reduce(detail::Positive{}, translated, translated, each, right,
                          Write::accumulate);
    primitive::map_reduce(detail::Negative{}, kept, kept, each, right, Write::accumulate);
  }

  /// Of both generators, 0 to 1, over the steps since it was last asked; half of the time by
  /// chance. Waits for the device. Nothing before the first step.
  [[nodiscard]] std::vector<double> take() {
    if (steps_ == 0) return {};
    std::vector<double> shares;
    for (const P right : right_.download())
      shares.push_back(static_cast<double>(right) / static_cast<double>(steps_));
    forget();
    return shares;
  }

 private:
  void forget() {
    primitive::fill(right_, P(0));
    steps_ = 0;
  }

  Tensor<D, P> right_;  ///< shares of right answers, summed over the steps
  std::int64_t steps_ = 0;
};

}  // namespace limn::inline v0::ugatit
