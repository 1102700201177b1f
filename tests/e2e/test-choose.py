"""Decisions from the command line, and patches from anywhere: what is taken of a
patch is what `git apply` makes of the same hunks, byte for byte; what is not
named stays as it is; what cannot be done changes nothing and says why.
"""

import os
import random
import subprocess

import harness

NEEDS_SANDBOX = True
SONG = "".join("verse %d\n" % n for n in range(1, 31))


def have(w):
    out = {}
    for top, folders, files in os.walk(w.project):
        if ".git" in folders:
            folders.remove(".git")
        for name in files:
            path = os.path.join(top, name)
            with open(path, "rb") as f:
                out[os.path.relpath(path, w.project)] = (
                    f.read(), bool(os.stat(path).st_mode & 0o100))
    return out


def patch(w, text, name="x.patch"):
    return w.write(w.path(name), text)


class Result:
    def __init__(self, r):
        self.returncode = r.returncode
        self.stdout = r.stdout.decode("utf-8", "surrogateescape")
        self.stderr = r.stderr.decode("utf-8", "surrogateescape")

    def __repr__(self):
        return repr((self.returncode, self.stdout[-800:], self.stderr[-800:]))


def run(w, *args, **kw):
    return Result(w.run(*args, **kw))


def review(w, *args, **kw):
    return run(w, "review", *args, **kw)


def edited(rng, lines):
    out = []
    for line in lines:
        roll = rng.randrange(12)
        if roll == 0:
            continue
        if roll == 1:
            out.append("new %d\n" % rng.randrange(9))
        if roll == 2:
            line = "other %d\n" % rng.randrange(9)
        out.append(line)
    return out


# Files in which git's indent heuristic and each algorithm find other hunks.
CODE = ["\n", "}\n", "{\n", "\tif (x) {\n", "\t}\n", "\t\treturn 0;\n",
        "int\n", "\n", "\tdone();\n", "/* why */\n"]


def test_any_hunks_as_git_applies_them(w):
    """The reference is git, with its settings: the patch with only those
    hunks, by their numbers."""
    w.git("init", "-q")
    seed = int(os.environ.get("SEED", "1"))
    rng = random.Random(seed)
    for n in range(int(os.environ.get("ROUNDS", "16"))):
        w.git("config", "--global", "diff.algorithm",
              ["default", "minimal", "patience", "myers"][n % 4])
        old = [rng.choice(CODE) if n % 8 > 1 else
               "line %d\n" % rng.randrange(30) for _ in range(60)]
        new = edited(rng, old)
        at = rng.randrange(40)
        new[at:at] = old[at:at + rng.randrange(20)]
        if rng.randrange(3) == 0 and new:
            new[-1] = new[-1][:-1]
        w.write("f", "".join(old))
        w.write(w.path("new"), "".join(new))
        diff = subprocess.run(
            ["git", "diff", "--no-index", "--no-color", "-U3",
             "f", w.path("new")],
            cwd=w.project, env=w.env, stdout=subprocess.PIPE).stdout
        parts = diff.split(b"\n@@ ")
        if len(parts) < 2:
            continue
        head = b"--- a/f\n+++ b/f"
        hunks = [b"\n@@ " + p for p in parts[1:]]
        hunks = [h if h.endswith(b"\n") else h + b"\n" for h in hunks]
        take = [n for n in range(len(hunks)) if rng.randrange(2)]
        # Without the newline that the next part's split took away.
        body = b"".join(hunks[n][:-1] for n in take) + b"\n"
        if take:
            ref = w.path("ref")
            os.makedirs(ref, exist_ok=True)
            w.write(os.path.join(ref, "f"), "".join(old))
            subprocess.run(["git", "apply", "--whitespace=nowarn",
                            "--recount", "-"], cwd=ref, input=head + body,
                           check=True)
            with open(os.path.join(ref, "f"), "rb") as f:
                want = f.read()
        else:
            want = "".join(old).encode()
        whole = head + b"".join(h[:-1] for h in hunks) + b"\n"
        r = review(w, "--accept", ",".join(str(n + 1) for n in take) or "none",
                  patch(w, whole))
        assert r.returncode == (0 if take else 5), (seed, r.stderr)
        with open(os.path.join(w.project, "f"), "rb") as f:
            assert f.read() == want, (seed, take)


