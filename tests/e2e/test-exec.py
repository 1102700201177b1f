"""exec on a real project with a scripted model over real HTTP."""

import json
import os
import shutil
import signal
import subprocess

import harness
from messages import msg
import protocol

PLAN = {"goal": "make greet say hello", "files": ["greet.sh"],
        "steps": [{"title": "fix the word"}], "risks": []}
FIX = {"path": "greet.sh", "old_string": "echo helo", "reason": "a typo",
       "new_string": "echo hello"}
GREET = "#!/bin/sh\necho helo\n"
CHECK = "#!/bin/sh\ntest \"$(sh ./greet.sh)\" = hello && echo '1 passed'\n"


def project(w):
    w.write("greet.sh", GREET, 0o755)
    w.write("check.sh", CHECK, 0o755)
    w.write("other.txt", "one\ntwo\n")
    w.repository()


def answers(*middle, plan=PLAN):
    out = []
    if plan:
        out.append({"text": "I plan.", "calls": [
            {"name": "plan", "args": plan}]})
    return out + list(middle) + [
        harness.done(*([1] if plan else []), summary="fixed the word")]


def test_yes_applies_and_proves(w):
    harness.need_sandbox(w)
    project(w)
    m = w.mock(answers(
        {"calls": [{"name": "read", "args": {"path": "greet.sh"}},
                   {"name": "grep", "args": {"pattern": "helo"}}]},
        {"calls": [{"name": "edit", "args": FIX}]},
        {"calls": [{"name": "run_tests", "args": {}}]}))
    before = harness.tree(w.project)
    w.run("exec", "--approve", "yes", "--test", "sh check.sh",
          "--output", w.path("out.json"), "fix the greeting", code=0)
    after = harness.tree(w.project)
    want = dict(before)
    want["greet.sh"] = ("file", 0o755, b"#!/bin/sh\necho hello\n")
    assert after == want, after
    out = json.loads(w.read(w.path("out.json")))
    assert out["modified_files"] == ["greet.sh"], out
    assert out["check"] == {"command": "sh check.sh", "by": "flag",
                                "exit": 0}, out
    assert out["outcome"] == "done" and out["proposed"] == [], out
    assert (out["decided"], out["rejected"]) == (1, 0), out
    assert "+echo hello" in out["patch"] and "-echo helo" in out["patch"]
    assert out["tokens"]["in"] > 0
    # The model saw what it read; its tools are the same in every phase.
    reqs = m.requests()
    names = [sorted(t["function"]["name"] for t in q["body"]["tools"])
             for q in reqs]
    assert {"edit", "plan", "step_done", "run_tests"} < set(names[0]), names
    assert all(n == names[0] for n in names), names
    assert any("echo helo" in (msg.get("content") or "")
               for msg in reqs[2]["body"]["messages"]
               if msg["role"] == "tool"), reqs[2]


def test_ask_without_terminal_keeps_the_proposal(w):
    project(w)
    w.mock(answers({"calls": [{"name": "edit", "args": FIX}]}))
    before = harness.tree(w.project)
    r = w.run("exec", "fix the greeting", code=5)
    assert b"+echo hello" in r.stdout, r.stdout
    assert ("assent resume " + w.sessions()[0]).encode() in r.stderr
    assert b"waiting" in w.run("ls").stdout
    assert harness.tree(w.project) == before
    assert w.events("proposal") and not w.events("applied")
    for words in ("log",), ("log", "--md"):
        text = w.run(*words).stdout.decode()
        assert "waiting for you\n" in text and "ended\n" not in text, text
    # One name for who decided.
    text = w.run("decide", "--accept", "all", code=0).stdout.decode()
    assert "by you, without a terminal\n" in text, text
    assert "no tty" not in text + w.run("log").stdout.decode(), text


def test_all_rejected_is_5(w):
    """Though the check passes, nothing of the task is left."""
    project(w)
    w.mock(answers({"calls": [{"name": "edit", "args": FIX}]}))
    w.run("exec", "--test", "true", "fix the greeting", code=5)
    w.run("decide", "--accept", "none", code=5)
    end = w.events("agent_end")[-1]
    assert (end["outcome"], end["exit"]) == ("refused", 5), end
    assert (end["decided"], end["rejected"]) == (1, 1), end


