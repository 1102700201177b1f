"""Services of this machine that answer in the sandbox, too: `forward`. An echo
server on loopback, and one at a unix socket.
"""

import os
import shutil
import socket
import socketserver
import threading

import harness
from mcplib import DONE, call, configure
import protocol


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            data = self.request.recv(65536)
            if not data:
                break
            self.request.sendall(data)
        self.request.sendall(b" end\n")


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class Service:
    def __init__(self, kind, at):
        self.server = kind(at, Echo)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self.server

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()


def tcp():
    return Service(Tcp, ("127.0.0.1", 0))


def port(server):
    return server.server_address[1]


ASK = """import socket, sys
at = sys.argv[1]
if at[0] == "/":
    c = socket.socket(socket.AF_UNIX)
else:
    c = socket.socket()
    at = "127.0.0.1", int(at)
c.connect(at)
c.sendall(b"hello" * int(sys.argv[2]))
c.shutdown(socket.SHUT_WR)
got = b"".join(iter(lambda: c.recv(65536), b""))
print(got[-9:], len(got))
"""


def ask(at, n=1):
    """A command: send, end, and print the answer's end and its length."""
    return "python3 ask.py %s %d" % (at, n)


def execute(w, commands, *flags, wrap=(), code=0, config=None):
    w.clean_project()
    w.write("ask.py", ASK)
    w.mock([{"calls": [{"name": "bash", "args": {"command": c}}]}
            for c in commands] + [{"text": "done"}], config=config)
    r = w.run("exec", "--plan", "skip", *flags, "go", wrap=wrap)
    assert r.returncode == code, r
    if code == 0:
        w.verify()
    return r


def texts(w):
    return [e["text"] for e in w.events("tool_result")]


def need(w, level="AB", wrap=()):
    if harness.level(w, wrap) not in tuple(level):
        raise harness.Skip("no level %s on this host" % " or ".join(level))


def test_forward(w):
    """It answers at its own address, is shown and counted; nothing else
    answers; the project's own servers are not disturbed."""
    need(w)
    # In a folder of its own in the sandbox, and in one that is there.
    path, beside = w.path("run", "s"), w.path("s")
    os.mkdir(os.path.dirname(path))
    with tcp() as a, tcp() as other, Service(Unix, path), \
            Service(Unix, beside):
        at = "127.0.0.1:%d" % port(a)
        execute(w, ["; ".join((ask(port(a)), ask(path), ask(beside),
                               ask(port(a), 200000))),
                    ask(port(other)), ask(beside)],
                "--forward", at, "--forward", "unix:" + path, "--forward",
                "unix:" + beside)
        got = texts(w)
        assert got[0].count("ello end") == 4, got
        assert " %d" % (200000 * 5 + 5) in got[0], got
        assert "Connection refused" in got[1], got
        assert "ello end" in got[2], got
        allowed = [at, "unix:" + path, "unix:" + beside]
        nets = [(e.get("forward"), e.get("allowed_by"), e.get("host"))
                for e in w.events("net")]
        assert nets == [(x, "forward", None)
                        for x in allowed + allowed[2:]], nets
        end = w.events("net_end")[0]
        by = {h["forward"]: h for h in end["hosts"]}
        assert by[at]["connections"] == 2, end
        assert by[at]["sent"] == 200001 * 5, end
        assert by[at]["received"] == 200001 * 5 + 10, end
        assert by["unix:" + path]["sent"] == 5, end
        start = w.events("session_start")[0]
        assert start["sandbox"]["forward"] == allowed, start
        assert [g["value"] for g in start["grants"]
                if g["grant"] == "forward"] == allowed, start
        log = w.run("log").stdout.decode()
        assert "connected to %s, allowed by forward" % at in log, log
        assert " %s: 2 connections, 1000005 bytes sent, 1000015 received\n" % \
            at in log, log


