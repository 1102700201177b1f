"""Toolchains in the sandbox: they work as outside, read the existing caches,
write none of them, and one that cannot work says why."""

import json
import os
import shutil

import harness
from messages import msg

NEEDS_SANDBOX = True
C = {
    "Makefile": "all: prog\nprog: a.o b.o\n\tcc -o $@ a.o b.o\n"
                "%.o: %.c\n\tcc -c $<\n",
    "a.c": "int b(void);\nint\nmain(void)\n{\n\treturn b();\n}\n",
    "b.c": "int\nb(void)\n{\n\treturn 0;\n}\n",
    ".gitignore": "*.o\nprog\nbuild/\nnode_modules/\ntarget/\n",
}


def fill(w, files):
    for name, text in files.items():
        w.write(name, text)
    w.repository()


def need(*programs, env=None):
    path = (env or {}).get("PATH")
    for p in programs:
        if shutil.which(p, path=path) is None:
            raise harness.Skip("there is no %s" % p)


def attempt(w, *args, env=None, wrap=()):
    """assent try, and the events of its session. The ids of one second are in
    no order."""
    before = set(w.sessions())
    r = w.run("try", *args, env=env, wrap=wrap)
    new = [i for i, s in enumerate(w.sessions()) if s not in before]
    return r, w.events(n=new[0]) if new else []


def inside(w, script, env=None, wrap=()):
    """One command in a sandbox of its own; its result as the journal has it."""
    r, events = attempt(w, "--", "sh", "-c", script, env=env, wrap=wrap)
    results = [e for e in events if e["type"] == "tool_result"]
    assert results, r
    return results[-1]


def works(w, script, *says, env=None):
    got = inside(w, script, env)
    assert got.get("exit") == 0, got["text"]
    for words in says:
        assert words in got["text"], (words, got["text"])
    return got["text"]


def fails(w, script, *says, env=None):
    got = inside(w, script, env)
    assert got.get("exit") != 0, got["text"]
    for words in says:
        assert words in got["text"], (words, got["text"])
    return got["text"]


def no_writing(w):
    return "Permission denied" if harness.level(w) == "C" else "Read-only"


def real_home(w):
    """The toolchains in the home of the user who runs the test."""
    home = os.path.expanduser("~")
    if not os.path.isdir(home) or w.root.startswith(home + "/"):
        raise harness.Skip("no home with toolchains in it")
    return {"HOME": home}


def test_git(w):
    fill(w, C)
    w.write("b.c", C["b.c"].replace("0", "2"))
    works(w, "git status --short && git diff && git log --oneline && "
          "git show --stat && git blame a.c && git ls-files && "
          "git describe --always", " M b.c", "+\treturn 2;", "begin")
    for command in ("git commit -qam x", "git add b.c",
                    "git checkout -q b.c", "git config user.name x",
                    "git tag x"):
        fails(w, command, "[assent: the sandbox shows .git read-only")
    fails(w, "git stash")
    assert w.git("status", "--short") == " M b.c\n"


def test_cargo(w):
    env = real_home(w)
    need("cargo")
    fill(w, {"Cargo.toml": "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"
             "edition = \"2021\"\n[dependencies]\ndep = { path = \"dep\" }\n",
             "src/main.rs": "fn main() { println!(\"{}\", dep::x()); }\n"
             "#[test]\nfn t() { assert_eq!(dep::x(), 1); }\n",
             "dep/Cargo.toml": "[package]\nname = \"dep\"\n"
             "version = \"0.1.0\"\nedition = \"2021\"\n",
             "dep/src/lib.rs": "pub fn x() -> i32 { 1 }\n",
             ".gitignore": "target/\nCargo.lock\n"})
    if inside(w, "cargo --version", env).get("exit") != 0:
        raise harness.Skip("cargo lies where the sandbox does not look")
    works(w, "cargo build --offline && cargo test --offline",
          "1 passed", env=env)
    w.write("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"
            "edition = \"2021\"\n[dependencies]\nleft-pad-of-nobody = \"1\"\n")
    fails(w, "CARGO_NET_RETRY=0 cargo build", "[assent: the sandbox has no "
          "network", "--offline", env=env)


def test_caches_of_the_home(w):
    fill(w, C)
    home = w.env["HOME"]
    for name in (".cache/pip", ".cache/secrets-of-a-browser",
                 ".cargo/registry"):
        os.makedirs(os.path.join(home, name))
        w.write("there", "before\n", base=os.path.join(home, name))
    before = harness.tree(home)
    # Whether it has a token is asked of no fifo: that would wait for ever.
    fifo = os.path.join(home, ".cargo", "config.toml")
    os.mkdir(os.path.join(home, ".cargo", "bin"))
    os.mkfifo(fifo)
    # On level C they are read at their own paths, and $HOME is empty.
    at = home if harness.level(w) == "C" else "~"
    works(w, "cat %s/.cache/pip/there %s/.cargo/registry/there && "
          "mkdir -p ~/.cache/pip && ls -A ~/.cache && "
          "echo x >~/.cache/pip/new" % (at, at), "before",
          env={"PATH": os.path.join(home, ".cargo", "bin") + ":" +
               w.env["PATH"]})
    os.unlink(fifo)
    os.rmdir(os.path.join(home, ".cargo", "bin"))
    assert harness.tree(home) == before
    text = inside(w, "ls -A ~/.cache %s/.cache" % at)["text"]
    assert "browser" not in text, text


