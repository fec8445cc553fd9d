// SPDX-License-Identifier: MIT
// The loss terms of a step: their names and order, their values, and their weighted sums.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "limn/models/ugatit/options.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/train/objective.hpp"

namespace limn::inline v0::ugatit {

/// The loss terms of a step by name, still on the device. Names as in the published code, totals
/// D_loss and G_loss.
template <Device D, Scalar T>
struct Losses {
  std::vector<NamedLoss<D, T>> terms;  ///< in the order of loss_names

  /// Values, waiting for the device. Throws NumericError that names the first term that is not
  /// finite.
  [[nodiscard]] std::vector<std::pair<std::string, double>> read() const {
    std::vector<std::pair<std::string, double>> values;
    for (const auto& [name, tensor] : terms) {
      values.emplace_back(name, finite_loss(name, tensor));
    }
    return values;
  }
};

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

/// Weighted terms of one phase, gathered in any order, reported in that of loss_names.
template <Device D, Scalar T>
class LossTerms {
 public:
  /// The scalar type of losses.
  using P = param_t<T>;

  /// A loss term, (1,1,1,1), that counts `lambda` times in its phase's sum; the value is kept
  /// without it.
  void add(const std::string& name, double lambda, const Var<D, P>& loss) {
    terms_.emplace(name, Weighted<D, P>(lambda, loss));
  }

  /// Takes over the values of terms whose backward has run.
  void join(const LossTerms& others) {
    for (const auto& [name, term] : others.terms_) add(name, term.first, term.second.detach());
  }

  /// The terms of a batch from those of its equal parts: their means.
  [[nodiscard]] static LossTerms mean(const std::vector<LossTerms>& parts) {
    if (parts.size() == 1) return parts.front();
    const double share = 1 / static_cast<double>(parts.size());
    LossTerms result;
    for (const auto& [name, first] : parts.front().terms_) {
      std::vector<Weighted<D, P>> same;
      same.reserve(parts.size());
      for (const auto& part : parts) same.emplace_back(share, part.terms_.at(name).second.detach());
      result.add(name, first.first, weighted_sum(same));
    }
    return result;
  }

  /// Throws NumericError that names the first term that is not finite.
  void require_finite() const {
    for (const auto& [name, term] : terms_)
      static_cast<void>(finite_loss(name, term.second.value()));
  }

  /// The sum, for backward; of a part of a batch, its share in the mean.
  [[nodiscard]] Var<D, P> sum(double share = 1) const {
    auto terms = in_order(nullptr);
    for (auto& [lambda, loss] : terms) lambda *= share;
    return weighted_sum(terms);
  }

  /// Appends the terms, and their sum under `total`.
  void report(const std::string& total, Losses<D, T>& losses) const {
    const auto sum = weighted_sum(in_order(&losses));
    losses.terms.emplace_back(total, sum.value());
  }

 private:
  std::vector<Weighted<D, P>> in_order(Losses<D, T>* losses) const {
    std::vector<Weighted<D, P>> terms;
    for (const auto& name : loss_names(GanType::wgan_gp)) {
      const auto found = terms_.find(name);
      if (found == terms_.end()) continue;
      terms.push_back(found->second);
      if (losses != nullptr) losses->terms.emplace_back(name, found->second.second.value());
    }
    return terms;
  }

  std::map<std::string, Weighted<D, P>> terms_;
};

}  // namespace limn::inline v0::ugatit
