// SPDX-License-Identifier: MIT
// The JSON of a safetensors header, with nlohmann-json.
// Read event by event. No tree is built, and what does not belong to the format is refused where it
// begins, so a hostile header costs no more than a small multiple of its own length, and its
// nesting costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/safetensors_format.hpp"

namespace limn::inline v0 {

namespace detail {

/// A text from a file, for an error message, which must not become as long as a header may be.
inline std::string excerpt(std::string_view text) {
  constexpr std::size_t most = 300;
  if (text.size() <= most) return std::string(text);
  return std::string(text.substr(0, most)) + "...";
}

/// Takes the events of {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ..,
/// "__metadata__": {"key": "value", ..}} and throws IoError at the first that has no place there.
class SafetensorsHeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  [[nodiscard]] SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::header;
    } else if (place_ != Place::header) {
      refuse_value();
    } else if (name_ != "__metadata__") {
      place_ = Place::tensor;
      tensor_ = {};
      type_.reset();
      offsets_.clear();
      has_shape_ = has_offsets_ = false;
    } else {
      if (std::exchange(has_metadata_, true)) fail("stands there twice");
      place_ = Place::metadata;
      key_.clear();
    }
    return true;
  }

  bool key(std::string& text) override {
    if (place_ == Place::header) {
      name_ = std::move(text);
      return true;
    }
    key_ = std::move(text);
    const bool known = place_ == Place::metadata || (key_ == "dtype" && !type_) ||
                       (key_ == "shape" && !has_shape_) ||
                       (key_ == "data_offsets" && !has_offsets_);
    if (!known) fail("unknown or repeated key '" + excerpt(key_) + "'");
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) add_tensor();
    place_ = place_ == Place::header ? Place::outside : Place::header;
    name_.clear();
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") refuse_value();
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    (place_ == Place::shape ? has_shape_ : has_offsets_) = true;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_.size() != 2) fail("data_offsets must be two numbers");
    place_ = Place::tensor;
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata) {
      if (!header_.metadata.emplace(key_, std::move(text)).second) fail("stands there twice");
    } else if (place_ == Place::tensor && key_ == "dtype") {
      type_ = parse_storage_type(text);
      if (!type_) fail("unknown dtype '" + excerpt(text) + "'");
    } else {
      refuse_value();
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (!in_numbers()) refuse_value();
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<Index>::max())) too_large();
    (place_ == Place::shape ? tensor_.shape : offsets_).push_back(static_cast<Index>(value));
    return true;
  }

  /// A number with a fraction, an exponent, or beyond 64 bits.
  bool number_float(number_float_t, const std::string& text) override {
    if (!in_numbers()) refuse_value();
    if (text.find_first_of(".eE") == std::string::npos) too_large();
    fail(key_ + ": a whole number expected");
  }

  bool number_integer(number_integer_t) override { refuse_value(); }  // negative ones alone
  bool null() override { refuse_value(); }
  bool boolean(bool) override { refuse_value(); }
  bool binary(binary_t&) override { refuse_value(); }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception& error) override {
    std::string_view what = error.what();  // "[json.exception.parse_error.101] what"
    if (const auto end = what.find("] "); end != what.npos) what.remove_prefix(end + 2);
    fail("not JSON: " + excerpt(what));
  }

 private:
  enum class Place { outside, header, metadata, tensor, shape, offsets };

  [[nodiscard]] bool in_numbers() const {
    return place_ == Place::shape || place_ == Place::offsets;
  }

  void add_tensor() {
    if (!type_ || !has_shape_ || !has_offsets_) fail("dtype, shape or data_offsets is missing");
    tensor_.type = *type_;
    tensor_.begin = offsets_[0];
    tensor_.end = offsets_[1];
    const auto bytes = tensor_bytes(tensor_.type, tensor_.shape);
    if (!bytes || tensor_.end < tensor_.begin || *bytes != tensor_.bytes())
      fail("shape " + excerpt(to_string(tensor_.shape)) + " of " + to_string(tensor_.type) +
           " does not fill data_offsets " + to_string(offsets_));
    header_.tensors.emplace_back(std::move(name_), std::move(tensor_));
  }

  [[noreturn]] void too_large() const { fail(key_ + ": number too large"); }

  /// The value that begins is not what the format has at this place.
  [[noreturn]] void refuse_value() const {
    if (place_ == Place::metadata) fail("a string expected");
    if (in_numbers()) fail(key_ + ": a number (>= 0) expected");
    if (place_ == Place::tensor && key_ == "dtype") fail("dtype: a string expected");
    if (place_ == Place::tensor) fail(key_ + ": an array of numbers expected");
    fail("an object expected");
  }

  [[noreturn]] void fail(const std::string& what) const {
    std::string where;
    if (place_ == Place::metadata)
      where = "metadata '" + excerpt(key_) + "': ";
    else if (name_ == "__metadata__")
      where = "__metadata__: ";
    else if (!name_.empty() || (place_ != Place::outside && place_ != Place::header))
      where = "tensor '" + excerpt(name_) + "': ";
    throw IoError(where + what);
  }

  SafetensorsHeader header_;
  bool has_metadata_ = false;
  Place place_ = Place::outside;
  /// The member of the header that is being read, and the member of that.
  std::string name_, key_;
  /// The tensor that is being read.
  TensorInfo tensor_;
  std::optional<StorageType> type_;
  std::vector<Index> offsets_;
  bool has_shape_ = false, has_offsets_ = false;
};

