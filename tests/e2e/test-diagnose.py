"""Linters of edited files: only what is new is told, in time; they write nothing
that anybody sees; and what they print is foreign.
"""

import contextlib
import glob
import json
import os

import harness
from harness import bash, call, calls, done, edit, write
import protocol

# Finds BAD, with the line's number and text as gcc does.
BAD = ("awk '/BAD/ { print FILENAME \":\" FNR \":1: error: bad thing\"; s = 1 } "
       "END { exit s }' {path}")


def linter(command=BAD, **more):
    return dict({"name": "lint", "match": ["*.c"], "command": command}, **more)


def canonical(setting):
    """As the start object has it."""
    return setting if isinstance(setting, str) else [
        {"name": k["name"], "match": k["match"], "command": k["command"],
         "timeout_ms": k.get("timeout_s", 20) * 1000} for k in setting]


def mock(w, answers, setting=None):
    harness.need_sandbox(w)
    w.setting = [linter()] if setting is None else setting
    return w.mock(answers)


def run(w, wrap=()):
    """To the end, which accepts all; the model waits for what is found."""
    c = protocol.start(w, wrap=wrap, task="do it", mode="exec", person=False,
                       approve="yes", diagnostics=canonical(w.setting),
                       diagnostics_wait_ms=600000)
    c.wait_event("agent_end")
    c.wait_eof()
    c.close()


def start(w, answers, setting=None, **more):
    """With a user, who reviews."""
    m = mock(w, answers, setting)
    return m, protocol.start(w, task="do it", diagnostics=canonical(w.setting),
                             **more)


def told(w):
    return w.events("diagnostics")


def result_of(m, number, at=0):
    """The text of a tool's result in this request."""
    texts = [x["content"] for x in m.requests()[number]["body"]["messages"]
             if x["role"] == "tool"]
    return texts[at]


def test_new(w):
    """In the edit's own result: what is new, not what was there, also if its line
    is another one now."""
    w.write("a.c", "one BAD\ntwo\n")
    m = mock(w, [edit("a.c", "one", "zero\none"),
                 edit("a.c", "two", "two BAD"), done()])
    run(w)
    assert "bad thing" not in result_of(m, 1), result_of(m, 1)
    text = result_of(m, 2, 1)
    assert text.count("bad thing") == 1, text
    assert "lint:\n| a.c:3: error: bad thing [two BAD]" in text, text
    e = told(w)
    assert len(e) == 1 and e[0]["checker"] == "lint", e
    assert e[0]["for"] == w.events("tool_call")[1]["id"], e
    assert e[0]["about"] == "a.c", e
    assert [(f["path"], f["line"], f["source"]) for f in e[0]["findings"]] == \
        [("a.c", 3, "two BAD")], e


def test_told_once(w):
    """What the model knows isn't repeated; one that went away and is back is
    new; several calls of an answer are looked at once, at its end, and with them
    the files that have findings."""
    m = mock(w, [write("a.c", "BAD\n"), edit("a.c", "BAD", "x\nBAD"),
                 edit("a.c", "BAD", "good"),
                 calls(bash("true"), edit("a.c", "good", "BAD")),
                 calls(write("b.c", "BAD\n"), write("b.c", "fine\n")), done()])
    run(w)
    texts = [result_of(m, 5, i) for i in range(7)]
    assert ["bad thing" in t for t in texts] == [
        True, False, False, False, True, False, False], texts
    assert [len(e["findings"]) for e in told(w)] == [1, 1, 0, 1, 1], told(w)
    assert ["text" in e for e in told(w)] == [True, False, False, True, False]


def test_done_waits(w):
    """done in the answer of the edit is sent back for what is found, once."""
    fix = calls(edit("a.c", "BAD", "good"), done())
    for then, left in (fix, []), (done(), ["a.c"]):
        w.clean_project()
        m = mock(w, [calls(write("a.c", "BAD\n"), done()), then])
        run(w)
        assert len(m.requests()) == 2
        text = result_of(m, 1, 1)
        assert text == "error: not done yet: see below what is new with your " \
            "edits. Fix it, or call done again.", text
        last = str(m.requests()[1]["body"]["messages"][-1]["content"])
        assert "says lint:\n| a.c:1: error: bad thing" in last, last
        assert json.dumps(m.requests()[1]["body"]).count("bad thing") == 1
        end = w.events("agent_end")[-1]
        assert [f["path"] for f in end.get("findings", [])] == left, end


