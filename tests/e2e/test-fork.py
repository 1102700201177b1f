"""assent fork: a new session goes on from an earlier message of another one, and
offers to take back what was written since."""

import contextlib
import json
import os
import signal

import harness
from harness import done, write
import long
import protocol
from screenlib import Screen

OLD = "".join("line %d\n" % n for n in range(1, 21))
ONE = OLD.replace("line 3\n", "LINE 3\n")
TWO = ONE.replace("line 15\n", "LINE 15\n")


def decide(c, p, mark="yes"):
    c.wait_status("review")
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               {"hunk": h["id"], "mark": mark, "seen": True}
               for f in p["files"] for h in f["hunks"]])


def session(w):
    """Two proposals that were written and one that is open, when the fourth
    message comes; the client."""
    harness.need_sandbox(w)
    w.write("a.txt", OLD)
    w.mock([write("a.txt", ONE), done(), harness.calls(
        write("a.txt", TWO), write("b.txt", "new\n")), done(),
            write("c.txt", "open\n"), done(), {"text": "ok"}])
    c = protocol.start(w)
    for n, text in enumerate(("first", "second", "third"), 1):
        seq = max([e.get("seq", 0) for e in c.lines], default=0)
        c.send(type="say", text=text)
        p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > seq)
        if n < 3:
            decide(c, p)
            c.wait("its end", lambda: len(c.event_list("agent_end")) >= n)
    c.wait_status("review")
    return c


def messages(w, n=-1):
    return {e["text"]: e["seq"] for e in w.events("user_message", n)
            if e["by"] == "user"}


def fork(w, sid, *args):
    r = w.run("fork", sid, *args, code=0)
    new = r.stdout.decode().strip()
    assert r.stdout.decode() == new + "\n" and new in w.sessions(), r
    return new


def open_files(w, sid):
    """Of its open proposal: path -> the lines that differ."""
    files = {}
    for e in events(w, sid):
        if e["type"] == "proposal":
            files = {f["path"]: "".join(
                line for h in f["hunks"] for line in h["text"].splitlines(True)
                if line[0] != " ") for f in e["files"]}
    return files


def events(w, sid):
    with open(w.path("state", "assent", "sessions", sid, "journal.jsonl")) as f:
        return [json.loads(line) for line in f]


def folders(w):
    return sorted(os.listdir(w.path("state", "assent", "sessions")))


def test_each_message(w):
    """The files are as they were proposed then; what was written since is offered
    to be taken back, and taken back when it is accepted."""
    c = session(w)
    sid = w.sessions()[0]
    at = messages(w)
    before = events(w, sid)
    tree = harness.tree(w.project)
    back = {"a.txt": "-LINE 15\n+line 15\n", "b.txt": "-new\n"}
    first = {"a.txt": "-LINE 3\n+line 3\n-LINE 15\n+line 15\n",
             "b.txt": "-new\n"}
    for text, want in (("third", {}), ("second", back), ("first", first)):
        new = fork(w, sid, "--at", str(at[text]))
        assert open_files(w, new) == want, (text, open_files(w, new))
        assert harness.tree(w.project) == tree
        lines = events(w, new)
        assert lines[0]["from"] == {"session": sid, "seq": at[text]}
        assert lines[0]["session"] == new
        # The lines before are the same but for the chain.
        for a, b in zip(before[1:at[text] - 1], lines[1:]):
            assert {k: v for k, v in a.items() if k not in ("prev", "h")} == \
                {k: v for k, v in b.items() if k not in ("prev", "h")}
        assert lines[at[text] - 1]["forked"] == lines[0]["from"]
        assert text in w.read(w.path("state", "assent", "sessions", new,
                                     "typed-0"))
        listed = [s["task"] for s in json.loads(w.run(
            "ls", "--json", code=0).stdout)["sessions"]
            if s["session"] == new]
        assert listed == ["fork of %s at: %s%s" % (
            sid, text, "" if text == "first" else " (first: first)")], listed
    assert events(w, sid) == before
    # Who reads its id finds its proposal.
    p = w.start("fork", sid, "--at", str(at["first"]))
    with p.stdout as f:
        new = f.readline().decode().strip()
        r = w.run("show", new, "--json", code=0)
    assert json.loads(r.stdout)["ref"], r
    assert p.wait() == 0 and not p.stderr.read()
    p.stderr.close()
    # A fork of a fork; log names where it is from.
    last = fork(w, [s for s in w.sessions() if events(w, s)[0].get(
        "from", {}).get("seq") == at["second"]][0])
    origin = events(w, last)[0]["from"]
    log = w.run("log", last, code=0).stdout.decode()
    assert log.startswith("from line %d of %s\n" % (
        origin["seq"], origin["session"])), log
    # The one at the first message, back to the beginning.
    w.run("decide", new, "--accept", "all", code=0)
    assert w.read("a.txt") == OLD and \
        not os.path.exists(os.path.join(w.project, "b.txt"))
    # The other one still has its open proposal.
    decide(c, c.event_list("proposal")[-1])
    c.wait("its end", lambda: len(c.event_list("agent_end")) >= 3)
    assert w.read("c.txt") == "open\n"


