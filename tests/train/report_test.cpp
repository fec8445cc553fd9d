// SPDX-License-Identifier: MIT
// The record of a training: its journal is cut back as its log is, and its page says what happened.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/train/csv_log.hpp"
#include "limn/train/record.hpp"

using namespace limn;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> run_terms{"D_loss", "G_loss"};
const std::string hostile = "</script><img src=x onerror=alert(1)>\"'&\xff";

/// A record with the events of a training, as a Trainer sends them.
struct Session {
  fs::path run;
  std::vector<std::string> warnings;
  std::shared_ptr<Record> record;
  TrainerEvents events;
  std::optional<CsvLog> log;

  explicit Session(fs::path folder, std::int64_t done = 0, bool tensorboard = false,
                   std::int64_t rollbacks = 0)
      : run(std::move(folder)),
        record(std::make_shared<Record>(
            run, tensorboard, [this](const std::string& text) { warnings.push_back(text); })),
        events(record->events()) {
    fs::create_directories(run / "sheets");
    events.message("before the beginning");
    log.emplace(run / "log.csv", std::vector<std::string>{"lr", "D_loss", "G_loss"}, done);
    record->begin(done, {{{"size", "64"}, {"note", hostile}},
                         {{"model", "a model"}, {"processor", "a processor"}},
                         {{"D_loss", "Discriminators", "Totals", "sum", 0.5}},
                         100,
                         1,
                         rollbacks});
  }

  void step(std::int64_t n) {
    const std::array values{1e-4, 0.5 / static_cast<double>(n), 1.25};
    log->add(n, static_cast<double>(n) / 2, values);
    StepReport report{n, 100, 0.5, 1e-4, run_terms, {values[1], values[2]}, n, {}};
    report.signals = {
        {"rho/genA2B.norm", {0.25, 0.5, 0.75}}, {"cam/accuracy", {0.5}}, {"empty", {}}};
    events.on_step(report);
  }
  void sheet(std::int64_t n) {
    const Picture picture(40, 30, static_cast<std::uint8_t>(n));
    const std::string digits = std::to_string(n);
    const auto path =
        run / "sheets" / ("step_" + std::string(7 - digits.size(), '0') + digits + ".png");
    write_png(path, picture);
    events.on_sheet(picture, path);
  }
  void save(std::int64_t n) { events.on_save(run / "latest.safetensors", n); }
  [[nodiscard]] std::string page() const { return file_bytes(report_path(run)); }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++times;
  return times;
}

/// The JSON of a page's data.
nlohmann::json data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const auto from = page.find(open) + open.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace

TEST_CASE("a page says what happened, and is written when something is to be seen") {
  const ScratchFolder folder;
  Session session(folder / "a run");
  CHECK(!fs::exists(report_path(session.run)));
  for (std::int64_t n = 1; n <= 3; ++n) session.step(n);
  session.sheet(3);
  const std::string first = session.page();
  CHECK(contains(first, "<h1>a run<"));
  CHECK(contains(first, "step 3 of 100"));
  CHECK(contains(first, "before the beginning"));
  CHECK(count(first, "<img class=\"on\" data-step=\"3\" width=\"40\" height=\"30\"") == 1);
  CHECK(contains(first, "<td>G_loss</td><td class=\"number\">1.25</td>"));
  CHECK(contains(first, "<td>size</td><td class=\"long\">64</td>"));
  CHECK(contains(first, "a processor"));

  session.events.on_problem({
      3,
      "dead-cam",
      "The attention is dead.",
  });
  CHECK(contains(session.page(), "<b>dead-cam</b>The attention is dead. <small>step 3</small>"));
  session.step(4);
  session.events.on_problem({4, "dead-cam", "Still dead."});
  CHECK(!contains(session.page(), "Still dead."));  // no page per problem: they may be many
  session.events.on_scores({4, {{"kid", 0.125}, {"ssim", 0.5}}});
  const std::string page = session.page();
  CHECK(contains(page, "Still dead. <small>2 times, step 3 to 4</small>"));
  const auto data = data_of(page);
  CHECK(data["at"] == std::vector<double>{1, 2, 3, 4});
  CHECK(data["lr"] == std::vector<double>(4, 1e-4));
  CHECK(data["losses"][0]["mean"] == std::vector<double>{0.5, 0.25, 0.16667, 0.125});
  CHECK(!data["losses"][0].contains("low"));
  REQUIRE(data["signals"].size() == 2);
  CHECK(data["signals"][0]["name"] == "cam/accuracy");
  CHECK(data["signals"][1]["low"] == std::vector<double>(4, 0.25));
  CHECK(data["signals"][1]["mean"] == std::vector<double>(4, 0.5));
  CHECK(data["signals"][1]["high"] == std::vector<double>(4, 0.75));
  CHECK(data["scores"][0]["values"] == std::vector<double>{0.125});
  CHECK(data["families"][0]["level"] == 0.5);
  CHECK(session.warnings.empty());
}

