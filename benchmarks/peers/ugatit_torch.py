#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""U-GAT-IT in PyTorch: the peer that limn is measured against, and the proof that it is the right one.

    ugatit_torch.py check FILE.safetensors...   replay golden runs in float64, print the worst distances
    ugatit_torch.py autocast FILE... --out T.json   replay them in bfloat16 autocast, write the losses' distances
    ugatit_torch.py --check FILE                the same as check

peer.py times what is defined here. Written for this project from the paper and from a description of the published PyTorch code; module names give the
published state_dict names, so that published checkpoints and golden files load.

Orders of work for the training step:
  published      as the published program does it: the translations are made for the discriminators, their loss flows
                 back through the generators (and that gradient is thrown away), then they are made again: 8 generator
                 passes forwards and 8 backwards, and the discriminators' weight gradients of the generator phase are
                 thrown away too.
  restructured   the same result with 6 + 6 passes and no gradient that nobody uses.
  batched        restructured, and a generator's translation and identity passes are one batch.
"""
import argparse
import json
import math
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from suite.machine import processor  # noqa: E402


# ------------------------------------------------------------------------------------------------ networks

def reflected_conv(inputs, outputs, kernel, stride, pad, bias=False):
    """The two modules that a reflection-padded convolution is."""
    return [nn.ReflectionPad2d(pad), nn.Conv2d(inputs, outputs, kernel, stride, 0, bias=bias)]


class MixedNorm(nn.Module):
    """rho * instance norm + (1 - rho) * layer norm, both with variances over N - 1, then gamma * y + beta.

    With own=True gamma and beta are parameters (LIN), else they come with the features (AdaLIN)."""

    def __init__(self, channels, own):
        super().__init__()
        self.rho = nn.Parameter(torch.full((1, channels, 1, 1), 0.0 if own else 0.9))
        if own:
            self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
            self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    @staticmethod
    def normalized(x, axes):
        mean = x.mean(dim=axes, keepdim=True)
        var = x.var(dim=axes, keepdim=True)
        return (x - mean) / torch.sqrt(var + 1e-5)

    def forward(self, x, gamma=None, beta=None):
        y = self.rho * self.normalized(x, (2, 3)) + (1 - self.rho) * self.normalized(x, (1, 2, 3))
        if gamma is None:
            return y * self.gamma + self.beta
        return y * gamma[:, :, None, None] + beta[:, :, None, None]


class Residual(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.conv_block = nn.Sequential(
            *reflected_conv(ch, ch, 3, 1, 1), nn.InstanceNorm2d(ch), nn.ReLU(True),
            *reflected_conv(ch, ch, 3, 1, 1), nn.InstanceNorm2d(ch))

    def forward(self, x):
        return x + self.conv_block(x)


class AdaptiveResidual(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.pad1, self.conv1 = reflected_conv(ch, ch, 3, 1, 1)
        self.norm1 = MixedNorm(ch, own=False)
        self.relu1 = nn.ReLU(True)
        self.pad2, self.conv2 = reflected_conv(ch, ch, 3, 1, 1)
        self.norm2 = MixedNorm(ch, own=False)

    def forward(self, x, gamma, beta):
        y = self.relu1(self.norm1(self.conv1(self.pad1(x)), gamma, beta))
        return x + self.norm2(self.conv2(self.pad2(y)), gamma, beta)


def attend(x, gap_fc, gmp_fc, weights, mix, activation):
    """Class activation map: (attended features, (N,2) logits, heatmap). `weights` are those of the two classifiers."""
    gap = F.adaptive_avg_pool2d(x, 1).flatten(1)
    gmp = F.adaptive_max_pool2d(x, 1).flatten(1)
    logits = torch.cat([gap_fc(gap), gmp_fc(gmp)], 1)
    scaled = [x * w[:, :, None, None] for w in weights]
    attended = activation(mix(torch.cat(scaled, 1)))
    return attended, logits, attended.sum(1, keepdim=True)


class Generator(nn.Module):
    def __init__(self, ch=64, blocks=4, size=256, light=True):
        super().__init__()
        self.light, mid = light, 4 * ch
        down = [*reflected_conv(3, ch, 7, 1, 3), nn.InstanceNorm2d(ch), nn.ReLU(True)]
        for c in (ch, 2 * ch):
            down += [*reflected_conv(c, 2 * c, 3, 2, 1), nn.InstanceNorm2d(2 * c), nn.ReLU(True)]
        self.DownBlock = nn.Sequential(*down, *(Residual(mid) for _ in range(blocks)))
        self.gap_fc = nn.Linear(mid, 1, bias=False)
        self.gmp_fc = nn.Linear(mid, 1, bias=False)
        self.conv1x1 = nn.Conv2d(2 * mid, mid, 1)
        self.relu = nn.ReLU(True)
        inputs = mid if light else mid * (size // 4) ** 2
        self.FC = nn.Sequential(nn.Linear(inputs, mid, bias=False), nn.ReLU(True),
                                nn.Linear(mid, mid, bias=False), nn.ReLU(True))
        self.gamma = nn.Linear(mid, mid, bias=False)
        self.beta = nn.Linear(mid, mid, bias=False)
        self.adaptive = []                      # a plain list: the names stand on the module itself
        for i in range(blocks):
            setattr(self, 'UpBlock1_%d' % (i + 1), AdaptiveResidual(mid))
            self.adaptive.append('UpBlock1_%d' % (i + 1))
        up = []
        for c in (mid, mid // 2):
            up += [nn.Upsample(scale_factor=2, mode='nearest'), *reflected_conv(c, c // 2, 3, 1, 1),
                   MixedNorm(c // 2, own=True), nn.ReLU(True)]
        self.UpBlock2 = nn.Sequential(*up, *reflected_conv(ch, 3, 7, 1, 3), nn.Tanh())

    def forward(self, x):
        x, logits, heatmap = attend(self.DownBlock(x), self.gap_fc, self.gmp_fc,
                                    (self.gap_fc.weight, self.gmp_fc.weight), self.conv1x1, self.relu)
        style = self.FC(F.adaptive_avg_pool2d(x, 1).flatten(1) if self.light else x.flatten(1))
        gamma, beta = self.gamma(style), self.beta(style)
        for name in self.adaptive:
            x = getattr(self, name)(x, gamma, beta)
        return self.UpBlock2(x), logits, heatmap


class Discriminator(nn.Module):
    """`depth` convolutions before the classifier, all but the last of them with stride 2 (published: 6 and 4)."""

    def __init__(self, ch=64, depth=6):
        super().__init__()
        sn = nn.utils.spectral_norm             # the published one: a hook in front of every forward
        layers, c = [], 3
        for i in range(depth):
            pad, conv = reflected_conv(c, ch << i, 4, 2 if i < depth - 1 else 1, 1, bias=True)
            layers += [pad, sn(conv), nn.LeakyReLU(0.2, True)]
            c = ch << i
        self.model = nn.Sequential(*layers)
        self.gap_fc = sn(nn.Linear(c, 1, bias=False))
        self.gmp_fc = sn(nn.Linear(c, 1, bias=False))
        self.conv1x1 = nn.Conv2d(2 * c, c, 1)
        self.leaky = nn.LeakyReLU(0.2, True)
        self.pad, conv = reflected_conv(c, 1, 4, 1, 1)
        self.conv = sn(conv)

    def forward(self, x):
        # the features are weighted with the weights as they are learned, not as they are normalized
        x, logits, heatmap = attend(self.model(x), self.gap_fc, self.gmp_fc,
                                    (self.gap_fc.weight_orig, self.gmp_fc.weight_orig), self.conv1x1, self.leaky)
        return self.conv(self.pad(x)), logits, heatmap


class Normalized(nn.Module):
    """What the published hook of spectral normalization computes, for compilers: its power iteration is a step of its
    own, which iterate() does in front of a forward. Inside a compiled graph the next forward would change u in place
    before the first backward has run. torch's own parametrization iterates in another order: not the same."""

    def __init__(self, layer):
        super().__init__()
        # in the order in which the hook leaves them in parameters()
        self.bias, self.weight_orig, self.stride = layer.bias, layer.weight_orig, getattr(layer, 'stride', None)
        self.register_buffer('weight_u', layer.weight_u.clone())
        self.register_buffer('weight_v', layer.weight_v.clone())

    @torch.no_grad()
    def iterate(self):
        w = self.weight_orig.reshape(self.weight_orig.shape[0], -1)
        self.weight_v = F.normalize(torch.mv(w.t(), self.weight_u), dim=0, eps=1e-12)
        self.weight_u = F.normalize(torch.mv(w, self.weight_v), dim=0, eps=1e-12)

    def forward(self, x):
        w = self.weight_orig
        w = w / torch.dot(self.weight_u, torch.mv(w.reshape(w.shape[0], -1), self.weight_v))
        return F.linear(x, w, self.bias) if self.stride is None else F.conv2d(x, w, self.bias, self.stride)


