"""The Model Context Protocol's own conformance tests of a client: a row of the
table for each scenario and version of the protocol. Not among them: sse-retry,
since a stream that breaks off isn't resumed; auth/2025-03-26-oauth-endpoint-
fallback, whose server doesn't say that it supports PKCE; and the extensions of
auth/, sign-ins without a browser and DPoP."""

import glob
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402
from mcplib import DONE, call   # noqa: E402

MODULES = os.path.join(harness.BUILD, "engines", "node_modules")
HERE = os.path.dirname(os.path.abspath(__file__))
OLD, NEW = "2025-11-25", "2026-07-28"

CUSTOM = {"region": "us-west1", "priority": 42, "verbose": False,
          "debug": True, "empty_val": "", "method_val": "test-method",
          "float_val": 3.14159, "non_ascii_val": "Hello, \u4e16\u754c",
          "whitespace_val": " padded ", "leading_space_val": " us-west1",
          "trailing_space_val": "us-west1 ", "internal_space_val": "us west 1",
          "control_char_val": "line1\nline2", "crlf_val": "line1\r\nline2",
          "tab_val": "\tindented", "query": "SELECT * FROM users"}

# Scenario, version, and what the model calls.
SCENARIOS = (
    ("initialize", OLD, ()),
    ("tools_call", OLD, (call("add_numbers", a=5, b=3),)),
    ("elicitation-sep1034-client-defaults", OLD, (
        call("test_client_elicitation_defaults"),)),
    ("tools_call", NEW, (call("add_numbers", a=5, b=3),)),
    ("request-metadata", NEW, ()),
    ("sep-2322-client-request-state", NEW, (
        call("test_mrtr_echo_state"), call("test_mrtr_unrelated"),
        call("test_mrtr_no_state"), call("test_mrtr_no_result_type"))),
    ("http-standard-headers", NEW, (call("test_headers"),)),
    ("http-custom-headers", NEW, (
        call("test_custom_headers", **CUSTOM),
        call("test_custom_headers_null", region="us-east1", priority=1,
             verbose=None, query="SELECT 1"))),
    ("http-invalid-tool-headers", NEW, (call("valid_tool", region="x"),)),
    ("json-schema-ref-no-deref", NEW, ()),
)


# Up to three runs, each after a sign-in.
SIGNED_IN = (call("test-tool"), DONE) * 3
SCENARIOS += tuple(("auth/" + name, OLD, SIGNED_IN) for name in (
    "metadata-default", "metadata-var1", "metadata-var2", "metadata-var3",
    "basic-cimd", "scope-from-www-authenticate", "scope-from-scopes-supported",
    "scope-omitted-when-undefined", "scope-step-up", "scope-retry-limit",
    "token-endpoint-auth-basic", "token-endpoint-auth-post",
    "token-endpoint-auth-none", "pre-registration"))
SCENARIOS += (("auth/2025-03-26-oauth-metadata-backcompat", "2025-03-26",
               SIGNED_IN),)
SCENARIOS += tuple(("auth/" + name, NEW, SIGNED_IN) for name in (
    "metadata-default", "scope-step-up", "pre-registration",
    "resource-mismatch", "offline-access-scope",
    "offline-access-not-supported", "authorization-server-migration",
    "iss-supported", "iss-not-advertised", "iss-supported-missing",
    "iss-wrong-issuer", "iss-unexpected", "iss-normalized",
    "metadata-issuer-mismatch"))


def programs():
    """Node, which must be newer than some systems have, and the tests."""
    main = os.path.join(MODULES, "@modelcontextprotocol", "conformance", "dist",
                        "index.js")
    if not os.path.exists(main):
        raise harness.Skip("there is no %s: ./bootstrap engines" % main)
    node = (glob.glob(os.path.join(MODULES, "node-linux-*", "bin", "node")) or
            ["node"])[0]
    version = subprocess.run([node, "--version"],
                             stdout=subprocess.PIPE).stdout.decode()
    if int(version.lstrip("v").split(".")[0]) < 22:
        raise harness.Skip("node is %s, and has to be 22 or newer" % version)
    return [node, main]


def conformance(w, scenario, version, answers):
    w.mock(list(answers) + [DONE], config={})
    out = w.path("conformance")
    command = [sys.executable, os.path.join(HERE, "mcp-conformance.py"),
               w.path("config", "assent", "config.json"), harness.ASSENT]
    r = subprocess.run(
        programs() + ["client", "--command",
                      " ".join(shlex.quote(x) for x in command), "--scenario",
                      scenario, "--spec-version", version, "-o", out],
        cwd=w.project, env=w.env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = r.stdout.decode("utf-8", "replace")
    checks = []
    for base, _, names in os.walk(out):
        if "checks.json" in names:
            with open(os.path.join(base, "checks.json")) as f:
                checks += json.load(f)
    bad = [c for c in checks if c["status"] in ("FAILURE", "WARNING")]
    assert checks and not bad, bad or said
    assert r.returncode == 0, said


def scenario_test(*row):
    return lambda w: conformance(w, *row)


for name, at, calls in SCENARIOS:
    globals()["test_%s_%s" % (name.replace("-", "_").replace("/", "_"),
                              at[:4])] = scenario_test(name, at, calls)

harness.main(globals())
