// SPDX-License-Identifier: MIT
// The three directions of the convolution on every instruction set against the definition.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "conv_reference.hpp"
#include "limn/cpu/conv_backward_data.hpp"
#include "limn/cpu/conv_backward_weights.hpp"
#include "limn/cpu/conv_forward.hpp"
#include "limn/cpu/cpu.hpp"  // with which kernels are those of limn::kernels
#include "tested_levels.hpp"

namespace {

using namespace limn;
using reference::Workspace;

struct Case {
  ConvGeometry g;
  Shape x;
  Index out;
};

ConvGeometry geometry(Index kernel, Index stride, Padding padding, Sides sides,
                      Index upsample = 1) {
  return {kernel, stride, padding, sides, upsample};
}

const std::vector<Case> cases{
    {reflect_conv(3, 1, 1), {1, 6, 7, 16}, 16},
    {reflect_conv(3, 1, 1), {2, 5, 5, 64}, 64},
    {reflect_conv(3, 1, 1), {1, 13, 11, 33}, 70},
    {reflect_conv(3, 1, 1), {1, 11, 12, 64}, 8},
    {reflect_conv(7, 1, 3), {1, 12, 9, 3}, 33},
    {reflect_conv(7, 1, 3), {2, 8, 9, 16}, 3},
    {reflect_conv(7, 1, 3), {1, 13, 13, 64}, 3},
    {reflect_conv(7, 1, 3), {1, 7, 9, 5}, 2},
    {reflect_conv(4, 2, 1), {2, 14, 12, 3}, 16},
    {reflect_conv(4, 2, 1), {1, 9, 12, 33}, 64},
    {reflect_conv(4, 1, 1), {3, 5, 6, 70}, 1},
    {reflect_conv(4, 1, 1), {1, 8, 8, 64}, 100},
    {reflect_conv(3, 2, 1), {1, 12, 13, 16}, 40},
    {reflect_conv(3, 2, 1), {3, 7, 8, 5}, 4},
    {reflect_conv(3, 1, 1, 2), {1, 6, 5, 64}, 16},
    {reflect_conv(3, 1, 1, 2), {2, 3, 4, 5}, 33},
    {reflect_conv(4, 2, 1, 2), {1, 5, 4, 8}, 5},
    {reflect_conv(1, 1, 0), {2, 9, 5, 70}, 64},
    {reflect_conv(1, 1, 0), {3, 1, 1, 16}, 2},
    {reflect_conv(1, 2, 0), {1, 9, 6, 16}, 8},
    {geometry(3, 1, Padding::zero, Sides::all(1)), {2, 8, 7, 32}, 64},
    {geometry(3, 2, Padding::zero, {0, 0, 1, 1}), {1, 8, 10, 64}, 33},
    {geometry(4, 2, Padding::zero, Sides::all(1)), {2, 8, 8, 2}, 1},
    {geometry(4, 2, Padding::zero, Sides::all(1), 2), {1, 5, 4, 16}, 16},
    {geometry(3, 1, Padding::edge, {2, 1, 0, 3}), {1, 6, 5, 8}, 16},
    {geometry(7, 1, Padding::edge, Sides::all(3), 2), {1, 5, 5, 16}, 3},
    {geometry(4, 1, Padding::none, {}), {1, 7, 6, 1}, 5},
    {geometry(7, 2, Padding::none, {}), {1, 15, 13, 8}, 8},
    {geometry(3, 1, Padding::reflect, {2, 0, 1, 2}), {2, 4, 5, 1}, 1},
    {geometry(3, 3, Padding::reflect, Sides::all(1)), {1, 9, 10, 16}, 16},
    {geometry(5, 4, Padding::zero, Sides::all(2)), {1, 13, 9, 16}, 16},
    {reflect_conv(3, 1, 1), {2, 20, 17, 16}, 64},   // several chunks in a sample
    {reflect_conv(3, 1, 1), {1, 21, 21, 20}, 80},   // more rows than the fused path takes
    {reflect_conv(4, 1, 1), {1, 5, 5, 200}, 17},    // several blocks of K
    {reflect_conv(4, 2, 1), {1, 40, 36, 5}, 20},    // gradients by phases
    {reflect_conv(3, 1, 1, 2), {1, 9, 10, 16}, 3},  // the same, upsampled
    {geometry(3, 2, Padding::zero, {0, 0, 1, 1}), {1, 40, 38, 17}, 16},
    {geometry(3, 1, Padding::zero, Sides::all(1), 2), {2, 9, 12, 20}, 17},  // four phases
    {geometry(4, 1, Padding::edge, {2, 1, 1, 0}, 2), {1, 6, 5, 16}, 33},
    {geometry(3, 1, Padding::none, {}, 2), {1, 5, 8, 16}, 16},
    {reflect_conv(5, 1, 2, 2), {1, 5, 6, 16}, 5},  // whose taps cannot be added up
    {reflect_conv(3, 1, 1, 2), {1, 20, 21, 16}, 32},
    {reflect_conv(1, 1, 0), {1, 4, 4, 1700}, 20},  // one tap, several blocks of K
    {reflect_conv(3, 1, 1), {1, 40, 40, 8}, 16},  // several ranges of rows in the weights' gradient
    {reflect_conv(4, 2, 1), {2, 40, 37, 3}, 17},  // gradients of pictures, also by several bands
    {reflect_conv(7, 1, 3), {1, 46, 48, 3}, 16},
    {geometry(5, 1, Padding::zero, {2, 1, 2, 3}), {2, 17, 18, 4}, 16},
    {geometry(2, 3, Padding::none, {}), {1, 60, 63, 1}, 16},
    {reflect_conv(4, 1, 1), {2, 4, 9, 300}, 1},
    {reflect_conv(4, 1, 1), {2, 4, 9, 304}, 1},  // gradients behind logits
    {geometry(2, 1, Padding::reflect, {1, 1, 0, 0}), {1, 5, 5, 1072}, 1},
    {geometry(2, 1, Padding::zero, {1, 0, 0, 1}), {2, 14, 13, 80}, 4},
    {geometry(3, 1, Padding::edge, {0, 2, 1, 1}), {1, 6, 7, 64}, 1},
    {reflect_conv(3, 1, 1), {1, 18, 19, 100}, 100},  // panels that share gathered rows
    {geometry(2, 2, Padding::zero, {1, 0, 1, 1}), {1, 7, 6, 67}, 3},
    {reflect_conv(4, 1, 1), {1, 24, 23, 64}, 1},  // many logits
    {geometry(2, 1, Padding::zero, {1, 0, 0, 1}), {2, 17, 18, 80}, 4},
    {reflect_conv(4, 1, 1), {1, 5, 5, 600}, 20},  // weights of several panels packed together
    {reflect_conv(4, 1, 1), {1, 4, 5, 300}, 400},
    {reflect_conv(3, 1, 1), {2, 4, 300, 3}, 20},  // lines of a picture in several pieces
    {reflect_conv(3, 1, 1), {1, 4, 270, 70}, 3},
    {geometry(3, 2, Padding::zero, Sides::all(1)), {2, 9, 141, 8}, 65},
    {reflect_conv(5, 1, 2, 2), {1, 6, 7, 4}, 20},  // an upsampled picture
    {reflect_conv(4, 2, 1), {1, 150, 90, 3}, 32},  // the last rows of its gradient are fewer
};

// Winograd's form: every border and padding, tiles that reach over the picture, one and several
// chunks, groups of 64, 32 and 16 channels.
const std::vector<Case> tiled_cases{
    {reflect_conv(3, 1, 1), {1, 16, 16, 64}, 64},
    {reflect_conv(3, 1, 1), {2, 15, 18, 16}, 48},
    {reflect_conv(3, 1, 1), {1, 34, 40, 32}, 16},
    {reflect_conv(3, 1, 1), {3, 12, 12, 128}, 32},
    {geometry(3, 1, Padding::zero, Sides::all(1)), {2, 18, 14, 16}, 32},
    {geometry(3, 1, Padding::edge, Sides::all(1)), {1, 17, 19, 48}, 16},
    {reflect_conv(3, 1, 1, 2), {1, 22, 24, 16}, 32},
    {reflect_conv(3, 1, 1, 2), {2, 16, 18, 32}, 16},
    {reflect_conv(3, 1, 1, 2), {1, 18, 27, 64}, 64},
    {geometry(3, 1, Padding::zero, Sides::all(1), 2), {1, 25, 24, 16}, 16},
    {geometry(3, 1, Padding::edge, Sides::all(1), 2), {2, 18, 23, 16}, 48},
};
// Forward and weights tiled; the gradient of x not, because padding and its source lie in different
// tiles or because tiles overlap by more.
const std::vector<Case> partly_tiled_cases{
    {reflect_conv(3, 1, 1), {2, 17, 16, 16}, 16},
    {reflect_conv(3, 1, 1, 2), {2, 19, 20, 16}, 16},
    {reflect_conv(4, 1, 1), {1, 25, 24, 16}, 32},
    {geometry(4, 1, Padding::zero, Sides::all(1)), {2, 17, 22, 32}, 16},
    {reflect_conv(4, 2, 1), {1, 40, 42, 16}, 32},
    {geometry(4, 2, Padding::zero, Sides::all(1)), {2, 31, 29, 32}, 64},
    {geometry(4, 2, Padding::edge, Sides::all(1)), {3, 30, 33, 16}, 16},
    {reflect_conv(3, 2, 1), {1, 100, 99, 16}, 16},
    {geometry(3, 2, Padding::zero, {1, 1, 0, 0}), {1, 98, 101, 16}, 32},
};

template <class T>
double tolerance(Isa isa, Maths maths, bool weights_gradient) {
  if (std::is_same_v<T, double>) return 1e-12;
  if (std::is_same_v<T, float>)
    return maths == Maths::strict ? 2e-6 : maths == Maths::fast ? 5e-6 : 7e-6;
  if (weights_gradient) return 5e-6;
  return isa >= Isa::avx512_bf16 ? 6e-3 : 4e-3;
}

/// Each level with one thread and with two, which must give the same bytes.
struct Way {
  Isa isa;
  int threads;
};
std::vector<Way> ways(const std::vector<Isa>& levels) {
  std::vector<Way> all;
  for (const Isa isa : levels)
    for (const int threads : {1, 2}) all.push_back({isa, threads});
  return all;
}

template <class T>
void check_forward(const std::vector<Isa>& levels, Maths maths, const Case& k) {
  const Shape w{k.out, k.g.kernel, k.g.kernel, k.x.c};
  const Shape y = k.g.output(k.x, w);
  using P = param_t<T>;
  const auto x = reference::noise<T>(k.x.size(), 1);
  const auto weights = reference::noise<P>(w.size(), 2, 1 / std::sqrt(double(w.sample())));
  const auto bias = reference::noise<P>(y.c, 3);
  const auto before = reference::noise<T>(y.size(), 4);
  std::vector<double> plain(static_cast<std::size_t>(y.size()), 0.0);
  reference::each_product(k.g, k.x, w, [&](Index a, Index b, Index c) {
    plain[std::size_t(a)] += double(x[std::size_t(b)]) * double(weights[std::size_t(c)]);
  });
  for (const int variant : {0, 1, 2, 3}) {
    CAPTURE(variant);
    const bool with_bias = variant != 0, accumulate = variant == 1;
    const Activation f = variant == 2   ? leaky_relu_activation(0.2F)
                         : variant == 3 ? tanh_activation
                                        : identity_activation;
    auto expected = plain;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (with_bias) expected[i] += double(bias[i % std::size_t(y.c)]);
      if (accumulate) expected[i] += double(before[i]);
    }
    std::vector<double> mean(std::size_t(y.n * y.c), 0.0), m2 = mean;
    for (Index n = 0; n < y.n; ++n)
      for (Index c = 0; c < y.c; ++c) {
        const auto at = std::size_t(n * y.c + c);
        for (Index q = 0; q < y.area(); ++q)
          mean[at] += expected[std::size_t(n * y.sample() + q * y.c + c)] / double(y.area());
        for (Index q = 0; q < y.area(); ++q) {
          const double d = expected[std::size_t(n * y.sample() + q * y.c + c)] - mean[at];
          m2[at] += d * d;
        }
      }
    for (double& v : expected) v = f(v);
    std::vector<T> results[2];
    std::vector<P> means[2], squares[2];
    for (const Way& way : ways(levels)) {
      const Isa isa = way.isa;
      const int threads = way.threads;
      CAPTURE(std::string(to_string(isa)));
      ThreadPool pool(threads);
      auto& got = results[threads - 1];
      got = accumulate ? before : reference::poison<T>(y.size());
      const bool moments = variant != 0;
      auto& gm = means[threads - 1];
      auto& gs = squares[threads - 1];
      gm = reference::poison<P>(y.n * y.c);
      gs = gm;
      const Workspace space(cpu::conv_forward_workspace<T>(isa, maths, k.g, k.x, w, threads));
      cpu::ConvForward<T> a;
      a.x = x.data();
      a.x_shape = k.x;
      a.weights = weights.data();
      a.w_shape = w;
      a.bias = with_bias ? bias.data() : nullptr;
      a.activation = f;
      a.y = got.data();
      a.accumulate = accumulate;
      a.mean = moments ? gm.data() : nullptr;
      a.m2 = moments ? gs.data() : nullptr;
      cpu::conv_forward<T>(pool, isa, maths, k.g, a, space.data());
      CHECK(space.intact());
      CHECK(reference::distance(got, expected) <= tolerance<T>(isa, maths, false));
      if (moments) {
        CHECK(reference::distance(gm, mean) <= 10 * tolerance<T>(isa, maths, false));
        if (y.area() > 1)
          CHECK(reference::distance(gs, m2) <= 10 * tolerance<T>(isa, maths, false));
      }
      if (threads == 1) continue;
      CHECK(reference::same_bytes(results[0], results[1]));
      CHECK(reference::same_bytes(means[0], means[1]));
      CHECK(reference::same_bytes(squares[0], squares[1]));
    }
  }
}

