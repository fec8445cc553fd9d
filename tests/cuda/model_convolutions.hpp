// SPDX-License-Identifier: MIT
// Every convolution of a U-GAT-IT training, by name: from a dry step on a recorder.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "conv_recorder.hpp"
#include "limn/models/ugatit/step.hpp"

namespace limn_test {

/// Layers of a model: what they are called, and what a convolution of theirs looks like.
class LayerNames {
 public:
  struct Layer {
    std::string name;
    limn::ConvGeometry geometry;
    limn::Shape weights;
  };

  template <limn::Scalar T>
  explicit LayerNames(limn::ugatit::Model<ConvRecorder, T>& m) {
    visit("genA2B", m.a2b);
    visit("genB2A", m.b2a);
    visit("disGA", m.global_a);
    visit("disGB", m.global_b);
    visit("disLA", m.local_a);
    visit("disLB", m.local_b);
  }

  /// "genA2B.DownBlock.12.conv_block.1 and 31 more". Throws where there is none: then a layer was
  /// forgotten here.
  [[nodiscard]] std::string of(const limn::ConvGeometry& g, const limn::Shape& w) const {
    std::string first;
    int more = -1;
    for (const Layer& layer : layers_)
      if ((layer.geometry == g || layer.geometry.within() == g) && layer.weights == w) {
        if (more < 0) first = layer.name;
        ++more;
      }
    if (more < 0) throw std::logic_error("no layer has the weights " + limn::to_string(w));
    return more == 0 ? first : first + " and " + std::to_string(more) + " more";
  }

 private:
  template <class M>
  void visit(const std::string& name, M& module) {
    if constexpr (requires { module.geometry; }) {
      layers_.push_back({name, module.geometry, module.weight.shape});
    } else if constexpr (requires { module.shape; }) {
      // CAM's 1x1 convolution is no layer of its own: a parameter, used with its halves merged
      if (name.ends_with("conv1x1.weight"))
        layers_.push_back({name, {}, {module.shape.n, 1, 1, module.shape.c / 2}});
    }
    if constexpr (requires { module.visit([](const auto&, auto&) {}); })
      module.visit([&](const std::string& part, auto& inner) {
        visit(part.empty() ? name : name + "." + part, inner);
      });
  }

  std::vector<Layer> layers_;
};

/// A call and the layers that make it.
struct NamedCall {
  std::string name;
  ConvCall call;
};

/// The distinct convolutions of a training step, in type T.
template <limn::Scalar T>
[[nodiscard]] std::vector<NamedCall> convolutions_of_step(const limn::ugatit::ModelOptions& options,
                                                          limn::Index batch) {
  using namespace limn;
  ConvRecorder recorder;
  ugatit::Model<ConvRecorder, T> model(recorder, options, 0);
  ugatit::TrainOptions train;
  train.batch = batch;
  ugatit::Step<ConvRecorder, T> step(model, train);
  const Tensor<ConvRecorder, T> a(recorder, {batch, options.size, options.size, 3}),
      b(recorder, a.shape());
  static_cast<void>(step(a, b, 1));
  const LayerNames names(model);
  std::vector<NamedCall> result;
  for (const ConvCall& call : recorder.calls())
    result.push_back({names.of(call.geometry, call.w), call});
  return result;
}

}  // namespace limn_test
