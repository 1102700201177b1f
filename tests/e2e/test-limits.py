"""Limits of commands as a user sets and sees them: flags, configuration, what
the screen's line, the journal and a killed command say."""

import glob
import os
import re
import shutil
import subprocess

import harness
from messages import msg
import protocol

NEEDS_SANDBOX = True
HOG = "x = bytearray(200 << 20); import time; time.sleep(20)"


def start(w):
    return w.events("session_start")[-1]


def test_time_is_of_commands_alone(w):
    """However short it is, the sandbox is tested."""
    w.run("try", "--", "true")
    level = start(w)["sandbox"]["level"]
    r = w.run("try", "--timeout", "1ms", "--", "sleep", "600")
    assert r.returncode == 4 and b"--timeout raises it" in r.stderr, r
    assert start(w)["sandbox"]["level"] == level, start(w)
    assert start(w)["limits"]["timeout_ms"] == 1, start(w)


def test_doctor_has_the_users_limits(w):
    text = w.run("doctor", "--all").stdout
    assert b"512 processes" in text, text
    w.configure("http://127.0.0.1:9/v1", config={"memory": "300M", "pids": 33, "cpu": "70%"})
    text = w.run("doctor", "--all").stdout
    for part in b"300M memory", b"70% CPU", b"33 processes":
        assert part in text, text


def test_doctor_says_what_root_means(w):
    text = w.run("doctor", "--all").stdout
    if os.geteuid() != 0:
        assert b"\nroot " not in text, text
        return
    assert b"root        running as root: " in text, text
    harness.users_project(w)
    text = w.run("doctor", "--all").stdout
    if harness.level(w) in "AB":
        assert b"as the project's owner, user %d\n" % harness.USER in text, text
    else:
        assert b"root        running as root: " in text, text


def test_a_share_of_a_processor(w):
    """Up to one, a command sees only one; what can't be held isn't begun."""
    r = w.run("try", "--cpu", "100%", "--", "nproc")
    if harness.holds_cpu(w):
        assert r.stdout == b"1\n", r
    else:
        assert r.returncode == 7 and r.stdout == b"", r
        assert msg.CANT_HOLD_A_COMMAND_TO.encode() + b" 100%" in r.stderr, r
        assert not w.sessions() or not w.events("tool_call"), r
    r = w.run("try", "--cpu", "all", "--", "nproc")
    assert int(r.stdout) == len(os.sched_getaffinity(0)), r


def test_a_share_that_is_set_later(w):
    """A session that is there is reviewed and undone wherever it is opened."""
    w.mock([])
    w.write("a.txt", "one\n")
    w.run("try", "--", "sh", "-c", "echo two >a.txt", code=5)
    w.mock([], config={"cpu": "50%"})
    w.run("decide", "--accept", "all", code=0)
    assert w.read("a.txt") == "two\n"
    w.run("undo", "--accept", "all", code=0)
    assert w.read("a.txt") == "one\n"


def test_out_of_memory(w):
    r = w.run("try", "--memory", "64M", "--cpu", "all", "--", "python3", "-c",
              HOG, code=4)
    assert b"stopped: out of its 64 MiB" in r.stderr, r
    assert msg.MEMORY_RAISES_IT.encode() in r.stderr, r
    e = w.events("tool_result")[-1]
    assert e["killed"] == "memory" and "exit" not in e, e


FORKS = ("i=0; while [ $i -lt 40 ]; do sleep 60 & i=$((i + 1)); done; "
         "exit 1")


def no_more_processes(w, wrap, test):
    """If the kernel enforces the limit, it refuses and kills nothing; if it is
    sampled, the command is killed. Either way the run ends at a limit, and
    not with a failed test."""
    r = w.run("try", "--pids", "16", "--", "sh", "-c", FORKS, wrap=wrap)
    assert r.returncode == 4, r
    assert msg.PIDS_RAISES_IT.encode() in r.stderr, r
    e = w.events("tool_result")[-1]
    assert ("met" in e) != (e.get("killed") == "pids"), e
    w.mock([{"calls": [{"name": "done", "args": {"summary": "did it"}}]}],
           config={"plan": "skip", "check_retries": 0})
    if wrap:
        harness.as_user(w)
    r = w.run("exec", "--pids", "16", "--test", test, "do it", wrap=wrap)
    assert r.returncode == 4, r
    assert msg.PIDS_RAISES_IT.encode() in r.stdout + r.stderr, r
    assert b": failed, exit" not in r.stdout + r.stderr, r
    end = w.events("agent_end")[-1]
    assert end["outcome"] == "limit", end
    w.verify()


