"""Undo and redo on the screen: the list of what was applied, the keys on it,
and that nothing is undone by accident or in the middle of something.
"""

import json
import signal

import harness
from screenlib import DONE, Screen, edits, numbers, wait_events
from messages import msg

SKIP = {"plan": "skip"}


def three(w):
    """A session in which three changes were applied, and its screen is gone."""
    w.write("a.txt", numbers(60))
    w.write("b.txt", numbers(60))
    w.mock([edits(("a.txt", 3)), DONE, edits(("a.txt", 50)), DONE,
            edits(("b.txt", 5), ("b.txt", 30)), DONE, {"text": "I see."}],
           config=SKIP)
    with Screen(w, "raise the voice") as t:
        for n in (1, 2, 3):
            t.review()
            t.send("A")
            t.need("Y to confirm")
            t.send("Y")
            wait_events(w, "applied", n)
            t.need(" ready")
            if n < 3:
                t.send("\t")
                t.say("more\r")
        t.detach()


def all_of(w, *upper_a):
    assert w.read("a.txt") == numbers(60, upper_a)


def to_list(t, keys="\tC"):
    t.press(keys)
    t.need("changes: ")
    t.need("  Enter open")


def take(w, t, n):
    """The one open proposal, whole; n: how many changes there are then."""
    t.review()
    t.send("A")
    t.need("Y to confirm")
    t.send("Y")
    wait_events(w, "applied", n)
    t.need(" ready")


def put_back(w, t, n, words="Undo: puts back"):
    """The question about an undo or redo, confirmed."""
    t.need(words)
    t.need("Y to confirm")
    t.send("Y")
    wait_events(w, "applied", n)
    t.need(" ready")


REDO = "Redo: writes"


def test_a_renamed_file(w):
    """Its change is shown against what it was under its old name."""
    w.write("a.txt", numbers(60))
    w.mock([harness.bash("sed -i '7s/.*/seven/' a.txt; mv a.txt c.txt"), DONE,
            {"text": "I see."}], config=SKIP)
    with Screen(w, "raise the voice") as t:
        take(w, t, 1)
        to_list(t)
        t.send("\r")
        t.need("     a.txt -> c.txt")
        t.need("+seven")
        t.need("@@ -4,7 +4,7 @@")
        t.detach()


def test_a_hunk(w):
    """One hunk of a change, from the list; the rest stays."""
    three(w)
    with Screen(w, "resume") as t:
        t.need(" ready")
        to_list(t)
        t.need("raise the voice")
        t.send("+")
        t.need("line 30  +1 -1  line 29  +LINE 30")
        t.press("jjj")
        t.need(">       line 30")
        t.send("u")
        t.need("undoes part of change 3 (b.txt)")
        t.need("Undo: puts back 1 hunk in 1 file (b.txt).")
        put_back(w, t, 4)
        assert w.read("b.txt") == numbers(60, (5,))
        t.need("undid 1 hunk (+1 -1)")
        # The list is back.
        t.need("  undone in part")
        t.need("line 30  +1 -1  line 29  +LINE 30  undone")
        assert "+LINE 5  undone" not in t.text(), t.show()
        t.send("u")
        t.need("this hunk is undone")
        # The other hunk still stands.
        left = t.end()
        assert " wrote 2 files: a.txt, b.txt last task: " in left, left


def test_what_it_wrote(w):
    """Enter opens a change, down to the lines that it wrote; the lines are those
    of then, also if the file has changed since."""
    three(w)
    w.write("b.txt", numbers(60, (5, 30)).replace("LINE 5\n", "mine\n"))
    with Screen(w, "resume", rows=30) as t:
        t.need(" ready")
        to_list(t)
        t.need("Enter open")
        t.send("\r")
        t.need("line 30  +1 -1  line 29  +LINE 30")
        t.need("Enter close")
        t.press("jjj")
        t.need("u undo this hunk only")
        t.send("\r")
        t.need("       -line 30")
        t.need("       +LINE 30")
        assert "-line 5" not in t.text(), t.show()
        t.press("jjj")
        # On a line, the keys are the hunk's.
        t.need("u undo this hunk only")
        t.send("\r")
        t.need_gone("       -line 30")
        t.need(">       line 30")
        t.press("kk\r")
        t.need("       +LINE 5")
        t.need("       +LINE 30")
        t.press("k\r")
        t.need_gone("line 30")
        # One file and one hunk: at once all of it.
        t.press("jj\r")
        t.need("       +LINE 50")
        t.detach()


