// SPDX-License-Identifier: MIT
// limn::c: include/limn.h on top of limn::Translator. Whatever is thrown becomes a status and a
// sentence before it reaches C.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "limn.h"
#include "limn/translate.hpp"

struct limn_translator {
  std::mutex mutex;
  std::atomic<std::thread::id> caller;  ///< who holds the mutex
  std::optional<limn::Translator> generator;
  std::string error;
};

namespace {

using limn::Index;
using limn::UsageError;

/// A translator to oneself. Throws UsageError inside of its own progress function, which would wait
/// for itself.
class Call {
 public:
  explicit Call(limn_translator& translator) : translator_(translator) {
    if (translator.caller == std::this_thread::get_id())
      throw UsageError("the progress function calls its own translator");
    translator.mutex.lock();
    translator.caller = std::this_thread::get_id();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    translator_.caller = std::thread::id();
    translator_.mutex.unlock();
  }

 private:
  limn_translator& translator_;
};

/// What an exception means in C; called while one is handled.
limn_status status_of_current() {
  try {
    throw;
  } catch (const limn::IoError&) {
    return LIMN_BAD_FILE;
  } catch (const limn::DeviceError&) {
    return LIMN_DEVICE_FAILED;
  } catch (const limn::NumericError&) {
    return LIMN_NOT_FINITE;
  } catch (const limn::Cancelled&) {
    return LIMN_CANCELLED;
  } catch (const limn::Error&) {  // UsageError, ShapeError
    return LIMN_BAD_ARGUMENT;
  } catch (const std::bad_alloc&) {
    return LIMN_OUT_OF_MEMORY;
  } catch (...) {
    return LIMN_INTERNAL;
  }
}

/// work() with the translator to itself; the error text is of this call.
template <class F>
limn_status guarded(limn_translator* translator, F&& work) noexcept {
  if (translator == nullptr) return LIMN_BAD_ARGUMENT;
  try {
    const Call call(*translator);
    translator->error.clear();
    try {
      work();
      return LIMN_OK;
    } catch (const std::bad_alloc&) {
      translator->error = "out of memory";
      return LIMN_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
      translator->error = error.what();
      return status_of_current();
    } catch (...) {
      translator->error = "the progress function threw something";
      return LIMN_INTERNAL;
    }
  } catch (...) {  // not even a sentence could be kept
    return status_of_current();
  }
}

/// The caller's struct as this library knows it: what the caller does not know is 0.
template <class S>
S read_struct(const S* given, const char* name, std::size_t first_version) {
  static_assert(std::is_trivially_copyable_v<S>);
  if (given == nullptr) throw UsageError(std::string(name) + " is NULL");
  if (given->struct_size < first_version || given->struct_size > sizeof(S))
    throw UsageError(std::string(name) + ".struct_size is " + std::to_string(given->struct_size) +
                     ", not sizeof(" + name + "), " + std::to_string(sizeof(S)));
  S known{};
  std::memcpy(&known, given, given->struct_size);
  return known;
}

/// A value of an enumeration of the header that counts from 0.
template <class T>
T choice(std::int32_t value, const char* field, std::initializer_list<T> meanings) {
  if (value < 0 || static_cast<std::size_t>(value) >= meanings.size())
    throw UsageError(std::string(field) + " is " + std::to_string(value) + ", which means nothing");
  return meanings.begin()[value];
}

using limn::ugatit::Direction;
using limn::ugatit::Precision;
using limn::ugatit::Weights;

limn::Translator open(const char* path, const limn_options* given) {
  if (path == nullptr) throw UsageError("path is NULL");
  limn_options o{};
  if (given != nullptr) o = read_struct(given, "limn_options", sizeof(limn_options));
  if (o.threads < 0 || o.threads > 1024)
    throw UsageError("threads is " + std::to_string(o.threads) + ", not 0 to 1024");
  const auto direction = choice<std::optional<Direction>>(
      o.direction, "direction", {std::nullopt, Direction::a2b, Direction::b2a});
  const limn::TranslatorOptions options{
      o.threads,
      choice(o.precision, "precision", {Precision::fp32, Precision::bf16, Precision::fp64}),
      choice(o.maths, "maths", {limn::Maths::fast, limn::Maths::strict, limn::Maths::split}),
      choice<std::optional<Weights>>(o.weights, "weights",
                                     {std::nullopt, Weights::averaged, Weights::last})};
  return limn::Translator(path, direction, options);
}

/// Bytes from row to row. Throws UsageError where rows would overlap, or not fit into an address.
std::size_t row_stride(const char* field, std::int64_t stride, const limn_request& r) {
  const std::int64_t row = 3 * r.width;
  if (stride == 0) return static_cast<std::size_t>(row);
  if (stride < row || stride > std::numeric_limits<std::int64_t>::max() / r.height)
    throw UsageError(std::string(field) + " is " + std::to_string(stride) + ", a row of " +
                     std::to_string(r.width) + " pixels has " + std::to_string(row) + " bytes");
  return static_cast<std::size_t>(stride);
}

limn::Picture read_pixels(const limn_request& r, std::size_t stride) {
  limn::Picture picture(r.width, r.height);
  const auto row = static_cast<std::size_t>(3 * r.width);
  for (Index y = 0; y < r.height; ++y)
    std::memcpy(picture.at(0, y), r.pixels + static_cast<std::size_t>(y) * stride, row);
  return picture;
}

void write_pixels(const limn::Picture& picture, std::uint8_t* to, std::size_t stride) {
  const auto row = static_cast<std::size_t>(3 * picture.width);
  for (Index y = 0; y < picture.height; ++y)
    std::memcpy(to + static_cast<std::size_t>(y) * stride, picture.at(0, y), row);
}

void translate(limn::Translator& generator, const limn_request* given) {
  const limn_request r = read_struct(given, "limn_request", sizeof(limn_request));
  if (r.pixels == nullptr) throw UsageError("pixels is NULL");
  if (r.translation == nullptr) throw UsageError("translation is NULL");
  constexpr Index most = limn::ReadLimits{}.max_pixels;
  if (r.width < 1 || r.height < 1 || r.width > most / r.height)
    throw UsageError("a picture of " + std::to_string(r.width) + "x" + std::to_string(r.height) +
                     " pixels: both must be positive, and at most " + std::to_string(most) +
                     " pixels in all");
  const std::size_t stride = row_stride("stride", r.stride, r);
  const std::size_t to_stride = row_stride("translation_stride", r.translation_stride, r);
  const std::size_t heat_stride = row_stride("heatmap_stride", r.heatmap_stride, r);
  const limn::Fit fit = choice(r.fit, "fit", {limn::Fit::squash, limn::Fit::pad, limn::Fit::crop});
  limn::ugatit::TranslationProgress progress;
  if (r.progress != nullptr) progress = [&r](double done) { return r.progress(done, r.user) == 0; };

  const limn::Picture picture = read_pixels(r, stride);
  if (r.heatmap == nullptr)
    return write_pixels(generator.translate(picture, fit, progress), r.translation, to_stride);
  const auto both = generator.translate_with_heatmap(picture, fit, progress);
  write_pixels(both.translation, r.translation, to_stride);
  write_pixels(both.heatmap, r.heatmap, heat_stride);
}

limn::Translator& opened(limn_translator* translator) {
  if (!translator->generator) throw UsageError("no generator is open: limn_open() comes first");
  return *translator->generator;
}

}  // namespace

