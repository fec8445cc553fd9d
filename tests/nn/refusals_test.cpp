// SPDX-License-Identifier: MIT
// What a programmer may get wrong when he puts networks together: one sentence, and all stays
// usable.
#include <doctest/doctest.h>

#include <string>

#include "limn/cpu/cpu.hpp"
#include "limn/loss/loss_term.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/norm/normalizations.hpp"
#include "limn/ops/elementwise.hpp"
#include "limn/optim/adam.hpp"

using namespace limn;

namespace {

struct Net {
  Convolution<Cpu> conv{3, 2, reflect_conv(3, 1, 1)};
  void visit(auto&& f) { f("conv", conv); }
};

}  // namespace

TEST_CASE("networks, losses, tapes and optimizers that do not fit are refused") {
  Cpu device({.threads = 1});
  Net net;
  ParameterSet<Cpu, float> set(device);
  set.add("net", net).allocate(true);
  set.initialize(1);
  Tensor<Cpu, float> x(device, {1, 4, 4, 3}), wide(device, {1, 4, 4, 5});
  primitive::fill(x, 1.0F);
  primitive::fill(wide, 1.0F);
  const auto loss = [&](Tape<Cpu>& tape) { return least_squares(net.conv(tape.constant(x)), 1); };

  CHECK_THROWS_WITH_AS(static_cast<void>(net.conv(Var<Cpu, float>(wide))),
                       doctest::Contains("[net.conv.weight] input channels differ from the "
                                         "weights' I: x (1,4,4,5), weights (2,3,3,3)"),
                       ShapeError);
  Tape<Cpu> map, once, other;
  CHECK_THROWS_WITH_AS(map.backward(net.conv(map.constant(x))),
                       doctest::Contains("a loss is one value, (1,1,1,1); this is (1,4,4,2)"),
                       ShapeError);
  const auto of_once = loss(once);
  CHECK_THROWS_WITH_AS(other.backward(of_once), doctest::Contains("not recorded on this tape"),
                       ShapeError);
  once.backward(of_once);
  CHECK_THROWS_WITH_AS(once.backward(of_once), doctest::Contains("has been run already"),
                       ShapeError);

  Net fixed;
  ParameterSet<Cpu, float> untrained(device);
  untrained.add("fixed", fixed).allocate(false);
  CHECK_THROWS_WITH_AS((Adam<Cpu, float>(untrained, {})),
                       doctest::Contains("[Adam] parameter 'fixed.conv.weight' is fixed"),
                       UsageError);
  Adam<Cpu, float> adam(set, {});
  set.release_gradients();
  CHECK_THROWS_WITH_AS(adam.update(), doctest::Contains("no gradients of net.conv.weight"),
                       UsageError);

  // and all of it still learns
  const auto before = net.conv.weight.value.download();
  set.zero_gradients();
  Tape<Cpu> tape;
  tape.backward(loss(tape));
  adam.step(0.1);
  CHECK(net.conv.weight.value.download() != before);
}

