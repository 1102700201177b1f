"""Nobody approves by accident, through the real binaries: typed ahead, pasted,
cut in two, hidden, or at random.
"""

import datetime
import os
import random
import re
import signal

import harness
from screenlib import (DONE, TOO_SLOW_MS, Screen, capital, decided, numbers,
                       wait_events)
from messages import msg

SKIP = {"plan": "skip"}
# Something that came by itself must be shown for so long before a key decides
# (VERDICT_MS).
STOOD_MS = 700
FIVE = [("a.txt", 3), ("a.txt", 23), ("a.txt", 43), ("b.txt", 5),
        ("b.txt", 50)]
EDITS = {"calls": [capital(path, i) for path, i in FIVE]}


def project(w):
    w.write("a.txt", numbers(60))
    w.write("b.txt", numbers(60))
    w.repository()


def begin(w, *answers, config=SKIP, **kw):
    project(w)
    w.mock(list(answers) or [EDITS, DONE], config=config)
    return Screen(w, "raise the voice", **kw)


def fence(w, t):
    """Nothing was decided so far: the next mark is ours, a refusal, which we
    take back."""
    old = len(w.events("draft"))
    to_first_hunk(t)
    t.review()
    t.send("n")
    got = wait_events(w, "draft", old + 1)
    new = got[old:]
    assert len(new) == 1 and new[0]["mark"] == "no", new
    assert not w.events("decision")
    t.need("4 open")
    t.send("u")
    wait_events(w, "draft", old + 2)
    t.need("/5 · 5 open")


def to_first_hunk(t):
    """A key at a time, each when what the last one did is to be seen."""
    t.idle()
    t.press("\x15\t")      # out of the message line, if that has the focus
    t.idle()
    for key, shows in (("2", "[2 transcript]"), ("\t", "[4 diff]"),
                       ("g", ">2 files"), ("J", ">[ ] @@ -1,")):
        t.see(key, shows)
        if key == "g":
            # A frame can come in two pieces.
            t.need_gone(">[")


def after_paste(t):
    """Keys right after a paste are text, too (KEYS_PASTE_MS)."""
    t.slow(150)


def finish(w, t, want="exit 5"):
    t.end(want)
    assert w.read("a.txt") == numbers(60)
    assert w.read("b.txt") == numbers(60)
    w.verify()


def test_typed_before_it_could_be_read(w):
    """The keys and the proposal are both there when the screen wakes up."""
    project(w)
    for keys in ("yyyyAYxY", "y", "A"):
        gate = w.path("go" + keys)
        w.mock([dict(EDITS, text="I think", wait_for=gate, wait_after=2),
                DONE], config=SKIP)
        with Screen(w, "raise the voice") as t:
            t.need("I think")
            t.signal(signal.SIGSTOP)
            assert t.stopped()
            open(gate, "w").close()
            wait_events(w, "proposal")
            t.send(keys)
            t.signal(signal.SIGCONT)
            t.review()
            fence(w, t)
            finish(w, t)


def test_typed_while_another_program_runs(w):
    """An editor or a pager that reads no keys leaves them to the screen, which
    throws away what is in the kernel's queue."""
    other = w.path("other")
    w.write(other, "#!/bin/sh\necho OTHER PROGRAM\n"
                   "until [ -e %s ]; do sleep .02; done\n" % w.path("go"))
    os.chmod(other, 0o755)
    with begin(w, env={"EDITOR": other, "PAGER": other}) as t:
        # The file that o opens comes from the core: until then keys still go
        # to the screen.
        for keys in ("o", "\r", "e"):
            t.review()
            if keys == "\r":
                t.see(":", "type to search")
                t.see("look-pager", "works in")
            t.see(keys, "OTHER PROGRAM")
            t.send("yyAYx")
            t.send("\x1b", ahead=True)
            with open(w.path("go"), "w"):
                pass
            t.need("y accept")
            fence(w, t)
            os.unlink(w.path("go"))
        finish(w, t)


def test_pasted(w):
    with begin(w) as t:
        t.review()
        t.see("\x1b[200~yyyyA\nY\x1b[201~", "> yyyyA")
        after_paste(t)
        t.send("\x15\x08\x15")
        t.review()
        fence(w, t)
        # Its end comes late, with more bytes right after it.
        t.send("\x1b[200~aY")
        t.slow(TOO_SLOW_MS)
        t.see("Yx\x1b[201~xyA", "> aYYxxyA")
        after_paste(t)
        t.send("\x15")
        t.review()
        fence(w, t)
        t.detach()


def test_pasted_without_marks(w):
    """As tmux's paste-buffer does in any terminal, or where the terminal has no
    brackets: what comes in one go moves and marks, and writes nothing."""
    with begin(w) as t:
        t.review()
        for text in ("yAyYxA", "y\rn yes\rA no\rY ", "y\rx\rY\r",
                     b"yyyyA Y x\r" * 500 + b"Y\r"):
            t.send(text, ahead=True)
            t.slow(TOO_SLOW_MS)
            assert not w.events("decision"), text
        assert len(w.events("user_message")) == 1
        # What is no mark makes it a text, whose lines aren't sent.
        t.send("\x1b")
        t.need("? help")
        t.detach()
    assert w.read("a.txt") == numbers(60)
    assert w.read("b.txt") == numbers(60)


