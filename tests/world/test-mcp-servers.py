"""Real MCP servers, in the sandbox and at a URL."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402
from mcplib import DONE, call, notes, offered   # noqa: E402
import protocol     # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(harness.BUILD, "engines", "node_modules")


def program(name):
    """That module's, which `./bootstrap engines` installs."""
    folder = os.path.join(MODULES, *(name if "/" in name else
                                     "@modelcontextprotocol/" + name).split("/"))
    if not os.path.isdir(folder):
        raise harness.Skip("there is no %s: ./bootstrap engines" % name)
    if name == "server":
        return os.path.join(HERE, "mcp-sdk-server.mjs")
    with open(os.path.join(folder, "package.json")) as f:
        main = list(json.load(f)["bin"].values())[0]
    return os.path.join(folder, main)


def configure(w, server, answers):
    return w.mock(answers + [DONE], config={
        "mcpServers": {"t": server}, "toolchains": [MODULES]})


def run(w, server, *answers, task="go", code=0):
    m = configure(w, server, list(answers))
    w.run("exec", "--plan", "skip", "--approve", "yes", task, code=code)
    w.requests = m.requests()
    w.verify()
    return [e for e in w.events("tool_result") if e["name"] != "done"]


def stdio(w, name, *args, **env):
    harness.need_sandbox(w)
    return {"command": "node", "args": [program(name)] + list(args),
            "env": env}


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def everything(w, server):
    """In the sandbox, or at a URL."""
    got = run(w, server, call("echo", message="h\u00e9llo"),
              call("get-sum", a=2, b=3), call("get-sum", a=2, b="three"),
              call("get-tiny-image"),
              call("trigger-long-running-operation", duration=0.2, steps=2),
              call("get-structured-content", location="New York"),
              call("get-resource-reference", resourceType="Text",
                   resourceId=1), call("get-resource-links", count=2),
              task="see @t:demo://resource/static/document/features.md")
    assert [e["ok"] for e in got] == [True, True, False] + [True] * 5, got
    assert got[0]["text"] == "Echo: h\u00e9llo", got
    assert "5" in got[1]["text"] and "expected number" in got[2]["text"], got
    assert re.search(r"\[image/png, [\d.]+ kB\]", got[3]["text"]), got
    assert "completed" in got[4]["text"], got
    assert "humidity" in got[5]["text"] and "demo://" in got[6]["text"], got
    assert "demo://" in got[7]["text"], got
    assert [e for e in w.events("user_message") if "images" in e]
    assert [n for n in notes(w) if n.startswith("Read for the model, from")]
    # It asks for tasks, which assent doesn't do.
    names = [n for n in offered(w) if n.startswith("t__")]
    assert len(names) >= 10 and "t__simulate-research-query" not in names
    told = [e for e in w.events("note") if e.get("mcp")]
    assert told[0]["mcp"]["version"].startswith("mcp-servers/everything")


def test_everything(w):
    everything(w, stdio(w, "server-everything"))


def at_a_url(argv, use):
    """Start it with a port, and use it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    p = subprocess.Popen(["node"] + argv(port),
                         env=dict(os.environ, PORT=str(port)),
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    try:
        harness.wait_until("it listens", lambda: listens(port))
        use({"url": "http://127.0.0.1:%d/mcp" % port, "trust": "always"})
    finally:
        p.kill()
        p.wait()


def test_everything_asks(w):
    """Its form, in full: each kind of field; and its prompts."""
    server = stdio(w, "server-everything")
    configure(w, server, [call("trigger-elicitation-request"), DONE])
    c = protocol.start(w, task="go", mcp_servers={"t": server},
                       toolchains=[MODULES])
    asks = []
    while True:
        c.wait("a question, or the end", lambda: c.event_list("agent_end") or
               c.event_list("ask")[len(asks):])
        if c.event_list("agent_end"):
            break
        asks.append(c.event_list("ask")[-1])
        c.send(type="answer", id=asks[-1]["id"], allow=True,
               text=asks[-1]["form"].get("given") or
               ("Alice" if len(asks) == 1 else ""))
    text = c.event_list("tool_result")[0]["text"]
    assert "question 1 of 13" in asks[0]["why"] and asks[-1]["form"] == {}
    assert '"name": "Alice"' in text and 'Enum": "hero-1"' in text, text
    n = len(asks)
    c.send(type="say", text="/t:args-prompt Paris", slash=True)
    ask = c.wait("a question", lambda: c.event_list("ask")[n:])[0]
    assert "What's weather in Paris?" in ask["contents"], ask
    c.send(type="answer", id=ask["id"], allow=True)
    c.wait("the end", lambda: c.event_list("agent_end")[1:])
    assert "command" in c.event_list("user_message")[-1]
    c.close_and_wait()
    w.verify()


def test_everything_at_a_url(w):
    path = program("server-everything")
    at_a_url(lambda port: [path, "streamableHttp"],
             lambda server: everything(w, server))


def test_filesystem(w):
    w.write("notes.txt", "buy milk\n")
    got = run(w, stdio(w, "server-filesystem", "."),
              call("read_text_file", path=os.path.join(w.project,
                                                       "notes.txt")),
              call("edit_file", path=os.path.join(w.project, "notes.txt"),
                   edits=[{"oldText": "milk", "newText": "bread"}]),
              call("write_file", path=os.path.join(w.project, "new.txt"),
                   content="new\n"),
              call("list_directory", path=w.project),
              call("read_text_file", path="/etc/hostname"))
    assert [e["ok"] for e in got] == [True] * 4 + [False], got
    assert got[0]["text"] == "buy milk\n", got
    assert [p["path"] for p in got[1]["wrote"]] == ["notes.txt"], got
    assert "[FILE] new.txt" in got[3]["text"], got
    assert w.read("notes.txt") == "buy bread\n" and w.read("new.txt") == "new\n"
    by = {f["path"]: f["written_by"] for e in w.events("proposal")
          for f in e["files"]}
    assert by == {"new.txt": "MCP server t (its tool write_file)",
                  "notes.txt": "MCP server t (its tool edit_file)"}, by


def sdk(w, server, first):
    """A server of the protocol's own library, in its newest version."""
    got = run(w, server, call("where"), call("echo", text="h\u00e9llo "))
    assert [e["ok"] for e in got] == [first is not None, True], got
    assert first is None or got[0]["text"] == first, got
    assert got[1]["text"] == "h\u00e9llo ", got
    told = [e["mcp"] for e in w.events("note") if e.get("mcp")]
    assert told[0]["protocol"] == "2026-07-28", told


