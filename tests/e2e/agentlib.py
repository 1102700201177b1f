"""For the tests of agents of others: acp-agent.py as the agent `small` in the
user's configuration, what it's told to do, and what it was told."""

import glob
import json
import os
import shutil

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "acp-agent.py")


def do(*steps, say="please"):
    """A prompt that makes the agent do these steps (name, argument, ...)."""
    return "%s\nDO %s" % (say, json.dumps(steps))


def install(w, *modes, config=None, **row):
    """The program, on PATH, and its row. No model is configured."""
    folder = w.path("agents", "small", "bin")
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, "small")
    shutil.copy(PROGRAM, program)
    os.chmod(program, 0o755)
    w.env["PATH"] = folder + ":" + w.env["PATH"]
    row = dict({"command": ["small"], "state": True,
                "acp": ["small"] + list(modes)}, **row)
    w.write("config.json", json.dumps(dict(config or {}, agents={
        "small": row})), base=w.path("config", "assent"))
    return program


def heard(w, method=None):
    """What the agents of this world were sent, in order, by all of them."""
    paths = glob.glob(os.path.join(w.path("state"), "assent", "agents", "*",
                                   "*", "heard.jsonl"))
    out = []
    for path in paths:
        with open(path) as f:
            out += [json.loads(line) for line in f]
    return out if method is None else [
        m["params"] for m in out if m.get("method") == method]


def prompts(w):
    """The prompts' texts."""
    return ["\n".join(b.get("text", "") for b in p["prompt"])
            for p in heard(w, "session/prompt")]
