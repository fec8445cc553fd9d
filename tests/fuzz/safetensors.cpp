// SPDX-License-Identifier: MIT
// Safetensors: IoError, or a file of which every tensor can be read, and which is written as it was
// read.
#include "limn/io/safetensors.hpp"

#include "memory_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile file;
  const auto path = file.holding(data, size);
  const fuzz::MemoryBound bound(64 * size + (1 << 16));
  try {
    const limn::SafetensorsFile tensors(path);
    limn::SafetensorsHeader header;
    header.metadata = tensors.metadata();
    limn::Index sum = 0;
    for (const auto& name : tensors.names()) {
      const auto& info = tensors.info(name);
      fuzz::require(tensors.contains(name), "the name is known");
      fuzz::require(info.begin == sum && info.bytes() >= 0, "no gap");
      sum = info.end;
      header.tensors.emplace_back(name, info);
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(info.bytes()));
      tensors.read_bytes(name, bytes.data(), info.bytes());
      if (info.type == limn::StorageType::f16 || info.type == limn::StorageType::f64)
        fuzz::require(tensors.read<float>(name).size() == static_cast<std::size_t>(info.size()),
                      "all numbers are there");
      try {
        tensors.read_bytes(name, bytes.data(), 1, info.bytes());
        fuzz::require(false, "nothing lies beyond a tensor");
      } catch (const limn::IoError&) {
      }
    }
    // what was read can be written, and is the same again
    const auto again = limn::parse_safetensors_header(limn::format_safetensors_header(header), sum);
    fuzz::require(again.metadata == header.metadata, "metadata stay");
    fuzz::require(again.tensors.size() == header.tensors.size(), "tensors stay");
  } catch (const limn::IoError&) {
  }
  return 0;
}
