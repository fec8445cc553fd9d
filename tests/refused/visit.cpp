// SPDX-License-Identifier: MIT
// says: limn: a network needs void visit(auto&& f), which calls f(name, member) for each member
#include "limn/nn/module.hpp"
#include "no_device.hpp"

struct Network {
  limn::Parameter<NoDevice, float> weight;
#ifdef RIGHT
  void visit(auto&& f) { f("weight", weight); }
#endif
};
void walk(Network& network) {
  limn::for_each_parameter(network, "net", [](const std::string&, auto&) {});
}
