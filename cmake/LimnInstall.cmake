# SPDX-License-Identifier: MIT
# cmake --install: headers, and the package that find_package(limn [COMPONENTS image cuda])
# finds.
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
  install(TARGETS limn_ugatit EXPORT limnTargets)
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
