"""A wait for the model, on the screen: counted down, and cut short by a key."""

import re

import harness
from screenlib import Screen

BUSY = {"status": 429, "headers": {"retry-after": "58"},
        "body": {"error": {"message": "Slow down."}}}


def left(t):
    found = re.search(r"retry in (\d+) s \(\.: now\)", t.text())
    return int(found.group(1)) if found else 0


def test_countdown(w):
    harness.need_cage(w)
    w.env["ASSENT_RETRY_TIME"] = "2m"
    m = w.mock([BUSY, {"text": "All is well."}])
    with Screen(w, "--plan", "skip", "look") as t:
        t.need("trying again (attempt 2)")
        t.need("mock: Slow down. (HTTP 429)")
        first = harness.wait_until("a count", lambda: left(t))
        assert first <= 58, t.text()
        harness.wait_until("it to count down", lambda: 0 < left(t) < first)
        t.send(".")
        t.need("All is well.")
        t.need("waits for you: a task")
        assert len(m.requests()) == 2
        t.send(".")
        t.need("nothing waits to be tried again")
        t.end()


harness.main(globals())
