// SPDX-License-Identifier: MIT
// Winograd's convolution, gradient of the weights:
//   dw = G^T [sum over tiles of (A dy A^T) (B^T x B)^T] G.
// Tiles are worked off in rounds: all of a round are transformed, then each (position, group of
// channels) adds up its outer products, tiles in order.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_backward_data.hpp"
#include "limn/cpu/winograd_product.hpp"

namespace limn::inline v0::cpu::winograd {

/// T is the type of x and dy. Args is ConvBackwardWeights<T>.
template <class T, class Args>
class BackwardWeights {
 public:
  BackwardWeights(Isa isa, const ConvGeometry& g, const Args& a, Arena& arena)
      : isa_(isa), form_(g, a.x_shape, a.w_shape), a_(a) {
    const Index tiles = form_.samples * form_.tiles();
    const Index rounds = (tiles + tiles_at_once - 1) / tiles_at_once;
    round_ = (tiles + rounds - 1) / rounds;
    x_ = {outer_segment(isa, form_.inputs), 0, round_};
    x_.groups = form_.input_phases() * form_.inputs / x_.segment;
    dy_ = {outer_segment(isa, form_.outputs), 0, round_};
    dy_.groups = form_.output_phases() * form_.outputs / dy_.segment;
    du_ = {form_.output_phases() * form_.outputs, form_.input_phases() * form_.inputs};
    v_ = arena.take<float>(x_.size());
    dv_ = arena.take<float>(dy_.size());
    sums_ = arena.take<float>(du_.size());
    zeros_ = arena.take<T>(std::max(form_.inputs, form_.outputs));
  }

  void run(ThreadPool& pool) {
    std::fill_n(zeros_, std::max(form_.inputs, form_.outputs), T(0.0F));
    const Index tiles = form_.samples * form_.tiles();
    for (Index first = 0; first < tiles; first += round_) {
      const Index count = std::min(round_, tiles - first);
      pool.run((count + strip - 1) / strip, [&](Index chunk, int) {
        for (Index t = chunk * strip; t < std::min(count, (chunk + 1) * strip); ++t)
          transform(first + t, t);
      });
      const Index parts = parts_of_position(pool.threads());
      pool.run(positions * parts, [&](Index chunk, int) {
        const Index part = chunk % parts;
        for (Index g = part * x_.groups / parts; g < (part + 1) * x_.groups / parts; ++g)
          multiply_outer(isa_, dy_, dv_, x_, v_, count, chunk / parts, g, du_, sums_, first > 0);
      });
    }
    pool.run(form_.outputs, [&](Index o, int) { finish(o); });
  }

 private:
  static constexpr Index tiles_at_once = 256, strip = 16;

  /// Chunks that one position's groups are cut into: as few as keep all threads busy, since each
  /// reads all of dv at that position.
  [[nodiscard]] Index parts_of_position(Index threads) const {
    return std::min(x_.groups, (4 * threads + positions - 1) / positions);
  }

  void transform(Index tile, Index t) const {
    const Index n = tile / form_.tiles(), across = form_.cols.tiles();
    const Index ti = tile % form_.tiles() / across, tj = tile % across;
    const T* zeros = zeros_;
    transform_input(isa_, form_, a_.x + n * a_.x_shape.sample(), zeros, ti, tj, x_, t, v_);
    transform_output_gradient(isa_, form_, a_.dy + n * form_.output_area() * form_.outputs, zeros,
                              ti, tj, dy_, t, dv_);
  }

  void finish(Index o) const {
    float* to = a_.dw + o * form_.kernel * form_.kernel * form_.inputs;
    for (int in = 0; in < form_.input_phases(); ++in)
      for (int out = 0; out < form_.output_phases(); ++out)
        transform_gradient_back(isa_, form_, in, out,
                                sums_ + (out * form_.outputs + o) * du_.columns + in * form_.inputs,
                                du_.position_stride(), to, a_.accumulate || out > 0);
  }

  Isa isa_;
  Form form_;
  Args a_;
  Index round_ = 1;
  TileLayout x_, dy_;
  GradientLayout du_;
  float *v_ = nullptr, *dv_ = nullptr, *sums_ = nullptr;
  T* zeros_ = nullptr;
};

}  // namespace limn::inline v0::cpu::winograd
