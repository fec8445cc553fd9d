// SPDX-License-Identifier: MIT
// Translates one picture with a generator that ugatit-export (or a training) left behind:
//   embed MODEL A2B|B2A INPUT OUTPUT
#include <cstdio>
#include <exception>

#include "limn/translate.hpp"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: embed MODEL A2B|B2A INPUT OUTPUT\n", stderr);
    return 2;
  }
  try {
    limn::Translator translator(argv[1], limn::ugatit::parse_direction(argv[2]));
    limn::write_picture(argv[4], translator.translate(limn::read_picture(argv[3])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "embed: %s\n", error.what());
    return 1;
  }
}
