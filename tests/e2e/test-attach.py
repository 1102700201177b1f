"""Several clients on one session; a core with nobody and nothing to do ends."""

import json
import os
import resource
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
    d.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
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
    w.verify()


def test_words_of_a_session(w):
    """Its latest task, and the first."""
    w.mock([DONE, {"text": "It was the comma.", "stall": True}, DONE],
           config={"plan": "skip"})
    c = protocol.start(w, task="write the manual", plan="skip")
    c.wait_event("agent_end")
    assert b"  write the manual  [done]\n" in w.run("ls").stdout
    c.send(type="say", text="mend the parser\nof quotes")
    c.wait("text", lambda: "comma" in "".join(
        x.get("text", "") for x in c.lines if x.get("type") == "delta"))
    c.send(type="interrupt")
    c.wait("2 ends", lambda: len(c.event_list("agent_end")) == 2)
    # This continues it.
    c.send(type="say", text="go on")
    c.wait("3 ends", lambda: len(c.event_list("agent_end")) == 3)
    said = w.run("ls").stdout
    assert b"  mend the parser (first: write the manual)  [done]\n" in said, said
    listed, = json.loads(w.run("ls", "--json").stdout)["sessions"]
    assert listed.pop("started") and listed == {
        "session": w.sessions()[0], "state": "ready", "alive": True,
        "waits": False, "mode": "interactive", "root": w.project,
        "task": "mend the parser (first: write the manual)",
        "outcome": "done"}, listed
    c.send(type="end")
    c.wait_eof()
    c.close()


def test_rows_are_cut(w):
    """To the width of a terminal; how the work ended stays."""
    w.mock([DONE], config={"plan": "skip"})
    task = "schön " * 20
    assert w.run("exec", task).returncode == 0
    row = w.sessions()[0] + "  finished  exec         "
    for cols, want in ((70, task[:14]), (150, task[:94])):
        said = harness.on_terminal(w, [], "ls", wrap=(
            "sh", "-c", "stty cols %d; exec \"$@\"" % cols, "sh"))
        want = row + want + "...  [done]"
        assert len(want) == cols and said == (0, want.encode() + b"\r\n"), \
            (said, want)
    assert task.strip() in w.run("ls").stdout.decode()
    # The words of an empty session are in no statistics either.
    with Screen(w) as t:
        t.need(" ready")
        t.end()
    assert w.run("stats").stdout.decode().count("turn") == 3


def test_ended_is_open_again(w):
    """One that the user had ended says so, until the next key; one that was only
    left doesn't."""
    w.mock([DONE], config={"plan": "skip"})
    with Screen(w, "write the manual") as t:
        t.need("done · ready")
        t.detach()
    id_, = w.sessions()
    with Screen(w, "resume", cols=100) as t:
        t.need("done · ready")
        assert "had ended" not in t.text(), t.text()
        t.end()
    with Screen(w, "resume", cols=100) as t:
        t.need("session %s had ended; it is open again" % id_)
        t.need("done · ready")
        t.send("x")
        t.need_gone("had ended")
        t.send("\x7f")
        t.end()


def test_choose_a_session(w):
    """Of several of a project; those of others are in the list, too."""
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
        t.need("sessions, this project's first")
        t.need("> finished  mend the parser")
        t.need("other")
        assert "(nothing said)" not in t.text(), t.text()
        t.send("manual")
        t.need("> finished  write the manual")
        t.need("1 found")
        t.send("\x15mend")
        t.need("1 found")
        t.send("\r")
        t.need("Enter send")
        t.need("done · ready")
        t.detach()
    with Screen(w, "resume") as t:
        t.need("> ")
        t.send("\x1b")
        t.ended("exit 130")
    # Where a project has no other, there is none to choose.
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
    c.close_and_wait()


def test_screen_stands_before_the_core(w):
    """It is read from the journal; the verdict about that is the core's,
    which waits here until the screen stands."""
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
        with open(fifo, "w") as f:
            f.write("go\n")

    w.write("a.txt", "one\n")
    w.mock([{"text": "here goes", "calls": [{"name": "edit", "args": FIX}]},
            DONE], config={"plan": "skip"})
    w.run("exec", "go", "--approve", "later")
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
    # Where the last line is torn, head's other slot may name an older end, or
    # the same: then there is nothing to show.
    for damaged, says in (
            (text[:at] + b"H" + text[at + 1:], "checking the journal"),
            (text[:-300], "2 transcript")):
        with open(path, "wb") as f:
            f.write(damaged)
        with resume(400) as t:
            let_core_begin(t, says)
            assert "damaged" in t.ended("exit 1")
    with open(path, "wb") as f:
        f.write(text)
    w.verify()


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
    c.close_and_wait()


def cpu_ns(pid):
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0])


