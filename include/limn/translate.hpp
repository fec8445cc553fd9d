// SPDX-License-Identifier: MIT
// Translating pictures with a trained model, in two lines:
//   limn::Translator translator("runs/mine", limn::ugatit::Direction::a2b);
//   limn::write_picture("out.png", translator.translate(limn::read_picture("in.png")));
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "limn/core/maths.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/heatmap.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0 {

/// A picture and what the network made of it, at the picture's own extents.
struct TranslatedPicture {
  Picture translation;
  Picture heatmap;  ///< where the attention was, from blue to red, over the input; if asked for
};

/// How a Translator computes.
struct TranslatorOptions {
  int threads = 0;  ///< 0: as many as the processor has
  ugatit::Precision precision = ugatit::Precision::fp32;
  Maths maths = Maths::fast;
};

/// A generator on the CPU. One caller at a time.
class Translator {
 public:
  /// From a run's folder, its checkpoint, or an exported generator; the latter knows its direction.
  /// How the training computed makes no difference. Throws IoError for a file that is no model,
  /// UsageError where the direction is missing or another.
  explicit Translator(const std::filesystem::path& run_or_file,
                      std::optional<ugatit::Direction> direction = {},
                      const TranslatorOptions& options = {})
      : Translator(ugatit::ModelFile(run_or_file), direction, options) {}

  [[nodiscard]] ugatit::Direction direction() const { return direction_; }
  [[nodiscard]] const Cpu& device() const { return *device_; }
  /// The network works on size x size pixels.
  [[nodiscard]] Index size() const { return size_; }

  /// The translation, brought back to the picture's extents; crop translates the square in the
  /// middle and leaves the rest as it was. Throws NumericError if the model is no good.
  [[nodiscard]] Picture translate(const Picture& picture, Fit fit = Fit::squash) {
    return restore_picture(to_picture(run(picture, fit).image, size(), size()), picture, fit);
  }

  /// The same with a heatmap of the attention.
  [[nodiscard]] TranslatedPicture translate_with_heatmap(const Picture& picture,
                                                         Fit fit = Fit::squash) {
    const auto values = run(picture, fit);
    const Index s = size();
    TranslatedPicture out;
    out.translation = restore_picture(to_picture(values.image, s, s), picture, fit);
    const auto heat =
        overlay(heatmap_picture(values.heatmap, values.heatmap_size, values.heatmap_size, s, s),
                fit_picture(picture, s, fit));
    out.heatmap = restore_picture(heat, picture, fit);
    return out;
  }

 private:
  Translator(const ugatit::ModelFile& model, std::optional<ugatit::Direction> direction,
             const TranslatorOptions& options)
      : direction_(chosen(model, direction)),
        device_(
            std::make_unique<Cpu>(CpuOptions{.threads = options.threads, .maths = options.maths})),
        size_(model.options.model.size) {
    with_precision(options.precision, [&]<Scalar T>() {
      const auto generator =
          std::make_shared<ugatit::LoadedGenerator<Cpu, T>>(*device_, model, direction_);
      generate_ = [generator](const std::vector<float>& values) {
        return ugatit::translate_values(**generator, generator->device(), values,
                                        generator->size());
      };
    });
  }

  static ugatit::Direction chosen(const ugatit::ModelFile& model,
                                  std::optional<ugatit::Direction> direction) {
    if (direction) return *direction;
    if (!model.training) return model.direction;
    throw UsageError(model.file.path().string() + ": has both directions; say which, A2B or B2A");
  }

  [[nodiscard]] ugatit::TranslatedValues run(const Picture& picture, Fit fit) {
    return generate_(to_floats(fit_picture(picture, size(), fit)));
  }

  ugatit::Direction direction_;
  std::unique_ptr<Cpu> device_;
  Index size_;
  std::function<ugatit::TranslatedValues(const std::vector<float>&)> generate_;
};

}  // namespace limn::inline v0
