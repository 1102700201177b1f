"""The lower tree is live: somebody edits, builds, switches branches and runs a
second session in the tree in which the agent works.  No save is lost or
reverted, what changed under a tool is flagged and said to person and model, and
make builds what it has to.

The editor here does what editors do: it writes in place, or a temporary file
that is renamed, or a new file after an unlink, as often as it can.  Each save
has a number, in a line that the agent does not touch, and before each save it
looks whether its last one is still there.
"""

import json
import os
import re
import shutil
import subprocess
import threading

import harness
from messages import msg
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
BUILD = {"name": "bash", "args": {"command": "make -s prog && ./prog; "
                                  "touch built.log; cat built.log; : >built.log"}}
MAKEFILE = """prog: word.o other.o
\tcat word.o other.o >$@ && chmod +x $@
.SUFFIXES: .src .o
.src.o:
\t@echo '#!/bin/sh' >$@.new; grep '^echo' $< >>$@.new; mv $@.new $@
\t@echo $@ >>built.log
"""
SOURCE = "# user 0\n" + "# line\n" * 8 + "echo %s\n" + "# line\n" * 8


def sh(command):
    return {"name": "bash", "args": {"command": command}}


def edit(path, old, new):
    return {"name": "edit", "args": {"path": path, "old_string": old,
                                     "new_string": new}}


def project(w, **files):
    if not shutil.which("make"):
        raise harness.Skip("make is not installed")
    harness.need_sandbox(w)
    w.write("Makefile", MAKEFILE)
    w.write("word.src", SOURCE % "old")
    w.write("other.src", SOURCE % "rest")
    w.write("mine.txt", "# user 0\n")
    w.write("sign.txt", "\n")
    w.write(".gitignore", "*.o\n*.o.new\nprog\nbuilt.log\n")
    for name, text in files.items():
        w.write(name, text)
    w.repository()


def results(c):
    return [e["text"] for e in c.event_list("tool_result")
            if e["name"] == "bash"]


def go(w, name="go"):
    w.mocks[0].release(name)


class Editor(threading.Thread):
    """Saves some files, each in its own way, until it is told to stop."""

    def __init__(self, w, ways):
        super().__init__()
        self.w, self.dir, self.ways = w, w.project, ways
        self.saved = {name: 0 for name in ways}
        self.enough, self.wrong = threading.Event(), None
        self.pause_s = 0.003
        self.temp = os.path.join(w.project, ".swap.o")      # ignored

    def read(self, name):
        try:
            with open(os.path.join(self.dir, name)) as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def there(self, name):
        """Its last save. (While the gate exchanges and looks, another may be
        seen for a moment: it must come back.)"""
        want = "# user %d\n" % self.saved[name]

        def look():
            text = self.read(name)
            return text if want in text else None
        return harness.wait_until("%s to hold %r" % (name, want), look)

    def save(self, name, way):
        path = os.path.join(self.dir, name)
        n = self.saved[name] + 1
        text = re.sub("# user [0-9]+\n", "# user %d\n" % n, self.there(name))
        if way == "in place":
            with open(path, "w") as f:
                f.write(text)
        else:
            if way == "unlink":
                os.unlink(path)
            with open(self.temp if way == "rename" else path, "w") as f:
                f.write(text)
            if way == "rename":
                os.rename(self.temp, path)
        self.saved[name] = n

    def run(self):
        try:
            while not self.enough.is_set():
                for name, way in self.ways.items():
                    self.save(name, way)
                    self.enough.wait(self.pause_s)
        except BaseException as e:
            self.wrong = e

    def stop(self):
        self.enough.set()
        self.join()
        if self.wrong:
            raise self.wrong
        for name in self.ways:
            self.there(name)


def take_all(c, editor):
    """Say yes to all that is offered, until the end; no to what changed under
    the tool, which cannot be taken. What is saved between the offer and the
    word is offered anew: so the editor rests then, the longer the oftener."""
    done = set()

    def step():
        if c.event_list("agent_end"):
            return True
        if min(editor.saved.values()) > 10:
            go(editor.w, "busy")
        p = (c.event_list("proposal") or [{"files": []}])[-1]
        editor.pause_s = min(0.3 + 0.1 * len(done), 3) if p["files"] \
            else 0.003
        if p["files"] and p["seq"] not in done:
            done.add(p["seq"])
            for f in p["files"]:
                for h in f["hunks"]:
                    c.send(type="mark", proposal=p["proposal"] or p["seq"],
                           version=p["version"], hunk=h["id"], seen=True,
                           mark="no" if f.get("changed_on_disk") else "yes")
        return False
    c.wait("the end", step)


