// SPDX-License-Identifier: MIT
// Tensor: a shared handle to dense memory of one device, seen as one Shape. Copies share; views
// share.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/core/device.hpp"
#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

namespace detail {

// Out of line: tensors are touched everywhere, sentences are built rarely.
[[noreturn]] LIMN_NOINLINE inline void refuse_data(bool defined, const Shape& shape) {
  if (!defined) throw DeviceError("[Tensor] an undefined tensor has no data");
  throw DeviceError("[Tensor] a dry device has no data: tensor " + to_string(shape) +
                    " was only planned");
}
[[noreturn]] LIMN_NOINLINE inline void refuse_memory(const DeviceError& error, const Shape& shape) {
  throw DeviceError(std::string(error.what()) + "; it was for a tensor " + to_string(shape));
}
[[noreturn]] LIMN_NOINLINE inline void refuse_view(const char* rule, const Shape& tensor,
                                                   const Shape& view, Index offset) {
  throw ShapeError("[Tensor] " + std::string(rule) + ": tensor " + to_string(tensor) + ", view " +
                   to_string(view) + " at " + std::to_string(offset));
}

}  // namespace detail

/// Dense row-major values of type T (NHWC, OHWI) on a device. Memory comes from the device's pool
/// and returns there with the last handle. A default-made tensor is "undefined": it has no memory
/// and stands for "none".
template <Device D, class T>
requires std::is_trivially_copyable_v<T>
class Tensor {
 public:
  /// T, as containers of the standard library name it.
  using value_type = T;

  Tensor() = default;

  /// Uninitialised memory. Throws DeviceError when the device has no more.
  Tensor(D& device, Shape shape)
      : device_(&device), memory_(allocate(device, shape)), shape_(shape) {}

  /// The same memory as that of the device's base, as a pointer to what is derived points to its
  /// base, too.
  template <std::derived_from<D> E>
  Tensor(const Tensor<E, T>& other)
      : device_(other.device_),
        memory_(other.memory_),
        offset_(other.offset_),
        shape_(other.shape_) {}

  /// False: it stands for "none".
  [[nodiscard]] bool defined() const { return device_ != nullptr; }
  /// As it is seen, (N,H,W,C); (0,0,0,0) if undefined.
  [[nodiscard]] const Shape& shape() const { return shape_; }
  /// Elements.
  [[nodiscard]] Index size() const { return shape_.size(); }
  /// Of its elements.
  [[nodiscard]] std::size_t bytes() const { return byte_count(shape_); }
  /// Where its memory is. Not of an undefined tensor.
  [[nodiscard]] D& device() const { return *device_; }

  /// The first value. Throws DeviceError on a dry device and for an undefined tensor.
  [[nodiscard]] T* data() const {
    if (!defined() || device_->dry()) [[unlikely]]
      detail::refuse_data(defined(), shape_);
    return reinterpret_cast<T*>(memory_.get()) + offset_;
  }

  /// Like data(), but null for an undefined tensor: how optional operands reach a kernel.
  [[nodiscard]] T* data_or_null() const { return defined() ? data() : nullptr; }

  /// The same values under another shape of the same size.
  [[nodiscard]] Tensor reshape(Shape shape) const {
    if (shape.size() != shape_.size()) [[unlikely]]
      detail::refuse_view("reshape must keep the number of elements", shape_, shape, 0);
    return view(0, shape);
  }

  /// `shape.size()` values from `offset` on, sharing memory.
  [[nodiscard]] Tensor view(Index offset, Shape shape) const {
    if (offset < 0 || offset + shape.size() > shape_.size()) [[unlikely]]
      detail::refuse_view("a view must lie inside its tensor", shape_, shape, offset);
    Tensor v = *this;
    v.offset_ += offset;
    v.shape_ = shape;
    return v;
  }

  /// Samples [first, first + count) of a batch, sharing memory.
  [[nodiscard]] Tensor samples(Index first, Index count) const {
    return view(first * shape_.sample(), {count, shape_.h, shape_.w, shape_.c});
  }

  /// Copies from host memory, which must hold size() values.
  void upload(std::span<const T> values) const {
    if (static_cast<Index>(values.size()) != size())
      throw ShapeError("[Tensor] upload of " + std::to_string(values.size()) + " values into " +
                       to_string(shape_));
    if (!device_->dry()) device_->upload(data(), values.data(), bytes());
  }

  /// Copies to the host, waiting for the device.
  [[nodiscard]] std::vector<T> download() const {
    std::vector<T> values(static_cast<std::size_t>(size()));
    device_->download(values.data(), data(), bytes());
    return values;
  }

  /// The only value of a (1,1,1,1) tensor, waiting for the device.
  [[nodiscard]] T item() const {
    if (size() != 1)
      throw ShapeError("[Tensor] item() needs one element, the tensor is " + to_string(shape_));
    T value{};
    device_->download(&value, data(), sizeof(T));
    return value;
  }

  /// Whether this begins at that value of `whole`.
  [[nodiscard]] bool is_view(const Tensor& whole, Index offset) const {
    return memory_ == whole.memory_ && offset_ == whole.offset_ + offset;
  }

  /// How many handles share this memory.
  [[nodiscard]] long owners() const { return memory_.use_count(); }

 private:
  static std::shared_ptr<std::byte> allocate(D& device, const Shape& shape) {
    try {
      return device.allocate(byte_count(shape));
    } catch (const DeviceError& error) {
      detail::refuse_memory(error, shape);
    }
  }
  static std::size_t byte_count(const Shape& s) {
    return static_cast<std::size_t>(s.size()) * sizeof(T);
  }

  template <Device E, class U>
  requires std::is_trivially_copyable_v<U>
  friend class Tensor;

  D* device_ = nullptr;
  std::shared_ptr<std::byte> memory_;
  Index offset_ = 0;
  Shape shape_{0, 0, 0, 0};
};

}  // namespace limn::inline v0
