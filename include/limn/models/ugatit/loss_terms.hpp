// SPDX-License-Identifier: MIT
// The loss terms of a step: their names and order, their values, and their weighted sums. All
// values lie in one tensor: they are read in one copy, and the sums are made where they are read.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/loss/loss_term.hpp"
#include "limn/models/ugatit/options.hpp"
#include "limn/train/objective.hpp"

namespace limn::inline v0::ugatit {

/// Names of the terms, in the order in which a step gives them.
[[nodiscard]] inline std::vector<std::string> loss_names(GanType type = GanType::lsgan) {
  std::vector<std::string> names;
  for (const char* phase : {"D", "G"}) {
    for (const char* judge : {"GA", "LA", "GB", "LB"})
      for (const char* term : {"_ad_loss_", "_ad_cam_loss_"})
        names.push_back(std::string(phase) + term + judge);
    if (*phase == 'D' && penalizes(type))
      for (const char* judge : {"GA", "LA", "GB", "LB"})
        names.push_back(std::string("D_penalty_") + judge);
    if (*phase == 'G')
      for (const char* domain : {"A", "B"})
        for (const char* term : {"G_recon_loss_", "G_identity_loss_", "G_cam_loss_"})
          names.push_back(std::string(term) + domain);
    names.push_back(std::string(phase) + "_loss");
  }
  return names;
}

/// The loss terms of a step by name, still on the device. Names as in the published code, totals
/// D_loss and G_loss.
template <Device D, Scalar T>
class Losses {
 public:
  /// The scalar type of losses.
  using P = param_t<T>;

  /// None.
  Losses() = default;
  /// Those of a step with these options; nothing is computed.
  Losses(D& device, const TrainOptions& options)
      : parts_(options.accumulate), turns_(options.critic_steps) {
    for (auto& name : loss_names(options.gan_type)) terms_.push_back({std::move(name), {}});
    values_ = Tensor<D, P>(device, {static_cast<Index>(terms_.size()), 1, 1, 1});
  }

  /// A term of this name that counts `lambda` times in its phase's total; the value is kept
  /// without it. Asked for once for each part of a batch: the value is the mean of them all, and a
  /// gradient is a part's share in that of its turn.
  [[nodiscard]] LossTerm<D, P> term(const std::string& name, double lambda) {
    const auto at = index(name);
    auto& known = terms_[at].lambda;
    const auto write = known ? Write::accumulate : Write::overwrite;
    known = lambda;
    const double share = 1 / static_cast<double>(parts_);
    const double turn = name.starts_with("D") ? 1 / static_cast<double>(turns_) : 1;
    return {value(at), lambda * share, share * turn, write};
  }

  /// What is part of a total, and no term: weight decay.
  void add_to_total(const std::string& total, const Tensor<D, P>& loss) {
    const auto at = index(total);
    terms_[at].lambda = 1;
    primitive::copy(loss, value(at));
  }

  /// How many, totals and all.
  [[nodiscard]] std::size_t size() const { return terms_.size(); }

  /// Values by name in the order of loss_names, waiting for the device. Throws NumericError that
  /// names the first term that is not finite.
  [[nodiscard]] std::vector<std::pair<std::string, double>> read() const {
    std::vector<std::pair<std::string, double>> result;
    if (terms_.empty()) return result;
    const auto values = values_.download();
    double total = 0;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const auto& [name, lambda] = terms_[i];
      const double own = lambda ? static_cast<double>(values[i]) : 0;
      total += lambda.value_or(0) * own;
      const bool sum = name == "D_loss" || name == "G_loss";
      result.emplace_back(name, finite_loss(name, sum ? std::exchange(total, 0) : own));
    }
    return result;
  }

  /// Throws NumericError that names the first term so far that is not finite.
  void require_finite() const {
    const auto values = values_.download();
    for (std::size_t i = 0; i < terms_.size(); ++i)
      if (terms_[i].lambda)
        static_cast<void>(finite_loss(terms_[i].name, static_cast<double>(values[i])));
  }

 private:
  struct Term {
    std::string name;
    std::optional<double> lambda;  ///< once there is a value
  };

  [[nodiscard]] std::size_t index(const std::string& name) const {
    const auto found = std::find_if(terms_.begin(), terms_.end(),
                                    [&](const Term& term) { return term.name == name; });
    return static_cast<std::size_t>(found - terms_.begin());
  }
  [[nodiscard]] Tensor<D, P> value(std::size_t at) const {
    return values_.samples(static_cast<Index>(at), 1);
  }

  Index parts_ = 1, turns_ = 1;
  std::vector<Term> terms_;
  Tensor<D, P> values_;  ///< (terms,1,1,1); at a total, what is added to it
};

}  // namespace limn::inline v0::ugatit
