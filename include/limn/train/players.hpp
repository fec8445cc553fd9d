// SPDX-License-Identifier: MIT
// Players: networks that learn together, each group with an optimizer of its own, and a turn of
// the game that they play. A GAN has two, a translator between two domains two or more.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/autograd/finite_probe.hpp"
#include "limn/ops/augmentation.hpp"
#include "limn/optim/adam.hpp"
#include "limn/optim/optimizer.hpp"
#include "limn/train/objective.hpp"

namespace limn::inline v0 {

/// Networks that learn together.
template <Device D, Scalar T>
struct Player {
  std::string name;               ///< "D": its loss is the column "D_loss"
  const void* networks;           ///< what the model calls them by
  ParameterSet<D, T> parameters;  ///< of all its networks
  AnyOptimizer<D, T> optimizer;   ///< of the parameters

  /// `group` is one network, or a struct of several; it must stay where it is. `make(parameters)`
  /// gives the optimizer (optim/optimizer.hpp).
  template <class Networks, class Make>
  Player(D& device, std::string called, Networks& group, std::uint64_t seed, const Make& make)
      : name(std::move(called)),
        networks(&group),
        parameters(device),
        optimizer(initialized(group, seed), make) {}
  /// With Adam.
  template <class Networks>
  Player(D& device, std::string called, Networks& group, std::uint64_t seed,
         const AdamOptions& options)
      : Player(device, std::move(called), group, seed,
               [&options](auto& weights) { return Adam<D, T>(weights, options); }) {}

 private:
  ParameterSet<D, T>& initialized(auto& group, std::uint64_t seed) {
    parameters.add(name, group).allocate(true);
    parameters.initialize(seed);
    return parameters;
  }
};

/// All players of a game.
template <Device D, Scalar T>
using Players = std::vector<std::unique_ptr<Player<D, T>>>;

/// One turn: the pictures of a step, and the place where each player learns from them.
template <Device D, Scalar T>
class Turn {
 public:
  /// `losses` gets what the players' objectives are, in the order in which they learn.
  Turn(Players<D, T>& players, std::int64_t step, double rate, std::uint64_t seed, Tensor<D, T> a,
       Tensor<D, T> b, std::vector<NamedLoss<D, T>>& losses)
      : players_(&players),
        losses_(&losses),
        step_(step),
        rate_(rate),
        seed_(seed),
        a_(std::move(a)),
        b_(std::move(b)) {}

  /// Counted from 1.
  [[nodiscard]] std::int64_t step() const { return step_; }
  /// The pictures of A and B, (N,S,S,C) in [-1, 1]; no B where there is one kind of pictures.
  [[nodiscard]] const Tensor<D, T>& a() const { return a_; }
  /// The pictures of B; undefined where there is one kind.
  [[nodiscard]] const Tensor<D, T>& b() const { return b_; }
  /// Where the pictures are.
  [[nodiscard]] D& device() const { return a_.device(); }

  /// Random numbers of this step for one purpose: the same in every run with this seed, resumed or
  /// not.
  [[nodiscard]] Philox random(std::string_view purpose) const {
    return {seed_, stream_of(purpose) + static_cast<std::uint64_t>(step_)};
  }
  /// Standard normal values.
  [[nodiscard]] Tensor<D, T> noise(const Shape& shape, std::string_view purpose = "noise") const {
    Tensor<D, T> z(device(), shape);
    primitive::normal(random(purpose), 0, 0, 1, z);
    return z;
  }

  /// What a discriminator is shown instead of these pictures (ops/augmentation.hpp), with random
  /// numbers of this step and purpose: real and made pictures each have their own. Throws what the
  /// augmentation throws.
  template <class A>
  [[nodiscard]] Var<D, T> augment(const A& augmentation, const Var<D, T>& pictures,
                                  std::string_view purpose) const {
    static_assert(AugmentationOf<A, D, T>,
                  "limn: an augmentation needs operator()(x, random) const, which takes pictures, "
                  "a Var<D, T>, and a Philox, and gives pictures of the same type");
    if constexpr (AugmentationOf<A, D, T>)
      return augmentation(pictures, random(purpose));
    else
      return {};
  }

  /// A player's parameters, for gradient penalties.
  template <class Networks>
  [[nodiscard]] ParameterSet<D, T>& parameters(const Networks& networks) const {
    return player(&networks).parameters;
  }

  /// One update of these networks, all others' weights held fixed: `objective(tape, terms)` records
  /// on the tape and adds loss terms. Where the host can look at values, none that is not finite
  /// reaches the weights: throws NumericError instead. Throws UsageError for networks that are no
  /// player, ShapeError from the networks.
  template <class Networks, class F>
  void learn(Networks& networks, F&& objective) {
    Player<D, T>& who = player(&networks);
    std::list<typename ParameterSet<D, T>::Frozen> others;
    for (const auto& other : *players_)
      if (other.get() != &who) others.emplace_back(other->parameters);
    who.parameters.zero_gradients();
    {
      Tape<D> tape;
      Objective<D, T> terms;
      objective(tape, terms);
      const auto sum = terms.sum();
      if (looks())
        for (const auto& [name, loss] : terms.named()) static_cast<void>(finite_loss(name, loss));
      tape.backward(sum);
      for (const auto& [name, loss] : terms.named()) show(name, loss);
      show(who.name + "_loss", sum.value());
    }
    if (looks()) require_finite_gradients(who);
    who.optimizer.step(rate_);
    who.parameters.release_gradients();
  }

 private:
  [[nodiscard]] Player<D, T>& player(const void* networks) const {
    std::string names;
    for (const auto& p : *players_) {
      if (p->networks == networks) return *p;
      names += (names.empty() ? "" : ", ") + p->name;
    }
    throw UsageError("[learn] these networks are none of the model's players (" + names +
                     "): name them in its players(f)");
  }
  // a device that runs ahead is not waited for
  [[nodiscard]] bool looks() const { return !RecordingDevice<D> && !device().dry(); }

  static void require_finite_gradients(const Player<D, T>& who) {
    for (const auto& part : who.parameters.parts()) {
      if (all_finite(part.gradients)) continue;
      for (const auto* p : who.parameters.parameters())
        require_finite_values("the gradient of " + p->name, p->gradient);
    }
  }

  /// A player that learns more than once in a turn shows its last losses.
  void show(const std::string& name, const Tensor<D, param_t<T>>& loss) {
    for (auto& [known, value] : *losses_)
      if (known == name) return static_cast<void>(value = loss);
    losses_->emplace_back(name, loss);
  }

  Players<D, T>* players_;
  std::vector<NamedLoss<D, T>>* losses_;
  std::int64_t step_;
  double rate_;
  std::uint64_t seed_;
  Tensor<D, T> a_, b_;
};

}  // namespace limn::inline v0
