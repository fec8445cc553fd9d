// SPDX-License-Identifier: MIT
// Convolution in double, for gradient checks and golden runs: blocks of patches written out, and
// Eigen's products. Independent of the float kernels on purpose.
#pragma once

#include <algorithm>

#include "limn/core/activation.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/double_product.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

class DoublePlan {
 public:
  DoublePlan(const ConvGeometry& g, const Shape& x, const Shape& w, int threads, Arena& arena)
      : g_(g), x_(x), w_(w), y_(g.output(x, w)) {
    for (int i = 0; i < threads; ++i) {
      double* p = arena.take<double>(block * w.sample());
      if (i == 0) patches_ = p;
    }
    for (int i = 0; i < threads; ++i) {
      double* p = arena.take<double>(block * w.n);
      if (i == 0) results_ = p;
    }
    stride_ = (block * w.sample() * 8 + 63) / 64 * 8;
    result_stride_ = (block * w.n * 8 + 63) / 64 * 8;
  }

  /// As conv_forward. Args is ConvForward<double>.
  template <class Args>
  void forward(ThreadPool& pool, const Args& a) const {
    const Index blocks = (y_.area() + block - 1) / block;
    pool.run(y_.n * blocks, [&](Index chunk, int worker) {
      const Index n = chunk / blocks, m0 = chunk % blocks * block;
      const Index count = std::min<Index>(block, y_.area() - m0);
      double* p = patches_ + worker * stride_;
      gather(a.x, n, m0, count, p);
      DoubleView result = double_view(results_ + worker * result_stride_, count, w_.n, w_.n);
      result.setZero();
      add_product_transposed(result, view(p, count, w_.sample()),
                             view(a.weights, w_.n, w_.sample()));
      double* y = a.y + (n * y_.area() + m0) * y_.c;
      for (Index q = 0; q < count; ++q)
        for (Index o = 0; o < w_.n; ++o) {
          double v = result(q, o) + (a.bias == nullptr ? 0.0 : a.bias[o]);
          double& to = y[q * y_.c + o];
          to = a.accumulate ? to + v : v;
        }
    });
    if (a.mean != nullptr) moments(pool, a);
    if (a.activation.kind != Activation::Kind::none)
      pool.run(y_.n, [&](Index n, int) {
        for (double* y = a.y + n * y_.sample(); y < a.y + (n + 1) * y_.sample(); ++y)
          *y = a.activation(*y);
      });
  }

  /// As conv_backward_data. Args is ConvBackwardData<double>.
  template <class Args>
  void backward_data(ThreadPool& pool, const Args& a) const {
    pool.run(x_.n, [&](Index n, int worker) {
      double* dx = a.dx + n * x_.sample();
      if (!a.accumulate) std::fill_n(dx, x_.sample(), 0.0);
      for (Index m0 = 0; m0 < y_.area(); m0 += block) {
        const Index count = std::min<Index>(block, y_.area() - m0);
        double* p = patches_ + worker * stride_;
        DoubleView result = double_view(p, count, w_.sample(), w_.sample());
        result.setZero();
        add_product(result, view(a.dy + (n * y_.area() + m0) * y_.c, count, w_.n),
                    view(a.weights, w_.n, w_.sample()));
        for (Index q = 0; q < count; ++q)
          for (Index r = 0; r < g_.kernel; ++r)
            for (Index s = 0; s < g_.kernel; ++s, p += x_.c) {
              const Index at = source(m0 + q, r, s);
              if (at >= 0)
                for (Index c = 0; c < x_.c; ++c) dx[at + c] += p[c];
            }
      }
    });
  }

  /// As conv_backward_weights. Args is ConvBackwardWeights<double>.
  template <class Args>
  void backward_weights(ThreadPool& pool, const Args& a) const {
    const Index kk = g_.kernel * g_.kernel;
    pool.run(kk, [&](Index tap, int worker) {
      double* p = patches_ + worker * stride_;
      DoubleView dw = double_view(a.dw + tap * x_.c, w_.n, x_.c, w_.sample());
      if (!a.accumulate) dw.setZero();
      for (Index n = 0; n < y_.n; ++n)
        for (Index m0 = 0; m0 < y_.area(); m0 += block) {
          const Index count = std::min<Index>(block, y_.area() - m0);
          for (Index q = 0; q < count; ++q)
            copy(a.x + n * x_.sample(), source(m0 + q, tap / g_.kernel, tap % g_.kernel),
                 p + q * x_.c);
          add_transposed_product(dw, view(a.dy + (n * y_.area() + m0) * y_.c, count, w_.n),
                                 view(p, count, x_.c));
        }
    });
  }

 private:
  static constexpr Index block = 64;

  [[nodiscard]] static ConstDoubleView view(const double* p, Index rows, Index columns) {
    return double_view(p, rows, columns, columns);
  }
  [[nodiscard]] Index source(Index m, Index r, Index s) const {
    const Index i = g_.source(m / y_.w * g_.stride + r, g_.sides.top, x_.h);
    const Index j = g_.source(m % y_.w * g_.stride + s, g_.sides.left, x_.w);
    return i < 0 || j < 0 ? -1 : (i * x_.w + j) * x_.c;
  }
  void copy(const double* x, Index at, double* to) const {
    if (at < 0)
      std::fill_n(to, x_.c, 0.0);
    else
      std::copy_n(x + at, x_.c, to);
  }
  void gather(const double* x, Index n, Index m0, Index count, double* to) const {
    for (Index q = 0; q < count; ++q)
      for (Index r = 0; r < g_.kernel; ++r)
        for (Index s = 0; s < g_.kernel; ++s, to += x_.c)
          copy(x + n * x_.sample(), source(m0 + q, r, s), to);
  }
  template <class Args>
  void moments(ThreadPool& pool, const Args& a) const {
    pool.run(y_.n, [&](Index n, int) {
      for (Index o = 0; o < y_.c; ++o) {
        const double* y = a.y + n * y_.sample() + o;
        double mean = 0, m2 = 0;
        for (Index q = 0; q < y_.area(); ++q) mean += y[q * y_.c];
        mean /= static_cast<double>(y_.area());
        for (Index q = 0; q < y_.area(); ++q) m2 += (y[q * y_.c] - mean) * (y[q * y_.c] - mean);
        a.mean[n * y_.c + o] = mean;
        a.m2[n * y_.c + o] = m2;
      }
    });
  }

  ConvGeometry g_;
  Shape x_, w_, y_;
  double* patches_ = nullptr;
  double* results_ = nullptr;
  Index stride_ = 0, result_stride_ = 0;
};

}  // namespace limn::inline v0::cpu::detail
