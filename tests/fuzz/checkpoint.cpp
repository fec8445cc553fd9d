// SPDX-License-Identifier: MIT
// Checkpoints: IoError, or options that work and counters, and the state read where it fits. The
// state is that of a small part of a network, which depends on the options as all of it does: the
// networks need not be compiled for that.
#include "limn/models/ugatit/model_file.hpp"
#include "memory_file.hpp"

namespace {

/// A tensor whose bytes nobody needs.
limn::StateTensor state_of(std::string name, std::vector<limn::Index> shape) {
  return {std::move(name), limn::StorageType::f32, std::move(shape),
          [](limn::Index, void*, limn::Index) {},
          [](limn::Index offset, const void* from, limn::Index bytes) {
            fuzz::require(from != nullptr && offset >= 0 && bytes > 0, "there are bytes");
          }};
}

void load(const std::filesystem::path& path) {
  const limn::ugatit::ModelFile model(path);
  const auto& options = model.options;
  options.check();
  // what was read is what would be written
  for (const auto& [key, text] : limn::ugatit::options_to_metadata(options)) {
    auto copy = options;
    limn::ugatit::set_option(copy, key.substr(7), text);
    fuzz::require(copy == options, "options survive being text");
  }
  const auto c = options.model.channels;
  const std::vector<limn::StateTensor> state{
      state_of("genA2B.conv.weight", {c, 7, 7, 3}),
      state_of("genA2B.rho", {1, 1, 1, options.model.features()}),
      state_of("adam.m/genA2B.conv.weight", {c, 7, 7, 3})};
  if (model.training) static_cast<void>(limn::ugatit::counter_entry(model.file, "step"));
  limn::read_state(model.file, state,
                   model.training ? limn::Surplus::refused : limn::Surplus::allowed,
                   "it is damaged");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile file;
  const auto path = file.holding(data, size);
  // pieces of 4 MiB, whatever the file's size
  const fuzz::MemoryBound bound(64 * size + (5U << 20));
  try {
    load(path);
  } catch (const limn::IoError&) {
  }
  return 0;
}
