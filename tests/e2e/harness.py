"""What the end-to-end tests stand on: a world of its own for each test (home,
state, configuration, project, model server), the real binaries, and a
subreaper that fails a test which leaves a process behind.  Nothing sleeps:
wait_until polls a condition up to a deadline.

A test file defines functions named test_* that take a World, and ends with
harness.main(globals()): after each test its clients are ended, nothing may be
left running, and every journal must be sound.  NEEDS_SANDBOX = True in it says
that on a host without one none can run; NEEDS_LEVEL = ("AB", why), that they are
for these levels.  A test that ends before it has checked anything fails, and so
does one in which nothing has moved for IDLE_S seconds.  Output is TAP.
"""

import ast
import contextlib
import ctypes
import fcntl
import functools
import glob
import hashlib
import json
import os
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import traceback

from messages import msg
import mockserver

# Programs start in other folders.
BUILD = os.path.abspath(os.environ.get("builddir", "build"))
SRC = os.path.abspath(os.environ.get("srcdir", "."))
HERE = os.path.join(SRC, "tests", "e2e")
ASSENT = os.path.join(BUILD, "assent")
WRITE_ASKED = msg.N_GOES_BACK.encode() + b" [y,n] "
IGNORED = msg.IGNORED_WHAT_WAS_TYPED.encode()
DEADLINE_S = int(os.environ.get("ASSENT_DEADLINE", "120"))
IDLE_S = 20
# The wire formats, and those whose base address has no /v1.
FORMATS = sorted(re.findall(r'_format, "([\w-]+)", ', open(os.path.join(
    SRC, "src", "provider", "dialect.h"), encoding="utf-8").read()))
BARE = ("anthropic", "gemini")
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 1 << 14, 1 << 18


class Skip(Exception):
    pass


def call(name, **args):
    """An answer of the model: this call."""
    return {"calls": [{"name": name, "args": args}]}


def bash(command):
    return call("bash", command=command)


def write(path, text):
    return call("write", path=path, content=text)


def edit(path, old, new):
    return call("edit", path=path, old_string=old, new_string=new)


def calls(*what):
    """One answer with all of these calls, or those of these answers."""
    return {"calls": [c for a in what for c in a.get("calls", [a])]}


def done(*steps, summary="did it"):
    """An answer of the model: these steps of the plan are done, and the task."""
    return {"calls": [{"name": "step_done", "args": {"step": n}}
                      for n in steps] +
            [{"name": "done", "args": {"summary": summary}}]}


def slow(test):
    """Mark a test that takes long. `make check-slow` (ASSENT_SLOW=1) runs the
    marked tests of a file and all tests of a file named slow-*, `make check`
    the others."""
    test.is_slow = True
    return test


def base_url(server, fmt):
    """The address at which a client of this format expects a mock server."""
    return server.url("" if fmt in BARE else "/v1")


