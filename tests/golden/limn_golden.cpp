// SPDX-License-Identifier: MIT
// limn-golden: does limn compute what the published PyTorch code computes?
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "lane.hpp"
#include "limn/core/error.hpp"

int main(int argc, char** argv) {
  CLI::App app{
      "Replays reference runs of the published U-GAT-IT and compares losses, outputs, gradients "
      "and weights."};
  golden::Lane lane;
  lane.torch_bf16 = LIMN_GOLDEN_TORCH_BF16;
  std::vector<std::string> files;
  std::string device = "cpu", maths = to_string(lane.maths);
  app.add_option("--device", device,
                 "cpu; emulated: the CUDA kernels on the host, strict; cuda: a GPU, fp32 strict")
      ->check(CLI::IsMember({"cpu", "emulated", "cuda"}))
      ->capture_default_str();
  app.add_option("--precision", lane.precision,
                 "fp64: every tensor within 1e-6; fp32: within what float32 allows; bf16: losses, "
                 "also against PyTorch's own in bfloat16")
      ->check(CLI::IsMember({"fp64", "fp32", "bf16"}))
      ->capture_default_str();
  const auto* asked_maths =
      app.add_option(
             "--maths", maths,
             "fast, strict or split, on the CPU; but for strict, gradients in fp32 have more "
             "room; "
             "fp64 is always strict")
          ->check(CLI::IsMember({"fast", "strict", "split"}))
          ->capture_default_str();
  const auto* other_table = app.add_option("--torch-bf16", lane.torch_bf16,
                                           "PyTorch's distances in bfloat16, for --precision bf16")
                                ->capture_default_str();
  app.add_option("--threads", lane.threads, "0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("files", files, "safetensors files of reference runs")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (asked_maths->count() > 0 && device != "cpu")
      throw limn::UsageError("--maths is for --device cpu: " + device + " is strict");
    lane.maths = device == "cpu" ? limn::parse_maths(maths) : limn::Maths::strict;
    limn::check_maths(lane.maths, lane.precision);
    if (other_table->count() > 0 && lane.precision != "bf16")
      throw limn::UsageError("--torch-bf16 is for --precision bf16, not " + lane.precision);
    const auto replay = device == "cpu"        ? golden::replay_on_cpu
                        : device == "emulated" ? golden::replay_emulated
                                               : golden::replay_on_cuda;
    bool passed = true;
    for (const auto& file : files) passed = replay(file, lane) && passed;
    return passed ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limn-golden: %s\n", error.what());
    return 1;
  }
}
