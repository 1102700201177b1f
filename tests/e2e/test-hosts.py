"""Hosts that give less than a full sandbox, made here: which level is found, what
doctor says of the step that failed and of what helps, and what exec and try do
there.  A host that cannot be made is skipped with the reason."""

import os
import re
import subprocess

import harness
from messages import msg

CALL = {"calls": [{"name": "bash", "args": {"command": "echo ran >made"}}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "finished"}}]}


def without(*calls):
    wrap = harness.need_deny()
    for call in calls:
        wrap += ("--no", call)
    return wrap


def project(w):
    w.write("f", "one\n")
    w.git("init", "-q")
    w.git("add", "f")
    w.git("commit", "-qm", "begin")


def users(w, wrap):
    """The host as whoever runs the tests sees it, and as an ordinary user."""
    yield wrap
    if os.geteuid() == 0:
        try:
            yield wrap + harness.as_user(w)
        except harness.Skip:
            return
        finally:
            harness.give_world(w, 0)


def said(r, *words):
    text = (r.stdout + r.stderr).decode()
    for word in words:
        assert word in text, (word, r)


def doctor(w, wrap, line, *words):
    r = w.run("doctor", "--all", wrap=wrap)
    assert r.returncode in (0, 2), r
    said(r, line, *words)
    return r.stdout.decode()


def full(w, wrap, line="sandbox     A"):
    """Commands run in a sandbox of their own, on a copy or on an overlay."""
    harness.need_namespaces(w)
    os.makedirs(w.path("state"), exist_ok=True)
    for wrap in users(w, wrap):
        w.write("f", "one\n")
        doctor(w, wrap, line)
        r = w.run("try", "--approve", "yes", "--", "sh", "-c",
                  "echo two >f; cat %s/.profile; echo x >/etc/x; "
                  "ls /proc | grep -c '^[0-9]'" % w.home, wrap=wrap, code=0)
        said(r, "sandboxed, no network")
        assert w.read("f") == "two\n", r
        assert b"mine" not in r.stdout, r


def refused(text, levels):
    for level in levels:
        assert re.search(r"^not %s +\S" % level, text, re.M), (level, text)


def brokered(w, wrap, *words):
    """Level C: no command is asked about, and the reason why it isn't A is
    shown."""
    project(w)
    for wrap in users(w, wrap):
        w.write("f", "one\n")
        text = doctor(w, wrap, "sandbox     C", "no namespaces",
                      *words)
        refused(text, "AB")
        r = w.run("try", "--approve", "yes", "--", "sh", "-c",
                  "echo two >f; cat %s/.profile; echo x >/etc/x; pwd; :" %
                  w.home, wrap=wrap, code=0)
        said(r, "sandbox C", words[0])
        why = re.search(r"^  \((.*)\)$", r.stderr.decode(), re.M).group(1)
        assert len(why) < 100 and why.endswith("; see assent doctor"), why
        assert w.read("f") == "two\n", r
        assert b"mine" not in r.stdout, r
        r = w.run("try", "--sandbox-require", "B", "--", "true", wrap=wrap)
        assert r.returncode == 7, r
        said(r, "gives sandbox C", *words)
        w.verify()


def none(w, wrap, *words):
    """No sandbox: exec tells the model, both exit 5, and nothing has run."""
    project(w)
    before = harness.tree(w.project)
    for wrap in users(w, wrap):
        text = doctor(w, wrap, "sandbox     no sandbox", *words)
        refused(text, "ABC")
        m = w.mock([CALL, DONE])
        r = w.run("exec", "--plan", "skip", "--approve", "yes", "x",
                  wrap=wrap, code=5)
        said(r, "no sandbox")
        results = w.events("tool_result")
        assert results[0]["error"] == "no_sandbox", results
        assert len(m.requests()) == 2
        r = w.run("try", "--approve", "yes", "--", "sh", "-c",
                  "echo ran >made", wrap=wrap, code=5)
        # Also of the start line: why it isn't C, either.
        why = re.search(r"no sandbox on this host: (.*?)\. Commands run",
                        " ".join(r.stderr.decode().split())).group(1)
        assert words[0] in why and "; level C: " in why, why
        r = w.run("try", "--sandbox-require", "C", "--", "true", wrap=wrap)
        assert r.returncode == 7, r
        said(r, *words[1:])
        assert harness.tree(w.project) == before
        w.verify()


# ---- nothing but the usual is refused ----


