"""A session in plain lines: decided by typed letters and Enter, with nothing
drawn and nothing printed into a question.
"""

import os
import signal
import stat
import threading

import harness
import protocol
import screenlib
from messages import msg

BEFORE = "".join("line %d\n" % n for n in range(1, 31))
AFTER = (BEFORE.replace("line 4\n", "LINE 4\n").replace("line 7\n", "LINE 7\n")
         .replace("line 20\n", "LINE \033[2J20\nand a half\n"))
WRITE = {"name": "write", "args": {"path": "a.txt", "content": AFTER}}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
OK = {"text": "understood \033]0;title\007"}
STEPS = [{"title": "write a.txt"}]
WAITS = b"Press Enter to see "
REST = b" ready"
ASK = msg.ACCEPT_THIS_HUNK_Y.encode()
# No mark writes: after the last one it is asked.
WRITES = (harness.WRITE_ASKED, b"y\n")
WRITES_UNREAD = (msg.N_GOES_BACK.encode() + b" [Y,n]", b"Y\n")


def begin(w, answers=None, **env):
    w.write("a.txt", BEFORE)
    w.env.update({"TERM": "dumb", "LC_ALL": "C.UTF-8"})
    w.env.update(env)
    return w.mock(answers or [{"calls": [WRITE]}, DONE])


def clean(seen):
    """Nothing in it moves a cursor or says something to the terminal."""
    for n in seen.replace(b"\r\n", b"\n"):
        assert n == 10 or n == 7 or n >= 32, seen
    return seen


def marks(w):
    return [(e["mark"], e.get("seen"), e.get("word"))
            for e in w.events("draft")]


