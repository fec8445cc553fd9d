# SPDX-License-Identifier: MIT
# What the headers can be compiled into: limn::kernels, limn::trainer, limn::ugatit, and limn::c for
# programs that speak no C++.
include_guard(GLOBAL)

# presets with sanitizers optimize less: their code is several times as long
set(LIMN_KERNELS_OPTIMIZATION -O3 CACHE STRING "How limn::kernels, limn::trainer and limn::ugatit are compiled")
mark_as_advanced(LIMN_KERNELS_OPTIMIZATION)
# What glues kernels together (networks, training, programs) compiles in two thirds of the time with
# -O1, and a step takes as long: cmake/check and cmake/try ask for that.
set(LIMN_GLUE_OPTIMIZATION "" CACHE STRING "Flag for limn::trainer, limn::ugatit and examples; none: that of the kernels, the build type's")
mark_as_advanced(LIMN_GLUE_OPTIMIZATION)

# limn_add_compiled(NAME DEFINITION WANTED SOURCE...): a static library limn::NAME, whose users see
# DEFINITION.
function(limn_add_compiled name definition wanted)
  add_library(limn_${name} STATIC ${ARGN})
  add_library(limn::${name} ALIAS limn_${name})
  set_target_properties(limn_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  if(NOT wanted)
    set_target_properties(limn_${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  target_compile_options(limn_${name} PRIVATE ${LIMN_KERNELS_OPTIMIZATION})
  target_compile_definitions(limn_${name} INTERFACE ${definition})
endfunction()

# limn::kernels: the CPU's kernels, for users who build without optimization, and for quick rebuilds.
if(LIMN_UGATIT)
  set(LIMN_KERNELS ON)
endif()
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/kernels_*.cpp")
limn_add_compiled(kernels LIMN_USE_KERNELS "${LIMN_KERNELS}" ${sources})
target_link_libraries(limn_kernels PUBLIC limn)

# limn::trainer: what drives a training of any model, with its report, checkpoints and pictures, so
# that a program around networks of its own compiles those alone.
# limn::ugatit: translating and training with U-GAT-IT on the CPU, so that a program that does it
# compiles no network. Installed ones get limn::image from limnConfig.cmake.
if(TARGET limn::image)
  limn_add_compiled(trainer LIMN_USE_TRAINER "${LIMN_UGATIT}" "${PROJECT_SOURCE_DIR}/cmake/trainer.cpp")
  target_link_libraries(limn_trainer PUBLIC limn "$<BUILD_INTERFACE:limn_image>"
                                     PRIVATE "$<BUILD_INTERFACE:limn_warnings>")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/ugatit_*.cpp")
  limn_add_compiled(ugatit LIMN_USE_UGATIT "${LIMN_UGATIT}" ${sources})
  if(LIMN_GLUE_OPTIMIZATION)
    if(LIMN_BUILD_C) # but for what liblimn.so is made of, whose size is promised and tested
      list(FILTER sources EXCLUDE REGEX "/ugatit_generators\\.cpp$")
    endif()
    set_source_files_properties(${sources} "${PROJECT_SOURCE_DIR}/cmake/trainer.cpp"
                                PROPERTIES COMPILE_OPTIONS "${LIMN_GLUE_OPTIMIZATION}")
  endif()
  target_link_libraries(limn_ugatit PUBLIC limn_trainer limn_kernels "$<BUILD_INTERFACE:limn_image>"
                                    PRIVATE "$<BUILD_INTERFACE:limn_warnings>")
elseif(LIMN_UGATIT)
  message(FATAL_ERROR "LIMN_UGATIT needs limn::image: ${limn_image_missing}")
endif()

# limn::c: limn.h and the shared library behind it, which shows its own symbols and no others.
if(LIMN_BUILD_C)
  if(NOT TARGET limn::image)
    message(FATAL_ERROR "LIMN_BUILD_C needs limn::image: ${limn_image_missing} "
                        "Or set LIMN_BUILD_C=OFF.")
  endif()
  set(symbols "${PROJECT_SOURCE_DIR}/cmake/c_interface.map")
  add_library(limn_c SHARED "${PROJECT_SOURCE_DIR}/cmake/c_interface.cpp")
  add_library(limn::c ALIAS limn_c)
  set_target_properties(limn_c PROPERTIES
    OUTPUT_NAME limn EXPORT_NAME c
    VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}"
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS "${symbols}")
  target_link_libraries(limn_c PRIVATE limn_ugatit limn_warnings)
  target_link_options(limn_c PRIVATE "LINKER:--version-script=${symbols},--gc-sections,--no-undefined")
  target_include_directories(limn_c INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
endif()
