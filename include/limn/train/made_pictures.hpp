// SPDX-License-Identifier: MIT
// What networks make, as pictures to look at.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/augment.hpp"
#include "limn/data/canvas.hpp"
#include "limn/nn/layer.hpp"
#include "limn/train/data_source.hpp"
#include "limn/train/samples.hpp"

namespace limn::inline v0 {

/// Values (S,S,C) as a network's input of one sample, off the tapes.
template <Scalar T, Device D>
[[nodiscard]] Var<D, T> picture_input(D& device, const std::vector<float>& values,
                                      const Shape& shape) {
  const Tensor<D, T> x(device, {1, shape.h, shape.w, shape.c});
  if (!device.dry()) x.upload(std::vector<T>(values.begin(), values.end()));
  return Var<D, T>(x);
}

/// Values (height,width,1 or 3) in [-1, 1] as a picture; gray is repeated.
[[nodiscard]] inline Picture picture_of_values(const std::vector<float>& values, Index height,
                                               Index width) {
  if (static_cast<Index>(values.size()) != height * width) return to_picture(values, height, width);
  std::vector<float> rgb;
  rgb.reserve(3 * values.size());
  for (const float v : values) rgb.insert(rgb.end(), 3, v);
  return to_picture(rgb, height, width);
}

/// The samples of (N,H,W,1 or 3), values in [-1, 1], waiting for the device; white on a dry one.
/// Throws NumericError where a value is not finite.
template <Device D, Scalar T>
[[nodiscard]] std::vector<Picture> made_pictures(const Var<D, T>& made) {
  const Shape s = made.shape();
  std::vector<Picture> pictures;
  if (made.device().dry()) return {static_cast<std::size_t>(s.n), Picture(s.w, s.h)};
  const auto all = made.value().download();
  const std::vector<float> values(all.begin(), all.end());
  for (const float v : values)
    if (!is_finite(v)) throw NumericError("a picture that was made is not finite");
  for (Index i = 0; i < s.n; ++i) {
    const auto first = values.begin() + i * s.sample();
    pictures.push_back(picture_of_values({first, first + s.sample()}, s.h, s.w));
  }
  return pictures;
}

/// Pictures of one size side by side, `columns` in a row.
[[nodiscard]] inline Picture picture_grid(const std::vector<Picture>& pictures, Index columns) {
  if (pictures.empty()) return {};
  const Index w = pictures.front().width, h = pictures.front().height;
  const auto n = static_cast<Index>(pictures.size());
  Canvas sheet(columns * w, (n + columns - 1) / columns * h, {255, 255, 255});
  for (Index i = 0; i < n; ++i)
    sheet.blit(pictures[static_cast<std::size_t>(i)], i % columns * w, i / columns * h);
  return std::move(sheet).picture();
}

/// Makes pictures of noise or of pictures: takes a Var<D, T> and gives one, of any type.
template <class G, class D, class T>
concept GeneratorOf = requires(G& generator, const Var<D, T>& x) {
  { generator(x) } -> AnyVar;
};
/// Makes pictures of pictures, of a type that another translator takes.
template <class G, class D, class T>
concept TranslatorOf = requires(G& translator, const Var<D, T>& x) {
  { translator(x) } -> std::same_as<Var<D, T>>;
};

/// What a generator makes of 64 vectors of noise, (64,1,1,latent), always the same ones.
template <Scalar T, Device D, class Generator>
[[nodiscard]] Picture noise_sheet(D& device, Generator& generator, Index latent) {
  static_assert(
      GeneratorOf<Generator, D, T>,
      "limn: a generator needs operator()(z), which takes a Var<D, T> and gives pictures, "
      "a Var");
  const Tensor<D, T> z(device, {64, 1, 1, latent});
  primitive::normal(Philox{1, 1}, 0, 0, 1, z);
  if constexpr (GeneratorOf<Generator, D, T>)
    return picture_grid(made_pictures(generator(Var<D, T>(z))), 8);
  else
    return {};
}

/// Samples of a translator of both ways: what it makes of the shown pictures, and back again. `a2b`
/// and `b2a` take and give a Var.
template <Scalar T, Device D, class A2b, class B2a>
[[nodiscard]] std::vector<Sample> translated_samples(D& device, const DataSource& source, A2b& a2b,
                                                     B2a& b2a) {
  static_assert(TranslatorOf<A2b, D, T> && TranslatorOf<B2a, D, T>,
                "limn: a translator needs operator()(x), which takes pictures, a Var<D, T>, and "
                "gives pictures of the same type");
  std::vector<Sample> samples;
  const Shape& shape = source.batch;
  const auto direction = [&](const char* from, const char* to, const auto& shown, auto& there,
                             auto& back) {
    for (const auto& [name, values] : shown) {
      const auto forth = there(picture_input<T>(device, values, shape));
      const auto returned = back(forth);
      samples.push_back({name, from, to, picture_of_values(values, shape.h, shape.w),
                         made_pictures(forth).front(), made_pictures(returned).front()});
    }
  };
  if constexpr (TranslatorOf<A2b, D, T> && TranslatorOf<B2a, D, T>) {
    direction("A", "B", source.shown_a, a2b, b2a);
    direction("B", "A", source.shown_b, b2a, a2b);
  }
  return samples;
}

}  // namespace limn::inline v0
