// SPDX-License-Identifier: MIT
// A plan for a convolution: problem -> operation graph -> engine heuristics -> execution plan, for
// a device that is there (its handle) or for the properties of a card that is not.
//
// Which engines are taken: the first of heuristics mode A (of the fallback mode, if that gives
// none) that is deterministic, computes as the problem's `maths` allows, whose plan builds, and
// whose workspace is reasonable. The choice is a function of cuDNN's version and the card.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/cuda/conv_problem.hpp"
#include "limn/cuda/cudnn_graph.hpp"

namespace limn::inline v0::gpu {

/// For what device plans are made: one of the two.
struct CudnnTarget {
  cudnnHandle_t handle = nullptr;
  const CudnnDescriptor* card = nullptr;  ///< device properties, finalized
};

/// Device properties from their text (JSON). Throws DeviceError if cuDNN does not accept it.
[[nodiscard]] inline CudnnDescriptor cudnn_card(const CudnnLibrary& library,
                                                const std::string& properties) {
  CudnnDescriptor card(library, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, "properties of a card");
  card.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, properties).finalize();
  return card;
}

/// Names of the operands in a variant pack.
enum class ConvOperand : std::int64_t { x = 1, w = 2, y = 3 };

/// What a plan is made of, and what it costs.
struct CudnnPlan {
  std::shared_ptr<const CudnnDescriptor> graph;  ///< of all plans of a problem
  CudnnDescriptor config, plan;
  std::size_t workspace = 0;
  std::string engine;         ///< "57:2=18,11=5": global index, knob=choice
  bool tensor_cores = false;  ///< TF32, for fp32
  double build_ms = 0;        ///< heuristics and all plans that were tried
};

/// A plan, or why there is none.
struct CudnnPlanResult {
  std::optional<CudnnPlan> plan;
  std::string why;
};

/// More than this is taken only where nothing smaller is offered.
inline constexpr std::size_t reasonable_workspace = std::size_t{512} << 20;

/// The alignment in bytes of an operand that callers keep and cuDNN is told: 16, less where a
/// sample, or a window into a larger picture, may begin elsewhere.
[[nodiscard]] constexpr std::int64_t operand_alignment(const ConvProblem& p, ConvOperand operand) {
  const std::int64_t element = p.type == ConvType::bf16 ? 2 : 4;
  const auto of = [](std::int64_t bytes) {
    std::int64_t alignment = 16;
    while (bytes % alignment != 0) alignment /= 2;
    return alignment;
  };
  if (operand == ConvOperand::w) return 16;
  const Shape& s = operand == ConvOperand::x ? p.x : p.y;
  const MapStrides& strides = operand == ConvOperand::x ? p.x_strides : p.y_strides;
  return strides == packed_strides(s) ? of(strides.n * element) : of(s.c * element);
}

namespace detail {

[[nodiscard]] inline CudnnDescriptor conv_tensor(const CudnnLibrary& library, const ConvProblem& p,
                                                 ConvOperand operand) {
  const bool weights = operand == ConvOperand::w;
  const Shape s = weights ? p.weights() : operand == ConvOperand::x ? p.x : p.y;
  const MapStrides strides = weights                     ? packed_strides(s)
                             : operand == ConvOperand::x ? p.x_strides
                                                         : p.y_strides;
  CudnnDescriptor tensor(library, CUDNN_BACKEND_TENSOR_DESCRIPTOR,
                         weights                     ? "weights of a convolution"
                         : operand == ConvOperand::x ? "input of a convolution"
                                                     : "output of a convolution");
  tensor
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE,
           p.type == ConvType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::vector<std::int64_t>{s.n, s.c, s.h, s.w})
      .set(CUDNN_ATTR_TENSOR_STRIDES, std::vector<std::int64_t>{strides.n, 1, strides.h, strides.w})
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, static_cast<std::int64_t>(operand))
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, operand_alignment(p, operand))
      .finalize();
  return tensor;
}

/// Attribute names of the three directions.
struct ConvAttributes {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t convolution, x, w, y, alpha, beta;
};
[[nodiscard]] constexpr ConvAttributes conv_attributes(ConvDirection d) {
  if (d == ConvDirection::forward)
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  if (d == ConvDirection::backward_data)
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

[[nodiscard]] inline CudnnDescriptor conv_graph(const CudnnLibrary& library,
                                                const CudnnTarget& target, const ConvProblem& p) {
  using Pair = std::vector<std::int64_t>;
  CudnnDescriptor convolution(library, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, "convolution");
  convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2})
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Pair{p.stride, p.stride})
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, Pair{1, 1})
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Pair{p.zeros.top, p.zeros.left})
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, Pair{p.zeros.bottom, p.zeros.right})
      .finalize();
  const auto a = conv_attributes(p.direction);
  CudnnDescriptor operation(library, a.operation, "operation of a convolution");
  operation.set(a.convolution, convolution)
      .set(a.x, conv_tensor(library, p, ConvOperand::x))
      .set(a.w, conv_tensor(library, p, ConvOperand::w))
      .set(a.y, conv_tensor(library, p, ConvOperand::y))
      .set(a.alpha, 1.0F)
      .set(a.beta, 0.0F)
      .finalize();
  CudnnDescriptor graph(library, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, "graph of a convolution");
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
  if (target.handle != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target.handle);
  graph.finalize();
  return graph;
}

