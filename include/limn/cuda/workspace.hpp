// SPDX-License-Identifier: MIT
// Workspace: cuts one piece of memory into aligned parts. The function that tells the size and the
// one that runs cut in the same way, so that they cannot disagree.
#pragma once

#include <cstddef>
#include <cstdint>

#include "limn/core/shape.hpp"

namespace limn::inline v0::gpu {

class Workspace {
 public:
  static constexpr std::size_t alignment = 256;

  /// Without memory it only counts.
  explicit Workspace(std::byte* memory = nullptr) : memory_(memory) {}

  /// The next `count` values of type V; null while it only counts.
  template <class V>
  [[nodiscard]] V* take(Index count) {
    V* const part = memory_ ? reinterpret_cast<V*>(memory_ + bytes_) : nullptr;
    const std::size_t size = static_cast<std::size_t>(count) * sizeof(V);
    bytes_ += (size + alignment - 1) / alignment * alignment;
    return part;
  }
  /// What all parts take.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::byte* memory_;
  std::size_t bytes_ = 0;
};

}  // namespace limn::inline v0::gpu
