// SPDX-License-Identifier: MIT
// A checkpoint as it was written before there were certain options.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/io/safetensors.hpp"
#include "limn/train/state.hpp"

/// Writes the checkpoint anew without these options, each of which it must have.
inline void forget_options(const std::filesystem::path& path,
                           std::initializer_list<const char*> options) {
  using namespace limn;
  auto older = path;
  older.replace_filename("older.safetensors");
  {
    const SafetensorsFile file(path);
    Metadata metadata;
    metadata.insert(file.metadata().begin(), file.metadata().end());
    for (const char* option : options) CHECK(metadata.erase("option." + std::string(option)) == 1);
    Cpu device;
    std::vector<StateTensor> tensors;
    for (const auto& name : file.names()) {
      const auto& shape = file.info(name).shape;
      const Tensor<Cpu, float> t(device, {shape[0], shape[1], shape[2], shape[3]});
      t.upload(file.read<float>(name));
      tensors.push_back(state_tensor(name, t));
    }
    write_state(older, metadata, tensors);
  }
  std::filesystem::rename(older, path);
}
