"""MCP servers without a sandbox: that is said, each call is asked about, and all
of it ends with the session."""

import json
import os
import shutil

import harness
from mcplib import DONE, HERE, call, notes
import protocol


def hello(w):
    return {"mcp_env": {"t": {"TMPDIR": w.path("scratch")}}}


def host(w, *modes, **more):
    """The server of an entry with "sandbox": false; its folder is the home."""
    os.makedirs(w.path("scratch"), exist_ok=True)
    shutil.copy(os.path.join(HERE, "mcp-server.py"), w.root)
    server = {"command": "python3", "sandbox": False,
              "args": [w.path("mcp-server.py")] + list(modes),
              "env": {"TMPDIR": w.path("scratch"), "TOKEN": "abcdef-012345"}}
    server.update(more)
    return {"t": server}


def run_host(w, *answers, trust="always", wrap=(), modes=(), **more):
    w.mock(list(answers) + [DONE], config={
        "mcpServers": host(w, *modes, trust=trust, **more)})
    w.result = w.run("exec", "--plan", "skip", "--approve", "yes", "do it",
                     wrap=wrap)
    return [ev for ev in w.events("tool_result") if ev["name"] != "done"]


def test_not_sandboxed(w):
    """It runs as the user, beside the project, with few variables; nothing of
    it is proposed, and each line says how it runs."""
    got = run_host(w, call("run", text="pwd; env; id -u"),
                   call("write", path=os.path.join(w.project, "a.txt"),
                        text="straight\n"), call("die"),
                   call("read", path=os.path.join(w.project, "a.txt")))
    text = got[0]["text"]
    assert text.startswith(w.home + "\n"), text
    assert text.rstrip("\n").endswith(str(os.geteuid())), text
    names = {line.split("=")[0] for line in text.splitlines() if "=" in line}
    assert names <= {"HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL",
                     "TERM", "TMPDIR", "USER", "TOKEN", "PWD", "SHLVL", "_",
                     "OLDPWD", "LC_CTYPE"}, names
    assert "TOKEN=[masked" in text and "sk-test" not in text, text
    assert w.read("a.txt") == "straight\n" and not w.events("proposal")
    assert [e["ok"] for e in got] == [True, True, False, True], got
    assert "It printed: my last words" in got[2]["text"], got
    for e in got:
        assert e["server"] == "t" and e["sandbox"] is False, e
    assert notes(w).count(
        "MCP server t is not sandboxed: it runs with your rights") == 1
    w.verify()
    out = w.run("mcp", "ls").stdout
    assert b"not sandboxed: it runs with your rights; you are asked before a " \
        b"call, but not of any tool\n" in out, out
    assert b", not sandboxed (assent mcp" in w.run("doctor", "--all").stdout


def test_not_sandboxed_needs_a_person(w):
    """Nobody is here: it is refused, but for what is trusted; on each level."""
    w.write("a.txt", "x\n")
    at = os.path.join(w.project, "a.txt")
    for wrap in ((), harness.need_none()):
        for trust in (None, "ask", {"read": "always", "run": "ask"}):
            more = {} if trust is None else {"trust": trust}
            w.mock([call("run", text="touch %s" % w.path("ran")),
                    call("read", path=at), DONE], config={
                        "mcpServers": host(w, **more)})
            r = w.run("exec", "--plan", "skip", "--approve", "yes", "do it",
                      wrap=wrap)
            got = [e for e in w.events("tool_result") if e["name"] != "done"]
            assert got[0]["error"] == "no_sandbox", got
            assert '"trust": {"run": "always"}' in got[0]["text"] and \
                "saved.json" in got[0]["text"], got
            assert not os.path.exists(w.path("ran"))
            assert got[1]["ok"] == isinstance(trust, dict), (trust, got)
            assert r.returncode == 5, r


