# SPDX-License-Identifier: MIT
# Sourced by what builds (cmake/try, cmake/check, benchmarks/rebuild): sets `jobs`, how many compilers
# may run at once (LIMN_JOBS at most, else the number of cores), and prefers Ninja.
jobs=${LIMN_JOBS:-$(nproc)}
# a compiler takes up to 1.5 GB, seldom 2.5 (cmake/compile_costs); /proc may not be mounted
memory_jobs=$(awk '/^MemAvailable/ { print int($2 / 1800000) }' /proc/meminfo 2>/dev/null || true)
if [ "${memory_jobs:-$jobs}" -lt "$jobs" ]; then jobs=$memory_jobs; fi
if [ "$jobs" -lt 1 ]; then jobs=1; fi
export LIMN_JOBS=$jobs
if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=Ninja
fi
