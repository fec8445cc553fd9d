// SPDX-License-Identifier: MIT
#include "limn/io/safetensors.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "scratch_folder.hpp"

using namespace limn;

namespace {

std::string with_length(const std::string& header, const std::string& data = "") {
  const std::uint64_t n = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &n, 8);
  return out + header + data;
}

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
  const auto path =
      folder.file("h", with_length(R"({"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})",
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
          SafetensorsFile file(folder.file("good", with_length(good, eight)));
        }).empty());
  CHECK(contains(refusal(""), "shorter than 8"));
  CHECK(contains(refusal("\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f{}"), "announce"));
  CHECK(contains(refusal(with_length(good, eight).substr(0, 30)), "announce"));
  CHECK(contains(refusal(with_length(good, eight.substr(1))), "beyond the end"));
  CHECK(contains(refusal(with_length(good, eight + "x")), "after the last"));
  CHECK(contains(
      refusal(with_length(one(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), eight)),
      "does not fill"));
  CHECK(contains(
      refusal(with_length(one(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), eight)),
      "does not fill"));
  CHECK(contains(
      refusal(with_length(
          one(R"("dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8])"), eight)),
      "does not fill"));
  CHECK(
      contains(refusal(with_length(one(R"("dtype":"Q9","shape":[2],"data_offsets":[0,8])"), eight)),
               "'Q9'"));
  CHECK(contains(
      refusal(with_length(one(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), eight)),
      "number"));
  CHECK(contains(
      refusal(with_length(one(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"), eight)),
      "whole number"));
  CHECK(contains(
      refusal(with_length(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,9])"), eight)),
      "two numbers"));
  CHECK(contains(refusal(with_length(one(R"("dtype":"F32","shape":[2])"), eight)), "missing"));
  CHECK(contains(
      refusal(with_length(
          one(R"("dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999])"), eight)),
      "too large"));

  const std::string x = R"("x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  const std::string y = R"("y":{"dtype":"U8","shape":[4],"data_offsets":[)";
  CHECK(contains(refusal(with_length("{" + x + "," + y + "2,6]}}", eight)), "overlap"));
  CHECK(contains(refusal(with_length("{" + x + "," + y + "5,9]}}", eight + "x")), "gap"));
  CHECK(contains(
      refusal(with_length(
          "{" + x + "," + R"("x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]})" + "}", eight)),
      "twice"));
  CHECK(contains(refusal(with_length(R"({"__metadata__":{"a":"1","a":"2"}})")), "twice"));
  CHECK(contains(refusal(with_length(R"({"__metadata__":{"a":1}})")), "expected"));
  CHECK(contains(refusal(with_length("{} {}")), "not JSON"));
  CHECK(contains(refusal(with_length("{\"x")), "not JSON"));
  CHECK(contains(refusal(with_length(std::string(100000, '['))), "expected"));
  CHECK(contains(message_of<IoError>([&] { SafetensorsFile f(folder / "none"); }), "No such file"));
  CHECK(contains(message_of<IoError>([&] { SafetensorsFile f(folder.path); }), "a folder"));
}

TEST_CASE("safetensors: hostile JSON is refused with tensor and rule, in a short sentence") {
  ScratchFolder folder;
  const auto refused = [&](const std::string& header, const std::string& part) {
    const auto path = folder.file("bad", with_length(header, "dddd"));
    const auto message = message_of<IoError>([&] { SafetensorsFile file(path); });
    CAPTURE(header.substr(0, 80));
    CAPTURE(message);
    CHECK(contains(message, path.string()));
    CHECK(contains(message, part));
    CHECK(message.size() < path.string().size() + 1000);
  };
  const auto shape = [](const std::string& s) {
    return R"({"x":{"dtype":"U8","data_offsets":[0,4],"shape":)" + s + "}}";
  };
  const std::string good = shape("[4]");
  CHECK(SafetensorsFile(folder.file("good", with_length(good + " \n\t\r ", "dddd"))).contains("x"));

  // around the object
  refused("", "'{' expected");
  refused(" " + good, "'{' expected");
  refused("\xEF\xBB\xBF" + good, "'{' expected");
  refused("[" + good + "]", "'{' expected");
  refused(good + std::string(1, '\0') + "rest", "zero");
  refused(good + std::string(8, '\0'), "zero");
  refused(good + "/* comment */", "not JSON");
  refused(good + "}", "not JSON");
  refused(good.substr(0, good.size() - 1), "not JSON");

  // nesting, of either kind, at every place
  const std::string brackets(1'000'000, '[');
  std::string braces;
  for (int i = 0; i < 200'000; ++i) braces += "{\"a\":";
  for (const auto& deep : {brackets, braces}) {
    refused("{\"x\":" + deep, "tensor 'x'");
    refused("{\"__metadata__\":{\"a\":" + deep, "metadata 'a': a string");
    refused(shape(deep), "tensor 'x': shape");
    refused(R"({"x":{"dtype":)" + deep, "tensor 'x': dtype: a string");
  }
  refused("{\"__metadata__\":" + brackets, "__metadata__: an object");

  // values of another kind
  for (const char* value : {"null", "true", "4", "\"4\"", "{}"})
    refused(shape(value), "tensor 'x': shape: an array");
  for (const char* value : {"null", "false", "\"4\"", "{}", "[4]", "-4", "-0"})
    refused(shape("[" + std::string(value) + "]"), "tensor 'x': shape: a number (>= 0) expected");
  for (const char* value : {"4.0", "4e0", "4E+0", "0.4e1", "1e-400"})
    refused(shape("[" + std::string(value) + "]"), "tensor 'x': shape: a whole number expected");
  for (const char* value : {"9223372036854775808", "18446744073709551615", "18446744073709551616"})
    refused(shape("[" + std::string(value) + "]"), "tensor 'x': shape: number too large");
  refused(shape("[" + std::string(100'000, '9') + "]"), "tensor 'x': not JSON: number overflow");
  for (const char* value :
       {"04", "+4", "0x4", "4,", ",4", "4 4", "NaN", "nul", "4.", "4e", "-", "'4'"})
    refused(shape("[" + std::string(value) + "]"), "tensor 'x': not JSON");
  refused("{\"x\":4}", "tensor 'x': an object expected");
  refused("{\"__metadata__\":null}", "__metadata__: an object expected");
  refused(R"({"__metadata__":{},"__metadata__":{}})", "__metadata__: stands there twice");

  // members of a tensor
  refused(R"({"x":{}})", "tensor 'x': dtype, shape or data_offsets is missing");
  refused(R"({"x":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "repeated key");
  refused(R"({"x":{"dtype":"U8","shape":[],"shape":[4],"data_offsets":[0,4]}})", "repeated key");
  refused(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}})",
          "repeated key");
  refused(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1}})", "key 'more'");
  refused(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[]}})", "two numbers");
  refused(R"({"":{"dtype":"U8","shape":[5],"data_offsets":[0,4]}})", "tensor '': shape [5]");

  // strings
  refused("{\"\xff\":", "not JSON");
  refused("{\"\xc0\xaf\":", "not JSON");
  refused("{\"\n\":", "not JSON");
  refused(R"({"\ud800":)", "not JSON");
  refused(R"({"\udc00":)", "not JSON");
  refused(R"({"\x":)", "not JSON");

  // long texts are cut
  const std::string name(1'000'000, 'n');
  refused("{\"" + name + "\":4}", "an object expected");
  refused("{\"" + name, "not JSON");
  refused(R"({"x":{")" + name + "\":", "unknown or repeated key 'nnn");
  refused(R"({"x":{"dtype":")" + name + "\"", "unknown dtype 'nnn");
  std::string ones = "[5";
  for (int i = 0; i < 100'000; ++i) ones += ",1";
  refused(shape(ones + "]"), "does not fill data_offsets [0,4]");
}

