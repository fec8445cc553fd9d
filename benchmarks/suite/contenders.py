# SPDX-License-Identifier: MIT
"""Who takes part in a lane: limn, and its peers in every configuration that may be the strongest."""
import hashlib
import json
import os

from .lanes import LAYERS
from .machine import free_memory, total_memory
from .processes import Failure, Worker, run

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEER = os.path.join(HERE, 'peers', 'peer.py')
# glibc keeps freed memory and uses huge pages: 10 to 40 % of a PyTorch training step
TUNED = {'GLIBC_TUNABLES': 'glibc.malloc.hugetlb=1', 'MALLOC_MMAP_THRESHOLD_': str(1 << 40),
         'MALLOC_TRIM_THRESHOLD_': str(1 << 40), 'MALLOC_TOP_PAD_': str(64 << 20)}


def environment(o, extra=()):
    env = {k: v for k, v in os.environ.items() if not k.startswith('TORCHINDUCTOR_')}
    for key in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'LIMN_THREADS'):
        env[key] = str(o.threads)
    env.update(CUDA_VISIBLE_DEVICES='', PYTHONDONTWRITEBYTECODE='1', **dict(extra))
    return env


class Limn:
    """limn-bench, a process per measurement."""
    name, people = 'limn', False
    about = {}

    def __init__(self, benchmark, o, flags=()):
        self.command = [o.bench, '--benchmark_filter=^%s$' % benchmark, '--benchmark_format=json',
                        '--benchmark_min_time=%g' % o.seconds, '--threads=%d' % o.threads, *flags]

    def prepare(self, o):
        pass

    def start(self, o):
        pass

    def measure(self, o):
        return self.read(run(self.command, environment(o), o.timeout))

    def pause(self, o):
        pass

    close = pause
    pid = None

    @staticmethod
    def read(out):
        found = read_bench(out)
        if len(found) != 1:
            raise Failure('limn-bench has %s such benchmark' % (len(found) or 'no'))
        return found[0]


def read_bench(out):
    """limn-bench's JSON: the counters of each benchmark"""
    result = json.loads(out) if out else dict(benchmarks=[])
    found = []
    for b in result['benchmarks']:
        if b.get('error_occurred'):
            raise Failure('%s: %s' % (b['name'], b['error_message']))
        counters = {k: v for k, v in b.items() if isinstance(v, float) and '_index' not in k}
        if 'peak_bytes' in counters:
            counters['peak_bytes'] = int(counters['peak_bytes'])
        found.append(dict(counters, name=b['name'], repeats=b['iterations'], device=result['context'].get('device')))
    return found


class Peer:
    """benchmarks/peers/peer.py. A worker stays for the next round where memory allows it."""

    def __init__(self, name, options, extra, people, o):
        self.name, self.extra, self.people, self.worker, self.about = name, extra, people, None, {}
        self.command = [o.python, PEER, *options, '--threads', str(o.threads), '--cache', o.cache]

    def prepare(self, o):
        """once per cache; one thread: beside others, OpenMP's threads would mostly wait for each other"""
        command = [self.command[0], PEER, 'prepare', *self.command[2:], '--threads', '1']
        mark = os.path.join(o.cache, 'prepared-' + hashlib.sha256(' '.join(command).encode()).hexdigest()[:16])
        if not os.path.exists(mark):
            run(command, dict(environment(o), OMP_NUM_THREADS='1'), o.timeout)
            open(mark, 'w').close()

    def start(self, o):
        if self.worker is None:
            self.worker = Worker(self.command, environment(o, self.extra), o.timeout)
            self.about = self.worker.about

    @property
    def pid(self):
        return self.worker.pid

    def measure(self, o):
        return dict(self.worker.measure(o.seconds, o.limit), **self.about)

    def pause(self, o):
        if self.about['life_peak_bytes'] > total_memory() / 3 or free_memory() < total_memory() / 3:
            self.close(o)

    def close(self, o):
        if self.worker:
            self.worker.close()
        self.worker = None


