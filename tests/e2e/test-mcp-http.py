"""MCP servers at a URL: answers as JSON and as streams, sessions that end,
streams that break off, and all that such a server must not get."""

import http.server
import json
import os
import threading

import harness
from mcplib import DONE, call, notes
import protocol

TOKEN = "abcdefgh-12345678"


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def out(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, *events, whole=True, **headers):
        """As an event stream; the connection ends with it."""
        self.close_connection = True
        self.send_response(200)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        for event in events:
            self.event(event)

    def event(self, event):
        data = event if isinstance(event, str) else \
            "event: message\r\ndata: %s\r\n\r\n" % json.dumps(event)
        # Nothing is buffered, and the connection may end with the answer.
        self.wfile.write(data.encode())

    def checked(self):
        """Check the headers that every request must have."""
        s = self.server
        with s.lock:
            s.seen.append((self.command, self.path, dict(self.headers)))
        if s.key is not None and \
                self.headers.get("Authorization") != "Bearer " + s.key:
            self.out(401)
            return False
        assert "text/event-stream" in self.headers["Accept"]
        return True

    def do_GET(self):
        """The stream on which the server asks, if it doesn't do so in an
        answer."""
        s = self.server
        if not self.checked():
            return
        if not s.listens:
            self.out(405)
            return
        self.stream(": hello\n\n")
        s.listens.append(self)
        s.asked.set()
        s.answered.wait(harness.DEADLINE_S)

    def do_POST(self):
        s = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.checked():
            return
        m = json.loads(body)
        s.frames.append(m)
        if s.moved is not None and self.path != "/moved":
            self.out(307, Location=s.moved)
            return
        if s.stateless:
            self.check_headers(m)
            self.answer(m)
            return
        if m.get("method") == "initialize" and s.session > 0 and s.forgets:
            s.forgets = False
            self.out(503)
            return
        if m.get("method") == "initialize":
            s.session += 1
            o = {"jsonrpc": "2.0", "id": m["id"], "result": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {"listChanged": True}},
                "serverInfo": {"name": "web", "version": "1"}}}
            self.stream(o, Mcp_Session_Id="s-%d" % s.session)
            return
        if self.headers.get("Mcp-Session-Id") != "s-%d" % s.session or \
                s.over:
            s.over = False
            self.out(404)
            return
        assert self.headers["MCP-Protocol-Version"] == "2025-06-18"
        if "id" not in m or "method" not in m:
            if m.get("id") == "elsewhere":
                s.answered.set()
            if m.get("method") == "notifications/cancelled":
                s.cancelled.set()
            self.out(202)
            return
        self.answer(m)

    def check_headers(self, m):
        """Since 2026-07-28 they say what is in the message."""
        meta = m["params"]["_meta"]
        assert meta["io.modelcontextprotocol/protocolVersion"] == \
            self.headers["MCP-Protocol-Version"] == "2026-07-28", m
        assert meta["io.modelcontextprotocol/clientCapabilities"] == {}, m
        assert self.headers["Mcp-Method"] == m["method"], m
        assert self.headers.get("Mcp-Name") == m["params"].get("name"), m
        assert "Mcp-Session-Id" not in self.headers, m

    def answer(self, m):
        s = self.server
        o = {"jsonrpc": "2.0", "id": m["id"]}
        if m["method"] == "server/discover":
            o["result"] = {
                "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}}}
            self.out(200, json.dumps(o).encode(), Mcp_Session_Id="s-9",
                     Content_Type="application/json")
            return
        if m["method"] == "tools/list":
            o["result"] = {"tools": [
                {"name": n, "description": "the tool %s" % n, "inputSchema":
                 s.schemas.get(n, {"type": "object"})} for n in s.tools]}
            self.out(200, json.dumps(o, indent=1).encode(),
                     Content_Type="application/json")
            return
        if m["method"] != "tools/call":
            self.out(500, b"<html>no</html>", Content_Type="text/html")
            return
        name = m["params"]["name"]
        o["result"] = {"content": [{"type": "text", "text": "%s: %s" % (
            name, json.dumps(m["params"]["arguments"]))}]}
        if name == "expire":
            s.over = True
        if name == "elsewhere" and s.listens:
            assert s.asked.wait(harness.DEADLINE_S)
            s.listens[-1].event({"jsonrpc": "2.0", "id": "elsewhere",
                                 "method": "ping"})
            assert s.answered.wait(harness.DEADLINE_S)
        if name == "json":
            self.out(200, json.dumps(o).encode(),
                     Content_Type="application/json")
        elif name == "steps":
            self.stream(": hello\n\n", {
                "jsonrpc": "2.0", "method": "notifications/progress",
                "params": {"progressToken": m["params"]["_meta"][
                    "progressToken"], "progress": 1}}, o)
        elif name == "hangs":
            self.stream(": hello\n\n")
            s.cancelled.wait(harness.DEADLINE_S)
        elif name == "cut":
            self.stream("data: {\"jsonrpc\n\n", "data: {")
        elif name == "fails":
            self.out(500, json.dumps({"jsonrpc": "2.0", "id": None, "error": {
                "code": -1, "message": "no \x1b[31m more"}}).encode(),
                     Content_Type="application/json")
        elif name == "wrong":
            self.stream({"jsonrpc": "2.0", "id": 99999, "result": {}},
                        "data: [1,\n\n", "data: 7\n\n", "nothing\n\n",
                        "event: other\ndata: {}\n\n",
                        {"jsonrpc": "2.0", "id": "s",
                         "method": "sampling/createMessage"}, o)
        elif name == "flood":
            self.stream(*[": %s\n\n" % ("x" * 1000)] * 2000,
                        *[{"jsonrpc": "2.0",
                           "method": "notifications/message"}] * 2000, o)
        elif name == "big":
            try:
                self.out(200, b"[" + b"1," * (6 << 20) + b"1]",
                         Content_Type="application/json")
            except OSError:
                pass
        elif name == "head":
            self.out(200, json.dumps(o).encode(), X_Long="y" * 60000,
                     X_More="y" * 60000, Content_Type="application/json")
        elif name == "gone":
            self.close_connection = True
        elif name == "token":
            o["result"]["content"][0]["text"] = "your key: %s" % s.key
            self.stream(o)
        else:
            self.stream(o)


TOOLS = ["json", "steps", "hangs", "cut", "fails", "gone", "expire", "token",
         "secret", "wrong", "flood", "big", "head", "elsewhere"]


def serve(w, **more):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    s.daemon_threads = True
    s.lock, s.seen, s.frames = threading.Lock(), [], []
    s.session, s.over = 0, False
    s.key, s.moved, s.forgets, s.stateless = None, None, False, False
    s.tools, s.schemas = TOOLS, {}
    s.cancelled, s.asked, s.answered = (threading.Event() for _ in range(3))
    s.listens = []
    for k, v in more.items():
        setattr(s, k, v)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    s.url = "http://127.0.0.1:%d/mcp" % s.server_address[1]
    return s


def run(w, s, *answers, **more):
    """exec with this server; the results of its tools."""
    server = dict({"url": s.url, "trust": "always"}, **more)
    m = w.mock(list(answers) + [DONE], config={"mcpServers": {"t": server}})
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "do it")
    w.requests, w.result = m.requests(), r
    return [ev for ev in w.events("tool_result") if ev["name"] != "done"]