def test_unproven_is_3_and_model_check_does_not_count(w):
    project(w)
    w.mock(answers({"calls": [{"name": "edit", "args": FIX}]},
                   plan=dict(PLAN, check="true")))
    r = w.run("exec", "--approve", "yes", "fix the greeting", code=3)
    assert b"though the check passed: true (" in r.stderr, r.stderr
    assert w.events("agent_end")[0]["check"]["by"] == "model"
    assert w.read("greet.sh").endswith("echo hello\n")


def breaks(w, approve, *args, check="! grep -q hello *.c", retries=0,
           middle=()):
    """A run whose change breaks the check."""
    w.clean_project()
    project(w)
    w.write("greet.c", "helo\n")
    w.git("add", ".")
    w.git("commit", "-qm", "greet.c")
    w.mock(answers({"calls": [{"name": "edit", "args": {
        "path": "greet.c", "old_string": "helo", "new_string": "hello"}}]},
                   *middle, plan=None), config={"check_retries": retries})
    r = w.run("exec", "--plan", "skip", "--approve", approve, "--test", check,
              "--output", w.path("o"), *args, "fix the greeting")
    return r, json.loads(w.read(w.path("o")))


def test_what_fails_the_check_waits(w):
    """No rule accepts what the check didn't pass with: nothing of it is written
    or committed, whatever else was asked for; it waits, and can be decided."""
    harness.need_sandbox(w)
    for args, code in (((), 3), (("--rollback",), 3), (("--require-proof",), 5),
                       (("--commit", "task"), 3),
                       (("--commit", "decision"), 3)):
        for approve in "yes", "small":
            r, out = breaks(w, approve, *args)
            case = approve, args, r, out
            assert r.returncode == out["exit"] == code, case
            assert w.read("greet.c") == "helo\n", case
            assert w.git("log", "-1", "--format=%s") == "greet.c\n", case
            assert not w.events("decision") and out["proposed"] == \
                ["greet.c"] and out["modified_files"] == [], case
            assert out["not_written"] == [{
                "path": "greet.c", "why": "open: the check didn't pass"}], case
            assert out["check"]["exit"] == 1 and not out["rolled_back"], case
            assert out["outcome"] == ("unproven" if code == 3 else
                                      "waiting"), case
            assert r.stdout.count(b"not accepted: the check didn't pass") == 1, r
            said = r.stderr.decode().split("\n")
            assert "waiting for your review: assent resume" in said[-2], r
            assert ("the check failed: ! grep" in said[0]) == (code == 3), r
            told = w.events("tool_result")[-1]["text"]
            assert (told == "noted; the check didn't pass, so what isn't "
                    "written yet waits for the user's review") == (
                        code == 3), told
            assert b"1 hunk" in w.run("inbox").stdout
            w.verify()
    w.run("decide", "--accept", "all", code=3)
    assert w.read("greet.c") == "hello\n"


def test_what_failed_before_waits(w):
    """Also if the check fails without the change, too, or is killed."""
    harness.need_sandbox(w)
    for check in "false", "kill -9 $$":
        r, out = breaks(w, "yes", check=check)
        assert r.returncode == 3 and not w.events("decision"), r
        assert w.read("greet.c") == "helo\n" and out["proposed"], out


def test_what_is_mended_is_written(w):
    """The model gets what the check printed; what it mends then is written."""
    harness.need_sandbox(w)
    mend = {"calls": [{"name": "edit", "args": {
        "path": "greet.c", "old_string": "hello", "new_string": "hullo"}}]}
    for approve in "yes", "small":
        r, out = breaks(w, approve, retries=1, middle=(harness.done(), mend))
        assert r.returncode == 0 and w.read("greet.c") == "hullo\n", r
        assert len(w.events("decision")) == 1 and out["not_written"] == [], out


def test_an_answer_is_not_called_done(w):
    """The outcome doesn't depend on what the model says it did; only a few
    rows precede the task."""
    w.mock([{"text": "Two lines are in capitals.\nReally."}])
    r = w.run("exec", "--plan", "skip", "go", code=0)
    out = r.stdout.decode()
    assert "\nnothing changed\n| Two lines are in capitals.\n" \
        "| Really.\n" in out and "done" not in out, out
    head = out[:out.index("\n> go")].strip().split("\n")
    assert head[0].startswith("session "), head
    assert head[1].startswith("model mock/m \u00b7 "), head
    assert out.count("no plan (--plan skip)") == 1 and "plan skip (" not in \
        out, out
    if harness.level(w) == "A":
        assert len(head) == 3 and head[1].endswith("sandboxed, no network"), \
            head


