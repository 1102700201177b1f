"""assent-net, the real program: the test is the core at the other end of its
channel, the client, and the host. All on loopback.
"""

import array
import base64
import contextlib
import gzip
import hashlib
import http.server
import json
import os
import queue
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time

import harness
from messages import msg
import mockserver
import secure

PROGRAM = os.path.join(harness.BUILD, "assent-net")
LOOPBACK = ["127.0.0.1"]
PAIR = socket.socketpair


class Proxy:
    """The program, and the core's side of its channel. `decide` gives the
    answer to a question, or None: it is kept waiting."""

    def __init__(self, decide=None, limits=None, wrap=()):
        self.channel, theirs = PAIR(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.proc = subprocess.Popen(list(wrap) + [PROGRAM], stdin=theirs, env={
            k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        theirs.close()
        self.decide = decide or (lambda ask: self.allow())
        self.messages, self.news = [], threading.Condition()
        self.calls, self.held = 0, []
        if limits:
            self.send({"limits": limits})
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    @staticmethod
    def allow(addresses=LOOPBACK):
        return {"allow": True, "addresses": addresses}

    def send(self, message, *fds):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                   array.array("i", fds))] if fds else []
        if not isinstance(message, bytes):
            message = json.dumps(message).encode()
        self.channel.sendmsg([message], rights)

    def read(self):
        while True:
            try:
                data = self.channel.recv(65536)
            except OSError:
                return
            if not data:
                return
            m = json.loads(data)
            answer = self.decide(m) if "ask" in m else None
            with self.news:
                self.messages.append(m)
                self.news.notify_all()
            if answer:
                with contextlib.suppress(BrokenPipeError):
                    self.send(dict(answer, answer=m["ask"]))

    def listen(self, secret=None, **row):
        """A new call's listener; its port."""
        self.calls += 1
        # Nobody else gets the port when the call has ended.
        hold, port = mockserver.hold_port()
        self.held.append(hold)
        s = socket.create_server(("127.0.0.1", port), backlog=4096)
        m = dict(row, listen=self.calls)
        if secret:
            m["secret"] = secret
        self.send(m, s.fileno())
        s.close()
        return port

    def wait(self, what, condition):
        """For the first messages that this is true of; its value."""
        with self.news:
            value = []

            def look():
                value[:] = [condition(self.messages)]
                return value[0]
            assert self.news.wait_for(look, harness.DEADLINE_S), \
                "waited in vain for %s: %r" % (what, self.messages[-20:])
            return value[0]

    def wait_for(self, kind, n=1):
        """The first n messages of this kind, the last of them."""
        return self.wait(kind, lambda ms: [m for m in ms if kind in m][
            n - 1:n])[0]

    def end(self):
        """The core ends the channel: the program ends without a word."""
        self.channel.shutdown(socket.SHUT_RDWR)
        code, words = self.wait_end()
        assert (code, words) == (0, ""), (code, words)
        self.check()

    def wait_end(self):
        with self.proc.stderr as f:
            words = f.read().decode()
        code = self.proc.wait()
        self.thread.join()
        self.channel.close()
        return code, words

    def check(self):
        """Each question has at most one end, after it, and nothing later."""
        ended = set()
        for m in self.messages:
            for kind in ("failed", "closed"):
                if kind in m:
                    assert m[kind] not in ended, m
                    ended.add(m[kind])
            if "open" in m:
                assert m["open"] not in ended, m

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.end()
            return
        self.proc.kill()
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        print("# " + repr(self.wait_end()).replace("\n", " "))


class Host:
    """A server on loopback: `serve` gets each connection, in a thread."""

    def __init__(self, serve, family=socket.AF_INET):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            address_family = family
            request_queue_size = 1024
        self.server = Server(
            ("127.0.0.1" if family == socket.AF_INET else "::1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       kwargs={"poll_interval": 0.01})
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Web(http.server.BaseHTTPRequestHandler):
    """Says what it was asked; takes what is sent."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        n = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(n)
        big = int(self.path[5:]) if self.path.startswith("/big/") else 0
        answer = b"x" * big or json.dumps({
            "line": self.requestline, "headers": self.headers.items(),
            "sum": hashlib.sha256(body).hexdigest()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever,
                              kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def echo(s):
    while True:
        data = s.recv(65536)
        if not data:
            return
        s.sendall(data)


def everything(s):
    return b"".join(iter(lambda: s.recv(65536), b""))


def exactly(s, n):
    got = b""
    while len(got) < n:
        data = s.recv(n - len(got))
        assert data, got
        got += data
    return got


def client(port):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(harness.DEADLINE_S)
    return s


def said(port, text):
    """All that a client hears that says this."""
    with client(port) as s:
        s.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        return everything(s)


def head_of(s):
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        data = s.recv(1)
        assert data, got
        got += data
    return got


def tunnel(port, host):
    s = client(port)
    s.sendall(b"CONNECT %s HTTP/1.1\r\n\r\n" % host.encode())
    got = head_of(s)
    assert got.startswith(b"HTTP/1.1 200 "), got
    return s


def curl(proxy, *args):
    """(exit code, standard output, standard error) of curl by that proxy."""
    if shutil.which("curl") is None:
        raise harness.Skip("there is no curl")
    r = subprocess.run(["curl", "-sS", "--noproxy", "", "-x", proxy] +
                       list(args), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]})
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def is_closed(s):
    """Did the other side end it, by an end or a reset?"""
    try:
        return s.recv(1) == b""
    except ConnectionError:
        return True


def test_curl(w):
    """As programs use it: plain, by CONNECT; a body each way; a password."""
    data = os.path.join(w.root, "data")
    w.write(data, os.urandom(3 << 20))
    with open(data, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    with web() as host, Proxy() as p:
        port, closed = p.listen(), p.listen("s3cret")
        url = "http://name.localhost:%d/x" % host
        for proxy in ("http://127.0.0.1:%d" % port,
                      "http://assent:s3cret@127.0.0.1:%d" % closed):
            for more in ([], ["-p"]):
                code, out, why = curl(proxy, *more, "-T", data, url)
                assert code == 0, (proxy, more, why)
                assert json.loads(out)["sum"] == digest, out
                code, out, why = curl(
                    proxy, *more, url, url, "http://name.localhost:%d/big/%d" %
                    (host, 3 << 20), "-o", data + "1", "-o", data + "2", "-o",
                    data + "3")
                assert code == 0, (proxy, more, why)
                assert os.path.getsize(data + "3") == 3 << 20
        assert {m["host"] for m in p.messages if "ask" in m} == {
            "name.localhost"}
        asked = len(p.messages)
        for proxy in ("http://127.0.0.1:%d", "http://assent:x@127.0.0.1:%d",
                      "http://x:s3cret@127.0.0.1:%d"):
            code, out, why = curl(proxy % closed, "-w", "%{http_code}", url)
            assert code == 0 and out.endswith("407"), (proxy, out, why)
            code, out, why = curl(proxy % closed, "-p", url)
            assert code != 0 and "407" in why, (proxy, out, why)
        p.send({"end": 1})
        p.wait_for("ended")
        assert not any("ask" in m for m in p.messages[asked:])


def test_held(w):
    """While the core is asked others pass; the connection waits as long as the
    core does, and what the client sends ahead isn't lost. One that gives up is
    told to the core, whose answer then comes too late."""
    with Host(echo) as host, \
            Proxy(lambda a: None if a["host"] == "held.localhost" else
                  Proxy.allow()) as p:
        port = p.listen()
        with client(port) as s:
            s.sendall(b"CONNECT held.localhost:%d HTTP/1.1\r\n\r\nearly" %
                      host.port)
            held = p.wait_for("ask")["ask"]
            with tunnel(port, "localhost:%d" % host.port) as other:
                other.sendall(b"x")
                assert other.recv(1) == b"x"
            p.send(dict(Proxy.allow(), answer=held))
            assert head_of(s).startswith(b"HTTP/1.1 200")
            assert exactly(s, 5) == b"early"
        with client(port) as s:
            s.sendall(b"CONNECT held.localhost:%d HTTP/1.1\r\n\r\n" %
                      host.port)
            held = p.wait_for("ask", 3)["ask"]
        m = p.wait("the end", lambda ms: [m for m in ms if
                                          m.get("closed") == held])[0]
        assert m == {"closed": held, "sent": 0, "received": 0}, m
        p.send(dict(Proxy.allow(), answer=held))
        tunnel(port, "localhost:%d" % host.port).close()


def refused_by_address(p, port, host, address, number):
    got = said(port, "CONNECT %s:%d HTTP/1.1\r\n\r\n" % (host, number))
    assert got.startswith(b"HTTP/1.1 403 "), got
    # The end of an earlier connection may be told after it.
    ask = [m for m in p.messages if "ask" in m][-1]["ask"]
    m = p.wait("a failure", lambda ms: [
        m for m in ms if m.get("failed") == ask])[0]
    assert m["refused"] is True and address in m["words"] and \
        msg.NOT_PUBLIC in m["words"], m


def test_private_addresses(w):
    """Whatever name led there: what isn't public is refused, unless that very
    address is listed. Nothing reaches it."""
    reached = []

    def serve(s):
        reached.append(s.getpeername())
        s.sendall(b"hello")
        echo(s)
    listed = []
    with Host(serve) as host, Proxy(lambda a: Proxy.allow(listed)) as p:
        port = p.listen()
        for name, address in (
                ("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"),
                ("[::FFFF:7F00:1]", "::ffff:127.0.0.1"),
                ("LOCALHOST.", "1"), ("a.b.localhost", "1"),
                ("169.254.169.254", "169.254"), ("10.0.0.1", "10.0.0.1"),
                ("[64:ff9b::7f00:1]", "64:ff9b")):
            refused_by_address(p, port, name, address, host.port)
        listed[:] = ["127.0.0.2", "::1", "fd00::1", "10.0.0.0", "0.0.0.0",
                     "::"]
        for name in "0.0.0.0", "[::]":
            refused_by_address(p, port, name, name.strip("[]"), host.port)
        refused_by_address(p, port, "127.0.0.1", "127.0.0.1", host.port)
        refused_by_address(p, port, "[::ffff:127.0.0.2]", "::ffff:127.0.0.2",
                           host.port)
        assert not reached, reached
        # The other address of the name, ::1, isn't listed.
        listed[:] = ["127.0.0.1"]
        with tunnel(port, "localhost:%d" % host.port) as s:
            # A service that speaks first is heard.
            assert exactly(s, 5) == b"hello"
        with tunnel(port, "127.0.0.1:%d" % host.port) as s:
            assert exactly(s, 5) == b"hello"


class Upstream(Host):
    """The user's own proxy: what it was asked is in `heads`; it leads all names
    to one port of loopback, or gives `answer`."""

    def __init__(self, port=0, answer=None):
        self.heads = []

        def serve(s):
            head = head_of(s).decode()
            self.heads.append(head)
            if answer is not None:
                s.sendall(answer)
                if not answer:
                    everything(s)
                return
            with client(port) as to:
                if head.startswith("CONNECT "):
                    s.sendall(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nfirst")
                else:
                    to.sendall(head.replace("http://a.invalid", "").encode())
                up = threading.Thread(target=pump, args=(s, to))
                up.start()
                pump(to, s)
                up.join()
        super().__init__(serve)

    def url(self, user="us%65r:p%40ss@"):
        return "http://%s127.0.0.1:%d" % (user, self.port)


def pump(a, b):
    with contextlib.suppress(OSError):
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    with contextlib.suppress(OSError):
        b.shutdown(socket.SHUT_WR)


def through(upstream, listed=()):
    return lambda ask: dict(Proxy.allow(list(listed)), proxy=upstream)


def test_upstream(w):
    """Through the user's own proxy, by name; not to what isn't public, and not
    to an address that is listed. The client never sees the password."""
    basic = "Proxy-Authorization: Basic " + base64.b64encode(
        b"user:p@ss").decode()
    with Host(echo) as host, web() as site, Upstream(host.port) as up, \
            Upstream(site) as plain:
        with Proxy(through(up.url())) as p:
            port = p.listen()
            with tunnel(port, "a.invalid:443") as s:
                s.sendall(b"hello")
                assert exactly(s, 10) == b"firsthello"
            assert up.heads[0].startswith("CONNECT a.invalid:443 HTTP/1.1\r\n")
            assert basic + "\r\n" in up.heads[0], up.heads
            m = p.wait_for("open")
            assert m["proxy"] == "127.0.0.1:%d" % up.port and \
                m["address"] == "127.0.0.1", m
            # A public address needs no name.
            tunnel(port, "9.9.9.9:443").close()
            assert up.heads[1].startswith("CONNECT 9.9.9.9:443 "), up.heads
            for name, address in (("127.0.0.1", "127.0.0.1"),
                                  ("localhost", "1"), ("10.0.0.1", "10.0"),
                                  ("169.254.169.254", "169.254")):
                refused_by_address(p, port, name, address, host.port)
            assert len(up.heads) == 2, up.heads
        with Proxy(through(up.url(), LOOPBACK)) as p:
            with tunnel(p.listen(), "localhost:%d" % host.port) as s:
                s.sendall(b"hello")
                assert exactly(s, 5) == b"hello" and len(up.heads) == 2
            assert "proxy" not in p.wait_for("open")
        with Proxy(through(plain.url())) as p:
            got = said(p.listen(), "POST http://a.invalid/x?y HTTP/1.1\r\n"
                       "Host: a.invalid\r\nContent-Length: 2\r\n\r\nhi")
            assert plain.heads[0].startswith(
                "POST http://a.invalid/x?y HTTP/1.1\r\n" + basic), plain.heads
            asked = json.loads(got[got.index(b"{"):])
            assert asked["line"] == "POST /x?y HTTP/1.1", got
            assert asked["sum"] == hashlib.sha256(b"hi").hexdigest(), got
        with Proxy(through(plain.url(""))) as p:
            said(p.listen(), "GET http://a.invalid HTTP/1.1\r\n\r\n")
            assert plain.heads[1].startswith("GET http://a.invalid/ HTTP/1.1")
            assert "Authorization" not in plain.heads[1], plain.heads
        # Bytes after the last chunk can't ask the proxy for another host.
        with Proxy(through(up.url(""))) as p:
            rest = (b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
                    b"GET http://b.invalid/ HTTP/1.1\r\n\r\n")
            with client(p.listen()) as s:
                s.sendall(b"PUT http://a.invalid/x HTTP/1.1\r\n" + rest)
                got = b"firstPUT /x HTTP/1.1\r\nHost: a.invalid\r\n" \
                    b"Connection: close\r\n" + rest
                assert exactly(s, len(got)) == got
            assert up.heads[2].startswith("CONNECT a.invalid:80 "), up.heads


def test_upstream_without_dns(w):
    """No answer about a name is waited for once, not for each connection. What is
    connected to directly has all the time."""
    os.mkfifo(w.path("hosts"))
    wrap = harness.with_script("mount --bind '%s' /etc/hosts" %
                               w.path("hosts"))
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, \
            client(busy.getsockname()[1]), Host(echo) as host, \
            Upstream(host.port) as up, Proxy(
                through(up.url()), {"connect_ms": 3000}, wrap) as p, Proxy(
                through(up.url(), LOOPBACK), {"connect_ms": 1000}) as direct:
        port = p.listen()
        began = time.monotonic()
        tunnel(port, "a.invalid:443").close()
        first = time.monotonic() - began
        for _ in range(3):
            tunnel(port, "b.invalid:443").close()
        assert time.monotonic() - began < 3 * first, first
        assert len(up.heads) == 4, up.heads
        got = said(direct.listen(), "CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" %
                   busy.getsockname()[1])
        assert b"no answer after 1s" in got, got


def test_upstream_fails(w):
    """A sentence for each way, for core and client, and nothing waits long."""
    connect = "CONNECT a.invalid:443 HTTP/1.1\r\n\r\n"
    get = "GET http://a.invalid/ HTTP/1.1\r\n\r\n"
    with mockserver.hold_port()[0] as held:
        closed = "http://u:pass@127.0.0.1:%d" % held.getsockname()[1]
        for answer, request, words in (
                (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", connect,
                 "refused to connect to a.invalid:443 (HTTP 403)"),
                (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", connect,
                 "needs a name and password"),
                (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", get,
                 "needs a name and password"),
                (b"SSH-2.0-x\r\n", connect, "doesn't answer as an HTTP proxy"),
                (b"", connect, "no answer after 1s"),
                (closed, connect, "Connection refused"),
                (closed, get, "Connection refused"),
                ("http://u:pass@nobody.invalid:1", connect,
                 "can't resolve the proxy nobody.invalid:1"),
                ("http://u:1/pass@h:2", connect, "malformed"),
                ("http://u:pass@x y", connect, "malformed")):
            with contextlib.ExitStack() as stack:
                url = answer if isinstance(answer, str) else \
                    stack.enter_context(Upstream(answer=answer)).url()
                p = stack.enter_context(Proxy(through(url), {
                    "connect_ms": 1000}))
                got = said(p.listen(), request)
                m = p.wait_for("failed")
                assert words in m["words"] and not m["refused"], m
                assert words.encode() in got.replace(b"\r\n", b" "), got
                assert b"pass" not in got.replace(b"password", b""), got


def test_addresses_of_this_machine(w):
    """Public ones, too: its own, and those of its networks, whose services may
    trust who comes from inside. Others aren't refused, nor those listed."""
    wrap = ("unshare", "-rn", "sh", "-c",
            "ip link set lo up && ip address add 9.9.9.9/32 dev lo && "
            "ip address add 8.8.7.7/23 dev lo && "
            "ip -6 address add 2606:4700:1::7/64 dev lo && exec \"$@\"", "sh")
    if subprocess.run(list(wrap) + ["true"], stderr=subprocess.DEVNULL
                      ).returncode != 0:
        raise harness.Skip("no networks of our own here")
    listed = []
    with Proxy(lambda a: Proxy.allow(listed), wrap=wrap) as p:
        port = p.listen()
        for name, address in (
                ("9.9.9.9", "9.9.9.9"), ("8.8.7.7", "8.8.7.7"),
                ("8.8.6.1", "8.8.6.1"), ("[::ffff:8.8.7.7]", "::ffff:8.8.7.7"),
                ("[64:ff9b::8.8.7.1]", "64:ff9b::"),
                ("[2606:4700:1::7]", "2606:4700:1::7"),
                ("[2606:4700:1::8]", "2606:4700:1::8")):
            refused_by_address(p, port, name, address, 1)
        listed[:] = ["8.8.7.7"]
        for name in "8.8.7.7", "8.8.8.8", "8.8.5.255", "9.9.9.8":
            said(port, "CONNECT %s:1 HTTP/1.1\r\n\r\n" % name)
            ask = [m for m in p.messages if "ask" in m][-1]["ask"]
            m = p.wait("a failure", lambda ms: [
                m for m in ms if m.get("failed") == ask])[0]
            assert not m.get("refused"), (name, m)


def test_names_that_change(w):
    """Each connection resolves its name anew, and what it gives then is judged:
    a name that was public leads nowhere else later. Of several addresses only
    those are tried that may be."""
    reached = []

    def serve(s):
        reached.append(s.getsockname()[0])
        echo(s)
    hosts = w.write("hosts", "", base=w.root)
    wrap = harness.with_script("mount --bind '%s' /etc/hosts" % hosts)
    with Host(serve) as host, \
            Proxy(lambda a: Proxy.allow(["127.0.0.1"]), wrap=wrap) as p:
        port = p.listen()

        def names(text):
            w.write(hosts, text)

        def once():
            with tunnel(port, "sly.example:%d" % host.port) as s:
                s.sendall(b"x")
                assert s.recv(1) == b"x"
        names("127.0.0.1 sly.example\n")
        once()
        for address in ("127.0.0.2", "::1", "169.254.169.254",
                        "::ffff:127.0.0.2", "192.168.1.1"):
            names(address + " sly.example\n")
            refused_by_address(p, port, "sly.example", "1", host.port)
        names("127.0.0.3 sly.example\n127.0.0.1 sly.example\n"
              "127.0.0.2 sly.example\n::1 sly.example\n")
        once()
        assert reached == ["127.0.0.1"] * 2, reached


def test_one_request(w):
    """Exactly the request's own bytes reach the host: what follows them doesn't,
    in one piece or later."""
    seen = queue.Queue()

    def serve(s):
        seen.put(everything(s))
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    with Host(serve) as host, Proxy() as p:
        port = p.listen()
        first = "POST http://localhost:%d/ HTTP/1.1\r\nContent-Length: 3\r\n" \
            "\r\nabc" % host.port
        second = "GET http://other.example/ HTTP/1.1\r\n\r\n"
        for n, pieces in enumerate(([first + second], [first, second],
                                    [first[:-1], "c" + second]), 1):
            with client(port) as s:
                for piece in pieces:
                    s.sendall(piece.encode())
                    if piece is not pieces[-1]:
                        p.wait_for("open", n)
                got = seen.get(timeout=harness.DEADLINE_S)
                assert got.endswith(b"\r\n\r\nabc") and b"other" not in got, got
                assert everything(s).endswith(b"ok")
            p.wait_for("closed", n)
        assert all(m.get("host", "localhost") == "localhost"
                   for m in p.messages)


def in_time(what, attempt):
    """A client on a busy machine may miss a short limit: until one doesn't."""
    def once():
        with contextlib.suppress(AssertionError, ConnectionError):
            return attempt()
    harness.wait_until(what, once)


def test_slow_clients(w):
    """A head that doesn't end in time, however it trickles in; a client that
    says nothing; one that doesn't close after its answer; one that is idle."""
    with Host(echo) as host, \
            Proxy(limits={"head_ms": 100, "linger_ms": 100}) as p:
        port = p.listen()

        def trickle():
            with client(port) as s:
                s.sendall(b"GET http://a.example/ HTTP/1.1\r\n")
                while not harness.select.select([s], [], [], 0.005)[0]:
                    s.sendall(b"A: b\r\n")
                return s.recv(12) == b"HTTP/1.1 408"
        in_time("the answer to a slow head", trickle)
        for text in (b"", b"\5", b"\5\1\0\5\1\0\3\5abc"):
            with client(port) as s:
                s.sendall(text)
                # Its end, not an answer to nothing.
                with contextlib.suppress(ConnectionError):
                    assert everything(s) in (b"\5\0", b"")
        with client(port) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                everything(s)
                while True:
                    s.sendall(b"x")

        def opened():
            # An open connection has none of these limits.
            with tunnel(port, "localhost:%d" % host.port) as s:
                with client(port) as other:
                    everything(other)
                s.sendall(b"x")
                assert s.recv(1) == b"x"
                return True
        in_time("an open connection", opened)
        assert not any("failed" in m for m in p.messages)
    with Host(echo) as host, Proxy(limits={"idle_ms": 100}) as p:
        port = p.listen()

        def idle():
            with tunnel(port, "localhost:%d" % host.port) as s:
                s.sendall(b"x")
                return s.recv(1) == b"x" and is_closed(s)
        in_time("an idle connection's end", idle)
        # Of an attempt that came too late, nothing was received.
        m = p.wait("its end", lambda ms: [m for m in ms if m.get("received")])[0]
        assert (m["sent"], m["received"]) == (1, 1), m


def test_big_and_slow(w):
    """Much in both directions, byte by byte the same; a reader that doesn't
    read stops the writer."""
    size = 24 << 20
    with Host(echo) as host, Proxy() as p:
        port = p.listen()
        with tunnel(port, "localhost:%d" % host.port) as s:
            block = os.urandom(1 << 16)
            sent, got = hashlib.sha256(), hashlib.sha256()

            def write():
                for _ in range(size >> 16):
                    s.sendall(block)
                    sent.update(block)
                s.shutdown(socket.SHUT_WR)
            thread = threading.Thread(target=write)
            thread.start()
            n = 0
            while True:
                data = s.recv(1 << 16)
                if not data:
                    break
                n += len(data)
                got.update(data)
            thread.join()
            assert n == size and got.digest() == sent.digest()
        m = p.wait_for("closed")
        assert m["sent"] == m["received"] == size, m
        with tunnel(port, "localhost:%d" % host.port) as s:
            s.setblocking(False)
            n, before = 0, -1
            while n != before or select_writes(s):
                before = n
                with contextlib.suppress(BlockingIOError):
                    n += s.send(block)
                assert n < 256 << 20, "nothing stops the writer"
            assert rss(p) < 64 << 20 or harness.sanitized(), rss(p)


def select_writes(s):
    return bool(harness.select.select([], [s], [], 0.2)[1])


def rss(p):
    """Bytes of memory that the program uses."""
    with open("/proc/%d/status" % p.proc.pid) as f:
        return int(f.read().split("VmRSS:")[1].split()[0]) << 10


def test_end_of_a_call(w):
    """Its listener and connections are closed, those of others are not; one
    message says when that is done."""
    with Host(echo) as host, \
            Proxy(lambda a: None if a["host"] == "held.localhost" else
                  Proxy.allow()) as p:
        ports = [p.listen(), p.listen()]
        a, b = (tunnel(port, "localhost:%d" % host.port) for port in ports)
        with a, b, client(ports[0]) as held, client(ports[0]) as silent:
            held.sendall(b"CONNECT held.localhost:1 HTTP/1.1\r\n\r\n")
            p.wait_for("ask", 3)
            p.send({"end": 1})
            assert p.wait_for("ended") == {"ended": 1}
            assert p.messages[-1] == {"ended": 1} and \
                {m["closed"] for m in p.messages if "closed" in m} == {1, 3}
            assert is_closed(a) and is_closed(held) and is_closed(silent)
            b.sendall(b"x")
            assert b.recv(1) == b"x"
            try:
                client(ports[0]).close()
                raise AssertionError("the listener is still there")
            except ConnectionRefusedError:
                pass
            # The core's answer comes too late.
            p.send(dict(Proxy.allow(), answer=3))
            b.sendall(b"x")
            assert b.recv(1) == b"x"


def test_malformed_messages(w):
    """Whatever isn't a message of the core's ends it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    plain = socket.socket()
    cases = [
        (b"{", ()), (b"{}", ()), (b"{\"end\":1} {\"end\":1}", ()),
        ({"end": 1}, ()), ({"what": 1}, ()), ({"listen": 1}, ()),
        ({"listen": "1"}, (listening,)), ({"listen": 1}, (plain,)),
        ({"listen": 1}, (listening, listening)),
        ({"listen": 1, "secret": ""}, (listening,)),
        ({"listen": 1, "forward": "x", "host": "h", "secret": "s",
          "header": "a b: %s"}, (listening,)), ({"certificates": True}, ()),
        ({"answer": 1, "allow": True}, ()), ({"limits": {"head_ms": 0}}, ()),
        ({"limits": {"x": 1}}, ()), ({"end": 1, "pad": "x" * (64 << 10)}, ()),
    ]
    with listening, plain:
        for message, fds in cases:
            p = Proxy()
            p.send(message, *(s.fileno() for s in fds))
            code, words = p.wait_end()
            assert code == 1 and words.startswith("assent-net: "), (
                message, code, words)
        p = Proxy()
        p.listen()
        p.send({"limits": {"head_ms": 1}})
        assert p.wait_end()[0] == 1
        asked = threading.Event()
        p = Proxy(lambda a: asked.set())
        with client(p.listen()) as s:
            s.sendall(b"CONNECT a:1 HTTP/1.1\r\n\r\n")
            assert asked.wait(harness.DEADLINE_S)
            p.send({"answer": 1, "allow": True, "addresses": ["127.1"]})
            assert p.wait_end()[0] == 1
    r = subprocess.run([PROGRAM], stdin=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
    assert r.returncode == 2 and b"started by assent" in r.stderr, r


def test_crowded(w):
    """A client without the secret doesn't keep a place for long once half are
    in use, whether it is silent, slow or wrong."""
    key = b"Proxy-Authorization: Basic %s\r\n\r\n" % base64.b64encode(
        b"assent:s3cret")
    with Host(echo) as host, \
            Proxy(limits={"connections": 4, "crowded_ms": 50}) as p:
        port = p.listen("s3cret")
        head = b"CONNECT localhost:%d HTTP/1.1\r\n" % host.port
        with client(port) as a, client(port) as b:
            for said in (b"", b"CONNECT", head + b"\r\n", b"\5"):
                with client(port) as c, client(port) as d:
                    c.sendall(said)
                    d.sendall(said)
                    for s in (c, d):
                        with contextlib.suppress(ConnectionError):
                            everything(s)
            # Those that came first still can.
            for s in (a, b):
                s.sendall(head + key)
                assert head_of(s).startswith(b"HTTP/1.1 200")
        assert sum("ask" in m for m in p.messages) == 2, p.messages


KEY = "sk-test-0123456789abcdef"
MARK = b"[masked by assent]"


class Service(Host):
    """Speaks TLS, as the service that a key is for: `answer` gets the
    connection, the request's head and what came of its body."""

    def __init__(self, w, answer, certificate="good", certificates=None):
        self.certificates = certificates or secure.Certificates(w)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificates.path(
            certificate + ".pem"))
        self.heads = []

        def serve(s):
            with self.context.wrap_socket(s, server_side=True) as t:
                head, rest = secure.read_head(t)
                if head is not None:
                    self.heads.append(head)
                    answer(t, head, rest)
        super().__init__(serve)

    def listen(self, p, header="x-api-key: %s", trusted=True, **row):
        """A listener with the key, of a new call; its port."""
        if trusted:
            with open(self.certificates.path("ca.pem"), "rb") as f:
                p.send({"certificates": True}, f.fileno())
        return p.listen(KEY, forward="127.0.0.1:29170", **dict({
            "host": "127.0.0.1:%d" % self.port, "header": header,
            "paths": ["/v1/", "/only"], "methods": ["GET", "POST", "HEAD"]},
            **row))


def plain(t, head, rest):
    while "chunked" in head and not rest.endswith(b"0\r\n\r\n"):
        data = t.recv(65536)
        if not data:
            return
        rest += data
    t.sendall(b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok")


def dechunked(got):
    """Status and headers, the body of an answer's chunks, and whether it is
    complete."""
    at = got.index(b"\r\n\r\n") + 4
    head, body = got[:at - 4].decode(), []
    while b"\r\n" in got[at:at + 20]:
        end = got.index(b"\r\n", at) + 2
        n = int(got[at:end], 16)
        body.append(got[end:end + n])
        at = end + n + 2
        assert got[at - 2:at] == b"\r\n", got[at - 80:at]
        if n == 0:
            return head, b"".join(body), at == len(got)
    return head, b"".join(body), False


def test_key(w):
    """The service is asked for what the client asks for, with the key instead of
    what the client has; the answer comes as it is written, and without what was
    meant for another connection."""
    second = threading.Event()

    def answer(t, head, rest):
        while not rest.endswith(b"\r\n0\r\n\r\n"):
            rest += t.recv(65536)
        self_said.append(rest)
        t.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\n"
                  b"Content-Type: text/event-stream\r\nSet-Cookie: a=b\r\n"
                  b"Connection: keep-alive\r\nKeep-Alive: 5\r\nX-Id: 7\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        assert second.wait(harness.DEADLINE_S)
        t.sendall(b"9\r\ndata: 2\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n")
    self_said = []
    with Service(w, answer) as host, Proxy() as p, client(host.listen(p)) as s:
        s.sendall(b"POST /v1/m%20x?beta=true&p=../ HTTP/1.1\r\nHost: x\r\n"
                  b"Authorization: Bearer none\r\nX-API-KEY: none\r\n"
                  b"Cookie: c\r\nUser-Agent: agent/1\r\nEmpty:\r\n"
                  b"Accept-Encoding: gzip\r\nRange: bytes=1-\r\n"
                  b"Connection: keep-alive, x-mine\r\nX-Mine: 1\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A\r\n")
        s.sendall(b"0123456789\r\n0\r\n\r\nGET /v1/y HTTP/1.1\r\n\r\n")
        got = b""
        while not got.endswith(b"data: 1\n\n\r\n"):
            got += exactly(s, 1)
        second.set()
        head, body, whole = dechunked(got + everything(s))
        assert head.split("\r\n") == [
            "HTTP/1.1 201 ", "Content-Type: text/event-stream", "X-Id: 7",
            "Connection: close", "Transfer-Encoding: chunked"], head
        assert body == b"data: 1\n\ndata: 2\n\n" and whole, (body, whole)
        line, *headers = host.heads[0].split("\r\n")
        assert line == "POST /v1/m%20x?beta=true&p=../ HTTP/1.1", line
        assert sorted(headers) == sorted([
            "Host: 127.0.0.1:%d" % host.port, "Accept: */*", "Empty:",
            "Accept-Encoding: identity", "User-Agent: agent/1",
            "Connection: close", "x-api-key: " + KEY,
            "Transfer-Encoding: chunked"]), headers
        assert dechunked(b"\r\n\r\n" + self_said[0])[1] == \
            b"abc0123456789", self_said
        m = p.wait_for("closed")
        assert m["sent"] > len(host.heads[0]) and m["received"] > 18, m
        assert p.messages[0] == {"ask": 1, "call": 1,
                                 "forward": "127.0.0.1:29170"}, p.messages
        assert p.wait_for("open")["address"] == "127.0.0.1"
        for name in "environ", "cmdline":
            with contextlib.suppress(PermissionError), \
                    open("/proc/%d/%s" % (p.proc.pid, name), "rb") as f:
                assert KEY.encode() not in f.read()


def test_key_elsewhere(w):
    """Paths and methods that the key isn't for, and requests that can be read in
    two ways, get a sentence; nobody else is asked."""
    get, post = "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", "POST /v1/x HTTP/1.1\r\n"
    with Service(w, plain) as host, Proxy() as p:
        port = host.listen(p)
        for path in ("/", "/v1", "/v2/x", "/only/x", "/onlyx", "//v1/x",
                     "/V1/x", "/%76%31/x"):
            got = said(port, get % path)
            assert got.startswith(b"HTTP/1.1 403 the key of 127.0.0.1 isn't "
                                  b"for " + path.encode()), got
        for path in ("/v1/../x", "/v1/..", "/v1/.", "/v1/%2e%2E/x", "/v1/.%2e",
                     "/v1/a%2f..%2f..%2fx", "/v1/..;x=y/", "/v1/..%3b/x",
                     "/v1/a%5c..%5cx", "/v1/..\\x", "/v1/%252e%252e/x", "/v1/%",
                     "/v1/%00", "/v1/%0d%0a", "/v1/%zz",
                     "/v1/%c0%ae%c0%ae/x", "/v1/..%3fx", "/v1/.%23/x"):
            assert b"can be read in two ways" in said(port, get % path), path
        for method in "DELETE", "PUT", "OPTIONS":
            assert said(port, (get % "/v1/x").replace("GET", method)).startswith(
                b"HTTP/1.1 403 the key of 127.0.0.1 isn't for " +
                method.encode())
        for status, text in (
                (400, "Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n"),
                (400, "Host: x\r\nContent-Length: 1\r\n"
                 "Transfer-Encoding: chunked\r\n"),
                (400, "Host: x\r\nUpgrade: websocket\r\n"), (400, ""),
                (417, "Host: x\r\nExpect: 100-continue\r\n")):
            got = said(port, post + text + "\r\n0\r\n\r\n")
            assert got.startswith(b"HTTP/1.1 %d " % status), (text, got)
        assert not p.messages, p.messages
        # The chunks come when it has been asked.
        for text in ("1\r\nab\r\n0\r\n\r\n", "x\r\n", "1;a=b\r\na\r\n0\r\n\r\n",
                     "1\r\na\r\n0\r\nA: b\r\n\r\n", "1\na\n0\n\n"):
            got = said(port, post + "Host: x\r\nTransfer-Encoding: chunked\r\n"
                       "\r\n" + text)
            assert got.startswith(b"HTTP/1.1 400 the request's chunks"), got
        for path in "/only", "/only?x", "/v1/", "/v1/a%2Fb/c;d=e":
            assert dechunked(said(port, get % path))[1:] == (b"ok", True), path
        got = said(port, (get % "/v1/x").replace("GET", "HEAD"))
        assert got.endswith(b"\r\n\r\n") and b"chunked" not in got, got


def test_key_reflected(w):
    """A service that says the key again, in pieces, in a header or packed: the
    client has a mark in its place. What only begins like it is the client's."""
    pieces, more = [], []

    def answer(t, head, rest):
        t.sendall(b"HTTP/1.1 200 OK\r\nX-Is: <%s>\r\n" % KEY.encode() +
                  b"".join(more) + b"Transfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            t.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        t.sendall(b"0\r\n\r\n")
    key = KEY.encode()
    with Service(w, answer) as host, Proxy() as p:
        port = host.listen(p, "Authorization: Bearer %s")
        for all_of in (b"a" + key + b"b" + key + key, key[:-1] + key[:3],
                       b"x\n" + key[:9] + b"\n" + key):
            for size in 1, 5, 1000:
                pieces[:] = [all_of[i:i + size]
                             for i in range(0, len(all_of), size)]
                got = said(port, "GET /v1/ HTTP/1.1\r\nHost: x\r\n\r\n")
                head, body, whole = dechunked(got)
                assert body == all_of.replace(key, MARK) and whole, got
                assert "X-Is" not in head, head
        more[:] = [b"Content-Encoding: gzip\r\n"]
        pieces[:] = [gzip.compress(b"<" + key + b">")]
        head, body, whole = dechunked(said(
            port, "GET /v1/ HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert (body, whole) == (b"<" + MARK + b">", True), body
        assert "gzip" not in head, head
        assert "Authorization: Bearer " + KEY in host.heads[0], host.heads


def test_key_redirect(w):
    """It isn't followed: the client sees where to, for the service itself by its
    own address here."""
    to = []

    def answer(t, head, rest):
        t.sendall(b"HTTP/1.1 307 Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
                  % to[0])
    with Service(w, answer) as host, Proxy() as p:
        port = host.listen(p)
        own = b"https://127.0.0.1:%d" % host.port
        for to[:], seen in (([own + b"/v1/y?z"],
                             b"http://127.0.0.1:29170/v1/y?z"),
                            ([own], b"http://127.0.0.1:29170"),
                            ([own + b"0/"], None), ([b"/v1/y"], None),
                            ([own + b".evil.example/"], None),
                            ([b"https://other.example/"], None)):
            got = said(port, "GET /v1/ HTTP/1.1\r\nHost: x\r\n\r\n")
            assert got.startswith(b"HTTP/1.1 307 ") and \
                b"\r\nLocation: %s\r\n" % (seen or to[0]) in got, got


GET = "GET /v1/ HTTP/1.1\r\nHost: x\r\n%s\r\n"


def test_registry_head(w):
    """Of a request to a registry few headers pass, and none that asks for a part:
    it could begin amid the key."""
    with Service(w, plain) as host, Proxy() as p:
        port = host.listen(p, registry=True, user="me",
                           header="Authorization: Basic %s")
        passes = ["Accept: a", "If-None-Match: \"b\"", "User-Agent: npm/1",
                  "Git-Protocol: version=2"]
        said(port, GET % "".join(x + "\r\n" for x in passes + [
            "Authorization: Basic x", "Forwarded: host=evil.example",
            "X-Forwarded-Host: evil.example", "X-HTTP-Method: PUT", "Via: a",
            "Range: bytes=7-", "If-Range: \"b\"",
            "Accept-Encoding: gzip", "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]))
        both = base64.b64encode(("me:" + KEY).encode()).decode()
        assert sorted(host.heads[0].split("\r\n")[1:]) == sorted(passes + [
            "Host: 127.0.0.1:%d" % host.port, "Accept-Encoding: identity",
            "Connection: close", "Authorization: Basic " + both]), host.heads
        for body in "Content-Length: 2\r\n\r\nab", \
                "Transfer-Encoding: chunked\r\n\r\n0\r\n":
            assert said(port, GET % body).startswith(
                b"HTTP/1.1 403 the key of 127.0.0.1 isn't for a GET with a body")
        assert len(host.heads) == 1, host.heads


def test_registry_reflected(w):
    """The password and what it is sent as are masked, and nothing else is: what
    is missing of another text would tell how the key ends."""
    body = []

    def answer(t, head, rest):
        t.sendall(b"HTTP/1.1 206 Part\r\nX-Is: %s\r\nX-Was: %s\r\n"
                  b"Content-Length: %d\r\n\r\n" % (key, both, len(body[0])))
        for i in range(len(body[0])):
            t.sendall(body[0][i:i + 1])
    key, both = KEY.encode(), base64.b64encode(("me:" + KEY).encode())
    with Service(w, answer) as host, Proxy() as p:
        port = host.listen(p, registry=True, user="me",
                           header="Authorization: Basic %s")
        for whole in key, both:
            for i in range(len(whole)):
                body[:] = [whole[i:] + b" and " + both + key]
                head, got, _ = dechunked(said(port, GET % ""))
                assert got == (whole[i:] if i else MARK) + b" and " + \
                    MARK + MARK, (i, got)
                assert "X-Is" not in head and "X-Was" not in head, head


def test_registry_denied(w):
    """A key that isn't accepted is said to be so: asked with a 401, programs want
    a password. Of another service they get what it says."""
    def answer(t, head, rest):
        t.sendall(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                  b"Content-Length: 2\r\n\r\nno")
    with Service(w, answer) as host, Proxy() as p:
        port, service = host.listen(p, registry=True), host.listen(p)
        for text in GET % "", (GET % "").replace("GET", "HEAD"):
            got = said(port, text)
            assert got.startswith(b"HTTP/1.1 403 127.0.0.1 doesn't accept the key "
                                  b"of registries (401)\r\n"), got
        assert dechunked(said(service, GET % ""))[1:] == (b"no", True)


def test_registry_links(w):
    """In pages the service's own address is the one here, however they come;
    not in files, nor that of a host with a longer name."""
    kind, pieces = [], []

    def answer(t, head, rest):
        t.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: "
                  b"chunked\r\n\r\n" % kind[0])
        for piece in pieces:
            t.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        t.sendall(b"0\r\n\r\n")
    with Service(w, answer) as host, Proxy() as p:
        links = host.listen(p, registry=True, links=True)
        own = b"https://127.0.0.1:%d" % host.port
        page = b'<a href="%s/v1/a">%s0/b https://127.0.0.1/ %s' % (own, own, own)
        here = page.replace(own + b"/", b"http://127.0.0.1:29170/")
        for port, kind[:], seen in (
                (links, [b"text/html; charset=utf-8"], here),
                (links, [b"application/vnd.pypi.simple.v1+json"], here),
                (links, [b"application/octet-stream"], page),
                (host.listen(p, registry=True), [b"text/html"], page)):
            for size in 1, 7, 1000:
                pieces[:] = [page[i:i + size]
                             for i in range(0, len(page), size)]
                got = dechunked(said(port, GET % ""))[1:]
                assert got == (seen, True), (kind, size, got)


def test_registry_others(w):
    """What isn't of the scope leads to the other registry."""
    get = "GET /npm/%s HTTP/1.1\r\nHost: x\r\n\r\n"
    with Service(w, plain) as host, Proxy() as p:
        port = host.listen(p, registry=True, below="/npm/",
                           paths=["/npm/@corp/", "/npm/@corp%2f"],
                           others="https://other.example/x/")
        for path in "@corp/part/-/part-1.0.0.tgz", "@corp%2fpart":
            assert dechunked(said(port, get % path))[1:] == (b"ok", True), path
        for path in "thing?x", "@corps%2fpart", "@corp%252fpart":
            got = said(port, get % path)
            where = b"\r\nLocation: https://other.example/x/" + \
                path.split("?")[0].encode() + b"\r\n"
            assert (got.startswith(b"HTTP/1.1 307 ") and where in got) == (
                "25" not in path), got
        for text in get % ("x" * 2000), "GET /x HTTP/1.1\r\nHost: x\r\n\r\n":
            assert said(port, text).startswith(b"HTTP/1.1 403 "), text
        assert len(host.heads) == 2, host.heads


def test_registry_fetch(w):
    """Of git's requests those of a fetch pass, and no others."""
    get, post = "GET /v1/%s HTTP/1.1\r\nHost: x\r\n\r\n", "POST /v1/%s " \
        "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0" \
        "\r\n\r\n"
    with Service(w, plain) as host, Proxy() as p:
        port = host.listen(p, fetch=True, registry=True,
                           methods=["GET", "POST"])
        for text in (get % "a.git/info/refs?service=git-upload-pack",
                     post % "a.git/git-upload-pack"):
            assert dechunked(said(port, text))[1:] == (b"ok", True), text
        for text in (get % "a.git/info/refs", get % "a.git/HEAD",
                     get % "a.git/info/refs?service=git-receive-pack",
                     get % "a.git/info/refs?service=git-upload-pack&x",
                     get % "a.git/git-upload-pack", get % "",
                     get % "a/x?service=git-upload-pack",
                     post % "a.git/git-receive-pack",
                     post % "a.git/git-upload-pack?service=git-receive-pack",
                     post % "a.git/info/refs?service=git-upload-pack",
                     post % "a.git/info/lfs/objects/batch"):
            got = said(port, text)
            assert got.startswith(b"HTTP/1.1 403 the key of 127.0.0.1 is for "
                                  b"git fetch only\r\n"), (text, got)
        assert len(host.heads) == 2, host.heads


def test_key_big(w):
    """100 MB up, and as much down to a client that reads late, without keeping
    it; and each side's end is the other's."""
    size = 100 << 20
    gone, half = threading.Event(), threading.Event()
    block = os.urandom(1 << 16)

    def answer(t, head, rest):
        if "/big" in head:
            n, digest = len(rest), hashlib.sha256(rest)
            while n < size:
                data = t.recv(1 << 16)
                n += len(data)
                digest.update(data)
            t.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" %
                      (64 + size, digest.hexdigest().encode()))
            for _ in range(size >> 16):
                t.sendall(block)
        elif "/half" in head:
            t.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf\n")
        else:
            half.set()
            while t.recv(1 << 16):
                pass
            gone.set()
    with Service(w, answer) as host, Proxy() as p:
        port = host.listen(p)
        head = b"POST /v1/%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        with client(port) as s:
            digest = hashlib.sha256()
            s.sendall(head % (b"big", size))
            for _ in range(size >> 16):
                s.sendall(block)
                digest.update(block)
            got = head_of(s)
            assert rss(p) < 64 << 20 or harness.sanitized(), rss(p)
            _, body, whole = dechunked(got + everything(s))
            assert whole and body[:64].decode() == digest.hexdigest()
            assert len(body) == 64 + size and body.endswith(block)
        m = p.wait_for("closed")
        assert m["sent"] > size and m["received"] > size, m
        got = said(port, head % (b"half", 0))
        assert dechunked(got)[1:] == (b"half\n", False), got
        with client(port) as s:
            s.sendall(head % (b"gone", size) + block)
            assert half.wait(harness.DEADLINE_S)
        assert gone.wait(harness.DEADLINE_S)
        p.wait_for("closed", 3)


def test_key_whom(w):
    """Only the service has it: not a server that can't prove its name, not the
    user's own proxy, and no other address."""
    get = "GET /v1/ HTTP/1.1\r\nHost: x\r\n\r\n"
    with Service(w, plain, "other") as host, Proxy() as p:
        for trusted in False, True:
            got = said(host.listen(p, trusted=trusted), get)
            assert got.startswith(b"HTTP/1.1 502 no answer from 127.0.0.1: "), \
                got
        assert not host.heads, host.heads
        assert "SSL" in p.wait_for("failed", 2)["words"]
    up = secure.Proxy()
    with Service(w, plain, certificates=host.certificates) as host, \
            Proxy(through(up.url())) as p:
        port = host.listen(p, host="model.test:%d" % host.port)
        assert dechunked(said(port, get))[1:] == (b"ok", True)
        assert up.heads[0].startswith("CONNECT model.test:%d " % host.port)
        assert KEY not in "".join(up.heads), up.heads
        assert "proxy" in p.wait_for("open")
        up.close()
        with Proxy(lambda a: Proxy.allow([])) as q:
            got = said(host.listen(q), get)
            assert got.startswith(b"HTTP/1.1 403 ") and \
                msg.NOT_PUBLIC.encode() in got, got
            assert q.wait_for("failed")["refused"]
        assert len(host.heads) == 1, host.heads


harness.main(globals())
