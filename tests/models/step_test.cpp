// SPDX-License-Identifier: MIT
// Steps that accumulate batches, whose discriminators see distorted pictures, learn several times,
// or are penalized.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "limn/limn.hpp"
#include "limn/models/ugatit/run_facts.hpp"

using namespace limn;

namespace {

using ugatit::ModelOptions;
using ugatit::TrainOptions;
using ugatit::Variant;

Tensor<Cpu, double> pictures(Cpu& device, Index n, Index size, std::uint64_t stream) {
  Tensor<Cpu, double> x(device, {n, size, size, 3});
  primitive::uniform(Philox{1, stream}, 0, -1, 1, x);
  return x;
}

/// All weights and vectors of spectral normalization, losses, and the pool's peak of a step.
struct Trained {
  std::map<std::string, std::vector<double>> values;
  std::vector<std::pair<std::string, double>> losses;
  std::size_t peak = 0;
};

Trained trained(const ModelOptions& model_options, const TrainOptions& options, int steps = 2) {
  Cpu device({.threads = 2});
  ugatit::Model<Cpu, double> model(device, model_options, 7);
  ugatit::Step<Cpu, double> step(model, options);
  Trained result;
  for (int i = 1; i <= steps; ++i) {
    const auto stream = static_cast<std::uint64_t>(10 * i);
    const auto losses =
        step(pictures(device, options.pictures(), model_options.size, stream),
             pictures(device, options.pictures(), model_options.size, stream + 1), i);
    for (const auto& loss : losses.read()) result.losses.push_back(loss);
  }
  for (const auto* set : {&model.generators, &model.discriminators})
    for (const auto* p : set->parameters()) result.values[p->name] = p->value.download();
  result.peak = device.memory().peak;
  return result;
}

/// Largest distance of weights alone.
double apart(const Trained& a, const Trained& b) {
  double weights = 0;
  for (const auto& [name, values] : a.values)
    for (std::size_t i = 0; i < values.size(); ++i)
      weights = std::max(weights, std::abs(values[i] - b.values.at(name)[i]));
  return weights;
}

/// Largest distance of weights, and of losses relative to their size.
std::pair<double, double> distance(const Trained& a, const Trained& b) {
  double losses = 0;
  REQUIRE(a.values.size() == b.values.size());
  REQUIRE(a.losses.size() == b.losses.size());
  for (std::size_t i = 0; i < a.losses.size(); ++i) {
    REQUIRE(a.losses[i].first == b.losses[i].first);
    losses = std::max(losses, std::abs(a.losses[i].second - b.losses[i].second) /
                                  (1 + std::abs(a.losses[i].second)));
  }
  return {apart(a, b), losses};
}

}  // namespace

TEST_CASE("accumulated batches equal one that is as large, in less memory") {
  for (const Variant variant : {Variant::light, Variant::full}) {
    const ModelOptions model{.variant = variant, .size = 16, .channels = 2, .blocks = 1};
    TrainOptions options;
    options.steps = 10;
    options.learning_rate = 1e-3;
    options.augmentation = {true, true, true};
    options.batch = 4;
    const auto whole = trained(model, options);
    for (const Index batch : {2, 1}) {
      options.batch = batch;
      options.accumulate = 4 / batch;
      CAPTURE(batch);
      const auto parts = trained(model, options);
      const auto [weights, losses] = distance(whole, parts);
      CHECK(weights < 1e-8);
      CHECK(losses < 1e-10);
      CHECK(parts.peak < whole.peak);
    }
    options.batch = 1;
    options.accumulate = 1;
    CHECK(distance(whole, trained(model, options)).first > 1e-4);
  }
}