def test_open_proposal(w):
    """A message during a review: the proposal is open again, whatever became of
    it; the last message is the default. A decided one comes back, too."""
    c = session(w)
    c.send(type="say", text="fourth")
    c.wait("the answer", lambda: c.event_list(
        "assistant_message", lambda e: e.get("text") == "ok"))
    c.wait_status("review")
    new = fork(w, w.sessions()[0])
    assert open_files(w, new) == {"c.txt": "+open\n"}
    decide(c, c.event_list("proposal")[-1])
    c.wait("its end", lambda: len(c.event_list("agent_end")) >= 3)
    w.write("c.txt", "open\nmine\n")
    new = fork(w, w.sessions()[0])
    # It is written, so nothing of it is open; and what is the user's stays.
    assert open_files(w, new) == {}, open_files(w, new)
    assert w.read("c.txt") == "open\nmine\n"


def test_older_version(w):
    """After the last hunk of a proposal, older versions wrote none: what was
    decided is done all the same."""
    harness.need_sandbox(w)
    w.write("a.txt", OLD)
    w.mock([write("a.txt", ONE), done(), {"text": "said"}])
    w.run("exec", "--plan", "skip", "--approve", "yes", "first", code=0)
    sid, = w.sessions()
    w.run("say", sid, "second", code=0)
    harness.wait_until("its end", lambda: [e["type"] for e in events(w, sid)]
                       .count("agent_end") == 2)
    w.run("end", sid, code=0)
    lines, prev = [], events(w, sid)[0]["prev"]
    for e in events(w, sid):
        kind, kept = e["type"], {k: v for k, v in e.items() if k not in (
            "type", "seq", "t", "by", "prev", "h")}
        if kind == "proposal" and not e["files"]:
            kind, kept = "note", {"text": "written"}
        line, prev = long.sealed(e["seq"], prev, kind, e["by"], **kept)
        lines.append(line)
    harness.rewrite_journal(w.session_dir(), lines)
    new = fork(w, sid, "--at", str(messages(w, 0)["second"]))
    assert [e["type"] for e in events(w, new)].count("applied") == 1


