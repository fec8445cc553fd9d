// SPDX-License-Identifier: MIT
// The backward of normalization. Its reference does not repeat the kernel's derivation: it
// differentiates the definition y = gamma (rho (x - mI) rI + (1 - rho) (x - mL) rL) + beta by
// complex steps, on a picture that has the given moments and sums.
#pragma once

#include <complex>

#include "ops_affine.hpp"

namespace limn_test {

struct NormBackwardOp {
  static constexpr std::string_view name = "norm_coefficients_backward";
  // mean, m2, rho, gamma, beta, s1, s2, p, q, d rho, d gamma, d beta
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    Operands o = norm_operands(c);
    const Shape s = c.x.per_channel();
    for (const Role role : {Role::in, Role::in, Role::out, Role::out})
      o.push_back({s, Type::parameter, role});
    for (std::size_t k = 2; k < 5; ++k) o.push_back({o[k].shape, Type::parameter, Role::in_out});
    return o;
  }
  static void prepare(const Case& c, Values& v) { NormOp::prepare(c, v); }

  using Complex = std::complex<double>;

  // sum over channels of s2 a + s1 b: the loss, to first order in a and b, as a function of the
  // moments and parameters of sample n
  static Complex loss(const Case& c, Values& v, Index n, const std::vector<Complex>& mean,
                      const std::vector<Complex>& m2, const std::vector<Complex>& rho,
                      const std::vector<Complex>& gamma, const std::vector<Complex>& beta) {
    const Operands o = operands(c);
    const double u = c.norm.unbiased ? 1 : 0, area = static_cast<double>(c.x.area());
    const double channels = static_cast<double>(c.x.c);
    Complex middle = 0, spread = 0, total = 0;
    for (const Complex& m : mean) middle += m / channels;
    for (std::size_t k = 0; k < mean.size(); ++k)
      spread += m2[k] + area * (mean[k] - middle) * (mean[k] - middle);
    const Complex layer =
        1.0 / std::sqrt(spread / std::max(area * channels - u, 1.0) + c.norm.epsilon);
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const Complex own = 1.0 / std::sqrt(m2[k] / std::max(area - u, 1.0) + c.norm.epsilon);
      const Complex a = gamma[k] * (rho[k] * own + (1.0 - rho[k]) * layer);
      const Complex b =
          beta[k] - gamma[k] * (rho[k] * own * mean[k] + (1.0 - rho[k]) * layer * middle);
      const auto i = static_cast<Index>(k);
      total += view(v, o, 6)(n, 0, 0, i) * a + view(v, o, 5)(n, 0, 0, i) * b;
    }
    return total;
  }

  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const double h = 1e-100, area = static_cast<double>(c.x.area());
    for (Index n = 0; n < c.x.n; ++n) {
      std::vector<std::vector<Complex>> inputs(5);
      for (std::size_t k = 0; k < 5; ++k)
        for (Index i = 0; i < c.x.c; ++i)
          inputs[k].push_back(k < 2 ? view(v, o, k)(n, 0, 0, i)
                                    : view(v, o, k).or_else(n, i, k == 4 ? 0 : 1));
      for (Index i = 0; i < c.x.c; ++i) {
        double d[5];
        for (std::size_t k = 0; k < 5; ++k) {
          Complex& input = inputs[k][static_cast<std::size_t>(i)];
          input += Complex(0, h);
          d[k] = loss(c, v, n, inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]).imag() / h;
          input -= Complex(0, h);
        }
        // d mean / d x = 1 / area, d m2 / d x = 2 (x - mean)
        view(v, o, 7)(n, 0, 0, i) = 2 * d[1];
        view(v, o, 8)(n, 0, 0, i) = d[0] / area - 2 * d[1] * view(v, o, 0)(n, 0, 0, i);
        for (std::size_t k = 2; k < 5; ++k)
          if (!view(v, o, k).absent()) view(v, o, k + 7)(n, i) += d[k];
      }
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    const primitive::NormGradients<D, param_t<T>> gradients{t.p(9), t.p(10), t.p(11)};
    primitive::norm_coefficients_backward(c.norm, norm_tensors(c, t), t.p(5), t.p(6), t.p(7),
                                          t.p(8), gradients);
  }
};

}  // namespace limn_test
