"""MCP servers and the network: a proxy for each, by consent, as for commands;
what it connected to is in the journal, call by call."""

import glob
import importlib.util
import json
import os

import harness
from mcplib import DONE, call, configure
import protocol

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location("net", os.path.join(
    HERE, "test-net.py"))
net = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(net)


def hosts(w):
    """Per call: what it connected to, or was refused."""
    return [(e["call"], e["host"], e.get("allowed_by"), bool(e.get("refused")))
            for e in w.events("net")]


def test_settings(w):
    """A server reaches the hosts in the settings, on each level with a proxy;
    its connections end with each call."""
    net.need(w)
    for wrap in ((), harness.need_deny()):
        with net.Server() as s:
            get = net.get("127.0.0.1", s.port)
            answers = [call("run", text=get),
                       {"calls": [{"name": "bash", "args": {"command": get}}]},
                       call("run", text="true"), call("run", text=get), DONE]
            configure(w, answers)
            w.run("exec", "--plan", "skip", "--approve", "yes", "--net",
                  "127.0.0.1:%d" % s.port, "go", wrap=wrap, code=0)
            got = w.events("tool_result")
            ids = [e["id"] for e in got]
            served = ["served 127.0.0.1" in e["text"] for e in got[:4]]
            assert served == [True, True, False, True], got
            assert hosts(w) == [(ids[n], "127.0.0.1", "--net", False)
                                for n in (0, 1, 3)], hosts(w)
            ends = w.events("net_end")
            # The command's proxy and the server's count side by side.
            assert sorted(e["call"] for e in ends) == sorted(
                ids[n] for n in (0, 1, 3)), ends
            assert all(e["hosts"][0]["received"] > 20 for e in ends), ends
            # Its proxy stays, and is not the one of commands.
            w.verify()


def test_answers(w):
    """One for a call is for that call, one for the session is for that server,
    not for commands and not for another server."""
    wrap = net.with_names(w)
    with net.Server() as s:
        get = net.get("a.example", s.port)
        bash = {"calls": [{"name": "bash", "args": {"command": get}}]}
        configure(w, [call("run", text=get), call("run", text=get),
                      call("run", text=get), bash,
                      {"calls": [{"name": "u__run", "args": {"text": get}}]},
                      DONE])
        servers = {n: {"command": "python3", "args": ["mcp-server.py"]}
                   for n in "tu"}
        c = protocol.start(w, task="go", wrap=wrap, mcp_servers=servers,
                           net_allow=[{"entry": "127.0.0.1:%d" % s.port,
                                       "from": "config"}])
        seen = []
        for scope, of in (("call", "t__run of MCP server t"),
                          ("session", "t__run of MCP server t"),
                          (None, "curl"), (None, "u__run of MCP server u")):
            ask = c.wait("an ask", lambda: c.event_list("ask")[len(seen):])[0]
            seen.append(ask)
            assert of in ask["for"], ask
            assert ask.get("server") == (None if of == "curl" else
                                         of[-1]), ask
            c.send(type="answer", id=ask["id"], allow=scope is not None,
                   seen=True, **({"scope": scope} if scope else {}))
        c.wait_event("agent_end")
        got = ["served a.example" in e["text"]
               for e in c.event_list("tool_result")[:5]]
        assert got == [True, True, True, False, False], got
        assert len(c.event_list("ask")) == 4, c.event_list("ask")
        c.close_and_wait()
        w.verify()


def test_a_start_waits_for_the_answer(w):
    """t asks before u is asked again, which has the same time limit."""
    wrap = net.with_names(w)
    with net.Server() as s:
        configure(w, [DONE])
        get = net.get("a.example", s.port) + " >&2; exec python3 mcp-server.py"
        servers = {"t": {"command": "sh", "args": ["-c", get], "timeout_s": 1},
                   "u": {"command": "python3", "timeout_s": 1, "args": [
                       "mcp-server.py", "silent-before-initialize"]}}
        c = protocol.start(w, task="go", wrap=wrap, mcp_servers=servers,
                           net_allow=[{"entry": "127.0.0.1:%d" % s.port,
                                       "from": "config"}])
        ask = c.wait_event("ask")
        c.send(type="answer", id=ask["id"], allow=True, scope="session")
        c.wait_event("agent_end")
        assert [e["mcp"]["status"] for e in c.event_list("note")
                if "mcp" in e] == ["started", "started"], c.event_list("note")
        c.close_and_wait()


