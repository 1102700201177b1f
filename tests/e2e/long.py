"""A long session: weeks of work are appended to a real session, with the hash
chain and the head that the core checks."""

import hashlib
import json
import os

import harness

TASK = 20  # turns
END = {"outcome": "done", "summary": "That part is done.", "turns": TASK,
       "tokens": {"in": 20000, "out": 2000, "cached": 0}, "cost_usd": 0.02,
       "modified_files": [], "proposed": [], "prompts": 0,
       "check": None, "exit": 0}
LAST = "No more of it is left."
STAMP = "2026-11-20T08:00:00.000Z"


def code(n, size):
    """So many bytes of something like C; no two are the same."""
    out, have, i = [], 0, 0
    while have < size:
        line = "\tif (member_%d(o, \"name%d\", %d) < 0)\n\t\treturn -1;\n" % (
            n, i, i * n)
        out.append(line)
        have += len(line)
        i += 1
    return "".join(out)


def sealed(seq, prev, kind, by, **members):
    """A line of the journal, and its hash."""
    o = {"seq": seq, "t": STAMP, "type": kind, "by": by}
    o.update(members)
    o["prev"] = prev
    text = json.dumps(o, separators=(",", ":"), ensure_ascii=False)[:-1]
    h = hashlib.sha256(text.encode()).hexdigest()
    return text + ',"h":"%s"}\n' % h, h


def turn(n, sizes):
    """One turn, as (type, by, members)."""
    size = sizes[n % len(sizes)]
    call = "call-%d" % n
    if n % 10 == 9:
        name, title = "write", "write src/made%d.c" % n
        args = {"path": "src/made%d.c" % n, "content": code(n, size)}
        result = "written"
    else:
        name, title = "read", "read src/part%d.c" % n
        args = {"path": "src/part%d.c" % n}
        result = code(n, size)
    usage = {"input": 1000, "cached": 0, "cache_write": None, "output": 100,
             "reasoning": None}
    yield "turn_start", "core", {"turn": n, "phase": "execute"}
    yield "assistant_message", "model", {
        "turn": n, "text": "Step %d: I look at the next part of it." % n,
        "thinking": "It may be in part %d. " % n * 40,
        "calls": [{"id": call, "name": name, "arguments": json.dumps(args),
                   "complete": True}],
        "stop": "tool_calls", "usage": usage}
    yield "turn_end", "core", {"turn": n, "usage": usage, "cost_usd": 0.001}
    yield "tool_call", "model", {"id": call, "turn": n, "name": name,
                                 "args": args, "title": title}
    yield "tool_result", "core", {"id": call, "name": name, "ok": True,
                                  "text": result, "ms": 3}


def grow(folder, size, sizes=(2000, 10000, 50000), more=()):
    """The journal of a session that rests, grown to `size` bytes; `more` are
    lines (type, by, members) to stand before all of that."""
    path = os.path.join(folder, "journal.jsonl")
    with open(path, encoding="utf-8") as f:
        lines = f.readlines()
    last = json.loads(lines[-1])
    seq, prev, n = last["seq"], last["h"], 0
    have = sum(len(x) for x in lines)

    def add(kind, by, members):
        nonlocal seq, prev, have
        seq += 1
        line, prev = sealed(seq, prev, kind, by, **members)
        lines.append(line)
        have += len(line)
    for event in more:
        add(*event)
    while have < size:
        n += 1
        if n % TASK == 1:
            add("user_message", "user", {"text": "Do part %d of it." % n})
        for event in turn(n, sizes):
            add(*event)
        if n % TASK == 0:
            add("agent_end", "core", END)
    add("agent_end", "core", dict(END, summary=LAST))
    harness.rewrite_journal(folder, lines)
    return n


def wait_for_brief(w):
    """Until the core has written the brief of a journal: all but the last MB."""
    path = os.path.join(w.session_dir(), "brief")
    size = os.path.getsize(os.path.join(w.session_dir(), "journal.jsonl"))

    def written():
        if not os.path.exists(path):
            return False
        with open(path, "rb") as f:
            return json.loads(f.readlines()[-1])["end"] > size - (2 << 20)
    harness.wait_until("the brief is written", written)
