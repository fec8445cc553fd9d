// SPDX-License-Identifier: MIT
// Losses in one pass: the values and gradients of those that are recorded.
#include <doctest/doctest.h>

#include <vector>

#include "layer_check.hpp"
#include "limn/loss/gan_losses.hpp"
#include "limn/loss/loss_term.hpp"

using namespace limn;
using namespace limn_test;

namespace {

std::vector<double> gradient_of(const Value& x) { return x.gradient().tensor().download(); }

void check_equal(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-14).scale(1e-3));
}

}  // namespace

TEST_CASE("a loss term is the recorded losses' weighted sum, and so is its gradient") {
  Cpu device({.threads = 2});
  const Shape s{2, 9, 7, 3};
  const auto x = random_tensor(device, s, 1), t = random_tensor(device, s, 2);
  const auto check = [&](const auto& first, const auto& second) {
    Record recorded, direct;
    const auto a = recorded.input(x), b = direct.input(x);
    // read twice, and by what comes before it
    const auto a2 = 3 * a, b2 = 3 * b;
    const auto sum = mean_loss(first, a2, t) + mean_loss(second, a2, a2.value());
    recorded.backward(0.7 * (sum + mean_loss(first, a, t)));

    const Values value(device, scalar_shape());
    LossTerm<Cpu, double> term(value, 0.7);
    term.add(first, b2, t);
    term.add(second, b2);
    CHECK(value.item() == doctest::Approx(sum.value().item()).epsilon(1e-14));
    term.add(first, b, t);
    direct.backward();
    check_equal(gradient_of(b), gradient_of(a));
  };
  check(LeastSquares{}, HingeGan{}.real);
  check(AbsoluteError{}, NonSaturatingGan{}.fake);
  check(CrossEntropyWithLogits{}, WassersteinGan{}.generator);
}

TEST_CASE("loss terms of a batch in parts, of values without gradients, and beside recorded ones") {
  Cpu device({.threads = 1});
  const Shape s{4, 3, 5, 2};
  const auto x = random_tensor(device, s, 1), t = random_tensor(device, s, 2);
  const double whole = mean_loss(LeastSquares{}, Value(x), t).value().item();
  const Values value(device, scalar_shape());
  for (Index i = 0; i < 2; ++i) {
    LossTerm<Cpu, double> part(value, 1, 0.5, i == 0 ? Write::overwrite : Write::accumulate);
    part.add(LeastSquares{}, Value(x.samples(2 * i, 2)), t.samples(2 * i, 2));
  }
  CHECK(value.item() == doctest::Approx(whole).epsilon(1e-14));

  LossTerm<Cpu, double> taken(value, 1, 0.5);
  const Values other(device, scalar_shape());
  primitive::fill(other, 8.0);
  taken.take(other);
  taken.take(other);
  CHECK(value.item() == 8);

  // a tape whose losses are of both kinds begins with all their gradients
  Record mixed, recorded;
  const auto a = mixed.input(x), b = recorded.input(x);
  const auto a2 = 2 * a, b2 = 2 * b;
  LossTerm<Cpu, double>(value, 3).add(LeastSquares{}, a2, t);
  mixed.backward(least_squares(a2, 1));
  recorded.backward(3 * mean_loss(LeastSquares{}, b2, t) + least_squares(b2, 1));
  check_equal(gradient_of(a), gradient_of(b));

  Record still;
  LossTerm<Cpu, double> constant(value, 3);
  constant.add(LeastSquares{}, still.constant(x), t);
  CHECK(value.item() == doctest::Approx(whole).epsilon(1e-14));
  CHECK(still.size() == 0);
  CHECK_THROWS_AS(constant.add(LeastSquares{}, still.input(x), t.samples(0, 1)), ShapeError);
}