def split_spectral_norm(module):
    """Puts Normalized in the place of every layer that has the hook."""
    for name, layer in list(module.named_children()):
        if hasattr(layer, 'weight_orig'):
            setattr(module, name, Normalized(layer))
        else:
            split_spectral_norm(layer)
    return module


# ------------------------------------------------------------------------------------------------ training

ORDERS = ('published', 'restructured', 'batched')


class Training:
    """Six networks, two optimizers, and a step. `see(name, tensor)` is called with intermediate results, and
    `gradients(networks)` with the networks whose gradients an optimizer is about to use. `compiler` makes a callable
    of a network (torch.compile); `bf16` runs forwards and losses under autocast."""

    def __init__(self, size, ch, blocks=4, light=True, lr=1e-4, betas=(0.5, 0.999), weight_decay=1e-4,
                 weights=(1, 10, 10, 1000), fused=False, layout=torch.contiguous_format, compiler=None, bf16=False,
                 device='cpu'):
        gens = [Generator(ch, blocks, size, light) for _ in range(2)]
        dis = [Discriminator(ch, depth) for depth in (6, 6, 4, 4)]
        self.gens = dict(zip(('genA2B', 'genB2A'), gens))
        self.dis = dict(zip(('disGA', 'disGB', 'disLA', 'disLB'), dis))
        self.weights = weights                  # adversarial, cycle, identity, CAM
        for net in (*gens, *dis):
            net.to(device=device, memory_format=layout)
        self.device = device
        if compiler:
            dis = [split_spectral_norm(d) for d in dis]
        self.call = {name: compiler(net) if compiler else net for name, net in self.networks().items()}
        self.bf16 = bf16
        flags = dict(fused=True) if fused else {}
        adam = lambda nets: torch.optim.Adam([p for n in nets for p in n.parameters()], lr=lr, betas=betas,
                                             weight_decay=weight_decay, **flags)
        self.g_opt, self.d_opt = adam(gens), adam(dis)
        self.see = lambda name, t: None
        self.gradients = lambda nets: None

    def networks(self):
        return {**self.gens, **self.dis}

    def autocast(self):
        return torch.autocast(self.device, torch.bfloat16, enabled=self.bf16)

    def judge(self, name):
        """a discriminator as a function"""
        split = [m for m in self.dis[name].modules() if isinstance(m, Normalized)]

        def run(x):
            with torch.autocast(self.device, enabled=False):
                for m in split:
                    m.iterate()
            return self.call[name](x)
        return run

    def judges(self, of_a, of_b):
        """(name, discriminator, its picture) in the published order"""
        return [(name, self.judge('dis' + name), of_a if name[1] == 'A' else of_b) for name in ('GA', 'LA', 'GB', 'LB')]

    @staticmethod
    def towards(logits, value):
        return F.mse_loss(logits, torch.full_like(logits, value))

    def term(self, name, weight, value):
        self.see(name, value)
        return weight * value

    def discriminator_loss(self, a, b, fake_a, fake_b):
        real = [d(x) for _, d, x in self.judges(a, b)]
        fake = [d(x) for _, d, x in self.judges(fake_a, fake_b)]
        loss = 0
        for (name, _, _), r, f in zip(self.judges(a, b), real, fake):
            for i, kind, logit in ((0, 'D_ad_loss_', '_logit_'), (1, 'D_ad_cam_loss_', '_cam_logit_')):
                self.see('real' + logit + name, r[i])
                self.see('fake' + logit + name, f[i])
                loss = loss + self.term(kind + name, self.weights[0],
                                        self.towards(r[i], 1.) + self.towards(f[i], 0.))
        self.see('D_loss', loss)
        return loss

    def generator_loss(self, a, b, to_b, to_a, same_a, same_b):
        """to_b, to_a: what the generators made of a and b; same_a, same_b: of what is in their domain already"""
        cycle_a, cycle_b = self.call['genB2A'](to_b[0])[0], self.call['genA2B'](to_a[0])[0]
        for name, t in (('fake_A2B', to_b), ('fake_B2A', to_a)):
            self.see(name, t[0]), self.see(name + '_cam_logit', t[1]), self.see(name + '_heatmap', t[2])
        self.see('fake_A2A', same_a[0]), self.see('fake_B2B', same_b[0])
        self.see('fake_A2B2A', cycle_a), self.see('fake_B2A2B', cycle_b)
        adversarial, cycle, identity, cam = self.weights
        loss = 0
        for name, d, x in self.judges(to_a[0], to_b[0]):
            logit, cam_logit, _ = d(x)
            loss = loss + self.term('G_ad_loss_' + name, adversarial, self.towards(logit, 1.))
            loss = loss + self.term('G_ad_cam_loss_' + name, adversarial, self.towards(cam_logit, 1.))
        bce = lambda t, v: F.binary_cross_entropy_with_logits(t, torch.full_like(t, v))
        for name, real, back, same, fake in (('A', a, cycle_a, same_a, to_a), ('B', b, cycle_b, same_b, to_b)):
            loss = loss + self.term('G_recon_loss_' + name, cycle, F.l1_loss(back, real))
            loss = loss + self.term('G_identity_loss_' + name, identity, F.l1_loss(same[0], real))
            loss = loss + self.term('G_cam_loss_' + name, cam, bce(fake[1], 1.) + bce(same[1], 0.))
        self.see('G_loss', loss)
        return loss

    def learn(self, loss, nets, optimizer):
        loss.backward()
        self.gradients(nets)
        optimizer.step()

    def clip_rho(self):
        with torch.no_grad():
            for g in self.gens.values():
                for m in g.modules():
                    if isinstance(m, MixedNorm):
                        m.rho.clamp_(0, 1)

    def published_step(self, a, b):
        a2b, b2a = self.call['genA2B'], self.call['genB2A']
        self.d_opt.zero_grad()
        with self.autocast():
            fake_b, fake_a = a2b(a)[0], b2a(b)[0]
            d_loss = self.discriminator_loss(a, b, fake_a, fake_b)
        self.learn(d_loss, self.dis, self.d_opt)
        self.g_opt.zero_grad()
        with self.autocast():
            to_b, to_a = a2b(a), b2a(b)
            g_loss = self.generator_loss(a, b, to_b, to_a, b2a(a), a2b(b))
        self.learn(g_loss, self.gens, self.g_opt)
        self.clip_rho()
        return d_loss.item(), g_loss.item()

    def translations(self, a, b, batched):
        """(a to B, b to A) and a function that gives (a to A, b to B)"""
        a2b, b2a = self.call['genA2B'], self.call['genB2A']
        if not batched:
            return a2b(a), b2a(b), lambda: (b2a(a), a2b(b))
        (to_b, same_b), (to_a, same_a) = (zip(*(t.chunk(2) for t in net(torch.cat(pair))))
                                          for net, pair in ((a2b, (a, b)), (b2a, (b, a))))
        return to_b, to_a, lambda: (same_a, same_b)

    def restructured_step(self, a, b, batched=False):
        self.d_opt.zero_grad()
        self.g_opt.zero_grad()
        with self.autocast():
            to_b, to_a, same = self.translations(a, b, batched)
            d_loss = self.discriminator_loss(a, b, to_a[0].detach(), to_b[0].detach())
        self.learn(d_loss, self.dis, self.d_opt)
        judged = [p for d in self.dis.values() for p in d.parameters()]
        for p in judged:
            p.requires_grad_(False)
        with self.autocast():
            g_loss = self.generator_loss(a, b, to_b, to_a, *same())
        self.learn(g_loss, self.gens, self.g_opt)
        for p in judged:
            p.requires_grad_(True)
        self.clip_rho()
        return d_loss.item(), g_loss.item()

    def step(self, order):
        if order == 'published':
            return self.published_step
        return lambda a, b: self.restructured_step(a, b, order == 'batched')


