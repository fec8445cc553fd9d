// SPDX-License-Identifier: MIT
// Group "normalization": from moments to the affine that normalizes, and back. The rules are plain
// functions over the channels of one sample, in double.
//
// Backward, with s1 = sum g, s2 = sum g x, a = gamma (rho rI + (1 - rho) rL) and
// b = beta - gamma (rho rI mI + (1 - rho) rL mL), I the instance's, L the layer's mean and
// r = 1 / sqrt(var + epsilon):
//   d gamma = rho rI (s2 - s1 mI) + (1 - rho) rL (s2 - s1 mL),     d beta = s1
//   d rho   = gamma (rI (s2 - s1 mI) - rL (s2 - s1 mL))
//   d rI = gamma rho (s2 - s1 mI),        d mI = -gamma rho rI s1
//   d rL = sum over c of gamma (1 - rho) (s2 - s1 mL),  d mL = -rL sum over c of gamma (1 - rho) s1
//   d var = -r^3 d r / 2,  d var / d x = 2 (x - m) / (count - u),  d m / d x = 1 / count
#pragma once

#include <cmath>

#include "limn/core/primitives/normalization.hpp"
#include "limn/cpu/device.hpp"

namespace limn::inline v0::cpu {

/// One sample's channels. rho, gamma and beta may be null: 1, 1, 0. A variance of one value is 0,
/// unbiased or not.
template <class P>
struct NormSample {
  Index channels, area;
  double epsilon, u;  ///< u: 1 for unbiased variances
  const P *mean, *m2, *rho, *gamma, *beta;

  struct Statistics {
    double mean, r, spread;  ///< r = 1 / sqrt(var + epsilon); spread = count - u
  };

  [[nodiscard]] Statistics statistics(double m, double second, double count) const {
    const double spread = count - u > 0 ? count - u : 1.0;
    return {m, 1 / std::sqrt(second / spread + epsilon), spread};
  }
  [[nodiscard]] Statistics instance(Index c) const {
    return statistics(static_cast<double>(mean[c]), static_cast<double>(m2[c]),
                      static_cast<double>(area));
  }
  /// Of the whole sample, by Chan's formula; not needed (and zero) without rho.
  [[nodiscard]] Statistics layer() const {
    if (rho == nullptr) return {0, 0, 1};
    const double n = static_cast<double>(area);
    double middle = 0, second = 0;
    for (Index c = 0; c < channels; ++c) middle += static_cast<double>(mean[c]);
    middle /= static_cast<double>(channels);
    for (Index c = 0; c < channels; ++c) {
      const double d = static_cast<double>(mean[c]) - middle;
      second += static_cast<double>(m2[c]) + n * d * d;
    }
    return statistics(middle, second, n * static_cast<double>(channels));
  }
  [[nodiscard]] double mix(Index c) const { return at(rho, c, 1); }
  [[nodiscard]] double scale(Index c) const { return at(gamma, c, 1); }

  void forward(P* a, P* b) const {
    const Statistics whole = layer();
    for (Index c = 0; c < channels; ++c) {
      const Statistics own = instance(c);
      const double i = scale(c) * mix(c) * own.r, l = scale(c) * (1 - mix(c)) * whole.r;
      a[c] = static_cast<P>(i + l);
      b[c] = static_cast<P>(at(beta, c, 0) - i * own.mean - l * whole.mean);
    }
  }

  void backward(const P* s1, const P* s2, P* p, P* q) const {
    const Statistics whole = layer();
    const double n = static_cast<double>(area), all = n * static_cast<double>(channels);
    double d_mean = 0, d_r = 0;
    if (rho != nullptr) {
      for (Index c = 0; c < channels; ++c) {
        const double k = scale(c) * (1 - mix(c)), t1 = static_cast<double>(s1[c]);
        d_r += k * (static_cast<double>(s2[c]) - t1 * whole.mean);
        d_mean -= k * t1 * whole.r;
      }
    }
    const double layer_p = -d_r * cube(whole.r) / whole.spread;  // 2 d var / spread
    const double layer_q = d_mean / all - layer_p * whole.mean;
    for (Index c = 0; c < channels; ++c) {
      const Statistics own = instance(c);
      const double k = scale(c) * mix(c), t1 = static_cast<double>(s1[c]);
      const double own_p =
          -k * (static_cast<double>(s2[c]) - t1 * own.mean) * cube(own.r) / own.spread;
      p[c] = static_cast<P>(own_p + layer_p);
      q[c] = static_cast<P>(layer_q - k * own.r * t1 / n - own_p * own.mean);
    }
  }

