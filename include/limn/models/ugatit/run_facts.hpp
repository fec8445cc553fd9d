// SPDX-License-Identifier: MIT
// What a U-GAT-IT training's report says besides its numbers: options, machine, and what its loss
// terms are called in words.
#pragma once

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/models/ugatit/checkpoint_options.hpp"
#include "limn/train/record.hpp"

namespace limn::inline v0::ugatit {

/// The loss terms, family by family, and what a term is where nothing has been learned.
[[nodiscard]] inline std::vector<LossFamily> loss_families() {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const char *totals = "Totals", *d = "Discriminators", *g = "Generators";
  return {
      {"D_loss", "All of the discriminators", totals, "weighted sum", none},
      {"G_loss", "All of the generators", totals, "weighted sum", none},
      {"D_ad_loss", "Real or translated?", d, "squared error, real and translated", 0.5},
      {"D_ad_cam_loss", "The same, of their attention", d, "squared error, real and translated",
       0.5},
      {"G_ad_loss", "Passing as real", g, "squared error of the judges", 0.25},
      {"G_ad_cam_loss", "The same, for the judges' attention", g, "squared error of the judges",
       0.25},
      {"G_recon_loss", "Cycle", g, "mean difference after there and back", none},
      {"G_identity_loss", "Identity", g, "mean difference for pictures of the target domain", none},
      {"G_cam_loss", "Attention: which domain is it?", g, "cross entropy, both domains",
       1.3862943611198906},
  };
}

/// The name of the processor; "" where the system does not tell.
[[nodiscard]] inline std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) {
      const auto at = line.find(": ");
      return at == std::string::npos ? "" : line.substr(at + 2);
    }
  return "";
}

/// Of a session. `metadata` are those of the training, `data` the data set's folder.
[[nodiscard]] inline RecordFacts record_facts(const RunOptions& options,
                                              const std::string& description,
                                              const Metadata& metadata, const std::string& data,
                                              const std::string& pictures, double memory_bytes) {
  RecordFacts facts;
  for_each_option(
      options, [&](const char* name, const auto& value, OptionRange /*range*/,
                   const char* /*help*/) { facts.options.emplace_back(name, option_text(value)); });
  const auto add = [&facts](const char* name, const std::string& value) {
    if (!value.empty()) facts.machine.emplace_back(name, value);
  };
  const auto kernels = metadata.find("isa");
  const auto end = description.rfind("; ");
  add("model", description.substr(0, end));
  if (end != std::string::npos) add("device", description.substr(end + 2));
  add("processor", processor_name());
  add("processors", std::to_string(std::thread::hardware_concurrency()));
  add("kernels", kernels == metadata.end() ? "" : kernels->second);
  add("precision", to_string(options.precision));
  add("memory", text_of(memory_bytes / 1e9, 3) + " GB");
  add("data", data);
  add("pictures", pictures);
  add("library", "limn " LIMN_VERSION);
  add("compiler", __VERSION__);
  facts.families = loss_families();
  facts.steps = options.train.steps;
  return facts;
}

}  // namespace limn::inline v0::ugatit
