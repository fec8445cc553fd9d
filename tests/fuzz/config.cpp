// SPDX-License-Identifier: MIT
// Files of --config, with the options of ugatit-train: CLI11's error or UsageError, or options.
#include <CLI/CLI.hpp>
#include <sstream>

#include "limn/models/ugatit/checkpoint_options.hpp"
#include "memory_bound.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ugatit = limn::ugatit;
  ugatit::RunOptions options;
  CLI::App app;
  app.set_config("--config", "", "");
  app.allow_config_extras(false);
  ugatit::for_each_option(options, [&](const std::string& name, auto& value,
                                       ugatit::OptionRange range, const std::string& help) {
    if (help.empty()) return;
    app.add_option_function<std::string>("--" + name, [&value, name, range](const std::string& t) {
      ugatit::parse_option("--" + name, t, range, value);
    });
  });
  bool resume = false;
  app.add_flag("--resume", resume, "");
  std::istringstream text({reinterpret_cast<const char*>(data), size});
  try {
    app.parse_from_stream(text);
    options.check();
  } catch (const CLI::Error&) {
  } catch (const limn::UsageError&) {
  }
  return 0;
}
