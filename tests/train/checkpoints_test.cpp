// SPDX-License-Identifier: MIT
// What of a run's checkpoints is there after anything: kept ones, the best, damaged ones, links.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/train/run_files.hpp"

using namespace limn;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  ScratchFolder folder;
  std::vector<double> state{1, 2, 3};

  std::vector<StateTensor> tensors() {
    return {{"state",
             StorageType::f64,
             {1, 1, 1, 3},
             [this](Index offset, void* to, Index bytes) {
               std::memcpy(to, reinterpret_cast<const char*>(state.data()) + offset,
                           static_cast<std::size_t>(bytes));
             },
             {}}};
  }
  void save(Checkpoints& checkpoints, std::int64_t step, bool best = false) {
    state[0] = static_cast<double>(step);
    Metadata metadata{{"kind", "test"}};
    if (best) put_best(Best{"kid", 0.5, step}, metadata);
    checkpoints.begin(step, metadata, tensors(), best);
    state[0] = -1;  // at once
    CHECK(checkpoints.completed(true) == step);
  }
  std::string listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    std::string all;
    for (const auto& name : names) all += name + " ";
    return all;
  }
  std::int64_t newest(std::string* news = nullptr) const {
    const auto file = newest_checkpoint(folder.path, [&](const std::string& text) {
      if (news != nullptr) *news += text + "\n";
    });
    CHECK(file.read<double>("state")[0] == static_cast<double>(checkpoint_step(file)));
    return checkpoint_step(file);
  }
  void damage(const std::string& name, std::size_t byte) const {
    std::string bytes = file_bytes(folder / name);
    REQUIRE(byte < bytes.size());
    bytes[byte] = static_cast<char>(bytes[byte] ^ 4);
    fs::remove(folder / name);  // it may have two names
    folder.file(name, bytes);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the last few are kept, and the best one besides") {
  Checkpoints checkpoints(folder.path, 3, 0);
  save(checkpoints, 5);
  CHECK(listing() == "latest.safetensors ");
  save(checkpoints, 10, true);
  save(checkpoints, 15);
  CHECK(listing() ==
        "best.safetensors latest.safetensors step_0000005.safetensors step_0000010.safetensors ");
  save(checkpoints, 20);
  save(checkpoints, 25);
  CHECK(listing() ==
        "best.safetensors latest.safetensors step_0000015.safetensors step_0000020.safetensors ");
  CHECK(newest() == 25);
  const auto best = best_of(open_checkpoint(best_checkpoint_path(folder.path)));
  REQUIRE(best);
  CHECK(best->by == "kid");
  CHECK(best->score == 0.5);
  CHECK(best->step == 10);
  CHECK(!best_of(open_checkpoint(checkpoint_path(folder.path))));
}

TEST_CASE_FIXTURE(Fixture, "one alone is kept where that is asked for") {
  Checkpoints checkpoints(folder.path, 1, 0);
  save(checkpoints, 1);
  save(checkpoints, 2);
  CHECK(listing() == "latest.safetensors ");
  CHECK_THROWS_AS(Checkpoints(folder.path, 0, 0), UsageError);
}

TEST_CASE_FIXTURE(Fixture, "a damaged newest one is named, and the one before it is used") {
  {
    Checkpoints checkpoints(folder.path, 3, 0);
    for (const std::int64_t step : {1, 2, 3}) save(checkpoints, step);
  }
  const std::string whole = file_bytes(checkpoint_path(folder.path));
  // any bit: of the length, of the metadata's values and keys, of the data, of the checksum itself
  for (const std::size_t byte :
       {std::size_t{0}, whole.find("\"step\":\"3") + 8, whole.find("checksum"),
        whole.find("checksum") + 12, whole.find("version"), whole.find("\"kind\":\"test") + 8,
        whole.find("F64"), whole.size() - 1, whole.size() - 24}) {
    CAPTURE(byte);
    damage("latest.safetensors", byte);
    std::string news;
    CHECK(newest(&news) == 2);
    CHECK(contains(news, "latest.safetensors"));
    CHECK(contains(news, "the checkpoint before it is used, step_0000002.safetensors of step 2"));
    folder.file("latest.safetensors", whole);
  }
  folder.file("latest.safetensors", whole.substr(0, whole.size() - 8));
  CHECK(newest() == 2);
  damage("step_0000002.safetensors", whole.size() - 1);
  CHECK(newest() == 1);

  {  // the training goes on from there: what is damaged is replaced, and not kept
    Checkpoints checkpoints(folder.path, 3, 1);
    save(checkpoints, 2);
    CHECK(newest() == 2);
    CHECK(listing() == "latest.safetensors step_0000001.safetensors ");
  }
  damage("latest.safetensors", whole.size() - 1);
  damage("step_0000001.safetensors", whole.size() - 1);
  const auto what = message_of<IoError>([&] { static_cast<void>(newest()); });
  CHECK(contains(what, "latest.safetensors: it is damaged"));
  CHECK(contains(what, "none of the 1 checkpoints before it is whole either"));
  const ScratchFolder empty;
  CHECK(contains(message_of<IoError>([&] { static_cast<void>(newest_checkpoint(empty.path)); }),
                 "there is no checkpoint here"));
}

