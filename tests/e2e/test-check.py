"""The success check when the model says it is done: while it fails the model goes
on, and nothing is applied or shown as finished.
"""

import json
import re

import harness
from messages import msg
import protocol
from screenlib import Screen

CHECK = {"test": "sh t.sh", "test_by": "flag"}


def write(word):
    return {"name": "write", "args": {"path": "a.txt", "content": word + "\n"}}


def done():
    return {"name": "done", "args": {"summary": "all is well"}}


def project(w):
    harness.need_sandbox(w)
    w.write("a.txt", "old\n")
    w.write("t.sh", "echo \"a.txt has $(cat a.txt)\"; grep -q good a.txt\n")


def returned(w):
    return [e.get("returned") for e in w.events("evidence")
            if e["status"] == "done"]


def test_goes_back(w):
    """The model hears what the check printed, and fixes it; then all is applied
    at once, and the check is not run again on the same files."""
    project(w)
    m = w.mock([{"calls": [write("bad"), done()]},
                {"calls": [write("good"), done()]}])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
              "sh t.sh", "fix it")
    assert r.returncode == 0, r.stdout + r.stderr
    said = json.dumps(m.requests()[1]["body"])
    assert "a.txt has bad" in said and "failed, exit 1" in said, said
    assert returned(w) == [1, None], w.events("evidence")
    assert len(w.events("applied")) == 1 and w.read("a.txt") == "good\n"
    answer = [e for e in w.events("tool_result") if e["name"] == "done"]
    assert [a["ok"] for a in answer] == [False, True], answer
    assert answer[0]["error"] == "check", answer
    w.verify()


def test_of_the_project(w):
    """It is said that the project set the check, and not the user."""
    project(w)
    w.write(".assent/config.json", '{"test": "sh t.sh"}')
    w.mock([{"calls": [write("good"), done()]}])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "fix it")
    assert r.returncode == 0, r.stdout + r.stderr
    assert msg.SET_BY_THE_PROJECT.encode() in r.stdout, r.stdout
    assert w.events("evidence")[-1]["check_by"] == "project"
    assert w.events("agent_end")[0]["check"]["by"] == "project"
    w.verify()


def test_words_of_its_runner(w):
    """The result says what the runner counted, in all that it printed."""
    project(w)
    w.write("t.sh", "echo '# TOTAL: 9'; echo '# PASS:  8'\n"
            "seq 3000 | sed 's/^/# /'\n"
            "echo '# SKIP:  0'; echo '# FAIL:  1'; echo '# XPASS: 0'\n"
            "grep -q good a.txt || exit 2\n")
    w.mock([{"calls": [write("bad"), {"name": "run_tests", "args": {}},
                       done()]},
            {"calls": [write("good"), done()]}])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
              "sh t.sh", "fix it")
    assert r.returncode == 0, r.stdout + r.stderr
    assert [e.get("words") for e in w.events("tool_result")
            if e["name"] == "run_tests"] == ["1 failed, 8 passed"], \
        w.events("tool_result")
    assert [e["words"] for e in w.events("evidence") if "words" in e] == [
        "1 failed, 8 passed"] * 2, w.events("evidence")
    assert b": 1 failed, 8 passed\n" in r.stdout, r.stdout
    w.verify()


def test_at_most(w):
    """After check_retries times it ends as it is; an answer without calls ends
    the work, too, where nobody is there to be asked."""
    project(w)
    for says in ({"calls": [done()]}, {"text": "I am done."}):
        for retries, settings in ((3, {}), (1, {"ASSENT_CHECK_RETRIES": "1"}),
                                  (0, {"ASSENT_CHECK_RETRIES": "0"})):
            w.clean_project()
            w.write("a.txt", "old\n")
            w.write("t.sh", "exit 7\n")
            m = w.mock([{"calls": [write("bad")]}] + [says] * (retries + 1))
            w.env.update(settings)
            r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
                      "sh t.sh", "fix it")
            for name in settings:
                del w.env[name]
            assert r.returncode == 3, r.stdout + r.stderr
            assert returned(w) == list(range(1, retries + 1)) + [None]
            assert len(m.requests()) == retries + 2
            assert not w.events("proposal")[:-2], w.events("proposal")
            if retries == 3:
                assert b"  failed 3 times before\n" in r.stdout, r
            w.verify()


