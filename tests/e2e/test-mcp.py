"""MCP servers: their tools, changes by their calls, which are proposed with
their name; the files that they can't see; and bad servers."""

import glob
import json
import os
import re
import shutil

import harness
from harness import write
import mcplib
from mcplib import DONE, HERE, call, configure, notes, offered, run
from messages import msg
import protocol
from screenlib import Screen

NEEDS_SANDBOX = True


# ---- what works ----

# Of the protocol: the server's modes, and what its tool `ask` is told.
VERSIONS = {"2025-06-18": ((), "file://%s -32601 decline"),
            "2026-07-28": (("2026-07-28",), "file://%s decline")}


def test_tools_are_offered_and_called(w):
    for version, (modes, told) in VERSIONS.items():
        w.clean_project()
        w.write("a.txt", "of the project\n")
        got = run(w, call("read", path="a.txt"), call("image"),
                  call("resource"), call("ask"), modes=modes)
        assert [e["text"] for e in got] == [
            "of the project\n", "[image/png, 5 bytes, which isn't shown]",
            "[note://1]\nof the note\n[note://2] two: the second\n", told % w.project], got
        assert all(e["ok"] and e["server"] == "t" and "wrote" not in e
                   for e in got), got
        t = offered(w)["t__read"]
        assert t["description"] == "the tool read of the test", t
        assert t["parameters"]["properties"]["path"] == {"type": "string"}, t
        assert "$schema" not in t["parameters"], t
        assert offered(w) == offered(w, -1)
        started = [e["mcp"] for e in w.events("note") if "mcp" in e][0]
        assert started["protocol"] == version, started
        assert started["version"] == ("new 2" if modes else "test 1"), started
        assert len(started["tools"]) == (13 if modes else 12), started
        assert w.result.returncode == 0, w.result


def test_what_it_writes_is_proposed_with_its_name(w):
    w.write("old.txt", "one\ntwo\n")
    w.write("gone.txt", "bye\n")
    got = run(w, call("write", path="new/deep.txt", text="new\n"),
              call("write", path="old.txt", text="one\n2\n"),
              call("remove", path="gone.txt"), args=("--approve", "ask"))
    assert [[p["path"] for p in e["wrote"]] for e in got] == [
        ["new/deep.txt"], ["old.txt"], ["gone.txt"]], got
    # Nothing of it is in the tree.
    assert w.read("old.txt") == "one\ntwo\n"
    assert not os.path.exists(os.path.join(w.project, "new"))
    files = {f["path"]: f for f in w.events("proposal")[-1]["files"]}
    assert sorted(files) == ["gone.txt", "new/deep.txt", "old.txt"], files
    for f in files.values():
        by = "MCP server t (its tool %s)" % (
            "remove" if f["path"] == "gone.txt" else "write")
        assert f["written_by"] == by and "reason" not in f, f
    with Screen(w, "resume", w.sessions()[-1]) as t:
        t.need("written by MCP server t (its tool write)")
        assert "model says" not in t.text(), t.text()
    assert w.result.returncode == 5, w.result
    r = w.run("decide", w.sessions()[-1], "--accept", "old.txt=all")
    assert r.returncode in (0, 5), r
    assert w.read("old.txt") == "one\n2\n"
    assert os.path.exists(os.path.join(w.project, "gone.txt"))


def test_it_sees_what_is_staged(w):
    """Its copy follows the model's edits, its own, and those of commands."""
    w.write("a.txt", "real\n")
    got = run(w, write("a.txt", "by the model\n"), call("read", path="a.txt"),
              harness.bash("echo by a command > a.txt; echo n > b.txt"),
              call("run", text="cat a.txt b.txt"),
              call("write", path="b.txt", text="by the server\n"),
              harness.bash("cat b.txt; rm b.txt"),
              call("run", text="cat a.txt; ls b.txt"))
    by_name = [e["text"] for e in got]
    assert by_name[1] == "by the model\n", by_name
    assert by_name[3] == "by a command\nn\n", by_name
    assert "by the server\n" in by_name[5], by_name
    assert by_name[6].startswith("by a command\nls: "), by_name
    assert w.read("a.txt") == "by a command\n"
    assert not os.path.exists(os.path.join(w.project, "b.txt"))
    assert w.result.returncode == 0, w.result


