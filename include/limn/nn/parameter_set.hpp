// SPDX-License-Identifier: MIT
// ParameterSet: all parameters of one optimizer in flat buffers with equal offsets (value,
// gradient; moments and averages beside them), so that zeroing, Adam, clipping, averaging and
// checkpoints are single linear passes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/nn/module.hpp"

namespace limn::inline v0 {

/// FNV-1a: turns a parameter's name into the stream of its random numbers, so that values do not
/// depend on the order of layers.
[[nodiscard]] constexpr std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

template <Device D, Scalar T>
class ParameterSet {
 public:
  using P = param_t<T>;

  explicit ParameterSet(D& device) : device_(&device) {}
  ParameterSet(const ParameterSet&) = delete;
  ParameterSet& operator=(const ParameterSet&) = delete;

  /// Registers a network under `name`; it must outlive the set and stay where it is.
  template <class Network>
  ParameterSet& add(const std::string& name, Network& network) {
    for_each_parameter(network, name, [this](const std::string& path, Parameter<D, T>& p) {
      p.name = path;
      parameters_.push_back(&p);
    });
    return *this;
  }

  /// Gives every parameter its place. With gradients: dense ones in one flat buffer, factored
  /// parameters last and without. Call once, after the last add.
  void allocate(bool with_gradients) {
    for (const bool factored : {false, true})
      for (auto* p : parameters_)
        if (p->role == Role::weight && p->factored == factored)
          offsets_.push_back({p, place(weight_size_, p->shape.size(), factored)});
    for (auto* p : parameters_)
      if (p->role == Role::state)
        offsets_.push_back({p, place(state_size_, p->shape.size(), true)});
    values_ = Tensor<D, P>(*device_, vector_shape(weight_size_));
    primitive::fill(values_, P(0));
    if (with_gradients && dense_size_ > 0) {
      gradients_ = Tensor<D, P>(*device_, vector_shape(dense_size_));
      zero_gradients();
    }
    if (state_size_ > 0) {
      state_ = Tensor<D, P>(*device_, vector_shape(state_size_));
      primitive::fill(state_, P(0));
    }
    for (const auto& [p, offset] : offsets_) {
      p->value = (p->role == Role::weight ? values_ : state_).view(offset, p->shape);
      if (with_gradients && p->role == Role::weight && !p->factored)
        p->gradient = gradients_.view(offset, p->shape);
      p->frozen = !with_gradients;
    }
  }

  /// First values from (seed, name).
  void initialize(std::uint64_t seed) {
    for (auto* p : parameters_) {
      const Philox philox{seed, stream_of(p->name)};
      switch (p->initializer.kind) {
        case Initializer::Kind::constant:
          primitive::fill(p->value, P(p->initializer.value));
          break;
        case Initializer::Kind::uniform:
          primitive::uniform(philox, 0, -p->initializer.value, p->initializer.value, p->value);
          break;
        case Initializer::Kind::unit_vector: {
          primitive::normal(philox, 0, 0, 1, p->value);
          if (device_->dry()) break;
          std::vector<P> v = p->value.download();
          double length = 0;
          for (const P x : v) length += static_cast<double>(x) * x;
          for (P& x : v) x = static_cast<P>(x / std::sqrt(length));
          p->value.upload(v);
        }
      }
    }
  }

  /// All gradients 0, all factors gone.
  void zero_gradients() {
    if (gradients_.defined()) primitive::fill(gradients_, P(0));
    for (auto* p : parameters_) p->factors.clear();
  }

  /// While the result lives, operations are recorded without gradients for these parameters.
  class Frozen {
   public:
    explicit Frozen(ParameterSet& set) : set_(&set) { set_->set_frozen(true); }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;
    ~Frozen() { set_->set_frozen(false); }

   private:
    ParameterSet* set_;
  };
  [[nodiscard]] Frozen freeze() { return Frozen(*this); }

  [[nodiscard]] D& device() const { return *device_; }
  [[nodiscard]] const std::vector<Parameter<D, T>*>& parameters() const { return parameters_; }
  /// Flat values of all weights; the first `dense().size()` of them have dense gradients.
  [[nodiscard]] const Tensor<D, P>& values() const { return values_; }
  [[nodiscard]] const Tensor<D, P>& gradients() const { return gradients_; }
  [[nodiscard]] Index dense_size() const { return dense_size_; }
  /// Where a weight lies in the flat buffers.
  [[nodiscard]] Index offset(const Parameter<D, T>& parameter) const {
    const auto found = std::find_if(offsets_.begin(), offsets_.end(),
                                    [&](const Placed& o) { return o.parameter == &parameter; });
    if (found == offsets_.end())
      throw ShapeError("[ParameterSet] parameter '" + parameter.name + "' belongs to another set");
    return found->offset;
  }

 private:
  struct Placed {
    Parameter<D, T>* parameter;
    Index offset;
  };

  // gaps up to the next 64 bytes stay 0 in every buffer
  Index place(Index& total, Index size, bool factored) {
    const Index offset = total;
    total += (size + 15) / 16 * 16;
    if (!factored) dense_size_ = total;
    return offset;
  }

  void set_frozen(bool frozen) {
    for (auto* p : parameters_) p->frozen = frozen;
  }

  D* device_;
  std::vector<Parameter<D, T>*> parameters_;
  std::vector<Placed> offsets_;
  Index weight_size_ = 0, dense_size_ = 0, state_size_ = 0;
  Tensor<D, P> values_, gradients_, state_;
};

}  // namespace limn::inline v0
