"""Decisions while things move on: the agent changes the stage while a person
says what becomes of what is on the screen, a mark comes while the check runs
on what is accepted, words are taken back, the core dies.  What is said is about
the text that was shown; what was not shown is not decided.
"""

import os

import harness
from messages import msg
import protocol
import screenlib

LINES = ["line %d\n" % n for n in range(1, 41)]
BEFORE = "".join(LINES)
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
OK = {"text": "understood"}


def text(**lines):
    """The file with some lines replaced: n5="five"."""
    out = list(LINES)
    for name, value in lines.items():
        out[int(name[1:]) - 1] = value + "\n" if value else ""
    return "".join(out)


def write(content, path="a.txt"):
    return harness.write(path, content)


def begin(w, answers, **more):
    w.write("a.txt", BEFORE)
    w.mock(answers)
    c = protocol.start(w, task="go", **more)
    return c, c.wait_event("proposal")


def hunks(p):
    return [h for f in p["files"] for h in f["hunks"]]


def hunk(p, words):
    return [h for h in hunks(p) if words in h["text"]][0]


def mark(c, p, h, what, **more):
    c.send(type="mark", proposal=p.get("proposal") or p["seq"],
           version=p["version"], hunk=h["id"], mark=what, seen=True, **more)


def decide_all(c, p):
    c.send(type="decide", proposal=p.get("proposal") or p["seq"],
           version=p["version"], all="yes", seen=True)


def refusals(c):
    return [x["text"] for x in c.lines if x.get("type") == "refused"]


def newer(c, p):
    return c.wait_event("proposal", lambda e: e["seq"] > p["seq"])


def go(w, name="go"):
    w.mocks[0].release(name)


def calls_done(c, n):
    c.wait("%d results" % n, lambda: len(c.event_list("tool_result")) >= n)


def second(w, **more):
    """A proposal of two hunks; then a word, and the agent has put another text
    into the stage, which is not on offer yet."""
    c, p = begin(w, [write(text(n5="five", n35="thirty-five")), DONE,
                     write(text(n5="FIVE", n20="twenty",
                                n35="thirty-five")),
                     dict(DONE, wait_for="go"), OK], **more)
    assert len(hunks(p)) == 2, p
    c.send(type="say", text="louder, please")
    calls_done(c, 3)
    return c, p


def test_you_edit_it_meanwhile(w):
    """A write finds that the file isn't what it was: nothing of it is written,
    and only what differs is to be reviewed again."""
    w.write("alpha.py", screenlib.numbers(60))
    w.write("beta.py", screenlib.numbers(60))
    w.mock([screenlib.edits(*[("alpha.py", n) for n in (3, 18, 34, 50)],
                            ("beta.py", 5)), DONE], config={"plan": "skip"})
    mine = screenlib.numbers(60).replace("line 18\n", "mine\n")
    with screenlib.Screen(w, "raise the voice") as t:
        for n in range(2, 6):
            t.review()
            t.see("y", "%d/5" % n)
            if n == 4:
                w.write("alpha.py", mine)
                t.see("k", "alpha.py was saved on disk since")
                t.send("J")
        t.review()
        t.send("y")
        t.need("beta.py written; changed on disk, not written: alpha.py")
        # The cursor, with the warning below it.
        rows = t.rows()
        at = [i for i, r in enumerate(rows) if r.startswith(">")]
        assert "@@ -15,7 +15,7 @@" in rows[at[0]], t.show()
        assert "These lines were changed on disk" in rows[at[0] + 1], t.show()
        assert w.read("alpha.py") == mine
        assert w.read("beta.py") == screenlib.numbers(60, upper=(5,))
        t.need("2/4")
        # Said until it is written; no key is needed for the others.
        t.review("n reject")
        t.send("n")
        t.write("Enter writes 3 hunks")
        t.need(" ready")
        assert len(w.events("decision")) == 2
    assert w.read("alpha.py") == screenlib.numbers(
        60, upper=(3, 34, 50)).replace("line 18\n", "mine\n")


def test_another_session_of_yours(w):
    """The agent wrote the same lines: the review names that, whoever looked
    before."""
    w.write("a.txt", screenlib.numbers(60))
    w.mock([screenlib.edits(("a.txt", 18)), DONE,
            harness.edit("a.txt", "line 18\n", "other\n"), DONE],
           config={"plan": "skip"})
    with screenlib.Screen(w, "raise the voice") as t:
        t.review()
        first = set(w.sessions())
        w.run("exec", "--approve", "yes", "write it", code=0)
        other, = set(w.sessions()) - first
        assert "other\n" in w.read("a.txt")
        t.review()
        t.send("y")
        t.need("the change on disk, by your session %s:" % other)
        t.need("These lines were changed on disk")
        t.end("exit 5")


