// SPDX-License-Identifier: MIT
// What a U-GAT-IT training's report says besides its numbers: options, machine, and what its loss
// terms are called in words.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "limn/models/ugatit/adversarial_loss.hpp"
#include "limn/models/ugatit/checkpoint_options.hpp"
#include "limn/train/machine_facts.hpp"
#include "limn/train/record.hpp"

namespace limn::inline v0::ugatit {

/// The loss terms, family by family, and what a term is where nothing has been learned: where the
/// logits lie between what real and translated pictures should have.
[[nodiscard]] inline std::vector<LossFamily> loss_families(GanType type) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const char *totals = "Totals", *d = "Discriminators", *g = "Generators";
  const AdversarialLoss loss(type);
  const std::string kind = type == GanType::lsgan   ? "squared error"
                           : type == GanType::hinge ? "hinge"
                           : loss.classifies()      ? "cross entropy"
                                                    : "";
  const std::string judged = kind.empty() ? "translated less real: its distance from 0 counts"
                                          : kind + ", real and translated",
                    passing = kind.empty() || kind == "hinge" ? "what the judges say against it"
                                                              : kind + " of the judges";
  const double between = type == GanType::lsgan ? 0.5 : 0;
  const double undecided = loss.of_discriminator(between), passed = loss.of_generator(between);
  std::vector<LossFamily> families{
      {"D_loss", "All of the discriminators", totals, "weighted sum", none},
      {"G_loss", "All of the generators", totals, "weighted sum", none},
      {"D_ad_loss", "Real or translated?", d, judged, undecided},
      {"D_ad_cam_loss", "The same, of their attention", d, judged, undecided},
      {"G_ad_loss", "Passing as real", g, passing, passed},
      {"G_ad_cam_loss", "The same, for the judges' attention", g, passing, passed},
      {"G_recon_loss", "Cycle", g, "mean difference after there and back", none},
      {"G_identity_loss", "Identity", g, "mean difference for pictures of the target domain", none},
      {"G_cam_loss", "Attention: which domain is it?", g, "cross entropy, both domains",
       1.3862943611198906},
  };
  if (penalizes(type))
    families.insert(families.begin() + 4,
                    {"D_penalty", "Gradient penalty", d,
                     type == GanType::r1 ? "squared length of the gradient, map and attention"
                                         : "how far its length is from 1, map and attention",
                     none});
  return families;
}

/// Of a session. `metadata` are those of the training, `data` the data set's folder.
[[nodiscard]] inline RecordFacts record_facts(const RunOptions& options,
                                              const std::string& description,
                                              const Metadata& metadata, const std::string& data,
                                              const std::string& pictures, double memory_bytes) {
  RecordFacts facts;
  facts.options = option_facts(options);
  facts.machine = machine_facts(description, metadata, data, pictures, memory_bytes);
  facts.families = loss_families(options.train.gan_type);
  facts.steps = options.train.steps;
  return facts;
}

}  // namespace limn::inline v0::ugatit
