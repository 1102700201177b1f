"""kill -9 of the core at every line of its journal.  A session with a plan, a
half taken proposal with a split and an edited hunk, a wholly refused one and a
wholly taken one is run once in peace, and then once for each of its lines: the core is killed when that line
comes out, the session is resumed and brought to its end.  Whatever the moment,
every file is as it was or as it was decided, the end is the same, nothing was
applied twice, and the journal is sound.

The model is no script but a function of the conversation, because a request
may be asked again; the person is one of the proposal.
"""

import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
from messages import msg
import protocol
from rawserver import CALLS, HEAD, Server, call

NUMBERS = "one two three four five six seven eight nine ten eleven".split()
START = {"a.txt": "".join(x + "\n" for x in NUMBERS), "b.txt": "b\n",
         "d.txt": "".join(x + "\n" for x in NUMBERS),
         "gone.txt": "to be removed\n", ".gitignore": "*.o\n"}
SCRIPTS = [
    # word of the person that it follows, what is done about it
    ("go", "sed -i s/^one$/ONE/ a.txt; sed -i s/^eleven$/ELEVEN/ a.txt;"
     "sed -i 's/^four$/4/; s/^seven$/7/' d.txt; echo new >c.txt; rm -f gone.txt; echo x >x.o"),
    ("too loud", "echo refuse me >b.txt"),
    ("last thing", "echo B >b.txt; ln -sf a.txt link; chmod +x c.txt"),
]
MIDDLE = {"a.txt": START["a.txt"].replace("one", "ONE"), "c.txt": "new\n",
          "d.txt": START["d.txt"].replace("seven", "VII")}
FINAL = {"a.txt": MIDDLE["a.txt"], "d.txt": MIDDLE["d.txt"], "b.txt": "B\n", "c.txt": "new\n",
         ".gitignore": "*.o\n"}


def model(request):
    """The next answer to this conversation, as a stream."""
    messages = json.loads(request.partition(b"\r\n\r\n")[2])["messages"]
    said = json.dumps([m for m in messages if m["role"] != "system" and
                       m["role"] != "assistant"])
    n = len(messages)
    # The tools are the same in every phase; each task has a plan.
    told = [json.dumps(m) for m in messages if m["role"] != "assistant"]
    task = min([i for i, t in enumerate(told) if "last thing" in t] or [0])
    if not any(msg.PLAN_IS_APPROVED in t for t in told[task:]):
        return [HEAD, call("plan", json.dumps(
            {"goal": "capitals", "steps": [{"title": "all"}]}), 0, "p%d" % n),
                CALLS]
    word, script = [x for x in SCRIPTS if x[0] in said][-1]
    # Done if the script ran to its end since the word was said.
    for m in reversed(messages):
        text = json.dumps(m)
        if m["role"] == "tool" and "did: " + word in text:
            return [HEAD, call("done", json.dumps({"summary": word}), 0,
                               "d%d" % n), CALLS]
    return [HEAD, call("bash", json.dumps(
        {"command": "%s; echo 'did: %s'" % (script, word)}), 0, "b%d" % n),
            CALLS]


