// SPDX-License-Identifier: MIT
// What this machine can do at most, measured where the benchmarks run: multiply-adds that stay in
// registers, and a sum over more memory than its caches hold.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/tensor.hpp"
#include "work.hpp"

#if LIMN_X86_64
#include <immintrin.h>
#endif

namespace limn_bench {
namespace {

using limn::Index;
using limn::Isa;

constexpr Index rounds = 1 << 20;
constexpr int chains = 12;  // independent of each other, so that no latency is waited for
// One value per chain: equal chains would be computed once.
constexpr std::array<float, chains> starts{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
constexpr float factor = 0.999F, term = 0.001F;

using Line = std::array<float, 16>;  // of a cache, 64 bytes

#if LIMN_X86_64
// g++ 12 warns inside its own _mm512_reduce_add_ps
LIMN_TARGET_AVX512 inline float total_avx512(__m512 x) {
  float values[16], total = 0;
  _mm512_storeu_ps(values, x);
  for (const float v : values) total += v;
  return total;
}

LIMN_TARGET_AVX512 LIMN_NOINLINE float multiply_adds_avx512() {
  __m512 s[chains];
  for (int j = 0; j < chains; ++j) s[j] = _mm512_set1_ps(starts[static_cast<std::size_t>(j)]);
  const __m512 a = _mm512_set1_ps(factor), b = _mm512_set1_ps(term);
  for (Index i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int j = 0; j < chains; ++j) s[j] = _mm512_fmadd_ps(s[j], a, b);
  for (int j = 1; j < chains; ++j) s[0] = _mm512_add_ps(s[0], s[j]);
  return total_avx512(s[0]);
}

// As above with vdpbf16ps: two products per float. They add up to little.
LIMN_TARGET_AVX512_BF16 LIMN_NOINLINE float dot_products_bf16() {
  __m512 s[chains];
  for (int j = 0; j < chains; ++j) s[j] = _mm512_set1_ps(starts[static_cast<std::size_t>(j)]);
  const int pair = (limn::bfloat16(term).bits << 16) | limn::bfloat16(term).bits;
  const __m512i a = _mm512_set1_epi32(pair);
  for (Index i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int j = 0; j < chains; ++j) s[j] = _mm512_dpbf16_ps(s[j], (__m512bh)a, (__m512bh)a);
  float values[16], total = 0;
  for (int j = 1; j < chains; ++j) s[0] = _mm512_add_ps(s[0], s[j]);
  _mm512_storeu_ps(values, s[0]);
  for (const float v : values) total += v;
  return total;
}

LIMN_TARGET_AVX2 LIMN_NOINLINE float multiply_adds_avx2() {
  __m256 s[chains];
  for (int j = 0; j < chains; ++j) s[j] = _mm256_set1_ps(starts[static_cast<std::size_t>(j)]);
  const __m256 a = _mm256_set1_ps(factor), b = _mm256_set1_ps(term);
  for (Index i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int j = 0; j < chains; ++j) s[j] = _mm256_fmadd_ps(s[j], a, b);
  for (int j = 1; j < chains; ++j) s[0] = _mm256_add_ps(s[0], s[j]);
  float values[8];
  _mm256_storeu_ps(values, s[0]);
  float total = 0;
  for (const float v : values) total += v;
  return total;
}

LIMN_TARGET_AVX512 LIMN_NOINLINE float sum_avx512(std::span<const Line> memory) {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                 _mm512_setzero_ps()};
  for (std::size_t i = 0; i + 4 <= memory.size(); i += 4)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j)
      s[j] = _mm512_add_ps(s[j], _mm512_load_ps(memory[i + j].data()));
  return total_avx512(_mm512_add_ps(_mm512_add_ps(s[0], s[1]), _mm512_add_ps(s[2], s[3])));
}
#endif

constexpr int portable_lanes = 4;

LIMN_NOINLINE float multiply_adds_portable() {
  float s[chains][portable_lanes];
  for (int j = 0; j < chains; ++j)
    for (float& v : s[j]) v = starts[static_cast<std::size_t>(j)];
  for (Index i = 0; i < rounds; ++i)
    for (auto& chain : s)
      for (float& v : chain) v = v * factor + term;
  float total = 0;
  for (const auto& chain : s)
    for (const float v : chain) total += v;
  return total;
}

LIMN_NOINLINE float sum_portable(std::span<const Line> memory) {
  Line s{};
  for (const auto& line : memory)
    for (std::size_t k = 0; k < s.size(); ++k) s[k] += line[k];
  float total = 0;
  for (const float v : s) total += v;
  return total;
}

/// A call, and its multiply-adds per chain and round.
struct Kernel {
  float (*call)();
  Index lanes;
};

Kernel dot_products([[maybe_unused]] Isa isa) {
#if LIMN_X86_64
  if (isa >= Isa::avx512_bf16) return {dot_products_bf16, 32};
#endif
  throw limn::DeviceError("not run: this processor has no AVX512-bf16, or LIMN_ISA excludes it");
}

Kernel multiply_adds([[maybe_unused]] Isa isa) {
#if LIMN_X86_64
  if (isa >= Isa::avx512) return {multiply_adds_avx512, 16};
  if (isa >= Isa::avx2) return {multiply_adds_avx2, 8};
#endif
  return {multiply_adds_portable, portable_lanes};
}

float sum([[maybe_unused]] Isa isa, std::span<const Line> memory) {
#if LIMN_X86_64
  if (isa >= Isa::avx512) return sum_avx512(memory);
#endif
  return sum_portable(memory);
}

/// Runs `part` on every thread of the device at once; its results must be finite.
class Probe : public Work {
 public:
  explicit Probe(const limn::CpuOptions& options)
      : device_(options), results_(static_cast<std::size_t>(device_.threads().threads())) {}

