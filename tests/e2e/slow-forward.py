"""Real services by `forward`: PostgreSQL and Redis of this host, each by its port
and by its Unix socket, used from the sandbox by their own programs.
"""

import glob
import os
import shutil
import subprocess
import tempfile

import harness
import mockserver


def service(argv, user=None):
    """A server, until the test's end."""
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, user=user,
                            extra_groups=None if user is None else ())


def port():
    hold, n = mockserver.hold_port()
    hold.close()
    return n


def until(command):
    harness.wait_until(" ".join(command), lambda: subprocess.call(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0)


def run(w, forwards, command):
    """The command succeeds by each; the journal counts what it sent."""
    flags = [x for at in forwards for x in ("--forward", at)]
    w.run("try", *flags, "--", "sh", "-ec", command, code=0)
    w.verify()
    counted = {h["forward"]: h for e in w.events("net_end")
               for h in e["hosts"]}
    assert set(counted) == set(forwards), counted
    assert all(h["sent"] > 1000 and h["received"] > 1000
               for h in counted.values()), counted


def need(w, program):
    if harness.level(w) not in ("A", "B"):
        raise harness.Skip("no level A or B on this host")
    if program is None:
        raise harness.Skip("its server or client isn't installed")


def test_redis(w):
    need(w, shutil.which("redis-server") and shutil.which("redis-benchmark"))
    n, path = port(), os.path.join(w.root, "redis", "s")
    os.mkdir(os.path.dirname(path))
    s = service(["redis-server", "--port", str(n), "--bind", "127.0.0.1",
                 "--unixsocket", path, "--save", "", "--dir",
                 os.path.dirname(path)])
    try:
        until(["redis-cli", "-p", str(n), "ping"])
        bench = "redis-benchmark -q -n 2000 -c 20 -t set,get,lpush -e "
        run(w, ["127.0.0.1:%d" % n, "unix:" + path],
            "redis-cli -p %d set a b; test \"$(redis-cli -s %s get a)\" = b; "
            "%s -p %d; %s -s %s" % (n, path, bench, n, bench, path))
    finally:
        s.kill()
        s.wait()


def test_postgresql(w):
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))
    need(w, programs[-1] if programs else None)
    bin_, n = os.path.dirname(programs[-1]), port()
    # Its server doesn't run as root.
    user = "nobody" if os.geteuid() == 0 else None
    top = tempfile.mkdtemp(dir="/tmp", prefix="assent-pg-")
    data = os.path.join(top, "data")
    if user:
        shutil.chown(top, user)
    try:
        assert service([bin_ + "/initdb", "-A", "trust", "-U", "me", "-D",
                        data], user).wait() == 0
        s = service([bin_ + "/postgres", "-D", data, "-p", str(n), "-k", top,
                     "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                    user)
        try:
            until([bin_ + "/pg_isready", "-h", "127.0.0.1", "-p", str(n)])
            bench = bin_ + "/pgbench -U me -p %d -h %%s postgres %%s" % n
            run(w, ["127.0.0.1:%d" % n, "unix:%s/.s.PGSQL.%d" % (top, n)],
                "; ".join((bench % ("127.0.0.1", "-i"),
                           bench % ("127.0.0.1", "-c 4 -t 20"),
                           bench % (top, "-c 4 -t 20"))))
        finally:
            s.terminate()
            s.wait()
    finally:
        shutil.rmtree(top)


harness.main(globals())