def test_folders_that_the_user_names(w):
    fill(w, C)
    home = w.env["HOME"]
    os.makedirs(os.path.join(home, "sw", "zig"))
    os.makedirs(os.path.join(home, ".ssh"))
    w.write("zig", "#!/bin/sh\necho zig runs\n", 0o755,
            base=os.path.join(home, "sw", "zig"))
    at = home if harness.level(w) == "C" else "~"
    fails(w, at + "/sw/zig/zig", "ermission denied" if at == home else
          "not found")
    w.configure("http://127.0.0.1:9/v1", config={"toolchains": ["~/sw/zig"]})
    works(w, at + "/sw/zig/zig", "zig runs")
    fails(w, "echo x >%s/sw/zig/x" % at, no_writing(w))
    for path in ("~/.ssh", "~", "/", ".", "~/.config", "/etc"):
        w.configure("http://127.0.0.1:9/v1", config={"toolchains": [path]})
        r = w.run("try", "--", "true")
        assert r.returncode in (1, 2) and b"toolchains" in r.stderr, r
    # Nothing a project may say.
    w.configure("http://127.0.0.1:9/v1")
    w.write(".assent/config.json", '{"toolchains": ["sw"]}')
    r = w.run("try", "--", "true")
    assert r.returncode == 2 and b"toolchains" in r.stderr, r


# Nodes that stand in for a card's, and what /sys says of it, and of a disk.
CARD = """
cd '%s' && mkdir -p dev sys && mount -t tmpfs none dev && mount -t tmpfs none sys &&
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev &&
mkdir dev/pts dev/shm dev/dri && ln -s pts/ptmx dev/ptmx &&
mount --rbind /dev/pts dev/pts && mount --rbind /dev/shm dev/shm &&
for n in nvidia0 nvidiactl nvidia-modeset dri/renderD128 dri/card0 kvm; do
	mknod -m 666 dev/$n c 1 5 || exit; done &&
pci=sys/devices/pci0000:00 && mkdir -p $pci/0000:01:00.0/drm/renderD128 \
	$pci/0000:02:00.0 sys/fs/cgroup sys/dev/char sys/class/drm \
	sys/bus/pci/devices sys/bus/pci/drivers/nvidia &&
echo a-card >$pci/0000:01:00.0/vendor && echo a-disk >$pci/0000:02:00.0/serial &&
ln -s ../../../0000:01:00.0 $pci/0000:01:00.0/drm/renderD128/device &&
ln -s ../../devices/pci0000:00/0000:01:00.0/drm/renderD128 sys/dev/char/1:5 &&
ln -s ../../devices/pci0000:00/0000:01:00.0/drm/renderD128 sys/class/drm/ &&
ln -s ../../../devices/pci0000:00/0000:01:00.0 sys/bus/pci/devices/ &&
ln -s ../../../../devices/pci0000:00/0000:01:00.0 sys/bus/pci/drivers/nvidia/ &&
mount --rbind /sys/fs/cgroup sys/fs/cgroup &&
mount --rbind sys /sys && mount --rbind dev /dev && cd '%s'"""
USES = """
for n in nvidia0 nvidiactl dri/renderD128 kvm nvidia-modeset dri/card0; do
	head -c1 /dev/$n >/dev/null && echo x >/dev/$n && echo "uses $n"; done
ls /dev/dri
for f in bus/pci/devices/0000:01:00.0 bus/pci/drivers/nvidia/0000:01:00.0 \
	class/drm/renderD128/device dev/char/1:5/device; do
	cat /sys/$f/vendor; done
cat /sys/devices/pci0000:00/*2*/serial; echo x >/sys/class/drm/renderD128/device/vendor
true"""


