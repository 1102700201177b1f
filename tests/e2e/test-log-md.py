"""assent log --md: a session as Markdown, for a colleague or a pull request; and
what log --verify says if it can't."""

import json
import os
import re
import subprocess

import harness
from harness import call, write
import protocol

PLAN = call("plan", goal="louder # `x`", steps=[{"title": "write <b>a.txt"}],
            files=["a.txt"], check="true")
TASK = "Louder, @bot merge\n```\n# Not a heading\n"


def parts(text):
    """The headings, and the text of each fence, as CommonMark reads them."""
    headings, blocks, fence = [], [], None
    for line in text.split("\n"):
        m = re.match(r" {0,3}(`{3,})(\w*)$", line)
        if fence is None and m:
            fence = m[1]
            blocks.append("")
        elif fence is not None and m and not m[2] and \
                len(m[1]) >= len(fence):
            fence = None
        elif fence is not None:
            blocks[-1] += line + "\n"
        elif re.match(" {0,3}#", line):
            headings.append(line)
    assert fence is None, text
    return headings, blocks


def test_markdown(w):
    """The task, what was decided and what was written; nothing of it ends its
    fence, and names and tokens are masked."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\ntwo\n")
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    w.mock([PLAN, PLAN, write("a.txt", "ONE\n"),
            harness.done(1, summary="Fixes #1\n````\n# no\n\x1b[31m " + token +
                         " " + w.project + "/x"),
            {"text": "It was one.\n```"}])
    c = protocol.start(w, plan="require", task=TASK)
    c.wait_event("plan", lambda e: e["version"] == 1)
    c.wait_status("plan")
    c.send(type="plan", version=1, action="return", word="```\n# Why?")
    c.wait_event("plan", lambda e: e["version"] == 2)
    c.wait_status("plan")
    c.send(type="plan", version=2, action="approve")
    p = c.wait_event("proposal", lambda e: e["files"])
    c.wait_status("review")
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               {"hunk": h["id"], "mark": "yes", "seen": True}
               for h in p["files"][0]["hunks"]])
    c.wait_event("agent_end")
    protocol.say(c, "What was it?", 2)
    c.close_and_wait()
    text = w.run("log", "--md", code=0).stdout.decode()
    headings, blocks = parts(text)
    assert headings == ["# Louder, @bot merge", "## Task",
                        "## Plan (approved)", "## What was asked and decided",
                        "## Changes"], text
    task, check, why, _, summary, what, answer = blocks
    assert "# Not a heading" in task and check == "true\n", text
    assert "# Why?" in why and "# no" in summary and \
        'Fixes # 1' in summary and "^[[31m" in summary and \
        " /home/user/project/x\n" in summary, text
    assert "What was it?" in what and "It was one." in answer, text
    assert re.search(r"\n- change \d+: a\.txt, line 1\n$", text), text
    assert token not in text and w.project not in text and \
        "\x1b" not in text, text
    assert "- [x] write \\<b\\>a.txt\n" in text and \
        "louder \\# \\`x\\`\n" in text, text


def test_no_names_and_no_secrets(w):
    """The canary: none of these is printed, wherever it was: in paths, parts of
    words, escapes."""
    harness.need_sandbox(w)
    w.env.update(USER="canaryuser", LOGNAME="canaryuser",
                 GIT_AUTHOR_NAME="Canary Person",
                 GIT_AUTHOR_EMAIL="canary@canary.example")
    token, host = "ghp_" + "Ab3" * 12, os.uname().nodename
    words = "%s/x canaryuser Canary Person <canary@canary.example> %s %s" % (
        w.home, token, host)
    inside = "src/canaryuser/of_canaryuser.txt"
    w.write(inside, "1\n")
    said = words + " canaryuser_x CANARYUSER_HOME canaryuser2 myCanaryuser " \
        "canaryuserDir /tmp/canaryuser-build file:%2Fcanaryuser%2Fx " \
        "\ncanaryuser\tcanaryuser " + w.project + "/y"
    w.mock([write(inside, "2\n"), harness.done(summary=said)])
    w.run("exec", "--plan", "skip", "--approve", "yes", "for canaryuser",
          code=0)
    text = w.run("log", "--md", code=0).stdout.decode()
    for canary in ("canary", "Canary", w.home, w.root, token, host):
        if len(canary) >= 3:
            assert canary not in text, (canary, text)
    for stands in ("user@host", "/home/user/project/y", "user_HOME",
                   "src/user/of_user.txt", "user_x", "/tmp/user-build"):
        assert stands in text, (stands, text)


def test_nothing_written(w):
    """Hunks that were undone, or are only proposed, aren't listed as
    changes."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    w.mock([write("a.txt", "two\n"), harness.done(),
            write("b.txt", "new\n"), harness.done()])
    w.run("exec", "--approve", "yes", "--plan", "skip", "do it", code=0)
    assert ": a.txt, line 1\n" in w.run("log", "--md", code=0).stdout.decode()
    # A proposal that has nothing any more is no row of its own.
    assert w.run("log").stdout.count(b" applied ") == \
        len(w.events("applied")) == 1
    w.run("undo", "--accept", "all", code=0)
    assert "\n## Changes\n\nNothing is written.\n" in w.run(
        "log", "--md", code=0).stdout.decode()
    for more in ("--json", "--verify"):
        r = w.run("log", "--md", more, code=2)
        assert b"--md" in r.stderr, r


