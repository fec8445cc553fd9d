// SPDX-License-Identifier: MIT
// The models at fp64.
#include "model_work.hpp"

template std::unique_ptr<limn_bench::Work> limn_bench::make_model_work<double>(
    bool, const limn::CpuOptions&, const limn_bench::ModelCase&);
