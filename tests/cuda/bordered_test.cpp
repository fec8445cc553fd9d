// SPDX-License-Identifier: MIT
// Maps that are written with a border around them: the same values, gradients and stashes as
// without, whoever reads them, and no kernel that writes a border on its own.
#include <doctest/doctest.h>

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
    if (p->role == Role::weight) append(p->gradient.download());
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
