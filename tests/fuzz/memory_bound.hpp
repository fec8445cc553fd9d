// SPDX-License-Identifier: MIT
// For fuzzing: what an input makes a reader allocate, held against a bound.
#pragma once

#include <sanitizer/allocator_interface.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace fuzz {

/// Counts what is allocated while it lives, in this thread's program of one thread. Ends the
/// program, as a crash that the fuzzer keeps the input of, where more than `most` bytes are in use
/// at a time.
class MemoryBound {
 public:
  explicit MemoryBound(std::size_t most) {
    static const bool installed = __sanitizer_install_malloc_and_free_hooks(&taken, &given) > 0;
    if (!installed) std::abort();
    state() = {true, 0, most};
  }
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;
  ~MemoryBound() { state().counting = false; }

 private:
  struct State {
    bool counting = false;
    std::size_t now = 0, most = 0;
  };
  static State& state() {
    static State one;
    return one;
  }
  static void taken(const volatile void*, std::size_t bytes) {
    State& s = state();
    if (!s.counting) return;
    s.now += bytes;
    if (s.now <= s.most) return;
    s.counting = false;
    std::fprintf(stderr, "%zu bytes in use, the bound is %zu\n", s.now, s.most);
    std::abort();
  }
  static void given(const volatile void* pointer) {
    State& s = state();
    if (!s.counting || pointer == nullptr) return;
    const std::size_t bytes = __sanitizer_get_allocated_size(const_cast<const void*>(pointer));
    s.now -= bytes < s.now ? bytes : s.now;
  }
};

/// Ends the program unless `holds`.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace fuzz
