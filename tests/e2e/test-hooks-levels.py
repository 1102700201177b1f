"""The user's hooks on each level of the sandbox and as an ordinary user, and
`assent config hooks test`."""

import json
import os

import harness
from messages import msg

TIDY = ("grep -q a.c && sed -i 's/  / /' a.c; "
        "echo '%s'" % json.dumps({"findings": [
            {"file": "a.c", "line": 1, "level": "error", "text": "no doc",
             "rule": "D1"}, {"file": "gone.c", "text": "x"}]}))


def hook(event, name, command, **more):
    return dict({"event": event, "name": name, "command": command}, **more)


def on_level(w, level, wrap):
    """One session and one trial, with hooks in the sandbox and as the user."""
    if harness.level(w, wrap) != level:
        raise harness.Skip("no level %s on this host" % level)
    w.write("a.c", "old\n")
    w.mock([{"calls": [
        {"name": "write", "args": {"path": "a.c", "content": "int  x;\n"}},
        {"name": "done", "args": {"summary": "done"}}]}], config={"hooks": [
            hook("proposal", "tidy", TIDY, match="*.c"),
            hook("before_apply", "gate", "cat >/dev/null", on_failure="warn"),
            hook("applied", "tell", "cat >>\"$HOME/told\"", sandbox=False)]})
    if wrap and wrap[0] == "setpriv":
        harness.give_world(w, harness.USER)
    # The hooks name it: it is the user's.
    w.run("exec", "--plan", "skip", "--approve", "yes",
          "--allow-protected", "a.c", "go", wrap=wrap, code=0)
    start = w.events("session_start")[0]["sandbox"]
    assert start["level"] == level, start
    ends = {e["name"]: e for e in w.events("hook") if e["status"] == "done"}
    assert sorted(ends) == ["gate", "tell", "tidy"], ends
    with open(os.path.join(w.home, "told")) as f:
        assert json.load(f)["files"] == [{"path": "a.c"}]
    assert ends["tell"]["ok"], ends
    if level == "none":
        # Nothing is lowered silently.
        for name in ("tidy", "gate"):
            assert not ends[name]["ok"], ends
            assert msg.HOOK_NEEDS_SANDBOX in ends[name]["error"], ends
        assert w.read("a.c") == "int  x;\n"
    else:
        assert ends["tidy"]["changed"] == [{"path": "a.c"}], ends
        assert ends["tidy"]["dropped"] == 1 and ends["gate"]["ok"], ends
        assert w.read("a.c") == "int x;\n"
    w.verify()
    had = w.sessions()
    w.write("a.c", "a  b\n")
    r = w.run("config", "hooks", "test", "tidy", "a.c", wrap=wrap)
    if level == "none":
        assert r.returncode == 1, r
        assert msg.HOOK_NEEDS_SANDBOX.encode() in r.stdout, r
    else:
        assert r.returncode == 0, r
        assert (b"sandboxed" if level in "AB" else b"sandbox " +
                level.encode()) in r.stdout, r
        assert b"a.c:1: error: no doc (D1)" in r.stdout, r
        assert b"changed a.c, in the copy only" in r.stdout, r
    assert w.read("a.c") == "a  b\n" and w.sessions() == had
    if level != "none":
        judges(w, wrap)


GATE = """import json, os, sys
import rules
event = json.load(sys.stdin)
with open(os.path.join(event["staged"], "rules.py")) as f:
    staged = f.read()
def reads(path):
    try:
        return open(path).read() != ""
    except OSError:
        return False
left = [p for p in (os.environ["HOME"] + "/left", "/tmp/left",
                    event["staged"] + "/.env") if reads(p)]
print(json.dumps({"findings": [{"file": event["staged"] + "/rules.py",
                                "text": repr(left)}]}))
sys.exit(rules.decide(staged))
"""


