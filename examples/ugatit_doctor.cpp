// SPDX-License-Identifier: MIT
// ugatit-doctor: looks at a data set before anything is trained with it.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>

#include "common/guarded_main.hpp"
#include "limn/data/data_report.hpp"
#include "limn/data/data_report_json.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/train/progress.hpp"

namespace {

constexpr const char* description =
    "Looks at a data set before training: pictures that cannot be read, that repeat, that stand\n"
    "apart, that are too small or too few, and what training makes of them.\n\n"
    "  ugatit-doctor --size 128 --montage strange.png selfie2anime\n\n"
    "Exit code 0: these data can be trained with; 1: training would fail or make no sense.";

struct Command {
  std::filesystem::path data, json, montage;
  limn::DataFindingOptions options;
  int threads = 0;
};

/// False if only help was asked for.
bool read(Command& c, int argc, char** argv) {
  CLI::App app(description, "ugatit-doctor");
  app.add_option("DATA", c.data, "folder with trainA, trainB, testA, testB")->required();
  app.add_option("--size", c.options.size, "side of the squares that will be trained with")
      ->check(CLI::Range(16, 65536))
      ->capture_default_str()
      ->type_name("");
  app.add_option_function<std::string>(
         "--fit", [&](const std::string& text) { c.options.fit = limn::parse_fit(text); },
         "how pictures will become square: squash, pad or crop")
      ->default_str("squash")
      ->type_name("");
  app.add_option("--json", c.json, "also write what was found to this file, for programs");
  app.add_option("--montage", c.montage,
                 "also draw the pictures that stand apart into this file (.png); none: no file");
  app.add_option("--threads", c.threads, "0: all processors, at most 8; changes no result")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->type_name("");
  return example::parse(app, argc, argv);
}

int run(const Command& c) {
  limn::InspectOptions how;
  how.threads = c.threads;
  limn::Inspection data;
  {
    limn::ProgressLine line(stderr);
    how.on_progress = [&](limn::Index done, limn::Index all) {
      if (line.terminal())
        line.update(limn::bar_text(done, all) + " " + std::to_string(done) + "/" +
                        std::to_string(all) + " pictures",
                    done == all);
    };
    data = limn::inspect_data(c.data, how);
  }
  const auto found = limn::find_in_data(data, c.options);
  std::cout << to_text(data, found);
  if (!c.json.empty()) {
    const std::string json = to_json(data, found);
    limn::write_file(c.json, json.data(), static_cast<limn::Index>(json.size()));
  }
  if (!c.montage.empty() && !found.apart.empty()) {
    limn::write_picture(c.montage, draw_apart(data, found));
    std::cout << "montage " << c.montage.string() << "\n";
  }
  return found.trainable() ? example::done : example::failed;
}

}  // namespace

int main(int argc, char** argv) {
  return example::guarded_main("ugatit-doctor", [&]() -> int {
    Command command;
    return read(command, argc, argv) ? run(command) : example::done;
  });
}
