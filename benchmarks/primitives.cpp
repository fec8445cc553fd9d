// SPDX-License-Identifier: MIT
// The kernels of the table of primitives that are no convolutions, with shapes of the 256 x 256
// model: primitive/<name>/<shape>/<precision>. All are limited by memory.
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/loss/losses.hpp"
#include "limn/ops/spectral.hpp"
#include "work.hpp"

namespace limn_bench {
namespace {

using limn::Activation;
using limn::Cpu;
using limn::Index;
using limn::matrix_shape;
using limn::relu_activation;
using limn::scalar_shape;
using limn::Shape;
using limn::Tensor;
using limn::Write;
using limn::primitive::Transpose;
namespace primitive = limn::primitive;

/// A run, and the check of its result.
struct Made {
  std::function<void()> run, check;
};

class Primitive final : public Work {
 public:
  Primitive(const limn::CpuOptions& options, const std::function<Made(Cpu&)>& make)
      : device_(options), made_(make(device_)) {}
  void run() override { made_.run(); }
  void check() override { made_.check(); }
  [[nodiscard]] Cpu& device() override { return device_; }

 private:
  Cpu device_;
  Made made_;
};

template <class V>
std::function<void()> finite(const Tensor<Cpu, V>& result) {
  return [=] {
    for (const V v : result.download())
      if (!limn::is_finite(static_cast<limn::param_t<V>>(v)))
        throw limn::NumericError("the primitive's result is not finite");
  };
}

/// Values in [low, high), as no constant: a processor may be faster on those.
template <class V>
Tensor<Cpu, V> values(Cpu& device, const Shape& shape, double low = -1, double high = 1) {
  Tensor<Cpu, V> x(device, shape);
  primitive::uniform(limn::Philox{1, 7}, 0, low, high, x);
  return x;
}

class List {
 public:
  explicit List(std::vector<Case>& cases) : cases_(cases) {}

  void add(const std::string& name, const std::string& shape, const std::string& precision,
           std::function<Made(Cpu&)> make) {
    Case c{"primitive/" + name + "/" + shape + "/" + precision,
           [make = std::move(make)](const limn::CpuOptions& o) -> std::unique_ptr<Work> {
             return std::make_unique<Primitive>(o, make);
           }};
    c.against_read = true;
    cases_.push_back(std::move(c));
  }

 private:
  std::vector<Case>& cases_;
};

std::string text(const Shape& s) {
  return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

/// The passes over a normalization's features.
template <limn::Scalar T>
void add_affine(List& list, const Shape& s) {
  using P = limn::param_t<T>;
  const auto add = [&](const std::string& name, auto make) {
    list.add(name, text(s), limn::precision_name<T>(), make);
  };
  add("moments", [=](Cpu& d) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, P> mean(d, s.per_channel()), m2(d, s.per_channel());
    return {[=] { primitive::moments(x, mean, m2); }, finite(m2)};
  });
  add("affine_forward_relu_residual", [=](Cpu& d) -> Made {
    const auto x = values<T>(d, s), r = values<T>(d, s);
    const auto a = values<P>(d, s.per_channel()), b = values<P>(d, s.per_channel());
    const Tensor<Cpu, T> y(d, s);
    return {[=] { primitive::affine_forward(x, a, b, relu_activation, r, y); }, finite(y)};
  });
  add("affine_backward_sums", [=](Cpu& d) -> Made {
    const auto x = values<T>(d, s), dy = values<T>(d, s);
    const auto a = values<P>(d, s.per_channel()), b = values<P>(d, s.per_channel());
    const Tensor<Cpu, P> s1(d, s.per_channel()), s2(d, s.per_channel());
    return {[=] { primitive::affine_backward_sums(dy, x, a, b, relu_activation, s1, s2); },
            finite(s2)};
  });
  add("affine_backward_data", [=](Cpu& d) -> Made {
    const auto x = values<T>(d, s), dy = values<T>(d, s);
    const auto a = values<P>(d, s.per_channel()), b = values<P>(d, s.per_channel());
    const Tensor<Cpu, T> dx(d, s);
    return {[=] {
              primitive::affine_backward_data(dy, x, a, b, relu_activation, a, b, dx,
                                              Write::overwrite);
            },
            finite(dx)};
  });
}

template <limn::Scalar T>
void add_pooling(List& list, const Shape& s) {
  using P = limn::param_t<T>;
  const auto add = [&](const std::string& name, auto make) {
    list.add(name, text(s), limn::precision_name<T>(), make);
  };
  add("pool_average", [=](Cpu& d) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, P> y(d, s.per_channel());
    return {[=] { primitive::pool_average(x, y); }, finite(y)};
  });
  add("pool_average_backward", [=](Cpu& d) -> Made {
    const auto dy = values<P>(d, s.per_channel());
    const Tensor<Cpu, T> dx(d, s);
    return {[=] { primitive::pool_average_backward(dy, dx, Write::overwrite); }, finite(dx)};
  });
  add("pool_max", [=](Cpu& d) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, P> y(d, s.per_channel());
    const Tensor<Cpu, std::int32_t> index(d, s.per_channel());
    return {[=] { primitive::pool_max(x, y, index); }, finite(y)};
  });
}

