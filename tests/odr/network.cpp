// SPDX-License-Identifier: MIT
// Compiled as the library's own programs are: what limn::ugatit computes.
#include "probe.hpp"

#include <vector>

#include "limn/models/ugatit/run_cpu.hpp"

std::string network() {
  limn::ugatit::RunOptions options;
  options.model = {.size = 32, .channels = 4, .blocks = 1};
  options.train.augmentation = limn::parse_distortions("color,translation,cutout");
  options.train.steps = 4;
  const auto training = limn::ugatit::make_training(options, {.threads = 2});
  const limn::Picture pixels = some_pixels(32, 32);
  for (int step = 1; step <= 4; ++step)
    training->train(
        {step - 1, {1, 32, 32, 3}, limn::to_floats(pixels), std::vector<float>(3072, 0.25F)}, step);
  limn::ContentHash hash;
  for (const auto& tensor : training->state()) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.bytes()));
    tensor.download(0, bytes.data(), tensor.bytes());
    hash.update(bytes.data(), bytes.size());
  }
  for (const double loss : training->losses()) hash.update(&loss, sizeof loss);
  const limn::Picture translation = training->translate(pixels);
  hash.update(translation.pixels.data(), translation.pixels.size());
  return hash.hex();
}
