// SPDX-License-Identifier: MIT
// Moments of a picture from those of its parts, in order (Chan, Golub, LeVeque, "Updating formulae
// and a pairwise algorithm for computing sample variances", 1979).
#pragma once

#include "limn/core/shape.hpp"

namespace limn::inline v0::cpu {

/// Gathers (count, mean, m2) of parts.
struct MergedMoments {
  double count = 0, mean = 0, m2 = 0;

  void add(double more, double mean_of_more, double m2_of_more) {
    if (more <= 0) return;
    const double delta = mean_of_more - mean, total = count + more;
    mean += delta * more / total;
    m2 += m2_of_more + delta * delta * count * more / total;
    count = total;
  }
};

/// means and m2s [parts][channels], parts of counts[part] pixels (maybe none), to mean and m2
/// [channels].
inline void merge_moments(const float* means, const float* m2s, const Index* counts, Index parts,
                          Index channels, float* mean, float* m2) {
  for (Index c = 0; c < channels; ++c) {
    MergedMoments all;
    for (Index p = 0; p < parts; ++p)
      if (counts[p] > 0)
        all.add(static_cast<double>(counts[p]), static_cast<double>(means[p * channels + c]),
                static_cast<double>(m2s[p * channels + c]));
    mean[c] = static_cast<float>(all.mean);
    m2[c] = static_cast<float>(all.m2);
  }
}

}  // namespace limn::inline v0::cpu
