// SPDX-License-Identifier: MIT
// ugatit-evaluate: how good translations are, in numbers.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/cuda_translating.hpp"
#include "common/device_choice.hpp"
#include "common/guarded_main.hpp"
#include "limn/metrics/evaluation.hpp"
#include "limn/metrics/feature_extractor.hpp"
#include "limn/metrics/feature_file.hpp"
#include "limn/train/progress.hpp"
#include "limn/translate.hpp"

namespace {

namespace fs = std::filesystem;
using limn::Index;
using limn::PictureScores;

constexpr const char* description =
    "Scores translated pictures against real ones of their domain:\n\n"
    "  ugatit-evaluate --model runs/anime --data selfie2anime      testA, translated, against "
    "testB\n"
    "  ugatit-evaluate --fake cartoons --real selfie2anime/testB   two folders\n"
    "  ugatit-evaluate --features-fake f.safetensors --features-real r.safetensors\n\n"
    "KID and FID compare sets of pictures, lower is better; L1, PSNR and SSIM compare pictures of\n"
    "the same name. Intervals hold the value in 95 of 100 cases. KID and FID are made on features "
    "of\n"
    "a small network that ships with limn: good for comparing translations with each other, not\n"
    "with published numbers. For those bring features of your own, one row per picture.";

struct Command {
  fs::path model, data, fake, real, features_fake, features_real, network, json;
  std::optional<limn::ugatit::Direction> direction;
  limn::EvaluationOptions options{.size = 0, .fit = limn::Fit::squash, .ssim = {}, .fid_parts = 10};
  limn::TranslatorOptions translator;
  example::DeviceChoice choice;
  std::string ssim = "uniform";
};

void check(const Command& c) {
  const auto both = [](const char* first, const fs::path& a, const char* second,
                       const fs::path& b) {
    if (a.empty() != b.empty())
      throw limn::UsageError(std::string(a.empty() ? first : second) +
                             " is missing: " + (a.empty() ? second : first) + " needs it");
    return a.empty() ? 0 : 1;
  };
  const int ways = both("--model", c.model, "--data", c.data) +
                   both("--fake", c.fake, "--real", c.real) +
                   both("--features-fake", c.features_fake, "--features-real", c.features_real);
  if (ways != 1)
    throw limn::UsageError(
        "give one of: --model and --data, --fake and --real, --features-fake and --features-real");
  if (c.direction && c.model.empty())
    throw limn::UsageError("--direction is for --model: folders and features have none");
  if (!c.features_fake.empty() && !c.network.empty())
    throw limn::UsageError("--feature-network is for pictures: these features are made already");
}

/// False if only help was asked for.
bool read(Command& c, int argc, char** argv) {
  CLI::App app(description, "ugatit-evaluate");
  app.add_option("--model", c.model, "a run's folder, a checkpoint, or a file of ugatit-export");
  app.add_option("--data", c.data, "with --model: folder with testA and testB");
  app.add_option_function<std::string>(
         "--direction",
         [&](const std::string& text) { c.direction = limn::ugatit::parse_direction(text); },
         "A2B or B2A; an exported file knows its own")
      ->default_str("A2B")
      ->type_name("");
  app.add_option("--fake", c.fake, "folder of translated pictures");
  app.add_option("--real", c.real, "folder of pictures that they should be like");
  app.add_option("--features-fake", c.features_fake,
                 "safetensors file with one tensor, pictures x numbers, of any extractor");
  app.add_option("--features-real", c.features_real, "the same of the real pictures");
  app.add_option("--feature-network", c.network,
                 "a file of train-features, instead of the network that ships with limn");
  app.add_option("--size", c.options.size,
                 "pictures are compared at SIZE x SIZE; 0: the model's size, or 128")
      ->check(CLI::Range(0, 65536))
      ->capture_default_str()
      ->type_name("");
  app.add_option_function<std::string>(
         "--fit", [&](const std::string& text) { c.options.fit = limn::parse_fit(text); },
         "how pictures become square: squash, pad or crop")
      ->default_str("squash")
      ->type_name("");
  app.add_option("--ssim", c.ssim,
                 "uniform: windows of 7 x 7, as scikit-image; gaussian: 11 x 11, sigma 1.5, as the "
                 "paper of SSIM")
      ->check(CLI::IsMember({"uniform", "gaussian"}))
      ->capture_default_str()
      ->type_name("");
  app.add_option("--fid-parts", c.options.fid_parts,
                 "parts of the jackknife that gives FID its interval, 2 or more; 0: none")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str()
      ->type_name("");
  app.add_option("--json", c.json, "also write the scores into this file");
  example::add_device_options(app, c.choice);
  app.add_option("--precision", c.choice.precision,
                 "of the translations: fp32, bf16 or fp64; on cuda tf32, fp32 or bf16")
      ->default_str("fp32")
      ->type_name("");
  if (!example::parse(app, argc, argv)) return false;
  if (c.options.fid_parts == 1) throw limn::UsageError("--fid-parts 1 leaves nothing to compare");
  if (c.ssim == "gaussian") c.options.ssim = limn::SsimOptions::wang();
  c.translator.threads = c.choice.threads;
  const example::Computing computing = example::computing(c.choice);
  c.translator.precision = computing.precision.value_or(c.translator.precision);
  c.translator.maths = computing.maths.value_or(c.translator.maths);
  check(c);
  return true;
}

std::string text_of(const PictureScores& s) {
  std::string out;
  const auto line = [&](const char* name, const std::optional<limn::Estimate>& e, double factor) {
    if (!e) return;
    out += "  " + std::string(name) + limn::text_of(factor * e->value, 5);
    if (e->error > 0)
      out += "  (" + limn::text_of(factor * e->low(), 5) + " to " +
             limn::text_of(factor * e->high(), 5) + ")";
    out += '\n';
  };
  line("KID x 1000     ", s.kid, 1000);
  line("FID            ", s.fid, 1);
  line("L1, 0 to 1     ", s.l1, 1);
  line("PSNR, dB       ", s.psnr, 1);
  line("SSIM           ", s.ssim, 1);
  return out;
}

nlohmann::json json_of(const PictureScores& s) {
  nlohmann::json out{{"real", s.real}, {"fake", s.fake}, {"pairs", s.pairs}};
  if (s.equal_pairs > 0) out["equal_pairs"] = s.equal_pairs;
  const auto add = [&](const char* name, const std::optional<limn::Estimate>& e) {
    if (e)
      out[name] = {
          {"value", e->value}, {"error", e->error}, {"low", e->low()}, {"high", e->high()}};
  };
  add("kid", s.kid), add("fid", s.fid), add("l1", s.l1), add("psnr", s.psnr), add("ssim", s.ssim);
  return out;
}

/// What is printed and written.
class Report {
 public:
  explicit Report(const Command& c) : command_(c), line_(stdout) {}

