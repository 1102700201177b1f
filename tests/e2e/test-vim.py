"""contrib/vim in Vim and in Neovim themselves: a proposal is shown, accepted in
part, edited, rejected, and not decided by accident."""

import json
import os
import pty
import select
import shutil
import subprocess

import harness

PLUGIN = os.path.join(harness.SRC, "contrib", "vim", "plugin", "assent.vim")
BEFORE = "".join("line %d\n" % n for n in range(1, 31))
AFTER = BEFORE.replace("line 4\n", "LINE 4\n").replace("line 20\n", "20\n")
ODD = 'sp ace "\xfc.txt'
EDITORS = ("vim", "nvim")


def proposal(w, *more):
    """A session that waits."""
    w.write("a.txt", BEFORE)
    w.write(ODD, b"caf\xe9\r\nold\r\n")
    w.mock([{"calls": [
        {"name": "write", "args": {"path": "a.txt", "content": AFTER}},
        {"name": "bash", "args": {
            "command": "sed -i s/old/new/ '%s'" % ODD}},
        {"name": "done", "args": {"summary": "finished"}}]}],
        config={"hooks": [{"event": "proposal", "name": "tidy",
                           "command": "cat >/dev/null; echo '%s'" % json.dumps(
                               {"findings": [{"file": "a.txt", "line": 4,
                                              "level": "error",
                                              "text": "too loud"}]})}]})
    w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5)
    return w.sessions()[-1]


def argv(editor):
    if shutil.which(editor) is None:
        raise harness.Skip(editor + " is not installed")
    return [editor, "-N", "-u", "NONE", "-i", "NONE"] + \
        (["--headless"] if editor == "nvim" else [])


def script(w, *lines):
    """Runs it and returns what it wrote to `out` and its messages."""
    w.env["PATH"] = os.path.dirname(harness.ASSENT) + ":" + w.env["PATH"]
    return w.write("go.vim", "\n".join(
        ("set nomore", "source " + PLUGIN, "redir! > " + w.path("said")) +
        lines + ("redir END", "qall!", "")), base=w.home)


def edit(w, editor, *lines):
    path = script(w, *lines)
    r = subprocess.run(argv(editor) + ["-es", "-S", path], cwd=w.project,
                       env=w.env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=harness.DEADLINE_S)
    with open(w.path("said"), errors="replace") as f:
        said = f.read()
    assert "Error detected" not in said, said
    return said


def each(test):
    """The same test, in each editor, in a world of its own."""
    for editor in EDITORS:
        def run(w, editor=editor):
            argv(editor)
            harness.need_sandbox(w)
            test(w, editor)
        globals()["test_%s_%s" % (editor, test.__name__)] = run
    return test


def decisions(w):
    return [(f["path"], h["decision"], h["seen"])
            for ev in w.events("decision") for f in ev["files"]
            for h in f["hunks"]]


@each
def accepts(w, editor):
    """One hunk removed, one edited; the file on the disk beside what it would
    be; bytes that are no text come through; findings are listed."""
    sid = proposal(w)
    said = edit(
        w, editor, "Assent", "echo bufname()", "echo getline(1)",
        "echo map(getqflist(), 'v:val.lnum . v:val.type . v:val.text')",
        # Side by side.
        "call search('^+LINE 4')", 'execute "normal \\<CR>"',
        "echo getline(4) &diff winnr('$') tabpagenr('$') &modifiable",
        "wincmd p", "echo getline(4) expand('%:t')", "tabclose",
        # Saving decides nothing; the edit does.
        "silent! write", "echo &modified",
        "call setline(search('^+LINE 4'), '+Line IV')",
        "call search('^+20')", "normal X",
        "AssentAccept!", "echo getline(1)")
    assert "assent://" + sid in said and "tidy: too loud" in said, said
    assert "['4Etidy: too loud']" in said, said
    assert "LINE 4 1 2 2 0" in said and "line 4 a.txt" in said, said
    assert w.read("a.txt") == BEFORE.replace("line 4\n", "Line IV\n")
    assert w.read(ODD) == "caf\udce9\r\nnew\r\n"
    assert "nothing to review" in said, said
    assert sorted(decisions(w)) == [
        ("a.txt", "edited", False), ("a.txt", "no", False),
        (ODD, "yes", False)], decisions(w)
    w.verify()


@each
def warns(w, editor):
    """Tests that get weaker are named above the patch."""
    w.write("test_a.py", "def test_a():\n    assert f() == 1\n")
    w.mock([harness.bash("sed -i '/assert/d' test_a.py"), harness.done()])
    w.run("exec", "--plan", "skip", "--approve", "yes", "go", code=5)
    said = edit(w, editor, "Assent", "echo getline(2)", "AssentAccept!")
    assert "# in test_a.py: old line 2: test weakened: assertion removed" in \
        said, said
    assert w.read("test_a.py") == "def test_a():\n", said


@each
def rejects(w, editor):
    """All of it; and nothing that was removed from the buffer with its file."""
    proposal(w)
    said = edit(w, editor, "Assent " + w.sessions()[0],
                "call search('^+LINE 4')", "normal X", "normal X",
                "echo search('a.txt', 'n')", "edit!", "echo search('a.txt', 'n')",
                "AssentReject!", "silent AssentReject!")
    assert w.read("a.txt") == BEFORE and "old" in w.read(ODD)
    assert {d[1] for d in decisions(w)} == {"no"}, (decisions(w), said)
    assert "nothing to decide" in said, said
    said = edit(w, editor, "Assent")
    assert "no session of this project waits" in said, said
    w.verify()


