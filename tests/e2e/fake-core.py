#!/usr/bin/env python3
"""A core that plays a script: what the client does with a core's lines is
tested apart from the real core.  The script's name comes as the task (exec) or
as the command's first word (try)."""
import json
import os
import socket
import sys

SOCK = socket.socket(fileno=3)
IN = SOCK.makefile("r", encoding="utf-8", newline="\n")
HOME = os.environ["HOME"]
SESSION = os.path.join(HOME, ".local/state/assent/sessions/S1")
SEQ = 0


def raw(**line):
    SOCK.sendall((json.dumps(line) + "\n").encode())


def event(kind, **fields):
    global SEQ
    SEQ += 1
    line = dict(seq=SEQ, t="2026-01-02T03:04:05.678Z", type=kind, by="core",
                **fields)
    with open(os.path.join(SESSION, "journal.jsonl"), "a") as f:
        f.write(json.dumps(line) + "\n")
    raw(**line)
    return SEQ


def hear(kind=None):
    """The next line of the client, or of this kind; None at its end."""
    for line in IN:
        o = json.loads(line)
        with open(os.path.join(HOME, "heard"), "a") as f:
            f.write(line)
        if kind is None or o["type"] == kind:
            return o
    return None


def hunk(name, text, start=1):
    lines = text.splitlines()
    old = sum(1 for s in lines if s[0] != "+")
    new = sum(1 for s in lines if s[0] != "-")
    return {"id": name, "old_start": start, "old_lines": old,
            "new_start": start, "new_lines": new, "text": text}


def propose(files=None):
    side = {"hash": "0" * 64, "mode": 0o100644, "size": 10}
    files = files if files is not None else [
        {"path": "a\u001b[31m.txt", "status": "modified", "before": side,
         "after": side, "binary": False,
         "hunks": [hunk("h1", " one\n-two\n+TWO\n"),
                   hunk("h2", " nine\n-ten\n+TEN \u001b[2J\n", 9)]},
        {"path": "b.sh", "status": "modified", "before": side, "after": side,
         "binary": False, "protected": "test rule", "reason": "because",
         "hunks": [hunk("h3", " x\n+y\n")]}]
    event("proposal", proposal=7, version=1, final=True, files=files,
          refused=[], ignored=0, ignored_some=[])


def end(code, outcome="done", **more):
    o = {"outcome": outcome, "exit": code, "summary": "all of it", "turns": 2,
         "tokens": {"in": 100, "out": 20, "cached": 0}, "cost_usd": None,
         "modified_files": ["a.txt"], "proposed": [], "prompts": 0,
         "check": {"command": "make check", "by": "flag", "exit": 0},
         "seconds": 1.5}
    o.update(more)
    event("agent_end", **o)


def begin(start):
    os.makedirs(os.path.join(SESSION, "out"), exist_ok=True)
    raw(type="hello", version="0.1.0", session="S1", dir=SESSION, seq=0)
    event("session_start", version="0.1.0", session="S1", root=start["root"],
          cwd=start["cwd"], mode=start["mode"],
          model={"provider": "mock", "name": "m"},
          sandbox={"level": "A", "line": "sandbox A", "view": "overlay"})


def run_story():
    event("user_message", text="story")
    event("plan", version=1, status="proposed", goal="mend it",
          steps=[{"title": "first"}], files=["a.txt"],
          check={"command": "make check", "by": "flag"}, risks=[])
    event("assistant_message", turn=1, text="I look \u001b]0;x\u0007 first.",
          calls=[], stop="tool_calls", usage={})
    event("tool_call", id="c1", turn=1, name="edit", args={},
          title="edit a.txt")
    event("tool_result", id="c1", name="edit", ok=False, text="no match\nx")
    propose()
    event("evidence", status="done", command="make check", check_by="flag",
          exit=0, words="8 passed", where="stage")
    with open(os.path.join(SESSION, "out/abc"), "w") as f:
        f.write("--- a/a.txt\n+++ b/a.txt\n")
    end(0, patch="abc")


def run_try(person):
    raw(type="delta", kind="output", text="caf\u00e9 ")
    raw(type="delta", kind="output", text_b64="/wo=")
    event("tool_result", id="c1", name="bash", ok=True, text="", exit=3)
    propose()
    if person:
        raw(type="status", state="waiting", doing="you")
        marks = {}
        while len(marks) < 3:
            o = hear()
            if o is None or o["type"] == "end":
                break
            if o["type"] == "interrupt":
                end(130, "interrupted")
                return
            if o["type"] == "mark":
                marks.update((m["hunk"], m) for m in o.get("marks", [o]))
    end(5, "waiting", proposed=["b.sh"])


def run_flip():
    """A hunk that overwrites newer lines only since it was asked about."""
    side = {"hash": "0" * 64, "mode": 0o100644, "size": 10}
    h = hunk("h1", " one\n-two\n+TWO\n")
    f = {"path": "a.txt", "status": "modified", "before": side, "after": side,
         "binary": False, "hunks": [h]}
    propose([f])
    raw(type="live")
    raw(type="status", state="waiting", doing="you")
    hear("comment")
    h["overwrites"] = True
    propose([f])
    hear("mark")
    end(0)


def main():
    first = hear()
    start = hear("start")
    name = start.get("task") or start["command"][0]
    with open(os.path.join(HOME, "env"), "w") as f:
        f.write("\n".join(sorted(os.environ)))
    if name == "refuse":
        raw(type="refused", text="no such thing", exit=2)
        return
    if name == "silent":
        return
    begin(start)
    if name == "story":
        assert first["type"] == "hello" and first["key"] == "sk-secret"
        run_story()
    elif name == "break":
        event("user_message", text="break")
    elif name == "interrupt":
        raw(type="status", state="model")
        hear("interrupt")
        end(130, "interrupted")
    elif name == "flip":
        run_flip()
    elif name.startswith("exit"):
        end(int(name[4:]), "x")
    elif name == "garbage":
        SOCK.sendall(b"not json\n")
        end(0)
    elif name == "effect":
        run_try(start["person"])


sys.exit(main())
