# SPDX-License-Identifier: MIT
# Targets that look at the code instead of running it.

# limn-headers: every header compiled alone with the compilers that are there.
add_custom_target(limn-headers COMMAND "${PROJECT_SOURCE_DIR}/cmake/check_headers"
                  USES_TERMINAL VERBATIM)

# limn-compile-cost: compiles both sources of ugatit-train once, the program's and that of the
# training on the CPU, and fails where one goes beyond 60 s or 1.5 GB.
if(TARGET ugatit-train)
  set(commands)
  foreach(source ugatit_train common/cpu_training)
    list(APPEND commands COMMAND "${CMAKE_COMMAND}" -D "COMMANDS=${CMAKE_BINARY_DIR}/compile_commands.json"
         -D "SOURCE=${PROJECT_SOURCE_DIR}/examples/${source}.cpp"
         -P "${PROJECT_SOURCE_DIR}/cmake/compile_cost.cmake")
  endforeach()
  add_custom_target(limn-compile-cost ${commands} USES_TERMINAL VERBATIM)
endif()