TEST_CASE_FIXTURE(Fixture, "what a kill leaves in between never harms a whole one") {
  {
    Checkpoints checkpoints(folder.path, 2, 0);
    save(checkpoints, 1);
    save(checkpoints, 2, true);
  }
  const std::string one = file_bytes(folder / "step_0000001.safetensors"),
                    two = file_bytes(folder / "latest.safetensors");
  // temporary names that are second names of files
  fs::create_hard_link(folder / "best.safetensors", folder / "latest.safetensors.tmp");
  fs::create_hard_link(folder / "latest.safetensors", folder / "step_0000002.safetensors.tmp");
  fs::create_hard_link(folder / "latest.safetensors", folder / "step_0000002.safetensors");
  {
    Checkpoints checkpoints(folder.path, 2, 2);
    CHECK(file_bytes(folder / "best.safetensors") == two);
    save(checkpoints, 3);
  }
  CHECK(file_bytes(folder / "step_0000002.safetensors") == two);
  CHECK(file_bytes(folder / "best.safetensors") == two);
  CHECK(newest() == 3);
  CHECK(listing() == "best.safetensors latest.safetensors step_0000002.safetensors ");
  // without latest.safetensors the one before it is the newest
  fs::remove(folder / "latest.safetensors");
  CHECK(newest() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a save that fails leaves what was there, and the next one goes well") {
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  Checkpoints checkpoints(folder.path, 2, 0);
  save(checkpoints, 1);
  const std::string one = file_bytes(folder / "latest.safetensors");
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  rlimit little = old;
  little.rlim_cur = one.size() / 2;  // stands for a full disk
  ::setrlimit(RLIMIT_FSIZE, &little);
  const auto what = message_of<IoError>([&] { checkpoints.begin(2, {}, tensors(), false); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(contains(what, "latest.safetensors: writing failed"));
  CHECK(!checkpoints.pending());
  CHECK(listing() == "latest.safetensors ");
  CHECK(file_bytes(folder / "latest.safetensors") == one);

  // a failure in the thread: a folder stands where the older one should go
  fs::create_directories(folder / "step_0000001.safetensors/x");
  checkpoints.begin(2, {}, tensors(), false);
  CHECK_THROWS_AS(checkpoints.begin(3, {}, tensors(), false), UsageError);
  CHECK_THROWS_AS(static_cast<void>(checkpoints.completed(true)), IoError);
  CHECK(file_bytes(folder / "latest.safetensors") == one);
  fs::remove_all(folder / "step_0000001.safetensors");
  save(checkpoints, 3);
  CHECK(listing() == "latest.safetensors step_0000001.safetensors ");
}

TEST_CASE_FIXTURE(Fixture, "a file is linked, or copied where there are no links") {
  const auto one = folder.file("one", "1"), two = folder.file("two", "2");
  link_or_copy(one, two);
  CHECK(file_bytes(two) == "1");
  CHECK(fs::equivalent(one, two));
  link_or_copy(one, two);  // again
  CHECK(listing() == "one two ");
  if (fs::exists("/dev/shm")) {  // another file system
    const auto far = fs::path("/dev/shm") / folder.path.filename();
    link_or_copy(one, far);
    CHECK(file_bytes(far) == "1");
    fs::remove(far);
  }
  CHECK_THROWS_AS(link_or_copy(folder / "none", two), IoError);
  CHECK(file_bytes(two) == "1");
}

TEST_CASE("versions") {
  const ScratchFolder folder;
  const auto news = [&](const Metadata& metadata) {
    write_state(folder / "f", metadata, {});
    return version_news(SafetensorsFile(folder / "f"));
  };
  CHECK(news({{"version", LIMN_VERSION}}).empty());
  CHECK(contains(news({{"version", "0.0.9"}}), "was written by limn 0.0.9, this is limn "));
  CHECK(contains(news({}), "was written by a limn before"));
}

TEST_CASE("one training per folder: the other one is told which process it is") {
  const ScratchFolder folder;
  {
    const RunLock first(folder / "run");
    const auto what = message_of<IoError>([&] { const RunLock second(folder / "run"); });
    CHECK(contains(what, "another training is writing here"));
    CHECK(contains(what, "process " + std::to_string(::getpid())));
  }
  CHECK(!fs::exists(folder / "run/run.lock"));
  std::optional<RunLock> moved(RunLock(folder / "run"));
  CHECK_THROWS_AS(RunLock(folder / "run"), IoError);
  moved.reset();

  // a process that is killed holds it until then, and not longer
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock held(folder / "run");
    static_cast<void>(::write(ready[1], "x", 1) == 1);
    ::pause();
    ::_exit(0);
  }
  char x = 0;
  REQUIRE(::read(ready[0], &x, 1) == 1);
  const auto what = message_of<IoError>([&] { const RunLock second(folder / "run"); });
  CHECK(contains(what, "process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK(fs::exists(folder / "run/run.lock"));
  CHECK_NOTHROW(RunLock(folder / "run"));
  CHECK(contains(message_of<IoError>([] { RunLock("/proc/run"); }), "/proc/run"));
}
