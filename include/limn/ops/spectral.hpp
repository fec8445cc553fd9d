// SPDX-License-Identifier: MIT
// spectral_convolution: y = activation(W * x / sigma + b), sigma the largest singular value of W as
// a matrix (O, k k I), by one power iteration per pass (Miyato et al., 2018;
// torch.nn.utils.spectral_norm in training: v = W^T u / |.|, u = W v / |.|, sigma = u^T W v).
//   The samples of a batch may belong to several passes, each with its own iteration, in order:
//   real and fake pictures go through a discriminator in one batch and get exactly what two calls
//   would give them. forward: the raw convolution z = W * x, then the affine a = 1/sigma, b.
//   backward: g = dy activation'(a z + b);  db = sum g;  dsigma_i = -sum_{n in pass i} <g_n, z_n> /
//   sigma_i^2 (from the affine's sums);  dW = sum_i G_i / sigma_i + dsigma_i u_i v_i^T;  dx = the
//   transposed convolution of a g. u and v are constants. keeps: x or its recipe, z, 1/sigma, u and
//   v of each pass; y has a recipe.
#pragma once

#include <cmath>
#include <string>

#include "limn/nn/parameter.hpp"
#include "limn/ops/convolution.hpp"

namespace limn::inline v0 {

/// The least length that a power iteration divides by: as torch.nn.functional.normalize, and as
/// tf.nn.l2_normalize, whose 1e-12 is of the square.
inline constexpr double torch_least_length = 1e-12, tensorflow_least_length = 1e-6;

/// Pointwise functors of the power iteration, of the sum of squares.
struct InverseLength {
  double least;  ///< as above
  /// 1 / max(sqrt(squares), least).
  template <class A>
  LIMN_HOST_DEVICE A operator()(A squares) const {
    const A length = std::sqrt(squares), shortest = static_cast<A>(least);
    return A(1) / (length > shortest ? length : shortest);
  }
};
/// 1 / (u . W v) for u = W v / max(|W v|, least): 1 / |W v|, unless that is less.
struct InverseSigma {
  double least;  ///< as above
  /// Of |W v|^2.
  template <class A>
  LIMN_HOST_DEVICE A operator()(A squares) const {
    const A length = std::sqrt(squares), shortest = static_cast<A>(least);
    return length > shortest ? A(1) / length : shortest / squares;
  }
};
/// (1/sigma, s) -> -s / sigma^2
struct SigmaGradient {
  /// -s / sigma^2
  template <class A>
  LIMN_HOST_DEVICE A operator()(A inverse, A s) const {
    return -s * inverse * inverse;
  }
};

/// u and v of each pass, and 1/sigma per sample.
template <Device D, Scalar T>
struct PowerIterations {
  Tensor<D, param_t<T>> u;              ///< (passes, O)
  Tensor<D, param_t<T>> v;              ///< (passes, k k I)
  Tensor<D, param_t<T>> inverse_sigma;  ///< (passes,1,1,1)
};

/// When the power iterations run. A step that sees its batch in several parts runs them for the
/// first part and uses them for all: the weights do not change in between.
enum class PowerIteration {
  run,    ///< now, for this call
  hold,   ///< now, and the layer keeps them for the next calls
  use,    ///< those that are kept
  finish  ///< the same, and lets them go
};

/// Equal parts of a batch, each with a power iteration of its own.
struct Passes {
  Index count = 1;                                 ///< how many the batch is made of
  PowerIteration iteration = PowerIteration::run;  ///< when the power iterations run

