"""A script decides: about the proposal that it has looked at and no other, with
what show has told it; what makes no sense or cannot be done is said in a line
that names the option, and changes nothing.
"""

import json
import os
import shutil
import subprocess

import harness
from messages import msg
import protocol

SONG = "".join("verse %d\n" % n for n in range(1, 31))
THREE = (SONG.replace("verse 4\n", "verse four\n")
         .replace("verse 7\n", "verse seven\n")
         .replace("verse 20\n", "verse twenty\nrefrain\n"))


def run(w, *args, **kw):
    r = w.run(*args, **kw)
    r.stdout = r.stdout.decode("utf-8", "surrogateescape")
    r.stderr = r.stderr.decode("utf-8", "surrogateescape")
    return r


def put(w, name, text):
    return w.write(w.path(name), text)


def diff(w, name, new):
    new = put(w, "new", new)
    return subprocess.run(
        ["diff", "-u", "--label", "a/" + name, "--label", "b/" + name,
         os.path.join(w.project, name), new], stdout=subprocess.PIPE
    ).stdout.decode()


def offer(w):
    """A proposal of two hunks that waits."""
    harness.need_sandbox(w)
    w.write("song", SONG)
    run(w, "review", put(w, "p", diff(w, "song", THREE)), code=5)


def shown(w, *args):
    r = run(w, "show", "--json", *args, code=0)
    return json.loads(r.stdout)


def test_what_was_shown(w):
    offer(w)
    ref = shown(w)["ref"]
    text = run(w, "show").stdout
    first, numbers = text.splitlines()[:2]
    assert first == "# assent proposal %s of session %s" % (
        ref, w.sessions()[-1]), first
    assert numbers == "# song: hunks 1-2", numbers
    run(w, "decide", "--proposal", ref, "--accept", "1", code=0)
    assert w.read("song") == THREE.replace("verse twenty\nrefrain\n",
                                           "verse 20\n")
    r = run(w, "decide", "--proposal", ref, "--accept", "1")
    assert r.returncode == 1 and msg.NOTHING_WAS_CHANGED in r.stderr and \
        "proposal %s isn't open any more" % ref in r.stderr, r
    # Instead of the proposal: which lines are now the agent's.
    now = shown(w)
    assert now["ref"] is None and now["changes"] == [{
        "tx": 1, "path": "song", "lines": [{"from": 4, "to": 4},
                                           {"from": 7, "to": 7}]}], now


def test_what_the_numbers_are(w):
    """Lines before the patch say how --accept counts; a patch it stays."""
    harness.need_sandbox(w)
    for name in "a", "b", "c", "d":
        w.write(name, SONG)
    w.git("init", "-q")
    changes = "; ".join(["chmod +x a b", "sed -i 's/verse 4$/four/' b c",
                         "sed -i 's/verse 20$/twenty/' c d"])
    r = run(w, "try", "--", "sh", "-c", changes)
    assert r.returncode == 5, r
    text = run(w, "show").stdout
    assert text.splitlines()[1:5] == [
        "# a: mode", "# b: mode hunk 1", "# c: hunks 2-3", "# d: hunk 4"], text
    w.git("apply", "--check", put(w, "p", text))
    run(w, "decide", "--accept", "3", "--accept", "mode", code=0)
    assert w.read("c") == SONG.replace("verse 20\n", "twenty\n")
    assert [os.access(os.path.join(w.project, name), os.X_OK)
            for name in "ab"] == [True, True] and w.read("b") == SONG


