"""Syntax colours of a proposal's files: Pygments in a sandbox of its own, what
it says checked by the core, and plain text wherever it can't be had.
"""

import os
import subprocess

import harness
import protocol

PYTHON = "import os\n\n\ndef small(a):\n    return \"a\" + a  # why\n"
C = "/* a comment\n * of two lines */\nint\nmain(void)\n{\n\treturn 0;\n}\n"
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
SYSTEM = "/usr/bin:/bin"


def need_pygments(w):
    harness.need_sandbox(w)
    r = subprocess.run(["python3", "-I", "-c", "import pygments"],
                       env={"PATH": SYSTEM}, capture_output=True)
    if r.returncode != 0:
        raise harness.Skip("python3-pygments is not installed")


def begin(w, files, *calls, **more):
    """A session with these files proposed; its hunks by path."""
    w.env["PATH"] = SYSTEM
    m = w.mock([{"calls": [
        {"name": "write", "args": {"path": path, "content": text}}
        for path, text in files.items()] + list(calls)}, DONE])
    c = protocol.start(w, task="go", **dict({"colours_ms": 600000}, **more))
    p = c.wait_event("proposal")
    return m, c, p, {f["path"]: f["hunks"][0]["id"] for f in p["files"]}


def ask(c, p, hunk, side="after", start=1, lines=100):
    """The answer; this client has no other request open."""
    n = len(answers(c))
    c.send(type="colours", proposal=p["seq"], hunk=hunk, side=side,
           **{"from": start, "lines": lines})
    c.wait("colours", lambda: len(answers(c)) > n)
    return answers(c)[n]


def answers(c):
    return [x for x in c.lines if x.get("type") == "colours"]


def parts(text, a):
    """[(number, text, class)] of an answer; each part is inside its line."""
    out = []
    for n, line in enumerate(a["lines"]):
        one = text.split("\n")[a["from"] - 1 + n]
        size, *rest = line.split(" ")
        assert int(size) == len(one.encode()), (one, line)
        at = 0
        for r in rest:
            begin, length = r[:-1].split("+")
            begin, length = int(begin), int(length)
            assert at <= begin and length > 0 and \
                begin + length <= int(size), (one, line)
            at = begin + length
            out.append((a["from"] + n,
                        one.encode()[begin:at].decode("latin-1"), r[-1]))
    return out


def end(w, c):
    assert not [e for e in w.events() if e["type"] == "colours"]
    c.close_and_wait()
    w.verify()


def test_colours(w):
    need_pygments(w)
    w.write("b.c", C.replace("0", "1"))
    w.write("hostile; touch it $(touch it) `touch it`.py", "x = 1\n")
    hostile = "hostile; touch it $(touch it) `touch it`.py"
    odd = "-c.py"
    files = {"a.py": PYTHON, "b.c": C, hostile: "x = \"\x1b[31m\xe9\"\n",
             odd: "import this\r\n", "plain": PYTHON, "c.nothing": PYTHON}
    m, c, p, hunks = begin(w, files)
    got = parts(PYTHON, ask(c, p, hunks["a.py"]))
    for one in ((1, "import", "k"), (4, "def", "k"), (4, "small", "f"),
                (5, "return", "k"), (5, '"a"', "s"), (5, "# why", "c")):
        assert one in got, (one, got)
    # A part of it, whose state comes from the lines above; both sides.
    got = parts(C, ask(c, p, hunks["b.c"], start=2, lines=5))
    for one in ((2, " * of two lines */", "c"), (3, "int", "t"),
                (4, "main", "f"), (6, "return", "k"), (6, "0", "n")):
        assert one in got, (one, got)
    assert {n for n, _, _ in got} <= set(range(2, 7)), got
    assert (6, "1", "n") in parts(C.replace("0", "1"),
                                  ask(c, p, hunks["b.c"], "before"))
    # A file's name is no program, no option and no word for a shell.
    got = parts(files[hostile], ask(c, p, hunks[hostile]))
    assert (1, '"\x1b[31m\xc3\xa9"', "s") in got, got
    assert (1, "import", "k") in parts(files[odd], ask(c, p, hunks[odd]))
    assert not os.path.exists(os.path.join(w.project, "it"))
    # Nothing by the contents.
    for name in ("plain", "c.nothing"):
        assert parts(PYTHON, ask(c, p, hunks[name])) == [], name
    # A start after the end, and a hunk that doesn't exist.
    assert ask(c, p, hunks["a.py"], start=1000)["lines"] == []
    n = len(c.lines)
    c.send(type="colours", proposal=p["seq"], hunk="0" * 32)
    c.send(type="colours", proposal=p["seq"], hunk=hunks["a.py"],
           side="before")
    c.wait("refusals", lambda: len(
        [x for x in c.lines[n:] if x.get("type") == "refused"]) == 2)
    end(w, c)


def code(c, language, text):
    n = len(answers(c))
    c.send(type="code", id="it %d" % n, language=language, text=text)
    c.wait("colours", lambda: len(answers(c)) > n)
    assert answers(c)[n]["id"] == "it %d" % n and "hash" not in answers(c)[n]
    return answers(c)[n]


def test_code(w):
    """Of a text in a language; the name of one is no file and no option."""
    need_pygments(w)
    w.env["PATH"] = SYSTEM
    w.mock([])
    c = protocol.start(w, colours_ms=600000)
    got = parts(PYTHON, code(c, "python", PYTHON))
    assert (4, "def", "k") in got and (5, "# why", "c") in got, got
    assert (1, "echo", "f") in parts("echo a", code(c, "sh", "echo a"))
    for language in ("nothing", "-c", "a.py"):
        assert parts(PYTHON, code(c, language, PYTHON)) == [], language
    assert code(c, "c", "x" * 1048577)["none"]
    n = len(c.lines)
    c.send(type="code", id="x", language="/etc/passwd", text="x")
    c.send(type="code", id="x", language="c")
    c.wait("refusals", lambda: len(
        [x for x in c.lines[n:] if x.get("type") == "refused"]) == 2)
    end(w, c)


def lexers():
    return [pid for pid, line in harness.children().items()
            if "pygments" in line and " -I -c " in line]


def test_stays(w):
    """One process reads all texts; the next one does, if it dies."""
    need_pygments(w)
    w.env["PATH"] = SYSTEM
    w.mock([])
    c = protocol.start(w, colours_ms=600000)
    assert parts(PYTHON, code(c, "python", PYTHON)) != []
    one, = lexers()
    assert parts(C, code(c, "c", C)) != [] and lexers() == [one]
    os.kill(one, 9)
    # What was asked while it died has no colours.
    for n in range(100):
        text = PYTHON + "n = %d\n" % n
        a = code(c, "python", text)
        if "lines" in a and parts(text, a) != []:
            break
    assert one not in lexers() and len(lexers()) == 1
    end(w, c)
    assert lexers() == []


def test_without(w):
    """No Python on PATH."""
    harness.need_sandbox(w)
    m, c, p, hunks = begin(w, {"a.py": PYTHON}, path="/nowhere")
    a = ask(c, p, hunks["a.py"])
    assert a["none"] and "lines" not in a, a
    end(w, c)


# ---- the screen ----


harness.main(globals())
