// SPDX-License-Identifier: MIT
// limn's own convolution for a ConvProblem, in three directions: products of matrices whose rows
// and columns are positions, taps and channels. For double, for devices without a library, and for
// shapes that a library has no plan for.
#pragma once

#include "limn/cuda/conv_problem.hpp"
#include "limn/cuda/conv_product.hpp"

namespace limn::inline v0::gpu {

/// A ConvProblem's numbers as kernels want them.
struct ConvNumbers {
  int batch, h, w, in, p, q, out, kernel, stride, top, left;
  MapStrides x, y;

  explicit ConvNumbers(const ConvProblem& c)
      : batch(static_cast<int>(c.x.n)),
        h(static_cast<int>(c.x.h)),
        w(static_cast<int>(c.x.w)),
        in(static_cast<int>(c.x.c)),
        p(static_cast<int>(c.y.h)),
        q(static_cast<int>(c.y.w)),
        out(static_cast<int>(c.y.c)),
        kernel(static_cast<int>(c.kernel)),
        stride(static_cast<int>(c.stride)),
        top(static_cast<int>(c.zeros.top)),
        left(static_cast<int>(c.zeros.left)),
        x(c.x_strides),
        y(c.y_strides) {}

  [[nodiscard]] int taps() const { return kernel * kernel; }
  [[nodiscard]] int inputs() const { return batch * h * w; }
  [[nodiscard]] int outputs() const { return batch * p * q; }
};

/// Row and column of a kernel, and a channel.
struct ConvTap {
  int r, s, c;
};
LIMN_HOST_DEVICE inline ConvTap conv_tap(int k, int channels, int kernel) {
  const int tap = k / channels, r = tap / kernel;
  return {r, tap - r * kernel, k - tap * channels};
}

/// A picture of a batch and a position in it, or, with n < 0, none.
struct ConvPlace {
  int n, h, w;
};
LIMN_HOST_DEVICE inline ConvPlace conv_place(int i, int batch, int height, int width) {
  const int line = i / width, n = line / height;
  return {n < batch ? n : -1, line - n * height, i - line * width};
}

/// x at the position that an output sees through a tap.
template <Scalar T>
LIMN_HOST_DEVICE param_t<T> seen(const T* x, const ConvNumbers& c, const ConvPlace& output,
                                 const ConvTap& tap) {
  const int h = output.h * c.stride + tap.r - c.top, w = output.w * c.stride + tap.s - c.left;
  if (output.n < 0 || tap.r >= c.kernel || h < 0 || h >= c.h || w < 0 || w >= c.w) return 0;
  return static_cast<param_t<T>>(x[output.n * c.x.n + h * c.x.h + w * c.x.w + tap.c]);
}

/// Outputs x (taps, inputs): x.
template <Scalar T>
struct ConvPatches {
  static constexpr bool deep_first = true;
  using At = ConvPlace;
  const T* x;
  ConvNumbers c;
  [[nodiscard]] LIMN_HOST_DEVICE At at(int i) const { return conv_place(i, c.batch, c.p, c.q); }
  [[nodiscard]] LIMN_HOST_DEVICE ConvTap step(int k) const { return conv_tap(k, c.in, c.kernel); }
  [[nodiscard]] LIMN_HOST_DEVICE param_t<T> value(const At& a, const ConvTap& t) const {
    return seen(x, c, a, t);
  }
};

/// (Taps, inputs) x outputs: x.
template <Scalar T>
struct ConvPatchColumns {
  static constexpr bool deep_first = false;
  using At = ConvTap;
  const T* x;
  ConvNumbers c;
  [[nodiscard]] LIMN_HOST_DEVICE At at(int i) const { return conv_tap(i, c.in, c.kernel); }
  [[nodiscard]] LIMN_HOST_DEVICE ConvPlace step(int k) const {
    return conv_place(k, c.batch, c.p, c.q);
  }
  [[nodiscard]] LIMN_HOST_DEVICE param_t<T> value(const At& a, const ConvPlace& s) const {
    return seen(x, c, s, a);
  }
};

/// Output channels x (taps, inputs): w.
template <Scalar T>
struct ConvWeightRows {
  static constexpr bool deep_first = true;
  using At = int;
  const T* w;
  int size, count;
  [[nodiscard]] LIMN_HOST_DEVICE At at(int i) const { return i < count ? i : -1; }
  [[nodiscard]] LIMN_HOST_DEVICE int step(int k) const { return k; }
  [[nodiscard]] LIMN_HOST_DEVICE param_t<T> value(int o, int k) const {
    return o < 0 ? param_t<T>(0) : static_cast<param_t<T>>(w[o * size + k]);
  }
};

/// Inputs x (taps, outputs): dy, where a tap meets an output.
template <Scalar T>
struct ConvGradientPatches {
  static constexpr bool deep_first = true;
  using At = ConvPlace;
  const T* dy;
  ConvNumbers c;
  [[nodiscard]] LIMN_HOST_DEVICE At at(int i) const { return conv_place(i, c.batch, c.h, c.w); }
  [[nodiscard]] LIMN_HOST_DEVICE ConvTap step(int k) const { return conv_tap(k, c.out, c.kernel); }
  [[nodiscard]] LIMN_HOST_DEVICE param_t<T> value(const At& a, const ConvTap& t) const {
    const int h = a.h + c.top - t.r, w = a.w + c.left - t.s;
    if (a.n < 0 || h < 0 || w < 0) return 0;
    const int i = h / c.stride, j = w / c.stride;
    if (i * c.stride != h || j * c.stride != w || i >= c.p || j >= c.q) return 0;
    return static_cast<param_t<T>>(dy[a.n * c.y.n + i * c.y.h + j * c.y.w + t.c]);
  }
};

/// Input channels x (taps, outputs): w.
template <Scalar T>
struct ConvWeightColumns {
  static constexpr bool deep_first = false;
  using At = int;
  const T* w;
  int taps, in, out;
  [[nodiscard]] LIMN_HOST_DEVICE At at(int i) const { return i < in ? i : -1; }
  /// Where w[o][tap] begins.
  [[nodiscard]] LIMN_HOST_DEVICE int step(int k) const {
    const int tap = k / out, o = k - tap * out;
    return (o * taps + tap) * in;
  }
  [[nodiscard]] LIMN_HOST_DEVICE param_t<T> value(int c, int from) const {
    return c < 0 ? param_t<T>(0) : static_cast<param_t<T>>(w[from + c]);
  }
};

/// Output channels x outputs: dy.
template <Scalar T>
struct ConvGradientRows {
  static constexpr bool deep_first = false;
  using At = int;
  const T* dy;
  ConvNumbers c;
  [[nodiscard]] LIMN_HOST_DEVICE At at(int i) const { return i < c.out ? i : -1; }
  [[nodiscard]] LIMN_HOST_DEVICE Index step(int k) const {
    const ConvPlace place = conv_place(k, c.batch, c.p, c.q);
    return place.n * c.y.n + place.h * c.y.h + place.w * c.y.w;
  }
  [[nodiscard]] LIMN_HOST_DEVICE param_t<T> value(int o, Index from) const {
    return o < 0 ? param_t<T>(0) : static_cast<param_t<T>>(dy[from + o]);
  }
};

/// Results into a picture: to (+)= sum + bias.
template <Scalar T>
struct ConvToPicture {
  using A = param_t<T>;
  T* to;
  int batch, height, width;
  MapStrides strides;
  const A* bias;  ///< or null
  bool add;
  [[nodiscard]] LIMN_HOST_DEVICE Index at(int row, int) const {
    const ConvPlace place = conv_place(row, batch, height, width);
    return place.n * strides.n + place.h * strides.h + place.w * strides.w;
  }
  LIMN_HOST_DEVICE void operator()(Index from, int channel, A sum) const {
    T& result = to[from + channel];
    A value = bias ? sum + bias[channel] : sum;
    if (add) value += static_cast<A>(result);
    result = static_cast<T>(value);
  }
};

/// Results into the part of a split.
template <class A>
struct ConvToPart {
  A* to;
  Index part;  ///< elements
  int columns;
  [[nodiscard]] LIMN_HOST_DEVICE Index at(int row, int split) const {
    return split * part + static_cast<Index>(row) * columns;
  }
  LIMN_HOST_DEVICE void operator()(Index from, int column, A sum) const { to[from + column] = sum; }
};

/// y (+)= conv(x, w) + bias
template <BlockDevice D, Scalar T>
void own_conv_forward(D& device, const ConvProblem& problem, const T* x, const T* w,
                      const param_t<T>* bias, T* y, bool add) {
  const ConvNumbers c(problem);
  using K = TiledProduct<param_t<T>, ConvPatches<T>, ConvWeightRows<T>, ConvToPicture<T>>;
  const int depth = c.taps() * c.in;
  launch(device, {blocks_of(c.outputs(), K::tile), blocks_of(c.out, K::tile)},
         K{{x, c},
           {w, depth, c.out},
           {y, c.batch, c.p, c.q, c.y, bias, add},
           c.outputs(),
           c.out,
           depth,
           depth});
}

/// dx (+)= the gradient of x
template <BlockDevice D, Scalar T>
void own_conv_backward_data(D& device, const ConvProblem& problem, const T* dy, const T* w, T* dx,
                            bool add) {
  const ConvNumbers c(problem);
  using K =
      TiledProduct<param_t<T>, ConvGradientPatches<T>, ConvWeightColumns<T>, ConvToPicture<T>>;
  const int depth = c.taps() * c.out;
  launch(device, {blocks_of(c.inputs(), K::tile), blocks_of(c.in, K::tile)},
         K{{dy, c},
           {w, c.taps(), c.in, c.out},
           {dx, c.batch, c.h, c.w, c.x, nullptr, add},
           c.inputs(),
           c.in,
           depth,
           depth});
}

/// How many outputs one part of a gradient of weights sums over, and how many parts there are: by
/// shape alone, so that a few hundred blocks have work.
struct ConvParts {
  Index count, outputs;

