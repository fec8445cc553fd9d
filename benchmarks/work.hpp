// SPDX-License-Identifier: MIT
// What a benchmark repeats, and how benchmarks are found by name. Nothing is built before its
// benchmark runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "limn/core/device.hpp"
#include "limn/cpu/device.hpp"

namespace limn_bench {

/// One piece of work that can be repeated.
class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual ~Work() = default;

  virtual void run() = 0;
  /// Throws limn::NumericError if the last run's result is not made of finite numbers.
  virtual void check() = 0;
  [[nodiscard]] virtual limn::Cpu& device() = 0;
  /// Work of one run that is no primitive of a device (the probes).
  [[nodiscard]] virtual limn::WorkDone besides() const { return {}; }
};

/// A benchmark: its name, and how its work is built on a device with these options.
struct Case {
  std::string name;
  std::function<std::unique_ptr<Work>(const limn::CpuOptions&)> make;
  bool plan = true;  ///< can run on a dry device, which tells how much memory it needs
  /// Limited by memory: its GB/s are also given as a fraction of probe/read, measured just before.
  bool against_read = false;
};

/// The machine's own ceilings: probe/fma_fp32, probe/dot_bf16, probe/read.
void add_probes(std::vector<Case>& cases);
/// What probe/read reads per second, the best of a few runs.
[[nodiscard]] double read_ceiling(const limn::CpuOptions& options);
/// primitive/<name>/<shape>/<precision>: the kernels that are no convolutions.
void add_primitives(std::vector<Case>& cases);
/// conv/<name>/<forward|data|weights>/<precision>: the layers of the 256 x 256 model, 64 channels.
/// Precision bf16x3 is fp32 with Maths::split, here and below.
void add_convolutions(std::vector<Case>& cases);
/// infer/... and train/...: a list that is worth running as a whole.
void add_models(std::vector<Case>& cases);
/// The model benchmark of this name, infer|train/<variant>/<size>/<channels>/b<batch>/<precision>;
/// false if it is no such name. <variant> is light, full, or pooled<bins>.
bool add_model(const std::string& name, std::vector<Case>& cases);

}  // namespace limn_bench
