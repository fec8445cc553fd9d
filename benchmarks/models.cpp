// SPDX-License-Identifier: MIT
// Names of the model benchmarks: infer|train/<variant>/<size>/<channels>/b<batch>/<precision>.
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "model_work.hpp"

namespace limn_bench {
namespace {

/// `text` without `prefix` as a number; false if it is anything else.
bool parse(std::string_view text, std::string_view prefix, limn::Index& number) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

bool parse_variant(std::string_view text, limn::ugatit::ModelOptions& model) {
  using limn::ugatit::Variant;
  if (text == "light") {
    model.variant = Variant::light;
  } else if (text == "full") {
    model.variant = Variant::full;
  } else {
    model.variant = Variant::pooled;
    return parse(text, "pooled", model.pool);
  }
  return true;
}

}  // namespace

bool add_model(const std::string& name, std::vector<Case>& cases) {
  const auto parts = split(name);
  if (parts.size() != 6 || (parts[0] != "infer" && parts[0] != "train")) return false;
  ModelCase c;
  if (!parse_variant(parts[1], c.model) || !parse(parts[2], "", c.model.size) ||
      !parse(parts[3], "", c.model.channels) || !parse(parts[4], "b", c.batch))
    return false;
  const bool training = parts[0] == "train";
  const auto add = [&](auto make, bool split = false) {
    cases.push_back({name, [=](limn::CpuOptions o) {
                       c.model.check();
                       if (split) o.maths = limn::Maths::split;
                       return make(training, o, c);
                     }});
    return true;
  };
  if (parts[5] == "fp64") return add(make_model_work<double>);
  if (parts[5] == "fp32") return add(make_model_work<float>);
  if (parts[5] == "bf16x3") return add(make_model_work<float>, true);
  if (parts[5] == "bf16") return add(make_model_work<limn::bfloat16>);
  return false;
}

void add_models(std::vector<Case>& cases) {
  for (const char* name :
       {"infer/light/128/32/b1/fp64", "infer/light/128/64/b1/fp32", "infer/light/256/64/b1/fp32",
        "infer/light/256/64/b1/bf16", "infer/light/512/64/b1/fp32", "infer/light/256/64/b8/fp32",
        "infer/light/256/64/b8/bf16", "infer/full/256/64/b1/fp32", "infer/full/256/64/b1/bf16",
        "infer/pooled8/256/64/b1/fp32", "train/light/64/16/b1/fp32", "train/light/64/16/b1/fp64",
        "train/light/128/32/b1/fp32", "train/light/128/32/b1/bf16", "train/light/128/32/b4/fp32",
        "train/light/256/64/b1/fp32", "train/light/256/64/b1/bf16", "train/full/256/64/b1/fp32"})
    add_model(name, cases);
}

}  // namespace limn_bench
