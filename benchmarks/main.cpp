// SPDX-License-Identifier: MIT
// limn-bench: every benchmark by name, built when it runs.
//   limn-bench [--threads=N] [--maths=fast|strict|split] [--peaks=no] [Google Benchmark's flags]
// Threads: the flag, else the environment variable LIMN_THREADS, else all. A --benchmark_filter
// that is the full name of a model benchmark (^ and $ allowed) adds it if it is not in the list.
// --peaks=no leaves out peak_bytes, which costs a process per benchmark where there are several.
// Google Benchmark decides how often to repeat; the times that count are real ones: real_time (the
// mean) and the counters median_s and min_s. Rates are from the median, and cpu_s is the processor
// time per run of all threads.
#include <benchmark/benchmark.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "limn/core/error.hpp"
#include "work.hpp"

namespace limn_bench {
namespace {

/// A value in kB of a file like /proc/self/status, in bytes; 0 if it is not there.
std::size_t proc_bytes(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ':')
      return std::size_t{1024} * std::strtoull(line.c_str() + key.size() + 1, nullptr, 10);
  return 0;
}

/// Processor time that all threads of this process have used.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Peak resident memory of this process.
std::size_t own_peak() { return proc_bytes("/proc/self/status", "VmHWM"); }

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.find(':') + 2, line.size()));
  return "unknown";
}

/// Builds a case's work; refuses what this machine's memory cannot hold.
std::unique_ptr<Work> build(const Case& c, const limn::CpuOptions& options) {
  if (c.plan) {
    auto dry = options;
    dry.dry = true;
    const auto plan = c.make(dry);
    plan->run();
    const std::size_t need = plan->device().memory().peak,
                      have = proc_bytes("/proc/meminfo", "MemAvailable");
    if (have > 0 && need > have)
      throw limn::DeviceError("needs " + std::to_string(need >> 20) + " MB, and " +
                              std::to_string(have >> 20) + " MB are free");
  }
  return c.make(options);
}

constexpr int untimed = 2;

void warm_up(Work& work) {
  for (int i = 0; i < untimed; ++i) work.run();
  work.check();
}

/// Runs cases and keeps the last one built: Google Benchmark calls one several times.
class Runner {
 public:
  Runner(limn::CpuOptions options, std::string program, bool peaks_wanted)
      : options_(options), program_(std::move(program)), peaks_wanted_(peaks_wanted) {}

  void run(benchmark::State& state, const Case& c) {
    try {
      if (current_ != &c) {
        current_ = nullptr;
        work_.reset();
        work_ = build(c, options_);
        current_ = &c;
        held_ = work_->device().memory().current;
        ++built_;
      }
      if (c.against_read && ceiling_ == 0) {
        ceiling_ = read_ceiling(options_);
        ++built_;  // this process's peak is no longer the case's
      }
      warm_up(*work_);
      measure(state);
      if (c.against_read)
        state.counters["of_read"] = 1e9 * static_cast<double>(state.counters["GB/s"]) / ceiling_;
      work_->check();
      if (peaks_wanted_) state.counters["peak_bytes"] = static_cast<double>(peak(c));
    } catch (const std::exception& e) {
      state.SkipWithError(e.what());
    }
  }

