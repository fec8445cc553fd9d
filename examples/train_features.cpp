// SPDX-License-Identifier: MIT
// train-features: trains the small network whose features ugatit-evaluate compares pictures by.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/guarded_main.hpp"
#include "common/pretext_pictures.hpp"
#include "common/sanity_table.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/loss/losses.hpp"
#include "limn/metrics/feature_extractor.hpp"
#include "limn/nn/linear.hpp"
#include "limn/optim/adam.hpp"
#include "limn/train/progress.hpp"

namespace {

namespace fs = std::filesystem;
using limn::Cpu;
using limn::Index;
using Network = limn::FeatureNetwork<Cpu, float>;
using V = limn::Var<Cpu, float>;

constexpr Index margin = 8;

constexpr const char* description =
    "Trains the small network on whose features ugatit-evaluate computes KID and FID: it learns "
    "to\n"
    "tell pictures of A from those of B, how they are turned, and whether they are blurred, noisy\n"
    "or tinted.\n\n"
    "  train-features --data DATA --out features.safetensors\n\n"
    "DATA has trainA and trainB. The same pictures and options give the same bytes. --header "
    "writes\n"
    "the weights as the source that ships with limn.";

struct Command {
  fs::path data, out, header;
  std::int64_t steps = 4000, batch = 32, seed = 0;
  double rate = 2e-3;
};

bool read(Command& c, int argc, char** argv) {
  CLI::App app(description, "train-features");
  const auto count = [&](const char* name, auto& value, const char* help) {
    app.add_option(name, value, help)
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30))
        ->capture_default_str()
        ->type_name("");
  };
  app.add_option("--data", c.data, "folder with trainA and trainB")->required();
  app.add_option("--out", c.out, "the file to write")->required();
  app.add_option("--header", c.header, "also write limn/metrics/feature_weights.hpp here");
  count("--steps", c.steps, "updates; the learning rate falls to 0 over their second half");
  count("--batch", c.batch, "pictures per update");
  app.add_option("--lr", c.rate, "learning rate of the first half")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->type_name("");
  app.add_option("--seed", c.seed, "same seed, pictures and options: same network")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
      ->capture_default_str()
      ->type_name("");
  return example::parse(app, argc, argv);
}

std::vector<limn::Picture> load(const fs::path& path, Index size) {
  const limn::ImageFolder folder(path);
  std::vector<limn::Picture> pictures;
  for (Index i = 0; i < folder.size(); ++i)
    pictures.push_back(
        limn::fit_picture(limn::read_picture(folder.path(i)), size, limn::Fit::squash));
  return pictures;
}

/// What the features are asked: one linear layer per stage, whose answers are added.
struct Judge {
  static constexpr auto& w = Network::widths;
  static constexpr limn::LinearOptions with_bias{true, {}, false};
  limn::Linear<Cpu> head1{limn::vector_shape(w[0]), example::questions, with_bias};
  limn::Linear<Cpu> head2{limn::vector_shape(w[1]), example::questions};
  limn::Linear<Cpu> head3{limn::vector_shape(w[2]), example::questions};
  limn::Linear<Cpu> head4{limn::vector_shape(w[3]), example::questions};

  V operator()(const std::array<V, 4>& stages) {
    return head1(stages[0]) + head2(stages[1]) + (head3(stages[2]) + head4(stages[3]));
  }
  void visit(auto&& f) { f("1", head1), f("2", head2), f("3", head3), f("4", head4); }
};

/// How often the largest answer of a question is the right one: domain, turn, spoiled.
struct Accuracy {
  std::int64_t right[3] = {}, all = 0;

  void add(const std::vector<float>& logits, const std::vector<float>& answers) {
    const auto best = [](const float* values, int n) {
      return std::max_element(values, values + n) - values;
    };
    for (std::size_t at = 0; at < logits.size(); at += example::questions, ++all) {
      const float *l = logits.data() + at, *a = answers.data() + at;
      right[0] += (l[0] > 0) == (a[0] > 0);
      right[1] += best(l + 1, 4) == best(a + 1, 4);
      right[2] += best(l + 5, example::spoiled_kinds) == best(a + 5, example::spoiled_kinds);
    }
  }
  [[nodiscard]] std::string text() const {
    const auto part = [this](int i) {
      return limn::text_of(static_cast<double>(right[i]) / static_cast<double>(all), 3);
    };
    return "A or B " + part(0) + ", turned " + part(1) + ", spoiled " + part(2);
  }
};

/// Mean and scale of every feature over the pictures as they are.
void standardize(Network& network, Cpu& device, const std::vector<limn::Picture>& pictures) {
  std::vector<double> sum(Network::width), squares(Network::width);
  for (const auto& picture : pictures) {
    const limn::Tensor<Cpu, float> x(device, {1, Network::size, Network::size, 3});
    x.upload(limn::to_floats(limn::resize_picture(picture, Network::size, Network::size)));
    std::size_t i = 0;
    for (const auto& stage : network(V(x)))
      for (const double v : stage.value().download()) {
        sum[i] += v;
        squares[i++] += v * v;
      }
  }
  std::vector<float> mean, scale;
  const auto n = static_cast<double>(pictures.size());
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const double m = sum[i] / n, variance = std::max(squares[i] / n - m * m, 1e-8);
    mean.push_back(limn::bfloat16(static_cast<float>(m)));
    scale.push_back(limn::bfloat16(static_cast<float>(1 / std::sqrt(variance))));
  }
  network.mean.value.upload(mean);
  network.scale.value.upload(scale);
}

