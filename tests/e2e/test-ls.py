"""The list of sessions, the search in them, and removing them."""

import json
import os
import shutil
import time

import harness
import protocol
from screenlib import Screen

WAITS = [harness.write("a.txt", "two\n"), harness.done()]


def session(w, *answers, code=0, **kw):
    """One that has ended; its id."""
    w.mock(list(answers) or [{"text": "Yes."}], **kw)
    w.run("exec", "--plan", "skip", "Is it?", code=code)
    return w.sessions()[-1]


def grow(w, sid, mb):
    w.write("ballast", b"x" * (mb << 20), base=folder(w, sid))


def folder(w, sid=""):
    return w.path("state", "assent", "sessions", sid)


def rows(w, *args):
    return json.loads(w.run("ls", "--json", *args).stdout)["sessions"]


def age(w, sid, days):
    then = time.time() - days * 24 * 3600
    os.utime(os.path.join(folder(w, sid), "journal.jsonl"), (then, then))


def test_the_latest_was_used_last(w):
    """Ids are from when sessions began, by a clock that may have been wrong."""
    def latest():
        line = w.run("log", "--json", code=0).stdout.split(b"\n")[0]
        return json.loads(line)["session"]

    w.mock([{"text": "Yes."}] * 3)
    for _ in range(2):
        w.run("exec", "--plan", "skip", "Is it?", code=0)
    one, two = w.sessions()
    assert latest() == two
    c = protocol.start(w, session=one)
    c.send(type="say", text="Is it still?")
    c.wait("the end", lambda: len(c.event_list("agent_end")) > 1)
    c.close_and_wait()
    assert latest() == one
    path = os.path.join(folder(w, one), "state")
    with open(path) as f:
        state = json.load(f)
    with open(path, "w") as f:
        json.dump(dict(state, since="2199" + state["since"][4:]), f)
    assert latest() == two


def test_heads(w):
    """On a terminal a list has a head; what a script reads has none."""
    w.write("a.txt", "one\n")
    one = session(w, *WAITS, code=5)
    w.run("decide", one, "--accept", "all", code=0)
    two = session(w, *WAITS[1:], harness.done(2))
    w.mock([harness.write("a.txt", "three\n"), harness.done()])
    three = w.run("exec", "--plan", "skip", "again", code=5) and w.sessions()[-1]
    for args, head, row in (
            (("ls",), "session               state      mode         task", two),
            (("ls", "--all"), "mode         project  task", two),
            (("inbox", "--plain"), "session               project ", three),
            (("undo", "--list", one), "change  time, files: task", "1  20")):
        code, seen = harness.on_terminal(w, [], *args)
        rows = seen.decode().split("\r\n")
        assert code == 0 and head in rows[0] and row in seen.decode(), seen
        assert head not in w.run(*args).stdout.decode(), args


