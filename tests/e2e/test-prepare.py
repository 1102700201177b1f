"""The next call's sandbox is built while the model thinks."""


import harness
import protocol

READ = {"calls": [{"name": "read", "args": {"path": "a.txt"}}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "read it"}}]}


def workers():
    return [p for p, line in harness.children().items()
            if line.startswith("assent-worker")]


def thinking(w, *more):
    """A session whose model is asked, has a sandbox waiting, and does not answer
    before the file `go` is there."""
    w.write("a.txt", "one\n")
    w.mock([dict(READ, wait_for=w.path("go"))] + list(more))
    c = protocol.start(w, task="look")
    c.wait_event("turn_start")
    harness.wait_until("a sandbox that waits", workers)
    return c


def go(w):
    with open(w.path("go"), "w"):
        pass


def result(c):
    return c.wait_event("tool_result")


def test_it_waits_and_sees_what_the_user_does(w):
    c = thinking(w, DONE)
    before = workers()
    w.write("a.txt", "two\n")
    go(w)
    r = result(c)
    assert r["ok"] and "two" in r["text"], r
    c.wait_event("agent_end")
    # It served that call, and no other waits for a person.
    harness.wait_until("no sandbox to be left", lambda: not workers())
    assert before


def test_it_ends_with_an_interrupted_task(w):
    c = thinking(w)
    c.send(type="interrupt")
    c.wait_event("agent_end")
    harness.wait_until("no sandbox to be left", lambda: not workers())


harness.main(globals())