def test_json_and_streams(w):
    for stateless in (False, True):
        w.clean_project()
        s = serve(w, stateless=stateless)
        got = run(w, s, call("json", a="h\u00e9"), call("steps"))
        assert [e["text"] for e in got] == ['json: {"a": "h\\u00e9"}',
                                            "steps: {}"], got
        assert all(e["ok"] and e["server"] == "t" for e in got), got
        begin = [] if stateless else ["initialize", "notifications/initialized"]
        assert [m["method"] for m in s.frames] == ["server/discover"] + begin \
            + ["tools/list", "tools/call", "tools/call"], s.frames
        # Nothing about this machine.
        assert stateless or s.frames[1]["params"]["capabilities"] == {}
        assert w.home not in json.dumps(s.frames) + str(s.seen)
        assert "MCP server t: 14 tools" in notes(w), notes(w)
        assert w.result.returncode == 0, w.result


def test_arguments_in_the_header(w):
    """Headers that a tool's server asks for; a tool that asks for a wrong one
    isn't offered."""
    def schema(mark, type_="string", **more):
        return dict({"type": "object", "properties": {
            "a": {"type": type_, "x-mcp-header": mark}}}, **more)
    deep = {"type": "object", "properties": {"x-mcp-header": {
        "type": "object", "properties": {"n": {
            "type": "integer", "x-mcp-header": "Deep"}}}}}
    bad = {"empty": schema(""), "lines": schema("A: b\r\nAuthorization"),
           "object": schema("A", "object"), "root": {"x-mcp-header": "A"},
           "items": {"type": "object", "properties": {"a": {
               "type": "array", "items": schema("A")}}},
           "twice": schema("A", properties={
               x: {"type": "string", "x-mcp-header": x} for x in "Aa"})}
    s = serve(w, stateless=True, tools=["json", "deep"] + list(bad),
              schemas=dict(bad, json=schema("Authorization"), deep=deep))
    got = run(w, s, call("json", a="x\r\nAuthorization: y"),
              call("json", a="plain", b=1), call("json", a=None),
              call("deep", **{"x-mcp-header": {"n": -7}}))
    assert [e["ok"] for e in got] == [True] * 4, got
    assert "MCP server t: 2 tools; 6 left out (with an x-mcp-header that the " \
        "protocol doesn't allow)" in notes(w), notes(w)
    sent = [{k: v for k, v in h.items() if k.startswith("Mcp-Param") or
             k == "Authorization"} for _, _, h in s.seen[-4:]]
    assert sent == [
        {"Mcp-Param-Authorization": "=?base64?eA0KQXV0aG9yaXphdGlvbjogeQ==?="},
        {"Mcp-Param-Authorization": "plain"}, {},
        {"Mcp-Param-Deep": "-7"}], sent


