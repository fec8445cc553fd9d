// SPDX-License-Identifier: MIT
// What is watched in a training of U-GAT-IT, by the names of its loss terms and networks.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/models/ugatit/adversarial_loss.hpp"
#include "limn/train/watch_losses.hpp"
#include "limn/train/watch_samples.hpp"
#include "limn/train/watch_signals.hpp"

namespace limn::inline v0::ugatit {

/// A rule per term, network or direction.
///   dead-cam      all CAM logits 0: a generator's term is then 2 ln 2 (1000 ln 2 per logit pair in
///                 G_loss at the published lambda), a discriminator's 0 + 1
///   diverging     adversarial terms beyond 10 times what they are for logits of 0, where that is
///                 something (10 as published); CAM terms beyond 20 ln 2
[[nodiscard]] inline Watch::Rules watch_rules(const TrainOptions& options) {
  constexpr double ln2 = 0.693147180559945309;
  // the adversarial terms for logits of 0
  const AdversarialLoss loss(options.gan_type);
  const double of_judge = loss.of_discriminator(0), of_generator = loss.of_generator(0);
  Watch::Rules rules;
  std::vector<Divergence::Term> terms;
  // a term is named after the domain of the pictures that are judged or made
  for (const auto& [domain, generator] : {std::pair{"A", "B2A"}, {"B", "A2B"}}) {
    const std::string name = std::string("G_cam_loss_") + domain;
    terms.push_back({name, 2 * ln2});
    if (options.lambda_cam > 0)
      rules.push_back(std::make_unique<Plateau>(
          "dead-cam",
          Plateau::Of{name, 2 * ln2, 0.02 * 2 * ln2,
                      std::string("2 ln 2, the value for logits of 0 (") +
                          text_of(options.lambda_cam * 2 * ln2, 5) +
                          " of G_loss): the attention (CAM) of generator " + generator +
                          " is dead; begin anew with another --seed, with a smaller --lr, and see "
                          "whether the two kinds of pictures differ at all"}));
  }
  for (const char* judge : {"GA", "LA", "GB", "LB"})
    for (const bool cam : {false, true}) {
      const std::string term = (cam ? "_ad_cam_loss_" : "_ad_loss_") + std::string(judge);
      if (of_judge > 0) terms.push_back({"D" + term, of_judge});
      if (of_generator > 0) terms.push_back({"G" + term, of_generator});
      // what a critic says has no level: only differences count
      if (options.lambda_adversarial <= 0 || !loss.classifies()) continue;
      if (cam)
        rules.push_back(std::make_unique<Plateau>(
            "dead-cam",
            Plateau::Of{"D" + term, of_judge, 0.02 * of_judge,
                        std::string("the value for logits of 0: the attention (CAM) of "
                                    "discriminator ") +
                            judge + " is dead; begin anew with another --seed or a smaller --lr"}));
      else
        rules.push_back(std::make_unique<Saturation>(Saturation::Of{
            judge, "D" + term, "G" + term,
            "more pictures help most, then a smaller --lr; go back to an earlier checkpoint"}));
    }
  rules.push_back(std::make_unique<Divergence>(
      std::move(terms),
      "the learning rate is too large: begin anew, or go back to an earlier checkpoint, with a "
      "tenth of --lr"));
  for (const char* network : {"genA2B", "genB2A", "disGA", "disGB", "disLA", "disLB"})
    rules.push_back(std::make_unique<NothingLearns>(network));
  for (const char* network : {"genA2B", "genB2A"})
    rules.push_back(std::make_unique<RhoAtBound>(network));
  for (const auto& [from, to] : {std::pair{"A", "B"}, {"B", "A"}}) {
    rules.push_back(std::make_unique<Collapse>(from, to));
    rules.push_back(std::make_unique<Idle>(from, to));
    rules.push_back(std::make_unique<FlatHeatmap>(from, to));
    rules.push_back(std::make_unique<Inversion>(from, to));
  }
  return rules;
}

}  // namespace limn::inline v0::ugatit