def wait_until(what, condition, deadline_s=DEADLINE_S):
    """The condition's first true value; fails with `what` at the deadline."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            Checks.seen = True
            return value
        if time.monotonic() > end:
            raise AssertionError("waited in vain for: " + what)
        pause.wait(0.01)


DENY = os.path.join(BUILD, "tests", "escape", "deny")
LEVELS = {}
USER = 28711        # an ordinary user, for what root does not meet


def file_state(path):
    """A value that changes when the file is written; None: no regular file."""
    try:
        st = os.stat(path)
    except OSError:
        return None
    return (st.st_ino, st.st_mtime_ns, st.st_size) if stat.S_ISREG(
        st.st_mode) else None


def on_terminal(w, answers, *args, wrap=(), cwd=None, size=(0, 1000)):
    """assent on a terminal; each answer is (what is waited for, what is typed
    then), where the second may be a function. A write of what was accepted, which
    is asked after the last mark, is answered with y if `answers` don't wait for
    that question. An answer to a question that was asked again meanwhile is given
    again. Exit code and what was shown."""
    argv = list(wrap) + [ASSENT] + list(args)
    w.note_output(args, cwd)
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.chdir(cwd or w.project)
        os.execvpe(argv[0], argv, w.env)
    seen, at, answers, last = b"", 0, list(answers), None
    end = time.monotonic() + DEADLINE_S
    while True:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            os.close(fd)
            raise AssertionError("waited in vain for %r; on the terminal: %r" %
                                 (answers[0][0] if answers else "the end",
                                  seen))
        try:
            got = os.read(fd, 65536)
        except OSError:
            got = b""
        if not got:
            break
        seen += got
        while answers and answers[0][0] in seen[at:]:
            wait, typed = answers.pop(0)
            at = seen.index(wait, at) + len(wait)
            last = wait, typed() if callable(typed) else typed
            os.write(fd, last[1])
        if IGNORED in seen[at:]:
            at = seen.index(IGNORED, at) + len(IGNORED)
            os.write(fd, last[1] if last else b"")
        if WRITE_ASKED in seen[at:]:
            at = seen.index(WRITE_ASKED, at) + len(WRITE_ASKED)
            os.write(fd, b"y\n")
    os.close(fd)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    w.check_outputs()
    assert not answers, "never asked: %r in %r" % (answers, seen)
    Checks.seen = True
    return code, seen


def sanitized():
    """Were the programs built with a sanitizer?"""
    with open(ASSENT, "rb") as f:
        return b"libasan" in f.read()


def level(w, wrap=()):
    """The sandbox that this host gives, by its letter, or "none". A and B have
    namespaces; on B and C a command works on a copy that what the user saves
    meanwhile doesn't reach; on C the copy, home and /tmp of a command have the
    paths that they have on the host: $PWD, $HOME, $TMPDIR."""
    if wrap not in LEVELS:
        found = re.search(rb"^sandbox     (\w) ", w.run(
            "doctor", wrap=wrap).stdout, re.M)
        LEVELS[wrap] = found.group(1).decode() if found else "none"
    return LEVELS[wrap]


def need_sandbox(w, wrap=()):
    """For what is about commands that run: without a sandbox each needs a
    person."""
    if level(w, wrap) == "none":
        raise Skip("no sandbox on this host")


def need_level(w, levels, why):
    """For what holds on these levels only."""
    if level(w) not in levels:
        raise Skip("%s; this host gives %s" % (why, level(w)))


def need_namespaces(w, why="only namespaces give that"):
    need_level(w, "AB", why)


def holds_cpu(w):
    """Can this host hold a command to a share of a processor?"""
    return msg.CPU_ISNT_AVAILABLE.encode() not in w.run("doctor", "--all").stdout


def need_level_c(w):
    """Environment that makes the host one of level C."""
    wrap = need_deny()
    if level(w, wrap) != "C":
        raise Skip("no level C on this host")
    return wrap


def need_deny(*options):
    """A host without namespaces and mounts, or what deny's options make of
    it: level C, where the kernel has landlock."""
    if not os.access(DENY, os.X_OK):
        raise Skip("the deny filter was not built")
    return (DENY,) + options


def need_none():
    """A host without a sandbox, but with Landlock."""
    return need_deny("--no", "namespaces", "--no", "mounts", "--no",
                     "seccomp=EINVAL")


def view(w):
    """The folder of the copy that has what commands wrote."""
    return "up" if level(w) == "A" else "copy"


def signed(w, text="go"):
    """A command's condition that `sign` makes true while it runs. An overlay
    shows what the user saves in a file that was there: sign.txt must be."""
    return "grep -qs %s %ssign.txt" % (text, "" if level(w) == "A" else
                                       "$HOME/")


def sign(w, text="go\n"):
    w.write("sign.txt", text)
    if level(w) != "A":
        for home in glob.glob(os.path.join(w.session_dir(), "*", "home")):
            with contextlib.suppress(FileNotFoundError):
                with open(os.path.join(home, "sign.txt"), "w") as f:
                    f.write(text)


def give_world(w, uid):
    for base, dirs, files in os.walk(w.root):
        for name in [base] + [os.path.join(base, x) for x in dirs + files]:
            os.lchown(name, uid, uid)


def as_user(w):
    """The words before a command that run it as an ordinary user, who owns the
    world; none if we aren't root."""
    if os.geteuid() != 0:
        return ()
    wrap = ("setpriv", "--reuid", str(USER), "--regid", str(USER),
            "--clear-groups", "--")
    if shutil.which("setpriv") is None:
        raise Skip("there is no setpriv")
    give_world(w, USER)
    if subprocess.run(list(wrap) + [ASSENT, "--version"], env=w.env,
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                      ).returncode != 0:
        raise Skip("the programs are out of an ordinary user's reach")
    return wrap