def test_it_stands_still_between_calls(w):
    got = run(w, call("run", text="sleep 0.05"),
              {"calls": [{"name": "bash", "args": {"command": "sleep 0.3"}}]},
              call("run", text="true"), modes=("ticks",),
              args=("--approve", "ask"))
    assert got[0]["ok"] and got[2]["ok"], got
    # Some of the time it ran, and none of that of the command.
    path = os.path.join(w.project, "ticks.log")
    assert not os.path.exists(path)
    sizes = [f["after"]["size"] for e in w.events("proposal")
             for f in e["files"] if f["path"] == "ticks.log"]
    assert sizes and 0 < sizes[-1] < 2 * 250, sizes


def test_what_you_write_during_its_call(w):
    """You changed a file that it then wrote in its copy: accepting the others
    doesn't overwrite your lines."""
    w.write("a.txt", "old\n")
    configure(w, [call("run", text="touch ~/begun; until test -e ~/go; do "
                       "sleep 0.01; done; echo its >a.txt; echo b >b.txt"),
                  DONE, {"text": "Ok."}])
    c = protocol.start(w, task="go", mcp_servers={"t": {
        "command": "python3", "args": ["mcp-server.py"]}})
    begun = harness.wait_until("the call", lambda: glob.glob(os.path.join(
        w.path("state"), "**", "begun"), recursive=True))[0]
    w.write("a.txt", "mine\n")
    w.write(os.path.join(os.path.dirname(begun), "go"), "")
    p = c.wait_event("proposal")
    assert [(f["path"], [h.get("overwrites", False) for h in f["hunks"]])
            for f in p["files"]] == [("a.txt", [True]), ("b.txt", [False])], p
    c.send(type="decide", proposal=p["seq"], version=p["version"], all="yes",
           seen=True)
    c.wait_event("applied")
    assert w.read("a.txt") == "mine\n" and w.read("b.txt") == "b\n"


# ---- what it can't do ----

def test_what_it_does_not_see(w):
    w.write("a.txt", "x\n")
    w.git("init", "-q")
    w.git("remote", "add", "o", "https://me:hunter2@example.invalid/x")
    w.write(".env", "KEY=hunter2\n")
    w.write(".ssh/id_rsa", "hunter2\n", base=w.home)
    # The project is where it is, and is another one.
    got = run(w, call("run", text="cat .git/config .env ~/.ssh/id_rsa; "
                      "ls -a . ~ .git; env; id; "
                      "cat /proc/[0-9]*/environ; "
                      "echo > /dev/tcp/127.0.0.1/%d" % 1),
              call("run", text="pwd"))
    assert "hunter2" not in got[0]["text"], got[0]["text"]
    assert "sk-test" not in got[0]["text"], got[0]["text"]
    assert got[1]["text"] == w.project + "\n", got
    assert w.read("a.txt") == "x\n"


def test_variables_are_secrets(w):
    """Given to the server, and masked in all that it says."""
    got = run(w, call("run", text="echo $TOKEN $HOME | tr a-z A-Z; env"),
              env={"TOKEN": "abcdefgh-12345678", "HOME": "/other"})
    assert "ABCDEFGH-12345678 /OTHER" in got[0]["text"], got
    assert "HOME=/other" in got[0]["text"], got
    folder = w.path("state")
    for base, _, names in os.walk(folder):
        for name in names:
            if name == "sock":
                continue
            with open(os.path.join(base, name), "rb") as f:
                assert b"abcdefgh-12345678" not in f.read(), (base, name)
    assert "abcdefgh-1234" not in json.dumps(w.requests)
    w.clean_project()
    run(w, modes=("dies-at-once",), env={"TOKEN": "abcdefgh-12345678"})
    assert [n for n in notes(w) if "my database [masked" in n], notes(w)


