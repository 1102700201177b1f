"""Commands of a client by chance, in whatever phase the session is: the core
dies of none (its assertions hold), and the journal stays whole.

The seeds are printed; ASSENT_SEED and ASSENT_ROUNDS (10) can be given.
"""

import os
import random
import time

import harness
import protocol

SEED = int(os.environ.get("ASSENT_SEED", time.time_ns() % 1000000))
ROUNDS = int(os.environ.get("ASSENT_ROUNDS", "10"))
ROUND_S = 6
CALLS = [{"name": name, "args": args} for name, args in (
    ("bash", {"command": "echo x >>a.txt; sleep 0.05"}),
    ("write", {"path": "b.txt", "content": "b\n"}),
    ("read", {"path": "a.txt"}),
    ("edit", {"path": "a.txt", "old_string": "one", "new_string": "ONE"}),
    ("plan", {"goal": "g", "steps": [{"title": "s"}]}),
    ("run_tests", {}), ("done", {"summary": "s"}))]
FAILURES = [{"status": n, "body": {"error": {"message": "No."}}}
            for n in (429, 400)]


def answers(rng):
    for _ in range(2000):
        chance = rng.random()
        if chance < 0.1:
            yield rng.choice(FAILURES)
        elif chance < 0.2:
            yield {"text": "hm"}
        else:
            yield {"calls": rng.choices(CALLS, k=rng.randint(1, 3))}


def last(c, kind):
    return (c.event_list(kind) or [{}])[-1]


def command(rng, c):
    """One that fits the session's last lines, if any does."""
    p = last(c, "proposal")
    about = {"proposal": p.get("proposal") or p.get("seq", 0),
             "version": p.get("version", 1)}
    hunk = dict(about, hunk=rng.choice(
        [h["id"] for f in p.get("files", []) for h in f["hunks"]] or ["x"]))
    name, more = rng.choice((
        ("say", {"text": "go on", "interrupt": rng.random() < 0.3}),
        ("say", {"text": "more"}), ("interrupt", {}), ("retry", {}),
        ("run", {"command": "echo y >>a.txt; sleep 0.03"}),
        ("mark", dict(hunk, mark=rng.choice(("yes", "no", "none")),
                      seen=True)),
        ("decide", dict(about, all=rng.choice(("yes", "no")), seen=True)),
        ("split", hunk), ("comment", dict(hunk, line=0, text="c")),
        ("evidence", {}), ("evidence", {"tell": True}),
        ("evidence", {"prove": True}), ("propose", {}),
        ("propose", {"hunk": hunk["hunk"]}), ("clean", {}), ("changes", {}),
        ("undo", {"tx": rng.randrange(4)}),
        ("plan", {"version": last(c, "plan").get("version", 1),
                  "action": rng.choice(("approve", "return"))}),
        ("answer", {"id": last(c, "ask").get("id", "x"),
                    "allow": rng.random() < 0.7, "seen": True}),
        ("btw", {"text": "why?"}), ("btw", {"stop": True}),
        ("budget", {"action": rng.choice(("extend", "wrap", "stop", "wait"))}),
        ("set", {"approve": rng.choice(("ask", "small"))}),
        ("set", {"check": rng.choice(("true", "false", "sleep 0.05"))}),
        ("compact", {}), ("new", {"text": rng.choice(("", "t"))}),
        ("include", {"glob": "*.txt"}),
        ("paths", {"match": "a"}), ("attach", {}), ("background", {}),
        ("port", {"port": 8000})))
    return dict(more, type=name)


def ended(c, said):
    """The core has ended by itself: not by a signal."""
    c.wait_eof()
    assert c.process.wait() >= 0, (c.process.returncode, said[-8:])
    c.close()


def one_round(w, seed):
    print("# seed %d" % seed, flush=True)
    rng = random.Random(seed)
    w.clean_project()
    w.write("a.txt", "one\ntwo\n")
    w.mock(list(answers(rng)))
    start = {"plan": rng.choice(("skip", "require", "auto")), "test": "true",
             "test_by": "flag", "max_turns": rng.choice((2, 3, 30)),
             "max_repeats": 3, "retry_base_ms": rng.choice((10, 3000)),
             "retry_time_ms": 20000,
             "approve": rng.choice(("ask", "small")),
             "wrap": harness.need_deny() if rng.random() < 0.3 else ()}
    c = protocol.start(w, task="go", **start)
    said = []
    end = time.monotonic() + ROUND_S
    while time.monotonic() < end and not c.eof:
        said.append(command(rng, c))
        c.send(**said[-1])
        if rng.random() < 0.7:
            c.pump(rng.choice((0, 0.005, 0.02, 0.08)))
        if rng.random() < 0.01:
            c.send(type="end")
            ended(c, said)
            c = protocol.start(w, session=w.sessions()[-1], **start)
    c.send(type="end")
    ended(c, said)
    w.verify()


def test_commands_by_chance(w):
    harness.need_sandbox(w)
    for i in range(ROUNDS):
        one_round(w, SEED + i)


harness.main(globals())
