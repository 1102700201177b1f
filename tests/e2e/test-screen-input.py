"""What is typed on the screen: kept for the next session, completed, pasted,
edited elsewhere, said in place of what goes on.
"""

import glob
import json
import os
import signal
import stat

import harness
from line import Line
from screenlib import Screen, core_pid, screen_pid, wait_events
from messages import msg

SKIP = {"plan": "skip"}
ESC = "\x1b"


def words(text):
    return {"text": text}


def begin(w, *answers):
    w.write("src/parse.c", "int x;\n")
    w.write("src/Parse.h", "int x;\n")
    w.write("build/parse.o", "x")
    w.write("notes one.txt", "x\n")
    w.write(".gitignore", "build/\n")
    w.git("init", "-q")
    w.mock(list(answers), config=SKIP)
    return Screen(w)


def history(w):
    return w.path("state", "assent", "history")


def said(w):
    return [e["text"] for e in w.events("user_message") if e["by"] == "user"]


def test_history_of_two_sessions(w):
    with begin(w, words("Hello."), words("Again.")) as t:
        t.need(" ready")
        t.send("say hello to\x1b\rall\r")
        t.need("Hello.")
        t.need(" ready")
        t.send("\t")
        t.say(" and nothing of this\r")
        t.need("Again.")
        t.end()
    assert stat.S_IMODE(os.stat(history(w)).st_mode) == 0o600
    with open(history(w)) as f:
        assert [json.loads(line) for line in f] == ["say hello to\nall"]
    w.mock([words("A third one.")], config=SKIP)
    with Screen(w) as t:
        t.need(" ready")
        t.send("half a word")
        t.need("> half a word")
        t.send("\x12HELLO\x7f\x7f\x7f\x7f\x7fhello")
        t.need("(history: hello) say hello to")
        t.send("\x07")
        t.need("> half a word")
        t.send("\x1b[A")
        t.need("> say hello to")
        t.send("\x1b[B\x1b[B")
        t.need("> half a word")
        t.send("\x10\x05 twice\r")
        t.need("A third one.")
        t.end()
    with open(history(w)) as f:
        assert [json.loads(line) for line in f] == [
            "say hello to\nall", "say hello to\nall twice"]
    w.verify()


def test_history_that_cannot_be_kept(w):
    os.makedirs(history(w))
    with begin(w, words("Hello.")) as t:
        t.need(" ready")
        t.send("first words\r")
        t.need("Hello.")
        t.need(" ready")
        t.press("\ti\x1b[A")
        t.need("> first words")
        t.press("\x15\t")
        t.end()
    assert os.listdir(history(w)) == []


def test_paste(w):
    text = "".join("line %d of a log that somebody has pasted here\n" % i
                   for i in range(100000))
    with begin(w, words("So much.")) as t:
        t.need(" ready")
        t.send("what is wrong? ")
        t.need("> what is wrong?")
        t.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")
        t.need("100,000 lines: line 0 of a log")
        t.slow(150)
        t.send(" please\r")
        t.need("So much.")
        got = said(w)
        assert got == ["what is wrong? \n" + text + " please"], (
            len(got), [len(g) for g in got])
        t.end()
    # Of it the history has the label.
    assert os.path.getsize(history(w)) < 200


def test_torn_answer(w):
    """The terminal's answer is none of the keys, wherever it is torn, with an
    Esc of its own in front."""
    answer = b"\x1b]11;rgb:ffff/ffff/ffff"
    for end in (b"\x07", b"\x1b\\"):
        for cut in (1, 2, 3, 5, len(answer)):
            with Line(env={"COLORFGBG": "", "VISUAL": "", "EDITOR": "echo",
                           "ESCDELAY": "25"}) as line:
                line.need(b" reject")
                line.rest()
                at = len(line.raw)
                line.send((answer + end)[:cut])
                line.rest()
                line.send((answer + end)[cut:])
                line.need(b"\x1b[38;5;16m\x1b[48;5;194m", at)
                # Behind it keys are keys.
                line.send(b"\x0c")
                line.need(b" reject", line.raw.rindex(b"48;5;194m"))
                for wrong in (b"rgb:", b"> ;", b"> ]", b"Alt-"):
                    assert wrong not in line.raw[at:], (end, cut, wrong)