def test_no_cgroups(w):
    harness.need_sandbox(w)
    wrap = harness.with_script("mount -t tmpfs -o ro none /sys/fs/cgroup")
    full(w, wrap)
    text = doctor(w, wrap, "sandbox     A")
    assert "checked at" in text and msg.NO_WRITABLE_CGROUP_V2 in text, text
    w.configure("http://127.0.0.1:9/v1", config={"cpu": "70%"})
    said(w.run("doctor", "--all", wrap=wrap, code=7), "70% CPU (not held)",
         "cpu not held", msg.CANT_HOLD_A_COMMAND_TO + " 70%",
         msg.NO_SESSION_STARTS_HERE)
    r = w.run("try", "--", "true", wrap=wrap, code=7)
    said(r, msg.CANT_HOLD_A_COMMAND_TO + " 70%", msg.NO_WRITABLE_CGROUP_V2)
    assert w.run("try", "--cpu", "all", "--", "echo", "ran", wrap=wrap,
                 code=0).stdout == b"ran\n"


# ---- a copy is needed ----

def test_upper_on_overlay(w):
    """The state folder is in a container's root file system."""
    harness.need_sandbox(w)
    project(w)
    for name in ("lower", "upper", "work", "state"):
        os.makedirs(w.path(name), exist_ok=True)
        os.chmod(w.path(name), 0o755)
    wrap = harness.with_script(
        "mount -t overlay -o lowerdir=%s,upperdir=%s,workdir=%s none %s" % (
            w.path("lower"), w.path("upper"), w.path("work"),
            w.path("state")))
    full(w, wrap, "sandbox     B")
    doctor(w, wrap, "sandbox     B", "not A", msg.OVERLAY_CANNOT_MOUNT_IT,
           "the state folder cannot hold an overlay", "XDG_STATE_HOME")
    # On a file system where it works, that level is found.
    r = w.run("doctor", "--all", wrap=wrap, env={"XDG_STATE_HOME": w.path("free")})
    said(r, "sandbox     A")


def test_mount_below_the_project(w):
    harness.need_sandbox(w)
    os.makedirs(os.path.join(w.project, "sub"))
    wrap = harness.with_mount((os.path.join(w.project, "sub"), "size=1m"))
    full(w, wrap, "sandbox     B")
    doctor(w, wrap, "sandbox     B",
           "sub is mounted below the project", msg.PROJECT_IS_COPIED)
    r = w.run("try", "--sandbox-require", "A", "--", "true", wrap=wrap, code=7)
    said(r, "asks for sandbox A", "gives sandbox B", "mounted below")
    # A copy costs something, and the screen says it.
    r = w.run("try", "--", "true", wrap=wrap)
    said(r, "copied 1 file")
    assert re.search(r"copied 1 file.* in \d+\.\d s", r.stdout.decode() +
                     r.stderr.decode()), r


# ---- no namespaces ----

def test_limits_on_a_copy(w):
    harness.need_sandbox(w)
    project(w)
    os.makedirs(os.path.join(w.project, "sub"))
    wrap = harness.with_mount((os.path.join(w.project, "sub"), "size=1m"))
    before = harness.tree(w.project)
    for limit, command in (
            ("--disk", "dd if=/dev/zero of=big bs=1M count=64 2>&1; sleep 50"),
            ("--disk", "for i in 1 2 3 4 5 6 7 8; do head -c 4000000 "
             "/dev/zero >$i; done; sleep 50"),
            ("--timeout", "setsid sleep 60 & sleep 60")):
        r = w.run("try", "--disk", "16M", "--timeout",
                  "1" if limit == "--timeout" else "60", "--", "sh", "-c",
                  command, wrap=wrap)
        said(r, "sandbox", limit + " raises it")
        assert r.returncode == 4, r
        assert harness.tree(w.project) == before


def test_namespaces_refused(w):
    brokered(w, without("namespaces"), msg.NAMESPACES_CLONE_IS_REFUSED,
         msg.OR_USE_SANDBOX_CONTAINER)


def test_mounts_refused(w):
    """Also what AppArmor leaves of a user namespace: it can be made, and
    nothing can be done in it."""
    harness.need_namespaces(w)
    brokered(w, without("mount"), msg.MOUNTS_CANNOT_MAKE_THEM_PRIVATE,
         msg.OR_USE_SANDBOX_CONTAINER)


def test_proc_is_masked(w):
    """As a container does it; root of the host is let through by the kernel,
    so an ordinary user looks."""
    harness.need_namespaces(w, "/proc is mounted only in namespaces")
    wrap = harness.with_mount(("/proc/scsi" if os.path.isdir("/proc/scsi") else
                               "/proc/fs", "ro"))
    brokered(w, wrap, "proc: cannot mount it", msg.HIDES_PARTS_OF_PROC)