def test_what_it_wrote_is_long(w):
    """A list holds 128 KiB of lines; a new file's are shown, too, and so is that
    a file has none."""
    w.write("a.dat", "old\0")
    w.mock([{"calls": [{"name": "bash", "args": {"command":
             "seq -f 'a line of text %06g' 9000 >long; printf 'a\\0b' >a.dat"}}]},
            DONE], config=SKIP)
    with Screen(w, "write it") as t:
        take(w, t, 1)
        to_list(t)
        t.send("\r")
        t.need("no lines to show")
        t.need("+a line of text 000003")
        t.send("j")
        t.need("undo a.dat only")
        t.press("jj")
        t.need("undo long only")
        t.send("G")
        t.need("the rest is too long to be shown here")
        t.need("undo long only")
        t.detach()


def test_the_last(w):
    """If the screen dies, what it asked about is open for review, and u asks
    about all of it again."""
    three(w)
    with Screen(w, "resume") as t:
        t.need(" ready")
        t.send("\t")
        t.need("u undoes")
        t.send("u")
        t.need("undoes change 3")
        t.need("Undo: puts back 2 hunks in 1 file (b.txt).")
        assert w.read("b.txt") == numbers(60, (5, 30))
        t.need("Y to confirm")
        t.signal(signal.SIGKILL)
        t.eof()
    with Screen(w, "resume") as t:
        t.review()
        t.need("undoes change 3")
        t.send("u")
        # Any other key drops it: nothing is open.
        t.need("Y to confirm")
        t.send("n")
        t.need("undo dropped: nothing changes")
        t.need(" ready")
        # Each goes one step further, and U forward again.
        t.send("u")
        put_back(w, t, 4)
        assert w.read("b.txt") == numbers(60)
        t.need("undid 1 file (+2 -2) · U redoes")
        t.send("u")
        put_back(w, t, 5)
        all_of(w, 3)
        t.send("U")
        put_back(w, t, 6, REDO)
        all_of(w, 3, 50)
        t.send("U")
        put_back(w, t, 7, REDO)
        assert w.read("b.txt") == numbers(60, (5, 30))
        t.need("redid 1 file (+2 -2) · u undoes")
        t.send("U")
        t.need(msg.NOTHING_TO_REDO)
        t.detach()
    w.verify()


def test_it_does_not_fit(w):
    """What wasn't on the screen is named, and the record says so."""
    w.write("a.txt", numbers(60))
    w.mock([edits(("a.txt", 3), ("a.txt", 30)), DONE], config=SKIP)
    with Screen(w, "raise the voice", rows=16) as t:
        take(w, t, 1)
        t.send("2")
        t.need("u undoes")
        t.send("u")
        t.need("You haven't seen 1 of them")
        t.need("a.txt (hunk 2)")
        put_back(w, t, 2)
        t.detach()
    assert w.read("a.txt") == numbers(60)
    hunks = w.events("decision")[-1]["files"][0]["hunks"]
    assert [h["seen"] for h in hunks] == [True, False], hunks
    w.verify()


def test_a_file(w):
    """One file of a change is undone from the list, which says which; there
    U redoes it."""
    w.write("a.txt", numbers(60))
    w.write("b.txt", numbers(60))
    w.mock([edits(("a.txt", 3), ("b.txt", 5), ("b.txt", 30)), DONE],
           config=SKIP)
    with Screen(w, "raise the voice") as t:
        take(w, t, 1)
        to_list(t)
        t.send("+")
        t.need("line 30  +1 -1  line 29  +LINE 30")
        t.send("j")
        t.need("undo a.txt only")
        t.send("u")
        t.need("undoes part of change 1 (a.txt)")
        put_back(w, t, 2)
        assert w.read("a.txt") == numbers(60)
        t.need("     a.txt  undone")
        assert "b.txt  undone" not in t.text(), t.show()
        t.need("line 30  +1 -1  line 29  +LINE 30")
        t.need("  undo of a.txt")
        # The cursor is where it was.
        t.need("redo a.txt only")
        t.press("jj")
        t.need("undo b.txt only")
        t.send("U")
        t.need(msg.THIS_IS_NOT_UNDONE)
        t.send("k")
        t.need("redo a.txt only")
        t.send("U")
        t.need("redoes part of change 1 (a.txt)")
        put_back(w, t, 3, REDO)
        all_of(w, 3)
        t.gone("a.txt  undone")
        t.need("  redone")
        t.detach()
    w.verify()


