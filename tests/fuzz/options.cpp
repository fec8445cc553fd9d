// SPDX-License-Identifier: MIT
// Options as text, lines of "NAME VALUE": UsageError, or a value that survives being text.
#include <string_view>

#include "limn/models/ugatit/checkpoint_options.hpp"
#include "memory_bound.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ugatit = limn::ugatit;
  const fuzz::MemoryBound bound(16 * size + (1 << 16));
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ugatit::RunOptions options;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto space = std::min(line.find(' '), line.size());
    const auto name = line.substr(0, space), value = line.substr(std::min(space + 1, line.size()));
    const auto before = options;
    try {
      ugatit::set_option(options, name, value);
    } catch (const limn::UsageError&) {
      fuzz::require(options == before, "a refused value changes nothing");
      continue;
    }
    auto again = options;
    ugatit::set_option(again, name, ugatit::option_value(options, name));
    fuzz::require(again == options, "the value survives being text");
  }
  try {
    options.check();
    fuzz::require(options.model.size % 4 == 0 && options.model.bins() > 0, "the options work");
  } catch (const limn::UsageError&) {
  }
  return 0;
}