/// All weights as bfloat16, in base64, as a header.
void write_header(const fs::path& path, const limn::ParameterSet<Cpu, float>& set) {
  std::vector<std::uint8_t> bytes;
  for (const auto* p : set.parameters())
    for (const float v : p->value.download()) {
      const std::uint16_t bits = limn::bfloat16(v).bits;
      bytes.push_back(static_cast<std::uint8_t>(bits & 255));
      bytes.push_back(static_cast<std::uint8_t>(bits >> 8));
    }
  bytes.resize((bytes.size() + 2) / 3 * 3);
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto word = static_cast<std::uint32_t>(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) text += digits[word >> shift & 63];
  }
  constexpr std::size_t row = 92;
  const std::size_t rows = (text.size() + row - 1) / row;
  std::ofstream file(path, std::ios::binary);
  file
      << "// SPDX-License-Identifier: MIT\n"
         "// The weights of limn's small feature network (models/feature_network.hpp) as bfloat16, "
         "in base64:\n// written by train-features, see docs/training.md. Not to be edited.\n"
         "#pragma once\n\n#include <array>\n#include <string_view>\n\n"
         "namespace limn::inline v0::detail {\n\n// clang-format off\n"
         "inline constexpr std::array<std::string_view, "
      << rows << "> feature_weight_rows{\n";
  for (std::size_t i = 0; i < rows; ++i) file << "    \"" << text.substr(i * row, row) << "\",\n";
  file << "};\n// clang-format on\n\n}  // namespace limn::inline v0::detail\n";
  if (!file.flush()) throw limn::IoError(path.string() + ": cannot be written");
}

/// How pictures of testB, and others, score against those of testB.
void show_table(const Command& c, limn::ProgressLine& line) {
  limn::FeatureExtractor extractor(c.out);
  constexpr Index size = 128;  // spoiled before they are made small
  line.message("against half of testB        KID x 1000  (95 of 100)      FID");
  for (const auto& [what, kid, fid] : example::sanity_table(
           load(c.data / "testA", size), load(c.data / "testB", size), std::ref(extractor))) {
    char text[128];
    std::snprintf(text, sizeof text, "%-26s %10.1f  (%.1f to %.1f)  %8.2f", what.c_str(),
                  1000 * kid.value, 1000 * kid.low(), 1000 * kid.high(), fid.value);
    line.message(text);
  }
}

int train(const Command& c) {
  const auto a = load(c.data / "trainA", Network::size + margin),
             b = load(c.data / "trainB", Network::size + margin);
  Cpu device({.threads = 1, .maths = limn::Maths::strict});
  Network network;
  Judge judge;
  limn::ParameterSet<Cpu, float> set(device), judged(device);
  set.add("features", network).allocate(true);
  judged.add("judge", judge).allocate(true);
  const auto seed = static_cast<std::uint64_t>(c.seed);
  set.initialize(seed), judged.initialize(seed);
  const limn::AdamOptions adam{0.9, 0.999, 1e-8, 1e-4};
  limn::Adam<Cpu, float> network_adam(set, adam), judge_adam(judged, adam);

  limn::ProgressLine line(stdout);
  Accuracy accuracy;
  const limn::Tensor<Cpu, float> x(device, {c.batch, Network::size, Network::size, 3}),
      t(device, {c.batch, 1, 1, example::questions});
  for (std::int64_t step = 1; step <= c.steps; ++step) {
    std::vector<float> answers;
    for (Index i = 0; i < c.batch; ++i) {
      const auto number = static_cast<std::uint64_t>((step - 1) * c.batch + i);
      const bool of_b = (number & 1) != 0;
      const auto& from = of_b ? b : a;
      const auto choice = limn::Philox{seed, 0x63686f6f7365U}.below(
          number, static_cast<std::uint32_t>(from.size()));
      const auto sample = example::make_pretext(from[choice], of_b, Network::size, seed, number);
      x.samples(i, 1).upload(sample.values);
      answers.insert(answers.end(), sample.answers.begin(), sample.answers.end());
    }
    t.upload(answers);
    set.zero_gradients(), judged.zero_gradients();
    limn::Tape<Cpu> tape;
    const V logits = judge(network(tape.constant(x)));
    const V loss = limn::mean_loss(limn::CrossEntropyWithLogits{}, logits, t);
    accuracy.add(logits.value().download(), answers);
    const float value = loss.value().item();
    tape.backward(loss);
    const double half = static_cast<double>(c.steps) / 2,
                 rate = c.rate * std::min(1.0, (static_cast<double>(c.steps - step) + 1) / half);
    network_adam.step(rate), judge_adam.step(rate);
    const bool shown = step % 250 == 0 || step == c.steps;
    line.update("step " + std::to_string(step) + "/" + std::to_string(c.steps) + "  loss " +
                    limn::text_of(value, 4) + "  " + accuracy.text(),
                shown);
    if (shown) accuracy = {};
  }
  line.close();

  // what is written is what is used: weights as bfloat16, which the header holds
  for (auto* p : set.parameters()) {
    auto values = p->value.download();
    for (float& v : values) v = limn::bfloat16(v);
    p->value.upload(values);
  }
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  standardize(network, device, all);
  std::vector<limn::StateTensor> tensors;
  for (const auto* p : set.parameters()) tensors.push_back(limn::state_tensor(p->name, p->value));
  limn::write_state(c.out, {{"kind", limn::features_kind}}, tensors);
  if (!c.header.empty()) write_header(c.header, set);
  line.message(c.out.string() + ": written");
  show_table(c, line);
  return example::done;
}

}  // namespace

int main(int argc, char** argv) {
  return example::guarded_main("train-features", [&]() -> int {
    Command command;
    return read(command, argc, argv) ? train(command) : example::done;
  });
}
