#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/models/compat.safetensors: what the differences between the published TensorFlow and PyTorch codes of
U-GAT-IT compute, from their definitions, in double.

usage: make_compat.py    (needs numpy, safetensors; it was made with the version in its metadata)

A generator and a discriminator of a few channels, written out below with every difference as a flag, see one picture:
  gen/NAME, dis/NAME       weights, single precision, for every flag; layouts are limn's: (O,k,k,I), pictures (N,H,W,C)
  g/FLAGS/image, cam, map  what the generator gives with FLAGS on; FLAGS: torch, one of them, tensorflow, or combinations
  d/FLAGS/map, cam         likewise of the discriminator; "plain": without spectral normalization
and beside them the optimizer, the rate, and a spectral layer whose weights are as good as nothing.
"""
import os

import numpy as np
from safetensors.numpy import save_file

rng = np.random.default_rng(11)
out = {}
CH, SIZE, EPS = 2, 16, 1e-5
F = 4 * CH


def put(name, x):
    x = np.asarray(x, dtype=np.float64)
    out[name] = np.ascontiguousarray(x.reshape((1,) * (4 - x.ndim) + x.shape))


def weights(prefix, shapes):
    """Of single precision, so that the file is small; about as large as keeps features of order 1."""
    made = {}
    for name, shape in shapes.items():
        fan = np.prod(shape[1:]) if len(shape) > 1 else 4
        x = (rng.normal(size=shape) * 1.3 / np.sqrt(fan)).astype(np.float32)
        if name.endswith('.rho'):
            x = np.clip(rng.uniform(-0.2, 1.2, size=shape), 0, 1).astype(np.float32)
            x[:2] = 0.04, 1  # below the smoothing's 0.1, and at the bound
        if name.endswith('.gamma') or (name.startswith('DownBlock') and name.endswith('.weight') and len(shape) == 1):
            x = (1 + x).astype(np.float32)
        out[prefix + name] = x.reshape((1,) * (4 - x.ndim) + x.shape)
        made[name] = x.astype(np.float64)
    return made


# ---- operations

def mirrored(x, before, after):
    pads = [(0, 0), (before, after), (before, after), (0, 0)]
    return np.pad(x, pads, mode='reflect') if before or after else x


def conv(x, w, bias=None, stride=1, pad=(0, 0)):
    """y[n,i,j,o] = b[o] + sum w[o,r,s,c] X[n, i stride + r, j stride + s, c], X the mirrored picture."""
    x, k = mirrored(x, *pad), w.shape[1]
    h, wd = (x.shape[1] - k) // stride + 1, (x.shape[2] - k) // stride + 1
    y = np.zeros((x.shape[0], h, wd, w.shape[0]))
    for r in range(k):
        for s in range(k):
            part = x[:, r:r + stride * (h - 1) + 1:stride, s:s + stride * (wd - 1) + 1:stride]
            y += part @ w[:, r, s].T
    return y if bias is None else y + bias


def doubled(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def relu(x):
    return np.maximum(x, 0)


def leaky(x):
    return np.where(x > 0, x, x * float(np.float32(0.2)))


def instance_norm(x, gamma=None, beta=None):
    y = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + EPS)
    return y if gamma is None else gamma * y + beta


def layer_instance_norm(x, rho, gamma, beta, biased):
    ddof = 0 if biased else 1
    one = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), ddof=ddof, keepdims=True) + EPS)
    all_ = (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), ddof=ddof, keepdims=True) + EPS)
    return gamma * (rho * one + (1 - rho) * all_) + beta


def attended(x, p, on, normalized, activation):
    """Features and logits. normalized: None, or what the classifiers' weights are divided by for the logits."""
    average, maximum = x.mean((1, 2)), x.max((1, 2))
    if 'shared-cam' in on:
        w, b = p['fc.weight'].reshape(-1), p['fc.bias'].reshape(-1)
        if normalized:
            w = w / np.sqrt((w * w).sum())
        logits = np.stack([average @ w + b[0], maximum @ w + b[0]], 1)
        w_average = w_maximum = w + b[0]
    else:
        w_average, w_maximum = p['gap_fc.weight'].reshape(-1), p['gmp_fc.weight'].reshape(-1)
        length = (lambda w: np.sqrt((w * w).sum())) if normalized else (lambda w: 1)
        logits = np.stack([average @ w_average / length(w_average), maximum @ w_maximum / length(w_maximum)], 1)
    both = np.concatenate([x * w_average, x * w_maximum], 3)
    return activation(conv(both, p['conv1x1.weight'], p['conv1x1.bias'])), logits


# ---- networks

