"""A container image of the user's podman as the system that commands see."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess

import harness
from screenlib import Screen

NEEDS_SANDBOX = True
TOOL = "#!/bin/sh\necho the tool of the image: $*\n"


def tree_with_shell(w, name, *programs):
    """A folder that is enough of a system to run a shell, and these programs."""
    top = w.path(name)
    paths = ["/bin/sh"] + [shutil.which(p) for p in programs]
    said = subprocess.run(["ldd"] + paths, stdout=subprocess.PIPE).stdout
    for path in set(paths + re.findall(r"(/\S+)(?: \(|$)", said.decode())):
        os.makedirs(top + os.path.dirname(path), exist_ok=True)
        shutil.copy(path, top + path)
    for folder in "tmp", "etc", "proc", "dev", "opt/tool/bin":
        os.makedirs(os.path.join(top, folder), exist_ok=True)
    w.write("opt/tool/bin/imgtool", TOOL, 0o755, base=top)
    w.write("etc/shadow", "root:hash:1::::::\n", base=top)
    w.write("etc/os-release", "NAME=lower\n", base=top)
    w.write("opt/gone", "", base=top)
    w.write("assent", "", base=top)
    # Writing must not follow the link.
    os.symlink("/opt/gone", os.path.join(top, "etc/hosts"))
    return top


def podman(w, script, folder="pod"):
    """A PATH on which this script is podman."""
    w.write("podman", "#!/bin/sh\n" + script, 0o755, base=w.path(folder))
    return {"PATH": w.path(folder) + ":" + w.env["PATH"]}


def image(w, *programs, driver="overlay"):
    """As podman describes an image of two layers; the upper one changes a file
    and removes another."""
    lower = tree_with_shell(w, "store/lower/diff", *programs)
    upper = w.path("store", "upper", "diff")
    w.write("etc/os-release", "NAME=upper\n", base=upper)
    os.makedirs(os.path.join(upper, "opt"))
    try:
        os.mknod(os.path.join(upper, "opt/gone"), stat.S_IFCHR, 0)
    except OSError:
        raise harness.Skip("this user can't make a whiteout")
    w.write("inspect", json.dumps([{
        "Id": "0123456789ab",
        "GraphDriver": {"Name": driver, "Data": {
            "UpperDir": upper, "LowerDir": lower}},
        "Config": {"Env": [
            "PATH=/opt/tool/bin:/usr/bin:/bin", "TOOLS=/opt/tool",
            "HOME=/opt", "LD_PRELOAD=/opt/tool", "VERSION=1"]}}],
        indent=1) + "\n", base=w.path("pod"))
    return podman(w, "[ \"$*\" = \"--log-level=error image inspect -- "
                  "our/image:1\" ] || exit 9\n"
                  "echo time=\"now\" level=warning >&2\n"
                  "cat '%s'\n" % w.path("pod", "inspect"))


OURS = ("--sandbox", "podman:our/image:1")


def test_commands_run_in_the_image(w):
    env = image(w)
    w.write("f", "one\n")
    w.write("Containerfile", "FROM other\n")
    w.repository()
    wrap = harness.as_user(w)
    r = w.run("doctor", "--all", *OURS, env=env, wrap=wrap)
    assert b"Containerfile isn't used" in r.stdout, r
    if harness.level(w, wrap) not in "AB":
        assert r.returncode == 7 and b"needs sandbox A or B" in r.stdout, r
        r = w.run("try", *OURS, "--", "true", env=env, wrap=wrap, code=7)
        assert b"the image our/image:1 needs sandbox A or B" in r.stderr, r
        return
    before = harness.tree(w.path("store", "lower"))
    r = w.run("try", *OURS, "--", "/bin/sh", "-c", """
        imgtool at $TOOLS $PWD home $HOME$LD_PRELOAD
        while read line; do echo $line; done </etc/os-release
        for path in /opt/gone /usr/bin/git /home/../etc/ssl; do
            [ -e $path ] && echo there is $path
        done
        while read line; do echo hosts $line; break; done </etc/hosts
        read x </etc/shadow || echo no shadow
        (echo x >/opt/new) || echo no writing
        echo x >/tmp/x && [ -e /var/tmp/x ] && echo a tmp
        echo two >f""", env=env, wrap=wrap)
    out = r.stdout + r.stderr
    for words in (b"the tool of the image: at /opt/tool %s home %s\n" %
                  (w.project.encode(), w.home.encode()), b"NAME=upper",
                  b"hosts 127.0.0.1", b"no shadow", b"no writing", b"a tmp",
                  b"image our/image:1", b"+two"):
        assert words in out, (words, r)
    assert b"there is" not in out, r
    assert w.read("f") == "one\n"
    assert before == harness.tree(w.path("store", "lower"))
    start = w.events("session_start")[0]
    assert start["sandbox"]["image"] == "0123456789ab", start
    # A resumed session has it, too, or says that it is gone.
    w.run("decide", "--accept", "all", env=env, wrap=wrap, code=0)
    assert w.read("f") == "two\n"
    w.run("undo", env=podman(w, "exit 3", "mute"), wrap=wrap, code=5)
    notes = w.events("note")
    assert [e["sandbox"].get("image") for e in notes if e.get("resumed")] == [
        "0123456789ab", None], notes
    assert any(e["text"].startswith("Commands run with the programs of the "
                                    "host now: can't use the image our/")
               for e in notes), notes
    # The user can leave it.
    argv = list(wrap) + [harness.ASSENT, "resume", "--sandbox", "auto"]
    with Screen(w, *argv[1:], path=shutil.which(argv[0]), env=env) as t:
        t.review("Enter puts back 1 hunk")
        t.end()
    notes = [e for e in w.events("note")[len(notes):] if e.get("resumed")]
    assert len(notes) == 1 and "image" not in notes[0]["sandbox"], notes


def test_checks_and_hooks_too(w):
    """The check, a hook and the model's commands run there; file tools and git of
    our own don't need what the image lacks."""
    env = image(w, "bash", "mktemp", "rm", "tail")
    w.write("f", "one\n")
    w.repository()
    w.write("patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+three\n",
            base=w.root)
    m = w.mock([harness.bash("imgtool by the model; no-such-tool"),
                harness.calls(harness.call("read", path="f"),
                              harness.edit("f", "one", "two")),
                harness.done()], config={"sandbox": OURS[1], "hooks": [
                    {"event": "after_tool", "command": "imgtool by a hook"}]})
    wrap = harness.as_user(w)
    if harness.level(w, wrap) not in "AB":
        raise harness.Skip("an image needs namespaces")
    w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
          "imgtool by the check", "go", env=env, wrap=wrap, code=0)
    assert w.read("f") == "two\n"
    said = json.dumps(m.requests())
    assert "the tool of the image: by the model" in said, said
    assert "the container image our/image:1" in said, said
    assert "commands run in the container image" in said, said
    assert [e["exit"] for e in w.events("hook") if "exit" in e] == [0] * 3
    w.write("f", "one\n")
    w.run("review", *OURS, "--accept", "all", w.path("patch"), env=env,
          wrap=wrap, code=0)
    assert w.read("f") == "three\n"


