// SPDX-License-Identifier: MIT
// A model as something that a Trainer trains. The model is a plain struct that says what is its
// own: its networks, who of them learns together, a step, and what to look at. Optimizers,
// checkpoints, losses with names, checks of values and the plan come from here.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/sheet.hpp"
#include "limn/optim/schedule.hpp"
#include "limn/train/data_source.hpp"
#include "limn/train/network_state.hpp"
#include "limn/train/option_table.hpp"
#include "limn/train/players.hpp"
#include "limn/train/trainable.hpp"

namespace limn::inline v0 {

/// The options that every training has. A model's own ones derive from them, call this visit first,
/// and extend check.
struct TrainingOptions {
  /// Side of the squares, and pictures of each domain in a step.
  Index size = 64, batch = 1;
  std::int64_t steps = 10000;  ///< length of the training
  /// Of Adam, see primitive::AdamRule.
  double learning_rate = 2e-4, beta1 = 0.5, beta2 = 0.999, weight_decay = 0;
  bool decay = true;          ///< the learning rate falls to 0 over the second half
  std::uint64_t seed = 0;     ///< of first values, pictures' order and noise
  Fit fit = Fit::squash;      ///< how pictures become squares
  Maths maths = Maths::fast;  ///< how much rounding is traded for speed

  /// The table of the options, see option_table.hpp.
  void visit(auto&& f) {
    f("size", size, OptionRange{8, 4096}, "pictures are SIZE x SIZE");
    f("batch", batch, OptionRange{1, 65536}, "pictures of a step");
    f("steps", steps, OptionRange{1, 1e12}, "length of the training");
    f("lr", learning_rate, OptionRange{0, 1e9}, "learning rate");
    f("beta1", beta1, OptionRange{0, 1}, "of Adam");
    f("beta2", beta2, OptionRange{0, 1}, "of Adam");
    f("weight-decay", weight_decay, OptionRange{0, 1e9}, "L2 weight decay of Adam");
    f("decay", decay, OptionRange{}, "the learning rate falls to 0 over the second half");
    f("seed", seed, OptionRange{0, 0x1p64}, "same seed, data and options: same training");
    f("fit", fit, OptionRange{}, "how pictures become square: squash, pad or crop");
    f("maths", maths, OptionRange{},
      "fast; strict: only sums as they are defined; split: fp32 as three products of bfloat16");
  }
  /// Throws UsageError that names the option.
  void check() const {}
};

/// A model that can be trained, for activations of type T on a device D.
///   typename M::Options            derived from TrainingOptions
///   M(D&, const Options&)          makes the networks, allocates nothing
///   M::title                       what it is called
///   players(f)                     f(name, networks) for each group that learns together, by
///                                  Adam; or f(name, networks, optimizer), optimizer(parameters)
///                                  a function that makes another (optim/optimizer.hpp)
///   step(Turn<D, T>&)              what they learn
/// It may also have
///   keep(f)                        f(name, tensor): what else the next step depends on
///   samples(device, source)        std::vector<Sample>, or
///   sheet(device, source)          a Picture of how it does
template <class M, class D, class T>
concept TrainableModel = std::derived_from<typename M::Options, TrainingOptions> &&
    std::constructible_from<M, D&, const typename M::Options&> &&
    requires(M& m, Turn<D, T>& turn, const detail::VisitProbe& f) {
  { M::title } -> std::convertible_to<std::string>;
  m.players(f);
  m.step(turn);
};

namespace detail {

template <class M>
struct OptionsOfModel {
  static_assert(
      requires { typename M::Options; },
      "limn: a model to train needs Options, a type derived from TrainingOptions");
  using Options = TrainingOptions;
};
template <class M>
requires requires { typename M::Options; }
struct OptionsOfModel<M> {
  using Options = typename M::Options;
};

/// Whether M is one; says what it lacks, once, where it is none.
template <class M, class D, class T>
consteval bool trainable_model() {
  static_assert(
      !requires { typename M::Options; } || TrainableModel<M, D, T>,
      "limn: a model to train needs Options derived from TrainingOptions, a constructor "
      "from (device, options), a title, players(f) and step(turn): see "
      "limn/train/model_training.hpp");
  return TrainableModel<M, D, T>;
}

}  // namespace detail

/// M::Options, or a sentence that they are missing.
template <class M>
using ModelOptions = typename detail::OptionsOfModel<M>::Options;

/// What a training will need, and the names of its losses, known before it begins.
struct ModelPlan {
  /// Values that are learned; bytes at the peak; bytes of a checkpoint; multiply-adds of a step.
  std::uint64_t parameters = 0, peak = 0, checkpoint = 0, multiply_adds = 0;
  std::vector<std::string> losses;  ///< columns of the log, in its order
};

/// Trains any model that is a TrainableModel, on a device and in a scalar type.
template <class M, Device D, Scalar T>
class ModelTraining final : public Trainable {
 public:
  static constexpr bool fits = detail::trainable_model<M, D, T>();  ///< or a sentence
  /// The model's own, which derive from TrainingOptions.
  using Options = ModelOptions<M>;