/// Pointwise passes and sums that the model makes: class activation maps, losses, copies.
template <limn::Scalar T>
void add_pointwise(List& list) {
  using P = limn::param_t<T>;
  constexpr Shape features{1, 64, 64, 256}, wide{1, 256, 256, 64}, picture{1, 256, 256, 3};
  const auto add = [&](const std::string& name, const Shape& s, auto make) {
    list.add(name, text(s), limn::precision_name<T>(), [=](Cpu& d) { return make(d, s); });
  };
  add("map_scaled", wide, [](Cpu& d, const Shape& s) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, T> y(d, s);
    return {[=] { primitive::map(limn::Scaled{0.5}, x, y); }, finite(y)};
  });
  add("map2_relu_backward", features, [](Cpu& d, const Shape& s) -> Made {
    const auto y = values<T>(d, s), dy = values<T>(d, s);
    const Tensor<Cpu, T> dx(d, s);
    return {[=] {
              primitive::map2(limn::ActivationBackward<limn::Activation::Kind::leaky_relu>{}, y, dy,
                              dx);
            },
            finite(dx)};
  });
  add("map_reduce_l1", picture, [](Cpu& d, const Shape& s) -> Made {
    const auto x = values<T>(d, s);
    Tensor<Cpu, T> t(d, s);
    primitive::uniform(limn::Philox{1, 8}, 0, -1, 1, t);
    const Tensor<Cpu, P> loss(d, scalar_shape());
    return {[=] { primitive::map_reduce(limn::AbsoluteError{}, x, t, 1e-5, loss); }, finite(loss)};
  });
  add("map_reduce_gradient_l1", picture, [](Cpu& d, const Shape& s) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, T> t(d, s), dx(d, s);
    primitive::uniform(limn::Philox{1, 8}, 0, -1, 1, t);
    const Tensor<Cpu, P> loss(d, scalar_shape());
    return {[=] {
              primitive::map_reduce_gradient(limn::AbsoluteError{}, x, t, {1e-5, loss}, {1e-5, dx});
            },
            finite(dx)};
  });
  add("reduce_bias_gradient", features, [](Cpu& d, const Shape& s) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, P> y(d, limn::vector_shape(s.c));
    return {[=] { primitive::reduce(primitive::all_but_channels, x, y); }, finite(y)};
  });
  add("reduce_heatmap", features, [](Cpu& d, const Shape& s) -> Made {
    constexpr primitive::Axes channels{false, false, false, true};
    const auto x = values<T>(d, s);
    const Tensor<Cpu, P> y(d, channels.reduced(s));
    return {[=] { primitive::reduce(channels, x, y); }, finite(y)};
  });
  add("copy", wide, [](Cpu& d, const Shape& s) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, T> y(d, s);
    return {[=] { primitive::copy(x, y); }, finite(y)};
  });
  add("pad_reflect3", wide, [](Cpu& d, const Shape& s) -> Made {
    const auto x = values<T>(d, s);
    const Tensor<Cpu, T> y(d, {s.n, s.h + 6, s.w + 6, s.c});
    return {[=] {
              primitive::pad(limn::Padding::reflect, limn::Sides{3, 3, 3, 3}, x, y);
            },
            finite(y)};
  });
}

