// SPDX-License-Identifier: MIT
#include "limn/cpu/thread_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace {

using namespace limn;

TEST_CASE("thread pool: every chunk once, workers in range, never two at once with one number") {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
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
  }
}

TEST_CASE("thread pool: a loop inside a loop runs in place under the same worker") {
  ThreadPool pool(3);
  std::atomic<int> total{0}, strangers{0};
  pool.run(8, [&](Index, int worker) {
    pool.run(5, [&](Index, int inner) {
      if (inner != worker) ++strangers;
      ++total;
    });
  });
  CHECK(total == 40);
  CHECK(strangers == 0);
}

TEST_CASE("thread pool: exceptions reach the caller, and the pool works on") {
  ThreadPool pool(2);
  for (int round = 0; round < 20; ++round)
    CHECK_THROWS_AS(pool.run(10,
                             [&](Index chunk, int) {
                               if (chunk == 7) throw std::runtime_error("seven");
                             }),
                    std::runtime_error);
  std::atomic<int> total{0};
  pool.run(10, [&](Index chunk, int) { total += static_cast<int>(chunk); });
  CHECK(total == 45);
}

}  // namespace