  [[nodiscard]] limn::EvaluationProgress progress() {
    return [this](const std::string& what, Index done, Index all) {
      line_.update(what + " " + std::to_string(done) + "/" + std::to_string(all),
                   done == all || done % 100 == 0);
    };
  }
  void skip(const std::string& what) {
    line_.close();
    std::cerr << "ugatit-evaluate: " << what << '\n';
    ++skipped_;
  }
  void features(const std::string& name) { json_["features"] = name; }
  void settings(Index size) {
    json_["size"] = size;
    json_["fit"] = to_string(command_.options.fit);
    json_["ssim"] = command_.ssim;
  }
  void add(const std::string& name, const PictureScores& s) {
    line_.close();
    line_.message(
        name + ": " + std::to_string(s.fake) + " pictures against " + std::to_string(s.real) +
        (s.pairs > 0 ? ", " + std::to_string(s.pairs) + " pairs of a name" : "") +
        (s.equal_pairs > 0 ? ", " + std::to_string(s.equal_pairs) + " of them equal (not in PSNR)"
                           : ""));
    if (!s.kid)
      line_.message("  no KID and FID: they need 3 pictures on either side, better hundreds");
    const std::string text = text_of(s);
    if (!text.empty()) line_.message(text.substr(0, text.size() - 1));
    json_["results"][name] = json_of(s);
    empty_ = empty_ && s.values().empty();
  }
  /// The exit code.
  [[nodiscard]] int finish() {
    line_.message(
        "features: " + json_["features"].get<std::string>() +
        (command_.features_fake.empty() ? "; not comparable with published KID and FID" : ""));
    if (!command_.json.empty()) {
      // of features that somebody brings we cannot know
      if (command_.features_fake.empty()) json_["comparable_with_published"] = false;
      json_["skipped"] = skipped_;
      const std::string text = json_.dump(2) + "\n";
      limn::write_file(command_.json, text.data(), static_cast<Index>(text.size()), false);
    }
    if (empty_) throw limn::IoError("there was nothing to compare: no score could be computed");
    return skipped_ > 0 ? example::failed : example::done;
  }

