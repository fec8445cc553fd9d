# SPDX-License-Identifier: MIT
# Where a component (limn::image, limn::cuda) is not there: says why, if any target of the whole
# project links it, before CMake's own "target not found", which cannot know.
include_guard(GLOBAL)

function(limn_explain_use component sentence)
  set_property(GLOBAL PROPERTY limn_${component}_sentence "${sentence}")
  # a deferred call would look the variables up when it is made
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
                 CALL limn_search_use ${component} [[${CMAKE_SOURCE_DIR}]])")
endfunction()

function(limn_search_use component directory)
  if(TARGET limn::${component})
    return()
  endif()
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    set(linked)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      get_target_property(linked ${target} LINK_LIBRARIES)
    endif()
    get_target_property(inherited ${target} INTERFACE_LINK_LIBRARIES)
    if("limn::${component}" IN_LIST linked OR "limn::${component}" IN_LIST inherited)
      get_property(sentence GLOBAL PROPERTY limn_${component}_sentence)
      message(FATAL_ERROR "${target} links limn::${component}, which is not there. ${sentence}")
    endif()
  endforeach()
  get_property(subdirectories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(subdirectory IN LISTS subdirectories)
    limn_search_use(${component} "${subdirectory}")
  endforeach()
endfunction()
