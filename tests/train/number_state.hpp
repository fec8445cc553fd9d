// SPDX-License-Identifier: MIT
// The state of a model that is no network: one number.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "limn/train/state.hpp"

/// `number` must outlive it.
inline std::vector<limn::StateTensor> number_state(const std::string& name, double& number) {
  return {{name,
           limn::StorageType::f64,
           {1, 1, 1, 1},
           [&number](limn::Index, void* to, limn::Index bytes) {
             std::memcpy(to, &number, static_cast<std::size_t>(bytes));
           },
           [&number](limn::Index, const void* from, limn::Index bytes) {
             std::memcpy(&number, from, static_cast<std::size_t>(bytes));
           }}};
}
