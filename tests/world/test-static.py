"""The folder of contrib/static/build (STATIC names it) in a root that has nothing
else: the kernel's /proc and /dev, the test's own folder, and a shell if busybox is here."""

import hashlib
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402
import secure       # noqa: E402

STATIC = os.path.abspath(os.environ.get("STATIC") or os.path.join(
    os.environ.get("srcdir", "."), "build-static", os.uname().machine,
    "assent"))
BUSYBOX = shutil.which("busybox")
# In mounts of its own: argv[1] is bound at its path, argv[2] at /opt/assent.
# It isn't a chroot, in which the kernel makes no user namespace.
ENTER = r"""
import ctypes, os, shutil, sys
libc = ctypes.CDLL(None, use_errno=True)
def mount(what, where, kind, flags=0):
    where = "/mnt" + where
    os.makedirs(where, exist_ok=True)
    if libc.mount(what.encode(), where.encode(), kind.encode(), flags, None):
        sys.exit("mount %s: %s" % (where, os.strerror(ctypes.get_errno())))
mount("none", "/", "tmpfs")
mount("none", "/proc", "proc")
mount("none", "/dev", "devtmpfs")
mount(sys.argv[1], sys.argv[1], "none", 4096)
mount(sys.argv[2], "/opt/assent", "none", 4096)
os.makedirs("/mnt/old")
extra = os.path.join(sys.argv[1], "root")
if os.path.isdir(extra):
    shutil.copytree(extra, "/mnt", symlinks=True, dirs_exist_ok=True)
cwd = os.getcwd()
if libc.pivot_root(b"/mnt", b"/mnt/old"):
    sys.exit("pivot_root: " + os.strerror(ctypes.get_errno()))
os.chdir("/")
libc.umount2(b"/old", 2)
os.rmdir("/old")
os.chdir(cwd)
os.execv("/opt/assent/assent", ["assent"] + sys.argv[4:])
"""


def run(w, *args, **kw):
    if not os.path.isdir(STATIC):
        raise harness.Skip("there is no " + STATIC)
    wrap = harness.with_script("true")[:2] + (
        sys.executable, "-c", ENTER, w.root, STATIC)
    return w.run(*args, wrap=wrap, **kw)


def shell(w):
    if BUSYBOX is None:
        raise harness.Skip("busybox isn't installed: no shell")
    os.makedirs(w.path("root", "bin"))
    shutil.copy(BUSYBOX, w.path("root", "bin", "sh"))


def test_without_anything(w):
    r = run(w, "--version", code=0)
    assert r.stdout.startswith(b"assent "), r
    out = run(w, "doctor").stdout.decode()
    assert "worker      /opt/assent/assent-worker\n" in out, out
    assert "sandbox     A " in out, out


def test_a_session(w):
    """There is no git, and no shell for commands: the model is told."""
    w.write("a.txt", "one – zwei\n")
    w.mock([harness.edit("a.txt", "one", "two"), harness.bash("echo hello"),
            harness.done()])
    run(w, "exec", "--approve", "yes", "--plan", "skip", "go", code=0)
    assert w.read("a.txt") == "two – zwei\n"
    told, = [e for e in w.events("tool_result") if e["name"] == "bash"]
    assert told["exit"] == 127 and "cannot run sh" in told["text"], told


def test_names_and_certificates(w):
    """A host by /etc/hosts, and certificates where each distribution has them."""
    c = secure.Certificates(w)
    w.write("etc/hosts", "127.0.0.1 model.test\n", base=w.path("root"))
    for name in ("ssl/certs/ca-certificates.crt", "pki/tls/certs/ca-bundle.crt",
                 "ssl/ca-bundle.pem", "ssl/cert.pem",
                 "pki/ca-trust/extracted/pem/tls-ca-bundle.pem"):
        os.makedirs(os.path.dirname(w.path("root", "etc", name)), exist_ok=True)
        shutil.copy(c.path("ca.pem"), w.path("root", "etc", name))
        m = secure.Model({"calls": [
            {"name": "done", "args": {"summary": "nothing"}}]}, c.path("good.pem"))
        w.configure(m.url("model.test"))
        r = run(w, "exec", "--plan", "skip", "look", code=0)
        assert len(m.requests) == 1, r
        m.close()
        os.unlink(w.path("root", "etc", name))


def test_list(w):
    """assent.spdx.json has each file as it is, and of each program the libraries that
    are linked into it, with version, license and where they are from; no path."""
    if not os.path.isdir(STATIC):
        raise harness.Skip("there is no " + STATIC)
    with open(os.path.join(STATIC, "assent.spdx.json"), encoding="utf-8") as f:
        text = f.read()
    assert "/tmp/" not in text and os.path.dirname(STATIC) not in text
    o = json.loads(text)
    by_id = {x["SPDXID"]: x for x in o["files"] + o["packages"]}
    said = {x["fileName"]: x for x in o["files"] if x["fileName"].startswith("./")}
    programs = []
    for base, _, names in os.walk(STATIC):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as f:
                data = f.read()
            own = said.pop("./" + os.path.relpath(path, STATIC), None)
            if name == "assent.spdx.json":
                continue
            assert {"algorithm": "SHA256", "checksumValue": hashlib.sha256(
                data).hexdigest()} in own["checksums"], path
            if data.startswith(b"\x7fELF"):
                programs.append(own["SPDXID"])
    assert not said and len(programs) == 5, (said, programs)

    def related(a, kind):
        return [by_id[r["relatedSpdxElement"]] for r in o["relationships"]
                if r["spdxElementId"] == a and r["relationshipType"] == kind]
    for program in programs:
        libs = [p["name"] for lib in related(program, "STATIC_LINK")
                for p in related(lib["SPDXID"], "GENERATED_FROM")
                if p["versionInfo"] and p["licenseDeclared"] and p["externalRefs"]]
        assert len(libs) == len(related(program, "STATIC_LINK")), program
        assert "musl" in libs, (program, libs)


def test_demo(w):
    if BUSYBOX is None:
        raise harness.Skip("busybox isn't installed: no shell")
    os.makedirs(w.path("root", "bin"))
    shutil.copy(BUSYBOX, w.path("root", "bin", "sh"))
    r = run(w, "demo", code=0)
    assert b"check: sh check.sh passed" in r.stdout, r


harness.main(globals())