def users_project(w):
    """For root: a user's project. Root's own files are root's."""
    as_user(w)
    os.chown(w.root, 0, 0)
    for name in "state", "config":
        shutil.rmtree(w.path(name), ignore_errors=True)


def users(w):
    """As whoever runs the tests, and as an ordinary user."""
    yield ()
    if os.geteuid() == 0:
        try:
            yield as_user(w)
        except Skip:
            return
        finally:
            give_world(w, 0)


def programs(w, core=None):
    """A folder of our programs, for a core that the test copies there, or `core`, which
    finds the worker and the data beside it."""
    bin_ = w.path("bin")
    os.makedirs(bin_)
    shutil.copy(ASSENT, os.path.join(bin_, "assent"))
    if core is not None:
        shutil.copy(core, os.path.join(bin_, "assent-core"))
    for name in ("assent-worker", "assent-net", "assent-term", "share"):
        os.symlink(os.path.join(BUILD, name), os.path.join(bin_, name))
    return bin_


def with_script(script):
    """A wrapper that runs a shell script in mounts of its own first."""
    if os.geteuid() != 0:
        raise Skip("mounting needs root")
    wrap = ("unshare", "-m", "sh", "-c", script + " && exec \"$@\"", "sh")
    if subprocess.run(list(wrap) + ["true"], stderr=subprocess.DEVNULL
                      ).returncode != 0:
        raise Skip("mounts are refused here")
    return wrap


def with_mount(*mounts):
    """A wrapper that mounts a small tmpfs at each (folder, options) first."""
    return with_script(" && ".join(
        "mount -t tmpfs -o %s none '%s'" % (options, folder)
        for folder, options in mounts))


def tree(root):
    """path -> (kind, mode, content) of everything below root but .git."""
    out = {}
    for base, dirs, files in os.walk(root):
        dirs[:] = [d for d in dirs if not (base == root and d == ".git")]
        for name in dirs + files:
            path = os.path.join(base, name)
            st = os.lstat(path)
            rel = os.path.relpath(path, root)
            if os.path.islink(path):
                out[rel] = ("link", 0, os.readlink(path))
            elif os.path.isdir(path):
                out[rel] = ("dir", st.st_mode & 0o7777, "")
            else:
                with open(path, "rb") as f:
                    out[rel] = ("file", st.st_mode & 0o7777, f.read())
    return out


class Mock:
    """The scripted model server."""

    def __init__(self, world, answers, key=None, pages=None, port=0):
        self.dir = world.path("mock-%d" % len(world.mocks))
        os.makedirs(self.dir)
        script = {"answers": answers, "models": ["m"]}
        if isinstance(answers, dict):
            script.update(answers=[], rules=answers["rules"])
        if key:
            script["key"] = key
        if pages:
            script["pages"] = pages
        path = os.path.join(self.dir, "script.json")
        with open(path, "w") as f:
            json.dump(script, f)
        keep = "rules" not in script or answers.get("record", True)
        self.server = mockserver.ScriptedServer(
            path, port, os.path.join(self.dir, "requests") if keep else None)
        self.port = self.server.server_address[1]

    def url(self, suffix="/v1"):
        return "http://127.0.0.1:%d%s" % (self.port, suffix)

    def requests(self):
        out = []
        folder = os.path.join(self.dir, "requests")
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
            if name.endswith(".json"):
                with open(os.path.join(folder, name)) as f:
                    out.append(json.load(f))
        return out

    def release(self, name):
        """The answers that wait for this file."""
        with open(os.path.join(self.dir, name), "w"):
            pass

    def stop(self):
        """The server's own verdict: 0 if every expectation held."""
        self.server.end()
        return 1 if self.server.script.failed else 0