# Without a cgroup that can be written, and where another program answers system
# calls already.
UNHELD = ("unshare", "-m", "sh", "-c", "cd /sys/fs/cgroup && "
          "mount --bind . . && mount -o remount,bind,ro /sys/fs/cgroup; "
          'cd "$OLDPWD"; exec "$@"', "sh")


def need_unheld():
    if os.geteuid() != 0:
        raise harness.Skip("the kernel limits an ordinary user's processes")
    wrap = UNHELD + harness.need_deny("--no", "listeners")
    if subprocess.run(UNHELD + ("true",)).returncode != 0:
        raise harness.Skip("no mount namespace for the cgroups")
    return wrap


def test_processes_that_nothing_holds(w):
    """You are asked once, and the answer is kept."""
    wrap = need_unheld()
    del w.env["ASSENT_PROCESSES_UNHELD"]
    args = ("try", "--sandbox", "container", "--plain", "--", "echo", "it runs")
    r = w.run(*args, wrap=wrap, code=7)
    assert msg.PROCESSES_ARENT_HELD.encode() in r.stderr, r
    asks = [(b"start anyway, here and from now on? [capital Y, n]", b"n\n")]
    code, seen = harness.on_terminal(w, asks, *args, wrap=wrap)
    assert code == 7 and b"it runs" not in seen, seen
    assert w.run("ls").stdout == b"", "a session began"
    asks = [(b"[capital Y, n]", b"y\n"), (b"a capital Y confirms", b"Y\n"),
            (b"it runs", b"")]
    code, seen = harness.on_terminal(w, asks, *args, wrap=wrap)
    assert code == 0, seen
    r = w.run(*args, wrap=wrap)
    assert b"it runs" in r.stdout, r
    r = w.run("doctor", "--sandbox", "container", wrap=wrap)
    assert b" \xc2\xb7 processes not held" in r.stdout, r
    line = w.events("session_start")[-1]["sandbox"]["line"]
    assert line.endswith("processes not held"), line


def test_processes_held_by_their_numbers(w):
    """On A and B the namespace has an end, and the line says where."""
    wrap = need_unheld()
    if harness.level(w, wrap) not in "AB":
        raise harness.Skip("no namespaces on this host")
    r = w.run("doctor", "--all", wrap=wrap, env={"ASSENT_PIDS": "64"})
    if b"held by pid_max" not in r.stdout:
        raise harness.Skip("before Linux 6.14")
    assert b" \xc2\xb7 300 processes" in r.stdout, r
    r = w.run("try", "--pids", "64", "--", "sh", "-c", "i=0; while [ $i -lt 400 "
              "]; do sleep 60 & i=$((i + 1)); done; exit 1", wrap=wrap)
    assert r.returncode == 4 and b"limit of 300 processes" in r.stderr, r


def test_no_more_processes_as_a_user(w):
    """Without cgroups nobody counts what was refused; the output tells."""
    wrap = harness.as_user(w)
    if not wrap:
        raise harness.Skip("the test before was it")
    harness.need_sandbox(w, wrap)
    no_more_processes(w, wrap, "sh -c '%s'" % FORKS)


def threads_of(uid):
    n = 0
    for path in glob.glob("/proc/[0-9]*/task"):
        try:
            n += os.stat(path).st_uid == uid and len(os.listdir(path))
        except OSError:		# it has ended
            pass
    return n


def test_lower_limits_of_the_host(w):
    """No flag raises them: the messages say whose they are."""
    wrap = ("bash", "-c", 'ulimit -f 4096; exec "$@"', "bash")
    r = w.run("try", "--", "sh", "-c", "head -c 8M /dev/zero >big", wrap=wrap)
    assert r.returncode == 4, r
    assert msg.HOSTS_LIMIT_FILE.encode() in r.stderr, r
    assert msg.DISK_RAISES_IT.encode() not in r.stderr, r
    user = harness.as_user(w)
    harness.need_sandbox(w, user)
    most = threads_of(harness.USER if user else os.getuid()) + 64
    wrap = (*user, "bash", "-c", 'ulimit -u %d; exec "$@"' % most, "bash")
    # Until it is refused: others of that user may end meanwhile.
    r = w.run("try", "--pids", str(most + 1), "--", "sh", "-c",
              FORKS.replace("40", str(most)), wrap=wrap, code=4)
    assert msg.HOSTS_LIMIT_PROCESSES.encode() in r.stderr, r
    assert msg.PIDS_RAISES_IT.encode() not in r.stderr, r


