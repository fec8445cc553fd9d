// SPDX-License-Identifier: MIT
// --device and --precision: which device computes, and what floats are rounded to on it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "limn/models/ugatit/checkpoint_options.hpp"

namespace example {

/// As the command line gives it; what is not given is for the device to choose.
struct DeviceChoice {
  std::string device = "cpu";
  std::optional<std::string> precision;
  std::optional<limn::Maths> maths;
  int threads = 0;  ///< of the CPU; 0: not given

  [[nodiscard]] bool cuda() const { return device == "cuda"; }
};

/// --threads and --device, which mean the same in every program.
inline void add_device_options(CLI::App& app, DeviceChoice& choice) {
  app.add_option("--threads", choice.threads,
                 "of --device cpu; 0: all processors; changes no result")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->type_name("");
  app.add_option("--device", choice.device, "cpu, or cuda: the first NVIDIA GPU")
      ->capture_default_str()
      ->type_name("");
}

/// What a choice means to the library: TF32 is CUDA's fast maths in float, fp32 its strict one. So
/// a checkpoint that was trained in either goes on on any device.
struct Computing {
  std::optional<limn::ugatit::Precision> precision;
  std::optional<limn::Maths> maths;
};

/// Throws UsageError for names that are none and for what contradicts itself.
[[nodiscard]] inline Computing computing(const DeviceChoice& choice) {
  using limn::Maths;
  using limn::UsageError;
  if (choice.device != "cpu" && choice.device != "cuda")
    throw UsageError("--device '" + choice.device + "' is unknown; there are cpu and cuda");
  if (choice.cuda() && choice.threads != 0)
    throw UsageError("--threads is for --device cpu: a GPU divides its work itself");
  if (choice.cuda() && choice.maths == Maths::split)
    throw UsageError(
        "--maths split is for --device cpu: it multiplies in the processor's "
        "bfloat16 units; on cuda there are fast and strict");
  Computing result{std::nullopt, choice.maths};
  if (!choice.precision) return result;
  const std::string& name = *choice.precision;
  if (!choice.cuda()) {
    if (name == "tf32")
      throw UsageError("--precision tf32 is for --device cuda; the CPU has fp32, fp64 and bf16");
    result.precision = limn::ugatit::parse_precision(name);
    return result;
  }
  if (name != "tf32" && name != "fp32") {
    if (name == "fp64")
      throw UsageError("--precision fp64 is for --device cpu; cuda has tf32, fp32 and bf16");
    if (name != "bf16") throw UsageError("precision '" + name + "' is none of tf32, fp32, bf16");
    result.precision = limn::ugatit::parse_precision(name);
    return result;
  }
  const Maths maths = name == "tf32" ? Maths::fast : Maths::strict;
  if (choice.maths && *choice.maths != maths)
    throw UsageError("--maths " + std::string(to_string(*choice.maths)) +
                     " contradicts --precision " + name + ": on a GPU fast float is tf32, and " +
                     "strict float fp32");
  result.precision = limn::ugatit::Precision::fp32;
  result.maths = maths;
  return result;
}

}  // namespace example
