# SPDX-License-Identifier: MIT
"""limn of this clone: conan create cmake/conan [-o ugatit=True] [-o c=True]"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class Limn(ConanFile):
    name = "limn"
    license = "MIT"
    description = "Header-only C++20 library for generative image translation"
    package_type = "unknown"  # headers, and libraries where they are asked for
    settings = "os", "arch", "compiler", "build_type"
    options = {"image": [True, False], "ugatit": [True, False], "c": [True, False]}
    default_options = {"image": True, "ugatit": False, "c": False}

    def _source(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        config = load(self, os.path.join(self._source(), "include", "limn", "core", "config.hpp"))
        self.version = re.search(r'#define LIMN_VERSION "([0-9.]+)"', config).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*"):
            copy(self, pattern, self._source(), self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("eigen/3.4.0", transitive_headers=True)
        if self.options.image:
            for reference in (
                "libexif/0.6.24",
                "libjpeg/9e",
                "libpng/[>=1.6 <2]",
                "nlohmann_json/[>=3.11 <4]",
            ):
                self.requires(reference, transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)
        if (self.options.ugatit or self.options.c) and not self.options.image:
            raise ConanInvalidConfiguration("limn: ugatit and c read files: they need image=True")

    def generate(self):
        toolchain = CMakeToolchain(self)
        for option in ("EXAMPLES", "TESTS", "BENCHMARKS"):
            toolchain.cache_variables[f"LIMN_BUILD_{option}"] = False
        toolchain.cache_variables["LIMN_CUDA"] = "OFF"
        toolchain.cache_variables["LIMN_IMAGE"] = "ON" if self.options.image else "OFF"
        toolchain.cache_variables["LIMN_UGATIT"] = bool(self.options.ugatit)
        toolchain.cache_variables["LIMN_BUILD_C"] = bool(self.options.c)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_id(self):
        if not self.info.options.ugatit and not self.info.options.c:
            self.info.clear()

    def package_info(self):
        # limnConfig.cmake knows the targets better than a generated file could
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "limn")]
        self.cpp_info.libs = []
