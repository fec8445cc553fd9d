// SPDX-License-Identifier: MIT
// A GAN with layers that the library does not have. Each is written here as its formula, of
// differentiable operations; gradients, training, checkpoints and the rest come by themselves.
#include "common/training_frame.hpp"
#include "limn/limn.hpp"
#include "limn/ops/elementwise.hpp"
#include "limn/train/made_pictures.hpp"

using namespace limn;

struct InverseRoot {  // 1 / sqrt(x + e)
  double e = 1e-8;
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x) const {
    return A(1) / std::sqrt(x + A(e));
  }
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x) const {
    return A(-0.5) / ((x + A(e)) * std::sqrt(x + A(e)));
  }
};

/// The view in which every pixel is a sample.
constexpr Shape by_pixel(const Shape& s) { return {s.n * s.h * s.w, s.c, 1, 1}; }

/// A normalization: y = g x / sqrt(mean over channels of x^2 + e), each pixel by itself (Karras et
/// al., 2018), with a gain g per channel.
template <Device D, Scalar T>
struct PixelNorm {
  Parameter<D, T> gain;

  explicit PixelNorm(Index channels) : gain{vector_shape(channels), Initializer::constant(1)} {}
  Var<D, T> operator()(const Var<D, T>& x) {
    const auto pixels = reshape(x, by_pixel(x.shape()));
    const auto inverse = pointwise(InverseRoot{}, average_pool(pixels * pixels));
    return scale_channels<D, T>(reshape(scale_channels<D, T>(pixels, inverse), x.shape()), gain);
  }
  void visit(auto&& f) { f("gain", gain); }
};

/// An attention: y = x + tanh(where(x)) x for a map of one value per pixel, then
/// y + tanh(what(mean of y)) y for one per channel (after Woo et al., 2018).
template <Device D, Scalar T>
struct WhereAndWhat {
  Convolution<D, T> where;
  Linear<D, T> squeeze, what;

  explicit WhereAndWhat(Index c)
      : where(c, 1, reflect_conv(3, 1, 1), {true, tanh_activation}),
        squeeze(vector_shape(c), (c + 3) / 4, {true, relu_activation}),
        what(vector_shape((c + 3) / 4), c, {true, tanh_activation}) {}
  Var<D, T> operator()(const Var<D, T>& x) {
    const Shape pixels = by_pixel(x.shape());
    const auto map = reshape(widen(where(x)), {pixels.n, 1, 1, 1});
    const auto y = x + reshape(scale_channels<D, T>(reshape(x, pixels), map), x.shape());
    return y + scale_channels<D, T>(y, what(squeeze(average_pool(y))));
  }
  void visit(auto&& f) { f("where", where), f("squeeze", squeeze), f("what", what); }
};

struct MyOptions : TrainingOptions {
  Index channels = 32, latent = 64;

  MyOptions() {
    size = 32, batch = 16;
    decay = false;
  }
  void visit(auto&& f) {
    TrainingOptions::visit(f);
    f("channels", channels, OptionRange{1, 4096}, "channels at full size");
    f("latent", latent, OptionRange{1, 65536}, "numbers that a picture is made of");
  }
  void check() const {
    if (size % 8 != 0 || size < 24) throw UsageError("size must be a multiple of 8, at least 24");
  }
};

template <Device D, Scalar T>
struct Generator {  // z (N,1,1,latent) -> (N,S,S,3) in (-1, 1)
  Index c, small;
  Linear<D, T> seed;
  Convolution<D, T> up1, up2, up3;
  PixelNorm<D, T> norm1, norm2;
  WhereAndWhat<D, T> attend;

  explicit Generator(const MyOptions& o)
      : c(o.channels),
        small(o.size / 8),
        seed(vector_shape(o.latent), small * small * 4 * c, {true, leaky_relu_activation(0.2F)}),
        up1(4 * c, 2 * c, reflect_conv(3, 1, 1, 2), {true, leaky_relu_activation(0.2F)}),
        up2(2 * c, c, reflect_conv(3, 1, 1, 2), {true, leaky_relu_activation(0.2F)}),
        up3(c, 3, reflect_conv(3, 1, 1, 2), {true, tanh_activation}),
        norm1(2 * c),
        norm2(c),
        attend(2 * c) {}
  Var<D, T> operator()(const Var<D, T>& z) {
    const auto x = attend(norm1(up1(reshape(seed(z), {z.shape().n, small, small, 4 * c}))));
    return up3(norm2(up2(x)));
  }
  void visit(auto&& f) {
    f("seed", seed), f("up1", up1), f("norm1", norm1), f("attend", attend);
    f("up2", up2), f("norm2", norm2), f("up3", up3);
  }
};

template <Device D, Scalar T>
struct Discriminator {  // (N,S,S,3) -> a map of logits
  static constexpr SpectralOptions leaky{true, leaky_relu_activation(0.2F)};
  SpectralConvolution<D, T> down1, down2, down3, judge;

  explicit Discriminator(Index c)
      : down1(3, c, reflect_conv(4, 2, 1), leaky),
        down2(c, 2 * c, reflect_conv(4, 2, 1), leaky),
        down3(2 * c, 4 * c, reflect_conv(4, 2, 1), leaky),
        judge(4 * c, 1, reflect_conv(3, 1, 0), {true, {}}) {}
  Var<D, T> operator()(const Var<D, T>& x) { return judge(down3(down2(down1(x)))); }
  void visit(auto&& f) { f("1", down1), f("2", down2), f("3", down3), f("judge", judge); }
};

template <Device D, Scalar T>
struct MyGan {
  using Options = MyOptions;
  static constexpr const char* title = "my GAN";
  Generator<D, T> g;
  Discriminator<D, T> d;
  Index latent;
  MyGan(D&, const Options& o) : g(o), d(o.channels), latent(o.latent) {}
  void players(auto&& f) { f("G", g), f("D", d); }
  void step(Turn<D, T>& turn) {
    Tensor<D, T> made;
    turn.learn(g, [&](Tape<D>& tape, auto& loss) {
      const auto fake = g(tape.constant(turn.noise({turn.a().shape().n, 1, 1, latent})));
      loss.add("G_hinge", 1, generator_loss(HingeGan{}, d(fake)));
      made = fake.value();
    });
    turn.learn(d, [&](Tape<D>& tape, auto& loss) {
      loss.add("D_hinge", 1,
               discriminator_loss(HingeGan{}, d(tape.constant(turn.a())), d(tape.constant(made))));
    });
  }
  Picture sheet(D& device, const DataSource&) { return noise_sheet<T>(device, g, latent); }
};

int main(int argc, char** argv) {
  return example::run_training<MyGan<Cpu, float>>(
      {"my-gan", "Trains a GAN of one's own on the pictures in the folder DATA.",
       example::one_folder},
      argc, argv);
}
