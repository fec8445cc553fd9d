// SPDX-License-Identifier: MIT
// A turn: who learns and who is held fixed, what is refused, and what a pool of pictures shows.
#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/loss/losses.hpp"
#include "limn/nn/linear.hpp"
#include "limn/norm/batch_norm.hpp"
#include "limn/train/image_pool.hpp"
#include "limn/train/network_state.hpp"
#include "limn/train/players.hpp"
#include "momentum.hpp"

using namespace limn;

namespace {

struct Net {
  Linear<Cpu> layer{vector_shape(3), 1};
  void visit(auto&& f) { f("layer", layer); }
};

/// An augmentation of one's own: a picture's values times a random factor.
struct Dim {
  Var<Cpu, float> operator()(const Var<Cpu, float>& x, const Philox& random) const {
    return (0.5 + static_cast<double>(random.uniform(0))) * x;
  }
};

/// Two players and a batch of pictures of three values.
struct Game {
  Cpu device{{.threads = 1}};
  Net first, second;
  Players<Cpu, float> players;
  std::vector<NamedLoss<Cpu, float>> losses;
  Tensor<Cpu, float> x{device, {2, 1, 1, 3}};

  Game() {
    for (auto* net : {&first, &second})
      players.push_back(std::make_unique<Player<Cpu, float>>(
          device, net == &first ? "first" : "second", *net, 1, AdamOptions{.weight_decay = 0}));
    x.upload(std::vector<float>{1, 2, 3, -1, 0.5F, 2});
  }
  Turn<Cpu, float> turn(std::int64_t step = 1) { return {players, step, 0.1, 7, x, {}, losses}; }
};

}  // namespace

TEST_CASE("a player learns, and the others are held fixed though the loss passes through them") {
  Game game;
  const auto before1 = game.first.layer.weight.value.download();
  const auto before2 = game.second.layer.weight.value.download();
  auto turn = game.turn();
  turn.learn(game.first, [&](Tape<Cpu>& tape, auto& loss) {
    const auto in = tape.constant(turn.a());
    CHECK(game.first.layer.weight.trainable());
    CHECK_FALSE(game.second.layer.weight.trainable());
    loss.add("one", 2, least_squares(game.first.layer(in) + game.second.layer(in), 1));
  });
  CHECK(game.first.layer.weight.value.download() != before1);
  CHECK(game.second.layer.weight.value.download() == before2);
  CHECK(game.second.layer.weight.trainable());
  REQUIRE(game.losses.size() == 2);
  CHECK(game.losses[0].first == "one");
  CHECK(game.losses[1].first == "first_loss");
  CHECK(game.losses[1].second.item() == doctest::Approx(2 * game.losses[0].second.item()));

  turn.learn(game.first, [&](Tape<Cpu>& tape, auto& loss) {
    loss.add("one", 2, least_squares(game.first.layer(tape.constant(turn.a())), 1));
  });
  CHECK(game.losses.size() == 2);  // who learns twice shows the last
  CHECK(game.players[0]->optimizer.steps() == 2);
  CHECK(game.players[1]->optimizer.steps() == 0);
}

TEST_CASE("a turn refuses strangers, losses that are none, and values that are not finite") {
  Game game;
  auto turn = game.turn();
  Net stranger;
  CHECK_THROWS_WITH_AS(turn.learn(stranger, [](auto&, auto&) {}),
                       doctest::Contains("none of the model's players (first, second)"),
                       UsageError);
  CHECK_THROWS_WITH_AS(turn.learn(game.first, [](auto&, auto&) {}),
                       doctest::Contains("a player that learns needs a loss"), UsageError);
  CHECK_THROWS_WITH_AS(turn.learn(game.first,
                                  [&](Tape<Cpu>& tape, auto& loss) {
                                    loss.add("map", 1, game.first.layer(tape.constant(turn.a())));
                                  }),
                       doctest::Contains("[map] a loss is one value: (2,1,1,1)"), ShapeError);
  const auto before = game.first.layer.weight.value.download();
  game.x.upload(std::vector<float>(6, std::numeric_limits<float>::infinity()));
  CHECK_THROWS_WITH_AS(turn.learn(game.first,
                                  [&](Tape<Cpu>& tape, auto& loss) {
                                    const auto y = game.first.layer(tape.constant(turn.a()));
                                    loss.add("one", 1, least_squares(y, 1));
                                  }),
                       doctest::Contains("loss term one is not finite"), NumericError);
  CHECK(game.first.layer.weight.value.download() == before);
  CHECK(game.second.layer.weight.trainable());
  CHECK(game.players[0]->optimizer.steps() == 0);
}

