#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One peer, one configuration, one process: what benchmarks/compare starts. Alone:

    peer.py infer --kind eager|compile|openvino|onnxruntime [--variant light|full] [--precision fp32|bf16] ... --seconds 2
    peer.py train --kind eager|compile [--order published|restructured|batched] [--fused] ...                 --seconds 2
    peer.py conv  --kind eager|compile --layer INPUTS,OUTPUTS,KERNEL,STRIDE,PADDED_SIZE --direction forward   --seconds 2
    peer.py prepare MODE ...        writes what the other processes need into --cache: the reference's result, models

The reference is eager PyTorch, fp32, NCHW (training: the published order of work). A peer's first result is compared
with it: `errors` are relative L2 distances, and a peer that is further away than `limits` fails before it is timed.

Without --seconds this process is driven: it builds and runs its work, writes READY and a JSON object, and then, for
every line "SECONDS LIMIT" on stdin, makes one untimed run and timed ones until it has three of them and SECONDS, or
LIMIT seconds have passed; it answers RESULT and a JSON object.
"""
import argparse
import importlib
import json
import os
import statistics
import sys
import time


def memory_bytes(key):
    with open('/proc/self/status') as f:
        for line in f:
            if line.startswith(key + ':'):
                return 1024 * int(line.split()[1])
    raise RuntimeError('/proc/self/status has no ' + key)


def forget_peak():
    """From here on VmHWM leaves out what compilers and other preparations held."""
    with open('/proc/self/clear_refs', 'w') as f:
        f.write('5')


def card(o):
    """Makes the GPU what the options say; a function that waits for it, and one that gives its peak in bytes."""
    import torch
    if not torch.cuda.is_available():
        raise SystemExit('peer: PyTorch sees no GPU')
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = o.precision == 'tf32'
    torch.backends.cudnn.benchmark = True
    return torch.cuda.synchronize, torch.cuda.max_memory_reserved


def measure(run, seconds, limit, peak=lambda: memory_bytes('VmHWM')):
    start = time.perf_counter()
    run()
    times, cpu = [], time.process_time()
    while not times or (time.perf_counter() - start < limit and (len(times) < 3 or sum(times) < seconds)):
        t = time.perf_counter()
        run()
        times.append(time.perf_counter() - t)
    return dict(median_s=statistics.median(times), min_s=min(times), repeats=len(times),
                cpu_s=(time.process_time() - cpu) / len(times), peak_bytes=peak())


def distances(result, reference):
    import numpy as np
    errors = {}
    for key in reference.files:
        if key not in result:
            continue
        got, want = (np.asarray(v, dtype=np.float64).ravel() for v in (result[key], reference[key]))
        if got.shape != want.shape or not np.isfinite(got).all():
            raise SystemExit('peer: %s is not finite or has the wrong size' % key)
        errors[key] = float(np.linalg.norm(got - want) / np.linalg.norm(want))
    return errors


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('mode', choices=['infer', 'train', 'conv', 'prepare'])
    p.add_argument('what', nargs='?', choices=['infer', 'train', 'conv'], help='of prepare')
    p.add_argument('--kind', choices=['eager', 'compile', 'openvino', 'onnxruntime'], default='eager')
    p.add_argument('--variant', choices=['light', 'full'], default='light')
    p.add_argument('--size', type=int, default=256)
    p.add_argument('--channels', type=int, default=64)
    p.add_argument('--blocks', type=int, default=4)
    p.add_argument('--batch', type=int, default=1)
    p.add_argument('--precision', choices=['fp32', 'tf32', 'bf16'], default='fp32')
    p.add_argument('--device', choices=['cpu', 'cuda'], default='cpu', help='infer and train; the reference is of the CPU')
    p.add_argument('--graphs', action='store_true', help='compile: mode reduce-overhead, which captures CUDA graphs')
    p.add_argument('--layout', choices=['nchw', 'channels_last'], default='nchw')
    p.add_argument('--autocast', action='store_true', help='infer, bf16: autocast instead of bf16 weights')
    p.add_argument('--max-autotune', action='store_true', help='infer, compile')
    p.add_argument('--order', choices=['published', 'restructured', 'batched'], default='published')
    p.add_argument('--fused', action='store_true', help="train: PyTorch's fused Adam")
    p.add_argument('--layer', help='conv: input channels, output channels, kernel, stride, padded input size')
    p.add_argument('--direction', choices=['forward', 'data', 'weights'], default='forward')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--cache', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'build',
                                                   'peers-cache'))
    p.add_argument('--seconds', type=float, help='measure at once, for at least as long')
    o = p.parse_args()
    if (o.mode == 'prepare') != (o.what is not None):
        p.error('prepare needs a mode, and nothing else takes one')
    if o.device == 'cuda' and (o.mode == 'conv' or o.kind not in ('eager', 'compile')):
        p.error('--device cuda is for infer and train of PyTorch')
    if o.precision == 'tf32' and o.device != 'cuda':
        p.error('--precision tf32 is for --device cuda')
    return o


def main():
    o = options()
    os.makedirs(o.cache, exist_ok=True)
    # before torch is imported; its compile workers would go on using the processors
    os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', os.path.join(os.path.abspath(o.cache), 'inductor'))
    os.environ.setdefault('TORCHINDUCTOR_COMPILE_THREADS', '1')
    module = importlib.import_module('peer_' + (o.what or o.mode))
    if o.mode == 'prepare':
        return module.prepare(o)
    import numpy as np
    start = time.perf_counter()
    reference = np.load(module.reference_path(o))
    wait, peak = card(o) if o.device == 'cuda' else (lambda: None, lambda: memory_bytes('VmHWM'))
    work = module.build(o, reference)

    def run():
        work.run()
        wait()
    errors = distances(work.first(), reference)
    limits = work.limits
    far = {k: e for k, e in errors.items() if not e <= limits[k]}
    if far:
        raise SystemExit('peer: too far from eager fp32 NCHW: %s, allowed %s' % (far, limits))
    run()
    about = dict(errors=errors, start_s=time.perf_counter() - start, life_peak_bytes=memory_bytes('VmHWM'),
                 version=work.version)
    if o.seconds is not None:
        forget_peak()
        print(json.dumps(dict(about, **measure(run, o.seconds, 600, peak))))
        return 0
    print('READY', json.dumps(about), flush=True)
    for line in sys.stdin:
        seconds, limit = map(float, line.split())
        forget_peak()
        print('RESULT', json.dumps(measure(run, seconds, limit, peak)), flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
