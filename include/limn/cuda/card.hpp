// SPDX-License-Identifier: MIT
// CardProperties: what limn must know of a graphics card, from a live one (device.hpp) or from a
// file in the form in which cuDNN describes a card (JSON; cuDNN plans from it without a card).
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "limn/core/error.hpp"
#include "limn/cuda/cards.hpp"

namespace limn::inline v0::gpu {

/// A card, live or described.
struct CardProperties {
  std::string name;          ///< "NVIDIA H100 80GB HBM3"
  int version = 0;           ///< 90 for sm_90
  int multiprocessors = 0;   ///< SMs
  std::uint64_t memory = 0;  ///< bytes
  std::string json;          ///< cuDNN's description; empty for a live card
};

namespace detail {

// The text after "key": in a flat JSON object; the files have neither nested objects nor strings
// with escapes.
[[nodiscard]] inline std::optional<std::string_view> json_value(std::string_view json,
                                                                std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  const auto at = json.find(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  const auto begin = json.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (begin == std::string_view::npos) return std::nullopt;
  if (json[begin] == '"') {
    const auto end = json.find('"', begin + 1);
    if (end == std::string_view::npos) return std::nullopt;
    return json.substr(begin + 1, end - begin - 1);
  }
  const auto end = json.find_first_of(",} \t\r\n", begin);
  return json.substr(begin, end == std::string_view::npos ? end : end - begin);
}

[[nodiscard]] inline std::uint64_t json_number(std::string_view json, std::string_view key,
                                               const std::string& where) {
  const auto text = json_value(json, key);
  std::uint64_t number = 0;
  bool digits = text.has_value() && !text->empty() && text->size() < 19;
  if (digits)
    for (const char c : *text) {
      digits = digits && c >= '0' && c <= '9';
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
  if (!digits || number == 0)
    throw IoError("[Cuda] " + where + " describes no card: it has no positive number \"" +
                  std::string(key) + "\"");
  return number;
}

}  // namespace detail

/// A card from cuDNN's JSON. Throws IoError, which names `where`, if a property is missing.
[[nodiscard]] inline CardProperties parse_card(std::string_view json, const std::string& where) {
  CardProperties card;
  const auto name = detail::json_value(json, "deviceName");
  if (!name || name->empty())
    throw IoError("[Cuda] " + where + " describes no card: it has no \"deviceName\"");
  card.name = *name;
  card.version = static_cast<int>(detail::json_number(json, "deviceVer", where) / 10);
  card.multiprocessors = static_cast<int>(detail::json_number(json, "multiProcessorCount", where));
  card.memory = detail::json_number(json, "totalGlobalMem", where);
  card.json = json;
  return card;
}

/// A built-in card by its name (cards.hpp), or the card that a property file describes. Throws
/// IoError.
[[nodiscard]] inline CardProperties find_card(const std::string& name_or_path) {
  std::string names;
  for (const Card& card : known_cards) {
    if (card.name == name_or_path) return parse_card(properties_text(card), name_or_path);
    names += (names.empty() ? "" : ", ") + std::string(card.name);
  }
  std::ifstream file(name_or_path, std::ios::binary);
  if (!file || file.peek() == std::ifstream::traits_type::eof())
    throw IoError("[Cuda] card '" + name_or_path + "' is none of " + names +
                  ", and no property file that can be read");
  return parse_card(std::string(std::istreambuf_iterator<char>(file), {}),
                    "'" + name_or_path + "'");
}

}  // namespace limn::inline v0::gpu
