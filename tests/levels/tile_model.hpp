// SPDX-License-Identifier: MIT
// Matrix tiles in plain C++, as Intel's manual defines them: what AmxTiles does, on any machine.
#pragma once

#include <cstdint>
#include <cstring>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"

namespace limn_test {

/// Tiles 0 to 7 of 16 rows of 64 bytes. What was not loaded is not a number, and so is what an
/// operand of the wrong kind gives.
struct TileModel {
  unsigned char data[8][16][64];
  int loads = 0, dots = 0;

  TileModel() { std::memset(data, 0xff, sizeof(data)); }

  template <int T>
  void zero() {
    std::memset(data[T], 0, sizeof(data[T]));
  }
  template <int T>
  void load(const void* p, limn::Index stride) {
    ++loads;
    for (limn::Index r = 0; r < 16; ++r)
      std::memcpy(data[T][r], static_cast<const char*>(p) + r * stride, 64);
  }
  template <int T>
  void store(void* p, limn::Index stride) const {
    for (limn::Index r = 0; r < 16; ++r)
      std::memcpy(static_cast<char*>(p) + r * stride, data[T][r], 64);
  }
  /// TDPBF16PS: for each row m and pair k, first the even products of all columns, then the odd.
  template <int C, int A, int B>
  void dot() {
    ++dots;
    float even[16][16], odd[16][16];  // B's
    for (int k = 0; k < 16; ++k)
      for (int n = 0; n < 16; ++n) {
        even[k][n] = element(B, k, 2 * n);
        odd[k][n] = element(B, k, 2 * n + 1);
      }
    for (int m = 0; m < 16; ++m) {
      float sum[16];
      std::memcpy(sum, data[C][m], sizeof(sum));
      for (int k = 0; k < 16; ++k) {
        const float first = element(A, m, 2 * k), second = element(A, m, 2 * k + 1);
        for (int n = 0; n < 16; ++n) {
          sum[n] += first * even[k][n];
          sum[n] += second * odd[k][n];
        }
      }
      std::memcpy(data[C][m], sum, sizeof(sum));
    }
  }

 private:
  [[nodiscard]] float element(int tile, int row, int column) const {
    limn::bfloat16 value;
    std::memcpy(&value, data[tile][row] + 2 * column, 2);
    return float(value);
  }
};

}  // namespace limn_test
