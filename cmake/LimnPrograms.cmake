# SPDX-License-Identifier: MIT
# How the repository's own programs are built: our warnings, the kernels compiled once for all of
# them, executables in <build>/bin.
include_guard(GLOBAL)

# limn_add_program(NAME SOURCE... [LIBRARIES target...])
function(limn_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE limn::limn limn::kernels ${arg_LIBRARIES} limn_warnings)
endfunction()

# A package that only our own programs need: found, or one sentence.
macro(limn_need package target apt option)
  find_package(${package} CONFIG QUIET)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "${option} needs ${package}: ${package}Config.cmake was searched on the "
                        "system and in CMAKE_PREFIX_PATH and not found; install it (apt install "
                        "${apt}; cmake/setup --tests installs all) or set ${option}=OFF.")
  endif()
endmacro()
