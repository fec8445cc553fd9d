// SPDX-License-Identifier: MIT
#include "../primitives/ops_layout.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("pad on a GPU: the table") { check_operation<Cuda, PadOp>(); }
TEST_CASE("pad_backward on a GPU: the table") { check_operation<Cuda, PadBackwardOp>(); }
TEST_CASE("resize on a GPU: the table") { check_operation<Cuda, ResizeOp>(); }
TEST_CASE("resize_backward on a GPU: the table") { check_operation<Cuda, ResizeBackwardOp>(); }
TEST_CASE("copy_channels on a GPU: the table") { check_operation<Cuda, CopyChannelsOp>(); }
TEST_CASE("copy on a GPU: the table") { check_operation<Cuda, CopyOp>(); }
TEST_CASE("fill on a GPU: the table") { check_operation<Cuda, FillOp>(); }
TEST_CASE("cast on a GPU: the table") { check_operation<Cuda, CastOp>(); }
