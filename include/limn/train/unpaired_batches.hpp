// SPDX-License-Identifier: MIT
// Batches of two folders of pictures that are no pairs, and what is told of those that are bad.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "limn/data/loader.hpp"
#include "limn/data/sheet_pictures.hpp"
#include "limn/train/guard.hpp"

namespace limn::inline v0 {

namespace detail {

/// Tells of pictures that cannot be read: one by one at first, and not at all once it is the folder
/// that is missing, which is told instead.
[[nodiscard]] inline Messages bad_picture_teller(const std::filesystem::path& folder_a,
                                                 const std::filesystem::path& folder_b,
                                                 const Messages& say) {
  return [=, told = 0, gone = false](const std::string& text) mutable {
    constexpr int most = 20;
    for (const auto& folder : {folder_a, folder_b}) {
      std::error_code error;
      if (gone || std::filesystem::exists(folder, error)) continue;
      gone = true;
      say(folder.string() +
          ": is not there any more; the training goes on with the pictures that are in memory, as "
          "long as there are some of A and of B");
    }
    if (gone || ++told > most) return;
    say(text + "; skipped" +
        (told == most ? "; no more of them are told one by one" : std::string()));
  };
}

}  // namespace detail

/// Batches after step `done` in the order of `seed`; `options` has the rest. Throws IoError where a
/// folder is missing or empty.
[[nodiscard]] inline std::function<Batches(std::uint64_t seed, std::int64_t done)> unpaired_batches(
    const LoaderOptions& options, const Messages& say) {
  return [=](std::uint64_t seed, std::int64_t done) -> Batches {
    LoaderOptions mine = options;
    mine.seed = seed;
    mine.first_step = done;
    mine.on_bad_picture = detail::bad_picture_teller(mine.folder_a, mine.folder_b, say);
    auto loader = std::make_shared<UnpairedLoader>(mine);
    return [loader] { return loader->next(); };
  };
}

}  // namespace limn::inline v0