def test_numbers_of_a_patch_that_is_cut_otherwise(w):
    """Numbers mean the hunks that `show` prints, whatever settings made the
    patch."""
    w.git("init", "-q")
    before = {"a": [], "b c": [], "d/caf\u00e9": []}
    for n in range(1, 41):
        before["a"].append("line %d\n" % n)
        before["b c"].append("other %d\n" % n)
        before["d/caf\u00e9"].append("third %d\n" % n)
    before["a"][4] = before["b c"][4] = "\n"
    # One hunk by default, two with less context; two, and one with more.
    change = {"a": [1, 6, 30], "b c": [2, 11], "d/caf\u00e9": [9]}
    for name, lines in before.items():
        w.write(name, "".join(lines))
    w.git("add", ".")
    w.git("commit", "-q", "-m", "x")
    for name, lines in before.items():
        w.write(name, "".join(
            "new\n" if n in change[name] else line
            for n, line in enumerate(lines)))
    ways = {how: w.git("-c", "core.quotePath=%s" % (how != "-U1"), "diff",
                       *how.split()).encode() for how in (
        "-U3", "-U2", "-U1", "--inter-hunk-context=99", "-U20",
        "-U3 --no-prefix", "--minimal")}
    ways["mail"] = b"Subject: x\n---\n" + ways["-U3"] + b"-- \n2.39\n\n"
    ways["plain"] = b"".join(
        line for line in ways["-U3"].splitlines(True)
        if not line.startswith((b"diff", b"index")))
    # As diff.suppressBlankEmpty, or an editor that strips spaces.
    ways["stripped"] = ways["-U3"].replace(b"\n \n", b"\n\n")
    assert ways["stripped"] != ways["-U3"]
    ways["order"] = w.git("-c", "diff.orderFile=" + patch(w, "b c\na\n", "o"),
                          "diff").encode()
    after = have(w)
    w.git("checkout", "-q", ".")
    old = have(w)
    choices = ((["2"], {"a": [30]}), (["a=2"], {"a": [30]}),
               (["b c=1", "a=all"], {"a": [1, 6, 30], "b c": [2]}),
               (["d/caf\u00e9=1"], {"d/caf\u00e9": [9]}),
               (["a=all"], {"a": [1, 6, 30]}))
    for n, (how, text) in enumerate(ways.items()):
        name = patch(w, text)
        for accept, made in (choices[0], choices[1 + n % 4]):
            r = review(w, *[x for a in accept for x in ("--accept", a)], name)
            now, w_old = have(w), dict(old)
            for file, lines in made.items():
                w_old[file] = ("".join(
                    "new\n" if n in lines else line
                    for n, line in enumerate(before[file])).encode(), False)
            assert now == w_old, (how, accept, r)
            assert r.returncode == 0, (how, accept, r)
            w.git("checkout", "-q", ".")
    assert have(w) == old != after


FORMS = {
    "git": "diff --git a/sub/song b/sub/song\n--- a/sub/song\n"
           "+++ b/sub/song\n",
    "plain": "--- sub/song\n+++ sub/song\n",
    "gnu": "--- sub/song\t2020-01-01 00:00:00.000000000 +0000\n"
           "+++ sub/song\t2020-01-02 00:00:00.000000000 +0000\n",
    "two folders": "--- song-1.0/sub/song\n+++ song-1.1/sub/song\n",
    "mail": "From: A <a@example.org>\nSubject: [PATCH] x\n\nWords.\n---\n"
            " sub/song | 2 +-\n\n--- a/sub/song\n+++ b/sub/song\n",
}
BODY = "@@ -3,3 +3,3 @@\n verse 3\n-verse 4\n+verse four\n verse 5\n"