class World:
    def __init__(self, name):
        self.root = tempfile.mkdtemp(prefix="assent-e2e-")
        self.name = name
        self.mocks = []
        self.clients = []       # of protocol.py; each is ended after the test
        self.sound = True       # so are its journals, when it ends
        self.outputs = {}
        self.home = self.path("home")
        self.project = self.path("home", "src", "project")
        os.makedirs(self.project)
        self.env = {
            "HOME": self.home,
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color",
            "XDG_STATE_HOME": self.path("state"),
            "XDG_CONFIG_HOME": self.path("config"),
            "MOCK_KEY": "sk-test-0123456789",
            # Installed programs must make no difference; test-symbols.py turns
            # this on.
            "ASSENT_SYMBOLS": "off",
            # On many a host without a sandbox this would be asked first of root.
            "ASSENT_PROCESSES_UNHELD": "allow",
            # Nor do linters: test-diagnose.py turns them on.
            "ASSENT_DIAGNOSTICS": "off",
            # Four attempts; a test that needs a longer wait says so.
            "ASSENT_RETRY_TIME": "4s",
        }
        # Reports of sanitizers, from programs whose output nobody reads.
        for name_ in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            given = os.environ.get(name_)
            self.env[name_] = (given + ":" if given else "") + \
                "log_path=" + self.path("sanitizer")

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, rel, text, mode=None, base=None):
        path = os.path.join(base or self.project, rel)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        if mode is not None:
            os.chmod(path, mode)
        return path

    def read(self, rel):
        with open(os.path.join(self.project, rel), "rb") as f:
            return f.read().decode("utf-8", "surrogateescape")

    def git(self, *args, cwd=None):
        return subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid",
             "-c", "init.defaultBranch=main"] + list(args),
            cwd=cwd or self.project,
            env=dict(self.env, GIT_CONFIG_NOSYSTEM="1"),
            check=True, stdout=subprocess.PIPE).stdout.decode()

    def repository(self):
        """The project as a git repository, with all that is in it committed."""
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "begin")

    def mock(self, answers, fmt="openai-chat", key="sk-test-0123456789",
             config=None, port=0):
        """Start a server with these answers and point the config at it."""
        m = Mock(self, answers, key, port=port)
        self.mocks.append(m)
        self.configure(base_url(m, fmt), fmt, config)
        return m

    def configure(self, url, fmt="openai-chat", config=None):
        conf = {"model": "mock/m", "providers": {"mock": {
            "format": fmt, "base_url": url, "api_key_env": "MOCK_KEY"}}}
        conf.update(config or {})
        folder = self.path("config", "assent")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "config.json"), "w") as f:
            json.dump(conf, f)

    def model_row(self, begins, **facts):
        """The user's own row of the model table."""
        self.write("models.json", json.dumps({"models": [
            dict(facts, begins=begins)]}), base=self.path("config", "assent"))

    def run(self, *args, stdin="", env=None, cwd=None, deadline_s=DEADLINE_S,
            wrap=(), code=None):
        """Run assent to its end, with this exit code; the result has returncode,
        stdout, stderr."""
        self.note_output(args, cwd)
        r = subprocess.run(
            list(wrap) + [ASSENT] + list(args), cwd=cwd or self.project,
            env=dict(self.env, **(env or {})),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=deadline_s)
        self.check_outputs()
        if code is not None:
            assert r.returncode == code, r
            Checks.seen = True
        return r

    def redo(self, *args, **kw):
        """Undo the last undo that isn't undone."""
        rows = self.run("undo", "--list", **kw).stdout.decode().split("\n")
        last = [r for r in rows if "(undoes " in r and
                "(undone by" not in r][-1]
        return self.run("undo", "--change", last.split()[0], *args, **kw)

    def start(self, *args, env=None, cwd=None, **kw):
        """Start assent and leave it running; the caller waits for it."""
        self.note_output(args, cwd)
        kw.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(
            [ASSENT] + list(args), cwd=cwd or self.project,
            env=dict(self.env, **(env or {})), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **kw)

    def clean_project(self):
        """An empty project and no sessions, for a test that has rounds."""
        shutil.rmtree(self.project)
        os.makedirs(self.project)
        folder = self.path("state", "assent", "sessions")
        if os.path.isdir(folder):
            make_writable(folder)
            remove(folder)

    def sessions(self):
        """Ids, oldest first. An id has the second and then what is random,
        so that the first line's stamp decides among those of one second."""
        folder = self.path("state", "assent", "sessions")

        def begun(sid):
            try:
                with open(os.path.join(folder, sid, "journal.jsonl")) as f:
                    stamp = json.loads(f.readline()).get("t", "")
            except (OSError, ValueError):
                stamp = "~"     # it is only beginning
            return sid[:len("20261120-083206")], stamp, sid
        return sorted(os.listdir(folder), key=begun) \
            if os.path.isdir(folder) else []

    def session_dir(self, n=-1):
        return self.path("state", "assent", "sessions", self.sessions()[n])

    def events(self, kind=None, n=-1):
        out = []
        path = os.path.join(self.session_dir(n), "journal.jsonl")
        if not os.path.exists(path):
            return out
        with open(path) as f:
            for line in f:
                if not line.endswith("\n"):
                    break
                ev = json.loads(line)
                if kind is None or ev["type"] == kind:
                    out.append(ev)
        return out

    def verify(self):
        """assent log --verify on every session, and each line's schema."""
        import schema
        for sid in self.sessions():
            r = self.run("log", "--verify", sid)
            assert r.returncode == 0, r
            folder = self.path("state", "assent", "sessions", sid)
            # Killed before its first line.
            if not os.path.exists(os.path.join(folder, "journal.jsonl")):
                continue
            problems = schema.check_journal(folder)
            assert not problems, problems

    def note_output(self, args, cwd):
        """The files of --output, as they are before the run. What an earlier
        one left there is checked first."""
        self.check_outputs()
        for option, value in zip(args, list(args[1:]) + [""]):
            name, equals, given = option.partition("=")
            path = os.path.join(os.fsdecode(cwd or self.project),
                                given if equals else value)
            if "exec" in args and name == "--output" and \
                    not path.startswith("/dev/"):
                self.outputs[path] = file_state(path)

    def check_outputs(self):
        """All that a run wrote there fits its schema."""
        import schema
        for path, before in self.outputs.items():
            now = file_state(path)
            if now is not None and now != before:
                self.outputs[path] = now
                problems = schema.check_output(path)
                assert not problems, (path, problems)

    def check_written(self):
        """Check all files of runs that a script started, or that were started
        in another way: everything below the world."""
        import schema
        for base, dirs, files in os.walk(self.root):
            dirs[:] = [d for d in dirs if d not in (".git", "node_modules",
                                                    "sessions")]
            for name in files:
                path = os.path.join(base, name)
                problems = schema.check_output(path) if name.endswith(
                    ".json") and file_state(path) and \
                    schema.is_output(path) else None
                assert not problems, (path, problems)

    def check_sanitizers(self):
        for path in glob.glob(self.path("sanitizer.*")):
            with open(path) as f:
                raise AssertionError("a sanitizer says:\n" + f.read())

    def end_clients(self):
        """Of those that are connected yet, and with them their sessions."""
        for c in self.clients:
            if c.sock.fileno() >= 0:
                c.close_and_wait()

    def close(self):
        for c in self.clients:
            c.close()
        for m in self.mocks:
            m.stop()
        make_writable(self.root)
        shutil.rmtree(self.root, ignore_errors=True)