def test_also_changed(w):
    """A file that two sessions change says so at the file and in the list, until
    one of them is decided."""
    def begin(task, *answers):
        w.mock(list(answers) + [harness.done()], config={"plan": "skip"})
        w.run("exec", task, code=5)
        return w.sessions()[-1]

    w.write("a.txt", "one\n")
    w.write("b.txt", "one\n")
    w.write("with blank.txt", "one\n")
    one = begin("first", harness.calls(
        harness.write("a.txt", "two\n"), harness.write("b.txt", "two\n")))
    assert "also" not in rows(w)[0]
    two = begin("second", harness.calls(
        harness.write("a.txt", "three\n"),
        harness.write("with blank.txt", "two\n")))
    three = begin("third", harness.write("with blank.txt", "three\n"))
    short = [sid[-4:] for sid in (one, two, three)]

    def note(sid):
        return "also changed in %s, which waits" % sid[-4:]
    listed = w.run("ls").stdout.decode()
    for words in ("[also changed in %s: a.txt] first" % short[1],
                  "[also changed in %s: a.txt, 1 more file] second" % short[0],
                  "[also changed in %s: \"with blank.txt\"] third" % short[1]):
        assert words in listed, listed
    assert {r["session"]: r["also"] for r in rows(w)} == {
        one: {"path": "a.txt", "session": two, "files": 1},
        two: {"path": "a.txt", "session": one, "files": 2},
        three: {"path": "with blank.txt", "session": two, "files": 1}}
    # The end of an id stands for it.
    said = w.run("show", short[0], code=0).stderr.decode()
    assert "in a.txt: " + note(two) in said and "b.txt: also" not in said, said
    # A name that isn't text.
    make = "try", "--", "sh", "-c", "echo 1 >$(printf 'caf\\351\\7')"
    w.run(*make, code=5)
    four = w.sessions()[-1]
    assert note(four) in w.run(*make, code=5).stderr.decode()
    for sid in four, w.sessions()[-1]:
        w.run("end", sid, code=0)
    # A folder that no session of ours made.
    strange = folder(w, "x\ny")
    shutil.copytree(folder(w, two), strange, ignore=lambda d, n: ["sock"])
    w.run("show", one, code=0)
    shutil.rmtree(strange)
    said = w.run("try", "--", "sh", "-c", "echo 4 >b.txt", code=5)
    assert note(one) in said.stderr.decode(), said
    code, seen = harness.on_terminal(w, [
        (note(two).encode(), b"q\n")], "decide", "--plain", one)
    assert code == 5, seen
    with Screen(w, "resume", one) as t:
        t.review()
        t.need(note(two))
        # It goes while it is looked at.
        w.run("decide", two, "--reject", "1,2")
        t.need_gone(note(two))
        assert "[also changed]" in t.text(), t.text()   # b.txt, by try
        t.end("exit 5")
    # What you ended is open, and nobody waits for it.
    assert all("also" not in r for r in rows(w)), rows(w)


def test_pipes_in_a_session(w):
    """A name or state that is a pipe hangs nothing."""
    sid = session(w)
    os.unlink(os.path.join(folder(w, sid), "state"))
    for name in "name", "state":
        os.mkfifo(os.path.join(folder(w, sid), name))
    assert rows(w)[0]["session"] == sid
    w.run("inbox", code=0)


def said(w, you, model):
    """A session in which these were said, with a tool's output; its id."""
    w.mock([dict(harness.bash("echo from-a-tool"), text=model),
            {"text": "That is all."}])
    w.run("exec", "--plan", "skip", you, code=0)
    return w.sessions()[-1]


def found(w, *args):
    return [(r["session"], r["match"]["by"], r["match"]["text"])
            for r in rows(w, "--grep", *args)]


def test_grep(w):
    one = said(w, "Why is the Parser slow?", "It copies.\nEach café twice.")
    two = said(w, "And the printer (v1.5)?", 'It says "parser\tdone" | once.')
    you = (one, "user", "Why is the Parser slow?")
    model = (two, "model", 'It says "parser done" | once.')
    assert found(w, "parser") == [model, you]
    assert found(w, "Parser") == [you] and found(w, "PARSER") == []
    # The first match of a session; what tools print isn't searched.
    assert found(w, "it|that is") == [
        model, (one, "model", "It copies. Each café twice.")]
    assert found(w, "from-a-tool") == found(w, "echo") == []
    # A line break, a quote, a tab, and what JSON could write otherwise.
    for pattern, hits in (
            ("copies\\.[[:space:]]each", [one]), ("^each", [one]),
            ("copies.*each", []), ("caf[éü] ", [one]), ("É|é", [one]),
            ('"parser.done"', [two]), ("once\\.$", [two]), ("[q-z]low", [one]),
            ("\\(v1\\.[0-9]\\)", [two]), ("xyz?w*par+ser", []),
            ("(xy)?z*pax?rsers?", [two, one]), ("pa(r|x)ser", [two, one]),
            ("par{1,2}ser.d", [two]), ("don+?e", [two]), ("slowz{0}", [one]), ("x*", [two, one])):
        got = [sid for sid, _, _ in found(w, pattern)]
        assert got == hits, (pattern, got)
    seq = rows(w, "--grep", "each")[0]["match"]["seq"]
    with open(os.path.join(folder(w, one), "journal.jsonl")) as f:
        assert '"assistant_message"' in f.read().split("\n")[seq - 1]
    r = w.run("ls", "--grep", "slow", code=0).stdout.decode().splitlines()
    assert len(r) == 2 and r[0].startswith(one) and \
        r[1] == "    you: Why is the Parser slow?", r
    # Those of other projects only with --all.
    os.makedirs(w.path("other"))
    for args, hits in ((), 0), (("--all",), 1):
        r = w.run("ls", "--grep", "slow", *args, cwd=w.path("other"), code=0)
        assert r.stdout.count(one.encode()) == hits, r
        assert (b"no sessions with a match" in r.stderr) == (hits == 0), r
    for args in (("(",), ("slow", "--gc"), ("slow", "--rm", one),
                 ("slow", "host:")):
        assert not w.run("ls", "--grep", *args, code=2).stdout
    assert b'--grep: "(" is no regular expression: ' in \
        w.run("ls", "--grep", "(", code=2).stderr