def kept(w):
    """What the session's folder has of texts that were not sent."""
    out = ""
    for name in os.listdir(w.session_dir()):
        # What is being written is not there yet.
        if name.startswith("typed-") and ".tmp." not in name:
            try:
                with open(os.path.join(w.session_dir(), name)) as f:
                    out += f.read()
            except FileNotFoundError:
                pass  # it was just taken away
    return out


def test_end_before_a_task(w):
    with begin(w) as t:
        t.need(" ready")
        t.send("/end\r")
        last = t.ended("exit 0")
        assert msg.SESSION_ENDED_NOTHING_WAS_SAID in last, last
    w.verify()


def test_unsent_is_kept(w):
    """However the screen or the core goes, what was typed is there again."""
    with begin(w, words("Hello."), words("Again.")) as t:
        t.need(" ready")
        t.send("half a thought")
        t.need("> half a thought")
        t.leave()
        assert msg.UNSENT_TEXT_IS_KEPT in t.detach()
    for name in ("typed-0", "typed.lock"):
        path = os.path.join(w.session_dir(), name)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, name
    with Screen(w, "resume") as t:
        t.need(msg.YOUR_UNSENT_TEXT_IS_BACK)
        t.need("> half a thought")
        t.leave()
        t.say(", and the rest")
        harness.wait_until("it is kept", lambda: "and the rest" in kept(w))
        os.kill(screen_pid(), signal.SIGKILL)
        t.eof()
    with Screen(w, "resume") as t:
        t.need("> half a thought, and the rest")
        t.leave()
        t.say("\r")
        t.need("Hello.")
        harness.wait_until("it is no draft", lambda: kept(w) == "")
        t.need(" ready")
        t.send("\t")
        t.say("to a core that dies")
        t.need("> to a core that dies")
        os.kill(core_pid(), signal.SIGKILL)
        last = t.ended("exit 1")
        assert msg.BACKGROUND_PROCESS_DIED_NO in last, last
        assert msg.UNSENT_TEXT_IS_KEPT in last, last
    with Screen(w, "resume") as t:
        t.need("> to a core that dies")
        t.leave()
        t.say("\r")
        t.need("Again.")
        harness.wait_until("it is no draft", lambda: kept(w) == "")
        t.end()
    assert said(w) == ["half a thought, and the rest",
                       "to a core that dies"], said(w)
    w.verify()


def test_saved_in_the_editor_is_kept(w):
    """The screen is ended while the editor stands in its place."""
    script = w.write("editor", "#!/bin/sh\nprintf 'from the editor' >\"$1\"\n"
                     "echo saved; exec sleep 1000\n", 0o755, base=w.root)
    w.mock([words("Hello.")], config=SKIP)
    with Screen(w, env={"EDITOR": script}) as t:
        t.need(" ready")
        t.send("from the line")
        t.need("> from the line")
        t.send("\x07")
        t.need("saved")
        os.kill(screen_pid(), signal.SIGTERM)
        t.eof()
    assert "from the editor" in kept(w), kept(w)
    with Screen(w, "resume") as t:
        t.need("> from the editor")
        t.leave()
        t.say("\r")
        t.need("Hello.")
        assert said(w) == ["from the editor"], said(w)
        t.end()


