# SPDX-License-Identifier: MIT
"""One convolution in one direction, on an input that is padded already: oneDNN, as PyTorch calls it. "compile" is a
forward with frozen weights: they are in oneDNN's own layout before it starts."""
import os

import numpy as np
import torch
from torch._inductor import config as inductor

LIMITS = dict(fp32=1e-5, bf16=1e-2)


def layer(o):
    return [int(v) for v in o.layer.split(',')]


def reference_path(o):
    return os.path.join(o.cache, 'conv-%s-%s.npz' % (o.layer.replace(',', '-'), o.direction))


def tensors(o):
    inputs, outputs, kernel, stride, size = layer(o)
    out = (size - kernel) // stride + 1
    rng = torch.Generator().manual_seed(1)
    x = torch.rand((1, inputs, size, size), generator=rng) * 2 - 1
    w = (torch.rand((outputs, inputs, kernel, kernel), generator=rng) * 2 - 1) / (inputs * kernel * kernel) ** 0.5
    return x, w, torch.rand((1, outputs, out, out), generator=rng) * 2 - 1


class Work:
    def __init__(self, o):
        torch.set_num_threads(o.threads)
        stride = layer(o)[3]
        dtype = torch.float32 if o.precision == 'fp32' else torch.bfloat16
        layout = torch.channels_last if o.layout == 'channels_last' else torch.contiguous_format
        x, w, dy = (t.to(dtype).contiguous(memory_format=layout) for t in tensors(o))
        if o.direction != 'forward':
            wanted = [o.direction == 'data', o.direction == 'weights', False]
            self.call = lambda: torch.ops.aten.convolution_backward(
                dy, x, w, None, [stride, stride], [0, 0], [1, 1], False, [0, 0], 1, wanted)[wanted.index(True)]
        elif o.kind == 'eager':
            self.call = lambda: torch.nn.functional.conv2d(x, w, None, stride)
        else:
            inductor.freezing = True
            conv = torch.nn.Conv2d(w.shape[1], w.shape[0], w.shape[2], stride, bias=False)
            conv.weight.data = w
            compiled = torch.compile(conv.eval(), dynamic=False)
            self.call = lambda: compiled(x)
        self.version, self.limits = 'PyTorch ' + torch.__version__, dict(y=LIMITS[o.precision])

    def run(self):
        with torch.no_grad():
            self.call()

    def first(self):
        with torch.no_grad():
            return dict(y=self.call().float().contiguous().numpy())


def prepare(o):
    o.kind, o.precision, o.layout = 'eager', 'fp32', 'nchw'
    if not os.path.exists(reference_path(o)):
        np.savez(reference_path(o), **Work(o).first())
    return 0


def build(o, reference):
    return Work(o)
