// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdio>
#include <limits>
#include <string>

#include "../io/scratch_folder.hpp"
#include "limn/train/progress.hpp"
#include "limn/train/text.hpp"

using namespace limn;

TEST_CASE("option values become the shortest text that gives them back") {
  CHECK(text_of(1e-4) == "0.0001");
  CHECK(text_of(0.1 + 0.2) == "0.30000000000000004");
  CHECK(text_of(std::int64_t{-7}) == "-7");
  CHECK(text_of(true) == "true");
  CHECK(text_of(1520.2031, 5) == "1520.2");
  for (const double x : {1e-4, 1.0 / 3, 1e300, 5e-324})
    CHECK(parse_number<double>("x", text_of(x), 0, 1e308) == x);
}

TEST_CASE("numbers that are none, or beyond their bounds, are refused by name") {
  for (const char* bad : {"", "abc", "1x", " 1", "1 ", "0x10", "nan", "inf", "1e999", "-1", "11"})
    CHECK_THROWS_AS(static_cast<void>(parse_number<double>("--lr", bad, 0, 10)), UsageError);
  for (const char* bad : {"", "1.5", "1e3", "99999999999999999999", "-1", "11"})
    CHECK_THROWS_AS(static_cast<void>(parse_number<std::int64_t>("--size", bad, 0, 10)),
                    UsageError);
  CHECK(message_of<UsageError>([] {
          static_cast<void>(parse_number<std::int64_t>("--size", "x", 0, 10));
        }) == "--size 'x' must be a whole number from 0 to 10");
  CHECK(parse_number<std::uint64_t>("s", "18446744073709551615", 0,
                                    std::numeric_limits<std::uint64_t>::max()) ==
        std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("durations in the units that people use") {
  CHECK(duration_text(0.4) == "0 s");
  CHECK(duration_text(59.4) == "59 s");
  CHECK(duration_text(59.6) == "1 min 00 s");
  CHECK(duration_text(3725) == "1 h 02 min");
  CHECK(duration_text(90000) == "1 d 01 h");
  CHECK(duration_text(-1) == "?");
  CHECK(duration_text(std::numeric_limits<double>::quiet_NaN()) == "?");
  CHECK(finish_text(0).size() == 5);
  CHECK(finish_text(3 * 86400.0).size() > 5);
}

TEST_CASE("a bar fills with the part that is done") {
  CHECK(bar_text(0, 10, 4) == "[----]");
  CHECK(bar_text(5, 10, 4) == "[##--]");
  CHECK(bar_text(10, 10, 4) == "[####]");
  CHECK(bar_text(12, 10, 4) == "[####]");
  CHECK(bar_text(1, 0, 4) == "[----]");
}

TEST_CASE("pace is a plain mean at first, and forgets later") {
  Pace pace;
  pace.add(3);
  pace.add(1);
  CHECK(pace.seconds() == 2);
  for (int i = 0; i < 1000; ++i) pace.add(5);
  CHECK(pace.seconds() == doctest::Approx(5).epsilon(1e-6));
}

TEST_CASE("progress that does not go to a terminal is plain lines") {
  const ScratchFolder folder;
  const auto path = folder / "out.txt";
  {
    std::FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    {
      ProgressLine line(file);
      CHECK(!line.terminal());
      line.update("step 1", true);
      line.update("step 2", false);
      line.message("news");
      line.update("step 3", true);
    }
    std::fclose(file);
  }
  CHECK(file_bytes(path) == "step 1\nnews\nstep 3\n");
}