def test_in_the_worker_of_the_commands(w):
    """A check of the staged copy takes the sandbox that is prepared for the next
    command, and the command after it takes it from there: all three are in one
    user namespace, which is the worker's."""
    project(w)
    show = "readlink /proc/self/ns/user"
    bash = {"calls": [{"name": "bash", "args": {"command": show}}]}
    w.mock([{"calls": [write("bad"), bash["calls"][0], done()]}, bash,
            {"calls": [write("good"), done()]}])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
              show + "; sh t.sh", "fix it")
    assert r.returncode == 0, r.stdout + r.stderr
    seen = [re.search(r"user:\[\d+\]", e["text"])[0] for e in w.events()
            if e["type"] == "tool_result" and e["name"] == "bash" or
            e["type"] == "evidence" and e["status"] == "done"]
    assert len(seen) == 4 and len(set(seen)) == 1, (seen, w.events())
    w.verify()


def test_with_a_person(w):
    """They are asked when the model has done what it can; their words begin the
    count anew. A question to them is no end of the work."""
    project(w)
    bad = {"calls": [write("bad"), done()]}
    w.mock([bad, bad, bad, bad, {"text": "Which one?"}, bad,
            {"calls": [write("good"), done()]}])
    c = protocol.start(w, task="fix it", **CHECK)
    c.wait_event("proposal")
    c.wait_status("1 of 1 hunk to review")
    lines = [e for e in c.lines if "seq" in e]
    assert returned(w) == [1, 2, 3, None], w.events("evidence")
    assert [e["type"] for e in lines if e["type"] in ("proposal",) or
            e.get("status") == "done"] == ["evidence"] * 4 + ["proposal"]
    assert w.events("proposal")[0]["final"] is True
    c.send(type="say", text="go on")
    c.wait("an answer", lambda: [e for e in c.event_list("assistant_message")
                                 if "Which" in e["text"]])
    c.wait_status("to review")
    assert len(returned(w)) == 4, returned(w)
    c.send(type="say", text="that one")
    c.wait("a check that passes", lambda: c.event_list(
        "evidence", lambda e: e.get("exit") == 0))
    assert returned(w)[4:] == [1, None], returned(w)
    c.close_and_wait()
    w.verify()


def test_a_call_that_was_stopped(w):
    """It may have changed what passed."""
    project(w)
    w.mock([{"calls": [write("good"), done()]}, {"calls": [{
        "name": "bash", "args": {"command": "echo bad >a.txt; echo wrote it; "
                                 "sleep 60"}}]}])
    c = protocol.start(w, task="fix it", **CHECK)
    c.wait_event("evidence", lambda e: e.get("exit") == 0)
    c.send(type="say", text="go on")
    c.wait("the command", lambda: "wrote it\\n" in json.dumps(
        [e for e in c.lines if "seq" not in e]))
    c.send(type="interrupt")
    c.wait_event("agent_end")
    assert w.events("evidence")[-1]["status"] == "stale", w.events("evidence")
    c.close_and_wait()
    w.verify()


def test_before_the_review_of_a_step(w):
    """A step that the model ends together with the work is put to the user when
    the model has done what it can."""
    project(w)
    step = {"name": "step_done", "args": {"step": 1}}
    w.mock([{"calls": [{"name": "plan", "args": {
        "goal": "g", "files": [], "risks": [],
        "steps": [{"title": "s"}]}}]},
        {"calls": [write("bad"), step, done()]},
        {"calls": [write("good"), done()]}])
    c = protocol.start(w, task="fix it", plan="auto", **CHECK)
    p = c.wait_event("proposal")
    assert p["final"] and returned(w) == [1, None], w.events("evidence")
    c.close_and_wait()
    w.verify()


