"""Profiles for kinds of work, built in and of the user; a session that only
looks, and what it finds."""

import json
import os
import shutil

import harness
from harness import call
from messages import msg

DONE = {"calls": [{"name": "done", "args": {"summary": "that was all"}}]}


def tools(m, n=0):
    return sorted(t["function"]["name"]
                  for t in m.requests()[n]["body"]["tools"])


def prompt(m, n=0):
    return m.requests()[n]["body"]["messages"][0]["content"]


def results(w):
    return [e for e in w.events("tool_result")]


def output(w, *args, want=0, **kw):
    """The object of --output."""
    r = w.run("exec", "--output", w.path("out.json"), *args, "go", **kw)
    assert r.returncode == want, (r.returncode, r.stdout + r.stderr)
    w.verify()
    with open(w.path("out.json")) as f:
        return json.load(f), r.stdout.decode()


def test_review(w):
    harness.need_sandbox(w)
    w.write("src/odd name#1.c", "a\nb\nc\n")
    m = w.mock([
        call("finding", path="src/odd name#1.c", line=2, end_line=3,
             severity="error", rule="use-after-free", message="b is freed"),
        # The model reads first that one wasn't noted.
        harness.calls(call("finding", path="nowhere.c", line=1,
                           severity="note", message="x"), DONE),
        call("finding", path="../outside", line=1, severity="note",
             message="x"),
        call("finding", path="src/odd name#1.c", line=0, severity="note",
             message="x"),
        call("finding", path="src/odd name#1.c", line=1, severity="warning",
             message="two\nlines \x1b[31m"),
        DONE])
    out, text = output(w, "--profile", "review")
    assert tools(m) == ["background", "bash", "done", "finding", "glob",
                        "grep", "read"], tools(m)
    assert "This kind of work (review)" in prompt(m)
    assert [e["ok"] for e in results(w)[:6]] == [True] + [False] * 4 + [True]
    assert results(w)[2]["error"] == "failed_call", results(w)[2]
    assert [(f["path"], f["line"], f["severity"]) for f in out["findings"]
            ] == [("src/odd name#1.c", 2, "error"),
                  ("src/odd name#1.c", 1, "warning")], out["findings"]
    assert "\nmodel says: src/odd name#1.c:2: error: b is freed\n" in text, text
    assert "\x1b" not in text
    first = out["findings"][0]
    assert first["end_line"] == 3 and first["message"] == "b is freed", first
    assert first["rule"] == "use-after-free", first
    log = w.run("log").stdout.decode()
    assert "src/odd name#1.c:2: error" in log, log


def test_own_and_unknown(w):
    w.write("a.txt", "x\n")
    own = os.path.join("assent", "profiles")
    w.write(os.path.join(own, "review.json"),
            '{ // mine\n "about": "mine", "max_turns": 7, "tools": ["read"]}',
            base=w.path("config"))
    w.write(os.path.join(own, "odd.json"), '{"sandbox": "container"}',
            base=w.path("config"))
    w.write(os.path.join(own, "quick.json"), '{"plan": "skip"}',
            base=w.path("config"))
    w.write(os.path.join(own, "quick.md"), "Be quick about it.\n",
            base=w.path("config"))
    m = w.mock([DONE, DONE, DONE, DONE])
    output(w, "--profile", "review")
    assert tools(m) == ["done", "plan", "read", "step_done"], tools(m)
    start = w.events("session_start")[0]["settings"]
    assert start["max_turns"] == 7 and start["profile"] == {
        "name": "review", "about": "mine"}, start
    assert any(e["text"] == "Profile review: mine"
               for e in w.events("note"))
    # A flag outranks it; the variable names it as well as the flag.
    output(w, "--max-turns", "9", env={"ASSENT_PROFILE": "review"})
    assert w.events("session_start")[0]["settings"]["max_turns"] == 9
    output(w, "--profile", "quick")
    assert "Be quick about it." in prompt(m, 2)
    # So does the file of the settings; code is what there is without one.
    w.configure(m.url(), config={"exec": {"profile": "quick"}})
    output(w)
    assert "Be quick about it." in prompt(m, 3)
    for name, words in (
            ("odd", b"odd.json: sandbox: a profile can't set this"),
            ("nosuch", b"unknown profile \"nosuch\" (assent config profiles"),
            ("../quick", msg.PROFILE_INVALID_NAME.encode()),
            ("", msg.PROFILE_INVALID_NAME.encode())):
        r = w.run("exec", "--profile", name, "go")
        assert r.returncode == 2 and words in r.stderr, (name, r.stderr)


def test_list(w):
    """All, the user's too, which replace ours."""
    w.mock([])
    for name, text in (("review", '{"about": "mine"}'),
                       ("ours", '{"test": "true"}'), ("broken", "{")):
        w.write("assent/profiles/%s.json" % name, text, base=w.path("config"))
    r = w.run("config", "profiles", code=0)
    rows = dict(x.split(None, 1) if " " in x.strip() else (x.strip(), "")
                for x in r.stdout.decode().splitlines())
    assert set(rows) == {"code", "broken", "bugfix", "deps", "docs", "migrate",
                         "ours", "review", "tests"}, r.stdout
    assert rows["review"] == "mine" and "line 1" in rows["broken"], rows
    for args in (["--profile"], ["exec", "--profile"]):
        r = w.run(*args)
        assert r.returncode == 2 and b"--profile needs a value" in r.stderr, r


