// SPDX-License-Identifier: MIT
// Generators on a device of any type: where the networks are compiled for it.
#pragma once

#include <memory>
#include <vector>

#include "limn/models/ugatit/any_generator.hpp"
#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

/// Loads generators onto a device, which they keep.
template <Device D>
[[nodiscard]] OpenGenerator generators_on(std::shared_ptr<D> device, Precision precision) {
  return [device, precision](const ModelFile& model, Direction direction) {
    AnyGenerator any{{}, device->name(), device->maths()};
    with_precision(precision, [&]<Scalar T>() {
      const auto generator = std::make_shared<LoadedGenerator<D, T>>(*device, model, direction);
      any.translate = [device, generator](const std::vector<float>& values,
                                          const TranslationProgress& progress) {
        return generator->translate(values, progress);
      };
    });
    return any;
  };
}

}  // namespace limn::inline v0::ugatit
