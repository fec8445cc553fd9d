// SPDX-License-Identifier: MIT
// What an event loop waits at: any thread puts messages in, one takes them out in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

template <class Message>
class Mailbox {
 public:
  void put(Message message) {
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(message));
    }
    filled_.notify_one();
  }

  /// Waits for the next one; none once `stop` is requested.
  std::optional<Message> take(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!filled_.wait(lock, stop, [this] { return !messages_.empty(); })) return {};
    Message message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any filled_;
  std::deque<Message> messages_;
};