def test_reports(w):
    """What is still found stands in exec's report and in show."""
    harness.need_sandbox(w)
    w.env.pop("ASSENT_DIAGNOSTICS")
    w.mock([calls(*[write("%d.c" % i, "BAD\n") for i in range(5)] + [done()]),
            done()], config={"diagnostics": [linter()]})
    r = w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5)
    line = b"  new with the edits: lint: 0.c:1: bad thing; lint: 1.c:1: bad " \
        b"thing; lint: 2.c:1: bad thing; 2 more"
    assert line in r.stdout, r.stdout
    assert line in w.run("show", code=0).stderr


def test_late(w):
    """What the model doesn't wait for is told with the next result, though it
    reads meanwhile; the context is the same after a resume."""
    w.write("sign.txt", "wait\n")
    w.write("a.c", "x\n")
    slow = "until %s; do sleep 0.02; done\n%s" % (harness.signed(w), BAD)
    m, c = start(w, [edit("a.c", "x", "BAD"), dict(call("read", path="a.c"),
                 wait_for="go"), {"text": "Well."}, done()],
                 [linter(slow)], diagnostics_wait_ms=1)
    harness.wait_until("the second request", lambda: len(m.requests()) == 2)
    assert told(w) == []
    assert "bad thing" not in json.dumps(m.requests()[1]["body"])
    harness.sign(w)
    late = c.wait_event("diagnostics")
    assert "for" not in late and "bad thing" in late["text"], late
    m.release("go")
    harness.wait_until("the third request", lambda: len(m.requests()) == 3)
    body = json.dumps(m.requests()[2]["body"])
    assert body.count("bad thing") == 1, body
    c.wait_event("proposal")
    c.close_and_wait()
    c = protocol.resume(w)
    c.send(type="say", text="go on")
    harness.wait_until("the fourth request", lambda: len(m.requests()) == 4)
    old, new = (m.requests()[i]["body"]["messages"] for i in (2, 3))
    assert new[1:len(old)] == old[1:], (old, new)
    c.close()


def test_off(w):
    """One that takes too long, or can't be started, is off, with a word; then the
    next one is used."""
    for command, why in ((": {path}; sleep 600", "longer than 1 s"),
                         ("./missing {path}", "exit 127"),
                         ("echo broken {path}; exit 3", "exit 3): broken")):
        w.clean_project()
        m = mock(w, [write("a.c", "BAD\n"), edit("a.c", "BAD", "BAD "),
                     done()], [linter(command, name="first", timeout_s=1
                                       if "sleep" in command else 30),
                               linter(name="second")])
        run(w)
        first, second = told(w)
        assert first["checker"] == "first" and why in first["off"], first
        assert first["findings"] == [] and second["checker"] == "second"
        text = json.dumps(m.requests()[-1]["body"])
        assert text.count("bad thing") == 1 and "broken" not in text, text


def test_off_after_resume(w):
    """It is off for the session."""
    m, c = start(w, [write("a.c", "1\n"), {"text": "Well."},
                     write("a.c", "2\n"), {"text": "Well."}],
                 [linter("touch $HOME/ran {path}; exit 9")])
    c.wait_event("diagnostics", lambda e: "off" in e)
    c.wait_event("proposal")
    c.close_and_wait()
    c = protocol.resume(w, diagnostics=canonical(w.setting))
    c.send(type="say", text="again")
    harness.wait_until("the last request", lambda: len(m.requests()) == 4)
    c.wait_event("proposal", lambda e: e["version"] > 1)
    assert len([e for e in told(w) if "off" in e]) == 1, told(w)
    c.close()


