// SPDX-License-Identifier: MIT
// Winograd's convolution, gradient of the input: the forward's transforms transposed,
//   dx = sum over tiles of B [U^T (A dy A^T)] B^T.
// dy's tiles do not overlap, dx's do: products of whole samples are kept until the pixels of dx
// have been gathered from them.
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

/// Transforms all phases of dy in tile (ti, tj) of one sample into tile `t` of v.
template <class T>
void transform_output_gradient(Isa isa, const Form& form, const T* dy, const T* zeros, Index ti,
                               Index tj, const TileLayout& to, Index t, float* v) {
  for (int phase = 0; phase < form.phases(); ++phase) {
    const T* pixel[25];
    point_output(form, dy, zeros, phase / form.cols.phases, phase % form.cols.phases, ti, tj,
                 pixel);
    const Index group = phase * form.outputs / to.segment;
    if (form.rows.outputs() == 4)
      simd::dispatch(isa, TransformOutputGradient<T, 4>{}, static_cast<const T* const*>(pixel),
                     form.outputs, &to, group, t, v);
    else
      simd::dispatch(isa, TransformOutputGradient<T, 5>{}, static_cast<const T* const*>(pixel),
                     form.outputs, &to, group, t, v);
  }
}

/// T is the type of dy and dx. Args is ConvBackwardData<T>.
template <class T, class Args>
class BackwardData {
 public:
  BackwardData(Isa isa, const ConvGeometry& g, const Args& a, int threads, Arena& arena)
      : isa_(isa),
        form_(g, a.x_shape, a.w_shape),
        a_(a),
        weights_(backward_weights(isa, form_)),
        chunks_(form_.tiles(), 48),
        round_(std::clamp<Index>(tiles_at_once / form_.tiles(), 1, form_.samples)) {
    from_ = {segment(isa, form_.outputs), 0, chunks_.largest()};
    from_.groups = form_.phases() * form_.outputs / from_.segment;
    to_ = {weights_.panel, form_.inputs / weights_.panel, round_ * form_.tiles()};
    u_ = arena.take<float>(weights_.size());
    products_ = arena.take<float>(to_.size());
    zeros_ = arena.take<T>(form_.outputs);
    scratch_size_ = from_.size() + 2 * pointers_needed(from_);
    scratch_ = arena.take<float>(threads * scratch_size_);
  }

  void run(ThreadPool& pool) {
    transform_backward_weights(pool, isa_, form_, a_.weights, u_);
    std::fill_n(zeros_, form_.outputs, T(0.0F));
    for (Index n0 = 0; n0 < form_.samples; n0 += round_) {
      const Index count = std::min(round_, form_.samples - n0);
      pool.run(count * chunks_.count, [&](Index chunk, int worker) {
        multiply_chunk(n0, chunk / chunks_.count, chunk % chunks_.count,
                       scratch_ + worker * scratch_size_);
      });
      pool.run(count * form_.rows.tiles(), [&](Index chunk, int) {
        gather_row(n0, chunk / form_.rows.tiles(), chunk % form_.rows.tiles());
      });
    }
  }

 private:
  // small pictures share a round, so that there is work for all threads
  static constexpr Index tiles_at_once = 256;

  void multiply_chunk(Index n0, Index n, Index index, float* v) const {
    const void** pointers = reinterpret_cast<const void**>(v + from_.size());
    const Index first = chunks_.begin(index), count = chunks_.begin(index + 1) - first;
    const Index across = form_.cols.tiles();
    const Index area = a_.x_shape.area() * form_.phases();
    for (Index t = 0; t < count; ++t)
      transform_output_gradient(isa_, form_, a_.dy + (n0 + n) * area * form_.outputs,
                                static_cast<const T*>(zeros_), (first + t) / across,
                                (first + t) % across, from_, t, v);
    multiply(isa_, from_, v, count, weights_, u_, to_, n * form_.tiles() + first, products_,
             pointers);
  }

  void gather_row(Index n0, Index n, Index ti) const {
    const Index across = form_.cols.tiles(), m = form_.rows.outputs();
    const Shape& xs = a_.x_shape;
    T* dx = a_.dx + (n0 + n) * xs.sample() + m * ti * xs.w * xs.c;
    for (Index tj = 0; tj < across; ++tj) {
      const TileGradient<T> out{GradientAxis(form_.rows, ti),
                                GradientAxis(form_.cols, tj),
                                across,
                                dx + m * tj * xs.c,
                                xs.w * xs.c,
                                xs.c,
                                a_.accumulate};
      const Index tile = n * form_.tiles() + ti * across + tj;
      if (m == 4)
        simd::dispatch(isa_, TransformInputGradient<T, 4>{}, static_cast<const float*>(products_),
                       &to_, tile, &out);
      else
        simd::dispatch(isa_, TransformInputGradient<T, 5>{}, static_cast<const float*>(products_),
                       &to_, tile, &out);
    }
  }

  Isa isa_;
  Form form_;
  Args a_;
  WeightLayout weights_;
  Chunks chunks_;
  Index round_;
  TileLayout from_, to_;
  Index scratch_size_ = 0;
  float* u_ = nullptr;
  float* products_ = nullptr;
  T* zeros_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu::winograd
