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

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(harness.BUILD, "engines", "node_modules")


def program(name):
    """That module's, which `./bootstrap engines` installs."""
    folder = os.path.join(MODULES, "@modelcontextprotocol", name)
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


def run(w, server, *answers, task="go"):
    m = configure(w, server, list(answers))
    w.run("exec", "--plan", "skip", "--approve", "yes", task, code=0)
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


harness.main(globals())
