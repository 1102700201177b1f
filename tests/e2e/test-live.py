"""The lower tree is live: somebody edits, builds, switches branches and runs a
second session in the tree in which the agent works.  No save is lost or
reverted, what changed under a tool is flagged and said to person and model, and
make builds what it has to.

The editor here does what editors do: it writes in place, or a temporary file
that is renamed, or a new file after an unlink, as often as it can.  Each save
has a number, in a line that the agent does not touch, and before each save it
looks whether its last one is still there.
"""

import os
import re
import shutil
import threading

import harness
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
            c.write(p)
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
        c = protocol.start(w, task="go")
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


def test_a_conflict_is_named(w):
    project(w)
    w.mock([{"calls": [edit("word.src", "echo old", "echo agent")]},
            {"calls": [BUILD], "wait_for": "go"}, DONE])
    c = protocol.start(w, task="go")
    c.wait("the edit", lambda: c.event_list("tool_result"))
    w.write("word.src", SOURCE % "user")
    go(w)
    p = c.wait_event("proposal")
    line = "word.src: changed on disk in the same lines"
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
    c.write(p)
    c.wait_event("applied")
    assert w.read("word.src") == SOURCE % "user again"
    p = c.wait_event("proposal", lambda e: e["version"] > p["version"])
    text = "".join(h["text"] for h in p["files"][0]["hunks"])
    assert "-echo user again" in text and "+echo agent" in text, text
    assert p["files"][0]["changed_on_disk"], p
    # Seen, and taken all the same.
    c.send(overwrite=True, **dict(one, hunk=p["files"][0]["hunks"][0]["id"]))
    c.write(p)
    c.wait_event("applied", lambda e: e["ops"][0]["ok"])
    assert w.read("word.src") == SOURCE % "agent"


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


harness.main(globals())