def test_sdk(w):
    harness.need_sandbox(w)
    shutil.copy(program("server"), w.project)
    sdk(w, {"command": "node", "args": ["mcp-sdk-server.mjs", MODULES]},
        "file://%s began" % w.project)


def test_sdk_at_a_url(w):
    """It isn't told where the project is."""
    at_a_url(lambda port: [program("server"), MODULES, str(port)],
             lambda server: sdk(w, server, None))


def test_memory(w):
    """Its memory is a resource, and a file of the project: named in the
    settings, and so protected."""
    server = stdio(w, "server-memory", MEMORY_FILE_PATH=os.path.join(
        w.project, "graph.jsonl"))
    got = run(w, server, call("create_entities", entities=[
        {"name": "assent", "entityType": "program", "observations": ["C"]}]),
              call("search_nodes", query="assent"), call("open_nodes"), code=5)
    assert [e["ok"] for e in got] == [True, True, False], got
    assert "observations" in got[1]["text"], got
    assert [f["path"] for e in w.events("proposal")
            for f in e["files"]] == ["graph.jsonl"]
    w.write("graph.jsonl", "")
    got = run(w, server, task="see @t:memory://knowledge-graph")
    assert [n for n in notes(w) if n.startswith("Read for the model, from")]
    told = [e for e in w.events("note") if e.get("mcp")][0]["mcp"]
    assert told["resources"] == ["memory://knowledge-graph"], told


def test_playwright(w):
    """Without a browser: its tools are there, and say what is missing."""
    got = run(w, stdio(w, "@playwright/mcp", "--headless"),
              call("browser_navigate", url="http://localhost:1/"),
              call("browser_tabs", action="list"))
    assert not got[0]["ok"] and "not found" in got[0]["text"], got
    assert "t__browser_click" in offered(w), list(offered(w))


def test_desktop_commander(w):
    w.write("notes.txt", "buy milk\n")
    at = os.path.join(w.project, "notes.txt")
    got = run(w, stdio(w, "@wonderwhy-er/desktop-commander"),
              call("read_file", path=at),
              call("edit_block", file_path=at, old_string="milk",
                   new_string="bread"),
              call("start_process", command="echo $((40 + 2)) >out.txt; "
                   "cat out.txt; cat %s/.ssh/id" % w.home, timeout_ms=5000),
              call("read_file", path="/etc/shadow"))
    assert "buy milk" in got[0]["text"] and got[1]["ok"], got
    assert "42" in got[2]["text"] and "No such file" in got[2]["text"], got
    assert "root:" not in got[3]["text"], got
    assert w.read("notes.txt") == "buy bread\n", w.read("notes.txt")
    told = [e for e in w.events("note") if e.get("mcp")][0]["mcp"]
    assert "ui://desktop-commander/file-preview" in told["resources"], told


def test_context7(w):
    """Without its host, which isn't allowed."""
    got = run(w, stdio(w, "@upstash/context7-mcp"),
              call("resolve-library-id", query="how to parse JSON",
                   libraryName="cjson"))
    assert len(got) == 1 and got[0]["text"], got
    assert "wanted to connect to" in got[0]["text"], got


harness.main(globals())