  /// Allocates and initializes everything. `losses`: their names, as the plan has them. Throws
  /// UsageError for options that do not work, ShapeError, DeviceError where memory is short.
  ModelTraining(std::unique_ptr<D> device, const Options& options, DataSource source,
                std::vector<std::string> losses)
      : options_((options.check(), options)),
        source_(std::move(source)),
        names_(std::move(losses)),
        device_(std::move(device)),
        model_(*device_, options_) {
    const AdamOptions adam{options_.beta1, options_.beta2, 1e-8, options_.weight_decay};
    model_.players([&](const std::string& name, auto& networks, const auto&... optimizer) {
      static_assert(sizeof...(optimizer) <= 1,
                    "limn: players(f) calls f(name, networks), or f(name, networks, optimizer) "
                    "with a function that makes the optimizer");
      if constexpr (sizeof...(optimizer) == 0)
        players_.push_back(
            std::make_unique<Player<D, T>>(*device_, name, networks, options_.seed, adam));
      else
        players_.push_back(
            std::make_unique<Player<D, T>>(*device_, name, networks, options_.seed, optimizer...));
    });
  }

  /// Plans by two steps on a dry device.
  [[nodiscard]] static ModelPlan plan(std::unique_ptr<D> dry, const Options& options,
                                      const DataSource& source) {
    ModelTraining training(std::move(dry), options, source, {});
    D& device = *training.device_;
    ModelPlan plan;
    training.train({0, source.batch, {}, {}}, 1);
    const auto before = device.work().multiply_adds;
    training.train({1, source.batch, {}, {}}, 2);
    plan.multiply_adds = device.work().multiply_adds - before;
    for (const auto& [name, loss] : training.losses_) plan.losses.push_back(name);
    static_cast<void>(training.sheet(2));
    for (const auto& player : training.players_)
      for (const auto* p : player->parameters.parameters())
        if (p->role == Role::weight) plan.parameters += static_cast<std::uint64_t>(p->shape.size());
    const auto state = training.state();
    plan.checkpoint = static_cast<std::uint64_t>(state_file_bytes(training.metadata(), state));
    plan.peak = device.memory().peak;
    return plan;
  }

  /// The networks.
  [[nodiscard]] M& model() { return model_; }
  /// Where they are.
  [[nodiscard]] D& device() { return *device_; }

  [[nodiscard]] std::string description() const override {
    const Shape& s = source_.batch;
    return std::string(M::title) + ", " + std::to_string(s.w) + " x " + std::to_string(s.h) +
           ", batch " + std::to_string(s.n) + ", " + precision_name<T>() + ", " +
           to_string(options_.maths) + " maths; " + device_->name();
  }
  [[nodiscard]] std::vector<std::string> loss_names() const override { return names_; }
  [[nodiscard]] double learning_rate(std::int64_t step) const override {
    return rate_factor_ * (options_.decay
                               ? linear_decay(options_.learning_rate, step, options_.steps)
                               : options_.learning_rate);
  }
  void scale_learning_rate(double factor) override { rate_factor_ *= factor; }