  /// n passes.
  constexpr Passes(Index n = 1, PowerIteration i = PowerIteration::run)  // NOLINT: a number will do
      : count(n), iteration(i) {}
};

/// One iteration per pass, starting from and returning to the state parameters u (1,1,1,O) and v
/// (1,k,k,I).
template <Device D, Scalar T>
[[nodiscard]] PowerIterations<D, T> power_iterations(const Parameter<D, T>& weights,
                                                     const Parameter<D, T>& u,
                                                     const Parameter<D, T>& v, Index passes,
                                                     double least = torch_least_length) {
  using P = param_t<T>;
  using primitive::Transpose;
  D& device = weights.value.device();
  const Index rows = weights.shape.n, columns = weights.shape.sample();
  PowerIterations<D, T> r{Tensor<D, P>(device, matrix_shape(passes, rows)),
                          Tensor<D, P>(device, matrix_shape(passes, columns)),
                          Tensor<D, P>(device, matrix_shape(passes, 1))};
  const Tensor<D, P> scale(device, scalar_shape());
  // x / |x|, from the sum of its squares
  const auto normalize = [&](const Tensor<D, P>& squares, const Tensor<D, P>& x) {
    primitive::map(InverseLength{least}, squares, scale);
    scale_by(scale, x, x);
  };
  for (Index i = 0; i < passes; ++i) {
    const auto ui = r.u.samples(i, 1), vi = r.v.samples(i, 1),
               inverse = r.inverse_sigma.samples(i, 1);
    primitive::gemv(Transpose::yes, weights.value,
                    i == 0 ? u.value : r.u.samples(i - 1, 1).reshape(u.shape), vi);
    primitive::sum_squares(vi, scale);
    normalize(scale, vi);
    primitive::gemv(Transpose::no, weights.value, vi, ui);
    // u = Wv / |Wv|, so sigma = u^T W v = |Wv|
    primitive::sum_squares(ui, inverse);
    normalize(inverse, ui);
    primitive::map(InverseSigma{least}, inverse, inverse);
  }
  primitive::copy(r.u.samples(passes - 1, 1), u.value);
  primitive::copy(r.v.samples(passes - 1, 1), v.value);
  return r;
}

/// As `passes` says, from and to what the layer holds. Throws ShapeError where it holds none, or
/// those of another number of passes.
template <Device D, Scalar T>
[[nodiscard]] PowerIterations<D, T> power_iterations(const Parameter<D, T>& weights,
                                                     const Parameter<D, T>& u,
                                                     const Parameter<D, T>& v, const Passes& passes,
                                                     PowerIterations<D, T>& held,
                                                     double least = torch_least_length) {
  const auto how = passes.iteration;
  PowerIterations<D, T> r;
  if (how == PowerIteration::run || how == PowerIteration::hold)
    r = power_iterations<D, T>(weights, u, v, passes.count, least);
  else if (held.u.defined() && held.u.shape().n == passes.count)
    r = held;
  else
    throw ShapeError("[" + weights.name + "] holds no power iterations of " +
                     std::to_string(passes.count) + " passes");
  held = how == PowerIteration::hold || how == PowerIteration::use ? r : PowerIterations<D, T>();
  return r;
}

/// x (N,H,W,I) with N a multiple of the passes, weights (O,k,k,I), bias (1,1,1,O) or null. `next`
/// as in normalize. Throws ShapeError.
template <Device D, Scalar U, Scalar T>
requires ActivationOf<U, T>
[[nodiscard]] Var<D, U> spectral_convolution(const Var<D, U>& x, Parameter<D, T>& weights,
                                             Parameter<D, T>& u, Parameter<D, T>& v,
                                             PowerIterations<D, T>& held, Parameter<D, T>* bias,
                                             const ConvGeometry& geometry, Activation activation,
                                             const Passes& how, const Border& next = {},
                                             double least = torch_least_length) {
  using P = param_t<T>;
  using primitive::Transpose;
  D& device = x.device();
  const Index passes = how.count;
  if (passes < 1 || x.shape().n % passes != 0)
    throw ShapeError("[" + weights.name + "] a batch of " + std::to_string(x.shape().n) +
                     " does not divide into " + std::to_string(passes) + " passes: x " +
                     to_string(x.shape()));
  weights.require_device_of(x);
  const Shape out = geometry.output(x.shape(), weights.shape, weights.name.c_str());
  const Index per_pass = out.n / passes;
  const auto iterations = power_iterations<D, T>(weights, u, v, how, held, least);
  const Tensor<D, P> a(device, out.per_channel());
  primitive::fill(a, P(1));
  for (Index i = 0; i < passes; ++i) {
    const auto part = a.samples(i * per_pass, per_pass);
    scale_by(iterations.inverse_sigma.samples(i, 1), part, part);
  }
  const Tensor<D, U> z(device, out);
  const Bordered<D, U> y(device, out, primitive::border_for<D, U>(next, out));
  const Tensor<D, P> b = bias ? bias->value : Tensor<D, P>();
  const ConvolutionInput<D, U> seen(geometry, x);
  primitive::conv_forward<D, U>(seen.geometry, seen.x, weights.value, {}, z);
  primitive::affine_forward_bordered<D, U>(z, a, b, activation, {}, y);

  const bool learn_weights = weights.trainable(), learn_bias = bias && bias->trainable();
  if (!x.tape() || !(x.wants_gradient() || learn_weights || learn_bias))
    return Var<D, U>(y, x.tape(), false);
  const Stash<D, U> raw(z, x.tape()->stash_format());
  auto result = x.tape()->record(
      y,
      [=, input = learn_weights ? x.kept() : Kept<D, U>(), dx = x.gradient(),
       w = &weights](const auto& dy) {
        const auto kept_z = raw.tensor();
        if (learn_weights || learn_bias) {
          const Tensor<D, P> s1(dy.device(), out.per_channel()), s2(dy.device(), out.per_channel());
          primitive::affine_backward_sums(dy, kept_z, a, b, activation, s1, s2);
          if (learn_bias)
            primitive::reduce(primitive::all_but_channels, s1, bias->gradient, Write::accumulate);
          if (learn_weights) {
            const Tensor<D, P> dsigma(dy.device(), scalar_shape()),
                scaled_u(dy.device(), iterations.u.shape());
            for (Index i = 0; i < passes; ++i) {
              primitive::reduce(primitive::all_axes, s2.samples(i * per_pass, per_pass), dsigma);
              primitive::map2(SigmaGradient{}, iterations.inverse_sigma.samples(i, 1), dsigma,
                              dsigma);
              scale_by(dsigma, iterations.u.samples(i, 1), scaled_u.samples(i, 1));
            }
            primitive::gemm(Transpose::yes, Transpose::no, scaled_u, iterations.v, w->gradient,
                            Write::accumulate);
          }
        }
        primitive::affine_backward_data(dy, kept_z, a, b, activation, {}, {}, dy,
                                        Write::overwrite);  // dy becomes dz
        convolution_backward(geometry, dy, input, learn_weights, *w, dx);
      },
      weights.name);
  result.set_kept(Kept<D, U>(raw, a, b, activation));
  return result;
}

}  // namespace limn::inline v0
