// SPDX-License-Identifier: MIT
// Features of pictures by the small network that ships with limn (feature_weights.hpp), or by one
// of the same kind from a file. Scores on them compare translations of the same inputs with each
// other; they are not comparable with published KID and FID, which stand on other networks.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/fit.hpp"
#include "limn/metrics/feature_weights.hpp"
#include "limn/models/feature_network.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/train/state.hpp"

namespace limn::inline v0 {

namespace detail {

/// The bytes that rows of base64 stand for.
template <class Rows>
[[nodiscard]] std::vector<std::uint8_t> from_base64(const Rows& rows) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int filled = 0;
  for (const std::string_view row : rows)
    for (const char c : row) {
      const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                        : c >= 'a' && c <= 'z' ? c - 'a' + 26
                        : c >= '0' && c <= '9' ? c - '0' + 52
                        : c == '+'             ? 62
                                               : 63;
      bits = bits << 6 | static_cast<std::uint32_t>(value);
      if ((filled += 6) >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> (filled -= 8)));
    }
  return bytes;
}

}  // namespace detail

/// The value of the metadata entry "kind" of a file with such a network.
inline constexpr const char* features_kind = "limn feature network";

/// A feature network in use, on one thread of the CPU. Its memory is its own: a training beside it
/// needs no more than planned. One caller at a time.
class FeatureExtractor {
 public:
  /// In float, on the CPU.
  using Network = FeatureNetwork<Cpu, float>;

  /// The network that ships with limn.
  FeatureExtractor() : FeatureExtractor(std::string("limn's own small network")) {
    const auto bytes = detail::from_base64(detail::feature_weight_rows);
    std::size_t at = 0;
    for (auto* p : parameters_.parameters()) {
      std::vector<float> values(static_cast<std::size_t>(p->shape.size()));
      for (float& v : values) {
        if (at + 2 > bytes.size())
          throw IoError(
              "limn/metrics/feature_weights.hpp: has too few weights: it does not belong "
              "to this network; train-features makes it");
        const auto word = static_cast<std::uint32_t>(bytes[at] | bytes[at + 1] << 8);
        v = std::bit_cast<float>(word << 16);
        at += 2;
      }
      p->value.upload(values);
    }
  }
  /// One that train-features wrote. Throws IoError for any other file.
  explicit FeatureExtractor(const std::filesystem::path& path)
      : FeatureExtractor(path.filename().string()) {
    const SafetensorsFile file(path);
    if (metadata_entry(file, "kind") != features_kind)
      throw IoError(path.string() + ": is of kind '" + metadata_entry(file, "kind") + "', not '" +
                    features_kind + "', which train-features writes");
    std::vector<StateTensor> tensors;
    for (const auto* p : parameters_.parameters())
      tensors.push_back(state_tensor(p->name, p->value));
    read_state(file, tensors, Surplus::refused, "it is no network of train-features");
  }

  /// Which network this is: scores of one network are not those of another.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// What the network says of a picture of any extents, which it sees at 64 x 64: Network::width
  /// numbers, of length sqrt(width), so that no picture can outweigh the others. Throws ShapeError
  /// for an empty picture.
  [[nodiscard]] std::vector<float> operator()(const Picture& picture) {
    const Tensor<Cpu, float> input(*device_, {1, Network::size, Network::size, 3});
    input.upload(to_floats(fit_picture(picture, Network::size, Fit::squash)));
    std::vector<float> features;
    for (const auto& stage : network_->operator()(Var<Cpu, float>(input))) {
      const auto values = stage.value().download();
      features.insert(features.end(), values.begin(), values.end());
    }
    const auto mean = network_->mean.value.download(), scale = network_->scale.value.download();
    double length = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
      features[i] = (features[i] - mean[i]) * scale[i];
      length += static_cast<double>(features[i]) * features[i];
    }
    if (length > 0)
      for (float& v : features)
        v = static_cast<float>(v * std::sqrt(static_cast<double>(Network::width) / length));
    return features;
  }

 private:
  explicit FeatureExtractor(std::string name)
      : name_(std::move(name)),
        device_(std::make_unique<Cpu>(CpuOptions{.threads = 1, .maths = Maths::strict})),
        network_(std::make_unique<Network>()),
        parameters_(*device_) {
    parameters_.add("features", *network_).allocate(false);
  }

  std::string name_;
  std::unique_ptr<Cpu> device_;
  std::unique_ptr<Network> network_;
  ParameterSet<Cpu, float> parameters_;
};

}  // namespace limn::inline v0
