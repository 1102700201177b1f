"""assent try: a command in the sandbox, and what it did to the tree."""

import os

import harness
import screenlib
from messages import msg


def project(w):
    w.write("a.txt", "one\ntwo\nthree\n")
    w.write("b.txt", "x\n")
    return harness.tree(w.project)


sandboxed = harness.need_sandbox
answer = harness.on_terminal


def test_without_terminal_nothing_is_applied(w):
    before = project(w)
    sandboxed(w)
    r = w.run("try", "--", "sh", "-c",
              "ls -A | grep -v '^[ab].txt$'; printf 'out\\377\\n'; "
              "echo TWO > a.txt; echo new > n; exit 7", code=5)
    assert r.stdout.startswith(b"out\xff\ndiff --git a/a.txt b/a.txt\n"), \
        r.stdout
    assert b"\n+TWO\n" in r.stdout and b"\n+new\n" in r.stdout, r.stdout
    assert b"exit status: 7" in r.stderr, r.stderr
    assert harness.tree(w.project) == before


def test_diff_is_a_patch(w):
    project(w)
    sandboxed(w)
    r = w.run("try", "--", "sh", "-c", "sed -i s/two/TWO/ a.txt; rm b.txt;"
              "printf 'no newline' > c; ln -s a.txt l; chmod +x a.txt")
    w.write("p.diff", r.stdout, base=w.root)
    w.git("apply", w.path("p.diff"))
    assert w.read("a.txt") == "one\nTWO\nthree\n"
    assert os.access(os.path.join(w.project, "a.txt"), os.X_OK)
    assert not os.path.exists(os.path.join(w.project, "b.txt"))
    assert w.read("c") == "no newline"
    assert os.readlink(os.path.join(w.project, "l")) == "a.txt"


def test_yes_applies(w):
    project(w)
    sandboxed(w)
    w.run("try", "--approve", "yes", "--", "sh", "-c",
          "sed -i s/two/TWO/ a.txt; rm b.txt; mkdir d; echo z > d/z", code=0)
    assert w.read("a.txt") == "one\nTWO\nthree\n"
    assert w.read("d/z") == "z\n"
    assert not os.path.exists(os.path.join(w.project, "b.txt"))
    assert b"  sh -c 'sed -i s/two/TWO/ a.txt; " in w.run("ls").stdout


def test_review(w):
    project(w)
    sandboxed(w)
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = answer(w, [(q, b"y\n"), (q, b"r not this\n")], "try", "--plain", "--",
                        "sh", "-c", "sed -i s/two/TWO/ a.txt; echo y > b.txt")
    # Some of it is written: that is done, and says what was rejected.
    assert code == 0, (code, seen)
    end = w.events("agent_end")[-1]
    assert (end["outcome"], end["decided"], end["rejected"]) == (
        "done", 2, 1), end
    assert "done, 1 of 2 hunks rejected" in w.run("log").stdout.decode()
    assert w.read("a.txt") == "one\nTWO\nthree\n"
    assert w.read("b.txt") == "x\n"
    drafts = harness.marks(w.events("draft"))
    assert [d["mark"] for d in drafts] == ["yes", "no"], drafts
    assert all(d["seen"] for d in drafts) and drafts[1]["word"] == "not this"