  explicit ConvParts(const ConvProblem& c) {
    constexpr Index blocks = 512, most = 64, least = 256;
    const Index tiles = blocks_of(c.y.c, 64) * blocks_of(c.kernel * c.kernel * c.x.c, 64);
    const Index all = c.y.n * c.y.area();
    Index wanted = smaller(smaller(blocks_of(blocks, tiles), most), blocks_of(all, least));
    outputs = blocks_of(blocks_of(all, wanted), 16) * 16;
    count = blocks_of(all, outputs);
  }
};

/// parts[i] = the gradient of w from the outputs of part i
template <BlockDevice D, Scalar T>
void own_conv_backward_weights(D& device, const ConvProblem& problem, const T* x, const T* dy,
                               param_t<T>* parts) {
  const ConvNumbers c(problem);
  const ConvParts cut(problem);
  using K =
      TiledProduct<param_t<T>, ConvGradientRows<T>, ConvPatchColumns<T>, ConvToPart<param_t<T>>>;
  const int columns = c.taps() * c.in;
  launch(device, {blocks_of(c.out, K::tile), blocks_of(columns, K::tile), cut.count},
         K{{dy, c},
           {x, c},
           {parts, problem.weights().size(), columns},
           c.out,
           columns,
           c.outputs(),
           static_cast<int>(cut.outputs)});
}

}  // namespace limn::inline v0::gpu
