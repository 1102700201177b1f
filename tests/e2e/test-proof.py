"""When the check passed on a proposal, it runs again: with the user's tests
as they are, and with the new tests alone.
"""

import contextlib
import fcntl
import http.server
import json
import os
import shutil
import signal
import threading

import harness
from harness import call, calls, done, write
import protocol

CHECK = "sh check.sh"
RUNS = 'for t in tests/*.sh; do echo "$t"; sh "$t" || exit 1; done\n'
RIGHT = "echo $(($1 + $2))\n"
WRONG = "echo $(($1 - $2))\n"
TEST = '[ "$(sh add.sh 1 2)" = 3 ]\n'
BEGUN = [("your_tests", "running"), ("its_tests", "running")]
CHEAT = calls(write("add.sh", WRONG), write("tests/add.sh", "true\n"), done())


def project(w, code=RIGHT, check=RUNS):
    harness.need_sandbox(w)
    if harness.level(w) != "A":
        raise harness.Skip("only layers cost nothing")
    w.write("check.sh", check)
    w.write("add.sh", code)
    w.write("tests/add.sh", TEST)


def run(w, *args, code=5, check=CHECK, env=None):
    return w.run("exec", "--plan", "skip", "--test", check, *args, "go",
                 code=code, env=env)


def proofs(w, which=None):
    return [e["status"] if which else (e["which"], e["status"])
            for e in w.events("proof")
            if e["which"] == which or not which]


def last(w, which):
    return [e for e in w.events("proof") if e["which"] == which][-1]


def test_weakened(w):
    """A model makes a test pass by changing it: that is recorded and told, once
    before the end; it ends so if the model leaves it."""
    project(w)
    m = w.mock([CHEAT, done(summary="the test was wrong")])
    r = run(w, "--output", w.path("o.json"))
    assert proofs(w) == BEGUN + [("your_tests", "failed"),
                                 ("its_tests", "passed")], w.events("proof")
    mine = last(w, "your_tests")
    p = w.events("proposal")[-1]
    assert mine["exit"] == 1 and mine["returned"] is True, mine
    assert mine["proposal"] == w.events("proposal")[0]["seq"], (mine, p)
    assert mine["text"] == "tests/add.sh\n", mine
    said = json.dumps(m.requests()[1]["body"])
    assert "with the user's tests as they are" in said, said
    assert len(m.requests()) == 2
    assert b"failed once with your tests as they are" in r.stdout, r.stdout
    shown = json.loads(w.run("show", "--json").stdout)
    assert [(x["which"], x["status"]) for x in shown["proofs"]] == [
        ("your_tests", "failed"), ("its_tests", "passed")], shown["proofs"]
    assert [f["tests"] for f in p["files"] if f["path"] == "tests/add.sh"] == \
        [True] and not p["files"][1].get("tests"), p["files"]
    with open(w.path("o.json")) as f:
        assert [x["status"] for x in json.load(f)["proofs"]] == [
            "failed", "passed"]
    md = w.run("log", "--md").stdout
    assert b"failed once with your tests as they are" in md, md
    assert b"the new tests also passed without the change" in md, md
    assert w.read("add.sh") == RIGHT


# As pytest prints it: a test is a line "ARGS = SUM", or a name that add.sh needs.
PYTEST = r"""
export A=$(cat add.sh); bad=0; n=0
for t in tests/test_*.py; do
    if grep -q ^import "$t" && ! grep -q x add.sh; then
        echo "ERROR $t - ImportError"; broken=1; continue
    fi
    row=
    while read a b is c; do
        [ "$is" = = ] || continue
        n=$((n + 1))
        if [ "$(sh add.sh $a $b)" = $c ]; then row=$row.; else
            row=${row}F; bad=$((bad + 1))
            fail="$fail
FAILED $t::test_${a}_$b - assert"
        fi
    done <$t
    echo "$t $row"
done
echo "$fail"
[ -n "$broken" ] && echo "=== 1 error in 0.1s ===" && exit 2
[ $bad = 0 ] && echo "=== $n passed in 0.1s ===" && exit
echo "=== $bad failed, $((n - bad)) passed in 0.1s ==="
exit 1
"""


