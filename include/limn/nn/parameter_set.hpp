// SPDX-License-Identifier: MIT
// ParameterSet: all parameters of one optimizer in flat buffers with equal offsets (value, moments
// and averages beside it), so that Adam with clamping and averaging, and checkpoints, are linear
// passes. Gradients are needed for part of a step only: each network's have a buffer of their own,
// which comes and goes.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// The parameters of one or several networks, and their gradients while they are needed.
template <Device D, Scalar T>
class ParameterSet {
 public:
  /// The scalar type of master values, moments and gradients.
  using P = param_t<T>;

  /// Empty; add() and then allocate() fill it.
  explicit ParameterSet(D& device) : device_(&device) {}
  ParameterSet(const ParameterSet&) = delete;
  ParameterSet& operator=(const ParameterSet&) = delete;

  /// Neighbours in the flat buffers that the optimizer treats alike.
  struct Run {
    /// Values, in the flat buffers.
    Index offset = 0, size = 0;
    std::optional<primitive::Bounds> bounds{};  ///< the same for all of them
    bool decays = true;                         ///< likewise
  };

  /// One network of the set: where its weights with dense gradients lie in the flat buffers, and
  /// those gradients while they exist.
  struct Part {
    std::size_t first = 0, last = 0;  ///< its parameters: parameters()[first, last)
    /// Its dense weights, values in the flat buffers.
    Index offset = 0, size = 0;
    std::vector<Run> runs{};   ///< what [offset, offset + size) consists of: without bounds first
    Tensor<D, P> gradients{};  ///< one after another; undefined while there are none
  };

  /// Registers a network under `name`; it must outlive the set and stay where it is.
  template <class Network>
  ParameterSet& add(const std::string& name, Network& network) {
    const std::size_t first = parameters_.size();
    for_each_parameter(network, name, [this](const std::string& path, Parameter<D, T>& p) {
      p.name = path;
      parameters_.push_back(&p);
    });
    parts_.push_back({first, parameters_.size()});
    return *this;
  }

  /// Gives every parameter its place: a network's parameters that are treated alike side by side,
  /// factored ones last. With gradients they all become trainable,
  /// and their gradients 0. Call once, after the last add.
  void allocate(bool with_gradients) { allocate(with_gradients, false); }

  /// As allocate(false), for networks that are used and not trained. Where activations are narrower
  /// than master values, those of factored parameters, the weights of large linear layers, which
  /// such a layer reads once per batch, are stored as `Parameter::narrow`, rounded to T, at half
  /// the memory; they have no master value.
  void allocate_for_inference() { allocate(false, !std::same_as<T, P>); }

