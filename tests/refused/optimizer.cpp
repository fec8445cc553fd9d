// SPDX-License-Identifier: MIT
// says: limn: an optimizer needs a static name, step(rate), steps(), set_steps(n) and keep(f)
#include "limn/optim/optimizer.hpp"
#include "no_device.hpp"

struct Mine {
  static constexpr const char* name = "mine";
  void step(double rate);
  std::int64_t steps();
  void set_steps(std::int64_t n);
#ifdef RIGHT
  void keep(auto&&) {}
#endif
};
void take(limn::ParameterSet<NoDevice, float>& set) {
  limn::AnyOptimizer<NoDevice, float>(set, [](auto&) { return Mine{}; }).step(1);
}
