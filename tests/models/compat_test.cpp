// SPDX-License-Identifier: MIT
// The differences between the published TensorFlow and PyTorch codes, each against numbers that
// make_compat.py computed from their definitions, and each with its gradients.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "../nn/layer_check.hpp"
#include "limn/io/safetensors.hpp"
#include "limn/limn.hpp"
#include "limn/models/ugatit/checkpoint_options.hpp"

using namespace limn;
using limn_test::check_network;
using limn_test::random_tensor;

namespace {

using ugatit::Compat;
using ugatit::ModelOptions;
using Values = Tensor<Cpu, double>;
using Value = Var<Cpu, double>;
using Discriminator = ugatit::Discriminator<Cpu, double>;
using Generator = ugatit::Generator<Cpu, double>;

/// What make_compat.py wrote.
class Reference {
 public:
  [[nodiscard]] std::vector<double> operator()(const std::string& name) const {
    return file_.read<double>(name);
  }
  [[nodiscard]] Values tensor(Cpu& device, const std::string& name) const {
    const auto& s = file_.info(name).shape;
    Values x(device, {s[0], s[1], s[2], s[3]});
    x.upload(file_.read<double>(name));
    return x;
  }
  [[nodiscard]] bool has(const std::string& name) const { return file_.contains(name); }

 private:
  SafetensorsFile file_{std::filesystem::path(__FILE__).parent_path() / "compat.safetensors"};
};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

/// As make_compat.py's: names of differences, "adalin-smoothing" and "plain" among them.
ModelOptions options_of(const std::string& flags) {
  ModelOptions o{.size = 16, .channels = 2, .blocks = 1};
  std::string names = flags;
  const auto take = [&names](const std::string& word) {
    const auto at = names.find(word);
    if (at == std::string::npos) return false;
    names.erase(at, word.size() + (names.size() > word.size() ? 1 : 0));
    return true;
  };
  o.spectral_norm = !take("plain");
  o.adalin_smoothing = flags == "tensorflow" || take("adalin-smoothing");
  if (!names.empty()) o.compat = ugatit::parse_compat(names);
  return o;
}

std::vector<std::string> names_of(auto& network) {
  std::vector<std::string> names;
  for_each_parameter(network, "", [&](const std::string& name, auto&) { names.push_back(name); });
  return names;
}

/// The reference's weights; state that is not there stays as it begins.
void load(const Reference& reference, const std::string& prefix,
          ParameterSet<Cpu, double>& parameters) {
  for (auto* p : parameters.parameters()) {
    std::string name = prefix + p->name.substr(p->name.find('.') + 1);
    if (name.ends_with("weight_orig")) name.resize(name.size() - 5);
    if (reference.has(name))
      p->value.upload(reference(name));
    else
      CHECK(p->role == Role::state);
  }
}

/// A kernel, and a parameter that is none.
struct Two {
  Linear<Cpu, double> layer{vector_shape(5), 1};
  Parameter<Cpu, double> free{vector_shape(5), Initializer::constant(1)};
  void visit(auto&& f) {
    f("layer", layer);
    f("free", free);
  }
};

constexpr double exact = 1e-9;

void check_gradient_of(const GradientCheckResult& result) {
  CAPTURE(result.tensor);
  CHECK(result.worst < 1e-6);
}

const std::vector<std::string> generator_flags{
    "torch",       "shared-cam",      "affine-instance-norm", "conv-bias",
    "linear-bias", "biased-variance", "adalin-smoothing",     "tensorflow"};

}  // namespace

TEST_CASE("generators compute what is defined, difference by difference") {
  const Reference reference;
  Cpu device({.threads = 2});
  std::map<std::string, std::vector<double>> images;
  for (const auto& flags : generator_flags) {
    CAPTURE(flags);
    Generator generator(options_of(flags));
    ParameterSet<Cpu, double> parameters(device);
    parameters.add("gen", generator).allocate(false);
    load(reference, "gen/", parameters);
    const auto got = generator(Value(reference.tensor(device, "image")), true);
    images[flags] = got.image.value().download();
    CHECK(distance(images[flags], reference("g/" + flags + "/image")) < exact);
    CHECK(distance(got.cam_logits.value().download(), reference("g/" + flags + "/cam")) < exact);
    CHECK(distance(got.heatmap.download(), reference("g/" + flags + "/map")) < exact);
    if (flags != "torch") CHECK(distance(images[flags], images["torch"]) > 1e-4);
  }
}

