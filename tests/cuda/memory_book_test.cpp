// SPDX-License-Identifier: MIT
// The bookkeeping of a card's memory, which needs no card: branches and recordings.
#include "limn/cuda/memory_book.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "limn/core/random.hpp"

namespace {

using namespace limn;
using gpu::MemoryBook;

struct Block {
  std::size_t offset, bytes;
  [[nodiscard]] bool meets(const Block& other) const {
    return offset < other.offset + other.bytes && other.offset < offset + bytes;
  }
};

Block take(MemoryBook& book, std::size_t bytes) { return {book.allocate(bytes), bytes}; }
void give(MemoryBook& book, const Block& block) { book.release(block.offset, block.bytes); }

TEST_CASE("MemoryBook: on one stream a block is used again at once") {
  MemoryBook book;
  const Block a = take(book, 256);
  give(book, a);
  CHECK(take(book, 256).offset == a.offset);
  CHECK(book.end() == 256);
}

TEST_CASE("MemoryBook: a branch uses again what it gave back, its sibling does not") {
  MemoryBook book;
  const Block before = take(book, 256);
  book.fork();
  book.next_branch();
  const Block a = take(book, 512);
  give(book, a);
  CHECK(take(book, 512).offset == a.offset);  // within the branch
  give(book, a);
  book.next_branch();
  const Block b = take(book, 512);
  CHECK_FALSE(b.meets(a));
  CHECK_FALSE(b.meets(before));
  give(book, b);
  book.join();
  CHECK(book.end() == 256 + 512 + 512);
  CHECK(take(book, 1024).offset == a.offset);  // both are free, and merged
  CHECK(book.end() == 256 + 512 + 512);
}

TEST_CASE("MemoryBook: what was taken before the fork waits for the join") {
  MemoryBook book;
  const Block shared = take(book, 512);
  book.fork();
  book.next_branch();
  give(book, shared);
  const Block same_branch = take(book, 512);
  CHECK_FALSE(same_branch.meets(shared));  // a sibling may still read it
  book.next_branch();
  CHECK_FALSE(take(book, 512).meets(shared));
  book.join();
  CHECK(take(book, 512).offset == shared.offset);
}

TEST_CASE("MemoryBook: what was free before the fork is for whichever branch takes it") {
  MemoryBook book;
  const Block hole = take(book, 1024);
  const Block after = take(book, 256);
  give(book, hole);
  book.fork();
  book.next_branch();
  const Block a = take(book, 512);
  give(book, a);
  book.next_branch();
  const Block b = take(book, 512);
  CHECK_FALSE(a.meets(b));
  CHECK(a.meets(hole));
  CHECK(b.meets(hole));
  book.join();
  give(book, b);
  give(book, after);
  CHECK(take(book, 1024 + 256).offset == 0);
}

TEST_CASE("MemoryBook: a block of one branch that a sibling gives back waits for the join") {
  MemoryBook book;
  book.fork();
  book.next_branch();
  const Block a = take(book, 512);
  book.next_branch();
  give(book, a);
  CHECK_FALSE(take(book, 512).meets(a));
  book.join();
  CHECK(take(book, 512).offset == a.offset);
}

// a program of three branches, whose blocks of different branches must never meet, while a branch
// must not grow when its own hole fits
void random_branches(MemoryBook& book, std::uint64_t seed, std::vector<std::size_t>& offsets) {
  const Philox philox{seed, 1};
  std::vector<Block> outer;
  std::uint64_t at = 0;
  const auto size = [&] { return std::size_t{256} * (1 + philox.below(at++, 40)); };
  for (int i = 0; i < 20; ++i) outer.push_back(take(book, size()));
  for (int i = 0; i < 10; ++i) {
    give(book, outer.back());
    outer.pop_back();
  }
  std::vector<std::vector<Block>> touched(3);
  std::vector<Block> kept;
  std::vector<Block> outer_given;
  book.fork();
  for (auto& mine : touched) {
    book.next_branch();
    std::vector<Block> held;
    for (int i = 0; i < 200; ++i) {
      if (!held.empty() && philox.below(at++, 2) == 0) {
        const std::size_t k = philox.below(at++, static_cast<std::uint32_t>(held.size()));
        give(book, held[k]);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(k));
      } else {
        held.push_back(take(book, size()));
        mine.push_back(held.back());
        offsets.push_back(held.back().offset);
        for (const Block& other : outer) REQUIRE_FALSE(other.meets(held.back()));
        for (const Block& other : outer_given) REQUIRE_FALSE(other.meets(held.back()));
        for (std::size_t k = 0; k + 1 < held.size(); ++k) REQUIRE_FALSE(held[k].meets(held.back()));
      }
    }
    give(book, outer.back());
    outer_given.push_back(outer.back());
    outer.pop_back();
    kept.insert(kept.end(), held.begin(), held.end());
  }
  book.join();
  for (std::size_t i = 0; i < touched.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      for (const Block& a : touched[i])
        for (const Block& b : touched[j]) REQUIRE_FALSE(a.meets(b));
  for (const Block& block : kept) give(book, block);
  for (const Block& block : outer) give(book, block);
}

TEST_CASE("MemoryBook: blocks of different branches never meet, and everything merges again") {
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    MemoryBook book;
    std::vector<std::size_t> first, second;
    random_branches(book, seed, first);
    const std::size_t end = book.end();
    random_branches(book, seed, second);
    CHECK(first == second);
    CHECK(book.end() == end);
    const Block all = take(book, end);
    CHECK(all.offset == 0);
    give(book, all);
    random_branches(book, seed, second);  // the same in a recording
    const int number = book.begin_recording();
    random_branches(book, seed, second);
    book.end_recording();
    CHECK(book.end() == end);
    book.forget_recording(number);
    CHECK(take(book, end).offset == 0);
  }
}