def test_words(w):
    """What the runner's last line says is told, and of which file it is true; that
    your tests no longer build is said otherwise, and in the end isn't accepted,
    either."""
    project(w, check=PYTEST)
    w.write("tests/test_a.py", "1 2 = 3\n3 4 = 7\n")
    w.write("tests/test_b.py", "5 0 = 5\n")
    w.mock([calls(write("add.sh", WRONG), write("tests/test_a.py",
                                                "1 2 = -1\n3 4 = -1\n"),
                  done()), done()])
    r = run(w)
    mine = last(w, "your_tests")
    assert mine["status"] == "failed", mine
    said = b"failed once with your tests as they are (2 failed, 1 passed"
    assert said in r.stdout, r.stdout
    assert mine["files"] == [{"path": "tests/test_a.py"}], mine
    shown = w.run("show").stderr
    assert b"in tests/test_a.py: failed once with your version of this " \
        b"test\nin tests/test_a.py: fails without the change\n" \
        in shown, shown
    assert b"proof: " + said in shown, shown
    assert last(w, "its_tests")["status"] == "failed"
    w.clean_project()
    project(w, check=PYTEST)
    w.write("tests/test_a.py", "import x\n1 2 = 3\n")
    w.write("add.sh", RIGHT + "# x\n")
    w.mock([calls(write("add.sh", RIGHT), write("tests/test_a.py",
                                                "1 2 = 3\n"), done())])
    r = run(w, "--approve", "yes")
    assert proofs(w, "your_tests") == ["running", "unbuilt"], w.events("proof")
    assert b"note: not accepted: your tests no longer build with this change" \
        in r.stdout, r.stdout
    assert r.returncode == 5 and not w.events("decision"), r
    w.clean_project()
    # The control says whether it is the copy that can't build them.
    project(w, check="test -e ~/made || { echo ERROR t.py - no; "
            "echo 1 error in 0.1s; exit 2; }\n")
    w.mock([calls(write("tests/add.sh", "true\n"),
                  harness.bash("touch ~/made"), done())])
    run(w)
    assert proofs(w, "your_tests") == ["running", "none"], w.events("proof")


def test_ran(w):
    """The lines about tests of a known runner say which ran, whatever else it
    prints."""
    for files, status in (("test_*.py", "passed"), ("test_a*.py", "none")):
        # Not the same numbers each time: they say nothing then.
        project(w, check="echo tests/test_b.py\n" + PYTEST.replace(
            "test_*.py", files).replace("$n passed", "$$ passed"))
        w.write("tests/test_a.py", "1 2 = 3\n")
        w.mock([calls(write("add.sh", RIGHT + "#\n"),
                      write("tests/test_b.py", "1 1 = 2\n"), done())])
        run(w)
        assert proofs(w, "its_tests") == ["running", status], w.events("proof")
        w.clean_project()


def test_before(w):
    """A test that fails without any change says nothing about the new ones, unless
    it is one of them."""
    for new, status, first in (
            ("1 0 = 1\n", "none", []), ("1 2 = 3\n", "failed", []),
            # A command ran: nobody knows how the check was before.
            ("1 0 = 1\n", "none", [harness.bash("true")]),
            ("1 2 = 3\n", "failed", [harness.bash("true")])):
        project(w, code=WRONG, check=PYTEST)
        w.write("tests/test_a.py", "0 2 = 2\n")
        w.mock([calls(*first, done()),
                calls(write("add.sh", RIGHT),
                      write("tests/test_b.py", new), done())])
        run(w)
        assert proofs(w, "its_tests") == ["running", status], w.events("proof")
        w.clean_project()


def test_killed_check(w):
    """With your tests as they are, and not with all changes: no rule accepts what
    the changed code may have killed. Of new tests it says nothing."""
    for end, why in (("kill -KILL $$", "something killed the check"),
                     ("kill -SEGV $$", None),
                     ("sh -c 'kill -TERM $$'; exit",
                      "something killed the check")):
        project(w, check=RUNS + "grep -q true tests/add.sh || { %s; }\n"
                "grep -q '#' add.sh || kill -KILL $$\n" % end)
        w.mock([calls(write("tests/add.sh", "true\n" + TEST),
                      write("add.sh", RIGHT + "#\n"), done()), done()])
        run(w, "--approve", "yes")
        for which, status in ("your_tests", "failed"), ("its_tests", "none"):
            assert proofs(w, which) == ["running", status], (end, which)
        assert last(w, "your_tests").get("reason") == why, end
        assert not w.events("decision")
        w.clean_project()


def test_passes_all_the_same(w):
    """A check that passes although tests fail, as its output says, proves
    nothing."""
    project(w, check=PYTEST.replace("exit 1", "exit 0"))
    w.write("tests/test_a.py", "1 2 = 3\n")
    w.mock([calls(write("add.sh", WRONG), write("tests/test_a.py",
                                                "1 2 = -1\n"), done())])
    run(w)
    for which in "your_tests", "its_tests":
        e = last(w, which)
        assert (e["status"], e["reason"]) == (
            "none", "the check passes, but its output says that 1 failed"), e


def test_mended(w):
    """Sent back, the model lets the old test pass; then nothing is held
    against it."""
    project(w)
    other = TEST.replace("1 2", "2 0").replace("3", "2")
    w.mock([calls(write("add.sh", WRONG), write("tests/add.sh", other), done()),
            calls(write("add.sh", RIGHT + "# both\n"), done())])
    run(w, "--approve", "yes", "--require-proof", code=0)
    assert proofs(w, "your_tests") == ["running", "failed", "running",
                                       "passed"], w.events("proof")
    assert w.read("tests/add.sh") == other


