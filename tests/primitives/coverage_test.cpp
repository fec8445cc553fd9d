// SPDX-License-Identifier: MIT
// The table is complete: no primitive and no instruction set without a row.
#include <algorithm>
#include <tuple>

#include "limn/cpu/cpu.hpp"
#include "modes_cpu.hpp"
#include "ops_affine.hpp"
#include "ops_convolution.hpp"
#include "ops_distortion.hpp"
#include "ops_layout.hpp"
#include "ops_matrix.hpp"
#include "ops_norm_backward.hpp"
#include "ops_optimizer.hpp"
#include "ops_pointwise.hpp"
#include "ops_pooling.hpp"

namespace {

using namespace limn_test;

using Operations =
    std::tuple<ConvForwardOp, ConvBackwardDataOp, ConvBackwardWeightsOp, GemmOp, GemvOp, MomentsOp,
               AffineForwardOp, AffineSumsOp, AffineBackwardOp, NormOp, NormBackwardOp,
               PoolAverageOp, PoolAverageBackwardOp, PoolMaxOp, PoolMaxBackwardOp, MapOp, Map2Op,
               MapReduceOp, MapReduceGradientOp, ReduceOp, PadOp, PadBackwardOp, ResizeOp,
               ResizeBackwardOp, CopyChannelsOp, CopyOp, FillOp, CastOp, AdamOp, AdamOuterOp,
               SumSquaresOp, AllFiniteOp, RandomOp, DistortOp, DistortBackwardOp>;

template <class... Op>
std::vector<std::string_view> names(const std::tuple<Op...>*) {
  return {Op::name...};
}

TEST_CASE("every primitive has a row and an operation") {
  const auto operations = names(static_cast<const Operations*>(nullptr));
  for (const std::string_view name : primitive_names) {
    CAPTURE(std::string(name));
    CHECK(std::any_of(table.begin(), table.end(),
                      [&](const Case& c) { return c.primitive == name; }));
    CHECK(std::count(operations.begin(), operations.end(), name) == 1);
  }
  for (const Case& c : table) {
    CAPTURE(std::string(c.primitive));
    CHECK(std::count(primitive_names.begin(), primitive_names.end(), c.primitive) == 1);
  }
}

TEST_CASE("every instruction set is tested") {
  for (const Isa isa : all_isas) {
    CAPTURE(std::string(to_string(isa)));
    CHECK(std::count(tested_isas.begin(), tested_isas.end(), isa) == 1);
    if (isa > supported_isa()) MESSAGE("this processor lacks ", std::string(to_string(isa)));
  }
}

}  // namespace
