"""exec against a server that is no script: llama.cpp's, whose model may know
nothing.  So nothing is asserted of what it says, only of what assent makes of
it: exit codes, well-formed lines, counted tokens, a whole journal, a tree that
nobody changed.

    make check-live LLAMA_SERVER=/path/to/llama-server
    make check-live LLAMA_SERVER=http://127.0.0.1:8080 [LLAMA_KEY=...]

A program is started on loopback, for each test anew, with a model that
tiny-gguf.py makes; an address is asked as it is, and must take tool calls
(llama-server: --jinja) in a window of 32k.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "e2e"))
import harness

HERE = os.path.dirname(os.path.abspath(__file__))
WHERE = os.environ.get("LLAMA_SERVER", "")
KEY = os.environ.get("LLAMA_KEY", "")
WINDOW = 32768      # a token of this model is a byte
# The formats that llama-server speaks, and what their addresses begin with.
FORMATS = (("openai-chat", "/v1"), ("anthropic", ""),
           ("openai-responses", "/v1"))
# Done, not shown, a limit, something left to decide.
ENDS = (0, 3, 4, 5)


class Server:
    """The server that LLAMA_SERVER names; `own` if it is started here."""

    def __init__(self, w):
        self.own = "://" not in WHERE
        self.proc = None
        self.key = KEY
        self.url = WHERE.rstrip("/")
        if self.own:
            self.start(w)
        self.model = self.ask("/v1/models")["data"][0]["id"]

    def start(self, w):
        self.key = "sesame-0123456789"
        subprocess.run([sys.executable, os.path.join(HERE, "tiny-gguf.py"),
                        w.path("noise.gguf"), "--ctx", str(WINDOW)],
                       check=True, stdout=subprocess.DEVNULL)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % port
        self.log = open(w.path("llama.log"), "wb")
        self.proc = subprocess.Popen(
            [WHERE, "-m", w.path("noise.gguf"), "--alias", "noise",
             "--host", "127.0.0.1", "--port", str(port), "--jinja",
             "-c", str(WINDOW), "-np", "1", "--threads", "2", "--seed", "1",
             "--api-key", self.key],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        harness.wait_until("the server", lambda: self.is_up(w))

    def is_up(self, w):
        if self.proc.poll() is not None:
            with open(w.path("llama.log"), errors="replace") as f:
                raise AssertionError("the server ended: " + f.read()[-2000:])
        try:
            return self.ask("/health")
        except OSError:
            return None

    def ask(self, path):
        request = urllib.request.Request(self.url + path, headers={
            "Authorization": "Bearer " + self.key} if self.key else {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        if self.proc is not None:
            self.proc.terminate()
            self.proc.wait()
            self.log.close()


def with_server(test):
    """The test with a server that is there, and is gone when it has ended."""
    def run(w):
        server = Server(w)
        try:
            w.write("notes.txt", "buy milk\n")
            w.write("src/a.c", "int a;\n")
            w.repository()
            test(w, server)
        finally:
            server.stop()
    return run


def point(w, server, fmt="openai-chat", suffix="/v1"):
    # To name a server elsewhere is consent enough.
    w.configure(server.url + suffix, fmt, {
        "model": "mock/" + server.model, "insecure_http": "on"})
    w.env["MOCK_KEY"] = server.key or "none"


def lines(r):
    """stdout as journal lines, each of them whole."""
    return [json.loads(x) for x in r.stdout.decode().splitlines()]


def run_exec(w, *more, **how):
    return w.run("exec", "--json", "--approve", "ask", "--plan", "skip",
                 "--tools", "read,glob,grep,edit,write", "--max-turns", "3",
                 *more, **how)


@with_server
def test_each_format(w, server):
    before = harness.tree(w.project)
    for fmt, suffix in FORMATS:
        point(w, server, fmt, suffix)
        r = run_exec(w, "read the notes")
        said = (r.stdout + r.stderr).decode("utf-8", "replace")
        assert r.returncode in ENDS, (fmt, r.returncode, said)
        kinds = [o["type"] for o in lines(r)]
        assert kinds[0] == "session_start", (fmt, kinds)
        assert kinds[-1] == "agent_end", (fmt, kinds)
        assert "assistant_message" in kinds, (fmt, kinds)
        assert "error" not in kinds, (fmt, said)
        end = lines(r)[-1]
        assert end["tokens"]["in"] > 0 and end["tokens"]["out"] > 0, end
        # Each call that was taken has its one result.
        calls = [o["id"] for o in lines(r) if o["type"] == "tool_call"]
        ended = [o["id"] for o in lines(r) if o["type"] == "tool_result"]
        assert set(calls) <= set(ended), (fmt, calls, ended)
        assert harness.tree(w.project) == before, fmt


@with_server
def test_more_than_the_window(w, server):
    point(w, server)
    r = run_exec(w, "-", stdin="word " * 200000)
    said = (r.stdout + r.stderr).decode("utf-8", "replace")
    assert r.returncode != 0, said[-2000:]
    assert "window" in said or "context" in said, said[-2000:]


@with_server
def test_interrupted(w, server):
    point(w, server)
    p = w.start("exec", "--json", "--plan", "skip", "--tools", "read,glob",
                "--max-turns", "30", "read all of it, one by one")
    for line in p.stdout:
        if json.loads(line)["type"] == "turn_start":
            break
    p.send_signal(signal.SIGINT)
    last = json.loads(line)
    for line in p.stdout:
        last = json.loads(line)
    p.stdout.close()
    p.stderr.close()
    p.wait()
    assert last["type"] == "agent_end", last


if not WHERE:
    print("1..0 # SKIP LLAMA_SERVER names no llama-server: a program, or the "
          "address of one")
    sys.exit(0)
if "://" not in WHERE and not os.access(WHERE, os.X_OK):
    sys.exit("check-live: LLAMA_SERVER=%s is no program" % WHERE)
harness.main(globals())
