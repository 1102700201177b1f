"""What the sandbox does to other projects' tests: the suites below, in a plain
checkout, on level A, and on level C as an ordinary user and as root in Docker
(its default filter and capabilities).

    suites.py FOLDER [SUITE...]

FOLDER/user has the suites' work trees, built, with all that their tests need;
they belong to an ordinary user. FOLDER/root has copies that are root's. A suite
that isn't there is left out. Run it as root. Prints how many tests passed and
failed, and which fail in the sandbox alone; FOLDER/out has the output. A test
that depends on time is no news if it fails once.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

BUILD = os.environ.get("builddir", os.getcwd())
PYTHON = "/usr/bin/python3"
PYTEST = PYTHON + " -m pytest -q -rA -p no:cacheprovider"
MOCHA = "npx --offline mocha --exit --timeout 15000 -R tap"
EACH = "for i in %s; do %s; done"

TAP = (r"^ok \d+ (?:- )?(.*)", r"^not ok \d+ (?:- )?(.*)")
PYTESTS = (r"^PASSED (\S+)", r"^(?:FAILED|ERROR) (\S+)")
UNITTESTS = (r"^(\w+ \(.*?\)).*\.\.\. ok$", r"^(?:FAIL|ERROR): (\w+ \(.*?\))")
GO = (r"^\s*--- PASS: (\S+)", r"^\s*--- FAIL: (\S+)")

# Its folder, the command, and the lines that name what passed and what failed.
# Each takes minutes; of long ones a part.
SUITES = {
    "autoconf": ("autoconf", "./configure >/dev/null && make >/dev/null && "
                 "make check TESTSUITEFLAGS=1-120", (
                     r"^\s*(\d+: .*\S)\s+ok$", r"^\s*(\d+: .*\S)\s+FAILED")),
    "bats": ("bats", "bin/bats --tap test", TAP),
    "chokidar": ("chokidar", MOCHA, TAP),
    "click": ("click", "PYTHONPATH=src %s -n 2 tests" % PYTEST, PYTESTS),
    "expect": ("expect", "make test TESTFLAGS='-verbose pe'", (
        r"^\+\+\+\+ (\S+) PASSED", r"^==== (\S+) FAILED$")),
    "fsnotify": ("fsnotify", "go test -count=1 -v .", GO),
    # Its bin-wrappers name the folder they were made in.
    "git": ("git", "touch wrap-for-bin.sh; make >/dev/null; cd t; " + EACH % (
        "t000[0-9]-*.sh t001*.sh t006*.sh t02*.sh t1[0-4]00*.sh", "sh ./$i"),
            TAP),
    "go-pty": ("pty", "go test -count=1 -v ./...", GO),
    "multiprocessing": ("python", "PYTHONPATH=$PWD %s -m test -v "
                        "test_multiprocessing_fork" % PYTHON, UNITTESTS),
    "node-pty": ("node-pty", MOCHA + " 'node_modules/node-pty/lib/*.test.js'",
                 TAP),
    "pexpect": ("pexpect", "PYTHONPATH=. %s tests" % PYTEST, PYTESTS),
    "python": ("python", "PYTHONPATH=$PWD %s -m test -v "
               "test_multiprocessing_main_handling test_pty test_openpty "
               "test_tempfile test_selectors test_mmap test_posix test_shutil "
               "test_fcntl" % PYTHON, UNITTESTS),
    "redis": ("redis", "./runtest --clients 2 " + " ".join(
        "--single " + i for i in (
            "unit/auth", "unit/expire", "unit/multi", "unit/other",
            "unit/pubsub", "unit/type/list-2", "integration/aof",
            "integration/redis-cli", "integration/replication-4")),
              (r"^\[ok\]: (.*?)(?: \(\d+ ms\))?$", r"^\[err\]: (.*)")),
    "ripgrep": ("ripgrep", "cargo test --offline", (
        r"^test (\S+) .*\.\.\. ok", r"^test (\S+) .*\.\.\. FAILED")),
    "sqlite": ("sqlite3/b", EACH % (
        "attach fts3aa insert io journal1 lock mmap1 pager1 rtree1 select1 "
        "shared syscall tempdb temptable trans vacuum wal walmode",
        "./testfixture ../test/$i.test"),
               (r"^(\S+)\.\.\. Ok$", r"^! (\S+) expected")),
    "tmux": ("tmux/regress", EACH % (
        "*.sh", "tmux -Ltest kill-server; sleep 1; sh ./$i >/dev/null && "
        "echo ok 1 $i || echo not ok 1 $i"), TAP),
}

# The capabilities that Docker leaves to root.
CAPABILITIES = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid," \
    "+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod," \
    "+audit_write,+setfcap"
DENY = (os.path.join(BUILD, "tests", "escape", "deny"),)
TRY = (os.path.join(BUILD, "assent"), "try", "--timeout", "20m", "--disk",
       "8G", "--plain", "--")
MODES = {
    "plain": ("user", ()),
    "A": ("user", TRY),
    "C": ("user", DENY + TRY),
    "C-root": ("root", ("setpriv", "--bounding-set", CAPABILITIES, "--") +
               DENY + ("--as", "docker") + TRY),
}


def run(at, mode, suite):
    owner, wrap = MODES[mode]
    folder, command, _ = SUITES[suite]
    top, _, sub = folder.partition("/")
    project = os.path.join(at, owner, top)
    uid = os.stat(project).st_uid
    if mode == "plain":
        copy = os.path.join(at, "plain", top)
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        subprocess.run(["cp", "-a", project, copy], check=True)
        project = copy
    home = os.path.join(at, "home", owner)
    os.makedirs(home, exist_ok=True)
    os.chown(home, uid, uid)
    if uid != 0:
        wrap = ("setpriv", "--reuid", str(uid), "--regid", str(uid),
                "--clear-groups", "--") + wrap
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(os.path.join(at, "out", suite + "." + mode), "wb") as f:
        subprocess.run(
            wrap + ("sh", "-c", "cd ./%s && { %s; } 2>&1 | cat" %
                    (sub, command)), cwd=project, stdin=subprocess.DEVNULL,
            stdout=f, stderr=f, start_new_session=True,
            env={"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin",
                 "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"})


def results(at, mode, suite):
    with open(os.path.join(at, "out", suite + "." + mode),
              errors="replace") as f:
        text = re.sub(r"\x1b\[[0-9;]*m|\r", "", f.read())
    passed, failed = ({i for i in re.findall(pattern, text, re.M)
                       if not re.search("# (TODO|SKIP|skip)", i)}
                      for pattern in SUITES[suite][2])
    return passed - failed, failed


def main():
    at = os.path.abspath(sys.argv[1])
    os.makedirs(os.path.join(at, "out"), exist_ok=True)
    for suite in sys.argv[2:] or SUITES:
        if not os.path.isdir(os.path.join(at, "user", SUITES[suite][0])):
            continue
        got = {}
        for mode in MODES:
            run(at, mode, suite)
            got[mode] = results(at, mode, suite)
            print("%-15s %-7s %4d passed, %d failed" % (
                suite, mode, len(got[mode][0]), len(got[mode][1])), flush=True)
            for name in sorted(got[mode][1] - got["plain"][1]):
                print("    fails here alone: " + name)


main()
