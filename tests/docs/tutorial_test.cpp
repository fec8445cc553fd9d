// SPDX-License-Identifier: MIT
// The code of docs/tutorial.md. What stands between "tutorial: NAME" and "end" is quoted there; the
// checks between the regions hold the page to what it says.
#include <doctest/doctest.h>

// tutorial: includes
#include <array>
#include <cmath>
#include <filesystem>
#include <vector>

#include "limn/io/write_picture.hpp"
#include "limn/limn.hpp"
#include "limn/ops/elementwise.hpp"
#include "limn/train/made_pictures.hpp"
#include "limn/train/network_state.hpp"

using namespace limn;
using Pictures = Tensor<Cpu, float>;
using Value = Var<Cpu, float>;
// end

#include "../io/scratch_folder.hpp"
#include "../nn/layer_check.hpp"

namespace {

// tutorial: layer
struct Gain {  // y = g x, with a learned g for each channel
  Parameter<Cpu, float> g;

  explicit Gain(Index channels) : g{vector_shape(channels), Initializer::constant(1)} {}
  Value operator()(const Value& x) { return scale_channels<Cpu, float>(x, g); }
  void visit(auto&& f) { f("g", g); }
};
// end

// tutorial: network
struct Painter {  // picture (N,S,S,3) -> picture (N,S,S,3) in (-1, 1)
  Convolution<Cpu> look{3, 8, reflect_conv(3, 1, 1), {true, leaky_relu_activation(0.2F)}};
  Gain gain{8};
  Convolution<Cpu> paint{8, 3, reflect_conv(3, 1, 1), {true, tanh_activation}};

  Value operator()(const Value& x) { return paint(gain(look(x))); }
  void visit(auto&& f) { f("look", look), f("gain", gain), f("paint", paint); }
};
// end

// tutorial: loss
struct SoftError {  // sqrt(1 + d^2) - 1 with d = x - t: a parabola near 0, straight far away
  template <class A>
  A operator()(A x, A t) const {
    return std::sqrt(A(1) + (x - t) * (x - t)) - A(1);
  }
  template <class A>
  A derivative(A x, A t) const {
    return (x - t) / std::sqrt(A(1) + (x - t) * (x - t));
  }
};
// end

// tutorial: pictures
constexpr Index size = 16, batch = 16, latent = 8;

// Orange discs on dark blue, (batch,16,16,3) in [-1, 1]; another `number`, other discs.
Pictures discs(Cpu& device, std::uint64_t number) {
  const std::array orange{0.9F, 0.2F, -0.8F}, blue{-0.9F, -0.8F, -0.3F};
  const Philox random{1, number};
  std::vector<float> values;
  for (std::uint64_t i = 0; i < batch; ++i) {
    const float x = 5 + 6 * random.uniform(3 * i), y = 5 + 6 * random.uniform(3 * i + 1);
    const float radius = 3 + 2 * random.uniform(3 * i + 2);
    for (Index row = 0; row < size; ++row)
      for (Index column = 0; column < size; ++column) {
        const float far = std::hypot(static_cast<float>(column) - x, static_cast<float>(row) - y);
        const auto& colour = far < radius ? orange : blue;
        values.insert(values.end(), colour.begin(), colour.end());
      }
  }
  Pictures pictures(device, {batch, size, size, 3});
  pictures.upload(values);
  return pictures;
}
// end

// tutorial: generator
struct Generator {  // z (N,1,1,latent) -> picture (N,16,16,3) in (-1, 1)
  Linear<Cpu> seed{vector_shape(latent), 4 * 4 * 32, {true, leaky_relu_activation(0.2F)}};
  Convolution<Cpu> up1{32, 16, reflect_conv(3, 1, 1, 2), {true, leaky_relu_activation(0.2F)}};
  Convolution<Cpu> up2{16, 3, reflect_conv(3, 1, 1, 2), {true, tanh_activation}};

  Value operator()(const Value& z) { return up2(up1(reshape(seed(z), {z.shape().n, 4, 4, 32}))); }
  void visit(auto&& f) { f("seed", seed), f("up1", up1), f("up2", up2); }
};
// end

// tutorial: discriminator
struct Discriminator {  // picture (N,16,16,3) -> one logit, (N,1,1,1)
  Convolution<Cpu> down1{3, 16, reflect_conv(4, 2, 1), {true, leaky_relu_activation(0.2F)}};
  Convolution<Cpu> down2{16, 32, reflect_conv(4, 2, 1), {true, leaky_relu_activation(0.2F)}};
  Linear<Cpu> judge{{1, 4, 4, 32}, 1, {.bias = true}};

