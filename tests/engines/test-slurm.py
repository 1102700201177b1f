#!/usr/bin/env python3
"""contrib/slurm/assent-array on a real Slurm of one node, with munge: an array
over repositories, whose jobs are requeued and killed meanwhile."""

import os
import random
import signal
import socket
import subprocess
import time

import engines
import harness

RUNS = int(os.environ.get("RUNS", "100"))

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
MinJobAge=600
NodeName=%(host)s NodeAddr=127.0.0.1 CPUs=%(cpus)d State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES OverSubscribe=FORCE:4 State=UP
"""


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Slurm:
    def __init__(self, w):
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
        host = socket.gethostname().split(".")[0]
        with open(self.env["SLURM_CONF"], "w") as f:
            f.write(CONFIG % {
                "host": host, "ctld": port(), "d": port(), "user": "root",
                "dir": self.dir, "cpus": os.cpu_count()})
        self.start("munged", "--foreground", "--force", "--key-file",
                   self.dir + "/key", "--socket", self.dir + "/munge.socket",
                   "--pid-file", self.dir + "/munge.pid", "--log-file",
                   self.dir + "/munge.log", "--seed-file", self.dir + "/seed")
        harness.wait_until("munge", lambda: os.path.exists(
            self.dir + "/munge.socket"))
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D", "-N", host)
        harness.wait_until("Slurm", lambda: "idle" in self.ask(
            "sinfo", "-h", "-o", "%T"), 60)

    def start(self, program, *args):
        with open(os.path.join(self.dir, program + ".out"), "wb") as f:
            self.started.append(subprocess.Popen(
                [engines.need(program)] + list(args), env=self.env,
                stdin=subprocess.DEVNULL, stdout=f, stderr=f, cwd=self.dir))

    def ask(self, *argv):
        return subprocess.run(
            [engines.need(argv[0])] + list(argv[1:]), env=self.env,
            cwd=self.w.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60).stdout.decode()

    def tasks(self, *states):
        """The array's tasks that are in the queue."""
        out = self.ask("squeue", "-h", "-r", "-o", "%K %T")
        return [x.split()[0] for x in out.splitlines()
                if not states or x.split()[1] in states]

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


def test_an_array(w):
    for program in "munged", "slurmctld", "slurmd", "sbatch":
        engines.need(program)
    rng = random.Random(int(os.environ.get("SEED", "1")))
    repos = engines.copies(w, RUNS)
    engines.steady_model(w)
    w.write("repos.txt", "".join(r + "\n" for r in repos), base=w.root)
    w.write("task.md", "Mend it\n", base=w.root)
    slurm, requeued, killed = None, 0, 0
    try:
        slurm = Slurm(w)
        job = slurm.ask("sbatch", "--parsable", "--array=1-%d" % RUNS,
                        engines.CONTRIB + "/slurm/assent-array", "fix",
                        w.path("task.md"), w.path("out"), w.path("repos.txt"),
                        "--plan", "skip", "--approve", "yes").strip()
        assert job.isdigit(), job
        end = time.monotonic() + 30 + 5 * RUNS
        while slurm.tasks():
            assert time.monotonic() < end, slurm.tasks()
            running = slurm.tasks("RUNNING")
            if running and requeued + killed < RUNS // 4:
                if rng.random() < 0.5:
                    slurm.ask("scontrol", "requeue", "%s_%s" % (
                        job, rng.choice(running)))
                    requeued += 1
                else:
                    killed += kill_one(w, rng)
        table = w.run("stats", "--from", w.path("out"), "--csv",
                      deadline_s=120).stdout
        engines.check_once(w, repos, table)
        # All of it again: nothing is done, and the table is the same.
        slurm.ask("sbatch", "--parsable", "--array=1-%d" % RUNS,
                  engines.CONTRIB + "/slurm/assent-array", "fix",
                  w.path("task.md"), w.path("out"), w.path("repos.txt"),
                  "--plan", "skip", "--approve", "yes")
        harness.wait_until("the second array", lambda: not slurm.tasks(),
                           30 + 5 * RUNS)
        assert w.run("stats", "--from", w.path("out"), "--csv",
                     deadline_s=120).stdout == table
        print("# %d runs, %d requeued, %d killed" % (RUNS, requeued, killed))
    except BaseException:
        if slurm is not None:
            slurm.log()
        raise
    finally:
        if slurm is not None:
            slurm.stop()


def kill_one(w, rng):
    """A process of assent with this world's sessions; 1 if there was one."""
    mine = ("XDG_STATE_HOME=" + w.path("state")).encode()
    found = []
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%s/comm" % pid) as f:
                if not f.read().startswith("assent"):
                    continue
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mine in f.read().split(b"\0"):
                    found.append(int(pid))
        except (OSError, ValueError):
            pass
    if not found:
        return 0
    try:
        os.kill(rng.choice(found), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


if __name__ == "__main__":
    harness.main(globals())
