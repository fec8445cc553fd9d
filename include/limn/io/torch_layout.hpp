// SPDX-License-Identifier: MIT
// PyTorch keeps pictures and feature maps as NCHW and convolution weights as OIHW; limn keeps NHWC
// and OHWI. Vectors, and matrices of fully connected layers seen as (O,H,W,C) against (O,C,H,W),
// follow the same rule, so one permutation serves every parameter.
#pragma once

#include <cstddef>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

namespace detail {

template <class Copy>
void for_each_torch_pair(const Shape& s, Copy copy) {
  for (Index n = 0; n < s.n; ++n)
    for (Index c = 0; c < s.c; ++c)
      for (Index h = 0; h < s.h; ++h)
        for (Index w = 0; w < s.w; ++w)
          copy(static_cast<std::size_t>(((n * s.c + c) * s.h + h) * s.w + w),
               static_cast<std::size_t>(((n * s.h + h) * s.w + w) * s.c + c));
}

}  // namespace detail

/// Values in PyTorch's order -> values of `shape` in limn's. Throws ShapeError if the sizes differ.
template <class P>
[[nodiscard]] std::vector<P> from_torch(const std::vector<P>& values, const Shape& shape) {
  if (static_cast<Index>(values.size()) != shape.size())
    throw ShapeError("[from_torch] " + std::to_string(values.size()) + " values do not fill " +
                     to_string(shape));
  std::vector<P> result(values.size());
  detail::for_each_torch_pair(
      shape, [&](std::size_t torch, std::size_t ours) { result[ours] = values[torch]; });
  return result;
}

/// Values of `shape` in limn's order -> PyTorch's. Throws ShapeError if the sizes differ.
template <class P>
[[nodiscard]] std::vector<P> to_torch(const std::vector<P>& values, const Shape& shape) {
  if (static_cast<Index>(values.size()) != shape.size())
    throw ShapeError("[to_torch] " + std::to_string(values.size()) + " values do not fill " +
                     to_string(shape));
  std::vector<P> result(values.size());
  detail::for_each_torch_pair(
      shape, [&](std::size_t torch, std::size_t ours) { result[torch] = values[ours]; });
  return result;
}

}  // namespace limn::inline v0
