"""npm ci from verdaccio, a registry that people run themselves, on loopback:
allowed, refused, asked about.
"""

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.request

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402
from screenlib import Screen, wait_events      # noqa: E402

VERDACCIO = os.path.join(harness.BUILD, "engines", "node_modules",
                         "verdaccio", "bin", "verdaccio")
DONE = {"calls": [{"name": "done", "args": {"summary": "finished"}}]}
CONFIG = """
storage: %s
uplinks: {}
packages:
  '**': {access: $all, publish: $all}
server: {keepAliveTimeout: 1}
log: {type: stdout, format: json, level: http}
"""


class Registry:
    """On a free port; `log` has a line for each request."""

    def __init__(self, w):
        if not os.access(VERDACCIO, os.R_OK):
            raise harness.Skip("there is no verdaccio: ./bootstrap engines")
        folder = w.path("registry")
        config = w.write("config.yaml", CONFIG % os.path.join(
            folder, "storage"), base=folder)
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as f:
            self.process = subprocess.Popen(
                ["node", VERDACCIO, "--config", config, "--listen",
                 "127.0.0.1:0"], cwd=folder, env=w.env,
                stdin=subprocess.DEVNULL, stdout=f, stderr=f)
        try:
            self.port = int(harness.wait_until("the registry", self.listening))
            self.at = "127.0.0.1:%d" % self.port
            self.publish("part", {}, "module.exports = 'fetched';\n")
            self.publish("thing", {"part": "1.0.0"},
                         "module.exports = require('part');\n")
        except BaseException:
            self.__exit__()
            raise

    def text(self):
        with open(self.log) as f:
            return f.read()

    def listening(self):
        if self.process.poll() is not None:
            raise harness.Skip("verdaccio doesn't start: " +
                               self.text()[-300:])
        with open("/proc/net/tcp") as f:
            sockets = {x.split()[9]: x.split()[1] for x in f.readlines()[1:]
                       if x.split()[3] == "0A"}
        folder = "/proc/%d/fd" % self.process.pid
        for fd in os.listdir(folder):
            try:
                m = re.match(r"socket:\[(\d+)\]",
                             os.readlink(os.path.join(folder, fd)))
            except OSError:
                continue
            if m and m.group(1) in sockets:
                return int(sockets[m.group(1)].split(":")[1], 16)
        return None

    def publish(self, name, needs, text):
        raw = io.BytesIO()
        manifest = {"name": name, "version": "1.0.0", "dependencies": needs}
        with tarfile.open(fileobj=raw, mode="w:gz") as tar:
            for path, body in (("package.json", json.dumps(manifest)),
                               ("index.js", text)):
                info = tarfile.TarInfo("package/" + path)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body.encode()))
        raw = raw.getvalue()
        file = name + "-1.0.0.tgz"
        body = {
            "_id": name, "name": name, "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": dict(
                manifest, _id=name + "@1.0.0", dist={
                    "shasum": hashlib.sha1(raw).hexdigest(),
                    "integrity": "sha512-" + base64.b64encode(
                        hashlib.sha512(raw).digest()).decode(),
                    "tarball": "http://%s/%s/-/%s" % (self.at, name, file)})},
            "_attachments": {file: {
                "content_type": "application/octet-stream",
                "data": base64.b64encode(raw).decode(), "length": len(raw)}}}
        with urllib.request.urlopen(urllib.request.Request(
                "http://%s/%s" % (self.at, name), json.dumps(body).encode(),
                {"Content-Type": "application/json"}, method="PUT")) as r:
            assert r.status == 201, r.status

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait()


def install(at, *more):
    return "NO_PROXY= no_proxy= npm ci --no-audit --no-fund " \
        "--fetch-retries=0 --noproxy='' --registry http://%s/ %s 2>&1; " \
        "node -p 'require(\"thing\")'" % (at, " ".join(more))


def project(w, s, at, command, config=None):
    """With a lock file that npm made."""
    harness.need_sandbox(w)
    w.clean_project()
    w.write("package.json", json.dumps({
        "name": "x", "version": "1.0.0", "dependencies": {"thing": "^1.0.0"}}))
    w.write(".gitignore", "node_modules\n")
    subprocess.run(["npm", "install", "--package-lock-only", "--no-audit",
                    "--no-fund", "--registry", "http://%s/" % s.at],
                   cwd=w.project, env=w.env, check=True,
                   stdout=subprocess.DEVNULL)
    lock = w.read("package-lock.json")
    assert lock.count(s.at) == 2, lock
    w.write("package-lock.json", lock.replace(s.at, at))
    w.repository()
    w.mock([{"calls": [{"name": "bash", "args": {"command": command}}]}, DONE],
           config=dict({"plan": "skip"}, **(config or {})))
    open(s.log, "w").close()


def result(w):
    w.verify()
    return w.events("tool_result")[0]["text"]


def test_allowed_and_refused(w):
    with Registry(w) as s:
        for args in (["--net", s.at], []):
            project(w, s, s.at, install(s.at))
            w.run("exec", "--approve", "yes", *args, "install it", code=0)
            assert ("fetched" in result(w)) is bool(args), result(w)
            assert [(e["host"], e.get("allowed_by"), "refused" in e)
                    for e in w.events("net")] == [
                ("127.0.0.1", "--net" if args else None, not args)]
            assert (".tgz" in s.text()) is bool(args), s.text()


def test_asked(w):
    wrap = harness.with_script("mount --bind '%s' /etc/hosts" % w.write(
        "hosts", "127.0.0.1 registry.example\n", base=w.root))
    with Registry(w) as s:
        at = "registry.example:%d" % s.port
        for key in "yn":
            project(w, s, at, install(at), {"net_allow": [s.at]})
            with Screen(w, *wrap[1:], harness.ASSENT, "install it",
                        path=wrap[0]) as t:
                t.need("connect to this host?")
                t.need(at)
                t.need("npm ci")
                assert ".tgz" not in s.text(), s.text()
                t.review("n reject")
                t.send(key)
                wait_events(w, "agent_end")
                t.end("exit 0")
            assert len(w.events("ask")) == 1
            assert ("fetched" in result(w)) is (key == "y"), result(w)
            assert (".tgz" in s.text()) is (key == "y"), s.text()


harness.main(globals())
