"""Recordings: a session as a file without names and secrets, which runs again
without its model, and says what is different now."""

import glob
import json
import os

import harness
import protocol

NEEDS_SANDBOX = True
PLAN = harness.call("plan", goal="g", steps=[{"title": "Edit a.txt"}])
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
TOKEN = "ghp_" + "Ab3" * 12


def edit(old, new, path="a.txt"):
    return harness.call("edit", path=path, old_string=old, new_string=new)


def bash(command):
    return {"text": "I look.", "calls": [{"name": "bash", "args": {
        "command": command}}]}


def record(w, *args):
    """The newest session, recorded; its model and its key are gone then."""
    path = w.path("recording.json")
    w.run("record", *args, "-o", path, code=0)
    w.mocks[-1].stop()
    with open(path) as f:
        return path, f.read()


def replay(w, *args, code=0):
    """Neither the tree nor the sessions change."""
    before = harness.tree(w.project), w.sessions()
    w.env.pop("MOCK_KEY", None)
    os.makedirs(w.path("tmp"), exist_ok=True)
    r = w.run("replay", *args, env={"TMPDIR": w.path("tmp")}, code=code)
    assert (harness.tree(w.project), w.sessions()) == before
    assert not os.listdir(w.path("tmp"))
    return r.stdout.decode()


def refused(w, why):
    path = w.path("refused.json")
    r = w.run("record", w.sessions()[-1], "-o", path)
    assert r.returncode == 1 and b"can't repeat this: " + why in r.stderr, r
    assert not os.path.exists(path), r


def change(path, to, **kw):
    with open(path) as f:
        o = json.load(f)
    to(o)
    with open(path, "w") as f:
        json.dump(o, f)
    return o


def run(w, *answers, args=(), code=0):
    w.mock(list(answers))
    w.run("exec", "--approve", "yes", *args, "go", code=code)


def test_the_same_again(w):
    w.write("a.txt", "one\ntwo\n")
    w.write("sub/run.sh", "echo ran; exit 3\n", mode=0o755)
    os.symlink("a.txt", os.path.join(w.project, "link"))
    # Values that differ in each run aren't compared.
    command = "sub/run.sh; date; mktemp; time true; pwd; cat %s/link" % \
        os.path.realpath(w.project)
    run(w, PLAN, edit("one", "ONE"), bash(command), edit("none", "x"),
        {"calls": [{"name": "edit", "args": "{\"path\": "}]}, harness.done(1),
        args=("--test", "grep -q ONE a.txt"))
    path, text = record(w)
    # The base is what was there before the session.
    o = json.loads(text)
    assert {f["path"]: f.get("text", f.get("link"))
            for f in o["tree"]["files"]} == {
        "a.txt": "one\ntwo\n", "sub/run.sh": "echo ran; exit 3\n",
        "link": "a.txt"}, o["tree"]
    assert len(text) < 12000, len(text)
    assert replay(w, path) == path + ": the same\n"
    # Another result, another hunk.
    def other(o):
        for e in o["events"]:
            if e["type"] == "tool_result" and e["name"] == "bash":
                e["text"] = e["text"].replace("ran", "walked")
            if e["type"] == "proposal" and e["files"]:
                e["files"][0]["hunks"][0] = "-one\n+TWO\n two\n"
    change(path, other)
    said = replay(w, path, code=1)
    assert ": differs\n" in said and "-tool_result.text: walked\n" \
        "+tool_result.text: ran\n" in said and "-proposal.files[0].hunks[0]" \
        ": +TWO\n+proposal.files[0].hunks[0]: +ONE\n" in said, said
    # Recorded anew, it is the same again.
    assert "recorded anew" in replay(w, "--update", path)
    assert "the same" in replay(w, path)
    # Another order of calls, and an answer too few.
    change(path, lambda o: o["answers"].insert(1, o["answers"].pop(2)))
    said = replay(w, path, code=1)
    assert "tool_call.name: bash" in said, said
    change(path, lambda o: o["answers"].pop())
    assert "the recording" in replay(w, path, code=1)


