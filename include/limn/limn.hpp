// SPDX-License-Identifier: MIT
// Everything that needs Eigen alone: devices, autograd, layers, losses, optimizers, models. Files
// and pictures: limn/image.hpp.
#pragma once

#include "limn/attention/class_activation_map.hpp"
#include "limn/autograd/gradient_check.hpp"
#include "limn/autograd/tape.hpp"
#include "limn/core/backend.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/loss/gan_losses.hpp"
#include "limn/loss/gradient_penalty.hpp"
#include "limn/loss/loss_term.hpp"
#include "limn/loss/losses.hpp"
#include "limn/models/ugatit/step_cpu.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/nn/linear.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/norm/normalizations.hpp"
#include "limn/ops/batch.hpp"
#include "limn/ops/distort.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/ops/pooling.hpp"
#include "limn/ops/reshape.hpp"
#include "limn/optim/adam.hpp"
#include "limn/optim/schedule.hpp"