def test_writes_nothing(w):
    """The project is read-only for it; home, /tmp and caches are its own: nothing
    of it is in the proposal or the next command's view."""
    w.write("a.c", "old\n")
    os.makedirs(os.path.join(w.home, ".cache", "pip"))
    litter = ("f={path}; for d in . sub $HOME $TMPDIR $HOME/.cache/pip; do\n"
              "touch $d/litter && [ $d = . ] && echo $f:1: wrote it\n"
              "done 2>/dev/null\n"
              "echo x >>$f && echo $f:1: changed it\n"
              "rm $f && echo $f:1: removed it\n"
              "[ -e $TMPDIR/litter ] || echo $f:1: no place for it\ntrue")
    look = "ls -A . sub $HOME $TMPDIR $HOME/.cache/pip; cat a.c"
    m = mock(w, [calls(bash("mkdir sub; touch sub/x"), edit("a.c", "old",
             "new")), bash(look), done()], [linter(litter)])
    run(w)
    assert told(w) == [], told(w)
    seen = result_of(m, 2, 2)
    assert "litter" not in seen and "new" in seen, seen
    assert w.read("a.c") == "new\n"
    assert not glob.glob(os.path.join(w.home, "**", "litter"), recursive=True)
    assert not [f for e in w.events("proposal") for f in e["files"]
                if "litter" in f["path"]]


def test_project(w):
    """One without {path} looks at all: faults elsewhere are told, if they are
    new; where the real tree can't be shown, it doesn't run."""
    w.write("a.c", "int one(void);\n")
    w.write("b.c", "one();\nBAD();\n")
    m = mock(w, [edit("a.c", "one", "two"), done()],
             [linter("a=a b=b; n=$(sed 's/.* //; s/(.*//' $a.c); awk -v n=$n "
                      "'index($0, n) != 1 { print FILENAME \":\" FNR "
                      "\": error: no \" n }' $b.c")])
    run(w)
    if harness.level(w) != "A":
        assert told(w) == []
    else:
        text = result_of(m, 1)
        # Of old it said "no one" of the second line.
        assert "| b.c:1: error: no two [one();]" in text, text
        assert "about" not in told(w)[0], told(w)


def test_many(w):
    """Of more faults than are read nobody knows which are new, wherever the first
    of them are."""
    for before in "", "echo /etc/passwd:1: error: out; ":
        w.clean_project()
        w.write("a.c", "first BAD\n" + "BAD\n" * 2500)
        m = mock(w, [edit("a.c", "first", "other"), done()],
                 [linter(before + BAD.replace("bad thing\"",
                                               "bad \" $0 FNR"))])
        run(w)
        assert result_of(m, 1).startswith("Edited"), result_of(m, 1)
        assert "[assent]" not in result_of(m, 1) and told(w) == [], told(w)


def test_shares(w):
    """A few about a file, and each linter has its word; what was left out is told
    when there is room for it."""
    names = ["f%d.c" % i for i in range(6)]
    m = mock(w, [calls(*[write(n, "".join("BAD %d\n" % i for i in range(9)))
                         for n in names], write("z.py", "BAD\n")),
                 calls(*[write(n, "BAD 8\n" if n == "f1.c" else "good\n")
                         for n in names]), done()],
             [linter(), linter(name="py", match=["*.py"])])
    run(w)
    text = "".join(result_of(m, 1, i) for i in range(7))
    said = [x for x in text.splitlines() if x.startswith("| ")]
    assert [sum(x.startswith("| %s:" % n) for x in said)
            for n in names + ["z.py"]] == [5, 5, 5, 2, 1, 1, 1], text
    assert text.count(" more)") == 6 and text.endswith(
        "says py:\n| z.py:1: error: bad thing [BAD]"), text
    last = result_of(m, 2, 12)
    assert last.endswith("says lint:\n| f1.c:1: error: bad thing [BAD 8]"), last


def test_open_again(w):
    """An edit elsewhere may have uncovered a fault in a file that had another."""
    m = mock(w, [calls(write("a.h", "BROKEN\n"), write("b.c", "own fault\n")),
                 write("a.h", "fine\n"), done()],
             [linter(": {path}; if grep -q BROKEN a.h; then echo a.h:1: error: broken; "
                      "else echo b.c:1: error: own; fi", match=["b.c"]),
              linter(": {path}", name="other", match=["a.h"])])
    run(w)
    assert "| a.h:1: error: broken [BROKEN]" in result_of(m, 1, 1)
    assert result_of(m, 2, 2).endswith("| b.c:1: error: own [own fault]")


