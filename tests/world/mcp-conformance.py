#!/usr/bin/env python3
"""mcp-conformance.py CONFIG ASSENT URL: what the conformance tests start as a
client, `assent exec` with their server in the configuration."""

import json
import os
import sys

# What the user says; a resource is read if it is named.
SAID = {"http-standard-headers": "see @t:https://example.com/resource?id=123"}

config, assent, url = sys.argv[1:]
with open(config) as f:
    o = json.load(f)
o["mcpServers"] = {"t": {"url": url, "trust": "always"}}
with open(config, "w") as f:
    json.dump(o, f)
os.execv(assent, [assent, "exec", "--plan", "skip", "--approve", "yes",
                  SAID.get(os.environ["MCP_CONFORMANCE_SCENARIO"], "go")])
