"""`!command` typed on the screen: live in the output pane, the person's in the
transcript, stopped by Ctrl-C, and what it changed waits to be decided.
"""

import os

import harness
from screenlib import (DONE, TOO_SLOW_MS, Screen, numbers,
                       wait_events)
from messages import msg

SKIP = {"plan": "skip"}
# Its output doesn't get into the command line.
WAIT = "echo be''gun; until [ -e $TMPDIR/go ]; do sleep 0.02; done; echo en''ded"


def begin(w, answers=(), *args, config=None, **kw):
    harness.need_sandbox(w)
    w.write("a.txt", numbers(20))
    w.repository()
    w.mock(list(answers), config=dict(SKIP, **(config or {})))
    return Screen(w, *args, **kw)


def let_go(w):
    with open(os.path.join(w.session_dir(), "stage", "tmp", "go"), "w"):
        pass


def test_run(w):
    """From the key to the decision, with a model that is not asked."""
    with begin(w) as t:
        t.need(" ready")
        t.need("! shell command")
        t.see("\x03", msg.NOTHING_IS_RUNNING)
        t.see("!", "run> !")
        t.send(WAIT + "; echo loud >>a.txt; exit 3\r")
        # Live, with the sandbox line, and the time.
        t.need("begun")
        t.need("no network")
        t.need("[3 output]")
        t.need(" of 10:00")
        t.need("running ! echo be''gun; until")
        assert "ended" not in t.text(), t.text()
        before = harness.tree(w.project)
        let_go(w)
        t.need("exit 3")
        # The output is left in front, whatever waits.
        t.need("Tab: review")
        t.slow(TOO_SLOW_MS)
        assert "[3 output]" in t.text()
        assert harness.tree(w.project) == before
        t.review()
        t.see("2", "> ! echo be''gun; until")
        t.need("│ ended")
        t.see("\t", "+loud")
        t.review()
        t.send("y")
        t.write()
        wait_events(w, "applied")
        t.need(" ready")
        # It is kept to be called again, and gone through in the transcript.
        t.press("\x1bi\x1b[A")
        t.need("run> !echo be''gun; until")
        t.press("\x15\x1b")
        t.need_gone("Enter send")
        t.end()
    assert w.read("a.txt") == numbers(20) + "loud\n"
    assert not w.events("turn_start")
    call, = w.events("tool_call")
    assert call["by"] == "user" and call["client"].startswith("/dev/pts/")


def test_queued(w):
    """It waits for a call of the agent: a notice says so."""
    with begin(w, [{"calls": [{"name": "bash", "args": {"command": WAIT}}]},
                   DONE], "--", "go") as t:
        t.press("\x1b3")
        t.need("begun")
        t.send("\x1b")
        t.say("!echo mine\r")
        t.need(msg.RUNS_AFTER_THIS_TOOL_CALL)
        t.need("C-c cancels it and stops the agent")
        t.need("1 queued")
        let_go(w)
        wait_events(w, "agent_end")
        t.need("mine")
        t.need_gone("queued")
        t.end()
    assert [e["by"] for e in w.events("tool_call") if e["name"] == "bash"] \
        == ["model", "user"]


def test_no_sandbox(w):
    """It waits for a permission, and the question is what is in front."""
    wrap = harness.need_none()
    w.write("a.txt", numbers(20))
    w.mock([], config=SKIP)
    with Screen(w, *wrap[1:], harness.ASSENT, path=wrap[0]) as t:
        t.need(" ready")
        t.need("! runs WITHOUT a sandbox")
        assert "in the sandbox" not in t.text(), t.text()
        t.send("!echo b''ye\r")
        t.review("y run it  n don't run it")
        assert "bye" not in t.text(), t.text()
        t.see("n", " ready")
        t.end()


def test_attach_while_it_runs(w):
    """Its end is shown, and all of it is searched when it has ended."""
    with begin(w) as t:
        t.need(" ready")
        t.send("!seq -f 'row %.0f!' 1 60000; " + WAIT + "\r")
        t.need("begun")
        t.press("\x1b")
        t.detach()
    with Screen(w, "resume") as t:
        t.need("[2 transcript]")
        t.press("\x1b3")
        t.need("begun")
        t.need("row 60000!")
        let_go(w)
        t.need("exit 0")
        t.see("/", "search>")
        t.see("row 77!\r", "row 78!")
        assert "row 76!" not in t.text(), t.text()
        t.end()


harness.main(globals())
