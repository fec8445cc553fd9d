// SPDX-License-Identifier: MIT
// Pack: neighbouring values that travel in one access of 16 bytes, and the choice between packs and
// single values.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "limn/core/config.hpp"

namespace limn::inline v0::gpu {

/// `width` neighbouring values. Aligned to their size, at most to 16 bytes: what one access moves.
template <class T, int width>
struct alignas(sizeof(T) * width > 16 ? 16 : sizeof(T) * width) Pack {
  T value[width];
};

/// How many values of type T fill 16 bytes.
template <class T>
inline constexpr int full_width = static_cast<int>(16 / sizeof(T));

/// The pack at `from`, which must be aligned for it.
template <int width, class T>
[[nodiscard]] LIMN_HOST_DEVICE Pack<T, width> load(const T* from) {
  return *reinterpret_cast<const Pack<T, width>*>(from);
}

/// Writes a pack to `to`, which must be aligned for it.
template <class T, int width>
LIMN_HOST_DEVICE void store(T* to, const Pack<T, width>& pack) {
  *reinterpret_cast<Pack<T, width>*>(to) = pack;
}

/// The values in another type: the computing type after a load, the stored one before a store.
template <class To, class T, int width>
[[nodiscard]] LIMN_HOST_DEVICE Pack<To, width> converted(const Pack<T, width>& pack) {
  Pack<To, width> result;
  for (int i = 0; i < width; ++i) result.value[i] = static_cast<To>(pack.value[i]);
  return result;
}

template <int width, class T>
[[nodiscard]] LIMN_HOST_DEVICE Pack<T, width> filled(T value) {
  Pack<T, width> result;
  for (int i = 0; i < width; ++i) result.value[i] = value;
  return result;
}

template <class A>
[[nodiscard]] LIMN_HOST_DEVICE constexpr A smaller(A a, A b) {
  return b < a ? b : a;
}
template <class A>
[[nodiscard]] LIMN_HOST_DEVICE constexpr A larger(A a, A b) {
  return a < b ? b : a;
}

/// True if all of these (null ones do not count) may be read and written in packs of 16 bytes.
template <class... T>
[[nodiscard]] bool aligned_for_packs(const T*... memory) {
  return ((reinterpret_cast<std::uintptr_t>(memory) % 16 == 0) && ...);
}

/// f(std::integral_constant<int, width>{}) with packs of 16 bytes of T where vectors are possible,
/// else with single values.
template <class T, class F>
void with_width(bool vectors_possible, F&& f) {
  if (vectors_possible)
    std::forward<F>(f)(std::integral_constant<int, full_width<T>>{});
  else
    std::forward<F>(f)(std::integral_constant<int, 1>{});
}

}  // namespace limn::inline v0::gpu
