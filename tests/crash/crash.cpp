// SPDX-License-Identifier: MIT
// limn-crash: kills ugatit-train at random moments, fills its disk and makes it fail; whatever
// happens, the run that is resumed ends with the same files as one that was left alone.
//   limn-crash kills TRAIN DATA FAULTS [--kills N] [--seed S]
//   limn-crash full  TRAIN DATA FAULTS
//   limn-crash fails TRAIN DATA FAULTS
//   limn-crash cost FOLDER MEGABYTES   how long a step waits for a checkpoint of that size
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/checkpoints.hpp"
#include "limn/train/run_lock.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int steps = 60;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// All but the time column.
std::string without_time(const std::string& log) {
  std::string out;
  for (std::size_t at = 0; at < log.size();) {
    const auto end = std::min(log.find('\n', at), log.size() - 1);
    const auto first = log.find(',', at), second = log.find(',', first + 1);
    out += log.substr(at, first - at) + log.substr(second, end + 1 - second);
    at = end + 1;
  }
  return out;
}

/// Every file of a run by name, its log without the time, and without what tells of sessions and
/// clocks: journal and report.
std::map<std::string, std::string> contents(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(run).string();
    if (name == "events.jsonl" || name == "report.html") continue;
    files[name] = name == "log.csv" ? without_time(bytes_of(entry.path())) : bytes_of(entry.path());
  }
  return files;
}

void require_same(const fs::path& whole, const fs::path& run) {
  const auto is = contents(run);
  for (const auto& [name, bytes] : contents(whole)) {
    require(is.contains(name), run.string() + ": has no " + name);
    require(is.at(name) == bytes, run.string() + ": " + name + " is not as it would have been");
  }
  for (const auto& [name, bytes] : is)
    require(fs::exists(whole / name), run.string() + ": " + name + " is too much");
}

struct Faults {
  std::string fault, folder, slow;
};

/// A training in a process of its own.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::string& library,
          const Faults& faults) {
    require(::pipe2(pipe_, O_CLOEXEC) == 0, "no pipe");
    std::vector<char*> arguments;
    for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    pid_ = ::fork();
    require(pid_ >= 0, "no process");
    if (pid_ == 0) {
      ::dup2(pipe_[1], STDOUT_FILENO);
      ::dup2(pipe_[1], STDERR_FILENO);
      if (!faults.folder.empty()) {
        ::setenv("LD_PRELOAD", library.c_str(), 1);
        ::setenv("LIMN_FAULT", faults.fault.c_str(), 1);
        ::setenv("LIMN_FAULT_FOLDER", faults.folder.c_str(), 1);
        ::setenv("LIMN_FAULT_SLOW", faults.slow.c_str(), 1);
      }
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(pipe_[1]);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(pipe_[0]);
  }

  /// Reads what it says until it has said `text` or the time has passed; false after its end.
  bool read_until(const std::string& text, milliseconds time) {
    const auto end = Clock::now() + time;
    while (said_.find(text) == std::string::npos) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
      if (left <= 0) return true;
      if (!read_some(static_cast<int>(left))) return false;
    }
    return true;
  }
  /// Lets it go on for a time; false if it ends before.
  bool let(std::chrono::microseconds time) {
    const auto end = Clock::now() + time;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now());
      if (left.count() <= 0) return true;
      if (left < milliseconds(1)) {
        ::usleep(static_cast<useconds_t>(left.count()));
        return true;
      }
      if (!read_some(static_cast<int>(left.count() / 1000))) return false;
    }
  }
  void kill(int signal) { ::kill(pid_, signal); }
  /// The exit code; 128 + signal where it was killed.
  int wait() {
    while (read_some(-1)) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  /// False at the end of what it says.
  bool read_some(int timeout) {
    pollfd ready{pipe_[0], POLLIN, 0};
    const int found = ::poll(&ready, 1, timeout);
    if (found <= 0) return true;
    char text[4096];
    const ssize_t got = ::read(pipe_[0], text, sizeof text);
    if (got <= 0) return false;
    said_.append(text, static_cast<std::size_t>(got));
    return true;
  }

  int pipe_[2]{-1, -1};
  pid_t pid_ = -1;
  std::string said_;
};

