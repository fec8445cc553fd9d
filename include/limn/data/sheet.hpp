// SPDX-License-Identifier: MIT
// Sample sheets: pictures in rows and columns, every row and column with a caption.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/data/canvas.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/font.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// Collects rows, then draws them.
class Sheet {
 public:
  /// Every picture becomes `cell` x `cell` pixels (128 or more look best). The title may have
  /// several lines, the first is the larger one. Throws ShapeError for a cell below 8.
  explicit Sheet(std::string title, Index cell = 128) : title_(std::move(title)), cell_(cell) {
    if (cell < 8) throw ShapeError("sheet: a cell of " + std::to_string(cell) + " pixels");
  }

  /// Starts a block of rows under column captions of its own (file names; those that are too long
  /// lose their middle).
  void section(std::string heading, std::vector<std::string> columns) {
    sections_.push_back({std::move(heading), std::move(columns), {}});
  }

  /// A row: its caption (several lines with '\n') and one picture per column, of any extents.
  void row(std::string_view caption, std::vector<Picture> pictures) {
    if (sections_.empty()) section("", {});
    for (auto& picture : pictures) {
      if (picture.width == cell_ && picture.height == cell_) continue;
      picture = fit_picture(picture, cell_, Fit::pad);
    }
    sections_.back().rows.push_back({lines(caption), std::move(pictures)});
  }

  /// The sheet.
  [[nodiscard]] Picture draw() const {
    const Layout at = layout();
    Canvas canvas(at.width, at.height, paper);
    Index y = margin;
    Index scale = title_scale();
    for (const auto& line : lines(title_)) {
      canvas.text(margin, y, line, ink, scale);
      y += line_height(scale);
      scale = text_scale();
    }
    for (const auto& section : sections_) y = draw_section(canvas, at, section, y);
    return std::move(canvas).picture();
  }

 private:
  struct Row {
    std::vector<std::string> caption;
    std::vector<Picture> pictures;
  };
  struct Section {
    std::string heading;
    std::vector<std::string> columns;
    std::vector<Row> rows;
  };
  struct Layout {
    Index captions = 0, width = 0, height = 0;
  };

  static constexpr Colour paper{250, 249, 246}, ink{32, 34, 40}, faint{112, 114, 122},
      rule{206, 204, 198};
  static constexpr Index margin = 14, gap = 8;

  // sizes of text: the title's first line, headings and row captions, everything else
  [[nodiscard]] Index title_scale() const { return caption_scale() + 1; }
  [[nodiscard]] Index caption_scale() const { return cell_ >= 96 ? 2 : 1; }
  [[nodiscard]] Index text_scale() const { return cell_ >= 224 ? 2 : 1; }
  static Index line_height(Index scale) { return (font_height + 3) * scale; }

  static std::vector<std::string> lines(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      out.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }

  /// Above the pictures of a section: a rule, the heading, the columns' captions.
  [[nodiscard]] Index head_height(const Section& section) const {
    Index height = margin;
    if (!section.heading.empty()) height += line_height(caption_scale()) + 2;
    if (!section.columns.empty()) height += line_height(text_scale());
    return height;
  }

  [[nodiscard]] Layout layout() const {
    Layout out;
    std::size_t columns = 1;
    out.height = 2 * margin;
    Index scale = title_scale(), headings = 0;
    for (const auto& line : lines(title_)) {
      headings = std::max(headings, text_width(line, scale));
      out.height += line_height(scale);
      scale = text_scale();
    }
    for (const auto& section : sections_) {
      headings = std::max(headings, text_width(section.heading, caption_scale()));
      out.height += head_height(section);
      for (const auto& row : section.rows) {
        columns = std::max(columns, row.pictures.size());
        for (const auto& line : row.caption)
          out.captions = std::max(out.captions, text_width(line, caption_scale()));
        out.height += cell_ + gap;
      }
    }
    if (out.captions > 0) out.captions += margin;
    out.width = 2 * margin + out.captions + static_cast<Index>(columns) * (cell_ + gap) - gap;
    out.width = std::max(out.width, 2 * margin + headings);
    return out;
  }

  Index draw_section(Canvas& canvas, const Layout& at, const Section& section, Index y) const {
    const Index scale = text_scale(), left = margin + at.captions;
    if (y > margin) canvas.fill({margin, y + margin / 2 - 2, at.width - 2 * margin, 1}, rule);
    y += margin;
    if (!section.heading.empty()) {
      canvas.text(margin, y, section.heading, ink, caption_scale());
      y += line_height(caption_scale()) + 2;
    }
    Index x = left;
    for (const auto& column : section.columns) {
      const auto name = shorten(column, cell_, scale);
      canvas.text(x + (cell_ - text_width(name, scale)) / 2, y, name, faint, scale);
      x += cell_ + gap;
    }
    if (!section.columns.empty()) y += line_height(scale);
    for (const auto& row : section.rows) {
      const auto count = static_cast<Index>(row.caption.size());
      const Index step = line_height(caption_scale());
      Index line_y = y + (cell_ - count * step) / 2;
      for (const auto& line : row.caption) {
        canvas.text(left - margin - text_width(line, caption_scale()), line_y, line, ink,
                    caption_scale());
        line_y += step;
      }
      x = left;
      for (const auto& picture : row.pictures) {
        canvas.blit(picture, x, y);
        canvas.frame({x, y, cell_, cell_}, rule);
        x += cell_ + gap;
      }
      y += cell_ + gap;
    }
    return y;
  }

  std::string title_;
  Index cell_;
  std::vector<Section> sections_;
};

}  // namespace limn::inline v0
