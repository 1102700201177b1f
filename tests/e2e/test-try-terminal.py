"""`assent try` on a terminal: the command has one of its own, in the sandbox, drawn
by assent; the last row is never the command's."""

import os
import shutil
import signal

import harness
import screenlib

NEEDS_SANDBOX = True
SCRIPT = "echo y >a; printf begun; read x; echo got $x; read x; exit 3"
ROW = "sandboxed \u00b7 1 file changed \u00b7 C-] for assent"


def start(w, *command, wrap=(harness.ASSENT,), **kw):
    if not os.access(os.path.join(harness.BUILD, "assent-term"), os.X_OK):
        raise harness.Skip("no libvterm")
    w.write("a", "x\n")
    w.repository()
    return screenlib.Screen(w, *wrap[1:], "try", "--", *command, path=wrap[0],
                            **kw)


def result(w):
    got, = w.events("tool_result")
    return got


def test_its_terminal(w):
    """Its own, of the size that is left, on which keys come as they are; nothing of
    the screen is in the journal, but the command, its size and its end."""
    with start(w, "sh", "-c", "stty size; tty; echo $TERM; " + SCRIPT) as t:
        t.need("begun")
        rows = t.text().split("\n")
        assert rows[:2] == ["23 80", "/dev/pts/0"] or \
            harness.level(w) != "A", t.show()
        assert rows[-1].startswith("sandboxed"), t.show()
        t.see("hi\r", "got hi")
        t.need(ROW)
        # What follows in the same read was typed for the command, too.
        t.send("\ry\r")
        t.after_command()
        t.settle()
        assert "[y]" not in t.text() and w.read("a") == "x\n", t.show()
    call, = w.events("tool_call")
    assert call["args"]["terminal"] == {"rows": 23, "cols": 80}, call
    assert result(w)["exit"] == 3 and "got hi" not in str(w.events())


def test_your_time_limit(w):
    """It has none; but one that you have set holds."""
    w.configure("http://127.0.0.1:9", config={"timeout": 1})
    with start(w, "sh", "-c", "read x") as t:
        t.need("longer than 1 s")
    assert result(w)["killed"] == "timeout", result(w)


def test_lines_stay(w):
    """What a program that isn't full-screen showed is printed, also if it has
    scrolled off. It hears of a new size."""
    program = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print(*range(1, 41), 'counted', sep='\\n', flush=True)
signal.sigwait([signal.SIGWINCH])
size = os.get_terminal_size()
print(size.lines, size.columns, flush=True)
input()
"""
    with start(w, "/usr/bin/python3", "-c", program) as t:
        t.need("counted")
        t.resize(60, 90)
        t.need("59 90")
        t.send("\r")
        t.need("nothing changed")
        shown = "\n".join(map(str, range(1, 41)))
        assert shown + "\ncounted\n59 90\n" in t.text(), t.show()


def test_last_row_is_ours(w):
    """Whatever the command draws; its colours and what a terminal would obey
    beside its text stay in its own."""
    fake = "sandboxed \u00b7 9 files changed \u00b7 C-] for assent"
    with start(w, "sh", "-c", "printf '\\33[?1049h\\33[999;1H%s\\33]0;t\\7"
               "\\33[999B\\33[1;99r\\n\\n%s' '" + fake + "' '" + fake + "'; "
               "echo y >a; read x", env={"NO_COLOR": "1"}) as t:
        t.need(ROW)
        assert t.screen()[-1] == ROW and fake in t.text(), t.show()
        # Its keys come as the command knows them, and C-] as we do.
        assert b"\x1b[>5u" not in t.raw()
        t.see("\x1d", "assent: r review so far")
        t.see("z", ROW)


def test_without_the_helper(w):
    """As without a terminal: what it prints is passed on."""
    bin_ = harness.programs(w, os.path.join(harness.BUILD, "assent-core"))
    os.unlink(os.path.join(bin_, "assent-term"))
    with start(w, "sh", "-c", "test -t 1 || echo none; seq 30 | tail -1",
               wrap=(os.path.join(bin_, "assent"),)) as t:
        t.need("nothing changed")
        assert "none\n30\n" in t.text(), t.show()


def test_level_c(w):
    """There the terminal is the host's, and the broker opens it."""
    wrap = (*harness.need_level_c(w), harness.ASSENT)
    with start(w, "sh", "-c", "echo $TERM >/dev/tty; tty; " + SCRIPT,
               wrap=wrap) as t:
        t.need("begun")
        assert "xterm-256color\n/dev/pts/" in t.text(), t.show()
        t.see("hi\r", "got hi")
        t.need(ROW)
        t.see("\x1d", "x stop")
        t.send("x")
        t.after_command()


def test_vim(w):
    if shutil.which("vim", path="/usr/bin") is None:
        raise harness.Skip("no vim")
    with start(w, "vim", "-u", "NONE", "a") as t:
        t.need("~")
        t.see("Onew line", "new line")
        t.send("\x1b:wq\r")
        t.after_command()
        assert "new line" in t.text(), t.show()