def marks(events):
    """Each mark of these drafts or commands, also where one line has many."""
    return [dict(e, **m) for e in events for m in e.get("marks", [{}])]


def rewrite_journal(folder, lines):
    """Cut a journal to these lines, as if the core had died then; its head is
    made anew to fit (two slots, see chain_head_encode in src/journal)."""
    with open(os.path.join(folder, "journal.jsonl"), "w") as f:
        f.writelines(lines)
    last = json.loads(lines[-1])
    text = "seq=%d end=%d h=%s" % (
        last["seq"], sum(len(x.encode()) for x in lines), last["h"])
    slot = "%s sum=%.16s" % (text, hashlib.sha256(text.encode()).hexdigest())
    with open(os.path.join(folder, "head"), "w") as f:
        f.write((slot.ljust(159) + "\n") * 2)


def make_writable(root):
    for base, dirs, _ in os.walk(root):
        for d in dirs:
            path = os.path.join(base, d)
            if not os.path.islink(path):
                try:
                    os.chmod(path, 0o700)
                except OSError:
                    pass


def remove(folder):
    """A folder with sessions: nothing else removes there at the same time, as a
    core does that ends since its terminal is gone, or makes folders there, as
    the worker of one that was killed."""
    ours = {"assent-core", "assent-worker", "assent-remove"}

    def none():
        return not any(os.path.basename(line.split(" ")[0]) in ours
                       for line in children().values())
    # A look misses the child of a process that forks and ends while it is taken,
    # as assent-remove does; the next one has it.
    wait_until("sessions and removals to end", lambda: none() and none())
    shutil.rmtree(folder)


