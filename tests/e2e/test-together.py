"""One session in which hooks, an MCP server and an editor all take part: each
does what it may and no more, and the journal says who did what."""

import importlib
import json

import harness
from harness import write
from mcplib import DONE, call, configure

Editor = importlib.import_module("test-acp").Editor
DENY = "cd \"$(sed 's/.*\"staged\": *\"\\([^\"]*\\)\".*/\\1/')\"; " \
    "if grep -q TODO by-model*; then echo a TODO is left; exit 1; fi"
TIDY = "cat >/dev/null; sed -i 's/  / /' by-model*; echo '%s'" % json.dumps(
    {"findings": [{"file": "BY", "line": 1, "level": "warning",
                   "text": "no doc"}]}).replace("BY", "by-model.\\u0063")
# Spelled so that it isn't a file that their configuration names.
GUARD = "cat >/dev/null; echo not here; exit 1"


def session(w, answers, answer):
    harness.need_sandbox(w)
    w.write("by-model.c", "int old;\n")
    w.write("note.txt", "one\n")
    m = configure(w, answers)
    with open(w.path("config", "assent", "config.json")) as f:
        servers = json.load(f)["mcpServers"]
    w.configure(m.url(), config={"mcpServers": servers, "hooks": [
        {"event": "before_tool", "name": "guard", "match": "bash",
         "command": GUARD},
        {"event": "proposal", "name": "tidy", "match": "*.c",
         "command": TIDY},
        {"event": "before_apply", "name": "sign-off", "match": "*.c",
         "command": DENY}]})
    e = Editor(w, "--plan", "skip", answer=answer)
    e.begin()
    return m, e


def test_who_did_what(w):
    said = ["accept", "accept", "reject", "accept", "accept", "accept"]
    m, e = session(w, [
        write("by-model.c", "int  x; /* TODO */\n"),
        call("write", path="note.txt", text="by the server\n"),
        {"calls": [{"name": "bash", "args": {"command": "make"}}]}, DONE,
        write("by-model.c", "int  x;\n"), DONE], lambda p: said.pop(0))
    e.go("go")
    # The hook that looks before anything is written let the server's file pass.
    assert w.read("by-model.c") == "int old;\n"
    assert w.read("note.txt") == "by the server\n"
    assert "your hook sign-off doesn't allow it: a TODO is left" in e.text()
    titles = [p["toolCall"]["title"].split()[1] for p in e.asked]
    assert titles == ["by-model.c", "note.txt"] * 2 + ["1"], titles
    # What a hook blocked is asked about once more.
    write_it = e.asked[4]["toolCall"]
    assert write_it["title"] == "Write 1 hunk to 1 file?", write_it
    assert "sign-off blocked this" in json.dumps(write_it), write_it
    told = [json.dumps(p["toolCall"]["content"]) for p in e.asked[:2]]
    assert "line 1: tidy says: warning: no doc" in told[0], told
    assert "int x; /* TODO */" in told[0], told
    assert "written by MCP server t" in told[1], told
    e.go("without TODO")
    assert w.read("by-model.c") == "int x;\n" and not said
    e.close()

    hooks = [(h["name"], h["event"], h["decision"], h.get("changed"))
             for h in w.events("hook") if h["status"] == "done"]
    tidied = [{"path": "by-model.c"}]
    assert hooks == [("guard", "before_tool", "deny", None),
                     ("tidy", "proposal", "allow", tidied),
                     ("sign-off", "before_apply", "deny", None),
                     ("tidy", "proposal", "allow", tidied),
                     ("sign-off", "before_apply", "allow", None)], hooks
    calls = {r["name"]: r for r in w.events("tool_result")}
    assert calls["t__write"]["server"] == "t"
    assert calls["t__write"]["wrote"] == [{"path": "note.txt"}]
    assert "server" not in calls["write"]
    assert calls["bash"]["error"] == "hook", calls["bash"]
    last = {f["path"]: f.get("written_by") for ev in w.events("proposal")
            for f in ev["files"]}
    assert last["by-model.c"] is None, last
    assert last["note.txt"].startswith("MCP server t"), last
    decided = w.events("decision")
    assert {ev["client"] for ev in decided} == {"acp editor"}, decided
    assert not any(h["seen"] for ev in decided for f in ev["files"]
                   for h in f["hunks"]), decided
    assert [ev["client"] for ev in w.events("applied")] == ["acp editor"] * 2
    log = w.run("log").stdout.decode()
    for line in ("    MCP server t: 12 tools\n",
                 "hook guard (before_tool): denied",
                 "hook tidy (proposal): 1 finding, changed by-model.c",
                 "hook sign-off (before_apply): denied",
                 "editor editor accepted 1 hunk and rejected 1 in 2 files, "
                 "1 unread",
                 "note.txt: by you, acp editor"):
        assert line in log, (line, log)
    said = w.run("log", "--", "note.txt").stdout.decode()
    assert "accepted by editor editor" in said, said


def test_an_editor_that_accepts_everything(w):
    """A hook that always denies causes no endless loop: the user is told, and
    nothing is written."""
    m, e = session(w, [write("by-model.c", "TODO\n"), DONE],
                   lambda p: "accept")
    prompt = e.prompt_of("go")
    e.until("the word", lambda: "Your hooks don't let" in e.text())
    assert e.refused("no/such")[0] == -32601
    titles = [p["toolCall"]["title"].split()[0] for p in e.asked]
    assert titles == ["Change", "Change", "Write"], titles
    assert len(w.events("decision")) == 2, w.events("decision")
    assert w.read("by-model.c") == "int old;\n"
    e.send({"method": "session/cancel", "params": {"sessionId": e.id}})
    assert e.result(prompt)["stopReason"] == "cancelled"
    e.close()
    assert not w.events("applied")


harness.main(globals())
