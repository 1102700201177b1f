"""A script decides: about the proposal that it has looked at and no other, with
what show has told it; what makes no sense or cannot be done is said in a line
that names the option, and changes nothing.
"""

def offer(w):
    """A proposal of two hunks that waits."""
    harness.need_sandbox(w)
    w.write("song", SONG)
    r = run(w, "apply", put(w, "p", diff(w, "song", THREE)))
    assert r.returncode == 5, r


def shown(w, *args):
    r = run(w, "show", "--json", *args)
    assert r.returncode == 0, r
    return json.loads(r.stdout)


def test_what_was_shown(w):
    offer(w)
    ref = shown(w)["ref"]
    text = run(w, "show").stdout
    first = text.splitlines()[0]
    assert first == "# assent proposal %s of session %s" % (
        ref, w.sessions()[-1]), first
    r = run(w, "decide", "--proposal", ref, "--accept", "1")
    assert r.returncode == 0, r
    assert w.read("song") == THREE.replace("verse twenty\nrefrain\n",
                                           "verse 20\n")
    r = run(w, "decide", "--proposal", ref, "--accept", "1")
    assert r.returncode == 1 and msg.NOTHING_WAS_CHANGED in r.stderr and \
        "proposal %s isn't open any more" % ref in r.stderr, r
    assert shown(w)["ref"] is None


def test_it_moves_on_between(w):
    """By a person's edit, and by another client's command: nothing is decided,
    and the file is named."""
    offer(w)
    # Once more, now that the journal has the new one.
    refused(w, ref, "song is a different file now",
            "--proposal", ref, "--accept", "all")
    refused(w, ref, "song is a different file now", "--patch", text)
    # Parted by a choice that failed then: numbers mean something else.
    ref, text = shown(w)["ref"], put(w, "shown", run(w, "show").stdout)
    r = run(w, "decide", "--split", "1", "--accept", "9")
    assert r.returncode == 1, r
    refused(w, ref, "song is split differently", "--proposal=" + ref,
            "--accept", "1")
    refused(w, ref, "song is split differently", "--patch", text)
    # Without its first line a patch is taken for what is open now.
    text = run(w, "show").stdout.split("\n", 1)[1]
    r = run(w, "decide", "--patch", put(w, "bare", text))
    assert r.returncode == 0, r
    assert w.read("song") == "verse 0\n" + THREE


def test_what_overwrites_is_never_part_of_all(w):
    """Only the hunk that collides waits for an answer of its own; no rule, no
    "all" and no number of --accept is that."""
    mine = AGENTS.replace("verse 18\n", "mine too\n")
    for args, words in ((["2"], "no hunk 2"),
                        (["mode"], msg.NO_MODE_CHANGE_THERE),
                        (["all"], msg.MUST_BE_MODE_OR_NUMBERS)):
        r = run(w, "decide", "--overwrite", *args)
        assert r.returncode in (1, 2) and words in r.stderr, r
    assert w.read("song") == rest
    r = run(w, "decide", "--edit", "1=" + text, "--overwrite", "1")
    assert r.returncode == 0, r
    assert w.read("song") == mine.replace("verse twelve", "edited")


def test_a_choice_is_taken_whole_or_refused_whole(w):
    """An edit that doesn't fit beside a hunk that stays open; and --overwrite
    by itself says nothing about other hunks."""
    collision(w, "ask")
    r = run(w, "decide", "--overwrite", "2")
    assert r.returncode == 5 and r.stderr == "open: 2 hunks; assent show " \
        "prints them\n", r
    assert w.read("song") == now.replace("mine\n", "verse twelve\n")
    assert [h.get("overwrites", False) for h in shown(w)["files"][0]["hunks"]
            ] == [False, False]
    r = run(w, "decide", "--accept", "all")
    assert r.returncode == 0, r
    assert w.read("song") == AGENTS.replace("verse 18\n", "mine too\n")


