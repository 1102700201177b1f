"""The core with another agent (acp-agent.py), by hand-made start objects: what
its prompts become."""

import json
import os
import shutil

import harness
import protocol

NEEDS_SANDBOX = True
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "acp-agent.py")


def do(*steps, say="please"):
    return "%s\nDO %s" % (say, json.dumps(steps))


def agent(w, *modes):
    state = w.path("state", "assent", "agents", "small")
    os.makedirs(state, exist_ok=True)
    folder = w.path("agents", "small")
    os.makedirs(folder, exist_ok=True)
    program = shutil.copy(PROGRAM, os.path.join(folder, "small"))
    os.chmod(program, 0o755)
    return {"name": "small", "acp": True, "argv": [program] + list(modes),
            "hosts": [], "env": {}, "show": [folder], "read": [],
            "state": state}


def start(w, *modes, **more):
    w.mock([])
    return protocol.start(w, agent=agent(w, *modes), model=None, **more)


def heard(w, method=None):
    with open(w.path("state", "assent", "agents", "small",
                     "heard.jsonl")) as f:
        out = [json.loads(line) for line in f]
    return out if method is None else [
        m["params"] for m in out if m.get("method") == method]


def prompts(w):
    return ["\n".join(b.get("text", "") for b in p["prompt"])
            for p in heard(w, "session/prompt")]


def test_a_prompt_becomes_hunks(w):
    w.write("a.txt", "one\n")
    c = start(w)
    c.wait_live()
    c.send(type="say", text=do(("say", "I do it."), ("edit", "a.txt", "two\n"),
                               ("run", "echo ran > ran.txt; ls"),
                               ("tokens", 50, 7)))
    p = c.wait_event("proposal", lambda e: e["files"])
    assert [f["path"] for f in p["files"]] == ["a.txt", "ran.txt"], p
    c.wait_status("review")
    assert w.read("a.txt") == "one\n"
    c.send(type="decide", proposal=p["seq"], version=p["version"], marks=[
        {"hunk": p["files"][0]["hunks"][0]["id"], "mark": "yes", "seen": True},
        {"hunk": p["files"][1]["hunks"][0]["id"], "mark": "no", "seen": True,
         "word": "No."}])
    c.wait_event("applied")
    c.wait("the next prompt", lambda: len(c.event_list("turn_end")) == 2)
    c.wait_event("agent_end")
    assert "Rejected in ran.txt, because: No." in prompts(w)[-1]
    calls = c.event_list("tool_call")
    assert [(e["name"], e["title"]) for e in calls] == [
        ("edit", "Edit a.txt"), ("execute", "$ echo ran > ran.txt; ls")], calls
    assert c.event_list("turn_end")[0]["usage"]["output"] == 7
    assert w.read("a.txt") == "two\n"


harness.main(globals())