class Person:
    """Drives a client: decides what is offered, says the last thing, ends."""

    def __init__(self, client, kill_at=None):
        self.client = client
        self.kill_at = kill_at
        self.at = 0
        self.proposal = None
        self.spoke = False
        self.marked = None
        self.waiting = False

    def line(self, x):
        kind = x.get("type")
        if kind == "proposal":
            self.proposal = x if x["files"] else None
            if self.waiting:        # what a split made
                self.decide()
        elif kind == "user_message" and "last thing" in x["text"]:
            self.spoke = True
        elif kind == "status" and x["state"] == "waiting":
            self.waiting = True
            self.decide()
        elif kind == "status" and x["state"] == "idle":
            if self.spoke:
                return True
            self.spoke = True
            self.client.send(type="say", text="last thing")
        return False

    def decide(self):
        p = self.proposal
        if p is None or self.marked == p["seq"]:
            return
        self.marked = p["seq"]
        hunks = [h for f in p["files"] for h in f["hunks"]]
        for h in hunks:
            if "+4" in h["text"] and "+7" in h["text"]:
                self.client.send(type="split", hunk=h["id"],
                                 proposal=p["proposal"] or p["seq"])
                return
        self.waiting = False
        for f in p["files"]:
            for h in f["hunks"]:
                text = h.get("text", "")
                if "+7" in text:
                    self.client.send(
                        type="mark", proposal=p["proposal"] or p["seq"],
                        version=p["version"], hunk=h["id"], seen=True,
                        mark="edited", edit=text.replace("+7", "+VII"))
                    continue
                no = "+ELEVEN" in text or "+refuse" in text or \
                    "+4" in text
                word = {"word": "too loud"} if "+ELEVEN" in text else {}
                self.client.send(
                    type="mark", proposal=p["proposal"] or p["seq"],
                    version=p["version"], hunk=h["id"], seen=True,
                    mark="no" if no else "yes", **word)
        self.client.write(p)

    def run(self):
        """True at the end of the session, False when the moment came."""
        def step():
            while self.at < len(self.client.lines):
                x = self.client.lines[self.at]
                self.at += 1
                if (self.kill_at is not None and x["type"] != "hello" and
                        x.get("seq") == self.kill_at):
                    return "kill"
                if self.line(x):
                    return "end"
            return None
        return self.client.wait("the end", step) == "end"


def begin(w):
    for name, text in START.items():
        w.write(name, text)
    w.repository()


def is_sed(path):
    """Did a killed `sed -i` leave it? It is put up and accepted like any other
    file."""
    return re.fullmatch(r"sed\w{6}", path) is not None


def content(w):
    return {path: data.decode() for path, (kind, _, data) in
            harness.tree(w.project).items()
            if kind == "file" and not is_sed(path)}


def check_end(w, label):
    assert content(w) == FINAL, (label, content(w))
    assert os.readlink(os.path.join(w.project, "link")) == "a.txt", label
    assert os.access(os.path.join(w.project, "c.txt"), os.X_OK), label
    begun = [e["decision"] for e in w.events("apply_begin")]
    assert len(begun) == len(set(begun)), (label, "a decision applied twice")
    ops = [(o["path"], o["ok"]) for e in w.events("applied")
           for o in e["ops"] if o["ok"] and not is_sed(o["path"])]
    assert sorted(ops) == sorted([
        ("a.txt", True), ("c.txt", True), ("d.txt", True),
        ("gone.txt", True),
        ("b.txt", True), ("c.txt", True), ("link", True)]), (label, ops)
    w.verify()


def run(w, kill_at=None, torn=False):
    """One session; returns the number of its lines."""
    label = "killed at line %s" % kill_at
    begin(w)
    server = Server([lambda conn: [conn.sendall(x) for x in
                                   model(server.requests[-1])]])
    w.configure(server.url("/v1"))
    c = protocol.start(w, plan="auto", task="go", test="test -f a.txt",
                       test_by="flag")
    if not Person(c, kill_at).run():
        os.kill(protocol.core_pid(w), signal.SIGKILL)
        c.wait_eof()
        for path, text in content(w).items():
            if path.startswith(".assent-") and path.endswith(".tmp"):
                continue        # must be gone at the end
            assert text in (START.get(path), MIDDLE.get(path),
                            FINAL.get(path)), (label, path, text)
        if torn:
            with open(os.path.join(w.session_dir(), "journal.jsonl"),
                      "a") as f:
                f.write('{"seq":9999,"t":"20')
        c = protocol.resume(w, recover="finish")
        assert Person(c).run()
    c.close_and_wait()
    server.stop()
    check_end(w, label)
    return len(w.events())


def test_killed_at_every_line(w):
    harness.need_sandbox(w)
    lines = run(w)
    assert lines > 40, lines
    for k in range(1, lines + 1):
        again = harness.World("killed at %d" % k)
        try:
            run(again, k, torn=k % 3 == 0)
        except BaseException:
            print("# killed at line %d:" % k)
            for line in harness.show_journal(again):
                print("# journal: " + line)
            raise
        finally:
            harness.leftovers()
            again.close()


harness.main(globals())