# ------------------------------------------------------------------------------------------------ golden files

def golden_run(path, dtype):
    """A golden file's training with its first weights, and its tensors; both in `dtype`. (training, tensors, steps)"""
    from safetensors import safe_open
    with safe_open(path, 'pt') as f:
        meta = f.metadata()
        tensors = {k: f.get_tensor(k).to(dtype) for k in f.keys()}
    number = lambda key: float(meta[key])
    torch.set_default_dtype(dtype)
    training = Training(int(meta['img_size']), int(meta['ch']), int(meta['n_res']), meta['light'] == 'True',
                        number('lr'), (number('beta1'), number('beta2')), number('weight_decay'),
                        tuple(number(k) for k in ('adv_weight', 'cycle_weight', 'identity_weight', 'cam_weight')))
    for name, net in training.networks().items():
        prefix = 'init/%s/' % name
        net.load_state_dict({k[len(prefix):]: v for k, v in tensors.items() if k.startswith(prefix)})
    return training, tensors, int(meta['steps'])


def check(path, order):
    """Replays a golden file in float64; {group: (worst distance, its tensor, tensors compared)}."""
    training, tensors, steps = golden_run(path, torch.float64)
    used, worst = {k for k in tensors if k.startswith('init/')}, {}

    def compare(group, key, own):
        if key not in tensors:
            return
        if key in used:
            raise RuntimeError('%s was computed twice' % key)
        used.add(key)
        ref = tensors[key]
        d = float((own.detach().reshape(ref.shape) - ref).norm() / max(float(ref.norm()), 1e-12))
        old = worst.get(group, (-1., '', 0))
        worst[group] = (d, key, old[2] + 1) if not d <= old[0] else (*old[:2], old[2] + 1)

    for i in range(1, steps + 1):
        at = 'step%d/' % i
        training.see = lambda name, t: compare('losses' if 'loss' in name else 'outputs', at + name, t)
        training.gradients = lambda nets: [compare('gradients', '%sgrad/%s/%s' % (at, n, k), p.grad)
                                           for n, net in nets.items() for k, p in net.named_parameters()]
        pair = [tensors[at + k] for k in ('real_A', 'real_B')]
        used.update(at + k for k in ('real_A', 'real_B'))
        training.step(order)(*pair)
    for name, net in training.networks().items():
        for k, v in net.state_dict().items():
            compare('weights', 'after%d/%s/%s' % (steps, name, k), v)
    missed = sorted(set(tensors) - used)
    if missed:
        raise RuntimeError('%d tensors of %s were not computed: %s' % (len(missed), path, ', '.join(missed[:5])))
    return worst


