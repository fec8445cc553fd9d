// SPDX-License-Identifier: MIT
#include "limn/cpu/memory_pool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/core/tensor.hpp"
#include "limn/cpu/device.hpp"

namespace {

using namespace limn;
using cpu::MemoryPool;

TEST_CASE("OffsetAllocator: best fit, and neighbours merge on both sides") {
  OffsetAllocator a;
  const std::size_t p = a.allocate(64), q = a.allocate(128), r = a.allocate(64);
  const std::size_t s = a.allocate(192), t = a.allocate(64);
  CHECK(a.end() == 512);
  a.release(q, 128);
  a.release(s, 192);
  CHECK(a.allocate(128) == q);  // not the larger hole
  a.release(q, 128);
  a.release(r, 64);  // q, r and s become one hole of 384
  CHECK(a.allocate(384) == q);
  CHECK(a.end() == 512);
  a.release(q, 384);
  a.release(p, 64);
  a.release(t, 64);
  CHECK(a.allocate(512) == 0);
}

TEST_CASE("OffsetAllocator: a hole at the end is used up before the range grows") {
  OffsetAllocator a;
  (void)a.allocate(64);
  const std::size_t last = a.allocate(64);
  a.release(last, 64);
  CHECK(a.allocate(256) == last);
  CHECK(a.end() == 64 + 256);
}

// what a training step does to a pool: buffers of many sizes that live for different times
std::vector<std::size_t> round_of_requests(MemoryPool& pool, std::uint64_t seed) {
  const Philox philox{seed, 1};
  std::vector<std::pair<std::size_t, std::size_t>> held;
  std::vector<std::size_t> offsets;
  for (std::uint64_t i = 0; i < 400; ++i) {
    if (!held.empty() && philox.below(3 * i, 3) == 0) {
      const std::size_t k = philox.below(3 * i + 1, static_cast<std::uint32_t>(held.size()));
      pool.release(held[k].first, held[k].second);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(k));
    } else {
      const std::size_t bytes = 1 + philox.below(3 * i + 2, 50000);
      held.emplace_back(pool.allocate(bytes), bytes);
      offsets.push_back(held.back().first);
    }
  }
  for (const auto& [offset, bytes] : held) pool.release(offset, bytes);
  return offsets;
}

TEST_CASE("MemoryPool: dry and real serve the same offsets and reach the same peak") {
  MemoryPool real(false), dry(true);
  CHECK(round_of_requests(real, 3) == round_of_requests(dry, 3));
  CHECK(real.use().peak == dry.use().peak);
  CHECK(real.use().requests == dry.use().requests);
  CHECK(real.use().growths == dry.use().growths);
  CHECK(dry.use().current == 0);
  CHECK(dry.address(0) == nullptr);
  CHECK(real.address(0) != nullptr);
}

TEST_CASE("MemoryPool: a second identical round asks the system for nothing") {
  MemoryPool pool(false);
  const auto first = round_of_requests(pool, 9);
  const MemoryUse after = pool.use();
  CHECK(after.growths > 0);
  CHECK(round_of_requests(pool, 9) == first);  // everything had merged
  CHECK(pool.use().growths == after.growths);
  CHECK(pool.use().peak == after.peak);
}

TEST_CASE("MemoryPool: blocks do not overlap and are aligned") {
  MemoryPool pool(false);
  std::vector<std::pair<std::size_t, std::size_t>> held;
  for (std::size_t i = 1; i < 60; ++i) {
    const std::size_t bytes = i * 1000 + i;
    held.emplace_back(pool.allocate(bytes), bytes);
    std::memset(pool.address(held.back().first), static_cast<int>(i), bytes);
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    const std::byte* p = pool.address(held[i].first);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % MemoryPool::alignment == 0);
    CHECK(p[0] == static_cast<std::byte>(i + 1));
    CHECK(p[held[i].second - 1] == static_cast<std::byte>(i + 1));
    pool.release(held[i].first, held[i].second);
  }
  CHECK(pool.use().current == 0);
}

