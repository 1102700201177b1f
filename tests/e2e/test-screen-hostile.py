"""Hostile text in every place where there can be text: nothing of it is more
than text on a terminal, and it is to be seen.
"""

import base64
import json
import os
import tempfile

import harness
import hostile
import screen
import vt
from screenlib import Screen

FIXTURES = ("demo.jsonl", "open.jsonl", "stops.jsonl", "hostile.jsonl")
PANES = ["4", " ", " ", " ", " ", "S", "visible", "\r",
         ">", "<", "+", "g", "G", "|", "2",
         "g", " ", " ", "o", "G", "E", "1", "G", "3", "g", "G", "C", "j",
         "\x1b", "?", " ", "\x1b", "2", "/", "owned\r", "n", "\x1b", "4", "t",
         "v", "j", " ", "\x1b", "i", "x\x1b", "r", "\x1b", "n"]
BAD = base64.b64encode(b"+" + hostile.BYTES.replace(b"\n", b"") + b"\n")

# Texts of a core beside the journal's lines.
FEED = [
    {"type": "refused", "text": "no"}, {"type": "status", "state": "model",
     "text": "x", "doing": "you"}, {"type": "status", "state": "evil",
     "doing": "e"}, {"type": "delta", "kind": "text", "text": "say"},
    {"type": "delta", "kind": "thinking", "text": "think"},
    {"type": "delta", "kind": "output", "text": "out"},
    {"type": "delta", "kind": "call", "text": "call"},
    {"type": "ask", "id": "q", "command": "rm", "why": "w"},
    {"type": "answer", "id": "q", "allow": False},
    {"type": "budget", "what": "turns", "used": 1, "limit": 1},
    {"type": "budget", "what": "turns", "used": 1, "limit": 1,
     "action": "extend"},
    {"type": "error", "kind": "server", "text": "e", "provider": "p"},
    {"type": "retry", "attempt": 1, "wait_ms": 5, "kind": "k", "text": "r"},
    {"type": "note", "text": "note"},
    {"type": "evidence", "status": "done", "command": "make", "exit": 1,
     "words": "w", "limit": "l", "killed": "memory"},
    {"type": "tool_call", "id": "z", "name": "bash", "title": "t",
     "args": {"command": "c"}},
    {"type": "tool_result", "id": "z", "name": "bash", "ok": False,
     "text": "result", "note": "n", "error": "exit"},
    {"type": "mode", "approve": "small"},
    {"type": "plan", "version": 7, "status": "proposed", "goal": "g",
     "steps": [{"title": "s", "paths": ["p"]}],
     "files": ["f"], "risks": ["r"], "check": {"command": "c",
                                                   "by": "model"}},
    {"type": "plan", "version": 7, "status": "returned", "word": "why"},
    {"type": "proposal", "proposal": 0, "version": 1, "final": True, "files": [
        {"path": "p", "from": "old", "status": "renamed", "reason": "r",
         "note": "n", "protected": "rule", "before": {"hash": "a"},
         "after": {"hash": "b"},
         "hunks": [{"id": "0011223344556677", "old_start": 1, "old_lines": 0,
                    "new_start": 1, "new_lines": 1,
                    "text_b64": BAD.decode()}]}],
     "refused": [{"path": "r", "why": "w"}], "ignored": 2,
     "ignored_some": ["i"], "products": [{"path": "n", "files": 2,
                                       "why": "git"}]},
]


def visit(t, where):
    for key in PANES:
        t.send(key, ahead=True)
        t.pause(12)
    t.idle()
    hostile.check(t.raw(), where)
    for row in t.screen():
        bad = hostile.bad_text(row)
        assert bad is None, (where, bad)


def play(w, name, every, kw):
    path = os.path.join(tempfile.mkdtemp(dir=w.root), "lines")
    w.write(path, "\n".join(hostile.lines(os.path.join(screen.FIXTURES, name),
                                          every)) + "\n")
    where = "%s%s %r" % (name, " every" if every else "", kw)
    with screen.Play(path, 1000, **kw) as t:
        harness.wait_until("a pane", lambda: any(
            word in t.show() for word in ("plan", "diff", "transcript")))
        visit(t, where)
        for n, line in enumerate(FEED):
            o = hostile.poison(line, every, n=n)
            if "text_b64" not in json.dumps(o):
                o.setdefault("text", hostile.ALL)
            o["seq"] = 5000 + n
            if line["type"] in ("refused", "status", "delta"):
                del o["seq"]
            t.feed(json.dumps(o))
            t.pause(15)
        t.send("4")
        visit(t, where + " fed")
        t.send("\x1b")
        t.slow(1100)
        t.send("\x1bq")
        t.idle()
        t.signal(15)
        t.eof()
        hostile.check(t.raw(), where + " last words")


