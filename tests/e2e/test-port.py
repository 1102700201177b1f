"""Ports of background commands that the user opened on this machine: what passes,
when they close, and that nothing else gets through."""

import hashlib
import os
import re
import shlex
import signal
import socket
import threading
import urllib.request

import harness
from harness import bash, call
import protocol
from screenlib import Screen

NEEDS_SANDBOX = True
# What it gets, as often as it likes, and its end.
ECHO = """import socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)
        self.request.sendall(b" end")
socketserver.ThreadingTCPServer.request_queue_size = 128
socketserver.ThreadingTCPServer.allow_reuse_address = True
class Six(socketserver.ThreadingTCPServer):
    import socket
    address_family = socket.AF_INET6
"""


def serve(program):
    """A model's call that starts it; it prints a line when it listens."""
    return call("bash", background=True,
                command="exec python3 -u -c %s" % shlex.quote(program))


def echo(kind="socketserver.ThreadingTCPServer", at="127.0.0.1", port=8213):
    return serve(ECHO + "s = %s((%r, %d), Echo)\nprint('up')\n"
                 "s.serve_forever()" % (kind, at, port))


def begin(w, *answers, wrap=(), again=0, **more):
    """A session whose model has made these calls, each command has printed
    something, and works on, also when it is resumed."""
    w.mock(list(answers) + [{"text": "slow", "stall": True}] * (1 + again))
    c = protocol.start(w, wrap, task="go", **more)
    c.wait("the results", lambda: len(c.event_list("tool_result")) ==
           len(answers))
    harness.wait_until("their output", lambda: all(
        x.get("last") for x in protocol.backgrounds(c).values()))
    return c


def lines(c):
    return [e for e in c.event_list("note") if "port" in e]


def events(c, n):
    c.wait("%d lines about ports" % n, lambda: len(lines(c)) >= n)
    return lines(c)


def opens(c, port=8213, id="b1"):
    """Open it: where."""
    n = len(lines(c))
    c.send(type="port", id=id, port=port)
    e = events(c, n + 1)[n]["port"]
    assert "closed" not in e and (e["id"], e["port"]) == (id, port), e
    return e["address"]


def closed(c, n):
    """Of the nth line: why, and its connections."""
    e = events(c, n + 1)[n]
    return e["by"], e["port"]["closed"], e["port"]["connections"]


def refused(c, **command):
    n = len([x for x in c.lines if x.get("type") == "refused"])
    c.send(type="port", **command)
    return c.wait("a refusal", lambda: [
        x for x in c.lines if x.get("type") == "refused"][n:])[0]["text"]


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def rest(s):
    """Until its end."""
    return b"".join(iter(lambda: s.recv(65536), b""))


def talk(address, text=b"hello"):
    """What comes back; nothing, if it is cut off."""
    with connect(address) as s:
        try:
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
            return rest(s)
        except OSError:
            return b""


def is_cut(s):
    try:
        return rest(s) == b""
    except ConnectionResetError:
        return True


def is_shut(address):
    try:
        connect(address).close()
    except ConnectionRefusedError:
        return True
    return False


def memory(pid):
    """The most that it has had, in kB."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))


# ---- what passes ----

def passes(w, wrap=()):
    harness.need_namespaces(w)
    c = begin(w, echo(), echo("Six", "::1", 8214), echo(at="0.0.0.0", port=8215),
              wrap=wrap)
    for id, port in ("b1", 8213), ("b2", 8214), ("b3", 8215):
        at = opens(c, port, id)
        assert re.fullmatch(r"127\.(?!0\.)[0-9.]+:%d" % port, at), at
        assert talk(at) == b"hello end"
        assert talk(at, b"x" * 300000) == b"x" * 300000 + b" end"


def test_what_passes(w):
    passes(w)


def test_for_an_ordinary_user(w):
    harness.need_namespaces(w)
    passes(w, harness.as_user(w))


def test_each_has_its_network(w):
    """Where the host refuses that one joins the other's."""
    passes(w, harness.need_deny("--no", "setns"))


