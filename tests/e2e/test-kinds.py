"""Every kind of change, the whole way: a command makes it in the sandbox, `assent
show --json` prints it, it is refused (the tree stays as it was, byte for byte)
or taken (the tree is as the command left it), and undone (as it was again).
"""

import hashlib
import json
import os
import re

import harness
import protocol

BOM = b"\xef\xbb\xbf"
LONG = b"x" * (2 << 20)
MANY = b"".join(b"line %d\n" % n for n in range(50000))

# name: what is there before (bytes, a link's target as str, None), the command,
# what `show` says of it: status, binary, what a hunk's text must hold.
KINDS = {
    "create": (None, "printf 'new\\n' >F", "added", False, "+new\n"),
    "modify": (b"one\ntwo\n", "printf 'one\\n2\\n' >F", "modified", False,
               "-two\n+2\n"),
    "delete": (b"bye\n", "rm F", "deleted", False, "-bye\n"),
    "mode": (b"#!/bin/sh\n", "chmod +x F", "mode", False, ""),
    "mode and text": (b"#!/bin/sh\n", "echo true >>F; chmod +x F", "modified",
                      False, "+true\n"),
    "link": (None, "ln -s kept F", "added", False, "+kept\n"),
    "link moved": ("kept", "ln -sf other F", "symlink", False,
                   "-kept\n\\ No newline at end of file\n+other\n"),
    "link out of the tree": (None, "ln -s /etc/passwd F", "added", False,
                             "+/etc/passwd\n"),
    "link for a file": (b"text\n", "ln -sf kept F", "type", False, "+kept\n"),
    "binary": (b"\0\1\2", "printf '\\0\\3' >F", "modified", True, None),
    "binary from text": (b"text\n", "printf 'text\\0' >F", "modified", True,
                         None),
    "empty made": (None, ": >F", "added", False, ""),
    "emptied": (b"one\n", ": >F", "modified", False, "-one\n"),
    "empty deleted": (b"", "rm F", "deleted", False, ""),
    "newline lost": (b"one\ntwo\n", "printf 'one\\ntwo' >F", "modified", False,
                     "+two\n\\ No newline at end of file\n"),
    "newline found": (b"one", "printf 'one\\n' >F", "modified", False,
                      "-one\n\\ No newline at end of file\n+one\n"),
    "CRLF": (b"one\r\ntwo\r\n", "printf 'one\\r\\n2\\r\\n' >F", "modified",
             False, "+2\r\n"),
    "CRLF goes": (b"one\r\ntwo\r\n", "printf 'one\\r\\ntwo\\n' >F", "modified",
                  False, "-two\r\n+two\n"),
    "BOM": (BOM + b"one\n", "printf 'one\\n' >F", "modified", False, "+one\n"),
    "invalid UTF-8": (b"caf\xe9\nx\n", "printf 'caf\\351\\ny\\n' >F",
                      "modified", False, "+y\n"),
    "a line of 2 MB": (LONG + b"\n", "printf y >>F", "modified", False, "+y\n"),
    "50,000 lines": (MANY, "sed -i '25000s/.*/changed/' F", "modified", False,
                     "-line 24999\n+changed\n"),
}


def text_of(h):
    import base64
    if "text_b64" in h:
        return base64.b64decode(h["text_b64"]).decode("latin-1")
    return h["text"]


def put(w, name, content):
    path = os.path.join(w.project, name)
    if isinstance(content, str):
        os.symlink(content, path)
    elif content is not None:
        w.write(path, content)


def name_of(kind):
    return kind.replace(" ", "-").replace(",", "")


def propose(w, command, *args):
    w.run("try", "--approve", "ask", *args, "--", "sh", "-c", command, code=5)
    r = w.run("show", "--json", code=0)
    return json.loads(r.stdout)