def test_own_prompts(w):
    """The user's prompts replace the built-in ones and are read once; a
    changed one is reported at resume."""
    import protocol
    mine = w.write("assent/prompts/system.md", "You are a parrot.\n",
                   base=w.path("config"))
    m = w.mock([{"text": "caw %d" % i} for i in range(3)],
               config={"plan": "skip"})
    settings = {"plan": "skip", "prompts_dir": os.path.dirname(mine)}
    c = protocol.start(w, task="one", **settings)
    c.wait_event("agent_end")
    assert prompt(m).startswith("You are a parrot.\n"), prompt(m)
    first = w.events("session_start")[0]["prompts"]
    assert set(first) == {"prompts/system.md", "prompts/compact.md",
                          "prompts/edit.md", "prompts/memory.md",
                          "prompts/plan.md", "prompts/review.md"} | {
                              "prompts/family/%s.md" % f
                              for f in ("claude", "gemini", "gpt")}, first
    assert any("replace assent's: system.md" in e["text"] for e in w.events("note"))
    # Not what the file has become since.
    w.write("assent/prompts/system.md", "You are a cat.\n",
            base=w.path("config"))
    c.send(type="say", text="two")
    c.wait("two", lambda: len(c.event_list("agent_end")) >= 2)
    assert prompt(m, 0) == prompt(m, 1)
    protocol.kill(w, c)
    c = protocol.resume(w, **settings)
    c.wait_live()
    c.send(type="say", text="three")
    c.wait("three", lambda: len(c.event_list("agent_end")) >= 3)
    assert prompt(m, 2).startswith("You are a cat."), prompt(m, 2)
    line = w.events("prompts")
    assert len(line) == 1 and line[0]["prompts"] != first, line
    c.send(type="end")
    c.wait("the end", lambda: c.eof)
    w.verify()
    # The settings name that folder; what is no text is an error at once.
    m = w.mock([DONE, DONE])
    output(w)
    assert prompt(m).startswith("You are a cat.")
    w.write("assent/profiles/quick.json", "{}", base=w.path("config"))
    w.write("assent/profiles/quick.system.md", "You are a dog.\n",
            base=w.path("config"))
    output(w, "--profile", "quick")
    assert prompt(m, 1).startswith("You are a dog.")
    w.write("assent/prompts/compact.md", b"\xff\xfe", base=w.path("config"))
    r = w.run("exec", "go")
    assert r.returncode == 1 and b"compact.md: a prompt must be" in r.stderr, r


def test_test_first(w):
    """done waits until a test was seen to fail, once; then it is unproven."""
    harness.need_sandbox(w)
    w.write("a.txt", "bad\n")
    edit = call("edit", path="a.txt", old_string="bad", new_string="good")
    check = ["--profile", "bugfix", "--plan", "skip", "--approve", "yes",
             "--test", "grep -q good a.txt"]
    w.mock([edit, DONE, DONE])
    out, _ = output(w, *check, want=3)
    assert out["outcome"] == "unproven", out
    assert msg.NO_TEST_WAS_SEEN in results(w)[1]["text"], results(w)
    text = w.run("log").stdout.decode()
    assert "no test failed first: wrote 1 file" in text, text
    w.write("a.txt", "bad\n")
    w.mock([call("run_tests"), edit, DONE])
    out, _ = output(w, *check)
    assert out["outcome"] == "done", out
    # Any command that fails is no test, nor is a test on changed code.
    for calls in ([call("bash", command="false"), edit],
                  [call("edit", path="a.txt", old_string="bad",
                        new_string="ugly"), call("run_tests"),
                   call("edit", path="a.txt", old_string="ugly",
                        new_string="good")]):
        w.write("a.txt", "bad\n")
        w.mock(calls + [DONE, DONE])
        out, _ = output(w, *check, want=3)
        assert out["outcome"] == "unproven", out
    # A new test may be written first; the command may have another agent's name.
    for name in "command", "cmd":
        w.write("a.txt", "bad\n")
        shutil.rmtree(os.path.join(w.project, "tests"), ignore_errors=True)
        w.mock([call("write", path="tests/test_a.py", content="x\n"),
                call("bash", **{name: "grep -q good a.txt"}), edit, DONE])
        out, _ = output(w, *check)
        assert out["outcome"] == "done", out
    # A session that changes nothing shows no changes.
    w.mock([DONE])
    out, _ = output(w, *check)


def test_all_of_ours(w):
    """Each can be used."""
    w.write("a.txt", "x\n")
    folder = os.path.join(harness.SRC, "share", "profiles")
    names = sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".json"))
    assert names == ["bugfix", "deps", "docs", "migrate", "review", "tests"]
    m = w.mock([DONE] * len(names))
    for i, name in enumerate(names):
        output(w, "--profile", name)
        assert msg.THIS_KIND_OF_WORK % name in prompt(m, i)
        # Prompt and tools are small, whatever the work is.
        body = m.requests()[i]["body"]
        size = len(prompt(m, i)) + len(json.dumps(body["tools"]))
        assert size < 4 * 2500 + 3000, (name, size)


harness.main(globals())
