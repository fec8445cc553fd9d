// SPDX-License-Identifier: MIT
// Winograd's convolution, forward: chunks of tiles are transformed, multiplied and transformed
// back, each by one thread in its own scratch memory.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_moments.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_output.hpp"
#include "limn/cpu/winograd_product.hpp"

namespace limn::inline v0::cpu::winograd {

/// T is the type of x and y. Args is ConvForward<T>.
template <class T, class Args>
class Forward {
 public:
  Forward(Isa isa, const ConvGeometry& g, const Args& a, int threads, Arena& arena)
      : isa_(isa),
        form_(g, a.x_shape, a.w_shape),
        a_(a),
        weights_(forward_weights(isa, form_)),
        chunks_(form_.tiles(), tiles_per_chunk(isa)) {
    from_ = {segment(isa), 0, chunks_.largest()};
    from_.groups = weights_.depth / from_.segment;
    to_ = {weights_.panel, weights_.columns / weights_.panel, chunks_.largest()};
    u_ = arena.take<float>(weights_.size());
    zeros_ = arena.take<T>(form_.inputs);
    const Index moments = a.mean != nullptr || arena.counts() ? parts() : 0;
    mean_ = arena.take<float>(moments * form_.outputs);
    m2_ = arena.take<float>(moments * form_.outputs);
    counts_ = arena.take<Index>(moments);
    scratch_size_ = from_.size() + to_.size();
    scratch_ =
        arena.take<float>(threads * std::max(scratch_size_, weights_scratch(form_, weights_)));
  }

  void run(ThreadPool& pool) {
    transform_forward_weights(pool, isa_, form_, a_.weights, u_, scratch_);
    std::fill_n(zeros_, form_.inputs, T(0.0F));
    pool.run(form_.samples * chunks_.count, [&](Index chunk, int worker) {
      this->chunk(chunk / chunks_.count, chunk % chunks_.count, scratch_ + worker * scratch_size_);
    });
    if (a_.mean == nullptr) return;
    const Index per_sample = parts() / form_.samples;
    pool.run(form_.samples, [&](Index n, int) {
      const Index at = n * per_sample;
      merge_moments(mean_ + at * form_.outputs, m2_ + at * form_.outputs, counts_ + at, per_sample,
                    form_.outputs, a_.mean + n * form_.outputs, a_.m2 + n * form_.outputs);
    });
  }

 private:
  [[nodiscard]] Index parts() const {
    return form_.samples * chunks_.count * form_.output_phases();
  }

  void chunk(Index n, Index index, float* scratch) const {
    float* v = scratch;
    float* products = v + from_.size();
    const Index first = chunks_.begin(index), count = chunks_.begin(index + 1) - first;
    const Index across = form_.cols.tiles();
    const T* x = a_.x + n * a_.x_shape.sample();
    for (Index t = 0; t < count; ++t)
      transform_input(isa_, form_, x, static_cast<const T*>(zeros_), (first + t) / across,
                      (first + t) % across, from_, t, v);
    multiply(isa_, from_, v, count, weights_, u_, to_, products);
    for (int phase = 0; phase < form_.output_phases(); ++phase)
      output(n, index, phase, static_cast<const float*>(products));
  }

  void output(Index n, Index index, int phase, const float* products) const {
    const int pi = phase / form_.cols.output_phases, pj = phase % form_.cols.output_phases;
    const Index channels = form_.outputs, down = form_.rows.output_phases,
                right = form_.cols.output_phases;
    const Index width = form_.cols.made * right, across = form_.cols.tiles();
    const Index part = (n * chunks_.count + index) * form_.output_phases() + phase;
    TileOutput<T> out;
    out.row_stride = down * width * channels;
    out.column_stride = right * channels;
    out.channels = channels;
    out.bias = a_.bias;
    out.activation = a_.activation;
    out.accumulate = a_.accumulate;
    if (a_.mean != nullptr) {
      out.mean = mean_ + part * channels;
      out.m2 = m2_ + part * channels;
    }
    T* y = a_.y + n * form_.rows.made * down * width * channels;
    const Index first = chunks_.begin(index), count = chunks_.begin(index + 1) - first;
    for (Index t = 0; t < count; ++t) {
      const Index ti = (first + t) / across, tj = (first + t) % across;
      out.first_row = form_.rows.first(pi, ti);
      out.end_row = form_.rows.end(pi, ti);
      out.first_column = form_.cols.first(pj, tj);
      out.end_column = form_.cols.end(pj, tj);
      if (out.first_row >= out.end_row || out.first_column >= out.end_column) continue;
      out.y = y + ((form_.rows.output(pi, ti, 0) * down + pi) * width +
                   form_.cols.output(pj, tj, 0) * right + pj) *
                      channels;
      const Index group = phase * channels / to_.segment;
      const TileOutput<T>* to = &out;
      if (form_.rows.outputs() == 3)
        simd::dispatch(isa_, TransformOutput<T, 3>{}, products, &to_, group, t, to);
      else if (form_.rows.outputs() == 4)
        simd::dispatch(isa_, TransformOutput<T, 4>{}, products, &to_, group, t, to);
      else
        simd::dispatch(isa_, TransformOutput<T, 5>{}, products, &to_, group, t, to);
      out.seen += out.count();
    }
    if (a_.mean != nullptr) counts_[part] = out.seen;
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
  float *mean_ = nullptr, *m2_ = nullptr;
  Index* counts_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu::winograd