TEST_CASE("a journal that cannot be opened at first is told once, and tried again") {
  const ScratchFolder folder;
  fs::create_directories(folder / "run/events.jsonl");  // no file may take that name
  Session session(folder / "run");
  session.step(1);
  session.events.on_save({}, 1);
  session.events.on_problem({1, "dead-cam", "The attention is dead."});
  REQUIRE(session.warnings.size() == 1);
  CHECK(contains(session.warnings[0], "events.jsonl"));
  CHECK(!fs::exists(folder / "run/report.html"));
  fs::remove(folder / "run/events.jsonl");
  session.step(2);
  session.events.on_save({}, 2);
  const auto journal = file_bytes(folder / "run/events.jsonl");
  CHECK(journal.starts_with("{\"kind\":\"session\",\"step\":0,"));
  CHECK(contains(journal, "before the beginning"));
  CHECK(contains(session.page(), "step 2 of 100"));
  CHECK(session.warnings.size() == 2);
  CHECK(session.warnings[1] == "the report is written again");
}

TEST_CASE("nothing that is written into a page breaks out of it, or loads from elsewhere") {
  const ScratchFolder folder;
  Session session(folder / "a<b>&\"c\"");
  session.step(1);
  session.events.message(hostile);
  session.events.on_problem({1, hostile, hostile});
  session.events.on_scores({1, {{hostile, std::numeric_limits<double>::quiet_NaN()}}});
  const std::string page = session.page();
  CHECK(contains(page, "<h1>a&lt;b&gt;&amp;&quot;c&quot;<"));
  CHECK(!contains(page, "<img src=x"));
  CHECK(count(page, "</script>") == 2);
  CHECK(data_of(page)["scores"][0]["values"][0].is_null());
  CHECK(contains(page,
                 "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\xef\xbf\xbd"));
  for (const char* outside : {"http:", "https:", "<link", "@import", "url("}) {
    CAPTURE(outside);
    // the name space of SVG is a name, and is not loaded
    CHECK(count(page, outside) ==
          (std::string(outside) == "http:" ? count(page, "http://www.w3.org/2000/svg") : 0));
  }
}

TEST_CASE("a training that was killed and resumed has the journal and page of one left alone") {
  const ScratchFolder folder;
  const auto sessionless = [](const std::string& journal) {
    std::string out;
    detail::for_each_line(journal, [&](std::string_view line) {
      auto j = nlohmann::json::parse(line);
      if (j["kind"] == "session" || j["kind"] == "saved" || j["kind"] == "message") return;
      j.erase("at");
      out += j.dump() + "\n";
    });
    return out;
  };
  const auto work = [](Session& s, std::int64_t from, std::int64_t to) {
    for (std::int64_t n = from; n <= to; ++n) {
      s.step(n);
      if (n % 5 == 0) s.sheet(n);
      if (n % 10 == 0) s.save(n);
    }
  };
  {
    Session whole(folder / "whole/run");
    work(whole, 1, 30);
  }
  {
    Session killed(folder / "cut/run");
    work(killed, 1, 27);
    killed.events.on_problem({27, "x", "happens after the checkpoint"});
    killed.events.on_scores({27, {{"kid", 1}}});
  }
  std::ofstream(folder / "cut/run/events.jsonl", std::ios::app) << "{\"kind\":\"scores\",\"st";
  {
    Session resumed(folder / "cut/run", 20);
    work(resumed, 21, 30);
  }
  CHECK(sessionless(file_bytes(folder / "cut/run/events.jsonl")) ==
        sessionless(file_bytes(folder / "whole/run/events.jsonl")));
  auto whole = data_of(file_bytes(folder / "whole/run/report.html"));
  auto cut = data_of(file_bytes(folder / "cut/run/report.html"));
  CHECK(cut["sessions"] == std::vector<int>{1, 21});
  CHECK(count(file_bytes(folder / "whole/run/report.html"), "<img ") == 6);
  whole.erase("sessions");
  cut.erase("sessions");
  CHECK(cut == whole);
  CHECK(count(file_bytes(folder / "cut/run/report.html"), "<img ") == 6);

  // begun anew in the same folder: nothing of the old one
  const Session anew(folder / "cut/run");
  CHECK(count(file_bytes(folder / "cut/run/events.jsonl"), "\n") == 2);
}

TEST_CASE("what a training did before it was rolled back stays in its journal") {
  const ScratchFolder folder;
  {
    Session session(folder / "run");
    for (std::int64_t n = 1; n <= 10; ++n) session.step(n);
    session.save(10);
    for (std::int64_t n = 11; n <= 15; ++n) session.step(n);
    session.events.on_problem({15, "saturated", "Rolled back for this."});
    session.events.on_back({15, 10, 1, "saturated", "rolled back"});
    session.log.emplace(session.run / "other.csv", std::vector<std::string>{}, 0);
    session.log.emplace(session.run / "log.csv", std::vector<std::string>{"lr", "D_loss", "G_loss"},
                        10);
    session.save(10);
    session.step(11);
    session.events.on_problem({11, "late", "Killed after this."});
  }
  Session resumed(folder / "run", 10, false, 1);
  resumed.step(11);
  resumed.save(11);
  CHECK(contains(resumed.page(), "Rolled back for this."));
  CHECK(!contains(resumed.page(), "Killed after this."));
  std::vector<double> steps;
  for (int n = 1; n <= 11; ++n) steps.push_back(n);
  CHECK(data_of(resumed.page())["at"] == steps);
  CHECK(data_of(resumed.page())["signals"][0]["steps"] == steps);
}