def stats():
    """pid -> the fields of /proc/PID/stat, from the state on, of every process
    below this one that isn't a zombie."""
    all_ = {}
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % pid) as f:
                all_[int(pid)] = f.read().rpartition(")")[2].split()
        except OSError:
            continue
    mine, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, fields in all_.items()
                if int(fields[1]) in mine} - mine
        mine |= more
        grown = bool(more)
    return {pid: all_[pid] for pid in mine - {os.getpid()}
            if all_[pid][0] != "Z"}


def children():
    """pid -> command line of those."""
    found = {}
    for pid in stats():
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                found[pid] = f.read().replace(b"\0", b" ").decode(
                    "utf-8", "replace")
        except OSError:
            continue
    return found


def running(program):
    """The processes below this one that run this program. Those below it don't
    count: they haven't called exec yet, or run git for it."""
    found = {pid for pid, line in children().items()
             if (line + " ").startswith(program + " ")}

    def parent(pid):
        try:
            with open("/proc/%d/stat" % pid) as f:
                return int(f.read().rpartition(")")[2].split()[1])
        except OSError:
            return 0
    def is_first(pid):
        pid = parent(pid)
        while pid > 1 and pid not in found:
            pid = parent(pid)
        return pid not in found
    return sorted(pid for pid in found if is_first(pid))


def reap():
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return


def leftovers(deadline_s=60):
    """Processes that outlive the test; they get time to finish dying."""
    def gone():
        reap()
        return not children()
    try:
        wait_until("all processes to be gone", gone, deadline_s)
        return {}
    except AssertionError:
        left = children()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        return left