def test_with_git(w):
    """A repository of one commit; without room for its files, git's own."""
    w.write("a.txt", "one\n")
    w.repository()
    run(w, edit("one", "ONE"), bash("git status -s; git diff --stat"), DONE,
        args=("--plan", "skip"))
    path, text = record(w)
    assert json.loads(text)["tree"]["git"] is True, text
    replay(w, path)
    w.write("big", "x" * (600 << 10))
    w.git("add", ".")
    w.git("commit", "-qm", "more")
    w.env["MOCK_KEY"] = "sk-test-0123456789"
    run(w, edit("ONE", "1"), bash("git log --oneline; wc -c big"), DONE,
        args=("--plan", "skip"))
    path, text = record(w)
    head = w.git("rev-parse", "HEAD").strip()
    assert json.loads(text)["tree"] == {"commit": head}, text
    w.write("a.txt", "mine\n")
    replay(w, path)
    r = w.run("replay", path, cwd=w.home)
    assert r.returncode == 1 and head.encode() in r.stderr, r


def test_no_names_and_no_secrets(w):
    """The canary: none of these is in the file, wherever it was."""
    w.env.update(USER="canaryuser", LOGNAME="canaryuser",
                 GIT_AUTHOR_NAME="Canary Person",
                 GIT_AUTHOR_EMAIL="canary@canary.example")
    host = os.uname().nodename
    words = "%s/x canaryuser Canary Person <canary@canary.example> %s %s" % (
        w.home, TOKEN, host)
    w.write("a.txt", "one\nby %s\n" % words)
    w.write(".env", "KEY=canarysecret\n")
    w.write("deploy.pem", "canarysecret\n")
    # Hidden by your own setting.
    w.write("sub/customers.csv", "canarysecret\n")
    # In paths, names of members, parts of words, escapes, errors.
    inside = "src/canaryuser/of_canaryuser.txt"
    w.write(inside, "1\n")
    parts = "canaryuser_x CANARYUSER_HOME canaryuser2 myCanaryuser " \
        "canaryuserDir /tmp/canaryuser-build file:%2Fcanaryuser%2Fx " \
        "\ncanaryuser\tcanaryuser"
    w.mock([PLAN, dict(edit("one", "ONE " + words), text=words),
            edit("1", parts, inside),
            {"calls": [{"name": "read", "args": {
                "path": "no/canaryuser", "canaryuser": {"canaryuser": 1}}},
                {"name": "grep", "args": "{\n\"a\": x canaryuser"}]},
            bash("cat a.txt; cat .env sub/customers.csv; pwd; "
                 "echo canaryuser-x @canaryuser; export U=canaryuser_1; "
                 "env | grep -iv proxy;"
                 "cat %s /none/canaryuser; mv %s z-canaryuser" %
                 (inside, inside)), dict(harness.done(1), text=words)],
           config={"secret": ["customers.*"]})
    w.run("exec", "--approve", "yes", "--test", "true " + w.home, "go", code=0)
    key = w.env["MOCK_KEY"]
    path, text = record(w)
    for canary in ("canary", "Canary", w.home, w.root, TOKEN, key, host):
        if len(canary) >= 3:
            assert canary not in text, (canary, text)
    assert "user@host" in text and "/home/user/project" in text, text
    args = [e["args"] for e in json.loads(text)["events"]
            if e["type"] == "tool_call" and e["name"] == "read"]
    assert "src/user/of_user.txt" in text and "user_HOME" in text and \
        args == [{"path": "no/user", "user": {"user": 1}}], text
    # It runs nonetheless; a hash of what was taken out isn't compared.
    assert "the same" in replay(w, path)


