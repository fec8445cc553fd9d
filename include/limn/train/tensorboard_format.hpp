// SPDX-License-Identifier: MIT
// The bytes of TensorBoard's event files: records framed with masked CRC-32C (the TFRecord format),
// each an Event in protobuf's wire format. Only what a training writes is here: field numbers are
// those of event.proto, summary.proto and histogram.proto.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limn::inline v0 {

/// CRC-32C (Castagnoli: polynomial 0x1EDC6F41, reflected) of the bytes.
[[nodiscard]] inline std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? (c >> 1) ^ 0x82f63b78U : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  std::uint32_t crc = ~0U;
  for (const char b : bytes) crc = table[(crc ^ static_cast<unsigned char>(b)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

/// A message of protocol buffers on its way out. Fields are appended in the order of the calls.
class ProtoMessage {
 public:
  /// As they are on the wire.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  /// A varint: int64, bool, enumerations.
  void integer(int field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  /// A double, 8 bytes.
  void fixed(int field, double value) {
    key(field, 1);
    little_endian(bytes_, std::bit_cast<std::uint64_t>(value));
  }
  /// A float, 4 bytes.
  void fixed(int field, float value) {
    key(field, 5);
    little_endian(bytes_, std::bit_cast<std::uint32_t>(value));
  }
  /// A string or bytes.
  void text(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
  }
  /// An embedded message.
  void message(int field, const ProtoMessage& value) { text(field, value.bytes()); }
  /// A repeated field, packed.
  void packed(int field, std::span<const double> values) {
    std::string all;
    for (const double v : values) little_endian(all, std::bit_cast<std::uint64_t>(v));
    text(field, all);
  }

  /// Appends the bytes of an unsigned number, the lowest first.
  template <class U>
  static void little_endian(std::string& to, U value) {
    for (std::size_t i = 0; i < sizeof(U); ++i) to += static_cast<char>(value >> (8 * i) & 0xff);
  }

 private:
  void key(int field, unsigned wire) { varint(static_cast<std::uint64_t>(field) << 3 | wire); }
  void varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) bytes_ += static_cast<char>((value & 127) | 128);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

/// A record: length, its masked CRC, the data, their masked CRC.
[[nodiscard]] inline std::string tensorboard_record(std::string_view data) {
  std::string out;
  const auto masked = [](std::string_view bytes) {
    return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
  };
  ProtoMessage::little_endian(out, static_cast<std::uint64_t>(data.size()));
  ProtoMessage::little_endian(out, masked(out));
  out += data;
  ProtoMessage::little_endian(out, masked(data));
  return out;
}

namespace detail {

/// Summary.Value with the tag of what is shown.
inline ProtoMessage tagged(std::string_view tag) {
  ProtoMessage value;
  value.text(1, tag);
  return value;
}

}  // namespace detail

/// What is shown of one moment: a Summary with values under tags ("loss/D_loss").
class TensorBoardSummary {
 public:
  /// The Summary.
  [[nodiscard]] const ProtoMessage& message() const { return message_; }

  /// A number; TensorBoard keeps a float of it.
  void scalar(std::string_view tag, double value) {
    ProtoMessage one = detail::tagged(tag);
    one.fixed(2, static_cast<float>(value));
    message_.message(1, one);
  }

  /// A picture as it is in a PNG file.
  void image(std::string_view tag, std::int64_t width, std::int64_t height, std::string_view png) {
    ProtoMessage image;
    image.integer(1, height);
    image.integer(2, width);
    image.integer(3, 3);  // RGB
    image.text(4, png);
    ProtoMessage one = detail::tagged(tag);
    one.message(4, image);
    message_.message(1, one);
  }

  /// The distribution of the finite ones of the values, in `bins` bins of the same width.
  void histogram(std::string_view tag, std::span<const double> values, std::size_t bins = 30) {
    double low = std::numeric_limits<double>::max(), high = -low, sum = 0, squares = 0, count = 0;
    for (const double v : values) {
      if (!std::isfinite(v)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
      sum += v;
      squares += v * v;
      ++count;
    }
    if (count == 0) return;
    const double width = (high - low) / static_cast<double>(bins);
    if (!(width > 0)) bins = 1;  // all are the same
    std::vector<double> limits(bins), counts(bins);
    for (std::size_t i = 0; i < bins; ++i) limits[i] = low + width * static_cast<double>(i + 1);
    limits.back() = high;
    for (const double v : values)
      if (std::isfinite(v))
        ++counts[bins == 1 ? 0 : std::min(bins - 1, static_cast<std::size_t>((v - low) / width))];
    ProtoMessage histogram;
    histogram.fixed(1, low);
    histogram.fixed(2, high);
    histogram.fixed(3, count);
    histogram.fixed(4, sum);
    histogram.fixed(5, squares);
    histogram.packed(6, limits);
    histogram.packed(7, counts);
    ProtoMessage one = detail::tagged(tag);
    one.message(5, histogram);
    message_.message(1, one);
  }

 private:
  ProtoMessage message_;
};

}  // namespace limn::inline v0