/// What all the tests have in common: the program, little data, the run that is left alone.
class Crash {
 public:
  Crash(std::string train, const fs::path& data, std::string library)
      : train_(std::move(train)), library_(std::move(library)) {
    std::string name = (fs::temp_directory_path() / "limn-crash-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "no folder in " + name);
    work_ = name;
    for (const char* folder : {"trainA", "trainB", "testA", "testB"}) {
      std::vector<fs::path> pictures;
      for (const auto& entry : fs::directory_iterator(data / folder)) pictures.push_back(entry);
      std::sort(pictures.begin(), pictures.end());
      require(pictures.size() >= 5, (data / folder).string() + ": has too few pictures");
      fs::create_directories(work_ / "data" / folder);
      for (std::size_t i = 0; i < (folder[1] == 'r' ? 5U : 1U); ++i)
        fs::copy(pictures[i], work_ / "data" / folder / pictures[i].filename());
    }
  }
  Crash(const Crash&) = delete;
  Crash& operator=(const Crash&) = delete;
  ~Crash() {
    std::error_code ignored;
    fs::remove_all(work_, ignored);
  }

  void kills(int count, std::uint64_t seed);
  void full();
  void fails();

 private:
  [[nodiscard]] Process begin(const fs::path& run, const Faults& faults = {}) const {
    std::vector<std::string> command{train_,
                                     "--data",
                                     work_ / "data",
                                     "--out",
                                     run,
                                     "--save-every",
                                     "1",
                                     "--log-every",
                                     "1",
                                     "--sheet-every",
                                     "7",
                                     "--threads",
                                     "1",
                                     "--keep",
                                     "3"};
    // a run that was killed before its first checkpoint begins anew
    if (limn::checkpoint_files(run).empty())
      for (const char* option : {"--size", "16", "--channels", "2", "--blocks", "1", "--steps"})
        command.emplace_back(option);
    else
      command.emplace_back("--resume");
    if (command.back() == "--steps") command.push_back(std::to_string(steps));
    return Process(command, library_, faults);
  }
  void finish(const fs::path& run) const {
    Process last = begin(run);
    const int code = last.wait();
    require(code == 0, run.string() + ": ended with " + std::to_string(code) + ": " + last.said());
  }
  const fs::path& whole() {
    if (whole_.empty()) {
      whole_ = work_ / "whole";
      finish(whole_);
      require(contents(whole_).size() == 4 + steps / 7 + 1,
              "the run that is left alone has other "
              "files than expected");
    }
    return whole_;
  }
  void fail_once(const std::string& call, int code, int first);
  void fail_for_good(const std::string& call, int code, int first);

  std::string train_, library_;
  fs::path work_, whole_;
};

void Crash::kills(int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](long n) { return std::uniform_int_distribution<long>(0, n - 1)(random); };
  const auto began = Clock::now();
  whole();
  int killed = 0, saving = 0, linking = 0, drawing = 0, logging = 0, starting = 0, runs = 0;
  while (killed < count) {
    const fs::path run = work_ / ("killed" + std::to_string(++runs));
    for (bool alive = true; alive && killed < count;) {
      // a disk that lingers in one kind of call: most moments then are in the middle of it
      const std::vector<std::string> slow{"",           "write:400",    "fsync:20000",
                                          "link:10000", "rename:10000", "log:10000"};
      Process process = begin(run, {"", run.string(), slow[static_cast<std::size_t>(below(6))]});
      // one of six dies while it starts, the others some time after a first step
      const bool early = below(6) == 0;
      if (!early) alive = process.read_until("step ", milliseconds(20000));
      alive = alive && process.let(std::chrono::microseconds(below(early ? 150'000 : 60'000)));
      if (!alive) {
        require(process.wait() == 0, run.string() + ": failed: " + process.said());
        break;
      }
      process.kill(SIGKILL);
      const int code = process.wait();
      if (code == 0) break;  // it was just ending
      require(code == 128 + SIGKILL, run.string() + ": failed: " + process.said());
      ++killed;
      starting += process.said().find("step ") == std::string::npos;
      saving += fs::exists(run / "latest.safetensors.tmp");
      if (fs::exists(run))
        for (const auto& entry : fs::recursive_directory_iterator(run)) {
          const std::string name = entry.path().filename();
          linking += name.starts_with("step_") && name.ends_with(".safetensors.tmp");
          drawing += name.ends_with(".png.tmp");
        }
      const std::string log = bytes_of(run / "log.csv");
      logging += !log.empty() && log.back() != '\n';
      // whatever happened, there is a whole checkpoint as soon as there was one
      if (!limn::checkpoint_files(run).empty())
        static_cast<void>(limn::open_checkpoint(limn::checkpoint_path(run)));
    }
    if (limn::checkpoint_files(run).empty() ||
        limn::checkpoint_step(limn::newest_checkpoint(run)) < steps)
      finish(run);
    require_same(whole_, run);
  }
  std::cout << killed << " kills in " << runs << " runs: " << saving << " while saving, " << linking
            << " between two names, " << drawing << " while writing a sheet, " << logging
            << " within a line of the log, " << starting << " before the first step of a session; "
            << std::chrono::duration<double>(Clock::now() - began).count() << " s\n";
  require(saving > 0, "no kill met a save");
  require(count < 100 || linking + drawing + logging > 0,
          "100 kills met no second name, no sheet and no line of the log");
}

