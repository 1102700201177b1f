"""contrib/slurm/assent-array on a real Slurm of one node, with munge: an array
over repositories. Meanwhile its jobs are requeued, killed, cancelled and told to
end, and the node dies. RUNS repositories; a quarter as many jobs are disturbed."""

import collections
import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import time

import engines
import harness

RUNS = int(os.environ.get("RUNS", "100"))

# Signals to running jobs. Slurm tells a job that its time is over by a signal
# to its shell alone.
DISTURB = {"requeued": ["scontrol", "requeue"], "cancelled": ["scancel"],
           "told to end": ["scancel", "--signal=TERM", "--batch"]}
KINDS = ["requeued", "requeued", "killed", "killed", "cancelled",
         "told to end"]

CONFIG = """
ClusterName=test
SlurmctldHost=%(host)s(127.0.0.1)
SlurmctldPort=%(ctld)d
SlurmdPort=%(d)d
SlurmUser=%(user)s
SlurmdUser=%(user)s
AuthType=auth/munge
AuthInfo=socket=%(dir)s/munge.socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation=%(dir)s/ctld
SlurmdSpoolDir=%(dir)s/spool
SlurmctldPidFile=%(dir)s/ctld.pid
SlurmdPidFile=%(dir)s/d.pid
SlurmctldLogFile=%(dir)s/ctld.log
SlurmdLogFile=%(dir)s/d.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/linear
SchedulerParameters=batch_sched_delay=0,defer,sched_min_interval=0
ReturnToService=2
MaxArraySize=5000
MaxJobCount=20000
KillWait=5
MinJobAge=86400
NodeName=%(host)s NodeAddr=127.0.0.1 CPUs=%(cpus)d RealMemory=%(mem)d State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES OverSubscribe=FORCE:4 State=UP
"""


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Slurm:
    def __init__(self, w):
        for program in "munged", "slurmctld", "slurmd", "sbatch":
            engines.need(program)
        if os.geteuid() != 0:
            raise harness.Skip("only root starts Slurm's daemons here")
        self.w, self.started = w, []
        self.dir = w.path("slurm")
        for name in "ctld", "spool":
            os.makedirs(os.path.join(self.dir, name))
        # munge is strict about who could write above its files.
        os.chmod(w.root, 0o755)
        os.chmod(self.dir, 0o755)
        self.env = dict(engines.environment(w),
                        SLURM_CONF=os.path.join(self.dir, "slurm.conf"))
        with open(os.path.join(self.dir, "key"), "wb") as f:
            f.write(os.urandom(1024))
        os.chmod(f.name, 0o600)
        self.host = socket.gethostname().split(".")[0]
        with open(self.env["SLURM_CONF"], "w") as f:
            f.write(CONFIG % {
                "host": self.host, "ctld": port(), "d": port(), "user": "root",
                "dir": self.dir, "cpus": os.cpu_count(),
                "mem": os.sysconf("SC_PHYS_PAGES") * os.sysconf(
                    "SC_PAGE_SIZE") // 2 ** 20})

    def begin(self):
        self.start("munged", "--foreground", "--force", "--key-file",
                   self.dir + "/key", "--socket", self.dir + "/munge.socket",
                   "--pid-file", self.dir + "/munge.pid", "--log-file",
                   self.dir + "/munge.log", "--seed-file", self.dir + "/seed")
        harness.wait_until("munge", lambda: os.path.exists(
            self.dir + "/munge.socket"))
        self.start("slurmctld", "-D")
        self.start_node()

    def start_node(self):
        self.node = self.start("slurmd", "-D", "-N", self.host)
        harness.wait_until("Slurm", lambda: re.match("idle|mix|alloc", self.ask(
            "sinfo", "-h", "-o", "%T")), 60)

    def kill_node(self):
        """The power fails, the controller notices, and it starts again."""
        def kill():
            pids = [p for p, name in of_world(self.w)
                    if name not in ("munged", "slurmctld")]
            for pid in pids:
                kill_pid(pid)
            return not pids
        self.started.remove(self.node)
        kill_pid(self.node.pid)
        self.node.wait()
        harness.wait_until("the node to be off", kill)
        for state in "down", "resume":
            self.ask("scontrol", "update", "nodename=" + self.host,
                     "state=" + state, "reason=power")
        self.start_node()

    def start(self, program, *args):
        with open(os.path.join(self.dir, program + ".out"), "wb") as f:
            self.started.append(subprocess.Popen(
                [engines.need(program)] + list(args), env=self.env,
                stdin=subprocess.DEVNULL, stdout=f, stderr=f, cwd=self.dir))
        return self.started[-1]

    def ask(self, *argv, timeout=60):
        return subprocess.run(
            [engines.need(argv[0])] + list(argv[1:]), env=self.env,
            cwd=self.w.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=timeout).stdout.decode()

    def tasks(self, *states):
        """The array's tasks that are in the queue."""
        out = self.ask("squeue", "-h", "-r", "-o", "%K %T")
        return [x.split()[0] for x in out.splitlines()
                if not states or x.split()[1] in states]

    def submit(self, n):
        """An array of so many; its job."""
        job = self.ask("sbatch", "--parsable", "--array=1-%d" % n,
                       engines.CONTRIB + "/slurm/assent-array", "fix",
                       self.w.path("task.md"), self.w.path("out"),
                       self.w.path("repos.txt"), "--plan", "skip",
                       "--approve", "yes").strip()
        assert job.isdigit(), job
        return job

    def restarts(self):
        """How often a job was started again."""
        return sum(int(n) for n in re.findall(
            r" Restarts=(\d+)", self.ask("scontrol", "-o", "show", "jobs")))

    def stop(self):
        for p in reversed(self.started):
            p.terminate()
        for p in self.started:
            try:
                p.wait(timeout=20)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

    def log(self):
        for name in "slurmctld.out", "ctld.log", "slurmd.out", "d.log":
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path) as f:
                    print("# %s: %s" % (name, f.read()[-1500:].replace(
                        "\n", "\n# ")))


def of_world(w, prefix=""):
    """Processes with this world's sessions: id and name."""
    mine, found = ("XDG_STATE_HOME=" + w.path("state")).encode(), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % pid) as f:
                name = f.read().strip()
            with open("/proc/%s/environ" % pid, "rb") as f:
                if name.startswith(prefix) and mine in f.read().split(b"\0"):
                    found.append((int(pid), name))
        except OSError:
            pass
    return found


