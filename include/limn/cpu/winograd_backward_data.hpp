// SPDX-License-Identifier: MIT
// Winograd's convolution, gradient of the input: the forward's transforms transposed,
//   dx = sum over tiles of B [U^T (A dy A^T)] B^T.
// dy's tiles do not overlap, dx's do: a chunk is whole rows of tiles, and what it adds to its
// neighbours' pixels is kept aside until they are done.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_forward.hpp"
#include "limn/cpu/winograd_input_gradient.hpp"
#include "limn/cpu/winograd_product.hpp"

namespace limn::inline v0::cpu::winograd {

/// T is the type of dy and dx. Args is ConvBackwardData<T>.
template <class T, class Args>
class BackwardData {
 public:
  BackwardData(Isa isa, const ConvGeometry& g, const Args& a, int threads, Arena& arena)
      : isa_(isa),
        form_(g, a.x_shape, a.w_shape),
        a_(a),
        weights_(backward_weights(isa, form_)),
        chunks_(form_.rows.tiles(), std::max<Index>(1, tiles_per_chunk(isa) / form_.cols.tiles())) {
    const Index tiles = chunks_.largest() * form_.cols.tiles();
    from_ = {segment(isa), 0, tiles};
    from_.groups = weights_.depth / from_.segment;
    to_ = {weights_.panel, form_.inputs / weights_.panel, tiles};
    u_ = arena.take<float>(weights_.size());
    zeros_ = arena.take<T>(form_.outputs);
    edges_ = arena.take<float>(form_.samples * chunks_.count * 2 * row_size());
    scratch_size_ = from_.size() + to_.size();
    scratch_ = arena.take<float>(threads * scratch_size_);
  }

  void run(ThreadPool& pool) {
    transform_backward_weights(pool, isa_, form_, a_.weights, u_);
    std::fill_n(zeros_, form_.outputs, T(0.0F));
    pool.run(form_.samples * chunks_.count, [&](Index chunk, int worker) {
      this->chunk(chunk, scratch_ + worker * scratch_size_);
    });
    pool.run(form_.samples * chunks_.count, [&](Index chunk, int) { add_edges(chunk); });
  }

 private:
  [[nodiscard]] Index row_size() const { return form_.cols.extent * form_.inputs; }
  /// What a chunk adds to the row above (0) and below it (1).
  [[nodiscard]] float* edge(Index chunk, Index which) const {
    return edges_ + (2 * chunk + which) * row_size();
  }
  [[nodiscard]] T* dx_row(Index n, Index i) const {
    return a_.dx + n * a_.x_shape.sample() + i * row_size();
  }

  void chunk(Index index, float* v) const {
    float* products = v + from_.size();
    const Index n = index / chunks_.count, across = form_.cols.tiles();
    const Index first = chunks_.begin(index % chunks_.count);
    const Index end = chunks_.begin(index % chunks_.count + 1);
    const T* dy = a_.dy + n * form_.output_area() * form_.outputs;
    for (Index t = 0; t < (end - first) * across; ++t)
      transform_output_gradient(isa_, form_, dy, static_cast<const T*>(zeros_), first + t / across,
                                t % across, from_, t, v);
    multiply(isa_, from_, v, (end - first) * across, weights_, u_, to_, products);
    for (Index ti = first; ti < end; ++ti)
      for (Index tj = 0; tj < across; ++tj) gather(n, index, ti, tj, first, end, products);
  }

  void gather(Index n, Index chunk, Index ti, Index tj, Index first, Index end,
              const float* products) const {
    const Index m = form_.rows.outputs(), at = m * tj * form_.inputs;
    TileGradient<T> out{GradientAxis(form_.rows, ti), GradientAxis(form_.cols, tj)};
    out.above = ti > first;
    out.below = ti + 1 < end;
    out.tiles_across = form_.cols.tiles();
    out.dx = dx_row(n, m * ti) + at;
    out.row_stride = row_size();
    out.channels = form_.inputs;
    out.accumulate = a_.accumulate;
    if (out.rows.before && !out.above) out.row_above = edge(chunk, 0) + at;
    if (out.rows.after && !out.below) out.row_below = edge(chunk, 1) + at;
    const Index tile = (ti - first) * out.tiles_across + tj;
    if (m == 4)
      simd::dispatch(isa_, TransformInputGradient<T, 4>{}, products, &to_, tile,
                     static_cast<const TileGradient<T>*>(&out));
    else
      simd::dispatch(isa_, TransformInputGradient<T, 5>{}, products, &to_, tile,
                     static_cast<const TileGradient<T>*>(&out));
  }

  // Between a chunk and the one before: each adds to a row of the other's.
  void add_edges(Index chunk) const {
    if (chunk % chunks_.count == 0) return;
    const Index n = chunk / chunks_.count;
    const Index row = form_.rows.outputs() * chunks_.begin(chunk % chunks_.count);
    add(edge(chunk, 0), dx_row(n, row - 1));
    if (form_.rows.outputs() == 4) add(edge(chunk - 1, 1), dx_row(n, row));
  }
  void add(const float* from, T* to) const {
    simd::dispatch(isa_, AddRow<T>{}, from, to, row_size());
  }

  Isa isa_;
  Form form_;
  Args a_;
  WeightLayout weights_;
  Chunks chunks_;
  TileLayout from_, to_;
  Index scratch_size_ = 0;
  float* u_ = nullptr;
  T* zeros_ = nullptr;
  float* edges_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu::winograd