def test_one_that_was_found_is_offered_once(w):
    w.write("Makefile", "check:\n\ttrue\n")
    w.mock([{"text": "Hello."}], config={"plan": "skip"})
    with Screen(w, "--", "go") as t:
        t.need("set · /check make check")
        t.need("Hello.")
        t.need("Enter send")
        assert "No success check" not in t.text(), t.text()
        # Alone it sets nothing.
        t.send("/check\r")
        t.need("is set; /check make check")
        assert not w.events("check")
        t.send("/check make check\r")
        t.need_gone("/check make check sets")
        t.need("success check: make check")
        t.detach()
    assert [e["check"] for e in w.events("note") if "check" in e] == \
        ["make check"]
    w.verify()


def test_all_of_what_passed(w):
    """A check that runs on a part doesn't make forget what it said of the whole,
    until that changes."""
    harness.need_sandbox(w)
    w.write("a.txt", "".join("%d\n" % n for n in range(40)))
    text = w.read("a.txt").replace("\n5\n", "\nfive\n").replace(
        "\n20\n", "\ntwenty\n")
    w.mock([{"calls": [{"name": "write", "args": {
        "path": "a.txt", "content": text}}, done()]}])
    # It hangs where only twenty is accepted.
    check = ("grep -q five a.txt || ! grep -q twenty a.txt || "
             "exec sleep 1000; grep -q five a.txt")
    for changes in (False, True):
        c = protocol.start(w, task="go", test=check, test_by="flag",
                           plan="skip")
        p = c.wait_event("proposal")
        c.wait_status("2 of 2 hunks to review")
        five, twenty = [h["id"] for h in p["files"][0]["hunks"]]

        def mark(hunk, what):
            c.send(type="mark", proposal=p["seq"], version=1, hunk=hunk,
                   mark=what, seen=True)
        mark(twenty, "yes")
        c.wait("a check that hangs", lambda: c.event_list(
            "evidence", lambda e: e["status"] == "running" and
            e["where"] == "accepted"))
        if changes:
            c.send(type="set", check=check + "; true")
            c.wait_event("check", lambda e: e["by"] == "user")
        mark(five, "yes")
        c.send(type="decide", proposal=p["seq"], version=1)
        assert c.wait_event("decision")["check"] in (
            ("none", "running") if changes else ("passed",)), changes
        c.wait_event("applied")
        c.close_and_wait()
        w.write("a.txt", "".join("%d\n" % n for n in range(40)))
        w.mock([{"calls": [{"name": "write", "args": {
            "path": "a.txt", "content": text}}, done()]}])
    w.verify()


