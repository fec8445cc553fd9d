// SPDX-License-Identifier: MIT
// A folder of pictures, in an order that depends on the names alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/data/content_hash.hpp"
#include "limn/io/file.hpp"

namespace limn::inline v0 {

/// True for the names of picture files: .png .jpg .jpeg .bmp .ppm .pgm, in either case.
[[nodiscard]] inline bool has_picture_name(const std::filesystem::path& path) {
  auto extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::array<std::string_view, 6> known{".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm"};
  return std::find(known.begin(), known.end(), extension) != known.end();
}

/// The pictures in a folder and its subfolders, sorted by their path inside it, byte by byte.
/// What is hidden (a name with a leading dot, such as macOS' "._x.png") does not count; links to
/// files are followed, links to folders are not.
class ImageFolder {
 public:
  /// Lists the folder; reads no picture. Throws IoError where it is missing, unreadable or holds no
  /// picture, and says what is expected.
  explicit ImageFolder(std::filesystem::path root) : root_(std::move(root)) {
    namespace fs = std::filesystem;
    std::error_code error;
    const auto kind = fs::status(root_, error).type();
    if (kind == fs::file_type::not_found) fail("there is no such folder");
    if (kind != fs::file_type::directory) fail(error ? error.message() : "it is not a folder");
    auto entry = fs::recursive_directory_iterator(root_, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code broken_link;
      if (entry->path().filename().native().starts_with('.'))
        entry.disable_recursion_pending();
      else if (has_picture_name(entry->path()) && entry->is_regular_file(broken_link))
        names_.push_back(entry->path().lexically_relative(root_).generic_string());
    }
    if (error) fail(error.message());
    if (names_.empty()) fail("it holds no picture (.png, .jpg, .jpeg, .bmp, .ppm, .pgm)");
    std::sort(names_.begin(), names_.end());
  }

  /// As it was given.
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  /// Pictures.
  [[nodiscard]] Index size() const { return static_cast<Index>(names_.size()); }
  /// The paths inside the folder, with '/', sorted.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Of picture i. Throws std::out_of_range where there is none.
  [[nodiscard]] std::filesystem::path path(Index i) const {
    return root_ / names_.at(static_cast<std::size_t>(i));
  }

  /// 16 hexadecimal digits made of all names and all bytes of the files: another data set, another
  /// hash. Reads every file. Throws IoError.
  [[nodiscard]] std::string content_hash() const {
    ContentHash hash;
    std::vector<std::uint8_t> piece(std::size_t{1} << 20);
    for (Index i = 0; i < size(); ++i) {
      const InputFile file(path(i));
      hash.update(names_[static_cast<std::size_t>(i)]);
      const std::int64_t length = file.size();
      hash.update(&length, sizeof length);
      for (Index at = 0; at < length;) {
        const Index part = std::min<Index>(length - at, static_cast<Index>(piece.size()));
        file.read(at, piece.data(), part);
        hash.update(piece.data(), static_cast<std::size_t>(part));
        at += part;
      }
    }
    return hash.hex();
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw IoError(
        root_.string() + ": " + reason +
        "; a data set has the folders trainA, trainB, testA and testB, each with pictures");
  }

  std::filesystem::path root_;
  std::vector<std::string> names_;
};

}  // namespace limn::inline v0