def test_a_session_that_ends(w):
    """The server forgot it: a new one, and the call once more."""
    s = serve(w)
    got = run(w, s, call("expire"), call("json"), call("json"))
    assert [e["text"] for e in got] == ["expire: {}", "json: {}",
                                        "json: {}"], got
    assert s.session == 2 and [m["method"] for m in s.frames].count(
        "notifications/initialized") == 2, s.frames


def test_a_stream_that_breaks_off(w):
    s = serve(w)
    got = run(w, s, call("cut"), call("gone"), call("json"))
    assert not got[0]["ok"] and "broke off its answer" in got[0]["text"], got
    assert not got[1]["ok"] and "can't be reached" in got[1]["text"], got
    assert got[2]["ok"], got


def test_what_a_server_asks_elsewhere(w):
    """By a GET, while a call runs; not all have that."""
    for listens in ([None], []):
        w.clean_project()
        s = serve(w, listens=listens)
        got = run(w, s, call("elsewhere"), call("json"))
        assert got[0]["ok"] and got[1]["ok"], got
        assert ({} in [m.get("result") for m in s.frames]) == bool(listens)


def test_a_call_that_takes_too_long(w):
    """The end of its connection cancels it; before 2026-07-28, a message."""
    for stateless in (False, True):
        w.clean_project()
        s = serve(w, stateless=stateless)
        got = run(w, s, call("hangs"), call("json"), timeout_s=1)
        assert got[0]["text"].endswith("the call was cancelled"), got
        assert got[1]["ok"], got
        methods = [m["method"] for m in s.frames]
        assert ("notifications/cancelled" in methods) != stateless, methods
        s.cancelled.set()


def test_a_hostile_one(w):
    s = serve(w)
    got = run(w, s, call("wrong"), call("flood"), call("big"), call("head"),
              call("json"))
    assert [e["ok"] for e in got] == [True, True, False, False, True], got
    assert got[0]["text"] == "wrong: {}" and got[1]["text"] == "flood: {}"
    assert "broke off its answer" in got[2]["text"], got
    refused = [m for m in s.frames if m.get("id") == "s"]
    assert refused[0]["error"]["code"] == -32601, refused
    # Since 2026-07-28 a server's request has no answer.
    w.clean_project()
    s = serve(w, stateless=True)
    got = run(w, s, call("wrong"), call("json"))
    assert got[0]["ok"] and got[1]["ok"], got
    assert "s" not in [m.get("id") for m in s.frames], s.frames
    # One that can't begin a session again.
    w.clean_project()
    s = serve(w, forgets=True)
    got = run(w, s, call("expire"), call("json"), call("json"))
    assert got[0]["ok"] and not got[1]["ok"], got
    assert "HTTP 503" in got[1]["text"] and got[2]["ok"], got


def test_errors(w):
    s = serve(w)
    got = run(w, s, call("fails"), call("json"))
    assert "HTTP 500: no " in got[0]["text"] and not got[0]["ok"], got
    assert got[1]["ok"], got
    w.clean_project()
    s.key = "other"
    run(w, s)
    assert [n for n in notes(w) if "t refused (HTTP 401): it needs a key" in
            n], notes(w)
    w.clean_project()
    s.shutdown()
    s.server_close()
    run(w, s)
    assert [n for n in notes(w) if "can't be reached: " in n], notes(w)