def test_moves(w):
    """From change to change as in git add -p; what is left open stays so."""
    w.write("a.txt", "".join("%d\n" % n for n in range(1, 61)))
    w.write("b.txt", "one\ntwo\nthree\n")
    sandboxed(w)
    editor = w.path("editor")
    with open(editor, "w") as f:
        # However many times Ctrl-C is pressed, it is for the editor.
        f.write("#!/bin/sh\nfor i in $(seq 300); do kill -INT $PPID; done\n"
                "sed -i 's/fifty/FIFTY/' \"$1\"\n")
    os.chmod(editor, 0o755)
    w.env.update(EDITOR=editor, VISUAL="", NO_COLOR="1")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = answer(w, [
        (b"(1/4) accept" + q + b"n,a,d,e,q,?]", b"J\n"),
        (b"(2/4) ", b"J\n"), (b"(3/4) ", b"K\n"), (b"(2/4) ", b"K\n"),
        (b"(1/4) ", b"K\n"), (b"no earlier hunk", b""),
        (q, b"g\n"), (b"  4  b.txt", b""),
        (b"\"g 4\" goes to the last", b""), (q, b"g 9\n"),
        (b"from 1 to 4", b""), (q, b"g 3\n"), (b"(3/4) ", b"s\n"),
        (b"no unchanged lines separate its parts", b""), (b"(3/4) ", b"e\n"),
        (b"(4/4) accept" + q + b"n,s,e,x,q,?]", b"?\n"),
        (b"reject this hunk\r\n", b""), (b"(4/4) ", b"s\n"),
        (b"(4/5) ", b"n\n"), (b"(5/5) ", b"y\n"),
        (b"(1/5) ", b"g1\n"), (b"(1/5) ", b"y\n"), (b"(2/5) ", b"?\n"),
        (b"accept this hunk\r\n", b""),
        (b"reject this hunk\r\n", b""), (b"(2/5) ", b"x\n"),
        (b"(1/1) ", b"q\n"),
    ], "try", "--plain", "--", "sh", "-c", "sed -i 's/^5$/five/;s/^30$/thirty/;"
        "s/^50$/fifty/' a.txt; sed -i 's/one/1/;s/three/3/' b.txt")
    want = "".join("%d\n" % n for n in range(1, 61)).replace(
        "\n5\n", "\nfive\n").replace("\n50\n", "\nFIFTY\n")
    assert w.read("a.txt") == want, w.read("a.txt")
    assert w.read("b.txt") == "one\ntwo\n3\n", w.read("b.txt")
    assert b"\033" not in seen, seen


def test_a_split_stays_where_it_is(w):
    """Its first part is asked about next, also if earlier changes have no
    answer: else the next letter answers for one of those."""
    w.write("a.txt", "".join("%d\n" % n for n in range(1, 101)))
    sandboxed(w)
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = answer(w, [
        (b"(1/5) accept" + q, b"g 3\n"), (b"(3/5) accept" + q, b"s\n"),
        (b"(3/6) accept" + q, b"y\n"), (b"(4/6) accept" + q, b"x\n"),
        (b"(1/5) accept" + q, b"q\n"),
    ], "try", "--plain", "--", "sed", "-i", "s/^5$/x/;s/^20$/x/;s/^41$/x/;s/^43$/x/;"
        "s/^60$/x/;s/^80$/x/", "a.txt")
    want = ["x" if n == 41 else str(n) for n in range(1, 101)]
    assert w.read("a.txt").split() == want, seen


def test_colours_and_pager(w):
    """Colours as in git, none if they are not wanted; show and log through
    the pager, which may end early or not exist."""
    project(w)
    sandboxed(w)
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    pager = w.path("pager")
    with open(pager, "w") as f:
        # Ctrl-C is the pager's alone.
        f.write("#!/bin/sh\ntrap '' INT\nkill -INT 0\n"
                "sed 's/^/P:/'\necho LESS=$LESS\n")
    os.chmod(pager, 0o755)
    w.env["PAGER"] = pager
    code, seen = answer(w, [(q, b"P\n"), (b"LESS=FRX", b""), (q, b"?\n"),
                            (q, b"q\n")], "try", "--plain", "--", "sh",
                        "-c", "printf 'T\\033[2JO\\n' >a.txt")
    assert b"\033[32m+T^[[2JO\033[m\r\n" in seen, seen
    assert b"\033[31m-two\033[m" in seen and b"\033[36m@@ " in seen, seen
    assert b"P:\033[32m+T^[[2JO\033[m\r\nLESS=FRX" in seen.replace(
        b"\nP:", b"\nP:"), seen
    for args in ("show",), ("log",):
        code, seen = answer(w, [], *args)
        assert code == 0 and b"LESS=FRX" in seen, (args, seen)
        assert b"+T^[[2JO\033[m" in seen, (args, seen)
        assert all(l.startswith((b"P:", b"LESS=")) for l in
                   seen.split(b"\r\n")[:-1]), (args, seen)
    w.env["PAGER"] = "head -n 1"
    code, seen = answer(w, [], "log")
    assert code == 0 and seen.count(b"\n") == 1, (code, seen)
    w.env["PAGER"] = "/nonexistent"
    w.env["NO_COLOR"] = "1"
    code, seen = answer(w, [], "show")
    assert code == 0 and b"\n+T^[[2JO\r\n" in seen, (code, seen)
    assert b"\033" not in seen, seen
    assert b"P:" not in w.run("log").stdout


