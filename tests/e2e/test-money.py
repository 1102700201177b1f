"""The usage of sessions: estimate before, stats afterwards."""

import json
import os

import harness
from messages import msg

EDIT = {"calls": [{"name": "edit", "args": {
    "path": "a.txt", "old_string": "one", "new_string": "ONE"}}],
    "usage": {"input": 1000, "output": 50, "cached": 400}}
TWO = {"calls": [{"name": "edit", "args": {
    "path": "a.txt", "old_string": "two", "new_string": "TWO"}}],
    "usage": {"input": 2000, "output": 100}}
DONE = {"text": "did it", "usage": {"input": 3000, "output": 150}}
SKIP = {"plan": "skip"}
PRICES = {"prices": [{"provider": "mock", "model": "m", "input": 5,
                      "cached": 0.5, "output": 30, "dated": "2026-11-20"}]}


def project(w, prices=True):
    w.write("a.txt", "one\ntwo\n")
    w.repository()
    if prices:
        w.write("assent/prices.json", json.dumps(PRICES),
                base=w.path("config"))


def ask(w, *args):
    r = w.run(*args, "--json", code=0)
    return json.loads(r.stdout)


def test_no_past_is_unknown(w):
    project(w)
    w.mock([])
    r = w.run("exec", "--estimate", "do", "it")
    assert r.returncode == 0 and r.stdout.startswith(msg.UNKNOWN_NO_TASK.encode()), r
    o = ask(w, "exec", "--estimate")
    assert o == {"tasks": 0}, o
    r = w.run("stats")
    assert r.returncode == 0 and b"0 sessions" in r.stdout, r
    assert ask(w, "stats")["sessions"] == []


def test_what_a_server_does_not_count(w):
    """It is an estimate, is marked as such, and counts for limits."""
    project(w)
    w.mock([dict(EDIT, usage={"input": 0, "output": 0}), DONE] +
           [dict(TWO, usage={"input": 0, "output": 0}), DONE], config=SKIP)
    r = w.run("exec", "--approve", "yes", "one", code=0)
    line = w.events("agent_end")[0]
    tokens, cost = line["tokens"], line["cost_usd"]
    assert tokens["in"] is None and tokens["guess"]["in"] > 1000, tokens
    assert line["session"]["tokens"]["guess"] == tokens["guess"], line
    words = "~{:,} tokens in, {} out, ~$".format(
        tokens["guess"]["in"], tokens["guess"]["out"]).encode()
    assert words in r.stdout + r.stderr, (words, r)
    assert cost > 0.0121, line
    w.run("exec", "--max-total-tokens", "100", "two", code=4)
    assert w.events("agent_end")[0]["limit"]["what"] == "tokens"


def test_estimate_and_truth(w):
    project(w)
    w.mock([EDIT, DONE, TWO, dict(DONE, text="x")], config=SKIP)
    w.run("exec", "--approve", "yes", "one", code=0)
    # One task of two turns: 2000 in (200 of them cached), 100 out a turn.
    o = ask(w, "exec", "--estimate", "two")
    assert o["turns"] == 2 and o["tasks"] == 1, o
    assert (o["tokens"]["in"], o["tokens"]["out"]) == (4000, 200), o
    # A turn: 1800 at 5, 200 at 0.50, 100 at 30 for a million: 0.0121.
    assert o["cost_usd"] == 0.0242, o
    said = w.run("exec", "--estimate", "two").stdout.decode()
    assert said == "2 turns, 4,000 tokens in, 200 out, $0.0242, cache 10% " \
        "(the average of 1 past task here)\n", said
    w.run("exec", "--max-turns", "10", "two", code=5)
    w.run("decide", "--accept", "none", code=5)
    s = ask(w, "stats")
    assert len(s["sessions"]) == 2, s
    newest, first = s["sessions"]
    assert newest["turns"] == 2 and newest["tokens"]["in"] == 5000, newest
    # 2000 + 3000 at 5 and 250 at 30 for a million.
    assert newest["cost_usd"] == 0.0325, newest
    assert first["hunks"] == {"accepted": 1, "edited": 0, "rejected": 0}
    assert newest["hunks"] == {"accepted": 0, "edited": 0, "rejected": 1}
    assert s["total"]["turns"] == 4 and s["total"]["tasks"] == 2, s
    # A task that waited and was then decided counts once in the history, too.
    past = ask(w, "exec", "--estimate", "three")
    assert past["tasks"] == 2, past
    assert past["tokens"]["in"] == 4500, past
    assert s["total"]["tokens"]["in"] == 9000, s
    assert round(s["total"]["cost_usd"] - first["cost_usd"], 9) == 0.0325, s
    said = w.run("stats").stdout.decode()
    assert "hunks: 0 accepted, 1 rejected" in said, said
    assert "2 sessions, " in said, said
    one = ask(w, "stats", w.sessions()[0])
    assert [x["session"] for x in one["sessions"]] == w.sessions()[:1], one
    w.verify()
    # Journals that can't be read: each is named, and none is waited for.
    paths = [os.path.join(w.session_dir(n), "journal.jsonl") for n in (0, 1)]
    for path, make in zip(paths, (os.mkfifo, os.mkdir)):
        os.rename(path, path + ".kept")
        make(path)
    w.sound = False
    r = w.run("stats", "--all")
    said = r.stderr.decode()
    assert r.returncode == 1 and not r.stdout and r.stderr, r
    assert all(said.count(path) == 1 for path in paths), said


def test_other_projects_do_not_count(w):
    project(w)
    w.mock([EDIT, DONE], config=SKIP)
    assert w.run("exec", "--approve", "yes", "one").returncode == 0
    w.write("x", "", base=w.path("home", "src", "other"))
    other = w.path("home", "src", "other")
    assert b"unknown" in w.run("exec", "--estimate", cwd=other).stdout
    assert b"0 sessions" in w.run("stats", cwd=other).stdout
    said = w.run("stats", "--all", cwd=other).stdout.decode()
    assert "1 session, 1 task" in said and w.project in said, said


def test_unknown_price(w):
    project(w, prices=False)
    w.mock([EDIT, DONE], config=SKIP)
    assert w.run("exec", "--approve", "yes", "one").returncode == 0
    said = w.run("exec", "--estimate").stdout.decode()
    assert "cost unknown, " in said and said.endswith("task here)\n"), said
    assert ask(w, "stats")["total"]["cost_usd"] is None
    assert "cost unknown" in w.run("stats").stdout.decode()


harness.main(globals())