def test_places(w):
    """In any order; and if they are in more text than is read for them, nobody
    knows which are new."""
    w.write("a.c", "old\n\tb \r\n%s\n%sd" % ("c" * 2000, " " * 2000))
    w.write("b.c", "x\n")
    places = ("a.c:4", "a.c:2", "b.c:1", "a.c:9", "a.c:3", "a.c:1")
    for names in 1, 17:
        w.write("big.c", "x\n" * (2 << 20))
        for i in range(1, names):
            os.link(os.path.join(w.project, "big.c"),
                    os.path.join(w.project, "big%d.c" % i))
        text = "grep -q new {path} && for f in %s; do echo $f: error: e; " \
            "done; for f in big*.c; do echo $f:2000000: error: e; done" % \
            " ".join(places)
        m = mock(w, [edit("a.c", "old", "new"), done()], [linter(text)])
        run(w)
        assert w.read("a.c").startswith("new")
        w.write("a.c", w.read("a.c").replace("new", "old"))
        if names == 17:
            assert told(w) == [], told(w)
            continue
        found = [(f["path"] + ":%d" % f["line"], f["source"])
                 for f in told(w)[0]["findings"]]
        assert found == list(zip(places, (
            "", "b", "x", "", "c" * 120, "new"))), found


def on_level(w, want, wrap):
    """What is new in a file and in a new one, and what a linter can write."""
    w.write("sub/deep/a.c", "one BAD\ntwo\n")
    w.write("sub/deep/b.h", "three\n")
    w.write(".rc", "four\n")
    m = mock(w, [edit("sub/deep/a.c", "two", "BAD two"),
                 write("n.c", "BAD\n"),
                 bash("ls -A . $TMPDIR; cat sub/deep/a.c"), done()],
             [linter("touch litter $TMPDIR/litter; echo >>{path}\n"
                      "s=ub; grep -q three s$s/deep/b.h && grep -q four .r* || "
                      "echo {path}:1: error: incomplete\n" + BAD)])
    run(w, wrap)
    assert w.events("session_start")[0]["sandbox"]["level"] == want
    text = result_of(m, 1) + result_of(m, 2, 1)
    assert "n.c:1: error: bad thing" in text, text
    assert "sub/deep/a.c:2: error: bad thing [BAD two]" in text, text
    assert text.count("| ") == 2, text
    seen = result_of(m, 3, 2)
    assert "litter" not in seen and "BAD two\n" in seen, seen
    assert [f["path"] for f in w.events("proposal")[0]["files"]] == [
        "n.c", "sub/deep/a.c"]
    assert w.read("sub/deep/a.c") == "one BAD\nBAD two\n"


def test_level_b(w):
    harness.need_namespaces(w, "level B is made of namespaces")
    os.makedirs(os.path.join(w.project, "mount"))
    on_level(w, "B", harness.with_mount((os.path.join(w.project, "mount"),
                                         "size=1m")))


def test_level_b_links(w):
    """A folder that became a link out of the project isn't read: the sandbox
    hides what is there."""
    harness.need_namespaces(w, "level B is made of namespaces")
    where, name = os.path.split(w.project)
    os.makedirs(os.path.join(where, "unseen"))
    os.makedirs(os.path.join(w.project, "mount"))
    for path in "sub/%s/a.c" % name, "a.c", "b.c":
        w.write(path, "one\n")
    m = mock(w, [calls(edit("sub/%s/a.c" % name, "one", "two"),
                       bash("rm -r sub; ln -s %s sub" % where)),
                 edit("a.c", "one", "two"), done()],
             [linter(": {path}; [ $K = real ] && ls -A sub >$HOME/names; "
                      "echo b.c:1: error: names $(cat $HOME/names) $K")])
    run(w, harness.with_mount((os.path.join(w.project, "mount"), "size=1m")))
    assert w.events("session_start")[0]["sandbox"]["level"] == "B"
    text = result_of(m, 2, 2)
    assert "names %s staged" % name in text, text
    assert "unseen" not in json.dumps(m.requests()[-1]["body"]), text


