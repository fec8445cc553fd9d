// SPDX-License-Identifier: MIT
// The safetensors format: 8 bytes n (little endian), n bytes of JSON {"name": {"dtype", "shape",
// "data_offsets"}, "__metadata__": {...}}, then the tensors' bytes, row major, without gaps.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

/// How numbers are stored in a file. f16 is IEEE half, bf16 is bfloat16.
enum class StorageType { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

namespace detail {
struct StorageTypeRow {
  StorageType type;
  std::string_view name;
  Index bytes;
};
inline constexpr std::array<StorageTypeRow, 13> storage_types{{
    {StorageType::boolean, "BOOL", 1},
    {StorageType::u8, "U8", 1},
    {StorageType::i8, "I8", 1},
    {StorageType::u16, "U16", 2},
    {StorageType::i16, "I16", 2},
    {StorageType::f16, "F16", 2},
    {StorageType::bf16, "BF16", 2},
    {StorageType::u32, "U32", 4},
    {StorageType::i32, "I32", 4},
    {StorageType::f32, "F32", 4},
    {StorageType::u64, "U64", 8},
    {StorageType::i64, "I64", 8},
    {StorageType::f64, "F64", 8},
}};
}  // namespace detail

/// The format's name of a type: "F32".
[[nodiscard]] constexpr const char* to_string(StorageType type) {
  return detail::storage_types[static_cast<std::size_t>(type)].name.data();
}
/// Bytes of one number.
[[nodiscard]] constexpr Index storage_bytes(StorageType type) {
  return detail::storage_types[static_cast<std::size_t>(type)].bytes;
}
/// The type called `name` in the format, if there is one.
[[nodiscard]] constexpr std::optional<StorageType> parse_storage_type(std::string_view name) {
  for (const auto& row : detail::storage_types)
    if (row.name == name) return row.type;
  return std::nullopt;
}

/// The type in which numbers of type T are stored.
template <class T>
[[nodiscard]] constexpr StorageType storage_type() {
  if constexpr (std::same_as<T, double>) return StorageType::f64;
  if constexpr (std::same_as<T, float>) return StorageType::f32;
  if constexpr (std::same_as<T, bfloat16>) return StorageType::bf16;
  if constexpr (std::same_as<T, std::uint8_t>) return StorageType::u8;
  if constexpr (std::same_as<T, std::int8_t>) return StorageType::i8;
  if constexpr (std::same_as<T, std::uint16_t>) return StorageType::u16;
  if constexpr (std::same_as<T, std::int16_t>) return StorageType::i16;
  if constexpr (std::same_as<T, std::uint32_t>) return StorageType::u32;
  if constexpr (std::same_as<T, std::int32_t>) return StorageType::i32;
  if constexpr (std::same_as<T, std::uint64_t>) return StorageType::u64;
  if constexpr (std::same_as<T, std::int64_t>) return StorageType::i64;
}

/// One tensor of a file.
struct TensorInfo {
  StorageType type = StorageType::f32;  ///< of its numbers
  /// Extents, outermost first; empty for a single number.
  std::vector<Index> shape;
  /// Where its bytes lie, counted from the end of the header.
  Index begin = 0, end = 0;

  /// Of its numbers.
  [[nodiscard]] Index bytes() const { return end - begin; }
  /// Numbers.
  [[nodiscard]] Index size() const { return bytes() / storage_bytes(type); }
};

/// "[64,3,7,7]"
[[nodiscard]] inline std::string to_string(const std::vector<Index>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(shape[i]);
  }
  return out + "]";
}

/// Bytes of a tensor; nullopt where they do not fit into an Index.
[[nodiscard]] inline std::optional<Index> tensor_bytes(StorageType type,
                                                       const std::vector<Index>& shape) {
  // an extent of 0 wins, wherever it stands
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  Index bytes = storage_bytes(type);
  for (const Index extent : shape) {
    if (extent < 0 || bytes > std::numeric_limits<Index>::max() / extent) return std::nullopt;
    bytes *= extent;
  }
  return bytes;
}

/// What the header of a safetensors file says.
struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;  ///< text under names
  /// In the order of their bytes.
  std::vector<std::pair<std::string, TensorInfo>> tensors;
};

}  // namespace limn::inline v0