def test_plan_require_without_terminal_is_5(w):
    project(w)
    w.mock([{"calls": [{"name": "plan", "args": PLAN}]}])
    r = w.run("exec", "--plan", "require", "x", code=5)
    assert b"make greet say hello" in r.stdout


def test_no_writing_tools_while_planning(w):
    harness.need_sandbox(w)
    project(w)
    m = w.mock([
        {"calls": [{"name": "write", "args": {"path": "evil", "content": ""}},
                   {"name": "bash", "args": {
                       "command": "echo x > scratch; ls scratch"}}]},
        harness.done(1),
        {"calls": [{"name": "plan", "args": PLAN}]},
        {"calls": [{"name": "bash", "args": {"command": "ls; true"}}]},
        harness.done(1)])
    w.run("exec", "--approve", "yes", "x", code=0)
    results = w.events("tool_result")
    assert results[0]["ok"] is False and "plan" in results[0]["text"]
    assert results[1]["ok"] is True and "scratch" in results[1]["text"]
    assert "changes before an approved plan aren't kept" in \
        results[1]["note"], results[1]
    assert not results[2]["ok"], results[2]
    listing = [x for x in results if x["name"] == "bash"][1]["text"]
    assert "scratch" not in listing and "evil" not in listing, listing
    assert len(m.requests()) == 5


def test_a_question_while_planning(w):
    """Nobody can answer it in exec, and the model is told so."""
    project(w)
    m = w.mock([{"text": "Which word do you mean?"}] + answers(
        {"calls": [{"name": "edit", "args": FIX}]}))
    w.run("exec", "--approve", "yes", "--plan", "auto", "x", code=0)
    last = m.requests()[1]["body"]["messages"][-1]["content"]
    assert "Nobody can answer a question in this run: decide yourself, and " \
        "state the assumption." in str(last), last


def test_a_question(w):
    """It isn't the end of a run in which nobody answers; the second one is."""
    project(w)
    ask = {"text": "Two ways are possible.\n\nWhich **one**?\nA or B?\n"}
    m = w.mock([ask, {"calls": [{"name": "edit", "args": FIX}]}, ask])
    w.run("exec", "--approve", "yes", "--plan", "skip", "--test", "true", "x",
          code=0)
    told = str(m.requests()[1]["body"]["messages"][-1])
    assert "[assent] Nobody answers here: choose, say what you assumed" in \
        told, told
    assert len(m.requests()) == 3
    m = w.mock([{"text": "Why?\n\nBecause of the name."}])
    w.run("exec", "--plan", "skip", "x", code=0)
    assert len(m.requests()) == 1


def test_what_kind_of_run(w):
    """"Where you work" says it, and only what may change files has rules for
    edits; a run without a user isn't asked to write what only they accept."""
    def sent(*args):
        # Without a plan it is asked for one.
        m = w.mock([{"text": "ok"}] * (2 if "auto" in args else 1))
        w.run("exec", *args, "x")
        messages = m.requests()[0]["body"]["messages"]
        run, = [line for x in messages for line in str(
            x["content"]).replace("\\n", "\n").split("\n")
            if line.startswith("- This run: ")]
        return str(messages[0]["content"]), run[len("- This run: "):]
    nobody = "; nobody answers: choose instead of asking, and say what you " \
        "assumed"
    prompt, run = sent("--plan", "skip", "--approve", "yes")
    assert run == "accepted without the user: every change except to " \
        "protected paths, weakened tests, what fails the check and more " \
        "than 3 binaries in a folder" + nobody, run
    assert "Keep the diff small" in prompt and "memory.md" not in prompt
    prompt, run = sent("--plan", "auto")
    assert run == "the user reviews your changes after each plan step and at " \
        "the end; the plan counts as approved" + nobody, run
    assert "may follow `plan` in the same answer" in prompt, prompt
    assert "Ask " not in prompt and "plan" in prompt, prompt
    run = sent("--profile", "review", "--test", "true")[1]
    assert run == "nothing is changed, your answer is the result" + nobody, run
    assert w.events("environment")[0]["text"].count(
        "`true` (set by the user; run_tests runs it)\n") == 1
    w.mock([{"text": "ok"}])
    c = protocol.start(w, task="x", plan="require")
    c.wait_event("assistant_message")
    text, = [e["text"] for e in w.events("environment")]
    assert "- This run: the user reviews your changes after each plan step " \
        "and at the end; the user approves the plan, edits it or sends it " \
        "back; ask only what changes the work and can't be found out: in " \
        "plain text, without a tool\n" in text, text


