// SPDX-License-Identifier: MIT
// ugatit-report: writes the report of a run again, of what is in its folder.
#include <filesystem>
#include <iostream>

#include "common/guarded_main.hpp"
#include "limn/train/report.hpp"

int main(int argc, char** argv) {
  return example::guarded_main("ugatit-report", [&]() -> int {
    std::filesystem::path run;
    CLI::App app(
        "Writes RUN/report.html: one page with the curves, samples and problems of a training.\n"
        "ugatit-train does so itself; this is for runs of other machines, or of older versions.\n\n"
        "  ugatit-report runs/anime",
        "ugatit-report");
    app.add_option("RUN", run, "a run's folder")->required();
    if (!example::parse(app, argc, argv)) return example::done;
    limn::write_report(run);
    std::cout << limn::report_path(run).string() << '\n';
    return example::done;
  });
}