def test_what_is_long_is_paged(w):
    """A change that the terminal can't show at once, also when it is printed
    again; keys that are typed in the pager answer nothing."""
    project(w)
    sandboxed(w)
    pager = w.path("pager")
    w.write(pager, "#!/bin/sh\ncat\nread key </dev/tty\necho left with $key\n")
    os.chmod(pager, 0o755)
    w.env.update(PAGER=pager, NO_COLOR="1")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = harness.on_terminal(w, [
        (b"+80\r\n", b"y\n"), (b"left with y", b""),
        (b"(1/2) accept" + q, b"p\n"), (b"+80\r\n", b"q\n"),
        (b"left with q", b""), (b"(1/2) accept" + q, b"y\n"),
        (b"(2/2) accept" + q, b"x\n"), (b"(1/1) accept" + q, b"q\n"),
    ], "try", "--plain", "--", "sh", "-c", "seq 80 >a.txt; echo y >b.txt",
        wrap=("sh", "-c", 'stty rows 24 cols 80; exec "$@"', "sh"))
    assert code == 5 and seen.count(b"left with") == 2, (code, seen)
    assert w.read("a.txt").endswith("\n80\n") and w.read("b.txt") == "x\n"
    assert b"wrote 1 file: a.txt" in seen, seen
    assert b"not applied: changes to b.txt; review later" in seen, seen


def test_pager_left(w):
    """A change that the pager hasn't read to its end wasn't seen: neither if
    our writing fails, nor if the rest stays in the pipe."""
    project(w)
    sandboxed(w)
    pager = w.path("pager")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    left = msg.YOU_LEFT_THE_PAGER.encode()
    w.write(pager, "#!/bin/sh\n[ -e %s.all ] && exec cat\n"
                   "dd bs=100 count=1 2>/dev/null; echo ENOUGH\n" % pager)
    os.chmod(pager, 0o755)
    w.env.update(NO_COLOR="1", PAGER=pager)

    def whole():
        w.write("pager.all", "", base=w.root)
        return b"P\n"
    for n in 80, 30000:
        code, seen = answer(w, [
            (b"ENOUGH", b""), (b"(1/1) accept" + q, b"y\n"), (left, b""),
            (b"(1/1) accept" + q, b"a\n"), (b"1 of 1 unread", b"n\n"),
            (b"(1/1) accept" + q, whole), (b"+%d\r\n" % n, b""),
            (b"(1/1) accept" + q, b"y\n"),
        ], "try", "--plain", "--", "sh", "-c", "seq %d >a.txt" % n,
            wrap=("sh", "-c", 'stty rows 24 cols 80; exec "$@"', "sh"))
        assert code == 0, (n, code, seen)
        assert w.read("a.txt").endswith("\n%d\n" % n), n
        os.unlink(pager + ".all")
    # A capital Y accepts it as what it is.
    code, seen = answer(w, [
        (b"(1/1) accept" + q, b"y\n"), (left, b""), (b"(1/1) accept" + q, b"Y\n"),
    ], "try", "--plain", "--", "sh", "-c", "seq 40001 40090 >a.txt",
        wrap=("sh", "-c", 'stty rows 24 cols 80; exec "$@"', "sh"))
    assert code == 0 and w.read("a.txt").startswith("40001\n"), seen
    last = w.events("decision")[-1]["files"][0]["hunks"][0]
    assert last["decision"] == "yes" and not last["seen"], last


