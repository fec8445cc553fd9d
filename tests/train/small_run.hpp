// SPDX-License-Identifier: MIT
// For tests: a little data set and options of a little model.
#pragma once

#include <string>

#include "../io/scratch_folder.hpp"
#include "limn/core/random.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/models/ugatit/run.hpp"
#include "limn/models/ugatit/run_cpu.hpp"

/// A picture whose pixels depend on its number, smooth enough to be learned.
inline limn::Picture some_picture(limn::Index width, limn::Index height, std::uint64_t number) {
  const limn::Philox random{number, 1};
  limn::Picture p(width, height);
  for (limn::Index y = 0; y < height; ++y)
    for (limn::Index x = 0; x < width; ++x)
      for (limn::Index c = 0; c < 3; ++c)
        p.at(x, y)[c] = static_cast<std::uint8_t>(
            255 * random.uniform(static_cast<std::uint64_t>(((y / 4) * 64 + x / 4) * 3 + c)));
  return p;
}

struct SmallRun {
  ScratchFolder folder;
  limn::ugatit::RunOptions options;

  SmallRun() {
    std::uint64_t number = 0;
    for (const char* kind : {"trainA", "trainB", "testA", "testB"}) {
      std::filesystem::create_directories(data() / kind);
      for (const char* name : {"1.png", "2.png", "3.png"})
        limn::write_png(data() / kind / name, some_picture(24, 20, ++number));
    }
    options.model = {.size = 16, .channels = 2, .blocks = 1};
    options.train.steps = 4;
  }

  [[nodiscard]] std::filesystem::path data() const { return folder / "data"; }
  [[nodiscard]] limn::ugatit::RunPlace place(const std::string& run, int threads = 1,
                                             std::int64_t sheet_every = 0) const {
    return {data(), folder / run, limn::ugatit::cpu_run_device({.threads = threads}),
            1,      sheet_every,  0};
  }
  [[nodiscard]] std::string checkpoint(const std::string& run) const {
    return file_bytes(folder / run / "latest.safetensors");
  }
  /// The log without its time column.
  [[nodiscard]] std::string log(const std::string& run) const {
    std::string out;
    const std::string log = file_bytes(folder / run / "log.csv");
    for (std::size_t at = 0; at < log.size();) {
      const auto first = log.find(',', at), second = log.find(',', first + 1);
      const auto end = log.find('\n', at) + 1;
      out += log.substr(at, first - at) + log.substr(second, end - second);
      at = end;
    }
    return out;
  }
};
