#!/usr/bin/env python3
"""All commands say the same of a session: hunks, cost, outcome. Twelve
recorded sessions (tests/fixtures/sessions) with facts that are easily counted
twice; and random histories, of which the disk has the right numbers.

SEED=n ROUNDS=n say which histories; where one fails, its seed is printed.
"""
import glob
import json
import os
import random
import re
import subprocess

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


# ---- random histories ----

LINES = "".join("l%d\n" % n for n in range(1, 41))
STEPS = 4
DONE = harness.call("done", summary="did it")


def commands(r, k):
    """What the model's command changes; k is in no other one's text."""
    n = r.randint(1, 30)
    pool = ["sed -i 's/^l%d$/l%d k%d/' a" % (n, n, k), "sed -i 1d a",
            "sed -i '2i ins%d' a" % k, "printf q%d >>nonl" % k,
            "printf '\\0%d' >bin" % k, "echo e%d >>run; chmod +x run" % k,
            "test -f gone && rm gone || echo back%d >gone" % k,
            "echo n%d >'n w%d'" % (k, k), ": >empty%d" % k,
            "ln -sfn %s link" % r.choice(["a", "gone", "nonl"]),
            "mkdir -p m; test -f ren && mv ren m/ren || mv m/ren ren",
            "rm -rf b; mkdir b; echo in%d >b/x" % k, "true"]
    return "; ".join(r.sample(pool, r.randint(1, 6)))


def tree(w):
    """Each file's (mode, content), by its path."""
    seen = {}
    for folder, dirs, files in os.walk(w.project):
        for name in files + [d for d in dirs
                             if os.path.islink(os.path.join(folder, d))]:
            path = os.path.join(folder, name)
            rel = os.path.relpath(path, w.project)
            if os.path.islink(path):
                seen[rel] = "link", os.readlink(path).encode()
            else:
                with open(path, "rb") as f:
                    seen[rel] = os.access(path, os.X_OK), f.read()
    return seen


def numbers(text):
    """Files written and deleted in "wrote 2 files, deleted 1 file"."""
    return tuple(sum(int(n) for n in re.findall(r"%s (\d+) file" % verb, text))
                 or len(re.findall(r"\b%s (?!\d+ file)" % verb, text))
                 for verb in ("wrote", "deleted"))


def moved(was, now):
    """The old name of the renamed file, if it was; and what differs."""
    paths = {p for p in set(was) | set(now) if was.get(p) != now.get(p)}
    return {p for p in paths & {"ren", "m/ren"}
            if p not in now and len(paths & {"ren", "m/ren"}) == 2}, paths


def changed(was, now):
    """How many files were written, and deleted."""
    old, paths = moved(was, now)
    gone = sum(p not in now for p in paths - old)
    return len(paths - old) - gone, gone


def verdicts(events):
    """Of all hunks: accepted, rejected; one that is open again is neither, and
    one that comes again after it was written is another."""
    undo = {e["proposal"] or e["seq"] for e in events
            if e["type"] == "proposal" and e.get("undo")}
    last, open_now = {}, set()
    for i, e in enumerate(events):
        if e["type"] == "proposal" and not e.get("undo"):
            open_now = {(f["path"], h["id"]) for f in e["files"]
                        for h in f["hunks"]}
        if e["type"] != "decision" or e["proposal"] in undo:
            continue
        done = [a for a in events[i:i + 4] if a["type"] == "applied"][:1]
        failed = {op["path"] for a in done for op in a["ops"] if not op["ok"]}
        for f in e["files"]:
            for h in f["hunks"]:
                key = f["path"], h["id"]
                if f["path"] in failed and h["decision"] != "no":
                    continue
                if last.get(key, "no") != "no":
                    last[key + (e["seq"],)] = last[key]
                last[key] = h["decision"]
    kept = [v for k, v in last.items() if v != "no" or k not in open_now]
    return kept.count("yes"), kept.count("no")