TEST_CASE("safetensors: names and metadata are any UTF-8, and nothing else") {
  ScratchFolder folder;
  const auto escaped = folder.file(
      "escaped",
      with_length(R"({"\u00fc\ud83d\ude00\/":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})",
                  "d"));
  CHECK(SafetensorsFile(escaped).contains("ü\U0001F600/"));

  std::string all;
  for (char c = 1; c > 0 && c < 127; ++c) all += c;
  all += std::string(1, '\0') + "ü€\U0001F600";
  const std::uint8_t byte = 7;
  {
    SafetensorsWriter writer(folder / "a", {{all, all}});
    writer.declare(all, StorageType::u8, {1});
    writer.append(all, &byte);
    writer.finish();
  }
  const SafetensorsFile file(folder / "a");
  CHECK(file.metadata() == std::map<std::string, std::string>{{all, all}});
  CHECK(file.read<std::uint8_t>(all) == std::vector<std::uint8_t>{7});

  SafetensorsWriter writer(folder / "b");
  writer.declare("latin \xfc", StorageType::u8, {1});
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto message = message_of<UsageError>([&] { writer.append(&byte, 1); });
    CHECK(contains(message, (folder / "b").string()));
    CHECK(contains(message, "latin"));
    CHECK(contains(message, "UTF-8"));
  }
  SafetensorsWriter other(folder / "c", {{"a", "\x80"}});
  CHECK(contains(message_of<UsageError>([&] { other.finish(); }), "UTF-8"));
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
