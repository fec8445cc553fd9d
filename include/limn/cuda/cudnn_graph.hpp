// SPDX-License-Identifier: MIT
// Descriptors of cuDNN's graph interface: owned, with their attributes set and read by type.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "limn/cuda/cudnn_library.hpp"

namespace limn::inline v0::gpu {

namespace detail {
template <class V>
struct CudnnType;
template <>
struct CudnnType<std::int64_t> {
  static constexpr auto value = CUDNN_TYPE_INT64;
};
template <>
struct CudnnType<std::int32_t> {
  static constexpr auto value = CUDNN_TYPE_INT32;
};
template <>
struct CudnnType<float> {
  static constexpr auto value = CUDNN_TYPE_FLOAT;
};
template <>
struct CudnnType<char> {
  static constexpr auto value = CUDNN_TYPE_CHAR;
};
template <>
struct CudnnType<void*> {
  static constexpr auto value = CUDNN_TYPE_VOID_PTR;
};
template <>
struct CudnnType<cudnnHandle_t> {
  static constexpr auto value = CUDNN_TYPE_HANDLE;
};
template <>
struct CudnnType<cudnnDataType_t> {
  static constexpr auto value = CUDNN_TYPE_DATA_TYPE;
};
template <>
struct CudnnType<cudnnConvolutionMode_t> {
  static constexpr auto value = CUDNN_TYPE_CONVOLUTION_MODE;
};
template <>
struct CudnnType<cudnnBackendHeurMode_t> {
  static constexpr auto value = CUDNN_TYPE_HEUR_MODE;
};
template <>
struct CudnnType<cudnnBackendNumericalNote_t> {
  static constexpr auto value = CUDNN_TYPE_NUMERICAL_NOTE;
};
template <>
struct CudnnType<cudnnBackendBehaviorNote_t> {
  static constexpr auto value = CUDNN_TYPE_BEHAVIOR_NOTE;
};
template <>
struct CudnnType<cudnnBackendKnobType_t> {
  static constexpr auto value = CUDNN_TYPE_KNOB_TYPE;
};
}  // namespace detail

/// One descriptor. `what` names it in errors. The library must outlive it.
class CudnnDescriptor {
 public:
  using Attribute = cudnnBackendAttributeName_t;

  CudnnDescriptor(const CudnnLibrary& library, cudnnBackendDescriptorType_t type, const char* what)
      : library_(&library), what_(what) {
    library.check(library.create_descriptor(type, &descriptor_), what);
  }
  CudnnDescriptor(CudnnDescriptor&& from) noexcept
      : library_(from.library_),
        what_(from.what_),
        descriptor_(std::exchange(from.descriptor_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& from) noexcept {
    std::swap(library_, from.library_);
    std::swap(what_, from.what_);
    std::swap(descriptor_, from.descriptor_);
    return *this;
  }
  ~CudnnDescriptor() {
    if (descriptor_ != nullptr) library_->destroy_descriptor(descriptor_);
  }

  [[nodiscard]] cudnnBackendDescriptor_t get() const { return descriptor_; }

  template <class V>
  CudnnDescriptor& set(Attribute name, const V& value) {
    return set_raw(name, detail::CudnnType<V>::value, 1, &value);
  }
  template <class V>
  CudnnDescriptor& set(Attribute name, const std::vector<V>& values) {
    return set_raw(name, detail::CudnnType<V>::value, static_cast<std::int64_t>(values.size()),
                   values.data());
  }
  CudnnDescriptor& set(Attribute name, const std::string& text) {
    return set_raw(name, CUDNN_TYPE_CHAR, static_cast<std::int64_t>(text.size()), text.data());
  }
  CudnnDescriptor& set(Attribute name, bool value) {
    return set_raw(name, CUDNN_TYPE_BOOLEAN, 1, &value);
  }
  CudnnDescriptor& set(Attribute name, const CudnnDescriptor& other) {
    return set_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.descriptor_);
  }

  /// Throws DeviceError.
  CudnnDescriptor& finalize() {
    library_->check(library_->finalize(descriptor_), what_);
    return *this;
  }
  /// Whether the library accepts it; what it says otherwise is in `why`.
  [[nodiscard]] bool accepted(std::string& why) {
    const auto status = library_->finalize(descriptor_);
    if (status != CUDNN_STATUS_SUCCESS) why = library_->explain(status);
    return status == CUDNN_STATUS_SUCCESS;
  }

  /// One value.
  template <class V>
  [[nodiscard]] V value(Attribute name) const {
    V result{};
    std::int64_t count = 0;
    library_->check(
        library_->get_attribute(descriptor_, name, detail::CudnnType<V>::value, 1, &count, &result),
        what_);
    return result;
  }
  /// As many as there are, `most` at most.
  template <class V>
  [[nodiscard]] std::vector<V> values(Attribute name, std::int64_t most) const {
    std::vector<V> result(static_cast<std::size_t>(most));
    std::int64_t count = 0;
    library_->check(library_->get_attribute(descriptor_, name, detail::CudnnType<V>::value, most,
                                            &count, result.data()),
                    what_);
    result.resize(static_cast<std::size_t>(std::min(count, most)));
    return result;
  }
  /// The one descriptor inside of this one.
  void read(Attribute name, CudnnDescriptor& part) const {
    std::int64_t count = 0;
    library_->check(library_->get_attribute(descriptor_, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                            &count, &part.descriptor_),
                    what_);
  }
  /// Descriptors of `type` inside of this one, `most` at most.
  [[nodiscard]] std::vector<CudnnDescriptor> parts(Attribute name,
                                                   cudnnBackendDescriptorType_t type,
                                                   const char* what, std::int64_t most) const {
    std::vector<CudnnDescriptor> result;
    std::vector<cudnnBackendDescriptor_t> raw;
    for (std::int64_t i = 0; i < most; ++i) {
      result.emplace_back(*library_, type, what);
      raw.push_back(result.back().descriptor_);
    }
    std::int64_t count = 0;
    library_->check(library_->get_attribute(descriptor_, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most,
                                            &count, raw.data()),
                    what_);
    while (static_cast<std::int64_t>(result.size()) > count) result.pop_back();
    return result;
  }
  /// How many values an attribute has.
  [[nodiscard]] std::int64_t count(Attribute name, cudnnBackendAttributeType_t type) const {
    std::int64_t count = 0;
    library_->check(library_->get_attribute(descriptor_, name, type, 0, &count, nullptr), what_);
    return count;
  }

 private:
  CudnnDescriptor& set_raw(Attribute name, cudnnBackendAttributeType_t type, std::int64_t count,
                           const void* values) {
    library_->check(library_->set_attribute(descriptor_, name, type, count, values), what_);
    return *this;
  }

  const CudnnLibrary* library_;
  const char* what_;
  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

}  // namespace limn::inline v0::gpu
