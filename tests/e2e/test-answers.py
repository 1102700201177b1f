"""exec --answers: a task against the answers in a journal, from which nothing else
comes; and contrib/compare-output, which compares two runs."""

import json
import os
import subprocess
import sys

import harness
from harness import call
import protocol

NEEDS_SANDBOX = True
COMPARE = os.path.join(harness.SRC, "contrib", "compare-output")
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def edit(old, new, path="a.txt"):
    return call("edit", path=path, old_string=old, new_string=new)


def record(w, *answers, args=(), code=0):
    """A session with a model, which is gone then, as is its key."""
    w.write("a.txt", "one\ntwo\n")
    w.mock(list(answers))
    w.run("exec", "--plan", "skip", "--output", w.path("recorded.json"), *args,
          "go", code=code)
    w.mocks[-1].stop()
    del w.env["MOCK_KEY"]
    return w.sessions()[-1]


def run(w, session, out, *args, code=0):
    w.write("a.txt", "one\ntwo\n")
    r = w.run("exec", "--answers", session, "--plan", "skip", "-o",
              w.path(out), *args, "go", code=code)
    with open(w.path(out)) as f:
        return r, json.load(f)


def compare(w, old, new, code=0):
    r = subprocess.run([sys.executable, COMPARE, w.path(old), w.path(new)],
                       capture_output=True, text=True)
    assert r.returncode == code, r
    return r.stdout


def journal(w, session):
    with open(w.path("state", "assent", "sessions", session,
                     "journal.jsonl")) as f:
        return f.read()


def test_regression(w):
    """Edits and commands run again, on the files as they are; two runs are the
    same, with another answer they differ."""
    args = ("--approve", "yes", "--test", "date; time grep -q ONE a.txt")
    session = record(w, {"text": "I edit.", **edit("one", "ONE")},
                     call("bash", command="cat a.txt; date; echo $$; mktemp"),
                     DONE, args=args)
    first, o = run(w, session, "1.json", *args)
    assert b"cat a.txt" in first.stdout and o["modified_files"] == ["a.txt"]
    assert o["check"]["exit"] == 0 and o["outcome"] == "done", o
    assert o["tokens"]["out"] > 0 and o["cost_usd"] == 0, o
    assert w.read("a.txt") == "ONE\ntwo\n"
    results = [e["text"] for e in w.events("tool_result")]
    assert any("ONE\ntwo\n" in t for t in results), results
    run(w, session, "2.json", *args)
    assert compare(w, "1.json", "2.json") == ""
    # As with the model, but for what it cost.
    assert compare(w, "recorded.json", "2.json") == ""
    # A file, with another answer.
    text = journal(w, session)
    w.write(w.path("other.jsonl"), text.replace("ONE", "o\\\\u001bn"))
    _, o = run(w, w.path("other.jsonl"), "3.json", *args, code=6)
    assert o["proposed"] == ["a.txt"], o
    said = compare(w, "2.json", "3.json", 1)
    for line in ("-outcome: done", "+outcome: provider", "-check.exit: 0",
                 "+check.exit: 1", "-patch: +ONE"):
        assert line + "\n" in said, (line, said)
    _, o = run(w, w.path("other.jsonl"), "4.json", "--approve", "yes")
    assert "\x1b" in o["patch"], o
    said = compare(w, "2.json", "4.json", 1)
    assert "\n-patch: +ONE\n" in said and "\n+patch: +o\\u001bn\n" in said, said
    w.write(w.path("none.json"), "[]")
    for bad in ("none.json", "nosuch.json"):
        assert compare(w, "2.json", bad, 2) == ""


