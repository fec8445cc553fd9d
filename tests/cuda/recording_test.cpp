// SPDX-License-Identifier: MIT
// Work that is recorded once and replayed, on the emulated GPU: the same values as work that is
// computed as it is, whatever is allocated in between, and a sentence for what cannot be recorded.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/core/primitives/layout.hpp"
#include "limn/core/primitives/pointwise.hpp"
#include "limn/core/repeated.hpp"
#include "limn/cuda/emulation.hpp"
#include "limn/cuda/layout.hpp"
#include "limn/cuda/pointwise.hpp"

using namespace limn;

namespace {

using Map = Tensor<CudaEmulation, float>;

struct Times {
  double factor;
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x) const {
    return static_cast<A>(factor) * x;
  }
};

/// 6 x, through temporaries; two parts side by side.
struct Six {
  Map x;
  Map operator()() const {
    CudaEmulation& device = x.device();
    Map twice, fourfold;
    const std::function<void()> parts[]{[&] {
                                          const Map once(device, x.shape());
                                          primitive::copy(x, once);
                                          twice = Map(device, x.shape());
                                          primitive::map(Times{2}, once, twice);
                                        },
                                        [&] {
                                          Map half(device, x.shape());
                                          primitive::map(Times{2}, x, half);
                                          fourfold = Map(device, x.shape());
                                          primitive::map(Times{2}, half, fourfold);
                                        }};
    run_parts(device, parts);
    Map sum(device, x.shape());
    primitive::copy(twice, sum);
    primitive::copy(fourfold, sum, Write::accumulate);
    return sum;
  }
};

std::vector<float> values(float first, std::size_t count = 300) {
  std::vector<float> v(count);
  for (std::size_t i = 0; i < count; ++i) v[i] = first + static_cast<float>(i);
  return v;
}
std::vector<float> times(float factor, std::vector<float> v) {
  for (float& x : v) x *= factor;
  return v;
}

constexpr gpu::HostOrder orders[]{gpu::HostOrder::forward, gpu::HostOrder::backward};

}  // namespace

TEST_CASE("repeated work: as it is, then recorded, then replayed, always from the present input") {
  for (const auto order : orders) {
    int launches = 0;
    CudaEmulation device({.order = order, .on_launch = [&](auto) { ++launches; }});
    const Map x(device, vector_shape(300));
    Repeated<CudaEmulation, Map> six;
    int calls = 0, per_run = 0;
    const auto work = [&] {
      ++calls;
      return Six{x}();
    };
    std::vector<Map> others;
    for (int step = 0; step < 5; ++step) {
      x.upload(values(static_cast<float>(step)));
      launches = 0;
      const Map& result = six(device, work);
      if (step == 0) per_run = launches;
      CHECK(launches == per_run);
      CHECK(result.download() == times(6, values(static_cast<float>(step))));
      // what is allocated between replays neither disturbs them nor is disturbed
      others.emplace_back(device, vector_shape(300));
      others.back().upload(values(1000.0F * static_cast<float>(step)));
    }
    CHECK(calls == 2);  // as it is, and recorded
    for (std::size_t i = 0; i < others.size(); ++i)
      CHECK(others[i].download() == values(1000.0F * static_cast<float>(i)));

    CHECK(six.as_it_is(work).download() == times(6, values(4)));
    CHECK(calls == 3);
    CHECK(six(device, work).download() == times(6, values(4)));
    CHECK(calls == 4);
    six.forget();
    CHECK(six(device, work).download() == times(6, values(4)));
    CHECK(calls == 5);
  }
}

TEST_CASE("a dry device books the memory and counts the work of recordings as a real one does") {
  MemoryUse uses[2];
  WorkDone work[2];
  for (const bool dry : {false, true}) {
    CudaEmulation device({.dry = dry});
    const Map x(device, vector_shape(300));
    if (!dry) x.upload(values(1));
    Repeated<CudaEmulation, Map> six;
    for (int step = 0; step < 4; ++step) {
      static_cast<void>(six(device, Six{x}));
      static_cast<void>(Map(device, vector_shape(1000)));
    }
    uses[dry ? 1 : 0] = device.memory();
    work[dry ? 1 : 0] = device.work();
  }
  CHECK(uses[0].peak == uses[1].peak);
  CHECK(uses[0].current == uses[1].current);
  CHECK(work[0].calls == work[1].calls);
  CHECK(work[0].bytes == work[1].bytes);
  CHECK(work[0].calls == 4 * 6);
}

TEST_CASE("what makes the host wait, or brings values from it, cannot be recorded") {
  CudaEmulation device;
  const Map x(device, vector_shape(300));
  x.upload(values(1));
  const auto refusal = [&](const std::function<void()>& work) {
    const auto sentence = message_of<DeviceError>([&] { return device.record(work); });
    CHECK(!device.recording());
    return sentence;
  };
  CHECK(contains(refusal([&] { x.upload(values(2)); }), "an upload from the host"));
  CHECK(contains(refusal([&] { static_cast<void>(x.download()); }), "a value was asked for"));
  CHECK(contains(refusal([&] { device.synchronize(); }), "the host was to wait"));
  CHECK(
      contains(refusal([&] { static_cast<void>(device.record([] {})); }), "a recording was begun"));
  CHECK(x.download() == values(1));
  CudaEmulation other;
  const auto recording = device.record([] {});
  CHECK(contains(message_of<DeviceError>([&] { other.replay(recording); }), "its own device"));
}

TEST_CASE("parts that need one another are found by replaying them in another order") {
  std::vector<std::vector<float>> results;
  for (const auto order : orders) {
    CudaEmulation device({.order = order});
    const Map x(device, vector_shape(300));
    x.upload(values(1));
    const Map y(device, vector_shape(300));
    const auto recording = device.record([&] {
      const std::function<void()> parts[]{[&] { primitive::map(Times{3}, x, y); },
                                          [&] { primitive::map(Times{2}, y, x); }};
      run_parts(device, parts);
    });
    primitive::fill(y, 1.0F);
    device.replay(recording);
    results.push_back(x.download());
  }
  CHECK(results[0] != results[1]);
}
