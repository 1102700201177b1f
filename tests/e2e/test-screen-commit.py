"""assent commit from the screen: the key in the list of changes, /commit, and
--branch. git, its editor and hooks have the terminal; the screen comes back and
says what came of it.
"""

import os

import harness
import protocol
from screenlib import (DONE, Screen, capital, edits, numbers,
                       wait_events)
from messages import msg

EDIT = {"calls": [capital("a.txt", 30)]}


def script(w, name, body):
    w.write(name, "#!/bin/sh\n" + body, 0o755, base=w.path())
    return w.path(name)


def hook(w, body, name="pre-commit"):
    w.write(".git/hooks/" + name, "#!/bin/sh\n" + body, 0o755)


def repo(w):
    w.write("a.txt", numbers(60))
    w.git("init", "-q", "-b", "main")
    w.git("config", "user.name", "t")
    w.git("config", "user.email", "t@example.invalid")
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    w.write("mine.txt", "mine\n")


def begin(w, *args, answers=(EDIT, DONE), path=None, **env):
    """A screen on which a change can be reviewed."""
    w.mock(list(answers), config={"plan": "skip"})
    t = Screen(w, *args, "raise the voice", path=path, env=env)
    t.review()
    return t


def accept(w, t, n=1):
    t.review()
    t.send("A")
    t.write("Enter writes")
    wait_events(w, "applied", n)


def commits(w):
    return w.git("log", "--format=%s", "--reverse").splitlines()[1:]


def committed(t):
    """git and assent say it on the terminal; then the screen is back."""
    t.need("committed 1 file as")
    t.need(" ready")


def test_key(w):
    """The card offers it; the editor has the terminal, below the screen. That the
    program's file was replaced is no matter."""
    repo(w)
    path = os.path.join(harness.programs(w, protocol.CORE), "assent")
    ed = script(w, "ed", "tty <&1 >%s; echo THE EDITOR; read x\n"
                "echo Louder >\"$1\"\n" % w.path("tty"))
    with begin(w, path=path, VISUAL=ed) as t:
        assert "/commit" not in t.text(), t.text()
        os.unlink(path)
        accept(w, t)
        t.need("/commit commits")
        t.leave()
        t.need(":/commit commits")
        t.see("C", "c commit")
        t.see("c", "THE EDITOR")
        t.send("\r")
        committed(t)
        t.need("changes: 1 committed")
        head = w.git("rev-parse", "HEAD").strip()
        t.need(head[:12])
        t.need_gone("c commit")
        with open(w.path("tty")) as f:
            assert f.read().startswith("/dev/"), "the editor has no terminal"
        assert commits(w) == ["Louder"]
        assert w.git("status", "--porcelain") == "?? mine.txt\n"
        t.see("c", "nothing of change 1 is left to commit")
        t.send("C")
        t.need_gone("changes: 1 committed")
        t.see("2", "[2 transcript]")
        t.settle()
        assert "/commit commits" not in t.text(), t.text()
        t.say("/commit --note\r")
        t.need("options are for assent commit")
        t.send("/commit\r")
        t.need("nothing to commit")
        t.end()


def test_refused(w):
    """Output of a hook can be read before the screen is back; other reasons
    are on the screen."""
    repo(w)
    hook(w, "echo not today >&2; exit 1\n")
    with begin(w, VISUAL="true") as t:
        t.need("/1")
        accept(w, t)
        t.need("/commit commits")
        t.say("/commit\r")
        t.need("not today")
        t.need(msg.PRESS_ENTER)
        # It alone.
        assert "Preparing" not in t.text(), t.text()
        t.send("\r")
        t.need_gone(msg.PRESS_ENTER)
        t.need("nothing was committed")
        assert commits(w) == [] and w.read("a.txt") == numbers(60, (30,))
        # The keys that the card offers work there, and don't search.
        t.leave()
        t.need(":/commit commits")
        t.send(":/commit\r")
        # Below what was printed there before.
        harness.wait_until("the second attempt's end", lambda:
                           t.text().count(msg.PRESS_ENTER) == 2)
        t.need(msg.PRESS_ENTER)
        t.send("\r")
        t.need_gone(msg.PRESS_ENTER)
        t.need("nothing was committed")
        os.unlink(os.path.join(w.project, ".git/hooks/pre-commit"))
        w.write(".git/MERGE_HEAD", w.git("rev-parse", "HEAD"))
        t.say("/commit\r")
        t.need("a merge is in progress: finish or abort it")
        t.need(" ready")
        assert msg.PRESS_ENTER not in t.text()
        os.unlink(os.path.join(w.project, ".git/MERGE_HEAD"))
        t.send("/commit\r")
        committed(t)
        t.end()
    assert commits(w) == ["raise the voice"]


