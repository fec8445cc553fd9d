// SPDX-License-Identifier: MIT
// --maths shapes the trajectory: checkpoints store it, resuming compares it, and every device of a
// run computes with it.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "limn/translate.hpp"
#include "small_run.hpp"

using namespace limn;

namespace {

Maths maths_of(Trainable& training) {
  return dynamic_cast<ugatit::Training<Cpu, float>&>(training).device().maths();
}

}  // namespace

TEST_CASE_FIXTURE(SmallRun, "maths: fast unless asked, on every device of a run") {
  CHECK(options.maths == Maths::fast);
  for (const Maths maths : {Maths::fast, Maths::strict}) {
    options.maths = maths;
    CHECK(maths_of(*ugatit::make_training(options)) == maths);
    // the options decide, not the place
    CHECK(maths_of(*ugatit::make_training(options, {.maths = Maths::fast})) == maths);
    const std::string name = to_string(maths);
    {
      const auto trainer = ugatit::start_run(options, place(name));
      CHECK(maths_of(trainer->model()) == maths);
      CHECK(contains(trainer->model().description(), name + " maths"));
      trainer->run(2);
    }
    CHECK(SafetensorsFile(folder / name / "latest.safetensors").metadata().at("option.maths") ==
          name);
    CHECK(maths_of(ugatit::resume_run(place(name))->model()) == maths);
    const Translator translator(folder / name, ugatit::Direction::a2b, {.maths = maths});
    CHECK(translator.device().maths() == maths);
  }
  CHECK(Translator(folder / "strict", ugatit::Direction::a2b).device().maths() == Maths::fast);
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("strict"), {{"maths", "fast"}});
                 }),
                 "--maths fast contradicts the run"));
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("strict"), {{"maths", "loose"}});
                 }),
                 "maths 'loose' is none of fast, strict"));
}

TEST_CASE_FIXTURE(SmallRun, "maths: a checkpoint from before there was a choice goes on strictly") {
  options.maths = Maths::strict;
  ugatit::start_run(options, place("strict"))->run();
  ugatit::start_run(options, place("older"))->run(2);
  std::string bytes = checkpoint("older");
  const std::string entry = "option.maths";
  REQUIRE(contains(bytes, entry));
  folder.file("older/latest.safetensors", bytes.replace(bytes.find(entry), 6, "absent"));
  CHECK(ugatit::ModelFile(folder / "older").options.maths == Maths::strict);
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("older"), {{"maths", "fast"}});
                 }),
                 "--maths fast contradicts the run"));
  ugatit::resume_run(place("older"))->run();
  CHECK((checkpoint("older") == checkpoint("strict")));
}
