#!/usr/bin/env python3
"""mcp-replay.py RECORDING: answers as a real MCP server did. A request that the
recording has no answer to is an error. With each call of a tool, all that came
is written to frames.log, which is then staged."""

import json
import sys


def send(o):
    o["jsonrpc"] = "2.0"
    sys.stdout.write(json.dumps(o) + "\n")
    sys.stdout.flush()


def find(rows, method, params):
    """The next one of this method; a tool's of the same arguments."""
    for row in rows:
        had = row.get("params", {})
        if row["method"] == method and (method != "tools/call" or (
                had["name"] == params["name"] and
                had["arguments"] == params["arguments"])):
            return row
    return {"error": {"code": -32601, "message": "not recorded"}}


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    frames = []
    for line in sys.stdin:
        frames.append(line)
        m = json.loads(line)
        if m.get("method") == "tools/call":
            with open("frames.log", "w", encoding="utf-8") as f:
                f.writelines(frames)
        if "id" not in m or "method" not in m:
            continue
        params = m.get("params", {})
        row = find(rows, m["method"], params)
        token = params.get("_meta", {}).get("progressToken")
        for note in row.get("first", []):
            told = note.get("params", {})
            if "progressToken" in told:
                if token is None:
                    continue
                told["progressToken"] = token
            send(note)
        send({k: row[k] for k in ("result", "error") if k in row} |
             {"id": m["id"]})


main()
