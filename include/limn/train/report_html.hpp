// SPDX-License-Identifier: MIT
// A run's history as one page of HTML that needs nothing from elsewhere. What matters most is there
// without scripts too: state, problems, the last sheet and losses, options and machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <utility>

#include "limn/core/config.hpp"
#include "limn/train/progress.hpp"
#include "limn/train/report_charts.hpp"
#include "limn/train/report_history.hpp"
#include "limn/train/report_json.hpp"
#include "limn/train/report_script.hpp"
#include "limn/train/report_sheets.hpp"
#include "limn/train/report_style.hpp"

namespace limn::inline v0 {

namespace detail {

/// Builds the page, part by part.
class ReportPage {
 public:
  ReportPage(const RunHistory& history, std::span<const ReportSheet* const> sheets, std::time_t now)
      : h_(history), sheets_(sheets), now_(now) {}

  [[nodiscard]] std::string build() {
    head();
    summary();
    problems();
    sheets();
    losses();
    section("attention", "Attention",
            "How surely the attention's classifiers tell pictures of one domain from the other; "
            "at one half they tell nothing.");
    section("rho", "ρ per layer",
            "What each AdaLIN and LIN layer mixes: 1 is instance normalization, which keeps the "
            "content, 0 layer normalization, which changes the style. Line: mean over the "
            "channels; band: least to greatest.");
    scores();
    section("signals", "Other signals", "");
    details();
    foot();
    return std::move(out_);
  }

 private:
  static std::string row(const std::string& name, const std::string& value, bool number) {
    return "<tr><td>" + html_text(name) + "</td><td class=\"" + (number ? "number" : "long") +
           "\">" + html_text(value) + "</td></tr>\n";
  }
  static std::string time(const std::string& utc) {
    return "<time datetime=\"" + html_text(utc) + "\">" + html_text(utc) + "</time>";
  }
  /// Without a session in the journal nobody knows how long it was to be.
  [[nodiscard]] bool known() const { return !h_.sessions.empty(); }
  [[nodiscard]] bool finished() const { return known() && h_.step >= h_.steps; }
  [[nodiscard]] double left() const { return static_cast<double>(h_.steps - h_.step) * h_.pace; }

  void head() {
    out_ +=
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>" +
        html_text(h_.name) + ": step " + text_of(h_.step) + "</title>\n<style>";
    out_ += report_style;
    out_ += "</style>\n</head>\n<body>\n<header class=\"top\">\n<h1>" + html_text(h_.name) +
            (finished() ? "<span class=\"pill done\">finished</span>"
                        : "<span class=\"pill\">step " + text_of(h_.step) +
                              (known() ? " of " + text_of(h_.steps) : "") + "</span>") +
            "</h1>\n";
    if (!h_.sessions.empty())
      for (const auto& [name, value] : h_.sessions.back().machine)
        if (name == "model") out_ += "<p class=\"lead\">" + html_text(value) + "</p>\n";
    out_ += "<progress aria-label=\"progress\" max=\"" +
            text_of(std::max<std::int64_t>(1, h_.steps)) + "\" value=\"" + text_of(h_.step) +
            "\"></progress>\n";
  }

  void tile(const std::string& value, const std::string& what) {
    out_ += "<div class=\"tile\"><b>" + value + "</b><span>" + what + "</span></div>\n";
  }

  void summary() {
    out_ += "<div class=\"tiles\">\n";
    tile(text_of(h_.step), known() ? "of " + text_of(h_.steps) + " steps" : "steps");
    tile(duration_text(h_.seconds), "of training");
    if (h_.pace > 0) tile(text_of(h_.pace, 3) + " s", "per step");
    const auto as_of = utc_time(h_.as_of);
    if (finished() && as_of)
      tile(time(h_.as_of), "finished");
    else if (known() && !finished() && h_.pace > 0 && left() < 1e9)
      tile(time(utc_text(as_of.value_or(now_) + static_cast<std::time_t>(left()))),
           "finishes if it goes on like this: " + duration_text(left()) + " of training left");
    tile(text_of(static_cast<std::int64_t>(h_.problems.size())),
         h_.problems.size() == 1 ? "problem" : "problems");
    out_ +=
        "</div>\n<noscript><p class=\"lead\">Curves, and all sheets but the last, need "
        "JavaScript; it is in this page, nothing is loaded from elsewhere.</p></noscript>\n"
        "<div id=\"error\" role=\"alert\"></div>\n</header>\n<main>\n";
  }

  void problems() {
    if (h_.problems.empty()) return;
    out_ += "<section id=\"problems\"><h2>Problems</h2>\n";
    for (const auto& p : h_.problems) {
      out_ += "<div class=\"problem\"><b>" + html_text(p.kind) + "</b>" + html_text(p.text) +
              " <small>" + (p.times == 1 ? "" : text_of(p.times) + " times, ") + "step " +
              text_of(p.first) + (p.last == p.first ? "" : " to " + text_of(p.last)) +
              "</small></div>\n";
    }
    out_ += "</section>\n";
  }