TEST_CASE("backward runs what is on the tape, once") {
  Cpu device({.threads = 1});
  Tensor<Cpu, float> x(device, {1, 2, 2, 3});
  primitive::fill(x, 1.0F);
  const auto released = doctest::Contains(
      "[backward] the loss was not recorded on this tape, or backward has been run already");
  Tape<Cpu> tape;
  const auto input = tape.input(x);
  const auto cleared = least_squares(input, 0);
  tape.clear();
  CHECK_THROWS_WITH_AS(tape.backward(cleared), released, ShapeError);
  const auto first = least_squares(input, 0);
  tape.backward(first);
  const auto second = least_squares(input, 0);  // the tape holds something again, but not the first
  CHECK_THROWS_WITH_AS(tape.backward(first), released, ShapeError);
  CHECK_THROWS_WITH_AS(tape.backward(tape.constant(x)), doctest::Contains("this is (1,2,2,3)"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(tape.backward(least_squares(tape.constant(x), 0)),
                       doctest::Contains("depends on nothing that wants a gradient"), ShapeError);
  CHECK(tape.size() == 1);
  tape.backward(second);
  CHECK(tape.size() == 0);
  const auto gradient = input.gradient().tensor().download();
  for (const float g : gradient) CHECK(g == doctest::Approx(2 * 2.0 / 12));  // twice, not thrice
}

TEST_CASE("backward without a loss runs what gradients have arrived at") {
  Cpu device({.threads = 1});
  Tensor<Cpu, float> x(device, {1, 2, 2, 3});
  primitive::fill(x, 1.0F);
  Tape<Cpu> tape;
  CHECK_THROWS_WITH_AS(tape.backward(), doctest::Contains("nothing is recorded"), ShapeError);
  const auto input = tape.input(x);
  static_cast<void>(2 * input);
  CHECK_THROWS_WITH_AS(tape.backward(), doctest::Contains("no loss has given a gradient"),
                       ShapeError);
  CHECK(tape.size() == 0);
  const auto y = 2 * input, unused = 3 * input;
  const Tensor<Cpu, float> value(device, scalar_shape());
  LossTerm<Cpu, float>(value, 0.5).add(LeastSquares{}, y, x);
  CHECK(!input.gradient().tensor().defined());
  tape.backward();
  CHECK(tape.size() == 0);
  CHECK(value.item() == 1);
  for (const float g : input.gradient().tensor().download())
    CHECK(g == doctest::Approx(0.5 * 2 * 2.0 / 12));
}

TEST_CASE("values of two tapes are refused by every operation with two values") {
  Cpu device({.threads = 1});
  const Shape s{1, 2, 2, 3};
  Tensor<Cpu, float> values(device, s), row(device, s.per_channel());
  primitive::fill(values, 2.0F);
  primitive::fill(row, 3.0F);
  Tape<Cpu> one, other;
  const auto x = one.input(values), y = other.input(values);
  const auto scale = other.input(row);
  const auto lx = least_squares(x, 0), ly = least_squares(y, 0);
  const auto refused = [](const char* where, const auto& call) {
    CAPTURE(where);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(call()),
        doctest::Contains(
            ("[" + std::string(where) + "] values of two tapes do not meet: (1,").c_str()),
        UsageError);
  };
  InstanceNorm<Cpu> norm;
  AdaLin<Cpu> adalin(3);
  ParameterSet<Cpu, float> set(device);
  set.add("adalin", adalin).allocate(true);
  set.initialize(1);
  const auto before_one = one.size(), before_other = other.size();
  refused("add", [&] { return x + y; });
  refused("multiply", [&] { return x * y; });
  refused("join_samples", [&] { return join_samples(x, y); });
  refused("join_channels", [&] { return join_channels(x, y); });
  refused("weighted_sum", [&] { return weighted_sum<Cpu, float>({{1, lx}, {1, ly}}); });
  refused("scale_channels", [&] { return scale_channels<Cpu, float>(x, scale); });
  refused("normalize", [&] { return norm(x, y); });
  refused("normalize", [&] { return adalin(x, scale, scale); });
  refused("activation_tangent", [&] { return activation_tangent(tanh_activation, x, y); });
  CHECK(one.size() == before_one);
  CHECK(other.size() == before_other);

  // and all of it still works: with a value of no tape, and with what is taken over
  const Var<Cpu, float> plain(values);
  one.backward(least_squares(x * plain + plain * one.branch(y), 0));
  CHECK(x.gradient().tensor().download()[0] == doctest::Approx(2 * 8 * 2.0 / 12));
  other.backward(least_squares(scale_channels<Cpu, float>(plain, scale), 0));
  CHECK(scale.gradient().tensor().download()[0] == doctest::Approx(4 * 2 * 6 * 2.0 / 12));
}

TEST_CASE("tensors of two devices are refused wherever they meet") {
  Cpu here({.threads = 1}), there({.threads = 1});
  const Shape s{1, 4, 4, 3};
  Tensor<Cpu, float> a(here, s), b(there, s);
  primitive::fill(a, 1.0F);
  primitive::fill(b, 1.0F);
  const Var<Cpu, float> x(a), y(b);
  const auto refused = [](const char* where, const auto& call) {
    CAPTURE(where);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(call()),
        doctest::Contains(
            ("[" + std::string(where) + "] tensors of two devices do not meet: (1,").c_str()),
        UsageError);
  };
  refused("add", [&] { return x + y; });
  refused("multiply", [&] { return x * y; });
  refused("join_channels", [&] { return join_channels(x, y); });
  refused("primitive", [&] { return l1(x, b); });

  Net net;
  Convolution<Cpu> stranger(3, 2, reflect_conv(3, 1, 1));
  SpectralConvolution<Cpu> spectral(3, 2, reflect_conv(3, 1, 1));
  ParameterSet<Cpu, float> set(there);
  set.add("net", net).add("spectral", spectral).allocate(true);
  set.initialize(1);
  const auto u = spectral.u.value.download();
  refused("net.conv.weight", [&] { return net.conv(x); });
  refused("spectral.weight_orig", [&] { return spectral(x); });
  CHECK(spectral.u.value.download() == u);  // no power iteration has run

  const auto sum = (y + y).value().download();
  CHECK(sum[0] == 2.0F);
  CHECK(net.conv(y).shape() == Shape{1, 4, 4, 2});
}

TEST_CASE("an optimizer refuses parameters whose values are another set's") {
  Cpu device({.threads = 1});
  Net net, other;
  ParameterSet<Cpu, float> set(device), second(device);
  set.add("net", net).allocate(true);
  set.initialize(1);
  CHECK_THROWS_WITH_AS(static_cast<void>(set.offset(other.conv.weight)),
                       doctest::Contains("'' belongs to another set"), ShapeError);
  Adam<Cpu, float> adam(set, {});
  adam.step(0.1);
  second.add("again", net).allocate(true);
  second.initialize(1);
  const auto before = net.conv.weight.value.download();
  CHECK_THROWS_WITH_AS(adam.step(0.1),
                       doctest::Contains("parameter 'again.conv.weight' has its values in another "
                                         "set: its network was added to both"),
                       UsageError);
  CHECK(adam.steps() == 1);
  CHECK(net.conv.weight.value.download() == before);
  Adam<Cpu, float> owner(second, {});
  owner.step(0.1);
  CHECK(net.conv.weight.value.download() != before);
}
