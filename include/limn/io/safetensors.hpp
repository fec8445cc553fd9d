// SPDX-License-Identifier: MIT
// Reading and writing safetensors files: https://huggingface.co/docs/safetensors
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/file.hpp"
#include "limn/io/half.hpp"
#include "limn/io/safetensors_format.hpp"
#include "limn/io/safetensors_header.hpp"

namespace limn::inline v0 {

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

/// A safetensors file opened for reading: the header is read and checked, tensors are read when
/// asked for. Several threads may read from one object.
class SafetensorsFile {
 public:
  /// Headers beyond this are refused, as by the format's own library.
  static constexpr Index max_header_bytes = 100'000'000;

  /// Throws IoError that names the file, the tensor and the rule that does not hold.
  explicit SafetensorsFile(const std::filesystem::path& path) : file_(path) {
    try {
      read_header();
    } catch (const IoError& error) {
      throw IoError(path.string() + ": not a valid safetensors file: " + error.what());
    }
    for (std::size_t i = 0; i < header_.tensors.size(); ++i)
      by_name_.emplace(header_.tensors[i].first, i);
  }

  /// As it was given.
  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  /// The entries of "__metadata__": text under names.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const {
    return header_.metadata;
  }
  /// The tensors' names, in the order of their bytes.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    names.reserve(header_.tensors.size());
    for (const auto& [name, info] : header_.tensors) names.push_back(name);
    return names;
  }
  /// Whether there is a tensor of that name.
  [[nodiscard]] bool contains(std::string_view name) const {
    return by_name_.contains(std::string(name));
  }
  /// Type, shape and place of a tensor. Throws IoError where there is none of that name.
  [[nodiscard]] const TensorInfo& info(std::string_view name) const {
    const auto found = by_name_.find(std::string(name));
    if (found == by_name_.end())
      throw IoError(path().string() + ": has no tensor '" + std::string(name) + "'");
    return header_.tensors[found->second].second;
  }

  /// Bytes [offset, offset + bytes) of a tensor, as they are stored.
  void read_bytes(std::string_view name, void* data, Index bytes, Index offset = 0) const {
    const auto& tensor = info(name);
    if (offset < 0 || bytes < 0 || offset > tensor.bytes() - bytes)
      throw IoError(path().string() + ": tensor '" + std::string(name) + "': bytes beyond its end");
    file_.read(data_start_ + tensor.begin + offset, data, bytes);
  }

  /// All numbers of a tensor into `data`, which has room for info(name).size(). float, double and
  /// bfloat16 take any of F64, F32, F16, BF16 (rounding where they must); other types take their
  /// own kind only. Throws IoError.
  template <class T>
  void read_into(std::string_view name, T* data) const {
    read_range(name, 0, info(name).size(), data);
  }

  /// As read_into, `count` numbers from number `first` on.
  template <class T>
  void read_range(std::string_view name, Index first, Index count, T* data) const {
    const auto& tensor = info(name);
    if (tensor.type == storage_type<T>()) {
      constexpr auto width = static_cast<Index>(sizeof(T));
      return read_bytes(name, data, count * width, first * width);
    }
    if constexpr (Scalar<T>) {
      switch (tensor.type) {
        case StorageType::f64:
          return convert<double>(name, first, count, data);
        case StorageType::f32:
          return convert<float>(name, first, count, data);
        case StorageType::f16:
          return convert<std::uint16_t>(name, first, count, data);
        case StorageType::bf16:
          return convert<bfloat16>(name, first, count, data);
        default:
          break;
      }
    }
    throw IoError(path().string() + ": tensor '" + std::string(name) + "' is stored as " +
                  to_string(tensor.type) + ", where " + to_string(storage_type<T>()) +
                  " is expected");
  }

  /// All numbers of a tensor; conversions as read_into.
  template <class T>
  [[nodiscard]] std::vector<T> read(std::string_view name) const {
    std::vector<T> data(static_cast<std::size_t>(info(name).size()));
    read_into(name, data.data());
    return data;
  }

 private:
  void read_header() {
    if (file_.size() < 8) throw IoError("it is shorter than 8 bytes");
    std::uint64_t length = 0;
    file_.read(0, &length, 8);
    if (length > static_cast<std::uint64_t>(max_header_bytes) ||
        static_cast<Index>(length) > file_.size() - 8)
      throw IoError("its first 8 bytes announce a header of " + std::to_string(length) +
                    " bytes, the file has " + std::to_string(file_.size()));
    std::string text(length, '\0');
    file_.read(8, text.data(), static_cast<Index>(length));
    data_start_ = 8 + static_cast<Index>(length);
    header_ = parse_safetensors_header(text, file_.size() - data_start_);
  }

  /// Piece by piece, so that a conversion needs no second copy of the tensor.
  template <class S, class T>
  void convert(std::string_view name, Index first, Index count, T* data) const {
    const Index piece = Index{1} << 16;
    std::vector<S> stored(static_cast<std::size_t>(std::min(count, piece)));
    for (Index i = 0; i < count; i += piece) {
      const Index now = std::min(piece, count - i);
      constexpr auto width = static_cast<Index>(sizeof(S));
      read_bytes(name, stored.data(), now * width, (first + i) * width);
      for (Index k = 0; k < now; ++k) data[i + k] = number<T>(stored[static_cast<std::size_t>(k)]);
    }
  }

  /// A stored number (a half as its bits) as a T.
  template <class T, class S>
  static T number(S stored) {
    if constexpr (std::same_as<S, std::uint16_t>)
      return T(half_to_float(stored));
    else if constexpr (std::same_as<T, bfloat16>)
      return T(static_cast<float>(stored));
    else
      return static_cast<T>(stored);
  }

  InputFile file_;
  SafetensorsHeader header_;
  std::unordered_map<std::string, std::size_t> by_name_;
  Index data_start_ = 0;
};

