// SPDX-License-Identifier: MIT
// Maps that are written with a border around them: the same values, gradients and stashes as
// without, whoever reads them, and no kernel that writes a border on its own.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/core/primitives/layout.hpp"
#include "limn/cuda_emulation.hpp"
#include "limn/loss/losses.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/norm/normalizations.hpp"
#include "limn/ops/pooling.hpp"

using namespace limn;

namespace {

using D = CudaEmulation;
using Value = Var<D, float>;

/// Borders of every kind, and readers that want none or another.
struct Network {
  bool told = true;  ///< of the borders
  Convolution<D> first{3, 8, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}},
      second{8, 8, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}},
      third{8, 8, reflect_conv(3, 2, 1), {.moments = WithMoments::yes}},
      up{8, 8, reflect_conv(3, 1, 1, 2), {.moments = WithMoments::yes}},
      last{8, 3, reflect_conv(7, 1, 3), {.activation = tanh_activation}};
  SpectralConvolution<D> spectral{
      8, 8, reflect_conv(4, 2, 1), {.bias = true, .activation = leaky_relu_activation(0.2F)}};
  LayerInstanceNorm<D> lin{8, relu_activation};
  InstanceNorm<D> norm{relu_activation};

  [[nodiscard]] Border before(const ConvGeometry& g) const { return told ? g.border() : Border{}; }

  /// One loss of all that is read.
  Value operator()(const Value& image) {
    auto x = lin(first(image), before(second.geometry));
    auto y = norm(second(x), x, before(third.geometry));  // x: a residual too
    y = norm(third(y), {}, before(second.geometry));
    auto z = norm(second(y), y, before(up.geometry));
    z = norm(second(z), y, before(up.geometry));  // z: its border is another convolution's
    z = norm(up(z), {}, before(spectral.geometry));
    const auto pooled = average_pool(z, 8);  // of a map in a border
    z = spectral(z, 1, before(last.geometry));
    return weighted_sum<D, float>(
        {{1.0, least_squares(last(z), 1)}, {0.5, least_squares(last(pooled), 0)}});
  }
  void visit(auto&& f) {
    f("first", first);
    f("second", second);
    f("third", third);
    f("up", up);
    f("last", last);
    f("spectral", spectral);
    f("lin", lin);
  }
};

struct Result {
  std::vector<float> loss_and_gradients;
  int pads = 0, kernels = 0;
};

Result run(bool told, StashFormat stash) {
  Result result;
  D device({.on_launch = [&](std::string_view kernel) {
    result.pads += kernel.find("PadKernel") != kernel.npos;
    ++result.kernels;
  }});
  Network network{.told = told};
  ParameterSet<D, float> parameters(device);
  parameters.add("net", network).allocate(true);
  parameters.initialize(5);
  const Tensor<D, float> image(device, {2, 24, 20, 3});
  primitive::normal(Philox{7, 1}, 0, 0, 1, image);
  parameters.zero_gradients();
  result.pads = result.kernels = 0;
  Tape<D> tape(stash);
  const auto x = tape.input(image);
  const auto loss = network(x);
  result.loss_and_gradients = loss.value().download();
  tape.backward(loss);
  const auto append = [&](const std::vector<float>& more) {
    result.loss_and_gradients.insert(result.loss_and_gradients.end(), more.begin(), more.end());
  };
  append(x.gradient().tensor().download());
  for (const auto* p : parameters.parameters())
    if (p->role == limn::Role::weight) append(p->gradient.download());
  return result;
}

}  // namespace

TEST_CASE("maps in borders: the values and gradients of maps without, fewer kernels") {
  for (const auto stash : {StashFormat::computed, StashFormat::bf16}) {
    const Result told = run(true, stash), plain = run(false, stash);
    CHECK(told.loss_and_gradients == plain.loss_and_gradients);
    // Forwards nine convolutions, and for the gradient of weights five whose input is kept as it
    // was, not as a recipe. What is left: the picture, the pooled map, and one in another's border.
    CHECK(plain.pads == 9 + 5);
    CHECK(told.pads == 3 + 3);
    CHECK(told.kernels < plain.kernels);
  }
}

TEST_CASE("a map in a border is the map for whoever reads it, and a border's tensor for its own") {
  D device;
  const Tensor<D, float> x(device, {1, 5, 6, 4});
  primitive::normal(Philox{7, 1}, 0, 0, 1, x);
  const Border border = reflect_conv(3, 1, 1).border();
  const Bordered<D, float> y(device, x.shape(), border);
  primitive::pad(border.padding, border.sides, x, y.tensor);
  const Value value(y);
  CHECK(value.shape() == x.shape());
  CHECK(value.value().download() == x.download());
  CHECK(value.detach().value().download() == x.download());
  CHECK(value.bordered().tensor.shape() == Shape{1, 7, 8, 4});
  CHECK(Stash<D, float>(y, StashFormat::computed).tensor().download() == x.download());
  const Stash<D, float> half(y, StashFormat::bf16);
  CHECK(half.rounded());
  CHECK(half.border() == border);
  CHECK(half.tensor().download() == Stash<D, float>(x, StashFormat::bf16).tensor().download());
  CHECK(Value(x).bordered().border.empty());
}

