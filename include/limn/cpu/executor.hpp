// SPDX-License-Identifier: MIT
// Executor: threads of the program that embeds the library, in place of threads of its own.
#pragma once

#include <functional>

namespace limn::inline v0 {

/// Runs tasks on threads that the program has already (CpuOptions::executor). Several devices may
/// share one; run() is then called from several threads at a time.
class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  /// How many tasks may run side by side; at least 1, and always the same. It changes how fast
  /// things are computed, never what.
  [[nodiscard]] virtual int threads() const = 0;

  /// Calls task(0), ..., task(count - 1) once each, 1 <= count <= threads(), in any order and on
  /// any threads, the caller's among them, and returns when all have returned. Faster if task(i)
  /// has the same thread each time. Tasks do not wait for one another and do not throw. May throw
  /// only before the first of them begins.
  virtual void run(int count, const std::function<void(int)>& task) = 0;
};

}  // namespace limn::inline v0