def test_on_a_copied_view(w):
    harness.need_namespaces(w)
    sub = os.path.join(w.project, "sub")
    os.mkdir(sub)
    c = begin(w, echo(), wrap=harness.with_mount((sub, "size=1m")))
    assert talk(opens(c)) == b"hello end"


def test_both_sides_talk(w):
    """As over a WebSocket, while the command is stopped and goes on."""
    harness.need_namespaces(w)
    c = begin(w, echo(), *[harness.write("f%d" % i, "x\n") for i in range(3)])
    with connect(opens(c)) as s:
        for i in range(500):
            s.sendall(b"%d" % i)
            assert s.recv(100) == b"%d" % i
        # Whoever ends one side still hears the other.
        s.shutdown(socket.SHUT_WR)
        assert rest(s) == b" end"


def test_the_server_ends_its_side_first(w):
    harness.need_namespaces(w)
    c = begin(w, serve(
        "import socket\nl = socket.create_server(('127.0.0.1', 8213))\n"
        "print('up')\n"
        "while True:\n"
        "    s = l.accept()[0]\n"
        "    s.sendall(b'bye')\n"
        "    s.shutdown(socket.SHUT_WR)\n"
        "    print('got', len(s.makefile('rb').read()))"))
    with connect(opens(c)) as s:
        assert rest(s) == b"bye"
        s.sendall(b"x" * 100000)
    c.wait("its output", lambda: c.send(type="output", id="b1") or [
        x for x in c.event_list("note") if "got 100000" in x["text"]])


def test_a_large_download(w):
    """Nobody keeps what a slow reader hasn't read."""
    harness.need_namespaces(w)
    block = bytes(range(256)) * 4096
    c = begin(w, call("bash", background=True, command="exec python3 -u -c %s" %
                      shlex.quote(
        "import http.server\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200)\n"
        "        self.end_headers()\n"
        "        for i in range(100 if self.path == '/big' else 1):\n"
        "            self.wfile.write(bytes(range(256)) * 4096)\n"
        "print('up')\n"
        "http.server.ThreadingHTTPServer(('127.0.0.1', 8213), H)"
        ".serve_forever()")))
    at = opens(c)
    pids = [protocol.core_pid(w), *harness.running("assent-net")]
    assert len(pids) == 2, pids
    assert urllib.request.urlopen("http://" + at).read() == block
    before = [memory(pid) for pid in pids]
    big = urllib.request.urlopen("http://" + at + "/big")
    for i in range(30):
        assert urllib.request.urlopen("http://" + at).read() == block
    h = hashlib.sha256()
    while data := big.read(1 << 20):
        h.update(data)
    assert h.digest() == hashlib.sha256(block * 100).digest()
    after = [memory(pid) for pid in pids]
    assert all(y - x < 4096 for x, y in zip(before, after)), (before, after)


def test_many_at_once(w):
    harness.need_namespaces(w)
    c = begin(w, echo())
    at = opens(c)
    all_ = [connect(at) for i in range(200)]
    for i, s in enumerate(all_):
        s.sendall(b"%d" % i)
    for i, s in enumerate(all_):
        assert s.recv(100) == b"%d" % i
        s.close()
    c.send(type="port", id="b1", port=8213, close=True)
    assert closed(c, 1) == ("user", "you closed it", 200)


def test_more_than_its_server_accepts(w):
    """They wait, as they would without us, and the others don't."""
    harness.need_namespaces(w)
    c = begin(w, serve(
        "import socket, time\n"
        "l = socket.create_server(('127.0.0.1', 8214), backlog=1)\n"
        "print('up')\ntime.sleep(1000)"), echo())
    at = opens(c, 8214)
    slow = [connect(at) for i in range(100)]
    assert talk(opens(c, id="b2")) == b"hello end"
    c.send(type="stop", id="b1")
    assert all(is_cut(s) for s in slow)


# ---- when it closes ----