  /// Gradients of the parameters; null ones are not wanted.
  void parameters(const P* s1, const P* s2, P* d_rho, bool add_rho, P* d_gamma, bool add_gamma,
                  P* d_beta, bool add_beta) const {
    const Statistics whole = layer();
    for (Index c = 0; c < channels; ++c) {
      const Statistics own = instance(c);
      const double t1 = static_cast<double>(s1[c]), t2 = static_cast<double>(s2[c]);
      const double i = own.r * (t2 - t1 * own.mean), l = whole.r * (t2 - t1 * whole.mean);
      put(d_rho, c, scale(c) * (i - l), add_rho);
      put(d_gamma, c, mix(c) * i + (1 - mix(c)) * l, add_gamma);
      put(d_beta, c, t1, add_beta);
    }
  }

 private:
  static double cube(double r) { return r * r * r; }
  static double at(const P* values, Index c, double missing) {
    return values == nullptr ? missing : static_cast<double>(values[c]);
  }
  static void put(P* to, Index c, double value, bool add) {
    if (to != nullptr) to[c] = static_cast<P>(add ? static_cast<double>(to[c]) + value : value);
  }
};

}  // namespace limn::inline v0::cpu

namespace limn::inline v0::primitive {

template <Scalar P>
struct Normalization<Cpu, P> {
  using Coefficients = Tensor<Cpu, P>;

  static void forward(Cpu&, const NormSpec& spec, const NormOperands<Cpu, P>& operands,
                      const Coefficients& a, const Coefficients& b) {
    const Shape& s = a.shape();
    for (Index n = 0; n < s.n; ++n)
      sample(spec, operands, n).forward(a.data() + n * s.c, b.data() + n * s.c);
  }

  static void backward(Cpu&, const NormSpec& spec, const NormOperands<Cpu, P>& operands,
                       const Coefficients& s1, const Coefficients& s2, const Coefficients& p,
                       const Coefficients& q, const NormGradients<Cpu, P>& gradients) {
    const Shape& s = p.shape();
    for (Index n = 0; n < s.n; ++n) {
      const Index at = n * s.c;
      const auto rule = sample(spec, operands, n);
      rule.backward(s1.data() + at, s2.data() + at, p.data() + at, q.data() + at);
      rule.parameters(s1.data() + at, s2.data() + at, row(gradients.rho, n),
                      adds(gradients.rho, gradients.rho_write, n), row(gradients.gamma, n),
                      adds(gradients.gamma, gradients.gamma_write, n), row(gradients.beta, n),
                      adds(gradients.beta, gradients.beta_write, n));
    }
  }

 private:
  static P* row(const Coefficients& t, Index n) {
    return t.defined() ? t.data() + (t.shape().n == 1 ? 0 : n * t.shape().c) : nullptr;
  }
  // what all samples share is summed over them
  static bool adds(const Coefficients& t, Write write, Index n) {
    return write == Write::accumulate || (n > 0 && t.defined() && t.shape().n == 1);
  }
  static cpu::NormSample<P> sample(const NormSpec& spec, const NormOperands<Cpu, P>& o, Index n) {
    return {o.mean.shape().c, o.area,       spec.epsilon,  spec.unbiased ? 1.0 : 0.0,
            row(o.mean, n),   row(o.m2, n), row(o.rho, n), row(o.gamma, n),
            row(o.beta, n)};
  }
};

}  // namespace limn::inline v0::primitive
