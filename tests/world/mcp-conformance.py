#!/usr/bin/env python3
"""mcp-conformance.py CONFIG ASSENT URL: what the conformance tests start as a
client, `assent exec` with their server in the configuration. It is on a terminal
where it says yes to whatever is asked."""

import json
import os
import pty
import sys

# What the user says; a resource is read if it is named.
SAID = {"http-standard-headers": "see @t:https://example.com/resource?id=123"}


def yes(fd):
    got = os.read(fd, 65536)
    for _ in range(got.count(b"[y")):
        os.write(fd, b"y\n")
    return got


config, assent, url = sys.argv[1:]
with open(config) as f:
    o = json.load(f)
o["mcpServers"] = {"t": {"url": url, "trust": "always"}}
with open(config, "w") as f:
    json.dump(o, f)
said = SAID.get(os.environ["MCP_CONFORMANCE_SCENARIO"], "go")
status = pty.spawn([assent, "exec", "--plan", "skip", "--approve", "yes", said],
                   yes, lambda fd: b"")
sys.exit(os.waitstatus_to_exitcode(status))
