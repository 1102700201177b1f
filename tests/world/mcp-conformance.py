#!/usr/bin/env python3
"""mcp-conformance.py CONFIG ASSENT URL: what the conformance tests start as a
client, `assent exec` with their server in the configuration. It is on a terminal
where it says yes to whatever is asked. Tests of "auth/" sign in first, with
`mcp-conformance.py --browse URL` as the browser, and again when they are told
to."""

import json
import os
import pty
import re
import subprocess
import sys
import urllib.request

# The user's messages; a resource is read if a message names it.
SAID = {"http-standard-headers": "see @t:https://example.com/resource?id=123"}


DOCUMENT = "https://conformance-test.local/client-metadata.json"
SIGN_IN = re.compile(rb"assent mcp login (?:--scope '([^']*)' )?t\b")
TIMES = 3
told = b""


def yes(fd):
    global told
    got = os.read(fd, 65536)
    told += got
    for _ in range(got.count(b"[y")):
        os.write(fd, b"y\n")
    return got


def own_client(scenario, context):
    """Settings as a user of a client would have them."""
    if scenario == "auth/basic-cimd":
        return {"clientId": DOCUMENT}
    if "client_secret" not in context:
        return {}
    os.environ["CLIENT_SECRET"] = context["client_secret"]
    host, path = re.match(r"(\w+://[^/]+)(.*)", url).groups()
    meta = urllib.request.urlopen(
        host + "/.well-known/oauth-protected-resource" + path)
    return {"clientId": context["client_id"],
            "clientSecretEnv": "CLIENT_SECRET",
            "issuer": json.load(meta)["authorization_servers"][0]}


def login(*more):
    os.environ["BROWSER"] = "%s %s --browse" % (
        sys.executable, os.path.abspath(__file__))
    subprocess.run([assent, "mcp", "login", *more, "t"], check=True,
                   stdin=subprocess.DEVNULL)


def work():
    """The exit status."""
    return os.waitstatus_to_exitcode(pty.spawn(
        [assent, "exec", "--plan", "skip", "--approve", "yes",
         SAID.get(scenario, "go")], yes, lambda fd: b""))


if sys.argv[1] == "--browse":
    urllib.request.urlopen(sys.argv[2]).read()
    sys.exit(0)
config, assent, url = sys.argv[1:]
scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
client = own_client(scenario, json.loads(
    os.environ.pop("MCP_CONFORMANCE_CONTEXT", "{}")))
with open(config) as f:
    o = json.load(f)
o["mcpServers"] = {"t": {"url": url, "trust": "always"}}
if client:
    o["mcpServers"]["t"]["oauth"] = client
with open(config, "w") as f:
    json.dump(o, f)
if scenario.startswith("auth/"):
    login()
code = work()
for _ in range(TIMES - 1):
    again = SIGN_IN.search(told)
    if again is None:
        break
    told = b""
    login(*(["--scope", again.group(1)] if again.group(1) else []))
    code = work()
sys.exit(code)
