// SPDX-License-Identifier: MIT
// What a training will cost, known before it begins (make_plan.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "limn/train/text.hpp"

namespace limn::inline v0::ugatit {

/// Bytes of a training on its device, and work of a step.
struct Plan {
  std::uint64_t weights = 0;      ///< of all six networks, and vectors of spectral normalization
  std::uint64_t gradients = 0;    ///< of the weights that were learning when most was in use
  std::uint64_t moments = 0;      ///< of Adam
  std::uint64_t averages = 0;     ///< of the generators' weights
  std::uint64_t activations = 0;  ///< pictures, and what the tapes kept at that time
  std::uint64_t workspace = 0;    ///< the rest of the peak: scratch memory of kernels, gradients
                                  ///< of activations, gaps
  std::uint64_t sheets = 0;       ///< what translations for sheets and scores add beside a recorded
                                  ///< step, whose memory stays its own; 0 where none is recorded
  std::uint64_t peak = 0;         ///< of the device's pool, as a real training has it, exactly
  std::uint64_t checkpoint = 0;   ///< the file, without the names of the pictures
  std::uint64_t parameters = 0;   ///< values that are learned, of all networks
  std::uint64_t multiply_adds = 0;  ///< of a step, in convolutions and matrix products
};

/// The plan of a training that makes neither sheets nor scores.
[[nodiscard]] inline Plan without_sheets(Plan plan) {
  plan.peak -= plan.sheets;
  plan.sheets = 0;
  return plan;
}

/// The plan in lines; the last one is "peak N bytes", before which `more` lines may stand.
[[nodiscard]] inline std::string to_text(const Plan& plan, const std::string& more = "") {
  std::string text;
  const auto line = [&](const std::string& name, std::uint64_t bytes, const std::string& note) {
    const std::string digits = std::to_string(bytes);
    text += name + std::string(14 - std::min<std::size_t>(name.size(), 13), ' ') +
            std::string(16 - std::min<std::size_t>(digits.size(), 16), ' ') + digits + " bytes" +
            (note.empty() ? "" : "  (" + note + ")") + "\n";
  };
  line("weights", plan.weights, std::to_string(plan.parameters) + " parameters");
  line("gradients", plan.gradients, "of the networks that learn at one time");
  line("moments", plan.moments, "of Adam");
  line("averages", plan.averages,
       plan.averages > 0 ? "of the generators' weights; --ema 0 does without" : "--ema 0");
  line("activations", plan.activations, "pictures, and what backward needs");
  line("workspace", plan.workspace, "scratch of kernels, gradients of activations, gaps");
  if (plan.sheets > 0) line("sheets", plan.sheets, "made beside a step that is replayed");
  line("checkpoint", plan.checkpoint, "on disk");
  text += "work per step " + text_of(static_cast<double>(plan.multiply_adds) / 1e9, 4) +
          " billion multiply-adds\n";
  text += more;
  text += "peak " + std::to_string(plan.peak) + " bytes\n";
  return text;
}

}  // namespace limn::inline v0::ugatit