TEST_CASE("a moment that is not finite is found though its weight is finite") {
  Game game;
  auto &first = *game.players[0], &second = *game.players[1];
  Tensor<Cpu, float> moments;
  first.optimizer.keep([&](const std::string& name, const auto& flat) {
    if (name == "v") moments = flat;
  });
  auto values = moments.download();
  values[static_cast<std::size_t>(first.parameters.offset(game.first.layer.weight)) + 1] =
      std::numeric_limits<float>::infinity();
  moments.upload(values);
  CHECK(all_finite(first.parameters.values()));
  CHECK_THROWS_WITH_AS(require_finite_state(first.parameters, first.optimizer),
                       doctest::Contains("adam.v of first.layer.weight are not finite (1 of 3)"),
                       NumericError);
  CHECK_NOTHROW(require_finite_state(second.parameters, second.optimizer));
}

TEST_CASE("a player learns by an optimizer of one's own, as its formula says") {
  Cpu device({.threads = 1});
  Net net;
  Players<Cpu, float> players;
  players.push_back(std::make_unique<Player<Cpu, float>>(
      device, "only", net, 1, [](auto& weights) { return limn_test::Momentum(weights, 0.5); }));
  CHECK(players[0]->optimizer.name() == "momentum");
  std::vector<NamedLoss<Cpu, float>> losses;
  Tensor<Cpu, float> x(device, {1, 1, 1, 3});
  x.upload(std::vector<float>{1, 2, 3});
  auto w = net.layer.weight.value.download();
  std::vector<double> v(3);
  for (std::int64_t step = 1; step <= 3; ++step) {
    Turn<Cpu, float> turn(players, step, 0.01, 7, x, {}, losses);
    turn.learn(net, [&](Tape<Cpu>& tape, auto& loss) {
      loss.add("error", 1, least_squares(net.layer(tape.constant(turn.a())), 1));
    });
    const double off = 2 * (static_cast<double>(w[0] + 2 * w[1] + 3 * w[2]) - 1);
    for (std::size_t i = 0; i < 3; ++i) {
      v[i] = 0.5 * v[i] + off * static_cast<double>(i + 1);
      w[i] -= static_cast<float>(0.01 * v[i]);
    }
    const auto got = net.layer.weight.value.download();
    for (std::size_t i = 0; i < 3; ++i) CHECK(got[i] == doctest::Approx(w[i]).epsilon(1e-5));
  }
  CHECK(players[0]->optimizer.steps() == 3);
  CHECK_NOTHROW(require_finite_state(players[0]->parameters, players[0]->optimizer));
}

