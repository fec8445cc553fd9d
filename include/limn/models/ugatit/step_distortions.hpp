// SPDX-License-Identifier: MIT
// The random numbers of a step's differentiable augmentation, one Distortion for each picture that
// a discriminator is shown: the real and the translated ones that it learns from, and the
// translated ones that the generators learn from. They are functions of (seed, step, domain, which
// of these, number of the picture in the step) alone, whatever the parts a step is computed in. The
// global and the local discriminator of a domain are shown the same.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "limn/core/backend.hpp"
#include "limn/core/distortions.hpp"
#include "limn/models/ugatit/options.hpp"
#include "limn/nn/parameter_set.hpp"

namespace limn::inline v0::ugatit {

/// Whose pictures a discriminator judges.
enum class Domain { a, b };

/// Their tensor on the device, which stays where it is from step to step; nothing if the options
/// have no augmentation.
template <Device D, Scalar T>
class StepDistortions {
 public:
  /// The scalar type of the numbers.
  using P = param_t<T>;

  /// For pictures of size x size; takes memory for a step's numbers if there is an augmentation.
  StepDistortions(D& device, const TrainOptions& options, Index size)
      : options_(options), size_(size) {
    if (options.augmentation.any())
      rows_ = Tensor<D, P>(device, primitive::distortions_shape(6 * options.pictures()));
  }

  /// Sends those of a step, counted from 1, to the device.
  void draw(std::int64_t step) {
    if (!rows_.defined()) return;
    std::vector<P> values;
    values.reserve(static_cast<std::size_t>(rows_.size()));
    const auto add = [&](const char* whose, Index part) {
      const Philox random{options_.seed, stream_of(whose)};
      const auto first =
          static_cast<std::uint64_t>((step - 1) * options_.pictures() + part * options_.batch);
      for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(options_.batch); ++i)
        for (const P v : draw_distortion(options_.augmentation, random, first + i, size_, size_)
                             .template values<P>())
          values.push_back(v);
    };
    // as of_both and of_fakes read them
    for (const auto& [real, fake] : {std::pair{"diff-augment/D/real A", "diff-augment/D/fake A"},
                                     std::pair{"diff-augment/D/real B", "diff-augment/D/fake B"}})
      for (Index part = 0; part < options_.parts(); ++part) {
        add(real, part);
        add(fake, part);
      }
    for (const char* fake : {"diff-augment/G/fake A", "diff-augment/G/fake B"})
      for (Index part = 0; part < options_.parts(); ++part) add(fake, part);
    rows_.upload(values);
  }

  /// For a part's real pictures and then its translated ones, while the discriminators learn.
  [[nodiscard]] Tensor<D, P> of_both(Domain domain, Index part) const {
    return rows((index(domain) + part) * 2, 2);
  }
  /// Of these, for the real ones alone,
  [[nodiscard]] Tensor<D, P> of_real(Domain domain, Index part) const {
    return rows((index(domain) + part) * 2, 1);
  }
  /// and for the translated ones.
  [[nodiscard]] Tensor<D, P> of_translated(Domain domain, Index part) const {
    return rows((index(domain) + part) * 2 + 1, 1);
  }
  /// For a part's translated pictures, while the generators learn.
  [[nodiscard]] Tensor<D, P> of_fakes(Domain domain, Index part) const {
    return rows(4 * options_.parts() + index(domain) + part, 1);
  }

 private:
  [[nodiscard]] Index index(Domain domain) const {
    return domain == Domain::a ? 0 : options_.parts();
  }
  [[nodiscard]] Tensor<D, P> rows(Index first, Index count) const {
    if (!rows_.defined()) return {};
    return rows_.samples(first * options_.batch, count * options_.batch);
  }

  TrainOptions options_;
  Index size_;
  Tensor<D, P> rows_;
};

}  // namespace limn::inline v0::ugatit