def test_large_unsent_is_kept(w):
    """Its bytes are written once, whatever is typed beside it."""
    text = "".join("line %d of a log\n" % i for i in range(300000))
    with begin(w, words("So much.")) as t:
        t.need(" ready")
        t.send("look: ")
        t.need("> look:")
        t.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")
        t.need("300,000 lines")

        def part():
            """Its file, once all of it is there: a slow paste may be kept in
            the middle, too."""
            for name in os.listdir(w.session_dir()):
                path = os.path.join(w.session_dir(), name)
                try:
                    if name.startswith("typed-0.") and ".tmp" not in name \
                            and os.path.getsize(path) == len(text):
                        return path
                except FileNotFoundError:
                    pass
            return None

        path = harness.wait_until("it is kept", part)
        before = os.stat(path)
        t.send(" please")
        harness.wait_until("more of it", lambda: "please" in kept(w))
        after = os.stat(path)
        assert (after.st_ino, after.st_mtime_ns) == (
            before.st_ino, before.st_mtime_ns)
        t.idle()
        t.leave()
        t.detach()
    with Screen(w, "resume") as t:
        t.need("300,000 lines")
        t.leave()
        t.say("\r")
        t.need("So much.")
        assert said(w) == ["look: \n" + text + " please"]
        harness.wait_until("it is no draft", lambda: kept(w) == "")
        t.end()


def test_paths(w):
    with begin(w, words("Seen.")) as t:
        t.need(" ready")
        t.send("@prs")
        t.need("src/parse.c")
        t.need("src/Parse.h")
        assert "parse.o" not in t.text(), t.text()
        t.send("\x15@parse.o")
        t.need("no such file")
        t.send("\x15read @Pa")
        t.need("src/Parse.h")
        t.send("\t")
        t.need("> read src/Parse.h")
        t.send("and @NOTES")
        t.need("no such file")
        t.send("\x17@notes")
        t.need("notes one.txt")
        t.press("\t\r")
        t.need("Seen.")
        assert said(w) == ['read src/Parse.h and "notes one.txt" '], said(w)
        t.end()


def test_an_image(w):
    """Its @ stays, since it is sent; the transcript has a line for it."""
    shot = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\3\x20\0\0\2\x58"
            b"\x08\2\0\0\0\0\0\0\0")
    w.write("src/a shot.png", shot)
    with begin(w, words("Seen.")) as t:
        t.need(" ready")
        t.send("look at @shot")
        t.need("src/a shot.png")
        t.send("\t")
        t.need('> look at @"src/a shot.png"')
        t.send("and @gone.png\r")
        t.need("@gone.png: no such file in the project")
        t.press("\ti\x1b[A")
        t.need('> look at @"src/a shot.png" and @gone.png')
        t.send("\x17\r")
        t.need("Seen.")
        t.need("src/a shot.png, PNG, 800x600, 33 bytes")
        assert said(w) == ['look at @"src/a shot.png" and '], said(w)
        t.end()


def test_paths_of_new_files(w):
    """What the model has made is a name too, as long as it is staged, and is
    listed once when it is in the tree."""
    with begin(w, {"calls": [{"name": "write", "args": {
            "path": "src/brandnew.c", "content": "int x;\n"}}]},
            words("Made."), words("Read.")) as t:
        t.need(" ready")
        t.send("make it\r")
        t.review()
        t.say("@brandn")
        t.need("> src/brandnew.c")
        t.send("\x15")
        t.review()
        t.send("y")
        harness.wait_until("it is in the tree", lambda: os.path.exists(
            os.path.join(w.project, "src", "brandnew.c")))
        t.need(" ready")
        t.need("? help")
        t.say("@brandn")
        t.need("> src/brandnew.c")
        assert t.text().count("  src/brandnew.c\n") == 0, t.text()
        t.press("\t\r")
        t.need("Read.")
        assert said(w)[-1] == "src/brandnew.c ", said(w)
        t.end()


def is_hidden(kept):
    with open(kept) as f:
        return json.load(f)["strip_hidden"]


def switch_strip(t):
    t.send("S")
    t.need("plan strip")
    t.send("strip")
    t.need("strip")
    t.send("\r")