def test_forms_of_patches(w):
    w.git("init", "-q")
    for name, head in FORMS.items():
        w.write("sub/song", SONG)
        r = review(w, "--accept", "all", patch(w, head + BODY))
        assert r.returncode == 0, (name, r.stderr)
        assert w.read("sub/song") == SONG.replace("verse 4\n",
                                                  "verse four\n"), name
    # From stdin, and from a folder below: names are the project's.
    w.write("sub/song", SONG)
    r = run(w, "review", "--accept", "all", "-", stdin=FORMS["git"] + BODY,
              cwd=os.path.join(w.project, "sub"))
    assert r.returncode == 0, r.stderr
    assert "verse four" in w.read("sub/song")


def test_names_that_lead_out(w):
    w.git("init", "-q")
    w.write("dir/x", "1\n")
    os.symlink("/tmp", os.path.join(w.project, "link"))
    before = harness.tree(w.home)
    for name in ("../x", "/tmp/assent-test-x", "dir/../../x", ".git/config",
                 ".git/hooks/post-checkout", "link/assent-test-x"):
        for text in ("--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+x\n" % name,
                     "diff --git a/%s b/%s\nnew file mode 100755\n"
                     "--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+x\n"
                     % (name, name, name)):
            r = review(w, "--accept", "all", patch(w, text))
            assert r.returncode in (1, 5), (name, r)
            assert not os.path.exists("/tmp/assent-test-x"), name
    after = harness.tree(w.home)
    changed = {k for k in set(before) | set(after)
               if before.get(k) != after.get(k) and "assent" not in k}
    assert not changed, changed


THREE = (SONG.replace("verse 4\n", "verse four\n")
         .replace("verse 7\n", "verse seven\n")
         .replace("verse 20\n", "verse twenty\nrefrain\n"))


def three_patch(w):
    w.write("song", SONG)
    w.write(w.path("three"), THREE)
    return patch(w, subprocess.run(
        ["diff", "-u", "--label", "a/song", "--label", "b/song",
         os.path.join(w.project, "song"), w.path("three")],
        stdout=subprocess.PIPE).stdout)


def test_parts_lines_and_edits(w):
    p = three_patch(w)
    edit = patch(w, " verse 17\n verse 18\n verse 19\n-verse 20\n"
                 "+verse XX\n verse 21\n verse 22\n verse 23\n", "edit")
    for args, want in (
            (["--split", "1", "--accept", "2"],
             SONG.replace("verse 7\n", "verse seven\n")),
            (["--split", "song=1", "--accept", "song=1,3"],
             THREE.replace("verse seven\n", "verse 7\n")),
            (["--lines", "2:3"], SONG.replace(
                "verse 20\n", "verse 20\nrefrain\n")),
            (["--lines", "2:1,2,3", "--accept", "1"], THREE),
            (["--accept", "1", "--edit", "2=" + edit],
             THREE.replace("verse twenty\nrefrain\n", "verse XX\n")),
            (["--edit", "song=2=" + edit],
             SONG.replace("verse 20\n", "verse XX\n")),
            (["--edit", "2=" + edit, "--reject", "2"], SONG),
            (["--accept", "song=all"], THREE),
            (["--accept", "1-2"], THREE),
            (["--accept", "none"], SONG)):
        w.write("song", SONG)
        r = review(w, *args, p)
        assert r.returncode == (5 if want == SONG else 0), (args, r.stderr)
        assert w.read("song") == want, args
    w.write("song", SONG)
    bad = patch(w, " verse 17\n-verse 20\n", "bad")
    r = review(w, "--accept", "1", "--edit", "2=" + bad, p)
    assert r.returncode == 1 and "doesn't fit: line 2" in r.stderr, r
    assert w.read("song") == SONG


