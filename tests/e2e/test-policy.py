"""Changes accepted by rules: each written file names its rule, each grant its
scope and how long it holds, and questions to the user are counted; the
project, the model and a resume can widen none of it."""

import json
import os
import re
import subprocess

import harness
from harness import bash, write
from messages import msg
import protocol

OLD = "".join("line %d\n" % n for n in range(1, 31))
NEW = OLD.replace("line 4\n", "LINE 4\n").replace("line 20\n", "LINE 20\n")
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
HOG = "python3 -c 'x = bytearray(200 << 20); import time; time.sleep(20)'"


def run_exec(w, *answers, args=("--approve", "yes"), config=None):
    w.mock(list(answers), config=config)
    return w.run("exec", "--plan", "skip", *args, "do it")


def rules(w):
    """{path: (rule, client, protected, grant)} of all that was written."""
    return {op["path"]: (op.get("rule"), ev.get("client"),
                         op.get("protected"), op.get("grant"))
            for ev in w.events("applied") for op in ev["ops"] if op["ok"]}


def grants(w, kind="session_start"):
    return {g["grant"]: g for g in w.events(kind)[-1]["grants"]}


def exists(w, path):
    return os.path.lexists(os.path.join(w.project, path))


# ---- by whose word ----

def test_rule_yes_names_itself(w):
    r = run_exec(w, write("a.txt", "x\n"), write("AGENTS.md", "y\n"),
                 write("auth/x.c", "z\n"), DONE,
                 args=("--approve", "yes", "--allow-protected", "auth/"))
    assert r.returncode == 5, r
    assert rules(w) == {
        "a.txt": ("yes", None, None, None),
        "auth/x.c": ("yes", None, "authentication", "allow_protected")}
    out = r.stdout.decode()
    assert "a.txt: by rule yes\n" in out, out
    assert "auth/x.c: by rule yes, protected: authentication, " \
        "allow_protected\n" in out, out
    assert "accepted: 2 hunks in 2 files by rule yes" in out, out
    end = w.events("agent_end")[-1]
    assert end["accepted_by"] == {"yes": 2}, end
    assert end["prompts"] == 1, end     # AGENTS.md waits
    log = w.run("log").stdout.decode()
    assert "a.txt: by rule yes\n" in log, log
    assert log.count("rule yes accepted 2 hunks") == 1, log
    # The rest by a person, from the command line.
    assert w.run("decide", "--accept", "all").returncode == 0
    rule, client, protected, grant = rules(w)["AGENTS.md"]
    assert rule == "person" and client == "no tty", rules(w)
    assert protected == "agents' instructions" and grant is None, rules(w)
    assert "AGENTS.md: by you, without a terminal" in \
        w.run("log").stdout.decode()


# ---- grants ----

def test_each_grant_says_scope_and_time(w):
    r = run_exec(w, write("a.txt", "x\n"), DONE,
                 args=("--approve", "yes", "--allow-protected", "auth/",
                       "--rollback", "--test", "true"),
                 config={"secret": ["!tests/*.pem"]})
    g = grants(w)
    assert set(g) == {"approve", "allow_protected", "rollback", "plan",
                      "secret"}, g
    for it in g.values():
        assert it["scope"] and it["lasts"] and it["scope"] in it["text"] and \
            it["lasts"] in it["text"], it
    assert g["approve"]["from"] == "--approve", g
    assert g["approve"]["lasts"] == "this run", g
    assert "auth/" in g["allow_protected"]["scope"], g
    assert g["secret"]["lasts"].endswith("config.json says otherwise"), g
    out = r.stdout.decode()
    # At the beginning and at the end.
    line = "  auto-approval: " + g["approve"]["text"] + "\n"
    assert out.count(line) == 2, out
    log = w.run("log").stdout.decode()
    assert "grant    " + g["approve"]["text"] + "\n" in log, log


def test_a_mode_that_is_set_is_a_grant(w):
    w.mock([write("a.c", "x\n"), DONE])
    c = protocol.start(w)
    c.send(type="set", approve="small")
    m = c.wait_event("mode")
    assert m["grants"][0]["from"] == "set by test", m
    assert "until changed" in m["grants"][0]["lasts"], m
    assert m["client"] == "test", m
    c.send(type="set", approve="yes")
    c.wait("refused", lambda: any(e.get("type") == "refused" and
                                  "unattended runs only" in e["text"]
                                  for e in c.lines))


# ---- what was asked ----


# ---- it cannot be widened ----