NORMS = ('DownBlock.2', 'DownBlock.6', 'DownBlock.10', 'DownBlock.12.conv_block.2', 'DownBlock.12.conv_block.6')
generator_shapes = {
    'fc.weight': (1, 1, 1, F), 'fc.bias': (1,), 'gap_fc.weight': (1, 1, 1, F), 'gmp_fc.weight': (1, 1, 1, F),
    'conv1x1.weight': (F, 1, 1, 2 * F), 'conv1x1.bias': (F,),
    'FC.0.weight': (F, 1, 1, F), 'FC.0.bias': (F,), 'FC.2.weight': (F, 1, 1, F), 'FC.2.bias': (F,),
    'gamma.weight': (F, 1, 1, F), 'gamma.bias': (F,), 'beta.weight': (F, 1, 1, F), 'beta.bias': (F,),
}
for name, o, k, i in (('DownBlock.1', CH, 7, 3), ('DownBlock.5', 2 * CH, 3, CH), ('DownBlock.9', F, 3, 2 * CH),
                      ('DownBlock.12.conv_block.1', F, 3, F), ('DownBlock.12.conv_block.5', F, 3, F),
                      ('UpBlock1_1.conv1', F, 3, F), ('UpBlock1_1.conv2', F, 3, F), ('UpBlock2.2', 2 * CH, 3, F),
                      ('UpBlock2.7', CH, 3, 2 * CH), ('UpBlock2.11', 3, 7, CH)):
    generator_shapes[name + '.weight'] = (o, k, k, i)
    generator_shapes[name + '.bias'] = (o,)
for name, c in zip(NORMS, (CH, 2 * CH, F, F, F)):
    generator_shapes[name + '.weight'] = generator_shapes[name + '.bias'] = (c,)
for name, c in (('UpBlock1_1.norm1', F), ('UpBlock1_1.norm2', F), ('UpBlock2.3', 2 * CH), ('UpBlock2.8', CH)):
    generator_shapes[name + '.rho'] = (c,)
    if name.startswith('UpBlock2'):
        generator_shapes[name + '.gamma'] = generator_shapes[name + '.beta'] = (c,)


def generator(p, image, on):
    def layer(name, x, stride=1, pad=1):
        return conv(x, p[name + '.weight'], p[name + '.bias'] if 'conv-bias' in on else None, stride, (pad, pad))

    def norm(name, x):
        affine = 'affine-instance-norm' in on
        return instance_norm(x, *((p[name + '.weight'], p[name + '.bias']) if affine else ()))

    def linear(name, x):
        y = x @ p[name + '.weight'].reshape(F, F).T
        return y + p[name + '.bias'] if 'linear-bias' in on else y

    def rho(name):
        r = p[name + '.rho']
        return np.clip(r - 0.1, 0, 1) if 'adalin-smoothing' in on else r

    biased = 'biased-variance' in on
    x = relu(norm('DownBlock.2', layer('DownBlock.1', image, pad=3)))
    # of an even picture the mirrored last row is not read: TensorFlow's (1 before, 0 after) is the same
    x = relu(norm('DownBlock.6', layer('DownBlock.5', x, stride=2)))
    x = relu(norm('DownBlock.10', layer('DownBlock.9', x, stride=2)))
    y = relu(norm('DownBlock.12.conv_block.2', layer('DownBlock.12.conv_block.1', x)))
    x = x + norm('DownBlock.12.conv_block.6', layer('DownBlock.12.conv_block.5', y))
    x, logits = attended(x, p, on, False, relu)
    heatmap = x.sum(3)
    style = relu(linear('FC.2', relu(linear('FC.0', x.mean((1, 2))))))
    gamma, beta = linear('gamma', style)[:, None, None], linear('beta', style)[:, None, None]
    y = relu(layer_instance_norm(layer('UpBlock1_1.conv1', x), rho('UpBlock1_1.norm1'), gamma, beta, biased))
    x = x + layer_instance_norm(layer('UpBlock1_1.conv2', y), rho('UpBlock1_1.norm2'), gamma, beta, biased)
    for conv_name, norm_name in (('UpBlock2.2', 'UpBlock2.3'), ('UpBlock2.7', 'UpBlock2.8')):
        own = [p[f'{norm_name}.{what}'] for what in ('rho', 'gamma', 'beta')]
        x = relu(layer_instance_norm(layer(conv_name, doubled(x)), *own, biased))
    return np.tanh(layer('UpBlock2.11', x, pad=3)), logits, heatmap


HALVINGS = 2
D = CH << HALVINGS
discriminator_shapes = {'fc.weight': (1, 1, 1, D), 'fc.bias': (1,), 'gap_fc.weight': (1, 1, 1, D),
                        'gmp_fc.weight': (1, 1, 1, D), 'conv1x1.weight': (D, 1, 1, 2 * D), 'conv1x1.bias': (D,),
                        'conv.weight': (1, 4, 4, D), 'conv.bias': (1,)}
for i, (o, c) in enumerate(((CH, 3), (2 * CH, CH), (D, 2 * CH))):
    discriminator_shapes[f'model.{1 + 3 * i}.weight'] = (o, 4, 4, c)
    discriminator_shapes[f'model.{1 + 3 * i}.bias'] = (o,)


