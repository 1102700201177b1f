"""Model servers on this machine: found by asking on loopback, offered where
nothing is configured, never used unasked; and asked for their windows.
"""

import json
import os
import socket
import threading

import harness
from messages import msg
import mockserver

READ = {"calls": [{"name": "read", "args": {"path": "big.txt"}}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "seen"}}]}


def server(w, answers=(), pages=None):
    """One that needs no key, and is not configured."""
    m = harness.Mock(w, list(answers), pages=pages)
    w.mocks.append(m)
    return m


def ports(w, **servers):
    w.env["ASSENT_LOCAL_PORTS"] = ",".join(
        "%s:%d" % (name, m if isinstance(m, int) else m.port)
        for name, m in servers.items())


def chats(m):
    return [q for q in m.requests() if q["path"] == "/v1/chat/completions"]


def looks(m):
    path = os.path.join(m.dir, "requests", "looks")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return f.read().split()


def test_offered_and_not_used(w):
    m = server(w)
    s, dead = mockserver.hold_port()
    ports(w, ollama=m, vllm=dead)
    r = w.run("exec", "go", code=2)
    assert msg.MODEL_SERVERS_ON_THIS_MACHINE.encode() in r.stderr, r.stderr
    assert b"  ollama/m (port %d)\n" % m.port in r.stderr, r.stderr
    assert b"to use one: assent --model NAME;" in r.stderr, r.stderr
    assert b"vllm/" not in r.stderr.split(b"You can:")[0], r.stderr
    assert looks(m) == ["/v1/models"], looks(m)
    assert m.requests() == [] and w.sessions() == []
    # doctor says so, too.
    r = w.run("doctor", "--all")
    assert b"on this machine (--model NAME):\n  ollama/m (port %d)\n" % \
        m.port in r.stdout, r.stdout
    assert m.requests() == []
    s.close()


def test_models_that_you_can_use(w):
    """Those of providers with a key; the others, and those that have ended, with
    --all."""
    w.configure("http://127.0.0.1:1/v1")
    w.env["ANTHROPIC_API_KEY"] = "sk-ant-test-0123456789"

    def names(*args):
        r = w.run("config", "models", *args)
        assert r.returncode == 0 and not r.stderr, r
        return [x.split()[0] for x in r.stdout.decode().splitlines()
                if x.startswith("  ")]
    mine = names()
    assert mine[0] == "mock/m" and "anthropic/claude-opus-5-5" in mine, mine
    assert "anthropic/claude-sonnet-5-5" in mine, mine
    assert len(mine) == len(set(mine)) and all(
        n.startswith(("mock/", "anthropic/")) for n in mine), mine
    every = names("--all")
    assert every[:len(mine)] == mine, every
    # claude-opus-4 ended long ago.
    assert {"gpt-6.1-sol", "claude-opus-4"} <= set(every), every
    assert not [n for n in mine if n.endswith(("claude-opus-4", "claude-3"))]
    w.configure("http://127.0.0.1:1/v1",
                config={"model": "anthropic/claude-opus-9"})
    out = w.run("config", "models").stdout.decode()
    assert "  anthropic/claude-opus-9                 1M " in out, out


def test_by_name_alone(w):
    m = server(w, [DONE])
    ports(w, **{"llama.cpp": m})
    w.run("exec", "--model", "llama.cpp/m", "--plan", "skip", "go", code=0)
    assert len(chats(m)) == 1
    start = w.events("session_start")[0]
    assert start["model"]["dialect"] == "llama.cpp", start["model"]
    ports(w, lmstudio=m)
    r = w.run("exec", "--model", "nobody/m", "go")
    assert r.returncode == 2 and \
        b'--model: unknown provider "nobody"' in r.stderr, r
    r = w.run("exec", "--model", "lmstudo/m", "go")
    assert r.returncode == 2 and b"(did you mean lmstudio?)" in r.stderr, r


def test_by_a_name_without_its_server(w):
    """Those that are there are told."""
    m = server(w, [], pages={"/v1/models": {"data": [{"id": "hum:latest"}]}})
    ports(w, **{"llama.cpp": m})
    r = w.run("exec", "--model", "hum", "go", code=2)
    assert msg.MUST_BE_PROVIDER_MODEL.encode() in r.stderr, r.stderr
    assert b"  llama.cpp/hum:latest (port " in r.stderr, r.stderr


