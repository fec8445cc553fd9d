// SPDX-License-Identifier: MIT
// Loops over values in vector registers, with the last partial register handled by the same code:
// a step is a functor whose `operator()<V>(i, lanes)` works on the values from i on and loads and
// stores through `lanes`. Bodies of simd::dispatch are made from such steps.
#pragma once

#include <algorithm>

#include "limn/core/activation.hpp"
#include "limn/core/device.hpp"
#include "limn/cpu/simd_math.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// A full register.
struct AllLanes {
  template <class V, class T>
  LIMN_ALWAYS_INLINE void load(V& v, const T* p) const {
    simd::load(v, p);
  }
  template <class V, class T>
  LIMN_ALWAYS_INLINE void store(T* p, const V& v) const {
    simd::store(p, v);
  }
};

/// The first `count` lanes of a register: others load as 0 and are not stored.
struct FirstLanes {
  Index count;
  template <class V, class T>
  LIMN_ALWAYS_INLINE void load(V& v, const T* p) const {
    simd::load(v, p, count);
  }
  template <class V, class T>
  LIMN_ALWAYS_INLINE void store(T* p, const V& v) const {
    simd::store(p, v, count);
  }
};

/// The register in which values of type T are computed.
template <class T, int Bytes>
using Register = simd::Vec<param_t<T>, Bytes / static_cast<int>(sizeof(param_t<T>))>;

/// step.operator()<V>(i, lanes) for i = 0, width, ... below n.
template <class V, class Step>
LIMN_ALWAYS_INLINE void for_lanes(Index n, const Step& step) {
  constexpr Index w = simd::width<V>;
  Index i = 0;
  for (; i + w <= n; i += w) step.template operator()<V>(i, AllLanes{});
  if (i < n) step.template operator()<V>(i, FirstLanes{n - i});
}

/// Body of simd::dispatch: one step over n values.
template <class T, class Step>
struct LinearBody {
  Step step;
  Index n;
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    const Step own = step;  // pointers in registers: what is stored could be the step itself
    for_lanes<Register<T, Bytes>>(n, own);
  }
};

/// y (+)= x, both read as values of one register.
template <class T, class From = T>
struct CopyStep {
  const From* x;
  T* y;
  bool accumulate;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v, before;
    lanes.load(v, x + i);
    if (accumulate) {
      lanes.load(before, y + i);
      v += before;
    }
    lanes.store(y + i, v);
  }
};

/// Values per chunk of a linear pass: by type alone, 64 KB.
template <class T>
inline constexpr Index linear_chunk = Index{65536} / static_cast<Index>(sizeof(T));

[[nodiscard]] constexpr Index chunks_of(Index total, Index per_chunk) {
  return (total + per_chunk - 1) / per_chunk;
}

/// make(first, count) gives the step of one chunk; chunks of n values run on all threads.
template <class T, class Make>
void linear_pass(ThreadPool& threads, Isa isa, Index n, const Make& make) {
  constexpr Index per = linear_chunk<T>;
  threads.run(chunks_of(n, per), [&](Index chunk, int) {
    const Index first = chunk * per, count = std::min(per, n - first);
    using Step = decltype(make(first, count));
    simd::dispatch(isa, LinearBody<T, Step>{make(first, count), count});
  });
}

/// Activations in registers. none, relu and leaky relu are x > 0 ? x : slope x with slope 1, 0, s:
/// one loop for three kinds; tanh is another (template argument).
[[nodiscard]] inline float negative_slope(const Activation& a) {
  return a.kind == Activation::Kind::none   ? 1.0F
         : a.kind == Activation::Kind::relu ? 0.0F
                                            : a.slope;
}

/// v = f(v)
template <bool Tanh, class V>
LIMN_ALWAYS_INLINE void activate(V& v, simd::lane_t<V> slope) {
  if constexpr (Tanh) {
    simd::tanh(v);
  } else {
    v = v > V{} ? v : v * slope;
  }
}

/// g *= f'(z), from z = the activation's input.
template <bool Tanh, class V>
LIMN_ALWAYS_INLINE void differentiate(V& g, V& z, simd::lane_t<V> slope) {
  if constexpr (Tanh) {
    simd::tanh(z);
    g *= simd::lane_t<V>(1) - z * z;
  } else {
    g = z > V{} ? g : g * slope;
  }
}

}  // namespace limn::inline v0::cpu