def test_the_screen(w):
    vt.together(play, [(w, name, False, {}) for name in FIXTURES] + [
        (w, "open.jsonl", False, {"rows": 50, "cols": 200}),
        (w, "demo.jsonl", False, {"rows": 12, "cols": 40, "term": "screen"}),
        (w, "demo.jsonl", False, {"term": "vt100"}),
        (w, "open.jsonl", False, {"env": {"LC_ALL": "C"}, "term": "linux"})])


def test_where_no_text_should_be(w):
    vt.together(play, [(w, name, True, {}) for name in FIXTURES])


def command(w, argv, where, term="xterm-256color"):
    """Sequences that a command writes to a terminal when nobody can answer."""
    env = dict(w.env, PAGER="cat", LC_ALL="C.UTF-8")
    with vt.Terminal(["sh", "-c", "exec \"$@\" </dev/null", "sh",
                      harness.ASSENT] + argv, rows=200, cols=200, env=env,
                     cwd=w.project, term=term) as t:
        got = t.eof(60000)
        raw = t.raw()
        assert got.startswith("exit"), (where, got)
        hostile.check(raw, where)
        return raw.decode()


NAME = "h\x1b[31m\n\u202e\xad.txt"


def hostile_world(w):
    w.write("a.txt", "one\ntwo\n")
    w.repository()
    text = hostile.ALL
    return [
        {"text": text, "thinking": text, "calls": [
            {"name": "plan", "args": {
                "goal": text, "steps": [{"title": text}], "files": [text],
                "risks": [text], "check": "true # " + text}}]},
        {"text": text, "calls": [
            {"name": "write", "args": {"path": NAME, "content": text + "\n",
                                       "reason": text}},
            {"name": "edit", "args": {"path": "a.txt", "old_string": "one",
                                      "new_string": text, "reason": text}},
            {"name": "no\x1b[2Jsuch", "args": {"x": text}},
            {"name": "read", "args": {"path": text}},
            {"name": "bash", "args": {"command": "printf '%s\\n' '" +
                                      text + "'; exit 3"}}]},
        {"calls": [{"name": "done", "args": {"summary": text}}]},
        {"text": text}]


def test_commands(w):
    w.mock(hostile_world(w), config={"plan": "auto"})
    task = "task " + hostile.ALL.replace("\0", "")
    command(w, ["exec", task], "exec")
    s = w.sessions()[0]
    for argv in (["log", s], ["ls"], ["show", s], ["doctor"], ["config", "keys"],
                 ["try", "--", "printf", "\x1b[2Jx"],
                 ["log", "no\x1b]0;owned\x07such"],
                 ["show", "\u202e\x1b[2J"], ["end", "\x1b[2J\u202e"],
                 ["--no\x1b[2Jsuch"], ["exec", "--model", "\x1b[2Jx", "t"],
                 ["decide", s, "\x1b[2J\u202e"], ["undo", "\x1b[2J\u202e"],
                 ["review", "no\x1b[2J\u202e.patch"],
                 ["exec", "--root", "/no\x1b[2J/\u202e", "t"],
                 ["exec", "--plan", "\x1b[2J\u202e", "t"]):
        said = command(w, argv, argv)
        if argv[0] in ("log", "ls", "show") and argv[1:] in ([], [s]):
            assert "^[[2J" in said, (argv, said[-2000:])
        if argv == ["log", s]:
            for mark in ("<U+202E>", "<U+009B>", "<U+E0041>", "^H", "^M",
                         "<U+200D>", "<U+FEFF>", "<U+FFFE>"):
                assert mark in said, mark


