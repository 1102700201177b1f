"""cache_keep: what commands cached is there in the project's next session, and
nowhere else.
"""

import glob
import os
import signal
import re
import shutil

import harness
import protocol

FILL = "mkdir -p ~/.npm/_cacache/x ~/.cache/pip ~/.ssh; " \
    "echo fetched | tee ~/.npm/_cacache/x/y > ~/.cache/pip/z; " \
    "echo other > ~/.ssh/config; echo other > ~/.npmrc"
LOOK = "cat ~/.npm/_cacache/x/y ~/.cache/pip/z; ls -A ~ ~/.npm"
DONE = [{"calls": [{"name": "done", "args": {"summary": "finished"}}]}]


def execute(w, *commands, config=None, wrap=(), args=()):
    w.mock([{"calls": [{"name": "bash", "args": {"command": c}}]}
            for c in commands] + DONE,
           config={"cache_keep": True} if config is None else config)
    w.run("exec", "--plan", "skip", *args, "fetch it", wrap=wrap, code=0)
    w.verify()
    return [e["text"] for e in w.events("tool_result") if e["name"] == "bash"]


def notes(w):
    return "\n".join(e.get("text", "") for e in w.events("note"))


def kept(w):
    """Names of what no session has."""
    return sorted(name for project in glob.glob(
        w.path("state", "assent", "caches", "*"))
                  for name in os.listdir(project))


def level(w):
    return w.events("session_start")[0]["sandbox"]["level"]


def test_off(w):
    """By default, or if only the project wants it, nothing stays."""
    harness.need_sandbox(w)
    execute(w, FILL, config={})
    assert "fetched" not in execute(w, LOOK, config={})[0]
    assert not os.path.exists(w.path("state", "assent", "caches"))
    w.write(".assent/config.json", '{"cache_keep": "on"}')
    r = w.run("exec", "--plan", "skip", "x")
    assert r.returncode == 2 and b"cache_keep" in r.stderr, r
    os.unlink(os.path.join(w.project, ".assent/config.json"))
    r = w.run("exec", "--plan", "skip", "x", env={"ASSENT_CACHE_KEEP": "yes"})
    assert r.returncode == 2 and b"must be one of on|off" in r.stderr, r


def rounds(w, wrap, want, user=False):
    """Two sessions and a third, then one of another project."""
    own = os.path.join(w.home, ".cache", "pip")
    w.write("own", "mine\n", base=own)
    if user:
        wrap = harness.as_user(w)
    for n in range(3):
        text = execute(w, LOOK, FILL, wrap=wrap)[0]
        assert level(w) == want, level(w)
        assert text.count("fetched\n") == (2 if n else 0), text
        assert ".ssh" not in text and ".npmrc" not in text, text
        assert bool(re.search(r"earlier sessions cached: \.cache/pip \d.*, "
                              r"\.npm/_cacache \d", notes(w))) is (n > 0)
        assert kept(w) == [".cache%pip", ".npm%_cacache"], kept(w)
        assert os.listdir(own) == ["own"], os.listdir(own)
        assert not os.path.exists(os.path.join(w.home, ".npm"))
    other = w.path("home", "src", "other")
    os.makedirs(other)
    if user:
        harness.give_world(w, harness.USER)
    w.mock([{"calls": [{"name": "bash", "args": {"command": LOOK}}]}] + DONE,
           config={"cache_keep": True})
    r = w.run("exec", "--plan", "skip", "x", cwd=other, wrap=wrap)
    assert r.returncode == 0 and "fetched" not in \
        w.events("tool_result")[0]["text"], r


def test_level_a(w):
    harness.need_namespaces(w)
    rounds(w, (), "A")


def test_user(w):
    """Who isn't root."""
    harness.need_sandbox(w)
    rounds(w, (), harness.level(w), user=True)


def test_level_b(w):
    os.makedirs(os.path.join(w.project, "sub"))
    wrap = harness.with_mount((os.path.join(w.project, "sub"), "size=1m"))
    if b"sandbox B" not in w.run("doctor", wrap=wrap).stdout:
        raise harness.Skip("no level B on this host")
    rounds(w, wrap, "B")


def test_level_c(w):
    rounds(w, harness.need_level_c(w), "C")


def test_terminated(w):
    """The machine goes down while a command runs: they are kept."""
    harness.need_sandbox(w)
    w.mock([{"calls": [{"name": "bash", "args": {
        "command": FILL + "; echo filled; sleep 600"}}]}])
    c = protocol.start(w, task="fill", cache_keep="on")
    c.wait("the caches", lambda: any(
        e["type"] == "delta" and "filled" in e.get("text", "")
        for e in c.lines))
    os.kill(protocol.core_pid(w), signal.SIGTERM)
    c.wait_eof()
    c.close()
    harness.wait_until("the core's end",
                       lambda: not harness.running(protocol.CORE))
    assert kept(w) == [".cache%pip", ".npm%_cacache"], kept(w)
    assert "fetched" in execute(w, LOOK)[0]