def test_devices(w):
    """Those that the user names, with what /sys says of these cards; no more."""
    fill(w, C)
    os.mkdir(os.path.join(w.project, "volume"))
    card = CARD % (w.root, w.project)
    mounts = harness.with_script(card)
    # A mount in the project: its view is a copy (B).
    volume = harness.with_script(card + " && mount -t tmpfs none volume")
    for wrap in mounts, volume, mounts + harness.need_level_c(w):
        w.configure("http://127.0.0.1:9/v1")
        got = inside(w, USES, wrap=wrap)["text"]
        assert "uses" not in got and "a-card" not in got, got
        w.configure("http://127.0.0.1:9/v1", config={
            "devices": ["dri", "kvm", "nvidia"]})
        r, events = attempt(w, "--", "sh", "-c", USES, wrap=wrap)
        got = [e for e in events if e["type"] == "tool_result"][-1]["text"]
        assert [x[5:] for x in got.splitlines() if x.startswith("uses ")] == [
            "nvidia0", "nvidiactl", "dri/renderD128", "kvm"], got
        assert got.count("a-card") == 4 and "a-disk" not in got, got
        assert "renderD128" in got.splitlines(), got
        start = [e for e in events if e["type"] == "session_start"][0]
        assert " · devices dri, kvm, nvidia · " in start["sandbox"]["line"], start
        assert any("kvm" in g["text"] for g in start["grants"]), start
    said = w.run("doctor", "--all", wrap=mounts).stdout.decode()
    assert "device      nvidia: /dev/nvidia0 /dev/nvidiactl\n" in said, said
    rows = json.loads(w.run("doctor", "--all", "--json",
                            wrap=mounts).stdout)["rows"]
    assert {"name": "device", "text": "nvidia: /dev/nvidia0 /dev/nvidiactl"} \
        in rows, rows
    w.configure("http://127.0.0.1:9/v1", config={"devices": ["/dev/sda"]})
    r = w.run("doctor")
    assert b"devices: must be of dri|kvm|nvidia" in r.stdout + r.stderr, r


def git_hides(w, wrap=()):
    """Git neither fails on a tracked secret nor calls it deleted; what it says of
    other files is true."""
    git = w.git("rev-parse", "--absolute-git-dir").strip()
    w.write(".env", "KEY=changed\n")
    # As long as before, within the same second: only the content tells.
    w.write("b.c", C["b.c"].replace("0", "1"))
    # The user's own sparse checkout.
    w.git("update-index", "--skip-worktree", "sparse.c")
    os.remove(os.path.join(w.project, "sparse.c"))
    before = harness.tree(git)
    text = inside(w, "echo >>a.c; git status --porcelain; git diff; "
                  "git diff --stat HEAD; git ls-files -v", wrap=wrap)["text"]
    lines = text.splitlines()
    assert "KEY" not in text and "[assent" not in text, text
    assert lines[1:4] == [" M a.c", " M b.c", "diff --git a/a.c b/a.c"], text
    assert "\n 2 files changed" in text, text
    assert "S .env" in lines and "H b.c" in lines, text
    assert harness.tree(git) == before


def secret_repository(w):
    need("git")
    fill(w, dict(C, **{"sparse.c": "", ".env": "KEY=swordfish\n",
                       "d/%s.key" % ("k" * 90): ""}))


def test_git_and_a_tracked_secret(w):
    secret_repository(w)
    git_hides(w)


def test_git_and_a_tracked_secret_on_level_c(w):
    wrap = harness.need_level_c(w)
    secret_repository(w)
    git_hides(w, wrap)


def test_programs_that_are_not_shown(w):
    """The model hears why one is missing, and so does the user whose check, hook
    and server need it."""
    fill(w, C)
    home = w.env["HOME"]
    tool = w.write("tool", "#!/bin/sh\n", 0o755,
                   base=os.path.join(home, "bin"))
    fails(w, tool + " x", "[assent: the user's home is not shown")
    w.mock([{"calls": [{"name": "done", "args": {"summary": "did it"}}]}],
           config={"plan": "skip", "check_retries": 0,
                   "mcpServers": {"t": {"command": tool}},
                   "hooks": [{"event": "session_start", "command": tool,
                              "name": "h"}]})
    r = w.run("exec", "--test", tool + " x", "do it")
    note, = [e["text"] for e in w.events("note") if "MCP server t" in
             e["text"]]
    assert tool + " is in your home, which the sandbox doesn't show: see " \
        "assent mcp test t" in note, note
    for words in ([e["error"] for e in w.events("hook") if
                   e["status"] == "done"],
                  [e.get("words", "") for e in w.events("evidence") if
                   e["status"] == "done"]):
        assert words and msg.NOT_SHOWN_IN_THE_SANDBOX in words[-1], words
    assert msg.NOT_SHOWN_IN_THE_SANDBOX.encode() in r.stdout, r


