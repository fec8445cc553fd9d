# SPDX-License-Identifier: MIT
# Targets that look at the code instead of running it.

# limn-headers: every header compiled alone with the compilers that are there.
add_custom_target(limn-headers COMMAND "${PROJECT_SOURCE_DIR}/cmake/check_headers"
                  USES_TERMINAL VERBATIM)

# limn-docs: the API reference, in BUILD/reference/html; fails where a public symbol is not documented.
add_custom_target(limn-docs COMMAND "${PROJECT_SOURCE_DIR}/docs/reference"
                                    "${CMAKE_BINARY_DIR}/reference"
                  USES_TERMINAL VERBATIM)

# limn-compile-cost: compiles ugatit-train and the trainings in limn::ugatit once, and fails where
# one goes beyond 60 s or 1.5 GB; and what translates and does nothing else, which takes 20 s at most.
if(TARGET ugatit-train)
  set(commands)
  foreach(source examples/ugatit_train cmake/ugatit_trainings cmake/ugatit_trainings_bfloat16)
    list(APPEND commands COMMAND "${CMAKE_COMMAND}" -D "COMMANDS=${CMAKE_BINARY_DIR}/compile_commands.json"
         -D "SOURCE=${PROJECT_SOURCE_DIR}/${source}.cpp" -D "GLUE=${LIMN_GLUE_OPTIMIZATION}"
         -P "${PROJECT_SOURCE_DIR}/cmake/compile_cost.cmake")
  endforeach()
  if(TARGET limn_c)
    list(APPEND commands COMMAND "${CMAKE_COMMAND}" -D "COMMANDS=${CMAKE_BINARY_DIR}/compile_commands.json"
         -D "SOURCE=${PROJECT_SOURCE_DIR}/cmake/c_interface.cpp" -D MAX_SECONDS=20
         -P "${PROJECT_SOURCE_DIR}/cmake/compile_cost.cmake")
  endif()
  add_custom_target(limn-compile-cost ${commands} USES_TERMINAL VERBATIM)
endif()
