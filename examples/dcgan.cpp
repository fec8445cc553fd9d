// SPDX-License-Identifier: MIT
// DCGAN (Radford et al., 2016): pictures from noise by convolutions alone, every layer with batch
// normalization but the generator's last and the discriminator's first. Upwards goes a nearest
// upsampling and a convolution, which the library computes as one, instead of the paper's
// transposed convolution, which leaves checkerboards (Odena et al., 2016).
#include "common/training_frame.hpp"
#include "limn/limn.hpp"
#include "limn/norm/batch_norm.hpp"
#include "limn/train/made_pictures.hpp"

using namespace limn;

struct DcganOptions : TrainingOptions {
  Index channels = 64, latent = 100;

  DcganOptions() {
    batch = 32;
    decay = false;
  }
  void visit(auto&& f) {
    TrainingOptions::visit(f);
    f("channels", channels, OptionRange{1, 4096},
      "channels at half of SIZE; they double from there");
    f("latent", latent, OptionRange{1, 65536}, "numbers that a picture is made of");
  }
  /// How often 4 doubles on the way to size.
  [[nodiscard]] Index doublings() const {
    Index n = 0;
    for (Index s = 4; s < size; s *= 2) ++n;
    return n;
  }
  Index widest() const { return channels << (doublings() - 1); }
  void check() const {
    if (size != Index{4} << doublings())
      throw UsageError("size " + std::to_string(size) + " does not work: it must be a power of 2");
    if (batch < 2) throw UsageError("batch 1 does not work: batch normalization compares pictures");
  }
};

template <Device D, Scalar T>
struct Up {  // twice the size: convolution of the upsampled map, batch normalization, ReLU
  Convolution<D, T> conv;
  BatchNorm<D, T> norm;

  Up(Index in, Index out) : conv(in, out, reflect_conv(3, 1, 1, 2)), norm(out, relu_activation) {}
  Var<D, T> operator()(const Var<D, T>& x) { return norm(conv(x)); }
  void visit(auto&& f) { f("conv", conv), f("norm", norm); }
};

template <Device D, Scalar T>
struct Down {  // half the size
  Convolution<D, T> conv;
  BatchNorm<D, T> norm;

  Down(Index in, Index out)
      : conv(in, out, {4, 2, Padding::zero, Sides::all(1), 1}),
        norm(out, leaky_relu_activation(0.2F)) {}
  Var<D, T> operator()(const Var<D, T>& x) { return norm(conv(x)); }
  void visit(auto&& f) { f("conv", conv), f("norm", norm); }
};

template <Device D, Scalar T>
struct Generator {  // z (N,1,1,latent) -> (N,S,S,3) in (-1, 1)
  Linear<D, T> seed;
  BatchNorm<D, T> norm;
  std::vector<Up<D, T>> ups;
  Convolution<D, T> last;

  explicit Generator(const DcganOptions& o)
      : seed(vector_shape(o.latent), 16 * o.widest()),
        norm(o.widest(), relu_activation),
        last(o.channels, 3, reflect_conv(3, 1, 1, 2), {true, tanh_activation}) {
    for (Index c = o.widest(); c > o.channels; c /= 2) ups.emplace_back(c, c / 2);
  }
  Var<D, T> operator()(const Var<D, T>& z) {
    auto x = norm(reshape(seed(z), {z.shape().n, 4, 4, norm.gamma.shape.c}));
    for (auto& up : ups) x = up(x);
    return last(x);
  }
  void visit(auto&& f) { f("seed", seed), f("norm", norm), f("ups", ups), f("last", last); }
};

template <Device D, Scalar T>
struct Discriminator {  // (N,S,S,3) -> one logit, (N,1,1,1)
  Convolution<D, T> first;
  std::vector<Down<D, T>> downs;
  Linear<D, T> judge;

  explicit Discriminator(const DcganOptions& o)
      : first(3, o.channels, {4, 2, Padding::zero, Sides::all(1), 1},
              {true, leaky_relu_activation(0.2F)}),
        judge({1, 4, 4, o.widest()}, 1, {.bias = true}) {
    for (Index i = 1; i < o.doublings(); ++i)
      downs.emplace_back(o.channels << (i - 1), o.channels << i);
  }
  Var<D, T> operator()(const Var<D, T>& picture) {
    auto x = first(picture);
    for (auto& down : downs) x = down(x);
    return judge(x);
  }
  void visit(auto&& f) { f("first", first), f("downs", downs), f("judge", judge); }
};

template <Device D, Scalar T>
struct Dcgan {
  using Options = DcganOptions;
  static constexpr const char* title = "DCGAN";
  Generator<D, T> generator;
  Discriminator<D, T> discriminator;
  Index latent;

  Dcgan(D&, const Options& o) : generator(o), discriminator(o), latent(o.latent) {
    initialize_weights(generator, Initializer::normal(0.02));
    initialize_weights(discriminator, Initializer::normal(0.02));
  }
  void players(auto&& f) { f("G", generator), f("D", discriminator); }

  void step(Turn<D, T>& turn) {
    Tensor<D, T> made;
    turn.learn(generator, [&](Tape<D>& tape, auto& loss) {
      const auto fake = generator(tape.constant(turn.noise({turn.a().shape().n, 1, 1, latent})));
      loss.add("G_adversarial", 1, generator_loss(NonSaturatingGan{}, discriminator(fake)));
      made = fake.value();
    });
    turn.learn(discriminator, [&](Tape<D>& tape, auto& loss) {
      loss.add("D_apart", 1,
               discriminator_loss(NonSaturatingGan{}, discriminator(tape.constant(turn.a())),
                                  discriminator(tape.constant(made))));
    });
  }
  Picture sheet(D& device, const DataSource&) { return noise_sheet<T>(device, generator, latent); }
};

int main(int argc, char** argv) {
  return example::run_training<Dcgan<Cpu, float>>(
      {"dcgan", "Trains DCGAN on the pictures in the folder DATA; sheets show 64 new ones.",
       example::one_folder},
      argc, argv);
}
