// SPDX-License-Identifier: MIT
// Batches of unpaired pictures for training, made on worker threads ahead of the step that needs
// them. The batch of a step is a pure function of (options, data, step): resuming is starting at
// another step, and neither the number of threads nor their speed changes a byte.
#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/data/permutation.hpp"
#include "limn/data/picture_store.hpp"

namespace limn::inline v0 {

/// What an UnpairedLoader loads.
struct LoaderOptions {
  /// Of the domains A and B.
  std::filesystem::path folder_a, folder_b;
  /// Side of the squares, and samples of each domain in a batch.
  Index size = 256, batch = 1;
  Fit fit = Fit::squash;   ///< how pictures become squares
  std::uint64_t seed = 0;  ///< of orders, mirrors and crops
  /// Mirror and crop at random, as published; without it pictures are only fitted.
  bool augment = true;
  /// The step of the first batch, >= 0.
  Index first_step = 0;
  /// Worker threads; 0 makes each batch when next() is called.
  int threads = 1;
  /// How many batches may wait for next().
  Index ahead = 4;
  /// Bound for decoded pictures that are kept in memory.
  Index cache_bytes = Index{512} << 20;
  ReadLimits limits{};  ///< of what is read at all
  /// Told once for each bad picture, in a sentence with its path, by the thread that calls next().
  std::function<void(const std::string&)> on_bad_picture{};
};

/// The samples of one step, (batch,size,size,3) each, NHWC in [-1, 1].
struct UnpairedBatch {
  Index step = 0;  ///< which it is for
  Shape shape;     ///< (batch,size,size,3)
  /// Of domain A and of domain B.
  std::vector<float> a, b;
};

/// Step s holds the samples s*batch ... (s+1)*batch-1 of each domain. Sample k is picture
/// order[k mod n] of epoch k / n, where each domain of n pictures has its own order per epoch; what
/// is left of an epoch when a batch is not full is followed by the next epoch. A bad picture's
/// place is taken by the next good one in the epoch's order.
class UnpairedLoader {
 public:
  /// Throws IoError for missing or empty folders, UsageError for impossible options.
  explicit UnpairedLoader(LoaderOptions options)
      : options_(checked(std::move(options))),
        budget_(options_.cache_bytes),
        stores_{store(options_.folder_a), store(options_.folder_b)},
        next_step_(options_.first_step),
        next_job_(options_.first_step),
        slots_(static_cast<std::size_t>(options_.ahead)) {
    for (const int d : {0, 1})
      reported_.at(static_cast<std::size_t>(d)).resize(static_cast<std::size_t>(size_of(d)));
    for (int t = 0; t < options_.threads; ++t)
      workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
  UnpairedLoader(const UnpairedLoader&) = delete;
  UnpairedLoader& operator=(const UnpairedLoader&) = delete;
  /// Waits only for the pictures that are being decoded right now.
  ~UnpairedLoader() {
    for (auto& worker : workers_) worker.request_stop();
    workers_.clear();  // joins
  }

  /// The pictures of domain 0 (A) or 1 (B).
  [[nodiscard]] const ImageFolder& folder(int domain) const { return store_of(domain).folder(); }

  /// The batch of the next step. Throws IoError where all pictures of a domain are bad; a later
  /// call throws again. A batch is lost when on_bad_picture throws. To be called by one thread at a
  /// time.
  [[nodiscard]] UnpairedBatch next() {
    Slot slot = options_.threads == 0 ? make(next_step_) : wait();
    if (!slot.failure) ++next_step_;
    for (const auto& [domain, picture] : slot.bad) report(domain, picture);
    if (slot.failure) std::rethrow_exception(slot.failure);
    return std::move(slot.batch);
  }

 private:
  struct Slot {
    bool ready = false;
    UnpairedBatch batch{};
    std::vector<std::pair<int, Index>> bad{};
    std::exception_ptr failure{};
  };
  /// The latest epoch's order, so that it is not shuffled for every sample.
  struct Order {
    bool known = false;
    std::uint64_t epoch = 0;
    std::vector<std::uint32_t> order{};
  };
  using Orders = std::array<Order, 2>;

  static LoaderOptions checked(LoaderOptions o) {
    if (o.size < 1 || o.batch < 1 || o.first_step < 0 || o.threads < 0 || o.ahead < 1 ||
        o.cache_bytes < 0)
      throw UsageError(
          "loader: size, batch and ahead must be positive, first step, threads and cache not "
          "negative");
    return o;
  }

  [[nodiscard]] Index stored_size() const {
    return options_.size + (options_.augment ? augment_margin : 0);
  }
  std::unique_ptr<PictureStore> store(const std::filesystem::path& folder) {
    return std::make_unique<PictureStore>(ImageFolder(folder), stored_size(), options_.fit,
                                          options_.limits, budget_);
  }
  [[nodiscard]] PictureStore& store_of(int domain) const {
    return *stores_.at(static_cast<std::size_t>(domain));
  }
  [[nodiscard]] Index size_of(int domain) const { return folder(domain).size(); }

  void work(const std::stop_token& stop) {
    Orders orders;
    for (;;) {
      Index step = 0;
      {
        std::unique_lock lock(mutex_);
        if (!room_.wait(lock, stop, [&] { return next_job_ < delivered_to() + options_.ahead; }))
          return;
        step = next_job_++;
      }
      Slot made = make(step, orders, &stop);
      {
        const std::lock_guard lock(mutex_);
        slot_of(step) = std::move(made);
      }
      ready_.notify_one();
    }
  }

  /// Takes the next step's batch, and thereby makes room for another.
  Slot wait() {
    std::unique_lock lock(mutex_);
    Slot& slot = slot_of(next_step_);
    ready_.wait(lock, [&] { return slot.ready; });
    if (slot.failure) return slot;  // stays, for a second call
    Slot taken = std::exchange(slot, Slot{});
    ++delivered_;
    lock.unlock();
    room_.notify_one();
    return taken;
  }

  [[nodiscard]] Index delivered_to() const { return options_.first_step + delivered_; }
  Slot& slot_of(Index step) { return slots_[static_cast<std::size_t>(step % options_.ahead)]; }

  Slot make(Index step) { return make(step, own_orders_, nullptr); }

  /// Never throws: a failure goes into the slot.
  Slot make(Index step, Orders& orders, const std::stop_token* stop) {
    Slot slot;
    slot.ready = true;
    try {
      slot.batch.step = step;
      slot.batch.shape = {options_.batch, options_.size, options_.size, 3};
      for (int d = 0; d < 2; ++d) {
        auto& out = d == 0 ? slot.batch.a : slot.batch.b;
        out.resize(static_cast<std::size_t>(slot.batch.shape.size()));
        const auto sample = static_cast<std::size_t>(slot.batch.shape.sample());
        for (Index i = 0; i < options_.batch; ++i) {
          if (stop != nullptr && stop->stop_requested()) return slot;
          fill(d, static_cast<std::uint64_t>(step * options_.batch + i),
               std::span(out).subspan(static_cast<std::size_t>(i) * sample, sample),
               orders[static_cast<std::size_t>(d)], slot.bad);
        }
      }
    } catch (...) {
      slot.failure = std::current_exception();
    }
    return slot;
  }

  /// Sample number k of a domain.
  void fill(int domain, std::uint64_t k, std::span<float> out, Order& order,
            std::vector<std::pair<int, Index>>& bad) {
    const auto n = static_cast<std::uint64_t>(size_of(domain));
    if (!order.known || order.epoch != k / n) {
      order.order = epoch_order(options_.seed, domain, k / n, static_cast<Index>(n));
      order.epoch = k / n;
      order.known = true;
    }
    for (std::uint64_t tries = 0; tries < n; ++tries) {
      const Index picture = order.order[(k % n + tries) % n];
      if (const auto fitted = store_of(domain).get(picture)) {
        const auto how =
            options_.augment ? draw_augmentation(options_.seed, domain, k) : Augmentation{};
        return augment_into(*fitted, options_.size, how, out);
      }
      bad.emplace_back(domain, picture);
    }
    throw IoError(folder(domain).root().string() + ": none of its " + std::to_string(n) +
                  " pictures can be read; the first says: " + store_of(domain).problem(0));
  }

  void report(int domain, Index picture) {
    auto& told = reported_.at(static_cast<std::size_t>(domain))[static_cast<std::size_t>(picture)];
    if (std::exchange(told, true) || !options_.on_bad_picture) return;
    options_.on_bad_picture(store_of(domain).problem(picture));
  }

  LoaderOptions options_;
  MemoryBudget budget_;
  std::array<std::unique_ptr<PictureStore>, 2> stores_;
  // what only the thread that calls next() touches
  Index next_step_;
  std::array<std::vector<char>, 2> reported_;
  Orders own_orders_;
  // what mutex_ guards
  std::mutex mutex_;
  std::condition_variable_any room_;
  std::condition_variable ready_;
  Index next_job_;
  Index delivered_ = 0;
  std::vector<Slot> slots_;
  // last, so that they end before anything they use
  std::vector<std::jthread> workers_;
};

}  // namespace limn::inline v0
