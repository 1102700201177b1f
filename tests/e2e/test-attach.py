"""Several clients on one session; a core with nobody and nothing to do ends."""

import os
import signal
import time

import harness
import protocol
from screenlib import Screen

FIX = {"path": "a.txt", "old_string": "one", "new_string": "ONE"}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def test_two_clients_see_the_same(w):
    w.write("a.txt", "one\n")
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    d = protocol.attach(w)
    d.wait_live()
    assert d.event_list("proposal") == c.event_list("proposal")
    # A write is of the marks that its client had.
    c.send(type="mark", proposal=p["seq"], version=1, seen=True, mark="yes",
           hunk=p["files"][0]["hunks"][0]["id"])
    theirs = d.wait_event("draft")["seq"]
    d.send(type="decide", proposal=p["seq"], version=1, after=theirs - 1)
    d.wait("a refusal", lambda: "somebody else marked" in str(d.lines))
    d.send(type="decide", proposal=p["seq"], version=1, after=theirs)
    c.wait_event("agent_end")
    d.wait_event("agent_end")
    kept = [[x for x in y.lines if "seq" in x and x["type"] != "hello"]
            for y in (c, d)]
    assert kept[0] == kept[1] == w.events(), [
        [x["seq"] for x in y] for y in kept]
    assert c.event_list("decision")[0]["client"] != \
        c.event_list("session_start")[0].get("client")
    d.close()
    c.close()
    # Nothing to do and nobody there: harness.main sees that the core goes.


