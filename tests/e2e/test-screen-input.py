"""Typing on the screen: text is kept for the next session, completed, pasted,
edited elsewhere, said instead of the current work."""

import glob
import json
import os
import signal
import stat

import harness
from screenlib import Screen, capital, core_pid, numbers, screen_pid
from messages import msg

SKIP = {"plan": "skip"}


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


def said(w):
    return [e["text"] for e in w.events("user_message") if e["by"] == "user"]


def kept(w):
    """The unsent texts in the session's folder."""
    out = ""
    for name in os.listdir(w.session_dir()):
        # Text that is still being typed isn't saved yet.
        if name.startswith("typed-") and ".tmp." not in name:
            try:
                with open(os.path.join(w.session_dir(), name)) as f:
                    out += f.read()
            except FileNotFoundError:
                pass  # it was just taken away
    return out


def test_unsent_is_kept(w):
    """However the screen or the core goes, what was typed is there again."""
    with begin(w, words("Hello."), words("Again.")) as t:
        t.need(" ready")
        t.see("half a thought", "> half a thought")
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
        t.send("\x1b")
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


def test_saved_in_the_editor_is_kept(w):
    """The screen is ended while the editor runs."""
    script = w.write("editor", "#!/bin/sh\nprintf 'from the editor' >\"$1\"\n"
                     "echo saved; exec sleep 1000\n", 0o755, base=w.root)
    w.mock([words("Hello.")], config=SKIP)
    with Screen(w, env={"EDITOR": script}) as t:
        t.need(" ready")
        t.see("from the line", "> from the line")
        t.see("\x07", "saved")
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


def test_an_image(w):
    """Its @ stays, since it is sent; the transcript has a line for it."""
    shot = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\3\x20\0\0\2\x58"
            b"\x08\2\0\0\0\0\0\0\0")
    w.write("src/a shot.png", shot)
    with begin(w, words("Seen.")) as t:
        t.need(" ready")
        t.see("look at @shot", "src/a shot.png")
        t.see("\t", '> look at @"src/a shot.png"')
        t.see("and @gone.png\r", "@gone.png: no such file in the project")
        t.press("\x1bi\x1b[A")
        t.need('> look at @"src/a shot.png" and @gone.png')
        t.see("\x17\r", "Seen.")
        t.need("src/a shot.png, PNG, 800x600, 33 bytes")
        assert said(w) == ['look at @"src/a shot.png" and '], said(w)
        t.end()


def is_beside(kept):
    try:
        with open(kept) as f:
            return json.load(f).get("diff_side_by_side")
    except (FileNotFoundError, ValueError):
        return None


def switch_columns(t, kept, want):
    t.review()
    t.see(":", "type to search")
    t.see("diff-columns", "works in")
    t.send("\r")
    harness.wait_until("saved", lambda: is_beside(kept) is want)


def test_views_are_kept(w):
    """A view that was switched is kept for the next screen; a damaged file is
    reported, and written anew."""
    harness.need_sandbox(w)
    kept = w.path("state", "assent", "screen")
    w.write("a.txt", numbers(60))
    w.mock([{"calls": [capital("a.txt", 30)]}, words("Done.")], config=SKIP)
    with Screen(w, "raise the voice", cols=130) as t:
        switch_columns(t, kept, True)
        t.detach()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    assert json.loads(w.read(kept))["version"] == 1
    sid = w.sessions()[-1]
    with Screen(w, "resume", sid, cols=130) as t:
        # A screen that is killed has kept it, too.
        switch_columns(t, kept, False)
        t.signal(signal.SIGKILL)
        t.eof()
    for text in "{", '{"version":2,"diff_side_by_side":true}\n':
        w.write(kept, text)
        with Screen(w) as t:
            t.need(msg.DAMAGED_VIEWS)
            t.see("\x1b", "q quit")
            t.end()
        assert json.loads(w.read(kept)) == {"version": 1}, text


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
        # A screen without unsent text leaves no file.
        t.send("\x15leave it\x07")
        t.need_gone(msg.YOUR_TEXT_IS_IN)
        t.need("ended with status 3: nothing changed")
        assert "saved" not in t.text(), t.text()
        assert glob.glob(os.path.join(w.root, "assent-edit-*")) == [left]
        # Nor is what is too large to be read thrown away.
        t.see("\x15large\x07", msg.YOUR_TEXT_IS_IN)
        assert len(glob.glob(os.path.join(w.root, "assent-edit-*"))) == 2
        t.press("\x15\x1b")
        t.need_gone("Enter send")
        t.end()
    # A folder of PATH that cannot be entered makes a shell say otherwise.
    with Screen(w, env={"EDITOR": "no-such-editor -x",
                        "PATH": "/usr/bin:/bin"}) as t:
        t.need(" ready")
        t.send("words\x07")
        t.need('can\'t find the editor "no-such-editor -x": nothing changed')
        t.need("> words")
        t.press("\x15\x1b")
        t.need_gone("Enter send")
        t.end()


def test_interrupt_and_say(w):
    harness.need_sandbox(w)
    with begin(w, {"calls": [{"name": "bash", "args": {
            "command": "echo begun; sleep 600"}}]},
               words("Stopped, and heard.")) as t:
        t.need(" ready")
        t.see("wait\r", "begun")
        t.send("\x1b")
        t.say("and later this\r")
        t.need("1 message queued")
        t.send("\x1b")
        t.say("no, do that now\x0f")
        t.need("Stopped, and heard.")
        assert said(w) == ["wait", "and later this", "no, do that now"]
        assert len(w.events("interrupt")) == 1
        t.end()


def test_a_queued_message(w):
    """Taken back, the model gets only what was sent instead. An interrupt keeps
    it, and Enter in the empty line sends it."""
    harness.need_sandbox(w)
    with begin(w, {"calls": [{"name": "bash", "args": {
            "command": "echo begun; sleep 600"}}]}, words("Heard.")) as t:
        t.need(" ready")
        t.see("wait\r", "begun")
        t.send("\x1b")
        t.say("and thsi\r")
        t.need("queued · Up takes it back")
        t.see("\x1b[A", "taken back · Enter sends it")
        t.need("> and thsi")
        t.need_gone("message queued")
        t.press("\x7f\x7f")
        t.need_gone("> and thsi")
        t.see("is\r", "1 message queued")
        t.see("\x03", "your message is kept: Enter sends it")
        t.see("\r", "Heard.")
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


harness.main(globals())