def test_no_answer_is_left(w):
    """The run ends as if the provider had failed, with one line; what an answer
    lacked is lacking again."""
    session = record(w, edit("one", "ONE"), edit("ONE", "1"), DONE, code=5)
    lines = journal(w, session).splitlines(True)
    answers = [i for i, line in enumerate(lines)
               if '"type":"assistant_message"' in line]
    path = w.path("few.jsonl")
    w.write(path, "".join(lines[:answers[2]]))
    r, o = run(w, path, "1.json", code=6)
    assert ("\nassent: the answers ran out: %s has 2; " % path).encode() in \
        b"\n" + r.stderr and o["outcome"] == "provider", r
    assert w.read("a.txt") == "one\ntwo\n" and o["proposed"] == ["a.txt"], o
    w.write(path, "".join(lines[:answers[0]]))
    r, o = run(w, path, "2.json", code=6)
    assert ("%s has no answers of a model\n" % path).encode() in r.stderr, r
    # One that broke off didn't count, and a call that was cut off didn't run.
    broken = json.loads(lines[answers[1]])
    cut = json.loads(lines[answers[0]])
    cut["calls"][0]["complete"] = False
    w.write(path, "".join(
        json.dumps(x, separators=(",", ":")) + "\n"
        for x in (dict(broken, broken=True), cut)) + lines[answers[2]])
    r, o = run(w, path, "3.json")
    assert w.read("a.txt") == "one\ntwo\n" and not o["proposed"], o
    w.write(path, lines[answers[0]][:-9] + "\n")
    r, o = run(w, path, "4.json", code=6)
    assert ("can't read %s: " % path).encode() in r.stderr, r
    # A long one.
    long = "x" * (3 << 20)
    cut["calls"][0].update(complete=True, arguments=json.dumps(
        {"path": "new.txt", "content": long}), name="write")
    w.write(path, json.dumps(cut, separators=(",", ":")) + "\n" +
            lines[answers[2]])
    run(w, path, "5.json", "--approve", "yes")
    assert w.read("new.txt") == long


def test_nothing_else(w):
    """No host, approval, mode or setting comes from the journal, whatever its
    other lines say."""
    session = record(w, edit("one", "ONE"), call(
        "bash", command="echo ${http_proxy:+a proxy}; id -u >u.txt"), DONE,
        {"text": "accept"}, args=("--approve", "yes"))
    lines = [json.loads(line) for line in journal(w, session).splitlines()]
    start = next(e for e in lines if e["type"] == "session_start")
    start["settings"].update(
        net_allow=[{"entry": "*", "from": "config"}], approve="yes",
        allow_protected=["*"], sandbox="container", test="true",
        hooks=[{"event": "session_start", "name": "x", "sandbox": False,
                "command": "touch " + w.path("hook")}])
    more = [{"type": "mode", "by": "user", "approve": "yes"},
            {"type": "net_allowed", "by": "user", "host": "*"},
            {"type": "answer", "by": "user", "allow": True,
             "scope": "session"},
            {"type": "user_message", "by": "user", "text": "!touch x"}]
    path = w.path("more.jsonl")
    w.write(path, "".join(json.dumps(e, separators=(",", ":")) + "\n"
                          for e in lines[:1] + more + lines[1:] + more))
    for approve in ("ask", "small"):
        w.env["ASSENT_REVIEWER"] = "on"
        r, o = run(w, path, "1.json", "--approve", approve, code=5)
        assert w.read("a.txt") == "one\ntwo\n", r
        assert o["proposed"] and not o["accepted_by"] and not o["check"], o
        now = w.events("session_start")[0]["settings"]
        assert not now.get("net_allow") and not now.get("hooks") and \
            now["approve"] == approve and "allow_protected" not in now, now
        assert [e for e in w.events("user_message")
                if e["text"] != "go"] == [], w.events("user_message")
        assert not w.events("net") and not os.path.exists(w.path("hook"))


def test_wrong(w):
    session = record(w, DONE)
    for args, why in (
            (("nosuch",), b"nosuch"), ((w.path("no"),), b"No such file"),
            ((session, "--model", "mock/x"), b"--answers and --model"),
            ((session,), b"no task given")):
        r = w.run("exec", "--answers", *args,
                  *([] if why == b"no task given" else ["go"]),
                  code=2)
        assert why in r.stderr and r.stderr.count(b"\n") == 1, (args, r)


def test_resume(w):
    """What waits in such a session is reviewed without a model, also in one of
    a release that had recordings."""
    key = w.env["MOCK_KEY"]
    session = record(w, edit("one", "ONE"), DONE, code=5)
    run(w, session, "1.json", code=5)
    w.run("decide", "--accept", "all", code=0)
    assert w.read("a.txt") == "ONE\ntwo\n"
    start = protocol.settings(w, task="go")
    start["model"].update(format="replay", replay_dir="/nosuch")
    c = protocol.spawn(w)
    c.send(type="hello", protocol=protocol.PROTOCOL, client="test")
    c.send(**start)
    e = c.wait_event("error")
    assert "/nosuch" in e["text"], e
    c.close_and_wait()
    _, said = harness.on_terminal(w, [(b"ready", b"/end\n")], "resume",
                                  "--plain", w.sessions()[-1])
    assert b"/nosuch" in said, said
    w.env["MOCK_KEY"] = key
    w.mock([{"text": "From a model."}])
    harness.on_terminal(w, [(b"ready", b"go on\n"), (b"From a model", b"/end\n")],
                        "resume", "--plain", "--model", "mock/m",
                        w.sessions()[-1])


harness.main(globals())
