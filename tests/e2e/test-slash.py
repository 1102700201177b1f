"""Commands of files: /NAME words, of the user's and of the project's. One of the
project's is shown in full once, by its hash, before it is sent.
"""

import hashlib
import json
import os

import harness
import screenlib
from messages import msg

OK = {"text": "understood"}
FIX = """---
description: Use when: a bug is known
argument-hint: [number]
model: opus
allowed-tools: Bash(git status:*)
---
# Fix \033[2Jit

Fix $1 in "$2", all of it: $ARGUMENTS. Read @docs/x.png. !`git status`
"""
OWN = """---
description: mine
effort: high
plan: skip
---
Mine: $ARGUMENTS.
"""
REST, ASK = b" ready", msg.SEND_THIS_COMMAND.encode()


def own(w, name, text):
    return w.write("commands/%s.md" % name, text,
                   base=w.path("config", "assent"))


def begin(w, answers):
    m = w.mock(answers)
    w.env.update({"TERM": "dumb"})
    w.write(".claude/commands/git/fix.md", FIX)
    return m


def said(w):
    return [e for e in w.events("user_message") if e["by"] == "user"]


def asked(m):
    """The last message of each request."""
    return [r["body"]["messages"][-1]["content"] for r in m.requests()]


def test_shown_once(w):
    """The project's is asked about, with all of its text; what is allowed is
    sent, and remembered for other sessions until the file changes."""
    m = begin(w, [OK, OK])
    code, seen = harness.on_terminal(w, [
        (REST, b"/help\n"), (b"/git:fix project: [number] \xc2\xb7 Use when: a bug",
                             b"/git:fix 12 'a b'\n"), (b"Press Enter", b"\n"),
        (ASK, b"n\n"), (b"/again sends it", b"/again\n"),
        (b"Press Enter", b"\n"), (ASK, b"y\n"), (b"understood", b"\x04")],
        "--plain", "--plan", "skip")
    assert code == 0, (code, seen)
    for part in (b"    | # Fix ^[[2Jit", b"is the project's, in .claude/commands/"
                 b"git/fix.md", b"Ignored: model, allowed-tools.",
                 b"Nothing in !`...` is run", b"    | model: opus"):
        assert part in seen, (part, seen)
    assert b"\033[2J" not in seen, seen
    asks = w.events("ask")
    assert len(asks) == 2 and asks[0]["contents"] == FIX
    assert [a["allow"] for a in w.events("answer")] == [False, True]
    e = said(w)[0]
    assert e["text"] == "/git:fix 12 'a b'", e
    got = e["command"]
    assert (got["name"], got["origin"], got["path"], got["hash"]) == (
        "git:fix", "project", ".claude/commands/git/fix.md",
        asks[0]["hash"]), got
    assert 'Fix 12 in "a b", all of it: 12 \'a b\'. Read @docs/x.png. ' \
        "!`git status`" in got["text"] and "model: opus" not in got["text"]
    assert "but for these: 12 'a b':\n" in got["text"], got
    assert "<project-command name=\"/git:fix\" path=" in got["text"], got
    assert asked(m)[-1].endswith(got["text"]), asked(m)

    code, seen = harness.on_terminal(w, [
        (REST, b"/git:fix 13\n"), (b"understood", b"\x04")], "--plain")
    assert code == 0 and not w.events("ask"), seen
    w.write(".claude/commands/git/fix.md", FIX + "More.\n")
    code, seen = harness.on_terminal(w, [
        (REST, b"/git:fix 13\n"), (b"Press Enter", b"\n"),
        (ASK, b"n\n"), (b"/again sends it", b"\x04")], "--plain")
    assert code == 0 and b"has changed since you allowed it" in seen, seen


