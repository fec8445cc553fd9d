// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/train/data_identity.hpp"
#include "limn/train/state.hpp"

using namespace limn;

namespace {

/// A tensor of a state that lives in a vector.
template <class T>
StateTensor stored(const std::string& name, std::vector<T>& values, std::vector<Index> shape) {
  return {name, storage_type<T>(), std::move(shape),
          [&values](Index offset, void* to, Index bytes) {
            std::memcpy(to, reinterpret_cast<const char*>(values.data()) + offset,
                        static_cast<std::size_t>(bytes));
          },
          [&values](Index offset, const void* from, Index bytes) {
            std::memcpy(reinterpret_cast<char*>(values.data()) + offset, from,
                        static_cast<std::size_t>(bytes));
          }};
}

struct StateFixture {
  ScratchFolder folder;
  std::filesystem::path path = folder / "s.safetensors";
  // larger than one piece
  std::vector<float> big = std::vector<float>(std::size_t{3} << 20);
  std::vector<double> small{1, 2, 3};

  StateFixture() {
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<float>(i % 1009);
    write_state(path, {{"step", "3"}}, state());
  }
  std::vector<StateTensor> state() {
    return {stored("big", big, {1, 3, 1 << 10, 1 << 10}), stored("small", small, {1, 1, 1, 3})};
  }
  std::string refusal(const std::vector<StateTensor>& tensors) {
    const SafetensorsFile file(path);
    return message_of<IoError>([&] { read_state(file, tensors, Surplus::refused, "why"); });
  }
};

}  // namespace

TEST_CASE_FIXTURE(StateFixture,
                  "a state comes back as it was, and the same state is the same bytes") {
  const auto was = big;
  const std::string bytes = file_bytes(path);
  CHECK(static_cast<Index>(bytes.size()) == state_file_bytes({{"step", "3"}}, state()));
  std::fill(big.begin(), big.end(), 0.0F);
  std::fill(small.begin(), small.end(), 0.0);
  read_state(SafetensorsFile(path), state(), Surplus::refused, "");
  CHECK(big == was);
  CHECK(small == std::vector<double>{1, 2, 3});
  write_state(path, {{"step", "3"}}, state());
  CHECK(file_bytes(path) == bytes);
}

TEST_CASE_FIXTURE(StateFixture, "what is missing, too much, of another shape or type is named") {
  std::vector<float> other(3, 7.0F);
  CHECK(refusal({stored("big", big, {1, 3, 1 << 10, 1 << 10})}) ==
        path.string() + ": tensor 'small' of shape [1,1,1,3] belongs to nothing; why");
  CHECK(refusal({stored("more", other, {1, 1, 1, 3})}) ==
        path.string() + ": tensor 'more' is missing; why");
  CHECK(refusal({stored("small", small, {1, 1, 3, 1})}) ==
        path.string() + ": tensor 'small' has shape [1,1,1,3], expected is [1,1,3,1]; why");
  CHECK(refusal({stored("small", other, {1, 1, 1, 3})}) ==
        path.string() + ": tensor 'small' is stored as F64, expected is F32; why");
  CHECK(other == std::vector<float>(3, 7.0F));
}

TEST_CASE_FIXTURE(StateFixture, "a part is read from a larger state, converted where it must be") {
  std::vector<float> narrow(3);
  read_state(SafetensorsFile(path), std::vector{stored("small", narrow, {1, 1, 1, 3})},
             Surplus::allowed, "");
  CHECK(narrow == std::vector<float>{1, 2, 3});

  std::vector<bfloat16> half(big.size()), few(3);  // in several pieces, and in less than one
  read_state(SafetensorsFile(path),
             std::vector{stored("big", half, {1, 3, 1 << 10, 1 << 10}),
                         stored("small", few, {1, 1, 1, 3})},
             Surplus::allowed, "");
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < big.size(); ++i) wrong += half[i].bits != bfloat16(big[i]).bits;
  CHECK(wrong == 0);
  CHECK(float(few[2]) == 3);
  CHECK(contains(refusal({stored("big", half, {1, 3, 1 << 10, 1 << 10})}), "is stored as F32"));
}

TEST_CASE("data are told apart by names and contents, and any name fits") {
  const ScratchFolder folder;
  folder.file("trainA/\xff% x.png", "1");
  folder.file("trainA/y.png", "2");
  folder.file("trainB/z.png", "3");
  const auto identity = [&] {
    return data_identity(ImageFolder(folder / "trainA"), ImageFolder(folder / "trainB"));
  };
  const Metadata was = identity();
  CHECK(was.at("data.trainA.names") == "y.png\n%FF%25 x.png\n");
  write_state(folder / "c.safetensors", was, {});
  const SafetensorsFile checkpoint(folder / "c.safetensors");
  const auto refusal = [&] {
    return message_of<UsageError>([&] { check_data_identity(checkpoint, identity(), "d"); });
  };
  CHECK(refusal().empty());
  folder.file("trainB/z.png", "4");
  CHECK(contains(refusal(), "trainB is not what"));
  CHECK(contains(refusal(), "the names are the same, the contents are not"));
  folder.file("trainB/z.png", "3");
  folder.file("trainA/a.png", "5");
  CHECK(contains(refusal(), "'a.png' was not there"));
  std::filesystem::remove(folder / "trainA/a.png");
  std::filesystem::remove(folder / "trainA/y.png");
  CHECK(contains(refusal(), "'y.png' is not there any more"));
}