TEST_CASE("discriminators compute what is defined, difference by difference") {
  const Reference reference;
  Cpu device({.threads = 2});
  for (const std::string flags :
       {"torch", "shared-cam", "conv-bias", "padding", "plain", "plain,shared-cam",
        "shared-cam,conv-bias,padding", "plain,shared-cam,conv-bias,padding"}) {
    CAPTURE(flags);
    Discriminator judge(2, 2, options_of(flags));
    ParameterSet<Cpu, double> parameters(device);
    parameters.add("dis", judge).allocate(false);
    parameters.initialize(1);
    load(reference, "dis/", parameters);
    const auto got = judge(Value(reference.tensor(device, "image")));
    CHECK(got.logits.shape().h == (flags.find("padding") == std::string::npos ? 2 : 4));
    CHECK(distance(got.logits.value().download(), reference("d/" + flags + "/map")) < exact);
    CHECK(distance(got.cam_logits.value().download(), reference("d/" + flags + "/cam")) < exact);
  }
}

TEST_CASE("generators: gradients with every difference") {
  Cpu device({.threads = 2});
  // steps so short that hardly a ReLU has its kink within; a bias in front of an instance norm has
  // no gradient, and differences see that to 1e-10
  const GradientCheckOptions fine{.step = 1e-6, .floor = 1e-3};
  for (const auto& flags : generator_flags) {
    CAPTURE(flags);
    Generator generator(options_of(flags));
    check_gradient_of(check_network(
        device, generator, {{2, 16, 16, 3}},
        [](auto& net, const auto& in) { return net(in[0]).image; }, fine));
    if (flags == "shared-cam")
      check_gradient_of(
          check_network(device, generator.attention, {{2, 4, 4, 8}}, [](auto& net, const auto& in) {
            return net.attend(in[0], [](auto& c, const auto& p) { return c(p); }).logits;
          }));
  }
}

TEST_CASE("discriminators without spectral normalization: gradients with every difference") {
  Cpu device({.threads = 2});
  for (const std::string flags :
       {"plain", "plain,shared-cam", "plain,conv-bias", "plain,padding"}) {
    CAPTURE(flags);
    Discriminator judge(2, 2, options_of(flags));
    check_gradient_of(check_network(device, judge, {{2, 16, 16, 3}}, [](auto& net, const auto& in) {
      return net(in[0], 2).logits;
    }));
    check_gradient_of(
        check_network(device, judge.attention, {{2, 4, 4, 8}}, [](auto& net, const auto& in) {
          return net.attend(in[0], [](auto& c, const auto& p) { return c(p, 2); }).logits;
        }));
  }
}

TEST_CASE("a shared, spectrally normalized classifier: gradients, and parts that hold iterations") {
  Cpu device({.threads = 2});
  // one row: its largest singular value is its length whatever u and v are, so that differences see
  // the gradient
  const auto attention = [] {
    return ClassActivationMap<Cpu, double, SpectralConvolution<Cpu, double>>(
        4, leaky_relu_activation(0.2F), SpectralConvolution<Cpu, double>(4, 1, {}, {.bias = true}));
  };
  auto shared = attention();
  for (const bool logits : {false, true})
    check_gradient_of(
        check_network(device, shared, {{2, 3, 5, 4}}, [logits](auto& net, const auto& in) {
          const auto a = net.attend(in[0], [](auto& c, const auto& p) { return c(p, 2); });
          return logits ? a.logits : a.features;
        }));
  ParameterSet<Cpu, double> parameters(device);
  auto other = attention();
  parameters.add("cam", other).allocate(false);
  parameters.initialize(2);
  const auto x = Value(random_tensor(device, {2, 3, 5, 4}, 4));
  const auto with = [&](PowerIteration how) {
    return other.attend(x,
                        [how](auto& c, const auto& p) {
                          return c(p, {2, how});
                        })
        .logits.value()
        .download();
  };
  const auto first = with(PowerIteration::hold);
  CHECK(with(PowerIteration::use) == first);
  CHECK(with(PowerIteration::finish) == first);
  CHECK_THROWS_AS((void)with(PowerIteration::finish), ShapeError);
}

