// SPDX-License-Identifier: MIT
// What the example programs share: exit codes, and command lines.
#pragma once

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "limn/core/error.hpp"

namespace example {

/// Exit codes: 0, 2 for a wrong command line, 1 for everything else, 130 when interrupted.
enum ExitCode : int { done = 0, failed = 1, wrong_usage = 2, interrupted = 130 };

/// Runs body(); an exception becomes one sentence on stderr and an exit code.
template <class F>
int guarded_main(const char* program, F&& body) {
  // a limit on file sizes then is an error of write, with a sentence, instead of a sudden end
  std::signal(SIGXFSZ, SIG_IGN);
  const auto fail = [program](const std::string& what, ExitCode code) {
    std::cout.flush();
    std::cerr << program << ": " << what << '\n';
    return code;
  };
  try {
    return body();
  } catch (const limn::UsageError& error) {
    return fail(error.what(), wrong_usage);
  } catch (const std::bad_alloc&) {
    return fail("out of memory", failed);
  } catch (const std::exception& error) {
    return fail(error.what(), failed);
  }
}

/// Reads the command line; false if it only asked for help, which is printed. Throws
/// limn::UsageError in a sentence.
inline bool parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& request) {
    app.exit(request);
    return false;
  } catch (const CLI::ParseError& error) {
    throw limn::UsageError(std::string(error.what()) + " (--help shows all options)");
  }
}

}  // namespace example
