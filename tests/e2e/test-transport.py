"""The way to the model's server: TLS that is always checked, proxies, HTTP/2,
time limits; and servers that send what no server should.
"""

import gzip
import os
import re

import harness
from messages import msg
import secure

NEEDS_SANDBOX = True
DONE = {"calls": [{"name": "done", "args": {"summary": "nothing to do"}}]}
KEY = b"sk-test-0123456789"


def trust(w, url, ca, **config):
    """A provider with this authority."""
    w.configure(url, config=dict(config, providers={"mock": {
        "format": "openai-chat", "base_url": url, "api_key_env": "MOCK_KEY",
        "ca_file": ca}}))


def ask(w, *args, code=0, env=None):
    """Run a task; what it printed."""
    r = w.run("exec", "--plan", "skip", *args, "look", env=env)
    said = (r.stdout + r.stderr).decode()
    assert r.returncode == code, (r.returncode, said)
    return said


def test_who_it_is(w):
    """A server without a valid certificate gets nothing; the message says what
    is wrong and what to do."""
    c = secure.Certificates(w)
    ca = {"SSL_CERT_FILE": c.path("ca.pem")}
    for name, env, words in (
            ("good", {}, msg.SET_CA_FILE),
            ("alone", ca, msg.SET_CA_FILE),
            ("expired", ca, "has expired"),
            ("other", ca, msg.FOR_ANOTHER_NAME)):
        w.clean_project()
        m = secure.Model(DONE, c.path(name + ".pem"))
        w.configure(m.url())
        said = ask(w, code=6, env=env)
        assert words in said and "mock at https://127.0.0.1" in said, said
        assert msg.NOTHING_WAS_SENT in said, said
        assert m.requests == [], (name, m.requests)
        # It does not get better by trying again.
        assert not w.events("retry"), (name, w.events("retry"))
        assert w.events("error")[0]["kind"] == "tls", w.events("error")
        m.close()
    # Nor does a machine without certificates, such as a minimal container.
    w.write("junk.pem", "none\n")
    m = secure.Model(DONE, c.path("good.pem"))
    for ca in ("/nonexistent", os.path.join(w.project, "junk.pem")):
        w.configure(m.url())
        said = ask(w, code=6, env={"SSL_CERT_FILE": ca})
        assert msg.NO_TRUSTED in said, said
        assert msg.INSTALL_CERTIFICATES in said, said
        assert m.requests == [], m.requests
    m.close()


def test_an_authority_of_ones_own(w):
    """A provider's own goes before the variable."""
    c = secure.Certificates(w)
    m = secure.Model(DONE, c.path("good.pem"))
    ca, bad = c.path("ca.pem"), c.path("alone.crt")
    trust(w, m.url(), ca)
    ask(w, env={"SSL_CERT_FILE": bad})
    w.clean_project()
    w.configure(m.url())
    ask(w, env={"SSL_CERT_FILE": ca})
    assert [r[0] for r in m.requests] == ["http/1.1"] * 2, m.requests
    assert all(KEY.decode() in r[1] for r in m.requests)
    trust(w, m.url(), "/nonexistent/ca.pem")
    said = ask(w, code=2)
    assert "ca_file: can't read /nonexistent/ca.pem" in said, said
    m.close()


def test_proxy(w):
    """With TLS the proxy sees where to, and neither key nor task."""
    c = secure.Certificates(w)
    ca = c.path("ca.pem")
    m, p = secure.Model(DONE, c.path("good.pem")), secure.Proxy()
    # Nobody knows that name but the proxy.
    trust(w, m.url("model.test"), ca)
    ask(w, env={"https_proxy": p.url()})
    assert len(m.requests) == 1, m.faults
    # A connection may be made ahead of the request.
    ahead = len(p.heads)
    for head in p.heads:
        assert head.startswith("CONNECT model.test:%d " % m.port), p.heads
        assert KEY.decode() not in head and "api" not in head, head
    # To this machine directly, whatever the variables say.
    trust(w, m.url(), ca)
    ask(w, env={"https_proxy": "http://127.0.0.1:1",
                "all_proxy": "http://127.0.0.1:1"})
    assert len(m.requests) == 2 and len(p.heads) == ahead, (m.faults, p.heads)
    m.close()
    plain = secure.Model(DONE)
    w.configure(plain.url("model.test"), config={"insecure_http": "on"})
    ask(w, env={"http_proxy": p.url()})
    assert p.heads[ahead].startswith("POST http://model.test:"), p.heads
    assert len(plain.requests) == 1, plain.faults
    # No message has its password.
    for proxy, words in (("http://me:4711/quux@h:1", "in http_proxy is mal"),
                         ("odd://me:zebra@h:1", "connect to")):
        said = ask(w, code=6, env={"http_proxy": proxy,
                                   "ASSENT_RETRY_TIME": "0s"})
        assert words in said and not re.search("4711|zebra|quux", said), said
    plain.close()
    p.close()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
WORD = (b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},'
        b'"finish_reason":null}]}\n\n')


def send_until_gone(conn, head, piece, most):
    """How many bytes it took before it went away; at most so many."""
    sent = 0
    try:
        conn.sendall(head)
        while sent < most:
            conn.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def test_what_does_not_end(w):
    """A line, a head, an answer without an end: each is given up long before it
    fills anything."""
    took = []
    x = b"x" * (1 << 20)
    cases = {
        "a line": (HEAD + b"\r\ndata: ", x, 1 << 30),
        "no line": (HEAD + b"\r\n", x, 1 << 30),
        "a head": (HEAD, b"x-more: " + b"y" * 1000 + b"\r\n", 1 << 30),
        "a page": (HEAD + b"\r\n<html>", x, 1 << 30),
        "deep": (HEAD + b'\r\ndata: {"choices":', b"[" * (1 << 20), 1 << 30),
    }
    for name, (head, piece, most) in cases.items():
        w.clean_project()
        m = secure.Model(lambda conn, n: took.append(
            send_until_gone(conn, head, piece, most)))
        w.configure(m.url())
        said = ask(w, code=6)
        assert "mock" in said, said
        harness.wait_until("the server to notice", lambda: took)
        # A page is not read further than the limit of any answer.
        assert all(n < (300 << 20) for n in took), (name, took)
        took.clear()
        m.close()


def test_compressed_unasked(w):
    """Some proxies do so."""
    body = gzip.compress(b'data: {"choices":[{"delta":{"content":"all is well"}'
                         b',"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    m = secure.Model(lambda conn, n: conn.sendall(
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" %
        len(body) + body))
    w.configure(m.url())
    assert "all is well" in ask(w)
    m.close()


def test_silence(w):
    """Not a byte for so long: given up, and retried, as the journal says. Where
    the server answers late, that can be more than once."""

    def answer(conn, n):
        conn.sendall(HEAD + b"connection: close\r\n\r\n" + WORD)
        if not w.events("retry"):
            conn.recv(1)        # until the client goes away
        else:
            conn.sendall(b"".join(secure.mockserver.chat_events(DONE, n,
                                                                "m")))
    m = secure.Model(answer)
    w.configure(m.url(), config={"idle_timeout": 3})
    ask(w)
    retry = w.events("retry")
    assert {e["kind"] for e in retry} == {"timeout"}, retry
    assert all("not a byte for 3 s" in e["text"] for e in retry), retry
    assert len(m.requests) == len(retry) + 1, (retry, m.requests)
    m.close()


harness.main(globals())
