"""Promises to scripts: each option and each exit status of exec, review FILE,
decide and stats has a test, here or in another file."""

import ast
import glob
import json
import os
import re
import shlex
import shutil
import signal

import harness
from messages import msg
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
EDIT = harness.write("a.txt", "two\n")
COMMANDS = ("exec", "review", "decide", "stats")
# Options whose command isn't named beside them.
ELSEWHERE = {
    ("exec", "--commit"): "test-branch.py",
    ("exec", "--disk"): "test-limits.py",
    ("exec", "--effort"): "test-effort.py",
    ("exec", "--hold"): "test-policy.py",
    ("exec", "--input"): "test-step.py",
    ("exec", "--max-time"): "test-budget.py",
    ("exec", "--max-total-tokens"): "test-budget.py",
    ("exec", "--sandbox"): "test-mcp.py",
    ("exec", "--require-proof"): "test-proof.py",
    ("exec", "--task-file"): "test-step.py",
    ("review", "--base"): "test-review-range.py",
    ("review", "--edit"): "test-choose.py",
    ("review", "--lines"): "test-choose.py",
    ("review", "--model"): "test-review-find.py",
    ("review", "--pr"): "test-review-range.py",
    ("review", "--split"): "test-choose.py",
}


def words_of(tree):
    """The strings of each call, list and tuple, and all of them."""
    def strings(nodes):
        return {n.value.partition("=")[0] for n in nodes if isinstance(
            n, ast.Constant) and isinstance(n.value, str)}
    together = [strings(n.args if isinstance(n, ast.Call) else n.elts)
                for n in ast.walk(tree)
                if isinstance(n, (ast.Call, ast.List, ast.Tuple))]
    return together, strings(ast.walk(tree))


def test_each_option_is_tested(w):
    """In a call, list or tuple that names the command, too, or where it is
    said to be; an abbreviation isn't one."""
    found = {}
    for path in glob.glob(os.path.join(harness.HERE, "..", "[ef]*",
                                       "test-*.py")):
        with open(path) as f:
            tree = ast.parse(f.read())
        tree.body = [n for n in tree.body if not isinstance(n, ast.Assign) or
                     ast.unparse(n.targets[0]) != "ELSEWHERE"]
        found[os.path.basename(path)] = words_of(tree)
    missing, idle = [], dict(ELSEWHERE)
    for command in COMMANDS:
        said = w.run(command, "--help").stdout.decode()
        options = re.findall(r"(?m)^  (--[a-z-]+)", said)
        assert "--help" in options, said
        for option in options:
            where = idle.pop((command, option), None)
            short = {"--output": "-o"}.get(option, option)
            beside = any(command in words and words & {option, short}
                         for together, _ in found.values()
                         for words in together)
            if option != "--help" and not beside and not (
                    where and {command, option} <= found[where][1]):
                missing.append((command, option))
    assert not missing, "no test names these beside the command; or list " \
        "them in ELSEWHERE: %r" % missing
    assert not idle, "ELSEWHERE has what needs no row: %r" % idle


def begin(w):
    w.write("a.txt", "one\n")
    w.repository()


def waiting(w, *args, more=()):
    """A session that waits for a review, and its proposal as a patch."""
    w.mock([EDIT] + [DONE] * (4 if "--test" in args else 1) + list(more))
    w.run("exec", "--plan", "skip", "--patch-out", w.path("p.patch"),
          *args, "go", code=5)
    return w.path("p.patch")


def settings(w):
    return w.events("session_start")[0]