  void sheets() {
    out_ += "<section id=\"samples\"><h2>Samples</h2>\n";
    if (sheets_.empty()) {
      out_ += "<p class=\"note\">No sheet has been drawn yet.</p></section>\n";
      return;
    }
    out_ +=
        "<p class=\"note\">What both generators make of the same test pictures. The arrow keys "
        "go through the training.</p>\n<div class=\"bar\">"
        "<button type=\"button\" id=\"slide-back\" aria-label=\"earlier sheet\">‹</button>"
        "<button type=\"button\" id=\"slide-play\">Play</button>"
        "<button type=\"button\" id=\"slide-on\" aria-label=\"later sheet\">›</button>"
        "<input type=\"range\" id=\"slide\" min=\"0\" step=\"1\" aria-label=\"sheet\">"
        "<span id=\"slide-step\"></span></div>\n<figure class=\"sheets\">\n";
    for (const auto* s : sheets_)
      out_ += std::string("<img") + (s == sheets_.back() ? " class=\"on\"" : "") + " data-step=\"" +
              text_of(s->step) + "\" width=\"" + text_of(s->width) + "\" height=\"" +
              text_of(s->height) + "\" alt=\"sample sheet of step " + text_of(s->step) +
              "\" src=\"data:image/jpeg;base64," + s->jpeg + "\">\n";
    out_ += "</figure></section>\n";
  }

  void losses() {
    out_ +=
        "<section id=\"losses\"><h2>Losses</h2>\n<p class=\"note\">As they are before their "
        "weights; the totals with them. A click on a name hides its line.</p>\n"
        "<div class=\"bar\"><label>smoothing <input type=\"range\" id=\"smooth\" min=\"0\" "
        "max=\"0.98\" step=\"0.02\" value=\"0.6\"></label>"
        "<label><input type=\"checkbox\" id=\"raw\" checked> unsmoothed as well</label>"
        "<label><input type=\"checkbox\" id=\"log\"> logarithmic</label></div>\n</section>\n"
        "<details><summary>Losses of step " +
        text_of(h_.step) +
        "</summary>\n<div class=\"scroll\"><table><thead><tr><th>term</th><th class=\"number\">"
        "value</th></tr></thead><tbody>\n";
    for (const auto& loss : h_.losses) out_ += row(loss.name, text_of(loss.last, 6), true);
    out_ += "</tbody></table></div></details>\n";
  }

  void section(const std::string& id, const std::string& title, const std::string& note) {
    out_ += "<section id=\"" + id + "\" class=\"needs-js\" hidden><h2>" + title + "</h2>" +
            (note.empty() ? "" : "<p class=\"note\">" + note + "</p>") + "</section>\n";
  }

  void scores() {
    if (h_.scores.empty()) return;
    out_ +=
        "<section id=\"scores\"><h2>Scores</h2>\n<div class=\"charts\" id=\"score-charts\"></div>"
        "<div class=\"scroll\"><table><thead><tr><th>score</th><th class=\"number\">last</th>"
        "<th class=\"number\">least</th><th class=\"number\">greatest</th></tr></thead><tbody>\n";
    for (const auto& s : h_.scores) {
      const auto [low, high] = std::minmax_element(s.values.begin(), s.values.end());
      const auto at = [&](auto where) {
        return "<td class=\"number\">" + text_of(*where, 5) + " <small class=\"quiet\">step " +
               text_of(s.steps[static_cast<std::size_t>(where - s.values.begin())], 15) +
               "</small></td>";
      };
      out_ += "<tr><td>" + html_text(s.name) + "</td>" + at(s.values.end() - 1) + at(low) +
              at(high) + "</tr>\n";
    }
    out_ += "</tbody></table></div></section>\n";
  }

  void table(const std::string& title, const Facts& facts) {
    out_ += "<div><h2>" + title + "</h2>\n<div class=\"scroll\"><table><tbody>\n";
    for (const auto& [name, value] : facts) out_ += row(name, value, false);
    out_ += "</tbody></table></div></div>\n";
  }

  void details() {
    if (!h_.sessions.empty()) {
      const auto& last = h_.sessions.back();
      out_ += "<section id=\"details\" class=\"two\">\n";
      table("Options", last.options);
      table("Machine", last.machine);
      out_ +=
          "</section>\n<section id=\"sessions\"><h2>Sessions</h2>\n<div class=\"scroll\">"
          "<table><thead><tr><th class=\"number\">from step</th><th>began</th><th>on</th></tr>"
          "</thead><tbody>\n";
      for (const auto& s : h_.sessions) {
        std::string on;
        for (const auto& [name, value] : s.machine)
          if (name == "processor" || name == "device") on += (on.empty() ? "" : "; ") + value;
        out_ += "<tr><td class=\"number\">" + text_of(s.first_step) + "</td><td>" + time(s.began) +
                "</td><td class=\"long\">" + html_text(on) + "</td></tr>\n";
      }
      out_ += "</tbody></table></div></section>\n";
    }
    if (h_.messages.empty()) return;
    out_ += "<details id=\"messages\" open><summary>Messages</summary>\n<ul class=\"messages\">\n";
    for (const auto& m : h_.messages)
      out_ += "<li>" + html_text(m.text) + " <small class=\"quiet\">step " + text_of(m.first) +
              (m.times == 1 ? "" : ", " + text_of(m.times) + " times") + "</small></li>\n";
    out_ += "</ul></details>\n";
  }

  void foot() {
    out_ += "</main>\n<footer>Written by limn " LIMN_VERSION ", " + time(utc_text(now_)) +
            "; log.csv beside it has every logged step.</footer>\n"
            "<script type=\"application/json\" id=\"data\">" +
            report_json(h_) + "</script>\n<script>";
    out_ += report_charts;
    out_ += report_script;
    out_ += "</script>\n</body>\n</html>\n";
  }

  const RunHistory& h_;
  std::span<const ReportSheet* const> sheets_;
  std::time_t now_;
  std::string out_;
};

}  // namespace detail

/// The page, written at time `now`.
[[nodiscard]] inline std::string report_html(const RunHistory& history,
                                             std::span<const ReportSheet* const> sheets,
                                             std::time_t now) {
  return detail::ReportPage(history, sheets, now).build();
}

}  // namespace limn::inline v0
