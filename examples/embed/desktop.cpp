// SPDX-License-Identifier: MIT
// The skeleton of a program with windows: its main thread only handles events, a thread of its own
// translates. Lines of the standard input stand for the user's clicks:
//   embed-desktop MODEL A2B|B2A
//     open INPUT OUTPUT   translates a picture
//     cancel              ends all that is waiting or going on
//   and the end of the input closes the program when everything is done.
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "limn/translate.hpp"
#include "mailbox.hpp"
#include "translation_thread.hpp"

namespace {

/// The user did something; an empty line: there is no more.
struct Click {
  std::string line;
};
using Event = std::variant<Click, TranslationEvent>;

class Window {
 public:
  Window(const std::string& model, const std::string& direction)
      : translations_(model, limn::ugatit::parse_direction(direction),
                      [this](TranslationEvent event) { events_.put(std::move(event)); }) {}

  /// The event loop; true if nothing failed.
  bool run() {
    const std::jthread user([this] {
      for (std::string line; std::getline(std::cin, line);)
        if (!line.empty()) events_.put(Click{line});
      events_.put(Click{});
    });
    while (!(closing_ && outputs_.empty()))
      std::visit([this](const auto& event) { handle(event); }, *events_.take());
    return !failed_;
  }

 private:
  void handle(const Click& click) {
    std::istringstream words(click.line);
    std::string what, input, output;
    words >> what >> input >> output;
    if (click.line.empty()) {
      closing_ = true;
    } else if (what == "cancel") {
      translations_.cancel();
    } else {
      open(input, output);
    }
  }

  void open(const std::string& input, const std::string& output) {
    try {
      const int job = translations_.submit(limn::read_picture(input));
      outputs_[job] = output;
      std::printf("job %d: %s\n", job, input.c_str());
    } catch (const limn::Error& error) {
      fail(error.what());
    }
  }

  void handle(const TranslationEvent& event) {
    using Kind = TranslationEvent::Kind;
    if (event.kind == Kind::progress) {
      show(event);
      return;
    }
    const auto job = outputs_.extract(event.job);
    shown_ = -1;
    try {
      if (event.kind == Kind::done) limn::write_picture(job.mapped(), event.translation);
      std::printf("job %d: %s\n", event.job,
                  event.kind == Kind::done        ? "done"
                  : event.kind == Kind::cancelled ? "cancelled"
                                                  : event.problem.c_str());
      failed_ = failed_ || event.kind == Kind::failed;
    } catch (const limn::IoError& error) {
      fail(error.what());
    }
  }

  /// A bar would move with every event; lines are for tenths.
  void show(const TranslationEvent& event) {
    const int tenths = static_cast<int>(10 * event.share);
    if (std::exchange(shown_, tenths) != tenths)
      std::printf("job %d: %d %%\n", event.job, 10 * tenths);
  }

  void fail(const char* what) {
    std::printf("error: %s\n", what);
    failed_ = true;
  }

  std::map<int, std::string> outputs_;  ///< of the jobs that are not done
  int shown_ = -1;
  bool closing_ = false, failed_ = false;
  Mailbox<Event> events_;
  TranslationThread translations_;  ///< last: it ends before what it uses
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: embed-desktop MODEL A2B|B2A\n", stderr);
    return 2;
  }
  try {
    return Window(argv[1], argv[2]).run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "embed-desktop: %s\n", error.what());
    return 1;
  }
}
