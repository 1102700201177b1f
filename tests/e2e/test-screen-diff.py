"""Looking at a change elsewhere: editor, pager, clipboard.  The terminal comes
back, what was written there is thrown away, and nothing is decided.
"""

import base64
import os
import re
import signal

import harness
from screenlib import (DONE, Screen, capital, core_pid, numbers,
                       wait_events)

EDIT = {"calls": [capital("a.txt", 30)]}
TEST_BYTES = numbers(60, upper=(30,))


def script(w, name, body):
    path = w.path(name)
    w.write(path, "#!/bin/sh\n" + body)
    os.chmod(path, 0o755)
    return path


def begin(w, *more, **env):
    w.write("a.txt", numbers(60))
    w.mock([EDIT, DONE] + list(more), config={"plan": "skip"})
    t = Screen(w, "raise the voice", env=env)
    t.need("/1 · 1 open")
    t.review()
    return t


def test_open_in_editor(w):
    """The user's own file; what is saved there is merged when it is written."""
    saw = w.path("saw")
    ed = script(w, "my ed", 'pwd >%s; echo "$@" >>%s; for f in "$@"; do :; '
                'done; cat "$f" >>%s; chmod u+w "$f"; echo changed >>"$f"\n' %
                (saw, saw, saw))
    w.write("a.txt", numbers(60))
    new = {"name": "write", "args": {"path": "new.txt", "content": "new\n"}}
    w.mock([{"calls": [capital("a.txt", 30), new]}, DONE],
           config={"plan": "skip"})
    with Screen(w, "raise the voice", env={"EDITOR": "'%s' -x" % ed}) as t:
        t.review()
        t.send("o")
        harness.wait_until("the editor to have saved", lambda:
                           w.read("a.txt") == numbers(60) + "changed\n")
        with open(saw) as f:
            assert f.read().split("\n")[1] == "-x +27 " + os.path.join(
                w.project, "a.txt")
        t.review()
        assert not w.events("draft")
        t.see("y", "1 open")
        t.see("o", "a new file: not on disk yet")
        t.see("y", "changed on disk, not written: a.txt")
        # The newer version has its mark.
        t.write()
        wait_events(w, "applied", 2)
    assert w.read("a.txt") == TEST_BYTES + "changed\n"
    assert w.read("new.txt") == "new\n"


def test_pager(w):
    harness.need_sandbox(w)
    saw = w.path("saw")
    pager = script(w, "pager", 'cat "$@" >%s; echo THE PAGER; read x\n' % saw)
    with begin(w, PAGER=pager) as t:
        t.see(":", "type to search")
        t.see("look-pager", "works in")
        t.see("\r", "THE PAGER")
        # Keys are the pager's now.
        t.see("y\n", "/1 · 1 open")
        with open(saw) as f:
            assert "\n+LINE 30\n" in f.read()
        assert not w.events("draft")