def test_yes_ends_with_its_run(w):
    """Changes that a run left open wait for the user, and no rule accepts
    them."""
    w.mock([write("a.txt", "x\n"), write("b.txt", "y\n"), DONE])
    w.run("exec", "--approve", "yes", "--plan", "skip", "--max-turns",
          "1", "--allow-protected", "*", "do it", code=4)
    assert not exists(w, "a.txt")
    r = w.run("decide", "--include", "none-such")
    assert not exists(w, "a.txt"), r
    m = w.events("mode")[-1]
    assert m["approve"] == "ask" and m["by"] == "core" and \
        not [g for g in m["grants"] if g["grant"] in (
            "approve", "allow_protected")], m
    assert w.run("decide", "--accept", "none").returncode != 1
    assert not exists(w, "a.txt")
    # The rule small is the session's, which goes on; what was staged when the
    # work was stopped is still the user's.
    w.write("m.c", "x\n")
    w.repository()
    w.mock([write("m.c", "y\n"), write("m.c", "z\n"), DONE])
    w.run("exec", "--approve", "small", "--plan", "skip", "--max-turns", "1",
          "do it", code=4)
    w.run("decide", "--accept", "none", code=4)
    assert w.read("m.c") == "x\n"
    # So is the reverse of what was written, in a fork.
    w.mock([write("m.c", "y\n"), DONE, write("n.txt", "new\n"), DONE])
    w.run("exec", "--approve", "small", "--plan", "skip", "again", code=0)
    of = os.path.basename(w.session_dir())
    fork = w.run("fork", of).stdout.decode().strip()
    w.run("decide", fork, "--accept", "none", code=5)
    assert w.read("m.c") == "y\n"
    # Also at the end of what is said there.
    fork = w.run("fork", of).stdout.decode().strip()
    w.run("say", fork, "more")
    w.run("wait", fork, code=5)
    assert w.read("m.c") == "y\n"


def test_what_a_decision_leaves_open(w):
    """It is the user's, also if a rule might accept it now."""
    w.write("check.sh", "true\n")
    w.write("m.c", "x\n")
    w.repository()
    w.mock([write("check.sh", "true # again\n"), write("m.c", "y\n"), DONE,
            DONE])
    w.run("exec", "--approve", "small", "--plan", "skip", "--require-proof",
          "--test", "sh check.sh", "do it", code=5)
    of = os.path.basename(w.session_dir())
    w.run("say", of, "more")
    w.run("wait", of, code=5)
    shown = json.loads(w.run("show", of, "--json").stdout)
    (n,) = [h["number"] for f in shown["files"] if f["path"] == "check.sh"
            for h in f["hunks"]]
    w.run("decide", of, "--reject", str(n), code=5)
    assert w.read("m.c") == "x\n"


def test_a_mode_is_kept_when_the_session_goes_on(w):
    w.mock([write("a.c", "x\n"), DONE])
    c = protocol.start(w, approve="small")
    c.send(type="set", approve="ask")
    c.wait_event("mode")
    protocol.kill(w, c)
    c = protocol.resume(w, approve="small")
    c.send(type="say", text="go")
    c.wait_event("proposal", lambda e: e["files"])
    assert not exists(w, "a.c")
    c.close_and_wait()
    assert w.events("decision") == []


def test_the_project_can_widen_nothing(w):
    for name, value in (
            ("approve", "yes"), ("allow_protected", ["*"]),
            ("toolchains", ["/"]), ("net_allow", ["npm"]),
            ("forward", ["127.0.0.1:1"]), ("memory", "1G"), ("disk", "1000G"), ("pids", 100000),
            ("timeout", "100h"), ("tools", ["bash"]),
            ("sandbox", "container"), ("plan", "skip"), ("rollback", True),
            ("origins", {}), ("grants", []), ("exec", {"approve": "yes"}),
            ("protected", ["!.github/"]), ("secret", ["!.env"]),
            ("providers", {})):
        w.write(".assent/config.json", json.dumps({name: value}))
        r = run_exec(w, DONE)
        assert r.returncode == 2 and name.encode() in r.stderr, (name, r)
    # A narrower rule of it counts, and removes none of the user's.
    w.write(".assent/config.json", '{"protected": ["its/"]}')
    r = run_exec(w, write("mine/a", "x\n"), write("its/b", "x\n"), DONE,
                 config={"protected": ["mine/"]})
    assert r.returncode == 5 and not exists(w, "mine/a") and \
        not exists(w, "its/b"), r


def machine_file():
    """The machine's file, in a folder of this test."""
    with open(harness.ASSENT, "rb") as f:
        path = re.search(rb"\0(/[^\0]*/assent/config\.json)\0", f.read()).group(
            1).decode()
    over = os.path.dirname(path)
    if not os.path.isdir(over):
        over = os.path.dirname(over)
    if not os.path.isdir(over) or over == "/etc":
        raise harness.Skip("no folder %s" % over)
    harness.own_mounts()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", over],
                   check=True)
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    return path


