// SPDX-License-Identifier: MIT
// What a training's report says of where it runs.
#pragma once

#include <fstream>
#include <string>
#include <thread>

#include "limn/core/config.hpp"
#include "limn/train/report_history.hpp"
#include "limn/train/state.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

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

/// `description` and `metadata` are those of the training, `data` the data set's folder, `pictures`
/// what is in it.
[[nodiscard]] inline Facts machine_facts(const std::string& description, const Metadata& metadata,
                                         const std::string& data, const std::string& pictures,
                                         double memory_bytes) {
  Facts facts;
  const auto add = [&facts](const char* name, const std::string& value) {
    if (!value.empty()) facts.emplace_back(name, value);
  };
  const auto entry = [&metadata](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  const auto end = description.rfind("; ");
  add("model", description.substr(0, end));
  if (end != std::string::npos) add("device", description.substr(end + 2));
  add("processor", processor_name());
  add("processors", std::to_string(std::thread::hardware_concurrency()));
  add("kernels", entry("isa"));
  add("precision", entry("option.precision"));
  add("memory", text_of(memory_bytes / 1e9, 3) + " GB");
  add("data", data);
  add("pictures", pictures);
  add("library", "limn " LIMN_VERSION);
  add("compiler", __VERSION__);
  return facts;
}

}  // namespace limn::inline v0