TEST_CASE("a probe looks at a map and at its border, and counts what is mirrored once") {
  D device;
  const Shape map{1, 5, 6, 4};
  const Border border = reflect_conv(3, 1, 1).border();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  // the value of the tensor at this place, with the border, is not finite
  const auto seen = [&](std::vector<Shape> places) {
    const Bordered<D, float> y(device, map, border);
    primitive::fill(y.tensor, 1.0F);
    auto values = y.tensor.download();
    for (const Shape& p : places)
      values[static_cast<std::size_t>((p.h * y.tensor.shape().w + p.w) * map.c + p.c)] = nan;
    y.tensor.upload(values);
    FiniteProbe probe;
    Tape<D> tape;
    tape.attend(&probe);
    static_cast<void>(tape.record(
        y, [](const Tensor<D, float>&) {}, "net.layer.weight"));
    CHECK(probe.layer() == "net.layer");
    return probe;
  };
  CHECK(!seen({}).found());
  const FiniteProbe inside = seen({{0, 3, 3, 1}});
  CHECK(inside.count() == 1);
  CHECK(inside.shape() == map);
  CHECK(!inside.in_border());
  // the corner (2,2) of the map's second row and column is what the corner of the border mirrors
  const FiniteProbe mirrored = seen({{0, 2, 2, 1}, {0, 0, 0, 1}, {0, 0, 2, 1}, {0, 2, 0, 1}});
  CHECK(mirrored.count() == 1);
  CHECK(mirrored.shape() == map);
  CHECK(!mirrored.in_border());
  const FiniteProbe around = seen({{0, 0, 4, 1}, {0, 6, 7, 3}});
  CHECK(around.found());
  CHECK(around.count() == 2);
  CHECK(around.shape() == Shape{1, 7, 8, 4});
  CHECK(around.in_border());
}

TEST_CASE("a probe finds the same layer and counts the same with borders as without") {
  D device;
  for (const char* name : {"net.second.weight", "net.lin.gamma", "net.spectral.bias"}) {
    const auto seen = [&](bool told) {
      Network network{.told = told};
      ParameterSet<D, float> parameters(device);
      parameters.add("net", network).allocate(true);
      parameters.initialize(5);
      bool planted = false;
      for (const auto* p : parameters.parameters())
        if (p->name == name) {
          auto values = p->value.download();
          values[3] = std::numeric_limits<float>::quiet_NaN();
          p->value.upload(values);
          planted = true;
        }
      REQUIRE_MESSAGE(planted, name);
      const Tensor<D, float> image(device, {2, 24, 20, 3});
      primitive::normal(Philox{7, 1}, 0, 0, 1, image);
      FiniteProbe probe;
      Tape<D> tape;
      tape.attend(&probe);
      static_cast<void>(network(tape.input(image)));
      return probe;
    };
    const FiniteProbe told = seen(true), plain = seen(false);
    CHECK(told.found());
    CHECK(std::string(name).starts_with(told.layer() + "."));
    CHECK(told.layer() == plain.layer());
    CHECK(told.count() == plain.count());
    CHECK(told.shape() == plain.shape());
    CHECK(!told.in_border());
  }
}

TEST_CASE("an affine with a border refuses what it cannot write") {
  D device;
  const Tensor<D, float> x(device, {1, 5, 6, 4}), a(device, x.shape().per_channel());
  const auto refusal = [&](const Bordered<D, float>& residual, const Bordered<D, float>& y) {
    return message_of<ShapeError>(
        [&] { primitive::affine_forward_bordered(x, a, a, {}, residual, y); });
  };
  const Border zeros{Padding::zero, Sides::all(1)}, mirrored{Padding::reflect, Sides::all(1)};
  CHECK(contains(refusal({}, {device, x.shape(), zeros}), "mirrored or repeated"));
  CHECK(contains(refusal({}, {device, {1, 6, 6, 4}, mirrored}), "must have x's shape"));
  CHECK(contains(refusal({device, {1, 6, 6, 4}, mirrored}, {device, x.shape(), mirrored}),
                 "the residual"));
  const Border wide{Padding::reflect, Sides::all(5)};
  CHECK(contains(refusal({}, {device, x.shape(), wide}), "larger than the padding"));
  // a normalization leaves it to the convolution to say so
  const InstanceNorm<D> norm;
  CHECK(norm(Value(x), {}, wide).bordered().border.empty());
  CHECK(!norm(Value(x), {}, mirrored).bordered().border.empty());
}
