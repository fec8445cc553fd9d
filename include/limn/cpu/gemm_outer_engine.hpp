// SPDX-License-Identifier: MIT
// C (+)= D^T patches, the loop nest: chunks are (range of rows, panel of columns); ranges are
// summed in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// c[R][K] (rows of `c_leading`), R = d_columns, K the patches' depth. Made by plan(), as Product.
template <class T>
class OuterProduct {
 public:
  Patches<T> patches;
  const T* d = nullptr;
  Index d_columns = 0, d_leading = 0;
  float* c = nullptr;
  Index c_leading = 0;
  bool accumulate = false;

  void plan(Isa isa, int threads, Arena& arena) {
    isa_ = isa;
    const Index rows = patches.count();
    panels_ = {isa, patches.depth()};
    const Index size = d_columns * patches.depth();
    constexpr Index wanted_chunks = 48, least_rows = 512, most_bytes = Index{16} << 20;
    ranges_ = std::clamp<Index>(wanted_chunks / panels_.count(), 1,
                                std::max<Index>(1, rows / least_rows));
    ranges_ = std::max<Index>(1, std::min(ranges_, most_bytes / (4 * size)));
    range_ = (rows + ranges_ - 1) / ranges_;
    if (ranges_ > 1) parts_ = arena.take<float>(ranges_ * size);
    if constexpr (!std::is_same_v<T, float>) wide_ = arena.take<float>(rows * d_columns);
    zeros_ = arena.take<T>(patches.zeros_needed());
    scratch_ = arena.take<float>(scratch_size * threads);
  }

  void run(ThreadPool& pool) {
    std::fill_n(zeros_, patches.zeros_needed(), T(0.0F));
    patches.zeros = zeros_;
    const float* wide = widen(pool);
    const Index leading = std::is_same_v<T, float> ? d_leading : d_columns;
    const Index depth = patches.depth(), size = d_columns * depth;
    pool.run(ranges_ * panels_.count(), [&](Index chunk, int worker) {
      const Index range = chunk / panels_.count();
      float* to = ranges_ > 1 ? parts_ + range * size : c;
      sum(wide, leading, range * range_, std::min(patches.count(), (range + 1) * range_),
          panels_[chunk % panels_.count()], to, ranges_ > 1 ? depth : c_leading,
          ranges_ == 1 && accumulate, scratch_ + worker * scratch_size);
    });
    if (ranges_ == 1) return;
    pool.run(d_columns, [&](Index row, int) {
      simd::dispatch(isa_, AddParts{}, static_cast<const float*>(parts_ + row * depth), ranges_,
                     size, c + row * c_leading, depth, accumulate);
    });
  }

 private:
  static constexpr Index block = 64;  // rows: a panel of patches takes half of the first cache
  static constexpr Index scratch_size = block * 64 + 12 * 64;

  const float* widen(ThreadPool& pool) {
    if constexpr (std::is_same_v<T, float>) {
      return d;
    } else {
      const Index rows = patches.count();
      pool.run((rows + block - 1) / block, [&](Index chunk, int) {
        for (Index m = chunk * block; m < std::min(rows, (chunk + 1) * block); ++m)
          simd::dispatch(isa_, Widen{}, d + m * d_leading, wide_ + m * d_columns, d_columns);
      });
      return wide_;
    }
  }

  void sum(const float* wide, Index leading, Index m0, Index m1, Panels::Panel panel, float* to,
           Index to_leading, bool load, float* scratch) const {
    const OuterKernels kernels = outer_kernels(isa_, panel.width);
    const Index k0 = panel.first, k1 = std::min(patches.depth(), k0 + panel.width);
    float* tail = scratch + block * 64;
    // once also without rows: an empty sum is zero
    for (Index m = m0; m == m0 || m < m1; m += block) {
      const Index rows = std::min(block, m1 - m);
      simd::dispatch(isa_, GatherPatches<T, float>{}, &patches, m, rows, k0, k1, scratch,
                     panel.width);
      for (Index o = 0; o < d_columns;) {
        const Index left = d_columns - o;
        const int v = left >= kernels.rows[0] ? 0 : left >= kernels.rows[1] ? 1 : 2;
        const Index count = kernels.rows[v];
        const bool more = load || m > m0;
        float* at = to + o * to_leading + k0;
        if (k1 - k0 == panel.width) {
          kernels.kernel[v](wide + m * leading + o, leading, rows, scratch, at, to_leading, more);
        } else {
          if (more)
            for (Index r = 0; r < count; ++r)
              std::copy_n(at + r * to_leading, k1 - k0, tail + r * panel.width);
          kernels.kernel[v](wide + m * leading + o, leading, rows, scratch, tail, panel.width,
                            more);
          for (Index r = 0; r < count; ++r)
            std::copy_n(tail + r * panel.width, k1 - k0, at + r * to_leading);
        }
        o += count;
      }
    }
  }

  Isa isa_ = Isa::portable;
  Panels panels_;
  Index ranges_ = 1, range_ = 0;
  float* parts_ = nullptr;
  float* wide_ = nullptr;
  T* zeros_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu
