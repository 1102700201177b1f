"""For the tests of MCP: a server in the project, a run with it, and what came
of it."""

import os
import shutil

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
DONE = {"calls": [{"name": "done", "args": {"summary": "finished"}}]}


def configure(w, answers, *modes, **more):
    """A server `t` in the project, which its sandbox shows: ours, or one that
    plays a recording, `record`."""
    record = more.pop("record", None)
    program = "mcp-server.py" if record is None else "mcp-replay.py"
    shutil.copy(os.path.join(HERE, program), w.project)
    if record is not None:
        shutil.copy(os.path.join(harness.SRC, "tests", "fixtures", "mcp",
                                 record), w.project)
        modes = (record,)
    server = {"command": "python3", "args": [program] + list(modes)}
    server.update(more)
    return w.mock(answers, config={"mcpServers": {"t": server}})


def call(tool, **args):
    return {"calls": [{"name": "t__" + tool, "args": args}]}


def run(w, *answers, modes=(), args=("--approve", "yes"), **more):
    """exec; the texts of the tools' results, without done's."""
    m = configure(w, list(answers) + [DONE], *modes, **more)
    r = w.run("exec", "--plan", "skip", *args, "do it")
    w.requests = m.requests()
    w.result = r
    return [ev for ev in w.events("tool_result") if ev["name"] != "done"]


def notes(w):
    return [ev["text"] for ev in w.events("note")]


def offered(w, n=0):
    return {t["function"]["name"]: t["function"]
            for t in w.requests[n]["body"]["tools"]} \
        if "body" in w.requests[n] else \
        {t["function"]["name"]: t["function"] for t in w.requests[n]["tools"]}