def test_a_file_becomes_a_folder(w):
    """What the rejected half of it keeps from being written stays open, and so
    does an open deletion."""
    harness.need_sandbox(w)
    w.write("song", "la\n")
    w.write("other", "a\n")
    r = run(w, "try", "--", "sh", "-c",
            "rm song; mkdir song; echo in >song/x; echo b >>other")
    assert r.returncode == 5, r
    r = run(w, "decide", "--accept", "1,3", code=1)
    assert "song/x has no folder to be in: a file or link is in its place" in \
        r.stdout and "1 file was written; not everything could be written" in \
        r.stderr, r
    assert w.read("song") == "la\n" and w.read("other") == "a\nb\n"
    files = shown(w)["files"]
    assert [(f["path"], f["status"]) for f in files] == [
        ("song", "deleted"), ("song/x", "added")], files
    stats = json.loads(run(w, "stats", "--json").stdout)["sessions"][0]
    assert stats["hunks"] == {"accepted": 1, "edited": 0, "rejected": 0}, stats
    run(w, "decide", "--reject", "2", code=5)
    assert [f["path"] for f in shown(w)["files"]] == ["song"]
    run(w, "decide", "--accept", "none", code=5)
    assert w.read("song") == "la\n" and shown(w)["ref"] is None


def refused(w, ref, words, *args):
    before, said = harness.tree(w.project), len(w.events("decision"))
    r = run(w, "decide", *args)
    assert r.returncode == 1 and r.stderr.startswith(
        "assent: nothing was changed: the proposal has changed since you "
        "saw it, from %s to " % ref) and words in r.stderr and \
        r.stderr.count("\n") == 1 and "assent show" in r.stderr, r
    assert harness.tree(w.project) == before
    assert len(w.events("decision")) == said


def test_it_moves_on_between(w):
    """By a person's edit, and by another client's command: nothing is decided,
    and the file is named."""
    offer(w)
    ref, text = shown(w)["ref"], put(w, "shown", run(w, "show").stdout)
    w.write("song", "verse 0\n" + SONG)
    refused(w, ref, "(song isn't the same)",
            "--proposal", ref, "--accept", "all")
    # Once more, now that the journal has the new one.
    refused(w, ref, "(song isn't the same)",
            "--proposal", ref, "--accept", "all")
    refused(w, ref, "(song isn't the same)", "--patch", text)
    # Parted by a choice that failed then: numbers mean something else.
    ref, text = shown(w)["ref"], put(w, "shown", run(w, "show").stdout)
    run(w, "decide", "--split", "1", "--accept", "9", code=1)
    refused(w, ref, "(song isn't the same)", "--proposal=" + ref,
            "--accept", "1")
    refused(w, ref, "(song isn't the same)", "--patch", text)
    # Without its first line a patch is taken for what is open now.
    text = run(w, "show").stdout.split("\n", 1)[1]
    run(w, "decide", "--patch", put(w, "bare", text), code=0)
    assert w.read("song") == "verse 0\n" + THREE


AGENTS = (SONG.replace("verse 4\n", "verse four\n")
          .replace("verse 12\n", "verse twelve\n")
          .replace("verse 24\n", "verse twenty-four\n"))


def collision(w, approve):
    """The agent writes verses 4, 12 and 24; the user verses 12 and 18 before
    its next call."""
    harness.need_sandbox(w)
    w.write("song", SONG)
    w.mock([harness.write("song", AGENTS),
            {"calls": [{"name": "bash", "args": {"command": "true"}}],
             "wait_for": "go"},
            {"calls": [{"name": "done", "args": {"summary": "s"}}]}])
    p = w.start("exec", "--approve", approve, "--plan", "skip", "go")
    harness.wait_until("the write", lambda: w.sessions() and
                       w.events("tool_result"))
    w.write("song", SONG.replace("verse 12\n", "mine\n")
            .replace("verse 18\n", "mine too\n"))
    w.mocks[0].release("go")
    out, err = p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode == 5, (p.returncode, out, err)
    return (out + err).decode()


def ours_of(song):
    return song.replace("verse 4\n", "verse four\n")


