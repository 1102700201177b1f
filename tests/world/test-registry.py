"""npm ci from verdaccio, a registry that people run themselves, on loopback:
allowed, refused, asked about, and with a password that only assent has. So do
cargo and maven use registries of ours.
"""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import urllib.request

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402
import registrylib      # noqa: E402
import secure       # noqa: E402
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


PRIVATE = """
storage: %s
uplinks: {}
auth: {htpasswd: {file: ./htpasswd, max_users: -1}}
packages:
  '**': {access: $authenticated, publish: $authenticated}
https: {key: %s, cert: %s}
log: {type: stdout, format: json, level: http}
"""


class Registry:
    """On a free port; `log` has a line for each request."""
    scheme, headers, context = "http", {}, None

    def __init__(self, w):
        if not os.access(VERDACCIO, os.R_OK):
            raise harness.Skip("there is no verdaccio: ./bootstrap engines")
        folder = w.path("registry")
        config = w.write("config.yaml", self.config(w, os.path.join(
            folder, "storage")), base=folder)
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as f:
            self.process = subprocess.Popen(
                ["node", VERDACCIO, "--config", config, "--listen",
                 self.scheme + "://127.0.0.1:0"], cwd=folder, env=w.env,
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

    def config(self, w, storage):
        return CONFIG % storage

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
                    "tarball": "%s://%s/%s/-/%s" % (
                        self.scheme, self.at, name, file)})},
            "_attachments": {file: {
                "content_type": "application/octet-stream",
                "data": base64.b64encode(raw).decode(), "length": len(raw)}}}
        with urllib.request.urlopen(urllib.request.Request(
                "%s://%s/%s" % (self.scheme, self.at, name),
                json.dumps(body).encode(), dict(
                    self.headers, **{"Content-Type": "application/json"}),
                method="PUT"), context=self.context) as r:
            assert r.status == 201, r.status

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait()


class Private(Registry):
    """By TLS, for one user."""
    scheme, headers = "https", {"Authorization": "Basic " + registrylib.BASIC}

    def config(self, w, storage):
        c = secure.Certificates(w)
        self.ca, good = c.path("ca.pem"), c.path("good.pem")
        self.context = ssl.create_default_context(cafile=self.ca)
        w.write("htpasswd", "%s:{SHA}%s\n" % (
            registrylib.USER, base64.b64encode(hashlib.sha1(
                registrylib.KEY.encode()).digest()).decode()),
            base=os.path.dirname(storage))
        return PRIVATE % (storage, good, good)

    def url(self, path):
        return "https://%s/%s" % (self.at, path)


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


def test_private(w):
    """The lock file is the one that npm makes outside with the password, and npm
    ci installs from it."""
    harness.need_namespaces(w)
    with Private(w) as s:
        w.write(".gitignore", "node_modules\n")
        w.write(".npmrc", "registry=%s\n" % s.url(""))
        w.write("package.json", json.dumps({
            "name": "x", "version": "1.0.0",
            "dependencies": {"thing": "^1.0.0"}}))
        w.repository()
        more = {"npm_config_" + k: v for k, v in (
            ("cafile", s.ca), ("cache", w.path("cache")),
            ("globalconfig", w.path("none")), ("userconfig", w.write(
                "npmrc", "//%s/:_auth=%s\n" % (s.at, registrylib.BASIC),
                base=w.root)))}
        subprocess.run(["npm", "install", "--package-lock-only", "--no-audit",
                        "--no-fund"], cwd=w.project, env=dict(w.env, **more),
                       check=True, stdout=subprocess.DEVNULL)
        shutil.move(os.path.join(w.project, "package-lock.json"),
                    os.path.join(w.project, "outside.json"))
        text = registrylib.tried(
            w, {"corp": registrylib.password(s, "", "npm")}, "npm install "
            "--no-fund && cmp package-lock.json outside.json && rm -r "
            "node_modules ~/.npm && npm ci --no-fund && node -p "
            "'require(\"thing\")'", code=5)
        assert "\nfetched\n" in text, text


