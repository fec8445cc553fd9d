// SPDX-License-Identifier: MIT
// A generator in use, behind which the device's type hides.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

/// A generator on a device of any type: values (size,size,3) in [-1, 1] to a translation.
struct AnyGenerator {
  std::function<TranslatedValues(const std::vector<float>&, const TranslationProgress&)> translate;
  std::string device;  ///< its name
  Maths maths = Maths::fast;
};
/// Loads one.
using OpenGenerator = std::function<AnyGenerator(const ModelFile&, Direction)>;

/// Loads a generator onto a device, which it keeps.
template <Device D, Scalar T>
[[nodiscard]] AnyGenerator any_generator(const std::shared_ptr<D>& device, const ModelFile& model,
                                         Direction direction) {
  const auto generator = std::make_shared<LoadedGenerator<D, T>>(*device, model, direction);
  return {
      [device, generator](const std::vector<float>& values, const TranslationProgress& progress) {
        return generator->translate(values, progress);
      },
      device->name(), device->maths()};
}

/// Loads generators onto a device, which they keep.
template <Device D>
[[nodiscard]] OpenGenerator generators_on(std::shared_ptr<D> device, Precision precision) {
  return [device = std::move(device), precision](const ModelFile& model, Direction direction) {
    return with_precision(
        precision, [&]<Scalar T>() { return any_generator<D, T>(device, model, direction); });
  };
}

}  // namespace limn::inline v0::ugatit