def spectral(w, u, least):
    """w / sigma after one power iteration from u; lengths are at least `least`."""
    m = w.reshape(w.shape[0], -1)
    unit = lambda x: x / max(np.sqrt((x * x).sum()), least)
    v = unit(m.T @ u)
    u = unit(m @ v)
    return w / (u @ m @ v)


def discriminator(p, image, on):
    normalized = 'plain' not in on
    pad = (1, 2) if 'padding' in on else (1, 1)

    def layer(name, x, stride, pad, bias):
        w = p[name + '.weight']
        w = spectral(w, p[name + '.weight_u'], 1e-12) if normalized else w
        return conv(x, w, p[name + '.bias'] if bias else None, stride, pad)

    x = leaky(layer('model.1', image, 2, (1, 1), True))
    x = leaky(layer('model.4', x, 2, (1, 1), True))
    x = leaky(layer('model.7', x, 1, pad, True))
    x, logits = attended(x, p, on, normalized, leaky)
    return layer('conv', x, 1, pad, 'conv-bias' in on), logits


image = rng.uniform(-1, 1, (1, SIZE, SIZE, 3)).astype(np.float32)
out['image'] = image
image = image.astype(np.float64)
g = weights('gen/', generator_shapes)
networks = ('shared-cam', 'affine-instance-norm', 'conv-bias', 'linear-bias', 'biased-variance', 'adalin-smoothing')
for name, on in [('torch', ()), *((n, (n,)) for n in networks), ('tensorflow', networks)]:
    picture, cam, heatmap = generator(g, image, on)
    put(f'g/{name}/image', picture)
    put(f'g/{name}/cam', cam[:, None, None])
    put(f'g/{name}/map', heatmap[..., None])
d = weights('dis/', discriminator_shapes)
for name, w in list(d.items()):
    if name.endswith('.weight') and (name.startswith('model') or name == 'conv.weight'):
        u = rng.normal(size=w.shape[0]).astype(np.float32)  # not normalized: its length goes out
        out[f'dis/{name}_u'] = u.reshape(1, 1, 1, -1)
        d[name + '_u'] = u.astype(np.float64)
for name in ('torch', 'shared-cam', 'conv-bias', 'padding', 'plain', 'plain,shared-cam', 'shared-cam,conv-bias,padding',
             'plain,shared-cam,conv-bias,padding'):
    judged, cam = discriminator(d, image, name.split(','))
    put(f'd/{name}/map', judged)
    put(f'd/{name}/cam', cam[:, None, None])

# ---- a spectral layer whose weights are as good as nothing, with both least lengths
tiny, u = rng.normal(size=(3, 2, 2, 2)) * 3e-7, rng.normal(size=3)
u /= np.sqrt((u * u).sum())
put('tiny/weight', tiny), put('tiny/u', u)
x = rng.uniform(-1, 1, (1, 4, 4, 2))
put('tiny/x', x)
for name, least in (('torch', 1e-12), ('tensorflow', 1e-6)):
    put('tiny/' + name, conv(x, spectral(tiny, u, least)))

# ---- the optimizer: three steps, with small gradients, where epsilon is seen
B1, B2, E, LR, DECAY, STEPS = 0.5, 0.999, 1e-8, 1e-3, 0.1, 3
start, gradients = rng.normal(size=5), rng.normal(size=(STEPS, 5)) * np.array([1, 1e-3, 1e-6, 1e-8, 1e-9])
put('adam/start', start), put('adam/gradients', gradients)
for name, hat, decay in (('torch', False, DECAY), ('adam-epsilon', True, DECAY), ('adam-epsilon-no-decay', True, 0)):
    w, m, v = start.copy(), np.zeros(5), np.zeros(5)
    for t in range(1, STEPS + 1):
        grad = gradients[t - 1] + decay * w
        m, v = B1 * m + (1 - B1) * grad, B2 * v + (1 - B2) * grad * grad
        if hat:
            w = w - LR * np.sqrt(1 - B2 ** t) / (1 - B1 ** t) * m / (np.sqrt(v) + E)
        else:
            w = w - LR * (m / (1 - B1 ** t)) / (np.sqrt(v / (1 - B2 ** t)) + E)
    put('adam/' + name, w)

# ---- the rate: `--epoch 100 --decay_epoch 50`, iterations per epoch 3 and, of a run of 250 steps, 2.5
for steps in (300, 250):
    rates = []
    for step in range(steps):
        epoch = int(step * 100 // steps)
        rates.append(1e-4 if epoch < 50 else 1e-4 * (100 - epoch) / (100 - 50))
    put(f'rate/{steps}', rates)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'compat.safetensors')
save_file(out, path, metadata={'numpy': np.__version__})
print(os.path.getsize(path), 'bytes')