class History:
    def __init__(self, w, seed):
        self.w, self.r, self.seed, self.log = w, random.Random(seed), seed, []
        self.k = 0
        harness.remove(w.project)
        for name, text in (("a", LINES), ("nonl", "x\ny"), ("bin", b"\0\1"),
                           ("gone", "g\n"), ("run", "#!/bin/sh\n"),
                           ("b", "b\n"), ("ren", LINES)):
            w.write(name, text)
        os.symlink("a", os.path.join(w.project, "link"))
        w.mock([a for _ in range(STEPS + 1) for a in self.answers()])

    def answers(self):
        self.k += 2
        return [harness.bash(commands(self.r, self.k)),
                harness.bash(commands(self.r, self.k + 1)), DONE]

    def run(self, *args):
        before = tree(self.w)
        r = self.w.run(*args)
        text = r.stdout.decode("utf-8", "surrogateescape")
        self.log.append((args, r.returncode, text, r.stderr))
        return r.returncode, text, before

    def json(self, *args):
        return json.loads(self.w.run(*args, "--json").stdout)

    def is_same(self, what, *values):
        assert all(v == values[0] for v in values), (
            "SEED=%d" % self.seed, what, values, self.log)

    def open(self):
        return self.json("show", self.sid)

    def compare_open(self):
        """What waits, in all lists."""
        shown, w = self.open(), self.w
        n = sum(len(f["hunks"]) for f in shown["files"])
        words = ["%d hunk%s in %d file%s" % (
            n, "s" * (n != 1), len(shown["files"]),
            "s" * (len(shown["files"]) != 1))] * (shown["proposal"] is not None)
        state = [s for s in self.json("ls")["sessions"]
                 if s["session"] == self.sid][0]
        rows = [json.loads(line) for line in w.run(
            "inbox", "--json").stdout.decode().splitlines()]
        rows = [r["words"] for r in rows if r.get("id") == self.sid]
        wait = w.run("wait", self.sid)
        self.is_same("open", words, rows, re.findall(
            r"\d+ hunks? in \d+ files?", wait.stdout.decode()),
            words * state["waits"])
        return words, wait.returncode

    def compare(self, text, before, begun):
        """The command's own lines, then what all commands say since the task
        began with that tree (None: others have changed it since)."""
        w, now = self.w, tree(self.w)
        if text is not None:
            self.is_same("wrote", numbers("\n".join(
                line for line in text.splitlines() if re.match(
                    r"(wrote|deleted) (?!file mode)", line))),
                changed(before, now))
        waits, code = self.compare_open()
        events = w.events()
        stats = self.json("stats", self.sid)["sessions"][0]
        self.is_same("hunks", (stats["hunks"]["accepted"], stats["hunks"][
            "rejected"]), verdicts(events))
        ends = [e for e in events if e["type"] == "agent_end"]
        end, (title, took) = ends[-1], card(w.run(
            "log", self.sid).stdout.decode("utf-8", "surrogateescape"))
        md = w.run("log", "--md", self.sid).stdout.decode("utf-8",
                                                         "surrogateescape")
        self.is_same("log --md", title in re.sub(r"\\(\W)", r"\1", md), True)
        self.is_same("outcome", stats.get("outcome"), [
            s.get("outcome") for s in self.json("ls")["sessions"]
            if s["session"] == self.sid][0])
        if not waits:
            self.is_same("exit", code, end["exit"])
            self.is_same("its end", stats["outcome"], end["outcome"])
        if begun is None or waits:
            return
        if said(title):
            self.is_same("rejected", said(title), (
                end["rejected"], end["decided"]))
        tasks = [e for e, after in zip(ends, ends[1:] + [None])
                 if after is None or after["turns"] +
                 e["session"]["turns"] == after["session"]["turns"]]
        self.is_same("turns", sum(e["turns"] for e in tasks), stats["turns"])
        old, paths = moved(begun, now)
        self.is_same("the card", numbers(title), changed(begun, now))
        self.is_same("files", sorted(end["modified_files"]), sorted(paths))
        row = re.search(r"^  changed: (.*)$", text or "", re.M)
        if row:
            self.is_same("changed", {
                re.sub(r"^.* -> | \(deleted\)$", "", name)
                for name in row[1].split(", ")}, paths - old)

    def decide(self):
        r = self.r
        n = [h["number"] for f in self.open()["files"] for h in f["hunks"]]
        some = [str(x) for x in n if r.random() < .6] or [str(n[0])]
        choice = r.choice([["--accept", "all"], ["--accept", "none"]] +
                          [[x for one in some for x in ("--accept", one)]] * 3)
        return self.run("decide", self.sid, *choice)

    def play(self):
        r, w = self.r, self.w
        begun = tree(w)
        code, text, before = self.run(
            "exec", "--plan", "skip", "--approve",
            r.choice(["ask", "ask", "yes", "small"]), "--output",
            w.path("o.json"), "go")
        self.sid = w.sessions()[-1]
        with open(w.path("o.json")) as f:
            output = json.load(f)
        end = w.events("agent_end")[-1]
        for key, value in end.items():
            if key in output and key not in ("session", "patch"):
                self.is_same(key, value, output[key])
        self.is_same("exit", code, end["exit"])
        self.compare(text, before, begun)
        for _ in range(STEPS):
            if self.open()["proposal"] is not None and r.random() < .8:
                code, text, before = self.decide()
            elif self.open()["proposal"] is None and r.random() < .3:
                code, text, before = self.run("undo", self.sid, "--accept",
                                              "all")
                begun = None
            elif self.open()["proposal"] is None:
                begun, text = tree(w), None
                self.run("say", self.sid, "go on")
                self.run("wait", self.sid)
            else:
                continue
            self.compare(text, before, begun)


def test_histories(w):
    harness.need_sandbox(w)
    seed = int(os.environ.get("SEED", "1"))
    for n in range(int(os.environ.get("ROUNDS", "2"))):
        History(w, seed + n).play()


harness.main(globals())