def test_you_edit_elsewhere_meanwhile(w):
    """No hunk overlaps: all keep their marks."""
    w.write("a.txt", BEFORE)
    w.mock([write(text(n5="five", n20="twenty", n35="thirty-five")), DONE,
            OK])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    w.write("a.txt", text(n12="mine"))
    edit = hunk(p, "+twenty")["text"].replace("+twenty", "+XX")
    mark(c, p, hunk(p, "+five"), "yes")
    mark(c, p, hunk(p, "+twenty"), "edited", edit=edit)
    mark(c, p, hunk(p, "+thirty-five"), "no")
    c.write(p)
    assert not c.wait_event("applied")["ops"][0]["ok"]
    q = newer(c, p)
    kept = c.wait_event("draft", lambda e: e["by"] == "core")["marks"]
    assert {(m["hunk"], m["mark"]) for m in kept} == {
        (hunk(p, "+twenty")["id"], "edited"),
        (hunk(p, "+five")["id"], "yes"),
        (hunk(p, "+thirty-five")["id"], "no")}, kept
    c.write(q)
    c.wait_event("applied", lambda e: e["ops"][0]["ok"])
    assert w.read("a.txt") == text(n5="five", n12="mine", n20="XX")
    c.wait_event("agent_end")


def test_all_at_once_is_about_one_version(w):
    c, p = second(w)
    go(w)
    q = newer(c, p)
    n = len(refusals(c))
    decide_all(c, p)
    c.wait("a refusal", lambda: len(refusals(c)) > n)
    assert "are new" in refusals(c)[-1], refusals(c)
    assert not w.events("decision") and w.read("a.txt") == BEFORE
    decide_all(c, q)
    c.wait_event("agent_end")
    assert w.read("a.txt") == text(n5="FIVE", n20="twenty",
                                   n35="thirty-five")


def test_a_mark_does_not_follow_to_a_twin(w):
    """The agent takes back what was taken and does the very same to lines that
    look the same: that is another place of the file."""
    same = ["same %d\n" % n for n in range(9)]
    before = "".join(["first\n"] + same + ["second\n"] + same + ["last\n"])
    one = before.replace("same 4\n", "none\n", 1)
    other = one.replace("none\n", "SAME 4\n").replace("same 4", "none")
    other = other.replace("SAME", "same")
    w.write("a.txt", before)
    w.write("b.txt", "b\n")
    w.mock([{"calls": write(one)["calls"] + write("B\n", "b.txt")["calls"]},
            dict(write(other), wait_for="go"), DONE])
    c = protocol.start(w, task="go")
    c.wait_event("turn_start", lambda e: e["turn"] == 2)
    c.send(type="propose")
    c.send(type="say", text="and more")
    p = c.wait_event("proposal", lambda e: len(e["files"]) == 2)
    mark(c, p, hunk(p, "+none"), "yes")
    c.wait_event("draft")
    go(w)
    q = c.wait("the other place", lambda: [
        e for e in c.event_list("proposal") if e["final"]])[-1]
    assert hunk(q, "+none")["text"] == hunk(p, "+none")["text"]
    assert hunk(q, "+none")["old_start"] > hunk(p, "+none")["old_start"]
    mark(c, q, hunk(q, "+B"), "yes")
    c.send(type="decide", proposal=q.get("proposal") or q["seq"],
           version=q["version"])
    c.wait_event("applied")
    assert w.read("b.txt") == "B\n" and w.read("a.txt") == before


def test_a_decision_during_a_call(w):
    """A command runs and has changed the file, a decision comes: it is carried
    out, with the text that was shown, when the command has ended."""
    harness.need_sandbox(w)
    w.write("sign.txt", "\n")
    c, p = begin(w, [
        write(text(n5="five")), DONE,
        {"calls": [{"name": "bash", "args": {
            "command": "sed -i 's/^five$/mine/' a.txt; : >$HOME/changed; "
            "until " + harness.signed(w) + "; do sleep 0.05; done"}}]}, DONE, OK])
    c.send(type="say", text="go on")
    harness.wait_until("the command to have written", lambda: [
        b for b, _, names in os.walk(w.path("state")) if "changed" in names])
    mark(c, p, hunks(p)[0], "yes")
    c.write(p)
    c.wait_event("decision")
    harness.sign(w)
    c.wait_event("applied")
    assert c.event_list("applied")[0]["ops"][0]["ok"]
    assert w.read("a.txt") == text(n5="five")
    q = c.wait("what the command did", lambda: [
        e for e in c.event_list("proposal")
        if any("+mine" in h["text"] for h in hunks(e))])[-1]
    assert "-five\n+mine\n" in hunk(q, "+mine")["text"], q
    mark(c, q, hunk(q, "+mine"), "no")
    c.write(q)
    c.wait_event("agent_end")
    assert w.read("a.txt") == text(n5="five")


