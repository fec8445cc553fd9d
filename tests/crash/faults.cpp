// SPDX-License-Identifier: MIT
// Preloaded into a program (LD_PRELOAD): makes its disk fail. LIMN_FAULT is CALL:ERRNO:FIRST:COUNT,
// with CALL one of write, fsync, rename, link: the FIRSTth to (FIRST+COUNT-1)th such call on a file
// in LIMN_FAULT_FOLDER fails. LIMN_FAULT_SLOW is CALL:MICROSECONDS: so much time passes in each
// such call there, so that a kill finds it under way; "log" is a write to log.csv, which then is
// two.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct Plan {
  std::string call, folder, slow_call;
  int code = 0;
  long first = 0, count = 0, slow = 0;

  Plan() {
    if (const char* name = std::getenv("LIMN_FAULT_FOLDER")) folder = name;
    if (const char* text = std::getenv("LIMN_FAULT_SLOW")) {
      const std::string all = text;
      slow_call = all.substr(0, all.find(':'));
      slow = std::atol(all.c_str() + all.find(':') + 1);
    }
    const char* text = std::getenv("LIMN_FAULT");
    if (text == nullptr) return;
    const std::string fault = text;
    const auto a = fault.find(':'), b = fault.find(':', a + 1), c = fault.find(':', b + 1);
    call = fault.substr(0, a);
    code = std::atoi(fault.c_str() + a + 1);
    first = std::atol(fault.c_str() + b + 1);
    count = std::atol(fault.c_str() + c + 1);
  }
};

const Plan& plan() {
  static const Plan p;
  return p;
}
std::atomic<long> calls{0};

bool inside(const char* path) {
  return !plan().folder.empty() && std::string_view(path).starts_with(plan().folder);
}
std::string path_of(int fd) {
  std::array<char, PATH_MAX> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return ::readlink(link.c_str(), path.data(), path.size() - 1) > 0 ? path.data() : "";
}
bool inside(int fd) { return inside(path_of(fd).c_str()); }

void linger(const char* call) {
  if (plan().slow_call == call) ::usleep(static_cast<useconds_t>(plan().slow));
}

/// Whether this call, which is on a file in the folder, is to fail; sets errno.
bool fails(const char* call) {
  linger(call);
  if (plan().call != call) return false;
  const long number = ++calls;
  if (number < plan().first || number >= plan().first + plan().count) return false;
  errno = plan().code;
  return true;
}

template <class F>
F* original(F* /*own*/, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, std::size_t bytes) {
  static auto* const real = original(&write, "write");
  if (inside(fd) && fails("write")) {
    const int code = errno;
    // as a disk does that becomes full: a part is written, the next call fails
    if (code == ENOSPC && bytes > 1 && calls == plan().first) return real(fd, data, bytes / 2);
    errno = code;
    return -1;
  }
  if (plan().slow_call == "log" && bytes > 1 && inside(fd) && path_of(fd).ends_with("log.csv")) {
    const ssize_t half = real(fd, data, bytes / 2);
    linger("log");
    return half;  // the rest is written by the next call
  }
  return real(fd, data, bytes);
}
int fsync(int fd) {
  static auto* const real = original(&fsync, "fsync");
  return inside(fd) && fails("fsync") ? -1 : real(fd);
}
int rename(const char* from, const char* to) noexcept {
  static auto* const real = original(&rename, "rename");
  return inside(to) && fails("rename") ? -1 : real(from, to);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  static auto* const real = original(&linkat, "linkat");
  return inside(to) && fails("link") ? -1 : real(from_folder, from, to_folder, to, flags);
}
}