def test_cargo(w):
    """Cargo.lock is the one that cargo makes outside with the token, also where
    the index wants one."""
    harness.need_namespaces(w)
    home, raw = os.path.expanduser("~"), io.BytesIO()
    # Of rustup, whose folders are in the home, or the system's.
    if not (shutil.which("cargo") or "").startswith((home + "/", "/usr/bin/")):
        raise harness.Skip("there is no cargo in the home or /usr/bin")
    with tarfile.open(fileobj=raw, mode="w:gz") as t:
        for name, text in (
                ("Cargo.toml", '[package]\nname = "corppart"\nversion = "1.0.0"'
                 '\nedition = "2021"\n'),
                ("src/lib.rs", "pub fn one() -> i32 { 1 }\n")):
            info = tarfile.TarInfo("corppart-1.0.0/" + name)
            info.size = len(text)
            t.addfile(info, io.BytesIO(text.encode()))
    s = registrylib.Site(w, {"/api/dl/corppart/1.0.0/download": (
        "application/gzip", raw.getvalue())})
    s.pages["/api/index/config.json"] = ("application/json", json.dumps({
        "dl": s.url("api/dl"), "auth-required": True}).encode())
    s.pages["/api/index/co/rp/corppart"] = ("text/plain", json.dumps({
        "name": "corppart", "vers": "1.0.0", "deps": [], "features": {},
        "yanked": False, "cksum": hashlib.sha256(
            raw.getvalue()).hexdigest()}).encode() + b"\n")
    w.write(".gitignore", "target\n")
    w.write(".cargo/config.toml", '[registries.corp]\nindex = "sparse+%s"\n' %
            s.url("api/index/"))
    w.write("Cargo.toml", '[package]\nname = "x"\nversion = "0.1.0"\nedition = '
            '"2021"\n[dependencies]\ncorppart = { version = "1", registry = '
            '"corp" }\n')
    w.write("src/main.rs", 'fn main() { println!("it is {}", corppart::one()) }')
    w.repository()
    subprocess.run(["cargo", "-q", "generate-lockfile"], cwd=w.project, check=True,
                   env=dict(w.env, HOME=home, CARGO_HOME=w.path("cargo"),
                            CARGO_HTTP_CAINFO=s.ca,
                            CARGO_REGISTRIES_CORP_TOKEN="Bearer " +
                            registrylib.KEY,
                            CARGO_REGISTRIES_CORP_CREDENTIAL_PROVIDER=
                            "cargo:token"))
    shutil.move(os.path.join(w.project, "Cargo.lock"),
                os.path.join(w.project, "outside.lock"))
    text = registrylib.tried(
        w, {"corp": registrylib.row(s, "api/index/", "cargo", paths=["/api/"])},
        "export CARGO_HOME=/tmp/c; cargo -q run && cmp Cargo.lock outside.lock &&"
        " cargo -q build --locked && echo locked", HOME=home)
    assert "it is 1\n" in text and "\nlocked\n" in text, text
    s.close()


def test_maven(w):
    harness.need_namespaces(w)
    if shutil.which("mvn", path="/usr/bin") is None:
        raise harness.Skip("there is no mvn in /usr/bin")
    parent = ("<project><modelVersion>4.0.0</modelVersion><groupId>corp</groupId>"
              "<artifactId>parent</artifactId><version>1.0</version><packaging>"
              "pom</packaging></project>")
    s = registrylib.Site(w, {"/m2/corp/parent/1.0/parent-1.0.pom": (
        "text/xml", parent.encode()), "/m2/corp/parent/1.0/parent-1.0.pom.sha1":
        ("text/plain", hashlib.sha1(parent.encode()).hexdigest().encode())})
    w.write("pom.xml", parent.replace(
        "<groupId>corp</groupId><artifactId>parent</artifactId><version>1.0"
        "</version>", "<parent><groupId>corp</groupId><artifactId>parent"
        "</artifactId><version>1.0</version><relativePath/></parent><artifactId>"
        "x</artifactId><repositories><repository><id>corp</id><url>%s</url>"
        "</repository></repositories>" % s.url("m2/")))
    w.repository()
    # Java's home is that of the account.
    text = registrylib.tried(
        w, {"corp": registrylib.password(s, "m2/", "maven")},
        "export MAVEN_OPTS=-Duser.home=$HOME; mvn -B -q validate && echo valid")
    assert "valid\n" in text and not s.denied, text
    s.close()


harness.main(globals())
