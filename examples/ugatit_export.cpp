// SPDX-License-Identifier: MIT
// ugatit-export: takes one generator out of a run.
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "common/guarded_main.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/translator.hpp"

int main(int argc, char** argv) {
  return example::guarded_main("ugatit-export", [&]() -> int {
    namespace ugatit = limn::ugatit;
    std::filesystem::path model, file;
    std::string direction;
    std::optional<ugatit::Weights> weights;
    CLI::App app(
        "Writes one generator of a run into a file of its own, weights alone in float32, for\n"
        "ugatit-translate and for programs that embed it.\n\n"
        "  ugatit-export --model runs/anime --direction A2B anime.safetensors",
        "ugatit-export");
    app.add_option("--model", model, "a run's folder, or its checkpoint")->required();
    app.add_option("--direction", direction, "A2B or B2A")->required();
    app.add_option_function<std::string>(
           "--weights", [&](const std::string& text) { weights = ugatit::parse_weights(text); },
           "averaged: over the last steps of the run; last: of its last step; unless given, "
           "averaged ones where there are any")
        ->type_name("");
    app.add_option("FILE", file, "the file to write")->required();
    if (!example::parse(app, argc, argv)) return example::done;

    const ugatit::ModelFile run(model, weights);
    limn::Cpu device({.threads = 1});
    ugatit::export_generator(device, run, ugatit::parse_direction(direction), file);
    std::cout << file.string() << ": " << direction << ", " << to_string(run.weights)
              << " weights, " << std::filesystem::file_size(file) << " bytes\n";
    return example::done;
  });
}