def test_on_what_is_accepted_so_far(w):
    """It runs by itself after a mark that accepts a part, on that part; a decision
    waits for no result, and tells which it had."""
    harness.need_sandbox(w)
    w.write("a.txt", "".join("%d\n" % n for n in range(40)))
    text = w.read("a.txt").replace("\n5\n", "\nfive\n").replace(
        "\n20\n", "\ntwenty\n").replace("\n35\n", "\nmore\n")
    w.mock([{"calls": [{"name": "write", "args": {
        "path": "a.txt", "content": text}}, done()]}])
    # It hangs where twenty is accepted, and five isn't.
    check = ("cat a.txt; grep -q five a.txt || ! grep -q twenty a.txt || "
             "exec sleep 1000; grep -q five a.txt")
    c = protocol.start(w, task="go", test=check, test_by="flag", plan="skip")
    p = c.wait_event("proposal")
    c.wait_status("3 of 3 hunks to review")
    five, twenty, more = [h["id"] for h in p["files"][0]["hunks"]]

    def mark(hunk, what):
        c.send(type="mark", proposal=p["seq"], version=1, hunk=hunk, mark=what,
               seen=True)

    def ran(n):
        return c.wait("check %d" % n, lambda: [
            e for e in c.event_list("evidence") if e["status"] == "done" and
            e["where"] == "accepted"][n - 1:])[0]
    mark(five, "yes")
    e = ran(1)
    assert e["exit"] == 0 and "\ntwenty\n" not in e["text"], e
    e0 = e["seq"]
    # The same hunks are accepted: what it said of them holds.
    mark(more, "no")
    mark(five, "none")
    c.wait_event("evidence", lambda e: e["status"] == "stale")
    mark(five, "yes")
    again = c.wait_event("evidence", lambda e: e["status"] == "valid")
    mark(more, "none")
    mark(five, "no")
    mark(more, "yes")
    assert ran(2)["exit"] == 1
    assert [e["status"] for e in c.event_list("evidence")
            if e["seq"] > e0 and e["seq"] <= again["seq"]] == \
        ["stale", "valid"]
    mark(more, "none")

    def hangs(n):
        c.wait("a check that hangs", lambda: len(c.event_list(
            "evidence", lambda e: e["status"] == "running" and
            e["where"] == "accepted")) == n)
    # The user ends the check, and nothing else.
    mark(twenty, "yes")
    hangs(3)
    c.send(type="interrupt", check=True)
    c.wait("the check's end", lambda: c.event_list(
        "evidence", lambda e: e.get("stopped")))
    c.wait_status("1 of 3 hunks to review")
    # Too late for a check that has ended, it stops nothing else.
    c.send(type="interrupt", check=True)
    mark(twenty, "none")
    mark(twenty, "yes")
    hangs(4)
    assert not c.event_list("interrupt")
    c.send(type="decide", proposal=p["seq"], version=1)
    assert c.wait_event("decision")["check"] == "running"
    c.wait_event("applied")
    assert w.read("a.txt") == text.replace("five", "5").replace("more", "35")
    c.close_and_wait()
    w.verify()


def test_of_a_part_before_another_was_written(w):
    """What it said of some hunks says nothing of them beside what was written
    after that."""
    harness.need_sandbox(w)
    files = ["a.txt", "b.txt", "c.txt"]
    w.mock([{"calls": [{"name": "write", "args": {
        "path": f, "content": "x\n"}} for f in files] + [done()]}, {"text": "ok"}])
    # b.txt alone passes; beside a.txt it doesn't.
    c = protocol.start(w, task="go", test="! [ -e a.txt ]", test_by="flag",
                       plan="skip")
    p = c.wait_event("proposal", lambda e: len(e["files"]) == 3)
    c.wait_status("3 of 3 hunks to review")
    a, b = [f["hunks"][0]["id"] for f in p["files"]][:2]

    def mark(hunk, what, version=1):
        c.send(type="mark", proposal=p["seq"], version=version, hunk=hunk,
               mark=what, seen=True)
    mark(b, "yes")
    c.wait_event("evidence", lambda e: e["status"] == "done" and
                 e["where"] == "accepted" and e["exit"] == 0)
    mark(b, "none")
    mark(a, "yes")
    c.send(type="decide", proposal=p["seq"], version=1)
    c.wait_event("applied")
    c.wait_status("2 of 2 hunks to review")
    mark(b, "yes", 2)
    e = c.wait_event("evidence", lambda e: e["status"] in ("valid", "done") and
                     e["seq"] > c.event_list("applied")[0]["seq"])
    assert e["status"] == "done" and e["exit"] == 1, e
    c.close_and_wait()
    w.verify()


def test_nothing_was_changed(w):
    """A question that was answered needs no passing check."""
    project(w)
    m = w.mock([{"calls": [done()]}, {"text": "It is a file."}])
    c = protocol.start(w, task="what is a.txt?", **CHECK)
    assert c.wait_event("agent_end")["exit"] == 3
    assert returned(w) == [None], w.events("evidence")
    c.close_and_wait()
    assert len(m.requests()) == 1


harness.main(globals())
