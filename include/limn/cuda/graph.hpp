// SPDX-License-Identifier: MIT
// Recording on a card: the stream is captured into a CUDA graph, parts that may run side by side
// on streams of their own that fork from it and join it by events.
#pragma once

#include "limn/cuda/device.hpp"

namespace limn::inline v0 {

inline Cuda::Recording Cuda::record(const std::function<void()>& work) {
  refuse_in_recording("a recording was begun");
  if (in_part_) throw DeviceError("[Cuda] a part of parallel work cannot be recorded by itself");
  use();
  Recording recording;
  recording.function_ = work;
  recording.pool_ = memory_;
  recording.number_ = memory_->begin_recording();
  const WorkDone before = work_;
  cudaGraph_t graph = nullptr;
  const auto end = [&] {
    recording_ = false;
    memory_->end_recording();
    recording.work_ = work_.since(before);
    work_ = before;  // nothing was computed
    return options_.dry ? cudaSuccess : cudaStreamEndCapture(stream_, &graph);
  };
  recording_ = true;
  try {
    // relaxed: libraries may take memory or load code meanwhile
    if (!options_.dry)
      gpu::check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed),
                 "beginning a recording");
    recording.function_();
  } catch (...) {
    static_cast<void>(end());
    if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
    if (!options_.dry) static_cast<void>(cudaGetLastError());
    throw;
  }
  gpu::check(end(), "ending a recording");
  if (!options_.dry) recording.graph_ = finish_graph(graph);
  return recording;
}

inline cudaGraphExec_t Cuda::finish_graph(cudaGraph_t graph) {
  cudaGraphExec_t executable = nullptr;
  const cudaError_t error = cudaGraphInstantiate(&executable, graph, 0);
  static_cast<void>(cudaGraphDestroy(graph));
  gpu::check(error, "preparing a recording");
  return executable;
}

inline void Cuda::replay(const Recording& recording) {
  refuse_in_recording("a recording was replayed");
  if (!recording.defined()) throw DeviceError("[Cuda] there is no recording to replay");
  if (recording.pool_ != memory_)
    throw DeviceError("[Cuda] a recording can only be replayed on the device that made it");
  count(recording.work_);
  if (options_.dry) return;
  use();
  gpu::check(cudaGraphLaunch(recording.graph_, stream_), "replaying a recording");
}

inline void Cuda::parallel(std::span<const std::function<void()>> parts) {
  if (in_part_ || parts.size() < 2) {
    for (const auto& part : parts) part();
    return;
  }
  // the same bookkeeping with and without a recording: one plan holds for both
  const bool fork = recording_ && !options_.dry;
  in_part_ = true;
  memory_->fork();
  const auto leave = [this] {
    current_ = stream_;
    memory_->join();
    in_part_ = false;
  };
  try {
    if (fork) gpu::check(cudaEventRecord(fork_, stream_), "forking a recording");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      memory_->next_branch();
      if (!fork) {
        parts[i]();
        continue;
      }
      current_ = lane(i).stream;
      gpu::check(cudaStreamWaitEvent(current_, fork_, 0), "forking a recording");
      parts[i]();
      gpu::check(cudaEventRecord(lane(i).end, current_), "joining a recording");
    }
    if (fork)
      for (std::size_t i = 0; i < parts.size(); ++i)
        gpu::check(cudaStreamWaitEvent(stream_, lane(i).end, 0), "joining a recording");
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

inline const Cuda::Lane& Cuda::lane(std::size_t number) {
  while (lanes_.size() <= number) {
    Lane made;
    gpu::check(cudaStreamCreateWithFlags(&made.stream, cudaStreamNonBlocking), "making a stream");
    if (const auto error = cudaEventCreateWithFlags(&made.end, cudaEventDisableTiming);
        error != cudaSuccess) {
      static_cast<void>(cudaStreamDestroy(made.stream));
      gpu::check(error, "making an event");
    }
    lanes_.push_back(made);
  }
  return lanes_[number];
}

static_assert(gpu::BlockDevice<Cuda>);
static_assert(RecordingDevice<Cuda>);

}  // namespace limn::inline v0