def test_grep_in_view(w):
    """A row is cut so that the match is in view, and foreign bytes do nothing."""
    long = "é" * 300 + " \u202e\x1b[2J\r needle \x1b]0;x\x07 " + "z" * 5000
    sid = said(w, "Go.", long)
    seen = harness.on_terminal(w, [], "ls", "--grep", "needle",
                               size=(24, 80))[1].decode()
    row = seen.split("\r\n")[2]
    assert "model: ..." in row and "needle" in row and "<U+202E>" in row and \
        "\u202e" not in seen and "\x1b[2J" not in seen and \
        "\x1b]0" not in seen, seen
    assert "\x1b[2J" not in w.run("ls", "--grep", "needle").stdout.decode()
    assert len(found(w, "needle")[0][2]) < 220 and w.sessions() == [sid]


def test_grep_damaged(w):
    """What can't be read is passed over; the rest is searched."""
    w.sound = False
    ids = [said(w, "Where is the café?", "Hello.") for _ in range(4)]
    paths = [os.path.join(folder(w, sid), "journal.jsonl") for sid in ids]
    with open(paths[0], "rb") as f:
        lines = f.read().replace("é".encode(), b"\\u00e9").replace(
            b"Hello", b"\\u0048ello").splitlines(True)
    with open(paths[0], "wb") as f:
        f.writelines([b"\0\xff{\n", b'{"type":"user_message","text":"caf\xff"}\n',
                      b'{"type":"user_message","text":["hello"]}\n',
                      b'{"type":"user_message"\n', b"[" * 9000 + b"\n"] + lines +
                     [b'{"type":"user_message","text":"torn'])
    for path, kind in zip(paths[1:], (os.mkfifo, os.mkdir, None)):
        os.unlink(path)
        if kind:
            kind(path)
    got = [[sid for sid, _, _ in found(w, pattern, "--all")]
           for pattern in ("café", "hello", "torn")]
    os.unlink(paths[1])     # a failed test reads the journals
    assert got == [[ids[0]], [ids[0]], []], got


