// SPDX-License-Identifier: MIT
// Rules of the watch about signals, which a training gives where it writes a line of its log.
// Names are "KIND/NETWORK" or "KIND/NETWORK.LAYER".
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "limn/train/watch_losses.hpp"

namespace limn::inline v0 {

/// Whether a signal is about this network; of this kind, if one is given.
[[nodiscard]] inline bool is_about(const Signal& signal, std::string_view network,
                                   std::string_view kind = {}) {
  const std::string_view name = signal.name;
  const auto slash = name.find('/');
  if (slash == name.npos || (!kind.empty() && name.substr(0, slash) != kind)) return false;
  const auto rest = name.substr(slash + 1);
  return rest.starts_with(network) &&
         (rest.size() == network.size() || rest[network.size()] == '.');
}

/// All rho of a network within 0.001 of 0 or of 1: its normalizations have nothing left to choose.
class RhoAtBound final : public WatchRule {
 public:
  /// Of one network by its name in signals: "genA2B".
  explicit RhoAtBound(std::string network, Patience patience = {500, 5})
      : WatchRule("rho-at-bound", false), network_(std::move(network)), patience_(patience) {}

  void see(const StepReport& report) override {
    std::int64_t low = 0, high = 0, all = 0;
    for (const auto& signal : report.signals) {
      if (!is_about(signal, network_, "rho")) continue;
      for (const double rho : signal.values) {
        ++all;
        low += rho <= 0.001 ? 1 : 0;
        high += rho >= 0.999 ? 1 : 0;
      }
    }
    if (all == 0) return;
    lasting_.see(report.step, low + high == all);
    if (!lasting_.for_steps(report.step, patience_.steps, patience_.looks)) return judge({});
    judge(Finding{"all " + text_of(all) + " rho of " + network_ + " are at a bound (" +
                      text_of(low) + " at 0, " + text_of(high) + " at 1) since step " +
                      text_of(lasting_.begin()) +
                      ": its normalizations no longer choose between instance and layer; a "
                      "smaller --lr, or more different pictures, may help",
                  lasting_.begin()});
  }
  void see(const Samples& samples) override { WatchRule::see(samples); }
  void remember(const std::function<void(double&)>& f) override { lasting_.remember(f); }

 private:
  std::string network_;
  Patience patience_;
  Lasting lasting_;
};

/// A network none of whose signals changes by a bit, while the learning rate is not about 0 for
/// having decayed.
class NothingLearns final : public WatchRule {
 public:
  /// Of one network by its name in signals: "genA2B".
  explicit NothingLearns(std::string network, Patience patience = {100, 4})
      : WatchRule("nothing-learns", true), network_(std::move(network)), patience_(patience) {}

  void see(const StepReport& report) override {
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
    bool any = false;
    for (const auto& signal : report.signals) {
      if (!is_about(signal, network_)) continue;
      for (const double value : signal.values) {
        any = true;
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        for (int byte = 0; byte < 8; ++byte)
          hash = (hash ^ ((bits >> (8 * byte)) & 0xff)) * 0x100000001b3U;
      }
    }
    if (!any) return;
    fastest_ = std::max(fastest_, report.learning_rate);
    const bool decayed = report.learning_rate < 1e-2 * fastest_;
    const auto now = static_cast<double>(hash >> 12);  // 52 bits: exact
    const bool same = now == before_;
    before_ = now;
    lasting_.see(report.step, same && !decayed);
    if (!lasting_.for_steps(report.step, patience_.steps, patience_.looks)) return judge({});
    judge(Finding{"nothing learns in " + network_ + ": not a bit of it has changed since step " +
                      text_of(lasting_.begin()) + ", at a learning rate of " +
                      text_of(report.learning_rate, 3) +
                      "; is --lr 0, or are its weights frozen or put back after each step?",
                  lasting_.begin()});
  }
  void see(const Samples& samples) override { WatchRule::see(samples); }
  void remember(const std::function<void(double&)>& f) override {
    f(fastest_);
    f(before_);
    lasting_.remember(f);
  }

 private:
  std::string network_;
  Patience patience_;
  double fastest_ = 0, before_ = 0;
  Lasting lasting_;
};

}  // namespace limn::inline v0
