// SPDX-License-Identifier: MIT
// A translator in a thread of its own, as a program with windows needs it: nothing that is called
// here waits for a network. Jobs go in, events come out.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "limn/translate.hpp"
#include "mailbox.hpp"

/// What the thread tells.
struct TranslationEvent {
  enum class Kind { progress, done, cancelled, failed } kind;
  int job = 0;
  double share = 0;             ///< progress: 0 to 1
  limn::Picture translation{};  ///< done
  std::string problem{};        ///< failed: a sentence
};

class TranslationThread {
 public:
  using Tell = std::function<void(TranslationEvent)>;

  /// `tell` is called by the thread, and should do no more than put the event somewhere. Throws
  /// what limn::Translator throws.
  TranslationThread(const std::filesystem::path& model, limn::ugatit::Direction direction,
                    Tell tell)
      : translator_(model, direction),
        tell_(std::move(tell)),
        thread_([this](const std::stop_token& stop) { work(stop); }) {}

  /// Puts a picture at the end of the queue; the number of the job, which events carry.
  int submit(limn::Picture picture) {
    jobs_.put({++last_, cancel_.get_token(), std::move(picture)});
    return last_;
  }
  /// Ends what has been submitted so far, within a layer of the network; each job is told of.
  void cancel() {
    cancel_.request_stop();
    cancel_ = std::stop_source();
  }

 private:
  struct Job {
    int number = 0;
    std::stop_token cancel;
    limn::Picture picture;
  };

  void work(const std::stop_token& stop) {
    while (auto job = jobs_.take(stop)) {
      TranslationEvent event{TranslationEvent::Kind::done, job->number};
      try {
        event.translation = translator_.translate(job->picture, limn::Fit::pad, [&](double share) {
          tell_({TranslationEvent::Kind::progress, job->number, share});
          return !stop.stop_requested() && !job->cancel.stop_requested();
        });
      } catch (const limn::Cancelled&) {
        event.kind = TranslationEvent::Kind::cancelled;
      } catch (const std::exception& error) {
        event.kind = TranslationEvent::Kind::failed;
        event.problem = error.what();
      }
      tell_(std::move(event));
    }
  }

  limn::Translator translator_;
  Tell tell_;
  int last_ = 0;
  std::stop_source cancel_;
  Mailbox<Job> jobs_;
  std::jthread thread_;  ///< last: it ends before what it uses
};