def test_deleted(w):
    """A test that is deleted is there in the copy; what runs there is nice(1) to
    the rest."""
    project(w, check="nice\n" + RUNS)
    w.write("tests/two.sh", "true\n")
    w.mock([calls(write("add.sh", WRONG), harness.bash("rm tests/add.sh"),
                  done()), done()])
    run(w)
    assert proofs(w, "your_tests") == ["running", "failed"]
    assert last(w, "your_tests")["text"] == "%d\ntests/add.sh\n" % max(
        os.nice(0), 10)
    assert [e["text"].split("\n")[0] for e in w.events("evidence")
            if "text" in e] == [str(os.nice(0))]
    assert not proofs(w, "its_tests")


def test_honest(w):
    """A new test that fails without the change proves it."""
    project(w, code=WRONG)
    w.write("tests/add.sh", "true\n")
    w.mock([calls(write("add.sh", RIGHT), write("tests/sum.sh", TEST),
                  done())])
    run(w, "--approve", "yes", "--require-proof", code=0)
    assert proofs(w) == [("its_tests", "running"), ("its_tests", "failed")], \
        w.events("proof")
    assert w.read("add.sh") == RIGHT
    assert [x["status"] for x in w.events("agent_end")[-1]["proofs"]] == \
        ["failed"]


def test_proves_nothing(w):
    """New tests that pass without the change are named, to the model with the
    decision; of an output that doesn't show them nothing is said."""
    project(w)
    for check, status in ((RUNS, "passed"), (RUNS.replace("echo", ":"),
                                             "none")):
        w.write("check.sh", check)
        m = w.mock([calls(write("add.sh", RIGHT + "# why\n"),
                          write("tests/sum.sh", TEST), done()),
                    {"text": "ok"}])
        c = protocol.start(w, task="go", plan="skip", test=CHECK,
                           test_by="flag")
        c.wait_event("proof", lambda e: e["status"] == status)
        p = c.wait_event("proposal")
        c.send(type="decide", proposal=p["seq"], version=1, all="yes",
               seen=True)
        c.wait_event("agent_end")
        c.send(type="say", text="go on")
        c.wait("an answer", lambda: m.requests()[1:])
        assert ("The tests that you added or changed also passed without" in json.dumps(
            m.requests()[1]["body"])) == (status == "passed")
        c.send(type="end")
        c.wait_eof()
        c.close()
        w.clean_project()
        project(w)


def test_told(w):
    """On a screen the model hears with your decision that your tests fail, and
    whether that is still to be mended."""
    for mark, told in (("yes", "as they were the check failed. The user "
                        "accepted yours in their place"),
                       ("no", "as they are the check failed. Change the "
                        "code so that these tests pass. Its output "
                        "ends:\\ntests/add.sh")):
        project(w)
        m = w.mock([CHEAT, {"text": "ok"}])
        c = protocol.start(w, task="go", plan="skip", test=CHECK,
                           test_by="flag")
        c.wait_event("proof", lambda e: e["which"] == "its_tests" and
                     e["status"] == "passed")
        p = c.wait_event("proposal")
        for f in p["files"]:
            c.send(type="mark", proposal=p["seq"], version=1,
                   hunk=f["hunks"][0]["id"], seen=True,
                   mark="yes" if f["path"] == "add.sh" else mark)
        c.write(p)
        c.wait_event("agent_end")
        c.send(type="say", text="go on")
        c.wait("an answer", lambda: m.requests()[1:])
        said = json.dumps(m.requests()[1]["body"])
        assert told in said, said
        c.send(type="end")
        c.wait_eof()
        c.close()
        w.clean_project()