def test_one_question_at_a_time(w):
    """What one server's start asks doesn't hide what another's asks."""
    wrap = net.with_names(w)
    with net.Server() as s:
        configure(w, [DONE])
        servers = {n: {"command": "sh", "args": [
            "-c", "%s >&2 2>~/said; exec python3 mcp-server.py" %
            net.get(host + ".example", s.port, more="-v")]}
            for n, host in (("t", "a"), ("u", "b"))}
        c = protocol.start(w, task="go", wrap=wrap, mcp_servers=servers,
                           net_allow=[{"entry": "127.0.0.1:%d" % s.port,
                                       "from": "config"}])
        harness.wait_until("both to have asked", lambda: [
            "> GET" in w.read(name) for name in glob.glob(os.path.join(
                w.path("state"), "**", "said"), recursive=True)
        ] == [True, True])
        for n in (1, 2):
            c.wait("question %d" % n, lambda: len(c.event_list("ask")) >= n)
            c.send(type="answer", id=c.event_list("ask")[n - 1]["id"],
                   allow=True, scope="session")
        c.wait_event("agent_end")
        assert [e["type"] for e in w.events() if e["type"] in (
            "ask", "answer")] == ["ask", "answer"] * 2
        assert sorted(r[0].split(".")[0] for r in s.requests) == ["a", "b"]
        c.close_and_wait()


def test_a_call_asks_meanwhile(w):
    """A question about a call hides the one about a server's host, which is asked
    again afterwards."""
    wrap = net.with_names(w)
    with net.Server() as s:
        m = configure(w, [dict(harness.write("b.txt", "b\n"), wait_for="go"),
                          DONE])
        hook = {"event": "before_tool", "name": "h", "match": ["write"],
                "command": "echo '?'; exit 2",
                "timeout_ms": 60000, "sandbox": True, "block": True}
        c = protocol.start(w, task="go", wrap=wrap, hooks=[hook], mcp_servers={
            "t": {"command": "sh", "args": ["-c", net.get(
                "a.example", s.port) + " -v 2>said & until grep -q '^> ' said; "
                "do :; done; exec python3 mcp-server.py"]}},
            net_allow=[{"entry": "127.0.0.1:%d" % s.port, "from": "config"}])

        def ask(n):
            return c.wait("question %d" % n, lambda: c.event_list("ask")[n:])[0]
        host = ask(0)
        open(os.path.join(m.dir, "go"), "w").close()
        c.send(type="answer", id=ask(1)["id"], allow=True)
        assert "hook" in ask(1) and ask(2)["id"] == host["id"]
        c.send(type="answer", id=host["id"], allow=True, scope="session")
        c.wait("the page", lambda: s.requests)
        c.wait_event("proposal")
        c.close_and_wait()


def test_test_asks(w):
    """`mcp test` asks about a host as a session does; without a terminal it says
    where to allow it."""
    wrap = net.with_names(w)
    with net.Server() as s:
        get = net.get("a.example", s.port) + " >&2; exec python3 mcp-server.py"
        configure(w, [], command="sh", args=["-c", get])
        conf = w.path("config", "assent", "config.json")
        config = json.loads(w.read(conf))
        config["net_allow"] = ["127.0.0.1:%d" % s.port]
        w.write(conf, json.dumps(config))
        code, seen = harness.on_terminal(w, [
            (b"y = this command, s = this session, n]", b"y\n")],
            "mcp", "test", "t", wrap=wrap)
        assert code == 0 and b"12 tools" in seen, seen
        r = w.run("mcp", "test", "t", wrap=wrap)
        assert b"it needs a.example:%d: say yes to that on a terminal, or " \
            b'add it to "net_allow"' % s.port in r.stdout, r
        assert b"--net" not in r.stdout + r.stderr, r


harness.main(globals())
