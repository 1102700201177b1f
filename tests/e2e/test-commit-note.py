"""assent commit --note: which lines of the commit the agent wrote, and who accepted
them, in a git note as the Git AI Standard 3.0.0 has it.
"""

import hashlib
import json
import os
import re

from commitlib import DONE, OLD, change, git, init, repo, show
import harness
from harness import bash, write
import protocol

NEEDS_SANDBOX = True


def agent(w, *answers, args=("--approve", "yes"), code=0):
    w.mock(list(answers) + [DONE])
    w.run("exec", "--plan", "skip", *args, "--", "Make it better", code=code)


def lines_of(spec):
    """Of "1-4,9": ascending, without spaces."""
    out = []
    for part in spec.split(","):
        m = re.fullmatch(r"([1-9]\d*)(?:-([1-9]\d*))?", part)
        out += range(int(m[1]), int(m[2] or m[1]) + 1)
    assert out == sorted(set(out)), spec
    return out


def read(text):
    """A note by the standard's rules: {file: {key: lines}} and its metadata."""
    attested, _, metadata = text.partition("---\n")
    files = {}
    for line in attested.splitlines():
        if not line.startswith("  "):
            own = files[line.strip('"') if " " in line or "\t" in line else
                        line] = {}
            continue
        key, spec = re.fullmatch(
            r"  (s_[0-9a-f]{14}::t_[0-9a-f]{14}) (\S+)", line).groups()
        assert key not in own, line
        own[key] = lines_of(spec)
    m = json.loads(metadata)
    assert m["schema_version"] == "authorship/3.0.0" and m["prompts"] == {}, m
    for own in files.values():
        assert own
        for key in own:
            assert key.split("::")[0] in m["sessions"], key
    return files, m


def note(w, at="HEAD"):
    return read(git(w, "notes", "--ref=refs/notes/ai", "show", at).decode())


def no_note(w, at="HEAD"):
    assert not git(w, "notes", "--ref=refs/notes/ai", "list", at, ok=False)


def commit(w, *args, code=0):
    return w.run("commit", "--note", "-m", "msg", *args, code=code)


def lines(w, at="HEAD"):
    """{file: lines} of all changes."""
    return {name: sorted(n for own in keys.values() for n in own)
            for name, keys in note(w, at)[0].items()}


def test_note(w):
    """The lines that the commit adds, by change, and what they are of."""
    repo(w, a=OLD, b=OLD)
    agent(w, write("a", change(OLD, 3, 5, 6)), write("new file", "1\n2\n"),
          bash("sed -i 1,2d b"))
    r = commit(w)
    assert r.stderr.endswith(b"; its note names 5 lines\n"), r
    files, m = note(w)
    session = w.sessions()[-1]
    id = "s_" + hashlib.sha256(("assent:" + session).encode()).hexdigest()[:14]
    key, = files["a"]
    assert files == {"a": {key: [3, 5, 6]}, "new file": {key: [1, 2]}}, files
    assert m["base_commit_sha"] == git(w, "rev-parse", "HEAD").decode().strip()
    assert m["sessions"] == {id: {
        "agent_id": {"tool": "assent", "id": session, "model": "mock/m"},
        "human_author": "U <u@example.com>",
        "custom_attributes": {key.split("::")[1]: "change %d by mock/m, accepted "
                              "by rule yes" % w.events("applied")[0]["tx"]}}}, m
    begin, = w.events("git_begin")
    assert begin["act"] == "notes" and begin["argv"][:3] == [
        "git", "notes", "--ref=refs/notes/ai"], begin
    assert git(w, "log", "-1", "--format=%B").decode().strip() == "msg"
    assert not git(w, "status", "--porcelain")
    w.verify()


def by(w, n):
    """Who accepted the lines of the nth change that the session applied."""
    tx = w.events("applied")[n]["tx"]
    session, = note(w)[1]["sessions"].values()
    said, = [v for v in session["custom_attributes"].values()
             if v.startswith("change %d " % tx)]
    return said.partition("accepted by ")[2]


def accept(c, p, **edits):
    """All hunks of the proposal; {words of a hunk: what replaces them}."""
    c.send(type="decide", proposal=p.get("proposal") or p["seq"],
           version=p["version"], marks=[dict(
               {"hunk": h["id"], "mark": "yes", "seen": True},
               **next(({"mark": "edited", "edit": h["text"].replace(old, new)}
                       for old, new in edits.items() if old in h["text"]), {}))
               for f in p["files"] for h in f["hunks"]])
    return c.wait_event("applied", lambda e: e["seq"] > p["seq"])


def proposal(c, after=0):
    p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > after)
    c.wait_status("review")
    return p


def test_edited_in_the_review(w):
    """Of an edited hunk only the lines that stayed as they were proposed; a line
    that an undo brings back is its own again, not the undo's."""
    repo(w, a=OLD)
    w.mock([write("a", change(OLD, 3, 4, 5, 30)), DONE])
    c = protocol.start(w, task="go")
    p = proposal(c)
    accept(c, p, **{"LINE 4": "mine\n+mine too"})
    c.wait_event("agent_end")
    c.close_and_wait()
    commit(w)
    assert w.read("a").count("mine") == 2
    assert lines(w) == {"a": [3, 6, 31]}, note(w)
    assert by(w, 0) == "U <u@example.com>", note(w)
    w.run("undo", "--accept", "all", code=0)
    commit(w)
    assert w.read("a") == OLD
    no_note(w)
    w.run("undo", "--accept", "all", "--change",
          str(w.events("applied")[1]["tx"]), code=0)
    commit(w)
    assert lines(w) == {"a": [3, 6, 31]}, note(w)