def test_branch(w):
    """A new branch, and a commit at the end of the task, while the screen
    stays."""
    repo(w)
    with begin(w, "--branch", "louder", VISUAL="false") as t:
        t.need("/1")
        assert w.git("branch", "--show-current") == "louder\n"
        accept(w, t)
        committed(t)
        t.need("undoes the last change")
        assert "/commit" not in t.text(), t.text()
        assert commits(w) == ["raise the voice"]
        assert w.git("log", "--format=%s", "main") == "begin\n"
        # An undo is committed, too.
        t.leave()
        t.send("u")
        t.write("Enter puts back")
        wait_events(w, "committed", 2)
        assert len(commits(w)) == 2
        assert w.read("a.txt") == numbers(60)
        assert w.git("status", "--porcelain") == "?? mine.txt\n"
        t.end()


def test_who_attaches_commits(w):
    """--branch stays with the session: what is applied after a detach is
    committed by who attaches, or resumes, on that branch alone."""
    repo(w)
    w.mock([EDIT, DONE], config={"plan": "skip"})
    with Screen(w, "--branch", "louder", "raise the voice") as t:
        t.review()
        t.detach()
    assert w.run("decide", "--accept", "all").returncode == 0
    with Screen(w, "resume", w.sessions()[0]) as t:
        committed(t)
        t.end()
    assert w.git("branch", "--show-current") == "louder\n"
    assert commits(w) == ["raise the voice"]
    assert w.run("undo", "--accept", "all").returncode == 0
    w.git("switch", "-q", "-c", "other")
    with Screen(w, "resume", w.sessions()[0]) as t:
        t.need("the checkout is on branch other, not on louder")
        t.end()
    assert commits(w) == ["raise the voice"]
    assert w.git("status", "--porcelain") == " M a.txt\n?? mine.txt\n"


def test_draft_after_a_rejection(w):
    """The draft says that it knows nothing of what was rejected, undone or left
    out, in a comment as the user's git has them."""
    repo(w)
    with begin(w, answers=({"calls": [capital("a.txt", 10), capital(
            "a.txt", 50)]}, DONE)) as t:
        t.see("n", "rejected · u undoes it")
        t.send("y")
        t.write()
        wait_events(w, "applied")
        t.need(" ready")
        t.end()
    seen = w.path("seen")
    ed = script(w, "ed", "cat \"$1\" >%s; exit 1\n" % seen)

    def draft():
        assert w.run("commit", env={"GIT_EDITOR": ed}).returncode == 1
        text = w.read(seen)
        assert max(len(line) for line in text.split("\n")) <= 79, text
        return text
    words = "\n\n%s The model wrote this and doesn't know which of its hunks you"
    for char in "#", ";", "auto":
        w.git("config", "core.commentChar", char)
        text = draft()
        assert text.startswith("raise the voice\n"), text
        assert words % char in text if char != "auto" else \
            "rejected" not in text, text
    w.git("config", "core.commentChar", "#")
    # Git keeps our comments here, but for what is below its scissors.
    with open(w.path("team"), "w") as f:
        f.write("# type: subject\n")
    w.git("config", "commit.template", w.path("team"))
    for cleanup in "whitespace", "verbatim", "scissors":
        w.git("config", "commit.cleanup", cleanup)
        text = draft()
        assert "It is louder now.\n\n# type: subject\n" in text, text
        cut = "\n# %s >8 %s\n# The model wrote" % (24 * "-", 24 * "-")
        assert (cut in text if cleanup == "scissors" else
                "The model" not in text), (cleanup, text)
    w.git("config", "--unset", "commit.cleanup")
    w.git("config", "--unset", "commit.template")
    assert w.run("commit", "--no-edit").returncode == 0
    assert "rejected" not in w.git("log", "-1", "--format=%B")
    # Undone, or left out for a line of the user's.
    for what in "undone", "left":
        w.mock([edits(("a.txt", 20), ("a.txt", 30)), DONE],
               config={"plan": "skip"})
        w.run("exec", "--approve", "yes", "--", what, code=0)
        if what == "undone":
            assert w.run("undo", "--accept", "1").returncode in (0, 3)
        else:
            w.write("a.txt", w.read("a.txt").replace("LINE 20", "mine"))
        text = draft()
        assert words % "#" in text, text
        assert ("\n# not committed: line 20 of a.txt mixes your edit with an "
                "accepted one\n" in text) == (what == "left"), text
        w.git("checkout", "-q", "a.txt")


harness.main(globals())
