#!/usr/bin/env python3
"""Real MCP servers, in the sandbox and at a URL, and the protocol's own
conformance tests."""

def run(w, server, *answers, task="go"):
    m = configure(w, server, list(answers))
    r = w.run("exec", "--plan", "skip", "--approve", "yes", task)
    assert r.returncode == 0, r
    w.requests = m.requests()
    w.verify()
    return [e for e in w.events("tool_result") if e["name"] != "done"]