def test_the_machine_narrows(w):
    """No setting or option of the user's lifts that, nor does a session that
    began before."""
    harness.need_sandbox(w)
    w.write("s/key", "token\n")
    own = {"secret": ["s/**", "!s/"], "protected": ["!p/"]}
    options = ("--approve", "yes", "--allow-protected", "*",
               "--sandbox-require", "none")
    r = run_exec(w, bash("cat s/key"), write("p/a", "x\n"), DONE, config=own,
                 args=options)
    assert "token" in w.events("tool_result")[0]["text"] and \
        exists(w, "p/a"), r
    path = machine_file()
    w.write(path, json.dumps({"secret": ["s/k*"], "protected": ["p/"],
                              "sandbox_require": "C"}), 0o644)
    try:
        r = run_exec(w, bash("cat s/key"), write("p/b", "x\n"), DONE,
                     config=own, args=options)
        assert r.returncode == 5 and not exists(w, "p/b"), r
        assert "token" not in w.events("tool_result")[0]["text"]
        assert b"machine     limited to {" in w.run("doctor", "--all").stdout
        r = w.run("exec", "go", wrap=harness.need_none(), code=7)
        assert b"sandbox C" in r.stderr and b"the machine's" in r.stderr, r
        w.write(path, json.dumps({"approve": "ask", "agents": ["claude"],
                                  "net_allow": ["*.example.org"]}), 0o644)
        r = run_exec(w, bash("curl -sS http://b.example/; curl -sS "
                             "http://a.example.org/"), write("q/a", "x\n"),
                     DONE, config={"net_allow": ["b.example"]}, args=options)
        assert r.returncode == 5 and not exists(w, "q/a"), r
        text = w.events("tool_result")[0]["text"]
        assert "the machine's configuration doesn't allow b.example" in text
        assert "a.example.org:80 is not allowed here" in text, text
        assert "the proxy refused a.example.org:80: the user" in text, text
        said = w.run("agents").stdout
        assert said.split()[0] == b"claude" and b"codex" not in said, said
        r = w.run("exec", "--agent", "codex", "go", code=2)
        assert b"codex, or the machine's configuration" in r.stderr, r
        w.write(path, "{", 0o644)
        r = w.run("try", "true", code=2)
        assert path.encode() + b": line 1" in r.stderr, r
    finally:
        os.unlink(path)
    # By its start object, as a front end sends it.
    w.mock([bash("cat s/key"), DONE], config=own)
    c = protocol.resume(w, override_model=True,
                        machine={"secret": ["s/k*"]})
    c.send(type="say", text="go")
    said = c.wait_event("user_message", lambda e: e["text"] == "go")
    text = c.wait_event("tool_result", lambda e: e["seq"] > said["seq"])["text"]
    assert "token" not in text and "s/key" in text, text
    protocol.kill(w, c)
    c = protocol.resume(w, override_model=True, approve="small",
                        machine={"approve": "ask"})
    c.send(type="set", approve="small")
    c.wait("the refusal", lambda: [
        x for x in c.lines if x.get("type") == "refused" and
        "no more than \"ask\"" in x["text"]])
    assert not [e for e in c.event_list("mode") if e["approve"] != "ask"]
    c.close_and_wait()

def test_hosts_are_the_users_word(w):
    """The journal records who allowed each."""
    r = run_exec(w, DONE, args=("--net", "[::1]:80", "--net", "B.example:1"),
                 config={"net_allow": ["*.example.org:443", "c.example"]})
    assert r.returncode == 0, r
    got = [(g["value"], os.path.basename(g["from"]))
           for g in w.events("session_start")[-1]["grants"]
           if g["grant"] == "net_allow"]
    assert got == [("*.example.org:443", "config.json"),
                   ("c.example", "config.json"), ("[::1]:80", "--net"), ("b.example:1", "--net")], got
    out = w.run("doctor", "--all").stdout.decode()
    assert "commands can connect to: *.example.org:443 (config), c.ex" in out, out
    for entry in ("https://a.example", "*.com", "a.example:0"):
        r = w.run("exec", "--net", entry, "x")
        assert r.returncode == 2 and b"--net must " in r.stderr and \
            entry.encode() in r.stderr, r