def test_each_change_says_that_its_file_is_protected(w):
    project(w)
    sandboxed(w)
    text = "".join("*.%d\n" % n for n in range(20))
    w.write(".gitignore", text)
    code, seen = answer(w, [(b"in .gitignore: protected: git configuration", b""),
                            (msg.ACCEPT_THIS_HUNK_Y.encode(), b"n\n"),
                            (b"in .gitignore: protected: git configuration", b""),
                            (msg.ACCEPT_THIS_HUNK_Y.encode(), b"y\n")],
                        "try", "--plain", "--", "sed", "-i", "1d; $d", ".gitignore")
    assert code == 0, (code, seen)
    assert w.read(".gitignore") == text.replace("*.19\n", "")


def test_review_interrupted(w):
    """Nothing is applied; the answer that was given is kept."""
    before = project(w)
    sandboxed(w)
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = answer(w, [(q, b"y\n"), (q, b"\x03")], "try", "--plain", "--", "sh", "-c",
                        "sed -i s/two/TWO/ a.txt; echo y > b.txt")
    assert code == 130, (code, seen)
    assert harness.tree(w.project) == before
    assert [d["mark"] for d in harness.marks(w.events("draft"))] == ["yes"]
    assert not w.events("decision")


def on_screen(w, *args):
    t = screenlib.Screen(w, *args)
    if args[0] == "try":
        t.after_command()
    else:
        t.review()
    return t


def test_on_the_screen(w):
    """Its output, then the review; what is left open is decided later. Nothing
    closes by itself, and the exit status says how it ended."""
    project(w)
    sandboxed(w)
    command = ("try", "--", "sh", "-c",
               "echo said; sed -i s/two/TWO/ a.txt; echo y >b.txt")
    with on_screen(w, *command) as t:
        # Nobody reads a reason or a comment; one that is typed is no key.
        assert "A accept all" in t.text(), t.show()
        assert "reason" not in t.text() and "ask" not in t.text(), t.show()
        t.see("c", "no model to send a comment to")
        t.see("yx", "> yx")
        t.send("\r")
        t.need_gone("> yx")
        t.need("no model to send a comment to")
        t.need("2 of 2 hunks to review")
        # The first row has the command, too.
        t.see("3", "[3 output]")
        t.see("2", "[2 transcript]")
        t.send("4")
        t.review()
        t.see("y", "1 of 2 hunks to review")
        t.settle()
        t.send("x")
        t.write("Enter writes 1 hunk")
        t.need("wrote a.txt (+1 -1)")
        text = t.detach("exit 5")
        assert "said" in text and "to review: 1 of 1 hunk" in text, text
        assert "turns" not in text, text
    assert w.read("a.txt") == "one\nTWO\nthree\n" and w.read("b.txt") == "x\n"
    with on_screen(w, "decide") as t:
        t.send("n")
        t.write("Enter rejects")
        t.need("ready")
        t.settle()
        t.send("q")
        t.ended("exit 0")
    assert w.read("b.txt") == "x\n"
    r = w.run("decide")
    assert r.returncode == 2 and b"no decision given" in r.stderr, r
    code, seen = answer(w, [], "decide")
    assert code == 1 and b"has nothing to review" in seen, (code, seen)
    with screenlib.Screen(w, "undo") as t:
        t.write("Enter puts back")
        t.need("wrote 1 file")
        t.settle()
        t.send("q")
        t.ended("exit 0")
    assert w.read("a.txt") == "one\ntwo\nthree\n"


harness.main(globals())
