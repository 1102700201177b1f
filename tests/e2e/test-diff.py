"""Extra context for a change: lines around a hunk and the whole file; and
comments on lines."""

import harness
from messages import msg
import protocol

BEFORE = "".join("line %d\n" % n for n in range(1, 61))
AFTER = BEFORE.replace("line 20\n", "LINE 20\n").replace(
    "line 40\n", "LINE 40\nand a half\n")
WRITE = {"name": "write", "args": {"path": "a.txt", "content": AFTER}}
NEW = {"name": "write", "args": {"path": "b.txt", "content": "new\n"}}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def begin(w, *more):
    w.write("a.txt", BEFORE)
    m = w.mock([{"calls": [WRITE] + list(more)}, DONE,
                {"text": "understood"}, DONE])
    c = protocol.start(w, task="go")
    return m, c, c.wait_event("proposal")


def answer(c, kind, n=1):
    return c.wait(kind, lambda: [x for x in c.lines if x.get("type") == kind
                                 and "seq" not in x][n - 1:])[0]


def test_lines_around(w):
    m, c, p = begin(w, NEW)
    hunks = p["files"][0]["hunks"]
    c.send(type="around", proposal=p["seq"], hunk=hunks[0]["id"], lines=2)
    a = answer(c, "around")
    assert a["above"] == "line 15\nline 16\n" and a["from"] == 15, a
    assert a["below"] == "line 24\nline 25\n", a
    assert not a["top"] and not a["bottom"]
    # As far as the next hunk, and as far as the file.
    c.send(type="around", proposal=p["seq"], hunk=hunks[0]["id"],
           lines=1 << 30)
    a = answer(c, "around", 2)
    assert a["above"].startswith("line 1\n") and a["from"] == 1
    assert a["below"].endswith("line 36\n"), a["below"]
    assert a["top"] and a["bottom"]
    c.send(type="around", proposal=p["seq"], hunk=hunks[1]["id"],
           lines=1 << 30)
    a = answer(c, "around", 3)
    assert a["above"].startswith("line 24\n") and a["from"] == 24
    assert a["below"].endswith("line 60\n")
    # A new file has nothing around it.
    new = p["files"][1]["hunks"][0]["id"]
    c.send(type="around", proposal=p["seq"], hunk=new, lines=3)
    assert msg.FILE_IS_NEW in answer(c, "refused")["text"]
    c.send(type="around", proposal=p["seq"], hunk="0" * 32, lines=3)
    assert "has changed" in answer(c, "refused", 2)["text"]
    c.send(type="file", proposal=p["seq"], hunk=hunks[0]["id"])
    got = answer(c, "file")
    assert got["text"] == AFTER and got["side"] == "after"
    # Nothing of that is in the journal.
    assert not [e for e in w.events() if e["type"] in ("around", "file")]
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")


def test_a_reason_outlives_a_question(w):
    """A hunk was rejected with a reason, another asked about, and the core
    killed: the model still gets the reason once all is decided."""
    w.write("a.txt", BEFORE)
    m = w.mock([{"calls": [WRITE]}, DONE, {"text": "It has to be heard."},
                {"text": "I see."}])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    first, second = p["files"][0]["hunks"]
    c.send(type="decide", proposal=p["seq"], version=1, marks=[
        {"hunk": first["id"], "mark": "no", "seen": True,
         "word": "too loud for me"}])
    c.wait_event("decision")
    p = c.wait_event("proposal", lambda e: e["version"] == 2)
    c.send(type="comment", proposal=p["proposal"], hunk=second["id"], line=0,
           text="why is it louder?")
    c.wait_event("comment", lambda e: e["by"] == "model")
    assert "too loud for me" not in str(m.requests()[-1]["body"])
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_live()
    p = c.event_list("proposal")[-1]
    c.send(type="mark", proposal=p["proposal"] or p["seq"],
           version=p["version"], hunk=second["id"], mark="yes", seen=True)
    c.write(p)
    c.wait("the reason", lambda: len(m.requests()) == 4)
    assert "too loud for me" in str(m.requests()[-1]["body"])
    c.wait_event("agent_end")


def comments_of(p, f=0):
    return [[(x["line"], x.get("end_line"), x["text"])
             for x in h.get("comments", [])] for h in p["files"][f]["hunks"]]


def test_comment_stays_with_its_lines(w):
    """A comment that the model doesn't have yet goes on to the version that has
    its hunk changed; one whose lines are gone doesn't."""
    anew = AFTER.replace("line 19\n", "a line\nline 19\n").replace(
        "and a half\n", "and two\n").replace("line 50\n", "LINE 50\n")
    w.write("a.txt", BEFORE)
    m = w.mock([{"calls": [WRITE]}, DONE,
                harness.write("a.txt", anew), DONE,
                {"text": "understood"}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    one, two = p["files"][0]["hunks"]

    def say(h, line, text, **more):
        c.send(type="comment", proposal=p["seq"], hunk=h["id"], line=line,
               text=text, **more)
    at = one["text"].split("\n").index("+LINE 20") + 1
    say(one, at, "louder")
    say(one, at - 1, "both", end_line=at)
    say(one, 0, "all of it")
    lines = two["text"].split("\n")
    say(two, lines.index("+LINE 40") + 1, "here")
    say(two, lines.index("+and a half") + 1, "gone")
    say(two, lines.index("-line 40") + 1, "in part",
        end_line=lines.index("+and a half") + 1)
    c.wait("comments", lambda: len(c.event_list("comment")) == 6)
    c.send(type="say", text="go on")
    v = c.wait("version", lambda: [e for e in c.event_list("proposal")
                                   if e.get("version") == 2])[0]
    assert v["files"][0]["hunks"][0]["id"] != one["id"]
    now = v["files"][0]["hunks"][0]["text"].split("\n").index("+LINE 20") + 1
    assert now > at
    rest = v["files"][0]["hunks"][1]["text"].split("\n")
    assert comments_of(v) == [
        [(0, None, "all of it"), (now - 1, now, "both"),
         (now, None, "louder")],
        [(rest.index("-line 40") + 1, None, "in part"),
         (rest.index("+LINE 40") + 1, None, "here")], []], comments_of(v)
    # So does a resumed core.
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_live()
    for h in v["files"][0]["hunks"]:
        c.send(type="mark", proposal=p["seq"], version=2, hunk=h["id"],
               mark="yes", seen=True)
    c.write(v)
    d = c.wait_event("decision")
    assert [len(h.get("comments", [])) for h in d["files"][0]["hunks"]] == \
        [3, 2, 0], d


harness.main(globals())