TEST_CASE("derivatives along a direction, for gradient penalties, with every difference") {
  Cpu device({.threads = 2});
  for (const std::string flags : {"plain", "plain,shared-cam,conv-bias,padding",
                                  "shared-cam,conv-bias,padding,spectral-epsilon"}) {
    CAPTURE(flags);
    Discriminator judge(2, 2, options_of(flags));
    ParameterSet<Cpu, double> parameters(device);
    parameters.add("dis", judge).allocate(false);
    parameters.initialize(5);
    const auto x = random_tensor(device, {2, 16, 16, 3}, 1),
               along = random_tensor(device, x.shape(), 2);
    const auto moved = [&](double h) {
      Values y(device, x.shape());
      primitive::copy(x, y);
      primitive::map(Scaled{h}, along, y, Write::accumulate);
      return judge(Value(y), {1, PowerIteration::use});
    };
    Tape<Cpu> tape;
    const auto dual =
        judge(Dual<Cpu, double>{tape.input(x), tape.input(along)}, {1, PowerIteration::hold});
    const double h = 1e-6;
    const auto compare = [&](const auto& tangent, auto&& of) {
      const auto t = tangent.value().download(), up = of(moved(h)), down = of(moved(-h));
      for (std::size_t i = 0; i < t.size(); ++i)
        CHECK((up[i] - down[i]) / (2 * h) == doctest::Approx(t[i]).epsilon(1e-6));
    };
    compare(dual.logits.tangent, [](const auto& j) { return j.logits.value().download(); });
    compare(dual.cam_logits.tangent, [](const auto& j) { return j.cam_logits.value().download(); });
  }
}

TEST_CASE("smoothing: rho below 0.1 has no gradient, and bounds stay") {
  Cpu device({.threads = 1});
  AdaLin<Cpu, double> norm(3, {}, {.smoothing = true});
  ParameterSet<Cpu, double> parameters(device);
  parameters.add("norm", norm).allocate(true);
  norm.rho.value.upload(std::vector<double>{0.05, 0.4, 1});
  Tape<Cpu> tape;
  const auto x = random_tensor(device, {2, 3, 4, 3}, 1),
             style = random_tensor(device, {2, 1, 1, 3}, 2);
  const auto y = norm(tape.constant(x), tape.constant(style), tape.constant(style));
  tape.backward(mean_loss(LeastSquares{}, y, random_tensor(device, x.shape(), 3)));
  const auto gradient = norm.rho.gradient.download();
  CHECK(gradient[0] == 0);
  CHECK(std::abs(gradient[1]) > 1e-6);
  CHECK(std::abs(gradient[2]) > 1e-6);
  CHECK(norm.rho.bounds == rho_bounds);
}

TEST_CASE("spectral-epsilon: what a power iteration divides by at least") {
  const Reference reference;
  Cpu device({.threads = 1});
  for (const bool tensorflow : {false, true}) {
    SpectralConvolution<Cpu, double> layer(
        2, 3, {.kernel = 2}, {.least = tensorflow ? tensorflow_least_length : torch_least_length});
    ParameterSet<Cpu, double> parameters(device);
    parameters.add("layer", layer).allocate(false);
    layer.weight.value.upload(reference("tiny/weight"));
    layer.u.value.upload(reference("tiny/u"));
    const auto got = layer(Value(reference.tensor(device, "tiny/x"))).value().download();
    const auto expected = reference(tensorflow ? "tiny/tensorflow" : "tiny/torch");
    CHECK(distance(got, expected) < exact * std::abs(expected[0]));
  }
  ModelOptions o = options_of("spectral-epsilon");
  CHECK(Discriminator(2, 2, o).last.options.least == 1e-6);
  CHECK(Discriminator(2, 2).last.options.least == 1e-12);
}