TEST_CASE("parts whose power iterations are held give them back, and nothing else is accepted") {
  Cpu device({.threads = 1});
  SpectralConvolution<Cpu, double> layer(3, 4, reflect_conv(4, 2, 1));
  ParameterSet<Cpu, double> set(device);
  set.add("layer", layer).allocate(false);
  set.initialize(1);
  const auto x = Var<Cpu, double>(pictures(device, 2, 8, 1));
  CHECK_THROWS_AS((void)layer(x, {1, PowerIteration::use}), ShapeError);
  const auto first = layer(x, {2, PowerIteration::hold}).value().download();
  const auto u = layer.u.value.download();
  CHECK_THROWS_AS((void)layer(x, {1, PowerIteration::use}), ShapeError);
  CHECK(layer(x, {2, PowerIteration::use}).value().download() == first);
  CHECK(layer(x, {2, PowerIteration::finish}).value().download() == first);
  CHECK(layer.u.value.download() == u);
  CHECK_THROWS_AS((void)layer(x, {2, PowerIteration::finish}), ShapeError);
  CHECK(layer(x, 2).value().download() != first);
}

TEST_CASE("distortions are those of seed and step, and shape what is learned") {
  const ModelOptions model{.size = 16, .channels = 2, .blocks = 1};
  TrainOptions options;
  options.steps = 10;
  const auto without = trained(model, options);
  options.augmentation.translation = true;
  const auto with = trained(model, options);
  CHECK(distance(with, trained(model, options)).first == 0);
  CHECK(distance(with, without).first > 1e-6);
  options.augmentation = {false, false, true};
  CHECK(distance(with, trained(model, options)).first > 1e-6);
  // the seed of the options is that of the distortions here; the weights come from the model's
  options.augmentation = {false, true, false};
  options.seed = 1;
  CHECK(distance(with, trained(model, options)).first > 1e-6);
}

TEST_CASE("adversarial losses of every type are those of the logits, for maps and CAM alike") {
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1};
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  const auto hinge = [](double x) { return std::max(0.0, 1 - x); };
  for (const auto type : {ugatit::GanType::lsgan, ugatit::GanType::gan, ugatit::GanType::hinge}) {
    TrainOptions options;
    options.steps = 10;
    options.gan_type = type;
    Cpu device({.threads = 1});
    ugatit::Model<Cpu, double> model(device, model_options, 7);
    ugatit::Step<Cpu, double> step(model, options);
    std::map<std::string, std::vector<double>> seen;
    step.observe([&](const auto& what) { seen[std::string(what.name)] = what.values(); });
    const auto losses = step(pictures(device, 1, 16, 10), pictures(device, 1, 16, 11), 1).read();
    const std::map<std::string, double> named(losses.begin(), losses.end());
    const auto mean = [&](const std::string& logits, auto&& f) {
      double sum = 0;
      for (const double x : seen.at(logits)) sum += f(x);
      return sum / static_cast<double>(seen.at(logits).size());
    };
    for (const std::string judge : {"GA", "LA", "GB", "LB"})
      for (const bool cam : {false, true}) {
        const std::string kind = cam ? "_cam_logit_" : "_logit_";
        const double expected = mean("real" + kind + judge,
                                     [&](double x) {
                                       return type == ugatit::GanType::lsgan ? (x - 1) * (x - 1)
                                              : type == ugatit::GanType::gan ? softplus(-x)
                                                                             : hinge(x);
                                     }) +
                                mean("fake" + kind + judge, [&](double y) {
                                  return type == ugatit::GanType::lsgan ? y * y
                                         : type == ugatit::GanType::gan ? softplus(y)
                                                                        : hinge(-y);
                                });
        CHECK(named.at((cam ? "D_ad_cam_loss_" : "D_ad_loss_") + judge) ==
              doctest::Approx(expected).epsilon(1e-12));
      }
  }
}

