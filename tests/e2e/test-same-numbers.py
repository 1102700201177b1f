#!/usr/bin/env python3
"""All commands say the same of a session: hunks, cost, outcome. Twelve
recorded sessions (tests/fixtures/sessions) with facts that are easily counted
twice."""
import glob
import json
import os
import re

import harness

SESSIONS = os.path.join(harness.SRC, "tests", "fixtures", "sessions")


def install(w, path, sid):
    """The fixture as the session `sid` of the project."""
    w.sound = False
    with open(path) as f:
        text = f.read().replace("/home/you/project", w.project)
    events = [json.loads(line) for line in text.splitlines()]
    events[0]["session"] = sid
    events[0]["root"] = w.project
    folder = w.path("state", "assent", "sessions", sid)
    os.makedirs(folder, mode=0o700)
    harness.rewrite_journal(folder, [json.dumps(dict(
        e, prev="", h="0" * 64), separators=(",", ":")) + "\n"
        for e in events])
    return events


def card(text):
    """The last end of a task in `log`: its title, and what it took."""
    ends = re.findall(r"^ *\d\d:\d\d:\d\d +\d+ end +(.*)\n((?:    .*\n)*)",
                      text, re.M)
    return ends[-1] if ends else ("", "")


def said(title):
    """(rejected, decided) of a card's title; None: it says nothing."""
    m = re.search(r"(\d+) of (\d+) hunks? rejected", title)
    return (int(m.group(1)), int(m.group(2))) if m else None


def test_twelve(w):
    paths = sorted(glob.glob(os.path.join(SESSIONS, "*.jsonl")))
    assert len(paths) == 12, paths
    of = {}
    for i, path in enumerate(paths):
        sid = "20261128-0000%02d-00aa" % i
        of[sid] = os.path.basename(path)[:-6], install(w, path, sid)
    stats = {s["session"]: s
             for s in json.loads(w.run("stats", "--json").stdout)["sessions"]}
    waits = [json.loads(line) for line in
             w.run("inbox", "--json").stdout.decode().splitlines()]
    assert waits
    for row in waits:
        assert row["cost_usd"] == stats[row["id"]]["cost_usd"], row
    listed = w.run("ls").stdout.decode()
    for sid, (name, events) in of.items():
        s = stats[sid]
        paid = [e["cost_usd"] for e in events if "usage" in e and
                e["type"] in ("turn_end", "compaction", "review")]
        since = [i for i, e in enumerate(events) if e.get("forked")]
        if since:
            paid = [e["cost_usd"] for e in events[since[0]:]
                    if e["type"] == "turn_end"]
        assert abs(s["cost_usd"] - sum(paid)) < 1e-6, (name, s, paid)
        ends = [e for e in events if e["type"] == "agent_end"]
        assert s.get("outcome") == (ends[-1]["outcome"] if ends else None), name
        log = w.run("log", sid).stdout.decode()
        title, took = card(log)
        md = w.run("log", "--md", sid).stdout.decode()
        # One of `try` is no text.
        assert not md or not title or title in md, (name, title, md)
        hunks = s["hunks"]
        decided = sum(hunks.values())
        if said(title):
            assert said(title) == (hunks["rejected"], decided), (name, title, s)
        elif len(ends) == 1:
            assert hunks["rejected"] == 0 or "replaced" in title, (name, title)
        if len(ends) == 1 and "$" in took and not since:
            cost = float(re.findall(r"\$([\d.]+)", took)[-1])
            assert abs(cost - s["cost_usd"]) < 0.01, (name, took, s)
        if name == "killed":
            assert "stopped while applying" in listed and sid in listed, listed


harness.main(globals())
