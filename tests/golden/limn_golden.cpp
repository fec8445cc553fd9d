// SPDX-License-Identifier: MIT
// limn-golden: does limn compute what the published PyTorch code computes?
#include <CLI/CLI.hpp>
#include <concepts>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "replay.hpp"

namespace {

/// Prints one file's table; true if every group keeps its rule. `table`: PyTorch's distances in
/// bfloat16.
template <limn::Scalar T>
bool replay(const std::string& path, const limn::CpuOptions& options, const std::string& table) {
  constexpr bool bf16 = std::same_as<T, limn::bfloat16>;
  const limn::SafetensorsFile file(path);
  golden::Replay<T> run(
      file, options, bf16 ? golden::autocast_errors(table, path) : std::map<std::string, double>());
  const auto& o = run.reference();
  std::printf("%s: %s, %lld px, %lld channels, %lld blocks, batch %lld, %lld steps, %s, %s\n",
              path.c_str(), to_string(o.model.variant), static_cast<long long>(o.model.size),
              static_cast<long long>(o.model.channels), static_cast<long long>(o.model.blocks),
              static_cast<long long>(o.train.batch), static_cast<long long>(o.train.steps),
              limn::precision_name<T>(), to_string(options.maths));
  std::printf("  %-15s %7s %10s %10s %10s  %-6s %s\n", "group", "tensors", "worst", "median",
              "ours/torch", "", "worst tensor");
  const auto distances = run.run();
  bool passed = true;
  for (const auto group : golden::all_groups) {
    const auto found = distances.find(group);
    if (found == distances.end()) continue;
    const auto rule = golden::rule<T>(options.maths, group, o.train.learning_rate);
    const auto s = golden::summarize(found->second, rule);
    const bool by_rms = rule.rms > 0;
    char ratio[32] = "-";
    if (s.torch_ratio > 0) std::snprintf(ratio, sizeof ratio, "%.2f", s.torch_ratio);
    std::printf("  %-15s %7zu %10.2e %10.2e %10s  %-6s %s%s\n", to_string(group), s.count,
                by_rms ? s.worst.rms : s.worst.relative, s.median, ratio,
                !s.passed                                ? "FAILED"
                : rule.each + rule.median + rule.rms > 0 ? "ok"
                                                         : "-",
                s.worst.tensor.c_str(), by_rms ? " (RMS)" : "");
    passed = passed && s.passed;
  }
  if constexpr (bf16) {
    auto losses = distances.at(golden::Group::first_losses);
    const auto& later = distances.at(golden::Group::later_losses);
    losses.insert(losses.end(), later.begin(), later.end());
    const double ratio = golden::torch_ratio(losses);
    // 0: the table knows none of these losses
    const bool good = ratio > 0 && ratio <= golden::most_torch_ratio;
    std::printf("  all losses: geometric mean of ours / PyTorch's in bfloat16 autocast: %.2f  %s\n",
                ratio, good ? "ok" : "FAILED");
    passed = passed && good;
  }
  return passed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Replays reference runs of the published U-GAT-IT and compares losses, outputs, gradients "
      "and weights."};
  std::string precision = "fp64", table = LIMN_GOLDEN_TORCH_BF16;
  std::vector<std::string> files;
  limn::CpuOptions options;
  std::string maths = to_string(options.maths);
  app.add_option("--precision", precision,
                 "fp64: every tensor within 1e-6; fp32: within what float32 allows; bf16: losses, "
                 "also against PyTorch's own in bfloat16")
      ->check(CLI::IsMember({"fp64", "fp32", "bf16"}))
      ->capture_default_str();
  app.add_option("--maths", maths,
                 "fast or strict; with fast, gradients in fp32 have more room; fp64 is always "
                 "strict")
      ->check(CLI::IsMember({"fast", "strict"}))
      ->capture_default_str();
  const auto* other_table =
      app.add_option("--torch-bf16", table, "PyTorch's distances in bfloat16, for --precision bf16")
          ->capture_default_str();
  app.add_option("--threads", options.threads, "0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("files", files, "safetensors files of reference runs")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    options.maths = limn::parse_maths(maths);
    if (other_table->count() > 0 && precision != "bf16")
      throw limn::UsageError("--torch-bf16 is for --precision bf16, not " + precision);
    bool passed = true;
    const auto run = precision == "fp64"   ? replay<double>
                     : precision == "fp32" ? replay<float>
                                           : replay<limn::bfloat16>;
    for (const auto& file : files) passed = run(file, options, table) && passed;
    return passed ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limn-golden: %s\n", error.what());
    return 1;
  }
}