TEST_CASE("steps of every adversarial loss accumulate, and are not one another") {
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1};
  std::vector<Trained> all;
  for (const auto& known : ugatit::detail::gan_types) {
    const auto type = known.first;
    CAPTURE(known.second);
    TrainOptions options;
    options.steps = 10;
    options.gan_type = type;
    options.augmentation.translation = true;
    options.batch = 2;
    const auto whole = trained(model_options, options);
    options.batch = 1;
    options.accumulate = 2;
    const auto [weights, terms] = distance(trained(model_options, options), whole);
    CHECK(weights < 1e-9);
    CHECK(terms < 1e-9);
    CHECK(whole.losses.size() == 2 * ugatit::loss_names(type).size());
    all.push_back(whole);
    // gradients are flat at first: a penalty of those that are too steep finds none
    if (!ugatit::penalizes(type) || type == ugatit::GanType::wgan_lp) continue;
    options.lambda_penalty = 0;
    CHECK(apart(whole, trained(model_options, options)) > 1e-6);
  }
  for (std::size_t i = 0; i + 1 < all.size(); ++i) CHECK(apart(all[i], all[i + 1]) > 1e-6);
}

TEST_CASE("penalties of a step are those of its discriminators at its pictures") {
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1};
  for (const auto type : {ugatit::GanType::wgan_gp, ugatit::GanType::wgan_lp,
                          ugatit::GanType::dragan, ugatit::GanType::r1}) {
    CAPTURE(ugatit::to_string(type));
    TrainOptions options;
    options.steps = 10;
    options.batch = 2;
    options.gan_type = type;
    options.lambda_penalty = 3;
    options.lambda_adversarial = 2;
    Cpu device({.threads = 1});
    ugatit::Model<Cpu, double> model(device, model_options, 7), twin(device, model_options, 7);
    const auto real = pictures(device, 2, 16, 10), other = pictures(device, 2, 16, 11);
    const auto fake = twin.b2a(Var<Cpu, double>(other)).image.value();
    ugatit::Step<Cpu, double> step(model, options);
    step.observe([](const auto&) {});  // keeps gradients
    const auto losses = step(real, other, 1).read();
    const std::map<std::string, double> named(losses.begin(), losses.end());

    // by hand: shares and noise of the documented streams, the first step's
    Tensor<Cpu, double> shares(device, {2, 1, 1, 1}), noise(device, real.shape());
    primitive::uniform(Philox{options.seed, stream_of("penalty/share A")}, 0, 0, 1, shares);
    primitive::uniform(Philox{options.seed, stream_of("penalty/noise A")}, 0, 0, 1, noise);
    const auto a = shares.download(), u = noise.download(), r = real.download(),
               f = fake.download();
    double mean = 0, variance = 0;
    for (const double v : r) mean += v / static_cast<double>(r.size());
    for (const double v : r) variance += (v - mean) * (v - mean) / static_cast<double>(r.size());
    std::vector<double> x(r.size());
    for (std::size_t i = 0; i < r.size(); ++i) {
      const double share = a[i / (r.size() / 2)];
      const double to =
          type == ugatit::GanType::dragan ? r[i] + 0.5 * std::sqrt(variance) * u[i] : f[i];
      x[i] = type == ugatit::GanType::r1 ? r[i] : share * to + (1 - share) * r[i];
    }
    const Tensor<Cpu, double> at(device, real.shape());
    at.upload(x);

    auto& judge = twin.local_a;
    twin.discriminators.zero_gradients();
    Tape<Cpu> tape;
    const auto judged = judge(join_samples(tape.constant(real), tape.constant(fake)), 2);
    const auto [map_real, map_fake] = split_samples(judged.logits, 2);
    const auto [cam_real, cam_fake] = split_samples(judged.cam_logits, 2);
    const ugatit::AdversarialLoss loss(type);
    tape.backward(weighted_sum<Cpu, double>({{2, discriminator_loss(loss, map_real, map_fake)},
                                             {2, discriminator_loss(loss, cam_real, cam_fake)}}));
    const auto map = [&](const auto& p, PowerIteration how) { return judge(p, {1, how}).logits; };
    const auto cam = [&](const auto& p, PowerIteration how) {
      return judge(p, {1, how}).cam_logits;
    };
    const auto by_hand = [&](auto penalty) {
      return penalize_gradient(penalty, 2 * 3, twin.discriminators, at, map, cam).item();
    };
    const double penalty = type == ugatit::GanType::r1        ? by_hand(ZeroGradient{})
                           : type == ugatit::GanType::wgan_lp ? by_hand(AtMostUnitGradient{})
                                                              : by_hand(UnitGradient{});
    CHECK(named.at("D_penalty_LA") == doctest::Approx(penalty).epsilon(1e-10));
    CHECK((type == ugatit::GanType::wgan_lp || penalty > 1e-6));
    double total = 0;
    for (const auto& [name, value] : losses) {
      if (name == "D_loss") break;
      total += (name.starts_with("D_penalty") ? 6 : 2) * value;
    }
    CHECK(named.at("D_loss") == doctest::Approx(total).epsilon(1e-12));
    for (const auto* p : model.discriminators.parameters()) {
      if (p->role == Role::state || !p->name.starts_with("disLA")) continue;
      CAPTURE(p->name);
      const Parameter<Cpu, double>* mine = nullptr;
      for (const auto* q : twin.discriminators.parameters())
        if (q->name == p->name) mine = q;
      const auto got = p->gradient.download(), expected = mine->gradient.download();
      double away = 0, length = 0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        away += (got[i] - expected[i]) * (got[i] - expected[i]);
        length += expected[i] * expected[i];
      }
      CHECK(std::sqrt(away) <= 1e-10 * std::sqrt(length) + 1e-12);
    }
  }
}