# What is beside a line: its sign, and (in Neovim, which tells) its text.
BESIDE = """
function! Beside(line) abort
	let l:signs = sign_getplaced(bufnr(''), {'group': 'assent',
	    \\ 'lnum': a:line})[0].signs
	let l:text = !has('nvim') ? len(prop_list(a:line)) : map(
	    \\ nvim_buf_get_extmarks(0, nvim_create_namespace('assent'),
	    \\ [a:line - 1, 0], [a:line - 1, -1], {'details': 1}),
	    \\ 'v:val[3].virt_text[0][0]')
	return [map(l:signs, 'v:val.name'), l:text]
endfunction
"""


@each
def marks(w, editor):
    """A hunk at a time: marked beside its lines, one written, one rejected, the
    rest is open; marks of other screens are seen; a stale one decides nothing."""
    sid = proposal(w)
    at = "search('^@@ -%d,', 'bw')"
    said = edit(
        w, editor, BESIDE, "Assent", "echo Beside(%s)" % at % 1,
        "echo Beside(search('^+LINE 4'))",
        "call search('^+LINE 4')", "normal A", "normal AA",
        "call search('^+20')", "normal X", "echo Beside(%s)" % at % 1,
        "echo Beside(%s)" % at % 17,
        "call setline(search('^+LINE 4'), '+Line IV')",
        "silent AssentWrite!", "echo getline(1)")
    for sign, word in (("yes", "accepted"), ("no", "rejected")):
        assert "[['assent-%s'], %s]" % (sign, "1" if editor == "vim" else
                                        "['  %s · protected: assent runs or "
                                        "reads this']" % word) in said, said
    assert "[[], %s]" % (
        "['  open']" if editor == "nvim" else "1") in said, said
    assert editor == "vim" or "[[], ['  tidy says: error: too loud']]" in said, said
    assert w.read("a.txt") == BEFORE.replace("line 4\n", "Line IV\n"), said
    assert w.read(ODD) == "caf\udce9\r\nold\r\n"
    assert sid in said.splitlines()[-1], said
    assert [d[:2] for d in decisions(w)] == [("a.txt", "edited"),
                                             ("a.txt", "no")], decisions(w)
    said = edit(w, editor, BESIDE, "Assent", "silent! AssentWrite!",
                "call search('^+new')", "normal A",
                "call system('assent decide %s --accept none')" % sid,
                "silent! AssentWrite!", "silent! edit!",
                "silent! normal A", "echo getline(1)")
    assert w.read(ODD) == "caf\udce9\r\nold\r\n", said
    assert "no hunk is marked" in said and "nothing was changed" in said, said
    assert "nothing to review" in said, said
    w.verify()


@each
def modes(w, editor):
    """A mode is a change of its file: accepted without the file's hunk, and with
    it; rejected only with all."""
    w.write("run.sh", "echo a\n")
    w.mock([harness.bash("chmod +x run.sh; echo b >>run.sh; ln -s run.sh x"),
            harness.done()])
    w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5)
    said = edit(w, editor, "Assent", "call search('^new mode')", "normal X",
                "silent! AssentWrite!", "normal X", "call search('^+b$')",
                "normal A", "silent AssentWrite!", "echo getline(1)")
    assert "can reject a mode" in said, said
    assert w.read("run.sh") == "echo a\nb\n", said
    assert not os.access(os.path.join(w.project, "run.sh"), os.X_OK)
    said = edit(w, editor, "Assent", "call search('^new mode 100755')",
                "normal X", "AssentAccept!", "echo getline(1)")
    assert not os.access(os.path.join(w.project, "run.sh"), os.X_OK), said
    assert os.readlink(os.path.join(w.project, "x")) == "run.sh", said
    assert "nothing to review" in said, said
    w.verify()


@each
def out_of_date(w, editor):
    """Decided elsewhere meanwhile: nothing is written."""
    sid = proposal(w)
    path = w.write("x", "", base=w.home)
    said = edit(w, editor, "Assent",
                "call system('assent decide %s --accept none')" % sid,
                "silent! AssentAccept!", "call system('touch %s')" % path)
    assert w.read("a.txt") == BEFORE, said
    assert "nothing was changed" in said, said
    w.verify()


def test_at_a_terminal(w):
    """A question comes first; keys typed before it don't answer it."""
    argv("vim")
    harness.need_sandbox(w)
    proposal(w)
    path = script(w)
    w.write(path, "source %s\nAssent\nredraw!\nautocmd VimEnter * "
                  "call writefile([], '%s')\n" % (PLUGIN, w.path("ready")))
    master, slave = pty.openpty()
    p = subprocess.Popen(argv("vim") + ["-S", path], cwd=w.project, env=w.env,
                         stdin=slave, stdout=slave, stderr=slave,
                         start_new_session=True)
    os.close(slave)
    shown = b""

    def wait(what, condition):
        def look():
            nonlocal shown
            if select.select([master], [], [], 0.02)[0]:
                try:
                    shown += os.read(master, 65536)
                except OSError:     # EIO: vim has ended
                    pass
            return condition()
        harness.wait_until(what, look)
    try:
        wait("vim", lambda: os.path.exists(w.path("ready")))
        os.write(master, b"/^+LINE\rA")
        wait("the mark", lambda: b"accepted" in shown)
        for answer, then in (
                (b"n", lambda: True),
                (b"y", lambda: w.read("a.txt") == AFTER)):
            shown = b""
            os.write(master, b":AssentAccept\r")
            wait("the question", lambda: b"Write these changes?" in shown)
            assert w.read("a.txt") == BEFORE
            os.write(master, answer)
            wait("the answer", then)
        os.write(master, b":qall!\r")
        wait("the end", lambda: p.poll() is not None)
    finally:
        p.kill()
        p.wait()
        os.close(master)
    assert {d[1] for d in decisions(w)} == {"yes"}, decisions(w)


harness.main(globals())