  void run() override {
    device_.threads().run(static_cast<Index>(results_.size()), [this](Index chunk, int) {
      results_[static_cast<std::size_t>(chunk)] = part(chunk);
    });
  }
  void check() override {
    for (const float r : results_)
      if (!limn::is_finite(r)) throw limn::NumericError("the probe's sum is not finite");
  }
  [[nodiscard]] limn::Cpu& device() override { return device_; }

 protected:
  [[nodiscard]] virtual float part(Index chunk) = 0;
  [[nodiscard]] std::size_t parts() const { return results_.size(); }

 private:
  limn::Cpu device_;
  std::vector<float> results_;
};

class MultiplyAdds final : public Probe {
 public:
  MultiplyAdds(const limn::CpuOptions& options, Kernel kernel) : Probe(options), kernel_(kernel) {}
  [[nodiscard]] limn::WorkDone besides() const override {
    const Index each = rounds * chains * kernel_.lanes;
    return {static_cast<std::uint64_t>(each) * parts(), 0, 1};
  }

 protected:
  [[nodiscard]] float part(Index) override { return kernel_.call(); }

 private:
  Kernel kernel_;
};

class Read final : public Probe {
 public:
  static constexpr std::size_t bytes = std::size_t{768} << 20;

  explicit Read(const limn::CpuOptions& options)
      : Probe(options), isa_(options.isa), memory_(device().allocate(bytes)) {
    device().threads().run(static_cast<Index>(parts()), [this](Index chunk, int) {
      for (Line& line : lines(chunk)) line.fill(1e-6F);
    });
  }
  [[nodiscard]] limn::WorkDone besides() const override { return {0, bytes, 1}; }

 protected:
  [[nodiscard]] float part(Index chunk) override { return sum(isa_, lines(chunk)); }

 private:
  [[nodiscard]] std::span<Line> lines(Index chunk) const {
    const std::size_t each = bytes / sizeof(Line) / parts();
    return {reinterpret_cast<Line*>(memory_.get()) + static_cast<std::size_t>(chunk) * each, each};
  }

  Isa isa_;
  std::shared_ptr<std::byte> memory_;
};

}  // namespace

void add_probes(std::vector<Case>& cases) {
  const auto add = [&](const char* name, auto make) { cases.push_back({name, make, false}); };
  add("probe/fma_fp32", [](const limn::CpuOptions& o) {
    return std::make_unique<MultiplyAdds>(o, multiply_adds(o.isa));
  });
  add("probe/dot_bf16", [](const limn::CpuOptions& o) {
    return std::make_unique<MultiplyAdds>(o, dot_products(o.isa));
  });
  add("probe/read", [](const limn::CpuOptions& o) { return std::make_unique<Read>(o); });
}

double read_ceiling(const limn::CpuOptions& options) {
  Read probe(options);
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    probe.run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(Read::bytes) / seconds.count());
  }
  probe.check();
  return best;
}

}  // namespace limn_bench
