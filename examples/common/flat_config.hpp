// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <istream>
#include <sstream>
#include <string>
#include <vector>

namespace example {

/// Reads files of options, a line each: `size = 128`. Sections and dotted names, which CLI11 keeps
/// for subcommands and repeats for each option beneath them, are none of ours: a few hundred bytes
/// of them would take hundreds of kilobytes. Throws CLI::ConfigError.
class FlatConfig : public CLI::ConfigTOML {
 public:
  // no line contains its own end: names are never cut into parts
  FlatConfig() { parentSeparator('\n'); }

  [[nodiscard]] std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::string text, line;
    while (std::getline(input, line)) {
      const auto first = line.find_first_not_of(" \t\r\v\f");
      if (first != std::string::npos && line[first] == '[')
        throw CLI::ConfigError("a file of options has no sections: '" + line.substr(first, 40) +
                               "'");
      text += line + '\n';
    }
    std::istringstream lines(text);
    return CLI::ConfigTOML::from_config(lines);
  }
};

}  // namespace example
