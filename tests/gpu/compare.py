#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""limn against PyTorch on the same GPU in the same run.

    tests/gpu/compare.py --bench build-gpu/bin/limn-gpu-bench [--python PYTHON] [--lane GLOB ...] [--seconds S]

Lanes: infer|train/<light|full>/256/64/b<1|8>/<tf32|bf16>. A ratio is the time, or the peak memory, of PyTorch over
limn's; the strongest PyTorch is the fastest of eager in the published order of work, and of the restructured or batched
order with torch.compile and CUDA graphs. A peer that fails is named with its last line. The last line counts lanes."""
import argparse
import fnmatch
import json
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LANES = ['%s/%s/256/64/b%d/%s' % (mode, variant, batch, precision)
         for mode in ('infer', 'train') for variant in ('light', 'full') for batch in (1, 8)
         for precision in ('tf32', 'bf16')]
WANTED = {('infer', 1): 1.6, ('infer', 8): 1.4, ('train', 1): 2.0, ('train', 8): 1.8}
EAGER = dict(infer=['--kind', 'eager'], train=['--kind', 'eager', '--order', 'published'])
COMPILED = dict(infer=[['--kind', 'compile', '--layout', 'channels_last', '--graphs'],
                       ['--kind', 'compile', '--graphs']],
                train=[['--kind', 'compile', '--order', order, '--fused', '--layout', 'channels_last', '--graphs']
                       for order in ('restructured', 'batched')])


def answer(command, seconds):
    """the JSON object in a command's last line of output, or a sentence"""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=max(1, seconds))
    except subprocess.TimeoutExpired:
        return 'not finished in %.0f s' % seconds
    except OSError as error:
        return str(error)
    lines = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).strip().splitlines() or ['no word']
    if done.returncode != 0:
        return 'exit code %d: %s' % (done.returncode, lines[-1])
    try:
        return json.loads(lines[-1])
    except ValueError:
        return 'no JSON: ' + lines[-1]


def peers(lane, o, left):
    mode, variant, size, channels, batch, precision = lane.split('/')
    peer = [o.python, os.path.join(ROOT, 'benchmarks', 'peers', 'peer.py')]
    shape = ['--variant', variant, '--size', size, '--channels', channels, '--batch', batch[1:], '--cache', o.cache]
    ready = subprocess.run([*peer, 'prepare', mode, *shape, '--threads', str(os.cpu_count())], capture_output=True,
                           text=True, timeout=max(1, left()))
    if ready.returncode != 0:
        yield 'reference', 'exit code %d: %s' % (ready.returncode, (ready.stderr.strip().splitlines() or [''])[-1])
        return
    for flags in (EAGER[mode], *COMPILED[mode]):
        yield ' '.join(flags), answer([*peer, mode, *flags, *shape, '--device', 'cuda', '--precision', precision,
                                       '--seconds', str(o.seconds)], left())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--bench', required=True)
    p.add_argument('--python', default=sys.executable, help='that has torch with CUDA')
    p.add_argument('--lane', action='append', metavar='GLOB')
    p.add_argument('--seconds', type=float, default=2)
    p.add_argument('--limit', type=float, default=450, help='seconds for everything')
    p.add_argument('--cache', default=os.path.join(ROOT, 'build-gpu', 'peers-cache'))
    o = p.parse_args()
    end = time.monotonic() + o.limit
    left = lambda: end - time.monotonic()
    torch = subprocess.run([o.python, '-c', 'import torch, sys; sys.exit(0 if torch.cuda.is_available() else 3)'],
                           capture_output=True).returncode
    if torch:
        print('PyTorch: not run: %s %s' % (o.python, 'has no torch' if torch != 3 else "'s torch sees no GPU"))
    lanes = [lane for lane in LANES if not o.lane or any(fnmatch.fnmatchcase(lane, g) for g in o.lane)]
    measured, short = 0, []
    for lane in lanes:
        if left() < 5:
            print('%-30s not run: the time is over' % lane)
            continue
        mode, variant, size, channels, batch, precision = lane.split('/')
        ours = answer([o.bench, mode, variant, size, channels, batch[1:], precision, str(o.seconds)], left())
        if isinstance(ours, str):
            print('%-30s limn: %s' % (lane, ours))
            short.append(lane)
            continue
        measured += 1
        print('%-30s limn %.3f ms, peak %.3f GB, %s' % (lane, 1e3 * ours['median_s'], 1e-9 * ours['peak_bytes'],
                                                        ours['device']))
        found = [] if torch else list(peers(lane, o, left))
        for name, theirs in found:
            if isinstance(theirs, str):
                print('  PyTorch %s: not run: %s' % (name, theirs))
            else:
                print('  PyTorch %s: %.3f ms, peak %.3f GB' % (name, 1e3 * theirs['median_s'],
                                                               1e-9 * theirs['peak_bytes']))
        times = [t for _, t in found if not isinstance(t, str)]
        if times:
            ratio = min(t['median_s'] for t in times) / ours['median_s']
            memory = times[0]['peak_bytes'] / ours['peak_bytes']
            wanted = WANTED[mode, int(batch[1:])]
            print('  ratio to the strongest %.2f (wanted %.1f), memory of the first %.2f' % (ratio, wanted, memory))
            if ratio < wanted:
                short.append(lane)
    print('%d of %d lanes measured; below what is wanted, or failed: %s' % (measured, len(lanes),
                                                                          ', '.join(short) or 'none'))
    return 1 if any(short) else 0


if __name__ == '__main__':
    sys.exit(main())