TEST_CASE("a discriminator learns from what augmentations show it") {
  Game game;
  auto turn = game.turn();
  const auto shown = [&](const auto& how, const char* purpose) {
    return turn.augment(how, Var<Cpu, float>(game.x), purpose).value().download();
  };
  CHECK(shown(Dim{}, "real") == shown(Dim{}, "real"));
  CHECK(shown(Dim{}, "real") != shown(Dim{}, "made"));
  CHECK(shown(DiffAugment{.kinds = {.color = true}}, "real") != game.x.download());
  Tape<Cpu> tape;
  const auto made = tape.input(game.x);
  tape.backward(least_squares(game.first.layer(turn.augment(Dim{}, made, "made")), 1));
  const float factor = shown(Dim{}, "made")[0] / game.x.download()[0];
  Tape<Cpu> plain;
  Tensor<Cpu, float> dimmed(game.device, game.x.shape());
  dimmed.upload(shown(Dim{}, "made"));
  const auto direct = plain.input(dimmed);
  plain.backward(least_squares(game.first.layer(direct), 1));
  const auto got = made.gradient().tensor().download(),
             expected = direct.gradient().tensor().download();
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(got[i] == doctest::Approx(factor * expected[i]));

  const auto before = game.first.layer.weight.value.download();
  turn.learn(game.first, [&](Tape<Cpu>& t, auto& loss) {
    loss.add("apart", 1,
             least_squares(game.first.layer(turn.augment(Dim{}, t.constant(turn.a()), "real")), 1));
  });
  CHECK(game.first.layer.weight.value.download() != before);
}

TEST_CASE("what a layer carries along is looked at with the weights") {
  Cpu device({.threads = 1});
  BatchNorm<Cpu> norm(3);
  const Player<Cpu, float> player(device, "player", norm, 1, AdamOptions{});
  CHECK_NOTHROW(require_finite_state(player.parameters, player.optimizer));
  norm.variance.value.upload(std::vector<float>{1, std::numeric_limits<float>::infinity(), 1});
  CHECK(all_finite(player.parameters.values()));
  CHECK_THROWS_WITH_AS(require_finite_state(player.parameters, player.optimizer),
                       doctest::Contains("player.running_var (1 of 3)"), NumericError);
}

TEST_CASE("random numbers of a turn depend on seed, step and purpose alone") {
  Game game;
  const Shape shape{2, 1, 1, 4};
  const auto noise = game.turn(5).noise(shape).download();
  CHECK(game.turn(5).noise(shape).download() == noise);
  CHECK(game.turn(6).noise(shape).download() != noise);
  CHECK(game.turn(5).noise(shape, "other").download() != noise);
}

TEST_CASE("a pool fills, then exchanges; its pictures are its whole state") {
  Cpu device({.threads = 1});
  const Shape one{1, 1, 1, 1};
  const auto picture = [&](float v) {
    Tensor<Cpu, float> p(device, one);
    p.upload(std::vector<float>{v});
    return p;
  };
  const auto run = [&](ImagePool<Cpu, float>& pool, std::int64_t from, std::int64_t to) {
    std::vector<float> shown;
    for (std::int64_t step = from; step <= to; ++step)
      shown.push_back(pool.exchange(picture(static_cast<float>(step)), step,
                                    Philox{1, static_cast<std::uint64_t>(step)})
                          .item());
    return shown;
  };
  ImagePool<Cpu, float> pool(device, 3, one);
  CHECK(run(pool, 1, 3) == std::vector<float>{1, 2, 3});  // there is room: shown as they are
  const auto kept = pool.pictures.download();
  CHECK(kept == std::vector<float>{1, 2, 3});
  const auto later = run(pool, 4, 60);
  int old = 0;
  for (std::size_t i = 0; i < later.size(); ++i) {
    CHECK(later[i] <= static_cast<float>(i + 4));
    old += later[i] < static_cast<float>(i + 4) ? 1 : 0;
  }
  CHECK(old > 15);  // about half of 57
  CHECK(old < 42);

  ImagePool<Cpu, float> resumed(device, 3, one);
  resumed.pictures.upload(kept);
  CHECK(run(resumed, 4, 60) == later);
  CHECK(resumed.pictures.download() == pool.pictures.download());
  CHECK_THROWS_AS(static_cast<void>(pool.exchange(Tensor<Cpu, float>(device, {1, 1, 1, 2}), 1, {})),
                  ShapeError);
}
