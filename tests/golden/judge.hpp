// SPDX-License-Identifier: MIT
// Replays one file on one device and judges the distances.
#pragma once

#include <concepts>
#include <cstdio>
#include <map>
#include <string>

#include "lane.hpp"
#include "replay.hpp"

namespace golden {

/// Prints one file's table; true if every group keeps its rule.
template <limn::Scalar T, limn::Device D>
bool replay(const std::string& path, const Lane& lane, D& device) {
  constexpr bool bf16 = std::same_as<T, limn::bfloat16>;
  const limn::SafetensorsFile file(path);
  Replay<D, T> run(file, device,
                   bf16 ? autocast_errors(lane.torch_bf16, path) : std::map<std::string, double>());
  const auto& o = run.reference();
  std::printf("%s: %s, %lld px, %lld channels, %lld blocks, batch %lld, %lld steps, %s, %s, %s\n",
              path.c_str(), to_string(o.model.variant), static_cast<long long>(o.model.size),
              static_cast<long long>(o.model.channels), static_cast<long long>(o.model.blocks),
              static_cast<long long>(o.train.batch), static_cast<long long>(o.train.steps),
              limn::precision_name<T>(), to_string(lane.maths), device.name().c_str());
  std::printf("  %-15s %7s %10s %10s %10s  %-6s %s\n", "group", "tensors", "worst", "median",
              "ours/torch", "", "worst tensor");
  const auto distances = run.run();
  bool passed = true;
  for (const auto group : all_groups) {
    const auto found = distances.find(group);
    if (found == distances.end()) continue;
    const Rule bounds = rule<T>(lane.maths, group, o.train.learning_rate);
    const auto s = summarize(found->second, bounds);
    const bool by_rms = bounds.rms > 0;
    char ratio[32] = "-";
    if (s.torch_ratio > 0) std::snprintf(ratio, sizeof ratio, "%.2f", s.torch_ratio);
    std::printf("  %-15s %7zu %10.2e %10.2e %10s  %-6s %s%s\n", to_string(group), s.count,
                by_rms ? s.worst.rms : s.worst.relative, s.median, ratio,
                !s.passed                                      ? "FAILED"
                : bounds.each + bounds.median + bounds.rms > 0 ? "ok"
                                                               : "-",
                s.worst.tensor.c_str(), by_rms ? " (RMS)" : "");
    passed = passed && s.passed;
  }
  if constexpr (bf16) {
    auto losses = distances.at(Group::first_losses);
    const auto& later = distances.at(Group::later_losses);
    losses.insert(losses.end(), later.begin(), later.end());
    const double ratio = torch_ratio(losses);
    // 0: the table knows none of these losses
    const bool good = ratio > 0 && ratio <= most_torch_ratio;
    std::printf("  all losses: geometric mean of ours / PyTorch's in bfloat16 autocast: %.2f  %s\n",
                ratio, good ? "ok" : "FAILED");
    passed = passed && good;
  }
  return passed;
}

/// In the precision of the lane.
template <limn::Device D>
bool replay(const std::string& path, const Lane& lane, D& device) {
  if (lane.precision == "fp64") return replay<double>(path, lane, device);
  if (lane.precision == "fp32") return replay<float>(path, lane, device);
  return replay<limn::bfloat16>(path, lane, device);
}

}  // namespace golden