def work(rounds):
    """The agent's side: edits both sources and builds, again and again; at the
    end not before the editor was busy, too."""
    return [{"calls": [sh("sed -i 's/^echo .*/echo w%d/' word.src" % i),
                       sh("sed -i 's/^echo .*/echo o%d/' other.src" % i),
                       BUILD]} for i in range(1, rounds + 1)] + [
                           dict(DONE, wait_for="busy")]


def busy_editor(w, ways):
    project(w)
    w.mock(work(4))
    e = Editor(w, ways)
    e.start()
    try:
        c = protocol.start(w, task="go", approve="each")
        take_all(c, e)
    finally:
        e.stop()
    assert min(e.saved.values()) > 10, e.saved
    # The agent's edits came through where they could, on top of the user's; one
    # that met the file while it was away did not, nor did a build.
    said = "\n".join(results(c))
    assert re.search("o[1-4]", said) and re.search("w[1-4]", said), said
    c.close_and_wait()
    w.verify()


def test_an_editor_that_renames(w):
    busy_editor(w, {"word.src": "rename", "mine.txt": "rename"})


def test_an_editor_that_writes_in_place(w):
    """Not a file that the gate writes: what is written through a descriptor
    from before an exchange is in the displaced file, which is kept."""
    busy_editor(w, {"mine.txt": "in place", "Makefile.txt": "in place"}
                if os.path.exists(w.write("Makefile.txt", "# user 0\n"))
                else {})


def test_what_changed_under_a_tool_is_flagged_and_said(w):
    """Saved in place, saved by rename, deleted: person and model are told, and
    `yes` takes none of it."""
    project(w, **{"a.txt": "one\ntwo\n", "b.txt": "one\ntwo\n",
                  "c.txt": "one\ntwo\n", "d.txt": "one\ntwo\n"})
    w.mock([{"calls": [sh("for f in a b c d; do cp $f.txt $HOME/$f; done; "
                          ": >$HOME/read; until " + harness.signed(w) +
                          "; do sleep 0.05; done; for f in a b c d; do sed s/two/TWO/ $HOME/$f "
                          ">$f.tmp; mv $f.tmp $f.txt; done")]},
            {"calls": [sh("true")]}, DONE])
    c = protocol.start(w, task="go")
    harness.wait_until("the command has read", lambda: [
        b for b, _, names in os.walk(w.path("state")) if "read" in names])
    w.write("a.txt", "one USER\ntwo\n")
    w.write("b.new", "one USER\ntwo\n")
    os.rename(os.path.join(w.project, "b.new"),
              os.path.join(w.project, "b.txt"))
    os.unlink(os.path.join(w.project, "c.txt"))
    harness.sign(w)
    p = c.wait_event("proposal")
    moved = {f["path"]: f.get("changed_on_disk", False) for f in p["files"]}
    assert moved == {"a.txt": True, "b.txt": True, "c.txt": True,
                     "d.txt": False}, moved
    for name in ("a.txt", "b.txt", "c.txt"):
        line = name + msg.USER_CHANGED_IT_WHILE
        assert line in results(c)[0], results(c)
        assert any(line in e["text"] for e in c.event_list("note"))
    assert "d.txt" not in results(c)[0], results(c)
    c.close_and_wait()
    w.verify()


