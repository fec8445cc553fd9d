// SPDX-License-Identifier: MIT
// Files of --config, with the options of ugatit-train: CLI11's error or UsageError, or options.
#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

#include "../../examples/common/flat_config.hpp"
#include "limn/models/ugatit/checkpoint_options.hpp"
#include "memory_bound.hpp"

namespace {

namespace ugatit = limn::ugatit;

/// The command line, made once: that takes a hundred times as long as reading with it.
struct CommandLine {
  ugatit::RunOptions options;
  bool resume = false;
  CLI::App app;

  CommandLine() {
    app.set_config("--config", "", "");
    app.config_formatter(std::make_shared<example::FlatConfig>());
    app.allow_config_extras(false);
    ugatit::for_each_option(options, [&](const std::string& name, auto& value,
                                         ugatit::OptionRange range, const std::string& help) {
      if (help.empty()) return;
      app.add_option_function<std::string>("--" + name,
                                           [&value, name, range](const std::string& text) {
                                             ugatit::parse_option("--" + name, text, range, value);
                                           });
    });
    app.add_flag("--resume", resume, "");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static CommandLine line;
  line.app.clear();
  line.options = {};
  const fuzz::MemoryBound bound(256 * size + (1 << 18));
  std::istringstream text({reinterpret_cast<const char*>(data), size});
  try {
    line.app.parse_from_stream(text);
    line.options.check();
  } catch (const CLI::Error&) {
  } catch (const limn::UsageError&) {
  }
  return 0;
}