def test_rejected(w):
    """What was rejected, with your words; accepted lines are in the file."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\ntwo\n")
    w.mock([write("a.txt", "ONE\ntwo\n"), write("b.txt", "```\nnew\n"),
            harness.done(), harness.done()])
    c = protocol.start(w, task="do it")
    p = c.wait_event("proposal", lambda e: len(e["files"]) == 2)
    c.wait_status("review")
    a, b = (f["hunks"][0]["id"] for f in p["files"])
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               {"hunk": a, "mark": "yes", "seen": True},
               {"hunk": b, "mark": "no", "seen": True, "word": "not this"}])
    c.wait_event("agent_end")
    c.close_and_wait()
    text = w.run("log", "--md", code=0).stdout.decode()
    _, blocks = parts(text)
    assert re.sub("(?m)^  ", "", blocks[1]) == "a.txt: accepted 1 hunk\n" \
        "b.txt: rejected 1 hunk\n  rejected: not this\n" \
        "@@ -0,0 +1,2 @@\n+```\n+new\n", text
    assert "ONE" not in text, text


def test_verify(w):
    """It doesn't fail without a word."""
    harness.need_sandbox(w)
    w.mock([harness.done()])
    w.run("exec", "--plan", "skip", "do it", code=0)
    sid = w.sessions()[0]
    with open("/dev/full", "wb") as full:
        r = subprocess.run([harness.ASSENT, "log", "--verify", sid],
                           cwd=w.project, env=w.env, stdout=full,
                           stderr=subprocess.PIPE, timeout=harness.DEADLINE_S)
    assert r.returncode == 1 and b"can't write to standard out" in r.stderr, r
    bin_ = harness.programs(w)
    core = os.path.join(bin_, "assent-core")
    with open(core, "w") as f:
        f.write("#!/bin/sh\necho OK\nkill -9 $$\n")
    os.chmod(core, 0o755)
    r = subprocess.run([os.path.join(bin_, "assent"), "log", "--verify", sid],
                       cwd=w.project, env=w.env, capture_output=True,
                       timeout=harness.DEADLINE_S)
    assert r.returncode == 1 and b"killed by signal 9" in r.stderr, r


def test_the_lines_of_now(w):
    """log --md and show --json name the lines that a change has now, also after
    half an undo."""
    harness.need_sandbox(w)
    old = ["%d" % i for i in range(20)]
    w.write("a.txt", "\n".join(old) + "\n")
    new = old[:2] + ["x", "y"] + old[2:15] + ["z"] + old[16:]
    w.mock([write("a.txt", "\n".join(new) + "\n"), harness.done()])
    w.run("exec", "--approve", "yes", "--plan", "skip", "do it", code=0)

    def told():
        o = json.loads(w.run("show", "--json", code=0).stdout)["changes"]
        return [([(x["from"], x["to"]) for x in c["lines"]], c["path"])
                for c in o]
    tx = w.events("applied")[-1]["tx"]
    assert told() == [([(3, 4), (18, 18)], "a.txt")], told()
    assert "\n- change %d: a.txt, line 3-4, 18\n" % tx in w.run(
        "log", "--md", code=0).stdout.decode()
    w.run("undo", "--accept", "1", code=0)
    assert told() == [([(16, 16)], "a.txt")], told()
    w.run("undo", "--change", str(tx), "--accept", "all", code=0)
    assert told() == [], told()


if __name__ == "__main__":
    harness.main(globals())