def test_a_usual_day(w):
    """Messages in mid-work, one of them taken back, another mode, a limit
    extended, an undo, a new conversation: all of it comes again, whoever is
    faster; but a command of your own."""
    w.write("a.txt", "one\n" + "x\n" * 20 + "two\n")
    gates = [w.path("gate%d" % i) for i in range(2)]
    m = w.mock([
        dict(edit("one", "ONE"), wait_for=gates[0]), bash("cat a.txt | wc -l"),
        DONE, dict(edit("two", "TWO"), wait_for=gates[1]), DONE,
        {"text": "Nothing to do."}])
    c = protocol.start(w, task="go", max_turns=2, keep_alive=False)

    def began(kind, n=1, **members):
        return c.wait("%s %d" % (kind, n), lambda: len(c.event_list(
            kind, lambda e: members.items() <= e.items())) >= n)

    def decide(n):
        c.wait_status("review")
        p = c.event_list("proposal")[-1]
        c.send(type="decide", proposal=p["proposal"] or p["seq"],
               version=p["version"], all="yes", seen=True)
        began("applied", n)

    # While the model thinks.
    began("turn_start")
    c.send(type="say", text="quickly, please")
    c.send(type="say", text="not so quickly")
    c.send(type="unqueue")
    c.send(type="run", command="wc -l <a.txt")
    began("tool_result", by="user")
    c.send(type="set", approve="later")
    began("mode")
    # Of the model, of which a replay needs nothing.
    c.send(type="set", effort="high")
    began("mode", 2)
    open(gates[0], "w").close()
    began("budget")
    c.wait_status("limit")
    c.send(type="budget", action="extend", more=5)
    c.wait_status("review")
    c.send(type="set", approve="ask")
    began("mode", 3)
    p = c.event_list("proposal")[-1]
    c.send(type="comment", proposal=p["proposal"] or p["seq"],
           hunk=p["files"][0]["hunks"][0]["id"], line=1, text="shout less")
    began("comment")
    decide(1)
    c.send(type="set", check="grep -q TWO a.txt")
    began("check")
    # The model is told of the comment; while it thinks, again.
    c.wait("the fourth request", lambda: len(m.requests()) >= 4)
    c.send(type="say", text="quickly")
    began("user_message", 4)
    open(gates[1], "w").close()
    decide(2)
    began("agent_end")
    c.send(type="undo")
    c.wait("undo", lambda: [e for e in c.event_list("proposal")
                            if e.get("undo")])
    decide(3)
    c.wait_status("ready")
    c.send(type="new", text="another task")
    began("agent_end", 2)
    c.close_and_wait()
    path, text = record(w)
    o = json.loads(text)
    assert [u["command"]["type"] for u in o["user"]] == [
        "say", "say", "unqueue", "set", "budget", "set", "comment", "decide",
        "set", "say", "decide", "undo", "decide", "new", "say"], o["user"]
    said = replay(w, path)
    assert said == path + ": the same\n", said
    # Your own actions are recorded, too.
    change(path, lambda o: o["user"].pop(7))
    assert "decision" in replay(w, path, code=1)


def test_our_own(w):
    """The project's recordings: a tool, a message or an edit that changed shows
    up here. `assent replay --update tests/replay/*.json` takes that over."""
    suite = glob.glob(os.path.join(harness.SRC, "tests", "replay", "*.json"))
    assert len(suite) >= 3
    replay(w, *suite)


def test_never_without_a_sandbox(w):
    """Nobody is there to allow a command, nor does the recording."""
    w.write("a.txt", "one\n")
    run(w, edit("one", "ONE"), bash("id"), DONE, args=("--plan", "skip"))
    path, text = record(w)
    for start in ({"mode": "demo"}, {"person": True}):
        w.write("recording.json", text, base=w.root)
        change(path, lambda o: (o["start"].update(start), o["user"].append(
            {"after": 4, "command": {"type": "answer", "allow": True}})))
        r = w.run("replay", path, wrap=harness.need_none())
        assert r.returncode == 7 and b"no sandbox" in r.stderr, r
        assert not r.stdout, r


def test_answers_nothing(w):
    """A recording can't open the network: an allowing answer in it has no
    effect."""
    run(w, bash("echo proxy: ${http_proxy:-none}"), DONE,
        args=("--plan", "skip"))
    path, text = record(w)
    change(path, lambda o: o["user"].append(
        {"after": 1, "answers": 1, "command": {
            "type": "answer", "allow": True, "scope": "session"}}))
    said = replay(w, path, code=1)
    assert "-tool_result.text: proxy: http://<port>\n" \
        "+tool_result.text: proxy: none\n" in said, said