def test_a_conflict_is_named(w):
    project(w)
    w.mock([{"calls": [edit("word.src", "echo old", "echo agent")]},
            {"calls": [BUILD], "wait_for": "go"}, DONE])
    c = protocol.start(w, task="go")
    c.wait("the edit", lambda: c.event_list("tool_result"))
    w.write("word.src", SOURCE % "user")
    go(w)
    p = c.wait_event("proposal")
    line = "word.src: the user edited the same lines"
    assert line in results(c)[0], results(c)
    assert any(line in e["text"] for e in c.event_list("note"))
    assert p["files"][0]["changed_on_disk"], p
    # The diff is against what the user has now: it says what would go.
    text = "".join(h["text"] for h in p["files"][0]["hunks"])
    assert "-echo user" in text and "+echo agent" in text, text
    assert [h["overwrites"] for h in p["files"][0]["hunks"]] == [True], p
    # The third side: what the user did since the agent read it.
    meanwhile = p["files"][0]["meanwhile"]
    assert "-echo old" in meanwhile and "+echo user" in meanwhile, meanwhile
    # No answer that is about more than this hunk takes it.
    one = dict(type="mark", proposal=p["proposal"] or p["seq"], mark="yes",
               hunk=p["files"][0]["hunks"][0]["id"], seen=True)
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], all="yes", seen=True)
    c.send(**one)
    c.wait("two refusals", lambda: len([
        e for e in c.lines if e["type"] == "refused" and
        "newer lines" in e["text"]]) == 2)
    assert not c.event_list("decision") and not c.event_list("draft")
    # The user edits the line once more: not what was shown, asked again.
    w.write("word.src", SOURCE % "user again")
    c.send(overwrite=True, **one)
    c.wait_event("applied")
    assert w.read("word.src") == SOURCE % "user again"
    p = c.wait_event("proposal", lambda e: e["version"] > p["version"])
    text = "".join(h["text"] for h in p["files"][0]["hunks"])
    assert "-echo user again" in text and "+echo agent" in text, text
    assert p["files"][0]["changed_on_disk"], p
    # Seen, and taken all the same.
    c.send(overwrite=True, **dict(one, hunk=p["files"][0]["hunks"][0]["id"]))
    c.wait_event("applied", lambda e: e["ops"][0]["ok"])
    assert w.read("word.src") == SOURCE % "agent"
    c.close_and_wait()
    w.verify()


def test_the_users_own_build_is_not_taken_for_ours(w):
    """Edit; the user builds what is on disk; the agent builds."""
    project(w)
    for name in ("word.src", "other.src"):
        os.utime(os.path.join(w.project, name), (1.5e9, 1.5e9))
    w.mock([{"calls": [edit("word.src", "echo old", "echo new")]},
            {"calls": [BUILD], "wait_for": "go"},
            {"calls": [BUILD], "wait_for": "go2"}, DONE])
    c = protocol.start(w, task="go")
    c.wait("the edit", lambda: c.event_list("tool_result"))

    def build():
        subprocess.run(["make", "-s", "prog"], cwd=w.project, env=w.env,
                       check=True)
        os.unlink(os.path.join(w.project, "built.log"))
    build()
    go(w)
    c.wait("the first build", lambda: results(c))
    assert "new\nrest\nword.o\n" in results(c)[0], results(c)
    assert "other.o" not in results(c)[0], results(c)
    # The user builds again, all of it: what is theirs may be built from the old
    # word.src, so that ours is newer than that, once more.
    for name in ("word.o", "other.o", "prog"):
        os.unlink(os.path.join(w.project, name))
    build()
    go(w, "go2")
    c.wait("the second build", lambda: len(results(c)) == 2)
    assert "new\nrest\n" in results(c)[1], results(c)
    assert "other.o" not in results(c)[1], results(c)
    assert results(c)[1].count("word.o") <= 1, results(c)
    p = c.wait_event("proposal")
    assert [f["path"] for f in p["files"]] == ["word.src"], p
    c.close_and_wait()
    w.verify()


def many(w):
    """Three hundred files on two branches; f7 is the agent's too."""
    project(w)
    text = "top\n" + "line\n" * 8 + "end\n"
    for i in range(300):
        w.write("f/%d" % i, text)
    w.git("add", ".")
    w.git("commit", "-qm", "files")
    w.git("checkout", "-qb", "side")
    for i in range(300):
        w.write("f/%d" % i, text.replace("top", "TOP"))
    w.write("f/new", "side\n")
    w.git("add", ".")
    w.git("commit", "-qm", "side")
    w.git("checkout", "-q", "main")