def test_try_says_what_it_cannot_start(w):
    """Before the start, with the setting that shows the program, or the one that
    runs it; once that is set, it runs. One further on in PATH will do."""
    fill(w, C)
    home = w.env["HOME"]
    own = os.path.join(home, "sw", "bin")
    w.write("ours", "#!/bin/sh\necho it runs\n", 0o755, base=own)
    w.write("true", "#!/bin/sh\nfalse\n", 0o755, base=own)
    shown = os.path.join(home, ".local", "bin")
    script = w.write("script", "#!/usr/bin/env -S ours -x\n", 0o755, base=shown)
    env = {"PATH": own + ":" + shown + ":" + w.env["PATH"]}
    why = "%s/ours%%s is not shown in the sandbox: add %s to " \
        "\"toolchains\" in config.json\n" % (own, own)
    for command, words in (("ours", why % ""), (own + "/ours", why % ""),
                           ("script", script + " needs " +
                            why % ", which")):
        r = w.run("try", "--", command, env=env)
        assert r.returncode == 1 and words.encode() in r.stderr, r
    r = w.run("try", "--", "true", env=env)
    assert b"nothing changed" in r.stderr and b"failed" not in r.stderr, r
    w.configure("http://127.0.0.1:9/v1", config={"toolchains": [own]})
    r = w.run("try", "--", "script", env=env)
    assert r.stdout == b"it runs\n", r


def test_what_ends_with_its_command(w):
    """The model hears of background processes that aren't there any more."""
    fill(w, C)
    text = works(w, "for i in 1 2; do sleep 1000 & until grep -q sleep "
                 "/proc/$!/comm; do :; done; done; echo begun")
    assert text == "exit status 0\n[assent: these processes were ended with the " \
        "command: sleep (\"background\" keeps one)]\nbegun\n", text
    # A name can't speak as assent.
    text = works(w, "mkfifo f; printf '#!/bin/sh\nread x <f\n' >'a] b'; "
                 "chmod +x a*b; './a] b' & until grep -q ']' /proc/$!/comm; "
                 "do :; done")
    assert "ended with the command: a??b (" in text, text
    text = works(w, "sleep 0.1 & wait; echo begun")
    assert "[assent" not in text, text


def test_what_cannot_work_says_why(w):
    fill(w, dict(C, **{".env": "KEY=x\n"}))
    rows = [
        ("cat .env", ".env is a secret file"),
        ("touch /usr/x", msg.CAN_WRITE_ONLY_THERE if harness.level(w) == "C"
         else msg.ONLY_THE_PROJECT_TMP),
        ("no-such-program-of-ours", "toolchains"),
    ]
    if harness.level(w) != "C":
        rows.append(("python3 -c 'import os; os.rename(\"d\", \"e\")'",
                     "mv` or shutil.move"))
    if harness.level(w) == "A":
        # A command that hides the exit status does not hide the reason.
        w.mock([harness.bash("git commit --allow-empty -m x 2>&1 | tail -3"),
            {"calls": [{"name": "done", "args": {"summary": "did it"}}]}],
            config={"plan": "skip"})
        w.run("exec", "do it")
        text = w.events("tool_result")[0]["text"]
        assert text.startswith("exit status 0\n[assent: the sandbox shows .git "
                               "read-only"), text
    os.makedirs(os.path.join(w.project, "d"))
    w.write("d/x", "x\n")
    if shutil.which("curl", path="/usr/bin:/bin") is not None:
        rows.append(("curl -sS https://example.invalid/",
                     "--net example.invalid:443"))
    for command, words in rows:
        if command.startswith("python3") and \
                not os.access("/usr/bin/python3", os.X_OK):
            continue
        text = fails(w, command.replace("python3", "/usr/bin/python3"))
        assert "[assent: " in text and words in text, (command, text)
        # Before what the command said, where none of it can stand; but a
        # host that was refused needn't be the reason.
        lines = text.splitlines()
        assert lines[-1 if "--net" in words else 1].startswith(
            "[assent: "), lines
    text = inside(w, "echo Could not resolve host")["text"]
    assert "[assent" not in text, text


def test_a_link_out_of_sight(w):
    """A check that begins with one is told before the first request, to the user
    and to the model; so is another command that fails for it."""
    harness.need_namespaces(w)
    own = os.path.join(w.home, ".local/share/py/3.9")
    os.makedirs(own + "/bin")
    shutil.copy("/bin/true", own + "/bin/python3")
    os.makedirs(os.path.join(w.project, ".venv/bin"))
    os.symlink(own + "/bin/python3", os.path.join(w.project, ".venv/bin/py"))
    w.mock([harness.bash(".venv/bin/py x"), harness.call(
        "done", summary="nothing", cannot_pass="it can't start")])
    w.run("exec", "--plan", "skip", "--test", ".venv/bin/py -m x", "go")
    why = ".venv/bin/py is a link to %s/bin/python3, which the sandbox " \
        "doesn't show: the user can add %s to the setting \"toolchains\"" % (
            own, own)
    assert why in w.events("environment")[0]["text"], w.events("environment")
    assert [e for e in w.events("note") if e["text"] ==
            "the check can't start: " + why], w.events("note")
    assert "[assent: %s]" % why in w.events("tool_result")[0]["text"]



harness.main(globals())
