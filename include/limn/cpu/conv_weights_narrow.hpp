// SPDX-License-Identifier: MIT
// Gradient of the weights where one side is a picture of few channels: of its patches nothing is
// copied together, kernels walk over the padded picture itself.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_padded.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/conv_upsample.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// c[k][q] = sum over pixels m of patch[m][k] p[m][q]: patches [kernel][kernel][channels] of padded
/// pictures, `stride` pixels apart, and the rows of a patch matrix over as many pixels.
template <class T>
class PictureOuterProduct {
 public:
  PaddedPictures pictures;
  Index kernel = 1, stride = 1;
  Patches<T> p;

  void plan(Isa isa, int threads, Arena& arena) {
    isa_ = isa;
    panels_ = {isa, p.depth()};
    lines_ = p.samples * p.out_h;
    const Index size = depth() * leading();
    constexpr Index most_ranges = 32, most_bytes = Index{16} << 20;
    ranges_ = std::clamp<Index>(most_bytes / (4 * size), 1, most_ranges);
    ranges_ = std::clamp<Index>(lines_, 1, ranges_);
    parts_ = arena.take<float>(ranges_ * size);
    zeros_ = arena.take<T>(p.zeros_needed());
    scratch_ = arena.take<float>(most_pixels * 64 * threads);
  }

  /// k: of a patch.
  [[nodiscard]] Index depth() const { return kernel * kernel * pictures.channels; }
  /// The length of a row of run()'s result.
  [[nodiscard]] Index leading() const { return panels_.padded(); }

  /// c, as rows of leading() values.
  const float* run(ThreadPool& pool) {
    std::fill_n(zeros_, p.zeros_needed(), T(0.0F));
    p.zeros = zeros_;
    const Index size = depth() * leading();
    pool.run(ranges_, [&](Index range, int worker) {
      float* to = parts_ + range * size;
      std::fill_n(to, size, 0.0F);
      for (Index line = range * lines_ / ranges_; line < (range + 1) * lines_ / ranges_; ++line)
        add_line(line, to, scratch_ + worker * most_pixels * 64);
    });
    pool.run(depth(), [&](Index k, int) {
      float* row = parts_ + k * leading();
      simd::dispatch(isa_, AddParts{}, static_cast<const float*>(row), ranges_, size, row,
                     leading(), false);
    });
    return parts_;
  }

 private:
  /// A panel of so many rows stays in the first cache.
  static constexpr Index most_pixels = 128;

  void add_line(Index line, float* to, float* panel_rows) const {
    const Index run = kernel * pictures.channels, step = stride * pictures.channels;
    const float* first = pictures.data + line / p.out_h * pictures.sample() +
                         line % p.out_h * stride * pictures.row();
    const Index pieces = (p.out_w + most_pixels - 1) / most_pixels;
    for (Index piece = 0; piece < pieces; ++piece) {
      const Index j = piece * p.out_w / pieces, pixels = (piece + 1) * p.out_w / pieces - j;
      for (Index i = 0; i < panels_.count(); ++i) {
        const auto panel = panels_[i];
        simd::dispatch(isa_, GatherPatches<T, float>{}, &p, line * p.out_w + j, pixels, panel.first,
                       std::min(p.depth(), panel.first + panel.width), panel_rows, panel.width);
        const OuterKernels kernels = outer_kernels(isa_, panel.width);
        for (Index r = 0; r < kernel; ++r) {
          const float* d = first + r * pictures.row() + j * step;
          float* c = to + r * run * leading() + panel.first;
          for (Index k = 0; k < run;) {
            const int v = kernels.fitting(run - k);
            kernels.kernel[v](d + k, step, pixels, panel_rows, c + k * leading(), leading(), true);
            k += kernels.rows[v];
          }
        }
      }
    }
  }

  Isa isa_ = Isa::portable;
  Panels panels_;
  Index lines_ = 0, ranges_ = 1;
  float* parts_ = nullptr;
  T* zeros_ = nullptr;
  float* scratch_ = nullptr;
};

/// Few inputs: patches of x by pixels of dy, whose sums have the outputs in their rows. Planned,
/// and run if `pool` is there. Args: as ConvBackwardWeights.
template <class T, class Args>
void picture_weights_gradient(Isa isa, const ConvGeometry& g, const Args& a, const Shape& ys,
                              int threads, Arena& arena, ThreadPool* pool) {
  PictureOuterProduct<T> product;
  product.pictures = padded_input(isa, g, a.x, a.x_shape, arena, pool);
  product.kernel = g.kernel;
  product.stride = g.stride;
  product.p.a = a.dy;
  product.p.channels = product.p.leading = ys.c;
  product.p.samples = ys.n;
  product.p.out_h = ys.h;
  product.p.out_w = ys.w;
  product.plan(isa, threads, arena);
  if (pool == nullptr) return;
  const float* sums = product.run(*pool);
  pool->run(ys.c, [&](Index o, int) {
    float* row = a.dw + o * product.depth();
    for (Index k = 0; k < product.depth(); ++k)
      row[k] = (a.accumulate ? row[k] : 0.0F) + sums[k * product.leading() + o];
  });
}

/// Few outputs: patches of dy by positions of the padded x.
template <class T, class Args>
void to_picture_weights_gradient(Isa isa, const ConvGeometry& g, const Args& a, const Shape& ys,
                                 int threads, Arena& arena, ThreadPool* pool) {
  ConvGeometry positions = g;
  positions.kernel = 1;
  const Index channels = a.x_shape.c, taps = g.kernel * g.kernel;
  const Shape ps = positions.output(a.x_shape, {1, 1, 1, channels});
  PictureOuterProduct<T> product;
  product.pictures = padded_output(isa, g, a.dy, ys, arena, pool);
  product.kernel = g.kernel;
  product.p = input_patches(positions, a.x, a.x_shape, ps, arena);
  product.plan(isa, threads, arena);
  if (pool == nullptr) return;
  const float* sums = product.run(*pool);
  pool->run(product.depth(), [&](Index k, int) {
    const Index tap = taps - 1 - k / ys.c;  // a gradient's taps run backwards
    simd::dispatch(isa, AddValues{}, sums + k * product.leading(),
                   a.dw + (k % ys.c * taps + tap) * channels, channels, a.accumulate);
  });
}

}  // namespace limn::inline v0::cpu::detail