def test_a_resource_named_by_nobody(w):
    """exec's task may be an issue of somebody else's."""
    for trust in ("ask", {"json": "always"}, "always"):
        s = serve(w)
        w.mock([DONE], config={"mcpServers": {"t": {"url": s.url,
                                                    "trust": trust}}})
        w.run("exec", "--plan", "skip", "Read @t:x://y", code=0)
        asked = "resources/read" in [m.get("method") for m in s.frames]
        assert asked == (trust == "always"), (trust, s.frames)
        assert asked or "@t:x://y can't be read: the server is not sandboxed" \
            in "".join(notes(w)), notes(w)
        w.clean_project()


def test_its_key(w):
    """From a command; it goes to the server and nowhere else."""
    s = serve(w, key=TOKEN)
    got = run(w, s, call("token"),
              api_key_command=["printf", TOKEN + "\n2nd line\n"])
    assert got[0]["ok"] and TOKEN not in got[0]["text"] and \
        "[masked" in got[0]["text"], got
    for base, _, names in os.walk(w.path("state")):
        for name in names:
            if name != "sock":
                with open(os.path.join(base, name), "rb") as f:
                    assert TOKEN.encode() not in f.read(), (base, name)
    assert TOKEN not in json.dumps(w.requests)
    w.clean_project()
    got = run(w, s, call("json"), headers={"Authorization": "Bearer " + TOKEN,
                                           "X-Of-Mine": "yes"})
    assert got[0]["ok"] and s.seen[-1][2]["X-Of-Mine"] == "yes", got
    w.clean_project()
    run(w, s, api_key_command=["false"])
    assert b"MCP server t: api_key_command false exited" in w.result.stderr


def test_redirects(w):
    """On the same server; the key goes to no other."""
    s = serve(w, key=TOKEN, moved="/moved")
    headers = {"Authorization": "Bearer " + TOKEN}
    got = run(w, s, call("json"), headers=headers)
    assert got[0]["ok"], got
    other = serve(w)
    for moved in (other.url, "//127.0.0.1:%d/x" % other.server_address[1]):
        w.clean_project()
        s.moved = moved
        run(w, s, headers=headers)
        assert [n for n in notes(w) if "t redirects to " in n], notes(w)
    assert not other.seen, other.seen


def test_each_call_asks(w):
    """Unless it is trusted: what it gets leaves the machine."""
    s = serve(w)
    got = run(w, s, call("json", a="b"), trust="ask")
    assert not got[0]["ok"] and "trust" in got[0]["text"], got
    assert "tools/call" not in [m["method"] for m in s.frames]
    w.mock([call("json", a="b"), call("secret"), DONE])
    c = protocol.start(w, task="go", mcp_servers={"t": {
        "url": s.url, "trust": {"secret": "always"}}})
    ask = c.wait_event("ask")
    assert ask["command"] == 't__json {"a":"b"}', ask
    assert "127.0.0.1" in ask["why"], ask
    assert "tools/call" not in [m["method"] for m in s.frames]
    c.send(type="answer", id=ask["id"], allow=True)
    c.wait_event("agent_end")
    assert len(c.event_list("ask")) == 1
    assert all(e["ok"] for e in c.event_list("tool_result")), c.lines


def test_config(w):
    for bad, why in (
            ({"url": "http://example.com/x"}, "must start with https://"),
            ({"url": "ftp://x"}, "starts with https://"),
            ({"url": "https://a:b@c/"}, "can't contain a name"),
            ({"url": "https://"}, "starts with https://"),
            ({"url": "http://127.0.0.1@evil.example/"}, "a name"),
            ({"url": "https://x", "command": "y"}, "a command or a url"),
            ({"url": "https://x", "headers": {"a:b": "c"}}, "headers"),
            ({"url": "https://x", "headers": {"a": "c\r\nd: e"}}, "headers"),
            ({"url": "https://x", "oauth": {"clientID": "a"}}, "clientId, "),
            ({"url": "https://x", "oauth": {"callbackPort": 0}}, "a port"),
            ({"url": "https://x", "api_key_command": 7}, "api_key_command")):
        w.mock([], config={"mcpServers": {"t": bad}})
        r = w.run("mcp", "ls")
        assert r.returncode == 2 and why.encode() in r.stderr, (bad, r)
    w.mock([], config={"mcpServers": {"t": {
        "type": "http", "url": "https://x.example/mcp",
        "headers": {"X-Key": "hidden"}, "api_key_command": "pass show x"}}})
    out = w.run("mcp", "ls").stdout
    assert b"t  https://x.example/mcp\n    header X-Key\n" in out, out
    assert b'runs "pass show x" with your rights, for its key\n' in out, out


harness.main(globals())
