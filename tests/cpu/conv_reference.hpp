// SPDX-License-Identifier: MIT
// Convolution as its definition says it, in double; random inputs and comparisons for the tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/random.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"

namespace reference {

using limn::ConvGeometry;
using limn::Index;
using limn::Shape;

/// Calls f(y index, x index or -1, w index) for every product of the convolution.
template <class F>
void each_product(const ConvGeometry& g, const Shape& x, const Shape& w, F&& f) {
  const Shape y = g.output(x, w);
  for (Index n = 0; n < y.n; ++n)
    for (Index i = 0; i < y.h; ++i)
      for (Index j = 0; j < y.w; ++j)
        for (Index r = 0; r < g.kernel; ++r)
          for (Index s = 0; s < g.kernel; ++s) {
            const Index p = g.source(i * g.stride + r, g.sides.top, x.h);
            const Index q = g.source(j * g.stride + s, g.sides.left, x.w);
            if (p < 0 || q < 0) continue;
            for (Index o = 0; o < y.c; ++o)
              for (Index c = 0; c < x.c; ++c)
                f(((n * y.h + i) * y.w + j) * y.c + o, ((n * x.h + p) * x.w + q) * x.c + c,
                  ((o * g.kernel + r) * g.kernel + s) * x.c + c);
          }
}

/// Normal numbers, rounded to T.
template <class T>
std::vector<T> noise(Index count, std::uint64_t stream, double scale = 1.0) {
  const limn::Philox random{7, stream};
  std::vector<T> v(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = T(static_cast<float>(scale) * random.normal(i));
  return v;
}

template <class T>
std::vector<T> poison(Index count) {
  return std::vector<T>(static_cast<std::size_t>(count),
                        T(std::numeric_limits<float>::quiet_NaN()));
}

template <class T>
std::vector<double> widen(const std::vector<T>& v) {
  return std::vector<double>(v.begin(), v.end());
}

/// |a - b| / |b|, in the Euclidean norm; infinite where something is not finite.
template <class T>
double distance(const std::vector<T>& a, const std::vector<double>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    if (!std::isfinite(d)) return std::numeric_limits<double>::infinity();
    difference += d * d;
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / std::max(norm, 1e-30));
}

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(reinterpret_cast<const char*>(a.data()),
                    reinterpret_cast<const char*>(a.data() + a.size()),
                    reinterpret_cast<const char*>(b.data()));
}

/// 64-byte aligned memory of exactly the size asked for, with a guard behind it.
class Workspace {
 public:
  explicit Workspace(std::size_t bytes)
      : bytes_(bytes),
        data_(static_cast<std::byte*>(::operator new (bytes + guard, std::align_val_t{64}))) {
    std::fill_n(data_, bytes + guard, std::byte{0xA5});
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { ::operator delete (data_, std::align_val_t{64}); }
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] bool intact() const {
    return std::all_of(data_ + bytes_, data_ + bytes_ + guard,
                       [](std::byte b) { return b == std::byte{0xA5}; });
  }

 private:
  static constexpr std::size_t guard = 4096;
  std::size_t bytes_;
  std::byte* data_;
};

}  // namespace reference