 private:
  void measure(benchmark::State& state) {
    limn::Cpu& device = work_->device();
    const auto before = device.work();
    const auto growths = device.memory().growths;
    const double cpu = cpu_seconds();
    std::vector<double> times;
    for ([[maybe_unused]] auto _ : state) {
      const auto start = std::chrono::steady_clock::now();
      work_->run();
      times.push_back(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    const double cpu_time = cpu_seconds() - cpu;
    const auto after = device.work();
    const auto besides = work_->besides();
    const auto runs = static_cast<double>(state.iterations());
    const auto per_run = [&](std::uint64_t from, std::uint64_t to, std::uint64_t more) {
      return static_cast<double>(to - from) / runs + static_cast<double>(more);
    };
    const double multiply_adds =
        per_run(before.multiply_adds, after.multiply_adds, besides.multiply_adds);
    const double bytes = per_run(before.bytes, after.bytes, besides.bytes);
    std::sort(times.begin(), times.end());
    const double seconds = times[times.size() / 2];
    if (multiply_adds > 0) state.counters["GFLOP/s"] = 2e-9 * multiply_adds / seconds;
    state.counters["GB/s"] = 1e-9 * bytes / seconds;
    state.counters["GFLOP"] = 2e-9 * multiply_adds;
    state.counters["median_s"] = seconds;
    state.counters["min_s"] = times.front();
    state.counters["cpu_s"] = cpu_time / runs;
    state.counters["pool_bytes"] = static_cast<double>(device.memory().peak);
    state.counters["held_bytes"] = static_cast<double>(held_);
    state.counters["allocations"] = static_cast<double>(device.memory().growths - growths);
  }

  /// Peak resident memory of a process that runs this case alone: this one if it did, else one
  /// more.
  std::size_t peak(const Case& c) {
    if (built_ == 1) return own_peak();
    const auto known = peaks_.find(c.name);
    if (known != peaks_.end()) return known->second;
    const std::string command =
        "exec '" + program_ + "' --threads=" + std::to_string(work_->device().threads().threads()) +
        " --maths=" + to_string(options_.maths) + " --peak-of=" + c.name;
    std::size_t bytes = 0;
    std::FILE* child = popen(command.c_str(), "r");
    const bool read = child != nullptr && std::fscanf(child, "%zu", &bytes) == 1;
    if ((child != nullptr && pclose(child) != 0) || !read)
      throw limn::DeviceError("the process that measures peak_bytes failed: " + command);
    return peaks_[c.name] = bytes;
  }

  limn::CpuOptions options_;
  std::string program_;
  bool peaks_wanted_;
  const Case* current_ = nullptr;
  std::unique_ptr<Work> work_;
  int built_ = 0;
  std::size_t held_ = 0;  ///< of the pool before the first run: parameters, moments, pictures
  double ceiling_ = 0;    ///< bytes per second, once it was measured
  std::map<std::string, std::size_t> peaks_;
};

/// What stands after `flag=` in the arguments, which it leaves; empty if it is not there.
std::string take(std::vector<char*>& arguments, std::string_view flag) {
  for (auto a = arguments.begin() + 1; a != arguments.end(); ++a) {
    const std::string_view text(*a);
    if (text.starts_with(flag) && text.size() > flag.size() && text[flag.size()] == '=') {
      std::string value(text.substr(flag.size() + 1));
      arguments.erase(a);
      return value;
    }
  }
  return {};
}

int threads_of(const std::string& flag) {
  const char* environment = std::getenv("LIMN_THREADS");
  const std::string text = !flag.empty() ? flag : environment != nullptr ? environment : "";
  if (text.empty()) return 0;
  char* end = nullptr;
  const long threads = std::strtol(text.c_str(), &end, 10);
  if (*end != '\0' || threads < 1 || threads > 4096)
    throw limn::UsageError("threads must be a number from 1 on, not '" + text +
                           "' (--threads or LIMN_THREADS)");
  return static_cast<int>(threads);
}

std::string filter_of(const std::vector<char*>& arguments) {
  constexpr std::string_view flag = "--benchmark_filter=";
  for (const char* a : arguments)
    if (std::string_view(a).starts_with(flag)) return std::string(a).substr(flag.size());
  return {};
}

std::vector<Case> all_cases(std::string asked_for) {
  std::vector<Case> cases;
  add_probes(cases);
  add_convolutions(cases);
  add_primitives(cases);
  add_models(cases);
  if (asked_for.starts_with('^')) asked_for.erase(0, 1);
  if (asked_for.ends_with('$')) asked_for.pop_back();
  if (std::none_of(cases.begin(), cases.end(), [&](const Case& c) { return c.name == asked_for; }))
    add_model(asked_for, cases);
  return cases;
}

/// The other process of Runner::peak: prints its own peak.
int print_peak(const std::string& name, const limn::CpuOptions& options) {
  for (const Case& c : all_cases(name)) {
    if (c.name != name) continue;
    const auto work = build(c, options);
    warm_up(*work);
    work->run();
    std::cout << own_peak() << std::endl;
    return 0;
  }
  throw limn::UsageError("there is no benchmark '" + name + "'");
}

std::string own_program() {
  std::vector<char> path(4096);
  const auto length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) throw limn::DeviceError("/proc/self/exe cannot be read");
  return {path.data(), static_cast<std::size_t>(length)};
}

int run(std::vector<char*> arguments) {
  limn::CpuOptions options;
  options.threads = threads_of(take(arguments, "--threads"));
  const std::string maths = take(arguments, "--maths");
  if (!maths.empty()) options.maths = limn::parse_maths(maths);
  const std::string peaks = take(arguments, "--peaks");
  if (!peaks.empty() && peaks != "no" && peaks != "yes")
    throw limn::UsageError("--peaks must be yes or no, not '" + peaks + "'");
  const std::string peak_of = take(arguments, "--peak-of");
  if (!peak_of.empty()) return print_peak(peak_of, options);

  const auto cases = all_cases(filter_of(arguments));
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  Runner runner(options, own_program(), peaks != "no");
  for (const Case& c : cases)
    benchmark::RegisterBenchmark(c.name.c_str(), [&runner, &c](benchmark::State& state) {
      runner.run(state, c);
    })->Unit(benchmark::kMillisecond);
  benchmark::AddCustomContext("processor", processor());
  benchmark::AddCustomContext("device", limn::Cpu(options).name());
  benchmark::AddCustomContext("maths", to_string(options.maths));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace limn_bench

int main(int argc, char** argv) {
  try {
    return limn_bench::run({argv, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "limn-bench: " << e.what() << '\n';
    return 2;
  }
}
