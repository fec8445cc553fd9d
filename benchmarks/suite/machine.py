# SPDX-License-Identifier: MIT
"""The machine: its name, how busy others keep it, and taking turns with them."""
import contextlib
import fcntl
import os
import re
import resource
import time

NOISE = 0.1                                     # processors' worth of others' work that counts as a disturbance


def cpu_info():
    with open('/proc/cpuinfo') as f:
        return dict(re.findall(r'^(model name|cpu family|model|flags)\s*: (.*)$', f.read(), re.M))


def processor():
    info = cpu_info()
    levels = [x for x in ('avx2', 'avx512f', 'avx512_bf16', 'amx_bf16') if x in info.get('flags', '').split()]
    return '%s (family %s, model %s), %d processors, %s' % (
        info.get('model name', 'unknown'), info.get('cpu family', '?'), info.get('model', '?'), os.cpu_count(),
        ' '.join(levels) or 'neither avx2 nor avx512')


def short_processor():
    info = cpu_info()
    return '%s family %s model %s' % (info.get('model name', 'unknown processor'), info.get('cpu family', '?'),
                                      info.get('model', '?'))


def total_memory():
    return os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')


def free_memory():
    with open('/proc/meminfo') as f:
        return 1024 * int(re.search(r'^MemAvailable:\s*(\d+)', f.read(), re.M).group(1))


def machine_busy():
    """seconds of processor time used by everything on this machine, with what the host took away (steal)"""
    with open('/proc/stat') as f:
        user, nice, system, _, _, irq, soft, steal = (int(x) for x in f.readline().split()[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf('SC_CLK_TCK')


def process_busy(pid):
    """seconds of processor time of a process, all its threads"""
    with open('/proc/%d/stat' % pid) as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def own_busy():
    """this process and the children that have ended"""
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Watch:
    """Others' use of the processors since it was made, in processors. `pid`: a child that is still running."""

    def __init__(self, pid=None):
        self.pid = pid
        self.start = self.now()

    def now(self):
        return time.perf_counter(), machine_busy(), own_busy() + (process_busy(self.pid) if self.pid else 0)

    def others(self):
        wall, machine, own = (b - a for a, b in zip(self.start, self.now()))
        return max(0., machine - own) / max(wall, 0.5)


class Patience:
    """A budget of seconds for waiting until the machine is quiet."""

    def __init__(self, seconds):
        self.left = seconds

    def wait(self):
        while self.left > 0:
            watch, start = Watch(), time.perf_counter()
            time.sleep(1)
            self.left -= time.perf_counter() - start
            if watch.others() < NOISE:
                return


class Turns:
    """Turns between people who measure and people who compile on one machine: two files in a folder, `gate` and
    `lock`, held with flock(1) or here. A measurement holds both, anything else shares `lock` after passing `gate`.
    Without a folder nothing is locked. A turn that was short goes on with the next measurement."""
    patience = 30                               # seconds of measuring before others are let in

    def __init__(self, folder=None):
        self.paths = [os.path.join(folder, name) for name in ('gate', 'lock')] if folder else []
        self.files, self.since = [], 0

    def take(self):
        for path in self.paths:
            f = open(path, 'a')
            self.files.append(f)
            fcntl.flock(f, fcntl.LOCK_EX)
        self.since = time.perf_counter()

    def release(self):
        while self.files:
            self.files.pop().close()

    def let_others_in(self):
        if self.files and time.perf_counter() - self.since > self.patience:
            self.release()
            time.sleep(0.1)
        if not self.files:
            self.take()

    @contextlib.contextmanager
    def alone(self):
        self.let_others_in()
        try:
            yield self
        finally:
            if time.perf_counter() - self.since > self.patience:
                self.release()

    @contextlib.contextmanager
    def beside_others(self):
        self.release()
        with contextlib.ExitStack() as stack:
            if self.paths:
                gate, lock = (stack.enter_context(open(path, 'a')) for path in self.paths)
                fcntl.flock(gate, fcntl.LOCK_EX)
                fcntl.flock(gate, fcntl.LOCK_UN)
                fcntl.flock(lock, fcntl.LOCK_SH)
            yield