TEST_CASE("MemoryPool: more than the machine has is a DeviceError, and nothing is lost") {
  MemoryPool pool(false);
  const std::size_t before = pool.allocate(1000);
  CHECK_THROWS_AS((void)pool.allocate(std::size_t{1} << 50), DeviceError);
  CHECK(pool.use().current == 1024);
  pool.release(before, 1000);
  const std::size_t again = pool.allocate(1 << 20);
  std::memset(pool.address(again), 1, 1 << 20);
  pool.release(again, 1 << 20);
}

/// Memory of the program's own, which counts.
struct Counting final : Allocator {
  std::size_t held = 0, most = 0, blocks = 0, limit = std::size_t{1} << 30;
  void* allocate(std::size_t bytes, std::size_t alignment) override {
    if (held + bytes > limit) return nullptr;
    held += bytes;
    most = std::max(most, held);
    ++blocks;
    return std::aligned_alloc(alignment, bytes);
  }
  void release(void* memory, std::size_t bytes, std::size_t /*alignment*/) noexcept override {
    held -= bytes;
    std::free(memory);
  }
};

TEST_CASE("Cpu: memory of the program's own, by the same books dry or not") {
  const auto allocator = std::make_shared<Counting>();
  Tensor<Cpu, float> survivor;
  {
    Cpu device({.threads = 1, .allocator = allocator});
    const auto dry =
        std::make_unique<Cpu>(CpuOptions{.threads = 1, .dry = true, .allocator = allocator});
    const auto requests = [](Cpu& d) {
      const Tensor<Cpu, float> kept(d, vector_shape(1000));
      for (Index i = 1; i < 9; ++i) const Tensor<Cpu, double> passing(d, vector_shape(500 * i));
      return kept;
    };
    const auto planned = requests(*dry);
    CHECK(allocator->blocks == 0);
    const auto real = requests(device);
    CHECK(allocator->blocks == 9);
    CHECK(device.memory().peak == allocator->most);
    CHECK(dry->memory().peak == allocator->most);
    CHECK(dry->memory().requests == device.memory().requests);
    CHECK(device.memory().current == allocator->held);
    CHECK(reinterpret_cast<std::uintptr_t>(real.data()) % MemoryPool::alignment == 0);

    allocator->limit = allocator->held;
    try {
      const Tensor<Cpu, float> refused(device, vector_shape(10));
      FAIL("more than the allocator has");
    } catch (const DeviceError& error) {
      CHECK(std::string(error.what()).find("the program's allocator has no 64 bytes") !=
            std::string::npos);
    }
    CHECK(device.memory().current == allocator->held);
    survivor = real;
  }
  CHECK(allocator->held == 4032);  // tensors may outlive their device
  survivor = {};
  CHECK(allocator->held == 0);
}

TEST_CASE("Tensor: handles share memory, and the last one gives it back") {
  Cpu device;
  {
    const Tensor<Cpu, float> a(device, {2, 3, 4, 5});
    CHECK(device.memory().current == 512);  // 480 bytes, aligned
    const Tensor<Cpu, float> b = a.samples(1, 1);
    CHECK(b.data() == a.data() + 60);
    CHECK(a.owners() == 2);
    CHECK(a.reshape({6, 4, 1, 5}).shape() == Shape{6, 4, 1, 5});
    CHECK_THROWS_AS((void)a.reshape({1, 1, 1, 119}), ShapeError);
    CHECK_THROWS_AS((void)a.view(100, vector_shape(21)), ShapeError);
    const Tensor<Cpu, float> undefined;
    CHECK_THROWS_AS((void)undefined.data(), DeviceError);
    CHECK_THROWS_AS((void)a.item(), ShapeError);
  }
  CHECK(device.memory().current == 0);
}

TEST_CASE("Tensor: a dry one has a shape and no data") {
  CpuOptions options;
  options.dry = true;
  Cpu device(options);
  const Tensor<Cpu, double> a(device, {1, 2, 2, 3});
  CHECK(device.memory().current == 128);
  CHECK_THROWS_AS((void)a.data(), DeviceError);
  CHECK_THROWS_AS((void)a.download(), DeviceError);
}

}  // namespace