def test_a_link_is_no_way_around(w):
    """A protected folder made of a link to another, a link that leads into one,
    a renaming, and what git takes for a repository."""
    harness.need_sandbox(w)
    w.write("plan.md", OLD)
    w.write(".github/workflows/ci.yml", "on: push\n")
    do = "exec", "--approve", "yes", "--plan", "skip", "do it"
    w.mock([bash("set -e; mkdir vsc hk; echo '{}' >vsc/tasks.json; "
                 "echo x >hk/pre-commit; ln -s vsc .vscode; "
                 "ln -s hk .husky; ln -s vsc auth; "
                 "mv .github/workflows/ci.yml x.yml; "
                 "rm -r .github; ln -s vsc .github; mv plan.md AGENTS.md; "
                 "mkdir -p sub/.git/hooks lib; echo x >sub/.git/hooks/y; "
                 "echo 'gitdir: ../x' >.gitmodules; "
                 "echo 'gitdir: ../evil' >lib/.GIT"), DONE])
    w.run(*do, code=5)
    for name in (".vscode", ".husky", "auth", "AGENTS.md",
                 "sub/.git/hooks/y", ".gitmodules", "lib/.GIT"):
        assert not exists(w, name), name
    assert w.read(".github/workflows/ci.yml") == "on: push\n"
    assert exists(w, "vsc/tasks.json")
    # Through a link that is there already it is the file itself.
    os.symlink(".github", os.path.join(w.project, "ci"))
    w.mock([bash("echo evil >ci/workflows/ci.yml"), DONE])
    r = w.run(*do, code=5)
    assert b"continuous integration" in r.stdout, r
    assert w.read(".github/workflows/ci.yml") == "on: push\n"


def test_without_a_terminal_the_review_is_at_the_end(w):
    """The work isn't left after its first step; what a rule may accept is
    written there."""
    plan = harness.call("plan", goal="g", steps=[{"title": "one"}, {
        "title": "two"}], files=[], risks=[])
    two = [{"calls": [{"name": "write", "args": {"path": p, "content": "x\n"}}
                      for p in paths] + [
                          {"name": "step_done", "args": {"step": n}}]}
           for n, paths in ((1, ("src/a.c", "Makefile")), (2, ("src/b.c",)))]
    for rule, wrote in (("ask", []), ("small", ["src/a.c", "src/b.c"])):
        w.clean_project()
        w.write("src/main.c", "x\n")
        w.repository()
        m = w.mock([plan] + two + [DONE])
        r = w.run("exec", "--approve", rule, "--plan", "auto", "--output",
                  w.path("o"), "do it")
        assert r.returncode == 5 and len(m.requests()) == 4, (rule, r)
        out = json.loads(w.read(w.path("o")))
        assert out["outcome"] == "waiting" and \
            sorted(out["modified_files"]) == wrote and sorted(
                out["proposed"]) == sorted(
                    {"src/a.c", "src/b.c", "Makefile"} - set(wrote)), (rule, out)
        assert all(s["done"] for s in out["steps"]), out
        if rule == "ask":
            assert len(w.events("proposal")) == 1, w.events("proposal")
        w.verify()


CHECK = "! grep -q bad src/*.c"


def steps(w, *words):
    """A task of a step for each word, which it writes into src/main.c."""
    w.clean_project()
    w.write("src/main.c", "x\n")
    w.repository()
    plan = harness.call("plan", goal="g", steps=[
        {"title": "one"} for _ in words], files=[], risks=[])
    return w.mock([plan] + [{"calls": [
        {"name": "write", "args": {"path": "src/main.c", "content": word}},
        {"name": "step_done", "args": {"step": n}}]}
        for n, word in enumerate(words, 1)] + [DONE],
        config={"check_retries": 0})


def test_small_waits_for_the_check(w):
    """A step's small changes are written once the check has passed with them; what
    fails waits for the next step, or for the user."""
    harness.need_sandbox(w)
    for words, decisions in (("bad\n", "good\n"), 1), (("one\n", "two\n"), 2):
        steps(w, *words)
        w.run("exec", "--approve", "small", "--plan", "auto", "--test", CHECK,
              "do it", code=0)
        assert len(w.events("decision")) == decisions, w.events("decision")
        assert all(d["check"] == "passed" for d in w.events("decision"))
        assert w.read("src/main.c") == words[-1]
    steps(w, "good\n", "bad\n")
    w.run("exec", "--approve", "small", "--plan", "auto", "--test", CHECK,
          "do it", code=3)
    assert w.read("src/main.c") == "good\n"
    steps(w, "bad\n", "good\n")
    c = protocol.start(w, task="go", approve="small", plan="auto", test=CHECK,
                       test_by="flag")
    e = c.wait_event("evidence", lambda e: e["status"] == "done")
    assert e["exit"] == 1, e
    c.wait_status("review")
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=p["version"], all="yes")
    c.wait_event("agent_end")
    assert [d.get("rule") for d in w.events("decision")] == [None, "small"]
    assert w.read("src/main.c") == "good\n"


def test_the_review_says_why(w):
    """With a person the rows of the review do, and no note at each mark."""
    harness.need_sandbox(w)
    steps(w)
    w.mock([write("src/main.c", "bad\n"), DONE])
    c = protocol.start(w, task="go", approve="small", plan="skip", test=CHECK,
                       test_by="flag", check_retries=0)
    c.wait_event("evidence", lambda e: e["status"] == "done")
    p = c.wait_event("proposal")
    mark = {"type": "mark", "proposal": p["seq"],
            "hunk": p["files"][0]["hunks"][0]["id"], "mark": "none"}
    for n in 1, 2:
        c.send(**mark)
        c.wait("mark %d" % n, lambda: len(c.event_list("draft")) == n)
    c.send(type="interrupt")
    c.wait_event("agent_end")
    notes = [e["text"] for e in w.events("note")
             if not e["text"].startswith("copied ")]
    assert not notes, notes


