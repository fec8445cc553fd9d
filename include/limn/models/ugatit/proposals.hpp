// SPDX-License-Identifier: MIT
// A training that needs more memory than there is: which nearby ones fit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/models/ugatit/checkpoint_options.hpp"
#include "limn/models/ugatit/plan.hpp"

namespace limn::inline v0::ugatit {

/// Other options for a training, and what they cost.
struct Proposal {
  RunOptions options;      ///< that fit
  std::string arguments;   ///< what differs, as on a command line: "--stash bf16"
  std::uint64_t peak = 0;  ///< bytes, as planned for them
};

/// RunDevice::plan, or another.
using Planner = std::function<Plan(const RunOptions&)>;

namespace detail {

/// Values of one option that need less and less memory.
struct Ladder {
  std::string option;
  std::vector<std::string> values;
};

/// The nearest first: what is only rounded, what gives the same steps in more time, then what makes
/// another model.
inline std::vector<Ladder> ladders(const RunOptions& o) {
  std::vector<Ladder> out;
  const auto smaller = [](Index value, const std::vector<Index>& steps) {
    std::vector<std::string> values;
    for (const Index step : steps)
      if (step < value) values.push_back(std::to_string(step));
    return values;
  };
  if (o.precision == Precision::fp32 && o.train.stash == StashFormat::computed)
    out.push_back({"stash", {"bf16"}});
  if (o.precision == Precision::fp64) out.push_back({"precision", {"fp32", "bf16"}});
  if (o.precision == Precision::fp32) out.push_back({"precision", {"bf16"}});
  Ladder batch{"batch", {}};
  for (Index parts = 2; parts <= o.train.batch; ++parts)
    if (o.train.batch % parts == 0) batch.values.push_back(std::to_string(o.train.batch / parts));
  out.push_back(std::move(batch));
  if (o.model.variant == Variant::full) out.push_back({"variant", {"light"}});
  if (o.model.variant == Variant::pooled) out.push_back({"variant", {"light"}});
  out.push_back({"size", smaller(o.model.size, {1024, 768, 512, 384, 320, 256, 224, 192, 160, 128,
                                                96, 64, 48, 32, 16})});
  out.push_back(
      {"channels", smaller(o.model.channels, {192, 128, 96, 64, 48, 32, 24, 16, 8, 4, 2, 1})});
  std::erase_if(out, [](const Ladder& ladder) { return ladder.values.empty(); });
  return out;
}

/// `from` with one option changed, as a proposal without its peak.
inline Proposal changed(const Proposal& from, const std::string& option, const std::string& value) {
  Proposal to = from;
  const auto set = [&](const std::string& name, const std::string& text) {
    set_option(to.options, name, text);
    to.arguments += (to.arguments.empty() ? "--" : " --") + name + " " + text;
  };
  // a stash in bfloat16 goes with float alone
  if (option == "precision" && from.options.train.stash == StashFormat::bf16)
    set("stash", "computed");
  set(option, value);
  // the same steps, up to rounding, in more and smaller pieces
  if (option == "batch")
    set("accumulate", std::to_string(from.options.train.accumulate * from.options.train.batch /
                                     to.options.train.batch));
  return to;
}

/// The mildest value of a ladder with which `from` fits.
inline std::optional<Proposal> fitting_step(const Proposal& from, const Ladder& ladder,
                                            std::uint64_t bytes, const Planner& plan) {
  Proposal best;
  const auto fits = [&](const std::string& value) {
    try {
      Proposal p = changed(from, ladder.option, value);
      p.options.check();
      p.peak = plan(p.options).peak;
      if (p.peak > bytes) return false;
      best = std::move(p);
      return true;
    } catch (const UsageError&) {  // a size that the pooled head does not take, ...
      return false;
    }
  };
  // the last one needs least: where it does not fit, none does
  std::size_t low = 0, high = ladder.values.size() - 1;
  if (!fits(ladder.values[high])) return std::nullopt;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (fits(ladder.values[middle]))
      high = middle;
    else
      low = middle + 1;
  }
  return best;
}

}  // namespace detail

/// Trainings near to the wanted one whose peak is at most `bytes`, the nearest first: for each
/// option the mildest change that is enough by itself; where none is, several together. Empty where
/// nothing fits. `plan` is asked some 20 times.
[[nodiscard]] inline std::vector<Proposal> proposals(const RunOptions& wanted, std::uint64_t bytes,
                                                     const Planner& plan) {
  const Proposal start{wanted, "", 0};
  const auto ladders = detail::ladders(wanted);
  std::vector<Proposal> out;
  for (const auto& ladder : ladders)
    if (auto fits = detail::fitting_step(start, ladder, bytes, plan)) out.push_back(*fits);
  if (!out.empty()) return out;
  Proposal together = start;
  for (const auto& ladder : ladders) {
    if (ladder.option == "stash") continue;  // precision bf16 saves more
    if (auto fits = detail::fitting_step(together, ladder, bytes, plan)) return {*fits};
    // of sizes and channels, half: the other has to give as well
    const auto& values = ladder.values;
    const bool all = ladder.option != "size";
    together =
        detail::changed(together, ladder.option, all ? values.back() : values[values.size() / 2]);
  }
  return {};
}

/// A line each, "  --stash bf16    peak 123 bytes", or a sentence where there is none.
[[nodiscard]] inline std::string to_text(const std::vector<Proposal>& proposals) {
  std::size_t longest = 0;
  for (const auto& p : proposals) longest = std::max(longest, p.arguments.size());
  std::string text;
  for (const auto& p : proposals)
    text += "  " + p.arguments + std::string(longest - p.arguments.size(), ' ') + "  peak " +
            std::to_string(p.peak) + " bytes\n";
  return text.empty() ? "  nothing near it fits: another machine is needed\n" : text;
}

}  // namespace limn::inline v0::ugatit