def test_letters_decide(w):
    begin(w, [{"calls": [WRITE]}, DONE, OK])
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"r not this one\n"), (ASK, b"y\n"),
        (b"y writes 1 hunk to 1 file, rejects 1; n goes back", b"\n"),
        (WRITES[0], b"n\n"), (b"nothing written", b""), (ASK, b"x\n"), WRITES,
        (b"understood", b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    clean(seen)
    assert marks(w) == [("no", True, "not this one"), ("yes", True, None)]
    assert w.read("a.txt") == BEFORE.replace(
        "line 20\n", "LINE \033[2J20\nand a half\n")
    # Each change in full before its question, hostile text as marks.
    assert b"-line 4\r\n+LINE 4\r\n" in seen and b"LINE ^[[2J20" in seen, seen


def test_the_rest_leaves_marks_alone(w):
    """d and A mark what is open, not the hunk that was marked before."""
    for first, goes, rest, want in (
            (b"y\n", b"g 2\n", b"d\n", ["yes", "no"]),
            (b"n\n", b"g 1\n", b"A\n", ["no", "yes"])):
        begin(w)
        code, seen = harness.on_terminal(w, [
            (WAITS, b"\n"), (ASK, first), (ASK, goes), (ASK, rest), WRITES,
            (REST, b"\x04")], "--plan", "skip", "go")
        assert code == 0, (code, seen)
        assert [m[0] for m in marks(w)] == want, marks(w)


def test_what_overwrites_is_asked_by_itself(w):
    """Neither A nor a takes the hunk that would replace the user's newer line:
    in plain lines, and where exec asks."""
    harness.need_sandbox(w)
    mine = BEFORE.replace("line 20\n", "mine\n")
    look = {"calls": [{"name": "bash", "args": {"command": "true"}}],
            "wait_for": "go"}

    def meanwhile(m):
        harness.wait_until("the write", lambda: w.sessions() and
                           w.events("tool_result"))
        w.write("a.txt", mine)
        m.release("go")
        return b""
    over = msg.OVERWRITES_THEM.encode()
    alone = b"only y accepts it"
    change = msg.ACCEPT_THIS_HUNK_Y.encode()
    for args, answers in (
            ((), [(WAITS, b"\n"), (ASK, b"A\n"), (b"-mine", b""), (over, b""),
                  (ASK, b"a\n"), (alone, b""), (ASK, b"y\n"),
                  (b"1 overwrites your newer lines", b""), WRITES_UNREAD,
                  (REST, b"\x04")]),
            (("exec",), [(change, b"a\n"), (b"-mine", b""), (over, b""),
                         (change, b"a\n"), (alone, b""),
                         (change, b"y\n"), WRITES_UNREAD])):
        begin(w, [{"calls": [WRITE]}, look, DONE])
        code, seen = harness.on_terminal(
            w, [(b"write a.txt", lambda: meanwhile(w.mocks[-1]))] + answers,
            *args, "--plan", "skip", "go")
        assert code == 0, (code, seen)
        assert w.read("a.txt") == AFTER, seen
        over_ = [h.get("overwrite", False) for e in w.events("decision")
                 for f in e["files"] for h in f["hunks"]]
        assert over_ == [False, True], over_
        w.verify()
        harness.remove(w.path("state"))


def test_plan_and_words(w):
    begin(w, [{"calls": [{"name": "plan", "args": {
        "goal": "louder", "steps": STEPS, "files": ["a.txt"]}}]},
        harness.call("plan", goal="louder still", steps=STEPS, files=[
            "a.txt"]),
        {"calls": [WRITE]}, DONE, DONE])
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (msg.APPROVE_THIS_PLAN.encode(), b"x\n"),
        (b"r [TEXT]   send it back", b""),
        (msg.APPROVE_THIS_PLAN.encode(), b"\n"),
        (msg.APPROVE_THIS_PLAN.encode(), b"c 9 no\n"),
        (b"no such row", b"\n"),
        (msg.APPROVE_THIS_PLAN.encode(), b"c 1 mumble\n"), (WAITS, b"\n"),
        (b"1 step, 1 note: approve this plan?", b"r not loud enough\n"),
        (b"louder still", b""), (WAITS, b"\n"),
        (msg.APPROVE_THIS_PLAN.encode(), b"y\n"), (WAITS, b"\n"),
        (ASK, b"d\n"), (b"Y rejects 2 hunks", b""), WRITES_UNREAD,
        (REST, b"\x04")], "--", "go")
    assert code == 0, (code, seen)
    clean(seen)
    plans = [(e["status"], e.get("word")) for e in w.events("plan")]
    assert plans == [("proposed", None), ("note", "mumble"),
                     ("returned", "not loud enough"),
                     ("proposed", None), ("approved", None),
                     ("step", None)], plans
    assert w.read("a.txt") == BEFORE


def test_plan_without_the_exploration(w):
    m = begin(w, [harness.call("read", path="a.txt"), harness.call(
        "plan", goal="louder", steps=STEPS), DONE, DONE])
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (msg.APPROVE_THIS_PLAN.encode(), b"f\n"),
        (REST, b"\x04")], "--", "go")
    assert code == 0, (code, seen)
    assert w.events("compaction")[0]["why"] == "plan"
    calls = [[c["function"]["name"] for q in r["body"]["messages"]
              for c in q.get("tool_calls", [])] for r in m.requests()[1:3]]
    assert calls == [["read"], []], calls


