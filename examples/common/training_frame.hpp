// SPDX-License-Identifier: MIT
// The program around a model of one's own: command line, folders, progress, Ctrl-C, --resume,
// --plan. What a model is: limn/train/model_training.hpp.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "guarded_main.hpp"
#include "interrupt.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/train/model_run.hpp"
#include "training_progress.hpp"

namespace example {

/// A trained model's surroundings.
struct Trained {
  limn::Cpu& device;
  limn::Shape batch;  ///< of its DataSource
  std::filesystem::path data, out;
  limn::Messages say;
};

/// What a program says of itself, where its pictures come from, and how it translates test pictures
/// when the training has done its steps, if it does.
template <class Model>
struct Program {
  const char* name;
  const char* description;
  std::function<limn::DataSource(const std::filesystem::path& data,
                                 const limn::ModelOptions<Model>&, const limn::Messages&)>
      source;
  std::function<void(Model&, const Trained&)> translate{};
};

/// Sources: DATA/trainA and DATA/trainB; the folder DATA.
inline constexpr auto two_folders = [](const auto& data, const auto& o, const auto& say) {
  return limn::unpaired_folders(data, o.size, o.batch, o.fit, say);
};
inline constexpr auto one_folder = [](const auto& data, const auto& o, const auto& say) {
  return limn::picture_folder(data, o.size, o.batch, o.fit, say);
};

namespace detail {

struct Command {
  limn::RunFolder place;
  limn::GivenOptions given;
  std::int64_t stop_after = 0;
  int threads = 0;
  bool resume = false, plan = false, translate = false;
};

/// False if only help was asked for. `translates`: whether the program does.
template <class Options>
bool read(CLI::App& app, Command& c, Options& options, bool translates, int argc, char** argv) {
  app.add_option("--data", c.place.data, "folder of the pictures")->required();
  app.add_option("--out", c.place.out, "folder of the run");
  limn::for_each_option(options, [&](const std::string& name, auto& value, limn::OptionRange range,
                                     const std::string& help) {
    app.add_option_function<std::string>(
           "--" + name,
           [&c, &value, name, range](const std::string& text) {
             limn::parse_option("--" + name, text, range, value);
             c.given[name] = text;
           },
           help)
        ->default_str(limn::option_text(value))
        ->type_name("");
  });
  const auto count = [&](const char* name, auto& value, std::int64_t low, const char* help) {
    app.add_option(name, value, help)
        ->check(CLI::Range(low, std::int64_t{1} << 40))
        ->capture_default_str()
        ->type_name("");
  };
  app.add_option("--threads", c.threads, "0: all processors; changes no result")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->type_name("");
  count("--log-every", c.place.log_every, 0, "steps between lines of log.csv; 0: none");
  count("--sheet-every", c.place.sheet_every, 0, "steps between sheets; 0: none");
  count("--save-every", c.place.save_every, 0, "steps between checkpoints; 0: at the end only");
  count("--keep", c.place.keep, 1, "checkpoints that are kept");
  count("--stop-after", c.stop_after, 0, "stop after this step; --resume goes on; 0: at the end");
  app.add_option_function<std::string>(
         "--on-problem",
         [&c](const std::string& text) { c.place.on_problem = limn::parse_on_problem(text); },
         "what problems that cannot heal do: warn, stop or rollback")
      ->default_str("warn")
      ->type_name("");
  app.add_flag("--tensorboard", c.place.tensorboard, "also write OUT/tensorboard");
  app.add_flag("--resume", c.resume, "go on with the run in OUT, with its options");
  app.add_flag("--plan", c.plan, "only print memory and work of such a training");
  if (translates)
    app.add_flag("--translate", c.translate, "only translate, with the newest checkpoint in OUT")
        ->excludes("--plan", "--resume", "--stop-after", "--log-every", "--sheet-every",
                   "--save-every", "--keep", "--on-problem", "--tensorboard");
  if (!parse(app, argc, argv)) return false;
  if (c.place.out.empty() && (!c.plan || c.resume))
    throw limn::UsageError("--out is missing: the folder of the run");
  options.check();
  return true;
}

/// Trains and says how it goes; `finish(trained)` follows the last step.
template <class Finish>
int train(const char* program, const limn::RunModel& model, const Command& c,
          limn::ProgressLine& line, const Interrupt& interrupt,
          const limn::SafetensorsFile* checkpoint, Finish&& finish) {
  TrainingProgress progress(line, c.place.log_every, [](const limn::StepReport& report) {
    std::string text;
    for (const auto& name : report.names)
      if (name.ends_with("_loss")) text += "  " + name + " " + limn::text_of(report.loss(name), 4);
    return text;
  });
  const auto trainer = limn::open_model_run(model, c.place, progress.events(), checkpoint);
  const std::string out = c.place.out.string();
  const int code = progress.run(
      *trainer, c.stop_after, interrupt, out,
      std::string(program) + " --data " + c.place.data.string() + " --out " + out + " --resume");
  if (trainer->finished()) finish(trainer->model());
  return code;
}

}  // namespace detail

/// main of a program that trains Model, in float on the CPU.
template <class Model>
int run_training(const Program<Model>& program, int argc, char** argv) {
  return guarded_main(program.name, [&]() -> int {
    detail::Command c;
    limn::ModelOptions<Model> options;
    CLI::App app(program.description, program.name);
    const bool translates = static_cast<bool>(program.translate);
    if (!detail::read(app, c, options, translates, argc, argv)) return done;
    const Interrupt interrupt;  // before anything that has threads
    limn::ProgressLine line(stdout);
    const limn::Messages say = [&line](const std::string& text) { line.message(text); };
    std::optional<limn::SafetensorsFile> checkpoint;
    if (c.resume || c.translate) {
      checkpoint =
          limn::model_checkpoint(c.place.out, std::string(Model::title) + " training", say);
      const auto step = limn::checkpoint_step(*checkpoint);
      options = limn::resumed_options<limn::ModelOptions<Model>>(*checkpoint, c.given, step);
      if (step >= options.steps && c.resume && !c.plan) {
        line.message(finished_text(c.place.out.string()));
        return done;
      }
    }
    const limn::OpenModelDevice<limn::Cpu> open = [&c](const limn::TrainingOptions& o, bool dry) {
      return std::make_unique<limn::Cpu>(
          limn::CpuOptions{.threads = c.threads, .dry = dry, .maths = o.maths});
    };
    const auto model =
        limn::model_to_run<Model, float>(options, program.source(c.place.data, options, say), open);
    if (c.plan) {
      std::cout << to_text(model.plan) << std::flush;
      return done;
    }
    const auto finish = [&](limn::Trainable& trained) {
      auto& training = dynamic_cast<limn::ModelTraining<Model, limn::Cpu, float>&>(trained);
      if (translates)
        program.translate(training.model(),
                          {training.device(), model.source.batch, c.place.data, c.place.out, say});
    };
    if (c.translate) {
      finish(*limn::trained_model(model, *checkpoint));
      return done;
    }
    return detail::train(program.name, model, c, line, interrupt,
                         checkpoint ? &*checkpoint : nullptr, finish);
  });
}

}  // namespace example