def test_no_rule_accepts(w):
    """While your tests fail, no rule accepts what was checked with others, however
    often the model calls done: the run waits, and says which proof failed."""
    project(w, check=PYTEST)
    w.write("tests/test_a.py", "1 2 = 3\n")
    w.write("note.txt", "one\n")
    m = w.mock([calls(write("add.sh", WRONG), write("note.txt", "two\n"),
                      write("tests/test_a.py", "1 2 = -1\n"), done()),
                done(summary="the test was wrong")])
    r = run(w, "--approve", "yes", "--output", w.path("o.json"))
    words = b"failed once with your tests as they are (1 failed)"
    assert b"note: not accepted: the check " + words in r.stdout, r.stdout
    assert b"\n  check: %s: passed (set by --test)\n  proof: %s\n" % (
        CHECK.encode(), words) in r.stdout, r.stdout
    assert len(m.requests()) == 2 and not w.events("decision")
    with open(w.path("o.json")) as f:
        out = json.load(f)
    assert out["outcome"] == "waiting" and out["modified_files"] == [], out
    assert [(x["which"], x["status"], x["words"]) for x in out["proofs"]][0] \
        == ("your_tests", "failed", "1 failed"), out["proofs"]
    assert w.read("add.sh") == RIGHT and w.read("note.txt") == "one\n"
    w.run("decide", "--accept", "all", code=0)
    assert w.read("add.sh") == WRONG
    # Nor where another check than yours says that they pass.
    w.write("add.sh", RIGHT)
    w.write("tests/test_a.py", "1 2 = 3\n")
    w.mock([calls(write("add.sh", WRONG), write("tests/test_a.py", "1 2 = -1\n"),
                  write("check.sh", PYTEST + "# faster\n"), done())])
    r = run(w, "--approve", "yes")
    assert b"note: not accepted: the check itself was changed" in r.stdout, r
    assert w.read("add.sh") == RIGHT
    w.run("decide", "--accept", "none")
    # Nor before they have run, where somebody may be there.
    w.write("add.sh", RIGHT)
    w.write("tests/test_a.py", "1 2 = 3\n")
    w.mock([calls(write("add.sh", WRONG), write("note.txt", "three\n"),
                  write("tests/test_a.py", "1 2 = -1\n"), done())])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag",
                       approve="small")
    c.wait_status("3 of 3 hunks to review")
    assert proofs(w)[-1] == ("its_tests", "failed"), w.events("proof")
    assert not w.events("decision") and w.read("note.txt") == "two\n"
    c.close_and_wait()


def test_told_at_once(w):
    """Or at your word: the model goes on, and its changes stay open."""
    project(w)
    m = w.mock([CHEAT, calls(write("add.sh", RIGHT + "#\n"), done())])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag")
    c.wait_event("proof", lambda e: e["status"] == "passed")
    c.wait_status("2 of 2 hunks to review")
    c.send(type="evidence", tell=True)
    p = c.wait_event("proposal", lambda e: e["version"] == 2)
    said = json.dumps(m.requests()[1]["body"])
    assert "not done yet: with the user's tests as they are" in said, said
    assert [f["path"] for f in p["files"]] == ["tests/add.sh", "add.sh"]
    c.wait_event("proof", lambda e: e["version"] == 2 and
                 e["status"] == "passed" and e["which"] == "your_tests")
    assert [e.get("returned") for e in w.events("proof")
            if e["status"] == "failed"] == [None, True]
    assert not w.events("decision")
    # Now there is nothing to tell.
    c.wait_status("2 of 2 hunks to review")
    c.send(type="evidence", tell=True)
    c.wait("a refusal", lambda: [
        x for x in c.lines if x.get("to") == "evidence" and
        "didn't fail" in x["text"]])


def test_closed(w):
    """Somebody writes the same into the file while one runs: there is nothing to
    prove."""
    project(w, check=RUNS + "grep -q true tests/add.sh || exec sleep 1000\n")
    changed = "true\n" + TEST
    w.mock([calls(write("tests/add.sh", changed), done()), {"text": "hm"}])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag")
    c.wait_event("proof", lambda e: e["status"] == "running")
    c.wait_status("1 of 1 hunk to review")
    w.write("tests/add.sh", changed)
    c.send(type="say", text="look again")
    c.wait_event("proposal", lambda e: not e["files"])
    c.wait("the end", lambda: "proof" not in os.listdir(w.session_dir()))
    assert proofs(w) == [("your_tests", "running")], w.events("proof")


def aside(w):
    """How many files the copies have that are still to be removed."""
    top = w.session_dir()
    return sum(len(files) for name in os.listdir(top)
               if name.startswith(".gone-")
               for _, _, files in os.walk(os.path.join(top, name)))


def test_many_files(w):
    """On a screen the model's proposal is there before them, and a decision ends
    them. It doesn't wait until what a check has made in its copy is removed:
    another process does that. If it was killed, the next core starts it again."""
    project(w, check=RUNS + "grep -q true tests/add.sh || { mkdir many && "
            "seq 2000 | (cd many && xargs touch) && echo many; "
            "exec sleep 1000; }\n")
    w.mock([calls(write("tests/add.sh", "true\n" + TEST), done())])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag")
    c.wait_event("proof", lambda e: e["status"] == "running")
    c.wait_status("1 of 1 hunk to review")
    top = w.session_dir()
    left = c.wait("it hangs", lambda: list(harness.running("sleep")))
    fd = os.open(top, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)      # that process waits for this
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")
    assert proofs(w) == [("your_tests", "running"), ("your_tests", "stopped")]
    assert w.events("applied") and "proof" not in os.listdir(top)
    assert w.read("tests/add.sh") == "true\n" + TEST
    assert aside(w) >= 2000, os.listdir(top)
    protocol.kill(w, c)
    harness.wait_until("its end", lambda: not set(left) &
                       set(harness.running("sleep")))
    assert harness.running("assent-remove")

    def ended():
        """The one that began last may have left its parent only now."""
        for pid in harness.running("assent-remove"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return not harness.running("assent-remove")
    harness.wait_until("its end", ended)
    os.close(fd)
    assert aside(w) >= 2000, os.listdir(top)
    c = protocol.resume(w)
    c.wait("the removal", lambda: not any(n.startswith(".gone-")
                                          for n in os.listdir(top)))


def test_interrupt(w):
    """It ends them, also in exec, which waits for them. A decision that needs one
    starts it and waits."""
    project(w, check=RUNS + "grep -q true tests/add.sh || test -e go || "
            "exec sleep 1000\n")
    w.mock([calls(write("tests/add.sh", "true\n" + TEST), done())])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag",
                       mode="exec")
    c.wait_event("proof", lambda e: e["status"] == "running")
    assert not c.event_list("agent_end")
    c.send(type="interrupt")
    c.wait_event("agent_end")
    assert proofs(w) == [("your_tests", "running"), ("your_tests", "stopped")]
    assert "proof" not in os.listdir(w.session_dir())
    c.close_and_wait()
    w.write("go", "")
    r = w.run("decide", "--accept", "all", "--require-proof", code=0)
    assert r.stderr == b"running the check with your tests as they are\n", r
    assert proofs(w, "your_tests")[2:] == ["running", "passed"], proofs(w)
    assert w.read("tests/add.sh") == "true\n" + TEST