const char* limn_version(void) { return LIMN_VERSION; }

limn_translator* limn_new(void) {
  try {
    return new limn_translator;
  } catch (...) {
    return nullptr;
  }
}

void limn_free(limn_translator* translator) { delete translator; }

limn_status limn_open(limn_translator* translator, const char* path, const limn_options* options) {
  return guarded(translator, [&] { translator->generator.emplace(open(path, options)); });
}

limn_status limn_get_facts(limn_translator* translator, limn_facts* facts) {
  return guarded(translator, [&] {
    limn_facts f = read_struct(facts, "limn_facts", sizeof(limn_facts));
    const limn::Translator& generator = opened(translator);
    f.size = generator.model().size;
    f.channels = generator.model().channels;
    f.direction = generator.direction() == Direction::a2b ? LIMN_A2B : LIMN_B2A;
    f.weights = generator.weights() == Weights::averaged ? LIMN_AVERAGED : LIMN_LAST;
    std::memcpy(facts, &f, facts->struct_size);
  });
}

limn_status limn_translate(limn_translator* translator, const limn_request* request) {
  return guarded(translator, [&] { translate(opened(translator), request); });
}

size_t limn_error(limn_translator* translator, char* text, size_t size) {
  const auto copy = [text, size](const char* sentence, std::size_t length) {
    if (text != nullptr && size > 0) {
      const std::size_t bytes = std::min(length, size - 1);
      std::memcpy(text, sentence, bytes);
      text[bytes] = '\0';
    }
    return length + 1;
  };
  constexpr std::string_view none = "the translator is NULL";
  if (translator == nullptr) return copy(none.data(), none.size());
  try {
    const Call call(*translator);
    return copy(translator->error.data(), translator->error.size());
  } catch (...) {
    return copy("", 0);
  }
}