def test_what_was_applied_before_a_resume_is_known(w):
    """The same in a session that was resumed: of what the gate wrote the content
    is known; what the user made of it since has to be read."""
    harness.need_sandbox(w)
    files = ["same", "mine", "gone"]
    for name in files:
        w.write(name, SONG)

    def calls(tool, **args):
        return {"calls": [{"name": tool, "args": dict(path=name, **args)}
                          for name in files]}
    done = {"calls": [{"name": "done", "args": {"summary": "s"}}]}
    again = calls("write", content=AGENTS)
    w.mock([calls("read"), calls("write", content=ours_of(SONG)), done, again,
            done])
    r = w.run("exec", "--approve", "yes", "--plan", "skip", "go")
    assert r.returncode == 0 and w.read("mine") == ours_of(SONG), r
    os.utime(os.path.join(w.project, "same"))
    w.write("mine", ours_of(SONG).replace("verse 18\n", "mine\n"))
    os.unlink(os.path.join(w.project, "gone"))
    c = protocol.resume(w)
    c.wait_live()
    c.send(type="say", text="again")
    def writes():
        return [(e["ok"], e.get("error")) for e in c.event_list("tool_result")
                if e["name"] == "write"][3:]
    c.wait("three answers", lambda: len(writes()) == 3)
    ends = writes()
    assert ends == [(True, None), (False, "changed"), (False, "changed")], ends


def test_what_overwrites_is_never_part_of_all(w):
    """Only the hunk that collides waits for an answer of its own; no rule, no
    "all" and no number of --accept is that."""
    mine = AGENTS.replace("verse 18\n", "mine too\n")
    rest = mine.replace("verse twelve\n", "mine\n")
    said = collision(w, "yes")
    assert w.read("song") == rest, w.read("song")
    assert msg.OVERWRITES_NEWER_LINES in said, said
    for args in (["all"], ["1"], ["song=1"]):
        r = run(w, "decide", "--accept", *args)
        assert r.returncode == 5 and r.stderr == "open: song, hunk 1 " \
            "overwrites newer lines; to accept it: --overwrite 1\n", r
    assert w.read("song") == rest
    h, = shown(w)["files"][0]["hunks"]
    assert h["overwrites"] and "-mine\n" in h["text"], h
    # Whoever edits it, or sends it back as a patch, names it too.
    text = put(w, "lines", h["text"].replace("+verse twelve", "+edited"))
    patch = put(w, "patch", run(w, "show").stdout)
    for args in (["--edit", "1=" + text], ["--patch", patch],
                 ["--lines", "1:2"]):
        r = run(w, "decide", *args)
        assert r.returncode == 5 and "--overwrite 1" in r.stderr, (args, r)
    for args, words in ((["2"], "no hunk 2"),
                        (["mode"], msg.NO_MODE_CHANGE_THERE),
                        (["all"], msg.MUST_BE_MODE_OR_NUMBERS)):
        r = run(w, "decide", "--overwrite", *args)
        assert r.returncode in (1, 2) and words in r.stderr, r
    assert w.read("song") == rest
    run(w, "decide", "--edit", "1=" + text, "--overwrite", "1", code=0)
    assert w.read("song") == mine.replace("verse twelve", "edited")


def test_what_overwrites_when_the_stage_is_lost(w):
    """It is the same hunk in a stage that was put together again."""
    collision(w, "ask")
    rest = AGENTS.replace("verse 18\n", "mine too\n") \
        .replace("verse twelve\n", "mine\n")
    for _ in range(3):
        shutil.rmtree(os.path.join(w.session_dir(), "stage"))
        r = run(w, "decide", "--accept", "all")
        assert r.returncode == 5 and "open: song, hunk 1 " in r.stderr, r
        assert w.read("song") == rest, w.read("song")
    assert run(w, "decide", "--overwrite", "1").returncode == 0
    assert w.read("song") == rest.replace("mine\n", "verse twelve\n")


