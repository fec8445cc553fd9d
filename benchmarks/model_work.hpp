// SPDX-License-Identifier: MIT
// Inference and training steps as benchmarks, for one scalar type per translation unit.
#pragma once

#include <cstdint>
#include <memory>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/step_cpu.hpp"
#include "work.hpp"

namespace limn_bench {

/// A model's benchmark in numbers.
struct ModelCase {
  limn::ugatit::ModelOptions model;
  limn::Index batch = 1;
};

template <limn::Scalar T>
[[nodiscard]] limn::Tensor<limn::Cpu, T> random_pictures(limn::Cpu& device, const ModelCase& c,
                                                         std::uint64_t stream) {
  limn::Tensor<limn::Cpu, T> x(device, {c.batch, c.model.size, c.model.size, 3});
  limn::primitive::uniform(limn::Philox{1, stream}, 0, -1, 1, x);
  return x;
}

/// One generator on one batch; all three results are made: picture, logits, heatmap.
template <limn::Scalar T>
class Inference final : public Work {
 public:
  Inference(const limn::CpuOptions& options, const ModelCase& c)
      : device_(options), generator_(c.model), parameters_(device_) {
    parameters_.add("genA2B", generator_);
    parameters_.allocate_for_inference();  // as a LoadedGenerator
    parameters_.initialize(0);
    input_ = random_pictures<T>(device_, c, 0);
  }

  void run() override {
    result_ = {};  // its memory is used again
    result_ = generator_(limn::Var<limn::Cpu, T>(input_), true);
  }

  void check() override {
    for (const T v : result_.image.value().download())
      if (!limn::is_finite(static_cast<limn::param_t<T>>(v)))
        throw limn::NumericError("the generator's picture is not finite");
  }

  [[nodiscard]] limn::Cpu& device() override { return device_; }

 private:
  limn::Cpu device_;
  limn::ugatit::Generator<limn::Cpu, T> generator_;
  limn::ParameterSet<limn::Cpu, T> parameters_;
  limn::Tensor<limn::Cpu, T> input_;
  limn::ugatit::Translation<limn::Cpu, T> result_;
};

/// One training step; the losses are read back, as a training program does.
template <limn::Scalar T>
class Training final : public Work {
 public:
  Training(const limn::CpuOptions& options, const ModelCase& c)
      : device_(options),
        model_(device_, c.model, 0),
        step_(model_, train_options(c)),
        a_(random_pictures<T>(device_, c, 0)),
        b_(random_pictures<T>(device_, c, 1)) {}

  void run() override {
    const auto losses = step_(a_, b_, ++done_);
    if (!device_.dry()) static_cast<void>(losses.read());  // throws if not finite
  }

  void check() override {}  // every run has read its losses

  [[nodiscard]] limn::Cpu& device() override { return device_; }

 private:
  [[nodiscard]] static limn::ugatit::TrainOptions train_options(const ModelCase& c) {
    limn::ugatit::TrainOptions o;
    o.batch = c.batch;
    o.ema = 0;  // peers average nothing
    o.decay = false;
    return o;
  }

  limn::Cpu device_;
  limn::ugatit::Model<limn::Cpu, T> model_;
  limn::ugatit::Step<limn::Cpu, T> step_;
  limn::Tensor<limn::Cpu, T> a_, b_;
  std::int64_t done_ = 0;
};

/// Defined in models_<precision>.cpp: compiled apart, so that no compiler needs much memory.
template <limn::Scalar T>
[[nodiscard]] std::unique_ptr<Work> make_model_work(bool training, const limn::CpuOptions& options,
                                                    const ModelCase& c);

extern template std::unique_ptr<Work> make_model_work<double>(bool, const limn::CpuOptions&,
                                                              const ModelCase&);
extern template std::unique_ptr<Work> make_model_work<float>(bool, const limn::CpuOptions&,
                                                             const ModelCase&);
extern template std::unique_ptr<Work> make_model_work<limn::bfloat16>(bool, const limn::CpuOptions&,
                                                                      const ModelCase&);

template <limn::Scalar T>
std::unique_ptr<Work> make_model_work(bool training, const limn::CpuOptions& options,
                                      const ModelCase& c) {
  if (training) return std::make_unique<Training<T>>(options, c);
  return std::make_unique<Inference<T>>(options, c);
}

}  // namespace limn_bench
