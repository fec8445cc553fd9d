#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/nn/gan_steps.safetensors: what PyTorch's double differentiation says of one step of a discriminator with
CAM and spectral normalization, under three objectives with their penalties; in double.

usage: make_gan_steps.py    (needs torch, safetensors; it was made with the version in its metadata)

Penalties as in the published TensorFlow code: lambda 10, one for the map and one for the CAM logits, of pictures mixed
per sample. The discriminator sees real, made and mixed pictures in turn, each with its own power iteration. Layouts are
limn's: pictures (N,H,W,C), weights (O,k,k,I).
"""
import os
import sys

import torch
from safetensors.torch import save_file

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '../../benchmarks/peers'))
from ugatit_torch import Discriminator  # noqa: E402

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
out = {}


def nhwc(x):
    return (x.permute(0, 2, 3, 1) if x.dim() == 4 else x).contiguous().clone()


def put(name, x):
    out[name] = nhwc(x.detach())


def fresh(weights=None):
    d = Discriminator(ch=2, depth=3).double()
    if weights is not None:
        d.load_state_dict(weights)
    return d


real, fake = torch.rand(2, 3, 16, 16) * 2 - 1, torch.rand(2, 3, 16, 16) * 2 - 1
shares, noise = torch.rand(2, 1, 1, 1), torch.rand(2, 3, 16, 16)
first = {k: v.clone() for k, v in fresh().state_dict().items()}
for name, x in (('real', real), ('fake', fake), ('shares', shares), ('noise', noise)):
    put(name, x)
for name, x in first.items():
    put('weights/' + name, x)


def logistic(x, target):
    return torch.nn.functional.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


objectives = {
    'wgan-gp': lambda r, f: f.mean() - r.mean(),
    'wgan-lp': lambda r, f: f.mean() - r.mean(),
    'hinge': lambda r, f: torch.relu(1 - r).mean() + torch.relu(1 + f).mean(),
    'dragan': lambda r, f: logistic(r, 1.) + logistic(f, 0.),
}


def penalty(kind, y, x):
    g, = torch.autograd.grad(y.sum(), x, create_graph=True)
    over = g.flatten(1).norm(dim=1) - 1
    return ((torch.relu(over) if kind == 'wgan-lp' else over) ** 2).mean()


for kind, loss in objectives.items():
    d = fresh(first).train()
    scale = 2.5  # norms around 1, so that a one-sided penalty has something to say
    on_real, on_fake = d(real), d(fake)
    total = loss(on_real[0], on_fake[0]) + loss(on_real[1], on_fake[1])
    put(kind + '/loss', total.reshape(1))
    if kind != 'hinge':
        other = fake if kind.startswith('wgan') else real + 0.5 * real.std(unbiased=False) * noise
        mixed = (real + shares * (other - real)).requires_grad_()
        logits, cam, _ = d(mixed)
        p = penalty(kind, scale * logits, mixed) + penalty(kind, scale * cam, mixed)
        put(kind + '/penalty', p.reshape(1))
        total = total + 10 * p
    total.backward()
    for name, w in d.named_parameters():
        put(kind + '/gradient/' + name, w.grad)

save_file(out, os.path.join(here, 'gan_steps.safetensors'), metadata={'torch': torch.__version__})