def test_json_is_the_journal(w):
    project(w)
    w.mock(answers({"calls": [{"name": "edit", "args": FIX}]}))
    r = w.run("exec", "--approve", "yes", "--json", "x", code=0)
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    assert lines == w.events(), lines


def test_links_of_the_project(w):
    """A link that the repository brings, or the model makes, is replaced by what is
    written at its name, and nothing is read by one."""
    harness.need_sandbox(w)
    project(w)
    own = w.write(".profile", "mine", base=w.home)
    outputs = {"--output": "r.json", "--patch-out": "p"}
    for name in outputs.values():
        os.symlink(own, os.path.join(w.project, name))
    os.symlink(w.path("home", "new"), os.path.join(w.project, "dangling"))
    os.symlink(w.home, os.path.join(w.project, "dir"))
    for args in (["--output", "dir/.profile", "x"], ["--task-file", "r.json"],
                 ["--input", "x=@r.json", "x"],
                 ["--input", "x=@dir/.profile", "x"]):
        r = w.run("exec", *args)
        assert r.returncode == 2 and b"by one; name what" in r.stderr, r
    ln = harness.bash("ln -s greet.sh made.json")
    m = w.mock([ln, harness.done()] + [harness.done()] * 4,
               config={"plan": "skip"})
    flags = [word for pair in outputs.items() for word in pair]
    for args in (flags, ["--output", "dangling"], ["--output", "made.json"]):
        r = w.run("exec", "--approve", "yes", *args, "go")
        assert r.returncode in (0, 3), r
    assert w.read(own) == "mine" and w.read("greet.sh") == GREET
    assert not os.path.exists(w.path("home", "new"))
    for name in list(outputs.values()) + ["dangling", "made.json"]:
        assert not os.path.islink(os.path.join(w.project, name)), name
    # A pipe or device is written to, not replaced.
    os.mkfifo(w.path("fifo"))
    with open(os.open(w.path("fifo"), os.O_RDWR), "rb") as f:
        r = w.run("exec", "--output", "/dev/stdout", "--patch-out",
                  w.path("fifo"), "go")
        assert b'"outcome"' in r.stdout, r
        r = w.run("exec", "--output", w.path("fifo"), "go")
        assert b'"outcome"' in f.readline(), r


def test_looks_run_together(w):
    """Calls of one answer that only look run at the same time, up to the first
    that does more; each gets its own answer. Where the context has little room
    for these they run one by one (test-compact)."""
    harness.need_sandbox(w)
    project(w)
    for i in range(9):
        w.write("f%d" % i, "this is %d\n" % i)
    reads = [{"name": "read", "args": {"path": "f%d" % i}} for i in range(9)]
    mend = {"name": "edit", "args": FIX}
    greet = {"name": "read", "args": {"path": "greet.sh"}}
    m = w.mock(answers(
        {"calls": [reads[0], {"name": "grep", "args": {"pattern": "is 7"}},
                   {"name": "read", "args": {"path": "nowhere"}}, reads[1],
                   reads[1], {"name": "glob", "args": {}}, reads[2]]},
        {"calls": [greet, mend, greet, reads[3]]},
        {"calls": reads}), config={"context_window": 200000})
    r = w.run("exec", "--approve", "yes", "--json", "mend it", code=0)
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    order = ""
    for x in lines:
        if x.get("type") in ("tool_call", "tool_result"):
            order += {"tool_call": "c", "tool_result": "r"}[x["type"]]
        elif x.get("type") == "turn_start":
            order += " "
    # The plan; a repeated or refused call runs alone; at most eight run at
    # once.
    assert order.split() == ["cr", "ccccrrrrcrcrcr", "crcrccrr",
                             "ccccccccrrrrrrrrcr", "crcr"], order
    said = [x["text"] for x in lines if x.get("type") == "tool_result"]
    for text, want in zip(said[1:], (
            "this is 0", "f7", "does not exist", "this is 1", "this is 1", "pattern",
            "this is 2", "echo helo", "", "echo hello", "this is 3",
            *("this is %d" % i for i in range(9)))):
        assert want in text, (want, text)
    # The model is answered in its own order.
    ids = [c["id"] for x in lines if x.get("type") == "assistant_message"
           for c in x["calls"]]
    assert ids == [x["id"] for x in lines if x.get("type") == "tool_result"]
    assert m.requests()