def test_a_choice_is_taken_whole_or_refused_whole(w):
    """An edit that doesn't fit beside a hunk that stays open; and --overwrite
    by itself says nothing about other hunks."""
    collision(w, "ask")
    now, lines = w.read("song"), len(w.events())
    bad = put(w, "bad", " verse 17\n-verse 20\n")
    for args in (["--accept", "all"], ["--accept", "3", "--overwrite", "2"],
                 ["--accept", "all", "--overwrite", "2"]):
        r = run(w, "decide", *args, "--edit", "1=" + bad)
        assert r.returncode == 1 and r.stderr.startswith(
            "assent: nothing was changed: ") and "doesn't fit" in r.stderr, r
        assert w.read("song") == now
    assert not [e for e in w.events()[lines:]
                if e["type"] in ("draft", "decision")], w.events()[lines:]
    r = run(w, "decide", "--overwrite", "2")
    assert r.returncode == 5 and r.stderr == "open: 2 hunks; assent show " \
        "prints them\n", r
    assert w.read("song") == now.replace("mine\n", "verse twelve\n")
    assert [h.get("overwrites", False) for h in shown(w)["files"][0]["hunks"]
            ] == [False, False]
    run(w, "decide", "--accept", "all", code=0)
    assert w.read("song") == AGENTS.replace("verse 18\n", "mine too\n")


def test_reject_leaves_the_rest_open(w):
    """Beside --accept, --patch and a whole file; the last word on a hunk is no."""
    w.write("a.txt", "".join("%d\n" % n for n in range(1, 61)))
    new = w.read("a.txt").replace("\n5\n", "\nfive\n") \
        .replace("\n20\n", "\ntwenty\n").replace("\n40\n", "\nforty\n")
    w.mock([harness.calls(
        harness.write("a.txt", new), harness.write("b.txt", "b\n"),
        harness.done())])
    w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5)
    for args, words in ((["5"], "no hunk 5"), (["all"],
                        msg.MUST_BE_MODE_OR_NUMBERS),
                        (["mode"], msg.NO_MODE_CHANGE_THERE)):
        r = run(w, "decide", "--reject", *args)
        assert r.returncode in (1, 2) and words in r.stderr, r
    r = run(w, "decide", "--reject", "1", "--accept", "1-2")
    assert r.returncode == 5 and "open: 2 hunks" in r.stderr, r
    assert "five" not in w.read("a.txt") and "twenty" in w.read("a.txt")
    patch = put(w, "patch", run(w, "show").stdout.replace("+forty", "+40.0"))
    r = run(w, "decide", "--reject", "none")
    assert r.returncode == 5 and "open: 2 hunks" in r.stderr, r
    r = run(w, "decide", "--reject", "b.txt=1")
    assert r.returncode == 5 and "open: 1 hunk;" in r.stderr, r
    r = run(w, "decide", "--patch", patch)
    assert r.returncode == 1 and "nothing was changed" in r.stderr, r
    patch = put(w, "patch", run(w, "show").stdout.replace("+forty", "+40.0"))
    run(w, "decide", "--patch", patch, code=0)
    assert "40.0" in w.read("a.txt") and \
        not os.path.exists(os.path.join(w.project, "b.txt"))
    assert [h["decision"] for e in w.events("decision") for f in e["files"]
            for h in f["hunks"]] == ["no", "yes", "no", "edited"]
    w.verify()


def test_what_was_staged_since(w):
    """By a message after a limit: it is open, as a part of the same proposal, and
    what was decided is done."""
    old = "".join("%d\n" % n for n in range(1, 31))
    w.write("a.txt", old)
    w.mock([harness.write("a.txt", old.replace("\n5\n", "\nfive\n")),
            {"text": "Half."}, harness.bash("echo 31 >>a.txt"),
            {"text": "Rest."}], config={"plan": "skip"})
    run(w, "exec", "--max-turns", "1", "--approve", "ask", "go", code=4)
    sid, = w.sessions()
    run(w, "say", sid, "more", code=0)
    run(w, "wait", sid, code=4)
    r = run(w, "decide", "--accept", "1", code=5)
    assert r.stderr == "open: 1 hunk (1 not in the proposal that you decided); " \
        "assent show prints it\n" and "wrote 1 file" in r.stdout, r
    assert w.read("a.txt") == old.replace("\n5\n", "\nfive\n")