def test_users_own(w):
    """No question; model, effort and plan as if typed before; its name wins over
    the project's, and a command of assent's over both: then it is /user:NAME."""
    m = begin(w, [OK, {"text": "the second"}])
    own(w, "git/fix", OWN)
    own(w, "Undo", OWN)
    w.write(".agents/commands/a b.md", "x\n")
    os.symlink("/etc/passwd", w.path(w.project, ".agents/commands/s.md"))
    os.mkfifo(w.path(w.project, ".agents/commands/f.md"))
    w.write(".agents/commands/latin.md", b"caf\xe9\n")
    w.write(".agents/commands/big.md", "x" * 263000)
    code, seen = harness.on_terminal(w, [
        (REST, b"/Undo it\n"), (b"no words", b"/nope\n"),
        (b"unknown command /nope", b"/git:fix all of it\n"),
        (b"understood", b"/user:Undo 2\n"), (b"the second", b"\x04")],
        "--plain")
    assert code == 0 and not w.events("ask"), seen
    assert [a.split("\n")[-2] for a in asked(m)] == [
        "Mine: all of it.", "Mine: 2."], asked(m)
    assert said(w)[0]["command"]["origin"] == "user"
    assert [e["effort"] for e in w.events("mode") if "effort" in e] == \
        ["high", "high"]
    note = " ".join(e["text"] for e in w.events("note"))
    for part in ("a b.md: its name", "s.md: a symlink", "f.md: not a regular",
                 "latin.md: it isn't UTF-8", "big.md: larger than 256 kB",
                 "git/fix.md: /git:fix is "):
        assert part in note, (part, note)


def test_places_for_words(w):
    """Amounts and escaped words stay; quotes count around a whole word."""
    m = begin(w, [OK])
    own(w, "price", "---\nplan: skip\n---\n$1.2M, $10 of $1. awk '{print "
        "\\$1, $$2}' \\$ARGUMENTS $$ARGUMENTS $$ \\n $$3.5: $2, $3, $4, $5\n")
    code, seen = harness.on_terminal(w, [
        (REST, b"/price don't 'tis \"quote me\" 'it's an\"\n"),
        (b"understood", b"\x04")], "--plain")
    assert code == 0, seen
    assert said(w)[0]["command"]["text"] == (
        "$1.2M, $10 of don't. awk '{print $1, $2}' $ARGUMENTS $ARGUMENTS $$ "
        "\\n $$3.5: 'tis, quote me, 'it's, an\"\n"), said(w)


def test_another_client(w):
    """The question outlives its client and its core. Which folder is the user's
    own isn't the journal's word."""
    m = begin(w, [OK, OK])
    own(w, "late", OWN)
    code, seen = harness.on_terminal(w, [
        (REST, b"/git:fix 1\n"), (b"Press Enter", b"\x04")],
        "--plain", "--plan", "skip")
    assert code == 0, seen
    harness.wait_until("the core's end",
                       lambda: not harness.running("assent-core"))
    os.mkdir(w.path("other"))
    os.symlink(w.path(w.project, ".claude/commands/git"),
               w.path("other/commands"))
    os.symlink(w.path("config/assent/config.json"), w.path("other/config.json"))
    w.env["ASSENT_CONFIG"] = w.path("other/config.json")
    code, seen = harness.on_terminal(w, [
        (b"Press Enter", b"\n"), (ASK, b"y\n"), (b"understood", b"/late\n"),
        (b"unknown command /late", b"/fix 1\n"),
        (b"unknown command /fix", b"\x04")], "resume", "--plain")
    assert b"other/commands: it lies in the project" in seen, seen
    assert code == 0 and len(m.requests()) == 1, seen
    assert said(w)[0]["text"] == "/git:fix 1"


