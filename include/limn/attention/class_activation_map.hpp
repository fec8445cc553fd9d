// SPDX-License-Identifier: MIT
// Class activation map attention (U-GAT-IT, Kim et al., 2020, section 2.1.1): an auxiliary
// classifier looks at the pooled features, and its weights say which channels matter.
//   logits = [w_avg . average(x), w_max . maximum(x)],   y = activation(W [x w_avg, x w_max] + b).
// In the discriminators the classifier's weights are spectrally normalized for the logits, but
// multiply the features as they are (the published PyTorch code takes the first of a layer's
// parameters, which is weight_orig).
// As in the published TensorFlow code one classifier, with a bias, may see both poolings: then its
// weights, normalized if it is, plus its bias multiply the features.
#pragma once

#include <string>
#include <utility>

#include "limn/nn/linear.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/ops/batch.hpp"
#include "limn/ops/cam.hpp"
#include "limn/ops/dual.hpp"
#include "limn/ops/pooling.hpp"

namespace limn::inline v0 {

/// What attention gives: features (N,H,W,C), and the classifier's two logits (N,1,1,2), from the
/// average and from the maximum. Vars, or Duals.
template <class Features, class Logits>
struct Attended {
  Features features;  ///< (N,H,W,C): the activation map
  Logits logits;      ///< (N,1,1,2): of the average, of the maximum
};

namespace detail {
template <Device D, Scalar T>
[[nodiscard]] bool is_normalized(const Linear<D, T>&) {
  return false;
}
template <Device D, Scalar T>
[[nodiscard]] bool is_normalized(const SpectralConvolution<D, T>& layer) {
  return layer.options.normalized;
}
}  // namespace detail

/// Classifier is Linear or SpectralConvolution, from channels to 1.
template <Device D, Scalar T, class Classifier>
struct ClassActivationMap {
  Activation activation;  ///< of the result
  /// Which see the pooled average, the pooled maximum: (N,1,1,C) -> (N,1,1,1).
  Classifier average, maximum;
  bool shared = false;           ///< `average` sees both, `maximum` is not used
  Parameter<D, T> weight, bias;  ///< of the 1x1 convolution, (C,1,1,2C) and (1,1,1,C)
  std::string name = "CAM";      ///< its path in the network, with which its errors begin

  /// For maps of `channels` channels; the classifiers are made by the caller.
  ClassActivationMap(Index channels, Activation act, Classifier avg, Classifier max)
      : activation(act),
        average(std::move(avg)),
        maximum(std::move(max)),
        weight{{channels, 1, 1, 2 * channels}, Initializer::fan_in(2 * channels)},
        bias{vector_shape(channels), weight.initializer} {}

  /// One classifier for both poolings.
  ClassActivationMap(Index channels, Activation act, const Classifier& both)
      : ClassActivationMap(channels, act, both, both) {
    shared = true;
  }

  /// `classify(classifier, pooled)` applies a classifier: the place for what it needs besides its
  /// input.
  template <class X, class Classify>
  [[nodiscard]] auto attend(const X& x, Classify classify) {
    if (shared) return attend_shared(x, classify);
    auto logits = join_channels(classify(average, average_pool(x)), classify(maximum, max_pool(x)));
    auto features = attend_features(x, average.weight, maximum.weight, weight, &bias, activation);
    return Attended<X, decltype(logits)>{std::move(features), std::move(logits)};
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f(shared ? "fc" : "gap_fc", average);
    if (!shared) f("gmp_fc", maximum);
    f("conv1x1.weight", weight);
    f("conv1x1.bias", bias);
  }

 private:
  // two batches of one call: what it does once per call, such as to let iterations go, it does once
  template <class X, class Classify>
  [[nodiscard]] auto attend_shared(const X& x, Classify classify) {
    const auto both = classify(average, join_samples(average_pool(x), max_pool(x)));
    const auto [of_average, of_maximum] = split_samples(both, x.shape().n);
    auto logits = join_channels(of_average, of_maximum);
    const Operand<D, T> scale(classifier_weights<D, T>(x.tape(), average.weight,
                                                       average.bias ? &*average.bias : nullptr,
                                                       detail::is_normalized(average)));
    auto features = attend_features(x, scale, scale, weight, &bias, activation);
    return Attended<X, decltype(logits)>{std::move(features), std::move(logits)};
  }
};

}  // namespace limn::inline v0