def test_look_while_it_runs(w):
    """What is accepted then is written once the command has ended."""
    w.configure("http://127.0.0.1:1", config={"test": "true"})
    with start(w, "sh", "-c", SCRIPT) as t:
        t.need("1 file changed")
        t.see("\x1d", "r review so far")
        t.send("r")
        t.review()
        t.settle()
        t.see("y", "[y]")
        t.see("q", "C-] for assent")
        # Nothing is new; what was marked stays so.
        t.see("\x1d", "r review so far")
        t.send("r")
        t.need("[y]")
        # It doesn't come to rest: the time of what runs is shown.
        t.need("Enter writes 1 hunk to 1 file when the command has ended")
        t.pause(750)
        t.send("\r")
        t.need("you accepted 1 hunk")
        t.need("decided: done when the command has ended")
        assert w.read("a") == "x\n"
        t.settle()
        t.see("q", "C-] for assent")
        assert "detached" not in t.text(), t.show()
        t.see("hi\r", "got hi")
        t.send("\r")
        t.need("wrote 1 file: a")
        # After each look, only what is new is printed.
        assert t.text().count("session 20") == 1, t.show()
    assert w.read("a") == "y\n"


ASKS = ("for i in 1 2 3 4 5; do printf \"fix $i? [y/N, Enter] \"; read x; "
        "echo got $i $x; [ $i != 2 ] || curl -sS -m 60 http://a.invalid/x & "
        "done; ")


def test_keys_for_a_command_that_connects(w):
    """Its question takes no screen from the command, which has all keys."""
    with start(w, "sh", "-c", ASKS + "read x") as t:
        for i in (1, 2):
            t.need("fix %d?" % i)
            t.see("y\r", "got %d y" % i)
        t.need("assent: C-] answers: may it connect to a.invalid:80?")
        for i, key in ((3, "w"), (4, "s"), (5, "y")):
            t.see(key + "\r", "got %d %s" % (i, key))
        t.need("assent: C-] answers: may it connect to a.invalid:80?")
        assert len(w.events("ask")) == 1 and not w.events("answer")
        t.see("\x1d", "assent: r answer")
        t.send("r")
        t.need("[connect to this host?]")
    assert {e["by"] for e in w.events("answer")} <= {"core"}, "answered"


def test_keys_for_a_command_that_ends(w):
    """They decide nothing in its review, in whatever order and however late."""
    with start(w, "sh", "-c", "echo 'curl x|sh' >new.sh; for i in 1 2; do "
               "printf \"fix $i? [y/N, Enter] \"; read x; done") as t:
        t.need("fix 1?")
        t.see("y\r", "fix 2?")
        t.send("y\r")
        for key in "y\ry\ryyy\r\r":
            t.send(key, ahead=True)
        t.need("C-]: review 1 hunk")
        for key in "y\ry\r\x03q\rA\rYx\r!i:/d\x04d":
            t.send(key, ahead=True)
            t.idle()
        t.need("C-]: review 1 hunk")
        assert not w.events("draft") and not w.events("decision"), t.show()
        t.after_command()
        t.settle()
        assert "[y]" not in t.text(), t.show()
        t.see("y", "Enter writes 1 hunk")
    assert not os.path.exists(os.path.join(w.project, "new.sh"))


def test_a_question(w):
    """It comes on the screen for questions once C-] is pressed, which goes back by
    itself."""
    with start(w, "sh", "-c", "echo y >a; read x; curl -sS http://a.invalid; "
               "read x") as t:
        t.need(ROW)
        t.see("\x1d", "r review so far")
        t.send("r")
        t.review()
        t.settle()
        t.see("q", ROW)
        t.send("\r")
        t.need("C-] answers: may it connect")
        t.see("\x1d", "r answer")
        t.send("r")
        # Not among the hunks that were looked at before.
        t.need("[connect to this host?]")
        t.review("W always")
        t.see("n", "Enter rejects")
        t.pause(750)
        t.send("\r")
        t.need(ROW)
        t.send("\r")
        t.after_command()


def stopped(w, script, says):
    with start(w, "sh", "-c", script) as t:
        t.need(says)
        t.see("\x1d", "x stop")
        t.send("x")
        t.after_command()
    assert result(w)["text"].startswith("stopped by the user"), result(w)


def test_stop(w):
    """SIGTERM, then the end of all of it."""
    stopped(w, "trap '' TERM; " + SCRIPT, "begun")


def test_stop_without_its_terminal(w):
    stopped(w, "trap '' TERM HUP; echo y >a; exec <&- >&- 2>&-; while :; do "
            "sleep 1; done", "closed its terminal")


def test_key_for_the_command(w):
    with start(w, "sh", "-c", "stty raw -echo; printf begun; "
               "head -c1 | od -c; echo y >a") as t:
        t.need("begun")
        t.see("\x1d", "C-] send")
        t.see("\x1d", "035")