def test_kinds(w):
    """What `show` prints is given back unchanged, and all of it is taken."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    put(w, "kept", b"kept\n")
    lines = b"".join(b"the %d. line\n" % n for n in range(30))
    put(w, "was", lines)
    put(w, "was edited", lines.replace(b"the", b"a"))
    os.chmod(os.path.join(w.project, "was edited"), 0o755)
    put(w, "was binary", b"\0" + lines)
    script = ["set -e", "mv was is; sed 's/ 7/ seven/' 'was edited' "
              ">'is edited'; rm 'was edited'",
              "sed 's/ 7/ seven/' 'was binary' >'is binary'; rm 'was binary'"]
    for kind, (before, command, _, _, _) in KINDS.items():
        put(w, name_of(kind), before)
        script.append(command.replace("F", name_of(kind)))
    before = harness.tree(w.project)
    p = propose(w, "\n".join(script))
    assert not p["refused"], p["refused"]
    names = {f["from"]: f["path"] for f in p["files"] if f.get("from")}
    assert names == {"was": "is", "was edited": "is edited",
                     "was binary": "is binary"}, names
    files = {f["path"]: f for f in p["files"] if not f.get("from")}
    for kind, (old, _, status, binary, text) in KINDS.items():
        f = files.pop(name_of(kind))
        assert f["status"] == status, (kind, f["status"])
        assert f["binary"] == binary, kind
        if isinstance(old, bytes):
            assert f["before"]["hash"] == hashlib.sha256(old).hexdigest(), kind
            assert f["before"]["size"] == len(old), kind
        elif old is None:
            assert f["before"] is None, kind
        if text is not None:
            shown = "".join(text_of(h) for h in f["hunks"])
            assert text in shown, (kind, shown[:300])
        else:
            assert len(f["hunks"]) == 1 and not f["hunks"][0]["text"], kind
        if kind == "link out of the tree":
            assert "out" in f["protected"] or "link" in f["protected"], f
    assert not files, files.keys()
    # Refused, it is as it was; the same again and taken, as the command did.
    assert w.run("decide", "--accept", "none").returncode == 5
    assert harness.tree(w.project) == before
    p = propose(w, "\n".join(script))
    w.write(w.path("patch"), w.run("show").stdout)
    w.run("decide", "--patch", w.path("patch"), code=0)
    d = w.events("decision")[-1]
    assert all(h["decision"] == "yes" for f in d["files"]
               for h in f["hunks"]), d
    after = harness.tree(w.project)
    changed = {k for k in set(before) | set(after)
               if before.get(k) != after.get(k)}
    assert changed == {name_of(k) for k in KINDS} | set(names) | set(
        names.values()), changed
    for f in p["files"]:
        path = os.path.join(w.project, f["path"])
        assert os.path.lexists(path) == (f["after"] is not None), f["path"]
        if f["after"] and not os.path.islink(path):
            assert digest(path) == f["after"]["hash"], f["path"]
    assert not set(names) & set(after)
    with open(os.path.join(w.project, "50000-lines"), "rb") as f:
        assert f.read() == MANY.replace(b"line 24999\n", b"changed\n")
    w.run("undo", "--accept", "all", code=0)
    assert harness.tree(w.project) == before


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for part in iter(lambda: f.read(1 << 20), b""):
            h.update(part)
    return h.hexdigest()


def test_large(w):
    """Written, with a patch that only names it; undone."""
    harness.need_sandbox(w)
    size = 65 << 20
    with open(os.path.join(w.project, "F"), "wb") as f:
        f.truncate(size)
    before = harness.tree(w.project)
    w.mock([harness.bash("printf x | dd of=F bs=1 seek=%d conv=notrunc 2>&1" %
                         (size - 100)), harness.bash("echo new >small"),
            harness.done()], config={"plan": "skip"})
    w.run("exec", "--approve", "yes", "--patch-out", w.path("patch"), "go",
          code=0)
    with open(w.path("patch")) as f:
        patch = f.read()
    assert "Binary files a/F and b/F differ\n" in patch, patch[:300]
    assert "+new\n" in patch and len(patch) < 1000, patch[:300]
    note, = [e["text"] for e in w.events("note") if "patch" in e["text"]]
    assert note == ("the patch lacks the content of F, which has more than "
                    "4 MB"), note
    with open(os.path.join(w.project, "F"), "rb") as f:
        f.seek(size - 101)
        assert f.read() == b"\0x" + b"\0" * 99
    w.run("undo", "--accept", "all", code=0)
    assert harness.tree(w.project) == before
    w.verify()


def test_lines_of_a_large_file(w):
    """Its change is in the patch, as `git apply` takes it; the other file has more
    text than is shown."""
    harness.need_sandbox(w)
    w.write("F", "".join("%099d\n" % n for n in range(50000)))
    clone = w.path("clone")
    w.git("init", "-q", clone)
    w.write("F", w.read("F"), base=clone)
    w.mock([harness.bash("sed -i '25000s/^0/x/' F; seq 1000000 >made"),
            harness.done()], config={"plan": "skip"})
    w.run("exec", "--approve", "yes", "--patch-out", w.path("patch"), "go",
          code=0)
    assert [e["text"] for e in w.events("note") if "patch" in e["text"]] == [
        "the patch lacks the content of made, which has more than 4 MB"]
    w.git("apply", "--include=F", w.path("patch"), cwd=clone)
    assert w.read("F") == w.read(os.path.join(clone, "F"))


def test_one_line(w):
    """Of 22 MB: one hunk, and the core holds no more than both contents. Nobody
    asks for a session's patch."""
    harness.need_sandbox(w)
    size = 22 << 20
    w.write("F", "x" * size)
    w.mock([harness.bash("sed -i s/^x/y/ F"), harness.done()],
           config={"plan": "skip"})
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal", lambda e: e["files"])
    hunk, = p["files"][0]["hunks"]
    assert p["files"][0]["binary"] and p["files"][0]["after"]["size"] == size, p
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[{"hunk": hunk["id"], "mark": "yes",
                                         "seen": True}])
    assert "patch" not in c.wait_event("agent_end")
    with open("/proc/%d/status" % protocol.core_pid(w)) as f:
        most, = re.findall(r"VmHWM:\s+(\d+) kB", f.read())
    assert harness.sanitized() or int(most) << 10 < 2 * size + (32 << 20), most
    with open(os.path.join(w.project, "F"), "rb") as f:
        assert f.read(2) == b"yx"