def test_copy(w):
    harness.need_sandbox(w)
    for env, sent in (
            ({}, rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07"),
            ({"TMUX": "/tmp/none,1,0"}, rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07"
             rb"\x1bPtmux;\x1b\x1b\]52;c;([A-Za-z0-9+/=]*)\x07\x1b\\")):
        w.clean_project()
        with begin(w, **env) as t:
            t.see("O", "copied the hunk: 8 lines")
            raw = t.raw()
            got = re.findall(sent, raw)
            assert len(got) == 1, raw
            text = base64.b64decode(got[0]).decode()
            assert "\n+LINE 30\n" in text and text.startswith(" line 27"), \
                text
        # With Y a question would be answered.
        assert not w.events("draft")


QUESTION = b"\x1b]11;?\x07"


def test_background(w):
    """The colours are those for the background that the environment names, or
    the terminal. No answer is a key, however it comes, and none is waited
    for."""
    harness.need_sandbox(w)
    light, dark = b"48;5;194m", b"38;5;80m"
    for env, answer, want in (
            ({"COLORFGBG": "0;15"}, None, light),
            ({"COLORFGBG": "15;0"}, None, dark),
            ({}, b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\", light),
            ({}, b"\x1b]11;rgb:0000/0000/0000\x07", dark)):
        w.clean_project()
        w.write("a.txt", numbers(60))
        w.mock([EDIT, DONE], config={"plan": "skip"})
        # Sent in pieces, Esc is a byte of a sequence, however slow the machine
        # is.
        env = dict({"COLORFGBG": None, "ESCDELAY": "5000"}, **env)
        with Screen(w, "raise the voice", env=env) as t:
            t.need("+LINE 30")
            t.review()
            raw = t.raw()
            assert (QUESTION in raw) == (answer is not None), raw
            if answer is not None:
                assert light not in raw and dark not in raw, raw
                before = t.rows()
                t.send_slowly(answer)
                t.same(before, "an answer is no key")
                raw = t.raw()
            assert (light in raw, dark in raw) == (want == light,
                                                   want == dark), raw
            assert QUESTION not in t.raw()
            t.end("exit 5")


def test_title(w):
    """The window's title shows what waits, if its old text comes back later, in
    our own words: what the model wrote isn't sent."""
    harness.need_sandbox(w)
    for term, env, titled in (
            ("xterm-256color", {}, True),
            ("rxvt", {}, False),
            ("screen", {"STY": "1.pts"}, False),
            ("xterm-256color", {"TMUX": "/tmp/none,1,0",
                                "ASSENT_TITLE": "off"}, False)):
        w.clean_project()
        w.write("a.txt", numbers(60))
        w.mock([EDIT, DONE, {"status": 401}], config={"plan": "skip"})
        env = dict({"TMUX": None, "STY": None}, **env)
        with Screen(w, "raise the voice", env=env, term=term) as t:
            t.review()
            t.idle()
            raw = t.raw()
            titles = re.findall(rb"\x1b\]2;([^\x07]*)\x07", raw)
            assert (titles[-1:] == [b"assent: 1 hunk to review"]) == titled, (
                term, titles)
            assert b"assent: working" in titles or not titled, titles
            assert (b"\x1b[22;2t" in raw) == titled, term
            t.see("y", "wrote 1 file")
            t.need("done · ready")
            t.pause(750)
            t.see("again\r", "provider failed")
            t.idle()
            t.end("exit 6")
            raw += t.raw()
            titles = re.findall(rb"\x1b\]2;([^\x07]*)\x07", raw)
            assert (titles[-1:] == [b""]) == titled, (term, titles)
            assert (b"\x1b[23;2t" in raw) == titled, term


@harness.slow
def test_notify(w):
    """The terminal is asked to tell a user who is away, not one who types; in
    tmux by way of it."""
    harness.need_sandbox(w)
    plain = b"\x1b]9;assent: changes to review\x07"
    for tmux, want in ((None, plain), (
            "/tmp/none,1,0", b"\x1bPtmux;\x1b" + plain + b"\x1b\\"),
            (None, None)):
        w.clean_project()
        w.write("a.txt", numbers(60))
        w.mock([dict(EDIT, delay_ms=500), DONE],
               config={"plan": "skip", "notify": ["osc9"]})
        with Screen(w, "raise the voice", env={"TMUX": tmux}) as t:
            t.need("raise the voice")
            while not (want or w.sessions() and w.events("proposal")):
                t.send("x", ahead=True)
                t.settle()
            t.review()
            t.idle()
            raw = t.raw()
            assert raw.count(b"\x1b]9;") == bool(want), raw
            assert not want or want in raw, raw
            t.end("exit 5")


def test_comment_on_lines(w):
    """From the first line that is picked to the last, until it is decided."""
    harness.need_sandbox(w)
    with begin(w, {"text": "All right."}) as t:
        t.see("v", "picks (*) a + or - line")
        t.press("  c")
        t.need("on these lines")
        t.see("both\r", "you, on the 2 lines above: both")
        got, = wait_events(w, "comment")
        assert got["end_line"] == got["line"] + 1, got
        # The lines are still picked. On one line of a range: its comment.
        t.press("vc")
        t.need(")> both")
        t.see(" of them\r", "you, on the 2 lines above: both of them")
        got = wait_events(w, "comment", 2)
        assert [g["line"] for g in got] == [got[0]["line"]] * 2, got
        t.send("n")
        t.write()
        decided, = wait_events(w, "decision")
        told, = decided["files"][0]["hunks"][0]["comments"]
        assert told["end_line"] == told["line"] + 1, told
        t.need("All right.")
        t.end("exit 5")
    assert 'from the old line 30 "-line 30" to line 30 "+LINE 30": both ' \
        "of them" in w.events("tool_result")[-1]["text"]


ASKS = [{"calls": [capital("a.txt", 31)]},
        {"calls": [{"name": "read", "args": {"path": "a.txt"}}]},
        {"text": "It is **louder**."}]


def test_question_goes_on(w):
    """A question is answered without a tool, and the task goes on."""
    harness.need_sandbox(w)
    w.write("a.txt", numbers(60))
    mock = w.mock([harness.call("plan", goal="g", steps=[{"title": "s"}]),
                   harness.calls(EDIT, harness.call("step_done", step=1))] +
                  ASKS + [DONE], config={"plan": "auto"})
    with Screen(w, "raise the voice") as t:
        t.review()
        t.press("jjc")
        t.need("comment (")
        t.see("why is it so loud?\r", "you: why is it so loud?")
        t.need("model answers: It is **louder**.")
        t.need("/1 · 1 open")
        said = wait_events(w, "comment", 2)
        assert [(e["by"], e["text"]) for e in said] == [
            ("user", "why is it so loud?"),
            ("model", "It is **louder**.")], said
        assert [e["error"] for e in w.events("tool_result")
                if not e["ok"]] == ["question"]
        assert len(w.events("proposal")) == 1
        asked = mock.requests()[-1]["body_text"]
        for words in ("A question about the change of a.txt on",
                      "why is it so loud?", "nothing else works",
                      "edit doesn't work in this turn"):
            assert words in asked, (words, asked[-3000:])
        t.send("y")
        t.write()
        wait_events(w, "agent_end")
    assert w.read("a.txt") == TEST_BYTES
    last = mock.requests()[-1]["body_text"]
    assert "The user has your answer. Go on" in last, last
    assert "The user says of" not in last


def test_question_resumed(w):
    """A question is still open after the core has died, and nothing but reading
    works."""
    harness.need_sandbox(w)
    w.write("a.txt", numbers(60))
    mock = w.mock([EDIT, DONE, {"stall": True}] + ASKS, config={"plan": "skip"})
    with Screen(w, "raise the voice") as t:
        t.review()
        t.see("c", "comment (")
        t.see("why?\r", "asked")
        harness.wait_until("the question", lambda: len(mock.requests()) == 3)
        os.kill(core_pid(), signal.SIGKILL)
        t.ended("exit 1")
    with Screen(w, "resume") as t:
        t.need("model answers: It is **louder**.")
        t.review()
        assert [e["error"] for e in w.events("tool_result")
                if not e["ok"]] == ["question"]
        assert len(w.events("proposal")) == 1
        t.send("y")
        t.write()
        wait_events(w, "agent_end")
    assert w.read("a.txt") == TEST_BYTES


harness.main(globals())
