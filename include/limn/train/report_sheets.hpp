// SPDX-License-Identifier: MIT
// The sample sheets of a report: few enough, and small enough, to stand inside of one page.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/data/resize.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// RFC 4648, with padding and without line breaks.
[[nodiscard]] inline std::string base64(std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

/// A sheet as it stands in a report.
struct ReportSheet {
  std::int64_t step = 0;  ///< that it was drawn after
  /// In pixels of the JPEG.
  Index width = 0, height = 0;
  std::string jpeg;  ///< in base64
};

namespace detail {

inline constexpr std::size_t report_sheets = 24;
inline constexpr Index report_sheet_bytes = 240'000, report_sheet_width = 1200;

/// A JPEG of at most report_sheet_bytes where that is possible: first narrower, then coarser.
[[nodiscard]] inline ReportSheet encode_sheet(std::int64_t step, const Picture& sheet) {
  check_writable("sheet", sheet);
  const auto fits = [](const Picture& p) {
    return p.width <= report_sheet_width && p.height <= 4 * report_sheet_width;
  };
  Picture smaller;
  if (!fits(sheet)) {
    const double scale =
        std::max(static_cast<double>(sheet.width) / static_cast<double>(report_sheet_width),
                 static_cast<double>(sheet.height) / static_cast<double>(4 * report_sheet_width));
    const auto scaled = [scale](Index n) {
      return std::max<Index>(1, static_cast<Index>(static_cast<double>(n) / scale));
    };
    smaller = resize_picture(sheet, scaled(sheet.width), scaled(sheet.height));
  }
  const Picture& shown = smaller.pixels.empty() ? sheet : smaller;
  for (const int quality : {85, 70, 50, 30}) {
    JpegWriter writer;
    if (!writer.encode(shown, quality))
      throw IoError(std::string("a sheet cannot be put into the report: ") + writer.message());
    if (writer.size() > report_sheet_bytes && quality > 30) continue;
    return {step, shown.width, shown.height,
            base64({writer.data(), static_cast<std::size_t>(writer.size())})};
  }
  return {};
}

/// The step in "step_0001000.png"; nothing for other files.
[[nodiscard]] inline std::optional<std::int64_t> sheet_step(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with("step_") || !name.ends_with(".png")) return std::nullopt;
  try {
    return parse_number<std::int64_t>("step", name.substr(5, name.size() - 9), 0, INT64_MAX);
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

/// At most report_sheets of them, the last one included; every 2^k-th, so that one which is left
/// out never comes back when more are added.
[[nodiscard]] inline std::vector<std::int64_t> thinned(const std::vector<std::int64_t>& steps) {
  std::size_t every = 1;
  while ((steps.size() + every - 1) / every + 1 > report_sheets) every *= 2;
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (i % every == 0 || i + 1 == steps.size()) kept.push_back(steps[i]);
  return kept;
}

}  // namespace detail

/// The sheets that a run's report shows, kept encoded: a training adds one at a time.
class ReportSheets {
 public:
  /// A sheet that was just written to the run's folder. Throws IoError.
  void add(std::int64_t step, const Picture& sheet) {
    encoded_.insert_or_assign(step, detail::encode_sheet(step, sheet));
  }

  /// Those of RUN/sheets up to step `last`, in order, thinned; decodes what is not known yet. One
  /// that cannot be read is left out.
  [[nodiscard]] std::vector<const ReportSheet*> of(const std::filesystem::path& run,
                                                   std::int64_t last) {
    std::vector<std::int64_t> steps;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(run / "sheets", error))
      if (const auto step = detail::sheet_step(entry.path()); step && *step <= last)
        steps.push_back(*step);
    std::sort(steps.begin(), steps.end());
    std::map<std::int64_t, ReportSheet> kept;
    std::vector<const ReportSheet*> shown;
    for (const std::int64_t step : detail::thinned(steps)) {
      auto known = encoded_.extract(step);
      if (!known.empty())
        kept.insert(std::move(known));
      else if (!read(run, step, kept))
        continue;
      shown.push_back(&kept.at(step));
    }
    encoded_ = std::move(kept);  // nodes move with their addresses
    return shown;
  }

 private:
  static bool read(const std::filesystem::path& run, std::int64_t step,
                   std::map<std::int64_t, ReportSheet>& to) {
    const std::string digits = std::to_string(step);
    const auto name =
        "step_" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits + ".png";
    try {
      to.emplace(step, detail::encode_sheet(step, read_picture(run / "sheets" / name)));
      return true;
    } catch (const IoError&) {
      return false;
    }
  }

  std::map<std::int64_t, ReportSheet> encoded_;
};

}  // namespace limn::inline v0