def kill_pid(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def begin(w, n):
    repos = engines.copies(w, n)
    w.write("repos.txt", "".join(r + "\n" for r in repos), base=w.root)
    w.write("task.md", "Mend it\n", base=w.root)
    return repos


@contextlib.contextmanager
def running_slurm(w):
    slurm = Slurm(w)
    try:
        slurm.begin()
        yield slurm
    except BaseException:
        slurm.log()
        raise
    finally:
        slurm.stop()


def table(w):
    return w.run("stats", "--from", w.path("out"), "--csv",
                 deadline_s=120).stdout


def test_the_time_is_over(w):
    """Slurm tells only the job's shell, which ends the run and requeues the
    job; that continues the session."""
    repos = begin(w, 1)
    w.mock({"rules": [
        {"if": ["Mend it"], "not": ["Replaced a.txt"],
         "answer": engines.call("write", path="a.txt", content="two\n")},
        {"answer": dict(engines.done("mended"), wait_for=w.path("go"))}]})
    with running_slurm(w) as slurm:
        job = slurm.submit(1)
        harness.wait_until("the change", lambda: w.sessions() and any(
            e["ok"] for e in w.events("tool_result")))
        slurm.ask("scancel", "--signal=TERM", "--batch", job + "_1")
        harness.wait_until("the next start", lambda: slurm.restarts() == 1)
        with open(w.path("out") + repos[0] + ".json") as f:
            assert json.load(f)["outcome"] == "interrupted"
        w.write("go", "", base=w.root)
        harness.wait_until("its end", lambda: not slurm.tasks(), 300)
    engines.check_once(w, repos, table(w))
    assert len(w.sessions()) == 1, w.sessions()


def test_readme_example(w):
    harness.need_sandbox(w)
    repos = begin(w, 3)
    for name in "repos.txt", "task.md":
        os.rename(w.path(name), os.path.join(w.home, name))
    os.makedirs(w.path("share", "assent"))
    os.symlink(engines.CONTRIB, w.path("share", "assent", "engines"))
    engines.steady_model(w, planned=True)
    cd, submit, stats = engines.commands(engines.readme("slurm", "sbatch"))
    with running_slurm(w) as slurm:
        for line in submit, stats:
            code, out = engines.shell(w, cd + " && " + line, **slurm.env)
            assert code == 0, out
            harness.wait_until("the array", lambda: not slurm.tasks())
    with open(os.path.join(w.home, "table.csv"), "rb") as f:
        engines.check_once(w, repos, f.read())


def disturb(w, slurm, rng, job, kind):
    """Do this to a task of the array; False if it wasn't done."""
    running = slurm.tasks("RUNNING")
    if kind == "node":
        slurm.kill_node()
    elif kind == "killed":
        # A part of it, or the shell of the job.
        pids = of_world(w, "assent") + of_world(w, "slurm_script")
        if not pids:
            return False
        kill_pid(rng.choice(pids)[0])
    elif not running:
        return False
    else:
        try:
            slurm.ask(*DISTURB[kind], "%s_%s" % (job, rng.choice(running)),
                      timeout=5)
        except subprocess.TimeoutExpired:
            return False    # scancel waits for a job that begins again
    return True


def test_an_array(w):
    rng = random.Random(int(os.environ.get("SEED", "1")))
    repos, did, seconds = begin(w, RUNS), collections.Counter(), []
    engines.steady_model(w)
    with running_slurm(w) as slurm:
        begun, job = time.monotonic(), slurm.submit(RUNS)
        while left := slurm.tasks():
            assert time.monotonic() - begun < 60 + 5 * RUNS, left
            n = sum(did.values())
            if n < 1 + (RUNS - len(left)) // 4:
                kind = "node" if n >= RUNS // 8 and not did["node"] else \
                    rng.choice(KINDS)
                did[kind] += disturb(w, slurm, rng, job, kind)
        seconds.append(time.monotonic() - begun)
        restarts, first = slurm.restarts(), engines.rows(table(w))
        # All of it again: what was cancelled is done, and nothing else.
        begun = time.monotonic()
        slurm.submit(RUNS)
        harness.wait_until("the second array", lambda: not slurm.tasks(),
                           60 + 5 * RUNS)
        seconds.append(time.monotonic() - begun)
    applied = engines.check_once(w, repos, table(w))
    # Told to end just after the work, a run is done and exits 130 once.
    rows = [dict(x, exit="") for x in engines.rows(table(w))]
    was_done = [dict(x, exit="") for x in first if x["outcome"] == "done"]
    assert all(x in rows for x in was_done)
    assert len(was_done) >= RUNS - sum(
        n for kind, n in did.items() if kind not in ("requeued", "node"))
    print("# %d runs; %s; %d restarts; %d done in %.0f s; all again: %d rows, "
          "%d applied, in %.0f s" % (
              RUNS, ", ".join("%d %s" % (n, k) for k, n in did.items()),
              restarts, len(was_done), seconds[0], len(rows), applied,
              seconds[1]))


harness.main(globals())
