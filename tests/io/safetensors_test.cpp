// SPDX-License-Identifier: MIT
#include "limn/io/safetensors.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "scratch_folder.hpp"

using namespace limn;

namespace {

void write_example(const std::filesystem::path& path) {
  SafetensorsWriter writer(path, {{"zeta", "last \"quoted\"\n"}, {"alpha", "grün"}});
  writer.declare("f32", StorageType::f32, {2, 3});
  writer.declare("odd", StorageType::u8, {3});
  writer.declare("f64", StorageType::f64, {});
  writer.declare("empty", StorageType::f32, {0, 7});
  writer.declare("bf16", StorageType::bf16, {2});
  writer.declare("i64", StorageType::i64, {1});
  const float f[] = {1, 2, 3, 4, 5, -6.5F};
  const std::uint8_t u[] = {7, 8, 255};
  const double d = 0.1;
  const bfloat16 b[] = {bfloat16(1.5F), bfloat16(-2.0F)};
  const std::int64_t i = -5;
  writer.append("f32", f);
  writer.append("odd", u);
  writer.append("f64", &d);
  writer.append("bf16", b);
  writer.append("i64", &i);
  writer.finish();
}

}  // namespace

TEST_CASE("safetensors: what is written is read") {
  ScratchFolder folder;
  const auto path = folder / "a.safetensors";
  write_example(path);
  CHECK_FALSE(std::filesystem::exists(folder / "a.safetensors.tmp"));

  SafetensorsFile file(path);
  CHECK(file.metadata() ==
        std::map<std::string, std::string>{{"alpha", "grün"}, {"zeta", "last \"quoted\"\n"}});
  CHECK(file.names().front() == "f32");
  CHECK(file.info("f32").shape == std::vector<Index>{2, 3});
  CHECK(file.info("f32").type == StorageType::f32);
  CHECK(file.read<float>("f32") == std::vector<float>{1, 2, 3, 4, 5, -6.5F});
  CHECK(file.read<double>("f32") == std::vector<double>{1, 2, 3, 4, 5, -6.5});
  CHECK(file.read<double>("f64") == std::vector<double>{0.1});
  CHECK(file.read<float>("f64") == std::vector<float>{0.1F});
  CHECK(file.read<float>("bf16") == std::vector<float>{1.5F, -2.0F});
  const auto rounded = file.read<bfloat16>("f64");
  CHECK(rounded.at(0).bits == bfloat16(0.1F).bits);
  bfloat16 middle[3];
  file.read_range("f32", 3, 3, middle);
  CHECK(float(middle[0]) == 4);
  CHECK(float(middle[2]) == -6.5F);
  CHECK_THROWS_AS(file.read_range("f32", 4, 3, middle), IoError);
  CHECK(file.read<std::int64_t>("i64") == std::vector<std::int64_t>{-5});
  CHECK(file.read<std::uint8_t>("odd") == std::vector<std::uint8_t>{7, 8, 255});
  CHECK(file.read<float>("empty").empty());
  CHECK(file.contains("odd"));
  CHECK_FALSE(file.contains("even"));

  float part[2];
  file.read_bytes("f32", part, 8, 16);
  CHECK(part[1] == -6.5F);
  CHECK_THROWS_AS(file.read_bytes("f32", part, 8, 20), IoError);
  CHECK(contains(message_of<IoError>([&] { (void)file.read<float>("even"); }), "'even'"));
  CHECK(contains(message_of<IoError>([&] { (void)file.read<float>("odd"); }), "U8"));
}

TEST_CASE("safetensors: the same calls give the same bytes") {
  ScratchFolder folder;
  write_example(folder / "a");
  write_example(folder / "b");
  CHECK(file_bytes(folder / "a") == file_bytes(folder / "b"));
  CHECK(file_bytes(folder / "a").substr(8, 23) == "{\"__metadata__\":{\"alpha");
}

TEST_CASE("safetensors: half precision") {
  CHECK(half_to_float(0x3C00) == 1.0F);
  CHECK(half_to_float(0xC000) == -2.0F);
  CHECK(half_to_float(0x7BFF) == 65504.0F);
  CHECK(half_to_float(0x0001) == 0x1p-24F);
  CHECK(half_to_float(0x83FF) == -0x1.ff8p-15F);
  CHECK(std::isinf(half_to_float(0xFC00)));
  CHECK(std::isnan(half_to_float(0x7E01)));
  ScratchFolder folder;
  const auto path = folder.file(
      "h", safetensors_bytes(R"({"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})",
                             std::string("\x00\x3c\x00\xc0", 4)));
  CHECK(SafetensorsFile(path).read<float>("x") == std::vector<float>{1, -2});
}

