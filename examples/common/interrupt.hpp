// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM as a request to stop.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace example {

/// While it lives, the first SIGINT or SIGTERM requests a stop, and the second ends the program at
/// once with code 130. Must be made before other threads, which inherit that signals go to the
/// thread in here.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    // shells start background jobs with SIGINT ignored; an ignored signal could not be waited for
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    waiter_ = std::thread([this] { wait(); });
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    ending_ = true;
    pthread_kill(waiter_.native_handle(), SIGINT);
    waiter_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  void wait() {
    for (int signal = 0; sigwait(&signals_, &signal) == 0;) {
      if (ending_) return;
      if (!stop_.request_stop()) ::_exit(130);
    }
  }

  sigset_t signals_{}, before_{};
  std::stop_source stop_;
  std::atomic<bool> ending_ = false;
  std::thread waiter_;
};

}  // namespace example
