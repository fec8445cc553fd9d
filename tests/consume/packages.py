# SPDX-License-Identifier: MIT
"""The vcpkg port and the Conan recipe, as far as neither tool is needed: they are well-formed, have
the project's version, and set options that it has to values that it knows. With conan on the PATH the
recipe is loaded as well.  packages.py SOURCE BUILD"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile


def main(source, build):
    def text(*path):
        with open(os.path.join(source, *path), encoding="utf-8") as file:
            return file.read()

    version = re.search(r'#define LIMN_VERSION "(.*)"', text("include", "limn", "core", "config.hpp"))
    version = version.group(1)
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        options = set(re.findall(r"^(LIMN_\w+):", file.read(), re.M))

    port = json.loads(text("cmake", "vcpkg", "limn", "vcpkg.json"))
    assert port["name"] == "limn" and port["version"] == version, "vcpkg.json is of another version"
    portfile = text("cmake", "vcpkg", "limn", "portfile.cmake")
    mapped = dict(re.findall(r"^    (\w+) (LIMN_\w+)", portfile, re.M))
    assert set(mapped) == set(port["features"]), "portfile.cmake and vcpkg.json have other features"
    recipe = text("cmake", "conan", "conanfile.py")
    used = set(re.findall(r"LIMN_\w+", portfile + recipe)) - {"LIMN_VERSION", "LIMN_BUILD_"}
    used |= {f"LIMN_BUILD_{name}" for name in ("EXAMPLES", "TESTS", "BENCHMARKS")}
    assert used <= options, f"options that the project does not have: {used - options}"

    tree = ast.parse(recipe)
    (limn,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in limn.body
        if isinstance(node, ast.Assign)
    }
    assert set(values["options"]) == set(values["default_options"]) == set(port["features"])

    conan = shutil.which("conan")
    if conan is None:
        print("conan is not here: the recipe was parsed, not loaded")
        return
    with tempfile.TemporaryDirectory() as home:
        shown = subprocess.run(
            [conan, "inspect", os.path.join(source, "cmake", "conan"), "--format=json"],
            env=os.environ | {"CONAN_HOME": home},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        recipe = json.loads(shown)
        assert (recipe["name"], recipe["version"]) == ("limn", version), recipe
    print("conan loads the recipe")


if __name__ == "__main__":
    main(*sys.argv[1:])