def test_parts_lines_editor(w):
    editor = w.path("editor")
    with open(editor, "w") as f:
        f.write("#!/bin/sh\nsed -i 's/and a half/and two halves/' \"$1\"\n")
    os.chmod(editor, os.stat(editor).st_mode | stat.S_IXUSR)
    begin(w, EDITOR=editor, VISUAL="")
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"s\n"),
        (WAITS, b"\n"), (b"(1/3)", b""), (ASK, b"v\n"),
        (b"which lines", b"3\n"), (b"only 2 + and - lines", b""),
        (b"which lines", b"1\n"),
        (b"accept this?", b"no\n"), (b"n          go back", b"n\n"), (ASK, b"v\n"), (b"which lines", b"1\n"),
        (b" line 3\r\n-line 4\r\n line 5", b""), (b"accept this?", b"y\n"),
        (b"(2/3)", b""), (ASK, b"n\n"),
        (b"(3/3)", b""), (ASK, b"e\n"), WRITES,
        (b"you accepted 2 hunks and rejected 1 in 1 file, 2 edited", b""),
        (REST, b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    clean(seen)
    assert w.read("a.txt") == BEFORE.replace("line 4\n", "").replace(
        "line 20\n", "LINE \033[2J20\nand two halves\n"), w.read("a.txt")


def test_comments(w):
    """Words on a line are in the journal at once, before any answer."""
    begin(w)
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"c 9 no\n"), (msg.NO_SUCH_LINE.encode(), b""),
        (ASK, b"c 1 why\n"), (ASK, b"c 0 all of it\n"), (ASK, b"c\n"),
        (msg.NO_SUCH_LINE.encode(), b""), (ASK, b"q\n"),
        (b"marks are kept", b"\x04")], "--plan", "skip", "go")
    clean(seen)
    # Leaving doesn't wait for the core to read what was sent.
    harness.wait_until("two comments", lambda: len(w.events("comment")) > 1)
    got = [(e["line"], e["text"]) for e in w.events("comment")]
    assert [t for _, t in got] == ["why", "all of it"], got
    hunk = w.events("proposal")[-1]["files"][0]["hunks"][0]
    line = hunk["text"].split("\n")[got[0][0] - 1]
    assert line[0] in "+-" and got[1][0] == 0, (got, hunk)
    assert not w.events("draft")
    text = w.run("show").stdout.decode()
    assert "# your comment on a.txt, hunk 1, line %d: why\n" % got[0][0] in text, text
    assert "# your comment on a.txt, hunk 1: all of it\n" in text, text


