// SPDX-License-Identifier: MIT
// A generator in use, behind which the device's type hides.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

/// A generator on a device of any type: values (size,size,3) in [-1, 1] to a translation.
struct AnyGenerator {
  std::function<TranslatedValues(const std::vector<float>&)> translate;
  std::string device;  ///< its name
  Maths maths = Maths::fast;
};
/// Loads one.
using OpenGenerator = std::function<AnyGenerator(const ModelFile&, Direction)>;

/// Loads generators onto a device, which they keep.
template <Device D>
[[nodiscard]] OpenGenerator generators_on(std::shared_ptr<D> device, Precision precision) {
  return [device, precision](const ModelFile& model, Direction direction) {
    AnyGenerator any{{}, device->name(), device->maths()};
    with_precision(precision, [&]<Scalar T>() {
      const auto generator = std::make_shared<LoadedGenerator<D, T>>(*device, model, direction);
      any.translate = [device, generator](const std::vector<float>& values) {
        return generator->translate(values);
      };
    });
    return any;
  };
}

}  // namespace limn::inline v0::ugatit
