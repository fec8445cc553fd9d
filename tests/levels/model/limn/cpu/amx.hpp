// SPDX-License-Identifier: MIT
// Found before the library's header of this name: a processor whose matrix tiles are the model. So
// whole products and convolutions run in the blocks of Isa::amx_bf16.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "tile_model.hpp"

namespace limn::inline v0::cpu {

[[nodiscard]] inline bool amx_bf16_offered() { return true; }

/// Tiles that stop the program where a real processor would: used outside begin() and end().
struct AmxTiles : limn_test::TileModel {
  AmxTiles() {
    ++blocks();
    if (configured()) return;
    std::fputs("tiles are used without begin()\n", stderr);
    std::abort();
  }
  static void begin() { configured() = true; }
  static void end() { configured() = false; }
  /// Register blocks that were computed so far.
  static std::atomic<int>& blocks() {
    static std::atomic<int> count{0};
    return count;
  }

 private:
  static bool& configured() {
    static thread_local bool is = false;
    return is;
  }
};

}  // namespace limn::inline v0::cpu