template <class T>
void check_backward(const std::vector<Isa>& levels, Maths maths, const Case& k) {
  const Shape w{k.out, k.g.kernel, k.g.kernel, k.x.c};
  const Shape y = k.g.output(k.x, w);
  using P = param_t<T>;
  const auto x = reference::noise<T>(k.x.size(), 1);
  const auto weights = reference::noise<P>(w.size(), 2, 1 / std::sqrt(double(w.sample())));
  const auto dy = reference::noise<T>(y.size(), 3);
  const auto dx_before = reference::noise<T>(k.x.size(), 4);
  const auto dw_before = reference::noise<P>(w.size(), 5);
  for (const bool accumulate : {false, true}) {
    CAPTURE(accumulate);
    std::vector<double> dx(std::size_t(k.x.size()), 0.0), dw(std::size_t(w.size()), 0.0);
    if (accumulate) dx = reference::widen(dx_before), dw = reference::widen(dw_before);
    reference::each_product(k.g, k.x, w, [&](Index a, Index b, Index c) {
      dx[std::size_t(b)] += double(dy[std::size_t(a)]) * double(weights[std::size_t(c)]);
      dw[std::size_t(c)] += double(dy[std::size_t(a)]) * double(x[std::size_t(b)]);
    });
    std::vector<T> data[2];
    std::vector<P> gradient[2];
    for (const Way& way : ways(levels)) {
      const Isa isa = way.isa;
      const int threads = way.threads;
      CAPTURE(std::string(to_string(isa)));
      ThreadPool pool(threads);
      auto& got = data[threads - 1];
      got = accumulate ? dx_before : reference::poison<T>(k.x.size());
      {
        const Workspace space(
            cpu::conv_backward_data_workspace<T>(isa, maths, k.g, k.x, w, threads));
        const cpu::ConvBackwardData<T> a{dy.data(), weights.data(), w, got.data(), k.x, accumulate};
        cpu::conv_backward_data<T>(pool, isa, maths, k.g, a, space.data());
        CHECK(space.intact());
      }
      CHECK(reference::distance(got, dx) <= tolerance<T>(isa, maths, false));
      auto& own = gradient[threads - 1];
      own = accumulate ? dw_before : reference::poison<P>(w.size());
      {
        const Workspace space(
            cpu::conv_backward_weights_workspace<T>(isa, maths, k.g, k.x, w, threads));
        const cpu::ConvBackwardWeights<T> a{x.data(), k.x, dy.data(), own.data(), w, accumulate};
        cpu::conv_backward_weights<T>(pool, isa, maths, k.g, a, space.data());
        CHECK(space.intact());
      }
      CHECK(reference::distance(own, dw) <= tolerance<T>(isa, maths, true));
      if (threads == 1) continue;
      CHECK(reference::same_bytes(data[0], data[1]));
      CHECK(reference::same_bytes(gradient[0], gradient[1]));
    }
  }
}