def test_while_it_works(w):
    """A message while the model works: what was under way there is ended, not gone
    on with, and isn't paid for twice; the model is told, with the next message.
    From the folder of another project."""
    harness.need_sandbox(w)
    w.write("a.txt", OLD)
    m = w.mock([write("a.txt", ONE), {"text": "said", "wait_for": "answer"},
                {"text": "again"}])
    c = protocol.start(w)
    c.send(type="say", text="first")
    harness.wait_until("the second request", lambda: len(m.requests()) == 2)
    c.send(type="say", text="more")
    c.wait_event("user_message", lambda e: e["text"] == "more")
    sid = w.sessions()[0]
    os.makedirs(w.path("other"))
    r = w.run("fork", sid, cwd=w.path("other"), code=0)
    new = r.stdout.decode().strip()
    # Its core ends what was under way once clients are connected.
    harness.wait_until("its end", lambda: events(w, new)[-1]["type"] ==
                       "agent_end")
    end = events(w, new)[-1]
    assert end["outcome"] == "interrupted" and \
        end["turns"] == 0 and end["session"]["turns"] == 0, end
    assert open_files(w, new) == {} and len(m.requests()) == 2
    # Before its answer comes: then it would go on with the message.
    c.close_and_wait()
    m.release("answer")
    w.run("say", new, "other", code=0)
    harness.wait_until("its end", lambda: events(w, new)[-1]["type"] ==
                       "agent_end" and len(m.requests()) > 2)
    said = [e["content"] for e in m.requests()[-1]["body"]["messages"]
            if e["role"] == "user"]
    assert said[0].endswith("first") and "The user went back" in said[1] and \
        said[2:] == ["other"], said
    stats = json.loads(w.run("stats", new, "--json", code=0).stdout)
    assert stats["sessions"][0]["turns"] == 1, stats


def test_what_cant_be(w):
    """Not a message; a folder that can't be written: nothing is made. A kill leaves
    none, or all of it; what it left goes."""
    harness.need_sandbox(w)
    w.mock([{"text": "said"}])
    w.run("exec", "--plan", "skip", "first", code=0)
    sid, = w.sessions()
    first = messages(w)["first"]
    for at, code, said in (("99", 2, "isn't a message of yours; that is line "
                            "%d (assent log %s)" % (first, sid)),
                           ("x", 2, "must be the number of a line"),
                           (str(first + 1), 2, "isn't a message of yours")):
        r = w.run("fork", sid, "--at", at, code=code)
        assert said in r.stderr.decode() and not r.stdout, r
    r = w.run("fork", sid, wrap=[
        "env", "--ignore-signal=XFSZ", "prlimit", "--fsize=3000", "--"])
    assert r.returncode != 0 and not r.stdout and b"too large" in r.stderr, r
    assert folders(w) == [sid]
    for n in range(4):
        p = w.start("fork", sid)
        harness.wait_until("a folder", lambda: len(folders(w)) > 1 or
                           p.poll() is not None)
        for pid in harness.running("assent-core fork"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        p.communicate()
        harness.reap()
        for name in folders(w):
            if name.startswith("."):
                os.utime(w.path("state", "assent", "sessions", name), (0, 0))
            else:
                w.run("log", "--verify", name, code=0)
    new = fork(w, sid)
    assert [f for f in folders(w) if f[0] == "."] == [], folders(w)
    # Its contents are its own.
    harness.remove(w.path("state", "assent", "sessions", sid))
    w.run("log", "--verify", new, code=0)


def test_on_the_screen(w):
    """It goes on from the selected message: the other session is left, and the
    text is there to be changed. Without a selection it is the last one's."""
    harness.need_sandbox(w)
    w.mock([{"text": "said one"}, {"text": "said two"}, {"text": "other"}])
    with Screen(w, "--plan", "skip", "first") as t:
        t.need("said one")
        t.need("ready")
        t.see("second\r", "said two")
        sid, = w.sessions()
        t.see("\x1b", "i type")
        t.send("2[[", ahead=True)
        t.need("O copy")
        t.see(":fork\r", "From line")
        t.need_gone("said one")
        t.need("> first")
        t.see(" again\r", "other")
        new = w.sessions()[-1]
        t.detach()
    # The last message needs no selection.
    with Screen(w, "resume", sid) as t:
        t.need("said two")
        t.see("\x1b", "i type")
        t.see(":fork\r", "From line")
        t.need("> second")
        t.send("\x04d")
    assert list(messages(w, 1)) == ["first again"] and \
        events(w, new)[0]["from"] == {
            "session": sid, "seq": messages(w, 0)["first"]}
    for name in w.sessions():
        w.run("end", name, code=0)


if __name__ == "__main__":
    harness.main(globals())
