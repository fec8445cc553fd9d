// SPDX-License-Identifier: MIT
// The JSON of a safetensors header: hostile text, and any UTF-8.
#include <doctest/doctest.h>

#include "limn/io/safetensors.hpp"
#include "scratch_folder.hpp"

using namespace limn;

TEST_CASE("safetensors: hostile JSON is refused with tensor and rule, in a short sentence") {
  ScratchFolder folder;
  const auto refused = [&](const std::string& header, const std::string& part) {
    const auto path = folder.file("bad", safetensors_bytes(header, "dddd"));
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
  CHECK(SafetensorsFile(folder.file("good", safetensors_bytes(good + " \n\t\r ", "dddd")))
            .contains("x"));

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
      safetensors_bytes(
          R"({"\u00fc\ud83d\ude00\/":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", "d"));
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