def test_two_changes(w):
    """One by a rule, one by the user; the second writes over a line of the first
    one. Once apart, once together; a commit that git amends has no note."""
    repo(w, a=OLD)
    w.mock([write("a", change(OLD, 3, 4)), DONE,
            write("a", change(OLD, 3, 4, 20).replace("LINE 4", "line four")),
            DONE])
    c = protocol.start(w, task="go", mode="exec", approve="yes", person=False)
    at = c.wait_event("agent_end")["seq"]
    c.wait_eof()
    c = protocol.resume(w)
    c.send(type="say", text="more")
    accept(c, proposal(c, at))
    c.wait("its end", lambda: len(c.event_list("agent_end")) > 1)
    c.close_and_wait()
    one, two = (e["tx"] for e in w.events("applied"))
    commit(w, "--change", "%d-%d" % (one, two))
    assert lines(w) == {"a": [3, 4, 20]}, note(w)
    keys = note(w)[0]["a"]
    assert sorted(keys.values()) == [[3], [4, 20]], keys
    assert by(w, 0) == "rule yes" and by(w, 1) == "U <u@example.com>", note(w)
    first = git(w, "rev-parse", "HEAD").decode().strip()
    w.git("commit", "-q", "--amend", "-m", "amended")
    no_note(w)
    assert lines(w, first)


def test_changed_by_others(w):
    """Not the agent's: lines that the user changed since, also where they are
    committed with --with-dirty; and what a hook or a formatter of theirs
    makes of them."""
    repo(w, a=OLD, b=OLD)
    agent(w, write("a", change(OLD, 3, 20)), write("b", change(OLD, 3, 20)))
    w.write("a", change(OLD, 3, 20).replace("LINE 3", "mine") + "mine\n")
    hook = w.write(".git/hooks/pre-commit", "#!/bin/sh\n"
                   "sed -i 's/^LINE 20$/LINE  20/' b && git add b\n")
    os.chmod(hook, 0o755)
    commit(w, "--with-dirty")
    assert show(w, "b") == change(OLD, 3, 20).replace("LINE 20", "LINE  20")
    assert lines(w) == {"a": [20], "b": [3]}, note(w)


def test_own_command(w):
    """What a command of the user's changed can't be told from the agent's: a
    change with such files has no lines. Nor has one of a task without it."""
    repo(w, a=OLD, b=OLD)
    w.mock([write("a", change(OLD, 3)), DONE, write("b", change(OLD, 3, 9)),
            DONE])
    c = protocol.start(w, task="go")
    p = proposal(c)
    c.send(type="run", command="sed -i 's/line 9$/LINE 9/' b")
    p = proposal(c, p["seq"])
    accept(c, p)
    c.wait_event("agent_end")
    commit(w, w.sessions()[0])
    no_note(w)
    c.send(type="say", text="more")
    accept(c, proposal(c, p["seq"]))
    c.wait("its end", lambda: len(c.event_list("agent_end")) > 1)
    c.close_and_wait()
    r = commit(w)
    assert show(w, "b") == change(OLD, 3, 9)
    assert lines(w) == {"b": [3]}, r


def test_names_and_kinds(w):
    """A name in quotes, one that begins with #, one that the form can't have;
    an executable, a binary file and a link; a rename; CRLF."""
    repo(w, a=OLD, crlf=OLD.replace("\n", "\r\n"))
    git(w, "config", "core.autocrlf", "true")
    agent(w, write("#x", "1\n"), write("sp ace", "1\n2\n"), bash(
        "echo 1 >'quo\"te'; echo 1 >---; ln -s a link; printf 'a\\0b' >bin\n"
        "echo 1 >run; chmod +x run; mv a b; sed -i 's/^line 3$/LINE 3/' b"
        "; sed -i 's/^line 5/LINE 5/' crlf"),
          args=("--approve", "yes", "--allow-protected", "*"))
    commit(w)
    said = lines(w)
    assert said == {"#x": [1], "sp ace": [1, 2], "run": [1], "b": [3],
                    "crlf": [5]}, said


def test_below_the_top(w):
    """The names are the repository's, where the project is a folder of it; the
    first commit has no parent."""
    init(w)
    w.write("sub/b", "")
    w.write("a", "mine\n")
    git(w, "add", "a")
    agent(w, write("a", "1\n2\n"), args=("--approve", "yes", "--root", "sub"))
    r = w.run("commit", "--note", "-m", "msg", w.sessions()[-1], code=0)
    assert lines(w) == {"sub/a": [1, 2]}, (r, note(w))


def test_one_that_is_there(w):
    """Stays; the commit is made, and the exit status says so."""
    repo(w, a=OLD)
    hook = w.write(".git/hooks/post-commit", "#!/bin/sh\n"
                   "git notes --ref=ai add -m theirs HEAD\n")
    os.chmod(hook, 0o755)
    agent(w, write("a", change(OLD, 3)))
    r = commit(w, "--json", code=1)
    o = json.loads(r.stdout)
    assert o["commit"] and o["text"].endswith(
        "; no note: the commit has one already"), o
    assert git(w, "notes", "--ref=ai", "show") == b"theirs\n"


def test_no_agent(w):
    """Where no agent worked, and without --note."""
    repo(w, a=OLD)
    w.run("try", "--accept", "all", "--", "sh", "-c", "echo x >a", code=0)
    r = commit(w, code=2)
    assert b"--note: no agent has worked in session " in r.stderr, r
    git(w, "checkout", "-q", "a")
    agent(w, write("a", change(OLD, 3)))
    w.run("commit", "-m", "msg", code=0)
    no_note(w)


harness.main(globals())
