#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the losses of several runs of ugatit-train over each other, and prints how far they are apart.

    precision_curves.py --out docs/images/precision.svg "fp32=runs/fp32" "bf16=runs/bf16" [...]

Runs are folders with a log.csv of the same steps (--log-every 1 shows most). The first run is the one that the others
are compared with. Needs matplotlib.
"""
import argparse
import csv
import os
import re

import matplotlib
matplotlib.use('Agg')
matplotlib.rcParams['svg.hashsalt'] = 'limn'    # the same curves give the same file
matplotlib.rcParams['svg.fonttype'] = 'none'    # letters as letters
import matplotlib.pyplot as plt

# what is shown: columns of log.csv that are added up
TERMS = {
    'identity': ['G_identity_loss_A', 'G_identity_loss_B'],
    'cycle': ['G_recon_loss_A', 'G_recon_loss_B'],
    'adversarial (generators)': ['G_ad%s_loss_%s' % (kind, judge) for judge in ('GA', 'LA', 'GB', 'LB')
                                 for kind in ('', '_cam')],
    'CAM': ['G_cam_loss_A', 'G_cam_loss_B'],
    'discriminators': ['D_loss'],
}
COLORS = ['#1f5fa8', '#d1661c', '#8a8a8a', '#3a8f4d']


def read_log(folder):
    with open(os.path.join(folder, 'log.csv'), newline='') as f:
        rows = list(csv.DictReader(f))
    steps = [int(r['step']) for r in rows]
    return steps, {name: [sum(float(r[c]) for c in columns) for r in rows] for name, columns in TERMS.items()}


def smooth(values, width):
    """Mean over up to `width` values around each one."""
    half = width // 2
    return [sum(v) / len(v) for v in (values[max(0, i - half):i + half + 1] for i in range(len(values)))]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('runs', nargs='+', metavar='NAME=RUN')
    p.add_argument('--out', required=True, help='SVG or PNG file')
    p.add_argument('--title', default='')
    p.add_argument('--smooth', type=int, default=15, help='steps that a bold line is the mean of')
    o = p.parse_args()
    runs = [(r.split('=', 1)[0], *read_log(r.split('=', 1)[1])) for r in o.runs]
    if any(steps != runs[0][1] for _, steps, _ in runs):
        p.error('the runs have logged different steps')

    figure, axes = plt.subplots(1, len(TERMS), figsize=(3.1 * len(TERMS), 3.0))
    for axis, term in zip(axes, TERMS):
        for (name, steps, losses), color in reversed(list(zip(runs, COLORS))):
            thin = slice(None, None, max(1, len(steps) // 150))
            axis.plot(steps[thin], losses[term][thin], color=color, linewidth=0.5, alpha=0.3)
            axis.plot(steps[thin], smooth(losses[term], o.smooth)[thin], color=color, linewidth=1.5, label=name)
        axis.set_title(term, fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.25)
        axis.tick_params(labelsize=8)
        axis.set_xlabel('step', fontsize=8)
    handles, labels = axes[0].get_legend_handles_labels()
    axes[0].legend(handles[::-1], labels[::-1], fontsize=8, frameon=False)
    if o.title:
        figure.suptitle(o.title, fontsize=10)
    figure.tight_layout()
    figure.savefig(o.out, metadata={'Date': None} if o.out.endswith('.svg') else {})
    if o.out.endswith('.svg'):                  # a hundredth of a point is enough, and half the file
        with open(o.out) as f:
            text = f.read()
        with open(o.out, 'w') as f:
            f.write(re.sub(r'\d+\.\d{3,}', lambda m: '%.2f' % float(m.group()), text))

    print('%-26s %s' % ('mean of the last third', '  '.join('%12s' % name for name, _, _ in runs)))
    for term in TERMS:
        means = [sum(l[term][-len(s) // 3:]) / len(l[term][-len(s) // 3:]) for _, s, l in runs]
        print('%-26s %s' % (term, '  '.join('%12.4g' % m for m in means)) +
              ''.join('  %+.1f %%' % (100 * (m / means[0] - 1)) for m in means[1:]))


if __name__ == '__main__':
    main()
