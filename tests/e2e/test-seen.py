"""Seen hunks of a proposal, and the place in it, when the screen ends and
another one attaches."""

import json
import os
import re
import signal

import harness
from messages import msg
from screenlib import DONE, Screen, capital, core_pid, numbers, screen_pid

SKIP = {"plan": "skip"}


def seen_file(w):
    return os.path.join(w.session_dir(), "seen")


def saved(w):
    """The state in the session's folder."""
    try:
        with open(seen_file(w)) as f:
            return [json.loads(x) for x in f]
    except FileNotFoundError:
        return []


def place(w):
    """The hunk."""
    return ([x["at"] for x in saved(w) if "at" in x] or [None])[-1]


def header(t):
    return re.search(r" (\d+/\d+) \S +\d+ (open|accepted)", t.text()).group(1)


def kill_screen(t):
    os.kill(screen_pid(), signal.SIGKILL)
    t.eof()


def look_through(t, last):
    """Page through the proposal."""
    t.idle()
    for _ in range(12):
        if last in t.text():
            break
        t.send(" ")
        t.idle()
    t.need(last)


def project(w, *more):
    """Three hunks: two in a file, and a new file of several pages."""
    w.write("a.txt", numbers(60))
    return w.mock([{"calls": [capital("a.txt", 10), capital("a.txt", 40),
                              {"name": "write", "args": {
                                  "path": "b.txt", "content": numbers(60)}}]},
                   DONE] + list(more), config=SKIP)


def question(t, unread=0):
    """How many hunks weren't seen, by the row that comes when A has marked all;
    the marks are taken back."""
    t.see("A", " back")
    found = re.search(r"(\d+) of 3 unread", " ".join(t.text().split()))
    assert int(found.group(1) if found else 0) == unread, t.text()
    t.see("u", "3 open")


def test_comes_back(w):
    """After a killed terminal, at another size, after detach, a dead core and
    the end of the session, all of it is seen, and the review goes on where it
    was."""
    project(w)
    with Screen(w, "--", "go") as t:
        t.review()
        look_through(t, "+line 60")
        t.press("KKjjjj")
        t.idle()
        hunk = header(t)
        kill_screen(t)
    where = place(w)
    assert where is not None
    assert os.stat(seen_file(w)).st_mode & 0o777 == 0o600
    for rows, cols, how in ((24, 80, "kill"), (34, 120, "detach"),
                            (24, 80, "core"), (24, 80, "end"),
                            (24, 80, "detach")):
        with Screen(w, "resume", rows=rows, cols=cols) as t:
            t.need("to review")
            t.idle()
            assert msg.SINCE_YOUR_LAST_KEY not in t.text(), t.text()
            t.review()
            assert header(t) == hunk, t.text()
            assert not re.search(r"(?<!· 0) unread", t.text()), t.text()
            question(t)
            if how == "kill":
                kill_screen(t)
            elif how == "detach":
                t.detach()
            elif how == "end":
                t.end("exit 5")
            else:
                os.kill(core_pid(), signal.SIGKILL)
                t.ended("exit 1")
        assert place(w) == where, (place(w), where)
    # Seen hunks were written once.
    for key in {x["hunk"] for x in saved(w) if "hunk" in x}:
        runs = [x for x in saved(w) if x.get("hunk") == key]
        assert sum(b - a for x in runs for a, b in zip(
            x["seen"][::2], x["seen"][1::2])) == runs[0]["bytes"], runs
    # Not seen: what somebody else may have written.
    os.chmod(seen_file(w), 0o666)
    with Screen(w, "resume") as t:
        t.review()
        question(t, 2)
        t.end("exit 5")


harness.main(globals())
