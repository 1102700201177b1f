"""Signing in at an MCP server: the browser's answer, a pasted one, wrong ones;
what is stored, refreshed and sent, and that it is nowhere else."""

import base64
import hashlib
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

import harness
from mcplib import DONE, call, notes

BROWSER = "import sys, urllib.request as u\nu.urlopen(sys.argv[1]).read()\n"


class Server(http.server.BaseHTTPRequestHandler):
    """An MCP server, and who signs in for it."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def out(self, status, body=None, **headers):
        body = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        s, url = self.server, urllib.parse.urlsplit(self.path)
        s.seen.append(self.path)
        if url.path == "/.well-known/oauth-protected-resource/mcp":
            self.out(200, dict({"resource": s.url + "/mcp",
                                "authorization_servers": [s.url],
                                "scopes_supported": ["read"]}, **s.resource))
        elif url.path == "/.well-known/oauth-authorization-server":
            self.out(200, dict({
                "issuer": s.url, "token_endpoint": s.url + "/token",
                "authorization_endpoint": s.url + "/authorize",
                "registration_endpoint": s.url + "/register",
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True},
                **s.metadata))
        elif url.path == "/authorize":
            s.asked = dict(urllib.parse.parse_qsl(url.query))
            answer = dict({"code": "code-of-once", "iss": s.url,
                           "state": s.asked["state"]}, **s.answer)
            self.out(302, Location=s.asked["redirect_uri"] + "?" +
                     urllib.parse.urlencode(answer))
        else:
            self.out(404)

    def do_POST(self):
        s = self.server
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        s.seen.append(self.path)
        if self.path == "/register":
            s.client = json.loads(body)
            self.out(201, {"client_id": "client-of-test"})
        elif self.path == "/token" and s.moved is not None:
            self.out(307, Location=s.moved + "/token")
        elif self.path == "/token":
            self.token(dict(urllib.parse.parse_qsl(body)))
        else:
            self.mcp(json.loads(body))

    def token(self, form):
        s = self.server
        assert form["resource"] == s.url + "/mcp", form
        assert form["client_id"] == "client-of-test", form
        if form["grant_type"] == "authorization_code":
            hashed = base64.urlsafe_b64encode(hashlib.sha256(
                form["code_verifier"].encode()).digest()).rstrip(b"=")
            ok = form["code"] == "code-of-once" and \
                hashed.decode() == s.asked["code_challenge"] and \
                form["redirect_uri"] == s.asked["redirect_uri"]
        else:
            # Each counts once.
            s.both.wait(harness.DEADLINE_S)
            ok = form["refresh_token"] == s.refresh
        if not ok:
            self.out(400, {"error": "invalid_grant"})
            return
        s.valid = "t-secret-%d-0123456789" % len(s.tokens)
        s.refresh = s.valid.replace("t-", "r-")
        s.tokens.append(s.valid)
        self.out(200, {"access_token": s.valid, "token_type": "Bearer",
                       "refresh_token": s.refresh, "expires_in": 3600,
                       "scope": "read"})

    def mcp(self, m):
        s = self.server
        sent = self.headers.get("Authorization", "")
        s.sent.append(sent)
        if s.moves and self.path == "/mcp" and sent == "":
            self.out(307, Location="/elsewhere")
        elif self.path == "/elsewhere":
            s.elsewhere.append(sent)
            s.again()
            self.out(401)
        elif sent != "Bearer %s" % s.valid:
            s.refused += 1
            if s.refused >= s.wants:
                s.both.set()
            self.out(401, WWW_Authenticate='Bearer realm="a, b=\\"c\\"", '
                     'resource_metadata="%s/.well-known/oauth-protected-'
                     'resource/mcp"' % s.url)
        elif m.get("method") == "initialize":
            self.out(200, {"jsonrpc": "2.0", "id": m["id"], "result": {
                "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "web", "version": "1"}}})
        elif "id" not in m:
            self.out(202)
        elif m["method"] == "tools/list":
            self.out(200, {"jsonrpc": "2.0", "id": m["id"], "result": {
                "tools": [{"name": n, "inputSchema": {"type": "object"}}
                          for n in ("echo", "more", "lose",
                                    "expire", "move")]}})
        elif m["method"] != "tools/call":
            self.out(200, {"jsonrpc": "2.0", "id": m["id"], "error": {
                "code": -32601, "message": "no"}})
        elif m["params"]["name"] == "more":
            self.out(403, WWW_Authenticate='Bearer error="insufficient_scope"'
                     ', error_description="not \\" scope=all", scope="write"')
        elif m["params"]["name"] == "move":
            self.out(307, Location="/elsewhere")
        else:
            if m["params"]["name"] in ("expire", "lose"):
                s.valid = None
            if m["params"]["name"] == "lose":
                s.refresh = None
                s.again()
            self.out(200, {"jsonrpc": "2.0", "id": m["id"], "result": {
                "content": [{"type": "text", "text": "you sent " + sent}]}})


def serve(w, **oauth):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    s.daemon_threads = True
    s.url = "http://127.0.0.1:%d" % s.server_address[1]
    s.seen, s.sent, s.tokens = [], [], []
    s.resource, s.metadata, s.answer = {}, {}, {}
    s.moved, s.valid, s.refresh, s.again = None, None, None, bool
    s.refused, s.wants, s.moves, s.elsewhere = 0, 1, False, []
    s.both = threading.Event()
    threading.Thread(target=s.serve_forever, args=(0.05,),
                     daemon=True).start()
    settings(w, s, **oauth)
    return s


def settings(w, s, *answers, path="/mcp", **oauth):
    server = {"url": s.url + path, "trust": "always"}
    if oauth:
        server["oauth"] = oauth
    return w.mock(list(answers) + [DONE], config={"mcpServers": {"t": server}})


def login(w, *args, code=0, **env):
    env["BROWSER"] = "%s %s" % (sys.executable, w.write(
        "browser.py", BROWSER, base=w.root))
    r = w.run("mcp", "login", *args, "t", code=code, env=env)
    return r.stderr.decode()


def run(w, s, *answers, **settings_of):
    settings(w, s, *answers, **settings_of)
    w.run("exec", "--plan", "skip", "--approve", "yes", "go", code=0)
    return [e for e in w.events("tool_result") if e["name"] != "done"]


def stored(w):
    return w.path("config", "assent", "mcp-tokens", "t")


def everywhere(w, *secrets):
    """No file contains one of the secrets but the one for tokens."""
    for base, _, names in os.walk(w.root):
        for name in names:
            path = os.path.join(base, name)
            if path == stored(w) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                text = f.read()
            for secret in secrets:
                assert secret.encode() not in text, (path, secret)


def test_login(w):
    """A session uses it; it's in one file, the user's alone; logout."""
    harness.need_sandbox(w)
    s = serve(w)
    assert b"\n    not signed in\n" in w.run("mcp").stdout
    run(w, s)
    assert [n for n in notes(w) if "t needs a sign-in: assent mcp login t; its "
            "tools are missing until you end and resume the session" in n], \
        notes(w)
    w.clean_project()
    said = login(w)
    assert "has its sign-in at the same server" in said, said
    assert "rights that assent asks for: read" in said and s.url + "/authorize?" in said
    assert s.client["redirect_uris"] == [s.asked["redirect_uri"]], s.client
    assert s.asked["resource"] == s.url + "/mcp", s.asked
    assert s.asked["scope"] == "read", s.asked
    assert oct(os.stat(stored(w)).st_mode & 0o777) == "0o600"
    assert oct(os.stat(os.path.dirname(stored(w))).st_mode & 0o777) == "0o700"
    got = run(w, s, call("echo"), harness.bash("env; cat " + stored(w)),
              call("more"), call("move"))
    assert got[0]["text"] == "you sent Bearer [masked by assent]", got
    hidden = "Permission denied" if harness.level(w) == "C" else "No such file"
    assert hidden in got[1]["text"], got
    assert "needs a sign-in that allows more: assent mcp login --scope " \
        "'read write' t" in got[2]["text"], got
    assert "redirects to /elsewhere, where the key must not go" in \
        got[3]["text"] and "/elsewhere" not in s.seen, got
    everywhere(w, s.tokens[0], s.tokens[0].replace("t-", "r-"), "code-of-once")
    login(w, "--scope", "read write")
    assert s.asked["scope"] == "read write", s.asked
    assert b"signed in by %s, for read\n" % s.url.encode() in \
        w.run("mcp").stdout
    w.configure("http://127.0.0.1:9")     # also if the settings don't have it any more
    assert b"signed out of t" in w.run("mcp", "logout", "t", code=0).stderr
    w.run("mcp", "logout", "../config.json", code=2)
    assert not os.path.exists(stored(w))
    w.run("mcp", "logout", "t", code=2)


def test_another_url(w):
    """A token for one address isn't sent to another."""
    s = serve(w)
    login(w)
    s.sent.clear()
    w.write("x", "x")
    run(w, s, path="/mcp/other")
    assert s.sent and set(s.sent) == {""}, s.sent
    assert [n for n in notes(w) if "assent mcp login t (" in n and
            "is of another url" in n], notes(w)
    os.chmod(stored(w), 0o644)
    run(w, s)
    assert [n for n in notes(w) if "other users can read" in n], notes(w)


