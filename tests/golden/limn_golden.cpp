// SPDX-License-Identifier: MIT
// limn-golden: does limn compute what the published PyTorch code computes?
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "replay.hpp"

namespace {

/// Prints one file's table; true if every group keeps its rule.
template <limn::Scalar T>
bool replay(const std::string& path, const limn::CpuOptions& options) {
  const limn::SafetensorsFile file(path);
  golden::Replay<T> run(file, options);
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
    const auto rule =
        golden::rule(std::same_as<T, double>, options.maths, group, o.train.learning_rate);
    const auto s = golden::summarize(found->second, rule);
    const bool by_rms = rule.rms > 0;
    char ratio[32] = "-";
    if (s.torch_ratio > 0) std::snprintf(ratio, sizeof ratio, "%.2f", s.torch_ratio);
    std::printf("  %-15s %7zu %10.2e %10.2e %10s  %-6s %s%s\n", to_string(group), s.count,
                by_rms ? s.worst.rms : s.worst.relative, s.median, ratio,
                s.passed ? "ok" : "FAILED", s.worst.tensor.c_str(), by_rms ? " (RMS)" : "");
    passed = passed && s.passed;
  }
  return passed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Replays reference runs of the published U-GAT-IT and compares losses, outputs, gradients "
      "and weights."};
  std::string precision = "fp64";
  std::vector<std::string> files;
  limn::CpuOptions options;
  std::string maths = to_string(options.maths);
  app.add_option("--precision", precision,
                 "fp64: every tensor within 1e-6; fp32: within what float32 allows")
      ->check(CLI::IsMember({"fp64", "fp32"}))
      ->capture_default_str();
  app.add_option("--maths", maths, "fast or strict; with fast, gradients in fp32 have more room")
      ->check(CLI::IsMember({"fast", "strict"}))
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
    bool passed = true;
    for (const auto& file : files)
      passed =
          (precision == "fp64" ? replay<double>(file, options) : replay<float>(file, options)) &&
          passed;
    return passed ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limn-golden: %s\n", error.what());
    return 1;
  }
}
