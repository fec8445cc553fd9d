// SPDX-License-Identifier: MIT
// Pictures as rows of channels. With few channels several pixels make one row, so that registers
// are full: coefficients are repeated, sums are folded. Sums run over 8 rows in registers of the
// computing type, and over everything else in double.
#pragma once

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "limn/cpu/lanes.hpp"

namespace limn::inline v0::cpu {

/// `repeat` pixels of `channels` values make one row of `length` values.
struct Rows {
  static constexpr Index max_repeated = 1024;  ///< longest row of several pixels

  Index channels = 1, repeat = 1, length = 1;

  explicit constexpr Rows(Index c) : channels(c), length(c) {
    if (c >= 64) return;
    repeat = 16 / std::gcd(c, Index{16});  // rows of whole registers ...
    repeat *= chunks_of(128, repeat * c);  // ... and not too short
    length = repeat * c;
  }
};
static_assert(Rows(63).length <= Rows::max_repeated && Rows(1).length == 128);

/// Values per channel, repeated to a row's length. Null stays null.
template <class P>
class RepeatedRow {
 public:
  RepeatedRow(const P* source, const Rows& rows) : data_(source) {
    if (source == nullptr || rows.repeat == 1) return;
    for (Index r = 0; r < rows.repeat; ++r)
      std::copy_n(source, rows.channels, row_ + r * rows.channels);
    data_ = row_;
  }
  RepeatedRow(const RepeatedRow&) = delete;
  RepeatedRow& operator=(const RepeatedRow&) = delete;
  [[nodiscard]] const P* data() const { return data_; }

 private:
  const P* data_;
  P row_[Rows::max_repeated];
};

/// A sample's pixels cut into chunks, by shape alone.
struct PixelChunks {
  Index pixels, per_chunk, chunks;

  PixelChunks(Index area, Index bytes_per_pixel, Index bytes_per_chunk, Index most_chunks)
      : pixels(area),
        per_chunk(std::max({Index{1}, bytes_per_chunk / std::max(Index{1}, bytes_per_pixel),
                            chunks_of(area, most_chunks)})),
        chunks(chunks_of(area, per_chunk)) {}

  [[nodiscard]] Index first(Index chunk) const { return chunk * per_chunk; }
  [[nodiscard]] Index count(Index chunk) const {
    return std::min(per_chunk, pixels - first(chunk));
  }
};

/// Body of simd::dispatch: `step` on each row of `pixels` pixels, moved on by a row each time.
template <class T, class Step>
struct RowsBody {
  Step step;
  Rows rows;
  Index pixels;
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    using V = Register<T, Bytes>;
    Step s = step;
    const Index full = pixels / rows.repeat;
    for (Index r = 0; r < full; ++r, s.advance(rows.length)) for_lanes<V>(rows.length, s);
    const Index rest = (pixels - full * rows.repeat) * rows.channels;
    if (rest > 0) for_lanes<V>(rest, s);
  }
};

/// Body of simd::dispatch: `step` on runs of up to 8 rows, for sums; a last, shorter row is a run
/// of its own. The step is told the number of rows and their distance.
template <class T, class Step>
struct SumRowsBody {
  static constexpr Index run = 8;
  Step step;
  Rows rows;
  Index pixels;
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    using V = Register<T, Bytes>;
    Step s = step;
    s.stride = rows.length;
    const Index full = pixels / rows.repeat;
    for (Index r = 0; r < full; r += run, s.advance(s.rows * rows.length)) {
      s.rows = full - r < run ? full - r : run;
      for_lanes<V>(rows.length, s);
    }
    const Index rest = (pixels - full * rows.repeat) * rows.channels;
    if (rest > 0) {
      s.rows = 1;
      for_lanes<V>(rest, s);
    }
  }
};

/// A register of doubles that takes the values of V, or half of them: of vectors that fill two
/// registers g++ makes detours through memory.
template <class V>
using Wide = simd::Vec<double, std::min(simd::width<V>, static_cast<int>(sizeof(V) / 8))>;

/// Registers of doubles for the values of V.
template <class V>
inline constexpr int wide_parts = simd::width<V> / simd::width<Wide<V>>;

/// wide = part `part` of v
template <class V>
LIMN_ALWAYS_INLINE void widen(Wide<V>& wide, const V& v, int part) {
  simd::Vec<simd::lane_t<V>, simd::width<Wide<V>>> piece;
  constexpr int bytes = static_cast<int>(sizeof(piece));
  __builtin_memcpy(&piece, reinterpret_cast<const char*>(&v) + part * bytes, sizeof(piece));
  wide = __builtin_convertvector(piece, Wide<V>);
}

/// total[0..] += sums
template <class W>
LIMN_ALWAYS_INLINE void add_part(double* total, const W& sums, Index, const AllLanes&) {
  W t;
  simd::load(t, total);
  t += sums;
  simd::store(total, t);
}
/// The same for a register's lanes from `first` on, as far as `lanes` has them.
template <class W>
LIMN_ALWAYS_INLINE void add_part(double* total, const W& sums, Index first,
                                 const FirstLanes& lanes) {
  for (Index i = 0; i < simd::width<W> && first + i < lanes.count; ++i) total[i] += sums[i];
}

/// total[i..] += sums
template <class V, class Lanes>
LIMN_ALWAYS_INLINE void add_wide(double* total, const V& sums, const Lanes& lanes) {
#pragma GCC unroll 2
  for (int part = 0; part < wide_parts<V>; ++part) {
    Wide<V> wide;
    widen(wide, sums, part);
    const Index first = part * simd::width<Wide<V>>;
    add_part(total + first, wide, first, lanes);
  }
}

/// totals[i] = sum over `parts` rows (of `rows.length`, `stride` apart) and over a row's pixels,
/// for channels from + i, i < count. Part by part, which reads memory in long stretches.
inline void fold(const double* partial, Index parts, Index stride, const Rows& rows, Index from,
                 Index count, double* totals) {
  std::fill_n(totals, count, 0.0);
  for (Index k = 0; k < parts; ++k)
    for (Index r = 0; r < rows.repeat; ++r)
      for (Index i = 0; i < count; ++i)
        totals[i] += partial[k * stride + r * rows.channels + from + i];
}

}  // namespace limn::inline v0::cpu