def test_killed_by_a_signal(w):
    w.mock([{"calls": [{"name": "done", "args": {"summary": "did it"}}]}],
           config={"plan": "skip", "check_retries": 0})
    r = w.run("exec", "--test", "kill -SEGV $$", "do it", code=3)
    assert b"killed by signal 11" in r.stdout + r.stderr, r
    assert b"exit -1" not in r.stdout + r.stderr, r


def tool(name, **args):
    return {"calls": [{"name": name, "args": args}]}


def sh(command):
    return tool("bash", command=command)


def at_once(*turns):
    return {"calls": [call for t in turns for call in t["calls"]]}


DONE = tool("done", summary="did it")


def test_the_disk_limit_is_one_for_all_calls(w):
    """A call that fills the stage is stopped; what it did and all that was built
    is removed and told, what was cached before it stays, and the next one
    runs."""
    w.write(".gitignore", "build/\n")
    w.git("init", "-q")
    fill = "head -c 3000000 /dev/urandom >%s; "
    w.mock([sh("mkdir build; echo n >n; echo k >~/kept; " + fill % "build/a"),
            sh("echo m >m; echo w >~/went; " + fill % "build/b" + fill % "x" +
               "sleep 60"),
            sh("ls; cd; ls kept went 2>&-"), DONE],
           config={"plan": "skip", "disk": "8M"})
    r = w.run("exec", "--approve", "yes", "--cpu", "all", "x")
    e = w.events("tool_result")
    assert [x.get("killed") for x in e[:3]] == [None, "disk", None], e
    assert "changed files larger than 8 MiB" in e[1]["limit"], e[1]
    assert "(build " in e[1]["text"] and ", x " in e[1]["text"], e[1]
    assert "are kept" not in e[1]["text"], e[1]
    assert e[2]["text"].split()[3:] == ["n", "kept"], e[2]
    assert w.read("n") == "n\n", r


def test_the_disk_limit_deletes_nothing_of_the_users(w):
    """A changed file, a new one and others are moved and changed by the call that
    fills the stage: what is proposed is what was staged before."""
    text = "".join("line %d\n" % i for i in range(50))
    w.write("a.c", text)
    for name in "over", "from", "sed", "empty", "lost":
        w.write(name, name + "\n")
    before = harness.tree(w.project)
    w.git("init", "-q")
    w.mock([at_once(tool("edit", path="a.c", old_string="line 7\n",
                         new_string="line seven\n"),
                    tool("write", path="new.py", content="print(1)\n")),
            sh("mv a.c b.c; mkdir lib; mv new.py lib; "
               "mv from over; sed -i s/s/S/ sed; : >empty; rm lost; "
               "head -c 9000000 /dev/zero >x; sleep 60"),
            sh("head -c 9000000 /dev/zero >new.py; sleep 60"), DONE],
           config={"plan": "skip", "disk": "8M"})
    w.run("exec", "--approve", "yes", "--cpu", "all", "x")
    e, again = w.events("tool_result")[-3:-1]
    assert e["killed"] == again["killed"] == "disk", (e, again)
    assert ", b.c 4 kB, lib/new.py 4 kB)" in e["note"], e
    assert "is as it was before it" in again["note"], again
    assert "removed" not in again["note"], again
    assert w.read("a.c") == text.replace("line 7\n", "line seven\n")
    assert w.read("new.py") == "print(1)\n"
    os.unlink(os.path.join(w.project, "new.py"))
    shutil.rmtree(os.path.join(w.project, ".git"))
    w.write("a.c", text)
    assert harness.tree(w.project) == before


def test_a_full_stage_takes_no_command(w):
    half = "x" * 79 + "\n"
    w.mock([at_once(tool("write", path="a", content=half * 8000),
                    tool("write", path="b", content=half * 8000),
                    sh("echo ran"), tool("write", path="b", content=""),
                    sh("echo ran")), at_once(DONE),
            at_once(tool("write", path="b", content=half * 8000),
                    sh("echo ran"), DONE)],
           config={"plan": "skip", "disk": "1M", "context_window": 1000000})
    r = w.run("exec", "--approve", "ask", "x")
    e = w.events("tool_result")
    assert [x["ok"] for x in e] == [True, True, False, True, True, True], e
    assert re.search(r"the copy is full \(1\.[23] MB of 1 MB\): ",
                     e[2]["text"]), e[2]
    assert "a 643 kB, b 643 kB" in e[2]["text"], e[2]
    assert "assent try --clean " + start(w)["session"] in e[2]["text"], e[2]
    assert "ran" in e[4]["text"], e[4]
    # Applied changes belong to the project; their patch is a record.
    assert w.run("decide", "--accept", "all").returncode == 0
    c = protocol.resume(w, disk_bytes=1 << 20)
    c.send(type="say", text="go on")
    e = c.wait_event("tool_result", lambda x: x["name"] == "bash" and
                     x["seq"] > e[-1]["seq"])
    assert e["ok"] and "ran" in e["text"], e
    c.close_and_wait()
    assert msg.HAS_NO_IGNORED_FILES in clean(w)