def test_json_on_a_terminal(w):
    """It is the same JSON, and nothing more than text."""
    world = hostile_world(w)
    w.mock(world + world + world, config={"plan": "auto"})
    task = "task " + hostile.ALL.replace("\0", "")
    out = [json.loads(line) for line in
           command(w, ["exec", "--json", task], "exec").split("\r\n")
           if line[:1] == "{"]         # and words for a person
    assert out[-1]["type"] == "agent_end", out[-1]
    assert any(hostile.ALL in o.get("text", "") for o in out)
    s = w.sessions()[0]
    for argv in (["show", "--json", s], ["stats", "--json"],
                 ["exec", "--estimate", "--json"], ["log", "--json", s]):
        said = command(w, argv, argv)
        same = w.run(*argv).stdout.decode()
        assert [json.loads(x) for x in said.split("\r\n") if x] == \
            [json.loads(x) for x in same.split("\n") if x], argv
    argv = ["exec", "--output", "/dev/tty", task]
    said = command(w, argv, argv)
    assert '{"' in said, (argv, said)


def test_a_journal_of_somebody(w):
    """These commands read a forged journal, whatever its members contain."""
    w.sound = False
    w.mock(hostile_world(w), config={"plan": "auto"})
    command(w, ["exec", "task"], "exec")
    s = w.sessions()[0]
    with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
        data = f.read().rstrip("\n").split("\n")
    harness.rewrite_journal(w.session_dir(), hostile.rechain(data))
    for argv, mark in ((["log", s], "^[[2J"), (["log", "--json", s], "[2J"),
                       (["ls"], s), (["show", s], "^[[2J"), (["stats"], "^["),
                       (["stats", "--json"], "\\u"), (["exec", "--estimate"], ""),
                       (["show", "--json", s], "\\u"),
                       (["log", "--verify", s], ""),
                       (["decide", s, "--accept", "all"], ""), (["undo", s], ""),
                       (["end", s], "")):
        assert mark in command(w, argv, argv), argv
    for argv in (["resume", s], ["resume", "--plain", s]):
        with Screen(w, *argv, rows=50, cols=200) as t:
            t.eof(60000)
            hostile.check(t.raw(), argv)


ODD = "h\x1b[31m\u202e\u009b2J\x07\u200b"


def test_names_of_all_kinds(w):
    """The project's folder, files that are offered, what is looked for, what a
    patch says, arguments of each command, TERM."""
    w.project = w.path("home", "src", ODD)
    os.makedirs(w.project)
    w.write(ODD + ".c", "two\n")
    w.write("AGENTS.md", hostile.ALL)
    w.repository()
    w.mock([{"text": "It is said."}] * 9, config={"plan": "skip"})
    w.write("p.patch", "--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-no %s\n+x\n" % (
        ODD, ODD, ODD))
    for argv in (["exec", "go"], ["doctor"], ["ls"], ["log"], ["stats"],
                 ["review", "p.patch"], ["resume", ODD],
                 ["login", ODD], ["login", "--remove", ODD], ["help", ODD],
                 ["completion", ODD], ["exec", "--estimate", "--model", ODD],
                 ["exec", "--profile", ODD, "x"],
                 ["exec", "--approve", ODD, "x"],
                 ["try", "--", "sh", "-c", "echo x >\"$0\"; pwd", ODD]):
        command(w, argv, argv)
    # It is asked what it is: one answers nothing, one has answered before.
    for quiet in True, False:
        with vt.Terminal(["sh", "-c", "read -r x; TERM=$1; export TERM; shift; "
                          "exec \"$@\"", "sh", "x\x1b[2J\u202e",
                          harness.ASSENT, "--", "x"], env=w.env,
                         cwd=w.project, quiet=quiet) as t:
            t.send("\r" if quiet else "\r\x1b[?62c", ahead=True)
            assert t.wait("terminfo has no"), t.show()
            t.signal(15)
            t.eof()
            hostile.check(t.raw().replace(b"\x1b[c", b"", 1), "TERM")
    with Screen(w, "--", "go", rows=40, cols=150, env={"EDITOR": "true"}) as t:
        t.need(" ready")
        t.press("\x1bi@")
        t.need("> p.patch")
        for keys in ("\t", "\x15", "/model \t", "\x15", "!cat *.c; pwd\r",
                     "\x1b2", "/\u202eow\r", "n", "\x07", "?"):
            t.press(keys) if keys[0] in "\t\x15" else t.send(keys)
            t.idle()
        t.idle()
        t.signal(15)
        t.eof()
        hostile.check(t.raw(), "names")


def test_plain(w):
    w.mock(hostile_world(w), config={"plan": "skip"})
    with Screen(w, "--plain", "go " + hostile.ALL, term="dumb", rows=200,
                cols=200) as t:
        t.need("h^[[31m^J")
        t.slow(300)
        hostile.check(t.raw(), "plain")


harness.main(globals())
