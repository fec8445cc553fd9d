// SPDX-License-Identifier: MIT
// Compiled without optimization. Compares what the two units found with one another, and with what
// is given: limn-test-odr $(limn-test-odr-plain)
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "probe.hpp"

Findings careful(float inf, float nan) { return probe(inf, nan); }

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", what);
  if (!holds) ++failures;
}

bool near(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size() || a.empty()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::abs(a[i] - b[i]) > 1e-6F) return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const volatile float inf = std::numeric_limits<float>::infinity();
  const volatile float nan = std::numeric_limits<float>::quiet_NaN();
  const Findings a = careful(inf, nan);
  const Findings b = fast(inf, nan);
  expect(a.shape == "(1,32,32,8)" && a.shape == b.shape, "one shape of a convolution");
  expect(!a.error.empty() && a.error == b.error, "one wording of a ShapeError");
  expect(a.uniforms == b.uniforms && !a.uniforms.empty(), "the same uniform bits");
  expect(near(a.normals, b.normals), "the same normal numbers to 1e-6");
  expect(a.doubled == b.doubled && near(a.doubled, b.doubled), "the same bytes through a device");
  expect(a.pictures == b.pictures, "the same pixels");
  expect(a.function == b.function, "one address of an inline function");
  expect(a.finite_told, "infinities and NaN told without optimization");
  expect(b.finite_told, "infinities and NaN told under -ffast-math");
  bool caught = false;
  try {
    throw_from_fast();
  } catch (const limn::ShapeError&) {
    caught = true;
  }
  expect(caught, "an exception of the other unit is caught by its type");
#if defined(LIMN_USE_UGATIT)
  expect(argc == 3, "called with what the plain program gives");
  expect(argc == 3 && a.pictures == argv[1], "the pixels of a program without such flags");
  expect(argc == 3 && network() == argv[2], "its networks, trained and used");
#else
  static_cast<void>(argc), static_cast<void>(argv);
#endif
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
