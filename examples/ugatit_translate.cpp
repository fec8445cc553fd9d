// SPDX-License-Identifier: MIT
// ugatit-translate: pictures and folders of pictures, through a trained generator.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/cuda_translating.hpp"
#include "common/device_choice.hpp"
#include "common/guarded_main.hpp"
#include "common/picture_jobs.hpp"
#include "limn/train/progress.hpp"
#include "limn/translate.hpp"

namespace {

namespace fs = std::filesystem;

constexpr const char* description =
    "Translates pictures with a trained U-GAT-IT: files, and folders with their subfolders. Names\n"
    "and extents stay.\n\n"
    "  ugatit-translate --model runs/anime --direction A2B --out cartoons me.jpg holidays/\n\n"
    "A picture that cannot be translated is reported and skipped; the exit code then is 1.";

struct Command {
  fs::path model, out;
  std::optional<limn::ugatit::Direction> direction;
  limn::Fit fit = limn::Fit::squash;
  limn::TranslatorOptions options;
  example::DeviceChoice choice;
  bool heatmap = false;
  std::vector<fs::path> inputs;
};

/// False if only help was asked for.
bool read(Command& c, int argc, char** argv) {
  CLI::App app(description, "ugatit-translate");
  app.add_option("--model", c.model, "a run's folder, or a file of ugatit-export")->required();
  app.add_option_function<std::string>(
         "--direction",
         [&](const std::string& text) { c.direction = limn::ugatit::parse_direction(text); },
         "A2B or B2A; an exported file knows its own")
      ->type_name("");
  app.add_option("--out", c.out, "folder for the translations")->required();
  app.add_option_function<std::string>(
         "--fit", [&](const std::string& text) { c.fit = limn::parse_fit(text); },
         "how pictures become square for the network: squash, pad or crop")
      ->default_str("squash")
      ->type_name("");
  app.add_option_function<std::string>(
         "--weights",
         [&](const std::string& text) { c.options.weights = limn::ugatit::parse_weights(text); },
         "averaged: over the last steps of the run; last: of its last step; unless given, averaged "
         "ones where there are any")
      ->type_name("");
  app.add_flag("--heatmap", c.heatmap, "also write OUT/heatmaps: where the attention was");
  example::add_device_options(app, c.choice);
  app.add_option(
         "--precision", c.choice.precision,
         "fp32, fp64 or bf16, whatever the training was computed in; on cuda tf32, which is "
         "the default there, fp32 or bf16")
      ->default_str("fp32")
      ->type_name("");
  app.add_option_function<std::string>(
         "--maths", [&](const std::string& text) { c.choice.maths = limn::parse_maths(text); },
         "fast: also algorithms that are exact but round more; strict: only sums as defined, "
         "as fp64 always; split: as fast, and fp32 multiplied as three products of bfloat16, "
         "which pays on processors with matrix tiles (AMX)")
      ->default_str("fast")
      ->type_name("");
  app.add_option("INPUT", c.inputs, "pictures and folders")->required();
  if (!example::parse(app, argc, argv)) return false;
  c.options.threads = c.choice.threads;
  const example::Computing computing = example::computing(c.choice);
  c.options.precision = computing.precision.value_or(c.options.precision);
  c.options.maths = computing.maths.value_or(c.options.maths);
  return true;
}

void translate(limn::Translator& translator, const Command& c, const fs::path& name,
               const limn::Picture& input) {
  if (!c.heatmap) {
    example::write_below(c.out, name, translator.translate(input, c.fit));
    return;
  }
  const auto result = translator.translate_with_heatmap(input, c.fit);
  example::write_below(c.out, name, result.translation);
  example::write_below(c.out / "heatmaps", name, result.heatmap);
}

int run(const Command& c) {
  limn::ProgressLine line(stdout);
  std::size_t translated = 0, skipped = 0;
  const auto skip = [&](const std::string& what) {
    line.close();
    std::cerr << "ugatit-translate: " << what << "; skipped\n";
    ++skipped;
  };
  limn::Translator translator =
      c.choice.cuda()
          ? limn::Translator(example::cuda_generators(c.options.precision, c.options.maths),
                             c.model, c.direction, c.options.weights)
          : limn::Translator(c.model, c.direction, c.options);
  const auto jobs = example::picture_jobs(c.inputs, c.out, skip);
  for (const auto& [path, name] : jobs) {
    limn::Picture input;
    try {
      input = limn::read_picture(path);
    } catch (const limn::IoError& bad) {
      skip(bad.what());
      continue;
    }
    translate(translator, c, name, input);
    line.update(
        std::to_string(++translated) + "/" + std::to_string(jobs.size()) + "  " + name.string(),
        true);
  }
  line.close();
  line.message(std::to_string(translated) + (translated == 1 ? " picture" : " pictures") + " in " +
               c.out.string() + (skipped > 0 ? ", " + std::to_string(skipped) + " skipped" : ""));
  return skipped > 0 ? example::failed : example::done;
}

}  // namespace

int main(int argc, char** argv) {
  return example::guarded_main("ugatit-translate", [&]() -> int {
    Command command;
    return read(command, argc, argv) ? run(command) : example::done;
  });
}