def test_a_tool_s_file_over_the_disk_limit(w):
    """An error of that call: what is staged stays, and nothing is left over."""
    w.write(".gitignore", "build/\n")
    w.git("init", "-q")
    w.mock([at_once(sh("mkdir build; echo b >build/b"),
                    tool("write", path="a", content="x" * 79 + "\n")),
            at_once(tool("write", path="b", content=("x" * 79 + "\n") * 20000),
                    sh("ls -A . build")), DONE],
           config={"plan": "skip", "disk": "1M", "context_window": 5000000})
    w.run("exec", "--approve", "yes", "x")
    e = w.events("tool_result")[2:4]
    assert e[0]["error"] == "io" and "limit on a file (--disk)" in e[0]["text"], e
    assert {"a", "b"} <= set(e[1]["text"].split()) and \
        ".assent-" not in e[1]["text"], e
    assert w.read("a") == "x" * 79 + "\n"


def clean(w, *words, code=0):
    r = w.run("try", "--clean", *words, code=code)
    return r.stderr.decode()


def test_clean_without_a_core(w):
    """Ignored files go; changes stay, also one below an ignored folder."""
    w.write(".gitignore", "build/\n")
    w.git("init", "-q")
    assert "no session" in clean(w, code=2)
    w.mock([at_once(sh("mkdir build; head -c 3000000 /dev/urandom >build/a; "
                       "echo n >n; echo x >~/x"),
                    tool("write", path="build/kept", content="k\n"), DONE)],
           config={"plan": "skip"})
    assert w.run("exec", "--approve", "ask", "x").returncode == 5
    # A core that died left a job's copy.
    os.mkdir(os.path.join(w.session_dir(), "hook-real"))
    text = clean(w)
    assert "hook-real" not in os.listdir(w.session_dir())
    assert "removed 3 MB from the copy of session " \
        + w.sessions()[-1] in text and "build 3 MB" in text, text
    assert msg.HAS_NO_IGNORED_FILES in clean(w, w.sessions()[-1])
    assert msg.ACCEPTS_ONE_SESSION in clean(w, "a", "b", code=2)
    # An empty copy in its place would take back what is open.
    shutil.rmtree(os.path.join(w.session_dir(), "stage"))
    assert msg.ITS_COPY_IS_GONE in clean(w, code=1)
    r = w.run("decide", "--accept", "all", code=0)
    assert w.read("n") == "n\n" and w.read("build/kept") == "k\n", r
    assert os.listdir(os.path.join(w.project, "build")) == ["kept"]


def test_clean_beside_a_core(w):
    w.write(".gitignore", "build/\n")
    w.git("init", "-q")
    w.mock([sh("mkdir build; head -c 3000000 /dev/zero >build/a; echo n >n; "
               "echo up; sleep 600"), DONE], config={"plan": "skip"})
    c = protocol.start(w, task="go")
    c.wait("its output", lambda: any("up" in str(x.get("text")) for x in c.lines
                                     if x.get("type") == "delta"))
    assert "the agent is running a tool: wait for it" in clean(w, code=1)
    c.send(type="interrupt")
    c.wait_event("agent_end")
    assert "removed 3 MB from the copy" in clean(w)
    assert msg.HAS_NO_IGNORED_FILES in clean(w)
    c.wait("the note", lambda: any(msg.REMOVED_FROM_THE_COPY in x["text"]
                                   for x in c.event_list("note")))
    assert c.event_list("proposal")[-1]["ignored"] == 0


def test_a_long_output(w):
    """Of 20 MB the core keeps start and end in memory, all of it in out/, and a
    secret is masked in each."""
    key = "ghp_" + "0123456789" * 3
    w.mock([harness.bash("seq 1 1000; echo %s; seq 1 2800000; echo %s; "
                         "echo the end" % (key, key)), harness.done()])
    w.run("exec", "--plan", "skip", "go", code=0)
    e = w.events("tool_result")[0]
    with open(os.path.join(w.session_dir(), "out",
                           e["out"]["sha256"]), "rb") as f:
        data = f.read()
    numbers = b"".join(b"%d\n" % i for i in range(1, 2800001))
    masked = b"[masked by assent]\n"
    assert data == numbers[:3893] + masked + numbers + masked + b"the end\n"
    assert e["out"]["size"] == len(data), e["out"]
    text = e["text"]
    assert text.startswith("exit status 0\n1\n2\n"), text[:200]
    assert text.endswith("\n2800000\n[masked by assent]\nthe end\n")
    assert "of %d bytes left out; the whole output: read " % len(
        data) in text, text[15000:16000]
    assert len(text) < 40000, len(text)