def test_a_paste_cut_anywhere(w):
    """C-] in it is text, also r after that, and C-] works when it has ended."""
    with start(w, "sh", "-c", "stty -icanon -echo; printf '\\33[?2004hbegun'; "
               "cat -v") as t:
        t.need("begun")
        t.see("\x1b[20", "^[[20")
        t.see("0~one\x1dr", "one^]r")
        t.see("two\x1b[20", "two")
        t.see("1~\r", "^[[201~")
        t.see("\x1d", "assent: r review so far")
        t.see("z", "C-] for assent")


class Told:
    """All that our terminal was sent so far."""

    def __init__(self, t):
        self.t, self.all = t, b""

    def need(self, what):
        def has():
            self.all += self.t.raw()
            return what in self.all
        harness.wait_until("%r in what is sent" % what, has)


def protocol(t, told):
    """Our terminal speaks kitty's protocol, and then the command asks."""
    t.need("begun")
    told.need(b"\x1b[?u\x1b[c")
    t.send(b"\x1b[?0u", ahead=True)
    t.need("begun")
    t.see("k", "^[[?3u")
    told.need(b"\x1b[=7;1u")


ASKS_FOR_KEYS = ("stty -icanon -echo -isig; printf begun; head -c1 >/dev/null; "
                 "printf '\\33[>3u\\33[?u'; cat -v")


def test_keys_in_the_form_it_asks_for(w):
    """The command's question is answered, and keys come as it wants them; C-]
    stays ours in each form, and its release."""
    with start(w, "sh", "-c", ASKS_FOR_KEYS) as t:
        told = Told(t)
        protocol(t, told)
        t.see(b"\x1b[13;2u", "^[[13;2u")
        # The base layout is for us alone.
        t.see(b"\x1b[97:65;2:3u", "^[[97;2:3u")
        t.see(b"\x1b[1089::99;5u", "^[[1089;5u")
        for form in (b"\x1b[93;5u\x1b[93;5:3u", b"\x1b[1098::93;5:1u", b"\x1d",
                     b"\x1b[27;5;93~"):
            t.see(form, "assent: r review so far")
            # Ctrl's own release is the command's, and no answer.
            t.see(b"\x1b[57442;1:3u", "^[[57442;1:3u")
            assert "assent: r review so far" in t.text(), t.show()
            t.see("z", "C-] for assent")
        t.see(b"\x1b[93;5u", "assent: r review so far")
        t.see(b"\x1b[93;5u", "^[[93;5u")
        assert t.text().count("93;5") == 1 and "27;5" not in t.text(), t.show()


def test_killed_with_keys_in_its_form(w):
    """Then they are the screen's, in its own form."""
    with start(w, "sh", "-c", "echo y >a; " + ASKS_FOR_KEYS) as t:
        told = Told(t)
        protocol(t, told)
        t.see(b"\x1b[93;5u", "x stop")
        # Another layout's key for x.
        t.send(b"\x1b[1095u")
        t.after_command()
        told.need(b"\x1b[>5u")
        on, off = told.all.rindex(b"\x1b[=7;1u"), told.all.index(b"\x1b[<u")
        assert on < off < told.all.rindex(b"\x1b[>5u"), told.all


def test_helper_killed_with_keys_in_its_form(w):
    with start(w, "sh", "-c", "echo y >a; " + ASKS_FOR_KEYS) as t:
        told = Told(t)
        protocol(t, told)
        pid, = harness.running("assent-term")
        os.kill(pid, signal.SIGKILL)
        t.after_command()
        told.need(b"\x1b[>5u")
        assert told.all.count(b"\x1b[>0u") == 1, told.all
        assert b"\x1b[<u" in told.all[:told.all.rindex(b"\x1b[>5u")]


def test_an_old_terminal(w):
    """One that doesn't speak the protocol: nobody answers for it."""
    with start(w, "sh", "-c", "stty -icanon -echo; printf begun; "
               "printf '\\33[>1u\\33[?u\\33[5n'; cat -v") as t:
        t.need("^[[0n")
        assert "^[[?" not in t.text(), t.show()
        told = Told(t)
        told.need(b"\x1b[?u\x1b[c")
        assert b"\x1b[=" not in told.all


def test_processes_that_are_killed(w):
    """The helper's end, and a dropped line, end the command; what it did waits."""
    with start(w, "sh", "-c", SCRIPT) as t:
        t.need("begun")
        pid, = harness.running("assent-term")
        os.kill(pid, signal.SIGKILL)
        t.after_command()
    assert result(w)["text"].startswith("its terminal was closed"), result(w)


def test_dropped_line(w):
    with start(w, "sh", "-c", SCRIPT) as t:
        t.need("begun")
        os.kill(screenlib.screen_pid(), signal.SIGKILL)
        screenlib.wait_events(w, "proposal")
    assert b"1 hunk in 1 file" in w.run("inbox").stdout


def test_core_killed(w):
    with start(w, "sh", "-c", SCRIPT) as t:
        t.need("begun")
        os.kill(screenlib.core_pid(), signal.SIGKILL)
        t.need("the background process died")
    harness.wait_until("its end", lambda: not harness.running("assent-term"))


harness.main(globals())
