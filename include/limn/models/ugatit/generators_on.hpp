// SPDX-License-Identifier: MIT
// Generators on a device of any type: where the networks are compiled for it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "limn/models/ugatit/any_generator.hpp"
#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

/// Loads generators that compute in T onto a device, which they keep.
template <Scalar T, Device D>
[[nodiscard]] OpenGenerator generators_on(std::shared_ptr<D> device) {
  return [device](const ModelFile& model, Direction direction) {
    const auto generator = std::make_shared<LoadedGenerator<D, T>>(*device, model, direction);
    return AnyGenerator{
        [device, generator](const std::vector<float>& values, const TranslationProgress& progress) {
          return generator->translate(values, progress);
        },
        device->name(), device->maths()};
  };
}

/// The same in a precision that is known when the program runs, and must be one of T and More.
template <Scalar T, Scalar... More, Device D>
[[nodiscard]] OpenGenerator generators_on(std::shared_ptr<D> device, Precision precision) {
  return with_precision_among<T, More...>(
      precision, [&]<Scalar U>() { return generators_on<U>(std::move(device)); });
}
/// The same in any precision.
template <Device D>
[[nodiscard]] OpenGenerator generators_on(std::shared_ptr<D> device, Precision precision) {
  return generators_on<float, bfloat16, double>(std::move(device), precision);
}

}  // namespace limn::inline v0::ugatit