TEST_CASE("discriminators that learn several times, each from pictures of its own") {
  // without vectors of spectral normalization, which passes that are not compared would move
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1, .spectral_norm = false};
  TrainOptions options;
  options.steps = 10;
  options.learning_rate = 1e-3;
  options.gan_type = ugatit::GanType::wgan_gp;
  Cpu device({.threads = 1});
  const auto a = pictures(device, 2, 16, 10), b = pictures(device, 2, 16, 11);
  const auto values = [](const ugatit::Model<Cpu, double>& model) {
    auto all = model.generators.values().download();
    const auto judges = model.discriminators.values().download();
    all.insert(all.end(), judges.begin(), judges.end());
    return all;
  };
  ugatit::Model<Cpu, double> model(device, model_options, 7), twin(device, model_options, 7);
  // a step each, the first of whose generators is taken back; what the second step draws is the
  // second picture's in both
  ugatit::Step<Cpu, double> in_turn(twin, options);
  auto& adam = in_turn.generator_adam();
  const auto before = twin.generators.values().download();
  static_cast<void>(in_turn(a.samples(0, 1), b.samples(0, 1), 1));
  twin.generators.values().upload(before);
  primitive::fill(adam.first_moments(), 0.0);
  primitive::fill(adam.second_moments(), 0.0);
  adam.set_steps(0);
  static_cast<void>(in_turn(a.samples(1, 1), b.samples(1, 1), 2));

  options.critic_steps = 2;
  CHECK(options.pictures() == 2);
  ugatit::Step<Cpu, double> step(model, options);
  const auto losses = step(a, b, 1).read();
  CHECK(losses.size() == ugatit::loss_names(options.gan_type).size());
  CHECK(step.generator_adam().steps() == 1);
  CHECK(step.discriminator_adam().steps() == 2);
  const auto first = values(model), second = values(twin);
  double away = 0, moved = 0;
  for (std::size_t i = 0; i < first.size(); ++i)
    away = std::max(away, std::abs(first[i] - second[i]));
  for (std::size_t i = 0; i < before.size(); ++i)
    moved = std::max(moved, std::abs(first[i] - before[i]));
  CHECK(moved > 1e-4);
  CHECK(away < 1e-12);

  options.critic_steps = 65;
  CHECK_THROWS_WITH_AS((ugatit::Step<Cpu, double>(model, options)),
                       doctest::Contains("critic-steps must be 1 to 64"), UsageError);
}