TEST_CASE("adam-epsilon and decay-in-loss: steps of Adam") {
  const Reference reference;
  Cpu device({.threads = 1});
  const auto start = reference("adam/start"), gradients = reference("adam/gradients");
  for (const bool tensorflow : {false, true}) {
    Two net;
    if (tensorflow) decay_kernels_alone(net);
    ParameterSet<Cpu, double> set(device);
    set.add("net", net).allocate(true);
    for (auto* p : {&net.layer.weight, &net.free}) p->value.upload(start);
    Adam<Cpu, double> adam(set, {.weight_decay = 0.1, .epsilon_hat = tensorflow});
    const double squares = std::inner_product(start.begin(), start.end(), start.begin(), 0.0);
    CHECK(adam.decay_loss().item() ==
          doctest::Approx(0.05 * squares * (tensorflow ? 1 : 2)).epsilon(exact));
    for (std::ptrdiff_t t = 0; t < 3; ++t) {
      set.zero_gradients();
      const std::vector<double> now(gradients.begin() + 5 * t, gradients.begin() + 5 * (t + 1));
      for (auto* p : {&net.layer.weight, &net.free}) p->gradient.upload(now);
      adam.step(1e-3);
    }
    const auto kernel = net.layer.weight.value.download(), other = net.free.value.download();
    CHECK(distance(kernel, reference(tensorflow ? "adam/adam-epsilon" : "adam/torch")) < exact);
    CHECK(distance(other, reference(tensorflow ? "adam/adam-epsilon-no-decay" : "adam/torch")) <
          exact);
  }
}

TEST_CASE("decay-in-loss: kernels alone decay, and the totals hold their squares") {
  ModelOptions o{.variant = ugatit::Variant::full, .size = 16, .channels = 2, .blocks = 1};
  const ugatit::TrainOptions train{.steps = 10, .weight_decay = 0.03};
  for (const bool in_loss : {false, true}) {
    o.compat = ugatit::parse_compat(in_loss ? "tensorflow,no-own-batches" : "torch");
    Cpu device({.threads = 2});
    ugatit::Model<Cpu, double> model(device, o, 3);
    const auto squares = [](const ParameterSet<Cpu, double>& set) {
      double sum = 0;
      for (const auto* p : set.parameters()) {
        const std::string name = p->name.substr(p->name.rfind('.') + 1);
        // gamma of the instance norms is a weight by name: vectors are no kernels
        const bool vector =
            p->shape == vector_shape(p->shape.c) && p->name.find("fc.weight") == std::string::npos;
        const bool kernel = (name == "weight" || name == "weight_orig") && !vector;
        CHECK((p->decays == kernel || p->role == Role::state));
        if (!kernel) continue;
        for (const double w : p->value.download()) sum += w * w;
      }
      return sum;
    };
    const double of_d = in_loss ? squares(model.discriminators) : 0,
                 of_g = in_loss ? squares(model.generators) : 0;
    ugatit::Step<Cpu, double> step(model, train);
    Values a(device, {1, 16, 16, 3}), b(device, a.shape());
    primitive::uniform(Philox{1, 1}, 0, -1, 1, a);
    primitive::uniform(Philox{1, 2}, 0, -1, 1, b);
    const auto losses = step(a, b, 1).read();
    std::map<std::string, double> sums;
    for (const auto& [name, value] : losses) {
      const double lambda = name.starts_with("G_cam")                                       ? 1000
                            : name.starts_with("G_recon") || name.starts_with("G_identity") ? 10
                                                                                            : 1;
      if (!name.ends_with("_loss")) sums[name.substr(0, 1)] += lambda * value;
    }
    const std::map<std::string, double> named(losses.begin(), losses.end());
    CHECK(named.at("D_loss") - sums["D"] == doctest::Approx(0.015 * of_d).epsilon(1e-9));
    CHECK(named.at("G_loss") - sums["G"] == doctest::Approx(0.015 * of_g).epsilon(1e-9));
    if (in_loss) CHECK(0.015 * of_g > 1e-4);
  }
}

TEST_CASE("rate-steps: the rate of every step") {
  const Reference reference;
  for (const std::int64_t steps : {300, 250}) {
    const auto expected = reference("rate/" + std::to_string(steps));
    for (std::int64_t step = 1; step <= steps; ++step)
      CHECK(epoch_decay(1e-4, step, steps) ==
            doctest::Approx(expected[static_cast<std::size_t>(step - 1)]).epsilon(1e-12));
  }
  CHECK(epoch_decay(1, 5, 1) == doctest::Approx(0.02));  // beyond the end, and a run of one step
  CHECK(epoch_decay(1, 1, 1) == 1);
  Cpu device({.threads = 1});
  ModelOptions o{.size = 16, .channels = 1, .blocks = 0};
  for (const bool on : {false, true}) {
    o.compat.rate_steps = on;
    ugatit::Model<Cpu, double> model(device, o, 1);
    const ugatit::Step<Cpu, double> step(model, {.steps = 300});
    CHECK(step.learning_rate(300) == doctest::Approx(on ? 1e-4 / 50 : 0));
  }
}

