// SPDX-License-Identifier: MIT
// Group "normalization" on a GPU: one block per sample; gradients that samples share are summed
// over them by a second kernel. Small tensors, so everything is in double. The formulas are derived
// in limn/cpu/normalization.hpp.
#pragma once

#include <cmath>

#include "limn/core/primitives/normalization.hpp"
#include "limn/cuda/block.hpp"

namespace limn::inline v0::gpu {

/// What normalization is given, for all samples. rho, gamma and beta may be null: 1, 1, 0.
template <class P>
struct NormInput {
  int channels, area;
  double epsilon, u;  ///< u: 1 for unbiased variances
  const P *mean, *m2, *rho, *gamma, *beta;
  Index gamma_stride, beta_stride;  ///< from sample to sample

  struct Statistics {
    double mean, r, spread;  ///< r = 1 / sqrt(var + epsilon); spread = count - u
  };
  /// rho and gamma of a channel.
  struct Style {
    double rho, gamma;
  };

  /// A variance of one value is 0, unbiased or not.
  [[nodiscard]] LIMN_HOST_DEVICE Statistics statistics(double m, double second,
                                                       double count) const {
    const double spread = count - u > 0 ? count - u : 1.0;
    return {m, 1 / std::sqrt(second / spread + epsilon), spread};
  }
  [[nodiscard]] LIMN_HOST_DEVICE Statistics instance(Index n, int c) const {
    const Index at = n * channels + c;
    return statistics(static_cast<double>(mean[at]), static_cast<double>(m2[at]),
                      static_cast<double>(area));
  }
  [[nodiscard]] LIMN_HOST_DEVICE Style style(Index n, int c) const {
    return {rho == nullptr ? 1.0 : static_cast<double>(rho[c]),
            gamma == nullptr ? 1.0 : static_cast<double>(gamma[n * gamma_stride + c])};
  }
  [[nodiscard]] LIMN_HOST_DEVICE double shift(Index n, int c) const {
    return beta == nullptr ? 0.0 : static_cast<double>(beta[n * beta_stride + c]);
  }

  /// Of the whole sample, by Chan's formula; not needed (and zero) without rho. Phases of a block.
  template <int threads, class Block>
  [[nodiscard]] LIMN_HOST_DEVICE Statistics layer(Block& block, Index n) const {
    if (rho == nullptr) return {0, 0, 1};
    const P *means = mean + n * channels, *seconds = m2 + n * channels;
    typename Block::template Registers<double> sum;
    block.each([&](int thread) {
      double s = 0;
      for (int c = thread; c < channels; c += threads) s += static_cast<double>(means[c]);
      sum(thread) = s;
    });
    const double count = static_cast<double>(area), all = static_cast<double>(channels);
    const double middle = block.sum(sum) / all;
    block.each([&](int thread) {
      double s = 0;
      for (int c = thread; c < channels; c += threads) {
        const double d = static_cast<double>(means[c]) - middle;
        s += static_cast<double>(seconds[c]) + count * d * d;
      }
      sum(thread) = s;
    });
    return statistics(middle, block.sum(sum), count * all);
  }
};

/// a, b of one sample per block.
template <class P>
struct NormForward {
  static constexpr int threads = 256;

  NormInput<P> in;
  P *a, *b;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const Index n = block.x();
    const auto whole = in.template layer<threads>(block, n);
    block.each([&](int thread) {
      for (int c = thread; c < in.channels; c += threads) {
        const auto own = in.instance(n, c);
        const auto style = in.style(n, c);
        const double i = style.gamma * style.rho * own.r;
        const double l = style.gamma * (1 - style.rho) * whole.r;
        a[n * in.channels + c] = static_cast<P>(i + l);
        b[n * in.channels + c] = static_cast<P>(in.shift(n, c) - i * own.mean - l * whole.mean);
      }
    });
  }
};

/// The gradient of a parameter; to: null if it is not wanted.
template <class P>
struct NormGradient {
  P* to;
  Index stride;  ///< from sample to sample; 0: all share it
  bool accumulate;

  LIMN_HOST_DEVICE void put(Index n, int c, double value) const {
    P* at = to + n * stride + c;
    *at = static_cast<P>(accumulate ? static_cast<double>(*at) + value : value);
  }
};

/// One sample's share in the gradients of one channel's parameters.
struct NormShare {
  double rho, gamma, beta;
};
template <class P>
[[nodiscard]] LIMN_HOST_DEVICE NormShare norm_share(const NormInput<P>& in,
                                                    const typename NormInput<P>::Statistics& whole,
                                                    Index n, int c, const P* s1, const P* s2) {
  const auto own = in.instance(n, c);
  const auto style = in.style(n, c);
  const auto t1 = static_cast<double>(s1[n * in.channels + c]);
  const auto t2 = static_cast<double>(s2[n * in.channels + c]);
  const double i = own.r * (t2 - t1 * own.mean), l = whole.r * (t2 - t1 * whole.mean);
  return {style.gamma * (i - l), style.rho * i + (1 - style.rho) * l, t1};
}

/// p, q, and the gradients that belong to one sample; one sample per block.
template <class P>
struct NormBackward {
  static constexpr int threads = 256;