def judges(w, wrap):
    """A hook that decides runs as the project has it, with all that it loads:
    nothing that the model staged, and no home or /tmp that it wrote."""
    w.write("gate.py", GATE)
    w.write("rules.py", "def decide(t): return 'not so' if 'ev' 'il' in t else "
            "None\n")
    w.write(".env", "KEY=abcdefgh\n")

    def bash(command):
        return {"name": "bash", "args": {"command": command}}
    w.mock([{"calls": [
        bash("echo x | tee ~/left /tmp/left; echo 'exit 0' >~/.bashrc"),
        {"name": "write", "args": {"path": "rules.py", "content":
                                   "evil = decide = lambda t: None\n"}},
        {"name": "write", "args": {"path": "gate.py", "content":
                                   "raise SystemExit(0)\n"}},
        {"name": "write", "args": {"path": "json.py", "content":
                                   "raise SystemExit(0)\n"}},
        bash("touch ran"), bash("touch ran")]},
        {"calls": [{"name": "done", "args": {"summary": "done"}}]}],
        config={"hooks": [
            hook("before_tool", "gate", "python3 gate.py", match="bash"),
            hook("before_apply", "gate", "python3 gate.py")]})
    if wrap and wrap[0] == "setpriv":
        harness.give_world(w, harness.USER)
    # All but one of the files that the hook runs and loads are the user's.
    w.run("exec", "--plan", "skip", "--approve", "yes", "--allow-protected",
          "rules.py", "go", wrap=wrap)
    ends = [e for e in w.events("hook") if e["status"] == "done"]
    assert [(e["event"], e["decision"]) for e in ends] == [
        ("before_tool", "allow"), ("before_tool", "deny"),
        ("before_tool", "deny"), ("before_apply", "deny")], ends
    assert all(e["ok"] and e["findings"][0]["message"] == "[]" and
               e["findings"][0]["path"] == "rules.py" for e in ends), ends
    assert [e.get("reason") for e in ends] == [None] + 3 * ["not so"], ends
    assert not os.path.exists(os.path.join(w.project, "ran"))
    assert "evil" not in w.read("rules.py")
    assert not os.path.exists(os.path.join(w.project, "json.py"))
    w.verify()


def test_a_as_a_user(w):
    on_level(w, "A", harness.as_user(w))


def test_b(w):
    os.makedirs(os.path.join(w.project, "sub"))
    on_level(w, "B", harness.with_mount((os.path.join(w.project, "sub"),
                                         "size=1m")))


def test_c_as_a_user(w):
    on_level(w, "C", harness.as_user(w) + harness.need_deny())


def test_none(w):
    on_level(w, "none", harness.need_none())


def test_trial(w):
    """A hook on a sample of its event: what it says, how long it took; nothing
    of it has an effect, and no session is left."""
    harness.need_sandbox(w)
    w.write("a.c", "x\n")
    seen = "cat >\"$HOME/told\"; "
    w.configure("http://127.0.0.1:9/v1", config={"hooks": [
        hook("before_tool", "tool", seen + "echo no; exit 1",
             sandbox=False, match=["bash", "*.h"]),
        hook("before_apply", "tool", "printf 'a\\nb\\n'"),
        hook("session_start", "start", "cat >/dev/null"),
        hook("session_end", "end", "cat >&2; exit 3"),
        hook("plan", "plan", seen + "echo '{\"reason\": 1}'", sandbox=False)]})

    def trial(code, *args):
        r = w.run("config", "hooks", "test", *args, code=code)
        assert w.sessions() == []
        return (r.stdout + r.stderr).decode()

    def heard():
        return json.loads(w.read(os.path.join(w.home, "told")))
    said = trial(0, "tool")
    assert "  deny: no\n" in said and "as you, without the sandbox" in said
    assert "  allow\n" in said and "    a\n    b\n" in said, said
    assert heard()["tool"]["name"] == "bash" and heard()["files"] == []
    said = trial(2, "tool", "a.c")
    assert msg.HOOK_MATCH_FITS in said and " s, as you" not in said, said
    trial(0, "tool", "write", "src/../b.h")
    assert heard()["tool"] == {"id": "sample", "name": "write",
                               "args": {"path": "b.h"}}, heard()
    assert heard()["files"] == [{"path": "b.h", "status": "modified"}]
    assert "  allow\n" in trial(0, "start")
    assert "exit status 3" in trial(1, "end")
    assert "objects by its exit status" in trial(1, "plan")
    assert heard()["plan"]["goal"], heard()
    assert "no hook is called x" in trial(2, "x")
    r = w.run("config", "hooks", "test")
    assert r.returncode == 2 and b"usage" in r.stderr, r
    assert w.read("a.c") == "x\n"


harness.main(globals())
