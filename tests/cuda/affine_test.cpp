// SPDX-License-Identifier: MIT
#include "limn/cuda/affine.hpp"

#include "../primitives/ops_affine.hpp"
#include "../primitives/ops_layout.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("moments on the emulated GPU: the table") { check_operation<CudaEmulation, MomentsOp>(); }
TEST_CASE("affine_forward on the emulated GPU: the table") {
  check_operation<CudaEmulation, AffineForwardOp>();
}
TEST_CASE("affine_backward_sums on the emulated GPU: the table") {
  check_operation<CudaEmulation, AffineSumsOp>();
}
TEST_CASE("affine_backward_data on the emulated GPU: the table") {
  check_operation<CudaEmulation, AffineBackwardOp>();
}

/// affine_forward with a residual that has a border of its own (mirrored, one wide) where
/// c.moments, and a result with the border of c.geometry.
struct AffineBorderedOp {
  static constexpr std::string_view name = "affine_forward_bordered";
  static constexpr Border around{Padding::reflect, {1, 0, 2, 1}};
  static Border residual_border(const Case& c) { return c.moments ? around : Border{}; }
  static Border border(const Case& c) { return {c.geometry.padding, c.geometry.sides}; }
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    const Shape k = coefficient_shape(c);
    return {{c.x},
            {k, Type::parameter},
            {present(c.extra, k), Type::parameter},
            {present(c.extra, residual_border(c).around(c.x))},
            {padded_shape(c), Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), a = view(v, o, 1), b = view(v, o, 2), r = view(v, o, 3);
    const View y = view(v, o, 4);
    const Sides s = residual_border(c).sides;
    each_padded(c, [&](Index n, Index h, Index w, Index k, Index i, Index j) {
      y(n, h, w, k) = activated(c.activation, a(n, k) * x(n, i, j, k) + b.or_else(n, k, 0)) +
                      (r.absent() ? 0 : r(n, i + s.top, j + s.left, k));
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    primitive::affine_forward_bordered<D, T>(t.x(0), t.p(1), t.p(2), c.activation,
                                             {t.x(3), residual_border(c)}, {t.x(4), border(c)});
  }
};

TEST_CASE("affine_forward_bordered on the emulated GPU: the table") {
  const auto mirrored = [](Sides sides) { return padded(1, 1, Padding::reflect, sides); };
  const auto repeated = [](Sides sides) { return padded(1, 1, Padding::edge, sides); };
  const Case cases[]{
      {.primitive = AffineBorderedOp::name,
       .x = {2, 7, 9, 3},
       .geometry = mirrored(Sides::all(1)),
       .activation = relu,
       .moments = true},
      {.primitive = AffineBorderedOp::name,
       .x = {1, 13, 11, 8},
       .geometry = mirrored(Sides::all(3)),
       .activation = leaky,
       .extra = false},
      {.primitive = AffineBorderedOp::name,
       .x = {2, 5, 5, 17},
       .geometry = repeated(Sides::all(1)),
       .activation = tanh_,
       .shared = true},
      {.primitive = AffineBorderedOp::name,
       .x = {1, 30, 31, 64},
       .geometry = repeated({1, 2, 0, 3}),
       .moments = true},
      {.primitive = AffineBorderedOp::name,
       .x = {3, 4, 6, 24},
       .geometry = mirrored({0, 1, 2, 3}),
       .activation = relu},
      {.primitive = AffineBorderedOp::name,
       .x = {1, 5, 5, 1028},
       .activation = leaky,
       .moments = true},  // the residual's border alone
      {.primitive = AffineBorderedOp::name, .x = {2, 1, 1, 8}, .geometry = repeated(Sides::all(1))},
  };
  std::uint64_t seed = 100;
  for (const Case& c : cases) {
    CAPTURE(to_string(c.x));
    check_row<CudaEmulation, AffineBorderedOp, float>(c, ++seed);
#if !defined(LIMN_TEST_ONE_TYPE)
    check_row<CudaEmulation, AffineBorderedOp, double>(c, ++seed);
    check_row<CudaEmulation, AffineBorderedOp, bfloat16>(c, ++seed);
#endif
  }
}

TEST_CASE("affine on the emulated GPU: results may take the place of an operand") {
  for (const Index channels : {17, 24}) check_affine_in_place<CudaEmulation>(channels);
}

TEST_CASE("affine on the emulated GPU: a view that is not aligned is read value by value") {
  CudaEmulation device;
  const Shape shape{1, 20, 21, 8};
  const auto values = random_values<MomentsOp>({}, {{{1, 1, 1, shape.size() + 1}}}, 5)[0];
  const std::vector<double> later(values.begin() + 1, values.end());
  const auto aligned = made<float>(device, shape, later);
  const auto view = made<float>(device, vector_shape(shape.size() + 1), values).view(1, shape);
  const Shape k = shape.per_channel();
  Tensor<CudaEmulation, float> mean[2], m2[2], y[2];
  for (const std::size_t i : {0U, 1U}) {
    const auto& x = i == 0 ? aligned : view;
    mean[i] = m2[i] = y[i] = {};
    mean[i] = {device, k};
    m2[i] = {device, k};
    y[i] = {device, shape};
    primitive::moments(x, mean[i], m2[i]);
    primitive::affine_forward(x, mean[0], m2[0], relu_activation, {}, y[i]);
  }
  CHECK(same(read(y[0]), read(y[1])));
  for (Index c = 0; c < shape.c; ++c) {
    const auto at = static_cast<std::size_t>(c);
    CHECK(read(mean[0])[at] == doctest::Approx(read(mean[1])[at]).epsilon(1e-6));
    CHECK(read(m2[0])[at] == doctest::Approx(read(m2[1])[at]).epsilon(1e-6));
  }
}

TEST_CASE("moments on the emulated GPU: a mean far larger than the deviation") {
  for (const Index channels : {5, 8}) check_far_mean<CudaEmulation>(channels, 0);  // an odd pixel
}

}  // namespace
