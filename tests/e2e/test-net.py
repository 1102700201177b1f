"""Hosts that commands connect to, through the real binaries: what a flag, the
settings and the user's answers allow, what the screen asks, what is refused
whatever allowed it, and what the journal has of it.
"""

import glob
import http.server
import json
import os
import re
import shutil
import signal
import socket
import threading

import harness
import protocol
from screenlib import Screen, wait_events

DONE = {"calls": [{"name": "done", "args": {"summary": "finished"}}]}
NAMES = ("a.example", "b.example", "c.example")


class Served:
    """An HTTP server on loopback, as long as its block."""

    def __init__(self, handler):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.http.shutdown()
        self.http.server_close()


class Server(Served):
    """An HTTP server that counts; `on` is called before each answer."""

    def __init__(self, on=None):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append((self.headers["Host"], self.path))
                if on:
                    on()
                body = ("served %s\n" % self.headers["Host"]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass
        super().__init__(Handler)


def get(host, port, path="/", more=""):
    """A command; the address of the proxy is given because 127.0.0.1 is in
    NO_PROXY."""
    return "curl -sS --noproxy '' -m 900 %s http://%s:%d%s" % (
        more, host, port, path)


def need(w, wrap=()):
    if shutil.which("curl", path="/usr/bin") is None:
        raise harness.Skip("there is no curl")
    harness.need_sandbox(w, wrap)


def with_names(w, text=None):
    """Names that lead to loopback; needs root."""
    need(w)
    w.write("hosts", text or "".join("127.0.0.1 %s\n" % n for n in NAMES),
            base=w.root)
    return harness.with_script("mount --bind '%s' /etc/hosts" %
                               w.path("hosts"))


def bash(*commands):
    return [{"calls": [{"name": "bash", "args": {"command": c}}]}
            for c in commands]


def execute(w, commands, *args, wrap=(), config=None, code=0, say=None):
    w.clean_project()
    w.mock(bash(*commands) + (say or [{"text": "done"}]), config=config)
    r = w.run("exec", "--plan", "skip", *args, "fetch it", wrap=wrap)
    assert r.returncode == code, r
    w.verify()
    return r


def nets(w):
    return [(e["host"], e["port"], e.get("allowed_by"), e.get("refused"))
            for e in w.events("net")]


def result(w, n=-1):
    return w.events("tool_result")[n]["text"]


# ---- exec ----

def test_flag(w):
    need(w)
    with Server() as s:
        entry = "127.0.0.1:%d" % s.port
        execute(w, [get("127.0.0.1", s.port) + " --next " +
                    get("127.0.0.1", s.port)[5:]], "--net", entry)
        assert result(w).count("served " + entry) == 2, result(w)
        assert nets(w) == [("127.0.0.1", s.port, "--net", None)], nets(w)
        prompt = w.mocks[-1].requests()[0]["body"]["messages"][0]["content"]
        assert "Get a web page with `curl`" in prompt, prompt
        net = w.events("net")[0]
        assert net["address"] == "127.0.0.1", net
        end = w.events("net_end")
        assert len(end) == 1 and end[0]["call"] == net["call"], end
        host = end[0]["hosts"][0]
        assert host["host"] == "127.0.0.1" and host["port"] == s.port
        assert host["connections"] >= 1 and host["sent"] > 20, host
        assert host["received"] > 20, host
        start = w.events("session_start")[0]
        assert start["sandbox"]["net"] == [entry], start
        assert not w.events("ask")


def test_refused(w):
    """The words name the flag; exit 5 only if the task failed by it."""
    need(w)
    with Server() as s:
        flag = "--net x.example:%d" % s.port
        execute(w, [get("x.example", s.port, more="-f")])
        assert flag in result(w), result(w)
        assert flag in nets(w)[0][3], nets(w)
        execute(w, [get("x.example", s.port)], "--test",
                get("x.example", s.port, more="-f"), code=5, say=[DONE] * 5)
        execute(w, [get("x.example", s.port)], "--test", "true", say=[DONE])
        assert not s.requests and not w.events("ask")


def test_many(w):
    """As many addresses as a list may have; a name leads to one of them."""
    need(w)
    with Server() as s:
        allow = ["[fd00:1111:2222:3333:4444:5555:6666:%x]:%d" % (0x1000 + i, s.port)
                 for i in range(997)]
        allow += ["%s:%d" % (x, s.port) for x in
                  ("localhost", "127.0.0.1", "[::1]")]
        execute(w, [get("localhost", s.port)], config={"net_allow": allow})
        assert "served localhost" in result(w), result(w)


def test_proxy_above(w):
    """A network from which only the user's proxy leads: it is used, and neither
    the command nor the journal has its password."""
    need(w)
    heads = []

    class Above(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heads.append((self.requestline,
                          self.headers["Proxy-Authorization"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"through\n")

        def do_CONNECT(self):
            self.do_GET()

        def log_message(self, *args):
            pass
    with Served(Above) as s:
        env = {"http_proxy": "http://me:se%%63ret@127.0.0.1:%d" % s.port}
        env["https_proxy"] = env["http_proxy"]
        w.clean_project()
        curl = "curl -sSm 60 --noproxy '' "
        w.mock(bash(curl + "http://a.invalid/x; env",
                    curl + "https://b.invalid/",
                    curl + "http://10.1.1.1/") + [{"text": "done"}])
        r = w.run("exec", "--plan", "skip", "--net", "a.invalid", "--net",
                  "b.invalid", "x", env=env, code=0)
        w.verify()
        basic = "Basic bWU6c2VjcmV0"
        assert heads == [("GET http://a.invalid/x HTTP/1.1", basic),
                         ("CONNECT b.invalid:443 HTTP/1.1", basic)], heads
        assert "through" in result(w, 0), result(w, 0)
        got = [(e["host"], e.get("proxy"), e.get("refused"))
               for e in w.events("net")]
        at = "127.0.0.1:%d" % s.port
        assert got[:2] == [("a.invalid", at, None), ("b.invalid", at, None)] \
            and got[2][1] is None and "not allowed" in got[2][2], got
        assert "connected to a.invalid:80 (127.0.0.1, through %s)" % at in \
            w.run("log").stdout.decode()
        journal = json.dumps(w.events())
        for secret in ("me:", "se%63ret", "bWU6c2"):
            assert secret not in journal, secret
            assert secret.encode() not in r.stdout + r.stderr, r


def test_proxy_above_of_another_kind(w):
    """It isn't used, and a note says so, once and without its password."""
    need(w)

    def notes(host, **env):
        w.clean_project()
        w.mock(bash(*["curl -sSm 60 --noproxy '' https://%s/" % host] * 2) +
               [{"text": "done"}])
        r = w.run("exec", "--plan", "skip", "--net", host, "x", env=env)
        assert r.returncode == 0 and b"pass@" not in r.stdout + r.stderr, r
        w.verify()
        assert len(nets(w)) == 2 and all(x[3] for x in nets(w)), nets(w)
        return [e["text"] for e in w.events("note")
                if "Commands connect directly" in e["text"]]
    socks = "socks5://me:pass@proxy.example:3128"
    got = notes("a.invalid", https_proxy=socks)
    assert len(got) == 1 and "not through the proxy proxy.example:3128 " \
        "(https_proxy)" in got[0] and "a.invalid:443" in got[0], got
    assert not notes("a.invalid", https_proxy=socks, no_proxy="x,.invalid")
    # It can't be why a private address is refused.
    assert not notes("localhost", https_proxy=socks)


def test_ends_before_its_proxy(w):
    """A proxy that no longer answers doesn't keep the session."""
    need(w)
    w.write("sign.txt", "\n")
    with Server() as s:
        command = "%s -m 1; until %s; do sleep 0.02; done" % (
            get("127.0.0.1", s.port), harness.signed(w))
        w.mock(bash(command) + [DONE])
        p = w.start("exec", "--plan", "skip", "--net", "127.0.0.1:%d" % s.port,
                    "go")
        harness.wait_until("a request", lambda: s.requests)
        proxy, = harness.running("assent-net")
        os.kill(proxy, signal.SIGSTOP)
        harness.sign(w)
        r = p.communicate()
        assert p.returncode == 0, r
    end, = w.events("net_end")
    assert end["call"] == w.events("tool_result")[0]["id"], end
    assert [h["connections"] for h in end["hosts"]] == [1], end
    assert not harness.running("assent-net")


def test_log(w):
    need(w)
    with Server() as s:
        at = "127.0.0.1:%d" % s.port
        execute(w, [get("127.0.0.1", s.port), get("x.example", 80)],
                "--net", at)
        total = w.events("net_end")[0]["hosts"][0]
        whole = w.run("log", code=0).stdout.decode()
        assert " net        %s: 1 connection, %d bytes sent, %d received\n" % (
            at, total["sent"], total["received"]) in whole, whole
        assert "connected to %s (127.0.0.1), allowed by --net" % at in whole
        assert "not connected to x.example:80" in whole, whole


def test_brokered(w):
    """Level C: the same, and without the secret a program gets nowhere."""
    deny = harness.need_level_c(w)
    need(w, deny)
    go = threading.Event()
    with Server(on=go.wait) as s:
        at = "127.0.0.1:%d" % s.port
        m, c = begin(w, ["echo $http_proxy | tee ~/proxy; " +
                         get("127.0.0.1", s.port),
                         "echo $http_proxy; " + get("127.0.0.1", s.port)],
                     wrap=deny, allow=[at])
        harness.wait_until("the request", lambda: s.requests)
        # Anybody on the host could find the port, in /proc/net/tcp; to ask
        # each that is there would disturb others.
        path, = glob.glob(os.path.join(w.session_dir(), "*", "home", "proxy"))
        with open(path) as f:
            port = int(re.search(r"assent:\w+@127\.0\.0\.1:(\d+)",
                                 f.read()).group(1))
        with socket.create_connection(("127.0.0.1", port), 5) as o:
            o.sendall(b"GET http://%s/outside HTTP/1.1\r\nHost: %s\r\n"
                      b"Connection: close\r\n\r\n" % (at.encode(),
                                                       at.encode()))
            answer = o.recv(100)
        go.set()
        c.wait_event("agent_end")
        text, later = [e["text"] for e in c.event_list("tool_result")[:2]]
        assert "served " + at in text and "served " + at in later, later
        # A permission for one command doesn't count for the next.
        secrets = {re.search(r"assent:(\w+)@", t).group(1)
                   for t in (text, later)}
        assert len(secrets) == 2, secrets
        assert answer.startswith(b"HTTP/1.1 407 "), answer
        assert [r[1] for r in s.requests] == ["/"] * 2, s.requests
        c.close_and_wait()
        assert w.events("session_start")[0]["sandbox"]["level"] == "C"
        w.verify()


def test_resume_has_todays_list(w):
    """A host that was removed is refused and one that was added is allowed; so
    is one that the user allowed for the session. `always` writes to the
    settings."""
    wrap = with_names(w)
    with Server() as s:
        a, b, _, loop = ["%s:%d" % (n, s.port) for n in NAMES + ("127.0.0.1",)]
        w.clean_project()
        w.mock([x for _ in range(3) for x in bash(
            "; ".join(get(n, s.port) for n in NAMES)) + [DONE]])

        def round_(begin_, allow, scopes):
            """The hosts that were asked about, and who allowed the rest."""
            last = w.events()[-1]["seq"] if w.sessions() else 0

            def new(kind):
                return [e for e in c.event_list(kind) if e["seq"] > last]
            c = begin_(w, wrap=wrap, net_allow=[
                {"entry": x, "from": "config"} for x in allow + [loop]])
            for n, scope in enumerate(scopes):
                ask = c.wait("an ask", lambda: new("ask")[n:])[0]
                c.send(type="answer", id=ask["id"], allow=scope is not None,
                       seen=True, **({"scope": scope} if scope else {}))
            c.wait("the end", lambda: new("agent_end"))
            c.close_and_wait()
            return [e["host"][0] for e in new("ask")], [
                (e["host"][0], e["allowed_by"]) for e in new("net")
                if "refused" not in e]

        def again(w, **more):
            c = protocol.resume(w, **more)
            c.wait_live()
            c.send(type="say", text="again")
            return c
        assert round_(lambda w, **k: protocol.start(w, task="go", **k), [a],
                      ["always", "session"]) == (["b", "c"], [
                          ("a", "config"), ("b", "you"), ("c", "you")])
        assert round_(again, [], [None, None]) == (["a", "b"], [("c", "you")])
        note = [e for e in w.events("note") if e.get("resumed")][-1]
        assert note["sandbox"]["net"] == [loop], note
        text = " ".join(g["text"] for g in note["grants"])
        assert loop in text and a not in text, text
        assert round_(again, [b], [None]) == (["a"], [
            ("b", "config"), ("c", "you")])
        w.verify()


# ---- with a client ----

def begin(w, commands, *, wrap=(), allow=(), say=DONE, **more):
    w.clean_project()
    m = w.mock([dict(bash(*commands[:1])[0], text="The first.")] +
               bash(*commands[1:]) + [say])
    c = protocol.start(w, wrap=wrap, task="go", net_allow=[
        {"entry": x, "from": "config"} for x in allow], **more)
    return m, c


def test_answers(w):
    """Once is for a command, the session for all; a second host is asked
    about after the first, and all connections to a host are one question."""
    wrap = with_names(w)
    with Server() as s:
        two = "; ".join((get("a.example", s.port) + " & " +
                         get("a.example", s.port) + " & wait",
                         get("b.example", s.port)))
        m, c = begin(w, [two, get("a.example", s.port),
                         get("a.example", s.port)], wrap=wrap,
                     allow=["127.0.0.1:%d" % s.port])
        seen = 0
        for host, scope in (("a", "call"), ("b", None), ("a", "session")):
            ask = c.wait("an ask", lambda: c.event_list("ask")[seen:])[0]
            seen += 1
            assert ask["host"] == host + ".example", ask
            assert ask["port"] == s.port and "curl" in ask["for"], ask
            # Of the message with this command, not of an older one.
            assert ask.get("reason") == ("The first." if seen < 3 else None)
            c.send(type="answer", id=ask["id"], allow=scope is not None,
                   seen=True, **({"scope": scope} if scope else {}))
        c.wait_event("agent_end")
        assert len(c.event_list("ask")) == 3
        texts = [e["text"] for e in c.event_list("tool_result")[:3]]
        assert texts[0].count("served a.example") == 2, texts
        assert "served b.example" not in texts[0], texts
        assert all("served a.example" in t for t in texts), texts
        assert {r[0] for r in s.requests} == {"a.example:%d" % s.port}
        c.close_and_wait()
        w.verify()


def test_another_question_is_open(w):
    """It stays, and nobody is asked about the host."""
    need(w)
    w.write(".agents/commands/fix.md", "Fix it.\n")
    w.mock([DONE])
    c = protocol.start(w)
    c.wait_live()
    c.send(type="say", text="/fix", slash=True)
    ask = c.wait_event("ask")
    assert "contents" in ask, ask
    c.send(type="run", command="curl -sS http://a.example")
    r = c.wait_event("tool_result")
    assert "the user is asked something else" in r["text"], r
    assert c.event_list("ask") == [ask]
    c.send(type="answer", id=ask["id"], allow=True, seen=True)
    c.wait_event("agent_end")
    assert [e["allow"] for e in c.event_list("answer")] == [True]
    c.send(type="end")
    c.wait_eof()


def test_private_is_not_asked(w):
    """No answer allows an address that isn't listed: nobody is asked."""
    need(w)
    with Server() as s:
        m, c = begin(w, [get("127.0.0.1", s.port),
                         get("169.254.169.254", 80), get("[::1]", s.port)])
        c.wait_event("agent_end")
        assert not c.event_list("ask"), c.event_list("ask")
        assert all("--net" in e["refused"] for e in c.event_list("net"))
        assert len(c.event_list("net")) == 3 and not s.requests
        c.close_and_wait()


def net_pid():
    pids = [p for p, line in harness.children().items()
            if line.startswith("assent-net")]
    return pids[0] if pids else None


def test_proxy_dies(w):
    """While somebody is asked."""
    wrap = with_names(w)
    with Server() as s:
        m, c = begin(w, [get("a.example", s.port), get("b.example", s.port)],
                     wrap=wrap, allow=["b.example:%d" % s.port,
                                       "127.0.0.1:%d" % s.port])
        c.wait_event("ask")
        os.kill(net_pid(), signal.SIGKILL)
        c.wait_event("answer")
        c.wait_event("agent_end")
        texts = [e["text"] for e in c.event_list("tool_result")[:2]]
        assert "curl: (" in texts[0] and "served b" in texts[1], texts
        assert any("proxy ended" in e["text"] for e in c.event_list("note"))
        c.close_and_wait()
        w.verify()


def test_interrupted(w):
    """The question ends as rejected, and the journal says why."""
    m, c = begin(w, [get("a.example", 80)], wrap=with_names(w))
    c.wait_event("ask")
    c.send(type="interrupt")
    assert not c.wait_event("answer")["allow"]
    assert c.wait_event("net")["refused"] == "it ended before you allowed it"
    c.close_and_wait()


def test_core_dies(w):
    """A question that was open is closed by the resume; what was allowed for
    the session stays so."""
    wrap = with_names(w)
    with Server() as s:
        m, c = begin(w, [get("a.example", s.port), get("b.example", s.port),
                         get("a.example", s.port)],
                     wrap=wrap, allow=["127.0.0.1:%d" % s.port])
        ask = c.wait_event("ask")
        c.send(type="answer", id=ask["id"], allow=True, scope="session",
               seen=True)
        c.wait("second", lambda: len(c.event_list("ask")) == 2)
        c.process.kill()
        c.wait_eof()
        c.close()
        harness.wait_until("the proxy's end", lambda: not net_pid())
        c = protocol.resume(w, wrap=wrap, net_allow=[
            {"entry": "127.0.0.1:%d" % s.port, "from": "config"}])
        c.wait_live()
        asks, answers = w.events("ask"), w.events("answer")
        assert [e["id"] for e in asks] == [e["id"] for e in answers]
        assert not answers[-1]["allow"] and answers[-1]["by"] == "core"
        c.send(type="say", text="continue")
        c.wait("the third", lambda: any(
            "served a" in e["text"] for e in w.events("tool_result")[2:]))
        assert len(w.events("ask")) == 2, w.events("ask")
        c.close_and_wait()
        w.verify()


# ---- on the screen ----

def screen(w, wrap, port, commands, *args, **kw):
    w.clean_project()
    calls = bash(*commands)
    calls[0]["text"] = "It has \x1b[31mwhat the build needs."
    w.mock(calls + [DONE], config={
        "plan": "skip", "net_allow": ["127.0.0.1:%d" % port]})
    return Screen(w, *wrap[1:], harness.ASSENT, *args, "fetch it",
                  path=wrap[0], **kw)


QUESTION = "connect to this host?"


def answer(t, key):
    """Choose it, and Enter when its row has stood. (The worker of the command that
    waits for the answer looks at it often: it is never at rest.)"""
    t.review("W always")
    t.send(key)
    t.need("Enter ")
    t.pause(750)
    t.send("\r")


def test_screen(w):
    """The text of the question; a host that is allowed for every session is
    saved. (What each key sends: test-ui.)"""
    wrap = with_names(w)
    with Server() as s:
        with screen(w, wrap, s.port, [get("a.example", s.port)] * 2) as t:
            t.need(QUESTION)
            t.need("a.example:%d" % s.port)
            t.need("curl -sS")
            t.need("The model said:")
            t.need("what the build needs.")
            t.need("A command tries to reach a host that")
            t.need("n rejects it.")
            answer(t, "W")
            a = wait_events(w, "answer")[0]
            assert a["scope"] == "always" and a["allow"] and a["seen"], a
            wait_events(w, "agent_end")
            # The status line has what is open.
            t.need(" network: 127.0.0.1:%d" % s.port)
            t.need(" and 1 more")
            t.end("exit 0")
        assert len(w.events("ask")) == 1 and len(s.requests) == 2
        with open(w.path("config", "assent", "saved.json")) as f:
            saved = json.load(f)["net_allow"]
        assert saved == ["a.example:%d" % s.port], saved
        w.verify()


def test_plain(w):
    wrap = with_names(w)
    with Server() as s:
        w.mock(bash(get("a.example", s.port)) + [DONE], config={
            "plan": "skip", "net_allow": ["127.0.0.1:%d" % s.port]})
        code, seen = harness.on_terminal(w, [
            (b"Press Enter to see it", b"\n"),
            (b"connect to this host?", b"s\n"), (b"finished", b"/end\n")],
            "--plain", "fetch it", wrap=wrap)
        assert b"anything the sandbox can read" in seen, seen
        assert ("a.example:%d" % s.port).encode() in seen, seen
        assert w.events("answer")[0]["scope"] == "session"
        assert len(s.requests) == 1
        w.verify()


def test_many_hosts(w):
    need(w)
    execute(w, ["for i in $(seq 300); do echo \"url=http://h$i.example/\"; "
                "done | curl -sS -m 100 --noproxy '' -K - | sort | uniq -c | "
                "sort -n | tail -n 3"])
    assert len(nets(w)) == 256, len(nets(w))
    assert "256 hosts" in result(w), result(w)
    assert len([e for e in w.events("note") if "256 hosts" in e["text"]]) == 1


if __name__ == "__main__":
    harness.main(globals())
