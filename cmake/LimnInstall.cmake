# SPDX-License-Identifier: MIT
# cmake --install: headers, what was compiled, and the packages that
# find_package(limn [COMPONENTS image cuda kernels trainer ugatit c]) and pkg-config find.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(limn_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/limn")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/limn" TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp"
                                                                           PATTERN "*.cuh")
target_include_directories(limn INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(TARGETS limn EXPORT limnTargets)
if(LIMN_KERNELS)
  install(TARGETS limn_kernels EXPORT limnTargets)
endif()
if(LIMN_UGATIT)
  install(TARGETS limn_trainer limn_ugatit EXPORT limnTargets)
endif()
if(LIMN_BUILD_C) # an export of its own: a program in C needs nothing of the rest
  install(FILES "${PROJECT_SOURCE_DIR}/include/limn.h" TYPE INCLUDE)
  install(TARGETS limn_c EXPORT limnCTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT limnCTargets NAMESPACE limn:: DESTINATION "${limn_package_dir}")
endif()
install(EXPORT limnTargets NAMESPACE limn:: DESTINATION "${limn_package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/limnConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/limnConfig.cmake"
                              INSTALL_DESTINATION "${limn_package_dir}"
                              NO_SET_AND_CHECK_MACRO)
set(limn_any_architecture)
if(NOT LIMN_KERNELS AND NOT LIMN_BUILD_C)
  set(limn_any_architecture ARCH_INDEPENDENT)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/limnConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ${limn_any_architecture})
install(FILES "${PROJECT_BINARY_DIR}/limnConfig.cmake"
              "${PROJECT_BINARY_DIR}/limnConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/LimnCuda.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/LimnExplain.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/LimnImage.cmake"
        DESTINATION "${limn_package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# pkg-config: limn, limn-image, and limn-ugatit and limn-c where they are. Where it may, the package
# knows its prefix from its own place, so that it can be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  message(STATUS "limn: no files for pkg-config: an installation folder is an absolute path.")
  return()
endif()
file(RELATIVE_PATH limn_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(limn_pc_prefix "\${pcfiledir}/${limn_pc_prefix}")
function(limn_install_pc pc_name pc_description)
  cmake_parse_arguments(PARSE_ARGV 2 pc "" "REQUIRES;CFLAGS;LIBS" "")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/limn.pc.in" "${PROJECT_BINARY_DIR}/${pc_name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${pc_name}.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()
limn_install_pc(limn "${PROJECT_DESCRIPTION}" REQUIRES eigen3 CFLAGS -pthread LIBS -pthread)
limn_install_pc(limn-image "limn with files and pictures"
                REQUIRES "limn libpng libjpeg libexif nlohmann_json")
if(LIMN_UGATIT)
  limn_install_pc(limn-ugatit "limn with its U-GAT-IT compiled for the CPU" REQUIRES limn-image
                  CFLAGS "-DLIMN_USE_KERNELS -DLIMN_USE_TRAINER -DLIMN_USE_UGATIT"
                  LIBS "-L\${libdir} -llimn_ugatit -llimn_trainer -llimn_kernels")
endif()
if(LIMN_BUILD_C)
  limn_install_pc(limn-c "limn's translations, for C" LIBS "-L\${libdir} -llimn")
endif()