TEST_CASE("initialization: normal kernels, no biases, rho 1") {
  Cpu device({.threads = 1});
  ModelOptions o{.size = 32, .channels = 8, .blocks = 1};
  o.compat = ugatit::parse_compat("tensorflow");
  ugatit::Model<Cpu, double> model(device, o, 3);
  double sum = 0, squares = 0, count = 0, largest = 0;
  for (const auto* set : {&model.generators, &model.discriminators})
    for (const auto* p : set->parameters()) {
      if (p->role == Role::state) continue;
      CAPTURE(p->name);
      const auto values = p->value.download();
      const auto all = [&](double v) {
        for (const double x : values) CHECK(x == v);
      };
      if (p->name.ends_with(".bias"))
        all(0);
      else if (p->name.ends_with(".rho"))
        all(p->name.find("UpBlock1") != std::string::npos);
      else if (p->name.ends_with(".beta"))
        all(0);
      else if (p->name.ends_with(".gamma"))
        all(1);
      else if (p->initializer.kind == Initializer::Kind::constant)
        all(1);  // of instance norms
      else
        for (const double x : values) {
          sum += x;
          squares += x * x;
          count += 1;
          largest = std::max(largest, std::abs(x));
        }
    }
  CHECK(std::abs(sum / count) < 4 * 0.02 / std::sqrt(count));
  CHECK(std::sqrt(squares / count) == doctest::Approx(0.02).epsilon(0.02));
  CHECK(largest > 0.06);
}

TEST_CASE("own-batches: discriminators learn from the first half, generators from the second") {
  ModelOptions o{.size = 16, .channels = 2, .blocks = 1};
  const auto trained = [&](bool own, std::uint64_t for_d, std::uint64_t for_g) {
    o.compat.own_batches = own;
    Cpu device({.threads = 2});
    ugatit::Model<Cpu, double> model(device, o, 3);
    ugatit::Step<Cpu, double> step(model, {.steps = 10, .learning_rate = 1e-3});
    const auto given = [&](std::uint64_t domain) {
      Values x(device, {own ? 2 : 1, 16, 16, 3});
      primitive::uniform(Philox{1, 10 * for_d + domain}, 0, -1, 1, x.samples(0, 1));
      if (own) primitive::uniform(Philox{1, 10 * for_g + domain}, 0, -1, 1, x.samples(1, 1));
      return x;
    };
    static_cast<void>(step(given(1), given(2), 1).read());
    return std::pair{model.discriminators.values().download(),
                     model.generators.values().download()};
  };
  const auto same = trained(false, 1, 1), both = trained(true, 1, 1);
  CHECK(distance(same.first, both.first) < 1e-12);
  CHECK(distance(same.second, both.second) < 1e-12);
  const auto apart = trained(true, 1, 2), other = trained(true, 2, 1);
  CHECK(distance(apart.first, both.first) < 1e-12);
  CHECK(distance(apart.second, both.second) > 1e-6);
  CHECK(distance(other.first, both.first) > 1e-6);
  // accumulated parts see what one batch sees
  ugatit::RunOptions run;
  run.train.batch = 3;
  CHECK(run.pictures() == 3);
  run.model.compat.own_batches = true;
  CHECK(run.pictures() == 6);
  run.train.critic_steps = 4;  // one batch each for four turns, one for the generators
  CHECK(run.pictures() == 15);
}

