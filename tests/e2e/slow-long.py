"""A session whose journal is long: who attaches is sent its old lines without
their large texts, and reads them from the journal when they are looked at.
"""

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
    c.close_and_wait()


def test_slow_reader(w):
    """Who does not read keeps nobody, and then gets all of it in its order."""
    begin(w, [{"text": "It is so."}] * 9, size=12 << 20)
    before = len(w.events())
    c = protocol.start(w, session=w.sessions()[-1],
                       hello={"from": before + 1})
    c.wait_live()
    # Neither of them reads; one wants lines that are cut.
    slow = protocol.attach(w), protocol.attach(w, lines="cut")
    c.send(type="changes")
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x["type"] == "changes"])
    c.send(type="say", text="And now?")
    c.wait_event("agent_end", lambda e: e["seq"] > before)
    events = w.events()
    assert len(events) > before
    for d in slow:
        d.wait("all lines", lambda: len(sent(d.lines)) >= len(events))
        got = [x["seq"] for x in sent(d.lines)]
        assert got == list(range(1, len(got) + 1)), got
        assert "live" in [x["type"] for x in d.lines]
    # What was new came in its turn, before it was told that it has all.
    at = [x["type"] for x in slow[0].lines].index("live")
    assert max(x.get("seq", 0) for x in slow[0].lines[:at]) > before
    assert sent(slow[0].lines)[:len(events)] == events
    # One that has not taken all when it ends is told all the same.
    d = protocol.attach(w)
    d.wait("a word of the core", lambda: d.lines)
    c.send(type="end")
    d.wait_eof()
    assert [x["seq"] for x in sent(d.lines)] == \
        list(range(1, len(w.events()) + 1))
    assert d.lines[-1]["type"] == "ended", d.lines[-1]
    for d in slow + (c, d):
        d.wait_eof()
        d.close()


def test_late_output(w):
    """Of what a command prints while old lines come nothing comes twice."""
    begin(w, size=12 << 20)
    c = protocol.start(w, session=w.sessions()[-1],
                       hello={"from": len(w.events()) + 1})
    c.wait_live()
    c.send(type="run", command="i=0; while [ $i -lt 300 ]; do echo line $i; "
           "i=$((i+1)); sleep 0.005; done")
    c.wait_event("tool_call")
    late = [protocol.attach(w) for _ in range(6)]
    c.wait_event("tool_result")
    for d in late:
        d.wait_event("tool_result", lambda e: e["by"] == "user")
        end = None
        for x in d.lines:
            if x["type"] != "delta" or x["kind"] != "output":
                continue
            assert end is None or x["at"] == end, (x, end)
            end = x["at"] + len(x["text"])
        d.close()
    c.close_and_wait()


def find(t, text):
    t.send("/")
    t.need("search>")
    t.send(text + "\r")


def look(t):
    """The last of it, then the first of it with all that it has."""
    t.need(long.LAST)
    t.press("\tg")
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
    w.verify()


def test_scroll(w):
    """What comes into view has its text; the way back shows the same."""
    begin(w)
    with Screen(w, "resume") as t:
        t.need(long.LAST)
        t.press("\tg")
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
    """A line that is not there any more is said, and nothing else is hurt."""
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
        t.press("\tg")
        t.need(msg.CANT_READ_THIS)
        t.send("G")
        t.need(long.LAST)
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(text[at:at + 3])
        t.end()
    w.verify()


def resumed(w, used):
    """What stands on the screen once the core is live, at the end and at the
    beginning. `used`: did it stand before that? None: perhaps."""
    with Screen(w, "resume") as t:
        t.need(long.LAST)
        t.need("ready")
        assert used in (b"checking the journal" in t.raw(), None)
        last = t.screen()[:-2]
        t.press("\tg")
        t.need("Begin with the first one.")
        first = t.screen()[:-2]
        t.end()
    return last, first


def test_brief_ends(w):
    """A file of so many small lines that a screen would read them for seconds
    stays short, and the core sends the lines."""
    begin(w)
    long.grow(w.session_dir(), 40 << 20, sizes=(200,))
    path = os.path.join(w.session_dir(), "brief")
    for _ in range(2):
        c = protocol.start(w, session=w.sessions()[-1])
        harness.wait_until("the brief is full", lambda: os.path.exists(
            path) and os.path.getsize(path) > 11 << 20)
        c.close_and_wait()
        assert os.path.getsize(path) < 16 << 20
    resumed(w, False)
    w.verify()


def refused(w):
    with Screen(w, "resume", cols=400) as t:
        return t.ended("exit 1")


def test_brief(w):
    """Whatever becomes of the file, the screen is the journal's, and the verdict
    about the journal the same."""
    begin(w)
    path = os.path.join(w.session_dir(), "brief")
    whole = os.path.join(w.session_dir(), "journal.jsonl")
    resumed(w, False)
    want = resumed(w, None)  # with the note that it was ended

    def lines():
        with open(path, "rb") as f:
            return [x for x in f if not x.startswith(b'{"upto":')]
    c = protocol.start(w, session=w.sessions()[-1])
    long.wait_for_brief(w)
    c.close_and_wait()
    assert resumed(w, True) == want
    sound = lines()
    with open(path, "rb") as f:
        brief = f.read()
    older = brief[:brief.index(b"\n", brief.index(b'{"upto":')) + 1]
    at = brief.index(b"Begin with the first one.")
    for used, spoilt in (
            (False, brief[:at] + b"b" + brief[at + 1:]),
            (None, older), (False, older[:-1]), (False, b"x" * 300000),
            (False, brief.replace(b'"h":"', b'"h":"0', 1)),
            (True, brief + older), (True, brief + b'{"upto":'),
            (True, brief[:-3]), (True, brief)):
        with open(path, "wb") as f:
            f.write(spoilt)
        assert resumed(w, used) == want, len(spoilt)
        # A core that stays mends it.
        c = protocol.start(w, session=w.sessions()[-1])
        harness.wait_until("the brief is mended",
                           lambda: lines()[:len(sound)] == sound)
        c.close_and_wait()
    with open(whole, "rb") as f:
        text = f.read()
    at = text.index(b"Begin with the first one.")
    for damaged in (text[:at] + b"b" + text[at + 1:], text[:-300],
                    text[:SIZE // 2]):
        with open(whole, "wb") as f:
            f.write(damaged)
        verdict = refused(w)
        assert "damaged" in verdict
        os.rename(path, path + "-")
        assert refused(w) == verdict
        os.rename(path + "-", path)
    with open(whole, "wb") as f:
        f.write(text)
    # Another session's.
    w.run("exec", "go")
    other = w.sessions()[-1]
    long.grow(w.session_dir(), SIZE)
    os.rename(path, os.path.join(w.session_dir(), "brief"))
    with Screen(w, "resume", other) as t:
        t.need(long.LAST)
        t.need("ready")
        assert b"checking the journal" not in t.raw()
        t.press("\tg")
        t.need_gone("Begin with the first one.")
        t.end()
    w.verify()


def test_core_dies(w):
    """What was said is looked at all the same, as long as the screen stands."""
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
        wait_events(w, "applied")
        assert "LINE 3" in w.read("a.txt")
        t.idle()
        t.end()
    w.verify()


if __name__ == "__main__":
    harness.main(globals())
