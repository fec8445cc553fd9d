// SPDX-License-Identifier: MIT
// cuBLASLt, opened at run time: a program that was built with CUDA starts without it and says in
// one sentence what it misses. The functions are those of cublasLt.h.
#pragma once

#include <cublasLt.h>
#include <dlfcn.h>

#include <memory>
#include <string>
#include <vector>

#include "limn/core/error.hpp"

namespace limn::inline v0::gpu {

/// The function table. The last of its users closes the library.
class CublasLibrary {
 public:
  /// Where it is searched: where the dynamic loader looks, then beside the CUDA toolkit.
  [[nodiscard]] static std::vector<std::string> usual_names() {
    return {"libcublasLt.so.13", "libcublasLt.so.12", "/usr/local/cuda/lib64/libcublasLt.so.13",
            "/usr/local/cuda/lib64/libcublasLt.so.12"};
  }
  /// The first of `names` that is there. Throws DeviceError where none is.
  [[nodiscard]] static std::shared_ptr<const CublasLibrary> open(
      const std::vector<std::string>& names = usual_names()) {
    std::shared_ptr<CublasLibrary> library(new CublasLibrary);
    library->load(names);
    return library;
  }
  CublasLibrary(const CublasLibrary&) = delete;
  CublasLibrary& operator=(const CublasLibrary&) = delete;
  ~CublasLibrary() {
    if (file_ != nullptr) dlclose(file_);
  }

  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtGetVersion) version = nullptr;
  decltype(&cublasLtGetStatusString) status_string = nullptr;
  decltype(&cublasLtMatmulDescCreate) create_product = nullptr;
  decltype(&cublasLtMatmulDescDestroy) destroy_product = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) set_product = nullptr;
  decltype(&cublasLtMatrixLayoutCreate) create_layout = nullptr;
  decltype(&cublasLtMatrixLayoutDestroy) destroy_layout = nullptr;
  decltype(&cublasLtMatmulPreferenceCreate) create_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceDestroy) destroy_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
  decltype(&cublasLtMatmul) multiply = nullptr;

  /// Throws DeviceError "[Cuda] cuBLASLt, WHERE: ..." for anything but success.
  void check(cublasStatus_t status, const std::string& where) const {
    if (status == CUBLAS_STATUS_SUCCESS) [[likely]]
      return;
    throw DeviceError("[Cuda] cuBLASLt, " + where + ": " + status_string(status));
  }

 private:
  CublasLibrary() = default;

  void load(const std::vector<std::string>& names) {
    std::string searched;
    for (const std::string& name : names) {
      file_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (file_ != nullptr) return resolve(name);
      searched += searched.empty() ? "" : ", ";
      searched += name;
    }
    throw DeviceError("[Cuda] cuBLASLt is not there: searched " + searched +
                      " in the system's libraries and LD_LIBRARY_PATH; install it (package "
                      "libcublas-13-0, or libcublas-12-x for CUDA 12) or set LD_LIBRARY_PATH to "
                      "its folder");
  }

  void resolve(const std::string& name) {
    symbol(create, "cublasLtCreate", name);
    symbol(destroy, "cublasLtDestroy", name);
    symbol(version, "cublasLtGetVersion", name);
    symbol(status_string, "cublasLtGetStatusString", name);
    symbol(create_product, "cublasLtMatmulDescCreate", name);
    symbol(destroy_product, "cublasLtMatmulDescDestroy", name);
    symbol(set_product, "cublasLtMatmulDescSetAttribute", name);
    symbol(create_layout, "cublasLtMatrixLayoutCreate", name);
    symbol(destroy_layout, "cublasLtMatrixLayoutDestroy", name);
    symbol(create_preference, "cublasLtMatmulPreferenceCreate", name);
    symbol(destroy_preference, "cublasLtMatmulPreferenceDestroy", name);
    symbol(set_preference, "cublasLtMatmulPreferenceSetAttribute", name);
    symbol(heuristic, "cublasLtMatmulAlgoGetHeuristic", name);
    symbol(multiply, "cublasLtMatmul", name);
  }

  template <class F>
  void symbol(F& function, const char* symbol, const std::string& name) {
    function = reinterpret_cast<F>(dlsym(file_, symbol));
    if (function == nullptr)
      throw DeviceError("[Cuda] cuBLASLt (" + name + ") has no " + symbol +
                        ": it is no complete library, install it anew");
  }

  void* file_ = nullptr;
};

}  // namespace limn::inline v0::gpu
