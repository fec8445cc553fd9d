// SPDX-License-Identifier: MIT
// Rules of the watch about samples, a direction each: they find what every loss may miss. What they
// see must be so in two sheets one after the other.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/watch.hpp"

namespace limn::inline v0 {

/// Mean absolute difference of two pictures of one size, in levels of 0 ... 255.
[[nodiscard]] inline double mean_difference(const Picture& p, const Picture& q) {
  if (p.pixels.size() != q.pixels.size() || p.pixels.empty()) return 0;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < p.pixels.size(); ++i)
    sum += std::abs(int{p.pixels[i]} - int{q.pixels[i]});
  return static_cast<double>(sum) / static_cast<double>(p.pixels.size());
}

/// Luminance (Rec. 601) of each pixel, 0 ... 255.
[[nodiscard]] inline std::vector<double> luminance(const Picture& p) {
  std::vector<double> y;
  for (std::size_t i = 0; i + 2 < p.pixels.size(); i += 3)
    y.push_back(0.299 * p.pixels[i] + 0.587 * p.pixels[i + 1] + 0.114 * p.pixels[i + 2]);
  return y;
}

/// Pearson's correlation; 0 where one of them is constant or the sizes differ.
[[nodiscard]] inline double correlation(const std::vector<double>& x,
                                        const std::vector<double>& y) {
  if (x.size() != y.size() || x.empty()) return 0;
  const auto n = static_cast<double>(x.size());
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mx += x[i] / n;
    my += y[i] / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 1e-9 * n && yy > 1e-9 * n ? xy / std::sqrt(xx * yy) : 0;
}

/// A rule about the samples of one direction.
class SamplesRule : public WatchRule {
 public:
  /// From domain `from` to domain `to`.
  SamplesRule(std::string kind, bool grave, std::string from, std::string to)
      : WatchRule(std::move(kind), grave), from_(std::move(from)), to_(std::move(to)) {}

  void see(const StepReport& report) final { WatchRule::see(report); }
  void see(const Samples& samples) final {
    std::vector<const Sample*> ours, others;
    for (const auto& sample : samples.all)
      (sample.from == from_ && sample.to == to_ ? ours : others).push_back(&sample);
    if (ours.empty()) return;
    auto text = look(ours, others);
    lasting_.see(samples.step, text.has_value());
    if (!text || lasting_.seen < 2) return judge({});
    judge(Finding{std::move(*text), lasting_.begin()});
  }
  void remember(const std::function<void(double&)>& f) final { lasting_.remember(f); }

 protected:
  /// Samples of the rule's direction, in the order of the sheet.
  using Ours = std::vector<const Sample*>;
  /// "A to B"
  [[nodiscard]] std::string direction() const { return from_ + " to " + to_; }

 private:
  /// What is wrong with them, if anything.
  virtual std::optional<std::string> look(const Ours& ours, const Ours& others) const = 0;

  std::string from_, to_;
  Lasting lasting_;
};

/// Different inputs, the same output: translations that differ from each other by less than a
/// thirtieth of what the inputs do, and by less than 2 levels of 255.
class Collapse final : public SamplesRule {
 public:
  /// From domain `from` to domain `to`.
  Collapse(std::string from, std::string to)
      : SamplesRule("collapsed-generator", true, std::move(from), std::move(to)) {}

 private:
  std::optional<std::string> look(const Ours& ours, const Ours& /*others*/) const override {
    double inputs = 0, outputs = 0;
    int pairs = 0;
    for (std::size_t i = 0; i < ours.size(); ++i)
      for (std::size_t k = 0; k < i; ++k, ++pairs) {
        inputs += mean_difference(ours[i]->input, ours[k]->input);
        outputs += mean_difference(ours[i]->translation, ours[k]->translation);
      }
    if (pairs == 0) return {};
    inputs /= pairs;
    outputs /= pairs;
    if (inputs < 3 || outputs >= 2 || outputs * 30 >= inputs) return {};
    return "the generator " + direction() + " has collapsed: its translations of different " +
           "pictures differ by " + text_of(outputs, 2) + " of 255 levels, the pictures by " +
           text_of(inputs, 3) +
           "; resume from an earlier checkpoint with a smaller --lr, or train on more pictures";
  }
};

/// Translations that are their pictures, to half a level of 255.
class Idle final : public SamplesRule {
 public:
  /// From domain `from` to domain `to`.
  Idle(std::string from, std::string to)
      : SamplesRule("idle-generator", false, std::move(from), std::move(to)) {}

 private:
  std::optional<std::string> look(const Ours& ours, const Ours& /*others*/) const override {
    double changed = 0;
    for (const Sample* s : ours)
      changed = std::max(changed, mean_difference(s->input, s->translation));
    if (changed >= 0.5) return {};
    return "the generator " + direction() +
           " gives its pictures back as they are (they differ by " + text_of(changed, 2) +
           " of 255 levels at most): cycle and identity like that best; begin "
           "anew with smaller --lambda-cycle and --lambda-identity";
  }
};

/// Every heatmap flat: nothing is attended to, or everything.
class FlatHeatmap final : public SamplesRule {
 public:
  /// From domain `from` to domain `to`.
  FlatHeatmap(std::string from, std::string to)
      : SamplesRule("constant-heatmap", false, std::move(from), std::move(to)) {}

 private:
  std::optional<std::string> look(const Ours& ours, const Ours& /*others*/) const override {
    for (const Sample* s : ours) {
      if (s->heatmap.empty()) return {};
      const auto [low, high] = std::minmax_element(s->heatmap.begin(), s->heatmap.end());
      if (double{*high} - double{*low} > 1e-5 * std::max(std::abs(*high), std::abs(*low)))
        return {};
    }
    return "the attention " + direction() + " is the same everywhere in every sample (the " +
           "heatmaps are constant): the class activation map does not look at the pictures; see " +
           "whether the CAM losses fall, and whether the two kinds of pictures differ at all";
  }
};

/// Light for dark: translations whose luminance runs against that of the input, although that comes
/// back in the cycle, and although the pictures of the two domains as such do not run against each
/// other (silhouettes against negatives would).
class Inversion final : public SamplesRule {
 public:
  /// From domain `from` to domain `to`.
  Inversion(std::string from, std::string to)
      : SamplesRule("colour-inversion", false, std::move(from), std::move(to)) {}

 private:
  std::optional<std::string> look(const Ours& ours, const Ours& others) const override {
    double translated = 0, cycled = 0, between = 0;
    std::size_t pairs = 0;
    const auto n = static_cast<double>(ours.size());
    for (const Sample* s : ours) {
      if (s->cycle.pixels.empty()) return {};
      const auto input = luminance(s->input);
      translated += correlation(input, luminance(s->translation)) / n;
      cycled += correlation(input, luminance(s->cycle)) / n;
      for (const Sample* other : others) {
        between += correlation(input, luminance(other->input));
        ++pairs;
      }
    }
    if (pairs > 0) between /= static_cast<double>(pairs);
    if (translated > -0.4 || cycled < 0.5 || translated > between - 0.4) return {};
    return "the translations " + direction() + " have light and dark inverted: their luminance " +
           "correlates with that of the input by " + text_of(translated, 2) + ", the cycle by " +
           text_of(cycled, 2) + ", pictures of the two kinds by " + text_of(between, 2) +
           "; the cycle hides that from every loss: begin anew with another --seed, a larger " +
           "--lambda-identity, or more pictures";
  }
};

}  // namespace limn::inline v0