TEST_CASE("MemoryBook: what a recording took is nobody's but recordings'") {
  MemoryBook book;
  const Block eager = take(book, 512);
  give(book, eager);
  const int first = book.begin_recording();
  const Block scratch = take(book, 512);
  CHECK(scratch.offset == eager.offset);  // what was free before is taken
  give(book, scratch);
  const Block result = take(book, 256);
  CHECK(result.offset == scratch.offset);  // and used again
  book.end_recording();
  CHECK(book.end() == 512);
  const Block other = take(book, 256);
  CHECK_FALSE(other.meets(scratch));  // the next replay writes there
  give(book, result);
  CHECK_FALSE(take(book, 256).meets(scratch));
  const int second = book.begin_recording();
  const Block shared = take(book, 512);
  CHECK(shared.offset == scratch.offset);  // recordings are replayed one after another
  give(book, shared);
  book.end_recording();
  book.forget_recording(first);
  CHECK_FALSE(take(book, 512).meets(scratch));
  book.forget_recording(second);
  CHECK(take(book, 512).offset == scratch.offset);
}

TEST_CASE("MemoryBook: a later recording leaves alone what an earlier one has left behind") {
  MemoryBook book;
  const int first = book.begin_recording();
  give(book, take(book, 512));
  const Block result = take(book, 256);
  book.end_recording();
  const int second = book.begin_recording();
  const Block scratch = take(book, 512);
  CHECK_FALSE(scratch.meets(result));
  CHECK(scratch.meets({0, 512}));
  give(book, scratch);
  book.end_recording();
  give(book, result);  // by nobody but recordings, as the first one still writes it
  CHECK_FALSE(take(book, 256).meets(result));
  book.forget_recording(second);
  CHECK_FALSE(take(book, 256).meets(result));
  book.forget_recording(first);
  CHECK(take(book, 256).offset == 0);
}

TEST_CASE("MemoryBook: a result that outlives all recordings is an ordinary block") {
  MemoryBook book;
  const int number = book.begin_recording();
  give(book, take(book, 512));
  const Block result = take(book, 256);
  book.end_recording();
  book.forget_recording(number);
  CHECK_FALSE(take(book, 256).meets(result));
  give(book, result);
  CHECK(take(book, 256).offset == result.offset);
}

TEST_CASE("MemoryBook: when all are forgotten the next recording is laid out as the first was") {
  MemoryBook book;
  const auto work = [&book] {
    const Block a = take(book, 1000), b = take(book, 100), c = take(book, 600);
    give(book, a);
    give(book, c);
    const Block fits_best = take(book, 500);  // at the end, unless that is larger than a
    give(book, b);
    give(book, fits_best);
    return std::vector<std::size_t>{a.offset, b.offset, c.offset, fits_best.offset};
  };
  // as it is, recorded, and something beside the recording, for which the book grows
  const auto course = [&] {
    auto offsets = work();
    const int number = book.begin_recording();
    CHECK(work() == offsets);
    book.end_recording();
    const Block beside = take(book, 2000);
    give(book, beside);
    book.forget_recording(number);
    offsets.push_back(beside.offset);
    return offsets;
  };
  const auto first = course();
  CHECK(first == std::vector<std::size_t>{0, 1000, 1100, 1100, 1700});
  CHECK(course() == first);
  CHECK(course() == first);
}

TEST_CASE("MemoryBook: a block of before that is given back in a recording serves everybody") {
  MemoryBook book;
  const Block old = take(book, 512);
  const Block end = take(book, 256);
  const int number = book.begin_recording();
  give(book, old);
  book.end_recording();
  CHECK(take(book, 512).offset == old.offset);
  book.forget_recording(number);
  give(book, end);
}

}  // namespace