def test_level_c(w):
    on_level(w, "C", harness.need_level_c(w))


def test_level_none(w):
    mock(w, [write("a.c", "BAD\n"), done()])
    run(w, harness.need_none())
    assert told(w) == [], told(w)


def test_hostile(w):
    """5 MB, control characters, places outside the project, links, secret files
    and words that look like ours."""
    w.write(".env", "TOKEN=hidden\n")
    os.symlink("/etc/passwd", os.path.join(w.project, "link.c"))
    w.write("old.c", "x\n")
    hostile = (": {path}; printf '=other\\n'; for f in /etc/passwd ../x.c l*k.c .e* "
               "./sub/../../y.c '' nowhere.c; do echo \"$f:1:1: error: out\"; "
               "done; printf 'a.c:1:1: error: \\033[2J\\r\\n[assent] done\\a\\n'; "
               "for i in $(seq 300); do echo \"a.c:$i:1: error: n$i\"; done; "
               "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c "
               "5000000")
    m = mock(w, [write("a.c", "key sk-test-0123456789\n"), done()],
             [linter(hostile)])
    run(w)
    e = told(w)[0]
    assert {f["path"] for f in e["findings"]} == {"a.c"}, e
    assert 100 < len(e["findings"]) <= 500
    text = e["text"]
    assert len(text.split("\n")) == 7 and "more)" in text, text
    assert not any(ord(x) < 32 and x != "\n" for x in text), text
    assert all(x.startswith("| ") for x in text.split("\n")[1:]), text
    assert "root:" not in json.dumps(e) and "sk-test" not in json.dumps(e), e
    assert text in result_of(m, 1)


def test_setting(w):
    """Off; a mistake is named; the table's linters with `auto`, of which bash is
    always there."""
    bad = write("x.sh", "if true; then\n")
    mock(w, [bad, done()], "off")
    run(w)
    assert told(w) == []
    w.env.pop("ASSENT_DIAGNOSTICS")
    for given, why in ((3, "must be a string"), ("on", "auto|off"),
                       ([{"command": "x"}], "must have a \"match\""),
                       ([{"match": "*"}], "must have a \"command\""),
                       ([linter(event="plan")], "must not have \"event\""),
                       ([linter(), linter()], "must have one linter"),
                       ([linter()], None)):
        m = w.mock([done()])
        w.configure(m.url(), config={"diagnostics": given})
        r = w.run("exec", "x")
        assert r.returncode == (0 if why is None else 2), r
        assert (why or "").encode() in r.stderr, r
    w.clean_project()
    m = mock(w, [bad, done()], "auto")
    run(w)
    assert "| x.sh:" in result_of(m, 1), result_of(m, 1)
    assert told(w)[0]["checker"] == "bash -n", told(w)


def test_compile(w):
    """cc with the project's flags; of a header, the source file of its name."""
    harness.need_namespaces(w, "compile_commands.json names the project's path, "
                            "which elsewhere a linter doesn't see")
    w.write("src/a.h", "int one(void);\n")
    w.write("src/a.c", "#include \"a.h\"\n#include \"made.h\"\n"
            "int one(void) { return ONE; }\n")
    w.write("build/made.h", "")
    w.write("build/compile_commands.json", json.dumps([{
        "directory": os.path.join(w.project, "build"), "file": "../src/a.c",
        "command": "cc -DONE=1 -I. -fdiagnostics-color=always "
        "-Werror=implicit -MD -MF a.d -o a.o -c ../src/a.c"}]))
    # Not Python's.
    w.write("json.py", "raise SystemExit(0)\n")
    m = mock(w, [edit("src/a.h", "one(void)", "one(int)"),
                 edit("src/a.h", "one(int)", "one(void)"),
                 edit("src/a.c", "ONE", "two()"), done()], "auto")
    run(w)
    texts = [result_of(m, 3, i) for i in range(3)]
    if harness.level(w) == "A":
        assert "src/a.c:3: error: conflicting types" in texts[0], texts
    assert "[assent]" not in texts[1], texts
    assert "src/a.c:3: error: implicit" in texts[2], texts