def run_check(o):
    ok = True
    for path in o.files:
        for order in ORDERS:
            for group, (distance, name, count) in check(path, order).items():
                good = distance <= o.limit
                ok = ok and good
                print('%-34s %-13s %-10s %4d tensors, worst %.2e  %s%s' % (
                    os.path.basename(path), order, group, count, distance, name, '' if good else '  TOO FAR'))
    return 0 if ok else 1


def autocast_distances(path):
    """Replays a golden file as people train in bfloat16: float32 weights, networks and losses under CPU autocast,
    published order; {loss: |own - float64's| / |float64's|}."""
    from safetensors import safe_open
    with safe_open(path, 'pt') as f:
        reference = {k: f.get_tensor(k).double().item() for k in f.keys() if 'loss' in k}
    training, tensors, steps = golden_run(path, torch.float32)
    autocast = torch.autocast('cpu', torch.bfloat16)
    for net in training.networks().values():
        net.forward = autocast(net.forward)
    training.discriminator_loss = autocast(training.discriminator_loss)
    training.generator_loss = autocast(training.generator_loss)
    distances = {}

    def see(name, t):
        key = '%s/%s' % (at, name)
        if key in reference:
            ref = reference[key]
            distances[key] = float('%.4g' % (abs(t.double().item() - ref) / max(abs(ref), 1e-12)))
    training.see = see
    for i in range(1, steps + 1):
        at = 'step%d' % i
        training.step('published')(tensors[at + '/real_A'], tensors[at + '/real_B'])
    missed = sorted(set(reference) - set(distances))
    if missed:
        raise RuntimeError('%d losses of %s were not computed: %s' % (len(missed), path, ', '.join(missed[:5])))
    return distances