def test_busy(w):
    """One whose service accepts nothing isn't recorded as connected."""
    need(w)
    with socket.socket() as s, socket.socket() as first:
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        first.connect(s.getsockname())
        at = "127.0.0.1:%d" % s.getsockname()[1]
        execute(w, ["timeout 0.3 " + ask(s.getsockname()[1])], "--forward",
                at)
        assert not w.events("net"), w.events("net")


def test_closed(w):
    """A closed port: one sentence, and nothing waits."""
    need(w)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        at = "127.0.0.1:%d" % s.getsockname()[1]
        execute(w, [ask(s.getsockname()[1])] * 2, "--forward", at)
        refused = [(e["forward"], e["refused"]) for e in w.events("net")]
        assert refused == [(at, "can't connect to %s: Connection refused" %
                            at)] * 2, refused
        assert not w.events("net_end")
        assert "[assent: can't connect to %s" % at in texts(w)[0], texts(w)
        assert "not connected to %s\n    Connection" % at in \
            w.run("log").stdout.decode()


def test_no_place(w):
    """A sandbox that can have no such socket says so in a note, once."""
    need(w)
    path = os.path.join(w.home, "tc", "s")
    os.mkdir(os.path.dirname(path))
    with tcp() as a, Service(Unix, path):
        execute(w, ["true"] * 2, "--forward", "unix:" + path, "--forward",
                "127.0.0.1:%d" % port(a), config={"toolchains": ["~/tc"]})
        notes = [e["text"] for e in w.events("note") if path in e["text"]]
        assert len(notes) == 1 and "no place" in notes[0], notes


def test_var_run(w):
    """Many programs look for theirs in /var/run."""
    need(w)
    if not os.access("/run", os.W_OK):
        raise harness.Skip("/run can't be written")
    paths = ["/run/assent-%d-%s" % (os.getpid(), x) for x in "ab"]
    for path in paths:
        os.mkdir(path)
    a, b = [path + "/s" for path in paths]
    try:
        with Service(Unix, a), Service(Unix, b):
            execute(w, ["test -S /var%s && test -S %s" % (a, b)], "--forward",
                    "unix:" + a, "--forward", "unix:/var" + b)
            assert w.events("tool_result")[0]["exit"] == 0, texts(w)
    finally:
        for path in paths:
            shutil.rmtree(path)


def test_socket_that_is_none(w):
    """One that isn't there, is no socket, or lies in the project, also by a link:
    no session starts. One that is resumed does without, and says so."""
    path, link = w.path("gone"), w.path("link")
    inside = os.path.join(w.project, "s")
    w.write("file", "", base=w.root)
    os.symlink(inside, link)
    w.mock([])
    for at, text in ((w.path("file"), "isn't a socket"),
                     (inside, "is in the project"),
                     (link, "is in the project"), (path, "doesn't exist")):
        with Service(Unix, inside):
            r = w.run("exec", "--forward", "unix:" + at, "go", code=2)
        os.remove(inside)
        assert ("forward (--forward): unix:%s %s" % (at, text)).encode() in \
            r.stderr, r
        assert not w.sessions(), r
    w.mock([], config={"forward": ["unix:" + path]})
    r = w.run("exec", "go", code=2)
    assert ("config.json): unix:%s doesn't exist" % path).encode() \
        in r.stderr, r
    assert b"unix:" in w.run("doctor", "--all").stdout
    need(w)
    with Service(Unix, path):
        w.mock([DONE])
        c = protocol.start(w, task="go", forward=["unix:" + path])
        c.wait_event("agent_end")
        c.close_and_wait()
    os.remove(path)
    c = protocol.resume(w, forward=["unix:" + path])
    c.wait_live()
    c.close_and_wait()
    notes = [e["text"] for e in w.events("note") if path in e["text"]]
    assert len(notes) == 1 and "doesn't exist" in notes[0], notes
    again = [e for e in w.events("note") if e.get("resumed")][-1]
    assert not again["sandbox"].get("forward") and \
        "forward" not in [g["grant"] for g in again["grants"]], again


