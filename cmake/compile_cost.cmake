# SPDX-License-Identifier: MIT
# Time and peak memory of compiling one source, with the very command of the build; fails beyond
# MAX_SECONDS or MAX_MEGABYTES.
#   cmake -D COMMANDS=build/compile_commands.json -D SOURCE=FILE [-D GLUE=-O1] -P compile_cost.cmake
# GLUE is a flag that is left out.
cmake_minimum_required(VERSION 3.25)
if(NOT DEFINED MAX_SECONDS)
  set(MAX_SECONDS 60)
endif()
if(NOT DEFINED MAX_MEGABYTES)
  set(MAX_MEGABYTES 1500)
endif()
find_program(TIME time PATHS /usr/bin NO_DEFAULT_PATH)
if(NOT TIME)
  message(FATAL_ERROR "GNU time is not at /usr/bin/time: install the package time.")
endif()

file(READ "${COMMANDS}" commands)
string(JSON count LENGTH "${commands}")
set(command)
math(EXPR last "${count} - 1")
foreach(i RANGE ${last})
  string(JSON file GET "${commands}" ${i} file)
  if(file STREQUAL SOURCE)
    string(JSON command GET "${commands}" ${i} command)
    string(JSON directory GET "${commands}" ${i} directory)
  endif()
endforeach()
if(NOT command)
  message(FATAL_ERROR "${COMMANDS} has no command for ${SOURCE}.")
endif()

# as users compile it, not as cmake/check does
if(GLUE)
  string(REPLACE " ${GLUE} " " " command "${command}")
endif()

# The last -o wins: the build's own object stays. Judged is the processor's time, which is the time
# that passes where nothing else runs; a slow moment of a shared machine is measured again, and the
# better one counts.
set(number "([0-9]+)\\.([0-9]+)")
foreach(turn RANGE 1 2)
  execute_process(COMMAND "${TIME}" -f "%e %U %S %M" sh -c "${command} -o /dev/null"
                  WORKING_DIRECTORY "${directory}" RESULT_VARIABLE failed ERROR_VARIABLE output)
  if(failed OR NOT output MATCHES "${number} ${number} ${number} ([0-9]+)\n$")
    message(FATAL_ERROR "compiling ${SOURCE} failed:\n${output}")
  endif()
  set(elapsed "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
  math(EXPR megabytes "(${CMAKE_MATCH_7} * 1024 + 999999) / 1000000") # GNU time counts KiB
  math(EXPR turn_seconds "${CMAKE_MATCH_3} + ${CMAKE_MATCH_5} + 1") # rounded up
  if(turn EQUAL 1 OR turn_seconds LESS seconds)
    set(seconds ${turn_seconds})
  endif()
  if(NOT seconds GREATER MAX_SECONDS)
    break()
  endif()
endforeach()
message("compile ${SOURCE}: ${elapsed} s elapsed, "
        "${seconds} s of a processor (limit ${MAX_SECONDS} s), "
        "${megabytes} MB (limit ${MAX_MEGABYTES} MB)")
if(seconds GREATER MAX_SECONDS OR megabytes GREATER MAX_MEGABYTES)
  message(FATAL_ERROR "compiling ${SOURCE} costs more than its limit.")
endif()