def test_clean(w):
    """assent try --clean removes them, of a session that has them and of one
    that has ended."""
    harness.need_sandbox(w)
    execute(w, FILL)
    r = w.run("try", "--clean")
    assert r.returncode == 0 and b"kept caches" in r.stderr + r.stdout, r
    assert not kept(w), kept(w)
    assert "fetched" not in execute(w, LOOK)[0]


def test_size(w):
    """Half of the disk limit; the one that changed last stays."""
    harness.need_sandbox(w)
    args = ("--disk", "8M")
    for name in (".cache/pip", ".npm/_cacache") * 2:
        execute(w, "mkdir -p ~/%s; head -c 3M /dev/urandom > ~/%s/z" %
                (name, name), args=args)
        assert kept(w) == [name.replace("/", "%")], kept(w)
    execute(w, "rm -r ~/.npm/_cacache; mkdir -p ~/.cache/pip; "
            "head -c 5M /dev/zero | tr '\\0' x > ~/.cache/pip/z", args=args)
    assert not kept(w), kept(w)
    # A session with a lower limit isn't full.
    execute(w, "mkdir -p ~/.cache/pip; head -c 3M /dev/urandom > "
            "~/.cache/pip/z", args=args)
    for disk, want in (("8M", True), ("2M", False)):
        assert kept(w) == [".cache%pip"], kept(w)
        text = execute(w, "ls ~ ~/.cache; echo ran", args=("--disk", disk))[0]
        assert ("pip" in text) is want and "ran" in text, text
    assert not kept(w), kept(w)


def test_marks(w):
    """What a command wrote into a plain folder lies above your own cache once
    you have one: it sets no marks of an overlay in it, and if there were any,
    they would lead to nothing that is hidden there."""
    harness.need_sandbox(w)
    plant = "mkdir -p ~/.cache/huggingface/d; cd ~/.cache/huggingface; " \
        "touch x; truncate -s 7 x; mkfifo f; python3 -c \"import os\n" \
        "try: os.setxattr('x', 'user.overlay.redirect', b'/token')\n" \
        "except OSError as e: print('planted none:', e)\""
    look = "cd ~/.cache/huggingface && cat own token x d/token sub/../token"
    own = os.path.join(w.home, ".cache", "huggingface")
    sub = os.path.join(w.project, "sub")
    os.makedirs(sub)
    for wrap, want in ((), "A"), (harness.need_deny(), "C"), (
            harness.with_mount((sub, "size=1m")), "B"):
        text = execute(w, plant, wrap=wrap)[0]
        assert "planted none: [Errno 95]" in text, text
        assert kept(w) == [".cache%huggingface"], kept(w)
        cache, = glob.glob(w.path("state", "assent", "caches", "*", ".*"))
        for name, k, v in (("x", "metacopy", b""), ("x", "redirect", b"/token"),
                           ("d", "redirect", b"/sub")):
            os.setxattr(os.path.join(cache, name), "user.overlay." + k, v)
        w.write("token", "secret\n", base=own)
        w.write("sub/token", "secret\n", base=own)
        w.write("own", "mine\n", base=own)
        text = execute(w, look, wrap=wrap)[0]
        assert level(w) == want and "secret" not in text, text
        assert ("mine" in text) is (want != "C"), text
        shutil.rmtree(own)
        assert w.run("try", "--clean").returncode == 0
        assert not kept(w), kept(w)


def test_hostile(w):
    """Links and depths that a command made: nothing is followed, and what
    can't be measured isn't kept."""
    harness.need_sandbox(w)
    outside = w.path("outside")
    os.makedirs(os.path.join(outside, "_cacache"))
    w.write("mine", "mine\n", base=os.path.join(outside, "_cacache"))
    execute(w, "ln -s %s ~/.npm; mkdir ~/.cache; ln -s / ~/.cache/pip; "
            "mkdir -p ~/.cache/uv; cd ~/.cache/uv; for i in $(seq 300); do "
            "mkdir d; cd d; done; mkdir ~/.cache/yarn; ln -s %s "
            "~/.cache/yarn/l; chmod 0 ~/.cache/yarn" % (outside, outside))
    assert not set(kept(w)) - {".cache%yarn"}, kept(w)
    assert os.listdir(outside) == ["_cacache"]
    text = execute(w, "ls -A ~ ~/.cache; rm -r ~/.cache/yarn")[0]
    assert ".npm" not in text, text
    assert os.listdir(os.path.join(outside, "_cacache")) == ["mine"]


harness.main(globals())
