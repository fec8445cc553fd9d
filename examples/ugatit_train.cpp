// SPDX-License-Identifier: MIT
// ugatit-train: trains U-GAT-IT on two folders of pictures.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include "common/cuda_training.hpp"
#include "common/device_choice.hpp"
#include "common/flat_config.hpp"
#include "common/guarded_main.hpp"
#include "common/interrupt.hpp"
#include "common/test_scores.hpp"
#include "common/training_progress.hpp"
#include "limn/models/ugatit/outlook.hpp"
#include "limn/models/ugatit/proposals.hpp"
#include "limn/models/ugatit/run.hpp"
#include "limn/models/ugatit/run_cpu.hpp"

namespace {

namespace ugatit = limn::ugatit;

constexpr const char* description =
    "Trains U-GAT-IT: learns to turn pictures of one kind (A) into another (B) and back, from two\n"
    "folders of pictures that need not be pairs.\n\n"
    "  ugatit-train --data selfie2anime --out runs/anime --variant light --size 128\n\n"
    "DATA has the folders trainA and trainB, and testA and testB for the sample sheets. OUT gets\n"
    "report.html, log.csv, sheets/*.png and latest.safetensors. Ctrl-C saves and stops; --resume\n"
    "goes on, also after a crash. --plan tells beforehand how much memory, time and disk that "
    "needs.";

constexpr const char* precision_help =
    "fp32, fp64, or bf16: faster, with float weights and losses; on cuda tf32 (float, multiplied "
    "as TF32) unless told fp32 or bf16";

struct Command {
  ugatit::RunOptions options;
  ugatit::RunPlace place;
  ugatit::GivenOptions given;
  example::DeviceChoice choice;
  std::string card;
  std::string init;  ///< a run or a file
  std::int64_t stop_after = 0;
  double memory = 0;     // GB; 0: what the device has
  bool best_by = false;  ///< given
  bool resume = false, plan = false;
};

/// Options that mean different things on different devices.
void choose_device(Command& c) {
  const auto take = [&c](const char* name, const auto& value) {
    if (!value) return;
    c.given[name] = to_string(*value);
    ugatit::set_option(c.options, name, c.given[name]);
  };
  const example::Computing computing = example::computing(c.choice);
  take("precision", computing.precision);
  take("maths", computing.maths);
  if (!c.card.empty() && !(c.plan && c.choice.cuda()))
    throw limn::UsageError(
        "--card is for --plan with --device cuda: it plans for a card that need not be there");
}

/// Generators that retouch would do nothing under the published weights: docs/training.md.
void use_what_retouches(Command& c) {
  for (const auto& [name, text] : {std::pair{"lambda-cycle", "4"},
                                   {"lambda-identity", "4"},
                                   {"lr", "0.00001"},
                                   {"critic-lr", "10"}})
    if (!c.given.contains(name)) ugatit::set_option(c.options, name, text);
}

/// False if only help was asked for.
bool read(Command& c, int argc, char** argv) {
  CLI::App app(description, "ugatit-train");
  app.set_config("--config", "", "file with options, a line each: size = 128");
  app.config_formatter(std::make_shared<example::FlatConfig>());
  app.allow_config_extras(false);
  app.add_option("--data", c.place.data, "folder with trainA, trainB, testA, testB");
  app.add_option("--out", c.place.out, "folder of the run");
  ugatit::for_each_option(c.options, [&](const std::string& name, auto& value,
                                         ugatit::OptionRange range, const std::string& help) {
    if (help.empty()) return;
    app.add_option_function<std::string>(
           "--" + name,
           [&c, &value, name, range](const std::string& text) {
             if (name == "precision") {
               c.choice.precision = text;
               return;
             }
             ugatit::parse_option("--" + name, text, range, value);
             c.given[name] = text;
             if (name == "maths") c.choice.maths = limn::parse_maths(text);
           },
           name == "precision" ? precision_help : help)
        ->default_str(ugatit::option_text(value))
        ->type_name("");
  });
  const auto count = [&](const char* name, auto& value, const char* help) {
    app.add_option(name, value, help)
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
        ->capture_default_str()
        ->type_name("");
  };
  example::add_device_options(app, c.choice);
  app.add_option("--card", c.card,
                 "with --plan --device cuda: for this card, which need not be there: h100, a100, "
                 "rtx4090, b200, or a file with a card's properties")
      ->type_name("");
  count("--log-every", c.place.log_every, "steps between lines of log.csv; 0: none");
  count("--sheet-every", c.place.sheet_every, "steps between sample sheets; 0: none");
  count("--save-every", c.place.save_every, "steps between checkpoints; 0: at the end only");
  app.add_option("--keep", c.place.keep,
                 "checkpoints that are kept, the newest counted, the best one not")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->capture_default_str()
      ->type_name("");
  count("--evaluate-every", c.place.evaluate_every,
        "steps between scores of testA, translated, against testB; 0: none");
  app.add_option_function<std::string>(
         "--best-by",
         [&](const std::string& text) {
           c.place.best_by = limn::parse_best_by(text);
           c.best_by = true;
         },
         "the score by which best.safetensors is kept: kid, or, where the names of test pictures "
         "pair up, ssim or l1")
      ->default_str("kid")
      ->type_name("");
  app.add_option_function<std::string>(
         "--on-problem",
         [&c](const std::string& text) { c.place.on_problem = limn::parse_on_problem(text); },
         "what problems that cannot heal do: warn, stop (save what is sound, and end), or rollback "
         "(to the last checkpoint, with half the learning rate and other pictures; 3 times at "
         "most)")
      ->default_str("warn")
      ->type_name("");
  app.add_option("--stop-after", c.stop_after, "stop after this step; --resume goes on")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->type_name("");
  app.add_option("--init", c.init,
                 "begin with the weights of a run or an exported generator, also of another size "
                 "or variant: what fits is taken")
      ->type_name("");
  app.add_flag("--tensorboard", c.place.tensorboard,
               "also write OUT/tensorboard, for tensorboard --logdir OUT");
  app.add_flag("--resume", c.resume, "go on with the run in OUT, with its options");
  app.add_flag("--plan", c.plan,
               "only print memory, work, time and disk of such a training; computes up to three "
               "steps to see how long they take, where the memory is there");
  app.add_option("--memory", c.memory,
                 "with --plan: GB that there are, instead of the device's; options that fit are "
                 "proposed where these do not")
      ->check(CLI::Range(1e-9, 1e9))
      ->type_name("");
  if (!example::parse(app, argc, argv)) return false;

  choose_device(c);
  if (c.options.model.residual && !c.resume) use_what_retouches(c);
  if (c.memory > 0 && !c.plan)
    throw limn::UsageError("--memory is for --plan: a training takes what its plan says");
  if (c.given.contains("pool") && !c.resume && c.options.model.variant != ugatit::Variant::pooled)
    throw limn::UsageError("--pool contradicts --variant " +
                           std::string(to_string(c.options.model.variant)) +
                           ": only the pooled variant has a pool");
  if (c.given.contains("lambda-penalty") && !c.resume &&
      !ugatit::penalizes(c.options.train.gan_type))
    throw limn::UsageError("--lambda-penalty contradicts --gan-type " +
                           std::string(to_string(c.options.train.gan_type)) +
                           ": only wgan-gp, wgan-lp, dragan and r1 have a gradient penalty");
  if (!c.resume && !c.options.model.spectral_norm && c.given.contains("compat") &&
      ugatit::names_difference(c.given["compat"], "spectral-epsilon"))
    throw limn::UsageError(
        "--compat spectral-epsilon contradicts --spectral-norm off: it is about the power "
        "iterations of spectral normalization, and there are none");
  if (!c.init.empty() && (c.resume || c.plan))
    throw limn::UsageError("--init is for the beginning of a training: leave it out with " +
                           std::string(c.resume ? "--resume, which goes on with the run's weights"
                                                : "--plan, which it does not change"));
  if (c.best_by && c.place.evaluate_every == 0)
    throw limn::UsageError("--best-by needs --evaluate-every: nothing is scored without it");
  if (c.place.evaluate_every > 0) c.place.scorer = example::test_scores();
  if (c.place.out.empty() && (!c.plan || c.resume))
    throw limn::UsageError("--out is missing: the folder of the run");
  if (c.place.data.empty() && !c.plan)
    throw limn::UsageError("--data is missing: a folder with trainA and trainB");
  c.place.device = c.choice.cuda() ? example::cuda_run_device(c.card)
                                   : ugatit::cpu_run_device({.threads = c.choice.threads});
  return true;
}

/// Time of a step where one can be computed now, or why not.
std::string time_text(const Command& c, const ugatit::RunOptions& options, const ugatit::Plan& plan,
                      std::uint64_t available) {
  if (!c.card.empty()) return "time per step unknown: planned for a card that need not be there\n";
  if (plan.peak > available) return "time per step unknown: there is no memory to compute one\n";
  try {
    return to_text(ugatit::measure_step(*c.place.device, options), options.train.steps);
  } catch (const limn::DeviceError& error) {
    return std::string("time per step unknown: ") + error.what() + "\n";
  }
}

int plan(const Command& c) {
  const auto options =
      c.resume ? ugatit::resumed_options(ugatit::ModelFile(c.place.out), c.given).options
               : c.options;
  const auto& device = *c.place.device;
  const ugatit::Plan plan = plan_run(options, c.place);
  const ugatit::Capacity capacity = device.capacity();
  const auto memory = c.memory > 0 ? static_cast<std::uint64_t>(c.memory * 1e9) : capacity.bytes;
  std::string more = to_text(ugatit::disk_need(plan, options, c.place.keep, c.place.sheet_every));
  more += time_text(c, options, plan,
                    std::min(memory, capacity.free > 0 ? capacity.free : capacity.bytes));
  if (plan.peak > memory)
    more += "this needs more than the " + std::to_string(memory) + " bytes of " +
            (c.memory > 0 ? "--memory" : capacity.owner) + "; what fits, the nearest first:\n" +
            to_text(ugatit::proposals(options, memory,
                                      [&](const auto& other) { return plan_run(other, c.place); }));
  std::cout << to_text(plan, more) << std::flush;
  return example::done;
}

/// The command that goes on with a run: what a checkpoint does not know must be said again.
std::string resuming(const Command& c) {
  const ugatit::RunPlace usual;
  std::string text = "ugatit-train --data " + c.place.data.string() + " --out " +
                     c.place.out.string() + " --resume" + (c.choice.cuda() ? " --device cuda" : "");
  const auto add = [&text](const char* name, const auto& value, const auto& default_value) {
    if (value != default_value) text += std::string(" --") + name + " " + std::to_string(value);
  };
  add("keep", c.place.keep, usual.keep);
  add("save-every", c.place.save_every, usual.save_every);
  add("sheet-every", c.place.sheet_every, usual.sheet_every);
  add("log-every", c.place.log_every, usual.log_every);
  add("evaluate-every", c.place.evaluate_every, usual.evaluate_every);
  if (c.best_by) text += std::string(" --best-by ") + to_string(c.place.best_by);
  if (c.place.tensorboard) text += " --tensorboard";
  if (c.place.on_problem != limn::OnProblem::warn)
    text += std::string(" --on-problem ") + to_string(c.place.on_problem);
  return text;
}

int train(const Command& c) {
  const example::Interrupt interrupt;  // before anything that has threads
  limn::ProgressLine line(stdout);
  const std::string out = c.place.out.string();
  const std::string again = resuming(c);
  if (c.resume && ugatit::run_is_finished(c.place.out, c.given)) {
    line.message(example::finished_text(out));
    return example::done;
  }

  example::TrainingProgress progress(line, c.place.log_every, [](const limn::StepReport& report) {
    return "  d_loss " + limn::text_of(report.loss("D_loss"), 4) + "  g_loss " +
           limn::text_of(report.loss("G_loss"), 4);
  });
  const auto trainer = c.resume ? ugatit::resume_run(c.place, c.given, progress.events())
                                : ugatit::start_run(c.options, c.place, progress.events(), c.init);
  return progress.run(*trainer, c.stop_after, interrupt, out, again);
}

}  // namespace

int main(int argc, char** argv) {
  return example::guarded_main("ugatit-train", [&]() -> int {
    Command command;
    if (!read(command, argc, argv)) return example::done;
    return command.plan ? plan(command) : train(command);
  });
}