def test_a_check_that_cannot_run(w):
    """Nothing that passed it is known then."""
    small = {"memory": "64M"}
    for config, test, wrap, code, why in (
            (small, HOG, (), 4, "the check didn't pass"),
            ({}, "true", harness.need_none(), 3, "the check wasn't run")):
        w.clean_project()
        w.write("a.txt", "x\n")
        w.mock([write("a.txt", "y\n"), DONE], config=dict(config,
                                                         check_retries=0))
        r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test", test,
                  "--output", w.path("o"), "do it", wrap=wrap, code=code)
        out = json.loads(w.read(w.path("o")))
        assert out["not_written"] == [{"path": "a.txt", "why": "open: " + why}], \
            (r, out)
        assert w.read("a.txt") == "x\n" and not w.events("decision"), r


def test_a_step_is_held_to_its_paths(w):
    """Until its step_done, but the files of steps before can still be mended; a
    command's changes that no step names wait for a person."""
    harness.need_sandbox(w)
    w.write("src/old.c", OLD)
    step = {"calls": [{"name": "step_done", "args": {"step": 1}}]}
    read = {"calls": [{"name": "read", "args": {"path": "src/old.c"}}]}
    m = w.mock([{"calls": [{"name": "plan", "args": {"goal": "g", "steps": [
        {"title": "code", "paths": ["./src/"]},
        {"title": "words", "paths": ["doc/*.md"]},
        {"title": "free", "paths": []}]}}]},
        bash("mkdir doc; echo x | tee src/by-command.c >doc/early.md"),
        write("stray.c", "x"),
        write("src/a.c", "a\n"), read, step, write("doc/too.md", "x"),
        harness.call("edit", path="src/a.c", old_string="a", new_string="b"),
        bash("mkdir -p doc; echo d >doc/d.md; echo s >stray.txt; "
             "for n in $(seq 10 32); do echo s >stray.$n; done"),
        bash("rm stray.??"),
        harness.done(2, 3)])
    r = w.run("exec", "--approve", "yes", "--plan", "auto", "do it", code=5)
    ends = [(e["ok"], e.get("error")) for e in w.events("tool_result")
            if e["name"] in ("bash", "write", "read")]
    no = (False, "plan_step")
    yes = (True, None)
    assert ends == [yes, no, yes, yes, yes, yes, yes], ends
    assert [e["ok"] for e in w.events("tool_result")
            if e["name"] == "edit"] == [True]
    told = [e["text"] for e in w.events("tool_result")][-5]
    assert "made or changed by a command or server, not in the plan, so the " \
        "user will decide: stray.10, stray.11, " in told and told.endswith("stray.29 and 4 more"), told
    assert "only ./src/" in json.dumps(m.requests()[3])
    assert b"1. code (only ./src/)" in r.stderr + r.stdout, r
    assert w.read("src/a.c") == "b\n" and w.read("doc/d.md") == "d\n"
    assert w.read("doc/early.md") == "x\n"
    assert not exists(w, "stray.txt") and not exists(w, "stray.c")
    # Also where the step that has begun since is free.
    left = {f["path"]: f["rules"]["yes"] for f in w.events("proposal")[-1]["files"]}
    assert list(left) == ["stray.txt"] and "outside" in left["stray.txt"], left
    assert w.run("decide", "--accept", "all").returncode == 0
    assert w.read("stray.txt") == "s\n"


