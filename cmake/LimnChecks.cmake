# SPDX-License-Identifier: MIT
# Targets that look at the code instead of running it.

# limn-headers: every header compiled alone with the compilers that are there.
add_custom_target(limn-headers COMMAND "${PROJECT_SOURCE_DIR}/cmake/check_headers"
                  USES_TERMINAL VERBATIM)

# limn-compile-cost: compiles ugatit-train once and fails beyond 60 s or 1.5 GB.
if(TARGET ugatit-train)
  add_custom_target(limn-compile-cost
    COMMAND "${CMAKE_COMMAND}" -D "COMMANDS=${CMAKE_BINARY_DIR}/compile_commands.json"
            -D "SOURCE=${PROJECT_SOURCE_DIR}/examples/ugatit_train.cpp"
            -P "${PROJECT_SOURCE_DIR}/cmake/compile_cost.cmake"
    USES_TERMINAL VERBATIM)
endif()