def test_no_descriptor_for_a_client(w):
    """The core waits for one without being busy, and takes the client then."""
    if os.geteuid() != 0:
        raise harness.Skip("a core hides its descriptors from its user")
    w.mock([])
    c = protocol.start(w)
    c.wait_live()
    c.wait_status("ready")
    pid = protocol.core_pid(w)
    seen = []

    def settled():
        seen.append({int(x) for x in os.listdir("/proc/%d/fd" % pid)})
        return seen[-1] in seen[-3:-1]
    # It still opens and closes some: it asks programs about the host.
    c.wait("its descriptors", settled)
    open_ = seen[-1]
    free = min(set(range(1000)) - open_)
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, hard))
    d = protocol.attach(w)
    c.send(type="nonsense")
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x.get("type") == "refused"])
    before = cpu_ns(pid)
    end = time.monotonic() + 0.6
    while time.monotonic() < end:       # what else is there to wait for
        d.pump(0.2)
    spent = cpu_ns(pid) - before
    assert spent < 50e6, "busy for %d ms" % (spent / 1e6)
    assert not d.lines
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    d.wait_live()
    d.close()
    c.close_and_wait()


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
    # What they wanted does not happen behind their backs.
    c.send(type="changes")
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x.get("type") == "changes"])
    assert w.read("a.txt") == "one\n" and not w.events("decision")
    assert w.run("decide", "--accept", "all").returncode == 0
    assert w.read("a.txt") == "ONE\n"
    c.close_and_wait()
    w.verify()


@harness.slow
def test_a_core_that_is_stopped_later(w):
    w.mock([{"text": "x", "stall": True}])
    p = w.start("exec", "go")
    harness.wait_until("the request", lambda: w.sessions() and
                       w.events("turn_start"))
    pid, = harness.running("assent-core")
    os.kill(pid, signal.SIGSTOP)
    err = p.communicate()[1]
    assert p.returncode == 1 and b"kill -CONT %d" % pid in err, err
    os.kill(pid, signal.SIGCONT)
    w.verify()


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
           b"{\"type\":\"start\"}\n", b"\xff\xfe\n"]
    for line in bad:
        c.sock.sendall(line)
    c.wait("refusals", lambda: len([
        x for x in c.lines if x.get("type") == "refused"]) >= n + len(bad))
    assert not c.event_list("decision")
    c.send(type="mark", proposal=p["seq"], version=1,
           hunk=p["files"][0]["hunks"][0]["id"], mark="no", seen=True)
    c.wait_event("agent_end")
    assert w.read("a.txt") == "one\n"
    c.close_and_wait()
    w.verify()


def test_file_that_changed_is_asked_again(w):
    w.write("a.txt", "one\n" + "x\n" * 20 + "end\n")
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    w.write("a.txt", "one\n" + "x\n" * 20 + "END\n")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    applied = c.wait_event("applied")
    assert applied["ops"][0] == {"path": "a.txt", "ok": False,
                                 "error": "changed",
                                 "text": applied["ops"][0].get("text")}
    assert w.read("a.txt") == "one\n" + "x\n" * 20 + "END\n"
    p = c.wait_event("proposal", lambda e: e["version"] > 1)
    c.send(type="decide", proposal=p.get("proposal") or p["seq"],
           version=p["version"], all="yes", seen=True)
    c.wait_event("applied", lambda e: e["ops"][0]["ok"])
    assert w.read("a.txt") == "ONE\n" + "x\n" * 20 + "END\n"
    c.close_and_wait()
    w.verify()


def test_refusal_with_words_goes_to_the_model(w):
    w.write("a.txt", "one\n")
    m = w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE,
                {"calls": [{"name": "edit", "args": dict(
                    FIX, new_string="One")}]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    c.send(type="mark", proposal=p["seq"], version=1,
           hunk=p["files"][0]["hunks"][0]["id"], mark="no", seen=True,
           word="only the first letter")
    p = c.wait_event("proposal", lambda e: e["files"] and
                     e["seq"] > p["seq"])
    told = str(m.requests()[2]["body"])
    assert "only the first letter" in told and "+ONE" in told, told
    c.send(type="decide", proposal=p.get("proposal") or p["seq"],
           version=p["version"], all="yes", seen=True)
    c.wait_event("agent_end")
    assert w.read("a.txt") == "One\n"
    c.close_and_wait()
    w.verify()


def test_words_while_the_model_answers(w):
    w.write("a.txt", "one\n")
    gate = w.path("go")
    m = w.mock([{"text": "thinking", "wait_for": gate, "wait_after": 3},
                {"text": "answer to both"}])
    c = protocol.start(w, task="first")
    c.wait("text", lambda: [x for x in c.lines if x.get("type") == "delta"])
    c.send(type="say", text="second")
    c.wait_event("user_message", lambda e: e["text"] == "second")
    open(gate, "w").close()
    c.wait_event("agent_end")
    # The first of them begins with the environment.
    roles = [(x["role"], x["content"].split("\n\n")[-1]) for x in
             m.requests()[1]["body"]["messages"][1:]]
    assert roles == [("user", "first"), ("assistant", "thinking"),
                     ("user", "second")], roles
    c.close_and_wait()
    w.verify()


harness.main(globals())