TEST_CASE("critic-lr: discriminators learn at their share of the rate, generators at all of it") {
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1};
  Cpu device({.threads = 1});
  const auto a = pictures(device, 1, 16, 1), b = pictures(device, 1, 16, 2);
  const auto after = [&](double rate, double critic) {
    ugatit::Model<Cpu, double> model(device, model_options, 7);
    TrainOptions options;
    options.learning_rate = rate;
    options.critic_rate = critic;
    ugatit::Step<Cpu, double> step(model, options);
    CHECK(step.learning_rate(1) == rate);
    static_cast<void>(step(a, b, 1));
    return std::pair{model.generators.values().download(),
                     model.discriminators.values().download()};
  };
  const auto plain = after(1e-3, 1), ahead = after(5e-4, 2), held = after(1e-3, 0),
             still = after(0, 1);
  CHECK(ahead.second == plain.second);
  CHECK(ahead.first != plain.first);
  CHECK(held.second == still.second);
  CHECK(held.first != still.first);
  // Adam's first step is the rate, or nothing, for every weight; discriminators go first
  double most = 0;
  for (std::size_t i = 0; i < still.first.size(); ++i)
    most = std::max(most, std::abs(ahead.first[i] - still.first[i]));
  CHECK(most == doctest::Approx(5e-4).epsilon(0.01));
}

TEST_CASE("how often a generator's attention is right is counted") {
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1};
  TrainOptions options;
  options.steps = 10;
  options.learning_rate = 0;
  options.batch = 2;
  Cpu device({.threads = 1});
  ugatit::Model<Cpu, double> model(device, model_options, 7);
  ugatit::Step<Cpu, double> step(model, options);
  CHECK(step.cam_accuracy().empty());
  double expected_a2b = 0, expected_b2a = 0;
  for (const std::uint64_t i : {1U, 2U, 3U}) {
    const auto a = pictures(device, 2, 16, 10 * i), b = pictures(device, 2, 16, 10 * i + 1);
    const auto right = [](auto& generator, const auto& translated, const auto& kept) {
      double count = 0;
      for (const double x : generator(Var<Cpu, double>(translated)).cam_logits.value().download())
        count += x > 0;
      for (const double x : generator(Var<Cpu, double>(kept)).cam_logits.value().download())
        count += x < 0;
      return count / 8;
    };
    expected_a2b += right(model.a2b, a, b) / 3;
    expected_b2a += right(model.b2a, b, a) / 3;
    static_cast<void>(step(a, b, 1));
  }
  const auto shares = step.cam_accuracy();
  REQUIRE(shares.size() == 2);
  CHECK(shares[0] == doctest::Approx(expected_a2b));
  CHECK(shares[1] == doctest::Approx(expected_b2a));
  CHECK(step.cam_accuracy().empty());
}

TEST_CASE("the report's levels are the losses where nothing has been learned") {
  const auto level = [](ugatit::GanType type, const std::string& key) {
    for (const auto& family : ugatit::loss_families(type))
      if (family.key == key) return family.level;
    return -1.0;
  };
  using enum ugatit::GanType;
  const double ln2 = std::log(2.0);
  CHECK(level(lsgan, "D_ad_loss") == 0.5);
  CHECK(level(lsgan, "G_ad_cam_loss") == 0.25);
  CHECK(level(gan, "D_ad_cam_loss") == doctest::Approx(2 * ln2));
  CHECK(level(gan, "G_ad_loss") == doctest::Approx(ln2));
  CHECK(level(hinge, "D_ad_loss") == 2);
  CHECK(level(hinge, "G_ad_loss") == 0);
  CHECK(level(wgan_gp, "D_ad_loss") == 0);
  CHECK(level(dragan, "D_ad_loss") == doctest::Approx(2 * ln2));
  CHECK(std::isnan(level(r1, "D_penalty")));
  CHECK(level(gan, "D_penalty") == -1);
}