TEST_CASE(
    "with the defaults no tensor has another name, and with each difference those that it needs") {
  const auto generator = [](const ModelOptions& o) {
    Generator g(o);
    return names_of(g);
  };
  const auto judge = [](const ModelOptions& o) {
    Discriminator d(2, 2, o);
    return names_of(d);
  };
  CHECK(generator(options_of("torch")) ==
        std::vector<std::string>{"gap_fc.weight",
                                 "gmp_fc.weight",
                                 "conv1x1.weight",
                                 "conv1x1.bias",
                                 "gamma.weight",
                                 "beta.weight",
                                 "FC.0.weight",
                                 "FC.2.weight",
                                 "UpBlock1_1.conv1.weight",
                                 "UpBlock1_1.norm1.rho",
                                 "UpBlock1_1.conv2.weight",
                                 "UpBlock1_1.norm2.rho",
                                 "DownBlock.1.weight",
                                 "DownBlock.5.weight",
                                 "DownBlock.9.weight",
                                 "DownBlock.12.conv_block.1.weight",
                                 "DownBlock.12.conv_block.5.weight",
                                 "UpBlock2.2.weight",
                                 "UpBlock2.3.rho",
                                 "UpBlock2.3.gamma",
                                 "UpBlock2.3.beta",
                                 "UpBlock2.7.weight",
                                 "UpBlock2.8.rho",
                                 "UpBlock2.8.gamma",
                                 "UpBlock2.8.beta",
                                 "UpBlock2.11.weight"});
  CHECK(judge(options_of("torch")) ==
        std::vector<std::string>{
            "gap_fc.weight_orig",  "gap_fc.weight_u",  "gap_fc.weight_v",  "gmp_fc.weight_orig",
            "gmp_fc.weight_u",     "gmp_fc.weight_v",  "conv1x1.weight",   "conv1x1.bias",
            "conv.weight_orig",    "conv.weight_u",    "conv.weight_v",    "model.1.bias",
            "model.1.weight_orig", "model.1.weight_u", "model.1.weight_v", "model.4.bias",
            "model.4.weight_orig", "model.4.weight_u", "model.4.weight_v", "model.7.bias",
            "model.7.weight_orig", "model.7.weight_u", "model.7.weight_v"});
  CHECK(judge(options_of("plain")) ==
        std::vector<std::string>{"gap_fc.weight", "gmp_fc.weight", "conv1x1.weight", "conv1x1.bias",
                                 "conv.weight", "model.1.bias", "model.1.weight", "model.4.bias",
                                 "model.4.weight", "model.7.bias", "model.7.weight"});
  const auto more = [&](const char* flags) {
    return static_cast<int>(generator(options_of(flags)).size()) - 26;
  };
  CHECK(more("shared-cam") == 0);  // one weight less, one bias more
  CHECK(more("affine-instance-norm") == 10);
  CHECK(more("conv-bias") == 10);
  CHECK(more("linear-bias") == 4);
  CHECK(more("biased-variance") == 0);
  CHECK(more("adalin-smoothing") == 0);
  CHECK(more("tensorflow") == 24);
}

TEST_CASE("compat is written as a list of names") {
  using ugatit::parse_compat;
  Compat two;
  two.shared_cam = two.conv_bias = true;
  CHECK(parse_compat("torch") == Compat{});
  CHECK(to_string(Compat{}) == "torch");
  CHECK(parse_compat("shared-cam,conv-bias") == two);
  CHECK(parse_compat("conv-bias,padding,shared-cam,no-padding") == two);
  CHECK(to_string(two) == "shared-cam,conv-bias");
  CHECK(parse_compat("tensorflow,torch") == Compat{});
  const Compat all = parse_compat("tensorflow");
  int count = 0;
  ugatit::for_each_difference(all, [&](const char* name, bool on) {
    CHECK(on);
    ++count;
    Compat one = parse_compat(name), rest = parse_compat("tensorflow,no-" + std::string(name));
    CHECK(to_string(one) == name);
    CHECK(one != Compat{});
    CHECK(rest != all);
    CHECK(parse_compat(to_string(rest) + "," + name) == all);
  });
  CHECK(count == 12);
  CHECK(parse_compat(to_string(all)) == all);
  for (const char* wrong : {"", "tf", "shared-cam,", "no-torch", "no-", "shared_cam", "!padding"})
    CHECK_THROWS_WITH_AS((void)parse_compat(wrong), doctest::Contains("is neither torch nor"),
                         UsageError);
}

TEST_CASE("compat: whether a difference was asked for by its own name") {
  const auto named = [](const char* text) {
    return ugatit::names_difference(text, "spectral-epsilon");
  };
  for (const char* text : {"spectral-epsilon", "conv-bias,spectral-epsilon",
                           "tensorflow,spectral-epsilon", "spectral-epsilon,no-padding"})
    CHECK(named(text));
  for (const char* text : {"torch", "tensorflow", "tensorflow,no-padding", "conv-bias",
                           "spectral-epsilon,no-spectral-epsilon", "spectral-epsilon,tensorflow"})
    CHECK_FALSE(named(text));
}