def test_who_can_read(w):
    """A new file or folder is as `touch` and `mkdir` make it, but nobody else gets
    what its maker made for the user alone, nor once it is undone and redone, or
    deleted and back."""
    make = ("umask 077; echo x >mine; umask 0022; echo x >all; echo x >group; "
            "chmod 640 group; mkdir -p -m 700 up/safe; echo x >up/safe/x")
    names = "mine all group up up/safe up/safe/x".split()

    def modes():
        return [oct(os.stat(os.path.join(w.project, name)).st_mode & 0o777)
                for name in names]

    for mask, wanted in (("0022", "0o600 0o644 0o640 0o755 0o700 0o644"),
                         ("0002", "0o600 0o664 0o660 0o775 0o700 0o664"),
                         ("0077", "0o600 0o600 0o600 0o700 0o700 0o600")):
        w.clean_project()
        wrap = ("sh", "-c", "umask %s; exec \"$@\"" % mask, "-")
        for command in (make, "rm -r *"):
            w.mock([{"calls": [{"name": "bash", "args": {"command": command}}]},
                    {"calls": [{"name": "done", "args": {"summary": "made"}}]}],
                   config={"plan": "skip"})
            w.run("exec", "--approve", "yes", "make", code=0, wrap=wrap)
            if command == make:
                assert modes() == wanted.split(), (mask, modes())
            w.run("undo", "--accept", "all", code=0, wrap=wrap)
            if command == make:
                assert not os.listdir(w.project)
                w.redo("--accept", "all", code=0, wrap=wrap)
            assert modes() == wanted.split(), (mask, command, modes())


harness.main(globals())