def test_not_sandboxed_asks_each_time(w):
    """With all of the arguments; what the server says of itself is shown."""
    for key in range(2):
        w.mock([call("run", text="echo ran >>%s" % w.path("ran")),
                call("run", text="x" * 3000), call("read", path="none"), DONE])
        c = protocol.start(w, task="go", mcp_servers=host(w, "hints"),
                           hello=hello(w))
        for n, allow in enumerate((key == 1, False, True)):
            ask = c.wait("question %d" % n, lambda: len(
                c.event_list("ask")) > n and c.event_list("ask")[n])
            assert ask["why"].startswith("MCP server t is not sandboxed"), ask
            if n == 1:
                assert "x" * 3000 in ask["command"], ask
            assert ("it says that this tool only reads" in ask["why"]) == \
                (n == 2), ask
            assert os.path.exists(w.path("ran")) == (key == 1 and n > 0)
            c.send(type="answer", id=ask["id"], allow=allow)
            ev = c.wait_event("tool_result", lambda e: e["id"] == ask["id"])
            assert (ev.get("error") == "refused") == (not allow), ev
        c.wait_event("agent_end")
        c.close_and_wait()


def test_questions_on_terminals(w):
    """Each front end has the journal's words, and all that a yes allows."""
    read = call("read", path="none")
    mode = w.write("mode", "reworded", base=w.home)
    run_host(w, read, modes=("by-file",))
    os.unlink(mode)
    first, second = "accept this description?", "allow this call?"
    for args in (("--plain", "--plan", "skip", "go"),
                 ("exec", "--plan", "skip", "go")):
        w.mock([read, DONE], config={"mcpServers": host(w, "by-file")})
        begin = [(b"Press Enter to see it", b"\n")] if "--plain" in args else []
        end = [(b"finished", b"/end\n")] if begin else []
        code, seen = harness.on_terminal(w, begin + [
            (first.encode(), b"y\n")] + begin + [
            (second.encode(), b"n\n")] + end, *args)
        seen = seen.decode().replace("\r\n", "\n")
        asks = w.events("ask")
        assert len(asks) == 2, (asks, seen)
        for ask in asks:
            for line in [ask["why"] + ":", ask["command"]] + \
                    ask.get("change", "").splitlines():
                assert line in seen, (line, seen)
        assert "copy of the project" not in seen, seen
        w.write("mode", "reworded", base=w.home)


def test_not_sandboxed_ends_with_the_core(w):
    """All that it started does, however far it went."""
    far = "setsid sh -c 'setsid sh -c \"echo \\$\\$ >%s; exec sleep 1000\" & " \
        "exec true' >/dev/null 2>&1" % w.path("pid")
    for how in ("kill", "interrupt", "end"):
        w.mock([call("run", text=far), call("hang"), DONE])
        c = protocol.start(w, task="go", mcp_servers=host(w, trust="always"),
                           hello=hello(w))
        c.wait_status("running `t__hang`, not sandboxed")
        harness.wait_until("it has begun", lambda: os.path.exists(
            w.path("pid")) and os.path.getsize(w.path("pid")) > 0)
        with open(w.path("pid")) as f:
            pid = f.read().strip()
        if how == "kill":
            protocol.kill(w, c)
        else:
            c.send(type=how)
            c.wait_event("agent_end")
        harness.wait_until("its end", lambda: not os.path.exists(
            "/proc/" + pid))
        os.unlink(w.path("pid"))
        if how != "kill":
            c.close_and_wait()


def test_not_sandboxed_waits_for_the_plan(w):
    """A server without a copy of the project writes directly: so it isn't
    called before the plan is approved, nor in a session that only looks."""
    config = {"mcpServers": host(w, trust="always")}
    m = w.mock([call("run", text="touch %s" % w.path("ran")), DONE],
               config=config)
    r = w.run("exec", "--profile", "review", "look")
    assert not os.path.exists(w.path("ran")), r
    assert "t__run" not in json.dumps(m.requests()[0]["body"]["tools"])
    w.mock([call("run", text="touch %s" % w.path("ran")),
            {"calls": [{"name": "plan", "args": {
                "goal": "g", "steps": [{"title": "s"}]}}]}], config=config)
    r = w.run("exec", "--plan", "require", "--approve", "yes", "go")
    assert not os.path.exists(w.path("ran")), r
    assert w.events("tool_result")[0]["error"] == "plan_phase"


harness.main(globals())
