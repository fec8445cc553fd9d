// SPDX-License-Identifier: MIT
// says: limn: a model to train needs Options derived from TrainingOptions, a constructor from
#include "limn/train/model_run.hpp"
#include "no_device.hpp"

using namespace limn;
struct Mine {
  using Options = TrainingOptions;
  static constexpr const char* title = "mine";
  Mine(NoDevice&, const Options&);
#ifdef RIGHT
  void players(auto&&) {}
#endif
  void step(Turn<NoDevice, float>&);
};
auto run(DataSource source, const OpenModelDevice<NoDevice>& open) {
  return model_to_run<Mine, float>({}, source, open);
}