def leave(w):
    """A session that was left, whose proofs go on at harness.sign, beside a
    command in the background."""
    project(w, check="grep -q true tests/add.sh || { until %s; do sleep 0.05; "
            "done; cat /proc/net/tcp; }\n" % harness.signed(w) + RUNS)
    w.write("sign.txt", "")
    w.mock([calls(call("bash", background=True, command="exec python3 -c '"
                       "import socket, time; s = socket.socket(); s.bind(("
                       "\"127.0.0.1\", 4660)); s.listen(); time.sleep(1000)'"),
                  CHEAT)])
    w.run("--detach", "--plan", "skip", "--test", CHECK, "go", code=0)
    harness.wait_until("a proof", lambda: w.events("proof"))


def ended(w):
    harness.wait_until("its end", lambda: not [
        x for x in json.loads(w.run("ls", "--json").stdout)["sessions"]
        if x["alive"]])


def test_left(w):
    """They run to their end while nobody is there, and then the process ends. A
    background command keeps them from nothing: they have a network of their
    own."""
    leave(w)
    w.run("wait", "--timeout", "1", code=124)
    harness.sign(w)
    w.run("wait", code=5)
    assert proofs(w) == BEGUN + [("your_tests", "failed"),
                                 ("its_tests", "passed")], w.events("proof")
    text = last(w, "your_tests")["text"]
    assert "local_address" in text and ":1234" not in text, text
    w.verify()


def test_decided_meanwhile(w):
    """A decision that waits for one is told what another decided."""
    leave(w)
    p = w.start("decide", "--accept", "all", "--require-proof")
    assert p.stderr.readline() == \
        b"running the check with your tests as they are\n"
    other = w.start("decide", "--accept", "none")
    harness.wait_until("its decision", lambda: w.events("decision"))
    harness.sign(w)     # the check runs again, on what is left
    out, err = p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode in (1, 5) and b"nothing was changed: " in err, (out, err)
    other.communicate(timeout=harness.DEADLINE_S)
    assert w.read("add.sh") == RIGHT and w.read("tests/add.sh") == TEST
    ended(w)


def test_killed(w):
    """The core dies while one runs: nothing of it is left, and it runs again."""
    project(w, check=RUNS + "grep -q true tests/add.sh || test -e go || "
            "exec sleep 1000\n")
    w.mock([calls(write("tests/add.sh", "true\n" + TEST),
                  write("add.sh", RIGHT + "#\n"), done())])
    c = protocol.start(w, task="go", plan="skip", test=CHECK, test_by="flag")
    c.wait_event("proof", lambda e: e["status"] == "running")
    c.wait_status("2 of 2 hunks to review")
    left = c.wait("it hangs", lambda: list(harness.running("sleep")))
    protocol.kill(w, c)
    w.write("go", "")
    c = protocol.resume(w)
    c.wait("its end", lambda: not set(left) & set(harness.running("sleep")))
    c.wait_event("proof", lambda e: e["which"] == "its_tests" and
                 e["status"] == "passed")
    assert proofs(w) == BEGUN * 2 + [
        ("your_tests", "passed"), ("its_tests", "passed")], w.events("proof")
    c.wait_status("2 of 2 hunks to review")
    assert "proof" not in os.listdir(w.session_dir())


def test_hostile(w):
    """What it writes is in no proposal and in no later run; nor does it learn
    that it runs again."""
    project(w, check=RUNS + "test ! -e left || exit 7\necho x >left\n"
            "echo x >tests/new.sh; echo '#' >>add.sh\necho x >/tmp/left\n")
    w.mock([calls(write("tests/add.sh", TEST + "true\n"), done())])
    run(w)
    assert proofs(w, "your_tests") == ["running", "passed"], w.events("proof")
    assert [f["path"] for f in w.events("proposal")[-1]["files"]] == \
        ["tests/add.sh"]
    assert not os.path.exists(os.path.join(w.project, "left"))


