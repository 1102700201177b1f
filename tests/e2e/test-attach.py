"""Several clients on one session; a core with nobody and nothing to do ends."""

import harness
import protocol

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


def test_attach_in_mid_stream_sees_the_partial_text(w):
    w.write("a.txt", "one\n")
    w.mock([{"text": "the beginning of a long answer", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait("text", lambda: [x for x in c.lines if x.get("type") == "delta"])
    d = protocol.attach(w)
    d.wait_live()
    text = "".join(x["text"] for x in d.lines if x.get("type") == "delta" and
                   x["kind"] == "text")
    assert text.startswith("the beg"), d.lines
    c.close()
    d.send(type="end")
    d.wait_eof()
    d.close()
    w.verify()


def test_other_versions_are_refused_politely(w):
    w.write("a.txt", "one\n")
    w.mock([{"text": "x", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait_event("turn_start")
    d = protocol.attach(w)
    d.wait_live()
    d.send(type="hello", version="99.0")
    d.wait("refusal", lambda: [x for x in d.lines
                               if x.get("type") == "refused" and
                               "version" in x["text"]])
    c.close_and_wait()


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


def test_file_that_moved_is_asked_again(w):
    w.write("a.txt", "one\n" + "x\n" * 20 + "end\n")
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    w.write("a.txt", "one\n" + "x\n" * 20 + "END\n")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    applied = c.wait_event("applied")
    assert applied["ops"][0] == {"path": "a.txt", "ok": False,
                                 "error": "moved",
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
    roles = [(x["role"], x["content"]) for x in
             m.requests()[1]["body"]["messages"][1:]]
    assert roles == [("user", "first"), ("assistant", "thinking"),
                     ("user", "second")], roles
    c.close_and_wait()
    w.verify()


harness.main(globals())