def test_a_branch_is_switched_between_calls(w):
    many(w)
    look = sh("head -qn1 f/* | sort | uniq -c; tail -n1 f/7; "
              "git rev-parse --abbrev-ref HEAD; git status --short")
    w.mock([{"calls": [edit("f/7", "end", "END"), sh("rm f/8")]},
            {"calls": [look], "wait_for": "go"},
            {"calls": [look], "wait_for": "go2"},
            {"calls": [look], "wait_for": "go3"}, DONE])
    c = protocol.start(w, task="go")
    c.wait("the first calls", lambda: len(c.event_list("tool_result")) == 2)
    w.git("checkout", "-q", "side")
    go(w)
    c.wait("a look", lambda: len(results(c)) == 2)
    assert "299 TOP" in results(c)[1] and "END\nside\n" in results(c)[1], \
        results(c)
    assert "f/8: deleted in the staged copy, but the user changed it" in \
        results(c)[1], results(c)
    # Back by a stash and a rebase.
    w.git("checkout", "-q", "main")
    w.write("mine.txt", "not committed\n")
    w.git("stash", "-q")
    go(w, "go2")
    c.wait("a look", lambda: len(results(c)) == 3)
    assert "299 top" in results(c)[2] and "END\nmain\n" in results(c)[2], \
        results(c)
    w.git("stash", "pop", "-q")
    w.git("commit", "-qam", "mine")
    w.git("rebase", "-q", "side")
    go(w, "go3")
    c.wait("a look", lambda: len(results(c)) == 4)
    assert "299 TOP" in results(c)[3] and "END\nmain\n" in results(c)[3], \
        results(c)
    p = c.wait_event("proposal")
    shown = {f["path"]: (f["status"], f.get("changed_on_disk", False))
             for f in p["files"]}
    assert shown == {"f/7": ("modified", False), "f/8": ("deleted", True)}, \
        shown
    text = "".join(h["text"] for h in p["files"][0]["hunks"])
    assert "-end" in text and "+END" in text and "top" not in text, text
    c.close_and_wait()
    w.verify()


def two(w, first, second):
    """Two sessions that both have done their work when the first applies."""
    project(w, **{"a.txt": "".join("%d\n" % i for i in range(20))})
    codes = []
    runs = []
    for i, calls in enumerate((first, second)):
        w.mock([{"calls": calls}, dict(DONE, wait_for=w.path("go%d" % i))],
               config={"plan": "skip"})
        before = set(w.sessions())
        runs.append(w.start("exec", "--approve", "yes", "x"))
        sid = harness.wait_until("the session", lambda: set(
            w.sessions()) - before).pop()
        harness.wait_until("its call", lambda: w.events(
            "tool_result", w.sessions().index(sid)))
    for i, run in enumerate(runs):
        open(w.path("go%d" % i), "w").close()
        out, err = run.communicate()
        codes.append((run.returncode, (out + err).decode()))
    w.verify()
    return codes


def test_two_sessions_in_one_file(w):
    codes = two(w, [edit("a.txt", "1\n2\n", "1\ntwo\n")],
                [edit("a.txt", "17\n18\n", "17\neighteen\n")])
    assert [c for c, _ in codes] == [0, 0], codes
    assert "two\n" in w.read("a.txt") and "eighteen\n" in w.read("a.txt")


def test_two_sessions_on_one_line(w):
    codes = two(w, [edit("a.txt", "1\n2\n", "1\ntwo\n")],
                [edit("a.txt", "1\n2\n", "1\nTWO\n")])
    assert [c for c, _ in codes] == [0, 5], codes
    assert "two\n" in w.read("a.txt") and "TWO" not in w.read("a.txt")


def test_the_host_went_down(w):
    """What is on record is whole again; what was built is not trusted."""
    project(w)
    w.mock([{"calls": [edit("word.src", "echo old", "echo new"), BUILD]},
            DONE, {"calls": [BUILD]}, DONE])
    c = protocol.start(w, task="go")
    c.wait_event("proposal")
    c.close_and_wait()
    up = os.path.join(w.session_dir(), "stage", "up")
    if not os.path.isdir(up):
        raise harness.Skip("the view is a copy here")
    for name in ("word.src", "word.o", "prog"):
        os.truncate(os.path.join(up, name), 0)
    # The newest, as the one of an older version, which had no hash.
    texts = []
    for name in ("manifest-2.json", "manifest.json"):
        path = os.path.join(w.session_dir(), "stage", name)
        if os.path.exists(path):
            with open(path) as f:
                texts.append(json.loads(f.read().rsplit("\n", 2)[0]))
            os.remove(path)
    manifest = max(texts, key=lambda m: m.pop("serial"))
    manifest.update(version=1, boot="another")
    with open(path, "w") as f:
        json.dump(manifest, f)
    c = protocol.resume(w)
    c.wait_live()
    notes = [e["text"] for e in c.event_list("note")]
    assert any("rebooted" in t and "word.src" not in t and "word.o" in t
               for t in notes), notes
    c.send(type="say", text="once more")
    c.wait("the build", lambda: len(results(c)) == 2)
    assert "new\nrest\n" in results(c)[1], results(c)
    c.close_and_wait()
    w.verify()


harness.main(globals())