/// `text` between quotation marks, as JSON. Throws UsageError where it is not UTF-8.
[[nodiscard]] inline std::string json_quote(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw UsageError("'" + excerpt(text) + "' is not UTF-8, which JSON must be");
  }
}

}  // namespace detail

/// Reads the JSON of a file that has `data_bytes` bytes after its header. Throws IoError, naming
/// the tensor and the rule: known dtype, shape x dtype = range, ranges inside the file, one after
/// the other without gap or overlap up to the file's end, no name twice.
[[nodiscard]] inline SafetensorsHeader parse_safetensors_header(std::string_view text,
                                                                Index data_bytes) {
  // Two things that nlohmann-json lets pass: a byte order mark before the text, and anything after
  // a zero byte.
  if (!text.starts_with('{')) throw IoError("'{' expected as the first byte of the header");
  if (const auto zero = text.find('\0'); zero != text.npos)
    throw IoError("not JSON: the header's byte " + std::to_string(zero) + " is zero");
  detail::SafetensorsHeaderReader reader;
  nlohmann::json::sax_parse(text, &reader);
  auto header = reader.take();

  auto& tensors = header.tensors;
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.begin, a.second.end) < std::pair(b.second.begin, b.second.end);
  });
  Index end = 0;
  for (const auto& [name, info] : tensors) {
    const auto fail = [&, &n = name](const char* rule) {
      throw IoError("tensor '" + detail::excerpt(n) + "': " + rule);
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
    throw IoError("tensor '" + detail::excerpt(*twice) + "' stands there twice");
  return header;
}

/// The header's JSON, padded with spaces to a multiple of 8 bytes: metadata sorted by key, then the
/// tensors in their order. The same header gives the same bytes. Throws UsageError where a name or
/// the metadata are not UTF-8.
[[nodiscard]] inline std::string format_safetensors_header(const SafetensorsHeader& header) {
  std::string out = "{";
  if (!header.metadata.empty()) {
    out += "\"__metadata__\":{";
    const char* comma = "";
    for (const auto& [key, value] : header.metadata) {
      out += comma;
      out += detail::json_quote(key) + ":" + detail::json_quote(value);
      comma = ",";
    }
    out += "}";
  }
  for (const auto& [name, info] : header.tensors) {
    if (out.size() > 1) out += ",";
    out += detail::json_quote(name) + ":{\"dtype\":\"" + to_string(info.type) +
           "\",\"shape\":" + to_string(info.shape) + ",\"data_offsets\":[" +
           std::to_string(info.begin) + "," + std::to_string(info.end) + "]}";
  }
  out += "}";
  out.append((8 - out.size() % 8) % 8, ' ');
  return out;
}

}  // namespace limn::inline v0