def test_of_the_copy(w):
    """A check that fails in any copy, such as for lack of a file in the sandbox's
    home, says nothing about the tests."""
    project(w, check=RUNS + "test -e ~/made\n")
    w.mock([calls(write("tests/add.sh", "true\n"), harness.bash("touch ~/made"),
                  done())])
    run(w)
    assert proofs(w) == [("your_tests", "running"), ("your_tests", "none")]
    assert last(w, "your_tests")["reason"] == \
        "in a clean copy the check fails with all changes, too"
    # With that name the review's row isn't dim.
    assert last(w, "your_tests")["files"] == [{"path": "tests/add.sh"}]


def test_settings(w):
    """`off`: none. `auto`: not after a long check; `on`: always."""
    project(w)
    for setting, want in (("off", []), ("on", ["running", "failed"])):
        w.mock([CHEAT, done()])
        run(w, env={"ASSENT_PROOFS": setting})
        assert proofs(w, "your_tests") == want, w.events("proof")
        w.clean_project()
        project(w)


def test_required(w):
    """Nothing is accepted unless the user's tests passed on it: by a rule, by
    `decide`, by `apply`."""
    project(w)
    w.mock([CHEAT, done()])
    r = run(w, "--require-proof", "--approve", "yes")
    assert b"not accepted (--require-proof): the check failed with " \
        b"your tests as they are" in r.stdout, r
    assert w.read("add.sh") == RIGHT and not w.events("decision")
    assert w.events("agent_end")[-1]["outcome"] == "waiting"
    r = w.run("decide", "--accept", "1", "--require-proof", code=5)
    assert b"nothing was changed: --require-proof: the check failed" \
        in r.stderr, r
    w.run("decide", "--accept", "all", code=0)
    assert w.read("add.sh") == WRONG
    w.clean_project()
    project(w)
    # No proof, no acceptance; where no test changes, none is needed.
    w.mock([CHEAT])
    run(w, "--require-proof", "--approve", "yes",
        env={"ASSENT_PROOFS": "off"})
    r = w.run("decide", "--accept", "all", "--require-proof", code=5)
    assert r.stderr.endswith(b"nothing was changed: proofs is off\n"), r
    w.mock([calls(write("add.sh", RIGHT + "#\n"), done())])
    run(w, "--require-proof", "--approve", "yes", code=0)
    assert not proofs(w)
    w.clean_project()
    project(w)
    # It is about all changes: for a part of them it says nothing.
    w.write("note.md", "one\n")
    w.repository()
    w.mock([calls(write("add.sh", RIGHT + "#\n"), write("tests/add.sh", TEST +
                                                        "#\n"),
                  write("note.md", "one\ntwo\n"), done())])
    r = run(w, "--require-proof", "--approve", "small")
    assert last(w, "your_tests")["status"] == "passed"
    part = b"passed with your tests as they are on all changes together; " \
        b"accept all of them"
    assert b"not accepted (--require-proof): the check " + part \
        in r.stdout, r.stdout
    r = w.run("decide", "--accept", "add.sh=1", "--require-proof", code=5)
    assert part in r.stderr and not w.events("decision"), r
    w.run("decide", "--accept", "all", "--require-proof", code=0)
    assert w.read("add.sh") == RIGHT + "#\n"
    w.clean_project()
    project(w)
    patch = "--- a/%s\n+++ b/%s\n@@ -1 +1,2 @@\n %s+#\n"
    for path, text, code in (("tests/add.sh", TEST, 5), ("check.sh", RUNS, 0)):
        w.write("x.patch", patch % (path, path, text))
        for how in (("--accept", "all"), ("--approve", "yes")):
            r = w.run("review", "x.patch", "--require-proof", *how)
            assert r.returncode == code, (path, how, r)
            assert (w.read(path) != text) == (code == 0), path
            w.write(path, text)


def test_of_the_models_check(w):
    """A check that the model suggested, and nobody approved, proves nothing."""
    project(w)
    w.mock([calls(harness.call("plan", goal="g", steps=[{"title": "s"}],
                               check="cat tests/*"), CHEAT, done(1)), done()])
    r = w.run("exec", "--plan", "auto", "--approve", "yes", "--require-proof",
              "go", code=5)
    assert last(w, "your_tests")["status"] == "passed"
    assert b"not accepted (--require-proof): the check is one that " \
        b"the model suggested" in r.stdout, r.stdout
    assert w.read("add.sh") == RIGHT