template <class T>
void check_all(Maths maths, const std::vector<Case>& all) {
  if (std::is_same_v<T, double> && limn_test::tested_from > Isa::portable) return;
  const auto levels = std::is_same_v<T, double> ? std::vector{Isa::portable}  // it knows no others
                                                : limn_test::tested_levels();
  for (const Case& k : all) {
    const std::string what = "x " + to_string(k.x) + " kernel " + std::to_string(k.g.kernel) +
                             " stride " + std::to_string(k.g.stride) + " upsample " +
                             std::to_string(k.g.upsample) + " " + to_string(k.g.padding) + " out " +
                             std::to_string(k.out);
    CAPTURE(what);
    check_forward<T>(levels, maths, k);
    check_backward<T>(levels, maths, k);
  }
}

TEST_CASE("convolution kernels: float") { check_all<float>(Maths::strict, cases); }
TEST_CASE("convolution kernels: floats in two parts") { check_all<float>(Maths::split, cases); }
TEST_CASE("convolution kernels: bfloat16") { check_all<bfloat16>(Maths::strict, cases); }
TEST_CASE("convolution kernels: double") { check_all<double>(Maths::fast, cases); }

TEST_CASE("Winograd's convolution: which shapes it serves") {
  const auto serves = [](Maths maths, const Case& k) {
    return cpu::winograd::serves(maths, 100, k.g, k.x, {k.out, k.g.kernel, k.g.kernel, k.x.c});
  };
  const auto serves_data = [](const Case& k) {
    return cpu::winograd::serves_backward_data(Maths::fast, 100, k.g, k.x,
                                               {k.out, k.g.kernel, k.g.kernel, k.x.c});
  };
  for (const Case& k : tiled_cases) {
    CAPTURE(to_string(k.x));
    CHECK(serves(Maths::fast, k));
    CHECK(serves_data(k));
    CHECK_FALSE(serves(Maths::strict, k));
  }
  for (const Case& k : partly_tiled_cases) {
    CHECK(serves(Maths::fast, k));
    CHECK_FALSE(serves_data(k));
  }
  CHECK_FALSE(serves(Maths::fast, {reflect_conv(3, 2, 1), {1, 32, 32, 64}, 64}));
  CHECK_FALSE(serves(Maths::fast, {reflect_conv(4, 2, 1), {4, 16, 16, 512}, 1024}));
  CHECK_FALSE(
      serves(Maths::fast, {geometry(3, 2, Padding::zero, {0, 0, 1, 1}), {1, 200, 200, 64}, 64}));
  CHECK_FALSE(serves(Maths::fast, {reflect_conv(7, 1, 3), {1, 64, 64, 64}, 64}));
  CHECK_FALSE(serves(Maths::fast, {reflect_conv(3, 1, 1), {1, 64, 64, 3}, 64}));
  CHECK_FALSE(serves(Maths::fast, {reflect_conv(3, 1, 1), {1, 5, 5, 64}, 64}));
}

TEST_CASE("Winograd's convolution: float") {
  check_all<float>(Maths::fast, tiled_cases);
  check_all<float>(Maths::fast, partly_tiled_cases);
}
TEST_CASE("Winograd's convolution: bfloat16") {
  check_all<bfloat16>(Maths::fast, tiled_cases);
  check_all<bfloat16>(Maths::fast, partly_tiled_cases);
}

}  // namespace
