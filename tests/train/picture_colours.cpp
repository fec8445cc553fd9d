// SPDX-License-Identifier: MIT
// For tests of pages: how many colours a picture has, and how many percent of it the commonest is.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>

#include "limn/io/read_picture.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const limn::Picture picture = limn::read_picture(argv[1]);
  std::map<std::uint32_t, limn::Index> times;
  limn::Index most = 0;
  for (limn::Index y = 0; y < picture.height; ++y)
    for (limn::Index x = 0; x < picture.width; ++x) {
      const auto* p = picture.at(x, y);
      const auto colour = static_cast<std::uint32_t>(p[0] << 16 | p[1] << 8 | p[2]);
      most = std::max(most, ++times[colour]);
    }
  std::printf("%zu %lld\n", times.size(),
              static_cast<long long>(100 * most / (picture.width * picture.height)));
}
