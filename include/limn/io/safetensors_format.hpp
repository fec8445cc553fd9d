// SPDX-License-Identifier: MIT
// The safetensors format: 8 bytes n (little endian), n bytes of JSON {"name": {"dtype", "shape",
// "data_offsets"}, "__metadata__": {...}}, then the tensors' bytes, row major, without gaps.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/json_reader.hpp"

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
  StorageType type = StorageType::f32;
  /// Extents, outermost first; empty for a single number.
  std::vector<Index> shape;
  /// Where its bytes lie, counted from the end of the header.
  Index begin = 0, end = 0;

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
  std::map<std::string, std::string> metadata;
  /// In the order of their bytes.
  std::vector<std::pair<std::string, TensorInfo>> tensors;
};

namespace detail {

/// {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}
inline TensorInfo parse_tensor_info(JsonReader& json, const std::string& name) {
  const auto rule = [&](const std::string& what) { json.fail("tensor '" + name + "': " + what); };
  TensorInfo info;
  std::optional<StorageType> type;
  bool has_shape = false;
  std::vector<Index> offsets;
  json.object([&](const std::string& key) {
    if (key == "dtype" && !type) {
      const auto text = json.string();
      type = parse_storage_type(text);
      if (!type) rule("unknown dtype '" + text + "'");
    } else if (key == "shape" && !has_shape) {
      json.array([&] { info.shape.push_back(json.integer()); });
      has_shape = true;
    } else if (key == "data_offsets" && offsets.empty()) {
      json.array([&] { offsets.push_back(json.integer()); });
      if (offsets.size() != 2) rule("data_offsets must be two numbers");
    } else {
      rule("unknown or repeated key '" + key + "'");
    }
  });
  if (!type || !has_shape || offsets.empty()) rule("dtype, shape or data_offsets is missing");
  info.type = *type;
  info.begin = offsets[0];
  info.end = offsets[1];
  const auto bytes = tensor_bytes(info.type, info.shape);
  if (!bytes || info.end < info.begin || *bytes != info.bytes())
    rule("shape " + to_string(info.shape) + " of " + std::string(to_string(info.type)) +
         " does not fill data_offsets [" + std::to_string(info.begin) + "," +
         std::to_string(info.end) + "]");
  return info;
}

}  // namespace detail

/// Reads the JSON of a file that has `data_bytes` bytes after its header. Throws IoError, naming
/// the tensor and the rule: known dtype, shape x dtype = range, ranges inside the file, one after
/// the other without gap or overlap up to the file's end, no name twice.
[[nodiscard]] inline SafetensorsHeader parse_safetensors_header(std::string_view text,
                                                                Index data_bytes) {
  SafetensorsHeader header;
  JsonReader json(text);
  bool has_metadata = false;
  json.object([&](std::string name) {
    if (name == "__metadata__") {
      if (std::exchange(has_metadata, true)) json.fail("__metadata__ stands there twice");
      json.object([&](std::string key) {
        auto value = json.string();
        if (!header.metadata.emplace(key, std::move(value)).second)
          json.fail("metadata '" + key + "' stands there twice");
      });
    } else {
      auto info = detail::parse_tensor_info(json, name);
      header.tensors.emplace_back(std::move(name), std::move(info));
    }
  });
  json.expect_end();

  auto& tensors = header.tensors;
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.begin, a.second.end) < std::pair(b.second.begin, b.second.end);
  });
  Index end = 0;
  for (const auto& [name, info] : tensors) {
    const auto fail = [&, &n = name](const char* rule) {
      throw IoError("tensor '" + n + "': " + rule);
    };
    if (info.end > data_bytes) fail("its data reach beyond the end of the file");
    if (info.begin < end) fail("its data overlap with another tensor's");
    if (info.begin > end) fail("there is a gap before its data");
    end = info.end;
  }
  if (end != data_bytes)
    throw IoError(std::to_string(data_bytes - end) + " bytes after the last tensor's data");
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const auto& [name, info] : tensors) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    throw IoError("tensor '" + std::string(*twice) + "' stands there twice");
  return header;
}

/// The header's JSON, padded with spaces to a multiple of 8 bytes: metadata sorted by key, then the
/// tensors in their order. The same header gives the same bytes.
[[nodiscard]] inline std::string format_safetensors_header(const SafetensorsHeader& header) {
  std::string out = "{";
  if (!header.metadata.empty()) {
    out += "\"__metadata__\":{";
    const char* comma = "";
    for (const auto& [key, value] : header.metadata) {
      out += comma;
      out += json_quote(key) + ":" + json_quote(value);
      comma = ",";
    }
    out += "}";
  }
  for (const auto& [name, info] : header.tensors) {
    if (out.size() > 1) out += ",";
    out += json_quote(name) + ":{\"dtype\":\"" + to_string(info.type) +
           "\",\"shape\":" + to_string(info.shape) + ",\"data_offsets\":[" +
           std::to_string(info.begin) + "," + std::to_string(info.end) + "]}";
  }
  out += "}";
  out.append((8 - out.size() % 8) % 8, ' ');
  return out;
}

}  // namespace limn::inline v0
