// SPDX-License-Identifier: MIT
// Parameter: a named tensor that a layer owns, as a view into the flat buffers of its ParameterSet.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limn/autograd/var.hpp"

namespace limn::inline v0 {

/// How a parameter's first values are made.
struct Initializer {
  /// The rule of the values: all alike; U[-value, value); N(0, value^2); random, of length 1.
  enum class Kind { constant, uniform, normal, unit_vector };
  Kind kind = Kind::constant;  ///< how `value` is read
  /// The constant; the bound of uniform in [-bound, bound); the deviation of normal.
  double value = 0;

  /// All values are c.
  static constexpr Initializer constant(double c) { return {Kind::constant, c}; }
  /// U(-1/sqrt(fan_in), 1/sqrt(fan_in)): what PyTorch's layers start from (kaiming_uniform with a =
  /// sqrt(5)).
  static Initializer fan_in(Index inputs) {
    return {Kind::uniform, 1.0 / std::sqrt(static_cast<double>(inputs))};
  }
  /// N(0, deviation^2): DCGAN and CycleGAN with 0.02.
  static constexpr Initializer normal(double deviation) { return {Kind::normal, deviation}; }
  /// Normal values, then divided by their length: the vectors of spectral normalization.
  static constexpr Initializer unit_vector() { return {Kind::unit_vector, 0}; }
};

/// What a layer with parameters for activations of type T works on: such activations, or, where a
/// few values decide (pooled features, logits, gamma and beta), values as wide as the parameters.
template <class U, class T>
concept ActivationOf = std::same_as<U, T> || std::same_as<U, param_t<T>>;

/// Learned by the optimizer, or carried along (the vectors of spectral normalization).
enum class Role { weight, state };

/// Master values are param_t<T> for activations of type T.
template <Device D, Scalar T>
struct Parameter {
  Shape shape;               ///< of its values: OHWI, vectors (1,1,1,C)
  Initializer initializer;   ///< of its first values
  Role role = Role::weight;  ///< whether the optimizer changes it
  /// The gradient of a large linear layer is kept as factors (x, dy) and never formed.
  bool factored = false;
  /// The optimizer keeps the values in them, in the pass that changes them.
  std::optional<primitive::Bounds> bounds{};
  bool decays = true;  ///< by the optimizer's weight decay, if it has one

  std::string name{};             ///< path in its network, as in the published state_dict
  Tensor<D, param_t<T>> value{};  ///< view into the flat buffer
  /// Instead of `value`, in a set that is allocated for inference: see
  /// ParameterSet::allocate_for_inference.
  Tensor<D, T> narrow{};
  Tensor<D, param_t<T>> gradient{};  ///< undefined while none exists, and for factored parameters
  /// Of the gradient, one for each call of the layer.
  std::vector<primitive::Factors<D, T>> factors{};
  bool learns = false;  ///< set by its ParameterSet: there will be a gradient when backward runs
  bool frozen = false;  ///< no gradient is computed in operations recorded while this is set

  /// Whether operations that are recorded now compute its gradient.
  [[nodiscard]] bool trainable() const { return learns && !frozen; }

  /// Throws UsageError that names the parameter, unless it is on the device of x.
  template <Scalar U>
  void require_device_of(const Var<D, U>& x) const {
    with_stored([&](const auto& stored) {
      primitive::require_one_device(name.c_str(), x.bordered().tensor, stored);
    });
  }

  /// f(the tensor that holds the values): `value`, or `narrow` where that stands in its place.
  template <class F>
  decltype(auto) with_stored(F&& f) const {
    return narrow.defined() ? f(narrow) : f(value);
  }
};

/// What a normalization's gamma or beta may be: nothing, a parameter, or a computed value.
template <Device D, Scalar T>
class Operand {
 public:
  /// The scalar type of its values.
  using P = param_t<T>;
  Operand() = default;
  /// A parameter of the layer.
  Operand(Parameter<D, T>& parameter)  // NOLINT: implicit, so that calls read like the formula
      : parameter_(&parameter), wants_(parameter.trainable()) {}
  /// What another part of the network computed.
  Operand(Var<D, P> var) : var_(std::move(var)), wants_(var_.wants_gradient()) {}  // NOLINT

  /// (1,1,1,C) or (N,1,1,C); undefined for none.
  [[nodiscard]] Tensor<D, P> value() const { return parameter_ ? parameter_->value : var_.value(); }
  /// The tape of an operation on x and this, see common_tape. Throws UsageError.
  [[nodiscard]] Tape<D>* tape_with(const char* where, const Var<D, T>& x) const {
    if (!parameter_) return var_.defined() ? common_tape(where, x, var_) : x.tape();
    parameter_->require_device_of(x);
    return x.tape();
  }
  /// Whether a backward has to compute its gradient.
  [[nodiscard]] bool wants_gradient() const { return wants_; }
  /// Of the parameter; empty for a value.
  [[nodiscard]] std::string_view name() const {
    return parameter_ ? std::string_view(parameter_->name) : std::string_view();
  }
  /// Where a backward puts its gradient; no tensor where none is wanted.
  [[nodiscard]] GradientTarget<D, P> gradient_target() const {
    if (!wants_) return {{}, Write::accumulate};
    return parameter_ ? GradientTarget<D, P>{parameter_->gradient, Write::accumulate}
                      : var_.gradient().target();
  }

 private:
  Parameter<D, T>* parameter_ = nullptr;
  Var<D, P> var_;
  bool wants_ = false;
};

}  // namespace limn::inline v0