  /// On a dry device the batch needs no values.
  void train(const UnpairedBatch& batch, std::int64_t step) override {
    losses_.clear();
    const auto a = uploaded(batch.shape, batch.a);
    const auto b = source_.two_domains ? uploaded(batch.shape, batch.b) : Tensor<D, T>();
    Turn<D, T> turn(players_, step, learning_rate(step), options_.seed, a, b, losses_);
    model_.step(turn);
  }
  [[nodiscard]] std::vector<double> losses() override {
    std::vector<double> values;
    for (const auto& name : names_)
      for (const auto& [known, loss] : losses_)
        if (known == name) values.push_back(finite_loss(name, loss));
    if (values.size() != names_.size())
      throw UsageError("[" + std::string(M::title) + "] its steps must give the same losses");
    return values;
  }
  [[nodiscard]] bool runs_ahead() const override { return RecordingDevice<D>; }

  [[nodiscard]] Diagnosis diagnose() override {
    for (const auto& player : players_)
      if (auto where = first_not_finite(player->parameters); !where.empty()) return {where, false};
    return {};
  }
  void require_finite_state() override {
    for (const auto& player : players_)
      limn::require_finite_state(player->parameters, player->optimizer);
  }

  [[nodiscard]] std::vector<StateTensor> state() override {
    std::vector<StateTensor> tensors;
    for (const auto& player : players_) {
      append_values(player->parameters, tensors);
      player->optimizer.keep([&](const std::string& name, const Tensor<D, param_t<T>>& flat) {
        append_flat(player->optimizer.name() + "." + name + "/", player->parameters, flat, tensors);
      });
    }
    if constexpr (requires { model_.keep([](const std::string&, const Tensor<D, T>&) {}); })
      model_.keep([&](const std::string& name, const Tensor<D, T>& tensor) {
        tensors.push_back(state_tensor(name, tensor));
      });
    return tensors;
  }
  [[nodiscard]] Metadata metadata() override {
    Metadata m = options_to_metadata(options_);
    m["kind"] = std::string(M::title) + " training";
    m["format"] = "limn 1";
    m["layout"] =
        "every tensor has 4 extents, channels last: convolutions O,k,k,I, vectors 1,1,1,n";
    m["isa"] = kernels_of(*device_);
    m["random"] = "Philox4x32-10, counter-based: the state is option.seed and step";
    for (const auto& player : players_)
      m[steps_entry(*player)] = text_of(player->optimizer.steps());
    return m;
  }
  void restore_counters(const SafetensorsFile& file) override {
    for (const auto& player : players_)
      player->optimizer.set_steps(counter_entry(file, steps_entry(*player)));
  }

  [[nodiscard]] Samples samples(std::int64_t step) override {
    if constexpr (requires { model_.samples(*device_, source_); })
      return {step, sheet_title(step), model_.samples(*device_, source_)};
    else
      return {};
  }
  [[nodiscard]] Picture sheet(std::int64_t step) override {
    if constexpr (requires { model_.sheet(*device_, source_); })
      return model_.sheet(*device_, source_);
    else
      return Trainable::sheet(step);
  }

 private:
  [[nodiscard]] static std::string steps_entry(const Player<D, T>& player) {
    return player.optimizer.name() + "." + player.name + ".steps";
  }
  [[nodiscard]] std::string sheet_title(std::int64_t step) const {
    return "Step " + std::to_string(step) + "\n" + description() + "; seed " +
           std::to_string(options_.seed);
  }
  [[nodiscard]] Tensor<D, T> uploaded(const Shape& shape, const std::vector<float>& values) {
    Tensor<D, T> pictures(*device_, shape);
    if (!device_->dry()) pictures.upload(std::vector<T>(values.begin(), values.end()));
    return pictures;
  }

  Options options_;
  DataSource source_;
  std::vector<std::string> names_;
  std::unique_ptr<D> device_;
  M model_;
  Players<D, T> players_;
  std::vector<NamedLoss<D, T>> losses_;
  double rate_factor_ = 1;
};

}  // namespace limn::inline v0