TEST_CASE("long trainings give short pages: points stand for lines, sheets are thinned") {
  const ScratchFolder folder;
  {
    CsvLog log(folder / "log.csv", {"lr", "loss"}, 0);
    for (std::int64_t n = 1; n <= 2001; ++n)
      log.add(n, static_cast<double>(n), std::array{1.0, static_cast<double>(n % 2)});
  }
  fs::create_directories(folder / "sheets");
  for (std::int64_t n = 1; n <= 100; ++n) {
    const std::string digits = std::to_string(n * 20);
    write_png(folder / ("sheets/step_" + std::string(7 - digits.size(), '0') + digits + ".png"),
              Picture(2600, 10, static_cast<std::uint8_t>(n)));
  }
  folder.file("sheets/step_0000001.png", "no picture");
  folder.file("sheets/notes.txt", "no sheet");
  write_report(folder.path);
  const std::string page = file_bytes(report_path(folder.path));
  const auto data = data_of(page);
  CHECK(data["at"].size() == 401);
  CHECK(data["at"].back() == 2001);
  const auto& loss = data["losses"][0];
  CHECK(loss["low"][0] == 0);
  CHECK(loss["high"][0] == 1);
  CHECK(loss["mean"][0].get<double>() == doctest::Approx(0.6));
  CHECK(loss["mean"].back() == 1);
  CHECK(count(page, "<img ") <= 24);
  CHECK(count(page, "<img ") >= 12);
  CHECK(contains(page, "data-step=\"2000\" width=\"1200\" height=\"4\""));
  CHECK(!contains(page, "data-step=\"1\""));
  CHECK(contains(page, "step 2001<"));  // no journal tells how long it was to be
  CHECK(!contains(page, "finished"));

  std::vector<std::int64_t> all, before;
  for (std::int64_t n = 0; n < 1000; ++n) {
    all.push_back(n);
    const auto now = detail::thinned(all);
    CHECK(now.size() <= 24);
    CHECK(now.back() == n);
    CHECK(now.front() == 0);
    for (const auto kept : now)  // nothing that was left out comes back
      CHECK((kept == n || std::find(before.begin(), before.end(), kept) != before.end()));
    before = now;
  }
}

TEST_CASE("a sheet of noise is compressed until a page can hold it") {
  Picture noise(1000, 1500);
  std::uint32_t state = 1;
  for (auto& v : noise.pixels)
    v = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  const auto sheet = detail::encode_sheet(1, noise);
  CHECK(sheet.jpeg.size() < 1'400'000);  // the coarsest quality there is for it
  for (auto& v : noise.pixels) v = static_cast<std::uint8_t>(120 + v / 8);
  CHECK(detail::encode_sheet(1, noise).jpeg.size() <= 320'004);
}

TEST_CASE("base64 has its published values") {
  const auto encoded = [](const std::string& text) {
    return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe\xfd") == "//79");
}

TEST_CASE("what cannot be written is said once, and ends nothing") {
  const ScratchFolder folder;
  fs::create_directories(folder / "run/events.jsonl");  // a folder where the journal should be
  Session session(folder / "run");
  session.step(1);
  session.save(1);
  session.events.message("still here");
  CHECK(session.warnings.size() == 1);
  CHECK(contains(session.warnings.at(0), "events.jsonl"));

  Session other(folder / "other");
  fs::create_directories(other.run / "report.html/x");
  other.step(1);
  other.save(1);
  other.step(2);
  other.save(2);
  REQUIRE(other.warnings.size() == 1);
  CHECK(contains(other.warnings.at(0), "report.html"));
  fs::remove_all(other.run / "report.html");
  other.step(3);
  other.save(3);
  REQUIRE(other.warnings.size() == 2);
  CHECK(other.warnings.at(1) == "the report is written again");
  CHECK(contains(other.page(), "step 3 of 100"));

  CHECK_THROWS_AS(write_report(folder / "nowhere"), IoError);
  fs::create_directories(folder / "empty");
  CHECK(contains(message_of<IoError>([&] { write_report(folder / "empty"); }), "no run here"));
}

TEST_CASE("TensorBoard's files are written where they are asked for, a file per session") {
  const ScratchFolder folder;
  {
    Session session(folder / "run", 0, true);
    session.step(1);
    session.sheet(1);
    session.events.on_scores({1, {{"kid", 2}}});
  }
  { Session session(folder / "run", 1, true); }
  std::string all;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder / "run/tensorboard")) {
    ++files;
    all += file_bytes(entry.path());
  }
  CHECK(files == 2);
  for (const char* tag : {"loss/D_loss", "loss/G_loss", "learning rate", "rho/genA2B.norm",
                          "cam/accuracy", "score/kid", "sheet", "\x89PNG"})
    CHECK(contains(all, tag));
  { Session session(folder / "quiet"); }
  CHECK(!fs::exists(folder / "quiet/tensorboard"));
}