def test_remove(w):
    """None that runs or is half written, and what waits only with --force."""
    w.write("a.txt", "one\n")
    one = session(w)
    waits = session(w, *WAITS, code=5)
    stopped = session(w)
    age(w, stopped, 2)
    for kind in "applying", "committing":
        w.write(kind + "/" + stopped, "", base=w.path("state", "assent"))
        r = w.run("ls", "--rm", "--force", stopped, code=5)
        assert b"stopped while it wrote" in r.stderr, r
        w.run("ls", "--gc", "--older", "1d")
        assert stopped in w.sessions()
        os.unlink(w.path("state", "assent", kind, stopped))
    w.mock([{"text": "x", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait_event("turn_start")
    runs = w.sessions()[-1]
    r = w.run("ls", "--rm", runs, "--force", code=1)
    assert b"is running" in r.stderr, r
    r = w.run("ls", "--rm", waits, one, code=5)
    assert b"has an open question or review; --force" in r.stderr and \
        r.stdout.startswith(b"removed " + one.encode()), r
    assert w.sessions() == [waits, stopped, runs]
    w.run("ls", "--rm", "--force", waits, code=0)
    assert w.read("a.txt") == "one\n"
    c.close_and_wait()
    for args, words in (((), b"--rm needs a session"),
                        (("9",), b'no session "9"'), ((one,), b"no session")):
        assert words in w.run("ls", "--rm", *args, code=2).stderr
    # One that was killed during its work; then one without a journal.
    path = os.path.join(folder(w, runs), "journal.jsonl")
    with open(path) as f:
        lines = f.readlines()
    n = [i for i, x in enumerate(lines) if '"turn_start"' in x][0]
    harness.rewrite_journal(folder(w, runs), lines[:n + 1])
    r = w.run("ls", "--rm", runs, code=5)
    assert b"stopped during its work" in r.stderr, r
    os.unlink(os.path.join(folder(w, stopped), "journal.jsonl"))
    w.run("ls", "--rm", stopped, code=5)
    w.run("ls", "--rm", "--force", stopped, runs, code=0)
    assert w.sessions() == [] and rows(w, "--all") == []


def test_gc(w):
    w.write("a.txt", "one\n")
    old, waits = session(w), session(w, *WAITS, code=5)
    new, other = session(w), session(w)
    for sid in old, waits:
        age(w, sid, 31)
    age(w, new, 2)
    # A removal that was killed.
    rest = folder(w, ".removed-" + other)
    os.rename(folder(w, other), rest)
    os.unlink(os.path.join(rest, "journal.jsonl"))
    assert [r["session"] for r in rows(w, "--all")] == [waits, new, old]
    r = w.run("ls", "--gc", "--dry-run", code=0)
    assert r.stdout.startswith(b"would remove " + old.encode() + b", ") and \
        r.stdout.count(b"\n") == 1 and b"1 not removed" in r.stderr, r
    assert len(os.listdir(folder(w))) == 4
    assert b"nothing to remove" in w.run(
        "ls", "--gc", "--all", cwd=w.home, code=0, env={
            "XDG_STATE_HOME": w.path("none")}).stderr
    w.run("ls", "--gc", code=0)
    assert sorted(os.listdir(folder(w))) == sorted([waits, new])
    w.run("ls", "--gc", "--older", "3d", code=0)
    assert new in w.sessions()
    w.run("ls", "--gc", "--older", "1d", code=0)
    assert w.sessions() == [waits]
    # Those of other projects only with --all.
    one, new = session(w), session(w)
    age(w, one, 40)
    os.makedirs(w.path("other"))
    w.run("ls", "--gc", cwd=w.path("other"), code=0)
    assert w.sessions() == [waits, one, new]
    w.run("ls", "--gc", "--all", cwd=w.path("other"), code=0)
    assert w.sessions() == [waits, new]
    r = w.run("ls", "--gc", "--older", "much", code=2)
    assert b"--older: must be a" in r.stderr, r
    for args, words in ((("--du",), b"use du -sh "),
                        (("--gc", "--size", "1M"), b"use assent ls --gc --older")):
        r = w.run("ls", *args, code=2)
        assert words in r.stderr and r.stderr.count(b"\n") == 1, r


def test_a_limit_for_all(w):
    one = session(w)
    grow(w, one, 2)
    w.mock([{"text": "Yes."}], config={"sessions_disk": "2M"})
    r = w.run("--detach", "Is it?", code=1)
    assert b"no room for another session (sessions_disk is 2 MB)" in \
        r.stderr and b"most of it " + one.encode() in r.stderr and \
        b"assent ls --gc" in r.stderr and not r.stdout, r
    assert w.sessions() == [one]
    w.run("ls", "--rm", one, code=0)
    w.run("exec", "--plan", "skip", "Is it?", code=0)


harness.main(globals())
