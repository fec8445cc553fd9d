# SPDX-License-Identifier: MIT
# limn of this clone: vcpkg install limn --overlay-ports=cmake/vcpkg
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features
  FEATURES
    image LIMN_IMAGE
    ugatit LIMN_UGATIT
    c LIMN_BUILD_C)
if(NOT "ugatit" IN_LIST FEATURES AND NOT "c" IN_LIST FEATURES)
  set(VCPKG_BUILD_TYPE release) # headers alone
endif()

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${features}
    -DLIMN_BUILD_EXAMPLES=OFF
    -DLIMN_BUILD_TESTS=OFF
    -DLIMN_BUILD_BENCHMARKS=OFF
    -DLIMN_CUDA=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME limn CONFIG_PATH lib/cmake/limn)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
