// SPDX-License-Identifier: MIT
#include "judge.hpp"
#include "limn/models/ugatit/step_cpu.hpp"

bool golden::replay_on_cpu(const std::string& path, const Lane& lane) {
  limn::Cpu device({.threads = lane.threads, .maths = lane.maths});
  return replay(path, lane, device);
}
