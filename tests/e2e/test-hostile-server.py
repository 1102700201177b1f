"""A model's server that sends what none should, in each format: the same id
twice, tools that are not there, values of another kind, JSON without a bottom.
Nothing of it runs that should not, the model hears what was wrong, the session
goes on, and its history stays one that the service takes.
"""

import json

import harness
from messages import msg
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "nothing"}}]}
WRITE = {"path": "c.txt", "content": "written\n"}


def session(w, fmt, answers):
    """One task against these answers; the requests of its server."""
    w.clean_project()
    w.write("a.txt", "alpha\n")
    w.write("b.txt", "beta\n")
    m = w.mock(answers + [DONE], fmt=fmt)
    c = protocol.start(w, task="look")
    end = c.wait_event("agent_end")
    c.close_and_wait()
    w.verify()
    assert end["exit"] == 0, (fmt, end, w.events("error"))
    return m.requests()


def results(w):
    """Without the last one, of done."""
    return [(e["name"], e["ok"], e["text"]) for e in w.events("tool_result")
            if e["name"] != "done"]


def members(value, names):
    """All values of members of these names, however deep."""
    if isinstance(value, dict):
        for k, v in value.items():
            if k in names and isinstance(v, str):
                yield v
            yield from members(v, names)
    elif isinstance(value, list):
        for v in value:
            yield from members(v, names)


HISTORY = {"anthropic": "messages", "gemini": "contents",
           "openai-chat": "messages", "openai-responses": "input"}
RESULT_ID = {"anthropic": ["tool_use_id"], "gemini": ["id"],
             "openai-chat": ["tool_call_id"], "openai-responses": ["call_id"]}


def test_the_same_id_twice(w):
    """Two calls with one id are two calls: each runs once and has its own
    result, by an id of its own."""
    harness.need_sandbox(w)
    for fmt in harness.FORMATS:
        reqs = session(w, fmt, [{"thinking": "Both.", "calls": [
            {"name": "read", "args": {"path": p}, "id": "same-id-1"}
            for p in ("a.txt", "b.txt")]}])
        assert results(w) == [("read", True, "alpha\n"),
                              ("read", True, "beta\n")], (fmt, results(w))
        ids = [c["id"] for c in w.events("assistant_message")[0]["calls"]]
        assert len(set(ids)) == 2 and ids[0] == "same-id-1", (fmt, ids)
        told = reqs[1]["body"][HISTORY[fmt]]
        for one in ids:
            assert one in set(members(told, RESULT_ID[fmt])), (fmt, told)


def test_tools_that_are_not_there(w):
    """Of another agent, of our own that this task has not, without a name, with
    a name that is none."""
    harness.need_sandbox(w)
    for fmt in harness.FORMATS:
        reqs = session(w, fmt, [{"calls": [
            {"name": name, "args": WRITE}
            for name in ("no_such_tool", "run_tests", "../write",
                         "write\u202e", "x" * 5000)]}])
        got = results(w)
        assert len(got) == 5 and not any(ok for _, ok, _ in got), (fmt, got)
        assert msg.THERE_IS_NO_TOOL in got[0][2], got[0]
        assert "no_such_tool" in reqs[1]["body_text"], fmt
        assert not w.events("proposal"), fmt


def test_arguments_of_another_kind(w):
    """What a tool's schema does not take is told to the model, and not run."""
    harness.need_sandbox(w)
    cases = [{"path": ["c.txt"], "content": "x"}, {"path": 7, "content": "x"},
             {"path": None, "content": "x"}, {"path": "c.txt", "content": {}},
             {}, {"path": "c.txt"}, dict(WRITE, path={"path": "c.txt"}),
             dict(WRITE, path="c\0.txt")]
    texts = ['["path"]', '"path"', "7", "null", "{", '{"path": "c.txt"',
             '{"path": "c.txt", "content": "x"}}', "{'path': 'c.txt'}"]
    for fmt in harness.FORMATS:
        calls = [{"name": "write", "args": a} for a in cases]
        if fmt != "gemini":         # there they are no text
            calls += [{"name": "write", "args": t} for t in texts]
        session(w, fmt, [{"calls": calls}])
        got = results(w)
        assert len(got) == len(calls), (fmt, got)
        assert not any(ok for _, ok, _ in got), (fmt, got)
        assert all(text for _, _, text in got), (fmt, got)
        assert not w.events("proposal"), (fmt, got)


def test_without_a_bottom(w):
    """Nesting that no JSON of ours has: as text of arguments it is a call that
    is told so, as part of the stream it is no answer."""
    harness.need_sandbox(w)
    deep = json.loads("[" * 400 + "]" * 400)
    for fmt in harness.FORMATS:
        w.clean_project()
        m = w.mock([{"calls": [{"name": "write", "args": dict(
            WRITE, content=deep)}]}, DONE], fmt=fmt)
        r = w.run("exec", "--plan", "skip", "look")
        if fmt == "gemini":
            assert r.returncode == 6, r.stdout + r.stderr
            assert msg.NESTED_DEEPER_THAN.encode() in r.stdout, r.stdout
            assert len(m.requests()) == 1
        else:
            assert r.returncode == 0, (fmt, r.stdout + r.stderr)
            assert [ok for _, ok, _ in results(w)] == [False], results(w)
        assert not w.events("proposal"), fmt
        w.verify()


harness.main(globals())