def test_a_plan_that_changes(w):
    """The model hands in another one: the user sees the difference, approves it or
    lets the approved one hold; what is done stays done."""
    harness.need_sandbox(w)

    def plan(*titles, **more):
        return {"calls": [{"name": "plan", "args": dict(
            {"goal": "g", "steps": [{"title": t} for t in titles]}, **more)}]}
    w.write("Makefile", "all:\n")
    write_ = write("a.c", "a\n")["calls"]
    m = w.mock([plan("one", "two"),
                {"calls": write_ + [
                    {"name": "step_done", "args": {"step": 1}}] +
                 plan("one", "three", "four")["calls"]},
                plan("one", "two", "four", files=["AGENTS.md", "b.c"]),
                {"calls": [{"name": "step_done", "args": {"step": 2}},
                           {"name": "step_done", "args": {"step": 3}},
                           DONE["calls"][0]]}])
    c = protocol.start(w, plan="require", task="go")
    for version, action in ((1, "approve"), (2, "return"), (3, "approve")):
        p = c.wait("plan %d" % version, lambda: [
            e for e in c.event_list("plan") if e["status"] == "proposed" and
            e["version"] == version])[0]
        c.wait_status("plan to review")
        c.send(type="plan", action=action, version=p["version"],
               **({"word": "not three"} if action == "return" else {}))
        if action == "return":      # the review of step 1 stays open
            c.wait_event("proposal")
            c.send(type="say", text="go on")
    p = c.wait_event("proposal", lambda e: e["files"] and e["final"])
    told = [e["text"] for e in w.events("tool_result")
            if e["name"] in ("plan", "step_done")]
    assert told[2] == "The user sent the changed plan back: \u00abnot " \
        "three\u00bb. Hand in a better one, or go on with the one before.", told
    assert told[3].startswith("The changed plan is approved; next is step 2 of "
                              "3: two"), told
    assert told[3].endswith("Protected, so that only the user accepts them: "
                              "AGENTS.md."), told
    assert told[4].startswith("next is step 3 of 3: four"), told
    assert [f["path"] for f in p["files"]] == ["a.c"], p
    out = w.run("log", w.sessions()[0]).stdout.decode()
    assert "2. three (new)" in out and "left out: two" in out, out
    assert "1. one (done)" in out, out


def test_small_accepts_sources_alone(w):
    """A source or document beside others of the project's; not an executable's
    text, what begins with #!, nor anything else, which says why."""
    left = {"src/run.py": msg.IT_IS_A_PROGRAM, "src/tool.c": msg.IT_IS_A_PROGRAM,
            "src/new.c": msg.IT_IS_A_PROGRAM, "gradlew": msg.IT_IS_A_BUILD_FILE,
            "bin/rails": msg.IT_IS_NO_SOURCE, "mkdocs.yml": msg.IT_IS_NO_SOURCE,
            "top.c": msg.IT_IS_NEW_WHERE_TOOLS_LOOK,
            "docs/c.md": msg.IT_HAS_CHARACTERS_THAT_ARENT_SEEN,
            "src/sub/b.c": msg.TRACKS_NONE_OF_ITS_KIND}
    for path in ("src/tool.c", "src/run.py", "src/more.py", "src/a.c", "main.c",
                 "docs/a.md", "mkdocs.yml", "gradlew"):
        w.write(path, "#!/bin/sh\n:\n" if path == "src/tool.c" else "x\n",
                0o755 if path == "src/run.py" else 0o644)
    w.repository()
    good = ["docs/b.md", "main.c", "src/a.c", "src/b.c"]
    r = run_exec(w, {"calls": [write(p, {"src/new.c": "#!/bin/sh\ny\n",
                                         "docs/c.md": "a\u202eb\n"}.get(
                                             p, "y\n"))["calls"][0]
                               for p in good + list(left)]}, DONE,
                 args=("--approve", "small"))
    assert r.returncode == 5, r
    why = {f["path"]: f["rules"]["small"]
           for f in w.events("proposal")[0]["files"]}
    assert sorted(rules(w)) == good, (rules(w), why)
    assert all(left[p] in why[p] for p in left), why


def test_a_protected_move_waits(w):
    """Both halves of a move to or from a protected path, unless it is allowed."""
    harness.need_sandbox(w)
    move = bash("mkdir -p hooks; mv tools/a.sh hooks/pre-commit; "
                "mv .tool-versions versions; mv n.txt t; mkdir n.txt; "
                "mv t n.txt/.envrc; mv plain other; rm gone.c")
    for args, wrote in (
            (("small",), {"gone.c"}), (("yes",), {"gone.c", "other", "plain"}),
            (("yes", "--allow-protected", "hooks/"),
             {"gone.c", "other", "plain", "tools/a.sh", "hooks/pre-commit"})):
        w.clean_project()
        w.write("tools/a.sh", "echo a\n")
        w.write(".tool-versions", "node 22\npython 3.12\n")
        for name in ("n.txt", "plain", "gone.c"):
            w.write(name, "the text of %s, and what follows\n" % name)
        w.repository()
        r = run_exec(w, move, DONE, args=("--approve",) + args)
        assert r.returncode == 5, r
        assert set(rules(w)) == wrote, (args, rules(w))
        assert exists(w, "n.txt") and not exists(w, "versions")
        found = {f["path"]: f.get("protected")
                 for f in w.events("proposal")[0]["files"]}
        assert found["versions"] == found["n.txt"] == msg.HALF_OF_A_MOVE, found
        w.verify()


