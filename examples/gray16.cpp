// SPDX-License-Identifier: MIT
// Pictures of one channel and 16 bits, as microscopes, X-rays and depth cameras make them: a
// translator between two kinds, whose data source is its own. Nothing on the way rounds to 8 bits;
// colour files are read as their light, so that the bundled pictures serve as well.
#include "common/folders.hpp"
#include "common/training_frame.hpp"
#include "limn/data/gray16_values.hpp"
#include "limn/limn.hpp"
#include "limn/train/made_pictures.hpp"

using namespace limn;
constexpr ConvolutionOptions normed{.moments = WithMoments::yes};

struct Gray16Options : TrainingOptions {
  Index channels = 32, blocks = 4;

  void visit(auto&& f) {
    TrainingOptions::visit(f);
    f("channels", channels, OptionRange{1, 4096}, "channels after the first convolution");
    f("blocks", blocks, OptionRange{0, 64}, "residual blocks");
  }
  void check() const {
    if (size % 4 != 0 || size < 24) throw UsageError("size must be a multiple of 4, at least 24");
    if (fit != Fit::squash) throw UsageError("fit must be squash: nothing else is done here");
  }
};

/// What reads a file as size x size values in [-1, 1].
auto read_light(Index size) {
  return [size](const auto& path) { return light_values(read_gray16(path), size); };
}

DataSource light_of_folders(const std::filesystem::path& data, const Gray16Options& o,
                            const Messages& say) {
  const auto read = read_light(o.size);
  const ImageFolder a(data / "trainA"), b(data / "trainB");
  DataSource source;
  source.what = std::to_string(a.size()) + " pictures of A, " + std::to_string(b.size()) + " of B";
  source.identity = data_identity(a, b);
  source.batch = {o.batch, o.size, o.size, 1};
  source.batches =
      batches_in_memory(all_pictures(a, say, read), all_pictures(b, say, read), source.batch);
  source.shown_a = shown_pictures(data, "A", say, read);
  source.shown_b = shown_pictures(data, "B", say, read);
  return source;
}

template <Device D, Scalar T>
struct Translator {  // (N,S,S,1) -> (N,S,S,1) in (-1, 1)
  Convolution<D, T> first, down, up, last;
  std::vector<Convolution<D, T>> blocks;  // two for x + norm(conv(relu(norm(conv(x)))))
  InstanceNorm<D, T> relu{relu_activation}, plain{};

  explicit Translator(const Gray16Options& o)
      : first(1, o.channels, reflect_conv(7, 1, 3), normed),
        down(o.channels, 2 * o.channels, reflect_conv(3, 2, 1), normed),
        up(2 * o.channels, o.channels, reflect_conv(3, 1, 1, 2), normed),
        last(o.channels, 1, reflect_conv(7, 1, 3), {true, tanh_activation}) {
    for (Index i = 0; i < 2 * o.blocks; ++i)
      blocks.emplace_back(2 * o.channels, 2 * o.channels, reflect_conv(3, 1, 1), normed);
  }
  Var<D, T> operator()(const Var<D, T>& picture) {
    auto x = relu(down(relu(first(picture))));
    for (std::size_t i = 0; i < blocks.size(); i += 2)
      x = plain(blocks[i + 1](relu(blocks[i](x))), x);
    return last(relu(up(x)));
  }
  void visit(auto&& f) {
    f("first", first), f("down", down), f("blocks", blocks), f("up", up), f("last", last);
  }
};

template <Device D, Scalar T>
struct Gray16 {
  using Options = Gray16Options;
  static constexpr const char* title = "gray 16-bit translator";
  static constexpr SpectralOptions leaky{true, leaky_relu_activation(0.2F)};
  struct Translators {
    Translator<D, T> a2b, b2a;
    void visit(auto&& f) { f("A2B", a2b), f("B2A", b2a); }
  } g;
  struct Judge {  // (N,S,S,1) -> a map of logits
    SpectralConvolution<D, T> down1, down2, judge;
    explicit Judge(Index c)
        : down1(1, c, reflect_conv(4, 2, 1), leaky),
          down2(c, 2 * c, reflect_conv(4, 2, 1), leaky),
          judge(2 * c, 1, reflect_conv(3, 1, 0), {true, {}}) {}
    Var<D, T> operator()(const Var<D, T>& x) { return judge(down2(down1(x))); }
    void visit(auto&& f) { f("1", down1), f("2", down2), f("judge", judge); }
  };
  struct Judges {
    Judge a, b;
    void visit(auto&& f) { f("A", a), f("B", b); }
  } d;

  Gray16(D&, const Options& o)
      : g{Translator<D, T>(o), Translator<D, T>(o)}, d{Judge(o.channels), Judge(o.channels)} {}
  void players(auto&& f) { f("G", g), f("D", d); }
  void step(Turn<D, T>& turn) {
    Tensor<D, T> a = turn.a(), b = turn.b(), fake_a, fake_b;
    turn.learn(g, [&](Tape<D>& tape, auto& loss) {
      const auto to_b = g.a2b(tape.constant(a)), to_a = g.b2a(tape.constant(b));
      loss.add("G_adversarial", 1, least_squares(d.b(to_b), 1) + least_squares(d.a(to_a), 1));
      loss.add("G_cycle", 10, l1(g.b2a(to_b), a) + l1(g.a2b(to_a), b));
      loss.add("G_identity", 5, l1(g.a2b(tape.constant(b)), b) + l1(g.b2a(tape.constant(a)), a));
      fake_a = to_a.value(), fake_b = to_b.value();
    });
    turn.learn(d, [&](Tape<D>& tape, auto& loss) {
      const auto apart = [&](auto& judge, const auto& real, const auto& fake) {
        return discriminator_loss(LeastSquaresGan{}, judge(tape.constant(real)),
                                  judge(tape.constant(fake)));
      };
      loss.add("D_A", 1, apart(d.a, a, fake_a));
      loss.add("D_B", 1, apart(d.b, b, fake_b));
    });
  }
  auto samples(D& device, const DataSource& source) {
    return translated_samples<T>(device, source, g.a2b, g.b2a);
  }
};

/// All of DATA/testA and testB, translated, as files of 16 bits in RUN/translations/A2B and B2A.
void translate_tests(Gray16<Cpu, float>& model, const example::Trained& run) {
  const Index size = run.batch.h;
  const auto direction = [&](const char* from, const char* name, auto& translator) {
    const auto to = run.out / "translations" / name;
    const auto tests = test_pictures(run.data, from, run.say, read_light(size));
    for (const auto& [file, values] : tests) {
      const auto made = translator(picture_input<float>(run.device, values, run.batch));
      write_gray16(example::with_folder(to / file),
                   light_of_values(made.value().download(), size, size));
    }
    run.say(std::to_string(tests.size()) + " translations in " + to.string());
  };
  direction("A", "A2B", model.g.a2b);
  direction("B", "B2A", model.g.b2a);
}

int main(int argc, char** argv) {
  return example::run_training<Gray16<Cpu, float>>(
      {"gray16", "Trains a translator of 16-bit gray PNG files, DATA/trainA and DATA/trainB.",
       light_of_folders, translate_tests},
      argc, argv);
}
