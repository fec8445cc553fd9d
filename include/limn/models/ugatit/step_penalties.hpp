// SPDX-License-Identifier: MIT
// The pictures at which a step penalizes its discriminators' gradients, and the random numbers that
// make them: a share per picture, and for DRAGAN noise. They are functions of (seed, step, domain,
// number of the picture in the step) alone. The global and the local discriminator of a domain are
// penalized at the same pictures, which are made once.
#pragma once

#include <cmath>
#include <cstdint>

#include "limn/loss/gradient_penalty.hpp"
#include "limn/models/ugatit/step_distortions.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

/// (mean of squares, mean) -> standard deviation / 2.
struct HalfDeviation {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A squares, A mean) const {
    const A variance = squares - mean * mean;
    return variance > A(0) ? std::sqrt(variance) / A(2) : A(0);
  }
};

}  // namespace detail

/// Random numbers on the device, in memory that stays where it is from step to step; nothing where
/// the options have no penalty.
template <Device D, Scalar T>
class StepPenalties {
 public:
  using P = param_t<T>;  ///< of shares and deviations

  /// Sets memory aside for the pictures of a step, size x size.
  StepPenalties(D& device, const TrainOptions& options, Index size)
      : type_(options.gan_type),
        seed_(options.seed),
        pictures_(options.pictures()),
        batch_(options.batch) {
    if (!any() || type_ == GanType::r1) return;
    shares_ = Tensor<D, P>(device, {2 * pictures_, 1, 1, 1});
    if (type_ == GanType::dragan) noise_ = Tensor<D, T>(device, {2 * pictures_, size, size, 3});
  }

  /// Whether there is a penalty.
  [[nodiscard]] bool any() const { return penalizes(type_); }

  /// Whether pictures that were made are mixed into those where it is.
  [[nodiscard]] bool mixes_fakes() const {
    return type_ == GanType::wgan_gp || type_ == GanType::wgan_lp;
  }

  /// Makes those of a step, counted from 1, on the device.
  void draw(std::int64_t step) {
    const auto fill = [&](const auto& values, const char* of_a, const char* of_b) {
      if (!values.defined()) return;
      const auto first =
          static_cast<std::uint64_t>(step - 1) * static_cast<std::uint64_t>(values.size() / 2);
      primitive::uniform(Philox{seed_, stream_of(of_a)}, first, 0, 1, values.samples(0, pictures_));
      primitive::uniform(Philox{seed_, stream_of(of_b)}, first, 0, 1,
                         values.samples(pictures_, pictures_));
    };
    fill(shares_, "penalty/share A", "penalty/share B");
    fill(noise_, "penalty/noise A", "penalty/noise B");
  }

  /// Where a part of a step is penalized, `real` and `fake` of its batch: real pictures for R1;
  /// real ones mixed with fakes, or for DRAGAN with real + deviation noise, noise in [0, 1) per
  /// value (published TensorFlow code). `fake` is used where mixes_fakes(), `half_deviation` as
  /// below for DRAGAN alone.
  [[nodiscard]] Tensor<D, T> pictures(Domain domain, Index part, const Tensor<D, T>& real,
                                      const Tensor<D, T>& fake,
                                      const Tensor<D, P>& half_deviation) const {
    if (type_ == GanType::r1) return real;
    const auto shares = of_part(shares_, domain, part);
    if (mixes_fakes()) return mix_samples<D, T>(shares, fake, real);
    const Tensor<D, T> moved(real.device(), real.shape());
    primitive::copy(real, moved);
    primitive::map(Scaled{1}, of_part(noise_, domain, part), moved, Write::accumulate,
                   half_deviation);
    return mix_samples<D, T>(shares, moved, real);
  }

  /// Half the standard deviation of all values of a batch, for DRAGAN; else nothing.
  [[nodiscard]] Tensor<D, P> half_deviation(const Tensor<D, T>& real) const {
    if (type_ != GanType::dragan) return {};
    D& device = real.device();
    Tensor<D, P> squares(device, scalar_shape());
    const Tensor<D, P> mean(device, scalar_shape());
    const double share = 1 / static_cast<double>(real.shape().size());
    primitive::map_reduce(Product{}, real, real, share, squares);
    primitive::map_reduce(limn::detail::Itself{}, real, real, share, mean);
    primitive::map2(detail::HalfDeviation{}, squares, mean, squares);
    return squares;
  }

 private:
  template <class Values>
  [[nodiscard]] Values of_part(const Values& values, Domain domain, Index part) const {
    return values.samples((domain == Domain::a ? 0 : pictures_) + part * batch_, batch_);
  }

  GanType type_;
  std::uint64_t seed_;
  Index pictures_, batch_;
  Tensor<D, P> shares_;
  Tensor<D, T> noise_;
};

}  // namespace limn::inline v0::ugatit
