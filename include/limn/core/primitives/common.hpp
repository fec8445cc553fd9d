// SPDX-License-Identifier: MIT
// What the checked primitive functions share: rule checks with both shapes, counting, workspace.
#pragma once

#include <cstddef>
#include <string>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/core/tensor.hpp"

/// What a device computes: checked functions of tensors, and the groups that a device specializes.
namespace limn::inline v0::primitive {

/// Out of line, so that a check costs its callers a comparison and no code to build a sentence.
[[noreturn]] LIMN_NOINLINE inline void refuse(const char* where, const char* rule, const Shape& a,
                                              const Shape& b) {
  std::string text = "[";
  text += where;
  text += "] ";
  text += rule;
  text += ": ";
  text += to_string(a);
  text += " and ";
  text += to_string(b);
  throw ShapeError(text);
}

/// Throws ShapeError "[where] rule: a (..) and b (..)" unless `holds`.
inline void require(bool holds, const char* where, const char* rule, const Shape& a,
                    const Shape& b) {
  if (!holds) [[unlikely]]
    refuse(where, rule, a, b);
}

/// Bytes of all defined operands, each read or written once.
template <class... Operands>
[[nodiscard]] std::size_t traffic(const Operands&... operands) {
  return (std::size_t{0} + ... + (operands.defined() ? operands.bytes() : 0));
}

/// Counts one call of a primitive; true if it must also be computed.
template <Device D>
[[nodiscard]] bool begin(D& device, std::size_t bytes, Index multiply_adds = 0) {
  device.count({static_cast<std::uint64_t>(multiply_adds), bytes, 1});
  return !device.dry();
}

/// Scratch memory for one call; undefined if none is needed.
template <Device D>
[[nodiscard]] Tensor<D, std::byte> workspace(D& device, std::size_t bytes) {
  return bytes == 0 ? Tensor<D, std::byte>()
                    : Tensor<D, std::byte>(device, vector_shape(static_cast<Index>(bytes)));
}

}  // namespace limn::inline v0::primitive
