// SPDX-License-Identifier: MIT
// The host's memory as the range behind a card's pool, for CudaEmulation.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "limn/core/error.hpp"

namespace limn::inline v0::gpu {

/// Addresses for twice the machine's memory; pages are taken when they are first touched.
class HostRange {
 public:
  HostRange()
      : reserved_(2 * static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                  static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* range = mmap(nullptr, reserved_, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED)
      throw DeviceError("[CudaEmulation] the system refuses to reserve " +
                        std::to_string(reserved_) +
                        " bytes of addresses; is a limit on virtual memory set (ulimit -v)?");
    base_ = static_cast<std::byte*>(range);
  }
  HostRange(const HostRange&) = delete;
  HostRange& operator=(const HostRange&) = delete;
  ~HostRange() { munmap(base_, reserved_); }

  [[nodiscard]] std::byte* base() const { return base_; }
  [[nodiscard]] bool commit(std::size_t end) const { return end <= reserved_; }
  [[nodiscard]] std::string capacity() const {
    return "of " + std::to_string(reserved_) + " bytes of addresses";
  }

 private:
  std::size_t reserved_;
  std::byte* base_ = nullptr;
};

}  // namespace limn::inline v0::gpu
