#!/usr/bin/env python3
"""GNU parallel runs a step for many repositories, and jobs, background
processes and parallel itself are killed meanwhile. Each is done once."""

import collections
import os
import random
import signal
import subprocess
import threading

import engines
import harness

RUNS = int(os.environ.get("RUNS", "1000"))
KILLS = RUNS // 4


def processes():
    """pid: parent, name."""
    found = {}
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                with open("/proc/%s/stat" % pid) as f:
                    text = f.read()
            except OSError:
                continue
            name = text[text.index("(") + 1:text.rindex(")")]
            found[int(pid)] = (int(text[text.rindex(")"):].split()[2]), name)
    return found


def below(top):
    """The processes of assent that a process started."""
    all_, found, todo = processes(), [], [top]
    children = collections.defaultdict(list)
    for pid, (parent, name) in all_.items():
        children[parent].append(pid)
    while todo:
        for pid in children[todo.pop()]:
            todo.append(pid)
            if all_[pid][1].startswith("assent"):
                found.append(pid)
    return found


class Killer(threading.Thread):
    """Ends one of them, at random, every now and then."""

    def __init__(self, top, rng, most):
        super().__init__(daemon=True)
        self.top, self.rng, self.left = top, rng, most
        self.over = threading.Event()

    def run(self):
        while self.left > 0 and not self.over.wait(self.rng.random() * 0.4):
            pids = below(self.top)
            if not pids:
                continue
            try:
                os.kill(self.rng.choice(pids), self.rng.choice(
                    [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
                self.left -= 1
            except ProcessLookupError:
                pass


def test_many_runs_and_kills(w):
    parallel = engines.need("parallel")
    rng = random.Random(int(os.environ.get("SEED", "1")))
    repos = engines.copies(w, RUNS)
    engines.steady_model(w)
    w.write("repos.txt", "".join(r + "\n" for r in repos), base=w.root)
    w.write("task.md", "Mend it\n", base=w.root)
    argv = [parallel, "-j4", "--joblog", w.path("log"), "--resume-failed",
            "-a", w.path("repos.txt"),
            engines.CONTRIB + "/parallel/assent-one", "fix", w.path("task.md"),
            w.path("out"), "{}", "--plan", "skip", "--approve", "yes"]
    starts, kills, left = 0, 0, KILLS
    while starts < 200:
        p = subprocess.Popen(argv, env=engines.environment(w),
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        killer = Killer(p.pid, rng, left)
        killer.start()
        starts += 1
        # parallel itself, too, in the first rounds.
        try:
            code = p.wait(timeout=5 + 20 * rng.random() if starts <= 3
                          else None)
        except subprocess.TimeoutExpired:
            p.kill()
            code = p.wait()
        killer.over.set()
        killer.join()
        kills += left - killer.left
        left = killer.left
        if code == 0:
            break
    assert code == 0, code
    table = w.run("stats", "--from", w.path("out"), "--csv",
                  deadline_s=120).stdout
    engines.check_once(w, repos, table)
    print("# %d runs, %d kills, %d starts of parallel" % (RUNS, kills, starts))


def test_readme_example(w):
    engines.need("parallel")
    harness.need_sandbox(w)
    repos = engines.copies(w, 3)
    engines.steady_model(w, planned=True)
    w.write("repos.txt", "".join(r + "\n" for r in repos), base=w.root)
    w.write("task.md", "Mend it\n", base=w.root)
    os.symlink(engines.CONTRIB + "/parallel/assent-one", w.path("assent-one"))
    path = w.root + os.pathsep + engines.environment(w)["PATH"]
    for line in engines.commands(engines.readme("parallel", "-a repos.txt")):
        code, out = engines.shell(w, line, PATH=path)
        assert code == 0, out
    with open(w.path("table.csv"), "rb") as f:
        engines.check_once(w, repos, f.read())


if __name__ == "__main__":
    harness.main(globals(), ("output", "proposal"))