def test_weakened_tests_wait(w):
    """A file of tests that get weaker is the user's to accept, and every front
    end says in which lines; a new expected value is only shown."""
    harness.need_sandbox(w)
    test = "def test_a():\n    r = f()\n    assert r == 1\n    assert r.b\n" \
        "    assert len(r) == 9\n\n\ndef test_b():\n    assert f().c\n"
    for name in ("small", "yes"):
        w.clean_project()
        w.write("tests/test_a.py", test)
        w.write("tests/test_run", "#!/usr/bin/python3\n" + test)
        w.write("tests/test_large.py", "x = 1\n" * 120000)
        w.write("large.py", "x = 1\n" * 120000)
        w.write("a.c", "0\n")
        w.repository()
        r = run_exec(w, bash(
            "cd tests; sed -i '/r.b/d; s/== 9/== 8/; "
            "s/^def test_b/import pytest\\n@pytest.mark.skip\\n&/' test_a.py; "
            "sed -i /r.b/d test_run; "
            "echo y = 2 | tee -a ../large.py >>test_large.py"),
            write("a.c", "x\n"), DONE, args=("--approve", name))
        assert r.returncode == 5, r
        assert ("a.c" in rules(w)) and "tests/test_a.py" not in rules(w)
        assert "tests/test_run" not in rules(w)
        f = {f["path"]: f for f in w.events("proposal")[-1]["files"]}
        assert f["tests/test_a.py"]["rules"] == {
            "small": msg.IT_WEAKENS_TESTS, "yes": msg.IT_WEAKENS_TESTS}, f
        said = (r.stdout + r.stderr).decode()
        words = ["in tests/test_a.py: " + t for t in (
            "old line 4: test weakened: assertion removed",
            "line 4: expected value changed")]
        assert all(t in said for t in words), said
        large, = [x for e in w.events("proposal") for x in e["files"]
                  if x["path"] == "tests/test_large.py"][:1]
        why = msg.TOO_LARGE_FOR_WEAKENED_TESTS
        adds = msg.TOO_LARGE_FOR_WHAT_IT_ADDS
        assert large["note"] == why + "; " + adds, large
        assert large["rules"] == {"small": adds, "yes": why}, large
        assert "tests/test_large.py" not in rules(w)
        other, = [x for x in w.events("proposal")[0]["files"]
                  if x["path"] == "large.py"]
        assert other["rules"] == {
            "small": msg.TOO_LARGE_FOR_WHAT_IT_ADDS, "yes": None}, other
        assert ("large.py" in rules(w)) == (name == "yes"), rules(w)
    found = [(x["side"], x["line"], x["what"], x["counts"])
             for x in f["tests/test_a.py"]["weaker"]]
    assert found == [("old", 4, "assertion removed", True),
                     ("new", 4, "expected value changed", False),
                     ("new", 8, "skip added", True)], found
    shown = json.loads(w.run("show", "--json").stdout)["files"][0]
    assert {"kind": "weakened", "hunk": shown["hunks"][0]["id"],
            "side": "old", "line": 4, "warns": True, "stops": True, "text":
            "test weakened: assertion removed"} in shown["notes"], shown
    assert words[0] in w.run("show").stderr.decode()
    log = w.run("log").stdout.decode()
    assert "[tests weakened: 2]" in log and msg.ONLY_TESTS_CHANGE in log, log
    # An undo takes back what was accepted: nothing is weakened by it.
    assert w.run("decide", "--accept", "all").returncode == 0
    assert w.run("undo", "--accept", "all").returncode == 0
    assert all("weaker" not in x for x in w.events("proposal")[-1]["files"])


def test_what_is_added(w):
    """A host that the project has elsewhere isn't told, whatever the model's
    commands left in ignored files; a new one is, everywhere. "small" leaves
    its file, "yes" accepts it and tells it at the end, unless it is held."""
    harness.need_sandbox(w)
    known = "y = 'https://known.corp-a.net/x'\n"
    new = "y = 'https://new.corp-a.net/'\n"
    out = w.path("out.json")
    for args, code in ((("small",), 5), (("yes",), 0),
                       (("yes", "--hold", "adds"), 5)):
        w.clean_project()
        w.write("a.py", "x = 1\n")
        w.write("b.py", "x = 1\n")
        w.write("doc.md", "see https://known.corp-a.net\n")
        w.write(".gitignore", "out/\n")
        w.repository()
        r = run_exec(
            w, bash("mkdir -p out .cache; echo https://new.corp-a.net/ | "
                    "tee out/f .cache/f"),
            write("a.py", "x = 1\n" + known),
            write("b.py", "x = 1\n" + new), DONE,
            args=("--output", out, "--approve", *args))
        assert r.returncode == code, (args, r)
        said, = w.events("adds")[-1:]
        assert said["compared"], said
        with open(out) as f:
            end = json.load(f)
        added = [{"path": "b.py", "line": 2, "what": "host new.corp-a.net"}]
        assert end["adds"] == ([] if code else added), end
        text = r.stdout.decode()
        assert "\nadds: b.py:2: host new.corp-a.net\n" in text, text
        assert ("  adds: b.py:2: host new.corp-a.net\n" in text) == \
            (not code), text
        assert "a.py" in rules(w), rules(w)
        assert "b.py:2: host new.corp-a.net" in \
            w.run("log", "--md").stdout.decode()
        if not code:
            # What takes it back adds nothing.
            w.run("undo", "--accept", "all", code=0)
            assert not [f for f in w.events("proposal")[-1]["files"]
                        if "adds" in f]
            continue
        assert "b.py" not in rules(w), rules(w)
        assert end["not_written"][0] == {
            "path": "b.py", "why": "open: it adds: host new.corp-a.net"}, end
        shown, = json.loads(w.run("show", "--json").stdout)["files"]
        assert shown["rules"]["small"] == msg.IT_ADDS_SOMETHING, shown
        assert {"kind": "adds", "hunk": shown["hunks"][0]["id"],
                "side": "new", "line": 2, "warns": True, "stops": True,
                "text": "adds: host new.corp-a.net"} in shown["notes"], shown
        assert "in b.py: line 2: adds: host new.corp-a.net" in \
            w.run("show").stderr.decode()
    r = run_exec(w, args=("--hold", "all"))
    assert r.returncode == 2 and b"--hold all: adds" in r.stderr, r


