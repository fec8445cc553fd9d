// SPDX-License-Identifier: MIT
// What both phases of a training step share: the model, the options, the parts that a batch is seen
// in, and who looks at what is computed.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limn/autograd/finite_probe.hpp"
#include "limn/models/ugatit/loss_terms.hpp"
#include "limn/models/ugatit/model.hpp"
#include "limn/ops/distort.hpp"

namespace limn::inline v0::ugatit {

/// An intermediate result: its name ("fake_A2B", "real_logit_GA", ...), its shape, and its values
/// where they are asked for.
template <Scalar P>
struct Seen {
  std::string_view name;                   ///< valid during the call
  Shape shape;                             ///< of the values
  std::function<std::vector<P>()> values;  ///< downloads them
};

/// Of a Step, which owns it; its phases use it.
template <Device D, Scalar T>
struct StepScope {
  /// The scalar type of losses.
  using P = param_t<T>;

  Model<D, T>* model;                              ///< that learns
  TrainOptions options;                            ///< as they were given
  std::function<void(const Seen<P>&)> observer{};  ///< told of each intermediate result, if any
  bool keep_gradients = false;                     ///< until the next step, for the observer

  /// A part of a step's pictures.
  [[nodiscard]] Tensor<D, T> part(const Tensor<D, T>& pictures, Index i) const {
    const Index count = pictures.shape().n / options.accumulate;
    return pictures.samples(i * count, count);
  }
  /// Of a part, in the losses.
  [[nodiscard]] double share() const { return 1 / static_cast<double>(options.accumulate); }
  /// How a discriminator passes over part i: what its power iterations give is for all parts.
  [[nodiscard]] Passes passes(Index count, Index i) const {
    const bool first = i == 0, last = i + 1 == options.accumulate;
    return {count, first && last ? PowerIteration::run
                   : first       ? PowerIteration::hold
                   : last        ? PowerIteration::finish
                                 : PowerIteration::use};
  }
  /// Pictures as discriminators are shown them.
  [[nodiscard]] Var<D, T> distorted(const Var<D, T>& pictures, const Tensor<D, P>& how) const {
    return options.augmentation.any() ? distort(pictures, how) : pictures;
  }

  /// Calls parts that do not need one another, side by side where the device can.
  void side_by_side(std::initializer_list<std::function<void()>> parts) const {
    run_parts(model->generators.device(), std::span(parts.begin(), parts.size()));
  }

  /// Whether values are looked at. Where the host can, nothing that is not finite reaches an
  /// optimizer: the state never holds it. A device that runs ahead finds out when losses are read.
  [[nodiscard]] bool looks() const {
    return !RecordingDevice<D> && !model->generators.device().dry();
  }
  /// Throws NumericError that names what is not finite, where values are looked at.
  template <Scalar U>
  void require_finite(const char* what, const Tensor<D, U>& x) const {
    if (looks()) require_finite_values(what, x);
  }
  /// The same for gradients: what goes wrong in a backward arrives in the gradients of the first
  /// layers.
  void require_finite(std::initializer_list<const Parameter<D, T>*> first) const {
    if (!looks()) return;
    for (const auto* p : first) require_finite_values("the gradient of " + p->name, p->gradient);
  }

  /// Shows it to the observer.
  template <ActivationOf<T> U>
  void see(std::string_view name, const Var<D, U>& x) const {
    if (!observer) return;
    observer({name, x.shape(), [value = x.value()] {
                const auto values = value.download();
                return std::vector<P>(values.begin(), values.end());
              }});
  }
};

}  // namespace limn::inline v0::ugatit
