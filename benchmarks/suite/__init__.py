# SPDX-License-Identifier: MIT
"""What the scripts of this folder share: the machine, processes, lanes, contenders, rounds."""