def test_views_are_kept(w):
    """What was switched is so on the next screen; a damaged file is
    told of, and written anew."""
    harness.need_sandbox(w)
    kept = w.path("state", "assent", "screen")
    with begin(w) as t:
        t.need(" ready")
        t.need("no network")
        t.send("\x1b")
        t.need("q quit")
        switch_strip(t)
        t.need_gone("no network")
        t.end()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    with open(kept) as f:
        saved = json.load(f)
    assert saved["version"] == 1 and saved["strip_hidden"], saved
    with Screen(w) as t:
        t.need(" ready")
        t.send("\x1b")
        t.need("q quit")
        assert "no network" not in t.text(), t.text()
        # A screen that is killed has kept it, too.
        switch_strip(t)
        t.need("no network")
        harness.wait_until("saved", lambda: not is_hidden(kept))
        switch_strip(t)
        t.need_gone("no network")
        harness.wait_until("saved again", lambda: is_hidden(kept))
        t.signal(signal.SIGKILL)
        t.eof()
    w.run("end", w.sessions()[-1])
    # Where that fails, it is tried again at the end.
    os.unlink(kept)
    with Screen(w) as t:
        t.need(" ready")
        t.need("no network")
        os.mkdir(kept)
        t.send("\x1b")
        t.need("q quit")
        switch_strip(t)
        t.need_gone("no network")
        t.slow(1100)     # it is saved after a second
        os.rmdir(kept)
        t.end()
    assert is_hidden(kept)
    for text in ("", "{", "[]\n", '{"version":2,"zoom":true}\n',
                 "x" * 100000):
        with open(kept, "w") as f:
            f.write(text)
        with Screen(w) as t:
            t.need(msg.DAMAGED_VIEWS)
            t.need("no network")
            t.need(" ready")
            t.send("\x1b")
            t.need("q quit")
            t.end()
        with open(kept) as f:
            assert json.load(f)["strip_hidden"] is False, text


def test_commands(w):
    with begin(w, words("Hello.")) as t:
        t.need(" ready")
        t.send("/mo\t")
        t.need("later")
        t.press("la\t\r")
        t.need("review mode later: you review")
        assert wait_events(w, "mode")[-1]["approve"] == "later"
        t.send("\t")
        t.say("/ned\r")
        t.need("unknown command /ned")
        t.send("\x15/end\r")
        t.ended("exit 0")
    assert said(w) == []


def test_editor(w):
    script = w.write("ed.sh", "#!/bin/sh\ngrep -q 'pasted .* 300 lines' \"$1\" "
                     "|| exit 1\nsed -i 's/^some/other/' \"$1\"\n", mode=0o755,
                     base=w.root)
    w.env["EDITOR"] = script
    w.mock([words("Read.")], config=SKIP)
    with Screen(w, env={"EDITOR": script}) as t:
        t.need(" ready")
        t.send("some words ")
        t.need("> some words")
        t.send(b"\x1b[200~" + b"a line\n" * 300 + b"\x1b[201~")
        t.need("300 lines: a line")
        t.slow(150)
        t.send(" end\x07")
        t.need("> other words [pasted")
        t.send("\r")
        t.need("Read.")
        assert said(w) == ["other words \n" + "a line\n" * 300 + " end"]
        t.end()


