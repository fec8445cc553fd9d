// SPDX-License-Identifier: MIT
// What the networks of U-GAT-IT tell besides losses, in a few small downloads: rho of every AdaLIN
// and LIN, and the length of each network's two CAM classifiers.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/models/ugatit/model.hpp"
#include "limn/train/events.hpp"

namespace limn::inline v0::ugatit {

/// "rho/LAYER": one value per channel; "cam/NETWORK": |w| of the classifiers of the average and of
/// the maximum, or of the one for both, un-normalized. Waits for the device.
template <Device D, Scalar T>
[[nodiscard]] std::vector<Signal> network_signals(const Model<D, T>& model) {
  std::vector<Signal> signals;
  const auto values_of = [](const Parameter<D, T>& p) {
    const auto values = p.value.download();
    return std::vector<double>(values.begin(), values.end());
  };
  for (const auto* p : model.generators.parameters())
    if (std::string_view name = p->name; name.ends_with(".rho")) {
      name.remove_suffix(std::string_view(".rho").size());
      signals.push_back({"rho/" + std::string(name), values_of(*p)});
    }
  const auto length = [&](const Parameter<D, T>& p) {
    double squares = 0;
    for (const double v : values_of(p)) squares += v * v;
    return std::sqrt(squares);
  };
  const auto attention = [&](const auto& network) {
    const auto &average = network.attention.average.weight,
               &maximum = network.attention.maximum.weight;
    Signal signal{"cam/" + average.name.substr(0, average.name.find('.')), {length(average)}};
    if (!network.attention.shared) signal.values.push_back(length(maximum));
    signals.push_back(std::move(signal));
  };
  attention(model.a2b);
  attention(model.b2a);
  for (const auto* judge : {&model.global_a, &model.local_a, &model.global_b, &model.local_b})
    attention(*judge);
  return signals;
}

}  // namespace limn::inline v0::ugatit
