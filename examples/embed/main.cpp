// SPDX-License-Identifier: MIT
// Translates one picture with a generator that ugatit-export (or a training) left behind:
//   embed MODEL A2B|B2A INPUT OUTPUT
#include <cstdio>
#include <exception>

#include "limn/image.hpp"
#include "limn/limn.hpp"
#include "limn/models/ugatit/translator.hpp"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: embed MODEL A2B|B2A INPUT OUTPUT\n", stderr);
    return 2;
  }
  try {
    limn::Cpu device;
    const limn::ugatit::ModelFile model(argv[1]);
    limn::ugatit::LoadedGenerator generator(device, model, limn::ugatit::parse_direction(argv[2]));

    const limn::Picture input = limn::read_picture(argv[3]);
    const auto square = limn::fit_picture(input, generator.size(), limn::Fit::squash);
    const auto result = limn::ugatit::translate_values(*generator, device, limn::to_floats(square),
                                                       generator.size());
    const auto translation = limn::to_picture(result.image, result.size, result.size);
    limn::write_picture(argv[4], limn::restore_picture(translation, input, limn::Fit::squash));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "embed: %s\n", error.what());
    return 1;
  }
}