def test_it_is_closed(w):
    harness.need_namespaces(w)
    c = begin(w, echo())
    at = opens(c)
    with connect(at) as s:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
        c.send(type="port", id="b1", port=8213, close=True)
        assert closed(c, 1) == ("user", "you closed it", 1)
        assert is_cut(s) and is_shut(at)
    assert opens(c) == at and talk(at) == b"hello end"
    # With the command, whose own end is recorded later.
    c.send(type="stop", id="b1")
    assert closed(c, 3) == ("core", "the command ended", 1)
    ended = c.wait_event("user_message", lambda e: "background" in e)
    assert ended["seq"] > lines(c)[-1]["seq"]
    assert is_shut(at) and not harness.running("assent-net")
    w.verify()


def test_its_server_dies(w):
    harness.need_namespaces(w)
    c = begin(w, serve(
        "import os, socket\nl = socket.create_server(('127.0.0.1', 8213))\n"
        "print('up')\n"
        "while os.fork():\n    os.wait()\n"
        "s = l.accept()[0]\ns.sendall(s.recv(1))\ns.recv(1)\nos._exit(0)"))
    at = opens(c)
    for i in range(2):
        with connect(at) as s:
            s.sendall(b"x")
            assert s.recv(1) == b"x"
            s.sendall(b"y")
            assert is_cut(s)


def test_nobody_listens(w):
    harness.need_namespaces(w)
    c = begin(w, echo())
    assert talk(opens(c, 9999)) == b""
    assert talk(opens(c)) == b"hello end"


def test_the_proxy_dies(w):
    harness.need_namespaces(w)
    c = begin(w, echo())
    at = opens(c)
    os.kill(harness.wait_until("the proxy", lambda: harness.running(
        "assent-net")).pop(), signal.SIGKILL)
    assert closed(c, 1) == ("core", "its proxy ended", 0)
    assert is_shut(at)
    assert talk(opens(c)) == b"hello end"


def test_the_core_dies(w):
    harness.need_namespaces(w)
    c = begin(w, echo(), again=1)
    at = opens(c)
    s = connect(at)
    s.sendall(b"x")
    assert s.recv(1) == b"x"
    protocol.kill(w, c)
    assert is_cut(s)
    # The proxy ends by itself then, and closes one socket after the other.
    harness.wait_until("the address is closed", lambda: is_shut(at))
    c = protocol.resume(w)
    c.wait_live()
    last = c.wait_event("note", lambda e: "closed" in e.get("port", {}))["port"]
    assert last["closed"] == "assent ended" and last["address"] == at, last
    w.verify()


# ---- what is refused ----

def test_what_is_not_opened(w):
    harness.need_namespaces(w)
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = own.getsockname()[1]
        c = begin(w, echo(), forward=["127.0.0.1:%d" % port])
        for n, words in ((80, "let it listen on one from 1024 to 65535"),
                         (70000, "let it listen on one from 1024 to 65535"),
                         (0, "let it listen on one"),
                         (port, "a forward of yours has it in the sandbox")):
            got = refused(c, id="b1", port=n)
            assert got.startswith("port %d can't be opened: " % n) and \
                words in got, got
    assert refused(c, id="b9", port=8213).startswith("there is none of this")
    assert refused(c, id="b1", port=8213, close=True) == \
        "port 8213 of b1 isn't open"
    at = opens(c)
    assert refused(c, id="b1", port=8213) == "port 8213 of b1 is open: " + at
    for i in range(7):
        opens(c, 9000 + i)
    assert refused(c, id="b1", port=9100) == "b1 has 8 open ports: close one"


def test_the_port_of_its_proxy(w):
    """At another address the command may listen there, but 127.0.0.1 answers: it
    isn't offered, and leads nowhere."""
    harness.need_namespaces(w)
    c = begin(w, serve("""import os, socket, sys, time
n = int(os.environ["http_proxy"].rstrip("/").rsplit(":", 1)[1])
own = [socket.create_server(("127.0.0.2", n)), socket.create_server(
    ("::1", n), family=socket.AF_INET6), socket.create_server(("::1", 8213),
    family=socket.AF_INET6)]
print("at", n, flush=True)
time.sleep(1000)
"""))
    b1 = protocol.backgrounds(c)["b1"]
    n = int(re.search(r"at (\d+)", b1["last"])[1])
    assert b1["ports"] == [8213], b1
    s = connect(opens(c, n))
    assert is_cut(s)


