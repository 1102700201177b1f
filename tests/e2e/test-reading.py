"""In which order the files of a proposal are read, and what stands above the
first of them."""

import json
import re

import harness
from messages import msg
from screenlib import DONE, Screen, numbers, wait_events

ORDER = [".envrc", "go.sum", "README.md", "a/parse.py", "tests/test_parse.py",
         "big.py", "tests/other_test.py"]
LINES = [1, 40, 30, 3, 5, 9, 20]


def write(path, n):
    return {"name": "write", "args": {"path": path, "content": numbers(n)}}


def offer(w):
    w.mock([{"calls": [write(*x) for x in sorted(zip(ORDER, LINES))]}, DONE],
           config={"plan": "skip"})


def files(t):
    """Those of the list at the top."""
    return re.findall(r"^.?\[.\] \w+ +(\S+)  \+", t.text(), re.M)


def listed(t):
    t.press("g")
    t.need("7 files")
    t.idle()
    return files(t)


def shown(w):
    """Those of show, whose JSON has them in the same order."""
    text = w.run("show", code=0).stdout.decode()
    o = json.loads(w.run("show", "--json", code=0).stdout)
    found = re.findall(r"^# (\S+):", text, re.M)
    assert [f["path"] for f in o["files"]] == found, o
    assert [f["hunks"][0]["number"] for f in o["files"]] == list(
        range(1, len(found) + 1)), o
    return found


def test_the_order(w):
    """What has a note comes first, and show agrees; a file stays where it is
    when it is decided, and a new one comes to its place."""
    offer(w)
    with Screen(w, "--", "go") as t:
        t.review()
        t.need("1/7")
        t.need("added    .envrc")
        assert listed(t) == ORDER, t.text()
        assert shown(w) == ORDER
        t.press("!")
        t.need("> !")
        t.send("seq 99 >>a/parse.py; mkdir b; seq 200 >b/new.py\r")
        wait_events(w, "proposal", 2)
        t.review("A accept all")
        t.press("g")
        t.need("8 files")
        t.idle()
        now = ORDER[:5] + ["b/new.py"] + ORDER[5:]
        assert files(t) == now, t.text()
        t.press("jjjjjjj")
        t.need(">[ ] added    big.py")
        t.review("Y accept file unread")
        t.see("n", "[n] added    big.py")
        t.idle()
        assert files(t) == now, t.text()
        t.see("x", "Y rejects 1 hunk, 7 stay open")
        t.write("Y rejects")
        t.need("7 files, ")
        t.idle()
        now.remove("big.py")
        assert files(t) == now, t.text()
        t.end("exit 5")
    assert shown(w) == now


def test_the_tree(w):
    """Of a folder all files follow the first of them."""
    offer(w)
    with Screen(w, "--", "go", rows=30, cols=200) as t:
        t.review()
        t.need("big.py")
        names = re.findall(r"\[.\] ([\w.]+)", t.text())
        assert names[:7] == [".envrc", "go.sum", "README.md", "parse.py",
                             "test_parse.py", "other_test.py", "big.py"], \
            t.text()
        t.end("exit 5")


def test_plain_lines(w):
    """The same there."""
    offer(w)
    w.env.update({"TERM": "dumb", "LC_ALL": "C.UTF-8"})
    code, seen = harness.on_terminal(w, [
        (b"Press Enter to see ", b"\n"),
        (msg.ACCEPT_THIS_HUNK_Y.encode(), b"g\n"),
        (msg.ACCEPT_THIS_HUNK_Y.encode(), b"q\n"),
        (b"marks are kept", b"\x04")], "--", "go")
    assert code == 0, (code, seen)
    listed_there = re.findall(r"^..   \d  (\S+)  -", seen.decode(), re.M)
    assert listed_there == ORDER, seen


def test_the_words(w):
    """What the user asked for, if the row above the panes has no room for it,
    is under `?`."""
    task = "say " + " ".join("word%d" % i for i in range(1, 60))
    offer(w)
    with Screen(w, "--", task) as t:
        t.review()
        t.need(">[ ] @@")
        assert "word30" not in t.text()
        t.press("?G")
        t.need("You asked")
        t.need("word59")
        t.end("exit 5")


def test_the_step(w):
    """Of a plan the step under review is above the panes. A file that the plan
    doesn't have comes first."""
    plan = {"name": "plan", "args": {
        "goal": "A goal", "steps": [{"title": "Write the *first* file"},
                                    {"title": "The second"}],
        "files": ["a.txt"], "check": "true", "risks": []}}
    w.mock([{"calls": [plan]},
            {"calls": [write("a.txt", 3), write("z.txt", 1), {"name": "step_done", "args": {
                "step": 1}}]}, DONE], config={"plan": "require"})
    with Screen(w, "--", "two files") as t:
        t.need("y approve")
        t.review("y approve")
        t.send("y")
        t.review()
        t.need("reviewing step 1/2: Write the first file")
        assert shown(w) == ["z.txt", "a.txt"]
        t.end("exit 5")


harness.main(globals())
