// SPDX-License-Identifier: MIT
// cuDNN's graph interface, opened at run time: a program that was built with CUDA starts without
// cuDNN and says in one sentence what it misses. The functions are those of cudnn_graph.h.
#pragma once

#include <cudnn_graph.h>
#include <dlfcn.h>

#include <memory>
#include <string>
#include <vector>

#include "limn/core/error.hpp"

namespace limn::inline v0::gpu {

/// The function table. A process has the library once, however often it is opened.
class CudnnLibrary {
 public:
  /// The oldest version that plans for a card that is not there.
  static constexpr std::size_t least_version = 90800;

  /// Where it is searched: where the dynamic loader looks, then beside the CUDA toolkit.
  [[nodiscard]] static std::vector<std::string> usual_names() {
    return {"libcudnn_graph.so.9", "libcudnn.so.9", "/usr/local/cuda/lib64/libcudnn_graph.so.9",
            "/usr/local/cuda/lib64/libcudnn.so.9"};
  }
  /// The first of `names` that is there. Throws DeviceError where none is, or one that is too old.
  [[nodiscard]] static std::shared_ptr<const CudnnLibrary> open(
      const std::vector<std::string>& names = usual_names()) {
    std::shared_ptr<CudnnLibrary> library(new CudnnLibrary);
    library->load(names);
    return library;
  }
  /// Throws DeviceError for a version that is too old; `name` is the library's file.
  static void require_version(std::size_t version, const std::string& name) {
    if (version < least_version)
      throw DeviceError("[Cuda] cuDNN " + text_of_version(version) + " (" + name +
                        ") is too old: limn needs " + text_of_version(least_version) + " or newer");
  }

  CudnnLibrary(const CudnnLibrary&) = delete;
  CudnnLibrary& operator=(const CudnnLibrary&) = delete;
  ~CudnnLibrary() {
    if (file_ != nullptr) dlclose(file_);
  }

  decltype(&cudnnGetVersion) version = nullptr;
  decltype(&cudnnGetErrorString) error_string = nullptr;
  decltype(&cudnnGetLastErrorString) last_error_string = nullptr;
  decltype(&cudnnCreate) create = nullptr;
  decltype(&cudnnDestroy) destroy = nullptr;
  decltype(&cudnnSetStream) set_stream = nullptr;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor = nullptr;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor = nullptr;
  decltype(&cudnnBackendFinalize) finalize = nullptr;
  decltype(&cudnnBackendSetAttribute) set_attribute = nullptr;
  decltype(&cudnnBackendGetAttribute) get_attribute = nullptr;
  decltype(&cudnnBackendExecute) execute = nullptr;

  /// "9.19.0"
  [[nodiscard]] std::string version_text() const { return text_of_version(version()); }

  /// What a status means, with what the library says of its last error.
  [[nodiscard]] std::string explain(cudnnStatus_t status) const {
    char last[512] = "";
    last_error_string(last, sizeof last);
    std::string text = error_string(status);
    if (last[0] != '\0') {
      text += ": ";
      text += last;
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
  }

  /// Throws DeviceError "[Cuda] cuDNN, WHERE: ..." for anything but success.
  void check(cudnnStatus_t status, const char* where) const {
    if (status == CUDNN_STATUS_SUCCESS) [[likely]]
      return;
    throw DeviceError("[Cuda] cuDNN, " + std::string(where) + ": " + explain(status));
  }

 private:
  CudnnLibrary() = default;

  [[nodiscard]] static std::string text_of_version(std::size_t v) {
    return std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." +
           std::to_string(v % 100);
  }

  void load(const std::vector<std::string>& names) {
    std::string searched;
    for (const std::string& name : names) {
      // it stays in memory: it keeps handles of other libraries until the program ends
      file_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
      if (file_ != nullptr) return resolve(name);
      searched += searched.empty() ? "" : ", ";
      searched += name;
    }
    throw DeviceError("[Cuda] cuDNN 9 is not there: searched " + searched +
                      " in the system's libraries and LD_LIBRARY_PATH; install it (package "
                      "libcudnn9-cuda-13, or for CUDA 12 libcudnn9-cuda-12) or set "
                      "LD_LIBRARY_PATH to its folder");
  }

  void resolve(const std::string& name) {
    symbol(version, "cudnnGetVersion", name);
    require_version(version(), name);
    symbol(error_string, "cudnnGetErrorString", name);
    symbol(last_error_string, "cudnnGetLastErrorString", name);
    symbol(create, "cudnnCreate", name);
    symbol(destroy, "cudnnDestroy", name);
    symbol(set_stream, "cudnnSetStream", name);
    symbol(create_descriptor, "cudnnBackendCreateDescriptor", name);
    symbol(destroy_descriptor, "cudnnBackendDestroyDescriptor", name);
    symbol(finalize, "cudnnBackendFinalize", name);
    symbol(set_attribute, "cudnnBackendSetAttribute", name);
    symbol(get_attribute, "cudnnBackendGetAttribute", name);
    symbol(execute, "cudnnBackendExecute", name);
  }

  template <class F>
  void symbol(F& function, const char* symbol, const std::string& name) {
    function = reinterpret_cast<F>(dlsym(file_, symbol));
    if (function == nullptr)
      throw DeviceError("[Cuda] cuDNN (" + name + ") has no " + symbol +
                        ": it is no complete cuDNN 9, install it anew");
  }

  void* file_ = nullptr;
};

}  // namespace limn::inline v0::gpu
