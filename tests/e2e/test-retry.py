"""Repeated requests: how long assent waits, who ends the wait, what is shown,
and that nothing is done twice."""

import socket
import threading

import harness
from messages import msg
import mockserver
import protocol

NEEDS_SANDBOX = True
DONE = {"calls": [{"name": "done", "args": {"summary": "nothing"}}]}
BUSY = {"status": 429, "headers": {"retry-after": "55", "x-request-id":
                                   "req-7"},
        "body": {"error": {"message": "Slow down."}}}


def waits(c):
    """The status that says for how long; what it says."""
    return c.wait("a wait", lambda: [
        x for x in c.lines if x.get("type") == "status" and
        x.get("state") == "retry"])[-1]


def test_cut_short(w):
    """A client's command ends a wait of most of a minute; a second one is
    refused, and so is one while nothing waits."""
    m = w.mock([BUSY, DONE])
    c = protocol.start(w, task="look", retry_time_ms=60000)
    assert 40000 < waits(c)["wait_ms"] <= 55000, c.lines[-1]
    # A client that attaches later is told how much of it is left.
    d = protocol.attach(w)
    assert 0 < waits(d)["wait_ms"] <= 55000, d.lines[-1]
    d.close()
    c.send(type="retry")
    end = c.wait_event("agent_end")
    assert end["exit"] == 0, end
    c.send(type="retry")
    said = c.wait("a refusal", lambda: [
        x for x in c.lines if x.get("type") == "refused"])[0]
    assert said["text"] == msg.NOTHING_TO_RETRY_THIS_WORKS, said
    c.close_and_wait()
    retry = w.events("retry")
    assert len(retry) == 1 and len(m.requests()) == 2, retry
    assert {k: retry[0][k] for k in (
        "attempt", "left_ms", "wait_ms", "kind", "text", "provider", "status",
        "request_id")} == {
            "attempt": 1, "left_ms": 5000, "wait_ms": 55000,
            "kind": "rate_limit",
            "text": "Slow down.", "provider": "mock", "status": 429,
            "request_id": "req-7"}, retry


def test_interrupted_in_the_wait(w):
    m = w.mock([BUSY, DONE])
    c = protocol.start(w, task="look", retry_time_ms=60000)
    waits(c)
    c.send(type="interrupt")
    c.wait_event("agent_end", lambda e: e["outcome"] == "interrupted")
    c.send(type="retry")
    c.wait_event("agent_end", lambda e: e["outcome"] == "done")
    assert len(m.requests()) == 2
    # Nothing is left to continue.
    c.send(type="retry")
    c.wait("a refusal", lambda: [
        x for x in c.lines if x.get("type") == "refused"])
    assert len(m.requests()) == 2


def test_what_is_printed(w):
    """exec says who, why, which request, when, and which attempt it is."""
    w.mock([dict(BUSY, headers={"retry-after": "1", "x-request-id": "req-7"}),
            DONE])
    r = w.run("exec", "--plan", "skip", "look",
              env={"ASSENT_RETRY_TIME": "10"}, code=0)
    assert (b"retry: mock: Slow down. (HTTP 429, request req-7); retrying "
            b"in 1 s (attempt 2, 9 s left)\n") in r.stdout, r.stdout
    assert b"request req-7" in w.run("log").stdout


def once(w, part):
    """A server that is gone before its first answer ends."""
    hold, port = mockserver.hold_port()
    listener = socket.create_server(("127.0.0.1", port))

    def serve():
        conn, _ = listener.accept()
        listener.close()
        data = conn.recv(1 << 16)
        while not data.endswith(b"}"):
            data += conn.recv(1 << 16)
        conn.sendall(part)
        conn.close()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    w.configure("http://127.0.0.1:%d/v1" % port)
    return hold, port, thread


def test_a_server_that_comes_back(w):
    """A local one that died in mid-stream refuses, comes up and still loads its
    model: it is waited for, longer than the four attempts that are made where
    there is another model. One that was never there is not waited for."""
    hold, port, thread = once(
        w, b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        b"data: {\"choices\":[{\"delta\":{\"content\":\"Half")
    more = {"mode": "exec", "person": False, "keep_alive": False,
            "retry_base_ms": 1, "retry_time_ms": 60000}
    c = protocol.start(w, task="look", **more)
    c.wait("refusals", lambda: len(c.event_list(
        "retry", lambda e: e["kind"] == "connect")) >= 4)
    thread.join()
    loading = {"status": 503, "body": {"error": {
        "code": 503, "message": "Loading model",
        "type": "unavailable_error"}}}
    w.mock([loading, dict(loading, status=529), DONE], port=port)
    c.wait_eof()
    c.close()
    hold.close()
    assert w.events("agent_end")[-1]["exit"] == 0, w.events("error")
    kinds = [e["kind"] for e in w.events("retry")]
    assert kinds[0] == "truncated" and kinds[-2:] == ["overloaded"] * 2, kinds
    assert not [e for e in w.events("retry") if "of" in e]
    w.verify()
    c = protocol.start(w, task="look", **dict(more, model=dict(
        protocol.settings(w)["model"], base_url="http://127.0.0.1:9/v1")))
    c.wait_eof()
    c.close()
    assert w.events("agent_end")[-1]["outcome"] == "provider"
    assert not w.events("retry"), w.events("retry")


