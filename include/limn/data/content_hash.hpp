// SPDX-License-Identifier: MIT
// A fast 64-bit hash that tells data sets apart. Not for adversaries.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace limn::inline v0 {

/// Four lanes of 64 bits, each (lane xor word) * odd constant, rotated; the lanes, the number of
/// bytes and a final avalanche give the value. How the bytes are cut into update() calls does not
/// matter.
class ContentHash {
 public:
  /// Continues with these bytes.
  void update(const void* data, std::size_t bytes) {
    const auto* from = static_cast<const unsigned char*>(data);
    length_ += bytes;
    while (bytes > 0) {
      if (filled_ == 0 && bytes >= block_.size()) {
        mix(from);
        from += block_.size();
        bytes -= block_.size();
        continue;
      }
      const std::size_t part = std::min(bytes, block_.size() - filled_);
      std::memcpy(block_.data() + filled_, from, part);
      filled_ += part;
      from += part;
      bytes -= part;
      if (filled_ == block_.size()) {
        mix(block_.data());
        filled_ = 0;
      }
    }
  }
  /// A text and its length, so that ("ab", "c") is not ("a", "bc").
  void update(std::string_view text) {
    const std::uint64_t length = text.size();
    update(&length, sizeof length);
    update(text.data(), text.size());
  }

  /// Of all bytes so far; more may follow.
  [[nodiscard]] std::uint64_t value() const {
    ContentHash last = *this;
    if (filled_ > 0) {
      std::memset(last.block_.data() + filled_, 0, block_.size() - filled_);
      last.mix(last.block_.data());
    }
    std::uint64_t h = length_ * odd;
    for (const std::uint64_t lane : last.lanes_) h = std::rotl(h ^ lane, 29) * odd;
    h ^= h >> 32;
    h *= odd;
    return h ^ h >> 29;
  }

  /// value() as 16 hexadecimal digits.
  [[nodiscard]] std::string hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::uint64_t v = value();
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
    return out;
  }

 private:
  static constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio

  void mix(const unsigned char* block) {
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, block + 8 * i, 8);
      lanes_[i] = std::rotl((lanes_[i] ^ word) * odd, 31);
    }
  }

  std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
  std::array<unsigned char, 32> block_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace limn::inline v0
