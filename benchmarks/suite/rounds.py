# SPDX-License-Identifier: MIT
"""Rounds: the contenders of a lane take turns, and their medians are compared."""
import statistics

from .machine import NOISE, Patience, Watch, total_memory
from .processes import Failure


def measure(contender, o, patience):
    """a measurement that nobody disturbed, as far as patience goes"""
    while True:
        patience.wait()
        watch = Watch(contender.pid)
        result = contender.measure(o)
        others = watch.others()
        result.update(contender=contender.name, others=round(others, 3), disturbed=others > NOISE)
        if not result['disturbed'] or patience.left <= 0:
            return result


class Match:
    """The rounds of one lane: `runs` and `failed` by contender. A peer that fails is reported and left out."""

    def __init__(self, lane, o, write):
        self.lane, self.o, self.write = lane, o, write
        self.patience, self.runs, self.failed = Patience(o.patience), {}, {}

    def attempt(self, contender, what):
        if contender.name in self.failed:
            return None
        try:
            return what()
        except Failure as e:
            contender.close(self.o)
            self.failed[contender.name] = str(e)
            self.runs.pop(contender.name, None)
            self.write(dict(lane=self.lane.name, contender=contender.name, failed=str(e), threads=self.o.threads))
            print('  %s: FAILED: %s' % (contender.name, e), flush=True)
            return None

    def note(self, contender, repeat, r):
        self.runs.setdefault(contender.name, []).append(r)
        self.write(dict(r, lane=self.lane.name, repeat=repeat, threads=self.o.threads))
        print('  round %d  %-58s %9.4f s%s' % (repeat + 1, contender.name, r['median_s'],
                                              '  disturbed by %.1f processors' % r['others'] if r['disturbed'] else ''),
              flush=True)

    def start(self, group):
        for c in group:
            self.attempt(c, lambda: c.prepare(self.o))
            self.attempt(c, lambda: c.start(self.o))

    def start_some(self, waiting):
        """takes from `waiting`; another one like the largest must fit into half of the memory"""
        started, peaks = [], []
        while waiting and sum(peaks) + max(peaks, default=0) < total_memory() / 2:
            started.append(waiting.pop(0))
            self.start(started[-1:])
            peaks.append(started[-1].about.get('life_peak_bytes', 0))
        return started

    def turns(self, group, repeats, hold):
        for repeat in repeats:
            for c in group:
                hold.let_others_in()
                r = self.attempt(c, lambda: measure(c, self.o, self.patience))
                if r is not None:
                    self.note(c, repeat, r)

    def play(self, group):
        turns, repeats = self.o.turns, range(self.o.repeats)
        try:
            if self.lane.mode == 'conv':        # starts in seconds
                with turns.alone() as hold:
                    self.start(group)
                    self.turns(group, repeats, hold)
            elif self.lane.mode == 'infer':
                with turns.beside_others():
                    self.start(group)
                with turns.alone() as hold:
                    self.turns(group, repeats, hold)
            else:                               # large: as many processes at a time as memory holds
                for repeat in repeats:
                    waiting = list(group)
                    while waiting:
                        with turns.beside_others():
                            started = self.start_some(waiting)
                        with turns.alone() as hold:
                            self.turns(started, [repeat], hold)
                        for c in started:
                            if c.name not in self.failed:
                                c.pause(self.o)
        finally:
            for c in group:
                c.close(self.o)


def summary(lane, group, runs, failed, o):
    quiet = {name: [r for r in rs if not r['disturbed']] for name, rs in runs.items()}
    disturbed = any(len(rs) * 2 < o.repeats for rs in quiet.values())
    counted = runs if disturbed else quiet
    middle = lambda name, key: statistics.median(r[key] for r in counted[name])
    own = middle('limn', 'median_s') if 'limn' in counted else None
    rows = []
    for c in group:
        if c.name in counted:
            seconds = middle(c.name, 'median_s')
            errors = counted[c.name][0].get('errors', {})
            rows.append(dict(name=c.name, people=c.people, median_s=seconds, ratio=seconds / own if own else None,
                             min_s=min(r['min_s'] for r in counted[c.name]), cpu_s=middle(c.name, 'cpu_s'),
                             peak_bytes=max(r['peak_bytes'] for r in counted[c.name]),
                             error=max(errors.values()) if errors else None, runs=len(counted[c.name])))
    peers = [r for r in rows if r['name'] != 'limn']
    result = dict(summary=lane.name, threads=o.threads, disturbed=disturbed, rows=rows, failed=failed,
                  at_least=lane.at_least, goal=lane.goal, most=lane.most, aim=lane.aim)
    if peers:
        strongest = min(peers, key=lambda r: r['median_s'])
        people = next((r for r in peers if r['people']), None)
        result.update(strongest=strongest['name'], ratio=strongest['ratio'],
                      people=people and people['name'], people_ratio=people and people['ratio'])
    if own:
        limn = counted['limn'][0]
        result.update(limn_s=own, peak_bytes=rows[0]['peak_bytes'], gflops=limn.get('GFLOP/s'), gflop=limn.get('GFLOP'))
    return result


def show(result):
    print('  %-58s %10s %7s %10s %9s %9s %5s' % ('', 'median s', 'ratio', 'cpu s', 'peak MB', 'error', 'runs'))
    for r in result['rows']:
        print('  %-58s %10.4f %7s %10.4f %9.0f %9s %5d' % (
            r['name'], r['median_s'], '%.2f' % r['ratio'] if r['ratio'] else '', r['cpu_s'], r['peak_bytes'] / 1e6,
            '' if r['error'] is None else '%.1e' % r['error'], r['runs']))
    mark = ' (DISTURBED: other processes were running)' if result['disturbed'] else ''
    if result.get('ratio'):
        wanted = '' if result['at_least'] is None else ', wanted %.1f, at least %.1f: %s' % (
            result['goal'], result['at_least'], 'reached' if result['ratio'] >= result['at_least'] else 'NOT REACHED')
        print('  ratio %.2f against the strongest, %s%s%s' % (result['ratio'], result['strongest'], wanted, mark))
        if result['people']:
            print('  ratio %.2f as people run it, %s' % (result['people_ratio'], result['people']))
    elif result.get('strongest'):
        print('  strongest: %s%s' % (result['strongest'], mark))
    if result['most'] is not None and result.get('peak_bytes'):
        gigabytes = result['peak_bytes'] / 1e9
        print('  peak memory %.2f GB, wanted %.2f, at most %.2f: %s' % (
            gigabytes, result['aim'], result['most'], 'reached' if gigabytes <= result['most'] else 'NOT REACHED'))


def compare_lane(lane, group, o, write):
    print('\n%s, %d threads' % (lane.name, o.threads), flush=True)
    match = Match(lane, o, write)
    match.play(group)
    if not match.runs:
        raise Failure('nobody finished lane %s' % lane.name)
    result = summary(lane, group, match.runs, match.failed, o)
    write(result)
    show(result)
    return result