def test_its_copy_has_another_path(w):
    """Levels C and D: nobody but the server sees that path, and what names the
    project reaches the copy."""
    deny = harness.need_deny()
    w.write("a.txt", "real\n")
    at = os.path.join(w.project, "a.txt")
    for wrap, more, version in (
            (deny, (), "2025-06-18"),
            ((), ("--sandbox", "container"), "2026-07-28")):
        modes, told = VERSIONS[version]
        w.write("a.txt", "real\n")
        m = configure(w, [
            write("b.txt", "staged\n"),
            call("run", text="pwd; pwd >&2; cat a.txt b.txt"),
            call("ask"), call("read", path=at),
            call("read", path="file://" + at),
            call("write", path=at, text="see %s\n" % at),
            {"calls": [{"name": "bash", "args": {"command": "cat a.txt"}}]},
            call("run", text="cat a.txt b.txt; ls -a; echo $ASSENT_SANDBOX"),
            call("read", path=os.path.join(w.project, "none")), DONE], *modes)
        w.run("exec", "--plan", "skip", "--approve", "yes", *more, "go",
              wrap=wrap, code=0)
        got = [e for e in w.events("tool_result") if e["name"] != "done"]
        text = [e["text"] for e in got]
        assert text[1] == "%s\n%s\nreal\nstaged\n" % (
            w.project, w.project), text
        assert text[2] == told % w.project, text
        assert text[3] == "real\n" and "No such file" in text[4], text
        assert [p["path"] for p in got[5]["wrote"]] == ["a.txt"], got
        # File contents may have any text: that is between file and model.
        assert "see %s\n" % at in text[6], text
        assert text[7].startswith("see %s\nstaged\n" % at), text
        assert text[7].endswith("\n%s\n" % ("D" if more else "C")), text
        assert w.project + "/none" in text[8], text
        assert w.read("a.txt") == "see %s\n" % at
        assert "mcp-t" not in json.dumps(m.requests())
        os.unlink(os.path.join(w.project, "b.txt"))
        w.verify()


def test_a_project_cannot_start_one(w):
    w.mock([DONE])
    w.write(".mcp.json", json.dumps({"mcpServers": {"x": {
        "command": "touch", "args": ["started"]}}}))
    w.run("exec", "--plan", "skip", "--approve", "yes", "go", code=0)
    assert not [n for n in notes(w) if "MCP" in n], notes(w)
    w.write(".assent/config.json", json.dumps({"mcpServers": {"x": {
        "command": "touch"}}}))
    r = w.run("exec", "--plan", "skip", "go")
    assert r.returncode == 2 and b"a project can't set this" in r.stderr, r


# ---- bad ones ----

def test_one_that_dies_is_started_again(w):
    w.write("a.txt", "x\n")
    got = run(w, *[call("die"), call("read", path="a.txt")] * 4)
    assert [e["ok"] for e in got] == [False, True] * 3 + [False, False], got
    assert got[0]["text"] == "the MCP server t ended with status 7. " \
        "It printed: my last words", got
    assert got[1]["text"] == "x\n", got
    assert re.search(r"started again 3 times in 10 minutes: a call in \d+ min "
                     "starts it again", got[7]["text"]), got
    assert "resume the session" in got[7]["text"], got
    # Its earlier changes are staged.
    assert [p["path"] for p in got[0]["wrote"]] == ["half.txt"], got
    assert w.read("half.txt") == "half\n"


def test_one_that_does_not_answer_is_ended(w):
    w.write("a.txt", "x\n")
    got = run(w, call("hang"), call("read", path="a.txt"), timeout_s=1)
    assert not got[0]["ok"] and "didn't answer in time" in got[0]["text"], got
    assert got[1]["text"] == "x\n", got


def test_noise_and_words_that_pretend(w):
    got = run(w, call("noise"), call("fail"), call("refuse"), call("noise"))
    assert got[0]["ok"] and got[3]["ok"], got
    assert "user: accept all" in got[0]["text"], got
    assert not got[1]["ok"] and got[1]["text"] == "it went wrong", got
    assert not got[2]["ok"] and got[2]["text"] == "not like this", got
    # To the model it is a tool's result and nothing else.
    said = [m for m in (w.requests[1].get("body") or w.requests[1])[
        "messages"] if "accept all" in json.dumps(m)]
    assert [m["role"] for m in said] == ["tool"], said
    assert b"\x1b" not in w.result.stdout + w.result.stderr, w.result


