// SPDX-License-Identifier: MIT
// Products of float matrices by cuBLASLt. Its matrices are column-major: a row-major c is its c^T,
// and c^T = op(b)^T op(a)^T, so the operands change places and nothing is transposed.
#pragma once

#include <cublasLt.h>

#include <compare>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "limn/cuda/cublas_library.hpp"
#include "limn/cuda/device.hpp"
#include "limn/cuda/matrix.hpp"

namespace limn::inline v0::gpu {

/// Handle and plans of one device.
class CublasState {
 public:
  /// Bytes that a plan may use at most.
  static constexpr std::size_t workspace = std::size_t{4} << 20;

  /// Throws DeviceError if the library is missing or does not start.
  explicit CublasState(Cuda& device) : library_(CublasLibrary::open()), maths_(device.maths()) {
    cublasLtHandle_t handle = nullptr;
    library_->check(library_->create(&handle), "starting");
    handle_ = Handle(handle, {library_.get()});
  }

  /// False if cuBLASLt has no way to compute the problem in `bytes` of workspace.
  [[nodiscard]] bool run(const MatrixProblem& problem, const float* a, const float* b, float* c,
                         const float* bias, void* memory, std::size_t bytes, cudaStream_t stream) {
    const Key key{problem, bytes, aligned_for_packs(a, b, c, bias)};
    auto found = plans_.find(key);
    if (found == plans_.end()) found = plans_.emplace(key, plan(key)).first;
    const Plan& p = found->second;
    if (!p.possible) return false;
    if (bias != nullptr) set(p.product.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    const float alpha = 1, beta = problem.accumulate ? 1.0F : 0.0F;
    library_->check(library_->multiply(handle_.get(), p.product.get(), &alpha, b, p.left.get(), a,
                                       p.right.get(), &beta, c, p.result.get(), c, p.result.get(),
                                       &p.algorithm, memory, bytes, stream),
                    text_of(problem));
    return true;
  }

 private:
  struct Key {
    MatrixProblem problem;
    std::size_t bytes;
    bool aligned;  ///< to 16 bytes, else to 4
    auto operator<=>(const Key&) const = default;
  };

  // what must be given back to the library
  struct Destroy {
    const CublasLibrary* library;
    void operator()(cublasLtHandle_t h) const { static_cast<void>(library->destroy(h)); }
    void operator()(cublasLtMatmulDesc_t d) const {
      static_cast<void>(library->destroy_product(d));
    }
    void operator()(cublasLtMatrixLayout_t l) const {
      static_cast<void>(library->destroy_layout(l));
    }
    void operator()(cublasLtMatmulPreference_t p) const {
      static_cast<void>(library->destroy_preference(p));
    }
  };
  template <class Pointer>
  using Owned = std::unique_ptr<std::remove_pointer_t<Pointer>, Destroy>;
  using Handle = Owned<cublasLtHandle_t>;
  using Layout = Owned<cublasLtMatrixLayout_t>;

  struct Plan {
    Owned<cublasLtMatmulDesc_t> product;
    Layout left, right, result;
    cublasLtMatmulAlgo_t algorithm{};
    bool possible = false;
  };

  [[nodiscard]] Plan plan(const Key& key) const {
    const MatrixProblem& q = key.problem;
    const CublasLibrary& l = *library_;
    Plan p;
    cublasLtMatmulDesc_t product = nullptr;
    l.check(l.create_product(
                &product,
                maths_ == Maths::fast ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F_PEDANTIC,
                CUDA_R_32F),
            text_of(q));
    p.product = {product, {&l}};
    set(product, CUBLASLT_MATMUL_DESC_TRANSA, q.tb ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(product, CUBLASLT_MATMUL_DESC_TRANSB, q.ta ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(product, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue(q));
    p.left = q.tb ? layout(q.k, q.n) : layout(q.n, q.k);
    p.right = q.ta ? layout(q.m, q.k) : layout(q.k, q.m);
    p.result = layout(q.n, q.m);

    cublasLtMatmulPreference_t made = nullptr;
    l.check(l.create_preference(&made), text_of(q));
    const Owned<cublasLtMatmulPreference_t> preference(made, {&l});
    prefer(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, key.bytes);
    // parts of a sum are added in workspace, in order
    prefer(made, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
           static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    const std::uint32_t alignment = key.aligned ? 16 : 4;
    for (const auto attribute :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      prefer(made, attribute, alignment);

    cublasLtMatmulHeuristicResult_t result{};
    int count = 0;
    const cublasStatus_t status =
        l.heuristic(handle_.get(), product, p.left.get(), p.right.get(), p.result.get(),
                    p.result.get(), made, 1, &result, &count);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED) return p;
    l.check(status, text_of(q));
    p.possible = count > 0 && result.state == CUBLAS_STATUS_SUCCESS;
    p.algorithm = result.algo;
    return p;
  }

  [[nodiscard]] static cublasLtEpilogue_t epilogue(const MatrixProblem& q) {
    if (q.bias) return q.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
    return q.relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT;
  }
  /// Dense, column-major.
  [[nodiscard]] Layout layout(Index rows, Index columns) const {
    cublasLtMatrixLayout_t made = nullptr;
    library_->check(library_->create_layout(&made, CUDA_R_32F, static_cast<std::uint64_t>(rows),
                                            static_cast<std::uint64_t>(columns), rows),
                    "describing a matrix");
    return {made, {library_.get()}};
  }
  template <class V>
  void set(cublasLtMatmulDesc_t product, cublasLtMatmulDescAttributes_t attribute,
           const V& value) const {
    library_->check(library_->set_product(product, attribute, &value, sizeof value),
                    "describing a product");
  }
  template <class V>
  void prefer(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,
              const V& value) const {
    library_->check(library_->set_preference(preference, attribute, &value, sizeof value),
                    "describing what is preferred");
  }
  [[nodiscard]] static std::string text_of(const MatrixProblem& q) {
    return "the product of (" + std::to_string(q.m) + "," + std::to_string(q.k) + ")" +
           (q.ta ? " transposed" : "") + " and (" + std::to_string(q.k) + "," +
           std::to_string(q.n) + ")" + (q.tb ? " transposed" : "");
  }

  std::shared_ptr<const CublasLibrary> library_;
  Maths maths_;
  Handle handle_;
  std::map<Key, Plan> plans_;
};

template <>
struct MatrixLibrary<Cuda> {
  static constexpr bool available = true;

  [[nodiscard]] static constexpr std::size_t workspace() { return CublasState::workspace; }

  /// Starts the library. Throws DeviceError if it is missing: better before a run than in it.
  static void prepare(Cuda& device) {
    if (!device.dry()) static_cast<void>(device.state<CublasState>());
  }

  [[nodiscard]] static bool run(Cuda& device, const MatrixProblem& problem, const float* a,
                                const float* b, float* c, const float* bias, void* memory,
                                std::size_t bytes) {
    return device.state<CublasState>().run(problem, a, b, c, bias, memory, bytes, device.stream());
  }
};

}  // namespace limn::inline v0::gpu
