// SPDX-License-Identifier: MIT
#include "ops_layout.hpp"

namespace {

using namespace limn_test;

TEST_CASE("pad: the table") { check_operation<PadOp>(); }
TEST_CASE("pad_backward: the table") { check_operation<PadBackwardOp>(); }
TEST_CASE("resize: the table") { check_operation<ResizeOp>(); }
TEST_CASE("resize_backward: the table") { check_operation<ResizeBackwardOp>(); }
TEST_CASE("copy_channels: the table") { check_operation<CopyChannelsOp>(); }
TEST_CASE("copy: the table") { check_operation<CopyOp>(); }
TEST_CASE("fill: the table") { check_operation<FillOp>(); }
TEST_CASE("cast: the table") { check_operation<CastOp>(); }

}  // namespace