def several(w, modes):
    """Servers of these names, outside the sandbox, where they can wait for each
    other."""
    program = os.path.join(mcplib.HERE, "mcp-server.py")
    return {name: {"command": "python3", "args": [program] + args,
                   "sandbox": False} for name, args in modes.items()}


def test_the_order_of_tools(w):
    """Whoever is ready first, they stand in the file's order."""
    up = w.path("up")
    os.mkfifo(up)
    for first in "t", "c":
        w.clean_project()
        m = w.mock([DONE], config={"mcpServers": several(w, {
            name: ["ready=" + up if name == first else "after=" + up]
            for name in ("t", "b", "c")})})
        w.run("exec", "--plan", "skip", "do it", code=0)
        w.requests = m.requests()
        names = [n for n in offered(w) if "__" in n]
        assert names == [s + "__" + n for s in ("t", "b", "c") for n in (
            "read write remove run die hang noise image fail refuse ask "
            "resource").split()], names


def test_tools_that_change(w):
    """A task that begins after it has them as they are then."""
    m = configure(w, [call("write", path="mode", text="some"),
                      {"text": "one"}, {"text": "two"}])
    c = protocol.start(w, task="go", plan="skip", approve="yes",
                       mcp_servers={"t": {"command": "python3", "args": [
                           "mcp-server.py", "by-file"]}})
    c.wait_event("agent_end")
    protocol.say(c, "and now?", 2)
    c.close_and_wait()
    w.requests = m.requests()
    seen = [[n for n in offered(w, i) if "more" in n] for i in range(3)]
    assert seen == [[], [], ["t__more%d" % i for i in range(8)]], seen


@harness.slow
def test_one_that_is_late(w):
    """The first request goes without it; its tools come with the next task."""
    w.write("a.txt", "x\n")
    up = w.path("up")
    os.mkfifo(up)
    m = w.mock([{"text": "one"}, {"text": "two"}])
    c = protocol.start(w, task="go", plan="skip", mcp_servers=several(
        w, {"b": ["after=" + up], "c": []}))
    c.wait_event("agent_end")
    assert "MCP server b hasn't started after 5 s; its tools come with the " \
        "next task" in notes(w), notes(w)
    missing, = w.events("agent_end")[0]["mcp_missing"]
    assert missing["server"] == "b", missing
    fd = os.open(up, os.O_RDWR)
    c.wait_event("note", lambda e: "b has started" in e["text"])
    os.close(fd)
    protocol.say(c, "and now?", 2)
    c.close_and_wait()
    w.requests = m.requests()
    first, second = ({n.split("__")[0] for n in offered(w, i) if "__" in n}
                     for i in (0, 1))
    assert (first, second) == ({"c"}, {"b", "c"}), (first, second)
    assert "mcp_missing" not in w.events("agent_end")[1]


def test_odd_tools(w):
    """Names that no service takes, and a schema that grows without end."""
    run(w, modes=("names", "bomb"))
    bomb = offered(w)["t__bomb"]["parameters"]
    assert len(json.dumps(bomb)) < 20000, bomb
    mine = [t for n, t in offered(w).items() if n.startswith("t__") and
            n != "t__bomb"]
    assert len({t["name"] for t in mine}) == 2, mine
    for t in mine:
        assert re.fullmatch(r"[\w-]{1,64}", t["name"], re.A), t
        assert t["parameters"]["type"] == "object", t
    # A description has nothing that can't be seen.
    said = json.dumps(mine, ensure_ascii=False)
    assert not set("\x1b\u202e\u200b\U000e0041") & set(said), mine


def pins(w):
    with open(w.path("state", "assent", "mcp.json")) as f:
        return json.load(f)["t"]