def test_no_image_no_session(w):
    env = image(w, driver="vfs")
    # An empty folder: one that isn't there is dropped from PATH.
    os.makedirs(w.path("none"))
    wrap = harness.as_user(w)
    wrap = tuple(shutil.which(x) or x for x in wrap[:1]) + wrap[1:]
    for path, words in (
            (env, b"with the driver vfs"),
            ({"PATH": w.path("none")}, b"there is no podman on PATH"),
            (podman(w, "echo [ ]\necho 'Error: x: image not known'\nexit 125",
                    "unknown"), b": x: image not known (status 125). assent pulls "
             b"nothing"),
            (podman(w, "echo 'Error: cannot set up namespace' >&2; exit 1",
                    "rooted"), b"cannot set up namespace"),
            (podman(w, "exit 3", "mute"), b"nothing of use (status 3)")):
        r = w.run("try", *OURS, "--", "true", env=path, wrap=wrap, code=7)
        assert words in r.stderr and b"our/image:1" in r.stderr, r
    assert not w.sessions(), w.sessions()
    r = w.run("doctor", "--all", *OURS, env=path, wrap=wrap, code=7)
    assert b"can't use the image our/image:1" in r.stdout, r
    # fuse-overlayfs has its own marks of what a layer removes.
    with open(w.path("pod", "inspect")) as f:
        text = f.read().replace("vfs", "overlay")
    w.write("inspect", text, base=w.path("pod"))
    w.write(".has-mount-program", "true", base=w.path("store"))
    r = w.run("try", *OURS, "--", "true", env=env, wrap=wrap, code=7)
    assert b"the driver overlay and a mount_program" in r.stderr, r
    for value in "podman", "podman:", "docker:x":
        r = w.run("try", "--sandbox", value, "--", "true", wrap=wrap, code=2)
        assert b"auto|container|podman:IMAGE" in r.stderr, r
    w.write(".assent/config.json", '{"sandbox": "podman:x"}')
    r = w.run("try", "--", "true", wrap=wrap, code=2)
    assert b"a project can't set this" in r.stderr, r
    if os.geteuid() == 0:
        harness.give_world(w, 0)
        os.unlink(os.path.join(w.project, ".assent/config.json"))
        r = w.run("try", *OURS, "--", "true", code=7)
        assert b"an ordinary user" in r.stderr, r


def test_real_podman(w):
    """An image that podman itself has imported, without a network."""
    if shutil.which("podman") is None:
        raise harness.Skip("there is no podman")
    top = tree_with_shell(w, "tree")
    subprocess.run(["tar", "-C", top, "--owner=0", "--group=0", "-cf",
                    w.path("tree.tar"), "."], check=True)
    os.makedirs(w.path("run"), 0o700)
    w.write("storage.conf", "[storage]\ndriver = \"overlay\"\n", base=w.root)
    env = {"XDG_RUNTIME_DIR": w.path("run"),
           "CONTAINERS_STORAGE_CONF": w.path("storage.conf")}
    wrap = harness.as_user(w)
    if harness.level(w, wrap) not in "AB":
        raise harness.Skip("an image needs namespaces")
    try:
        made = subprocess.run(
            list(wrap) + ["podman", "import", "--change",
                          "ENV PATH=/opt/tool/bin:/bin", w.path("tree.tar"),
                          "our/image:1"], env=dict(w.env, **env), cwd="/",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode != 0:
            raise harness.Skip("podman can't import an image here: %s" %
                               made.stdout.decode().strip()[-200:])
        r = w.run("try", *OURS, "--", "imgtool", "by podman", env=env,
                  wrap=wrap)
        assert b"the tool of the image: by podman" in r.stdout + r.stderr, r
        r = w.run("try", "--sandbox", "podman:no/such", "--", "true",
                  env=env, wrap=wrap, code=7)
        assert b"no/such" in r.stderr and b"not known" in r.stderr, r
    finally:
        # The process that holds podman's user namespace.
        for pid, line in harness.children().items():
            if "podman" in line or "catatonit" in line:
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    harness.main(globals())
