// SPDX-License-Identifier: MIT
// The pool over a card's memory, on memory of the host: peaks, a full card, a failing driver.
#include "limn/cuda/memory_pool.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "limn/core/error.hpp"

namespace {

using namespace limn;

// memory of the host, and no more than so much of it
class SmallRange {
 public:
  explicit SmallRange(std::size_t limit) : memory_(limit) {}
  [[nodiscard]] std::byte* base() { return memory_.data(); }
  [[nodiscard]] bool commit(std::size_t end) {
    if (broken) throw DeviceError("the driver failed");
    return end <= memory_.size();
  }
  [[nodiscard]] std::string capacity() const {
    return "of " + std::to_string(memory_.size()) + " bytes of the card";
  }
  bool broken = false;

 private:
  std::vector<std::byte> memory_;
};

using Pool = gpu::MemoryPool<SmallRange>;

void work(Pool& pool) {
  const std::size_t a = pool.allocate(1000), b = pool.allocate(70000);
  pool.release(a, 1000);
  pool.fork();
  for (const std::size_t bytes : {5000U, 3000U}) {
    pool.next_branch();
    pool.release(pool.allocate(bytes), bytes);
    pool.release(pool.allocate(2 * bytes), 2 * bytes);
  }
  pool.join();
  pool.release(b, 70000);
}

TEST_CASE("MemoryPool of a card: dry and real reach the same peak, and then ask for nothing more") {
  Pool dry(nullptr), real(std::make_unique<SmallRange>(1 << 20));
  for (Pool* pool : {&dry, &real}) {
    work(*pool);
    const auto growths = pool->use().growths;
    work(*pool);
    CHECK(pool->use().growths == growths);
    const int number = pool->begin_recording();
    work(*pool);
    pool->end_recording();
    CHECK(pool->use().growths == growths);
    pool->forget_recording(number);
    CHECK(pool->use().current == 0);
  }
  CHECK(dry.use().peak == real.use().peak);
  CHECK(dry.use().peak > 70000);
  CHECK(dry.use().requests == real.use().requests);
  CHECK(dry.address(256) == nullptr);
  CHECK(real.address(256) - real.address(0) == 256);
}

std::string message(Pool& pool, std::size_t bytes) {
  try {
    static_cast<void>(pool.allocate(bytes));
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_CASE("MemoryPool of a card: a full card is a DeviceError with the figures") {
  Pool pool(std::make_unique<SmallRange>(10000));
  const std::size_t held = pool.allocate(4096);
  CHECK(message(pool, 8192) ==
        "[Cuda] out of memory: 8192 bytes asked for, 4096 in use of 10000 bytes of the card; a "
        "smaller --size, --channels, --batch or --variant light needs less (--plan tells how "
        "much)");
  CHECK(pool.use().peak == 4096);
  CHECK(pool.use().current == 4096);
  const std::size_t next = pool.allocate(4096);  // what fits still does
  CHECK(next == 4096);
  pool.release(held, 4096);
  pool.release(next, 4096);
  CHECK(pool.allocate(8192) == 0);
}

TEST_CASE("MemoryPool of a card: a full card in a branch and in a recording loses nothing") {
  Pool pool(std::make_unique<SmallRange>(10000));
  const int number = pool.begin_recording();
  pool.fork();
  pool.next_branch();
  const std::size_t a = pool.allocate(4096);
  CHECK_THROWS_AS(static_cast<void>(pool.allocate(8192)), DeviceError);
  pool.release(a, 4096);
  pool.join();
  pool.end_recording();
  pool.forget_recording(number);
  CHECK(pool.use().current == 0);
  CHECK(pool.allocate(9984) == 0);
}

TEST_CASE("MemoryPool of a card: a failing driver leaves the books as they were") {
  auto range = std::make_unique<SmallRange>(10000);
  SmallRange& driver = *range;
  Pool pool(std::move(range));
  driver.broken = true;
  CHECK(message(pool, 512) == "the driver failed");
  driver.broken = false;
  CHECK(pool.allocate(512) == 0);
}

}  // namespace
