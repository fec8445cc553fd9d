// SPDX-License-Identifier: MIT
// limn::ugatit: what opens a run, compiled here.
#include "limn/models/ugatit/run_here.hpp"

template std::unique_ptr<limn::Trainer> limn::ugatit::detail::open_run<void>(
    const limn::ugatit::RunOptions&, const limn::ugatit::RunPlace&, const limn::TrainerEvents&,
    const limn::ugatit::ModelFile*, std::int64_t, std::optional<limn::RunLock>,
    const limn::ugatit::ModelFile*, const std::vector<std::string>&);
