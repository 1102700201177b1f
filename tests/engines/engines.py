"""Shared by the tests of engines: repositories, and a model for many runs."""

import collections
import csv
import io
import json
import os
import re
import subprocess
import sys
import textwrap

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

CONTRIB = os.path.join(os.path.abspath(os.environ.get("srcdir", ".")),
                       "contrib")


def done(summary):
    return {"calls": [{"name": "done", "args": {"summary": summary}}]}


def call(name, **args):
    return {"calls": [{"name": name, "args": args}]}


def git(folder, *args):
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid",
         "-c", "init.defaultBranch=main"] + list(args), cwd=folder,
        check=True, stdout=subprocess.PIPE).stdout.decode()


def repository(folder, **files):
    os.makedirs(folder)
    for name, text in files.items():
        with open(os.path.join(folder, name.replace("_", ".")), "w") as f:
            f.write(text)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "begin")
    return folder


def environment(w):
    """For an engine: the world's, with this build first."""
    return dict(w.env, ASSENT=harness.ASSENT, PATH=os.pathsep.join(
        [os.path.dirname(harness.ASSENT), w.env["PATH"]]))


def need(program):
    """Its path, or why the test is skipped."""
    for folder in os.environ["PATH"].split(os.pathsep) + ["/usr/sbin"]:
        if os.access(os.path.join(folder, program), os.X_OK):
            return os.path.join(folder, program)
    raise harness.Skip("there is no %s: ./bootstrap engines" % program)


def readme(engine, *words):
    """The one example in an engine's README, or words between backticks, that
    has these words; as written."""
    with open(os.path.join(CONTRIB, engine, "README.md")) as f:
        text = f.read()
    found = [textwrap.dedent(x) for x in re.findall(
        r"(?m)((?:^    .*\n|^\n(?=    ))+)", text)]
    found += re.findall(r"`([^`\n]+)`", text)
    found = [x for x in found if all(y in x for y in words)]
    assert len(found) == 1, (words, found)
    return found[0].strip() + "\n"


def commands(text):
    """The commands after a prompt in an example."""
    return re.findall(r"(?m)^\$ ((?:.*\\\n)*.*)", text)


def shell(w, line, **env):
    r = subprocess.run(["sh", "-c", line], cwd=w.root, timeout=120,
                       env=dict(environment(w), **env),
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    return r.returncode, r.stdout.decode()


def by_task(w):
    """Each task's sessions, and how each ended."""
    found = {}
    for i, sid in enumerate(w.sessions()):
        task = w.events("user_message", i)
        ends = [e["outcome"] for e in w.events("agent_end", i)]
        if task:
            found.setdefault(task[0]["text"].split("\n")[0], []).append(
                (sid, ends))
    return found


def copies(w, n):
    """So many repositories, all alike."""
    first = repository(w.path("repos", "r0"), a_txt="one\n",
                       Makefile="check:\n\tgrep -q two a.txt\n")
    for i in range(1, n):
        subprocess.run(["cp", "-r", first, w.path("repos", "r%d" % i)],
                       check=True)
    return [w.path("repos", "r%d" % i) for i in range(n)]


PLAN = call("plan", goal="as planned", steps=[{"title": "write"}])


def steady_model(w, planned=False):
    """It fixes a.txt, whoever asks, and however often a call was lost."""
    return w.mock({"record": False, "rules": planned * [
        {"if": ["Mend it"], "not": ["as planned"], "answer": PLAN}] + [
        {"if": ["Mend it"], "not": ["Replaced a.txt", "exactly this content"],
         "answer": call("write", path="a.txt", content="two\n")},
        {"answer": done("mended")}]})


def rows(table):
    return list(csv.DictReader(io.StringIO(table.decode())))


def check_once(w, repos, table):
    """A row for each repository, and each was done exactly once. How often
    anything was applied."""
    found = rows(table)
    assert len(found) == len(repos), len(found)
    assert len({r["session"] for r in found}) == len(repos)
    bad = [r for r in found if r["outcome"] != "done"]
    assert not bad, bad[:3]
    # A session that exec hadn't recorded when it was killed applies nothing.
    ends, applied = collections.Counter(), collections.Counter()
    for sid in os.listdir(w.path("state", "assent", "sessions")):
        path = w.path("state", "assent", "sessions", sid, "journal.jsonl")
        if not os.path.exists(path):
            continue
        with open(path) as f:
            lines = [json.loads(x) for x in f]
        root = lines[0]["root"] if lines else None
        ends[root] += any(e["type"] == "agent_end" and e["outcome"] == "done"
                          for e in lines)
        applied[root] += sum(e["type"] == "applied" and e["ops"][0]["ok"]
                             for e in lines)
    for r in repos:
        with open(os.path.join(r, "a.txt")) as f:
            assert f.read() == "two\n", r
        assert applied[r] == 1 and ends[r] == 1, (r, applied[r], ends[r])
    return sum(applied.values())