def test_not_by_your_git(w):
    """Its files name the filters of your git: none runs."""
    w.write("a.txt", "one\n")
    w.repository()
    run(w, edit("one", "ONE"), DONE, args=("--plan", "skip"))
    path, text = record(w)
    ran = w.path("ran")
    w.write("program", "#!/bin/sh\ntouch '%s'\ncat\n" % ran, mode=0o755,
            base=w.root)
    for hook in ("post-index-change", "reference-transaction", "pre-commit",
                 "post-checkout"):
        w.write("templates/hooks/" + hook, "#!/bin/sh\ntouch '%s'\n" % ran,
                mode=0o755, base=w.root)
    for key in ("filter.x.clean", "filter.x.smudge", "filter.x.process",
                "core.fsmonitor", "gpg.program"):
        w.git("config", "--global", key, w.path("program"))
    w.git("config", "--global", "filter.x.required", "true")
    w.git("config", "--global", "commit.gpgsign", "true")
    w.git("config", "--global", "core.hooksPath", w.path("templates", "hooks"))
    attributes = {"path": ".gitattributes", "text": "* filter=x\n"}
    change(path, lambda o: o["tree"]["files"].append(attributes))
    assert "the same" in replay(w, path)
    assert not os.path.exists(ran)


def test_what_cant_be(w):
    """Sessions that can't be repeated are refused; a recording can't reach out
    of its copy."""
    w.write("a.txt", "one\n")
    run(w, edit("one", "ONE"), DONE, args=("--plan", "skip"))
    sid = w.sessions()[-1]
    path, text = record(w)
    outside = w.path("outside")
    for name in "../outside", "/tmp/outside", "", "x/.GIT/config":
        change(path, lambda o: o["tree"]["files"].append(
            {"path": name, "text": "x"}))
        r = w.run("replay", path)
        assert r.returncode == 1 and b"bad file" in r.stderr, (name, r)
        w.write("recording.json", text, base=w.root)
    change(path, lambda o: o["tree"]["files"].extend([
        {"path": "d", "link": w.root}, {"path": "d/outside", "text": "x"}]))
    assert w.run("replay", path).returncode == 1
    assert not os.path.exists(outside)
    # It starts nothing that a start object could ask for.
    w.write("recording.json", text, base=w.root)
    change(path, lambda o: o["start"].update(
        model={"provider": "x", "name": "x", "format": "openai-chat",
               "base_url": "http://127.0.0.1:9/v1"}, sandbox="container",
        hooks=[{"event": "session_start", "name": "x", "command":
                "touch " + outside, "sandbox": False}],
        root=w.project, state_dir=w.path("state", "assent")))
    replay(w, path)
    assert not os.path.exists(outside)
    for change_to, why in (
            ({"assent_recording": 2}, b"version"),
            ({"assent_recording": None}, b"isn't a recording"),
            ({"events": None}, b"lacks"), ({"events": [[1]]}, b"bad"),
            ({"answers": ["x"]}, b"bad"), ({"user": ["x"]}, b"bad")):
        w.write("recording.json", text, base=w.root)
        change(path, lambda o: [o.update({k: v}) if v is not None else
                                o.pop(k) for k, v in change_to.items()])
        r = w.run("replay", path)
        assert r.returncode == 2 and why in r.stderr, r
    # Nonsense is a difference, not a crash.
    w.write("recording.json", text, base=w.root)
    change(path, lambda o: (
        o["tree"]["files"][0].update(text="other\n"),
        o["start"].update(person=True, approve=7, limits=[], profile="x"),
        o["answers"][0].update(calls=[3, {"name": 4}], usage=[]),
        o["events"].append({"type": 5, "files": [{"path": []}], "x": [None]}),
        o["user"].extend({"after": at, "command": dict({"type": t}, **more)}
                         for at, t, more in (
                             (-1, "answer", {"allow": "x"}),
                             ("x", "plan", {"plan": 3}), (1, "other", {}),
                             (0, "decide", {}), (0, "decide", {"marks": [
                                 {"hunk": "x", "mark": "yes"}, {}, "x",
                                 {"path": "a.txt", "index": 0}]})))))
    r = w.run("replay", path)
    assert r.returncode in (1, 2) and (r.stdout or r.stderr), r
    with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
        lines = f.readlines()
    last = json.loads(lines[-1])
    for more in (
            {"type": "agent_end", "by": "core", "limit": {"what": "time"}},
            {"type": "interrupt", "by": "user"},
            {"type": "tool_result", "by": "core", "id": "x", "name": "bash",
             "ok": False, "error": "interrupted", "text": ""}):
        w.sound = False
        harness.rewrite_journal(w.session_dir(), lines + [json.dumps(
            dict({"seq": last["seq"] + 1, "t": last["t"]}, **more,
                 prev=last["h"], h="0" * 64), separators=(",", ":")) + "\n"])
        refused(w, more["type"].encode())


harness.main(globals())