def test_options_of_exec(w):
    harness.need_sandbox(w)
    begin(w)
    w.write(".gitignore", "*.o\n")
    w.mock([{"calls": [{"name": "bash", "args": {"command": "echo x >x.o"}}]},
            DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--include", "*.o",
              "--memory", "600M", "--timeout", "90", "go")
    assert r.returncode == 0 and w.read("x.o") == "x\n", r
    limits = settings(w)["limits"]
    assert limits["memory_bytes"] == 600 << 20, limits
    assert limits["timeout_ms"] == 90000, limits
    # The times are those of the requests.
    w.mock([{"stall": True}] * 9)
    r = w.run("exec", "--plan", "skip", "go", env={
        "ASSENT_IDLE_TIMEOUT": "1s", "ASSENT_RETRY_TIME": "0"})
    assert r.returncode == 6 and b"not a byte for 1 s" in r.stdout, r


def test_options_of_review(w):
    harness.need_sandbox(w)
    begin(w)
    p = waiting(w)
    cpu = 50 if harness.holds_cpu(w) else 0
    w.run("review", "--accept", "none", "--cpu", "50%" if cpu else "all",
          "--disk", "700M", "--memory", "300M", "--pids", "40",
          "--timeout", "9s", p, code=5)
    limits = settings(w)["limits"]
    want = {"cpu_percent": cpu, "disk_bytes": 700 << 20,
            "memory_bytes": 300 << 20, "pids": 40, "timeout_ms": 9000}
    assert {k: limits[k] for k in want} == want, limits
    deny = harness.need_none()
    r = w.run("review", "--sandbox-require", "B", "--accept", "all", p,
              wrap=deny)
    assert r.returncode == 7 and w.read("a.txt") == "one\n", r
    r = w.run("review", "--sandbox", "container", "--sandbox-require", "D",
              "--accept", "none", p, wrap=deny)
    assert r.returncode == 5 and settings(w)["sandbox"]["level"] == "D", r
    code, seen = harness.on_terminal(w, [(
        msg.ACCEPT_THIS_HUNK_Y.encode(), b"y\n")], "review", "--plain", p)
    assert code == 0 and w.read("a.txt") == "two\n", (code, seen)


def patch(w, old, new, name):
    w.write(name, "".join(old))
    w.git("add", "-f", name)
    w.write(name, "".join(new))
    text = w.git("diff", name)
    w.write(name, "".join(old))
    return w.write("x.patch", text, base=w.root)


def test_choices_of_review(w):
    harness.need_sandbox(w)
    begin(w)
    lines = ["%d\n" % i for i in range(30)]

    def run(*args, code=0):
        w.write("n", "".join(lines))
        w.run(*args, text, code=code)
        return w.read("n").split()
    text = patch(w, lines, lines[:2] + ["a\n", "b\n"] + lines[3:25] +
                 ["c\n"] + lines[26:], "n")
    # Hunks that no option names stay open.
    assert run("review", "--reject", "1", code=5)[2] == "2"
    # Hunks that overwrite no newer lines need no option.
    run("review", "--overwrite", "1", code=5)
    ci = ".github/workflows/ci.yml"
    text = patch(w, ["x\n"], ["y\n"], ci)
    for args, code, want in ((("review", "--approve", "yes"), 5, "x\n"),
                             (("review", "--approve", "yes",
                               "--allow-protected", ci), 0, "y\n")):
        run(*args, code=code)
        assert w.read(ci) == want, args


def test_statuses_of_review(w):
    harness.need_sandbox(w)
    begin(w)
    p = waiting(w)
    deny = harness.need_none()
    for command, wrap, more, code, words in (
            ("exit 1", (), (), 3, "exit 1"),
            ("exec tail -f /dev/null", (), ("--timeout", "1ms"), 4, "time"),
            ("true", deny, (), 5, "")):
        r = w.run("review", "--test", command, "--accept", "all", *more, p,
                  wrap=wrap)
        assert r.returncode == code and words.encode() in r.stderr, r
        assert w.read("a.txt") == "one\n"
    for end, code in (("signal", 130), ("other screen", 5)):
        n = len(w.sessions())
        q = w.start("review", "--test", "exec tail -f /dev/null", "--accept",
                    "all", p)
        harness.wait_until("the check", lambda: len(w.sessions()) > n and
                           w.events("evidence"))
        if end == "signal":
            q.send_signal(signal.SIGTERM)
        else:
            c = protocol.attach(w)
            c.wait_live()
            c.send(type="interrupt", check=True)
        out, err = q.communicate()
        assert q.returncode == code and w.read("a.txt") == "one\n", (out, err)


def test_statuses_of_decide(w):
    """How the session ends once it is resumed."""
    harness.need_sandbox(w)
    begin(w)
    for args, choice, code in (
            (("--test", "false"), ("--accept", "all"), 3),
            ((), ("--feedback", "again", "--accept", "none"), 6)):
        w.git("checkout", "-q", ".")
        waiting(w, *args, more=[{"status": 400, "body": "no"}])
        r = w.run("decide", "--root", w.project, "--insecure-http", *choice)
        assert r.returncode == code, (args, r)
    w.git("checkout", "-q", ".")
    waiting(w, more=[{"text": "thinking about it", "stall": True}])
    q = w.start("decide", "--feedback", "again", "--accept", "none")
    harness.wait_until("the request", lambda: len(
        w.mocks[-1].requests()) == 3)
    q.send_signal(signal.SIGTERM)
    out, err = q.communicate()
    assert q.returncode == 130, (out, err)


# Each with the word of it that the message is about. The folder is a git
# repository with one session in it.
MISUSE = """
nosuch: nosuch
--nosuch: --nosuch
acp x: x
attach 20200101-000000-abcd: assent resume
-c: assent resume
exec --yes x: --approve yes
status: assent ls
commit nosuch: nosuch
commit --amend --fixup HEAD: --amend and --fixup
commit --change 99: --change 99
commit --change x: --change x
commit --recover x: finish, undo or leave
commit -m x --file a.txt: --file and --message
completion tcsh: bash, fish or zsh
decide nosuch --accept all: nosuch
decide: --accept
decide --accept x: --accept x
decide --comment x --accept none: FILE:LINE
decide --from nosuch: decide --from
decide --patch nosuch: nosuch
decide --proposal x --accept all: --proposal x
demo nosuch: nosuch
doctor --effort much: --effort
doctor --root /nosuch: /nosuch
end nosuch: nosuch
exec --estimate --max-turns x: --max-turns
exec: task
exec --commit x hi: decision or task
exec --effort much hi: --effort
exec --force hi: --name
exec --if-running fail hi: --name
exec --input x hi: NAME=VALUE
exec --input x=@nosuch hi: nosuch
exec --model: --model
exec --model x hi: PROVIDER/MODEL
exec --model nosuch/x hi: nosuch
exec --net 'a b' hi: a b
exec --output /nosuch/f hi: /nosuch/f
exec --patch-out /nosuch/f hi: /nosuch/f
exec --profile nosuch hi: nosuch
exec --root /nosuch hi: /nosuch
exec --task-file nosuch: nosuch
exec --tools nosuch hi: nosuch
fork --at x: --at x
inbox x: "x"
say nosuch hi: nosuch
wait --timeout x: --timeout
exec --branch 'a b' hi: a b
exec --worktree='a b' hi: a b
help nosuch: nosuch
config nosuch: hooks | keys
config hooks nosuch: test NAME
config hooks add: FILE
config hooks add nosuch.json: nosuch.json
config hooks add bad.json: line 3, column 1
config hooks test nosuch: nosuch
config import: contrib/import/assent-import
config keys x: x
log nosuch: nosuch
log --json --verify: --json and --verify
log nosuch -- a.txt: FILE
login nosuch: provider
login --remove: provider
login --remove nosuch: nosuch
ls x: x
ls --root /nosuch: /nosuch
mcp add --file bad.json: line 3, column 1
mcp add x: add NAME
mcp rm nosuch: nosuch
mcp test nosuch: nosuch
mcp nosuch: login NAME
mcp login: login NAME
mcp login nosuch: nosuch
mcp login prog: prog
mcp login keyed: key
mcp logout web: signed in
config models x: x
agents x: x
pr --push nosuch: nosuch
pr --comment x: gh pr review
undo --change 99: --change 99
resume nosuch: nosuch
show --json nosuch: nosuch
config skills x: x
stats nosuch: nosuch
stats --csv --json: --csv and --json
stats --from nosuch: nosuch
review nosuch: nosuch
review no.patch: unified diff
review no.patch a.txt: other words
review --accept x no.patch: --accept x
review --test true no.patch: --accept
review --accept 1 a.txt: --accept
review --find no.patch: --find
review --pr x: --pr x
review --base x: --base
review --staged --pr 3: --pr and --staged
stats --from nosuch --csv: nosuch
stats --from a.txt --json: a.txt
stats --from sub --all: --all and --from
try: command
try --accept x -- true: --accept x
try --accept all --clean: --accept and --clean
try --clean nosuch: nosuch
try --timeout x -- true: --timeout
undo --accept all --list: --accept and --list
undo --change x: --change x
undo --change 99: --change 99
"""


def test_misuse(w):
    """A wrong option, name or file: 2 from every command, one line that names
    it, and nothing on standard output."""
    begin(w)
    w.write("no.patch", "no\n")
    w.write("bad.json", '{\n "x": [1,\n}\n')
    w.write("sub/c.txt", "x\n")
    w.mock([{"text": "I see."}])
    assert w.run("exec", "--plan", "skip", "look").returncode == 0
    n = len(w.sessions())
    web = {"url": "http://127.0.0.1:1/"}
    w.configure(w.mocks[-1].url(), config={"mcpServers": {
        "prog": {"command": "true"}, "web": web,
        "keyed": dict(web, headers={"Authorization": "x"})}})
    cases = [line.rsplit(": ", 1) for line in MISUSE.split("\n") if line]
    for line, word in cases:
        r = w.run(*shlex.split(line))
        said = r.stderr.decode()
        assert r.returncode == 2 and not r.stdout, (line, r)
        assert said.startswith("assent: ") and said.count("\n") == 1 and \
            word in said, (line, said)
    assert len(w.sessions()) == n and len(w.mocks[-1].requests()) == 1
    told = w.run("help", "--all").stdout.decode()
    names = set(re.findall(r"^  ([a-z]+)  +[A-Z]", told, re.M))
    assert len(names) > 20, told
    assert names <= {line.split()[0] for line, _ in cases}, names
    # The same outside a repository.
    shutil.rmtree(os.path.join(w.project, ".git"))
    for args in (("commit",), ("pr", "--push"),
                 ("exec", "--branch", "x", "hi")):
        r = w.run(*args)
        assert r.returncode == 2 and not r.stdout and \
            b"isn't in a git repository" in r.stderr, (args, r)
    # If all files are damaged, there is no report of zeros; otherwise the good
    # ones count.
    r = w.run("stats", "--from", ".", "--json")
    assert r.returncode == 1 and not r.stdout and b"bad.json" in r.stderr, r
    # A mistake in the configuration is where it is.
    w.write(w.path("config", "assent", "config.json"), '{"model": 3,\n]')
    for args in (("exec", "hi"), ("config", "models"), ("doctor",),
                 ("config", "keys"), ("mcp",),
                 ("login",), ("exec", "--estimate", "x")):
        r = w.run(*args)
        assert r.returncode == 2 and not r.stdout and r.stderr.endswith(
            b"config.json: line 2, column 1: not valid JSON\n"), (args, r)


def test_elsewhere(w):
    """stats of another folder's sessions."""
    begin(w)
    w.mock([DONE])
    w.run("exec", "--plan", "skip", "go")
    sid, = w.sessions()
    away = w.path("away")
    os.makedirs(away)
    r = w.run("stats", "--root", w.project, "--json", cwd=away)
    assert [x["session"] for x in json.loads(r.stdout)["sessions"]] == [sid]
    assert b"0 sessions" in w.run("stats", cwd=away).stdout


harness.main(globals())