def test_exec(w):
    m = begin(w, [OK, OK, OK])
    own(w, "mine", OWN)
    r = w.run("exec", "--command", "mine", "these words", code=0)
    assert asked(m)[-1].endswith("Mine: these words.\n"), asked(m)
    assert w.events("session_start")[0]["settings"]["effort"] == "high"
    own(w, "two", "---\nmodel: opus\nplan: skip\n---\nIn $1 fix $3, $4: $ARGUMENTS")
    r = w.run("exec", "--command", "two", "a", "", "b c", 'd\'"e"', code=0)
    assert w.events("session_start")[0]["task"].startswith("/two a '' 'b c' ")
    assert b"two.md: its model is ignored: unknown model \"opus\"" in r.stderr
    assert asked(m)[-1].endswith("""In a fix b c, d'"e": a '' 'b c' 'd'"'"'"e"'""")
    # Without words it leaves standard input alone, for an input.
    w.run("exec", "--command", "mine", "--input", "x=@-", stdin="data", code=0)
    assert "\ndata\n" in asked(m)[-1], asked(m)
    r = w.run("exec", "--command", "git:fix", code=5)
    assert b"you haven't looked at it" in r.stderr, r.stderr
    r = w.run("exec", "--command", "nope", "x", code=2)
    assert b"there is no command nope.md" in r.stderr, r.stderr
    r = w.run("exec", "/mine @gone.png", code=2)
    assert b"exec --command NAME" in r.stderr, r.stderr
    seen = {hashlib.sha256(b"x").hexdigest(): {
        "path": ".claude/commands/git/fix.md", "root": w.project}}
    w.write("assent/seen.json", json.dumps(seen), base=w.path("state"))
    r = w.run("exec", "--command", "git:fix", code=5)
    assert b"it has changed since you allowed it" in r.stderr, r.stderr
    assert len(m.requests()) == len(w.sessions()) == 3

    m = begin(w, [OK])
    own(w, "one", "---\nplan: skip\n---\nFix $1.\n")
    w.write("x.png", "no image")
    w.write("log", "see @x.png for\n" + "more")
    w.run("exec", "--command", "one", "--input", "log=@log", "7 {{log}}", code=0)
    got = asked(m)[-1]
    # It isn't the user's text: nothing of it is lost, or attached.
    assert "\nFix 7.\n" in got and got.count("see @x.png for") == 1, got
    assert "images" not in said(w)[-1] and "[Input" not in said(w)[-1]["text"]

    own(w, "many", "$ARGUMENTS " * 2000)
    r = w.run("exec", "--command", "many", "x" * 1000, code=2)
    assert b"longer than 1 MB" in r.stderr, r.stderr
    own(w, "image", "See @gone.png")
    r = w.run("exec", "--command", "image", code=2)
    assert b"@gone.png: no such file" in r.stderr and len(w.sessions()) == 4
    assert len(m.requests()) == 1


def test_screen(w):
    """In the list while it is typed, and asked about on the screen."""
    m = begin(w, [OK])
    w.write(".agents/commands/commit.md", "Commit all.\n")
    w.repository()
    with screenlib.Screen(w, "--plan", "skip", rows=24, cols=80) as s:
        s.need("New session")
        own(w, "gift", OWN)  # the first one
        s.see("/", "commands · 6 of ")
        s.see("gi", "/git:fix")
        s.need("user: mine")
        s.need("project: [number] · Use when: a bug is known")
        s.see("\x7f\x7f" "com", "/project:commit ")
        s.press("\x15\x1b")
        s.need("? help")
        s.see(":project:com", "from .agents/commands/commit.md: you are shown")
        s.press("\x1b")
        s.need_gone("you are shown")
        s.see("i", "Esc keys")
        s.see("/gi", "/git:fix")
        s.see("t:fix 7\r", "Tab: read the command")
        s.see("\t", "send this project command?")
        s.need("  │ # Fix ^[[2Jit")
        s.review("y send")
        s.see("n", "not sent")
        s.need("> /git:fix 7")
        s.see("\x05\r", "Tab: read the command")
        s.see("\t", "send this project command?")
        s.review("y send")
        s.see("y", "understood")
        # The keys are in the message line again.
        s.pause(750)
        s.see("and", "> and")
    assert "Fix 7 in" in asked(m)[-1]


def test_others_words(w):
    """What users of other agents type, without a model, in plain mode: it does
    what it means there, or a sentence says what does; a command of a file with
    that name wins."""
    w.env.update({"TERM": "dumb"})
    w.write("assent/config.json", json.dumps({"local_ports": []}),
            base=w.path("config"))
    own(w, "usage", OWN)
    code, seen = harness.on_terminal(w, [
        (msg.NO_MODEL_CHOOSE_ONE.encode(), b"/cost\n"),
        (b"context: 0", b"/run echo it-$((1+1))\n"), (b"it-2", b"/vim\n"),
        (b"there are no vi keys", b"/rewind\n"),
        (b"in the transcript [ goes to your messages", b"/reset now\n"),
        (msg.NO_MODEL_USE_MODEL_PROVIDER_NAME.encode(), b"/resume\n"),
        (b"`assent resume` then lists the sessions", b"/usage of it\n"),
        (msg.NO_MODEL_USE_MODEL_PROVIDER_NAME.encode(), b"\x04")], "--plain")
    assert code == 0, (code, seen)
    assert b"/cost: here it is /status (//" in seen, seen
    assert b"/usage: " not in seen, seen
    assert not w.events("user_message")


harness.main(globals())