def test_rejecting_one_file_rejects_no_other(w):
    w.mock([harness.calls(
        harness.write("a.txt", "a\n"), harness.write("b.txt", "b\n"),
        harness.done())])
    w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5)
    r = run(w, "decide", "--accept", "a.txt=none", code=1)
    assert r.stderr == "assent: nothing was changed: --accept PATH=none " \
        "alone would reject b.txt, too: name what to accept, such as " \
        "b.txt=all, or reject everything with --accept none\n", r
    run(w, "decide", "--accept", "a.txt=none", "--accept", "b.txt=none", code=5)
    assert os.listdir(w.project) == []


def test_the_patch_names_its_proposal(w):
    offer(w)
    ref = shown(w)["ref"]
    head, text = run(w, "show").stdout.split("\n", 1)
    for line, words in (
            ("# assent proposal x", msg.DOESNT_NAME_A_PROPOSAL),
            ("# assent proposal 1.1", msg.DOESNT_NAME_A_PROPOSAL),
            (head.replace("session ", "session other-"), "is from session other"
             "-%s, not from %s" % (w.sessions()[-1], w.sessions()[-1]))):
        r = run(w, "decide", "--patch", put(w, "x", line + "\n" + text))
        assert r.returncode == 2 and words in r.stderr, (line, r)
    r = run(w, "decide", "--proposal", "1.1", "--patch",
            put(w, "x", head + "\n" + text))
    assert r.returncode == 2 and "proposal 1.1 or " + ref in r.stderr, r
    r = run(w, "decide", "--proposal", "99999.1", "--accept", "all")
    assert r.returncode == 1 and "never had a proposal 99999.1" in r.stderr, r
    assert w.read("song") == SONG
    # It is a patch all the same.
    whole = head + "\n" + text
    subprocess.run(["git", "apply", "--check", "-"], cwd=w.project,
                   input=whole.encode(), check=True)
    r = run(w, "decide", "--patch", "-", stdin=whole)
    assert r.returncode == 0 and w.read("song") == THREE, r


HUGE = "9" * 30
BAD = (
    ("--accept", "", "1,,3", "1-", "3-1", "1 ", HUGE, "\u0661", "all,1",
     "song=", "=1", "a/=1", "\x1b[31m1"),
    ("--split", "", "0", "all", "a/=1"),
    ("--lines", "", "2", "2:0", "2:all", "a/=1:1"),
    ("--edit", "", "2", "=f", "0=f", "2=/nonexistent/file",
     "a/=1=song"),
    ("--patch", "/nonexistent/file", "/"),
    ("--proposal", "", "1", "1.0", "1.1.1", "1." + HUGE),
)


def test_words_that_mean_nothing(w):
    offer(w)
    ref, lines = shown(w)["ref"], len(w.events())
    for flag, *values in BAD:
        for value in values:
            args = ["%s=%s" % (flag, value)]
            if flag == "--proposal":
                args += ["--accept", "all"]
            r = run(w, "decide", *args)
            assert r.returncode == 2, (args, r)
            assert r.stderr.startswith("assent: %s" % flag), (args, r)
            assert r.stderr.count("\n") == 1 and len(r.stderr) < 300 and \
                "\x1b" not in r.stderr, (args, r)
            assert not r.stdout, (args, r)
    r = run(w, "decide", "--accept", "song=1", "--lines", "2:1")
    assert r.returncode == 2 and "--lines 2:1 can't be combined with " \
        "--accept song=1: put PATH= in front" in r.stderr, r
    r = run(w, "decide", "--feedback", "words")
    assert r.returncode == 2 and msg.NO_DECISION_GIVEN in r.stderr, r
    # No core was started for any of it.
    assert len(w.events()) == lines and shown(w)["ref"] == ref
    assert w.read("song") == SONG


