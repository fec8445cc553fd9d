// SPDX-License-Identifier: MIT
// CycleGAN (Zhu et al., 2017): two translators, A to B and B to A, that undo each other, and a
// discriminator for each kind of pictures. The networks are the paper's, a generator with 9
// residual blocks and a PatchGAN that sees 70 x 70 pixels; upwards goes a nearest upsampling and a
// convolution instead of the transposed one, which leaves checkerboards.
#include "common/training_frame.hpp"
#include "limn/limn.hpp"
#include "limn/train/image_pool.hpp"
#include "limn/train/made_pictures.hpp"

using namespace limn;
constexpr ConvolutionOptions normed{.moments = WithMoments::yes};
constexpr Activation leaky = leaky_relu_activation(0.2F);

struct CycleGanOptions : TrainingOptions {
  Index channels = 64, blocks = 9, pool = 50;
  double cycle = 10, identity = 5;

  void visit(auto&& f) {
    TrainingOptions::visit(f);
    f("channels", channels, OptionRange{1, 4096}, "channels after the first convolution");
    f("blocks", blocks, OptionRange{0, 64}, "residual blocks");
    f("pool", pool, OptionRange{1, 10000}, "older pictures that the discriminators also see");
    f("lambda-cycle", cycle, OptionRange{0, 1e9}, "weight of the cycle loss");
    f("lambda-identity", identity, OptionRange{0, 1e9}, "weight of the identity loss");
  }
  void check() const {
    if (size % 4 != 0 || size < 32) throw UsageError("size must be a multiple of 4, at least 32");
  }
};

template <Device D, Scalar T>
struct Block {  // x + norm(conv(relu(norm(conv(x)))))
  Convolution<D, T> first, second;
  InstanceNorm<D, T> relu{relu_activation}, plain{};

  explicit Block(Index c)
      : first(c, c, reflect_conv(3, 1, 1), normed), second(c, c, reflect_conv(3, 1, 1), normed) {}
  Var<D, T> operator()(const Var<D, T>& x) { return plain(second(relu(first(x))), x); }
  void visit(auto&& f) { f("1", first), f("2", second); }
};

template <Device D, Scalar T>
struct Generator {  // (N,S,S,3) -> (N,S,S,3) in (-1, 1)
  Convolution<D, T> first, down1, down2, up1, up2, last;
  std::vector<Block<D, T>> blocks;
  InstanceNorm<D, T> relu{relu_activation};

  Generator(Index c, Index count)
      : first(3, c, reflect_conv(7, 1, 3), normed),
        down1(c, 2 * c, reflect_conv(3, 2, 1), normed),
        down2(2 * c, 4 * c, reflect_conv(3, 2, 1), normed),
        up1(4 * c, 2 * c, reflect_conv(3, 1, 1, 2), normed),
        up2(2 * c, c, reflect_conv(3, 1, 1, 2), normed),
        last(c, 3, reflect_conv(7, 1, 3), {true, tanh_activation}) {
    for (Index i = 0; i < count; ++i) blocks.emplace_back(4 * c);
  }
  Var<D, T> operator()(const Var<D, T>& picture) {
    auto x = relu(down2(relu(down1(relu(first(picture))))));
    for (auto& block : blocks) x = block(x);
    return last(relu(up2(relu(up1(x)))));
  }
  void visit(auto&& f) {
    f("first", first), f("down1", down1), f("down2", down2), f("blocks", blocks);
    f("up1", up1), f("up2", up2), f("last", last);
  }
};

template <Device D, Scalar T>
struct PatchGan {  // (N,S,S,3) -> (N,S/8-2,S/8-2,1): a logit for each patch of 70 x 70 pixels
  static constexpr ConvGeometry halving{4, 2, Padding::zero, Sides::all(1), 1},
      keeping{4, 1, Padding::zero, Sides::all(1), 1};
  Convolution<D, T> first, second, third, fourth, judge;
  InstanceNorm<D, T> norm{leaky};

  explicit PatchGan(Index c)
      : first(3, c, halving, {true, leaky}),
        second(c, 2 * c, halving, normed),
        third(2 * c, 4 * c, halving, normed),
        fourth(4 * c, 8 * c, keeping, normed),
        judge(8 * c, 1, keeping, {true, {}}) {}
  Var<D, T> operator()(const Var<D, T>& picture) {
    return judge(norm(fourth(norm(third(norm(second(first(picture))))))));
  }
  void visit(auto&& f) {
    f("1", first), f("2", second), f("3", third), f("4", fourth), f("judge", judge);
  }
};

template <Device D, Scalar T>
struct CycleGan {
  using Options = CycleGanOptions;
  static constexpr const char* title = "CycleGAN";
  struct Translators {
    Generator<D, T> a2b, b2a;
    void visit(auto&& f) { f("A2B", a2b), f("B2A", b2a); }
  } g;
  struct Judges {
    PatchGan<D, T> a, b;
    void visit(auto&& f) { f("A", a), f("B", b); }
  } d;
  ImagePool<D, T> pool_a, pool_b;
  Options options;

  CycleGan(D& device, const Options& o)
      : g{{o.channels, o.blocks}, {o.channels, o.blocks}},
        d{PatchGan<D, T>(o.channels), PatchGan<D, T>(o.channels)},
        pool_a(device, o.pool, {o.batch, o.size, o.size, 3}),
        pool_b(device, o.pool, {o.batch, o.size, o.size, 3}),
        options(o) {
    initialize_weights(g, Initializer::normal(0.02));
    initialize_weights(d, Initializer::normal(0.02));
  }
  void players(auto&& f) { f("G", g), f("D", d); }
  void keep(auto&& f) { f("pool.A", pool_a.pictures), f("pool.B", pool_b.pictures); }

  void step(Turn<D, T>& turn) {
    const Tensor<D, T> a = turn.a(), b = turn.b();
    Tensor<D, T> fake_a, fake_b;
    turn.learn(g, [&](Tape<D>& tape, auto& loss) {
      const auto to_b = g.a2b(tape.constant(a)), to_a = g.b2a(tape.constant(b));
      loss.add("G_adversarial", 1, least_squares(d.b(to_b), 1) + least_squares(d.a(to_a), 1));
      loss.add("G_cycle", options.cycle, l1(g.b2a(to_b), a) + l1(g.a2b(to_a), b));
      loss.add("G_identity", options.identity,
               l1(g.a2b(tape.constant(b)), b) + l1(g.b2a(tape.constant(a)), a));
      fake_a = to_a.value(), fake_b = to_b.value();
    });
    const auto old_a = pool_a.exchange(fake_a, turn.step(), turn.random("pool.A"));
    const auto old_b = pool_b.exchange(fake_b, turn.step(), turn.random("pool.B"));
    turn.learn(d, [&](Tape<D>& tape, auto& loss) {
      const auto apart = [&](auto& judge, const auto& real, const auto& fake) {
        return discriminator_loss(LeastSquaresGan{}, judge(tape.constant(real)),
                                  judge(tape.constant(fake)));
      };
      loss.add("D_A", 0.5, apart(d.a, a, old_a));
      loss.add("D_B", 0.5, apart(d.b, b, old_b));
    });
  }
  auto samples(D& device, const DataSource& source) {
    return translated_samples<T>(device, source, g.a2b, g.b2a);
  }
};

int main(int argc, char** argv) {
  return example::run_training<CycleGan<Cpu, float>>(
      {"cyclegan", "Trains CycleGAN on DATA/trainA and DATA/trainB; sheets show testA and testB.",
       example::two_folders},
      argc, argv);
}
