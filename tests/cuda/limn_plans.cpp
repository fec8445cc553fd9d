// SPDX-License-Identifier: MIT
// limn-plans: has cuDNN a plan for every convolution of U-GAT-IT on a card? Needs cuDNN and no
// card.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

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
  Table(const gpu::Card& card, bool quiet)
      : card_(card.name), quiet_(quiet), plans_(gpu::properties_text(card)) {}

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
      if (!result.plan) continue;
      count(*result.plan, problem == problems.front());
      if (!quiet_)
        std::printf("%-8s %-40s x %-17s w %-16s y %-18s %-7s %s %s %10zu B %7.1f ms  %s\n",
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
                plans_.find(problems.front()).why.c_str());
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
  void count(const gpu::CudnnPlan& plan, bool first) {
    ++summary_.planned;
    summary_.first_choice += first;
    summary_.tensor_cores += plan.tensor_cores;
    summary_.most_workspace = std::max(summary_.most_workspace, plan.workspace);
    summary_.milliseconds += plan.build_ms;
    ++summary_.engines[plan.engine.substr(0, plan.engine.find(':'))];
  }

  std::string card_;
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

int run(int argc, char** argv) {
  CLI::App app{
      "Asks cuDNN for a plan of every convolution of U-GAT-IT, in all directions, on a card that "
      "need not be there; exit code 1 if one has none."};
  std::string card;
  std::vector<std::string> variants{"full", "light", "pooled"}, precisions{"tf32", "bf16"};
  std::vector<Index> sizes{256, 128}, batches{1, 4, 8};
  bool quiet = false;
  app.add_option("--card", card, "h100, a100, rtx4090 or b200; without it: all of them");
  app.add_option("--variant", variants, "full, light, pooled")->capture_default_str();
  app.add_option("--precision", precisions, "tf32, bf16, fp32 (without tensor cores)")
      ->check(CLI::IsMember({"tf32", "bf16", "fp32"}))
      ->capture_default_str();
  app.add_option("--size", sizes, "of the pictures")->capture_default_str();
  app.add_option("--batch", batches, "pictures of each domain per step")->capture_default_str();
  app.add_flag("--quiet", quiet, "the summaries and what is missing only");
  CLI11_PARSE(app, argc, argv);

  std::vector<const gpu::Card*> cards;
  if (card.empty())
    for (const gpu::Card& known : gpu::known_cards) cards.push_back(&known);
  else
    cards.push_back(&gpu::card_named(card));
  std::size_t convolutions = 0, planned = 0;
  for (const gpu::Card* each : cards) {
    Table table(*each, quiet);
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
            options.check();
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
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limn-plans: %s\n", error.what());
    return 1;
  }
}
