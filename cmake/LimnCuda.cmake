# SPDX-License-Identifier: MIT
# limn::cuda = limn::limn, the CUDA runtime (linked statically) and the headers of the CUDA toolkit
# and of cuDNN; the libraries themselves are opened when a program runs. The build and the installed
# package use this same file, so that a package can be installed where CUDA is not. Sources that
# include limn/cuda.hpp are compiled by nvcc: the user's project has CUDA among its LANGUAGES.
include_guard(GLOBAL)

# Defines limn::cuda where everything is found; else sets `missing_variable` to one sentence. In an
# installed package (IMPORTED) the target is an imported one.
function(limn_add_cuda_target missing_variable)
  set(${missing_variable} "" PARENT_SCOPE)
  if(TARGET limn::cuda)
    return()
  endif()
  find_package(CUDAToolkit 12.0 QUIET)
  find_path(LIMN_CUDNN_INCLUDE_DIR cudnn_graph.h
            HINTS ${CUDAToolkit_INCLUDE_DIRS} ENV CUDNN_PATH ENV CUDNN_ROOT PATH_SUFFIXES include
            DOC "Folder that has cudnn_graph.h")
  mark_as_advanced(LIMN_CUDNN_INCLUDE_DIR)

  set(missing)
  if(NOT TARGET CUDA::cudart_static)
    list(APPEND missing "the CUDA toolkit 12 or newer (nvcc in PATH, CUDAToolkit_ROOT, CUDA_PATH, \
/usr/local/cuda; found: '${CUDAToolkit_VERSION}')")
  elseif(NOT CUDAToolkit_NVCC_EXECUTABLE)
    list(APPEND missing "nvcc (in ${CUDAToolkit_BIN_DIR} and PATH)")
  endif()
  if(TARGET CUDA::cudart_static AND NOT EXISTS "${CUDAToolkit_INCLUDE_DIRS}/cublasLt.h"
     AND NOT EXISTS "${CUDAToolkit_LIBRARY_ROOT}/include/cublasLt.h")
    list(APPEND missing "cuBLASLt's header (cublasLt.h in ${CUDAToolkit_INCLUDE_DIRS})")
  endif()
  if(NOT LIMN_CUDNN_INCLUDE_DIR)
    list(APPEND missing "cuDNN 9's headers (cudnn_graph.h in the toolkit's include folder, \
CUDNN_PATH, CUDNN_ROOT and on the system)")
  endif()
  if(missing)
    list(JOIN missing ", " missing)
    set(${missing_variable}
        "limn::cuda needs what was not found: ${missing}; install it or set CMAKE_PREFIX_PATH."
        PARENT_SCOPE)
    return()
  endif()

  if("IMPORTED" IN_LIST ARGN)
    add_library(limn::cuda INTERFACE IMPORTED)
    set(target limn::cuda)
  else()
    add_library(limn_cuda INTERFACE)
    add_library(limn::cuda ALIAS limn_cuda)
    set(target limn_cuda)
  endif()
  target_link_libraries(${target} INTERFACE limn::limn CUDA::cudart_static ${CMAKE_DL_LIBS})
  target_include_directories(${target} SYSTEM INTERFACE "${LIMN_CUDNN_INCLUDE_DIR}")
  if("cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
    target_compile_features(${target} INTERFACE cuda_std_20)
  else() # CMake 3.25 does not know what nvcc knows
    target_compile_options(${target} INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>")
  endif()
endfunction()

# The cards' architectures that a build covers unless it is told: what the toolkit's nvcc knows of
# those in use since 2020, with code for later ones in the last.
function(limn_default_cuda_architectures result)
  execute_process(COMMAND "${CUDAToolkit_NVCC_EXECUTABLE}" --list-gpu-arch
                  OUTPUT_VARIABLE known ERROR_QUIET)
  set(architectures)
  foreach(architecture 80 86 89 90 100 120)
    if(known MATCHES "compute_${architecture}(\n|$)")
      list(APPEND architectures ${architecture}-real)
    endif()
  endforeach()
  if(architectures)
    list(POP_BACK architectures last)
    string(REPLACE "-real" "" last "${last}")
    list(APPEND architectures ${last})
  else()
    set(architectures 80)
  endif()
  set(${result} "${architectures}" PARENT_SCOPE)
endfunction()