def test_one_of_the_list(w):
    three(w)
    with Screen(w, "resume") as t:
        t.need(" ready")
        to_list(t)
        t.need("changes: 3 applied")
        t.need(">3  ")
        t.need("+2 -2")
        t.need("you")
        # Of another task, which began with the same word.
        t.send("j")
        t.need(">more")
        t.send("j")
        t.need(">2  ")
        t.send("j")
        t.need(">raise the voice")
        t.send("u")
        t.need(msg.THIS_IS_A_TASK)
        t.send("j")
        t.need(">1  ")
        t.send("u")
        t.need("undoes change 1")
        t.need("-LINE 3")
        all_of(w, 3, 50)
        put_back(w, t, 4)
        all_of(w, 50)
        t.need("  undone")
        t.send("G")
        t.need(">1  ")
        t.send("U")            # redo now
        t.need("redoes change 1 (a.txt)")
        put_back(w, t, 5, REDO)
        all_of(w, 3, 50)
        t.need("  redone")
        t.need("changes: 3 applied")
        t.send("G")
        t.need(">1  ")
        t.send("+")
        t.need("   4  ")
        t.need("   5  ")
        t.detach()
    assert [e.get("undoes") for e in w.events("apply_begin")] == [
        None, None, None, 1, 4]
    # A redo has the number of what it redoes, not that of the undo.
    said = w.run("log").stdout.decode()
    for words in ("proposal to undo change 1: 1 file",
                  "a.txt: undoing change 1",
                  "proposal to redo change 1: 1 file",
                  "a.txt: redoing change 1"):
        assert words in said, said
    assert "change 4" not in said, said
    w.verify()


def test_the_file_changed_on_disk(w):
    """The user's bytes stay; what cannot be undone is named."""
    three(w)
    moved = numbers(60, (3, 50)).replace("line 20\n", "mine\n")
    w.write("a.txt", moved)
    w.write("b.txt", numbers(60, (5, 30)).replace("LINE 5\n", "mine\n").replace(
        "LINE 30\n", "mine, too\n"))
    with Screen(w, "resume") as t:
        t.need(" ready")
        to_list(t)
        t.need("a.txt  edited after this change")
        t.need("applied, changed later")
        t.send("u")
        t.need("can't undo change 3: b.txt: the same lines")
        assert not w.events("proposal")[-1]["files"]
        t.send("G")
        t.need(">1  ")
        t.send("u")
        t.need("undoes change 1")
        put_back(w, t, 4)
        assert w.read("a.txt") == moved.replace("LINE 3\n", "line 3\n")
        t.detach()
    w.verify()


def test_a_part_cannot(w):
    w.write("a.txt", numbers(60))
    w.write("b.txt", numbers(60))
    w.mock([edits(("a.txt", 3), ("b.txt", 5)), DONE], config=SKIP)
    with Screen(w, "raise the voice") as t:
        take(w, t, 1)
        w.write("b.txt", numbers(60, (5,)).replace("LINE 5\n", "mine\n"))
        to_list(t)
        t.send("u")
        t.need("undoes change 1")
        t.need("not undone: b.txt: the same lines were edited after this change")
        # Lines were edited since: it is reviewed.
        take(w, t, 2)
        t.need("  undone in part")
        t.detach()
    assert w.read("a.txt") == numbers(60)
    assert "mine" in w.read("b.txt")
    w.verify()


