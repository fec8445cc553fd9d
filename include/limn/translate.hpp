// SPDX-License-Identifier: MIT
// Translating pictures with a trained model, in two lines:
//   limn::Translator translator("runs/mine", limn::ugatit::Direction::a2b);
//   limn::write_picture("out.png", translator.translate(limn::read_picture("in.png")));
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/maths.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/heatmap.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/models/ugatit/cpu_generators.hpp"

namespace limn::inline v0 {

/// A picture and what the network made of it, at the picture's own extents.
struct TranslatedPicture {
  Picture translation;  ///< of the input's extents
  Picture heatmap;      ///< where the attention was, from blue to red, over the input; if asked for
};

/// How a Translator computes.
struct TranslatorOptions {
  int threads = 0;                                        ///< 0: as many as the processor has
  ugatit::Precision precision = ugatit::Precision::fp32;  ///< what the network computes in
  Maths maths = Maths::fast;                              ///< how much rounding is traded for speed
  /// Of a run; unless told, averaged ones where there are any.
  std::optional<ugatit::Weights> weights{};
  std::shared_ptr<Executor> executor{};    ///< threads of the program's own
  std::shared_ptr<Allocator> allocator{};  ///< memory of the program's own
};

/// A generator, on the CPU unless told otherwise. One caller at a time.
class Translator {
 public:
  /// From a run's folder, its checkpoint, or an exported generator; the latter knows its direction.
  /// How the training computed makes no difference. Throws IoError for a file that is no model,
  /// UsageError where the direction is missing or another. Computes in fp32: no network of another
  /// precision is compiled.
  explicit Translator(const std::filesystem::path& run_or_file,
                      std::optional<ugatit::Direction> direction = {})
      : Translator(ugatit::cpu_generators<float>({}), run_or_file, direction) {}
  /// The same with options. A template, so that what nobody asks for is not compiled; its argument
  /// means nothing.
  template <class = void>
  Translator(const std::filesystem::path& run_or_file, std::optional<ugatit::Direction> direction,
             const TranslatorOptions& options)
      : Translator(ugatit::cpu_generators({.threads = options.threads,
                                           .maths = options.maths,
                                           .executor = options.executor,
                                           .allocator = options.allocator},
                                          options.precision),
                   run_or_file, direction, options.weights) {}
  /// The same on another device, on which `open` builds a generator.
  Translator(const ugatit::OpenGenerator& open, const std::filesystem::path& run_or_file,
             std::optional<ugatit::Direction> direction = {},
             std::optional<ugatit::Weights> weights = {})
      : Translator(ugatit::ModelFile(run_or_file, weights), direction, open) {}

  /// What it translates to what.
  [[nodiscard]] ugatit::Direction direction() const { return direction_; }
  /// Of the device that computes.
  [[nodiscard]] const std::string& device_name() const { return generator_.device; }
  /// That the device computes with.
  [[nodiscard]] Maths maths() const { return generator_.maths; }
  /// Which of the run's it has.
  [[nodiscard]] ugatit::Weights weights() const { return weights_; }
  /// The network works on size x size pixels.
  [[nodiscard]] Index size() const { return model_.size; }
  /// What network it is.
  [[nodiscard]] const ugatit::ModelOptions& model() const { return model_; }

  /// The translation, brought back to the picture's extents; crop translates the square in the
  /// middle and leaves the rest as it was. With ModelOptions::residual the change is brought there,
  /// and the picture keeps its detail. `progress` is told before each layer, and may cancel. Throws
  /// NumericError if the model is no good, Cancelled.
  [[nodiscard]] Picture translate(const Picture& picture, Fit fit = Fit::squash,
                                  const ugatit::TranslationProgress& progress = {}) {
    const auto values =
        generator_.translate(to_floats(fit_picture(picture, size(), fit)), progress);
    Picture translation = restored(values, picture, fit);
    ugatit::tell_progress(progress, 1);
    return translation;
  }

  /// The same with a heatmap of the attention.
  [[nodiscard]] TranslatedPicture translate_with_heatmap(
      const Picture& picture, Fit fit = Fit::squash,
      const ugatit::TranslationProgress& progress = {}) {
    const Index s = size();
    const Picture fitted = fit_picture(picture, s, fit);
    const auto values = generator_.translate(to_floats(fitted), progress);
    TranslatedPicture out;
    out.translation = restored(values, picture, fit);
    const auto heat = overlay(
        heatmap_picture(values.heatmap, values.heatmap_size, values.heatmap_size, s, s), fitted);
    out.heatmap = restore_picture(heat, picture, fit);
    ugatit::tell_progress(progress, 1);
    return out;
  }

 private:
  Translator(const ugatit::ModelFile& model, std::optional<ugatit::Direction> direction,
             const ugatit::OpenGenerator& open)
      : direction_(chosen(model, direction)),
        model_(model.options.model),
        weights_(model.weights),
        generator_(open(model, direction_)) {}

  static ugatit::Direction chosen(const ugatit::ModelFile& model,
                                  std::optional<ugatit::Direction> direction) {
    if (direction) return *direction;
    if (!model.training) return model.direction;
    throw UsageError(model.file.path().string() + ": has both directions; say which, A2B or B2A");
  }

  [[nodiscard]] Picture restored(const ugatit::TranslatedValues& values, const Picture& picture,
                                 Fit fit) const {
    if (model_.residual)
      return change_picture(values.change, size(), picture, fit,
                            [](float x, float r) { return ugatit::retouched(x, r); });
    return restore_picture(to_picture(values.image, size(), size()), picture, fit);
  }

  ugatit::Direction direction_;
  ugatit::ModelOptions model_;
  ugatit::Weights weights_;
  ugatit::AnyGenerator generator_;
};

}  // namespace limn::inline v0
