// SPDX-License-Identifier: MIT
// Pack: neighbouring values that travel in one access of 16 bytes, and the choice between packs and
// single values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "limn/core/config.hpp"

namespace limn::inline v0::gpu {

template <class A>
[[nodiscard]] LIMN_HOST_DEVICE constexpr A smaller(A a, A b) {
  return b < a ? b : a;
}
template <class A>
[[nodiscard]] LIMN_HOST_DEVICE constexpr A larger(A a, A b) {
  return a < b ? b : a;
}

/// `width` neighbouring values. Aligned to their size, at most to 16 bytes: what one access moves.
template <class T, int width>
struct alignas(sizeof(T) * width > 16 ? 16 : sizeof(T) * width) Pack {
  T value[width];
};

/// How many values of type T fill 16 bytes.
template <class T>
inline constexpr int full_width = static_cast<int>(16 / sizeof(T));

namespace detail {
// One value of so many bytes. nvcc writes a struct member by member where it cannot tell that they
// are neighbours; this it always writes at once.
template <int bytes>
struct Word;
template <>
struct Word<2> {
  using type [[gnu::may_alias]] = std::uint16_t;
};
template <>
struct Word<4> {
  using type [[gnu::may_alias]] = std::uint32_t;
};
template <>
struct Word<8> {
  using type [[gnu::may_alias]] = std::uint64_t;
};
template <>
struct Word<16> {
  __extension__ using type [[gnu::may_alias]] = unsigned __int128;
};
}  // namespace detail

/// The pack at `from`, which must be aligned for it.
template <int width, class T>
[[nodiscard]] LIMN_HOST_DEVICE Pack<T, width> load(const T* from) {
  return *reinterpret_cast<const Pack<T, width>*>(from);
}

/// Writes a pack to `to`, which must be aligned for it.
template <class T, int width>
LIMN_HOST_DEVICE void store(T* to, const Pack<T, width>& pack) {
  constexpr int bytes = static_cast<int>(sizeof(pack));
  if constexpr (bytes <= 16) {
    using Word = typename detail::Word<bytes>::type;
    *reinterpret_cast<Word*>(to) = __builtin_bit_cast(Word, pack);
  } else {
    LIMN_UNROLL
    for (int at = 0; at < bytes; at += 16) {
      typename detail::Word<16>::type word;
      __builtin_memcpy(&word, reinterpret_cast<const char*>(&pack) + at, 16);
      *reinterpret_cast<typename detail::Word<16>::type*>(reinterpret_cast<char*>(to) + at) = word;
    }
  }
}

/// The values in another type: the computing type after a load, the stored one before a store.
template <class To, class T, int width>
[[nodiscard]] LIMN_HOST_DEVICE Pack<To, width> converted(const Pack<T, width>& pack) {
  Pack<To, width> result;
  LIMN_UNROLL
  for (int i = 0; i < width; ++i) result.value[i] = static_cast<To>(pack.value[i]);
  return result;
}

template <int width, class T>
[[nodiscard]] LIMN_HOST_DEVICE Pack<T, width> filled(T value) {
  Pack<T, width> result;
  LIMN_UNROLL
  for (int i = 0; i < width; ++i) result.value[i] = value;
  return result;
}

/// sum += more, value by value.
template <class A, class T, int width>
LIMN_HOST_DEVICE void add(Pack<A, width>& sum, const Pack<T, width>& more) {
  LIMN_UNROLL
  for (int i = 0; i < width; ++i) sum.value[i] += static_cast<A>(more.value[i]);
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