/// Writes a safetensors file front to back: declare all tensors, append their data in the same
/// order, finish. Until finish() the file has another name, and goes if finish() is never called.
/// The same calls give the same bytes.
class SafetensorsWriter {
 public:
  /// Throws IoError where the file cannot be written.
  explicit SafetensorsWriter(const std::filesystem::path& path,
                             std::map<std::string, std::string> metadata = {})
      : file_(path) {
    header_.metadata = std::move(metadata);
  }

  /// The next tensor. Throws UsageError for a name that was declared before, a negative extent, or
  /// after data were appended.
  void declare(const std::string& name, StorageType type, std::vector<Index> shape) {
    if (started_) fail("tensor '" + name + "' is declared after data were written");
    if (name == "__metadata__" || !names_.emplace(name, header_.tensors.size()).second)
      fail("tensor '" + name + "' is declared twice, or its name is reserved");
    const auto bytes = tensor_bytes(type, shape);
    if (!bytes) fail("tensor '" + name + "': impossible shape " + to_string(shape));
    const Index begin = declared_bytes();
    header_.tensors.emplace_back(name, TensorInfo{type, std::move(shape), begin, begin + *bytes});
  }

  /// The next `bytes` bytes of the declared tensors, in any pieces. The first ones write the
  /// header: throws UsageError where a name or the metadata are not UTF-8.
  void append(const void* data, Index bytes) {
    start();
    if (bytes < 0 || bytes > declared_bytes() - written_) fail("more data than were declared");
    file_.write(data, bytes);
    written_ += bytes;
  }

  /// All data of one tensor, which must be the next one; throws UsageError if it is not.
  template <class T>
  void append(const std::string& name, const T* data) {
    const auto found = names_.find(name);
    if (found == names_.end()) fail("tensor '" + name + "' was not declared");
    const auto& info = header_.tensors[found->second].second;
    if (info.begin != written_) fail("tensor '" + name + "' is not the next one");
    if (storage_bytes(info.type) != static_cast<Index>(sizeof(T)))
      fail("tensor '" + name + "' was declared as " + to_string(info.type));
    append(static_cast<const void*>(data), info.bytes());
  }

  /// Gives a metadata entry another value of the same length, also after data were appended: for
  /// what is known only then. Throws UsageError, IoError.
  void amend(const std::string& key, const std::string& value) {
    start();
    const auto entry = header_.metadata.find(key);
    if (entry == header_.metadata.end()) fail("has no metadata entry '" + key + "'");
    // no other place has this text: quotation marks inside of names and values are escaped
    const auto text_of_entry = [&](const std::string& v) {
      return detail::json_quote(key) + ":" + detail::json_quote(v);
    };
    const std::string was = text_of_entry(entry->second), is = text_of_entry(value);
    if (was.size() != is.size()) fail("metadata entry '" + key + "' cannot change its length");
    const auto at = format_safetensors_header(header_).find(was);
    file_.overwrite(8 + static_cast<Index>(at), is.data(), static_cast<Index>(is.size()));
    entry->second = value;
  }

  /// Where the file is until finish(): whole, and on the disk. Throws as finish().
  [[nodiscard]] const std::filesystem::path& sync() {
    require_whole();
    file_.sync();
    return file_.temporary();
  }

  /// The file appears under its name, and is on the disk. Throws UsageError where data are missing,
  /// IoError.
  void finish() {
    require_whole();
    file_.commit(true);
  }

 private:
  [[nodiscard]] Index declared_bytes() const {
    return header_.tensors.empty() ? 0 : header_.tensors.back().second.end;
  }

  void start() {
    if (started_) return;
    std::string text;
    try {
      text = format_safetensors_header(header_);
    } catch (const UsageError& error) {
      fail(error.what());
    }
    started_ = true;
    const std::uint64_t length = text.size();
    file_.write(&length, 8);
    file_.write(text.data(), static_cast<Index>(length));
  }

  void require_whole() {
    start();
    if (written_ != declared_bytes())
      fail("data are missing: " + std::to_string(written_) + " of " +
           std::to_string(declared_bytes()) + " bytes were written");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError(file_.path().string() + ": " + what);
  }

  AtomicFile file_;
  SafetensorsHeader header_;
  std::unordered_map<std::string, std::size_t> names_;
  Index written_ = 0;
  bool started_ = false;
};

}  // namespace limn::inline v0