def test_comments(w):
    """Words on a line wait with the proposal, and go to the model with what is
    decided."""
    harness.need_sandbox(w)
    w.write("song", SONG)
    mock = w.mock([
        harness.write("song", THREE),
        harness.call("bash", command="chmod +x song"),
        {"calls": [{"name": "done", "args": {"summary": "sung"}}]},
        {"text": "I see."}], config={"plan": "skip"})
    run(w, "exec", "go", code=5)
    ref = shown(w)["ref"]
    for what, code, words in (
            ("song why", 2, msg.MUST_BE_FILE_LINE),
            (":7 why", 2, msg.MUST_BE_FILE_LINE),
            ("song:0 why", 2, msg.MUST_BE_FILE_LINE),
            ("song:7x why", 2, msg.MUST_BE_FILE_LINE),
            ("song:15 why", 1, msg.NO_HUNK_CONTAINS_THIS_LINE),
            ("song:-21 why", 5, ""),
            ("song:-31 why", 1, "no hunk contains this line of the old file"),
            ("gnos:7 why", 1, "gnos isn't in this proposal")):
        r = run(w, "decide", "--comment", what)
        assert r.returncode == code and words in r.stderr, (what, r)
    assert [e["text"] for e in w.events("comment")] == ["why"]
    # Taken back, and two more; nothing is decided by it.
    run(w, "decide", "--proposal", ref, "--comment", "song:-21",
        "--comment", "song:7 why not: 8?", "--comment",
        "song:-20 it was good", code=5)
    assert w.read("song") == SONG and not w.events("decision")
    text = run(w, "show").stdout
    for words in ("why not: 8?", "it was good", "song: mode hunks 1-2",
                  "comment on song, hunk 1, ", "comment on song, hunk 2, "):
        assert text.count("# your comment on ") == 2 and words in text, text
    run(w, "decide", "--proposal", ref, "--accept", "2", "--comment",
        "song:4 too plain", "--feedback", "sing better", code=0)
    assert w.read("song") == SONG.replace("verse 20\n",
                                          "verse twenty\nrefrain\n")
    told = mock.requests()[-1]["body_text"]
    for words in ('of song on line 7 \\"+verse seven\\": why not: 8?',
                  'of song on the old line 20 \\"-verse 20\\": it was good',
                  'of song on line 4 \\"+verse four\\": too plain',
                  "sing better"):
        assert words in told, (words, told[-2000:])


def sung(w, *answers):
    """Two hunks wait, of a session that has ended."""
    harness.need_sandbox(w)
    w.write("song", SONG)
    mock = w.mock([harness.write("song", THREE), harness.done(), *answers],
                  config={"plan": "skip"})
    assert run(w, "exec", "go").returncode == 5
    return mock


def test_a_question_with_the_decision(w):
    """It is asked once, with what was decided."""
    mock = sung(w, {"text": "It had to be."}, {"text": "I see."})
    run(w, "decide", "--accept", "1", "--comment", "song:7 why seven?",
        "--comment", "song:-20 who wants that?", code=0)
    first, second = [str(x["body"]["messages"]) for x in mock.requests()[2:]]
    assert "on line 7 \"+verse seven\": why seven?" in first, first
    assert "accepted that change: it is in their files. Answer" in first, first
    assert "who wants that?" in second and \
        "rejected that change: it is not in the copy any more. Answer" in second, second
    for words in ("why seven?", "who wants that?"):
        assert second.count(words) == 1, second
    assert "undecided" not in second, second


ATTRIBUTES = ("* text=auto eol=crlf\n", "* filter=x\n",
              "* working-tree-encoding=UTF-16\n", "* ident\n")


