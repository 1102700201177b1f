"""Would a test notice? When the check has passed, it runs with small changes to
the new lines, and without each hunk.
"""

import json
import os

import harness
from harness import calls, done, write
import protocol

CHECK = "sh check.sh"
FAR = "\n\n\n\n\n\n\n"
WAS = "low() {\n\techo low\n}\n" + FAR + "high() {\n\techo high\n}\n"
NOW = WAS.replace("echo low", 'if [ "$1" -lt 3 ]; then echo low; fi').replace(
    "echo high", 'if [ "$1" -gt 7 ]; then echo high; fi')
LOW = '. ./bounds.sh\n[ "$(low 2)$(low 3)" = low ] || exit 1\n'
# In the copy it waits.
WAITS = "test -e ~/made || test -e go || exec sleep 1000\n" + LOW
RESULT = {"of": 2, "noticed": 1, "unnoticed": [
    {"path": "bounds.sh", "line": 12, "words": "`-ge` for `-gt`"},
    {"path": "bounds.sh", "line": 9}]}


def project(w, check=LOW):
    harness.need_sandbox(w)
    if harness.level(w) not in "AB":
        raise harness.Skip("there are none on this level")
    w.write("check.sh", check)
    w.write("bounds.sh", WAS)


def begin(w, check=LOW, **more):
    project(w, check)
    w.mock([calls(harness.bash("touch ~/made"), write("bounds.sh", NOW),
                  done())])
    return protocol.start(w, task="go", plan="skip", test=CHECK,
                          test_by="flag", **more)


def notices(w):
    return [e["status"] for e in w.events("notice")]


def result(w):
    """The last one's, without the hunk's id."""
    r = w.events("notice")[-1]["result"]
    return dict(r, unnoticed=[{k: v for k, v in u.items() if k != "hunk"}
                              for u in r["unnoticed"]])


def hangs(c):
    return c.wait("it hangs", lambda: list(harness.running("sleep")))


def gone(w, left):
    harness.wait_until("its end", lambda: not set(left) &
                       set(harness.running("sleep")) and
                       "notice" not in os.listdir(w.session_dir()))


def test_exec(w):
    """--notice: after the check, before the end's report and any rule. Without it
    there is none."""
    project(w)
    w.mock([calls(write("bounds.sh", NOW), done())])
    w.run("exec", "--plan", "skip", "--test", CHECK, "--output",
          w.path("o.json"), "go", code=5)
    with open(w.path("o.json")) as f:
        assert json.load(f)["notice"] is None and not w.events("notice")
    w.mock([calls(write("bounds.sh", NOW), done())])
    r = w.run("exec", "--plan", "skip", "--test", CHECK, "--notice",
              "--output", w.path("o.json"), "go", code=5)
    assert notices(w) == ["running", "done"] and result(w) == RESULT, \
        w.events("notice")
    words = b"1 of 2 small changes are noticed by your check"
    assert b"\n  " + words in r.stdout, r.stdout
    assert b"bounds.sh:12: no test notices `-ge` for `-gt` here\n" in \
        r.stdout, r.stdout
    assert b"bounds.sh:9: the check passes without this hunk\n" in \
        r.stdout, r.stdout
    with open(w.path("o.json")) as f:
        assert json.load(f)["notice"] == w.events("notice")[-1]["result"]
    f, = json.loads(w.run("show", "--json").stdout)["files"]
    low, high = [h["id"] for h in f["hunks"]]
    assert [(n["hunk"], n.get("line"), n["text"], n["stops"])
            for n in f["notes"] if n["kind"] == "unnoticed"] == [
        (high, 12, "no test notices `-ge` for `-gt` here", False),
        (high, None, "the check passes without this hunk", False)], f["notes"]
    r = w.run("show")
    assert words in r.stderr, r.stderr
    assert words in w.run("log", "--md").stdout
    # Of a part it isn't known.
    r = w.run("decide", "--accept", "1")
    assert b"1 of 2 hunks rejected" in r.stdout and words not in r.stdout, r
    assert w.events("agent_end")[-1].get("notice") is None
    w.clean_project()
    project(w)
    w.mock([calls(write("bounds.sh", NOW), done())])
    w.run("exec", "--plan", "skip", "--test", CHECK, "--notice",
          "--approve", "yes", "go", code=0)
    assert w.read("bounds.sh") == NOW and result(w) == RESULT
    assert w.events("agent_end")[-1]["notice"]["of"] == 2


def test_by_itself(w):
    """After a quick check it begins by itself, and nothing waits for it: your
    command ends a run, which begins again. What a run writes is in no
    proposal, and large files of each aren't kept, nor many."""
    c = begin(w, WAITS + "echo x >>made; echo '#' >>bounds.sh\n"
              "for i in 3000000 $(seq 900001 900008); do "
              "head -c $i /dev/urandom >a$i; done\n")
    left = hangs(c)
    w.write("go", "")
    c.send(type="run", command="pwd")
    c.wait_event("notice", lambda e: e["status"] == "done")
    assert notices(w) == ["running", "done"] and result(w) == RESULT, \
        w.events("notice")
    assert [e["ok"] for e in w.events("tool_result") if e["by"] == "user"] == \
        [True]
    gone(w, left)
    assert len(w.events("proposal")) == 1
    kept = sum(os.path.getsize(os.path.join(top, n)) for top, _, names in
               os.walk(os.path.join(w.session_dir(), "objects.git"))
               for n in names)
    assert kept < 11000000 + 5 * 4300000, kept  # the check's own, and runs'
    c.close_and_wait()