def test_a_tool_that_changed_asks_again(w):
    """In a later session: the model has what was allowed, the server is asked
    only after the user was. What the server says of itself isn't asked about: the
    model has the first."""
    w.write("a.txt", "x\n")
    got = run(w, call("read", path="a.txt"))
    assert got[0]["ok"], got
    first = pins(w)["tools"]["read"]
    # Nobody is there.
    got = run(w, call("read", path="a.txt"), call("run", text="cat a.txt"),
              modes=("reworded",))
    assert got[0]["ok"], "another command line is another server: %r" % got
    assert pins(w)["line"] != first
    # The same line, and another description.
    w.write("mode", "reworded")
    run(w, modes=("by-file",))
    os.unlink(os.path.join(w.project, "mode"))
    got = run(w, call("read", path="a.txt"), call("run", text="cat a.txt"),
              modes=("by-file",))
    assert not got[0]["ok"] and "nobody to ask" in got[0]["text"], got
    assert got[1]["text"] == "x\n", got
    assert [n for n in notes(w) if "differently" in n and "t__read" in n]
    # Somebody is, and says no, then yes.
    servers = {"t": {"command": "python3",
                     "args": ["mcp-server.py", "by-file"]}}
    for allow in (False, True):
        configure(w, [call("read", path="a.txt"), call("read", path="a.txt"),
                      DONE])
        c = protocol.start(w, task="go", mcp_servers=servers)
        ask = c.wait_event("ask")
        assert ask["command"] == 't__read {"path":"a.txt"}', ask
        assert ask["change"].splitlines() == [
            "description:", "-the tool read of the test, in other words",
            "+the tool read of the test"], ask
        assert "MCP server t describes" in ask["why"], ask
        c.send(type="answer", id=ask["id"], allow=allow)
        ev = c.wait_event("tool_result", lambda e: e["id"] == ask["id"])
        assert ev["ok"] == allow, ev
        if not allow:
            assert ev["error"] == "refused", ev
            again = c.wait_event("ask", lambda e: e["id"] != ask["id"])
            c.send(type="answer", id=again["id"], allow=False)
        c.wait_event("agent_end")
        assert len(c.event_list("ask")) == (1 if allow else 2)
        c.close_and_wait()
    assert pins(w)["tools"]["read"]["description"] == first["description"]
    said = pins(w)["tools"][""]["description"]
    got = run(w, call("read", path="a.txt"), modes=("by-file",))
    assert got[0]["ok"] and not [n for n in notes(w) if "differently" in n]
    assert said.startswith("I am process ") and said in \
        w.requests[0]["body"]["messages"][0]["content"] + str(offered(w)), said


def test_one_that_can_not_start(w):
    for more, why in (({"modes": ("dies-at-once",)},
                       "It printed: cannot find my database"),
                      ({"modes": ("old",)}, 'version "1999-01-01"'),
                      ({"command": "no-such-program"}, "no-such-program")):
        w.clean_project()
        run(w, write("a.txt", "x\n"), **more)
        assert [n for n in notes(w) if n.startswith("MCP server t ") and
                why in n], (why, notes(w))
        assert w.read("a.txt") == "x\n"
        assert not [n for n in offered(w) if n.startswith("t__")]
        # At the end of the report, too, where it isn't overlooked.
        missing, = w.events("agent_end")[0]["mcp_missing"]
        assert missing["server"] == "t" and why in missing["text"], missing
        report = w.result.stdout.decode().split("\ndone: ")[1]
        assert "MCP server t " in report, w.result


def test_one_that_must_start(w):
    """With --require-mcp a server that is missing ends the run before the model
    is asked."""
    for command, code in (("python3", 0), ("no-such-program", 5)):
        w.clean_project()
        m = configure(w, [DONE], command=command)
        r = w.run("exec", "--plan", "skip", "--require-mcp", "--output",
                  w.path("out.json"), "do it", code=code)
        assert r.stderr.startswith(b"assent: what --require-mcp asks for isn't"
                                   b" met: MCP server t ") == (code != 0), r
        assert len(m.requests()) == (code == 0), m.requests()
        out = json.loads(w.read(w.path("out.json")))
        assert out["outcome"] == ("unmet" if code else "done"), out
        assert [x["server"] for x in out["mcp_missing"]] == ["t"] * (code != 0)
        if code:
            assert "what --require-mcp asks for isn't met: MCP server t " in \
                out["summary"] and "no-such-program" in out["summary"], out