def test_without_effect(w):
    """Level C has no network of its own: a sentence, and nothing answers."""
    deny = harness.need_level_c(w)
    with tcp() as a:
        execute(w, [ask(port(a))], "--forward",
                "127.0.0.1:%d" % port(a), wrap=deny)
        assert "ello end" not in texts(w)[0], texts(w)
        notes = [e["text"] for e in w.events("note")
                 if "forward has no effect on level C" in e["text"]]
        assert len(notes) == 1, w.events("note")
        assert not w.events("net") and \
            not w.events("session_start")[0]["grants"][1:], w.events()


def test_doctor(w):
    need(w)
    w.mock([], config={"forward": ["127.0.0.1:5432"]})
    r = w.run("doctor", "--all")
    assert b"services    commands can use: 127.0.0.1:5432" in r.stdout, r


def test_malformed(w):
    for text in ("127.0.0.1", "10.0.0.1:80", "localhost:5432", "[::1]",
                 "unix:run/x", "unix:/run/../x", "127.0.0.1:05", "x"):
        r = execute(w, ["true"], "--forward", text, code=2)
        assert ("--forward must be 127.0.0.1:PORT, [::1]:PORT or unix:/PATH, "
                "not \"%s\"" % text).encode() in r.stderr, r
    # No JSON can say it: the session waited for ever.
    for option in "forward", "sandbox", "test":
        r = execute(w, ["true"], "--" + option, "podman:\udcff", code=2)
        assert ("--%s must be UTF-8" % option).encode() in r.stderr, r


def test_resume(w):
    """Today's list counts, not the session's."""
    need(w)
    with tcp() as a:
        at = "127.0.0.1:%d" % port(a)
        w.clean_project()
        w.write("ask.py", ASK)
        w.mock([harness.bash(ask(port(a))), DONE] * 2)
        c = protocol.start(w, task="go", forward=[at])
        c.wait_event("agent_end")
        c.close_and_wait()
        c = protocol.resume(w)
        c.wait_live()
        c.send(type="say", text="again")
        c.wait("the second end", lambda: c.event_list("agent_end")[1:])
        c.close_and_wait()
        first, later = [e["text"] for e in w.events("tool_result")
                        if e["name"] == "bash"]
        assert "ello end" in first and "refused" in later, (first, later)
        w.verify()


def test_server(w):
    """An MCP server has them, too; its connections end with each call."""
    need(w)
    path = w.path("s")
    with tcp() as a, Service(Unix, path):
        run = ask(port(a)) + "; " + ask(path)
        w.write("ask.py", ASK)
        configure(w, [call("run", text=run), call("run", text=run), DONE])
        w.run("exec", "--plan", "skip", "--approve", "yes", "--forward",
              "unix:" + path, "--forward", "127.0.0.1:%d" % port(a), "go",
              code=0)
        got = w.events("tool_result")
        assert all(e["text"].count("ello end") == 2 for e in got[:2]), got
        assert [e["call"] for e in w.events("net_end")] == [
            e["id"] for e in got[:2]]
        w.verify()


def test_in_the_background(w):
    """A background command has them, commands that share its network as well, and
    those after it."""
    harness.need_namespaces(w)
    with tcp() as s:
        ask = ("exec 3<>/dev/tcp/127.0.0.1/%d; echo to you >&3; head -n 1 <&3"
               % port(s))
        behind = harness.call("bash", command=ask + "; exec sleep 1000",
                      background=True)
        # Its output may come later than what starts it.
        told = harness.call("background", id="b1", wait_for="to you")
        w.mock([harness.calls(behind, told), harness.bash(ask), harness.bash(ask),
                harness.call("background", id="b1", stop=True), harness.bash(ask), DONE])
        w.run("exec", "--plan", "skip", "--forward", "127.0.0.1:%d" % port(s),
              "go")
        first, *got = [e["text"] for e in w.events("tool_result")]
        got[0] += first
        assert ["\nto you\n" in t for t in got[:5]] == [
            True, True, True, False, True], got
        assert not [e for e in w.events("note") if "forward" in e["text"]]


harness.main(globals())
