"""apply_patch: who gets it, what becomes of its files on their way to a person,
and what comes after it for a model that fails with it."""

import json
import os
import sys

import harness
from messages import msg
import protocol

sys.path.insert(0, os.path.join(harness.SRC, "tests", "wire"))

GPT = "gpt-6.1-sol"
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
OK = {"text": "understood"}
LINES = "".join("line %d\n" % n for n in range(1, 21))
FIRST = """*** Begin Patch
*** Update File: a.txt
*** Reason: the third
-line 3
+three
*** Reason: the last but one
@@ line 18
-line 19
+nineteen
*** Delete File: old.txt
*** Update File: sub/from.txt
*** Move to: sub/to.txt
-here
+there
*** Add File: sub/.gitignored
*** Reason: a new file
+new
*** End Patch
"""


def call(name="apply_patch", **args):
    return {"calls": [{"name": name, "args": args}]}


def patch(*lines):
    return call(input="\n".join(("*** Begin Patch",) + lines +
                                ("*** End Patch",)))


def begin(w, answers, model=GPT, fmt="openai-chat", dialect=None, **more):
    w.write("a.txt", LINES)
    w.write("old.txt", "old\n")
    w.write("sub/from.txt", LINES + "here\n")
    w.write("sub/AGENTS.md", "Speak softly in sub.\n")
    w.write(".gitignore", ".gitignored\n")
    w.repository()
    m = w.mock(answers, fmt=fmt)
    row = {"name": model, "facts": {"edit": "apply_patch"}} \
        if model == GPT else {"name": model}
    o = protocol.settings(w)["model"]
    if dialect:
        o["dialect"] = dialect
    return m, protocol.start(w, task="go", model=dict(o, **row), **more)


def tools(request):
    return {t["function"]["name"] for t in request["body"]["tools"]} & {
        "apply_patch", "edit", "write"}


def results(c):
    return c.event_list("tool_result")


def test_a_patch_becomes_a_proposal(w):
    """Several files in one call, each with its hunks and their reasons; what
    git ignores is proposed, since a tool wrote it; a folder's instructions are
    told; a resumed session still knows what the model saw."""
    m, c = begin(w, [call(patchText="apply_patch <<EOF\n" + FIRST + "EOF"),
                     DONE, OK])
    p = c.wait_event("proposal")
    ev, = [e for e in c.event_list("tool_call") if e["name"] == "apply_patch"]
    assert ev["title"] == "apply_patch a.txt and 4 more", ev
    result = results(c)[0]
    assert result["ok"] and result["text"].startswith(
        "Success. Updated the following files:\nM a.txt (lines 3, 19)"), result
    assert [s["path"] for s in result["seen"]] == [
        "a.txt", "old.txt", "sub/from.txt", "sub/to.txt",
        "sub/.gitignored"], result
    files = {f["path"]: f for f in p["files"]}
    assert set(files) == {"a.txt", "old.txt", "sub/to.txt",
                          "sub/.gitignored"}, files
    assert [h.get("reason") for h in files["a.txt"]["hunks"]] == [
        "the third", "the last but one"], files["a.txt"]
    assert files["sub/.gitignored"]["reason"] == "a new file", files
    assert files["sub/to.txt"].get("from") == "sub/from.txt", files
    assert tools(m.requests()[0]) == {"apply_patch"}
    assert "Speak softly" in json.dumps(m.requests()[1]["body"])
    c.send(type="decide", proposal=p.get("proposal") or p["seq"],
           version=p["version"], all="yes", seen=True)
    c.wait_event("agent_end")
    c.close_and_wait()
    assert "three\n" in w.read("a.txt") and \
        w.read("sub/to.txt") == LINES + "there\n"
    assert w.read("sub/.gitignored") == "new\n"


def test_refusals(w):
    """Before the plan, outside of the step, the repository's own data, a file
    that somebody has changed since: nothing of the patch is done, and only what
    the model did wrong counts as a failed patch."""
    plan = {"goal": "g", "steps": [{"title": "t", "paths": ["a.txt"]}]}
    early = patch("*** Update File: a.txt", "-line 3", "+3")
    m, c = begin(w, [
        early, early, call("plan", **plan),
        call("read", paths=json.dumps(["a.txt", "old.txt", "none"])),
        dict(patch("*** Update File: a.txt", "-line 3", "+3",
                   "*** Update File: old.txt", "-old", "+new"),
             wait_for="go"),
        call("step_done", step=1),
        patch("*** Update File: a.txt", "-line 4", "+4",
              "*** Delete File: old.txt"),
        patch("*** Update File: a.txt", "-line 5", "+5",
              "*** Add File: .git/x", "+x"),
        DONE, OK], plan="auto", approve="ask")
    plan = c.wait_event("plan")
    c.send(type="plan", action="approve", version=plan["version"])
    c.wait("the read", lambda: [r for r in results(c) if r["name"] == "read"])
    w.write("old.txt", "of the user\n")
    with open(m.dir + "/go", "w"):
        pass
    c.wait_event("agent_end")
    read, = [r for r in results(c) if r["name"] == "read"]
    assert [s["path"] for s in read["seen"]] == ["a.txt", "old.txt"], read
    got = [r for r in results(c) if r["name"] == "apply_patch"]
    assert [(r["ok"], r["error"]) for r in got] == [
        (False, "plan_phase"), (False, "plan_phase"), (False, "plan_step"),
        (False, "changed"), (False, "denied")], got
    assert msg.HAND_IN_THE_PLAN_FIRST in got[0]["text"], got
    assert "old.txt is not part of step 1" in got[2]["text"], got
    assert not [r for r in got if "twice in a row" in r["text"]], got
    assert all("apply_patch" in tools(r) for r in m.requests())
    assert not c.event_list("proposal")
    assert w.read("a.txt") == LINES and w.read("old.txt") == "of the user\n"


harness.main(globals())