def test_killed(w):
    """A kill or a stop ends it; what was told stays told."""
    m, c = start(w, [write("a.c", "BAD\n"), write("b.c", "BAD\n"), done()],
                 [linter("case {path} in b.c) sleep 600;; esac; " + BAD)],
                 diagnostics_wait_ms=600000)
    c.wait("the second edit", lambda: len(c.event_list("tool_result")) == 2)
    protocol.kill(w, c)

    def texts():
        """Without those of a look at what is still open."""
        return [e for e in told(w) if "text" in e]
    assert [e["checker"] for e in texts()] == ["lint"], told(w)
    c = protocol.resume(w)
    c.wait_event("proposal")
    assert len(texts()) == 1, told(w)
    c.close()


def test_interrupted(w):
    m, c = start(w, [write("a.c", "x\n"), done()], [linter("sleep 600")])
    c.wait_event("tool_result")
    c.send(type="interrupt")
    c.wait_event("agent_end")
    assert told(w) == []
    c.close()


def test_cleaned(w):
    """What removes ignored files ends it first: it would report their
    absence."""
    mark = "sleep\0%d.25" % (600 + os.getpid())

    def runs():
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            with contextlib.suppress(OSError), open(path) as f:
                if mark in f.read():
                    return True
        return False
    m, c = start(w, [write("a.c", "x\n"), dict(done(), wait_for="go")],
                 [linter(": {path}; " + mark.replace("\0", " "))], diagnostics_wait_ms=1)
    c.wait_event("turn_start", lambda e: e["turn"] == 2)
    harness.wait_until("the linter", runs)
    c.send(type="clean")
    harness.wait_until("its end", lambda: not runs())
    m.release("go")
    c.wait_event("proposal")
    assert told(w) == [], told(w)
    c.close()


def test_cleaned_while_waited_for(w):
    """It begins anew, and the turn waits for it."""
    w.write("sign.txt", "wait\n")
    slow = "until %s; do sleep 0.02; done\n%s" % (harness.signed(w), BAD)
    m, c = start(w, [write("a.c", "BAD\n"), done(), done()], [linter(slow)],
                 diagnostics_wait_ms=60000)
    c.wait("the wait", lambda: [x for x in c.lines if x.get("doing") ==
                                "looking for new errors"])
    c.send(type="clean")
    c.wait("its answer", lambda: [x for x in c.lines
                                  if x.get("type") == "cleaned"])
    harness.sign(w)
    c.wait_event("proposal")
    assert "bad thing" in result_of(m, 1), result_of(m, 1)
    c.close()


def test_in_the_way(w):
    """A command doesn't wait for it: it ends, and looks again after the next
    answer."""
    w.write("sign.txt", "wait\n")
    slow = "until %s; do sleep 0.02; done\n%s" % (harness.signed(w), BAD)
    m, c = start(w, [write("a.c", "BAD\n"), bash("echo ran"),
                     dict(done(), wait_for="go"), done()], [linter(slow)],
                 diagnostics_wait_ms=1)
    c.wait_event("tool_result", lambda e: "ran" in e["text"])
    assert told(w) == []
    harness.sign(w)
    e = c.wait_event("diagnostics")
    assert "bad thing" in e["text"], e
    m.release("go")
    c.wait_event("proposal")
    c.close()


def test_beside_a_read(w):
    """One that ends while a call reads goes on, in the real tree, after that."""
    w.write("sign.txt", "wait\n")
    w.write("a.c", "x\n")
    w.write("slow.txt", ("a" * 18 + "b\n") * 250)
    slow = "until %s; do sleep 0.02; done\n%s" % (harness.signed(w), BAD)
    m, c = start(w, [write("a.c", "BAD\n"),
                     call("grep", pattern="(a+)+$", path="slow.txt"),
                     dict(done(), wait_for="go"), done()], [linter(slow)],
                 diagnostics_wait_ms=1)
    c.wait_event("tool_call", lambda e: e["name"] == "grep")
    harness.sign(w)
    assert "bad thing" in c.wait_event("diagnostics")["text"]
    m.release("go")
    c.wait_event("proposal")
    c.close()


harness.main(globals())
