// SPDX-License-Identifier: MIT
// Replays a reference run of the published PyTorch code: its weights, its pictures, its options;
// compares every tensor it recorded. PyTorch's own distances from these runs: in float32 they stand
// in the files, in bfloat16 autocast in a table of their own.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "comparison.hpp"
#include "limn/core/repeated.hpp"
#include "limn/io/safetensors.hpp"
#include "limn/io/torch_layout.hpp"
#include "limn/models/ugatit/step.hpp"

namespace golden {

/// The metadata of a reference file.
struct Reference {
  limn::ugatit::ModelOptions model;
  limn::ugatit::TrainOptions train;
  std::map<std::string, double> torch_error;

  explicit Reference(const limn::SafetensorsFile& file, std::map<std::string, double> errors = {})
      : torch_error(std::move(errors)) {
    const auto& m = file.metadata();
    const auto text = [&](const char* key) {
      const auto found = m.find(key);
      if (found == m.end())
        throw limn::IoError(file.path().string() + ": not a reference run: its metadata has no '" +
                            key + "'");
      return found->second;
    };
    const auto number = [&](const char* key) { return std::stod(text(key)); };
    const auto whole = [&](const char* key) {
      return static_cast<limn::Index>(std::stoll(text(key)));
    };
    model.variant =
        text("light") == "True" ? limn::ugatit::Variant::light : limn::ugatit::Variant::full;
    model.size = whole("img_size");
    model.channels = whole("ch");
    model.blocks = whole("n_res");
    train.batch = whole("batch");
    train.steps = whole("steps");
    train.learning_rate = number("lr");
    train.weight_decay = number("weight_decay");
    train.beta1 = number("beta1");
    train.beta2 = number("beta2");
    train.lambda_adversarial = number("adv_weight");
    train.lambda_cycle = number("cycle_weight");
    train.lambda_identity = number("identity_weight");
    train.lambda_cam = number("cam_weight");
    train.decay = false;  // the reference runs keep their learning rate
    if (torch_error.empty() && m.contains("torch_fp32_error"))
      torch_error =
          nlohmann::json::parse(m.at("torch_fp32_error")).get<std::map<std::string, double>>();
  }
};

/// PyTorch's distances of one reference run from a table that `ugatit_torch.py autocast` has
/// written. Throws IoError where it does not have that run.
[[nodiscard]] inline std::map<std::string, double> autocast_errors(
    const std::filesystem::path& table, const std::filesystem::path& run) {
  std::ifstream file(table);
  const std::string name = run.stem().string();
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_discarded() || !json.contains("files") || !json["files"].contains(name))
    throw limn::IoError(table.string() + ": no table of PyTorch's bfloat16 errors for " + name +
                        "; benchmarks/peers/ugatit_torch.py autocast makes one");
  return json["files"][name].get<std::map<std::string, double>>();
}

/// Runs the model of one file in precision T and collects distances. On a device that records, all
/// steps but the first are recorded and replayed.
template <limn::Device D, limn::Scalar T>
class Replay {
 public:
  /// `torch_errors`: where they do not stand in the file.
  Replay(const limn::SafetensorsFile& file, D& device,
         std::map<std::string, double> torch_errors = {})
      : file_(file),
        reference_(file, std::move(torch_errors)),
        device_(device),
        model_(device_, reference_.model, 0),
        step_(model_, reference_.train) {}

  /// Distances of every tensor of the file but the inputs.
  std::map<Group, std::vector<Distance>> run() {
    load_weights();
    compare_heatmaps();
    step_.observe([this](const auto& seen) {
      compare("step1/" + std::string(seen.name), Group::outputs, seen.shape, seen.values);
    });
    for (std::int64_t s = 1; s <= reference_.train.steps; ++s) {
      const std::string prefix = "step" + std::to_string(s) + "/";
      const auto& losses = learn(picture(prefix + "real_A"), picture(prefix + "real_B"), s);
      for (const auto& [name, value] : losses.read())
        compare(prefix + name, s == 1 ? Group::first_losses : Group::later_losses,
                limn::scalar_shape(), [&v = value] { return std::vector<double>{v}; });
      if (s == 1) compare_gradients();
      step_.observe(nullptr);
    }
    compare_weights("after" + std::to_string(reference_.train.steps) + "/");
    require_everything_compared();
    return std::move(distances_);
  }

  [[nodiscard]] const Reference& reference() const { return reference_; }

 private:
  using P = limn::param_t<T>;
  using Parameter = limn::Parameter<D, T>;