def test_hostile_servers(w):
    """One that says nothing, noise, and what is isn't a list of models: none of
    them is offered, and names come as marks."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(8)
    answers = [b"\0\1\2", b"HTTP/1.0 200 OK\r\n\r\n[1,2",
               b"HTTP/1.0 200 OK\r\nContent-Length: 99999999999999999999"
               b"\r\n\r\n{}", b"HTTP/1.0 404 No\r\n\r\n{\"data\":[{\"id\":"
               b"\"x\"}]}", b"HTTP/1.0 200 OK\r\n\r\n{\"data\":{\"id\":1},"
               b"\"models\":[1,{\"name\":2},{\"name\":\"\"}]}"]
    socks, servers = [silent], {"silent": silent.getsockname()[1]}

    def serve(sock, answer):
        while True:
            try:
                c, _ = sock.accept()
            except OSError:
                return
            try:
                c.recv(65536)
                c.sendall(answer)
            except OSError:
                pass
            c.close()

    evil = b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(
        {"data": [{"id": "a\x1b[2Jb"}]}).encode()
    for i, answer in enumerate(answers + [evil]):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        s.listen(8)
        threading.Thread(target=serve, args=(s, answer), daemon=True).start()
        socks.append(s)
        servers["s%d" % i] = s.getsockname()[1]
    ports(w, **servers)
    r = w.run("exec", "go")
    for s in socks:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        s.close()
    assert r.returncode == 2, r
    offers = r.stderr.split(b"You can:")[0]
    assert b"  s5/a^[[2Jb (" in offers and offers.count(b" (port ") == 1, \
        offers
    assert b"\x1b" not in r.stderr, r.stderr


def window(w, name, pages):
    m = server(w, [DONE], pages)
    ports(w, **{name: m})
    r = w.run("exec", "--model", name + "/m", "--plan", "skip", "go")
    assert r.returncode == 0, (name, r.stdout, r.stderr)
    return w.events("turn_start")[0]["window"]


def test_windows(w):
    for name, pages, tokens in (
            ("llama.cpp", {"/props": {"default_generation_settings": {
                "n_ctx": 12288}, "total_slots": 1}}, 12288),
            ("ollama", {"/api/show": {"parameters":
                                      "temperature 1\nnum_ctx   9216\n"},
                        "/api/ps": {"models": [{"name": "m",
                                                "context_length": 4}]}}, 9216),
            ("ollama", {"/api/ps": {"models": [
                {"name": "other", "context_length": 7},
                {"name": "m", "context_length": 10240}]}}, 10240),
            ("vllm", {"/v1/models": {"data": [
                {"id": "m", "max_model_len": 20480}]}}, 20480),
            ("lmstudio", {"/api/v0/models": {"data": [
                {"id": "m", "loaded_context_length": 11264,
                 "max_context_length": 131072}]}}, 11264),
            ("llama.cpp", {"/props": {"default_generation_settings": {
                "n_ctx": -5}}}, 32768)):
        assert window(w, name, pages) == tokens, (name, tokens)
        w.clean_project()


def test_a_small_window(w):
    """A long output is cut to its share. If the window can't hold even the
    prompt, the error and the remedy come before anything is sent."""
    harness.need_sandbox(w)
    w.write("big.txt", "some words in a line of it\n" * 1500)
    m = server(w, [READ, DONE], {"/props": {
        "default_generation_settings": {"n_ctx": 8192}}})
    ports(w, **{"llama.cpp": m})
    w.run("exec", "--model", "llama.cpp/m", "--plan", "skip", "go", code=0)
    assert msg.CONTINUE_WITH_FROM in chats(m)[1]["body_text"]
    assert chats(m)[1]["body"]["max_tokens"] == 2048
    # And the tools are told in few words.
    tools = {t["function"]["name"]: t["function"]
             for t in chats(m)[0]["body"]["tools"]}
    assert tools["edit"]["description"].startswith(
        msg.REPLACE_TEXT_IN_A_FILE), tools["edit"]
    assert "description" not in tools["edit"]["parameters"]["properties"][
        "edits"], tools["edit"]
    assert w.events("turn_start")[0]["tokens"] < 2700
    small = server(w, [], {"/props": {
        "default_generation_settings": {"n_ctx": 1024}}})
    ports(w, **{"llama.cpp": small})
    r = w.run("exec", "--model", "llama.cpp/m", "--plan", "skip", "go", code=6)
    said = r.stdout + r.stderr
    assert b"the window of m is too small: it has 1024 tokens" in said, said
    assert b"llama-server -c 16384" in said, said
    assert small.requests() == []


def test_calls_as_text(w):
    """A server without the model's template sends its calls as text: nothing was
    done, so that is no success."""
    call = '{"name": "read", "%s": {"path": "a.txt"}}'
    for text, code in (
            ("I look.\n<tool_call>\n" + call % "arguments" + "\n</tool_call>", 6),
            ("<function=read>\n<parameter=path>\na.txt\n</parameter>\n"
             "</function>", 6),
            ("[TOOL_CALLS][" + call % "arguments" + "]", 6),
            ("<|python_tag|>" + call % "parameters", 6),
            ("<|start|>assistant<|channel|>commentary to=functions.read "
             "<|message|>{}", 6),
            ("```json\n" + call % "arguments" + "\n```", 6),
            ("Qwen writes <tool_call>{}</tool_call> there.", 0),
            ("Qwen writes:\n```\n<tool_call>\n{}\n</tool_call>\n```", 0),
            ("```json\n{\"name\": \"a\"}\n```", 0)):
        w.clean_project()
        w.mock([{"text": text}], config={"plan": "skip"})
        r = w.run("exec", "--approve", "yes", "go")
        assert r.returncode == code, (text, r)
        assert (b"doesn't support tools (llama.cpp: --jinja" in
                r.stderr + r.stdout) == (code == 6), r
    w.mock([{"text": "I read it now.", "stop": "tool_calls"}],
           config={"plan": "skip"})
    w.run("exec", "go", code=6)


harness.main(globals())