def run_autocast(o):
    torch.set_num_threads(1)
    table = dict(command='ugatit_torch.py autocast %s' % ' '.join(os.path.basename(p) for p in o.files),
                 torch=torch.__version__, processor=processor(),
                 files={os.path.basename(p).removesuffix('.safetensors'): autocast_distances(p) for p in o.files})
    with open(o.out, 'w') as f:
        json.dump(table, f, indent=1)
        f.write('\n')
    for name, d in table['files'].items():
        mean = math.exp(sum(math.log(max(v, 1e-12)) for v in d.values()) / len(d))
        print('%-28s %3d losses, geometric mean %.2e, worst %.2e' % (name, len(d), mean, max(d.values())))
    return 0


def main():
    argv = ['check', *sys.argv[2:]] if sys.argv[1:2] == ['--check'] else sys.argv[1:]
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = p.add_subparsers(dest='mode', required=True)
    c = modes.add_parser('check', help='replay golden files in float64')
    c.add_argument('files', nargs='+', metavar='FILE')
    c.add_argument('--limit', type=float, default=1e-6, help='largest relative distance that passes')
    a = modes.add_parser('autocast', help='replay golden files in bfloat16 autocast')
    a.add_argument('files', nargs='+', metavar='FILE')
    a.add_argument('--out', required=True, help='JSON file to write')
    o = p.parse_args(argv)
    return dict(check=run_check, autocast=run_autocast)[o.mode](o)


if __name__ == '__main__':
    sys.exit(main())