# ---- no sandbox at all ----

def test_neither_namespaces_nor_landlock(w):
    none(w, without("namespaces", "landlock=ENOSYS"),
         msg.NAMESPACES_CLONE_IS_REFUSED, msg.LANDLOCK_THIS_KERNEL_HAS_NONE,
         msg.NEWER_CONTAINER_ENGINE)


def test_filters_refused(w):
    """Without a filter we start nothing, not even a file tool."""
    harness.need_sandbox(w)
    project(w)
    wrap = without("filters=EINVAL")
    doctor(w, wrap, "sandbox     no sandbox", msg.SECCOMP_CANNOT_LOAD_THE_FILTER,
           "CONFIG_SECCOMP_FILTER", "no worker")
    r = w.run("try", "--", "true", wrap=wrap, code=5)
    said(r, msg.SECCOMP_CANNOT_LOAD_THE_FILTER)


def test_state_in_sight(w):
    """If sessions are in a folder that a sandbox with namespaces shows, the
    self-test fails: it can read the state and reach the socket, and so could a
    command. On C landlock keeps that folder shut."""
    harness.need_sandbox(w)
    place = "/usr/local/share"
    wrap = harness.with_script(
        "mount -t tmpfs -o mode=1777 none %s && mkdir %s/state && "
        "chmod 1777 %s/state" % (place, place, place))
    w.env["XDG_STATE_HOME"] = place + "/state"
    project(w)
    before = harness.tree(w.project)
    if harness.level(w) == "C":
        doctor(w, wrap, "sandbox     C")
        r = w.run("try", "--", "find", place, wrap=wrap)
        assert b"Permission denied" in r.stdout and \
            b"sessions" not in r.stdout, r
        return
    for wrap in users(w, wrap):
        doctor(w, wrap, "sandbox     no sandbox", "not A", "not B", "not C",
               "self-test: home did not hold", "XDG_STATE_HOME")
        r = w.run("try", "--approve", "yes", "--", "sh", "-c", "echo two >f",
                  wrap=wrap, code=5)
        said(r, "self-test: ", msg.DID_NOT_HOLD)
        assert harness.tree(w.project) == before


def test_state_is_read_only(w):
    project(w)
    os.makedirs(w.path("state"))
    wrap = harness.with_mount((w.path("state"), "ro"))
    doctor(w, wrap, "sandbox     no sandbox", msg.STATE_FOLDER_CANNOT_MAKE,
           "Read-only file system", msg.NO_SESSION_CAN_BE_STORED)
    for args in (("exec", "--plan", "skip", "x"), ("try", "--", "true")):
        w.mock([DONE])
        r = w.run(*args, wrap=wrap, code=1)
        said(r, "Read-only file system", w.path("state"), "XDG_STATE_HOME")


# ---- AppArmor ----

def profile_lines(text):
    return [line.strip() for line in text.splitlines()
            if line.strip() and not line.startswith("#")]


def test_apparmor_advice(w):
    """The setting is simulated; the profile that doctor gives is the file that
    make fills in, with the worker's own path."""
    harness.need_sandbox(w)
    fake = w.path("sys")
    os.makedirs(os.path.join(fake, "kernel"))
    with open(os.path.join(
            fake, "kernel", "apparmor_restrict_unprivileged_userns"), "w") as f:
        f.write("1\n")
    wrap = harness.with_script("mount --bind %s /proc/sys" % fake)
    wrap += without("mount")
    text = doctor(w, wrap, "sandbox     C", "AppArmor restricts",
                  msg.SUDO_APPARMOR_PARSER_R_ETC)
    script = re.search(r"printf .*?(?= \| sudo tee)", text).group(0)
    made = subprocess.run(["sh", "-c", script], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    with open(os.path.join(harness.BUILD, "contrib/apparmor/assent-worker")
              ) as f:
        filled = f.read()
    assert "@worker@" not in filled and "assent-worker\"" in filled, filled
    theirs = re.sub(r'".*"', '"PATH"', filled)
    ours = made.replace(os.path.join(harness.BUILD, "assent-worker"), "PATH")
    assert profile_lines(ours) == profile_lines(theirs), (ours, theirs)
    r = w.run("try", "--", "true", wrap=wrap, code=0)
    said(r, "see assent doctor")


harness.main(globals())