def test_editor_that_fails(w):
    """As git has it: what was saved is not taken.  It is named, and there."""
    script = w.write("ed.sh", "#!/bin/sh\nread how <\"$1\"\n"
                     "case $how in save*) echo precious >\"$1\";;\n"
                     "large*) truncate -s 40M \"$1\";; esac\n"
                     "exit 3\n", mode=0o755, base=w.root)
    w.mock([words("Read.")], config=SKIP)
    with Screen(w, env={"EDITOR": script, "TMPDIR": w.root,
                        "XDG_RUNTIME_DIR": None}, cols=120) as t:
        t.need(" ready")
        t.send("save this\x07")
        t.need("ended with status 3: nothing changed; your text is in")
        t.need("> save this")
        left, = glob.glob(os.path.join(w.root, "assent-edit-*"))
        assert os.stat(left).st_mode & 0o077 == 0
        with open(os.path.join(left, "message.txt")) as f:
            assert f.read() == "precious\n"
        assert left.rsplit("/", 1)[1] in "".join(
            r.strip() for r in t.screen()), t.text()
        # Where nothing was written nothing is left.
        t.send("\x15leave it\x07")
        t.need_gone(msg.YOUR_TEXT_IS_IN)
        t.need("ended with status 3: nothing changed")
        assert "saved" not in t.text(), t.text()
        assert glob.glob(os.path.join(w.root, "assent-edit-*")) == [left]
        # Nor is what is too large to be read thrown away.
        t.send("\x15large\x07")
        t.need(msg.YOUR_TEXT_IS_IN)
        assert len(glob.glob(os.path.join(w.root, "assent-edit-*"))) == 2
        t.press("\x15\t")
        t.need_gone("Enter send")
        t.end()
    # A folder of PATH that cannot be entered makes a shell say otherwise.
    with Screen(w, env={"EDITOR": "no-such-editor -x",
                        "PATH": "/usr/bin:/bin"}) as t:
        t.need(" ready")
        t.send("words\x07")
        t.need('can\'t find the editor "no-such-editor -x": nothing changed')
        t.need("> words")
        t.press("\x15\t")
        t.need_gone("Enter send")
        t.end()
    with Screen(w, env={"EDITOR": w.write("not-run", "#!/bin/sh\n")},
                cols=200) as t:
        t.need(" ready")
        t.send("words\x07")
        t.need("can't be run: nothing changed")
        t.press("\x15\t")
        t.need_gone("Enter send")
        t.end()


def test_interrupt_and_say(w):
    harness.need_sandbox(w)
    with begin(w, {"calls": [{"name": "bash", "args": {
            "command": "echo begun; sleep 600"}}]},
               words("Stopped, and heard.")) as t:
        t.need(" ready")
        t.send("wait\r")
        t.need("begun")
        t.send("\t")
        t.say("and later this\r")
        t.need("1 message queued")
        t.send("\t")
        t.say("no, do that now\x0f")
        t.need("Stopped, and heard.")
        assert said(w) == ["wait", "and later this", "no, do that now"]
        assert len(w.events("interrupt")) == 1
        t.end()
    w.verify()


def test_a_queued_message(w):
    """Taken back, the model gets only what was sent instead. An interrupt keeps
    it, and Enter in the empty line sends it."""
    harness.need_sandbox(w)
    with begin(w, {"calls": [{"name": "bash", "args": {
            "command": "echo begun; sleep 600"}}]}, words("Heard.")) as t:
        t.need(" ready")
        t.send("wait\r")
        t.need("begun")
        t.send("\t")
        t.say("and thsi\r")
        t.need("queued · Up takes it back")
        t.send("\x1b[A")
        t.need("taken back · Enter sends it")
        t.need("> and thsi")
        t.need_gone("message queued")
        t.press("\x7f\x7f")
        t.need_gone("> and thsi")
        t.send("is\r")
        t.need("1 message queued")
        t.send("\x03")
        t.need("your message is kept: Enter sends it")
        t.send("\r")
        t.need("Heard.")
        assert said(w) == ["wait", "and thsi", "and this", ""], said(w)
        sent = w.mocks[-1].requests()[-1]["body_text"]
        assert "and this" in sent and "and thsi" not in sent, sent
        assert [e["message"] for e in w.events("unqueued")] == [
            e["seq"] for e in w.events("user_message")
            if e["text"] == "and thsi"]
        t.need(" ready")
        t.detach()
    # Read since: the old lines don't say it again.
    with Screen(w, "resume") as t:
        t.need("Heard.")
        t.need(" ready")
        assert "is kept" not in t.text(), t.show()
        t.end()
    w.verify()


harness.main(globals())
