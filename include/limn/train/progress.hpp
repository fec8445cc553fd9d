// SPDX-License-Identifier: MIT
// Progress as text: how far, how fast, how long yet. Terminals get one line that renews itself,
// files and pipes get whole lines without control characters.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// "12 s", "3 min 20 s", "5 h 07 min", "3 d 04 h"
[[nodiscard]] inline std::string duration_text(double seconds) {
  if (!is_finite(seconds) || seconds < 0 || seconds > 1e12) return "?";
  const auto s = static_cast<std::int64_t>(std::llround(seconds));
  const auto pair = [](std::int64_t big, const char* unit, std::int64_t small, const char* rest) {
    return std::to_string(big) + unit + (small < 10 ? "0" : "") + std::to_string(small) + rest;
  };
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return pair(s / 60, " min ", s % 60, " s");
  if (s < 86400) return pair(s / 3600, " h ", s % 3600 / 60, " min");
  return pair(s / 86400, " d ", s % 86400 / 3600, " h");
}

/// The local time `seconds` from now: "14:05", or "Wed 26 Nov 14:05" if that is another day.
[[nodiscard]] inline std::string finish_text(double seconds) {
  if (!is_finite(seconds) || seconds < 0 || seconds > 1e9) return "?";
  const std::time_t now = std::time(nullptr);
  const std::time_t then = now + static_cast<std::time_t>(std::llround(seconds));
  std::tm today{}, day{};
  if (::localtime_r(&now, &today) == nullptr || ::localtime_r(&then, &day) == nullptr) return "?";
  const bool same = today.tm_year == day.tm_year && today.tm_yday == day.tm_yday;
  char text[64];
  return {text, std::strftime(text, sizeof text, same ? "%H:%M" : "%a %d %b %H:%M", &day)};
}

/// "[######--------------]": the part of the way that is done.
[[nodiscard]] inline std::string bar_text(std::int64_t done, std::int64_t all, int width = 20) {
  const std::int64_t full = all > 0 ? std::clamp<std::int64_t>(done * width / all, 0, width) : 0;
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(width - full), '-') + "]";
}

/// Seconds per step, as a mean that forgets: old steps count less.
class Pace {
 public:
  /// Of one step.
  void add(double seconds) {
    // the first steps warm caches up: the mean starts as a plain one
    ++count_;
    mean_ += (seconds - mean_) / std::min<double>(count_, 50);
  }
  /// Per step; 0 before the first.
  [[nodiscard]] double seconds() const { return mean_; }

 private:
  double count_ = 0, mean_ = 0;
};

/// Writes progress to a stream of the C library, which outlives it.
class ProgressLine {
 public:
  /// Asks once whether the stream is a terminal.
  explicit ProgressLine(std::FILE* stream)
      : stream_(stream), terminal_(::isatty(::fileno(stream)) == 1) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { close(); }

  /// Whether one line renews itself; else there are whole lines.
  [[nodiscard]] bool terminal() const { return terminal_; }

  /// Shows `text` in place of the last one. Terminals are not written to more often than ten times
  /// a second; elsewhere it is a line only if `lasting`.
  void update(const std::string& text, bool lasting) {
    if (!terminal_) {
      if (lasting) write(text + "\n");
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!lasting && open_ && now - shown_ < std::chrono::milliseconds(100)) return;
    shown_ = now;
    open_ = true;
    write("\r" + text.substr(0, columns()) + "\x1b[K");
  }

  /// A line of its own, above the progress.
  void message(const std::string& text) {
    write((open_ ? "\r\x1b[K" : "") + text + "\n");
    open_ = false;
  }

  /// Leaves the last progress standing.
  void close() {
    if (open_) write("\n");
    open_ = false;
  }

 private:
  /// Characters that a line can have without a second one.
  [[nodiscard]] std::size_t columns() const {
    winsize size{};
    const bool known = ::ioctl(::fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - 1U : std::string::npos;
  }

  void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stream_);
    std::fflush(stream_);
  }

  std::FILE* stream_;
  bool terminal_;
  bool open_ = false;
  std::chrono::steady_clock::time_point shown_{};
};

}  // namespace limn::inline v0