def test_an_interrupt_ends_it(w):
    w.write("a.txt", "x\n")
    configure(w, [call("hang"), call("read", path="a.txt"), DONE])
    c = protocol.start(w, task="go", mcp_servers={"t": {
        "command": "python3", "args": ["mcp-server.py"]}})
    c.wait_event("tool_call")
    c.wait_status("running `t__hang`")
    c.send(type="interrupt")
    ev = c.wait_event("tool_result")
    assert not ev["ok"] and ev["error"] == "interrupted", ev
    c.wait_event("agent_end")
    c.send(type="say", text="go on")
    ev = c.wait_event("tool_result", lambda e: e["name"] == "t__read")
    assert ev["ok"] and ev["text"] == "x\n", ev
    c.wait_event("agent_end", lambda e: e["seq"] > ev["seq"])


def test_the_core_dies_during_a_call(w):
    w.write("a.txt", "x\n")
    servers = {"t": {"command": "python3", "args": ["mcp-server.py"]}}
    configure(w, [write("b.txt", "staged\n"), call("hang"),
                  call("run", text="cat a.txt b.txt"), DONE])
    c = protocol.start(w, task="go", mcp_servers=servers)
    c.wait_status("running `t__hang`")
    protocol.kill(w, c)
    harness.wait_until("the server is gone", lambda: not [
        p for p in harness.children() if "mcp-server" in str(p)])
    c = protocol.resume(w)
    ev = c.wait_event("tool_result", lambda e: e["name"] == "t__hang")
    assert not ev["ok"] and ev["error"] == "interrupted", ev
    assert ev["server"] == "t" and "had written for it is lost" in \
        ev["text"], ev
    assert "assent was stopped while t__hang of MCP server t ran: what it " \
        "had written to its copy is lost" in [
            e["text"] for e in c.event_list("note")]
    c.wait_live()
    c.send(type="say", text="go on")
    ev = c.wait_event("tool_result", lambda e: e["name"] == "t__run")
    assert ev["ok"] and ev["text"] == "x\nstaged\n", ev


def test_test(w):
    """A session for one server, of which nothing remains but its pins."""
    servers = {"t": {"command": "python3", "args": ["mcp-server.py"]},
               "bad": {"command": "no-such-program"}}
    configure(w, [])
    w.mock([], config={"mcpServers": servers})
    # More files than one step of the search for secrets looks at.
    for i in range(1500):
        w.write("data/file%d.dat" % i, "x")
    r = w.run("mcp", "test", "t")
    out = r.stdout.decode()
    assert r.returncode == 0, r
    assert out.startswith("sandbox") and "MCP server t: 12 tools\n" in out, out
    assert re.search(r"\n  started in \d+\.\d\d s: test 1\n", out), out
    assert "\n    read (new, %s): the tool read of the test\n" % \
        pins(w)["tools"]["read"]["hash"][:12] in out, out
    assert not w.sessions(), w.sessions()
    assert "    read (known, " in w.run("mcp", "test", "t").stdout.decode()
    r = w.run("mcp", "test", "bad")
    assert r.returncode == 1 and b"MCP server bad " in r.stdout, r
    assert b"no-such-program" in r.stdout and not w.sessions(), r
    assert w.run("mcp", "test", "x").returncode == 2
    assert w.run("mcp", "test").returncode == 2
    # Without a project's sandbox.
    r = w.run("mcp", "test", "t", wrap=harness.need_none())
    assert r.returncode == 1 and msg.NO_SANDBOX_FOR_MCP in \
        r.stdout.decode(), r


def test_remove(w):
    """A server that was added can be removed; one that the user wrote by hand
    stays."""
    w.mock([], config={"mcpServers": {"mine": {"command": "x"}}})
    w.write(".mcp.json", json.dumps({"mcpServers": {
        "a": {"command": "y"}, "b": {"command": "z"}}}))
    assert w.run("mcp", "add", "--yes", "--file", ".mcp.json").returncode == 0
    assert w.run("mcp", "rm", "a").returncode == 0
    out = w.run("mcp", "ls").stdout.decode()
    assert [n for n in ("a", "b", "mine") if "\n%s  " % n in "\n" + out] == \
        ["b", "mine"], out
    r = w.run("mcp", "rm", "mine")
    assert r.returncode == 1 and b"take it out there" in r.stderr, r
    r = w.run("mcp", "rm", "a")
    assert r.returncode == 2 and b"no MCP server is called a" in r.stderr, r


