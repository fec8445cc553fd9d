// SPDX-License-Identifier: MIT
// An emulated GPU with a convolution library: ConvProblem's definition, summed up in double. A
// second implementation of what a library promises, so that all that stands around it (borders,
// filled channels, phases, conversions, folding) is verified with numbers. It can be told what it
// has no plan for.
#pragma once

#include <cstring>
#include <stdexcept>

#include "../primitives/run.hpp"
#include "limn/cuda/conv_problem.hpp"
#include "limn/cuda/emulation.hpp"
#include "modes_emulation.hpp"

namespace limn_test {

struct LibraryOptions {
  bool forward = true, backward_data = true, backward_weights = true;
};

class LibraryDevice : public CudaEmulation {
 public:
  LibraryDevice(const CudaEmulationOptions& options, const LibraryOptions& library)
      : CudaEmulation(options), library_(library) {}
  [[nodiscard]] const LibraryOptions& library() const { return library_; }

  int runs = 0;  ///< of the library

 private:
  LibraryOptions library_;
};

inline bool has_plan(const LibraryOptions& can, const gpu::ConvProblem& p) {
  const bool direction = p.direction == gpu::ConvDirection::forward         ? can.forward
                         : p.direction == gpu::ConvDirection::backward_data ? can.backward_data
                                                                            : can.backward_weights;
  return direction;
}

/// One side of a convolution: a picture with strides, or dense weights.
template <class T>
struct Strided {
  T* values;
  gpu::MapStrides strides;
  T& operator()(Index n, Index h, Index w, Index c) const {
    return values[n * strides.n + h * strides.h + w * strides.w + c];
  }
};

/// body(n, i, j, o, r, s, h, w, k): y (n,i,j,o) takes w (o,r,s,k) times x (n,h,w,k).
template <class Body>
void each_product(const gpu::ConvProblem& p, const Body& body) {
  for (Index n = 0; n < p.y.n; ++n)
    for (Index i = 0; i < p.y.h; ++i)
      for (Index j = 0; j < p.y.w; ++j)
        for (Index r = 0; r < p.kernel; ++r)
          for (Index s = 0; s < p.kernel; ++s) {
            const Index h = i * p.stride + r - p.zeros.top, w = j * p.stride + s - p.zeros.left;
            if (h < 0 || w < 0 || h >= p.x.h || w >= p.x.w) continue;
            for (Index o = 0; o < p.y.c; ++o)
              for (Index k = 0; k < p.x.c; ++k) body(n, i, j, o, r, s, h, w, k);
          }
}

template <class T>
void define(const gpu::ConvProblem& p, T* x, T* w, T* y) {
  const Strided<T> xs{x, p.x_strides}, ys{y, p.y_strides};
  const Strided<T> ws{w, gpu::packed_strides(p.weights())};
  const bool data = p.direction == gpu::ConvDirection::backward_data;
  const bool weights = p.direction == gpu::ConvDirection::backward_weights;
  const Shape size = data ? p.x : weights ? p.weights() : p.y;
  std::vector<double> sums(static_cast<std::size_t>(size.size()));
  const auto sum = [&](Index n, Index h, Index v, Index c) -> double& {
    return sums[static_cast<std::size_t>(((n * size.h + h) * size.w + v) * size.c + c)];
  };
  const auto read = [](const Strided<T>& from, Index n, Index h, Index v, Index c) {
    return widened(from(n, h, v, c));
  };
  each_product(
      p, [&](Index n, Index i, Index j, Index o, Index r, Index s, Index h, Index v, Index k) {
        if (data)
          sum(n, h, v, k) += read(ws, o, r, s, k) * read(ys, n, i, j, o);
        else if (weights)
          sum(o, r, s, k) += read(xs, n, h, v, k) * read(ys, n, i, j, o);
        else
          sum(n, i, j, o) += read(xs, n, h, v, k) * read(ws, o, r, s, k);
      });
  const Strided<T>& to = data ? xs : weights ? ws : ys;
  for (Index n = 0; n < size.n; ++n)
    for (Index h = 0; h < size.h; ++h)
      for (Index v = 0; v < size.w; ++v)
        for (Index c = 0; c < size.c; ++c) to(n, h, v, c) = rounded<T>(sum(n, h, v, c));
}

/// All combinations that decide how a call is made.
template <>
struct Modes<LibraryDevice> {
  static std::vector<ModeGroup<LibraryDevice>> groups() {
    const std::vector<std::pair<std::string, LibraryOptions>> libraries = {
        {"all plans", {}}, {"no plans", {false, false, false}}};
    std::vector<ModeGroup<LibraryDevice>> groups;
    for (const auto& [name, library] : libraries) {
      groups.push_back({"library with " + name, {}});
      for (const auto order : {gpu::HostOrder::forward, gpu::HostOrder::backward})
        groups.back().modes.push_back({name, [=, can = library](bool dry) {
                                         CudaEmulationOptions options;
                                         options.dry = dry;
                                         options.order = order;
                                         options.on_launch = remember_launch;
                                         return std::make_unique<LibraryDevice>(options, can);
                                       }});
    }
    return groups;
  }
  static std::vector<std::string> missing() { return {}; }
};

}  // namespace limn_test

namespace limn::inline v0::gpu {

template <>
struct ConvLibrary<limn_test::LibraryDevice> {
  using D = limn_test::LibraryDevice;
  static constexpr bool available = true;

  static std::optional<std::size_t> workspace(D& device, const ConvProblem& p) {
    if (!limn_test::has_plan(device.library(), p)) return std::nullopt;
    return 1000;
  }
  static void run(D& device, const ConvProblem& p, const void* x, const void* w, const void* y,
                  void* memory) {
    const Index channels = p.type == ConvType::bf16 ? 8 : 4;
    if (p.x.c % channels != 0 || p.y.c % channels != 0)
      throw std::logic_error("channels must fill 16 bytes");
    if (!limn_test::has_plan(device.library(), p))
      throw std::logic_error("asked to run what it has no plan for");
    if (p.x_strides != packed_strides(p.x) || p.y_strides != packed_strides(p.y))
      throw std::logic_error("strided maps, which a library would copy");
    ++device.runs;
    std::memset(memory, 0xff, 1000);  // NaN to whoever believes that this part is its own
    const auto as = [](auto type, const void* p0) {
      return static_cast<decltype(type)*>(const_cast<void*>(p0));
    };
    if (p.type == ConvType::bf16)
      limn_test::define(p, as(bfloat16{}, x), as(bfloat16{}, w), as(bfloat16{}, y));
    else
      limn_test::define(p, as(0.0F, x), as(0.0F, w), as(0.0F, y));
  }
};

}  // namespace limn::inline v0::gpu