/// The disk is full for a while, and the training goes on; full at the end, and it says so.
void Crash::full() {
  const fs::path disk = work_ / "disk";
  fs::create_directories(disk);
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("limn-crash", disk.c_str(), "tmpfs", 0, "size=16m") != 0) {
    std::cout << "skipped: this process may not mount a file system\n";
    return;
  }
  whole();
  const auto fill = [&] {
    const limn::detail::Descriptor file(
        ::open((disk / "ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    const std::string piece(4096, 'x');
    while (::write(file.get(), piece.data(), piece.size()) > 0) {
    }
    require(errno == ENOSPC, "the disk does not become full");
  };
  for (const bool for_good : {false, true}) {
    const fs::path run = disk / (for_good ? "end" : "while");
    Process process = begin(run, {"", run.string(), "write:50"});
    process.read_until("step 5/", milliseconds(20000));
    fill();
    process.read_until("No space left on device; the training goes on", milliseconds(20000));
    require(process.said().find("No space left on device") != std::string::npos,
            "a full disk is not told: " + process.said());
    static_cast<void>(limn::open_checkpoint(limn::checkpoint_path(run)));
    if (!for_good) fs::remove(disk / "ballast");
    const int code = process.wait();
    require(code == (for_good ? 1 : 0),
            "a full disk ended with " + std::to_string(code) + ": " + process.said());
    if (for_good) {
      require(process.said().find(" is still there\n") != std::string::npos, process.said());
      static_cast<void>(limn::open_checkpoint(limn::checkpoint_path(run)));
      fs::remove(disk / "ballast");
      finish(run);
    }
    require_same(whole_, run);
  }
  std::cout << "a full disk: told, and nothing is lost\n";
}

/// Some calls fail, and the training goes on as if nothing had been.
void Crash::fail_once(const std::string& call, int code, int first) {
  const std::string name = call + "-" + std::to_string(code) + "-" + std::to_string(first);
  const fs::path run = work_ / name;
  Process process = begin(
      run,
      {call + ":" + std::to_string(code) + ":" + std::to_string(first) + ":3", run.string(), ""});
  const int ended = process.wait();
  require(ended == 0, name + ": ended with " + std::to_string(ended) + ": " + process.said());
  require(process.said().find(std::strerror(code)) != std::string::npos,
          name + ": the error is not told: " + process.said());
  // a sheet that could not be written is not drawn again; all else is as it would have been
  for (int step = 7; step <= steps; step += step == 56 ? 4 : 7) {
    char sheet[40];
    std::snprintf(sheet, sizeof sheet, "sheets/step_%07d.png", step);
    if (fs::exists(run / sheet)) continue;
    require(process.said().find("goes on without this sheet") != std::string::npos,
            name + ": a sheet is missing, and nobody said so");
    fs::create_directories(run / "sheets");
    fs::copy(whole_ / sheet, run / sheet);
  }
  require_same(whole_, run);
}

/// From some call on all fail: it says so at the end, and what was saved before is whole.
void Crash::fail_for_good(const std::string& call, int code, int first) {
  const std::string name = call + "-" + std::to_string(code) + "-for-good";
  const fs::path run = work_ / name;
  Process process =
      begin(run, {call + ":" + std::to_string(code) + ":" + std::to_string(first) + ":1000000000",
                  run.string(), ""});
  const int ended = process.wait();
  require(ended == 1, name + ": ended with " + std::to_string(ended) + ": " + process.said());
  require(process.said().find(std::string(std::strerror(code)) + "; the checkpoint of step ") !=
              std::string::npos,
          name + ": the end does not say what is left: " + process.said());
  static_cast<void>(limn::open_checkpoint(limn::checkpoint_path(run)));
  finish(run);
  // sheets of steps that were saved are not drawn again
  for (const auto& entry : fs::directory_iterator(whole_ / "sheets"))
    if (const auto sheet = run / "sheets" / entry.path().filename(); !fs::exists(sheet)) {
      fs::create_directories(run / "sheets");
      fs::copy(entry, sheet);
    }
  require_same(whole_, run);
}

void Crash::fails() {
  whole();
  for (const int first : {30, 6000}) {
    fail_once("write", ENOSPC, first);
    fail_once("write", EIO, first + 1);
  }
  fail_once("fsync", EIO, 20);
  fail_once("rename", EIO, 20);
  fail_once("link", ENOSPC, 5);
  fail_for_good("write", EIO, 5000);
  fail_for_good("fsync", EIO, 40);
  fail_for_good("rename", EACCES, 40);
  std::cout << "a disk that fails: told, and nothing is lost\n";
}

/// Saves a state in memory three times.
void cost(const fs::path& folder, std::int64_t megabytes) {
  constexpr limn::Index each = 16;
  std::vector<std::vector<float>> values(static_cast<std::size_t>(megabytes / each));
  std::vector<limn::StateTensor> state;
  for (auto& v : values) {
    v.assign(each * 250'000, static_cast<float>(state.size()));
    state.push_back({"tensor" + std::to_string(state.size()),
                     limn::StorageType::f32,
                     {1, 1, 1, static_cast<limn::Index>(v.size())},
                     [&v](limn::Index offset, void* to, limn::Index bytes) {
                       std::memcpy(to, reinterpret_cast<const char*>(v.data()) + offset,
                                   static_cast<std::size_t>(bytes));
                     },
                     {}});
  }
  const limn::RunLock lock(folder);
  limn::Checkpoints checkpoints(folder, 2, 0);
  const auto since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  for (const int step : {1, 2, 3}) {
    const auto began = Clock::now();
    checkpoints.begin(step, {}, state, false);
    const double waited = since(began);
    static_cast<void>(checkpoints.completed(true));
    std::cout << megabytes << " MB: the step waits " << waited << " s, on the disk after "
              << since(began) << " s\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  int kills = 100;
  std::uint64_t seed = 1;
  for (std::size_t i = 4; i + 1 < arguments.size(); i += 2) {
    if (arguments[i] == "--kills") kills = std::stoi(arguments[i + 1]);
    if (arguments[i] == "--seed") seed = std::stoull(arguments[i + 1]);
  }
  const bool costs = arguments.size() == 3 && arguments[0] == "cost";
  if (arguments.size() < 4 && !costs) {
    std::cerr << "limn-crash kills|full|fails TRAIN DATA FAULTS [--kills N] [--seed S]\n"
                 "limn-crash cost FOLDER MEGABYTES\n";
    return 2;
  }
  try {
    if (costs) {
      cost(arguments[1], std::stoll(arguments[2]));
      return 0;
    }
    Crash crash(arguments[1], arguments[2], arguments[3]);
    if (arguments[0] == "kills")
      crash.kills(kills, seed);
    else if (arguments[0] == "full")
      crash.full();
    else
      crash.fails();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "FAILED: " << error.what() << '\n';
    return 1;
  }
}