def test_attach_in_mid_stream_sees_what_no_journal_has(w):
    """The text so far, and how many files are staged."""
    w.write("a.txt", "one\n")
    w.mock([{"calls": [{"name": "edit", "args": FIX}]},
            {"text": "the beginning of a long answer", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait("text", lambda: [x for x in c.lines if x.get("type") == "delta"])
    d = protocol.attach(w)
    d.wait_live()
    text = "".join(x["text"] for x in d.lines if x.get("type") == "delta" and
                   x["kind"] == "text")
    assert text.startswith("the beg"), d.lines
    assert [x["at"] for x in d.lines if x.get("type") == "delta"][:1] == [0]
    assert [x["files"] for x in d.lines if x.get("type") == "staged"] == [1]
    c.close()
    d.send(type="end")
    d.wait_eof()
    d.close()


def test_choose_a_session(w):
    """Of several of a project; --all lists those of others, too."""
    w.write("a.txt", "one\n")
    w.mock([DONE, dict(DONE, text="It was a \x1b[2J comma."), DONE],
           config={"plan": "skip"})
    w.run("exec", "write the manual")
    w.run("exec", "mend the parser")
    os.makedirs(w.path("other"))
    w.run("exec", "elsewhere", cwd=w.path("other"))
    # One in which nothing was said is not in the way.
    with Screen(w) as t:
        t.need(" ready")
        empty = w.sessions()[-1]
        said = w.run("ls").stdout.decode().splitlines()
        assert len(said) == 3 and said[2].startswith(empty + "  ready "), said
        t.end()
    assert empty not in w.run("ls", "--all").stdout.decode()
    with Screen(w, "resume", rows=34, cols=130) as t:
        t.need("this project's sessions")
        t.need("> finished  mend the parser")
        assert "elsewhere" not in t.text(), t.text()
        t.send("\x1b")
        t.ended("exit 130")
    with Screen(w, "resume", "--all", rows=34, cols=130) as t:
        t.need("all sessions")
        t.need("> finished  elsewhere")
        assert "(nothing said)" not in t.text(), t.text()
        t.see("manual", "> finished  write the manual")
        t.need("1 found")
        # By what was said in it, as it is: a row shows it.
        t.see("\x15[2J Comma", "no match")
        t.see("\x15[2J comma.", "> finished  model: It was a ^[[2J comma.")
        t.need("1 found")
        t.see("\x15elsewhere", "> finished  elsewhere")
        t.see("\x15mend", "> finished  mend the parser")
        t.see("\r", "Enter send")
        t.need("nothing changed · ready")
        t.detach()
    with Screen(w, "resume") as t:
        t.need("> ")
        t.send("\x1b")
        t.ended("exit 130")
    # Those with a match, with what matched; or the only one.
    with Screen(w, "resume", "--all", "--grep", "comma|elsewhere", rows=34,
                cols=130) as t:
        t.need("  finished  model: It was a ^[[2J comma.")
        assert "manual" not in t.text(), t.text()
        t.need("> finished  you: elsewhere")
        t.send("\x1b")
        t.ended("exit 130")
    with Screen(w, "resume", "--grep", "comma") as t:
        t.need("nothing changed · ready")
        t.detach()
    with Screen(w, "resume", "--grep", "nowhere") as t:
        t.need("no sessions with a match")
        t.ended("exit 2")
    said = w.run("resume", "--grep", "comma", code=2)
    assert b"assent ls --grep prints one" in said.stderr, said
    # Nor is there if one alone waits for you.
    w.mock([harness.write("a.txt", "two\n"),
            DONE, DONE])
    w.run("exec", "--plan", "skip", "change it", code=5)
    w.run("exec", "--plan", "skip", "and then")
    with Screen(w, "resume") as t:
        t.need("+two")
        assert "this project's first" not in t.text(), t.text()
        t.detach()
    # A session in which nothing was done isn't kept: resume finds none.
    os.makedirs(w.path("bare"))
    for _ in range(2):
        with Screen(w, cwd=w.path("bare")) as t:
            t.need(" ready")
            t.end()
    said = w.run("resume", cwd=w.path("bare"))
    assert said.returncode == 2 and b"has no session yet" in said.stderr, said


def test_protocol_and_version(w):
    """The protocol's number counts; before the secret, which another release
    may not know of."""
    w.write("a.txt", "one\n")
    w.mock([{"text": "x", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait_event("turn_start")
    # A second client's clock goes on where the first one's is; for_ms is left
    # out in the millisecond in which the state began.
    deadline = time.monotonic() + harness.DEADLINE_S
    shown = 0
    while shown == 0 and time.monotonic() < deadline:
        d = protocol.attach(w)
        d.wait_live()
        shown = [x for x in d.lines if x.get("type") == "status"][-1].get(
            "for_ms", 0)
        d.close()
    assert shown > 0
    d = protocol.attach(w, version="99.0")
    d.wait_live()
    d.close()
    for hello in ({"protocol": 99}, {"protocol": None, "version": "0.0.1"}):
        d = protocol.attach(w, secret="none", **hello)
        said = d.wait("refusal", lambda: [x for x in d.lines
                                          if x.get("type") == "refused"])[0]
        assert "protocol %d)" % protocol.PROTOCOL in said["text"] and \
            "assent %s" % hello.get("version", protocol.version()) in \
            said["text"] and "assent resume " + w.sessions()[0] in \
            said["text"] and "kill %d" % protocol.core_pid(w) in \
            said["text"], said
        d.close()


def test_screen_stands_before_the_core(w):
    """The journal is read from the file; only the core can say that it is
    sound, and it waits here until the screen is drawn."""
    bin_ = harness.programs(w)
    fifo = w.path("go")
    os.mkfifo(fifo)
    w.write("assent-core", "#!/bin/sh\nread -r go <'%s'\nexec '%s' \"$@\"\n" %
            (fifo, protocol.CORE), 0o755, base=bin_)

    def resume(cols):
        return Screen(w, "resume", cols=cols,
                      path=os.path.join(bin_, "assent"))

    def let_core_begin(t, says="checking the journal"):
        t.need(says)
        w.write(fifo, "go\n")

    w.write("a.txt", "one\n")
    w.mock([{"text": "here goes", "calls": [{"name": "edit", "args": FIX}]},
            DONE], config={"plan": "skip"})
    w.run("exec", "go", "--approve", "ask")
    with resume(80) as t:
        let_core_begin(t)
        t.review()
        t.need("+ONE")
        t.detach()
    w.run("end", w.sessions()[-1])
    w.verify()
    path = os.path.join(w.session_dir(), "journal.jsonl")
    with open(path, "rb") as f:
        text = f.read()
    at = text.index(b"here goes")
    # If the last line is torn, the other slot of `head` may name an older end,
    # or the same one: then nothing can be shown.
    for damaged, says in (
            (text[:at] + b"H" + text[at + 1:], "checking the journal"),
            (text[:-300], "2 transcript")):
        w.write(path, damaged)
        with resume(400) as t:
            let_core_begin(t, says)
            assert "damaged" in t.ended("exit 1")
    w.write(path, text)


def memory_kb(pid, name="VmRSS"):
    with open("/proc/%d/status" % pid) as f:
        return int([x for x in f if x.startswith(name)][0].split()[1])


def test_clients_that_read_nothing(w):
    """They cost the core little, and miss nothing when they read again."""
    w.mock([{"thinking": "it may be long", "stall": True,
             "text": "the beginning of a long answer"}],
           fmt="anthropic")
    c = protocol.start(w, task="go")
    c.wait("text", lambda: [x for x in c.lines if x.get("type") == "delta" and
                            x["kind"] == "text"])
    stalled = [protocol.attach(w) for i in range(8)]
    for d in stalled:
        d.wait_live()
    pid = protocol.core_pid(w)
    before = memory_kb(pid)
    for n in range(24):
        c.send(type="say", text="%d " % n + "x" * (1 << 20))
    c.wait_event("user_message", lambda e: e["text"].startswith("23 "))
    # Not 24 MB for each of them; some for the core itself. A sanitizer keeps
    # what was freed.
    grown = (memory_kb(pid) - before) >> 10
    assert grown < 190 or harness.sanitized(), grown
    for d in stalled[1:]:
        d.close()
    d = stalled[0]
    d.wait_event("user_message", lambda e: e["text"].startswith("23 "))
    seqs = [x["seq"] for x in d.lines if "seq" in x and x["type"] != "hello"]
    assert seqs == list(range(1, seqs[-1] + 1)), seqs
    d.wait("the text again", lambda: [
        x for x in d.lines[-3:] if x.get("type") == "delta" and
        x["kind"] == "text" and x["at"] == 0 and
        x["text"].startswith("the beg")])
    # All that streams, in place of what it had; so a later one has it, too.
    late = protocol.attach(w)
    late.wait_live()
    for one in (d, late):
        got = {x["kind"]: x["text"] for x in one.lines[-6:]
               if x.get("type") == "delta" and x.get("at") == 0}
        assert got.get("thinking") == "it may be long" and \
            got["text"].startswith("the beg"), one.lines[-6:]
    late.close()
    assert len([x for x in d.lines if x.get("type") == "live"]) == 1
    d.close()


def test_a_client_that_is_behind(w):
    """It misses nothing, whatever it asks for meanwhile; an answer comes after
    the lines that it is about."""
    w.mock([{"text": "slow", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait_live()
    c.wait("a request", lambda: [x for x in c.lines if x.get("text") == "slow"])
    d = protocol.attach(w)
    d.wait_live()
    for i in range(14):
        c.send(type="say", text="%d " % i + "x" * 1000000)
        c.wait("it in the journal", lambda: [
            x for x in c.lines if "seq" in x and x.get("text", "").startswith(
                "%d x" % i)])
    d.send(type="attach", **{"from": 1 << 50})
    d.send(type="sync")
    d.wait("the answer", lambda: [x for x in d.lines
                                  if x["type"] == "synced"])
    kept = [[x["seq"] for x in y.lines if "seq" in x and x["type"] != "hello"]
            for y in (c, d)]
    assert kept[0] == kept[1], kept
    c.send(type="interrupt")
    c.send(type="sync")
    c.wait("the answer", lambda: {"type": "synced"} in c.lines)
    assert c.event_list("agent_end")
    c.send(type="end")
    c.wait_eof()


def test_a_stopped_core(w):
    """Each command ends, with the reason; nothing is lost."""
    w.write("a.txt", "one\n")
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, task="go")
    c.wait_event("proposal")
    pid = protocol.core_pid(w)
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    ends = [w.start("decide", "--accept", "all"), w.start("undo"),
            w.start("end"), w.start("ls"), w.start("show")]
    on_tty = harness.on_terminal(w, [], "resume", "--plain")
    for args, p in zip(("decide", "undo", "end", "ls", "show"), ends):
        out, err = p.communicate()
        if args in ("ls", "show"):      # they only read the journal
            assert p.returncode in (0, 5) and b"a.txt" in out + err or \
                args == "ls", (args, out, err)
            continue
        assert p.returncode == 1, (args, out, err)
        assert b"stopped (kill -CONT %d" % pid in err, (args, err)
    assert on_tty[0] == 1 and b"kill -CONT" in on_tty[1], on_tty
    assert time.monotonic() - began < harness.DEADLINE_S
    os.kill(pid, signal.SIGCONT)
    # The commands that gave up have no effect later.
    c.send(type="changes")
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x.get("type") == "changes"])
    assert w.read("a.txt") == "one\n" and not w.events("decision")
    assert w.run("decide", "--accept", "all").returncode == 0
    assert w.read("a.txt") == "ONE\n"


def test_hostile_client_lines(w):
    w.write("a.txt", "one\n")
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    n = len([x for x in c.lines if x.get("type") == "refused"])
    bad = [b"not json\n", b"[]\n", b"{}\n", b"{\"type\":\"nonsense\"}\n",
           b"{\"type\":\"mark\"}\n", b"{\"type\":\"mark\",\"proposal\":1e999}\n",
           b"{\"type\":\"decide\",\"proposal\":-5}\n",
           b"{\"type\":\"plan\",\"action\":\"approve\"}\n",
           b"{\"type\":\"start\"}\n", b"\xff\xfe\n",
           # Exactly the text that is shown is sent.
           b'{"type":"say","text":"hi","command":{"name":"x","path":"x.md",'
           b'"origin":"user","hash":"0","text":"something else"}}\n']
    for line in bad:
        c.sock.sendall(line)
    c.wait("refusals", lambda: len([
        x for x in c.lines if x.get("type") == "refused"]) >= n + len(bad))
    assert not c.event_list("decision")
    c.send(type="mark", proposal=p["seq"], version=1,
           hunk=p["files"][0]["hunks"][0]["id"], mark="no", seen=True)
    c.write(p)
    c.wait_event("agent_end")
    assert w.read("a.txt") == "one\n"


harness.main(globals())