def test_what_is_added_to_a_large_project(w):
    """More than the search reads: all that it didn't find is told, and that it
    wasn't compared. A core that dies meanwhile looks again."""
    if harness.level(w) != "A":
        raise harness.Skip("it is copied there")
    w.write("b.py", "x = 1\n")
    w.write("a/doc.md", "see https://known.corp-a.net\n")
    w.repository()
    for n in range(26):
        os.truncate(w.write(f"data/{n}", ""), 8 << 20)
    w.mock([write("b.py", "x = 1\ny = 'https://known.corp-a.net'\n"
                  "z = 'https://new.corp-a.net/'\n"), DONE])
    c = protocol.start(w, task="go")
    c.wait_event("proposal")
    protocol.kill(w, c)
    c = protocol.resume(w)
    said = c.wait_event("adds")
    assert not said["compared"] and said["known"] == ["known.corp-a.net"], said
    assert len(w.events("adds")) == 1
    c.close_and_wait()
    assert "host new.corp-a.net, not compared with the rest" in \
        w.run("log").stdout.decode()


def test_tests_without_text_wait(w):
    """A file of tests that isn't text any more is the user's to accept, too; so
    is one that is deleted."""
    harness.need_sandbox(w)
    test = "def test_%s():\n    assert f() == 1\n    assert g() == %d\n"
    w.clean_project()
    for n, name in enumerate("ab"):
        w.write(f"tests/test_{name}.py", test % (name, n))
    r = run_exec(w, bash(
        "cd tests; printf '\\0' >>test_a.py; rm test_b.py"),
        write("a.txt", "x\n"), DONE, args=("--approve", "yes"))
    assert r.returncode == 5, r
    assert set(rules(w)) == {"a.txt"}, rules(w)
    files = {f["path"]: f for f in w.events("proposal")[-1]["files"]}
    found = {name: [(x["side"], x["line"], x["what"])
                    for x in f.get("weaker", [])]
             for name, f in files.items()}
    assert found == {
        "tests/test_a.py": [],
        "tests/test_b.py": [("old", 1, "test removed")]}, found
    why = msg.UNREAD_FOR_WEAKENED_TESTS
    assert files["tests/test_a.py"]["rules"]["yes"] == why, files
    assert why in files["tests/test_a.py"]["note"], files


def test_half_done_work_is_no_rules(w):
    """Changes by a stopped call wait for the user, even if another call adds
    to the file, until the whole file is written anew."""
    harness.need_sandbox(w)
    w.write("a.md", OLD)
    w.repository()
    w.mock([bash("sed -i 's/line 4$/HALF/' a.md; echo begun; sleep 600"),
            bash("echo more >>a.md"), {"text": "added"},
            write("a.md", NEW), {"text": "whole"}])
    c = protocol.start(w, approve="small", task="go")
    c.wait("its output", lambda: any(
        x.get("kind") == "output" for x in c.lines))
    c.send(type="interrupt")
    waits = {"yes": None, "small": msg.STOPPED_CALL_CHANGED_IT}
    for text, said in ((None, "HALF"), ("add a line", "more")):
        if text:
            c.send(type="say", text=text)
        f, = c.wait_event("proposal", lambda e: said in json.dumps(
            e["files"]))["files"]
        assert f["rules"] == waits and "half done" in f["note"], f
        c.wait_status("to review")
    assert w.read("a.md") == OLD and not w.events("decision")
    protocol.kill(w, c)
    c = protocol.resume(w, approve="small")
    c.send(type="say", text="write it anew")
    c.wait_event("applied")
    assert w.read("a.md") == NEW


harness.main(globals())
