// SPDX-License-Identifier: MIT
// Cards: what cuDNN and a memory plan need to know of a GPU that is not there. Public data of the
// cards; the names in the text form are those that cuDNN (9.8 and later) reads as the properties of
// a device.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "limn/core/error.hpp"

namespace limn::inline v0::gpu {

/// A graphics card, in bytes, kHz and counts.
struct Card {
  std::string_view name;               ///< "h100": for options
  std::string_view device_name;        ///< as the driver says it
  int architecture = 0;                ///< 90 for sm_90
  int multiprocessors = 0;             ///< SMs
  std::int64_t shared_per_block = 0;   ///< the most that a kernel may ask for
  int blocks_per_multiprocessor = 0;   ///< that an SM holds at one time
  int threads_per_multiprocessor = 0;  ///< that an SM holds at one time
  std::int64_t memory = 0;             ///< bytes
  std::int64_t l2 = 0;                 ///< bytes of the cache
  /// Of the SMs, of the memory.
  int clock_khz = 0, memory_clock_khz = 0;
};

/// What CudaOptions::card and `--device` know by name.
inline constexpr std::array<Card, 4> known_cards{
    Card{"h100", "NVIDIA H100 80GB HBM3", 90, 132, 232448, 32, 2048, 85'000'000'000, 52428800,
         1980000, 2619000},
    Card{"a100", "NVIDIA A100-SXM4-80GB", 80, 108, 166912, 32, 2048, 85'000'000'000, 41943040,
         1410000, 1593000},
    Card{"rtx4090", "NVIDIA GeForce RTX 4090", 89, 128, 101376, 24, 1536, 25'400'000'000, 75497472,
         2520000, 10501000},
    Card{"b200", "NVIDIA B200", 100, 148, 232448, 32, 2048, 192'000'000'000, 132120576, 1965000,
         3996000}};

/// Throws UsageError for a name that is none of known_cards.
[[nodiscard]] inline const Card& card_named(std::string_view name) {
  std::string names;
  for (const Card& card : known_cards) {
    if (card.name == name) return card;
    names += names.empty() ? "" : ", ";
    names += card.name;
  }
  throw UsageError("card '" + std::string(name) + "' is none of " + names);
}

/// The card's properties as cuDNN reads them (JSON). Every card since sm_75 has what is constant
/// here.
[[nodiscard]] inline std::string properties_text(const Card& card) {
  std::string text =
      R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],)"
      R"("regsPerBlock":65536,"maxRegistersPerSM":65536,"warpSize":32,"maxThreadsPerBlock":1024,)"
      R"("maxSharedMemoryPerBlock":49152,"reservedSharedMemoryPerBlock":1024,"pciDeviceId":0,)"
      R"("isTccDriver":0,"supportCoopLaunch":1,"cudaDeviceId":0,"driverVer":13000)";
  const auto number = [&text](const char* key, std::int64_t value) {
    text += ",\"";
    text += key;
    text += "\":";
    text += std::to_string(value);
  };
  number("deviceVer", card.architecture * 10);
  number("multiProcessorCount", card.multiprocessors);
  number("maxSharedMemoryPerBlockOptin", card.shared_per_block);
  number("maxCtasPerSM", card.blocks_per_multiprocessor);
  number("maxThreadsPerSM", card.threads_per_multiprocessor);
  number("totalGlobalMem", card.memory);
  number("l2CacheSize", card.l2);
  number("smClockRateKHz", card.clock_khz);
  number("memClockRateKHz", card.memory_clock_khz);
  text += ",\"deviceName\":\"";
  text += card.device_name;
  text += "\"}";
  return text;
}

}  // namespace limn::inline v0::gpu
