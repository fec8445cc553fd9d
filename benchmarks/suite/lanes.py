# SPDX-License-Identifier: MIT
"""Lanes: the names of limn-bench's benchmarks that have peers, and what is wanted of them."""
import dataclasses
import fnmatch
import re

from .processes import Failure

# conv/<layer>: input size, inputs, outputs, kernel, stride, padding, enlarged by (as in benchmarks/convolutions.cpp)
LAYERS = {
    'first7x7': (256, 3, 64, 7, 1, 3, 1), 'down1': (256, 64, 128, 3, 2, 1, 1), 'down2': (128, 128, 256, 3, 2, 1, 1),
    'res3x3_256_64': (64, 256, 256, 3, 1, 1, 1), 'cam1x1': (64, 512, 256, 1, 1, 0, 1),
    'up1': (64, 256, 128, 3, 1, 1, 2), 'up2': (128, 128, 64, 3, 1, 1, 2), 'last7x7': (256, 64, 3, 7, 1, 3, 1),
    'd_global_1': (256, 3, 64, 4, 2, 1, 1), 'd_global_2': (128, 64, 128, 4, 2, 1, 1),
    'd_global_3': (64, 128, 256, 4, 2, 1, 1), 'd_global_4': (32, 256, 512, 4, 2, 1, 1),
    'd_global_5': (16, 512, 1024, 4, 2, 1, 1), 'd_global_6': (8, 1024, 2048, 4, 1, 1, 1),
    'd_global_cam': (7, 4096, 2048, 1, 1, 0, 1), 'd_global_logit': (7, 2048, 1, 4, 1, 1, 1),
    'd_local_4': (32, 256, 512, 4, 1, 1, 1), 'd_local_cam': (31, 1024, 512, 1, 1, 0, 1),
    'd_local_logit': (31, 512, 1, 4, 1, 1, 1)}


@dataclasses.dataclass(frozen=True)
class Lane:
    """`at_least` and `goal`: of the ratio against the strongest peer; `most` and `aim`: of limn's peak memory, GB."""
    name: str
    at_least: float = None
    goal: float = None
    most: float = None
    aim: float = None

    @property
    def parts(self):
        return self.name.split('/')

    @property
    def mode(self):
        return self.parts[0]

    @property
    def precision(self):
        """the peers': bf16x3 is limn's way to fp32"""
        return 'fp32' if self.parts[-1] == 'bf16x3' else self.parts[-1]

    def check(self):
        if not re.fullmatch(r'(infer|train)/(light|full)/[0-9]+/[0-9]+/b[0-9]+/(fp32|bf16|bf16x3)', self.name) and not (
                re.fullmatch(r'conv/[^/]+/(forward|data|weights)/(fp32|bf16|bf16x3)', self.name) and self.parts[1] in LAYERS):
            raise Failure('there are no peers for lane %r; a lane is infer|train/light|full/<size>/<channels>/b<batch>/'
                          'fp32|bf16|bf16x3 or conv/<layer>/forward|data|weights/fp32|bf16|bf16x3' % self.name)
        return self


LANES = [
    Lane('conv/res3x3_256_64/forward/fp32', 2.5, 2.9), Lane('conv/res3x3_256_64/data/fp32', 2.5, 2.9),
    Lane('conv/res3x3_256_64/weights/fp32', 2.5, 2.7),
    Lane('conv/res3x3_256_64/forward/bf16', 1.2, 1.7), Lane('conv/res3x3_256_64/data/bf16', 1.2, 1.7),
    Lane('conv/res3x3_256_64/weights/bf16', 1.2, 1.7),
    Lane('infer/light/256/64/b1/fp32', 2.2, 2.7, 0.28, 0.14), Lane('infer/light/256/64/b1/bf16', 1.4, 1.8),
    Lane('infer/full/256/64/b1/fp32', 2.0, 2.4), Lane('infer/full/256/64/b1/bf16', 1.4, 1.8),
    Lane('infer/light/256/64/b8/fp32', 2.2, 2.7), Lane('infer/light/256/64/b8/bf16'),
    Lane('train/light/128/32/b1/fp32', 2.8, 3.5, 1.0, 0.8), Lane('train/light/128/32/b1/bf16'),
    Lane('train/light/256/64/b1/fp32', 2.0, 2.4, 3.5, 3.0), Lane('train/light/256/64/b1/bf16', 1.7, 2.2, 3.0, 2.6),
    Lane('train/full/256/64/b1/fp32', 1.9, 2.3, 11.5, 10.5)]
QUICK = ['conv/res3x3_256_64/*', 'infer/light/256/64/b1/*', 'train/light/128/32/b1/fp32']


def chosen(patterns):
    """the lanes that match, and names that are no pattern even if they are not in the list"""
    if not patterns:
        return LANES
    lanes = [lane for lane in LANES if any(fnmatch.fnmatchcase(lane.name, p) for p in patterns)]
    names = {lane.name for lane in lanes}
    for p in patterns:
        if any(fnmatch.fnmatchcase(n, p) for n in names):
            continue
        if any(c in p for c in '*?['):
            raise Failure('no lane matches %r: --list shows them' % p)
        lanes.append(Lane(p).check())
    return lanes
