// SPDX-License-Identifier: MIT
// limn-plans: has cuDNN a plan for every convolution of U-GAT-IT on a card? Needs cuDNN and no
// card.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "limn/cuda/card.hpp"
#include "limn/cuda/cards.hpp"
#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/cudnn_plans.hpp"
#include "model_convolutions.hpp"

namespace {

using namespace limn;

enum class Precision { tf32, bf16, fp32 };

[[nodiscard]] const char* to_string(Precision p) {
  return p == Precision::tf32 ? "tf32" : p == Precision::bf16 ? "bf16" : "fp32";
}

/// What a card was asked for, and what came of it.
struct Summary {
  std::size_t convolutions = 0, planned = 0, first_choice = 0, tensor_cores = 0;
  std::size_t most_workspace = 0;
  double milliseconds = 0;
  std::map<std::string, int> engines;
};

class Table {
 public:
  Table(std::string card, std::size_t most_workspace, bool quiet)
      : card_(std::move(card)),
        most_workspace_(most_workspace),
        quiet_(quiet),
        plans_(gpu::find_card(card_).json) {}

  /// One line for a convolution that was not met before: the first of its problems that has a plan.
  void add(const limn_test::NamedCall& named, Maths maths) {
    const auto& [name, call] = named;
    const auto problems =
        gpu::conv_problems(call.direction, call.type, maths, call.geometry, call.x, call.w);
    if (problems.empty() || !met_.try_emplace(problems.front(), true).second) return;
    ++summary_.convolutions;
    const Precision precision = call.type == gpu::ConvType::bf16 ? Precision::bf16
                                : maths == Maths::fast           ? Precision::tf32
                                                                 : Precision::fp32;
    for (const gpu::ConvProblem& problem : problems) {
      const gpu::CudnnPlanResult& result = plans_.find(problem);
      if (!result.plan || result.plan->workspace > most_workspace_) continue;
      count(*result.plan, problem == problems.front());
      if (!quiet_)
        std::printf("%-8s %-36s x %-17s w %-17s y %-18s %-7s %s %s %10zu B %7.1f ms  %s\n",
                    card_.c_str(), name.c_str(), limn::to_string(problem.x).c_str(),
                    limn::to_string(problem.weights()).c_str(), limn::to_string(problem.y).c_str(),
                    gpu::to_string(call.direction), to_string(precision),
                    result.plan->tensor_cores ? "tensor" : "-     ", result.plan->workspace,
                    result.plan->build_ms, result.plan->engine.c_str());
      return;
    }
    std::printf("%s: NO PLAN for %s: x %s, weights %s, %s, %s: %s\n", card_.c_str(), name.c_str(),
                limn::to_string(call.x).c_str(), limn::to_string(call.w).c_str(),
                gpu::to_string(call.direction), to_string(precision),
                why_not(problems.front()).c_str());
  }

  void print() const {
    std::string engines;
    for (const auto& [engine, times] : summary_.engines)
      engines += " " + engine + " (" + std::to_string(times) + ")";
    std::printf(
        "%s: cuDNN %s, %zu on tensor cores, %zu of the first choice of form, most workspace "
        "%zu B, plans built in %.1f s; engines%s\n",
        card_.c_str(), plans_.version().c_str(), summary_.tensor_cores, summary_.first_choice,
        summary_.most_workspace, summary_.milliseconds / 1000, engines.c_str());
  }
  [[nodiscard]] const Summary& summary() const { return summary_; }

 private:
  [[nodiscard]] std::string why_not(const gpu::ConvProblem& problem) {
    const gpu::CudnnPlanResult& result = plans_.find(problem);
    if (!result.plan) return result.why;
    return "the best form needs a workspace of " + std::to_string(result.plan->workspace) +
           " bytes";
  }
  void count(const gpu::CudnnPlan& plan, bool first) {
    ++summary_.planned;
    summary_.first_choice += first;
    summary_.tensor_cores += plan.tensor_cores;
    summary_.most_workspace = std::max(summary_.most_workspace, plan.workspace);
    summary_.milliseconds += plan.build_ms;
    ++summary_.engines[plan.engine.substr(0, plan.engine.find(':'))];
  }

  std::string card_;
  std::size_t most_workspace_;
  bool quiet_;
  gpu::CudnnPlans plans_;
  std::unordered_map<gpu::ConvProblem, bool, gpu::ConvProblemHash> met_;
  Summary summary_;
};

/// Every convolution of a training step in a precision, each in all three directions.
void add_model(Table& table, const ugatit::ModelOptions& options, Index batch,
               Precision precision) {
  const auto calls = precision == Precision::bf16
                         ? limn_test::convolutions_of_step<bfloat16>(options, batch)
                         : limn_test::convolutions_of_step<float>(options, batch);
  for (limn_test::NamedCall named : calls)
    for (const auto direction : {gpu::ConvDirection::forward, gpu::ConvDirection::backward_data,
                                 gpu::ConvDirection::backward_weights}) {
      named.call.direction = direction;
      table.add(named, precision == Precision::fp32 ? Maths::strict : Maths::fast);
    }
}

int run(CLI::App& app, int argc, char** argv) {
  std::vector<std::string> cards, variants{"full", "light", "pooled"}, precisions{"tf32", "bf16"};
  for (const gpu::Card& known : gpu::known_cards) cards.emplace_back(known.name);
  std::vector<Index> sizes{256, 128}, batches{1, 4, 8};
  std::size_t most_workspace = std::numeric_limits<std::size_t>::max();
  bool quiet = false;
  app.add_option("--card", cards, "a card's name, or a file with its properties as cuDNN has them")
      ->capture_default_str();
  app.add_option("--variant", variants, "of the model")->capture_default_str();
  app.add_option("--precision", precisions, "tf32, bf16, fp32 (without tensor cores)")
      ->check(CLI::IsMember({"tf32", "bf16", "fp32"}))
      ->capture_default_str();
  app.add_option("--size", sizes, "of the pictures")->capture_default_str();
  app.add_option("--batch", batches, "pictures of each domain per step")->capture_default_str();
  app.add_option("--most-workspace", most_workspace, "a plan that needs more bytes counts as none");
  app.add_flag("--quiet", quiet, "the summaries and what is missing only");
  app.parse(argc, argv);

  std::size_t convolutions = 0, planned = 0;
  for (const std::string& card : cards) {
    Table table(card, most_workspace, quiet);
    for (const std::string& variant : variants)
      for (const Index size : sizes)
        for (const Index batch : batches)
          for (const Precision precision : {Precision::tf32, Precision::bf16, Precision::fp32}) {
            if (std::find(precisions.begin(), precisions.end(), to_string(precision)) ==
                precisions.end())
              continue;
            ugatit::ModelOptions options;
            options.variant = ugatit::parse_variant(variant);
            options.size = size;
            add_model(table, options, batch, precision);
          }
    table.print();
    convolutions += table.summary().convolutions;
    planned += table.summary().planned;
  }
  std::printf("%zu convolutions, %zu planned\n", convolutions, planned);
  return planned == convolutions && convolutions > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Asks cuDNN for a plan of every convolution of U-GAT-IT, in all directions, on cards that "
      "need not be there; exit code 1 if one has none."};
  try {
    return run(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limn-plans: %s\n", error.what());
    return dynamic_cast<const UsageError*>(&error) != nullptr ? 2 : 1;
  }
}
