// SPDX-License-Identifier: MIT
// Values of a run's history as they may stand in a page: text in HTML, the charts' data in JSON.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "limn/train/report_history.hpp"

namespace limn::inline v0 {

/// Text for HTML, in elements and in attributes with quotes. What is no UTF-8 becomes U+FFFD.
[[nodiscard]] inline std::string html_text(const std::string& text) {
  // JSON's writer knows UTF-8; what it escapes besides is undone by its reader
  const std::string valid = nlohmann::json::parse(json_text(text)).get<std::string>();
  std::string out;
  for (const char c : valid) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 32 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

namespace detail {

[[nodiscard]] inline std::string json_numbers(std::span<const double> values, int digits = 5) {
  std::string out = "[";
  for (const double v : values) out += (out.size() > 1 ? "," : "") + json_number(v, digits);
  return out + "]";
}

/// The data of the charts, fit to stand in a script element.
[[nodiscard]] inline std::string report_json(const RunHistory& h) {
  std::string out = "{\"at\":" + json_numbers(h.at, 15);
  const auto list = [&out](const char* name, const auto& all, auto&& one) {
    out += std::string(",\"") + name + "\":[";
    bool first = true;
    for (const auto& item : all) {
      if (!std::exchange(first, false)) out += ",";
      out += one(item);
    }
    out += "]";
  };
  out += ",\"lr\":" + json_numbers(h.learning_rate.mean);
  list("losses", h.losses, [](const LossHistory& l) {
    std::string text = "{\"name\":" + json_text(l.name) + ",\"mean\":" + json_numbers(l.mean);
    if (l.low != l.high)
      text += ",\"low\":" + json_numbers(l.low, 4) + ",\"high\":" + json_numbers(l.high, 4);
    return text + "}";
  });
  list("signals", h.signals, [](const SignalHistory& s) {
    std::string text = "{\"name\":" + json_text(s.name) + ",\"count\":" + text_of(s.count) +
                       ",\"steps\":" + json_numbers(s.steps, 15) +
                       ",\"mean\":" + json_numbers(s.mean, 4);
    if (s.count != 1)
      text += ",\"low\":" + json_numbers(s.low, 4) + ",\"high\":" + json_numbers(s.high, 4);
    return text + "}";
  });
  list("scores", h.scores, [](const ScoreHistory& s) {
    return "{\"name\":" + json_text(s.name) + ",\"steps\":" + json_numbers(s.steps, 15) +
           ",\"values\":" + json_numbers(s.values) + "}";
  });
  list("sessions", h.sessions, [](const SessionHistory& s) { return text_of(s.first_step); });
  list("families", h.families, [](const LossFamily& f) {
    return "{\"key\":" + json_text(f.key) + ",\"title\":" + json_text(f.title) +
           ",\"group\":" + json_text(f.group) + ",\"note\":" + json_text(f.note) +
           ",\"level\":" + json_number(f.level) + "}";
  });
  out += "}";
  std::string safe;
  for (const char c : out)  // "</script>" in a name must not end the element
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

}  // namespace detail

}  // namespace limn::inline v0
