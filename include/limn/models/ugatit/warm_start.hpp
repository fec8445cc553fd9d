// SPDX-License-Identifier: MIT
// A warm start: a new training whose networks begin with what fits of another model, a checkpoint
// or an exported generator, also one of another size, variant, or number of channels or blocks.
// Weights go by name and shape. The first layer of the head, (O,h,w,I), sees a grid of h x w bins
// and is resampled to another grid, as a picture of O x I channels would be, times the ratio of the
// numbers of bins: where neighbouring features are alike the layer gives what it gave.
// The last layer of a generator is not taken where the one retouches its picture and the
// other paints. Averages begin as the weights do, moments at 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "limn/data/content_hash.hpp"
#include "limn/data/resize.hpp"
#include "limn/models/ugatit/model_file.hpp"
#include "limn/train/state.hpp"

namespace limn::inline v0::ugatit {

/// What became of it: a sentence, and what goes into the checkpoints of the training.
struct WarmStart {
  std::string news;   ///< what was taken, what was not, from where
  Metadata metadata;  ///< the contents, weights and step that were taken
};

namespace detail {

/// (h,w,c) to (height,width,c), bilinear, times `factor`.
template <class V>
void resample_grid(const std::vector<V>& from, Index h, Index w, Index c, std::vector<V>& to,
                   Index height, Index width, double factor) {
  const limn::detail::ResizeTaps rows(h, height), columns(w, width);
  std::fill(to.begin(), to.end(), V(0));
  const auto place = [](Index i) { return static_cast<std::size_t>(i); };
  const auto share = [&place](const limn::detail::ResizeTaps& taps, Index at) {
    return static_cast<double>(taps.shares[place(at)]) / limn::detail::ResizeTaps::whole;
  };
  for (Index i = 0; i < height; ++i) {
    const auto& down = rows.positions[place(i)];
    for (Index j = 0; j < width; ++j) {
      const auto& across = columns.positions[place(j)];
      V* out = to.data() + (i * width + j) * c;
      for (Index r = 0; r < down.count; ++r)
        for (Index s = 0; s < across.count; ++s) {
          const V weight = static_cast<V>(factor * share(rows, down.shares_at + r) *
                                          share(columns, across.shares_at + s));
          const V* in = from.data() + ((down.first + r) * w + across.first + s) * c;
          for (Index k = 0; k < c; ++k) out[k] += weight * in[k];
        }
    }
  }
}

/// One row of weights after another.
template <class V>
void read_resampled(const SafetensorsFile& file, const std::string& name, const StateTensor& t) {
  const auto &from = file.info(name).shape, &to = t.shape;
  const Index read = from[1] * from[2] * from[3], written = to[1] * to[2] * to[3];
  std::vector<V> in(static_cast<std::size_t>(read)), out(static_cast<std::size_t>(written));
  const double factor = static_cast<double>(from[1] * from[2]) / static_cast<double>(to[1] * to[2]);
  for (Index row = 0; row < to[0]; ++row) {
    file.read_range(name, row * read, read, in.data());
    resample_grid(in, from[1], from[2], from[3], out, to[1], to[2], factor);
    const auto bytes = written * static_cast<Index>(sizeof(V));
    t.upload(row * bytes, out.data(), bytes);
  }
}

/// "a, b and 3 more"
[[nodiscard]] inline std::string named(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

[[nodiscard]] inline std::string grid_text(const std::vector<Index>& shape) {
  return std::to_string(shape[1]) + " x " + std::to_string(shape[2]);
}

/// Goes through the state of a training, tensor by tensor.
class WarmStarter {
 public:
  WarmStarter(const ModelFile& from, const ModelOptions& to, const std::vector<StateTensor>& state)
      : from_(&from), changes_(to.residual) {
    for (const auto& t : state) shapes_[t.name] = t.shape;
  }

  void take(const StateTensor& t) {
    if (t.name.starts_with("adam.")) return;
    const bool average = t.name.starts_with(averages_prefix);
    const std::string name =
        average ? t.name.substr(std::string_view(averages_prefix).size()) : t.name;
    const Match fit = fits(name, t.shape);
    if (fit == Match::same) {
      StateTensor there = t;
      there.name = source(name);
      read_state(from_->file, std::vector{there}, Surplus::allowed, "it cannot be read");
    } else if (fit == Match::resampled) {
      if (t.type == StorageType::f64)
        read_resampled<double>(from_->file, source(name), t);
      else
        read_resampled<float>(from_->file, source(name), t);
    }
    if (average) return;
    ++all_;
    if (fit == Match::none) {
      if (of_other_kind(name)) return;
      if (without_weight(name)) return;  // its weight is named
      fresh_.push_back(name);
      return;
    }
    ++taken_;
    for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
      partly_.insert(name.substr(0, dot));
    weights_ = weights_ || name.ends_with(".weight") || name.ends_with(".weight_orig");
    if (fit == Match::resampled)
      resampled_ = " (the head's first layer resampled from " +
                   grid_text(from_->file.info(source(name)).shape) + " to " + grid_text(t.shape) +
                   ")";
  }

  /// Throws UsageError where no weights fitted.
  [[nodiscard]] std::string news() const {
    const std::string path = from_->file.path().string();
    if (!weights_)
      throw UsageError("--init " + path +
                       ": nothing in it fits this model: it has other channels; its options are " +
                       "--variant " + to_string(from_->options.model.variant) + " --size " +
                       std::to_string(from_->options.model.size) + " --channels " +
                       std::to_string(from_->options.model.channels) + " --blocks " +
                       std::to_string(from_->options.model.blocks));
    const auto fresh = afresh();
    return "begins with " + std::to_string(taken_) + " of " + std::to_string(all_) +
           " tensors from " + path + ", " + to_string(from_->weights) + " weights" + resampled_ +
           (fresh.empty() ? ""
                          : "; begun afresh, because they are not there or of another shape: ") +
           named(fresh) + last_layers();
  }

 private:
  enum class Match { none, same, resampled };

  /// Names of tensors that nothing was taken for, or of the whole networks and layers they are in.
  [[nodiscard]] std::vector<std::string> afresh() const {
    std::vector<std::string> names;
    for (const auto& name : fresh_) {
      std::size_t end = name.find('.');
      while (end != std::string::npos && partly_.contains(name.substr(0, end)))
        end = name.find('.', end + 1);
      if (const auto part = name.substr(0, end);
          std::find(names.begin(), names.end(), part) == names.end())
        names.push_back(part);
    }
    return names;
  }

  [[nodiscard]] std::string source(const std::string& name) const {
    return name.starts_with("gen") ? weight_name(*from_, name) : name;
  }

  /// Whether this is a vector of spectral normalization whose weight has found nothing.
  [[nodiscard]] bool without_weight(const std::string& name) const {
    for (const std::string_view vector : {"weight_u", "weight_v"})
      if (name.ends_with(vector)) {
        const auto weight = name.substr(0, name.size() - vector.size()) + "weight_orig";
        return fits(weight, shapes_.at(weight)) == Match::none;
      }
    return false;
  }

  /// Whether generators do with their last layers' output what they did.
  [[nodiscard]] bool same_kind() const { return from_->options.model.residual == changes_; }
  /// What became of those that did something else.
  [[nodiscard]] std::string last_layers() const {
    if (same_kind()) return "";
    if (changes_)
      return "; the generators' last layers begin by changing nothing, because those in it paint "
             "(--residual off)";
    return "; the generators' last layers begin afresh, because those in it change the picture "
           "(--residual on)";
  }
  [[nodiscard]] bool of_other_kind(const std::string& name) const {
    return !same_kind() && name.find(".UpBlock2.11.") != std::string::npos;
  }

  [[nodiscard]] Match fits(const std::string& name, const std::vector<Index>& shape) const {
    if (without_weight(name) || of_other_kind(name)) return Match::none;
    const std::string there = source(name);
    if (!from_->file.contains(there)) return Match::none;
    const auto& info = from_->file.info(there);
    if (info.type != StorageType::f32 && info.type != StorageType::f64) return Match::none;
    if (info.shape == shape) return Match::same;
    const bool head = name.ends_with(".FC.0.weight") && info.shape.size() == 4 &&
                      info.shape[0] == shape[0] && info.shape[3] == shape[3];
    return head ? Match::resampled : Match::none;
  }

  const ModelFile* from_;
  OnOff changes_;  ///< ModelOptions::residual of the training
  std::map<std::string, std::vector<Index>> shapes_;
  std::vector<std::string> fresh_;
  std::set<std::string> partly_;  ///< networks and layers of which something was taken
  std::size_t all_ = 0, taken_ = 0;
  bool weights_ = false;
  std::string resampled_;
};

}  // namespace detail

/// The entries of a checkpoint's metadata that tell of a warm start.
inline constexpr std::string_view warm_start_prefix = "init.";

/// Puts what fits of `from` into the state of a training of `model` that has not begun. Throws
/// UsageError where nothing fits, IoError.
[[nodiscard]] inline WarmStart warm_start(const ModelFile& from, const ModelOptions& model,
                                          const std::vector<StateTensor>& state) {
  detail::WarmStarter starter(from, model, state);
  for (const auto& t : state) starter.take(t);
  WarmStart result{starter.news(), {}};
  ContentHash hash;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (const auto& name : from.file.names()) {
    hash.update(name);
    const Index bytes = tensor_bytes(from.file.info(name).type, from.file.info(name).shape).value();
    for (Index at = 0; at < bytes; at += static_cast<Index>(piece.size())) {
      const Index count = std::min(bytes - at, static_cast<Index>(piece.size()));
      from.file.read_bytes(name, piece.data(), count, at);
      hash.update(piece.data(), static_cast<std::size_t>(count));
    }
  }
  const std::string prefix(warm_start_prefix);
  result.metadata[prefix + "contents"] = hash.hex();
  result.metadata[prefix + "weights"] = to_string(from.weights);
  if (const auto step = from.file.metadata().find("step"); step != from.file.metadata().end())
    result.metadata[prefix + "step"] = step->second;
  return result;
}

}  // namespace limn::inline v0::ugatit
