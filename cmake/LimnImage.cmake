# SPDX-License-Identifier: MIT
# limn::image = limn::limn and the libraries for files and pictures. The build and the installed
# package use this same file, so that a package can be installed where those libraries are not.
include_guard(GLOBAL)

# Defines limn::image where everything is found; else sets `missing_variable` to one sentence. In an
# installed package (IMPORTED) the target is an imported one.
function(limn_add_image_target missing_variable)
  set(${missing_variable} "" PARENT_SCOPE)
  if(TARGET limn::image)
    return()
  endif()
  find_package(PNG QUIET)
  find_package(JPEG QUIET)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json QUIET CONFIG)
  endif()
  find_path(LIMN_EXIF_INCLUDE_DIR libexif/exif-data.h DOC "Folder that has libexif/exif-data.h")
  find_library(LIMN_EXIF_LIBRARY exif DOC "libexif")
  mark_as_advanced(LIMN_EXIF_INCLUDE_DIR LIMN_EXIF_LIBRARY)

  set(missing)
  set(packages)
  if(NOT TARGET PNG::PNG)
    list(APPEND missing "libpng (png.h)")
    list(APPEND packages libpng-dev)
  endif()
  if(NOT TARGET JPEG::JPEG)
    list(APPEND missing "libjpeg (jpeglib.h)")
    list(APPEND packages libjpeg-dev)
  endif()
  if(NOT LIMN_EXIF_INCLUDE_DIR OR NOT LIMN_EXIF_LIBRARY)
    list(APPEND missing "libexif (libexif/exif-data.h)")
    list(APPEND packages libexif-dev)
  endif()
  if(NOT TARGET nlohmann_json::nlohmann_json)
    list(APPEND missing "nlohmann-json (nlohmann_jsonConfig.cmake)")
    list(APPEND packages nlohmann-json3-dev)
  endif()
  if(missing)
    list(JOIN missing ", " missing)
    list(JOIN packages " " packages)
    set(${missing_variable}
        "limn::image needs what was not found on the system or in CMAKE_PREFIX_PATH: ${missing}; \
install it (apt install ${packages}) or set CMAKE_PREFIX_PATH."
        PARENT_SCOPE)
    return()
  endif()

  if("IMPORTED" IN_LIST ARGN)
    add_library(limn::image INTERFACE IMPORTED)
    set(target limn::image)
  else()
    add_library(limn_image INTERFACE)
    add_library(limn::image ALIAS limn_image)
    set(target limn_image)
  endif()
  target_link_libraries(${target} INTERFACE limn::limn PNG::PNG JPEG::JPEG
                        nlohmann_json::nlohmann_json "${LIMN_EXIF_LIBRARY}")
  target_include_directories(${target} SYSTEM INTERFACE "${LIMN_EXIF_INCLUDE_DIR}")
endfunction()
