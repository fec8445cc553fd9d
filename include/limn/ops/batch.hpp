// SPDX-License-Identifier: MIT
// join and split along samples (so that several passes through one network run as one batch), and
// joining channels.
//   backward: the parts of dy, or dy joined from its parts.
//   keeps: nothing. NHWC samples are contiguous, so a part of a batch is a view, never a copy.
#pragma once

#include <utility>
#include <vector>

#include "limn/autograd/tape.hpp"

namespace limn::inline v0 {

/// (N1,H,W,C), (N2,H,W,C) -> (N1+N2,H,W,C). Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> join_samples(const Var<D, T>& first, const Var<D, T>& second) {
  const Shape &s1 = first.shape(), &s2 = second.shape();
  primitive::require(s1.h == s2.h && s1.w == s2.w && s1.c == s2.c, "join_samples",
                     "pictures of one batch must have one shape", s1, s2);
  Tape<D>* tape = common_tape("join_samples", first, second);
  const Tensor<D, T> y(first.device(), {s1.n + s2.n, s1.h, s1.w, s1.c});
  primitive::copy(first.value(), y.samples(0, s1.n));
  primitive::copy(second.value(), y.samples(s1.n, s2.n));
  if (!first.wants_gradient() && !second.wants_gradient()) return Var<D, T>(y, tape, false);
  return tape->record(y, [s1, s2, d1 = first.gradient(), d2 = second.gradient()](const auto& dy) {
    const auto pass_on = [](const Gradient<D, T>& gradient, const Tensor<D, T>& part) {
      if (!gradient.wanted()) return;
      const auto target = gradient.target();
      primitive::copy(part, target.tensor, target.write);
    };
    pass_on(d1, dy.samples(0, s1.n));
    pass_on(d2, dy.samples(s1.n, s2.n));
  });
}

/// The first `count` samples and the rest, as views. Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] std::pair<Var<D, T>, Var<D, T>> split_samples(const Var<D, T>& x, Index count) {
  const Shape& s = x.shape();
  const Tensor<D, T> head = x.value().samples(0, count),
                     tail = x.value().samples(count, s.n - count);
  if (!x.wants_gradient())
    return {Var<D, T>(head, x.tape(), false), Var<D, T>(tail, x.tape(), false)};
  // each part adds to its half of dx; the one that arrives first clears the other half
  const auto part = [&](const Tensor<D, T>& value, Index first, Index other, Index others) {
    return x.tape()->record(value, [=, dx = x.gradient()](const auto& dy) {
      const auto target = dx.target();
      primitive::copy(dy, target.tensor.samples(first, dy.shape().n), target.write);
      if (target.write == Write::overwrite)
        primitive::fill(target.tensor.samples(other, others), param_t<T>(0));
    });
  };
  return {part(head, 0, count, s.n - count), part(tail, count, 0, count)};
}

/// (N,H,W,C1), (N,H,W,C2) -> (N,H,W,C1+C2). Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> join_channels(const Var<D, T>& first, const Var<D, T>& second) {
  const Index c1 = first.shape().c, c2 = second.shape().c;
  Tape<D>* tape = common_tape("join_channels", first, second);
  const Tensor<D, T> y(first.device(),
                       {first.shape().n, first.shape().h, first.shape().w, c1 + c2});
  primitive::copy_channels(first.value(), 0, y, 0, c1);
  primitive::copy_channels(second.value(), 0, y, c1, c2);
  if (!first.wants_gradient() && !second.wants_gradient()) return Var<D, T>(y, tape, false);
  return tape->record(y, [c1, c2, d1 = first.gradient(), d2 = second.gradient()](const auto& dy) {
    const auto pass_on = [&dy](const Gradient<D, T>& gradient, Index from, Index count) {
      if (!gradient.wanted()) return;
      const auto target = gradient.target();
      primitive::copy_channels(dy, from, target.tensor, 0, count, target.write);
    };
    pass_on(d1, 0, c1);
    pass_on(d2, c1, c2);
  });
}

}  // namespace limn::inline v0
