// SPDX-License-Identifier: MIT
// Statistics, affine and normalization: how they are called, and what they are.
#pragma once

#include <optional>

#include "limn/core/primitives/affine.hpp"
#include "limn/core/primitives/normalization.hpp"
#include "reference.hpp"

namespace limn_test {

inline void add_offset(const Case& c, std::vector<double>& x) {
  for (double& v : x) v += c.offset;
}

struct MomentsOp {
  static constexpr std::string_view name = "moments";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{c.x},
            {c.x.per_channel(), Type::parameter, Role::out},
            {c.x.per_channel(), Type::parameter, Role::out}};
  }
  static void prepare(const Case& c, Values& v) { add_offset(c, v[0]); }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    for (Index n = 0; n < c.x.n; ++n) {
      for (Index k = 0; k < c.x.c; ++k) {
        const Moments m = moments_of(view(v, o, 0), n, k);
        view(v, o, 1)(n, k) = m.mean;
        view(v, o, 2)(n, k) = m.m2;
      }
    }
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::moments(t.x(0), t.p(1), t.p(2));
  }
};

inline Shape coefficient_shape(const Case& c) {
  return c.shared ? vector_shape(c.x.c) : c.x.per_channel();
}

struct AffineForwardOp {
  static constexpr std::string_view name = "affine_forward";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    const Shape k = coefficient_shape(c);
    return {{c.x},
            {k, Type::parameter},
            {present(c.extra, k), Type::parameter},
            {present(c.extra, c.x)},
            {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), a = view(v, o, 1), b = view(v, o, 2), r = view(v, o, 3);
    const View y = view(v, o, 4);
    each(c.x, [&](Index n, Index h, Index w, Index k) {
      y(n, h, w, k) = activated(c.activation, a(n, k) * x(n, h, w, k) + b.or_else(n, k, 0)) +
                      (r.absent() ? 0 : r(n, h, w, k));
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::affine_forward(t.x(0), t.p(1), t.p(2), c.activation, t.x(3), t.x(4), write);
  }
};

struct AffineSumsOp {
  static constexpr std::string_view name = "affine_backward_sums";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    const Shape k = coefficient_shape(c);
    return {{c.x},
            {c.x},
            {k, Type::parameter},
            {present(c.extra, k), Type::parameter},
            {c.x.per_channel(), Type::parameter, Role::out},
            {c.x.per_channel(), Type::parameter, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View dy = view(v, o, 0), x = view(v, o, 1), a = view(v, o, 2), b = view(v, o, 3);
    const View s1 = view(v, o, 4), s2 = view(v, o, 5);
    s1.zero();
    s2.zero();
    each(c.x, [&](Index n, Index h, Index w, Index k) {
      const double g =
          dy(n, h, w, k) * slope_at(c.activation, a(n, k) * x(n, h, w, k) + b.or_else(n, k, 0));
      s1(n, 0, 0, k) += g;
      s2(n, 0, 0, k) += g * x(n, h, w, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    primitive::affine_backward_sums(t.x(0), t.x(1), t.p(2), t.p(3), c.activation, t.p(4), t.p(5));
  }
};

struct AffineBackwardOp {
  static constexpr std::string_view name = "affine_backward_data";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    const Shape k = coefficient_shape(c), optional = present(c.extra, k);
    return {{c.x},
            {c.x},
            {k, Type::parameter},
            {k, Type::parameter},
            {optional, Type::parameter},
            {optional, Type::parameter},
            {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View dy = view(v, o, 0), x = view(v, o, 1), a = view(v, o, 2), b = view(v, o, 3);
    const View p = view(v, o, 4), q = view(v, o, 5), dx = view(v, o, 6);
    each(c.x, [&](Index n, Index h, Index w, Index k) {
      const double z = a(n, k) * x(n, h, w, k) + b(n, k);
      dx(n, h, w, k) = a(n, k) * dy(n, h, w, k) * slope_at(c.activation, z) +
                       p.or_else(n, k, 0) * x(n, h, w, k) + q.or_else(n, k, 0);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::affine_backward_data(t.x(0), t.x(1), t.p(2), t.p(3), c.activation, t.p(4), t.p(5),
                                    t.x(6), write);
  }
};

/// A result that takes the place of an operand is what it would be elsewhere, in every mode.
template <class D>
void check_affine_in_place(Index channels) {
  for (const auto& group : Modes<D>::groups()) {
    for (const auto& mode : group.modes) {
      CAPTURE(group.name);
      CAPTURE(mode.name);
      const auto device = mode.open(false);
      const Case c{.primitive = "affine_forward", .x = {2, 7, 9, channels}, .activation = relu};
      const Operands operands = AffineForwardOp::operands(c);
      const Values values = random_values<AffineForwardOp>(c, operands, 1);
      const auto t = make_tensors<float>(*device, operands, values);
      AffineForwardOp::call(c, t, Write::overwrite);
      const auto expected = read(t.x(4));
      primitive::affine_forward(t.x(0), t.p(1), t.p(2), c.activation, t.x(3), t.x(0));
      CHECK(same(read(t.x(0)), expected));

      const Operands back = AffineBackwardOp::operands(c);
      const auto u =
          make_tensors<float>(*device, back, random_values<AffineBackwardOp>(c, back, 2));
      AffineBackwardOp::call(c, u, Write::overwrite);
      const auto gradient = read(u.x(6));
      primitive::affine_backward_data(u.x(0), u.x(1), u.p(2), u.p(3), c.activation, u.p(4), u.p(5),
                                      u.x(0), Write::overwrite);
      CHECK(same(read(u.x(0)), gradient));
    }
  }
}

/// Moments of values around 10^4 with a deviation of 1; `first`: what the first pixel is instead.
template <class D>
void check_far_mean(Index channels, std::optional<double> first = std::nullopt) {
  const Shape shape{1, 64, 64, channels};
  std::vector<double> values;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(shape.size()); ++i)
    values.push_back(widened(1e4F + Philox{3, 4}.normal(i)));
  if (first) values[0] = *first;
  for (const auto& group : Modes<D>::groups()) {
    for (const auto& mode : group.modes) {
      CAPTURE(group.name);
      CAPTURE(mode.name);
      const auto device = mode.open(false);
      const auto x = made<float>(*device, shape, values);
      const Tensor<D, float> mean(*device, shape.per_channel()), m2(*device, shape.per_channel());
      primitive::moments(x, mean, m2);
      for (Index c = 0; c < shape.c; ++c) {
        const Moments m = moments_of({values, shape}, 0, c);
        const auto at = static_cast<std::size_t>(c);
        CHECK(std::abs(read(mean)[at] - m.mean) <= 1e-6 * m.mean);
        CHECK(std::abs(read(m2)[at] - m.m2) <= 1e-6 * m.m2);
      }
    }
  }
}

/// Operands of both: mean, m2, rho, gamma, beta.
inline Operands norm_operands(const Case& c) {
  const Shape s = c.x.per_channel(), shared = vector_shape(c.x.c);
  const Shape style = present(c.extra, c.shared ? shared : s);
  return {{s, Type::parameter},
          {s, Type::parameter},
          {present(c.extra, shared), Type::parameter},
          {style, Type::parameter},
          {style, Type::parameter}};
}
template <class D, Scalar T>
primitive::NormOperands<D, param_t<T>> norm_tensors(const Case& c, const Tensors<D, T>& t) {
  return {t.p(0), t.p(1), c.x.area(), t.p(2), t.p(3), t.p(4)};
}

/// y = gamma (rho (x - mI) rI + (1 - rho) (x - mL) rL) + beta as a x + b, one channel.
struct Coefficients {
  double a, b;
};
inline std::vector<Coefficients> norm_reference(const Case& c, Values& v, const Operands& o) {
  const View mean = view(v, o, 0), m2 = view(v, o, 1), rho = view(v, o, 2);
  const View gamma = view(v, o, 3), beta = view(v, o, 4);
  const double u = c.norm.unbiased ? 1 : 0, area = static_cast<double>(c.x.area());
  const double all = area * static_cast<double>(c.x.c);
  std::vector<Coefficients> result;
  for (Index n = 0; n < c.x.n; ++n) {
    double middle = 0, spread = 0;
    for (Index k = 0; k < c.x.c; ++k) middle += mean(n, 0, 0, k) / static_cast<double>(c.x.c);
    for (Index k = 0; k < c.x.c; ++k)
      spread += m2(n, 0, 0, k) + area * std::pow(mean(n, 0, 0, k) - middle, 2);
    const double layer = 1 / std::sqrt(spread / std::max(all - u, 1.0) + c.norm.epsilon);
    for (Index k = 0; k < c.x.c; ++k) {
      const double own = 1 / std::sqrt(m2(n, 0, 0, k) / std::max(area - u, 1.0) + c.norm.epsilon);
      const double g = gamma.or_else(n, k, 1), r = rho.or_else(n, k, 1);
      result.push_back(
          {g * (r * own + (1 - r) * layer),
           beta.or_else(n, k, 0) - g * (r * own * mean(n, 0, 0, k) + (1 - r) * layer * middle)});
    }
  }
  return result;
}

struct NormOp {
  static constexpr std::string_view name = "norm_coefficients";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    Operands o = norm_operands(c);
    for (int i = 0; i < 2; ++i) o.push_back({c.x.per_channel(), Type::parameter, Role::out});
    return o;
  }
  static void prepare(const Case& c, Values& v) {
    for (double& m2 : v[1])
      m2 = c.x.area() == 1 ? 0 : (m2 * m2 + 0.5) * static_cast<double>(c.x.area());
  }
  static void reference(const Case& c, Values& v) {
    const auto result = norm_reference(c, v, operands(c));
    for (std::size_t i = 0; i < result.size(); ++i) {
      v[5][i] = result[i].a;
      v[6][i] = result[i].b;
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    primitive::norm_coefficients(c.norm, norm_tensors(c, t), t.p(5), t.p(6));
  }
};

}  // namespace limn_test
