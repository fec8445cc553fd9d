// SPDX-License-Identifier: MIT
// Repeated: work that is the same each time but for the values in the tensors it reads, as a
// training step or a translation. On a device that records, it is computed as it is the first time
// (plans of libraries are made, the pool grows), recorded the second time, and replayed from then
// on; elsewhere it is computed as it is each time.
//
// Why a replay computes what the work itself would: the work reads what it was given (weights,
// moments, pictures, rates: tensors that live longer than the recording and are written only
// between replays, on the same stream), and temporaries that it writes before it reads them. The
// device sets the memory of those temporaries aside as long as the recording lives, so that nothing
// that is allocated between two replays (a sheet, a checkpoint) can lie where the next replay
// writes; and even if it did, a temporary's old bytes are never read. The result is made inside of
// the recording and held here: its tensors are written by every replay.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "limn/core/device.hpp"

namespace limn::inline v0 {

namespace detail {
struct NoRecording {};
template <class D>
struct RecordingOf {
  using type = NoRecording;
};
template <RecordingDevice D>
struct RecordingOf<D> {
  using type = std::optional<typename D::Recording>;
};
}  // namespace detail

/// Result is what the work returns: tensors of D. One kind of work with one set of shapes; another
/// one needs forget() before it.
template <Device D, class Result>
class Repeated {
 public:
  /// Computes the work; the result's tensors hold its values until the next call, or until another
  /// recording of the same device is replayed: recordings share their memory. Throws what the
  /// work throws, and DeviceError for work that cannot be recorded: that waits for the device.
  template <class Work>
  const Result& operator()(D& device, Work&& work) {
    if constexpr (RecordingDevice<D>) {
      if (warm_) {
        if (!recording_) {
          result_ = {};
          recording_ = device.record([&] { result_ = work(); });
        }
        device.replay(*recording_);
        return result_;
      }
    }
    return as_it_is(work);
  }

  /// The same without a recording, for work that somebody looks into. An older recording is gone.
  template <class Work>
  const Result& as_it_is(Work&& work) {
    drop();
    result_ = work();
    warm_ = true;
    return result_;
  }

  /// The next work is another one.
  void forget() {
    drop();
    warm_ = false;
  }

  /// Of the last work.
  [[nodiscard]] const Result& result() const { return result_; }

 private:
  void drop() {
    result_ = {};  // before the work that makes the next one: its memory is used again
    recording_ = {};
  }

  Result result_{};
  typename detail::RecordingOf<D>::type recording_{};
  bool warm_ = false;
};

}  // namespace limn::inline v0
