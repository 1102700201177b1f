"""The first request doesn't wait for the search for secret files, nor for the
inspection, but every program does; what was found by then comes beside the first
tool's result, and nothing of the first request changes.
"""

import os

import harness
from harness import bash, done
import protocol

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx3UbdVNSdRvZ1Q\n" \
    "-----END PRIVATE KEY-----\n"
CTAGS = "#!/bin/sh\nprintf 'far_away\\t./src/far.c\\t1;\"\\tfunction\\n'\n"
# It takes a while.
SLOW = CTAGS.replace("printf", "i=0; while [ $i -lt 500000 ]; do i=$((i + 1)); "
                     "done\nprintf")


def project(w, n=4000):
    """More files than a few steps look at; the keys are found last."""
    harness.need_sandbox(w)
    w.write("src/far.c", "int far_away(void) {}\n")
    for i in range(n):
        w.write("data/part%d/file%d.dat" % (i // 500, i), "x" * 50)
    w.write("data/part9/a/b/c/plain", PEM)
    w.write("data/part9/a/b/c/behind.txt", "the word is swordfish\n")
    os.symlink("behind.txt", os.path.join(w.project, "data/part9/a/b/c/.env"))
    w.write(".local/bin/ctags", CTAGS, 0o755, base=w.home)
    return {"ctags": os.path.join(w.home, ".local/bin/ctags"),
            "path": w.path("home", ".local", "bin") + ":" + w.env["PATH"],
            "symbols_ms": 1000000, "plan": "skip", "first_ms": 0}


def messages(request):
    return request["body"]["messages"]


def test_first_request(w):
    how = project(w)
    w.git("init", "-q")
    m = w.mock([
        bash("cd data/part9/a/b/c; cat plain .env behind.txt; echo end"),
        bash("true"), done()])
    c = protocol.start(w, task="look at far_away", **how)
    c.wait_event("agent_end")
    first, second, third = (messages(r) for r in m.requests())
    # It went without what comes from programs.
    text = str(first)
    assert "look at far_away" in text and "Date:" in text
    assert "From git" not in text and "./src/far.c" not in text
    assert "src/far.c: far_away" not in text
    # What they found comes in a message of its own; all before stays.
    assert second[:len(first)] == first, (first, second)
    told = str(second[len(first):])
    assert "From git" in told, told
    assert "src/far.c: far_away" in told, told
    assert third[:len(second)] == second
    # The call waited until all keys were known.
    assert "end" in hidden(c, m)


def hidden(c, m):
    """The text of the first result, in which no secret is; nor in a request."""
    text = c.event_list("tool_result")[0]["text"]
    for word in ("MIIE", "swordfish"):
        assert word not in text, text
        assert word not in str(m.requests())
    return text


def test_slow_inspection(w):
    """It goes on beside the request, and the first call waits for it."""
    how = project(w, 10)
    w.write(".local/bin/ctags", SLOW, 0o755, base=w.home)
    m = w.mock([bash("cat data/part9/a/b/c/*; echo end"), done()])
    c = protocol.start(w, task="look at far_away", **how)
    c.wait_event("agent_end")
    first, second = (messages(r) for r in m.requests())
    assert "src/far.c: far_away" not in str(first)
    assert second[:len(first)] == first, (first, second)
    assert "src/far.c: far_away" in str(second[len(first):]), second
    assert "end" in hidden(c, m)


def test_answer_without_calls(w):
    """It waits for neither."""
    how = project(w, 10)
    w.write(".local/bin/ctags", SLOW.replace("500000", "50000000"), 0o755,
            base=w.home)
    w.mock([{"text": "four"}])
    c = protocol.start(w, task="what is two and two", **how)
    c.wait_event("agent_end")
    assert not c.event_list("tool_result")


def test_killed_in_the_search(w):
    how = project(w)
    m = w.mock([{"text": "never", "wait_for": "no"},
                bash("cat data/part9/a/b/c/*; echo end"), done()])
    c = protocol.start(w, task="look at far_away", **how)
    c.wait("the request", m.requests)
    protocol.kill(w, c)
    c = protocol.resume(w, go_on=True, **how)
    c.wait_event("agent_end")
    assert "end" in hidden(c, m)


def test_own_command(w):
    """Nothing that the user starts is earlier, either."""
    how = project(w)
    m = w.mock([])
    c = protocol.start(w, **how)
    c.wait_live()
    c.send(type="run", command="cat data/part9/a/b/c/*; echo end")
    c.wait_event("tool_result")
    assert "end" in hidden(c, m)
    assert any("looking at the project's files" in x.get("doing", "")
               for x in c.lines if x.get("type") == "status"), c.lines


harness.main(globals())