[[nodiscard]] inline std::vector<CudnnDescriptor> engine_configs(const CudnnLibrary& library,
                                                                 const CudnnTarget& target,
                                                                 const CudnnDescriptor& graph,
                                                                 cudnnBackendHeurMode_t mode,
                                                                 std::string& why) {
  CudnnDescriptor heuristics(library, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, "engine heuristics");
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
      .set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (target.card != nullptr) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.card);
  if (!heuristics.accepted(why)) return {};
  const auto count = heuristics.count(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR);
  if (count == 0) return {};
  return heuristics.parts(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                          "engine configuration", count);
}

/// Whether an engine computes what the problem asks for: the same bytes each time, sums in float,
/// fp32 operands at least as TF32; strictly: the products themselves, of fp32 as it is.
[[nodiscard]] inline bool allowed(const ConvProblem& p,
                                  const std::vector<cudnnBackendNumericalNote_t>& notes) {
  const auto has = [&](cudnnBackendNumericalNote_t note) {
    return std::find(notes.begin(), notes.end(), note) != notes.end();
  };
  if (has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) ||
      has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION))
    return false;
  const bool fp32 = p.type == ConvType::fp32;
  if (fp32 && has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)) return false;
  if (p.maths == Maths::fast) return true;
  return !(fp32 && has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE)) && !has(CUDNN_NUMERICAL_NOTE_FFT) &&
         !has(CUDNN_NUMERICAL_NOTE_WINOGRAD) && !has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4) &&
         !has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6) &&
         !has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13);
}

[[nodiscard]] inline CudnnDescriptor engine_of(const CudnnLibrary& library,
                                               const CudnnDescriptor& config) {
  CudnnDescriptor engine(library, CUDNN_BACKEND_ENGINE_DESCRIPTOR, "engine");
  config.read(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  return engine;
}

[[nodiscard]] inline std::string engine_text(const CudnnDescriptor& engine,
                                             const CudnnDescriptor& config) {
  std::string text = std::to_string(engine.value<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  char separator = ':';
  for (const auto& choice :
       config.parts(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                    "knob of an engine", CUDNN_KNOB_TYPE_COUNTS)) {
    text += separator;
    text += std::to_string(
        static_cast<int>(choice.value<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE)));
    text += '=';
    text += std::to_string(choice.value<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
    separator = ',';
  }
  return text;
}

}  // namespace detail

/// Plans for a problem, best first by the heuristics, until `enough(plan)` says so. `why` keeps
/// what the last refused one was refused for. Throws DeviceError where cuDNN does not take the
/// descriptors themselves.
inline void each_conv_plan(const CudnnLibrary& library, const CudnnTarget& target,
                           const ConvProblem& p, std::string& why,
                           const std::function<bool(CudnnPlan)>& enough) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto graph =
      std::make_shared<const CudnnDescriptor>(detail::conv_graph(library, target, p));
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    auto configs = detail::engine_configs(library, target, *graph, mode, why);
    if (configs.empty() && why.empty()) why = "the heuristics offer no engine";
    for (CudnnDescriptor& config : configs) {
      const CudnnDescriptor engine = detail::engine_of(library, config);
      const auto notes = engine.values<cudnnBackendNumericalNote_t>(
          CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
      if (!detail::allowed(p, notes)) {
        if (why.empty()) why = "no deterministic engine of that precision";
        continue;
      }
      CudnnDescriptor plan(library, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, "execution plan");
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
      if (target.card != nullptr)
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.card);
      else
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
      if (!plan.accepted(why)) continue;
      const auto bytes = plan.value<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
      const bool tensor_cores =
          std::find(notes.begin(), notes.end(), CUDNN_NUMERICAL_NOTE_TENSOR_CORE) != notes.end();
      std::string text = detail::engine_text(engine, config);
      const std::chrono::duration<double, std::milli> took = Clock::now() - start;
      if (enough({graph, std::move(config), std::move(plan), static_cast<std::size_t>(bytes),
                  std::move(text), tensor_cores, took.count()}))
        return;
    }
  }
}

/// The first plan with a reasonable workspace, else the one with the smallest.
[[nodiscard]] inline CudnnPlanResult make_conv_plan(const CudnnLibrary& library,
                                                    const CudnnTarget& target,
                                                    const ConvProblem& problem) {
  CudnnPlanResult result;
  each_conv_plan(library, target, problem, result.why, [&](CudnnPlan plan) {
    if (!result.plan || plan.workspace < result.plan->workspace) result.plan = std::move(plan);
    return result.plan->workspace <= reasonable_workspace;
  });
  return result;
}

}  // namespace limn::inline v0::gpu
