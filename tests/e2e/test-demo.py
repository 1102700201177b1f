"""assent demo without a screen, where all is well and where little is there;
and the small commands on the session it leaves."""

import os
import subprocess

import harness
from messages import msg


def check(w, r):
    out = r.stdout.decode()
    assert r.returncode == 0, (out, r.stderr)
    for want in ("plan v1:", "(set by --test)", "+++ b/lib/hms.sh",
                 ", by rule yes", "check: sh check.sh passed"):
        assert want in out, (want, out)
    assert b"the sample project's test after this session: passes" in r.stderr, r.stderr
    assert "can't remove" not in out, out
    w.verify()


def test_demo(w):
    check(w, w.run("demo"))
    assert not [n for n in os.listdir(w.root) if n.startswith("assent-demo")]


def test_demo_without_namespaces(w):
    for wrap, line in ((harness.need_deny(), b"sandbox C"),
                       (harness.need_none(), b"no sandbox")):
        r = w.run("demo", wrap=wrap)
        check(w, r)
        assert line in r.stdout, r.stdout


def test_demo_with_bare_environment(w):
    w.env = {k: v for k, v in w.env.items()
             if k == "HOME" or k.endswith("SAN_OPTIONS")}
    w.run("demo", code=0)


def test_demo_without_a_home(w):
    w.write("file", "", base=w.root)
    w.env = dict(w.env, XDG_STATE_HOME=w.path("file", "state"))
    r = w.run("demo", code=0)
    assert msg.WONT_BE_KEPT.encode() in r.stderr, r.stderr


def test_doctor(w):
    r = w.run("doctor", "--all")
    for want in (b"core ", b"worker ", b"sandbox ", b"config ", b"model "):
        assert want in r.stdout, (want, r.stdout)
    assert r.returncode == 0, r
    r = w.run("doctor", "--need-model", code=1)
    rows = [x.split()[0] for x in r.stdout.decode().split("\n") if x[:1] > " "]
    # "not A", "not B": which better levels this host doesn't give.
    assert [x for x in rows if x != "not"] == [
        "sandbox", "check", "model", "next"], r
    # A reader that went away, and a full disk.
    gone, out = os.pipe()
    os.close(gone)
    for out, words in ((os.fdopen(out, "wb"), b""),
                       (open("/dev/full", "wb"), b"can't write to standard")):
        with out:
            r = subprocess.run([harness.ASSENT, "doctor"], env=w.env,
                               cwd=w.project, stdout=out,
                               stderr=subprocess.PIPE)
        assert r.returncode == 1, r
        assert words in r.stderr and bool(words) == bool(r.stderr), r


def test_three_ways_on(w):
    r = w.run("exec", "do something", code=2)
    for want in (b"assent demo", b"ANTHROPIC_API_KEY", b"base_url"):
        assert want in r.stderr, (want, r.stderr)
    assert w.sessions() == []


harness.main(globals())