def test_what_is_no_answer(w):
    """Arrow keys, several lines, single letters without a question, words that
    are no answer: none decides and none becomes a message."""
    begin(w)
    code, seen = harness.on_terminal(w, [
        (WAITS, b"y\n"), (msg.NO_OPEN_QUESTION.encode(), b"y\nA\n\n"),
        (msg.NO_OPEN_QUESTION.encode(), b"r too slow\n"),
        (msg.NO_OPEN_QUESTION.encode(), b"yes\n"),
        (msg.NO_OPEN_QUESTION.encode(), b"e 1m\n"),
        (msg.NO_OPEN_QUESTION.encode(), b"\n"),
        (ASK, b"\x1b[A\n"), (msg.NO_ANSWER.encode(), b""),
        (ASK, b"y\ny\n"), (msg.NO_ANSWER.encode(), b""),
        (ASK, b"yy\n"), (b"this hunk with a reason", b""),
        (ASK, b"q\n"), (b"marks are kept", b"/nonsense\n"),
        (b"unknown command /nonsense", b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    assert marks(w) == [], marks(w)
    assert [e["text"] for e in w.events("user_message")] == ["go"]
    assert w.read("a.txt") == BEFORE


def test_confirm_take_back_send(w):
    begin(w)
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"n\n"), (ASK, b"u\n"),
        (b"(1/2)", b""), (ASK, b"y\n"), (b"(2/2)", b""), (ASK, b"x\n"),
        (b"1 stays open", b""), WRITES, (b"accepted 1 hunk", b""), (b"1 of 1 hunk to review", b"\n"),
        (b"(1/1)", b""), (ASK, b"A\n"), (b"y writes 1 hunk to 1 file", b""),
        WRITES, (b"did it", b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    assert [m[0] for m in marks(w)] == ["no", "none", "yes", "yes"], marks(w)
    assert w.read("a.txt") == AFTER


def test_unseen_wants_a_word(w):
    begin(w)
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"a\n"),
        (b"1 of 2 unread \xc2\xb7 capital Y writes them too", b""),
        (WRITES_UNREAD[0], b"y\n"), WRITES_UNREAD, (b"did it", b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    # The decision tells what was seen.
    assert [(h["decision"], h["seen"]) for h in
            w.events("decision")[0]["files"][0]["hunks"]] == [
                ("yes", True), ("yes", False)], w.events("decision")
    assert w.read("a.txt") == AFTER


def test_alike(w):
    """Those that make the same change are accepted by one answer, which the
    record says that nobody read them. The next question is about the hunk after
    the first of them."""
    names = ["%s.c" % name for name in "abcdefghijkl"]
    begin(w, [{"calls": [{"name": "write", "args": {
        "path": name, "content": "new(%s%s);\n" % (name[0], {
            "c.c": ", evil", "e.c": ", more"}.get(name, ""))}}
        for name in names]}, DONE])
    for name in names:
        w.write(name, "old(%s);\n" % name[0])
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"&\n"),
        (b"in c.c (3/12)", b"n\n"), (b"in e.c (5/12)", b"n\n"), WRITES,
        (REST, b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    clean(seen)
    assert b"9 others make the same change; & accepts all of them" in seen
    assert b"new(c, evil)" in seen and b"new(b)" not in seen, seen
    made = [(h["decision"], h.get("seen", False))
            for f in w.events("decision")[0]["files"] for h in f["hunks"]]
    assert sorted(made) == [("no", True)] * 2 + [("yes", False)] * 9 + [
        ("yes", True)], made
    for name in names:
        assert w.read(name) == ("old" if name in ("c.c", "e.c") else
                                "new") + "(%s);\n" % name[0]


def test_decided_elsewhere(w):
    """Another client decides while the question is open: it is withdrawn, and
    the letter typed then isn't an answer. What came meanwhile is printed after
    it, also where exec asks."""
    def elsewhere():
        w.run("decide", "--accept", "none", code=5)
        return b""

    for plain in True, False:
        begin(w)
        code, seen = harness.on_terminal(
            w, [(WAITS, b"\n")] * plain +
            [(ASK, elsewhere), (msg.NOTHING_WAS_DECIDED.encode(), b"y\n")] +
            [(msg.NO_OPEN_QUESTION.encode(), b"\x04")] * plain,
            *[] if plain else ["exec"], "--plan", "skip", "go")
        assert code == (0 if plain else 5), (code, seen)
        assert w.read("a.txt") == BEFORE
        # Nothing was printed between the question and its end.
        tail = seen[seen.index(ASK):]
        tail = tail[tail.index(b"] ") + 2:].lstrip(b"\r\n")
        assert tail.startswith(
            b"- this has changed; nothing was marked"), tail
        assert b"rejected" in tail, tail


def test_check_stopped_elsewhere(w):
    """The question comes again."""
    harness.need_sandbox(w)
    begin(w)
    w.write("slow.txt", "no\n")

    def elsewhere():
        harness.wait_until("the check", lambda: harness.running("sleep 1000"))
        c = protocol.attach(w)
        c.send(type="interrupt", check=True)

    def check():
        w.write("slow.txt", "yes\n")
        threading.Thread(target=elsewhere).start()
        return b"t\n"

    code, seen = harness.on_terminal(w, [(ASK, check), (ASK, b"q\n")], "exec",
                                     "--plan", "skip", "--test",
                                     "grep no slow.txt || sleep 1000", "go")
    assert code == 5, (code, seen)


def test_commit_takes_no_options(w):
    begin(w, [OK])
    code, seen = harness.on_terminal(w, [
        (REST, b"/commit --note\n"),
        (b"options are for assent commit in a shell", b"\x04")])
    assert code == 0, (code, seen)


def test_detach_attach(w):
    begin(w, [{"calls": [WRITE]}, DONE, OK])
    code, seen = harness.on_terminal(
        w, [(WAITS, b"\n"), (ASK, b"y\n"), (ASK, b"\x04")],
        "--plan", "skip", "go")
    assert code == 0 and b"assent resume" in seen, (code, seen)
    # The answer that was given is there when one comes back.
    code, seen = harness.on_terminal(w, [
        (b"1 of 2 hunks to review", b"\n"), (b"(2/2)", b""),
        (ASK, b"n\n"), WRITES, (REST, b"hello again\n"),
        (b"understood", b"/end\n")], "resume", "--plain")
    assert code == 0, (code, seen)
    clean(seen)
    assert [e["text"] for e in w.events("user_message")][-1] == "hello again"


def test_interrupt_twice(w):
    begin(w)
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\x03"), (msg.CTRL_C_AGAIN_DETACHES.encode(), b"\x03")], "--plan", "skip", "go")
    assert code == 0 and b"detached" in seen, (code, seen)
    w.run("end", code=0)


def test_core_dies(w):
    """After a task that was done: it is not the end of the session."""
    def die():
        os.kill(screenlib.core_pid(), signal.SIGKILL)
        return b""
    begin(w, [OK])
    code, seen = harness.on_terminal(w, [(REST, b"hello\n"),
                                         (b"understood", b""), (REST, die)])
    assert code == 1, (code, seen)
    assert msg.BACKGROUND_PROCESS_DIED_NO_DECISION_WAS_LOST.encode() in seen, seen
    assert w.events("agent_end"), "no task had ended"


def test_failed_calls_have_names(w):
    """Calls run side by side: each that fails says which it was."""
    begin(w, [{"calls": [{"name": "read", "args": {"path": p}}
                         for p in ("one", "two", "x" * 200)]}, OK])
    code, seen = harness.on_terminal(w, [(b"understood", b"\x04")],
                                     "--plan", "skip", "go")
    assert code == 0, (code, seen)
    for p in (b"one", b"two", b"x" * 55 + b"..."):
        assert b"  read %s: failed: " % p in seen, seen


def test_ascii(w):
    begin(w, LC_ALL="C")
    w.write("a.txt", BEFORE)
    code, seen = harness.on_terminal(w, [
        (WAITS, b"\n"), (ASK, b"?\n"), (b"marks are kept", b""),
        (ASK, b"/help\n"), (ASK, b"q\n"), (b"kept; Enter", b"/help\n"),
        (b"/undo", b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    assert all(n < 128 for n in seen), seen
    w.run("end")


def test_run(w):
    """A command of the person's own: live, and with its end."""
    harness.need_sandbox(w)
    begin(w, [OK])

    def let_go():
        with open(os.path.join(w.session_dir(), "stage", "tmp", "go"),
                  "w"):
            pass
        return b""

    code, seen = harness.on_terminal(w, [
        (REST, b"!echo begun; until [ -e $TMPDIR/go ]; do sleep 0.02; done; "
         b"printf '\\rplain\\nhalf\\rwhole \\033[2J\\nlast'; echo x >b.txt; exit 3\n"),
        (b"  | begun\r\n", let_go), (b"  | last\r\n", b""),
        (b"  exit 3", b""), (WAITS, b"\n"), (ASK, b"y\n"), WRITES,
        (REST, b"!seq 1 1000\n"),
        (b"  | 200\r\n", b""), (b"[790 lines omitted]", b""),
        (b"  | 1000\r\n", b""), (b"  exit 0", b"!\n"),
        (b"! needs a command; for example, !make", b"!!\n"), (msg.DOES_NOTHING_HERE.encode(), b"!a\n!b\n"),
        (msg.SEVERAL_LINES_AT_ONCE_NOTHING.encode(), b"!!hey there\n"),
        (b"understood", b"\x04")], "--plan", "skip")
    assert code == 0, (code, seen)
    clean(seen)
    assert b"  | (...) whole ^[[2J\r\n" in seen, seen
    assert b"  | plain\r\n" in seen, seen
    assert b"  | half" not in seen, seen
    assert b"> ! echo begun" in seen, seen
    assert w.read("b.txt") == "x\n"
    assert [e["text"] for e in w.events("user_message")
            if e["by"] == "user"] == ["!hey there"]
    assert len(w.events("tool_call")) == 2


harness.main(globals())
