"""A session with a long journal: a client gets old lines without their large
texts, and reads these from the journal when they are shown."""

import json
import os

import harness
import long
import protocol
from messages import msg
from screenlib import DONE, Screen, capital, numbers, wait_events

SKIP = {"plan": "skip"}
SIZE = 12 << 20  # more than a screen reads by itself
WORD = "needlework"
# At the beginning of all: a call whose arguments and result are large, and the
# word in the middle of each of them.
ARGS = {"path": "src/first.c", "content":
        long.code(1, 9000) + "/* %s in */\n" % WORD + long.code(2, 9000)}
RESULT = long.code(3, 30000) + "/* %s out */\n" % WORD + long.code(4, 30000)
FIRST = (
    ("user_message", "user", {"text": "Begin with the first one."}),
    ("turn_start", "core", {"turn": 1, "phase": "execute"}),
    ("tool_call", "model", {"id": "first", "turn": 1, "name": "write",
                            "args": ARGS, "title": "write src/first.c"}),
    ("tool_result", "core", {"id": "first", "name": "write", "ok": True,
                             "text": RESULT, "ms": 3}),
    ("agent_end", "core", long.END),
)


def begin(w, answers=({"text": "It is so."},) * 2, size=SIZE):
    """A session that has ended, and then was long."""
    w.write("a.txt", numbers(5))
    w.mock(list(answers), config=SKIP)
    r = w.run("exec", "go")
    assert r.returncode in (0, 3), (r.returncode, r.stderr[-600:])
    long.grow(w.session_dir(), size, more=FIRST)
    w.verify()


def sent(lines):
    return [x for x in lines if "seq" in x and x["type"] != "hello"]


def test_lines(w):
    """Small, and what is there is what is in the journal; others get all."""
    begin(w)
    c = protocol.start(w, session=w.sessions()[-1], hello={"lines": "cut"})
    c.wait_live()
    events, got = w.events(), sent(c.lines)
    assert [x["seq"] for x in got] == [x["seq"] for x in events]
    cut = [x for x in got if "cut" in x]
    size = sum(len(json.dumps(x)) for x in got)
    assert size < SIZE / 2, size
    for x, e in zip(got, events):
        if "cut" not in x:
            assert x == e
            continue
        assert "h" not in x and "prev" not in x
        for name, n in x["cut"].items():
            assert n >= 1024 and name in e and name not in x
        assert {k: v for k, v in e.items() if k not in x["cut"] and
                k not in ("h", "prev")} == \
            {k: v for k, v in x.items() if k != "cut"}
    assert {k for x in cut for k in x["cut"]} == {"args", "calls", "text"}
    # The last of it is whole, whatever it has.
    assert cut[-1]["seq"] < len(events) - 30
    d = protocol.attach(w)
    d.wait_live()
    assert sent(d.lines) == events
    # Asked for anew, in the same way.
    c.lines = []
    c.send(type="attach", **{"from": 3})
    c.wait_live()
    assert sent(c.lines) == got[2:]
    d.close()


def find(t, text):
    t.send("/")
    t.need("search>")
    t.send(text + "\r")


def look(t):
    """The last of it, then the first of it with all that it has."""
    t.need(long.LAST)
    t.press("\x1bg")
    t.need("write src/first.c")
    find(t, WORD + " out")
    t.need("/* %s out */" % WORD)
    # Opened by that, it has its arguments, too.
    find(t, "path: src/f")
    t.need("path: src/first.c")
    find(t, WORD + " in")
    t.need("/* %s in */" % WORD)
    find(t, WORD + " out")
    t.need("/* %s out */" % WORD)
    t.send("G")
    t.need(long.LAST)
    # Backwards, past all that is between.
    t.send("N")
    t.need("/* %s out */" % WORD)
    find(t, "nothing of this kind")
    t.need("not found: nothing of this kind")


def test_screen(w):
    """Resumed, then attached to: the end at once, and all the rest."""
    begin(w)
    with Screen(w, "resume") as t:
        look(t)
        t.detach()
    with Screen(w, "resume") as t:
        look(t)
        t.send("g")
        t.need("> go")
        t.end()


def test_scroll(w):
    """A part that scrolls into view has its text; scrolling back shows the
    same."""
    begin(w)
    with Screen(w, "resume") as t:
        t.need(long.LAST)
        t.press("\x1bg")
        t.need("write src/first.c")
        seen = []
        for _ in range(12):
            seen.append(t.rows())
            t.send(" ")
        t.idle()
        for rows in reversed(seen):
            t.send("b")
            t.same(rows, "up again")
        text = "\n".join(x for rows in seen for x in rows)
        assert "member_3(o" in text and "more rows, + opens" in text, text
        assert msg.CANT_READ_THIS not in text
        t.end()


def test_damage(w):
    """A missing line is reported, and nothing else fails."""
    # So much that the core doesn't read it again by itself.
    begin(w, size=20 << 20)
    path = os.path.join(w.session_dir(), "journal.jsonl")
    with Screen(w, "resume") as t:
        t.need(long.LAST)
        with open(path, "rb") as f:
            text = f.read()
        at = text.index(WORD.encode() + b" out")
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(b"\xff\x00\"")
        t.press("\x1bg")
        t.need(msg.CANT_READ_THIS)
        t.send("G")
        t.need(long.LAST)
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(text[at:at + 3])
        t.end()


def test_core_dies(w):
    """Text of the conversation can be read as long as the screen is there."""
    begin(w)
    c = protocol.start(w, session=w.sessions()[-1], hello={"lines": "cut"})
    c.wait_live()
    with Screen(w, "resume") as t:
        t.need(long.LAST)
        protocol.kill(w, c)
        t.ended("exit 1")
    with Screen(w, "resume") as t:
        look(t)
        t.end()


def test_decided(w):
    """A change that waits is all there, however much came after it."""
    w.write("a.txt", numbers(5))
    w.mock([{"calls": [capital("a.txt", 3)]}, DONE], config=SKIP)
    with Screen(w, "--", "go") as t:
        t.need("+LINE 3")
        t.detach()
    # Nobody there and nothing to do.
    harness.wait_until("the core has ended",
                       lambda: not harness.running("assent-core"))
    long.grow(w.session_dir(), SIZE)
    with Screen(w, "resume") as t:
        t.need("+LINE 3")
        t.review()
        t.idle()
        t.send("y")
        t.write("Enter writes")
        wait_events(w, "applied")
        assert "LINE 3" in w.read("a.txt")
        t.idle()
        t.end()


harness.main(globals())