def test_how_long(w):
    """The waits end with the time for them; a longer wait is told, and not
    begun."""
    m = w.mock([{"status": 500, "body": "oops", "repeat": True}])
    r = w.run("exec", "--plan", "skip", "look",
              env={"ASSENT_RETRY_TIME": "0"})
    assert r.returncode == 6 and len(m.requests()) == 1, r
    r = w.run("exec", "--plan", "skip", "look",
              env={"ASSENT_RETRY_TIME": "1"})
    assert r.returncode == 6 and len(m.requests()) == 3, r
    for fmt in ("openai-chat", "anthropic"):
        m = w.mock([dict(BUSY, headers={"retry-after": "300"})], fmt=fmt)
        r = w.run("exec", "--plan", "skip", "look",
              env={"ASSENT_RETRY_TIME": "2m"})
        assert r.returncode == 6 and len(m.requests()) == 1, r
        assert b"It may work again in 5 min." in r.stdout, r.stdout


def test_until_the_service_answers(w):
    """It says when: you are asked, the session waits without you, and that is
    no working time. Another answer than these two is none."""
    m = w.mock([dict(BUSY, headers={"retry-after": "7200"}), DONE])
    with protocol.Clock(w) as clock:
        c = protocol.start(w, task="look", retry_time_ms=60000,
                           max_time_ms=60000)
        asked = c.wait_event("budget")
        assert (asked["what"], asked["limit"]) == ("service", 7200), asked
        c.wait_status("limit reached")
        assert b"limit reached: service until " in w.run("inbox").stdout
        c.send(type="budget", action="extend")
        c.wait("a refusal", lambda: [
            x for x in c.lines if x.get("type") == "refused"])
        c.send(type="budget", action="wait")
        assert waits(c)["wait_ms"] > 7100000, c.lines[-1]
        c.close()
        assert b" running " in w.run("ls").stdout
        assert b"[waits until " in w.run("ls").stdout
        assert len(m.requests()) == 1
        clock.forward(7200000)
        c = protocol.attach(w)
        end = c.wait_event("agent_end")
        assert end["outcome"] == "done" and end["turns"] == 2, end
        assert end["worked_ms"] < 60000 and len(m.requests()) == 2, end
        assert b"[waits" not in w.run("ls").stdout
        c.close_and_wait()
    assert not [e for e in w.events("turn_end") if e.get("guess")]
    w.verify()


def test_exec_waits(w):
    busy = dict(BUSY, headers={"retry-after": "1"})
    env = {"ASSENT_RETRY_TIME": "0"}
    w.mock([busy])
    r = w.run("exec", "--plan", "skip", "look", env=env, code=6)
    assert b" --wait-limit waits for that." in r.stdout, r.stdout
    w.mock([busy, DONE])
    w.run("exec", "--plan", "skip", "--wait-limit", "look", env=env, code=0)
    assert [e.get("action") for e in w.events("budget")] == [None, "wait"]


def test_no_call_runs_twice(w):
    """A stream that dies is asked for again from the last whole message: what
    ran before does not run again, and what was cut does not run."""
    count = {"name": "bash", "args": {"command": "echo x >>count.txt"}}
    cut = {"name": "bash", "args": {"command": "echo cut >>count.txt; " +
                                    "true " * 200}}
    for fmt in harness.FORMATS:
        w.clean_project()
        m = w.mock([{"text": "One.", "calls": [count]},
                    {"text": "Two.", "calls": [cut], "hangup_after": 1200},
                    {"text": "Again.", "calls": [count], "hangup_after": 300},
                    {"text": "Two.", "calls": [count]}, DONE], fmt=fmt)
        c = protocol.start(w, task="count")
        c.wait_event("proposal")
        c.close_and_wait()
        reqs = [q["body_text"] for q in m.requests()]
        assert len(reqs) == 5, (fmt, len(reqs))
        # The same question, to the byte.
        assert reqs[1] == reqs[2] == reqs[3], fmt
        assert [e["kind"] for e in w.events("retry")] == ["truncated"] * 2
        calls = [e["name"] for e in w.events("tool_call")]
        assert calls == ["bash", "bash", "done"], (fmt, calls)
        text = w.run("show").stdout
        assert text.count(b"\n+x") == 2 and b"cut" not in text, (fmt, text)
        w.verify()


harness.main(globals())
