# SPDX-License-Identifier: MIT
# Targets that look at the code instead of running it.

# limn-headers: every header compiled alone with the compilers that are there.
add_custom_target(limn-headers COMMAND "${PROJECT_SOURCE_DIR}/cmake/check_headers"
                  USES_TERMINAL VERBATIM)

# limn-docs: the API reference, in BUILD/reference/html; fails where a public symbol is not documented.
add_custom_target(limn-docs COMMAND "${PROJECT_SOURCE_DIR}/docs/reference"
                                    "${CMAKE_BINARY_DIR}/reference"
                  USES_TERMINAL VERBATIM)