/// The fully connected layer of the full model, a quarter of its inputs, for three pictures (as a
/// training step has them), and for one with weights in its own type; the weights are read once.
template <limn::Scalar T>
void add_linear(List& list) {
  using P = limn::param_t<T>;
  constexpr Index inputs = 262144, outputs = 256, pictures = 3;
  const std::string shape = "3x262144x256";
  list.add("gemm_linear_forward", shape, limn::precision_name<T>(), [](Cpu& d) -> Made {
    const auto x = values<T>(d, matrix_shape(pictures, inputs));
    const auto w = values<P>(d, matrix_shape(outputs, inputs));
    const Tensor<Cpu, T> y(d, matrix_shape(pictures, outputs));
    return {[=] { primitive::gemm(Transpose::no, Transpose::yes, x, w, y); }, finite(y)};
  });
  list.add("gemm_linear_inference", "1x262144x256", limn::precision_name<T>(), [](Cpu& d) -> Made {
    const auto x = values<T>(d, matrix_shape(1, inputs));
    const auto w = values<T>(d, matrix_shape(outputs, inputs));
    const Tensor<Cpu, T> y(d, matrix_shape(1, outputs));
    return {[=] { primitive::gemm(Transpose::no, Transpose::yes, x, w, y); }, finite(y)};
  });
  list.add("gemm_linear_data", shape, limn::precision_name<T>(), [](Cpu& d) -> Made {
    const auto dy = values<T>(d, matrix_shape(pictures, outputs));
    const auto w = values<P>(d, matrix_shape(outputs, inputs));
    const Tensor<Cpu, T> dx(d, matrix_shape(pictures, inputs));
    return {[=] { primitive::gemm(Transpose::no, Transpose::no, dy, w, dx); }, finite(dx)};
  });
  list.add("adam_outer", "256x262144_rank3", limn::precision_name<T>(), [](Cpu& d) -> Made {
    const auto w = values<P>(d, matrix_shape(outputs, inputs)),
               m = values<P>(d, w.shape(), -1e-3, 1e-3), v = values<P>(d, w.shape(), 0, 1e-3);
    const primitive::Factors<Cpu, T> f{values<T>(d, matrix_shape(pictures, inputs)),
                                       values<T>(d, matrix_shape(pictures, outputs))};
    const Tensor<Cpu, P> rates(d, primitive::adam_rates_shape());
    rates.upload(primitive::adam_rates({}, 1e-4, 1).template values<P>());
    return {[=] { primitive::adam_outer<Cpu, T>({}, rates, w, std::array{f}, m, v); }, finite(w)};
  });
}

/// The spectral normalization of the largest layer: (O, k k I) = (2048, 4 4 1024).
void add_spectral(List& list) {
  constexpr Index rows = 2048, columns = 16384;
  for (const auto t : {Transpose::no, Transpose::yes})
    list.add(
        t == Transpose::no ? "gemv" : "gemv_transposed", "2048x16384", "fp32", [=](Cpu& d) -> Made {
          const auto a = values<float>(d, matrix_shape(rows, columns));
          const auto x = values<float>(d, limn::vector_shape(t == Transpose::no ? columns : rows));
          const Tensor<Cpu, float> y(d, limn::vector_shape(t == Transpose::no ? rows : columns));
          return {[=] { primitive::gemv(t, a, x, y); }, finite(y)};
        });
  list.add("spectral_norm_iteration", "2048x16384", "fp32", [](Cpu& d) -> Made {
    using Parameter = limn::Parameter<Cpu, float>;
    const auto parameter = [&](const Shape& s) {
      auto p = std::make_shared<Parameter>(Parameter{s, {}});
      p->value = values<float>(d, s);
      return p;
    };
    const auto w = parameter({rows, 4, 4, columns / 16}), u = parameter(limn::vector_shape(rows)),
               v = parameter({1, 4, 4, columns / 16});
    return {[=] { static_cast<void>(limn::power_iterations(*w, *u, *v, 1)); }, finite(u->value)};
  });
}

void add_adam(List& list) {
  // no power of two, with which all buffers would begin at equal offsets of their pages: that takes
  // twice as long
  constexpr Index count = (Index{1} << 25) + 4160;
  for (const bool averaged : {false, true})
    list.add(averaged ? "adam_averaged" : "adam", "33558592", "fp32", [=](Cpu& d) -> Made {
      const auto s = limn::vector_shape(count);
      const auto w = values<float>(d, s), g = values<float>(d, s, -1e-3, 1e-3),
                 m = values<float>(d, s, -1e-3, 1e-3), v = values<float>(d, s, 0, 1e-3);
      primitive::AdamExtras<Cpu, float> extras;
      if (averaged) extras.average = values<float>(d, s);
      const Tensor<Cpu, float> rates(d, primitive::adam_rates_shape());
      rates.upload(primitive::adam_rates({}, 1e-4, 1, 0.999).values<float>());
      return {[=] { primitive::adam({}, rates, w, g, m, v, extras); }, finite(w)};
    });
}

template <limn::Scalar T>
void add_typed(List& list) {
  for (const Shape& s : {Shape{1, 64, 64, 256}, Shape{1, 256, 256, 64}}) add_affine<T>(list, s);
  add_pooling<T>(list, {1, 64, 64, 256});
  add_pointwise<T>(list);
  add_linear<T>(list);
}

}  // namespace

void add_primitives(std::vector<Case>& cases) {
  List list(cases);
  add_typed<float>(list);
  add_typed<limn::bfloat16>(list);
  add_spectral(list);
  add_adam(list);
}

}  // namespace limn_bench
