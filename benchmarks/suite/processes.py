# SPDX-License-Identifier: MIT
"""Processes that leave nothing behind, and workers that are driven through their stdin."""
import json
import os
import select
import signal
import subprocess
import tempfile
import time


class Failure(Exception):
    """Ends the run, or a contender's part in it, with one sentence."""


def first_victim():
    """if memory runs out, this process goes first"""
    try:
        with open('/proc/self/oom_score_adj', 'w') as f:
            f.write('1000')
    except OSError:
        pass


def end(process):
    """the process and whatever it started"""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def why(command, code, errors):
    lines = [line for line in errors.strip().splitlines() if line.strip()]
    reason = 'killed by signal %d%s' % (-code, ' (out of memory?)' if code == -9 else '') if code < 0 else \
        lines[-1] if lines and lines[-1].startswith('peer:') else '\n'.join(lines[-6:])
    return Failure('%s failed (%d): %s' % (' '.join(command), code, reason[-1500:]))


def run(command, environment, timeout):
    """stdout of a process of its own"""
    p = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         start_new_session=True, preexec_fn=first_victim)
    try:
        out, errors = p.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failure('%s took more than %d s' % (' '.join(command), timeout))
    finally:
        end(p)
    if p.returncode:
        raise why(command, p.returncode, errors)
    return out


class Worker:
    """A process that answers lines: see benchmarks/peers/peer.py."""

    def __init__(self, command, environment, timeout):
        self.command, self.timeout = command, timeout
        self.errors = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, start_new_session=True, preexec_fn=first_victim)
        self.pending = b''
        try:
            self.about = self.answer('READY')
        except BaseException:
            self.close()
            raise

    @property
    def pid(self):
        return self.process.pid

    def line(self, deadline):
        while b'\n' not in self.pending:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failure('%s took more than %d s' % (' '.join(self.command), self.timeout))
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                self.errors.seek(0)
                raise why(self.command, self.process.wait(), self.errors.read())
            self.pending += more
        line, self.pending = self.pending.split(b'\n', 1)
        return line.decode()

    def answer(self, word):
        deadline = time.monotonic() + self.timeout
        while True:                             # what libraries print in between is no answer
            line = self.line(deadline)
            if line.startswith(word + ' '):
                return json.loads(line[len(word):])

    def measure(self, seconds, limit):
        self.process.stdin.write(b'%g %g\n' % (seconds, limit))
        self.process.stdin.flush()
        return self.answer('RESULT')

    def close(self):
        end(self.process)
        self.errors.close()