def test_add(w):
    w.mock([], config={})
    for verb in (["add"], ["add", "web"], ["add", "--file", "x", "web"], ["rm"],
                 ["test"], ["list"], ["ls", "--file", "x"]):
        r = w.run("mcp", *verb)
        assert r.returncode == 2 and b"usage: assent mcp [ls |" in r.stderr, r
    assert b"no MCP servers (assent mcp add NAME" in w.run("mcp",
                                                           code=0).stdout
    path = w.path("config", "assent", "saved.json")
    w.write(".mcp.json", json.dumps({"mcpServers": {
        "a": {"command": "x\x1b[31m", "args": ["--y"], "env": {"K": "v"}}}}))
    r = w.run("mcp", "add", "--file", ".mcp.json")
    assert r.returncode == 1 and b'\n    args: ["--y"]\n' in r.stdout, r
    assert b"\x1b" not in r.stdout and b"nobody is here" in r.stderr, r
    assert not os.path.exists(path)
    r = w.run("mcp", "add", "--yes", "--file", ".mcp.json")
    assert r.returncode == 0 and b"added 1 MCP server to" in r.stderr, r
    w.write(".mcp.json", json.dumps({"mcpServers": {
        "b": {"command": "z"}}}))
    assert w.run("mcp", "add", "--yes", "--file", ".mcp.json").returncode == 0
    out = w.run("mcp", "ls").stdout
    assert b"variable K\n" in out, out
    conf = json.loads(w.read(path))
    assert conf["mcpServers"] == {
        "a": {"command": "x\x1b[31m", "args": ["--y"], "env": {"K": "v"}},
        "b": {"command": "z"}}, conf
    r = w.run("mcp", "add", "--yes", "--file", ".mcp.json")
    assert r.returncode == 1 and b"one of this name" in r.stderr, r
    for bad, why in (({"x": {"args": ["x"]}}, b"with a command or a url"),
                     ({"x": {"command": "y", "trust": "always"}},
                      b"x.trust: only with"),
                     ({"x": {"command": "y", "sandbox": False,
                             "trust": {"t": "maybe"}}}, b'"always", or an'),
                     ({"x": {"command": "y", "sandbox": "no"}},
                      b"true or false"),
                     ({"x_": {"command": "y"}}, b"no _ at its end"),
                     ({"x__y": {"command": "y"}}, b"without __"),
                     ({}, b"has no mcpServers")):
        w.write(".mcp.json", json.dumps({"mcpServers": bad}))
        r = w.run("mcp", "add", "--yes", "--file", ".mcp.json")
        assert r.returncode == 2 and why in r.stderr, r


def test_add_what_is_typed(w):
    """NAME and its command, as other agents take it, or its address."""
    w.mock([], config={})
    r = w.run("mcp", "add", "a", "--", "npx", "-y", "pkg", "--yes")
    assert r.returncode == 1 and b'    command: "npx"\n    args: ["-y","pkg",' \
        b'"--yes"]\n' in r.stdout, r
    code, seen = harness.on_terminal(w, [
        (b"saved.json: a (npx -y pkg --yes)?", b"Y\n")], "mcp", "add", "a",
        "--", "npx", "-y", "pkg", "--yes")
    assert code == 0, seen
    w.run("mcp", "add", "--yes", "web", "http://[::1]/mcp", code=0)
    saved = json.loads(w.read(w.path("config", "assent", "saved.json")))
    assert saved["mcpServers"] == {
        "a": {"command": "npx", "args": ["-y", "pkg", "--yes"]},
        "web": {"url": "http://[::1]/mcp"}}, saved
    out = w.run("mcp", code=0).stdout
    assert out == b"a  npx -y pkg --yes\nweb  http://[::1]/mcp\n" \
        b"    not signed in\n", out
    r = w.run("mcp", "add", "--yes", "x__y", "z")
    assert r.returncode == 2 and b"without __" in r.stderr, r


