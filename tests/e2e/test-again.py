"""A rejected hunk is proposed again: its lines come back as an open proposal, and
nothing is written without approval. If they don't fit any more, nothing
changes."""

import os

import harness
from harness import write
from messages import msg
import protocol
from screenlib import DONE, Screen, edits, numbers, wait_events

OLD = "".join("line %d\n" % n for n in range(1, 41))
NEW = OLD.replace("line 4\n", "LINE 4\n").replace("line 30\n", "LINE 30\n")


def decide(c, yes, after=0):
    """Accept the hunks with one of these texts, reject the others; their ids by
    text, when the decision is carried out."""
    p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > after)
    c.wait_status("review")
    hunks = [h for f in p["files"] for h in f["hunks"]]
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               {"hunk": h["id"], "seen": True, "mark": "yes" if
                any(x in h["text"] for x in yes) else "no"} for h in hunks])
    c.wait_event("proposal", lambda e: not e["files"] and e["seq"] > p["seq"])
    c.wait("the end", lambda: [x for x in c.lines if x["type"] == "status"][-1]
           ["state"] == "idle")
    return {h["text"]: h["id"] for h in hunks}


def id_of(hunks, text):
    return next(v for k, v in hunks.items() if text in k)


def again(c, hunk):
    """The proposal that has the hunk; or why not."""
    last = c.lines[-1].get("seq", 0) or max(x.get("seq", 0) for x in c.lines)
    n = len(c.lines)
    c.send(type="propose", hunk=hunk)

    def answer():
        for x in c.lines[n:]:
            if x.get("type") == "refused":
                return x["text"]
            if x.get("type") == "proposal" and x["seq"] > last:
                return x
    return c.wait("an answer", answer)


def test_again(w):
    """Of one file, beside what was written and what you wrote since; of a new
    file; of a deleted one. No rule accepts it, also after a crash."""
    harness.need_sandbox(w)
    w.write("a.txt", OLD)
    w.write("gone.txt", "bye\n")
    w.mock([write("a.txt", NEW), write("new.txt", "new\n"),
            harness.bash("rm gone.txt"), harness.done(), harness.done(),
            {"text": "I see."}])
    c = protocol.start(w, task="do it")
    ids = decide(c, ["LINE 30"])
    assert w.read("a.txt") == OLD.replace("line 30", "LINE 30")
    assert again(c, "0" * 32) == "no rejected hunk " + "0" * 32
    assert again(c, id_of(ids, "LINE 30")).startswith("no rejected hunk")
    # What the user writes elsewhere stays.
    w.write("a.txt", "mine\n" + w.read("a.txt"))
    before = harness.tree(w.project)
    c.send(type="set", approve="small")
    c.wait_event("mode")
    p = again(c, id_of(ids, "LINE 4"))
    assert isinstance(p, dict), p
    assert [h["text"].count("LINE 4\n") for f in p["files"]
            for h in f["hunks"]] == [1], p
    c.wait_status("review")
    assert harness.tree(w.project) == before and \
        not c.event_list("decision", lambda e: e["seq"] > p["seq"])
    # It isn't rejected any more, and has the others beside it.
    assert again(c, p["files"][0]["hunks"][0]["id"]).startswith("no rejected")
    both = again(c, id_of(ids, "+new"))
    both = again(c, id_of(ids, "-bye"))
    assert [f["path"] for f in both["files"]] == ["a.txt", "gone.txt",
                                                  "new.txt"], both
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_status("review")
    assert harness.tree(w.project) == before
    decide(c, ["LINE 4", "+new", "-bye"], 0)
    assert w.read("a.txt") == "mine\n" + NEW and w.read("new.txt") == "new\n"
    assert not os.path.exists(os.path.join(w.project, "gone.txt"))
    c.close_and_wait()


def test_the_model_hears(w):
    """Not that it is rejected and must not come back."""
    harness.need_sandbox(w)
    w.write("a.txt", OLD)
    m = w.mock([write("a.txt", NEW), harness.done(), harness.done(),
                {"text": "I see."}])
    c = protocol.start(w, task="do it")
    ids = decide(c, ["LINE 30"])
    p = again(c, id_of(ids, "LINE 4"))
    decide(c, ["LINE 4"], p["seq"] - 1)
    protocol.say(c, "And?", len(c.event_list("agent_end")) + 1)
    c.close_and_wait()
    last = str(m.requests()[-1]["body"])
    assert msg.HAS_PROPOSED_IT_AGAIN in last and "Rejected in a.txt" not in \
        last.split("Your changes were reviewed")[-1], last


def test_it_does_not_fit(w):
    """The file has other lines there, or these, or is no file any more: the
    message names the file, and nothing changes."""
    harness.need_sandbox(w)
    w.write("a.txt", OLD)
    w.mock([write("a.txt", NEW), write("new.txt", "new\n"), harness.done(),
            harness.done()])
    c = protocol.start(w, task="do it")
    ids = decide(c, [])
    for a, why in ((OLD.replace("line 4", "mine"), msg.HAS_CHANGED_IN_THESE),
                   (NEW, msg.HAS_THESE_LINES_ALREADY)):
        w.write("a.txt", a)
        before = harness.tree(w.project)
        text = again(c, id_of(ids, "LINE 4"))
        assert isinstance(text, str) and text.startswith("a.txt ") and \
            why in text, text
        assert harness.tree(w.project) == before
    os.mkdir(os.path.join(w.project, "new.txt"))
    text = again(c, id_of(ids, "+new"))
    assert isinstance(text, str) and "new.txt" in text, text
    assert len(c.event_list("proposal")) == 2, c.event_list("proposal")
    c.close_and_wait()


def test_the_list(w):
    """In the list of changes: its lines, and the key."""
    harness.need_sandbox(w)
    w.write("a.txt", numbers(60))
    w.mock([edits(("a.txt", 3), ("a.txt", 50)), DONE, DONE],
           config={"plan": "skip"})
    with Screen(w, "raise the voice") as t:
        t.review()
        t.press("y")
        t.need("LINE 50")
        t.press("n")
        t.write()
        wait_events(w, "applied", 1)
        t.need(" ready")
        t.leave()
        t.send("C")
        t.need("changes: 1 written · 1 rejected")
        t.need("a.txt  line 47  +1 -1")
        t.see("J", ">     a.txt  line 47  +1 -1")
        t.need(":propose reviews one again")
        t.see("u", "no written change here")
        t.see("+", "+LINE 50")
        t.press(":propose\r")
        t.need("same as you rejected")
        t.review()
        t.press("y")
        t.write()
        wait_events(w, "applied", 2)
        t.need(" ready")
        t.leave()
        t.send("C")
        t.need("changes: 2 written")
        t.end()
    assert w.read("a.txt") == numbers(60, (3, 50))


if __name__ == "__main__":
    harness.main(globals())