def test_none(w):
    """Why there is no proof: the check changes, code and tests are in one file, a
    host was used."""
    project(w)
    rust = "fn a() {}\n#[cfg(test)]\nmod t { fn b() { %s } }\n"
    w.write("lib.rs", rust % "1")
    w.mock([calls(write("check.sh", "exit 0\n"), write("lib.rs", rust % "2"),
                  done())])
    r = run(w, "--require-proof", "--approve", "yes")
    e = last(w, "your_tests")
    assert (e["status"], e["reason"]) == (
        "changed", "check.sh"), e
    assert proofs(w, "your_tests") == ["changed"]
    assert b"the check itself was changed" in r.stdout, r.stdout
    assert b"in check.sh: changes the check itself\n" in w.run(
        "show").stderr
    w.mock([calls(write("lib.rs", rust % "2"), done())])
    r = run(w, "--require-proof", "--approve", "yes")
    e = last(w, "your_tests")
    assert e["reason"] == "lib.rs has code and tests in one file", e
    assert b"lib.rs has code and tests in one file" in r.stdout, r
    w.mock([calls(write("lib.rs", "// code\n" + rust % "1"), done())])
    run(w, "--require-proof", "--approve", "yes", code=0)
    assert not proofs(w)


def test_other_levels(w):
    """Without namespaces there is none, and the reason is known."""
    harness.need_sandbox(w)
    wrap = harness.need_deny()
    w.write("check.sh", RUNS)
    w.write("add.sh", RIGHT)
    w.write("tests/add.sh", TEST)
    if harness.level(w, wrap) not in "BC":
        raise harness.Skip("no other level")
    w.mock([CHEAT])
    w.run("exec", "--plan", "skip", "--test", CHECK, "go", wrap=wrap, code=5)
    assert [(e["status"], e["reason"]) for e in w.events("proof")] == [
        ("none", "that needs a sandbox of level A or B")] * 2, w.events("proof")


def test_level_b(w):
    """There each run has a copy of the files, if they are few; what is built is
    as new there as it has to be."""
    project(w)
    sub = os.path.join(w.project, "sub")
    os.mkdir(sub)
    wrap = harness.with_mount((sub, "size=1m"))
    w.write(".gitignore", "*.out\nsub\n")
    w.write("Makefile", "check: t.out\n\tgrep -q 3 t.out\n\tsh check.sh\n"
            "t.out: add.sh tests/args\n\tsh add.sh $$(cat tests/args) >$@\n")
    w.write("tests/args", "1 2\n")
    w.repository()
    if harness.level(w, wrap) != "B":
        raise harness.Skip("no level B")
    w.mock([calls(write("add.sh", WRONG), write("tests/args", "5 2\n"),
                  write("tests/add.sh", "true\n"), done()), done()])
    w.run("exec", "--plan", "skip", "--test", "make check", "go", wrap=wrap,
          code=5)
    assert proofs(w) == BEGUN + [("your_tests", "failed"),
                                 ("its_tests", "failed")], w.events("proof")
    assert "proof" not in os.listdir(w.session_dir())
    for i in range(501):
        w.write("many/%d" % i, "")
    w.mock([calls(write("add.sh", WRONG), write("tests/args", "5 2\n"),
                  write("tests/add.sh", "true\n"), done()), done()])
    w.run("exec", "--plan", "skip", "--test", "make check", "go", wrap=wrap,
          code=5)
    assert last(w, "your_tests")["reason"] == "there is too much to copy"


