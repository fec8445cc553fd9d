// SPDX-License-Identifier: MIT
// A pool of threads that share the chunks of one loop. Each thread begins with a part of its own,
// the same part in every loop, because what it wrote in the loop before is in its own cache; then
// it helps the others. Which thread computes a chunk is in the end left to chance: what is computed
// must depend on the chunk alone. The threads are its own, or an Executor's.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/executor.hpp"

namespace limn::inline v0 {

/// `threads` threads, of which the caller is one. One caller at a time.
class ThreadPool {
 public:
  /// Starts threads - 1 threads; fewer than 1 counts as 1. With an executor it starts none, and
  /// uses as many of the executor's as it has of them.
  explicit ThreadPool(int threads, std::shared_ptr<Executor> executor = {})
      : executor_(std::move(executor)) {
    if (executor_) threads = std::min(threads, executor_->threads());
    threads_ = std::max(threads, 1);
    parts_ = std::vector<Part>(static_cast<std::size_t>(threads_));
    if (executor_) {
      executing_ = std::vector<std::atomic<std::thread::id>>(static_cast<std::size_t>(threads_));
      return;
    }
    workers_.reserve(static_cast<std::size_t>(threads_ - 1));
    try {
      for (int i = 1; i < threads_; ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() { stop(); }

  /// The caller's among them.
  [[nodiscard]] int threads() const { return threads_; }

  /// Calls body(chunk, worker) once for each chunk in [0, chunks), worker in [0, threads()), and
  /// returns when all are done. No two calls at the same time have the same worker. Called from
  /// inside a body, it runs there, under that body's worker. An exception of a body reaches the
  /// caller (one of them, if several), chunks that have not begun are dropped.
  template <class F>
  void run(Index chunks, F&& body) {
    if (chunks <= 0) return;
    if (busy_ || threads_ == 1 || chunks == 1) {
      const int worker = busy_ ? current_worker() : 0;
      for (Index i = 0; i < chunks; ++i) body(i, worker);
      return;
    }
    using Body = std::remove_reference_t<F>;
    call_ = [](void* b, Index chunk, int worker) { (*static_cast<Body*>(b))(chunk, worker); };
    body_ = const_cast<void*>(static_cast<const void*>(std::addressof(body)));
    chunks_ = chunks;
    for (Part& part : parts_) part.begun.store(0, std::memory_order_relaxed);
    if (executor_) [[unlikely]]
      return execute();
    busy_ = true;
    state_.store(open, std::memory_order_release);
    signal_.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) signal_.notify_all();
    pull(0);
    close();
    busy_ = false;
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  // state_: whether the loop can be joined, and how many workers (the caller apart) are in it.
  static constexpr std::uint32_t open = 0x80000000U;

  // How long a thread looks out for work, or for the others to end theirs, before it sleeps. Loops
  // follow one another within microseconds, or after a stretch that is one thread's; who sleeps
  // may wake up so late that the loop is over.
  static constexpr std::chrono::milliseconds patience{1};

  /// Did ready() become true in that time? After 1000 pauses, 13 us on a Xeon, whoever else wants
  /// the processor has it.
  template <class Ready>
  static bool look_out(Ready&& ready) {
    for (int i = 0; i < 1000; ++i) {
      if (ready()) return true;
#if LIMN_X86_64
      __builtin_ia32_pause();
#endif
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    do {
      if (ready()) return true;
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }

  // Worker w's part begins at w / threads() of the chunks, in order; it is first its own, then that
  // of the worker after it, and so on.
  void pull(int worker) {
    try {
      for (int i = 0; i < threads_; ++i) {
        const Index w = (worker + i) % threads_, first = w * chunks_ / threads_;
        const Index count = (w + 1) * chunks_ / threads_ - first;
        auto& begun = parts_[static_cast<std::size_t>(w)].begun;
        while (begun.load(std::memory_order_relaxed) < count) {
          const Index k = begun.fetch_add(1, std::memory_order_relaxed);
          if (k < count) call_(body_, first + k, worker);
        }
      }
    } catch (...) {
      for (Part& part : parts_) part.begun.store(chunks_, std::memory_order_relaxed);
      const std::lock_guard lock(error_mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }

  // A task of the executor takes the place of a worker, and chunks until there are none.
  LIMN_NOINLINE void execute() {
    busy_ = true;
    const std::unique_ptr<bool, void (*)(bool*)> ended(&busy_, [](bool* busy) { *busy = false; });
    executor_->run(static_cast<int>(std::min<Index>(chunks_, threads_)), [this](int worker) {
      auto& thread = executing_[static_cast<std::size_t>(worker)];
      thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
      pull(worker);
      thread.store({}, std::memory_order_relaxed);
    });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  // Workers that come late find the loop closed: nobody waits for a thread that sleeps.
  void close() {
    std::uint32_t s = state_.fetch_and(~open, std::memory_order_acq_rel) & ~open;
    if (s == 0 || look_out([&] { return (s = state_.load(std::memory_order_acquire)) == 0; }))
      return;
    for (; s != 0; s = state_.load(std::memory_order_acquire))
      state_.wait(s, std::memory_order_acquire);
  }

  bool join() {
    std::uint32_t s = state_.load(std::memory_order_acquire);
    while ((s & open) != 0)
      if (state_.compare_exchange_weak(s, s + 1, std::memory_order_acq_rel)) return true;
    return false;
  }

  void work(int worker) {
    std::uint32_t seen = 0;
    for (;;) {
      std::uint32_t now = seen;
      look_out([&] { return (now = signal_.load(std::memory_order_acquire)) != seen; });
      while (now == seen) {
        sleepers_.fetch_add(1, std::memory_order_seq_cst);
        signal_.wait(seen, std::memory_order_seq_cst);
        sleepers_.fetch_sub(1, std::memory_order_relaxed);
        now = signal_.load(std::memory_order_acquire);
      }
      seen = now;
      if (stop_.load(std::memory_order_acquire)) return;
      if (!join()) continue;
      pull(worker);
      if ((state_.fetch_sub(1, std::memory_order_acq_rel) & ~open) == 1) state_.notify_all();
    }
  }

  void stop() {
    stop_.store(true, std::memory_order_release);
    signal_.fetch_add(1, std::memory_order_seq_cst);
    signal_.notify_all();
    for (auto& w : workers_) w.join();
  }

  // Only asked inside a loop: whoever is no worker is the caller.
  [[nodiscard]] int current_worker() const {
    for (std::size_t i = 0; i < executing_.size(); ++i)
      if (executing_[i].load(std::memory_order_relaxed) == std::this_thread::get_id())
        return static_cast<int>(i);
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (workers_[i].get_id() == std::this_thread::get_id()) return static_cast<int>(i) + 1;
    return 0;
  }

  // Each on a cache line of its own: all threads hammer them.
  struct alignas(64) Part {
    std::atomic<Index> begun{0};  ///< chunks of it that somebody has taken
  };
  std::vector<Part> parts_;  ///< by worker
  alignas(64) std::atomic<std::uint32_t> state_{0};
  alignas(64) std::atomic<std::uint32_t> signal_{0};
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  alignas(64) void (*call_)(void*, Index, int) = nullptr;
  void* body_ = nullptr;
  Index chunks_ = 0;
  bool busy_ = false;
  int threads_ = 1;
  std::exception_ptr error_;
  std::mutex error_mutex_;
  std::shared_ptr<Executor> executor_;
  std::vector<std::atomic<std::thread::id>> executing_;  ///< by worker, while it is in the loop
  std::vector<std::thread> workers_;
};

}  // namespace limn::inline v0
