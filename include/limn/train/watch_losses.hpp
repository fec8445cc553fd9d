// SPDX-License-Identifier: MIT
// Rules of the watch about loss terms. Where a device runs ahead, losses are not read at every
// step: windows are counted in steps, and need a least number of looks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/watch.hpp"

namespace limn::inline v0 {

/// For how long something must last: steps, and looks at them.
struct Patience {
  /// Both must have passed.
  double steps = 500, looks = 20;
};

/// The exponentially fading mean of a series over about `time` steps.
class FadingMean {
 public:
  /// `time` in steps; no value yet.
  explicit FadingMean(double time) : time_(time) {}
  /// `steps` after the last value.
  void add(double value, double steps) {
    const double keep = std::exp(-steps / time_);
    sum_ = keep * sum_ + (1 - keep) * value;
    weight_ = keep * weight_ + (1 - keep);
  }
  /// 0 before the first value.
  [[nodiscard]] double mean() const { return weight_ > 0 ? sum_ / weight_ : 0; }
  /// See WatchRule::remember.
  void remember(const std::function<void(double&)>& f) {
    f(sum_);
    f(weight_);
  }

 private:
  double time_, sum_ = 0, weight_ = 0;
};

/// A rule that looks at losses each time that they were read anew.
class LossRule : public WatchRule {
 public:
  /// As WatchRule.
  using WatchRule::WatchRule;

  void see(const StepReport& report) final {
    const auto step = static_cast<double>(report.losses_step);
    if (step <= last_) return;
    const double passed = last_ == 0 ? 1 : step - last_;
    last_ = step;
    judge(look(report, passed));
  }
  void see(const Samples& samples) final { WatchRule::see(samples); }
  void remember(const std::function<void(double&)>& f) override { f(last_); }

 private:
  /// `passed`: steps since the look before.
  virtual std::optional<Finding> look(const StepReport& report, double passed) = 0;

  double last_ = 0;
};

/// A term that stays at one value, within `within`: that of something that does not learn.
class Plateau final : public LossRule {
 public:
  /// Which term, and what it means.
  struct Of {
    std::string term;  ///< name of the loss term
    /// In the middle, and how far from it.
    double value = 0, within = 0;
    std::string text;  ///< follows "TERM has stayed at VALUE for N steps, "
  };
  /// `kind` for programs; grave.
  Plateau(std::string kind, Of of, Patience patience = {300, 20})
      : LossRule(std::move(kind), true), of_(std::move(of)), patience_(patience) {}

  void remember(const std::function<void(double&)>& f) override {
    LossRule::remember(f);
    lasting_.remember(f);
  }

 private:
  std::optional<Finding> look(const StepReport& report, double /*passed*/) override {
    const std::int64_t step = report.losses_step;
    lasting_.see(step, std::abs(report.loss(of_.term) - of_.value) <= of_.within);
    if (!lasting_.for_steps(step, patience_.steps, patience_.looks)) return {};
    return Finding{of_.term + " has stayed at " + text_of(of_.value, 4) + " for " +
                       text_of(step - lasting_.begin()) + " steps, " + of_.text,
                   lasting_.begin()};
  }

  Of of_;
  Patience patience_;
  Lasting lasting_;
};

/// A discriminator that is always right (its least-squares loss about 0) while the generator's
/// term against it stays where nothing is believed (about 1): the generator gets no direction.
class Saturation final : public LossRule {
 public:
  /// Whose loss terms, and what to do.
  struct Of {
    std::string discriminator;  ///< its name
    /// Names of the loss terms: the discriminator's, the generator's against it.
    std::string its_term, generators_term;
    std::string advice;  ///< ends the sentence
  };
  /// Below which its loss counts as 0, above which the generator's as 1, and steps of the fading
  /// means.
  static constexpr double nothing = 0.02, everything = 0.8, time = 100;

  /// Of one discriminator.
  explicit Saturation(Of of, Patience patience = {500, 20})
      : LossRule("saturated-discriminator", true), of_(std::move(of)), patience_(patience) {}

  void remember(const std::function<void(double&)>& f) override {
    LossRule::remember(f);
    its_.remember(f);
    generators_.remember(f);
    lasting_.remember(f);
  }

 private:
  std::optional<Finding> look(const StepReport& report, double passed) override {
    const std::int64_t step = report.losses_step;
    its_.add(report.loss(of_.its_term), passed);
    generators_.add(report.loss(of_.generators_term), passed);
    lasting_.see(step, its_.mean() < nothing && generators_.mean() > everything);
    if (!lasting_.for_steps(step, patience_.steps, patience_.looks)) return {};
    return Finding{"discriminator " + of_.discriminator + " has been always right for " +
                       text_of(step - lasting_.begin()) + " steps (" + of_.its_term + " " +
                       text_of(its_.mean(), 2) + ", " + of_.generators_term + " " +
                       text_of(generators_.mean(), 2) +
                       "): the generator learns nothing from it any more; " + of_.advice,
                   lasting_.begin()};
  }

  Of of_;
  Patience patience_;
  FadingMean its_{time}, generators_{time};
  Lasting lasting_;
};

/// Terms that have left every bound: the mean over about 20 steps above ten times what a network
/// that knows nothing has.
class Divergence final : public LossRule {
 public:
  /// One that may leave its bounds.
  struct Term {
    std::string name;     ///< of the loss term
    double ignorant = 1;  ///< its value for a network that knows nothing
  };
  /// How many times `ignorant` is too much, and steps of the fading means.
  static constexpr double times = 10, time = 20;

  /// `advice` ends the sentence.
  Divergence(std::vector<Term> terms, std::string advice, Patience patience = {20, 3})
      : LossRule("diverging", true),
        terms_(std::move(terms)),
        advice_(std::move(advice)),
        means_(terms_.size(), FadingMean(time)),
        patience_(patience) {}

  void remember(const std::function<void(double&)>& f) override {
    LossRule::remember(f);
    for (auto& mean : means_) mean.remember(f);
    lasting_.remember(f);
  }

 private:
  std::optional<Finding> look(const StepReport& report, double passed) override {
    const std::int64_t step = report.losses_step;
    std::size_t worst = 0;
    const auto excess = [this](std::size_t i) { return means_[i].mean() / terms_[i].ignorant; };
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      means_[i].add(report.loss(terms_[i].name), passed);
      if (excess(i) > excess(worst)) worst = i;
    }
    lasting_.see(step, !terms_.empty() && excess(worst) > times);
    if (!lasting_.for_steps(step, patience_.steps, patience_.looks)) return {};
    return Finding{"the losses diverge: " + terms_[worst].name + " is " +
                       text_of(means_[worst].mean(), 3) + " on the average, a network that knows " +
                       "nothing has " + text_of(terms_[worst].ignorant, 3) + "; " + advice_,
                   lasting_.begin()};
  }

  std::vector<Term> terms_;
  std::string advice_;
  std::vector<FadingMean> means_;
  Patience patience_;
  Lasting lasting_;
};

}  // namespace limn::inline v0