TEST_CASE("safetensors: an unfinished file leaves the old one, and no temporary") {
  ScratchFolder folder;
  const auto path = folder.file("a", "old");
  const float x = 1;
  {
    SafetensorsWriter writer(path);
    writer.declare("x", StorageType::f32, {2});
    CHECK_THROWS_AS(writer.declare("x", StorageType::f32, {2}), UsageError);
    CHECK_THROWS_AS(writer.declare("__metadata__", StorageType::f32, {2}), UsageError);
    CHECK_THROWS_AS(writer.declare("y", StorageType::f32, {1LL << 62, 4}), UsageError);
    CHECK_THROWS_AS(writer.declare("y", StorageType::f32, {-1}), UsageError);
    writer.append(&x, 4);
    CHECK_THROWS_AS(writer.declare("late", StorageType::f32, {2}), UsageError);
    CHECK_THROWS_AS(writer.append("x", &x), UsageError);
    CHECK(contains(message_of<UsageError>([&] { writer.finish(); }), "4 of 8"));
    CHECK_THROWS_AS(SafetensorsWriter second(path), IoError);  // somebody is writing it
  }
  CHECK(file_bytes(path) == "old");
  CHECK_FALSE(std::filesystem::exists(folder / "a.tmp"));
  CHECK(contains(message_of<IoError>([&] { SafetensorsWriter w(folder / "no/such/x"); }),
                 "No such file"));
}

TEST_CASE("safetensors: hostile files are refused with file, tensor and rule") {
  ScratchFolder folder;
  const auto refusal = [&](const std::string& bytes) {
    const auto path = folder.file("bad", bytes);
    auto message = message_of<IoError>([&] { SafetensorsFile file(path); });
    CHECK(contains(message, path.string()));
    return message;
  };
  const auto one = [](const std::string& inside) { return "{\"x\":{" + inside + "}}"; };
  const std::string eight(8, 'd');
  const std::string good = one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])");

  CHECK(message_of<IoError>([&] {
          SafetensorsFile file(folder.file("good", safetensors_bytes(good, eight)));
        }).empty());
  CHECK(contains(refusal(""), "shorter than 8"));
  CHECK(contains(refusal("\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f{}"), "announce"));
  CHECK(contains(refusal(safetensors_bytes(good, eight).substr(0, 30)), "announce"));
  CHECK(contains(refusal(safetensors_bytes(good, eight.substr(1))), "beyond the end"));
  CHECK(contains(refusal(safetensors_bytes(good, eight + "x")), "after the last"));
  CHECK(contains(
      refusal(safetensors_bytes(one(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), eight)),
      "does not fill"));
  CHECK(contains(
      refusal(safetensors_bytes(one(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), eight)),
      "does not fill"));
  CHECK(contains(
      refusal(safetensors_bytes(
          one(R"("dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8])"), eight)),
      "does not fill"));
  CHECK(contains(
      refusal(safetensors_bytes(one(R"("dtype":"Q9","shape":[2],"data_offsets":[0,8])"), eight)),
      "'Q9'"));
  CHECK(contains(
      refusal(safetensors_bytes(one(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), eight)),
      "number"));
  CHECK(contains(
      refusal(safetensors_bytes(one(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"), eight)),
      "whole number"));
  CHECK(contains(
      refusal(safetensors_bytes(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,9])"), eight)),
      "two numbers"));
  CHECK(
      contains(refusal(safetensors_bytes(one(R"("dtype":"F32","shape":[2])"), eight)), "missing"));
  CHECK(contains(
      refusal(safetensors_bytes(
          one(R"("dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999])"), eight)),
      "too large"));

  const std::string x = R"("x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  const std::string y = R"("y":{"dtype":"U8","shape":[4],"data_offsets":[)";
  CHECK(contains(refusal(safetensors_bytes("{" + x + "," + y + "2,6]}}", eight)), "overlap"));
  CHECK(contains(refusal(safetensors_bytes("{" + x + "," + y + "5,9]}}", eight + "x")), "gap"));
  CHECK(contains(
      refusal(safetensors_bytes(
          "{" + x + "," + R"("x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]})" + "}", eight)),
      "twice"));
  CHECK(contains(refusal(safetensors_bytes(R"({"__metadata__":{"a":"1","a":"2"}})")), "twice"));
  CHECK(contains(refusal(safetensors_bytes(R"({"__metadata__":{"a":1}})")), "expected"));
  CHECK(contains(refusal(safetensors_bytes("{} {}")), "not JSON"));
  CHECK(contains(refusal(safetensors_bytes("{\"x")), "not JSON"));
  CHECK(contains(refusal(safetensors_bytes(std::string(100000, '['))), "expected"));
  CHECK(contains(message_of<IoError>([&] { SafetensorsFile f(folder / "none"); }), "No such file"));
  CHECK(contains(message_of<IoError>([&] { SafetensorsFile f(folder.path); }), "a folder"));
}

TEST_CASE("safetensors: a full disk is an error that names the file") {
  if (!std::filesystem::exists("/dev/full")) return;
  ScratchFolder folder;
  // the temporary is a link to the device on which every write fails
  std::filesystem::create_symlink("/dev/full", folder / "a.tmp");
  const auto message = message_of<IoError>([&] { write_file(folder / "a", "x", 1); });
  CHECK(contains(message, (folder / "a").string()));
  CHECK(contains(message, "No space left"));
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
}