def test_a_file_that_is_deleted_meanwhile(w):
    """A proposal is open, and a command has taken the file away: the decision
    is about the text, the deletion is a proposal of its own."""
    harness.need_sandbox(w)
    c, p = begin(w, [
        write(text(n5="five")), DONE,
        {"calls": [{"name": "bash", "args": {"command": "rm a.txt"}}]},
        dict(DONE, wait_for="go"), OK])
    c.send(type="say", text="away with it")
    calls_done(c, 3)
    decide_all(c, p)
    c.wait_event("applied")
    assert w.read("a.txt") == text(n5="five")
    go(w)
    # One may be made right after the first is written, and once more when the
    # model is done.
    c.wait_status("review")
    q = c.event_list("proposal")[-1]
    assert [(f["path"], f["status"]) for f in q["files"]] == [
        ("a.txt", "deleted")], q
    decide_all(c, q)
    c.wait_event("agent_end")
    assert not os.path.lexists(os.path.join(w.project, "a.txt"))


def kill(w, c):
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_live()
    return c, c.event_list("proposal")[-1]


def told(w, n=-1):
    return str(w.mocks[0].requests()[n]["body"])


def test_what_was_not_written_is_not_told(w):
    """A file that had changed when the decision came is asked about again; the
    model hears what became of it then, and not what did not come to pass. A
    refusal of lines that are still the same keeps, with its words."""
    w.write("b.txt", BEFORE)
    c, p = begin(w, [{"calls": write(text(n5="five", n35="thirty-five"))[
        "calls"] + write(text(n9="nine"), "b.txt")["calls"]}, DONE, OK])
    mark(c, p, hunk(p, "+five"), "edited",
         edit=hunk(p, "+five")["text"].replace("+five", "+FIFTH"))
    mark(c, p, hunk(p, "+thirty-five"), "no", word="too loud")
    c.wait("drafts", lambda: len(c.event_list("draft")) == 2)
    w.write("a.txt", text(n5="mine"))
    mark(c, p, hunk(p, "+nine"), "no", word="not nine")
    c.write(p)
    kept = c.wait_event("draft", lambda e: e["by"] == "core")
    assert (kept["mark"], kept["word"]) == ("no", "too loud"), kept
    assert w.read("a.txt") == text(n5="mine")
    c, q = kill(w, c)
    assert len([e for e in c.event_list("draft") if e["by"] == "core"]) == 1
    mark(c, q, hunk(q, "+five"), "no", word="leave mine")
    c.write(q)
    c.wait_event("agent_end")
    said = told(w)
    assert "FIFTH" not in said and msg.AS_THE_USER_EDITED not in said, said
    for words in ("leave mine", "too loud", "not nine"):
        assert said.count(words) == 1, (words, said)
    assert w.read("a.txt") == text(n5="mine") and w.read("b.txt") == BEFORE


def test_drafts_of_every_kind_after_kills(w):
    """Killed after each: split, edited, yes, no with a word, taken back."""
    c, p = begin(w, [write(text(n5="five", n8="eight", n11="eleven",
                                n25="twenty-five", n35="thirty-five")),
                     DONE, OK])
    assert len(hunks(p)) == 3, p
    c.send(type="split", proposal=p["seq"], hunk=hunks(p)[0]["id"])
    p = newer(c, p)
    assert len(hunks(p)) == 5, p
    ids = [h["id"] for h in hunks(p)]
    for words, what, more in (
            ("+eight", "edited", {"edit": hunk(p, "+eight")["text"].replace(
                "+eight", "+VIII\n+and a half")}),
            ("+five", "yes", {}), ("+eleven", "no", {"word": "not eleven"}),
            ("+twenty-five", "edited", {"edit": hunk(p, "+twenty-five")[
                "text"].replace("+twenty-five", "+XXV")}),
            ("+twenty-five", "none", {})):
        n = len(c.event_list("draft"))
        mark(c, p, hunk(p, words), what, **more)
        c.wait("the draft", lambda: len(c.event_list("draft")) > n)
        c, p = kill(w, c)
        assert [h["id"] for h in hunks(p)] == ids, p
        assert w.read("a.txt") == BEFORE
    c.wait_status("2 of 5 hunks")
    assert not c.event_list("decision")
    mark(c, p, hunk(p, "+twenty-five"), "yes")
    mark(c, p, hunk(p, "+thirty-five"), "no")
    assert not c.event_list("decision")
    c.write(p)
    c.wait_event("applied")
    want = text(n5="five", n8="VIII\nand a half", n25="twenty-five")
    assert w.read("a.txt") == want
    d, = w.events("decision")
    assert [h["decision"] for h in d["files"][0]["hunks"]] == \
        ["yes", "edited", "no", "yes", "no"], d
    c.wait_event("agent_end")
    told = str(w.mocks[0].requests()[-1]["body"])
    assert "not eleven" in told and "+VIII" in told, told


harness.main(globals())
