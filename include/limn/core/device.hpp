// SPDX-License-Identifier: MIT
// The Device concept: an object that owns every piece of mutable state (threads or stream, memory
// pool, counters).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace limn::inline v0 {

/// How a primitive treats what its output held before.
enum class Write { overwrite, accumulate };

/// What a device's pool has handed out, in bytes.
struct MemoryUse {
  std::size_t current = 0;  ///< handed out now
  std::size_t peak = 0;     ///< the most that was ever taken from the system: what a plan promises
  std::uint64_t requests = 0;  ///< allocations served
  std::uint64_t growths =
      0;  ///< how often the system had to be asked: 0 more after the first training step
};

/// Work that primitives were asked for, in dry mode too.
struct WorkDone {
  std::uint64_t multiply_adds =
      0;                    ///< of convolutions and matrix products, as defined (not as computed)
  std::uint64_t bytes = 0;  ///< tensors read and written once each
  std::uint64_t calls = 0;  ///< of primitives

  /// Adds work to this.
  constexpr WorkDone& operator+=(const WorkDone& more) {
    multiply_adds += more.multiply_adds;
    bytes += more.bytes;
    calls += more.calls;
    return *this;
  }
  /// What came since `before`.
  [[nodiscard]] constexpr WorkDone since(const WorkDone& before) const {
    return {multiply_adds - before.multiply_adds, bytes - before.bytes, calls - before.calls};
  }
};

/// A device hands out memory, says whether it is dry, counts work, and moves bytes to and from the
/// host. A *dry* device serves the same requests with the same bookkeeping but has no data:
/// primitives compute nothing on it, and touching a tensor's data throws DeviceError. Its peak is
/// therefore the peak of the real run.
template <class D>
concept Device = requires(D d, const D c, std::size_t bytes, void* to, const void* from,
                          WorkDone work) {
  { d.allocate(bytes) } -> std::same_as<std::shared_ptr<std::byte>>;
  { c.dry() } -> std::same_as<bool>;
  { c.memory() } -> std::same_as<MemoryUse>;
  { c.work() } -> std::same_as<WorkDone>;
  {d.count(work)};
  {d.upload(to, from, bytes)};
  {d.download(to, from, bytes)};
  {d.synchronize()};
  { c.name() } -> std::convertible_to<std::string>;
};

/// A device that can record work once and then repeat it with one call, and run independent parts
/// of it side by side.
///   record(work)     calls work() and keeps what it queued, which is not computed yet
///   replay(r)        queues it again: the same kernels on the same addresses
///   parallel(parts)  calls the parts one after another; in a recording what they queue runs side
///                    by side, and no part may need what another one writes
///   recording()      inside of record(): the host cannot look at values now
template <class D>
concept RecordingDevice = Device<D> &&
    requires(D d, const D c, std::function<void()> work,
             std::span<const std::function<void()>> parts, const typename D::Recording r) {
  { d.record(work) } -> std::same_as<typename D::Recording>;
  {d.replay(r)};
  {d.parallel(parts)};
  { c.recording() } -> std::same_as<bool>;
};

/// Told of all work that was counted so far, just before each primitive computes. What it throws
/// ends the primitive, which has changed nothing yet, and reaches who called it.
using WorkWatcher = std::function<void(const WorkDone&)>;

/// A device that can be watched, and can plan for itself.
///   watch(watcher)  from now on; an empty one ends it
///   planner()       a dry device that otherwise computes as this one does
template <class D>
concept WatchedDevice = Device<D> && requires(D d, const D c, WorkWatcher watcher) {
  {d.watch(watcher)};
  { c.planner() } -> std::same_as<std::unique_ptr<D>>;
};

/// parallel() of a device that has it; elsewhere the parts one after another.
template <Device D>
void run_parts(D& device, std::span<const std::function<void()>> parts) {
  if constexpr (RecordingDevice<D>)
    device.parallel(parts);
  else
    for (const auto& part : parts) part();
}

}  // namespace limn::inline v0
