// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <string>

#include "../io/scratch_folder.hpp"
#include "limn/train/csv_log.hpp"

using namespace limn;

namespace {
const std::vector<std::string> columns{"lr", "loss"};
constexpr std::array<double, 2> two_losses{1e-4, 0.5};
}  // namespace

TEST_CASE("a log is cut to the step that a training resumes from") {
  const ScratchFolder folder;
  const auto path = folder / "log.csv";
  {
    CsvLog log(path, columns, 0);
    for (const std::int64_t step : {1, 10, 20, 30})
      log.add(step, static_cast<double>(step) / 4, two_losses);
  }
  const std::string all = file_bytes(path);
  CHECK(all ==
        "step,seconds,lr,loss\n1,0.25,0.0001,0.5\n10,2.5,0.0001,0.5\n20,5,0.0001,0.5\n"
        "30,7.5,0.0001,0.5\n");
  {
    CsvLog log(path, columns, 20);
    CHECK(log.seconds() == 5);
    log.add(30, 7.5, two_losses);
  }
  CHECK(file_bytes(path) == all);
  // a line that a killed process left unfinished goes as well
  folder.file("log.csv", all + "40,9.");
  { const CsvLog log(path, columns, 30); }
  CHECK(file_bytes(path) == all);
  { const CsvLog log(path, columns, 0); }
  CHECK(file_bytes(path) == "step,seconds,lr,loss\n");
}

TEST_CASE("a log that is missing or empty begins with its header when resuming") {
  const ScratchFolder folder;
  { const CsvLog log(folder / "log.csv", columns, 5); }
  CHECK(file_bytes(folder / "log.csv") == "step,seconds,lr,loss\n");
}

TEST_CASE("zeros that a power cut left after the last whole line go") {
  const ScratchFolder folder;
  const std::string good = "step,seconds,lr,loss\n1,0.25,0.0001,0.5\n";
  folder.file("log.csv", good + std::string(40, '\0') + "\n3,1,0.0001,0.5\n");
  { const CsvLog log(folder / "log.csv", columns, 5); }
  CHECK(file_bytes(folder / "log.csv") == good);
}

TEST_CASE("logs of something else and damaged ones are refused and stay") {
  const ScratchFolder folder;
  const auto path = folder.file("log.csv", "step,seconds,other\n1,2,3\n");
  CHECK(contains(message_of<IoError>([&] { CsvLog(path, columns, 5); }), "log of something else"));
  CHECK(file_bytes(path) == "step,seconds,other\n1,2,3\n");
  folder.file("log.csv", "step,seconds,lr,loss\nbla\n");
  CHECK(contains(message_of<IoError>([&] { CsvLog(path, columns, 5); }), "damaged"));
  CHECK_THROWS_AS(CsvLog(folder / "missing" / "log.csv", columns, 0), IoError);
}

TEST_CASE("a line that could not be written is written later, and no half of it stays") {
  // a limit on the size of files stands for a full disk
  const ScratchFolder folder;
  const auto path = folder / "log.csv";
  const auto full = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  CsvLog log(path, columns, 0);
  log.add(1, 0.25, two_losses);
  const std::string before = file_bytes(path);
  rlimit little = old;
  little.rlim_cur = before.size() + 5;
  ::setrlimit(RLIMIT_FSIZE, &little);
  const auto what = message_of<IoError>([&] { log.add(2, 0.5, two_losses); });
  const auto again = message_of<IoError>([&] { log.add(3, 0.75, two_losses); });
  const std::string meanwhile = file_bytes(path);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, full);
  CHECK(contains(what, "log.csv: writing failed"));
  CHECK(contains(again, "log.csv: writing failed"));
  CHECK(meanwhile == before);
  log.add(4, 1, two_losses);
  CHECK(file_bytes(path) == before + "2,0.5,0.0001,0.5\n3,0.75,0.0001,0.5\n4,1,0.0001,0.5\n");
}

TEST_CASE("a full disk is an error of the line that does not fit") {
  CsvLog* log = nullptr;
  CHECK_THROWS_AS(log = new CsvLog("/dev/full", columns, 0), IoError);
  delete log;
}
