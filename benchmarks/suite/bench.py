# SPDX-License-Identifier: MIT
"""limn-bench alone: what roofline and growth need of it, and the options that they share."""
import argparse
import datetime
import os
import re

from .contenders import environment, read_bench
from .machine import NOISE, Patience, Turns, Watch, processor
from .processes import Failure, run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def parser(doc, json_name, seconds):
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--bench', default=os.path.join(ROOT, 'build', 'bin', 'limn-bench'))
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--seconds', type=float, default=seconds, help='timed seconds per benchmark at least (default %g)' %
                   seconds)
    p.add_argument('--turns', metavar='DIR', help='take turns with others through the files gate and lock there')
    p.add_argument('--patience', type=float, default=60, help='seconds to wait for a quiet machine')
    p.add_argument('--timeout', type=int, default=1500, help='seconds for one process')
    p.add_argument('--json', default=os.path.join(ROOT, 'build', json_name))
    return p


def parse(p):
    o = p.parse_args()
    if not os.access(o.bench, os.X_OK):
        raise Failure('%s is not there: build it (cmake --build build --target limn-bench) or name it with --bench' %
                      o.bench)
    o.turns, o.quiet = Turns(o.turns), Patience(o.patience)
    return o


def about(o):
    return dict(processor=processor(), date=datetime.date.today().isoformat(), threads=o.threads)


def bench(pattern, o, hold, peaks=False, threads=None):
    """the benchmarks that match a regular expression, in one process; again if others disturbed it. `hold`: the
    turn that the caller has"""
    # one full name, as it is: limn-bench builds a model that is not in its list
    name = pattern if re.fullmatch(r'[\w/]+', pattern) else '(%s)' % pattern
    command = [o.bench, '--benchmark_filter=^%s$' % name, '--benchmark_format=json',
               '--benchmark_min_time=%g' % o.seconds, '--threads=%d' % (threads or o.threads),
               '--peaks=%s' % ('yes' if peaks else 'no')]
    while True:
        hold.let_others_in()
        o.quiet.wait()
        watch = Watch()
        found = read_bench(run(command, environment(o), o.timeout))
        others = watch.others()
        if others <= NOISE or o.quiet.left <= 0:
            break
    if not found:
        raise Failure('limn-bench has no benchmark %s' % pattern)
    for b in found:
        b.update(disturbed=others > NOISE)
    return found