def test_network(w):
    """Not after a check that used a host; also if its result is that of a call of
    run_tests."""
    quiet = type("quiet", (http.server.BaseHTTPRequestHandler,),
                 {"log_message": lambda *args: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = "127.0.0.1:%d" % server.server_port
    curl = "curl -s --noproxy '' http://%s/ || :\n" % at
    if shutil.which("curl", path="/usr/bin") is None:
        raise harness.Skip("there is no curl")
    for tests in (False, True):
        project(w, check=RUNS + curl)
        w.mock([calls(write("add.sh", WRONG), write("tests/add.sh", "true\n"),
                      *[call("run_tests")] * tests, done())])
        run(w, "--net", at)
        assert bool([e for e in w.events("evidence")
                     if e["status"] == "running"]) != tests
        e = last(w, "your_tests")
        assert (e["status"], e["reason"]) == (
            "none", "the check has used the network"), e
        w.clean_project()
    # A call without a host that counts after one with a host that didn't.
    project(w, check=RUNS + "test -e off || " + curl)
    w.mock([calls(write("tests/add.sh", TEST + "true\n"), call("run_tests"),
                  write("off", ""), call("run_tests"), done())])
    run(w, "--net", at)
    assert proofs(w, "your_tests") == ["running", "passed"], w.events("proof")
    server.shutdown()
    server.server_close()


def test_own_lines(w):
    """Of a Makefile only what the check's target leads to is the check."""
    project(w)
    rules = "check:\n\tsh check.sh\nlint:\n\t%s\n"
    w.write("Makefile", rules % "lint")
    w.mock([calls(write("Makefile", rules % "lint -q"),
                  write("add.sh", WRONG), write("tests/add.sh", "true\n"),
                  done()), done()])
    run(w, check="make check")
    assert proofs(w, "your_tests") == ["running", "failed"], w.events("proof")
    w.mock([calls(write("Makefile", "check:\n\ttrue\n"),
                  write("add.sh", WRONG), write("tests/add.sh", "true\n"),
                  done())])
    run(w, check="make check")
    assert proofs(w, "your_tests") == ["changed"], w.events("proof")


def test_make(w):
    """A file put back is newer than what was built from the other one."""
    project(w)
    w.write(".gitignore", "*.out\n")
    w.repository()
    w.write("Makefile", "check: t.out\n\tgrep -q 3 t.out\n"
            "t.out: add.sh tests/args\n\tsh add.sh $$(cat tests/args) >$@\n")
    w.write("tests/args", "1 2\n")
    w.mock([calls(write("add.sh", WRONG), write("tests/args", "5 2\n"),
                  done()), done()])
    run(w, check="make check")
    assert proofs(w) == BEGUN + [("your_tests", "failed"),
                                 ("its_tests", "failed")], w.events("proof")


def test_hidden(w):
    """What a command left in files that git ignores, which no review shows, lets
    no proof pass: the runner's own settings, a product with a time to come, a
    cache that doesn't look at its source."""
    for check, answer in (
            (CHECK, harness.bash("echo exit 0 >local.cfg")),
            ("make -s check", harness.bash("mkdir build; echo 3 >build/out; "
                                           "touch -d '+1 day' build/out")),
            ("python3 -m unittest discover -t . tests", harness.bash(
                "python3 -c \"import py_compile as p; p.compile('tests/test_a.py'"
                ", invalidation_mode=p.PycInvalidationMode.UNCHECKED_HASH)\""))):
        project(w, check=". ./local.cfg\n" + RUNS)
        w.write(".gitignore", "*.cfg\nbuild/\n__pycache__/\n")
        w.write("local.cfg", "")
        w.write("Makefile", "check: build/out\n\tgrep -q 3 build/out\n"
                "build/out: add.sh tests/args\n\tmkdir -p build\n"
                "\tsh add.sh $$(cat tests/args) >$@\n")
        w.write("tests/args", "1 2\n")
        w.write("tests/__init__.py", "")
        test = "import os, unittest\nclass T(unittest.TestCase):\n" \
            "    def test(self):\n" \
            "        assert os.popen('sh add.sh 1 2').read() == '3\\n'\n"
        w.write("tests/test_a.py", test)
        w.repository()
        w.mock([calls(write("add.sh", WRONG), write("tests/args", "5 2\n"),
                      write("tests/add.sh", "true\n"),
                      write("tests/test_a.py", test.replace("'3", "'-1")),
                      answer, done()), done()])
        r = run(w, "--require-proof", "--approve", "yes", check=check)
        assert proofs(w, "your_tests") == ["running", "failed"], (check, r)
        assert w.read("add.sh") == RIGHT
        w.clean_project()


def test_products(w):
    """What a hook built is there, what the model's commands built isn't:
    then the check may fail in the copy with all changes, too, and nothing is
    said of the tests."""
    for setup, command, want in (("echo >dep.o", "true", "passed"),
                                 ("true", "echo >dep.o", "none")):
        project(w, check=RUNS + "test -e dep.o\n")
        w.write(".gitignore", "*.o\n")
        w.repository()
        w.mock([calls(harness.bash(command), write("tests/add.sh", TEST * 2),
                      write("add.sh", RIGHT + "#\n"), done())])
        c = protocol.start(w, task="go", plan="skip", test=CHECK,
                           test_by="flag", hooks=[{
                               "event": "session_start", "name": "setup",
                               "command": setup}])
        e = c.wait_event("proof", lambda e: e["which"] == "its_tests" and
                         e["status"] != "running")
        assert e["status"] == want, w.events("proof")
        assert proofs(w, "your_tests") == ["running", want]
        assert e.get("reason") == (None if want == "passed" else "in a clean "
                                   "copy the check fails with all changes, too")
        c.close_and_wait()
        w.clean_project()


def test_not_read(w):
    """A check that reads no test, such as one that only runs what was built
    before, says nothing about the tests."""
    project(w, check="sh out.o\n")
    w.write(".gitignore", "*.o\n")
    w.write("out.o", "true\n")
    w.repository()
    w.mock([calls(write("add.sh", WRONG), write("tests/add.sh", "true\n"),
                  done())])
    r = run(w, "--require-proof", "--approve", "yes")
    e = last(w, "your_tests")
    if e["status"] == "passed" and os.statvfs(w.root).f_flag & os.ST_NOATIME:
        raise harness.Skip("no access times here")
    assert (e["status"], e["reason"]) == (
        "none", "the check passes, but didn't read them"), e
    assert w.read("add.sh") == RIGHT, r


harness.main(globals())