def test_ends(w):
    """A decision ends it, and an interrupt of it alone; asked for, it begins
    again. A core that dies leaves nothing of it, and the next one begins it."""
    c = begin(w, WAITS)
    left = hangs(c)
    c.send(type="interrupt", check=True)
    c.wait_event("notice", lambda e: e["status"] == "stopped")
    gone(w, left)
    assert not w.events("interrupt") + w.events("agent_end")
    c.send(type="evidence", notice=True)
    left = hangs(c)
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("applied")
    assert notices(w) == ["running", "stopped"] * 2, w.events("notice")
    gone(w, left)
    assert w.read("bounds.sh") == NOW
    c.close_and_wait()
    w.clean_project()
    c = begin(w, WAITS)
    left = hangs(c)
    protocol.kill(w, c)
    w.write("go", "")
    c = protocol.resume(w)
    c.wait_event("notice", lambda e: e["status"] == "done")
    assert notices(w) == ["running"] * 2 + ["done"] and result(w) == RESULT
    gone(w, left)
    c.close_and_wait()


def test_left(w):
    """In a session that was left it runs to its end; then the process ends."""
    project(w)
    w.mock([calls(write("bounds.sh", NOW), done())])
    w.run("--detach", "--plan", "skip", "--test", CHECK, "go", code=0)
    harness.wait_until("its end", lambda: not [
        x for x in json.loads(w.run("ls", "--json").stdout)["sessions"]
        if x["alive"]])
    assert notices(w) == ["running", "done"] and result(w) == RESULT


def test_no_result(w):
    """A check that isn't the same twice says nothing; nor does one that needs
    what isn't in the copy, is killed, or passes though its output names tests
    that failed."""
    for more, why in (("echo === $(ls ~ | wc -l) passed in 0.1s ===\n",
                       "the check isn't the same twice"),
                      ("test -e ~/made\n",
                       "the check failed in a clean copy")):
        c = begin(w, LOW + more)
        c.wait_event("notice", lambda e: e["status"] == "none")
        assert w.events("notice")[-1]["reason"] == why, w.events("notice")
        c.close_and_wait()
        w.clean_project()
    for last in "kill -KILL $$", "echo '=== 1 failed in 0.1s ==='":
        w.clean_project()
        c = begin(w, LOW.replace("exit 1", last))
        c.wait_event("notice", lambda e: e["status"] == "done")
        assert result(w) == dict(RESULT, of=1, noticed=0), (last, result(w))
        c.close_and_wait()


def test_same_second(w):
    """Python compares a source's size and second with what it compiled: each
    content has a second of its own."""
    project(w, "python3 -c 'import calc; assert calc.add(3, 1) == 4; "
            "assert calc.sub(3, 1) == 2'\n")
    w.write("calc.py", "# sums\n")
    w.mock([calls(write("calc.py", "# sums\ndef add(a, b):\n"
                        "    return a + b\n\n\ndef sub(a, b):\n"
                        "    return a - b\n"), done())])
    w.run("exec", "--plan", "skip", "--test", CHECK, "--notice", "go", code=5)
    assert result(w) == {"of": 2, "noticed": 2, "unnoticed": []}, result(w)


def test_path(w):
    """Of a check that takes a path the proposal's test runs first: then nothing
    else runs with a change that it notices."""
    project(w, LOW.replace("exit 1", "{ [ \"$1\" ] || kill -KILL $$; exit 1; }"))
    w.write("tests/low.sh", "")
    w.mock([calls(write("bounds.sh", NOW), write("tests/low.sh", "true\n"),
                  done())])
    w.run("exec", "--plan", "skip", "--test", CHECK + " {path}", "--notice",
          "go", code=5)
    assert result(w) == RESULT, w.events("notice")


@harness.slow
def test_slow(w):
    """After a longer check it begins only if it is asked for."""
    c = begin(w, LOW + "[ -e ~/again ] || sleep 11; touch ~/again\n")
    c.wait_status("2 of 2 hunks to review")
    assert not notices(w)
    c.send(type="evidence", notice=True)
    c.wait_event("notice", lambda e: e["status"] == "done")
    assert result(w) == RESULT, w.events("notice")
    c.close_and_wait()


def test_other_levels(w):
    """Without namespaces there is none; who asks for it hears why."""
    harness.need_sandbox(w)
    wrap = harness.need_deny()
    if harness.level(w, wrap) not in "CD":
        raise harness.Skip("no other level")
    w.write("check.sh", LOW)
    w.write("bounds.sh", WAS)
    w.mock([calls(write("bounds.sh", NOW), done())])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag",
                       wrap=wrap)
    c.wait_status("2 of 2 hunks to review")
    c.send(type="evidence", notice=True)
    c.wait("a refusal", lambda: [
        x for x in c.lines if x.get("to") == "evidence" and
        x["text"] == "that needs a sandbox of level A or B"])
    assert not notices(w)
    c.close_and_wait()
    w.write("bounds.sh", WAS)
    w.mock([calls(write("bounds.sh", NOW), done())])
    r = w.run("exec", "--plan", "skip", "--test", CHECK, "--notice", "go",
              wrap=wrap, code=5)
    assert notices(w) == ["none"] and b"no result of small changes: that " \
        b"needs a sandbox of level A or B" in r.stdout, r.stdout


harness.main(globals())