def at_ms(event):
    return 1000 * datetime.datetime.fromisoformat(
        event["t"].replace("Z", "+00:00")).timestamp()


def none_too_early(w):
    """Each mark is of a version that stood for its time: the core had that,
    and the key, before either was sent on. A key that goes a step back or forth
    acts at once: it brings a mark that the hunk had."""
    came, had = None, {}
    for e in w.events():
        if e["type"] == "proposal":
            came = e
        elif e["type"] == "draft":
            for m in harness.marks([e]):
                marks = had.setdefault(m["hunk"], {"none"})
                assert m["mark"] in marks or \
                    at_ms(e) - at_ms(came) >= STOOD_MS, (came["t"], e)
                marks.add(m["mark"])


KEYS = (list("yyynnnuuuxadAJJJJKjk ggGbzr?1234\t\r\x1b\x0c\x15\x03q") +
        ["\x1b[A", "\x1b[B", "\x1b", "[", "\x1bOA", "\x1b[200~yA\x1b[201~",
         "\x1b[1;5A", "text", "\x1b[[A", "\x1b[Z", "é", "\xff", "\x00"])


def apply_lines(w, name, states):
    """The file is made of the accepted lines and of no other change."""
    for i, line in enumerate(w.read(name).splitlines(), 1):
        want = "LINE %d" if states.get((name, i)) == "yes" else "line %d"
        assert line == want % i, (name, i, line)


def fuzz(w, rounds, with_second_key, seed):
    rng = random.Random(seed)
    names = ["f%d.txt" % i for i in range(4)]
    for name in names:
        w.write(name, numbers(400))
    w.repository()
    hunks = [(n, i) for n in names for i in range(10, 400, 20)]
    w.mock([{"calls": [capital(n, i) for n, i in hunks]}, DONE,
            {"text": "as you say", "repeat": True}], config=SKIP)
    keys = KEYS + (["Y"] * 3 if with_second_key else [])
    t = Screen(w, "--", "go")
    try:
        t.need("80 open")
        for n in range(rounds * 20):
            # On a slow machine most of it may be typed ahead, which decides
            # nothing: now and then the changes are seen before a key, and at
            # the end until one of them has marked something.
            calm = n % 25 < 4 or n >= rounds
            if n >= rounds and w.events("draft"):
                break
            if calm:
                t.idle()
            key = rng.choice(keys[:20] if calm else keys)
            # Out of what cannot end by itself, now and then.
            if n % 50 == 49:
                key = "\x1b[201~"
            elif n % 25 == 24 or n == rounds:
                key = "\x15\t4"        # out of a text, to the changes
            t.send(key.encode("latin-1") if key == "\xff" else key,
                   ahead=True)
            if rng.random() < 0.3:
                t.pause(rng.choice((1, 40)))
            if n % 25 == 0:
                size = rng.choice(((24, 80), (50, 200), (5, 20), (1, 1)))
                t.resize(*(size if n < rounds else (50, 200)))
                if n >= rounds:
                    t.slow(TOO_SLOW_MS)
            if t.ask("status") != "running":
                got = t.eof()
                assert got in ("exit 0", "exit 5", "exit 130"), got
                t.close()
                t = Screen(w, "resume")
                t.need("hunks")
        t.resize(24, 80)
        # It still answers, once it is out of what the keys have opened.
        t.idle()
        t.send("\x1b[201~")
        t.slow(TOO_SLOW_MS)
        for _ in range(6):
            t.send("\x1b")
            t.slow(TOO_SLOW_MS)
            t.send("?")
            t.idle()
            if msg.ANY_OTHER_KEY_GOES_BACK in t.text():
                break
            t.send("\x15")
        t.need(msg.ANY_OTHER_KEY_GOES_BACK)
    finally:
        t.close()
    w.run("end", w.sessions()[-1])
    harness.wait_until("the core is gone", lambda: not any(
        "assent-core" in x for x in harness.children().values()))
    where = {}
    for e in w.events("proposal"):
        for f in e["files"]:
            for h in f["hunks"]:
                found = re.search(r"^\+LINE (\d+)$", h["text"], re.M)
                where[h["id"]] = (f["path"], int(found.group(1)))
    none_too_early(w)
    marks, got = {}, decided(w)
    for e in w.events():
        if e["type"] == "draft":
            assert e["client"].startswith("/dev/pts/"), e
            for m in harness.marks([e]):
                assert m["hunk"] in where, m
                marks[m["hunk"]] = m["mark"]
        elif e["type"] == "decision":
            for f in e["files"]:
                for h in f["hunks"]:
                    # All that had no mark, with one verdict.
                    assert marks.get(h["id"], "none") in (
                        h["decision"], "none"), h
                    # Without Y nothing unread is written: A only marks it.
                    assert with_second_key or h["decision"] != "yes" or \
                        h["seen"], h
    assert marks or got, "the keys did nothing at all"
    states = {where[k]: v for k, v in got.items()}
    for name in names:
        apply_lines(w, name, states)
    assert sorted(harness.tree(w.project)) == names
    w.verify()


def test_keys_at_random(w):
    fuzz(w, 300, False, 1)


@harness.slow
def test_many_keys_at_random(w):
    fuzz(w, 3000, False, 3)


@harness.slow
def test_many_keys_at_random_with_the_second_key(w):
    fuzz(w, 3000, True, 2)


harness.main(globals())
