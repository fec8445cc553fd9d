// SPDX-License-Identifier: MIT
// One generator in use: loading it from a checkpoint or an exported file, exporting it, and
// translating values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/repeated.hpp"
#include "limn/models/ugatit/any_generator.hpp"
#include "limn/models/ugatit/generator.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/train/network_state.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

/// Picture, heatmap and change, waiting for the device. Throws NumericError if the picture is not
/// finite.
template <Device D, Scalar T>
[[nodiscard]] TranslatedValues read_translation(const Translation<D, T>& result) {
  TranslatedValues out;
  out.size = result.image.shape().h;
  out.heatmap_size = result.heatmap.shape().h;
  if (result.image.device().dry()) return out;
  const auto image = result.image.value().download();
  const auto heatmap = result.heatmap.download();
  out.image.assign(image.begin(), image.end());
  out.heatmap.assign(heatmap.begin(), heatmap.end());
  if (result.change.defined()) {
    const auto change = result.change.download();
    out.change.assign(change.begin(), change.end());
  }
  for (const float v : out.image)
    if (!is_finite(v))
      throw NumericError("the translation is not finite: the model's weights are no good");
  return out;
}

}  // namespace detail

/// values (size,size,3) in [-1, 1], through the generator without a tape. Throws NumericError if
/// the result is not finite: the weights then are no good.
template <Device D, Scalar T>
[[nodiscard]] TranslatedValues translate_values(Generator<D, T>& generator, D& device,
                                                const std::vector<float>& values, Index size) {
  const Tensor<D, T> input(device, {1, size, size, 3});
  if (!device.dry()) input.upload(std::vector<T>(values.begin(), values.end()));
  return detail::read_translation(generator(Var<D, T>(input), true));
}

/// The multiplications of a translation, as they are defined: planned on a dry device.
template <WatchedDevice D, Scalar T>
[[nodiscard]] std::uint64_t translation_work(const D& device, const ModelOptions& options) {
  const auto dry = device.planner();
  Generator<D, T> generator(options);
  ParameterSet<D, T> parameters(*dry);
  parameters.add("generator", generator);
  parameters.allocate_for_inference();
  (void)translate_values(generator, *dry, {}, options.size);
  return dry->work().multiply_adds;
}

/// A generator for inference, with the weights that `model` names in memory of `device`: in
/// bfloat16 those of the full model's large linear layer, rounded as they are read, else
/// param_t<T>.
template <Device D, Scalar T = float>
class LoadedGenerator {
 public:
  /// Throws IoError for a file without it, UsageError if the file has the other direction only.
  LoadedGenerator(D& device, const ModelFile& model, Direction direction);
  ~LoadedGenerator();

  /// Of the training that the generator comes from.
  [[nodiscard]] const RunOptions& options() const { return options_; }
  /// Pictures are size x size.
  [[nodiscard]] Index size() const { return options_.model.size; }
  /// Where it computes.
  [[nodiscard]] D& device() const { return parameters_.device(); }
  /// The network.
  [[nodiscard]] Generator<D, T>& operator*() { return generator_; }

  /// translate_values for pictures of size(); a device that records does so once and replays.
  /// Throws Cancelled where `progress` says so; the next translation is as good as any.
  [[nodiscard]] TranslatedValues translate(const std::vector<float>& values,
                                           const TranslationProgress& progress = {});

  /// Its parameters.
  [[nodiscard]] ParameterSet<D, T>& parameters() { return parameters_; }

 private:
  static constexpr const char* why =
      "the metadata announce a generator that does not fit the tensors";

  // before memory is asked for: the metadata may announce anything
  void check_extents(const ModelFile& model) const {
    for (const auto* p : parameters_.parameters()) {
      const std::vector<Index> expected{p->shape.n, p->shape.h, p->shape.w, p->shape.c};
      const std::string name = weight_name(model, p->name);
      if (!model.file.contains(name) || model.file.info(name).shape != expected)
        throw IoError(model.file.path().string() + ": tensor '" + name + "' is missing or not " +
                      limn::to_string(expected) + "; " + why);
    }
  }

  RunOptions options_;
  Generator<D, T> generator_;
  ParameterSet<D, T> parameters_;
  Tensor<D, T> input_;
  std::uint64_t work_ = 0;  ///< of a translation, once somebody wanted to know
  Repeated<D, Translation<D, T>> translations_;
};

// Defined outside the class, as Step's.

template <Device D, Scalar T>
LoadedGenerator<D, T>::LoadedGenerator(D& device, const ModelFile& model, Direction direction)
    : options_(model.options), generator_(options_.model), parameters_(device) {
  if (!model.training && model.direction != direction)
    throw UsageError(model.file.path().string() + ": translates " + to_string(model.direction) +
                     ", not " + to_string(direction));
  parameters_.add(generator_name(direction), generator_);
  check_extents(model);
  parameters_.allocate_for_inference();
  std::vector<StateTensor> tensors;
  append_values(parameters_, tensors);
  for (auto& t : tensors) t.name = weight_name(model, t.name);
  read_state(model.file, tensors, Surplus::allowed, why);
}

template <Device D, Scalar T>
LoadedGenerator<D, T>::~LoadedGenerator() = default;

template <Device D, Scalar T>
TranslatedValues LoadedGenerator<D, T>::translate(const std::vector<float>& values,
                                                  const TranslationProgress& progress) {
  if constexpr (WatchedDevice<D>)
    if (progress && work_ == 0) work_ = translation_work<D, T>(device(), options_.model);
  tell_progress(progress, 0);
  const ProgressWatch<D> watch(device(), progress, work_);
  if (!input_.defined()) input_ = Tensor<D, T>(device(), {1, size(), size(), 3});
  if (!device().dry()) input_.upload(std::vector<T>(values.begin(), values.end()));
  return detail::read_translation(
      translations_(device(), [this] { return generator_(Var<D, T>(input_), true); }));
}

/// Writes one generator of a checkpoint, weights alone as float32. Throws IoError.
template <Device D>
void export_generator(D& device, const ModelFile& model, Direction direction,
                      const std::filesystem::path& path) {
  LoadedGenerator<D, float> generator(device, model, direction);
  Metadata metadata = options_to_metadata(model.options);
  metadata["kind"] = generator_kind;
  metadata["direction"] = to_string(direction);
  metadata["weights"] = to_string(model.weights);
  metadata["format"] = "limn 1";
  metadata["layout"] = tensor_layout;
  const auto step = model.file.metadata().find("step");
  if (step != model.file.metadata().end()) metadata["step"] = step->second;
  std::vector<StateTensor> tensors;
  append_values(generator.parameters(), tensors);
  write_state(path, metadata, tensors);
}

}  // namespace limn::inline v0::ugatit