def test_not_in_the_middle(w):
    """While the model works, a proposal is open, a plan waits."""
    w.write("a.txt", numbers(60))
    gate = w.path("go")
    plan = {"calls": [{"name": "plan", "args": {
        "goal": "Louder", "steps": [{"title": "All of it"}],
        "files": ["a.txt"], "risks": []}}]}
    w.mock([plan, edits(("a.txt", 3)), DONE, DONE,
            dict(plan, text="I think", wait_for=gate, wait_after=2)])
    with Screen(w, "raise the voice") as t:
        t.review("y approve")
        t.send("C")
        t.need(msg.SO_NOTHING_TO_UNDO)
        t.send("C")
        t.review("y approve")
        t.send("y")
        t.review()
        t.send("u")
        t.need("nothing to undo in this review")
        t.send("j")
        t.need_gone("nothing to undo in this review")
        take(w, t, 1)
        t.send("\t")
        t.say("more\r")
        t.need("I think")
        to_list(t)
        t.send("u")
        t.need("the agent is thinking: wait for it, or interrupt it")
        t.send("\x1b")
        open(gate, "w").close()
        t.review("y approve")
        to_list(t)
        t.send("u")
        t.need(msg.DECIDE_THE_PLAN_FIRST)
        r = w.run("undo")
        assert r.returncode == 1 and msg.DECIDE_THE_PLAN_FIRST.encode() in r.stderr, r
        t.detach()
    assert len(w.events("apply_begin")) == 1
    all_of(w, 3)
    w.verify()


def test_a_proposal_is_open(w):
    w.write("a.txt", numbers(60))
    w.mock([edits(("a.txt", 3)), DONE, edits(("a.txt", 50)), DONE],
           config=SKIP)
    with Screen(w, "raise the voice") as t:
        take(w, t, 1)
        t.send("\t")
        t.say("more\r")
        t.review()
        to_list(t, "C")
        t.send("u")
        t.need("a write can be undone after this review")
        # What was marked so far is as it was.
        t.send("C")
        t.need("/1 · 0 accepted, 0 rejected, 1 open")
        t.end("exit 5")
    w.verify()


def test_by_accident(w):
    """Nothing comes of keys that were typed ahead, pasted, or cut in two."""
    three(w)
    with Screen(w, "resume") as t:
        t.need(" ready")
        t.press("\t2")
        t.need("[2 transcript]")
        # All in one go: the list was not on the screen.
        t.send("Cuuu")
        t.need("changes: 3 applied")
        t.idle()
        t.send("\x1b")
        t.need_gone("changes: ")
        to_list(t)
        # A paste is text, also here.
        t.send("\x1b[200~uuu\rUY\x1b[201~")
        t.need("> uuu")
        t.slow(150)
        t.send("\x15\x08\x15\x1b")
        t.need("changes: 3 applied")
        # Enter of the keypad, and arrows, cut by a slow line.
        for tail in ("OM", "[A", "OA", "[13u"):
            t.send("\x1b")
            t.slow(300)
            t.send(tail)
            t.idle()
            if "changes: 3" not in t.text():
                to_list(t)
        t.send("\x1b")
        t.need_gone("changes: ")
        t.detach()
    assert len(w.events("proposal")) == len([
        e for e in w.events("proposal") if "undo" not in e])
    assert len(w.events("apply_begin")) == 3
    w.verify()


def test_the_model_hears(w):
    three(w)
    mock = w.mocks[-1]
    with Screen(w, "resume") as t:
        t.need(" ready")
        to_list(t)
        t.send("u")
        put_back(w, t, 4)
        t.send("\x1b")
        t.need_gone("changes: ")
        t.say("and now?\r")
        t.need("I see.")
        t.detach()
    said = json.dumps(mock.requests()[-1]["body"])
    assert msg.UNDONE_OR_REDONE_CHANGES in said and "b.txt" in said, said
    w.verify()


def test_sizes_and_locales(w):
    three(w)
    for rows, cols in ((24, 80), (12, 40), (50, 200)):
        for env in ({}, {"LC_ALL": "C"}, {"NO_COLOR": "1"}):
            with Screen(w, "resume", rows=rows, cols=cols, env=env) as t:
                t.need(" ready")
                t.press("\tC")
                t.need("changes: 3 applied")
                t.need(">3  ")
                t.need("+2 -2")
                t.send("G")
                t.need(">1  ")
                t.resize(12, 40)
                t.need(">1  ")
                t.need("a.txt")
                t.resize(50, 200)
                t.need(">1  ")
                t.resize(2, 9)
                t.idle()
                t.resize(rows, cols)
                t.need(">1  ")
                t.detach()
                if "LC_ALL" in env:
                    assert not [c for c in t.raw() if c >= 0x80]
    w.verify()


if __name__ == "__main__":
    harness.main(globals())
