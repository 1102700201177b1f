"""Decisions on less than a hunk, or on more than yes and no: a hunk in parts, a
hunk that was edited.  What is written is what the person made of it, the journal
has it, and the model hears of it.
"""


import harness
import protocol

BEFORE = "".join("line %d\n" % n for n in range(1, 31))
AFTER = (BEFORE.replace("line 4\n", "LINE 4\n").replace("line 7\n", "LINE 7\n")
         .replace("line 20\n", "LINE 20\nand a half\n"))
WRITE = {"name": "write", "args": {"path": "a.txt", "content": AFTER}}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
OK = {"text": "understood"}


def begin(w):
    w.write("a.txt", BEFORE)
    w.mock([{"calls": [WRITE]}, DONE])
    c = protocol.start(w, task="go")
    return c, c.wait_event("proposal")


def hunks(p):
    return p["files"][0]["hunks"]


def mark(c, p, hunk, what, **more):
    c.send(type="mark", proposal=p.get("proposal") or p["seq"],
           version=p["version"], hunk=hunk["id"], mark=what, seen=True, **more)


def test_split_and_decide_on_parts(w):
    c, p = begin(w)
    assert len(hunks(p)) == 2
    mark(c, p, hunks(p)[1], "yes")
    c.wait_event("draft")
    c.send(type="split", proposal=p["seq"], hunk=hunks(p)[0]["id"])
    q = c.wait_event("proposal", lambda e: e["version"] == 2)
    assert q["files"][0]["split"] == [hunks(p)[0]["id"]]
    assert [h["text"].count("+") for h in hunks(q)] == [1, 1, 2]
    # The mark that was there has stayed.
    mark(c, q, hunks(q)[0], "no")
    mark(c, q, hunks(q)[1], "yes")
    c.wait_event("applied")
    c.wait_event("agent_end")
    assert w.read("a.txt") == AFTER.replace("LINE 4\n", "line 4\n")
    c.close_and_wait()
    w.verify()


def test_edited_hunk_is_written(w):
    c, p = begin(w)
    n = len([x for x in c.lines if x.get("type") == "refused"])
    mark(c, p, hunks(p)[0], "yes")
    bad = hunks(p)[1]["text"].replace(" line 19\n", " line nineteen\n")
    mark(c, p, hunks(p)[1], "edited", edit=bad)
    c.wait("refusal", lambda: len([
        x for x in c.lines if x.get("type") == "refused"]) == n + 1)
    words = str([x for x in c.lines if x.get("type") == "refused"][n])
    assert "line 3 is not what the file has there" in words, words
    assert not c.event_list("decision")
    good = hunks(p)[1]["text"].replace("+LINE 20\n", "+Line twenty\n")
    mark(c, p, hunks(p)[1], "edited", edit="# a comment\n" + good)
    c.wait_event("applied")
    c.wait_event("agent_end")
    assert w.read("a.txt") == AFTER.replace("LINE 20\n", "Line twenty\n")
    d = w.events("decision")[-1]["files"][0]["hunks"][1]
    assert d["decision"] == "edited" and "+Line twenty" in d["edit"], d
    # Nothing is left to decide, and the stage has what was written.
    assert not w.events("proposal")[-1]["files"]
    c.close_and_wait()
    w.verify()


def test_the_model_hears_of_an_edit(w):
    w.write("a.txt", BEFORE)
    m = w.mock([{"calls": [WRITE]}, DONE, OK])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    mark(c, p, hunks(p)[1], "no", word="leave twenty alone")
    edit = hunks(p)[0]["text"].replace("+LINE 4\n", "+Line four\n")
    mark(c, p, hunks(p)[0], "edited", edit=edit)
    c.wait_event("agent_end")
    told = str(m.requests()[2]["body"])
    assert "+Line four" in told and "leave twenty alone" in told, told
    assert w.read("a.txt") == BEFORE.replace("line 4\n", "Line four\n") \
        .replace("line 7\n", "LINE 7\n")
    c.close_and_wait()
    w.verify()


if __name__ == "__main__":
    harness.main(globals())
