// SPDX-License-Identifier: MIT
// Event files, read back by a reader of this test's own.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/train/tensorboard.hpp"

using namespace limn;

namespace {

/// CRC-32C one bit at a time, by its definition.
std::uint32_t slow_crc(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char b : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t in = static_cast<unsigned char>(b) >> bit & 1;
      const bool divide = (crc & 1) != in;
      crc = crc >> 1 ^ (divide ? 0x82f63b78U : 0U);
    }
  return crc ^ 0xffffffff;
}

template <class U>
U number(std::string_view bytes, std::size_t at) {
  U value{};
  REQUIRE(at + sizeof(U) <= bytes.size());
  std::memcpy(&value, bytes.data() + at, sizeof(U));
  return value;
}

/// The records of a file; every CRC must be right.
std::vector<std::string> records(std::string_view file) {
  std::vector<std::string> out;
  const auto check = [&](std::size_t from, std::size_t count, std::uint32_t masked) {
    const std::uint32_t rotated = masked - 0xa282ead8U;
    CHECK((rotated >> 17 | rotated << 15) == slow_crc(file.substr(from, count)));
  };
  for (std::size_t at = 0; at < file.size();) {
    const auto length = static_cast<std::size_t>(number<std::uint64_t>(file, at));
    check(at, 8, number<std::uint32_t>(file, at + 8));
    REQUIRE(at + 16 + length <= file.size());
    check(at + 12, length, number<std::uint32_t>(file, at + 12 + length));
    out.emplace_back(file.substr(at + 12, length));
    at += 16 + length;
  }
  return out;
}

/// The fields of a message, by number; numbers as their bits.
struct Fields {
  std::multimap<int, std::string> texts;
  std::multimap<int, std::uint64_t> numbers;

  explicit Fields(std::string_view bytes) {
    std::size_t at = 0;
    const auto varint = [&] {
      std::uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        REQUIRE(at < bytes.size());
        const auto b = static_cast<unsigned char>(bytes[at++]);
        value |= static_cast<std::uint64_t>(b & 127) << shift;
        if (b < 128) return value;
      }
    };
    while (at < bytes.size()) {
      const std::uint64_t key = varint();
      const int field = static_cast<int>(key >> 3);
      switch (key & 7) {
        case 0:
          numbers.emplace(field, varint());
          break;
        case 1:
          numbers.emplace(field, number<std::uint64_t>(bytes, at));
          at += 8;
          break;
        case 5:
          numbers.emplace(field, number<std::uint32_t>(bytes, at));
          at += 4;
          break;
        default: {
          REQUIRE((key & 7) == 2);
          const auto length = static_cast<std::size_t>(varint());
          REQUIRE(at + length <= bytes.size());
          texts.emplace(field, bytes.substr(at, length));
          at += length;
        }
      }
    }
  }
  [[nodiscard]] std::string text(int field) const {
    REQUIRE(texts.count(field) == 1);
    return texts.find(field)->second;
  }
  [[nodiscard]] std::uint64_t integer(int field) const {
    REQUIRE(numbers.count(field) == 1);
    return numbers.find(field)->second;
  }
  [[nodiscard]] double real(int field) const { return std::bit_cast<double>(integer(field)); }
  [[nodiscard]] float single(int field) const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(integer(field)));
  }
  [[nodiscard]] std::vector<double> reals(int field) const {
    const std::string bytes = text(field);
    std::vector<double> out(bytes.size() / 8);
    std::memcpy(out.data(), bytes.data(), out.size() * 8);
    return out;
  }
};

}  // namespace

TEST_CASE("crc32c has its published check value") {
  CHECK(crc32c("123456789") == 0xe3069283U);
  CHECK(crc32c("") == 0);
}

TEST_CASE("an event file says what was added, record by record") {
  const ScratchFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::filesystem::path path;
  {
    TensorBoardLog log(folder / "tensorboard", 301);
    path = log.path();
    TensorBoardSummary summary;
    summary.scalar("loss/D_loss", 0.5);
    summary.scalar("lr", -1e-4);
    log.add(310, summary);
    TensorBoardSummary picture;
    picture.image("sheet", 640, 300, std::string("png\0bytes", 9));
    log.add(std::int64_t{1} << 40, picture);
    TensorBoardSummary rho;
    const std::vector<double> values{0, 0.1, 0.5, nan, 0.9, 1}, same{0.25, 0.25}, none{nan};
    rho.histogram("rho/x", values, 10);
    rho.histogram("rho/same", same);
    rho.histogram("rho/none", none);
    log.add(320, rho);
    log.add(330, {});
  }
  const auto all = records(file_bytes(path));
  REQUIRE(all.size() == 5);
  CHECK(Fields(all[0]).text(3) == "brain.Event:2");
  CHECK(Fields(all[0]).real(1) > 1.7e9);
  const Fields start(all[1]);
  CHECK(start.integer(2) == 301);
  CHECK(Fields(start.text(7)).integer(1) == 1);

  const Fields scalars(all[2]);
  CHECK(scalars.integer(2) == 310);
  const Fields summary(scalars.text(5));
  REQUIRE(summary.texts.count(1) == 2);
  auto value = summary.texts.find(1);
  CHECK(Fields(value->second).text(1) == "loss/D_loss");
  CHECK(Fields(value->second).single(2) == 0.5F);
  ++value;
  CHECK(Fields(value->second).text(1) == "lr");
  CHECK(Fields(value->second).single(2) == -1e-4F);

  const Fields picture(all[3]);
  CHECK(picture.integer(2) == std::uint64_t{1} << 40);
  const Fields shown(Fields(picture.text(5)).text(1));
  CHECK(shown.text(1) == "sheet");
  const Fields image(shown.text(4));
  CHECK(image.integer(1) == 300);
  CHECK(image.integer(2) == 640);
  CHECK(image.integer(3) == 3);
  CHECK(image.text(4) == std::string("png\0bytes", 9));

  const Fields rho(Fields(all[4]).text(5));
  REQUIRE(rho.texts.count(1) == 2);
  value = rho.texts.find(1);
  const Fields histogram(Fields(value->second).text(5));
  CHECK(histogram.real(1) == 0);
  CHECK(histogram.real(2) == 1);
  CHECK(histogram.real(3) == 5);
  CHECK(histogram.real(4) == doctest::Approx(2.5));
  CHECK(histogram.real(5) == doctest::Approx(0.01 + 0.25 + 0.81 + 1));
  CHECK(histogram.reals(6).back() == 1);
  CHECK(histogram.reals(7) == std::vector<double>{1, 1, 0, 0, 0, 1, 0, 0, 0, 2});
  const Fields same(Fields((++value)->second).text(5));
  CHECK(same.reals(6) == std::vector<double>{0.25});
  CHECK(same.reals(7) == std::vector<double>{2});
}

TEST_CASE("a later session's event file comes after the earlier ones by name") {
  const ScratchFolder folder;
  const TensorBoardLog first(folder / "tb", 1);
  folder.file("tb/events.out.tfevents.9999999000.limn.1.0", "from the future");
  folder.file("tb/events.out.tfevents.mine", "no time in the name");
  const TensorBoardLog second(folder / "tb", 11);
  CHECK(second.path().filename().string().starts_with("events.out.tfevents.9999999001.limn."));
  folder.file("blocked", "");
  CHECK_THROWS_AS(TensorBoardLog(folder / "blocked/tb", 1), IoError);
}