CL = ['--layout', 'channels_last']


def inference(lane, o):
    if lane.precision == 'fp32':
        kinds = [('PyTorch eager, NCHW', ['--kind', 'eager'], {}, True),
                 ('PyTorch eager, channels_last, tuned', ['--kind', 'eager', *CL], TUNED, False),
                 ('torch.compile, frozen, channels_last, tuned', ['--kind', 'compile', *CL], TUNED, False),
                 ('onnxruntime', ['--kind', 'onnxruntime'], {}, False)]
    else:                                       # onnxruntime's CPU provider has no bf16 convolution
        auto = ['--autocast']
        kinds = [('PyTorch eager, autocast, NCHW', ['--kind', 'eager', *auto], {}, True),
                 ('PyTorch eager, bf16, channels_last, tuned', ['--kind', 'eager', *CL], TUNED, False),
                 ('torch.compile, frozen, bf16, channels_last, tuned', ['--kind', 'compile', *CL], TUNED, False)]
        if o.all_peers:
            kinds.append(('torch.compile, frozen, autocast, channels_last, tuned', ['--kind', 'compile', *CL, *auto],
                          TUNED, False))
    if o.all_peers:
        kinds.append(('torch.compile, max-autotune, frozen, channels_last, tuned',
                      ['--kind', 'compile', '--max-autotune', *CL], TUNED, False))
    return kinds + [('OpenVINO', ['--kind', 'openvino'], {}, False)]


def training(lane, o):
    auto = ', autocast' if lane.precision == 'bf16' else ''
    # NCHW where eager: channels_last gives wrong gradients there on the CPU
    fast = ['--kind', 'eager', '--order', 'restructured', '--fused']
    compiled = ['--kind', 'compile', '--fused', *CL]
    published = 'PyTorch eager%s, published order' % auto
    kinds = [(published, ['--order', 'published'], {}, True),
             (published + ', tuned', ['--order', 'published'], TUNED, False),
             ('PyTorch eager%s, restructured, fused Adam, tuned' % auto, fast, TUNED, False),
             ('torch.compile%s, restructured, fused Adam, tuned' % auto, [*compiled, '--order', 'restructured'], TUNED,
              False)]
    if o.all_peers:
        kinds.append(('torch.compile%s, restructured and batched, fused Adam, tuned' % auto,
                      [*compiled, '--order', 'batched'], TUNED, False))
    if lane.parts[1] == 'full':                 # the published order keeps 24 GB, and eager ones are no stronger
        kinds = [k for k in kinds if k[1][1] == 'compile' or total_memory() > 28e9]
    return kinds


def convolution(lane, o):
    """on an input that is padded (and enlarged) already, which limn does on the way"""
    size, inputs, outputs, kernel, stride, pad, enlarged = LAYERS[lane.parts[1]]
    layer = ['--layer', '%d,%d,%d,%d,%d' % (inputs, outputs, kernel, stride, size * enlarged + 2 * pad),
             '--direction', lane.parts[2]]
    kinds = [('oneDNN in PyTorch, NCHW', [*layer, '--kind', 'eager'], {}, True),
             ('oneDNN in PyTorch, channels_last', [*layer, '--kind', 'eager', *CL], TUNED, False)]
    if lane.parts[2] == 'forward':
        kinds.append(('oneDNN in PyTorch, channels_last, weights prepared', [*layer, '--kind', 'compile', *CL], TUNED,
                      False))
    return kinds


def contenders(lane, o):
    lane.check()
    options = [lane.mode, '--precision', lane.precision]
    if lane.mode != 'conv':
        _, variant, size, channels, batch, _ = lane.parts
        options += ['--variant', variant, '--size', size, '--channels', channels, '--batch', batch[1:]]
    kinds = dict(infer=inference, train=training, conv=convolution)[lane.mode](lane, o)
    peers = [Peer(name, options + more, extra, people, o) for name, more, extra, people in kinds]
    return ([] if o.peers_only else [Limn(lane.name, o)]) + peers