 private:
  const Command& command_;
  limn::ProgressLine line_;
  nlohmann::json json_;
  Index skipped_ = 0;
  bool empty_ = true;
};

/// The translations of a model, and beside them its inputs as they are.
void evaluate_model(const Command& c, limn::EvaluationOptions options,
                    const limn::PictureFeatures& features, Report& report) {
  const limn::ugatit::ModelFile model(c.model);
  auto direction = c.direction;
  if (!direction && model.training) direction = limn::ugatit::Direction::a2b;
  limn::Translator translator =
      c.choice.cuda()
          ? limn::Translator(example::cuda_generators(c.translator.precision, c.translator.maths),
                             c.model, direction)
          : limn::Translator(c.model, direction, c.translator);
  const bool forth = translator.direction() == limn::ugatit::Direction::a2b;
  const limn::ImageFolder inputs(c.data / (forth ? "testA" : "testB"));
  if (options.size == 0) options.size = translator.size();
  report.settings(options.size);
  limn::Evaluation evaluation(limn::ImageFolder(c.data / (forth ? "testB" : "testA")), options,
                              features, [&](const std::string& what) { report.skip(what); });
  report.add("translations", evaluation.score(
                                 inputs.names(),
                                 [&](Index i) {
                                   return translator.translate(limn::read_picture(inputs.path(i)),
                                                               options.fit);
                                 },
                                 report.progress()));
  report.add("inputs as they are", limn::score_folder(evaluation, inputs, report.progress()));
}

int evaluate(const Command& c) {
  Report report(c);
  if (!c.features_fake.empty()) {
    report.features(c.features_fake.string());
    report.add("features", limn::score_features(limn::read_features(c.features_real),
                                                limn::read_features(c.features_fake),
                                                c.options.fid_parts, report.progress()));
    return report.finish();
  }
  const auto extractor = c.network.empty() ? std::make_shared<limn::FeatureExtractor>()
                                           : std::make_shared<limn::FeatureExtractor>(c.network);
  report.features(extractor->name());
  const limn::PictureFeatures features = [extractor](const limn::Picture& picture) {
    return (*extractor)(picture);
  };
  limn::EvaluationOptions options = c.options;
  if (!c.model.empty()) {
    evaluate_model(c, options, features, report);
    return report.finish();
  }
  if (options.size == 0) options.size = 128;
  report.settings(options.size);
  limn::Evaluation evaluation(limn::ImageFolder(c.real), options, features,
                              [&](const std::string& what) { report.skip(what); });
  report.add("pictures",
             limn::score_folder(evaluation, limn::ImageFolder(c.fake), report.progress()));
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  return example::guarded_main("ugatit-evaluate", [&]() -> int {
    Command command;
    return read(command, argc, argv) ? evaluate(command) : example::done;
  });
}
