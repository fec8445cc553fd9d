// SPDX-License-Identifier: MIT
// Convolution: how its three directions are called, and what they are.
#pragma once

#include "limn/core/primitives/convolution.hpp"
#include "ops_layout.hpp"

namespace limn_test {

inline Shape convolved(const Case& c) { return c.geometry.output(c.x, c.y); }

/// body(n, i, j, o, r, s, h, w, k): output (n,i,j,o) takes weight (o,r,s,k) times x (n,h,w,k). By
/// walking on the upsampled, continued picture.
template <class Body>
void each_tap(const Case& c, const Body& body) {
  const ConvGeometry& g = c.geometry;
  each(convolved(c), [&](Index n, Index i, Index j, Index o) {
    for (Index r = 0; r < g.kernel; ++r) {
      for (Index s = 0; s < g.kernel; ++s) {
        const Index h = walked(g.padding, i * g.stride + r - g.sides.top, c.x.h * g.upsample);
        const Index w = walked(g.padding, j * g.stride + s - g.sides.left, c.x.w * g.upsample);
        if (h < 0 || w < 0) continue;
        for (Index k = 0; k < c.x.c; ++k) body(n, i, j, o, r, s, h / g.upsample, w / g.upsample, k);
      }
    }
  });
}

/// The weights of y = conv(x, w) are scaled so that results are about 1.
inline void shrink(const Case& c, std::vector<double>& w) {
  for (double& v : w) v /= std::sqrt(static_cast<double>(c.y.sample()));
}

/// x, w, bias, y, mean, m2
struct ConvForwardOp {
  static constexpr std::string_view name = "conv_forward";
  static constexpr double bf16_tolerance = 2e-2;
  static bool accumulates(const Case& c) {
    return !c.moments && c.activation == identity_activation;
  }
  static Operands operands(const Case& c) {
    const Shape y = convolved(c), m = present(c.moments, y.per_channel());
    return {{c.x},
            {c.y, Type::parameter},
            {present(c.extra, vector_shape(c.y.n)), Type::parameter},
            {y, Type::activation, Role::out},
            {m, Type::parameter, Role::out},
            {m, Type::parameter, Role::out}};
  }
  static void prepare(const Case& c, Values& v) { shrink(c, v[1]); }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), w = view(v, o, 1), bias = view(v, o, 2), y = view(v, o, 3);
    each(y.shape,
         [&](Index n, Index i, Index j, Index k) { y(n, i, j, k) = bias.or_else(n, k, 0); });
    each_tap(c, [&](Index n, Index i, Index j, Index to, Index r, Index s, Index h, Index l,
                    Index k) { y(n, i, j, to) += w(to, r, s, k) * x(n, h, l, k); });
    for (double& value : v[3]) value = activated(c.activation, value);
    if (!c.moments) return;
    for (Index n = 0; n < y.shape.n; ++n) {
      for (Index k = 0; k < y.shape.c; ++k) {
        const Moments m = moments_of(y, n, k);
        view(v, o, 4)(n, 0, 0, k) = m.mean;
        view(v, o, 5)(n, 0, 0, k) = m.m2;
      }
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    const primitive::ConvEpilogue<D, T> epilogue{t.p(2), c.activation, t.p(4), t.p(5)};
    primitive::conv_forward(c.geometry, t.x(0), t.p(1), epilogue, t.x(3), write);
  }
};

/// dy, w, dx
struct ConvBackwardDataOp {
  static constexpr std::string_view name = "conv_backward_data";
  static constexpr double bf16_tolerance = 2e-2;
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{convolved(c)}, {c.y, Type::parameter}, {c.x, Type::activation, Role::out}};
  }
  static void prepare(const Case& c, Values& v) { shrink(c, v[1]); }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View dy = view(v, o, 0), w = view(v, o, 1), dx = view(v, o, 2);
    dx.zero();
    each_tap(c, [&](Index n, Index i, Index j, Index to, Index r, Index s, Index h, Index l,
                    Index k) { dx(n, h, l, k) += w(to, r, s, k) * dy(n, i, j, to); });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::conv_backward_data(c.geometry, t.x(0), t.p(1), t.x(2), write);
  }
};

/// x, dy, dw
struct ConvBackwardWeightsOp {
  static constexpr std::string_view name = "conv_backward_weights";
  static constexpr double bf16_tolerance = 2e-2;
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x}, {convolved(c)}, {c.y, Type::parameter, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), dy = view(v, o, 1), dw = view(v, o, 2);
    dw.zero();
    each_tap(c, [&](Index n, Index i, Index j, Index to, Index r, Index s, Index h, Index l,
                    Index k) { dw(to, r, s, k) += x(n, h, l, k) * dy(n, i, j, to); });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::conv_backward_weights(c.geometry, t.x(0), t.x(1), t.p(2), write);
  }
};

}  // namespace limn_test