ENCODINGS = {
    "shift_jis": "\u8868\u793a\u30bd\u30fc\u30b9",
    "euc_jp": "\u65e5\u672c\u8a9e",
    "gbk": "\u4e2d\u6587\u6e2c\u8a66",
    "gb18030": "\u4e2d\u6587\U0001f600",
    "big5": "\u8a31\u529f\u84cb",
    "euc_kr": "\ud55c\uad6d\uc5b4",
    "koi8-r": "\u041f\u0440\u0438\u0432\u0435\u0442",
    "cp1251": "\u043c\u0438\u0440 \u2116",
    "iso-8859-1": "Gr\u00f6\u00dfe",
    "utf-16-le": "\u043f\u0440\u0438\u0432\u0435\u0442 \U0001f600",
    "utf-32-be": "\u00e9\u65e5",
}


def test_encodings(w):
    """Accepted hunks, lines and typed lines are bytes of the file's encoding,
    and every other byte stays; so it is after an undo and a commit."""
    w.git("init", "-q")
    attributes, before, after, want, args = "", {}, {}, {}, []
    for n, (name, word) in enumerate(sorted(ENCODINGS.items())):
        lines = ["%s %d\r\n" % (word, i) for i in range(40)]
        lines[39] = word
        new = list(lines)
        new[3] = "%s 3 %s\r\n" % (word, word)
        new[20] = "%s!\r\n" % word
        new[37:39] = ["new\r\n", "%s?\r\n" % word]
        got = list(new)
        got[20] = "%s by hand %s\r\n" % (word, word)
        del got[37]
        edit = patch(w, "".join(" " + x for x in lines[17:20]) +
                     "-" + lines[20] + "+" + got[20] +
                     "".join(" " + x for x in lines[21:24]), "edit-" + name)
        # The lines of the third hunk: two that go, then two that come.
        args += ["--accept", "%d" % (3 * n + 1), "--edit",
                 "%d=%s" % (3 * n + 2, edit), "--lines", "%d:1,2,4" %
                 (3 * n + 3)]
        mark = b"\xff\xfe" if name == "utf-16-le" else b""
        before[name], after[name], want[name] = (
            (mark + "".join(x).encode(name), False) for x in (lines, new, got))
        w.write(name, before[name][0])
        w.write(w.path("after", name), after[name][0])
        attributes += "%s working-tree-encoding=%s\n" % (
            name, "UTF-16LE-BOM" if mark else name.replace("_", "-"))
    attributes = (attributes.replace("=shift-jis", "=shift_jis")
                  .replace("=utf-32-be", "=UTF-32BE"))
    w.write(".gitattributes", attributes)
    w.git("add", ".")
    w.git("commit", "-q", "-m", "x")
    w.write("copy.py", "import os, sys\n"
            "for n in os.listdir('new'):\n"
            "    open(n, 'wb').write(open('new/' + n, 'rb').read())\n")
    os.rename(w.path("after"), os.path.join(w.project, "new"))
    r = run(w, "try", *args, "--", "python3", "copy.py")
    assert r.returncode == 0, r
    for name in ENCODINGS:
        with open(os.path.join(w.project, name), "rb") as f:
            assert f.read() == want[name][0], (name, r)
    for key in "user.name", "user.email":
        w.git("config", key, "t")
    run(w, "commit", "-m", "y", code=0)
    assert w.git("status", "--porcelain", "-uno") == ""
    w.git("checkout", "-q", "HEAD~1", ".")
    w.git("checkout", "-q", "HEAD", ".")
    assert have(w) == dict(have(w), **want)
    run(w, "undo", "--accept", "all", code=0)
    assert have(w) == dict(have(w), **before)
    # A patch has bytes; its numbers are those of the text's hunks.
    name = "shift_jis"
    old, new = before[name][0], want[name][0]
    diff = subprocess.run(
        ["diff", "-u", "--label", "a/" + name, "--label", "b/" + name,
         os.path.join(w.project, name), w.write(w.path("new"), new)],
        stdout=subprocess.PIPE).stdout
    run(w, "review", "--accept", "2", patch(w, diff), code=0)
    # A session is called as the user typed it.
    listed = w.run("ls").stdout
    assert b"review " in listed and b"git" not in listed, listed
    at = old.split(b"\n")
    at[20] = new.split(b"\n")[20]
    assert have(w)[name][0] == b"\n".join(at), have(w)[name]


harness.main(globals())
