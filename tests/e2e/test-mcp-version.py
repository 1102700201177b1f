"""The version of the protocol that an MCP server speaks: how it is found out,
and a server that claims the newest one and doesn't speak it."""

import json

import harness
from mcplib import call, notes, run

NEEDS_SANDBOX = True
NEW, OLD = "2026-07-28", "2025-06-18"


def test_how_it_is_found_out(w):
    for modes, version, failed in (
            ((NEW, "unsupported-once"), NEW, ""),
            (("names-" + OLD,), OLD, ""),
            (("unsupported-old",), OLD, ""),
            (("ends-before-initialize",), OLD, ""),
            (("silent-before-initialize",), OLD, ""),
            ((NEW, "names-" + OLD), None, "no method initialize"),
            ((NEW, "names-2027-01-01"), None, 'speaks version "2027-01-01"'),
            ((NEW, "unsupported"), None, "no such version"),
            ((NEW, "list-asks"), NEW, "in a way that the protocol doesn't")):
        w.clean_project()
        run(w, modes=modes, timeout_s=1 if "silent" in modes[0] else 60)
        note = [e for e in w.events("note") if e.get("mcp")][-1]
        assert note["mcp"].get("protocol") == version, (modes, note)
        assert (note["mcp"]["status"] == "failed") == bool(failed), note
        assert failed in note["text"], (modes, note)


def test_one_that_lies(w):
    lies = {"loop": "asked for more again and again",
            "kind": "a kind of result that assent doesn't know: task",
            "sampling": "what assent doesn't do: sampling/createMessage",
            "nothing": "in a way that", "list": "in a way that",
            "many": "in a way that", "number": "in a way that"}
    w.write("a.txt", "x\n")
    got = run(w, *[call("lie", path=x) for x in lies], call("fail"),
              call("noise"), call("refuse"), call("read", path="a.txt"),
              call("lie", path="state"), call("read", path="a.txt"),
              modes=(NEW,))
    for e, words in zip(got, lies.values()):
        assert not e["ok"] and e["error"] == "tool_failed", e
        assert e["text"].startswith("the MCP server t ") and \
            words in e["text"], e
    assert [e["ok"] for e in got[len(lies):]] == [
        False, True, False, True, False, True], got
    # A state of 10 MB is a line that is too long.
    assert "sent a line that is too long" in got[-2]["text"], got
    assert "\x1b" not in json.dumps(notes(w)) + repr(w.result)


def test_a_list_that_changes_meanwhile(w):
    """Before a call that starts it again."""
    w.write("a.txt", "x\n")
    got = run(w, call("read", path="a.txt"),
              call("write", path="mode", text="reworded"), call("die"),
              call("read", path="a.txt"), modes=(NEW, "by-file"))
    assert [e["ok"] for e in got] == [True, True, False, False], got
    assert "describes this tool differently now" in got[3]["text"], got


harness.main(globals())