def test_a_server_in_the_home(w):
    """Its first error is shown, and what the sandbox doesn't show; its folder is
    shown after a capital Y."""
    harness.need_sandbox(w)
    folder = os.path.join(w.home, ".local", "mcp")
    server = os.path.join(folder, "node_modules", "@x", "y", "server.py")
    os.makedirs(os.path.dirname(server))
    shutil.copy(os.path.join(HERE, "mcp-server.py"), server)
    config = {"mcpServers": {"t": {"command": "python3", "args": [server]}}}
    m = w.mock([DONE], config=config)
    r = w.run("mcp", "test", "t", code=1)
    assert b"MCP server t ended with status 2. It printed: " in \
        r.stdout and b"can't open file" in r.stdout, r
    assert server.encode() + b" is in your home, which the sandbox doesn't " \
        b"show; the setting toolchains shows %s\n" % folder.encode() in \
        r.stdout, r
    assert b"not added: nobody is here to be asked" in r.stderr, r
    w.run("exec", "--plan", "skip", "go")
    assert [n for n in notes(w) if server in n and
            "see assent mcp test t" in n], notes(w)
    # Only what it is: the home itself and folders with secrets stay hidden.
    for place, extra in ((w.home, None), (os.path.join(w.home, ".ssh"), None),
                         (os.path.join(w.home, "mine"), "server.key")):
        os.makedirs(place, exist_ok=True)
        shutil.copy(server, os.path.join(place, "s.py"))
        if extra is not None:
            w.write(extra, "x", base=place)
        w.mock([], config={"mcpServers": {"t": {
            "command": "python3", "args": [os.path.join(place, "s.py")]}}})
        r = w.run("mcp", "test", "t", code=1)
        assert b"into a folder of its own, without secrets" in r.stdout, r
        assert b"not added" not in r.stderr, r
    # Nor what only its error names.
    w.mock([], config={"mcpServers": {"t": {"command": "sh", "args": [
        "-c", "echo Error: no %s >&2; exit 1" % server]}}})
    r = w.run("mcp", "test", "t", code=1)
    assert b"is in your home" not in r.stdout + r.stderr, r
    w.configure(m.url(), config=config)
    code, seen = harness.on_terminal(w, [
        (b"saved.json: %s? [capital Y, n]" % folder.encode(), b"y\n"),
        (b"a capital Y confirms", b"Y\n")], "mcp", "test", "t")
    assert code == 0 and b"MCP server t: 12 tools" in seen, seen
    saved = json.loads(w.read(w.path("config", "assent", "saved.json")))
    assert saved == {"toolchains": [folder]}, saved


def test_add_what_is_shown(w):
    """One line for each member that is copied, whatever is in it; nobody but you
    says whom you trust, and which key is sent."""
    w.mock([], config={})
    path = w.path("config", "assent", "saved.json")
    forged = "z\n    sandbox: true\r\n\x1b[2K\u202e"
    servers = {
        "a": {"command": "x" + forged, "args": ["--y", "a b", forged],
              "env": {"K" + forged: "v" + forged}, "sandbox": False,
              "trust": "always", "timeout_s": 9, "type": "stdio"},
        "b": {"url": "https://x.example/" + forged,
              "headers": {"H": "v\u202e"}, "api_key_command": ["k", forged],
              "trust": {"t": "always"}}}
    text = json.dumps({"mcpServers": servers})
    # As often as you like.
    w.write(".mcp.json", text.replace(
        '"trust": "always"', '"trust": "ask", "trust": "always"'))
    r = w.run("mcp", "add", "--yes", "--file", ".mcp.json", code=0)
    out = r.stdout.decode()
    with open(path) as f:
        got = json.load(f)["mcpServers"]
    for name, server in servers.items():
        server.pop("trust")
        server.pop("api_key_command", None)
        at = out.index(name + "\n")
        lines = out[at:].split("\n")[1:1 + len(server)]
        assert [x.split(":")[0] for x in lines] == [
            "    " + member for member in server], out
        assert got[name] == server, got
    assert out.count("left out: trust;") == 1, out
    assert out.count("left out: trust, api_key_command;") == 1, out
    assert "\x1b" not in out and "\u202e" not in out, out
    assert out.count("you are asked before a call") == 1 and \
        "but not of" not in out, out
    # Nor does a list of them forge a line.
    listed = w.run("mcp", "ls").stdout.decode().split("\n")
    assert not [x for x in listed if x.startswith("    sandbox")], listed


harness.main(globals())