  [[nodiscard]] std::array<limn::ParameterSet<D, T>*, 2> sets() {
    return {&model_.generators, &model_.discriminators};
  }

  /// "genA2B.FC.0.weight" -> "genA2B/FC.0.weight"
  [[nodiscard]] static std::string path_in_file(const std::string& name) {
    std::string path = name;
    path[path.find('.')] = '/';
    return path;
  }

  void load_weights() {
    for (auto* set : sets())
      for (auto* p : set->parameters())
        p->value.upload(limn::from_torch(file_.read<P>("init/" + path_in_file(p->name)), p->shape));
  }

  [[nodiscard]] limn::Tensor<D, T> picture(const std::string& name) {
    const auto& shape = file_.info(name).shape;
    limn::Tensor<D, T> x(device_, {shape.at(0), shape.at(2), shape.at(3), shape.at(1)});
    const auto values = limn::from_torch(file_.read<P>(name), x.shape());
    x.upload(std::vector<T>(values.begin(), values.end()));
    return x;
  }

  [[nodiscard]] const limn::ugatit::Losses<D, T>& learn(const limn::Tensor<D, T>& a,
                                                        const limn::Tensor<D, T>& b,
                                                        std::int64_t s) {
    // a recorded step finds its pictures where they were
    real_a_ = s == 1 ? a : real_a_;
    real_b_ = s == 1 ? b : real_b_;
    if (s > 1) {
      real_a_.upload(a.download());
      real_b_.upload(b.download());
    }
    step_.begin(s);
    const auto work = [this] { return step_.compute(real_a_, real_b_); };
    return step_.observed() ? steps_.as_it_is(work) : steps_(device_, work);
  }

  void compare_heatmaps() {
    const auto one = [this](auto& generator, const char* real, const char* name) {
      compare(name, Group::outputs, generator(limn::Var<D, T>(picture(real)), true).heatmap);
    };
    one(model_.a2b, "step1/real_A", "step1/fake_A2B_heatmap");
    one(model_.b2a, "step1/real_B", "step1/fake_B2A_heatmap");
  }

  void compare_gradients() {
    for (auto* set : sets())
      for (auto* p : set->parameters())
        if (p->role == limn::Role::weight)
          compare("step1/grad/" + path_in_file(p->name), Group::gradients, gradient(*p));
  }

  /// The dense gradient, formed from its factors where a layer keeps those.
  [[nodiscard]] limn::Tensor<D, P> gradient(const Parameter& p) {
    if (!p.factored) return p.gradient;
    limn::Tensor<D, P> dense(device_, p.shape);
    limn::primitive::fill(dense, P(0));
    for (const auto& f : p.factors)
      limn::primitive::gemm(limn::primitive::Transpose::yes, limn::primitive::Transpose::no, f.dy,
                            f.x, dense, limn::Write::accumulate);
    return dense;
  }

  void compare_weights(const std::string& prefix) {
    for (auto* set : sets())
      for (auto* p : set->parameters())
        compare(prefix + path_in_file(p->name),
                p->role == limn::Role::weight ? Group::weights : Group::vectors, p->value);
  }

  void compare(const std::string& name, Group group, const limn::Tensor<D, P>& ours) {
    compare(name, group, ours.shape(), [&] { return ours.download(); });
  }
  /// `ours`: gives the values, where the file has such a tensor.
  template <class Values>
  void compare(const std::string& name, Group group, const limn::Shape& shape, const Values& ours) {
    if (!file_.contains(name)) return;
    const auto values = limn::to_torch(ours(), shape);
    auto d =
        distance(name, std::vector<double>(values.begin(), values.end()), file_.read<double>(name));
    if (const auto known = reference_.torch_error.find(name); known != reference_.torch_error.end())
      d.torch = known->second;
    distances_[group].push_back(std::move(d));
    compared_.insert(name);
  }

  void require_everything_compared() const {
    for (const auto& name : file_.names()) {
      const bool input =
          name.starts_with("init/") || name.ends_with("/real_A") || name.ends_with("/real_B");
      if (!input && !compared_.contains(name))
        throw limn::IoError(file_.path().string() + ": tensor '" + name +
                            "' has no counterpart in this model");
    }
  }

  const limn::SafetensorsFile& file_;
  Reference reference_;
  D& device_;
  limn::ugatit::Model<D, T> model_;
  limn::ugatit::Step<D, T> step_;
  limn::Tensor<D, T> real_a_, real_b_;
  limn::Repeated<D, limn::ugatit::Losses<D, T>> steps_;
  std::map<Group, std::vector<Distance>> distances_;
  std::set<std::string> compared_;
};

}  // namespace golden
