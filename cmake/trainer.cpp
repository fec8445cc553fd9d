// SPDX-License-Identifier: MIT
// limn::trainer: trainer, its report and checkpoints, and how a run is opened, compiled here.
#define LIMN_USE_TRAINER  // declares what is defined here
#include "limn/train/data_source_here.hpp"
#include "limn/train/model_run_here.hpp"
#include "limn/train/trainer_here.hpp"