  Value operator()(const Value& picture) { return judge(down2(down1(picture))); }
  void visit(auto&& f) { f("down1", down1), f("down2", down2), f("judge", judge); }
};
// end

std::array<double, 3> mean_colour(const Pictures& pictures) {
  std::array<double, 3> sums{};
  const auto values = pictures.download();
  for (std::size_t i = 0; i < values.size(); ++i) sums[i % 3] += static_cast<double>(values[i]);
  for (double& sum : sums) sum *= 3 / static_cast<double>(values.size());
  return sums;
}

double distance(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace

TEST_CASE("the tutorial, from a tensor to a trained GAN") {
  // tutorial: tensor
  Cpu device;
  const Pictures x(device, {1, 2, 2, 3});  // one picture, 2 rows, 2 columns, 3 channels
  x.upload(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const std::vector<float> back = x.download();
  // end
  CHECK(x.size() == 12);
  CHECK(back[11] == 11);

  // tutorial: gradient
  Tape<Cpu> tape;
  const Value v = tape.input(x);
  const Value loss = least_squares(v, 1);  // the mean of (v - 1)^2
  tape.backward(loss);
  const std::vector<float> slope = v.gradient().tensor().download();  // 2 (v - 1) / 12
  // end
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(slope[i] == doctest::Approx((static_cast<double>(i) - 1) / 6));

  // tutorial: parameters
  Painter painter;
  ParameterSet<Cpu, float> weights(device);
  weights.add("painter", painter).allocate(true);
  weights.initialize(7);  // the seed: the same one gives the same weights
  Adam<Cpu, float> adam(weights, {.beta1 = 0.9, .weight_decay = 0});
  // end
  CHECK(painter.gain.g.name == "painter.gain.g");
  CHECK(painter.look.name == "painter.look");

  // tutorial: learning
  const Pictures positive = discs(device, 0), negative(device, positive.shape());
  primitive::map(Scaled{-1}, positive, negative);  // what the painter is to paint
  std::vector<float> losses;
  for (int step = 0; step < 100; ++step) {
    weights.zero_gradients();
    Tape<Cpu> record;
    const Value error = mean_loss(SoftError{}, painter(record.constant(positive)), negative);
    record.backward(error);
    adam.step(0.01);
    losses.push_back(error.value().item());
  }
  // end
  INFO("first and last loss: ", losses.front(), ", ", losses.back());
  CHECK(losses.back() < 0.1F * losses.front());

  // tutorial: players
  Generator generator;
  Discriminator discriminator;
  ParameterSet<Cpu, float> g(device), d(device);
  g.add("generator", generator).allocate(true), g.initialize(1);
  d.add("discriminator", discriminator).allocate(true), d.initialize(1);
  Adam<Cpu, float> g_adam(g, {.weight_decay = 0}), d_adam(d, {.weight_decay = 0});

  const auto noise = [&](std::uint64_t number) {
    Pictures z(device, {batch, 1, 1, latent});
    primitive::normal(Philox{2, number}, 0, 0, 1, z);
    return z;
  };
  // end
  const auto wanted = mean_colour(discs(device, 0));
  const auto before = mean_colour(generator(Value(noise(0))).value());

  // tutorial: game
  for (std::uint64_t step = 1; step <= 300; ++step) {
    Tape<Cpu> g_tape, d_tape;
    const Value fake = generator(g_tape.constant(noise(step)));

    d.zero_gradients();  // D: high logits for discs, low ones for what G made
    d_tape.backward(discriminator_loss(NonSaturatingGan{},
                                       discriminator(d_tape.constant(discs(device, step))),
                                       discriminator(d_tape.constant(fake.value()))));
    d_adam.step(2e-3);

    g.zero_gradients();  // G: high logits for what it made; D is held still meanwhile
    const auto frozen = d.freeze();
    g_tape.backward(generator_loss(NonSaturatingGan{}, discriminator(fake)));
    g_adam.step(2e-3);
  }
  // end
  const auto after = mean_colour(generator(Value(noise(0))).value());
  INFO("distance of mean colours before and after: ", distance(before, wanted), ", ",
       distance(after, wanted));
  CHECK(distance(after, wanted) < 0.5 * distance(before, wanted));

  const ScratchFolder folder;
  // tutorial: look
  const Value made = generator(Value(noise(0)));  // a Value off the tapes: nothing is recorded
  write_png(folder / "made.png", picture_grid(made_pictures(made), 4));
  // end
  CHECK(std::filesystem::file_size(folder / "made.png") > 0);

  // tutorial: save
  std::vector<StateTensor> state;
  append_values(g, state);
  write_state(folder / "generator.safetensors", {{"made-by", "tutorial"}}, state);
  // end

  // tutorial: load
  Generator again;
  ParameterSet<Cpu, float> loaded(device);
  loaded.add("generator", again).allocate(false);  // no gradients: it only makes pictures
  std::vector<StateTensor> places;
  append_values(loaded, places);
  const SafetensorsFile file(folder / "generator.safetensors");
  read_state(file, places, Surplus::refused, "it must be the tutorial's generator");
  // end
  CHECK(file.metadata().at("made-by") == "tutorial");
  std::vector<StateTensor> others;
  append_values(d, others);
  CHECK_THROWS_WITH_AS(read_state(file, others, Surplus::refused, "it must be a discriminator"),
                       doctest::Contains("generator.safetensors: tensor 'discriminator.down1."),
                       IoError);
  CHECK(again(Value(noise(0))).value().download() == made.value().download());
}

TEST_CASE("the tutorial's loss: its derivative") {
  Cpu device;
  const Shape shape{2, 3, 4, 3};
  limn_test::NoParameters none;
  const auto target = limn_test::random_tensor(device, shape, 1);
  const auto result = limn_test::check_network(device, none, {shape}, [&](auto&, const auto& in) {
    return mean_loss(SoftError{}, in[0], target);
  });
  INFO("worst at ", result.tensor, ": ", result.worst);
  CHECK(result.worst < 1e-6);
}