def wait_for_address(p):
    for line in p.stderr:
        if line.startswith("http"):
            return line.strip()
    raise AssertionError("no address")


class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kw):
        return None


def fetch(url):
    """Status, head and body, without following."""
    try:
        r = urllib.request.build_opener(Stays).open(url)
    except urllib.error.HTTPError as e:
        r = e
    return r.status, r.headers, r.read()


def drip(to, ended):
    try:
        while not ended.wait(0.05):
            to.send(b"x")
    except OSError:
        ended.set()


def begin(w):
    p = subprocess.Popen([harness.ASSENT, "mcp", "login", "t"], env=w.env,
                         stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
    return p, fetch(wait_for_address(p))[1]["Location"]


def test_pasted(w):
    """Or what isn't the answer, from the browser and on the terminal."""
    s = serve(w)
    p, back = begin(w)
    port = back.split("/")[2]
    wrong = back.replace("state=", "state=x")
    assert fetch(wrong)[0] == 404 and fetch("http://%s/" % port)[0] == 404
    assert fetch("http://%s/callback" % port)[0] == 404
    p.stdin.write(wrong + "\ncode-of-once\n  " + back + "\n")
    p.stdin.flush()
    err = p.communicate(timeout=harness.DEADLINE_S)[1]
    assert p.returncode == 0 and err.count("that isn't the address") == 2
    assert os.path.exists(stored(w)) and len(s.tokens) == 1
    # It has to say who it is from.
    p, back = begin(w)
    err = p.communicate(re.sub("&iss=[^&]*", "", back) + "\n",
                        timeout=harness.DEADLINE_S)[1]
    assert p.returncode == 1 and "doesn't say that it is from" in err, err
    s.metadata = {"authorization_response_iss_parameter_supported": False}
    p, back = begin(w)
    err = p.communicate(re.sub("&iss=[^&]*", "", back) + "\n",
                        timeout=harness.DEADLINE_S)[1]
    assert p.returncode == 0, err
    # The browser gets a page that says nothing of it, also behind one that
    # never says all.
    p, back = begin(w)
    slow = socket.create_connection(urllib.parse.urlsplit(back).netloc.split(
        ":"))
    ended = threading.Event()
    threading.Thread(target=drip, args=(slow, ended), daemon=True).start()
    status, head, body = fetch(back)
    assert ended.wait(harness.DEADLINE_S)
    assert status == 200 and b"code-of" not in body, body
    assert head["Referrer-Policy"] == "no-referrer", head
    p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode == 0


def test_refused(w):
    """Metadata and answers that must not be used."""
    s, other = serve(w), serve(w)
    for what, value, why in (
            ("resource", {"resource": other.url + "/mcp"}, "another server"),
            ("resource", {"resource": s.url + "/mc"}, "another server"),
            ("resource", {"authorization_servers": ["http://example.com"]},
             "must start with https://"),
            ("resource", {"authorization_servers": ["https://a@b.example"]},
             "no valid host"),
            ("resource", {"authorization_servers": ["https://a\x1b[2J"]},
             "character that no address has"),
            ("resource", {"authorization_servers": []}, "who signs you in"),
            ("metadata", {"issuer": other.url}, "metadata of another one"),
            ("metadata", {"code_challenge_methods_supported": ["plain"]},
             "PKCE"),
            ("metadata", {"token_endpoint": "http://example.com/"},
             "must start with https://"),
            ("metadata", {"registration_endpoint": None}, "oauth.clientId"),
            ("answer", {"iss": other.url}, "is from " + other.url),
            ("answer", {"error": "access_denied"}, "refused: access_denied"),
            ("answer", {"error": "a", "error_description": "\nassent: b"},
             "refused: a"),
            ("resource", {"scopes_supported": ["a\nassent: b"]},
             "control characters"),
            ("resource", {"resource": "a\nassent: b"}, "another server"),
            ("answer", {"code": "other"}, "HTTP 400, invalid_grant")):
        settings(w, s)
        setattr(s, what, value)
        said = login(w, code=1)
        setattr(s, what, {})
        assert why in said and "\x1b" not in said and "\nassent: b" not in \
            said, (value, said)
        assert not os.path.exists(stored(w)), value
    assert not s.tokens and not other.seen, other.seen
    # A public server's metadata can't lead to what is near, by whatever name.
    for to in (other.url, other.url.replace("127.0.0.1", "localhost")):
        r = subprocess.run(
            [os.path.join(harness.BUILD, "assent-core"), "sign-in", "begin"],
            input=json.dumps({"issuer": to, "near": False}).encode(),
            stdout=subprocess.PIPE, env=w.env)
        assert b"isn't on the public internet" in r.stdout, r
    assert not other.seen, other.seen
    s.moved = other.url
    assert "HTTP 307" in login(w, code=1)
    assert not other.seen and not os.path.exists(stored(w))


def test_own_client(w):
    """Its secret goes to where it's from, and nowhere else."""
    s = serve(w, clientId="client-of-test", clientSecretEnv="MY_SECRET")
    assert "MY_SECRET isn't set" in login(w, code=2)
    said = login(w, code=1, MY_SECRET="s-of-client")
    assert "set oauth.issuer" in said and s.url in said, said
    settings(w, s, clientId="client-of-test", clientSecretEnv="MY_SECRET",
             issuer="https://other.example")
    assert "is for https://other.example" in login(w, code=1, MY_SECRET="s")
    s.metadata = {"token_endpoint_auth_methods_supported":
                  ["client_secret_post"]}
    settings(w, s, clientId="client-of-test", clientSecretEnv="MY_SECRET",
             issuer=s.url)
    login(w, MY_SECRET="s-of-client")
    assert "/register" not in s.seen and len(s.tokens) == 1
    with open(stored(w)) as f:
        assert json.load(f)["client_secret"] == "s-of-client"
    # A file of somebody else's can't name a variable for it.
    w.write("theirs.json", json.dumps({"mcpServers": {"x": {
        "url": "https://x.example", "oauth": {
            "clientId": "a", "clientSecretEnv": "HOME"}}}}))
    r = w.run("mcp", "add", "--yes", "--file", "theirs.json", code=0)
    assert b'oauth: {"clientId":"a"}' in r.stdout, r


def test_refresh(w):
    """Two sessions at once: one asks, both go on."""
    s = serve(w)
    login(w)
    s.valid, s.refused, s.wants = None, 0, 2
    s.both.clear()
    w.mock([dict(DONE, repeat=True)], config={"mcpServers": {"t": {
        "url": s.url + "/mcp"}}})
    two = [w.start("exec", "--plan", "skip", "go") for i in range(2)]
    for p in two:
        err = p.communicate(timeout=harness.DEADLINE_S)[1]
        assert p.returncode == 0, err
    for n in range(2):
        assert [e for e in w.events("note", n=n) if
                e["text"] == "MCP server t: 5 tools"], w.events("note", n=n)
    assert len(s.tokens) == 2 and s.refused == 2, (s.tokens, s.refused)
    with open(stored(w)) as f:
        assert json.load(f)["refresh_token"] == s.refresh
    assert oct(os.stat(stored(w)).st_mode & 0o777) == "0o600"


def test_a_session_goes_on(w):
    """After a refresh, and after another sign-in; else it says what to do."""
    s = serve(w)
    login(w)
    got = run(w, s, call("expire"), call("echo"), call("lose"), call("echo"))
    assert [e["ok"] for e in got] == [True, True, True, False], got
    assert "needs a sign-in: assent mcp login t (" in got[3]["text"] and \
        "invalid_grant" in got[3]["text"], got
    out = w.run("mcp").stdout
    assert b"    needs a new sign-in: " in out and b"invalid_grant" in out, out
    s.again = lambda: login(w)
    login(w)
    w.clean_project()
    got = run(w, s, call("lose"), call("echo"))
    assert [e["ok"] for e in got] == [True, True], got
    # Not after the user has signed out.
    s.again = lambda: w.run("mcp", "logout", "t", code=0)
    w.clean_project()
    got = run(w, s, call("lose"), call("echo"))
    assert [e["ok"] for e in got] == [True, False], got
    assert s.sent[-1] == "", s.sent
    assert "needs a sign-in: assent mcp login t" in got[1]["text"], got


def test_moved(w):
    """A server that redirects before there is a token gets none at its new
    address."""
    s = serve(w)
    s.moves = True
    assert "redirects to /elsewhere: set that as its url" in login(w, code=1)

    def again():
        s.moves = False
        login(w)
    s.again = again
    got = run(w, s, call("echo"))
    assert got[0]["ok"] and s.elsewhere == [""], (got, s.elsewhere)


harness.main(globals())
