// SPDX-License-Identifier: MIT
// says: limn: every member given to a network's visit must be a Parameter or have a visit of its
// own
#include "limn/nn/module.hpp"
#include "no_device.hpp"

struct Layer {
  limn::Parameter<NoDevice, float> weight;
#ifdef RIGHT
  void visit(auto&& f) { f("weight", weight); }
#endif
};
struct Network {
  Layer layer;
  void visit(auto&& f) { f("layer", layer); }
};
void walk(Network& network) {
  limn::for_each_parameter(network, "net", [](const std::string&, auto&) {});
}
