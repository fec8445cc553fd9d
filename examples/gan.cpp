// SPDX-License-Identifier: MIT
// The seed of the field (Goodfellow et al., 2014): a generator G makes pictures from noise z, a
// discriminator D tells them from real ones x, and both learn in the game  min_G max_D  E[log D(x)]
// + E[log(1 - D(G(z)))].
#include <CLI/CLI.hpp>
#include <iostream>

#include "limn/image.hpp"
#include "limn/limn.hpp"

using namespace limn;
using Pictures = Tensor<Cpu, float>;
using V = Var<Cpu, float>;

constexpr Index size = 32, latent = 64, width = 32;

struct Generator {  // z (N,1,1,64) -> picture (N,32,32,3) in (-1, 1), doubling three times
  Linear<Cpu> seed{vector_shape(latent), 16 * 4 * width};
  Convolution<Cpu> up1{4 * width, 2 * width, reflect_conv(3, 1, 1, 2)};
  Convolution<Cpu> up2{2 * width, width, reflect_conv(3, 1, 1, 2)};
  Convolution<Cpu> up3{width, 3, reflect_conv(3, 1, 1, 2), {true, tanh_activation}};
  LayerInstanceNorm<Cpu> norm0{4 * width, relu_activation};
  LayerInstanceNorm<Cpu> norm1{2 * width, relu_activation}, norm2{width, relu_activation};

  V operator()(const V& z) {
    const auto x = norm0(reshape(seed(z), {z.shape().n, 4, 4, 4 * width}));
    return up3(norm2(up2(norm1(up1(x)))));
  }
  void visit(auto&& f) {
    f("seed", seed), f("up1", up1), f("up2", up2), f("up3", up3);
    f("norm0", norm0), f("norm1", norm1), f("norm2", norm2);
  }
};

struct Discriminator {  // picture -> one logit, (N,1,1,1)
  static constexpr SpectralOptions leaky{true, leaky_relu_activation(0.2F)};
  SpectralConvolution<Cpu> down1{3, width, reflect_conv(4, 2, 1), leaky};
  SpectralConvolution<Cpu> down2{width, 2 * width, reflect_conv(4, 2, 1), leaky};
  SpectralConvolution<Cpu> down3{2 * width, 4 * width, reflect_conv(4, 2, 1), leaky};
  SpectralConvolution<Cpu> judge{4 * width, 1, reflect_conv(4, 1, 0), {true, {}}};

  V operator()(const V& image) { return judge(down3(down2(down1(image)))); }
  void visit(auto&& f) { f("1", down1), f("2", down2), f("3", down3), f("judge", judge); }
};

int main(int argc, char** argv) try {
  CLI::App app{"Trains a small GAN on a folder of pictures; samples.png shows what it made."};
  std::string data, out = "samples.png";
  Index batch = 16, steps = 1500;
  app.add_option("--data", data, "folder of pictures")->required();
  app.add_option("--out", out, "the picture of 64 samples")->capture_default_str();
  app.add_option("--steps", steps, "updates of both")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--batch", batch, "pictures per update")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  std::vector<std::vector<float>> pictures;
  const ImageFolder folder(data);
  for (Index i = 0; i < folder.size(); ++i)
    pictures.push_back(to_floats(fit_picture(read_picture(folder.path(i)), size, Fit::squash)));

  Cpu device;
  Generator generator;
  Discriminator discriminator;
  ParameterSet<Cpu, float> g(device), d(device);
  g.add("generator", generator).allocate(true), g.initialize(1);
  d.add("discriminator", discriminator).allocate(true), d.initialize(1);
  Adam<Cpu, float> g_adam(g, {.weight_decay = 0}), d_adam(d, {.weight_decay = 0});

  const auto noise = [&](Index n, Index step) {
    Pictures z(device, {n, 1, 1, latent});
    primitive::normal(Philox{3, static_cast<std::uint64_t>(step)}, 0, 0, 1, z);
    return z;
  };
  const auto real = [&](Index step) {
    const Philox random{2, static_cast<std::uint64_t>(step)};
    Pictures x(device, {batch, size, size, 3});
    for (Index i = 0; i < batch; ++i)
      x.samples(i, 1).upload(pictures[random.below(static_cast<std::uint64_t>(i),
                                                   static_cast<std::uint32_t>(pictures.size()))]);
    return x;
  };

  for (Index step = 1; step <= steps; ++step) {
    Tape<Cpu> g_tape, d_tape;
    const V fake = generator(g_tape.constant(noise(batch, step)));  // made once, for both players

    d.zero_gradients();  // D: max log D(x) + log(1 - D(G(z))); this tape ends at the picture
    const V d_loss = cross_entropy_with_logits(discriminator(d_tape.constant(real(step))), 1) +
                     cross_entropy_with_logits(discriminator(d_tape.constant(fake.value())), 0);
    d_tape.backward(d_loss);
    d_adam.step(2e-4);

    g.zero_gradients();  // G: max log D(G(z)), the form of the game that also learns while D wins
    const auto frozen = d.freeze();
    const V g_loss = cross_entropy_with_logits(discriminator(fake), 1);
    g_tape.backward(g_loss);
    g_adam.step(2e-4);
    if (step % 50 == 0 || step == steps)
      std::cout << "step " << step << " of " << steps << "  D " << d_loss.value().item() << "  G "
                << g_loss.value().item() << std::endl;
  }

  const auto samples = generator(V(noise(64, 0))).value().download();
  Canvas sheet(8 * size, 8 * size, {255, 255, 255});
  for (Index i = 0; i < 64; ++i) {
    const auto values =
        std::span(samples).subspan(static_cast<std::size_t>(i * size * size * 3), size * size * 3);
    sheet.blit(to_picture(values, size, size), i % 8 * size, i / 8 * size);
  }
  write_png(out, sheet.picture());
  std::cout << "64 samples: " << out << "\n";
} catch (const std::exception& error) {
  std::cerr << "gan: " << error.what() << "\n";
  return 1;
}
