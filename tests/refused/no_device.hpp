// SPDX-License-Identifier: MIT
// A device by its declarations alone: enough to be type-checked, and quick to be.
#pragma once

#include "limn/core/backend.hpp"

struct NoDevice {
  std::shared_ptr<std::byte> allocate(std::size_t);
  [[nodiscard]] bool dry() const;
  [[nodiscard]] limn::MemoryUse memory() const;
  [[nodiscard]] limn::WorkDone work() const;
  void count(const limn::WorkDone&);
  void upload(void*, const void*, std::size_t);
  void download(void*, const void*, std::size_t);
  void synchronize();
  [[nodiscard]] std::string name() const;
};

namespace limn::primitive {

template <>
struct Pointwise<NoDevice, float> {
  static void map(auto&&...);
  static void map2(auto&&...);
  static void map_reduce(auto&&...);
  static void reduce(auto&&...);
  static std::size_t reduce_workspace(auto&&...);
};
template <>
struct Layout<NoDevice, float> {
  static void copy(auto&&...);
  static void fill(auto&&...);
  static void pad_backward(auto&&...);
};
template <class From, class To>
struct Cast<NoDevice, From, To> {
  static void cast(auto&&...);
};
template <>
struct Affine<NoDevice, float> {
  static void forward(auto&&...);
};

template <>
struct Random<NoDevice, float> {
  static void uniform(auto&&...);
  static void normal(auto&&...);
};
template <>
struct Optimizer<NoDevice, float> {
  static void adam(auto&&...);
  static void adam_outer(auto&&...);
  static void sum_squares(auto&&...);
  static void all_finite(auto&&...);
  static std::size_t reduce_workspace(auto&&...);
};

}  // namespace limn::primitive
