// SPDX-License-Identifier: MIT
// says: limn: a model to train needs Options, a type derived from TrainingOptions
#include "limn/train/model_run.hpp"
#include "no_device.hpp"

using namespace limn;
struct Mine {
#ifdef RIGHT
  using Options = TrainingOptions;
#endif
  static constexpr const char* title = "mine";
  Mine(NoDevice&, const TrainingOptions&);
  void players(auto&&) {}
  void step(Turn<NoDevice, float>&);
};
auto run(DataSource source, const OpenModelDevice<NoDevice>& open) {
  return model_to_run<Mine, float>({}, source, open);
}
