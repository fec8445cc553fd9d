// SPDX-License-Identifier: MIT
// The state of a training as named tensors, whatever model and device they belong to, and its way
// into and out of a safetensors file. Data pass in pieces: no second copy of the state is made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/tensor.hpp"
#include "limn/data/content_hash.hpp"
#include "limn/io/safetensors.hpp"

namespace limn::inline v0 {

/// What a file says about itself besides its tensors.
using Metadata = std::map<std::string, std::string>;

/// What the names of averaged weights begin with, in a training's checkpoint.
inline constexpr const char* averages_prefix = "ema/";

/// One tensor of a state: what it is called in files, and access to its bytes on its device.
struct StateTensor {
  std::string name;                     ///< as in a checkpoint
  StorageType type = StorageType::f32;  ///< of its numbers in the file
  std::vector<Index> shape;             ///< n, h, w, c
  /// Copies `bytes` bytes from `offset` on to the host, or from it.
  std::function<void(Index offset, void* to, Index bytes)> download;
  /// From the host, likewise.
  std::function<void(Index offset, const void* from, Index bytes)> upload;

  /// Of its numbers; 0 where that is more than there can be.
  [[nodiscard]] Index bytes() const { return tensor_bytes(type, shape).value_or(0); }
};

/// The tensor under this name; shares its memory.
template <Device D, class T>
[[nodiscard]] StateTensor state_tensor(std::string name, const Tensor<D, T>& tensor) {
  const Shape& s = tensor.shape();
  const auto at = [tensor](Index offset) {
    return reinterpret_cast<std::byte*>(tensor.data()) + offset;
  };
  return {std::move(name), storage_type<T>(), std::vector<Index>{s.n, s.h, s.w, s.c},
          [tensor, at](Index offset, void* to, Index bytes) {
            tensor.device().download(to, at(offset), static_cast<std::size_t>(bytes));
          },
          [tensor, at](Index offset, const void* from, Index bytes) {
            tensor.device().upload(at(offset), from, static_cast<std::size_t>(bytes));
          }};
}

namespace detail {

inline constexpr Index state_piece = Index{4} << 20;

/// f(offset, bytes) for the pieces of `total` bytes.
template <class F>
void for_each_piece(Index total, F&& f) {
  for (Index at = 0; at < total; at += state_piece) f(at, std::min(state_piece, total - at));
}

}  // namespace detail

/// The metadata entry with the checksum of a file: a ContentHash over header and data, in which
/// this entry itself is zeros.
inline constexpr const char* checksum_entry = "checksum";

namespace detail {

inline constexpr const char* no_checksum = "0000000000000000";

[[nodiscard]] inline SafetensorsHeader state_header(const Metadata& metadata,
                                                    std::span<const StateTensor> tensors) {
  SafetensorsHeader header{metadata, {}};
  header.metadata[checksum_entry] = no_checksum;
  Index end = 0;
  for (const auto& t : tensors) {
    header.tensors.emplace_back(t.name, TensorInfo{t.type, t.shape, end, end + t.bytes()});
    end += t.bytes();
  }
  return header;
}

}  // namespace detail

/// All of the state in a file that has no name yet: it is the writer's to sync and to finish, which
/// may happen while the state changes, and in another thread. The same state and metadata give the
/// same bytes. Throws IoError.
[[nodiscard]] inline std::unique_ptr<SafetensorsWriter> stream_state(
    const std::filesystem::path& path, const Metadata& metadata,
    std::span<const StateTensor> tensors) {
  const SafetensorsHeader header = detail::state_header(metadata, tensors);
  auto writer = std::make_unique<SafetensorsWriter>(path, header.metadata);
  for (const auto& t : tensors) writer->declare(t.name, t.type, t.shape);
  ContentHash hash;
  hash.update(format_safetensors_header(header));
  std::vector<std::byte> piece(static_cast<std::size_t>(detail::state_piece));
  for (const auto& t : tensors)
    detail::for_each_piece(t.bytes(), [&](Index offset, Index bytes) {
      t.download(offset, piece.data(), bytes);
      hash.update(piece.data(), static_cast<std::size_t>(bytes));
      writer->append(piece.data(), bytes);
    });
  writer->amend(checksum_entry, hash.hex());
  return writer;
}

/// Writes the state whole or not at all: a file that was there before stays until the new one is
/// complete and on the disk. Throws IoError.
inline void write_state(const std::filesystem::path& path, const Metadata& metadata,
                        std::span<const StateTensor> tensors) {
  stream_state(path, metadata, tensors)->finish();
}

/// Bytes of the file that write_state makes.
[[nodiscard]] inline Index state_file_bytes(const Metadata& metadata,
                                            std::span<const StateTensor> tensors) {
  const SafetensorsHeader header = detail::state_header(metadata, tensors);
  const Index end = header.tensors.empty() ? 0 : header.tensors.back().second.end;
  return 8 + static_cast<Index>(format_safetensors_header(header).size()) + end;
}

/// The checksum that the file's header and data have now. Reads all of it. Throws IoError.
[[nodiscard]] inline std::string computed_checksum(const SafetensorsFile& file) {
  SafetensorsHeader header{file.metadata(), {}};
  header.metadata[checksum_entry] = detail::no_checksum;
  for (const auto& name : file.names()) header.tensors.emplace_back(name, file.info(name));
  ContentHash hash;
  hash.update(format_safetensors_header(header));
  std::vector<std::byte> piece(static_cast<std::size_t>(detail::state_piece));
  for (const auto& [name, info] : header.tensors)
    detail::for_each_piece(info.bytes(), [&, &n = name](Index offset, Index bytes) {
      file.read_bytes(n, piece.data(), bytes, offset);
      hash.update(piece.data(), static_cast<std::size_t>(bytes));
    });
  return hash.hex();
}

/// Whether a file may have tensors that are not asked for.
enum class Surplus { refused, allowed };

namespace detail {

[[noreturn]] inline void refuse(const SafetensorsFile& file, const std::string& tensor,
                                const std::string& what, const std::string& why) {
  throw IoError(file.path().string() + ": tensor '" + tensor + "' " + what + "; " + why);
}

inline void check_tensor(const SafetensorsFile& file, const StateTensor& t, Surplus surplus,
                         const std::string& why) {
  if (!file.contains(t.name)) refuse(file, t.name, "is missing", why);
  const auto& info = file.info(t.name);
  if (info.shape != t.shape)
    refuse(file, t.name,
           "has shape " + to_string(info.shape) + ", expected is " + to_string(t.shape), why);
  const bool floating = info.type == StorageType::f32 || info.type == StorageType::f64;
  if (info.type != t.type && !(floating && surplus == Surplus::allowed))
    refuse(
        file, t.name,
        std::string("is stored as ") + to_string(info.type) + ", expected is " + to_string(t.type),
        why);
}

}  // namespace detail

/// Throws IoError that names file, tensor and both shapes unless the file holds what is asked for.
/// `why` ends the sentence: what the shapes come from.
inline void check_state(const SafetensorsFile& file, std::span<const StateTensor> tensors,
                        Surplus surplus, const std::string& why) {
  std::set<std::string> wanted;
  for (const auto& t : tensors) {
    wanted.insert(t.name);
    detail::check_tensor(file, t, surplus, why);
  }
  if (surplus == Surplus::allowed) return;
  for (const auto& name : file.names())
    if (!wanted.contains(name))
      detail::refuse(file, name,
                     "of shape " + to_string(file.info(name).shape) + " belongs to nothing", why);
}

namespace detail {

/// A tensor of type V from a file that has it in another one; `piece` has state_piece bytes.
template <class V>
void read_converted(const SafetensorsFile& file, const StateTensor& t, std::byte* piece) {
  constexpr auto width = static_cast<Index>(sizeof(V));
  for_each_piece(t.bytes(), [&](Index offset, Index bytes) {
    file.read_range(t.name, offset / width, bytes / width, reinterpret_cast<V*>(piece));
    t.upload(offset, piece, bytes);
  });
}

}  // namespace detail

/// Fills the tensors from the file, after check_state: nothing is changed where it throws. With
/// surplus allowed (a part of another state), float and double are converted, to bfloat16 too.
inline void read_state(const SafetensorsFile& file, std::span<const StateTensor> tensors,
                       Surplus surplus, const std::string& why) {
  check_state(file, tensors, surplus, why);
  std::vector<std::byte> piece(static_cast<std::size_t>(detail::state_piece));
  for (const auto& t : tensors) {
    if (file.info(t.name).type == t.type) {
      detail::for_each_piece(t.bytes(), [&](Index offset, Index bytes) {
        file.read_bytes(t.name, piece.data(), bytes, offset);
        t.upload(offset, piece.data(), bytes);
      });
    } else if (t.type == StorageType::f32) {
      detail::read_converted<float>(file, t, piece.data());
    } else if (t.type == StorageType::bf16) {
      detail::read_converted<bfloat16>(file, t, piece.data());
    } else {
      detail::read_converted<double>(file, t, piece.data());
    }
  }
}

/// The value of a metadata entry. Throws IoError where it is missing.
[[nodiscard]] inline const std::string& metadata_entry(const SafetensorsFile& file,
                                                       const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    throw IoError(file.path().string() + ": its metadata has no entry '" + key +
                  "'; it was not written by limn, or by another version");
  return found->second;
}

}  // namespace limn::inline v0