  /// First values from (seed, name).
  void initialize(std::uint64_t seed) {
    for (auto* p : parameters_) {
      const Philox philox{seed, stream_of(p->name)};
      switch (p->initializer.kind) {
        case Initializer::Kind::constant:
          p->with_stored([&]<class V>(const Tensor<D, V>& to) {
            primitive::fill(to, V(static_cast<P>(p->initializer.value)));
          });
          break;
        case Initializer::Kind::uniform:
          p->with_stored([&](const auto& to) {
            primitive::uniform(philox, 0, -p->initializer.value, p->initializer.value, to);
          });
          break;
        case Initializer::Kind::normal:
          p->with_stored(
              [&](const auto& to) { primitive::normal(philox, 0, 0, p->initializer.value, to); });
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

  /// All gradients 0, all factors gone; or those of one part, an index into parts(). Memory that
  /// was released is taken again.
  void zero_gradients() {
    for (std::size_t i = 0; i < parts_.size(); ++i) zero_gradients(i);
  }
  /// Of one part.
  void zero_gradients(std::size_t index) {
    Part& part = parts_.at(index);
    if (!part.gradients.defined() && part.size > 0) {
      part.gradients = Tensor<D, P>(*device_, vector_shape(part.size));
      for_each_dense(part, [&](Parameter<D, T>& p, Index at) {
        p.gradient = part.gradients.view(at - part.offset, p.shape);
      });
    }
    if (part.gradients.defined()) primitive::fill(part.gradients, P(0));
    for (std::size_t i = part.first; i < part.last; ++i) parameters_[i]->factors.clear();
  }

  /// Gives the memory of all gradients and factors back, or of those of one part. Backwards need
  /// zero_gradients before them.
  void release_gradients() {
    for (std::size_t i = 0; i < parts_.size(); ++i) release_gradients(i);
  }
  /// Of one part.
  void release_gradients(std::size_t index) {
    Part& part = parts_.at(index);
    for (std::size_t i = part.first; i < part.last; ++i) {
      parameters_[i]->factors.clear();
      parameters_[i]->gradient = {};
    }
    part.gradients = {};
  }

  /// While the result lives, operations are recorded without gradients for these parameters.
  class Frozen {
   public:
    /// Freezes; the destructor puts back what was.
    explicit Frozen(ParameterSet& set) : set_(&set) {
      for (auto* p : set_->parameters_) before_.push_back(std::exchange(p->frozen, true));
    }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;
    ~Frozen() {
      for (std::size_t i = 0; i < before_.size(); ++i) set_->parameters_[i]->frozen = before_[i];
    }

   private:
    ParameterSet* set_;
    std::vector<bool> before_;
  };
  /// See Frozen.
  [[nodiscard]] Frozen freeze() { return Frozen(*this); }

  /// While the result lives, the weights are those of another flat buffer, of the layout of
  /// values(): averages, to translate with. Nothing is copied, and nothing may learn meanwhile.
  class Substituted {
   public:
    /// Puts `values` in place; the destructor puts back what was. Throws ShapeError unless `values`
    /// has the size of the set's.
    Substituted(ParameterSet& set, const Tensor<D, P>& values)
        : set_(&set), before_(set.shown_.defined() ? set.shown_ : set.values_) {
      primitive::require(values.size() == set.values().size(), "substitute",
                         "other weights must have the size of the set's", values.shape(),
                         set.values().shape());
      set_->point_to(values);
    }
    Substituted(const Substituted&) = delete;
    Substituted& operator=(const Substituted&) = delete;
    ~Substituted() { set_->point_to(before_); }

   private:
    ParameterSet* set_;
    Tensor<D, P> before_;
  };
  /// See Substituted.
  [[nodiscard]] Substituted substitute(const Tensor<D, P>& values) {
    return Substituted(*this, values);
  }

  /// Whether the weights are another buffer's at this moment.
  [[nodiscard]] bool substituted() const {
    return shown_.defined() && !device_->dry() && shown_.data() != values_.data();
  }

  /// Throws UsageError where the values of a weight are not this set's any more, because its
  /// network was added to another one as well: an update would change what nobody reads.
  void require_own() const {
    const auto& flat = shown_.defined() ? shown_ : values_;
    for (const auto& [p, offset] : offsets_)
      if (p->role == Role::weight && !p->value.is_view(flat, offset)) [[unlikely]]
        throw UsageError("[ParameterSet] parameter '" + p->name +
                         "' has its values in another set: its network was added to both, and one "
                         "network learns from one optimizer");
  }

  /// Where the buffers are.
  [[nodiscard]] D& device() const { return *device_; }
  /// In the order in which networks were added and visit their members.
  [[nodiscard]] const std::vector<Parameter<D, T>*>& parameters() const { return parameters_; }
  /// The index of the part that a parameter belongs to.
  [[nodiscard]] std::size_t part_of(const Parameter<D, T>& parameter) const {
    for (std::size_t i = 0; i < parts_.size(); ++i)
      for (std::size_t k = parts_[i].first; k < parts_[i].last; ++k)
        if (parameters_[k] == &parameter) return i;
    refuse(parameter);
  }
  /// In the order of the calls of add.
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  /// Flat values of all weights; those with dense gradients first, part by part.
  [[nodiscard]] const Tensor<D, P>& values() const { return values_; }
  /// Flat values of all that is carried along (Role::state); undefined where there is none.
  [[nodiscard]] const Tensor<D, P>& state() const { return state_; }
  /// Where a weight lies in the flat buffers.
  [[nodiscard]] Index offset(const Parameter<D, T>& parameter) const {
    const auto found = std::find_if(offsets_.begin(), offsets_.end(),
                                    [&](const Placed& o) { return o.parameter == &parameter; });
    if (found == offsets_.end()) refuse(parameter);
    return found->offset;
  }

 private:
  struct Placed {
    Parameter<D, T>* parameter;
    Index offset;
  };
  /// What the optimizer does with a parameter besides learning.
  struct Treatment {
    std::optional<primitive::Bounds> bounds{};
    bool decays = true;

    Treatment() = default;
    explicit Treatment(const Parameter<D, T>& p) : bounds(p.bounds), decays(p.decays) {}
    bool operator==(const Treatment&) const = default;
  };

  [[noreturn]] static void refuse(const Parameter<D, T>& parameter) {
    throw ShapeError("[ParameterSet] parameter '" + parameter.name + "' belongs to another set");
  }

  void allocate(bool with_gradients, bool narrow) {
    for (auto& part : parts_) {
      part.offset = weight_size_;
      for (const auto& how : treatments_of(part)) {
        const Index first = weight_size_;
        place_weights(part, [&](const auto& p) { return !p.factored && Treatment(p) == how; });
        if (weight_size_ > first)
          part.runs.push_back({first, weight_size_ - first, how.bounds, how.decays});
      }
      part.size = weight_size_ - part.offset;
    }
    if (!narrow)
      for (const auto& part : parts_) place_weights(part, [](const auto& p) { return p.factored; });
    for (auto* p : parameters_)
      if (p->role == Role::state) offsets_.push_back({p, place(state_size_, p->shape.size())});
    values_ = Tensor<D, P>(*device_, vector_shape(weight_size_));
    primitive::fill(values_, P(0));
    if (state_size_ > 0) {
      state_ = Tensor<D, P>(*device_, vector_shape(state_size_));
      primitive::fill(state_, P(0));
    }
    for (const auto& [p, offset] : offsets_) {
      p->value = (p->role == Role::weight ? values_ : state_).view(offset, p->shape);
      p->learns = with_gradients && p->role == Role::weight;
    }
    if (narrow)
      for (auto* p : parameters_)
        if (p->role == Role::weight && p->factored) {
          p->narrow = Tensor<D, T>(*device_, p->shape);
          primitive::fill(p->narrow, T());
        }
    if (with_gradients) zero_gradients();
  }

  // gaps up to the next 64 bytes stay 0 in every buffer, or as near to it as bounds allow
  static Index place(Index& total, Index size) {
    const Index offset = total;
    total += (size + 15) / 16 * 16;
    return offset;
  }
  template <class Chosen>
  void place_weights(const Part& part, const Chosen& chosen) {
    for (std::size_t i = part.first; i < part.last; ++i) {
      auto* p = parameters_[i];
      if (p->role == Role::weight && chosen(*p))
        offsets_.push_back({p, place(weight_size_, p->shape.size())});
    }
  }
  // each once: the usual one, then in the order of the parameters
  std::vector<Treatment> treatments_of(const Part& part) const {
    std::vector<Treatment> all(1);
    for (std::size_t i = part.first; i < part.last; ++i)
      if (const Treatment how(*parameters_[i]); std::find(all.begin(), all.end(), how) == all.end())
        all.push_back(how);
    return all;
  }

  // f(parameter, offset) for the weights of a part that have dense gradients
  template <class F>
  void for_each_dense(const Part& part, F&& f) const {
    for (const auto& [p, offset] : offsets_)
      if (p->role == Role::weight && offset >= part.offset && offset < part.offset + part.size)
        f(*p, offset);
  }

  void point_to(const Tensor<D, P>& flat) {
    shown_ = flat;
    for (const auto& [p, offset] : offsets_)
      if (p->role == Role::weight) p->value = flat.view(offset, p->shape);
  }

  D* device_;
  std::vector<Parameter<D, T>*> parameters_;
  std::vector<Placed> offsets_;
  std::vector<Part> parts_;
  Index weight_size_ = 0, state_size_ = 0;
  Tensor<D, P> values_, state_;
  Tensor<D, P> shown_;  ///< what the weights are views of, once it was another buffer
};

}  // namespace limn::inline v0