def test_bytes_are_bytes(w):
    """A patch is put on the bytes that are there, whatever the tree and the
    configuration say about line ends, encodings and filters."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    for key, value in (("filter.x.clean", "tr a-z A-Z"),
                       ("filter.x.smudge", "tr a-z A-Z"),
                       ("filter.x.required", "true"),
                       ("core.autocrlf", "true"), ("core.eol", "crlf"),
                       ("apply.ignoreWhitespace", "change"),
                       ("apply.whitespace", "fix")):
        w.git("config", key, value)
    crlf = SONG.replace("\n", "\r\n")
    mixed = SONG.replace("verse 4\n", "verse 4\r\n").replace(
        "verse 9\n", "verse $Id$ \xe9\t \n")
    for attributes in ATTRIBUTES:
        w.write(".gitattributes", attributes)
        for old in (SONG, crlf, mixed):
            new = old.replace("verse 7", "verse VII").replace(
                "verse 30\n", "verse 30\nlast \n")
            w.write("sub/song", old.encode("latin-1"))
            w.write(w.path("new"), new.encode("latin-1"))
            text = subprocess.run(
                ["diff", "-u", "--label", "a/sub/song", "--label",
                 "b/sub/song", os.path.join(w.project, "sub/song"),
                 w.path("new")], stdout=subprocess.PIPE).stdout
            w.write(w.path("p"), text)
            r = run(w, "review", "--accept", "all", w.path("p"))
            assert r.returncode == 0, (attributes, r)
            with open(os.path.join(w.project, "sub/song"), "rb") as f:
                assert f.read() == new.encode("latin-1"), attributes
    # And on no others: white space is not what a patch is vague about.
    w.write("sub/song", crlf)
    r = run(w, "review", "--accept", "all",
            put(w, "p", "--- a/sub/song\n+++ b/sub/song\n" + "@@ -3,3 +3,3 @@\n "
                "verse 3\n-verse 4\n+verse four\n verse 5\n"))
    assert r.returncode == 1 and "doesn't apply" in r.stderr and \
        "patch failed" in r.stderr and not r.stdout, r
    assert w.read("sub/song") == crlf


def by_path(o):
    return {f["path"]: f for f in o["files"]}


def test_show_says_all_there_is(w):
    harness.need_sandbox(w)
    w.write(".gitignore", "*.log\n")
    w.write("song", SONG)
    w.write("name\n", "x\n")
    w.write("bytes", "a\n")
    w.write("plain", SONG.replace("verse", "plain"))
    w.mock([{"calls": [{"name": "bash", "args": {"command":
            "sed -i s/verse.4$/four/ song; echo y >'name\n'; echo >Makefile; "
            "mkdir -p tests __pycache__ logs; echo >tests/test_x.py; mkfifo p; "
            "touch __pycache__/a.pyc a.log logs/b.log; echo >AGENTS.md; "
            "printf 'a\\377\\n' >bytes; seq 99 >large.md; mv plain simple"}}]},
        {"calls": [{"name": "done", "args": {"summary": "s"}}]}])
    w.write("large.md", "x\n")
    w.repository()
    run(w, "exec", "--approve", "ask", "--plan", "skip", "--test",
        "echo '# PASS:  3'", "--allow-protected", "x", "go", code=5)
    o = shown(w)
    assert o["proposal"] and o["ref"] == "%d.%d" % (o["proposal"],
                                                    o["version"]), o
    assert o["approve"] == "ask" and o["rule"] is None and not o["alive"]
    assert o["refused"] == [{"path": "p", "why": "a fifo"}], o["refused"]
    assert o["ignored"] == 3 and \
        {(n["path"], n["files"], n["why"]) for n in o["products"]} == {
            ("__pycache__/", 1, "cache"), ("a.log", 1, "git"),
            ("logs/b.log", 1, "git")}, (o["ignored"], o["products"])
    ev = o["evidence"]
    assert (ev["status"], ev["passed"], ev["exit"], ev["words"], ev["where"],
            ev["unproposed"], ev["check_by"]) == (
        "done", True, 0, "3 passed", "stage", 3, "flag"), ev
    f = by_path(o)
    rules = {k: v["rules"] for k, v in f.items()}
    assert rules["song"] == {"small": msg.IT_IS_NO_SOURCE, "yes": None}, rules
    assert "protected" in f["AGENTS.md"] and rules["AGENTS.md"] == {
        "small": msg.PATH_IS_PROTECTED, "yes": msg.PATH_IS_PROTECTED}
    assert f["tests/test_x.py"]["judges"] and rules["tests/test_x.py"] == {
        "small": msg.IT_AFFECTS_THE_CHECK, "yes": None}
    assert rules["Makefile"] == {"small": msg.IT_IS_A_BUILD_FILE, "yes": None}
    assert "more lines" in rules["large.md"]["small"], rules
    assert f["simple"]["status"] == "renamed" and "is renamed" in \
        rules["simple"]["small"], f["simple"]
    assert "patch_b64" in o
    # The user saves the same line: a conflict says what both did.
    w.write("song", SONG.replace("verse 4\n", "mine\n"))
    r = run(w, "decide", "--accept", "all")
    assert r.returncode == 1 and "(song isn't the same)" in r.stderr, r
    o = shown(w)
    f = by_path(o)["song"]
    assert f["changed_on_disk"] and "+mine" in f["meanwhile"]
    assert f["rules"] == {
        k: msg.IT_OVERWRITES_NEWER_LINES
        for k in ("small", "yes")}, f
    # A choice that failed leaves marks; a hunk was parted.
    w.write("song", SONG)
    run(w, "decide", "--accept", "none", code=1)
    r = run(w, "decide", "--accept", "none")
    assert r.returncode in (0, 5), r
    o = shown(w)
    assert o["proposal"] is o["ref"] is o["version"] is o["final"] is None
    assert o["files"] == [] and o["patch"] == "" and o["ignored"] == 3 and \
        o["refused"], o


def test_marks_of_another_version(w):
    """A client that decides about a version or hunk that doesn't exist decides
    nothing; its marks stay, and no rule accepts them."""
    offer(w)
    w.configure("http://127.0.0.1:9/v1")
    c = protocol.resume(w)
    c.wait_live()
    p = c.event_list("proposal")[-1]
    about = {"proposal": p["proposal"] or p["seq"], "version": p["version"]}
    marks = [{"hunk": h["id"], "mark": m, "seen": False} for h, m in
             zip(p["files"][0]["hunks"], ("yes", "no"))]

    def refused(**bad):
        n = len(c.lines)
        c.send(type="decide", **bad)
        c.wait("the refusal", lambda: [e for e in c.lines[n:]
                                       if e["type"] == "refused"])
    old = dict(about, version=about["version"] - 1)
    refused(**old, marks=marks)
    refused(**about, marks=marks[:1] + [dict(marks[1], hunk="0" * 32)])
    refused(**about, marks=[])
    assert not c.event_list("draft") and not c.event_list("decision")
    c.send(type="mark", marks=marks[1:], **about)
    c.wait_event("draft")
    refused(**old)
    assert not c.event_list("decision")
    f, = shown(w)["files"]
    assert [h.get("mark") for h in f["hunks"]] == [None, "no"], f
    assert f["rules"]["yes"], f
    # Read after its mark.
    c.send(type="decide", **about, seen=[marks[1]["hunk"]])
    f, = c.wait_event("decision")["files"]
    assert [h["seen"] for h in f["hunks"]] == [True], f
    c.close_and_wait()


def test_nothing_is_open(w):
    """All is marked: plain lines ask whether to write."""
    offer(w)
    w.configure("http://127.0.0.1:9/v1")
    c = protocol.resume(w)
    c.wait_live()
    p = c.event_list("proposal")[-1]
    c.send(type="mark", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               {"hunk": h["id"], "mark": "no", "seen": True}
               for f in p["files"] for h in f["hunks"]])
    c.wait_event("draft")
    c.close_and_wait()
    code, seen = harness.on_terminal(w, [
        (b"y rejects 2 hunks; " + msg.N_GOES_BACK.encode(), b"n\n"),
        (b"all hunks are marked; x asks once more", b""),
        (msg.ACCEPT_THIS_HUNK_Y.encode(), b"n\n"),
        (msg.N_GOES_BACK.encode(), b"y\n")], "decide", "--plain")
    assert code == 0 and w.events("decision"), (code, seen)


harness.main(globals())
