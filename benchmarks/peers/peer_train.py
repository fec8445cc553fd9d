# SPDX-License-Identifier: MIT
"""One training step: six networks, both Adams, the clamp of rho, both losses read back. The reference is the first
step's losses and gradients: the discriminators' before any update, the generators' after the discriminators' first."""
import os

import numpy as np
import torch

from ugatit_torch import Training

# tf32: TensorFloat-32 on a GPU. bf16: what autocast costs. Eager autocast in the published order is as far away; the limits catch wrong gradients,
# like those of eager channels_last training (relative error 1.4).
LIMITS = dict(fp32=dict(losses=1e-4, dis=2e-2, gen=2e-2), tf32=dict(losses=5e-3, dis=1e-1, gen=2e-1),
              bf16=dict(losses=2e-2, dis=2e-1, gen=5e-1))
SAMPLES = 4096                                  # of a tensor's gradient


def reference_path(o):
    return os.path.join(o.cache, 'train-%s-%d-%d-b%d.npz' % (o.variant, o.size, o.channels, o.batch))


def sampled(networks):
    rows = []
    for net in networks.values():
        for p in net.parameters():
            g = p.grad.detach().contiguous().reshape(-1)
            rows.append(g[::max(1, g.numel() // SAMPLES)].float().cpu().numpy().copy())
    return np.concatenate(rows)


class Work:
    def __init__(self, o):
        torch.set_num_threads(o.threads)
        torch.manual_seed(0)
        compiler = None
        if o.kind == 'compile':
            # the discriminators need a graph per kind of input; at the usual limit of 8 Dynamo would run the rest
            # eagerly without a word, now it raises
            torch._dynamo.config.recompile_limit = 64
            torch._dynamo.config.fail_on_recompile_limit_hit = True
            # on a GPU the launches of small kernels cost most: whole graphs are captured
            mode = 'reduce-overhead' if o.graphs else None
            compiler = lambda net: torch.compile(net, dynamic=False, mode=mode)
        layout = torch.channels_last if o.layout == 'channels_last' else torch.contiguous_format
        if o.kind == 'eager' and layout is torch.channels_last and o.device == 'cpu':
            raise SystemExit('peer: eager channels_last training has wrong gradients on the CPU (InstanceNorm2d)')
        self.training = Training(o.size, o.channels, o.blocks, o.variant == 'light', fused=o.fused, layout=layout,
                                 compiler=compiler, bf16=o.precision == 'bf16', device=o.device)
        rng = torch.Generator().manual_seed(1)
        self.a, self.b = ((torch.rand((o.batch, 3, o.size, o.size), generator=rng) * 2 - 1)
                          .to(o.device).contiguous(memory_format=layout) for _ in range(2))
        self.step = self.training.step(o.order)
        self.version, self.limits = 'PyTorch ' + torch.__version__, LIMITS[o.precision]

    def run(self):
        self.step(self.a, self.b)

    def first(self):
        gradients = []
        self.training.gradients = lambda networks: gradients.append(sampled(networks))
        losses = self.step(self.a, self.b)
        self.training.gradients = lambda networks: None
        return dict(losses=np.array(losses), dis=gradients[0], gen=gradients[1])


def prepare(o):
    o.kind, o.precision, o.layout, o.order, o.fused = 'eager', 'fp32', 'nchw', 'published', False
    o.device, o.graphs = 'cpu', False
    if not os.path.exists(reference_path(o)):
        np.savez(reference_path(o), **Work(o).first())
    return 0


def build(o, reference):
    return Work(o)