def test_a_long_line(w):
    """Its end is there, and a secret in it is masked wherever it is cut. What
    outputs have no room for isn't promised to the model."""
    token = "ghp_" + "0123456789" * 3
    w.write("say.py", "print(('x' * 37 + ' %s ') * 70000 + 'the end')" % token)
    w.mock([harness.bash("python3 say.py"), harness.bash(
        "seq 1 2000000"), harness.done()])
    w.run("exec", "--plan", "skip", "--disk", "24M", "go", code=0)
    line, numbers = w.events("tool_result")[:2]
    start, _, end = line["text"].partition("\n[... ")
    words = start.splitlines()[1].split()[:-2] + end.splitlines()[1].split()[2:-2]
    assert set(words) == {"x" * 37, "[masked", "by", "assent]"}, set(words)
    assert end.endswith(" the end\n"), end[-200:]
    assert line["out"]["size"] == len("x" * 37 + " [masked by assent] ") * \
        70000 + len("the end\n"), line["out"]
    assert " of 14888896 bytes left out ...]\n" in numbers["text"], numbers
    assert numbers["text"].endswith("\n2000000\n") and "out" not in numbers
    assert not [n for n in os.listdir(w.session_dir())
                if n.startswith("output-")]


def test_what_is_too_large_to_propose(w):
    """The model hears of it at once, and once, also of the next. Of a file of the
    project the copy's size is said; cleaned, the project's is seen again."""
    with open(os.path.join(w.project, "log"), "wb") as f:
        f.truncate(300 << 20)
    w.mock([harness.bash("echo x >> log"), harness.bash("echo y >> log"),
            harness.bash("mkfifo pipe"), harness.done(),
            harness.bash("wc -c <log"), harness.done()])
    w.run("exec", "--plan", "skip", "go", code=5)
    first, second, third = [e["text"] for e in w.events("tool_result")][:3]
    assert re.search(r"\nlog: can't be proposed: the project's file of that name: "
                     r"too large; its changed copy takes [\d.]+ [kM]B \(assent "
                     r"try --clean removes it\)", first), first
    assert second == "exit status 0\n", second
    assert "pipe: can't be proposed" in third and "log" not in third, third
    assert "log " in clean(w)
    assert not glob.glob(os.path.join(w.session_dir(), "stage", "*", "log"))
    c = protocol.resume(w)
    c.send(type="say", text="go on")
    c.wait_event("tool_result", lambda e: e["text"].startswith(
        "exit status 0\n%d\n" % (300 << 20)))


def test_bad_values(w):
    for flag, value in (("--cpu", "none"), ("--cpu", "0"), ("--cpu", "-5"),
                        ("--memory", "1M"), ("--pids", "1"),
                        ("--timeout", "0"), ("--disk", "x")):
        r = w.run("try", flag, value, "--", "true")
        assert r.returncode == 2 and flag.encode() in r.stderr, r


def test_no_way_to_systemd_inside(w):
    """Variables that the core needs to ask systemd don't reach a command."""
    run = w.path("run")
    os.makedirs(run, exist_ok=True)
    r = w.run("try", "--", "env", env={
        "XDG_RUNTIME_DIR": run, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"})
    assert r.returncode == 0, r
    assert b"XDG_RUNTIME_DIR" not in r.stdout, r
    assert b"DBUS" not in r.stdout, r


def test_low_limits_of_the_shell(w):
    """What it has lowered is raised again; what it has forbidden is said."""
    w.mock([{"calls": [{"name": "bash", "args": {"command": "echo x >made"}}]},
            {"calls": [{"name": "done", "args": {"summary": "made"}}]}],
           config={"plan": "skip"})
    low = "ulimit -%sn 64; ulimit -%ss 128; exec \"$@\""
    w.run("exec", "--approve", "yes", "make", code=0,
          wrap=("sh", "-c", low % ("S", "S"), "-"))
    assert w.read("made") == "x\n"
    r = w.run("exec", "make", code=1, wrap=("sh", "-c", low % ("S", ""), "-"))
    assert b"the stack may have only 128 kB" in r.stderr, r


harness.main(globals())
