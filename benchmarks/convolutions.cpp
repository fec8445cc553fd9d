// SPDX-License-Identifier: MIT
// The convolutions of the 256 x 256 model with 64 channels, one layer and direction at a time.
#include <memory>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "work.hpp"

namespace limn_bench {
namespace {

using limn::Index;

struct Layer {
  const char* name;
  Index size, in, out;  ///< input of size x size, channels
  limn::ConvGeometry geometry;
};

/// d_local_1 to d_local_3 have the shapes of d_global_1 to d_global_3.
std::vector<Layer> layers() {
  using limn::reflect_conv;
  return {{"first7x7", 256, 3, 64, reflect_conv(7, 1, 3)},
          {"down1", 256, 64, 128, reflect_conv(3, 2, 1)},
          {"down2", 128, 128, 256, reflect_conv(3, 2, 1)},
          {"res3x3_256_64", 64, 256, 256, reflect_conv(3, 1, 1)},
          {"cam1x1", 64, 512, 256, reflect_conv(1, 1, 0)},
          {"up1", 64, 256, 128, reflect_conv(3, 1, 1, 2)},
          {"up2", 128, 128, 64, reflect_conv(3, 1, 1, 2)},
          {"last7x7", 256, 64, 3, reflect_conv(7, 1, 3)},
          {"d_global_1", 256, 3, 64, reflect_conv(4, 2, 1)},
          {"d_global_2", 128, 64, 128, reflect_conv(4, 2, 1)},
          {"d_global_3", 64, 128, 256, reflect_conv(4, 2, 1)},
          {"d_global_4", 32, 256, 512, reflect_conv(4, 2, 1)},
          {"d_global_5", 16, 512, 1024, reflect_conv(4, 2, 1)},
          {"d_global_6", 8, 1024, 2048, reflect_conv(4, 1, 1)},
          {"d_global_cam", 7, 4096, 2048, reflect_conv(1, 1, 0)},
          {"d_global_logit", 7, 2048, 1, reflect_conv(4, 1, 1)},
          {"d_local_4", 32, 256, 512, reflect_conv(4, 1, 1)},
          {"d_local_cam", 31, 1024, 512, reflect_conv(1, 1, 0)},
          {"d_local_logit", 31, 512, 1, reflect_conv(4, 1, 1)}};
}

enum class Direction { forward, data, weights };

constexpr const char* to_string(Direction d) {
  return d == Direction::forward ? "forward" : d == Direction::data ? "data" : "weights";
}

/// The raw convolution: no bias, no activation, no moments.
template <limn::Scalar T>
class Convolution final : public Work {
 public:
  Convolution(const limn::CpuOptions& options, const Layer& layer, Direction direction)
      : geometry_(layer.geometry),
        direction_(direction),
        device_(options),
        x_(device_, {1, layer.size, layer.size, layer.in}),
        w_(device_, {layer.out, geometry_.kernel, geometry_.kernel, layer.in}),
        y_(device_, geometry_.output(x_.shape(), w_.shape())) {
    limn::primitive::uniform(limn::Philox{1, 0}, 0, -1, 1, x_);
    limn::primitive::uniform(limn::Philox{1, 1}, 0, -0.1, 0.1, w_);
    limn::primitive::uniform(limn::Philox{1, 2}, 0, -1, 1, y_);
  }

  void run() override {
    switch (direction_) {
      case Direction::forward:
        limn::primitive::conv_forward(geometry_, x_, w_, {}, y_);
        break;
      case Direction::data:
        limn::primitive::conv_backward_data(geometry_, y_, w_, x_, limn::Write::overwrite);
        break;
      case Direction::weights:
        limn::primitive::conv_backward_weights(geometry_, x_, y_, w_, limn::Write::overwrite);
    }
  }

  void check() override {
    if (direction_ == Direction::weights) return check(w_);
    check(direction_ == Direction::forward ? y_ : x_);
  }

  [[nodiscard]] limn::Cpu& device() override { return device_; }

 private:
  template <class V>
  static void check(const limn::Tensor<limn::Cpu, V>& result) {
    for (const V v : result.download())
      if (!limn::is_finite(static_cast<limn::param_t<V>>(v)))
        throw limn::NumericError("the convolution's result is not finite");
  }

  limn::ConvGeometry geometry_;
  Direction direction_;
  limn::Cpu device_;
  limn::Tensor<limn::Cpu, T> x_;
  limn::Tensor<limn::Cpu, limn::param_t<T>> w_;
  limn::Tensor<limn::Cpu, T> y_;
};

template <limn::Scalar T>
void add(std::vector<Case>& cases, const Layer& layer, Direction direction, bool split = false) {
  cases.push_back({"conv/" + std::string(layer.name) + "/" + to_string(direction) + "/" +
                       (split ? "bf16x3" : limn::precision_name<T>()),
                   [=](limn::CpuOptions o) -> std::unique_ptr<Work> {
                     if (split) o.maths = limn::Maths::split;
                     return std::make_unique<Convolution<T>>(o, layer, direction);
                   }});
}

}  // namespace

void add_convolutions(std::vector<Case>& cases) {
  for (const auto& layer : layers())
    for (const Direction d : {Direction::forward, Direction::data, Direction::weights}) {
      add<float>(cases, layer, d);
      add<limn::bfloat16>(cases, layer, d);
      add<float>(cases, layer, d, true);
      add<double>(cases, layer, d);
    }
}

}  // namespace limn_bench