@functools.cache
def own_mounts():
    """From here on, what this test file mounts is seen by it and its children
    only, and goes with them.  A mount that all of the machine sees makes every
    session that runs beside this test build its sandboxes anew."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or \
            libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        raise Skip("cannot mount: %s" % os.strerror(ctypes.get_errno()))


class Checks:
    """Has the test checked anything? An assertion of its file, or of a library
    beside it, was reached, or what it waited for came."""
    seen = False
    lines = {}

    @classmethod
    def begin(cls):
        cls.seen = False
        cls.trace(cls.call)

    @staticmethod
    def trace(call):
        """Here, and in threads that begin."""
        sys.settrace(call)
        threading.settrace(call)

    @classmethod
    def call(cls, frame, event, arg):
        if cls.seen:
            sys.settrace(None)
            return None
        path = frame.f_code.co_filename
        if path not in cls.lines:
            cls.lines[path] = cls.read(path)
        return cls.line if cls.lines[path] else None

    @classmethod
    def read(cls, path):
        """The lines of its assertions, of which some are an `if` that raises an
        AssertionError. Those of this file hold for all tests."""
        if path == __file__ or "/tests/" not in os.path.abspath(path):
            return None
        with open(path, encoding="utf-8") as f:
            tree = ast.parse(f.read())

        def checks(node):
            if isinstance(node, ast.If):
                return any(isinstance(x, ast.Raise) and
                           "AssertionError" in ast.dump(x) for x in node.body)
            return isinstance(node, ast.Assert)
        return {line for node in ast.walk(tree) if checks(node)
                for line in range(node.lineno, node.end_lineno + 1)}

    @classmethod
    def line(cls, frame, event, arg):
        if event == "line" and \
                frame.f_lineno in cls.lines[frame.f_code.co_filename]:
            cls.seen = True
        return None if cls.seen else cls.line


def own_work():
    """Seconds in which this thread, the main one, ran or was ready to."""
    try:
        with open("/proc/self/schedstat") as f:
            ran, waited = f.read().split()[:2]
    except OSError:
        return time.thread_time()
    return (int(ran) + int(waited)) / 1e9


class Idle:
    """Ends a test in which nothing moves: a look a second finds all processes
    asleep, and they use next to no time of a processor. A slow machine makes
    this no shorter, since there they run, or wait to."""
    looks = ticks = work = 0

    @classmethod
    def begin(cls):
        cls.looks = 0
        signal.signal(signal.SIGALRM, cls.look)
        signal.setitimer(signal.ITIMER_REAL, 1, 1)

    @classmethod
    def end(cls):
        signal.setitimer(signal.ITIMER_REAL, 0)

    @classmethod
    def look(cls, signum, frame):
        found = stats().values()
        ticks = sum(int(f[11]) + int(f[12]) for f in found)
        work = own_work()
        asleep = abs(ticks - cls.ticks) < 3 and work - cls.work < 0.5 and \
            not any(f[0] in "RD" for f in found)
        cls.ticks, cls.work = ticks, work
        cls.looks = cls.looks + 1 if asleep else 0
        if cls.looks >= IDLE_S:
            cls.end()
            raise AssertionError("nothing has moved for %d seconds; there are: "
                                 "%r" % (IDLE_S, sorted(children().values())))


def main(names):
    sys.path.insert(0, HERE)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # The modes that tests expect, whoever runs them.
    os.umask(0o022)
    # A shell starts what runs beside it with this one ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wanted = sys.argv[1:]
    slow_file = os.path.basename(sys.argv[0]).startswith("slow-")
    slow_run = bool(os.environ.get("ASSENT_SLOW"))
    tests = [(n, f) for n, f in names.items() if n.startswith("test_") and
             (n in wanted if wanted else
              slow_file or hasattr(f, "is_slow") == slow_run)]
    if not tests:
        sys.exit("no test of this file is to run")
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        world = World(name)
        begun = time.monotonic()
        try:
            if names.get("NEEDS_SANDBOX"):
                need_sandbox(world)
            if names.get("NEEDS_LEVEL"):
                need_level(world, *names["NEEDS_LEVEL"])
            Idle.begin()
            Checks.begin()
            test(world)
            Checks.trace(None)
            assert Checks.seen, "it ended before it had checked anything"
            world.end_clients()
            for m in world.mocks:
                assert m.stop() == 0, "the model server's expectations failed"
            left = leftovers()
            assert not left, "left running: %r" % left
            world.check_outputs()
            if world.sound:
                world.verify()
            world.check_written()
            world.check_sanitizers()
            Idle.end()
            print("ok %d - %s" % (i, name))
        except Skip as why:
            Idle.end()
            leftovers()
            print("ok %d - %s # SKIP %s" % (i, name, why))
        except BaseException:
            Idle.end()
            Checks.trace(None)
            failed += 1
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            try:
                for line in show_journal(world):
                    print("# journal: " + line)
            except Exception:
                pass
            for c in world.clients:
                c.close()
            for m in world.mocks:
                m.stop()
            leftovers(5)
            print("not ok %d - %s" % (i, name))
        finally:
            print("# %.1f s" % (time.monotonic() - begun))
            sys.stdout.flush()
            if failed == 0 or not os.environ.get("KEEP"):
                world.close()
            else:
                print("# kept: " + world.root)
    sys.exit(1 if failed else 0)


def show_journal(world):
    if not world.sessions():
        return []
    out = []
    for ev in world.events():
        text = json.dumps({k: v for k, v in ev.items()
                           if k not in ("prev", "h", "t", "settings", "raw")})
        out.append(text[:600])
    return out
