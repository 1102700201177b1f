"""contrib/github/action.yml: its steps' shell, as the runner would start it.
The runner itself runs only at GitHub; what it puts in for an expression is done
here."""

import json
import os
import re
import shutil
import subprocess

import engines
from engines import call, done
import harness

try:
    import yaml
except ImportError:
    yaml = None

ACTION = os.path.join(engines.CONTRIB, "github")
GH = """#!/bin/sh
[ "$1 $2" = "pr view" ] && exit 1
echo "$@" >>"$CALLS"
[ "$1 $2" = "auth status" ] || echo https://github.com/o/r/pull/7
"""
HOSTILE = "it's $(touch pwned) `touch pwned` ${{ x }} \"; touch pwned; #"


class Runner:
    def __init__(self, w, **given):
        if yaml is None:
            raise harness.Skip("there is no python3-yaml: ./bootstrap engines")
        with open(os.path.join(ACTION, "action.yml")) as f:
            self.action = yaml.safe_load(f)
        self.w = w
        known = self.action["inputs"]
        assert set(given) <= set(known), given
        self.values = {"github.run_id": "5", "github.run_attempt": "1",
                       "github.token": "t", "github.action_path": ACTION,
                       "runner.temp": w.path("runner")}
        for name, about in known.items():
            self.values["inputs." + name] = given.get(
                name, self.expand(about["default"]))
        shutil.rmtree(w.path("runner"), ignore_errors=True)
        os.makedirs(w.path("runner"))
        self.summary, self.artifact, self.failed = "", None, 0
        self.log = ""

    def expand(self, text):
        return re.sub(r"\$\{\{ *([^ }]+) *\}\}", lambda m: self.values.get(
            m.group(1), ""), text)

    def holds(self, condition):
        """The few forms that the action uses."""
        always = "always()" in condition
        for part in filter(None, condition.split(" && ")):
            m = re.fullmatch(r"(\S+) ([!=]=) '(.*)'", part)
            if m is None:
                assert part == "always()", part
            elif (self.values.get(m.group(1), "") == m.group(3)) != \
                    (m.group(2) == "=="):
                return False
        return always or self.failed == 0

    def run(self, env=()):
        for step in self.action["runs"]["steps"]:
            if not self.holds(step.get("if", "")):
                continue
            if "uses" in step:
                assert step["uses"] == "actions/upload-artifact@v4"
                self.artifact = sorted(os.listdir(self.expand(
                    step["with"]["path"])))
                continue
            self.shell(step, env)
        return self.failed

    def shell(self, step, env):
        files = {n: self.w.path("runner", n.lower())
                 for n in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            open(path, "w").close()
        script = self.w.write("step.sh", step["run"], base=self.w.path(
            "runner"))
        r = subprocess.run(
            ["sh", "-e", script], cwd=self.w.project, env=dict(
                engines.environment(self.w), **files, **dict(env),
                RUNNER_TEMP=self.w.path("runner"), GITHUB_ACTION_PATH=ACTION,
                **{k: self.expand(v) for k, v in step.get("env", {}).items()}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.log += r.stdout.decode()
        with open(files["GITHUB_STEP_SUMMARY"]) as f:
            self.summary += f.read()
        with open(files["GITHUB_OUTPUT"]) as f:
            for line in f.read().splitlines():
                key, _, value = line.partition("=")
                self.values["steps.%s.outputs.%s" % (step["id"], key)] = value
        if r.returncode != 0:
            self.failed = r.returncode

    def outputs(self):
        return {k: self.expand(v["value"])
                for k, v in self.action["outputs"].items()}


EDIT = call("write", path="a.txt", content="two\n```\nfence\n")


def begin(w, *answers):
    w.write("a.txt", "one\n")
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "begin"]):
        w.git(*args)
    return w.mock(list(answers))


def test_a_proposal(w):
    harness.need_sandbox(w)
    m = begin(w, EDIT, done("Did ![x](http://x/) <b>it</b>\n````\nnot out"))
    r = Runner(w, task=HOSTILE, test="grep -q 'two' a.txt",
               flags="--plan\nskip\n", **{"max-time": "5m"})
    w.git("config", "x.token", "checkout's secret")
    data = {"issue": "It crashes\nmore=@.git/config", "file": "@.git/config",
            "odd": HOSTILE}
    assert r.run({"ASSENT_INPUT_" + k: v for k, v in data.items()}) == 0, r.log
    o = r.outputs()
    assert o["outcome"] == "waiting" and o["exit"] == "5", (o, r.log)
    assert o["changed"] == "0" and o["waiting"] == "1", o
    assert o["session"] == w.sessions()[0] and not o["pull-request"], o
    assert "::notice::1 files wait" in r.log, r.log
    assert r.artifact == ["changes.patch", "report.json"]
    assert w.read("a.txt") == "one\n" and not os.path.exists(
        os.path.join(w.project, "pwned"))
    said = m.requests()[0]["body_text"]
    assert "checkout's secret" not in said and '\\"more\\"' not in said, said
    for name, value in data.items():
        assert '\\"%s\\"' % name in said, (name, said)
        assert json.dumps(value)[1:-1] in said, (value, said)
    # The summary: all in fences that hold.
    assert "### assent: waiting" in r.summary, r.summary
    assert "check: grep -q 'two' a.txt passed" in r.summary, r.summary
    out, fence = [], None
    for line in r.summary.splitlines():
        m = re.match(r"(`{3,})(\w*)$", line)
        if fence is None and m:
            fence = m.group(1)
        elif fence is not None and line == fence:
            fence = None
        elif fence is None:
            out.append(line)
    text = "\n".join(out)
    assert fence is None and "<b>" not in text and "fence" not in text, text
    assert "+two" in r.summary and "not out" in r.summary, r.summary
    # Reviewed from the artifact.
    a = w.run("review", "--accept", "all", o["patch"])
    assert a.returncode == 0 and w.read("a.txt").startswith("two"), a


def test_a_draft(w):
    """On a branch, pushed, and opened by gh."""
    harness.need_sandbox(w)
    bare, url = w.path("bare.git"), "https://github.com/o/r.git"
    begin(w, EDIT, call("write", path=".envrc", content="x\n"),
          done("Did it.\n::set-output name=url::x\n"
               "https://github.com/evil/r/pull/1"))
    w.git("init", "-q", "--bare", "-b", "main", bare)
    w.git("config", "url.%s.insteadOf" % bare, url)
    w.git("remote", "add", "origin", url)
    w.git("push", "-q", "origin", "main")
    w.write("bin/gh", GH, 0o755, base=w.root)
    env = {"CALLS": w.path("calls"), "PATH": os.pathsep.join(
        [w.path("bin"), engines.environment(w)["PATH"]])}
    r = Runner(w, task="Mend it", gate="pull-request", flags="--plan\nskip")
    assert r.run(env) == 0, r.log
    o = r.outputs()
    assert o["pull-request"] == "https://github.com/o/r/pull/7", (o, r.log)
    assert o["changed"] == "1" and o["waiting"] == "1", o
    # The model's text can't give the runner a command.
    stopped, seen = None, 0
    for line in r.log.splitlines():
        if stopped is None and line.startswith("::stop-commands::"):
            stopped = "::" + line[17:] + "::"
            assert len(stopped) == 36, line
        elif line == stopped:
            stopped = None
        else:
            assert stopped or not line.lstrip().startswith("::set"), r.log
            seen += "::set-output" in line
    assert seen and stopped is None, r.log
    with open(w.path("calls")) as f:
        calls = f.read()
    assert "pr create --draft" in calls or "--draft" in calls, calls
    log = w.git("--git-dir", bare, "log", "--format=%s", "main..assent/5-1")
    assert log.count("\n") == 1, log
    assert "pull/7" in r.summary and ".envrc  (protected" in r.summary


harness.main(globals())