  NormInput<P> in;
  const P *s1, *s2;
  P *p, *q;
  NormGradient<P> rho, gamma, beta;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const Index n = block.x(), at = n * in.channels;
    const auto whole = in.template layer<threads>(block, n);
    const double count = static_cast<double>(in.area);
    double d_mean = 0, d_r = 0;
    if (in.rho != nullptr) {
      typename Block::template Registers<double> mean_sum, r_sum;
      block.each([&](int thread) {
        double m = 0, r = 0;
        for (int c = thread; c < in.channels; c += threads) {
          const auto style = in.style(n, c);
          const double k = style.gamma * (1 - style.rho), t1 = static_cast<double>(s1[at + c]);
          r += k * (static_cast<double>(s2[at + c]) - t1 * whole.mean);
          m -= k * t1 * whole.r;
        }
        mean_sum(thread) = m;
        r_sum(thread) = r;
      });
      d_mean = block.sum(mean_sum);
      d_r = block.sum(r_sum);
    }
    // 2 d var / spread
    const double layer_p = -d_r * whole.r * whole.r * whole.r / whole.spread;
    const double layer_q =
        d_mean / (count * static_cast<double>(in.channels)) - layer_p * whole.mean;
    block.each([&](int thread) {
      for (int c = thread; c < in.channels; c += threads) {
        const auto own = in.instance(n, c);
        const auto style = in.style(n, c);
        const double k = style.gamma * style.rho, t1 = static_cast<double>(s1[at + c]);
        const double own_p = -k * (static_cast<double>(s2[at + c]) - t1 * own.mean) * own.r *
                             own.r * own.r / own.spread;
        p[at + c] = static_cast<P>(own_p + layer_p);
        q[at + c] = static_cast<P>(layer_q - k * own.r * t1 / count - own_p * own.mean);
        const NormShare share = norm_share(in, whole, n, c, s1, s2);
        if (rho.to != nullptr) rho.put(n, c, share.rho);
        if (gamma.to != nullptr) gamma.put(n, c, share.gamma);
        if (beta.to != nullptr) beta.put(n, c, share.beta);
      }
    });
  }
};

/// The gradients that all samples share: a block sums its channels over the samples, in order.
template <class P>
struct NormSharedGradients {
  static constexpr int threads = 256;

  NormInput<P> in;
  Index samples;
  const P *s1, *s2;
  NormGradient<P> rho, gamma, beta;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    typename Block::template Registers<NormShare> sum;
    for (Index n = 0; n < samples; ++n) {
      const auto whole = in.template layer<threads>(block, n);
      block.each([&](int thread) {
        const int c = static_cast<int>(block.x()) * threads + thread;
        if (c >= in.channels) return;
        const NormShare share = norm_share(in, whole, n, c, s1, s2);
        NormShare& total = sum(thread);
        total.rho += share.rho;
        total.gamma += share.gamma;
        total.beta += share.beta;
      });
    }
    block.each([&](int thread) {
      const int c = static_cast<int>(block.x()) * threads + thread;
      if (c >= in.channels) return;
      if (rho.to != nullptr) rho.put(0, c, sum(thread).rho);
      if (gamma.to != nullptr) gamma.put(0, c, sum(thread).gamma);
      if (beta.to != nullptr) beta.put(0, c, sum(thread).beta);
    });
  }
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar P>
struct Normalization<D, P> {
  using Coefficients = Tensor<D, P>;

  static void forward(D& device, const NormSpec& spec, const NormOperands<D, P>& operands,
                      const Coefficients& a, const Coefficients& b) {
    gpu::launch(device, {a.shape().n},
                gpu::NormForward<P>{input(spec, operands), a.data(), b.data()});
  }

  static void backward(D& device, const NormSpec& spec, const NormOperands<D, P>& operands,
                       const Coefficients& s1, const Coefficients& s2, const Coefficients& p,
                       const Coefficients& q, const NormGradients<D, P>& gradients) {
    const Index samples = p.shape().n, channels = p.shape().c;
    const auto in = input(spec, operands);
    const auto rho = split(gradients.rho, gradients.rho_write, samples);
    const auto gamma = split(gradients.gamma, gradients.gamma_write, samples);
    const auto beta = split(gradients.beta, gradients.beta_write, samples);
    gpu::launch(device, {samples},
                gpu::NormBackward<P>{in, s1.data(), s2.data(), p.data(), q.data(), rho.own,
                                     gamma.own, beta.own});
    if (rho.shared.to == nullptr && gamma.shared.to == nullptr && beta.shared.to == nullptr) return;
    using Kernel = gpu::NormSharedGradients<P>;
    gpu::launch(device, {gpu::blocks_of(channels, Kernel::threads)},
                Kernel{in, samples, s1.data(), s2.data(), rho.shared, gamma.shared, beta.shared});
  }

 private:
  static Index stride(const Coefficients& t) {
    return t.defined() && t.shape().n > 1 ? t.shape().c : 0;
  }
  static gpu::NormInput<P> input(const NormSpec& spec, const NormOperands<D, P>& o) {
    return {static_cast<int>(o.mean.shape().c),
            static_cast<int>(o.area),
            spec.epsilon,
            spec.unbiased ? 1.0 : 0.0,
            o.mean.data(),
            o.m2.data(),
            o.rho.data_or_null(),
            o.gamma.data_or_null(),
            o.beta.data_or_null(),
            stride(o.gamma),
            stride(o.beta)};
  }
  struct Split {
    gpu::NormGradient<P> own{nullptr, 0, false}, shared{nullptr, 0, false};
  };
  static Split split(const Coefficients& t, Write write, Index samples) {
    Split result;
    const gpu::NormGradient<P> gradient{t.data_or_null(), stride(t), write == Write::accumulate};
    (t.defined() && t.shape().n < samples ? result.shared : result.own) = gradient;
    return result;
  }
};

}  // namespace limn::inline v0::primitive