def test_without_namespaces(w):
    c = begin(w, call("bash", command="echo up; exec sleep 1000",
                      background=True), wrap=harness.need_level_c(w))
    assert refused(c, id="b1", port=8213) == "port 8213 can't be opened: on " \
        "level C commands have no network of their own"


def test_nobody_is_there(w):
    harness.need_namespaces(w)
    c = begin(w, echo(), mode="exec", person=False)
    assert "unattended" in refused(c, id="b1", port=8213)


def test_two_sessions(w):
    harness.need_namespaces(w)
    both = [opens(begin(w, echo())) for i in range(2)]
    hosts = [at.split(":")[0] for at in both]
    assert hosts[0] != hosts[1], both
    for at in both:
        assert at.endswith(":8213") and talk(at) == b"hello end", at


def test_the_port_is_taken(w):
    harness.need_namespaces(w)
    with socket.create_server(("0.0.0.0", 8213)):
        c = begin(w, echo())
        at = opens(c)
        assert not at.endswith(":8213") and talk(at) == b"hello end", at


def test_from_inside(w):
    """No command reaches the address, nor gets what is for another one there."""
    harness.need_namespaces(w)
    c = begin(w, echo())
    at = opens(c)
    host, port = at.split(":")
    c.send(type="run", command="exec 3<>/dev/tcp/%s/%s" % (host, port))
    got = c.wait_event("tool_result", lambda e: e["by"] == "user")
    assert "onnection refused" in got["text"], got
    # There the same address is its own.
    c.send(type="run", command="python3 -c %s" % shlex.quote(
        "import socket\ns = socket.create_server((%r, 9000))\n"
        "s.settimeout(1)\n"
        "print('up', flush=True)\n"
        "try: print('got', s.accept())\n"
        "except TimeoutError: print('nobody')" % host))
    c.wait("the listener", lambda: [x for x in c.lines if x.get("kind") ==
                                    "output" and "up" in x["text"]])
    assert is_shut(host + ":9000")
    got = c.wait_event("tool_result", lambda e: "nobody" in e["text"] or
                       "got" in e["text"])
    assert "nobody" in got["text"], got
    assert talk(at) == b"hello end"


# ---- a worker that lies ----

# Between the core and the real one: it replaces the sockets.
LIAR = """#!/usr/bin/python3 -I
import os, select, socket, subprocess, sys
core = socket.socket(fileno=0)
near, far = socket.socketpair()
p = subprocess.Popen([%(real)r], executable=%(real)r, stdin=far, env={})
far.close()
os.close(1)
keep = []
def lie():
    what = open(%(what)r).read()
    if what == "file":
        return [os.open("/etc/passwd", os.O_RDONLY)]
    if what == "udp":
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(("127.0.0.1", 8213))
    elif what == "unix":
        s = socket.socketpair()[0]
    elif what == "listener":
        s = socket.create_server(("127.0.0.1", 0))
    elif what == "unconnected":
        s = socket.socket()
    elif what == "host":
        s = socket.create_connection(("127.0.0.1", 8213))
    elif what == "none":
        return []
    keep.append(s)
    return [s.fileno()]
def pass_on(a, b):
    data, fds, _, _ = socket.recv_fds(a, 65536, 3)
    if not data:
        return False
    if a is near and data == b"\x13" and open(%(what)r).read() != "truth":
        if open(%(what)r).read() == "twice":
            socket.send_fds(b, [data], fds)
        else:
            for fd in fds:
                os.close(fd)
            fds = lie()
    socket.send_fds(b, [data], fds)
    for fd in fds:
        os.close(fd) if fd not in [s.fileno() for s in keep] else None
    return True
while True:
    r, _, _ = select.select([core, near], [], [])
    if near in r and not pass_on(near, core):
        break
    if core in r and not pass_on(core, near):
        break
near.close()
sys.exit(p.wait())
"""