def test_comments(w):
    """Words on a line wait with the proposal, and go to the model with what is
    decided."""
    harness.need_sandbox(w)
    w.write("song", SONG)
    mock = w.mock([
        harness.write("song", THREE),
        {"calls": [{"name": "done", "args": {"summary": "sung"}}]},
        {"text": "I see."}], config={"plan": "skip"})
    r = run(w, "exec", "go")
    assert r.returncode == 5, r
    ref = shown(w)["ref"]
    for what, code, words in (
            ("song why", 2, msg.MUST_BE_FILE_LINE),
            (":7 why", 2, msg.MUST_BE_FILE_LINE),
            ("song:0 why", 2, msg.MUST_BE_FILE_LINE),
            ("song:7x why", 2, msg.MUST_BE_FILE_LINE),
            ("song:-31 why", 1, "no hunk contains this line of the old file"),
            ("gnos:7 why", 1, "gnos isn't in this proposal")):
        r = run(w, "decide", "--comment", what)
        assert r.returncode == code and words in r.stderr, (what, r)
    assert [e["text"] for e in w.events("comment")] == ["why"]
    # Taken back, and two more; nothing is decided by it.
    r = run(w, "decide", "--proposal", ref, "--comment", "song:-21",
            "--comment", "song:7 why not: 8?", "--comment",
            "song:-20 it was good")
    assert r.returncode == 5, r
    assert w.read("song") == SONG and not w.events("decision")
    text = run(w, "show").stdout
    for words in ("why not: 8?", "it was good"):
        assert text.count("# your comment on song, ") == 2 and words in text, text
    r = run(w, "decide", "--proposal", ref, "--accept", "2", "--comment",
            "song:4 too plain", "--feedback", "sing better")
    assert r.returncode == 0, r
    assert w.read("song") == SONG.replace("verse 20\n",
                                          "verse twenty\nrefrain\n")
    told = mock.requests()[-1]["body_text"]
    for words in ('of song on line 7 \\"+verse seven\\": why not: 8?',
                  'of song on the old line 20 \\"-verse 20\\": it was good',
                  'of song on line 4 \\"+verse four\\": too plain',
        assert words in told, (words, told[-2000:])


def test_a_question_with_the_decision(w):
    """It is asked once, with what was decided."""
    mock = sung(w, {"text": "It had to be."}, {"text": "I see."})
    r = run(w, "decide", "--accept", "1", "--comment", "song:7 why seven?",
            "--comment", "song:-20 who wants that?")
    assert r.returncode == 0, r
    first, second = [str(x["body"]["messages"]) for x in mock.requests()[2:]]
    assert "on line 7 \"+verse seven\": why seven?" in first, first
    assert "accepted that change: it is in their files. Answer" in first, first
    assert "who wants that?" in second and \
        "rejected that change: it is no longer staged. Answer" in second, second
    for words in ("why seven?", "who wants that?"):
        assert second.count(words) == 1, second
    assert "undecided" not in second, second


def test_show_says_all_there_is(w):
    harness.need_sandbox(w)
    w.write(".gitignore", "*.log\n")
    w.write("song", SONG)
            "sed -i s/verse.4$/four/ song; echo y >'name\n'; echo >Makefile; "
            "mkdir -p tests __pycache__ logs; echo >tests/test_x.py; mkfifo p; "
            "touch __pycache__/a.pyc a.log logs/b.log; echo >AGENTS.md; "
            "printf 'a\\377\\n' >bytes; seq 99 >large; mv plain simple"}}]},
        {"calls": [{"name": "done", "args": {"summary": "s"}}]}])
    w.git("init", "-q")
    r = run(w, "exec", "--approve", "ask", "--plan", "skip", "--test",
            "echo '# PASS:  3'", "--allow-protected", "x", "go")
    assert r.returncode == 5, r
    o = shown(w)
    assert o["proposal"] and o["ref"] == "%d.%d" % (o["proposal"],
                                                    o["version"]), o
    assert o["approve"] == "ask" and o["rule"] is None and not o["alive"]
    assert o["refused"] == [{"path": "p", "why": "a fifo"}], o["refused"]
    assert o["ignored"] == 3 and \
    assert f["changed_on_disk"] and "+mine" in f["meanwhile"]
    assert f["rules"] == {
        k: msg.IT_OVERWRITES_NEWER_LINES
        for k in ("small", "yes")}, f
    # A choice that failed leaves marks; a hunk was parted.
    w.write("song", SONG)
    r = run(w, "decide", "--accept", "none")
    assert r.returncode == 1, r
    r = run(w, "decide", "--accept", "none")
    assert r.returncode in (0, 5), r
    o = shown(w)
    assert o["proposal"] is o["ref"] is o["version"] is o["final"] is None
    assert o["files"] == [] and o["patch"] == "" and o["ignored"] == 3 and \
        o["refused"], o


