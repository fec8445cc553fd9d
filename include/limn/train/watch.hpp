// SPDX-License-Identifier: MIT
// The watch: attends a training through what it tells, and says what looks wrong, once for each
// time that it begins to. What is wrong is the business of rules (watch_losses.hpp,
// watch_signals.hpp, watch_samples.hpp; a model's own choice of them:
// models/ugatit/watch_rules.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/train/events.hpp"
#include "limn/train/state.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// What a rule finds wrong.
struct Finding {
  std::string text;        ///< a sentence with numbers, then advice
  std::int64_t since = 0;  ///< the step from which on it was so
};

/// Looks at one kind of trouble of one thing. A judgement is made of what it has seen.
class WatchRule {
 public:
  /// What kind() and grave() say.
  WatchRule(std::string kind, bool grave) : kind_(std::move(kind)), grave_(grave) {}
  WatchRule(const WatchRule&) = delete;
  WatchRule& operator=(const WatchRule&) = delete;
  virtual ~WatchRule() = default;

  /// One word: "dead-cam".
  [[nodiscard]] const std::string& kind() const { return kind_; }
  /// Whether what it finds cannot heal.
  [[nodiscard]] bool grave() const { return grave_; }

  /// Takes what a training tells, and leaves its judgement in wrong().
  virtual void see(const StepReport& /*report*/) {}
  /// The same for a sheet's pictures.
  virtual void see(const Samples& /*samples*/) {}
  /// What is wrong by the last judgement; none: nothing.
  [[nodiscard]] const std::optional<Finding>& wrong() const { return wrong_; }
  /// Whether there is a judgement since the last call: what a rule does not look at is no news.
  [[nodiscard]] bool take_judged() { return std::exchange(judged_, false); }

  /// f for each number that it remembers; all are 0 at the beginning. A checkpoint keeps them where
  /// problems change how a training goes on.
  virtual void remember(const std::function<void(double&)>& f) = 0;

 protected:
  /// For see(): what it finds wrong now, or nothing.
  void judge(std::optional<Finding> finding) {
    wrong_ = std::move(finding);
    judged_ = true;
  }

 private:
  std::string kind_;
  bool grave_;
  bool judged_ = false;
  std::optional<Finding> wrong_;
};

/// How long something has been so without a break.
struct Lasting {
  /// The step at which it began, and how often it was looked at since; 0: it is not so.
  double since = 0, seen = 0;

  /// At each look, whether it is so.
  void see(std::int64_t step, bool so) {
    if (!so) return static_cast<void>(since = seen = 0);
    if (seen == 0) since = static_cast<double>(step);
    ++seen;
  }
  /// For so many steps and looks.
  [[nodiscard]] bool for_steps(std::int64_t step, double steps, double looks) const {
    return seen >= looks && static_cast<double>(step) - since >= steps;
  }
  /// The step at which it began.
  [[nodiscard]] std::int64_t begin() const { return static_cast<std::int64_t>(since); }
  /// See WatchRule::remember.
  void remember(const std::function<void(double&)>& f) {
    f(since);
    f(seen);
  }
};

/// Rules, and what they have told already.
class Watch {
 public:
  /// Each belongs to one watch: it remembers.
  using Rules = std::vector<std::unique_ptr<WatchRule>>;

  /// Without rules: sees nothing.
  Watch() = default;
  /// With these rules, in whose order problems are told.
  explicit Watch(Rules rules) : rules_(std::move(rules)), told_(rules_.size(), 0) {}

  /// What has just begun to look wrong.
  [[nodiscard]] std::vector<Problem> see(const StepReport& report) {
    return see(report.step, report);
  }
  /// The same of a sheet's pictures.
  [[nodiscard]] std::vector<Problem> see(const Samples& samples) {
    return see(samples.step, samples);
  }

  /// As something that a training tells: hands problems to `tell`. The watch must outlive it.
  [[nodiscard]] TrainerEvents attending(const std::function<void(const Problem&)>& tell) {
    TrainerEvents events;
    events.on_step = [this, tell](const StepReport& report) {
      for (const auto& problem : see(report)) tell(problem);
    };
    events.on_samples = [this, tell](const Samples& samples) {
      for (const auto& problem : see(samples)) tell(problem);
    };
    return events;
  }

  /// As if nothing had been seen.
  void forget() {
    each([](double& number) { number = 0; });
  }
  /// What it remembers, as an entry of a checkpoint.
  [[nodiscard]] Metadata memory() {
    std::string numbers;
    each([&numbers](double& number) { numbers += (numbers.empty() ? "" : " ") + text_of(number); });
    return {{"watch", numbers}};
  }
  /// Takes what memory() gave, of the same rules; forgets where there is no such entry, or it is
  /// that of other rules.
  void recall(const Metadata& metadata) {
    forget();
    const auto found = metadata.find("watch");
    if (found == metadata.end()) return;
    std::vector<double> numbers;
    try {
      for (std::string_view rest = found->second; !rest.empty();) {
        const auto end = std::min(rest.find(' '), rest.size());
        numbers.push_back(parse_number<double>("watch", rest.substr(0, end), -1e300, 1e300));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    } catch (const UsageError&) {
      return;
    }
    std::size_t expected = 0, at = 0;
    each([&expected](double& /*number*/) { ++expected; });
    if (numbers.size() == expected) each([&](double& number) { number = numbers[at++]; });
  }

 private:
  template <class What>
  std::vector<Problem> see(std::int64_t step, const What& what) {
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      auto& rule = *rules_[i];
      rule.see(what);
      if (!rule.take_judged()) continue;
      const bool wrong = rule.wrong().has_value();
      if (wrong && told_[i] == 0)
        problems.push_back(
            {step, rule.kind(), rule.wrong()->text, rule.grave(), rule.wrong()->since});
      told_[i] = wrong ? 1 : 0;
    }
    return problems;
  }

  void each(const std::function<void(double&)>& f) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      f(told_[i]);
      rules_[i]->remember(f);
    }
  }

  Rules rules_;
  std::vector<double> told_;  ///< whether a rule's finding has been told
};

}  // namespace limn::inline v0