def test_a_worker_that_lies(w):
    """Nothing but a connection of its own network is passed on."""
    harness.need_namespaces(w)
    usual = harness.ASSENT, protocol.CORE
    bin_ = harness.programs(w, protocol.CORE)
    what = w.path("what")
    os.unlink(os.path.join(bin_, "assent-worker"))
    with open(os.path.join(bin_, "assent-worker"), "w") as f:
        f.write(LIAR % {"real": os.path.join(harness.BUILD, "assent-worker"),
                        "what": what})
        os.fchmod(f.fileno(), 0o755)
    with open(what, "w") as f:
        f.write("truth")
    harness.ASSENT = os.path.join(bin_, "assent")
    protocol.CORE = os.path.join(bin_, "assent-core")
    try:
        with socket.create_server(("127.0.0.1", 8213)):
            c = begin(w, echo())
            at = opens(c)
            assert talk(at) == b"hello end"
            for lie in ("file", "udp", "unix", "listener", "unconnected",
                        "host", "none"):
                with open(what, "w") as f:
                    f.write(lie)
                assert talk(at) == b"", lie
            for lie in "twice", "truth":
                with open(what, "w") as f:
                    f.write(lie)
                for i in range(3):
                    assert talk(at) == b"hello end", lie
    finally:
        harness.ASSENT, protocol.CORE = usual


# ---- on the screen ----

TWO = ECHO + """import threading
for port in 8213, 8214:
    s = socketserver.ThreadingTCPServer(('127.0.0.1', port), Echo)
    threading.Thread(target=s.serve_forever).start()
print('up')"""


def test_the_key(w):
    """One port is asked about; of two, one is chosen; the same key closes."""
    harness.need_namespaces(w)
    m = w.mock([echo(port=8215), serve(TWO), dict(text="Up.", wait_for="more")])
    with Screen(w, "--plan", "skip", "go") as t:
        t.need("2 in the background")
        t.leave()
        t.see("&", "ports 8213, 8214")
        t.see("b1", "1 found")
        t.need("C-t open port")
        t.see("\x14", "Open port 8215 of b1 at 127.")
        t.need("press Y to confirm")
        assert "What it serves runs in your browser, and can send what the " \
            "sandbox can read anywhere; every user of this machine can reach " \
            "it, and so can other pages in your browser." in \
            t.words(), t.text()
        t.see("y", "press Y")
        t.see("x", "not done")
        assert not w.events("note"), w.events("note")
        t.see("&", "> b2")
        t.see("\x14", "ports of b2")
        t.see("8214", "1 found")
        t.see("\r", "Open port 8214 of b2 at 127.")
        t.need("press Y to confirm")
        t.see("Y", "press Enter to confirm")
        t.see("\r", "http://127.")
        at = w.events("note")[0]["port"]["address"]
        assert talk(at) == b"hello end"
        t.see("&", "8214 is open at " + at)
        t.see("\x14", "open at %s; chosen, it is closed" % at)
        t.see("8214", "1 found")
        t.see("\r", "port 8214 of b2 is closed: you closed it")
        assert is_shut(at)
        m.release("more")
        t.need(" ready")
        t.end()


def test_the_line_for_ssh(w):
    harness.need_namespaces(w)
    w.env["SSH_CONNECTION"] = "192.0.2.1 50000 192.0.2.2 22"
    m = w.mock([echo(), dict(text="Up.", wait_for="more")])
    with Screen(w, "--plan", "skip", "go") as t:
        t.need("1 in the background")
        t.leave()
        t.see("&", "port 8213")
        t.see("\x14", "press Y to confirm")
        t.see("Y", "press Enter to confirm")
        t.see("\r", "on your own computer: ssh -L")
        at = w.events("note")[0]["port"]["address"]
        assert "ssh -L 8213:%s %s, then http://localhost:8213" % (
            at, socket.gethostname()) in t.words(), t.text()
        m.release("more")
        t.need(" ready")
        t.end()


harness.main(globals())
