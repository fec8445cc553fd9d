// SPDX-License-Identifier: MIT
// The models at fp32.
#include "model_work.hpp"

template std::unique_ptr<limn_bench::Work> limn_bench::make_model_work<float>(
    bool, const limn::CpuOptions&, const limn_bench::ModelCase&);
