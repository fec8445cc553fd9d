// SPDX-License-Identifier: MIT
#include "limn/cpu/thread_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace limn;

/// Threads of somebody else: a new one for each task, or all tasks on the caller's, backwards.
struct Strange final : Executor {
  int at_most;
  bool alone;
  int runs = 0;
  Strange(int threads, bool on_one) : at_most(threads), alone(on_one) {}
  int threads() const override { return at_most; }
  void run(int count, const std::function<void(int)>& task) override {
    ++runs;
    REQUIRE(count >= 1);
    REQUIRE(count <= at_most);
    std::vector<std::jthread> others;
    for (int i = count; i-- > 0;) {
      if (alone)
        task(i);
      else
        others.emplace_back([&task, i] { task(i); });
    }
  }
};

/// A pool with threads of its own, and with those of both executors.
template <class F>
void for_each_pool(int threads, F&& f) {
  ThreadPool own(threads);
  f(own);
  for (const bool alone : {false, true}) {
    const auto executor = std::make_shared<Strange>(threads, alone);
    ThreadPool pool(threads, executor);
    f(pool);
    CHECK((executor->runs > 0) == (threads > 1));  // one thread is the caller's
  }
}

TEST_CASE("thread pool: an executor's threads are the most that there are") {
  CHECK(ThreadPool(7, std::make_shared<Strange>(3, false)).threads() == 3);
  CHECK(ThreadPool(2, std::make_shared<Strange>(3, false)).threads() == 2);
  CHECK(ThreadPool(0, std::make_shared<Strange>(3, false)).threads() == 1);
  CHECK(ThreadPool(4, std::make_shared<Strange>(0, false)).threads() == 1);
}

TEST_CASE("thread pool: an executor that fails is told, and the pool works on") {
  struct Failing final : Executor {
    bool fails = true;
    int threads() const override { return 2; }
    void run(int count, const std::function<void(int)>& task) override {
      if (fails) throw std::runtime_error("no thread");
      for (int i = 0; i < count; ++i) task(i);
    }
  };
  const auto executor = std::make_shared<Failing>();
  ThreadPool pool(2, executor);
  int total = 0;
  CHECK_THROWS_AS(pool.run(4, [&](Index, int) { ++total; }), std::runtime_error);
  executor->fails = false;
  pool.run(4, [&](Index, int) { ++total; });
  CHECK(total == 4);
}

TEST_CASE("thread pool: every chunk once, workers in range, never two at once with one number") {
  for (const int threads : {1, 2, 5})
    for_each_pool(threads, [&](ThreadPool& pool) {
      CHECK(pool.threads() == threads);
      std::vector<std::atomic<int>> inside(static_cast<std::size_t>(threads));
      std::atomic<bool> collided{false};
      for (int round = 0; round < 300; ++round) {
        const Index chunks = round % 7;
        std::vector<int> seen(static_cast<std::size_t>(chunks), 0);
        pool.run(chunks, [&](Index chunk, int worker) {
          if (inside[static_cast<std::size_t>(worker)].fetch_add(1) != 0) collided = true;
          ++seen[static_cast<std::size_t>(chunk)];
          inside[static_cast<std::size_t>(worker)].fetch_sub(1);
        });
        for (const int s : seen) CHECK(s == 1);
      }
      CHECK(!collided);
    });
}

// A chunk that waits until another has begun hangs if the pool does not do as it should; so that a
// failure ends, it gives up after a while.
bool comes_true(const std::atomic<bool>& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!what && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return what;
}

TEST_CASE("thread pool: each thread begins with its own part") {
  ThreadPool pool(2);
  for (const Index chunks : {2, 5, 8}) {
    std::atomic<bool> begun[2] = {false, false};
    std::atomic<bool> met[2] = {false, false};
    Index first[2] = {-1, -1};
    pool.run(chunks, [&](Index chunk, int worker) {
      if (first[worker] >= 0) return;
      first[worker] = chunk;
      begun[worker] = true;
      met[worker] = comes_true(begun[1 - worker]);
    });
    CHECK(met[0]);
    CHECK(met[1]);
    CHECK(first[0] == 0);
    CHECK(first[1] == chunks / 2);
  }
}

TEST_CASE("thread pool: whoever has done its part helps the others") {
  ThreadPool pool(2);
  for (const Index slow : {0, 4}) {
    std::atomic<int> done{0};
    std::atomic<bool> all{false}, met{false};
    pool.run(8, [&](Index chunk, int) {
      if (chunk == slow)
        met = comes_true(all);
      else if (++done == 7)
        all = true;
    });
    CHECK(met);
  }
}

TEST_CASE("thread pool: a loop inside a loop runs in place under the same worker") {
  for_each_pool(3, [](ThreadPool& pool) {
    std::atomic<int> total{0}, strangers{0};
    pool.run(8, [&](Index, int worker) {
      pool.run(5, [&](Index, int inner) {
        if (inner != worker) ++strangers;
        ++total;
      });
    });
    CHECK(total == 40);
    CHECK(strangers == 0);
  });
}

TEST_CASE("thread pool: exceptions reach the caller, and the pool works on") {
  for_each_pool(2, [](ThreadPool& pool) {
    for (int round = 0; round < 20; ++round)
      CHECK_THROWS_AS(pool.run(10,
                               [&](Index chunk, int) {
                                 if (chunk == 7) throw std::runtime_error("seven");
                               }),
                      std::runtime_error);
    std::atomic<int> total{0};
    pool.run(10, [&](Index chunk, int) { total += static_cast<int>(chunk); });
    CHECK(total == 45);
  });
}

}  // namespace