def test_provider_errors_say_what_to_do(w):
    project(w)
    cases = [
        ([{"status": 401, "body": {"error": {"message": "bad key"}}}],
         b"MOCK_KEY"),
        ([{"status": 404, "body": {"error": {"message": "no model"}}}],
         b"model"),
        ([{"garbage": True, "repeat": True}], b""),
        ([{"status": 429, "headers": {"retry-after": "99999"},
           "body": {"error": {"message": "slow down"}}}], b"again in 27 h."),
    ]
    for script, words in cases:
        m = w.mock(script)
        r = w.run("exec", "x")
        assert r.returncode == 6, (script, r.returncode, r.stderr)
        assert words in r.stderr + r.stdout, (words, r.stderr)
        assert b"sk-test-0123456789" not in r.stderr + r.stdout
        # Nothing was billed: no cost is told, here or in the log.
        assert b" used:" in r.stdout, r.stdout
        if b"MOCK_KEY" in words:
            log = w.run("log").stdout
            assert b"$" not in r.stdout and b"$" not in log, (r.stdout, log)
        m.stop()


def test_root_and_home_are_refused(w):
    w.configure("http://127.0.0.1:9/v1")
    for root in ("/", w.home, w.path()):
        r = w.run("exec", "--root", root, "x")
        assert r.returncode == 2, (root, r.returncode, r.stderr)
        assert r.stderr.strip(), root
    assert not w.sessions()


def test_interrupt_is_130(w):
    project(w)
    w.mock([{"text": "thinking about it", "stall": True}])
    p = w.start("exec", "x")
    harness.wait_until("the model to be asked",
                       lambda: w.sessions() and w.events("turn_start"))
    p.send_signal(2)
    out, err = p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode == 130, (p.returncode, out, err)
    assert w.events("agent_end")[0]["outcome"] == "interrupted"


def test_what_it_works_with_vanishes(w):
    """The copy: an error, never "nothing changed". The core: the report has what
    the journal has."""
    harness.need_sandbox(w)
    project(w)
    for gone, code in ("stage", 1), ("core", 1):
        m = w.mock([harness.bash("echo more >>other.txt"),
                    dict(harness.done(summary="did it"), wait_for="go")])
        n = len(w.sessions())
        p = w.start("exec", "--plan", "skip", "--approve", "yes", "--output",
                    w.path("o.json"), "x")
        harness.wait_until("the second request", lambda: len(m.requests()) == 2)
        if gone == "stage":
            stage = os.path.join(w.session_dir(), "stage")
            # The kernel's folder of an overlay is closed, but to root.
            subprocess.run(["chmod", "-R", "u+rwx", stage], check=True)
            shutil.rmtree(stage)
        else:
            with open(os.path.join(w.session_dir(), "lock")) as f:
                os.kill(int(f.read().split()[0]), signal.SIGKILL)
        m.release("go")
        out, err = p.communicate(timeout=harness.DEADLINE_S)
        assert p.returncode == code and len(w.sessions()) == n + 1, (out, err)
        with open(w.path("o.json")) as f:
            o = json.load(f)
        assert o["outcome"] == "error" and o["calls"]["bash"] == 1 and \
            o["turns"] == 2 and o["tokens"]["in"] > 0, o
        assert (b"the copy's folder was removed" in out) == (gone == "stage"), out
        assert w.read("other.txt") == "one\ntwo\n"


def test_core_dies_with_its_client(w):
    project(w)
    w.mock(answers(harness.bash("echo up; exec tail -f /dev/null")))
    p = w.start("exec", "x")
    harness.wait_until("the command to run",
                       lambda: w.sessions() and [
                           e for e in w.events("tool_call")
                           if e["name"] == "bash"])
    p.kill()
    p.communicate()
    # main() checks that nothing is left running.


harness.main(globals())
