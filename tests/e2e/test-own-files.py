"""Files of the project that the user's own programs run or read outside the
sandbox: however the configuration spells them, no rule accepts a change to
one, and the screen names the program."""

import json
import os
import shutil
import signal

import harness
from harness import write
import protocol
from screenlib import Screen

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
GIT = "your git runs or reads this"
ASSENT = "assent runs or reads this"
OWN = "your own programs run or read this"

# How a configuration names a file; P is the project, PH the same below ~.
GLOBAL = {
    "abs/clean": ("filter \"a\"", "clean = P/abs/clean %f"),
    "rel/smudge": ("filter \"a\"", "smudge = ./rel/smudge %f"),
    "tilde/process": ("filter \"a\"", "process = PH/tilde/process"),
    "interp.py": ("filter \"b\"", "clean = python3 -W ignore interp.py %f"),
    "quo ted/x": ("filter \"c\"", "clean = \"'P/quo ted/x' %f\""),
    "inner/x": ("filter \"d\"", "clean = \"sh -c './inner/x \\\"$1\\\"' -\""),
    "alias/x": ("alias", "x = !./alias/x --fast"),
    "alias/f": ("alias", "f = \"!f() { cd .; exec $PWD/alias/f; }; f\""),
    "top/x": ("alias",
              "t = \"!$(git rev-parse --show-toplevel)/top/x\""),
    "ed/itor": ("core", "editor = env A=1 ./ed/itor"),
    "pa/ger": ("core", "pager = ./pa/ger | less"),
    "ssh/x": ("core", "sshCommand = ssh -F P/ssh/x"),
    "fsm/x": ("core", "fsmonitor = P/fsm/x"),
    "attributes.txt": ("core", "attributesFile = attributes.txt"),
    "not/there/yet": ("core", "excludesFile = PH/not/there/yet"),
    "gpg/x": ("gpg", "program = P/gpg/x"),
    "cred/x": ("credential", "helper = !./cred/x"),
    "cred/y": ("credential", "helper = P/cred/y --id=P/cred/z"),
    "cred/z": None,
    "ext/x": ("diff", "external = ./ext/x"),
    "conv/x": ("diff \"a\"", "textconv = ./conv/x <"),
    "mrg/x": ("merge \"a\"", "driver = ./mrg/x %O %A %B"),
    "tmpl": ("init", "templateDir = PH/tmpl"),
    "inc.cfg": ("include", "path = P/inc.cfg"),
    "if.cfg": ("includeIf \"gitdir:/nowhere/\"", "path = PH/if.cfg"),
    "dir/link": ("trailer \"a\"", "command = ./dir/link"),
    "dir/real": None,                   # where that link leads
}
HOOKS = ["= P/hk", "= hk", "= PH/hk", "= ./up/../hk", "= lnk"]


def spelled(w, text):
    return text.replace("PH", "~/src/project").replace("P/", w.project + "/")


def project(w, files):
    for name in files:
        w.write(name, "#!/bin/sh\nexit 0\n", 0o755)
    w.repository()


def attack(w, files, *args, env=None):
    """A command rewrites all of them, and an ordinary file."""
    w.mock([{"calls": [write(f, "#!/bin/sh\nevil\n")["calls"][0]
                       for f in list(files) + ["plain.txt"]]}, DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", *args, "do it",
              env=env)
    assert w.read("plain.txt").endswith("evil\n"), r
    return r


def held(w, files, why):
    """None was written; each is shown with the reason."""
    found = {f["path"]: f.get("protected")
             for f in w.events("proposal")[-1]["files"]}
    other = {f: found.get(f) for f in files if found.get(f) != why}
    assert not other, other
    for f in files:
        path = os.path.join(w.project, f)
        assert not os.path.exists(path) or "evil" not in w.read(f), f
    w.verify()


def test_each_spelling_of_git(w):
    files = [f for f in GLOBAL if f not in ("not/there/yet", "dir/link")]
    w.write("dir/real", "#!/bin/sh\n", 0o755)
    os.symlink("real", os.path.join(w.project, "dir/link"))
    project(w, [f for f in files if f != "dir/real"])
    text = "".join("[%s]\n%s\n" % row for row in GLOBAL.values() if row)
    w.write(".gitconfig", spelled(w, text), base=w.home)
    w.write("inc.cfg", "[user]\nname = me\n")
    w.write("if.cfg", "")
    names = [f for f in GLOBAL if f != "dir/link"]
    r = attack(w, names)
    assert ("in abs/clean: protected: %s" % GIT).encode() in r.stdout + r.stderr
    held(w, names, GIT)


def test_hooks_of_git(w):
    """A folder of hooks, however it is named; also one at the folder's name."""
    for value in HOOKS:
        w.clean_project()
        w.write("hk/pre-commit", "#!/bin/sh\nexit 0\n", 0o755)
        os.symlink("hk", os.path.join(w.project, "lnk"))
        w.repository()
        w.write(".gitconfig", spelled(w, "[core]\nhooksPath %s\n" % value),
                base=w.home)
        attack(w, ["hk/pre-commit", "hk/post-checkout"])
        held(w, ["hk/pre-commit", "hk/post-checkout"], GIT)


def test_links_of_the_repository(w):
    """Hooks and settings in .git that are links; not what a hook runs."""
    project(w, ["one/pre-commit", "two/check", "cfg", "ex"])
    git = os.path.join(w.project, ".git")
    os.symlink("../../one/pre-commit", os.path.join(git, "hooks/pre-commit"))
    w.write(".git/hooks/commit-msg", "#!/bin/sh\nexec ./two/check \"$1\"\n",
            0o755)
    w.write("cfg", "")
    w.git("config", "include.path", "../cfg")
    os.remove(os.path.join(git, "info/exclude"))
    os.symlink("../../ex", os.path.join(git, "info/exclude"))
    w.write("ex", "")
    w.git("config", "filter.x.clean", "two/local")
    w.write("two/local", "x\n", 0o755)
    names = ["one/pre-commit", "cfg", "ex", "two/local"]
    attack(w, names + ["two/check"])
    held(w, names, GIT)
    assert "evil" in w.read("two/check")


def test_path_into_the_project(w):
    """assent runs none of the project's programs, however PATH leads there; commands
    in the sandbox find them."""
    harness.need_sandbox(w)
    ran = w.path("ran")
    for name in ("git", "less", "vi"):
        w.write("node_modules/.bin/" + name, "#!/bin/sh\necho %s >>%s\nexit 1\n" %
                (name, ran), 0o755)
    w.write("node_modules/.bin/own", "#!/bin/sh\necho found\n", 0o755)
    later = w.path(w.project, "made", "later")
    w.write("a.txt", "one\n")
    w.repository()
    os.symlink(w.project, w.path("link"))
    for bins in (w.path(w.project, "node_modules/.bin"),
                 w.path("link", "node_modules/.bin"),
                 w.project + "/../project/node_modules/.bin"):
        env = {"PATH": bins + ":" + later + ":" + w.env["PATH"]}
        w.mock([harness.bash("own; mkdir -p made/later; printf '#!/bin/sh\\n"
                             "echo made\\n' >made/later/new; chmod +x "
                             "made/later/new; new; rm -r made"),
                harness.write("a.txt", "two\n"), harness.done()])
        w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5, env=env)
        assert "found\nmade\n" in w.events("tool_result")[0]["text"]
        w.run("show", code=0, env=env)
        w.run("log", code=0, env=env)
        # Also by its name, from elsewhere.
        w.run("commit", "--dry-run", w.sessions()[-1], cwd=w.root, env=env)
        harness.on_terminal(w, [], "show", w.sessions()[-1], cwd=w.root)
        assert not os.path.exists(ran), w.read(ran)


def test_a_worktree_of_the_checkout(w):
    """In a worktree, files that git runs from the main checkout are
    protected."""
    project(w, ["tools/x"])
    w.write(".gitconfig", spelled(w, "[core]\nfsmonitor = P/tools/x\n"),
            base=w.home)
    tree = w.path("home", "src", "tree")
    w.git("-c", "core.fsmonitor=false", "worktree", "add", "-q", tree)
    w.mock([write("tools/x", "evil\n"), write("plain.txt", "x\n"), DONE])
    w.run("exec", "--plan", "skip", "--approve", "yes", "do it", cwd=tree)
    assert os.path.exists(os.path.join(tree, "plain.txt"))
    with open(os.path.join(tree, "tools/x")) as f:
        assert "evil" not in f.read()


def test_a_folder_of_the_checkout(w):
    """Git's relative names are below the top of the checkout, which the project
    is a folder of; so they are in a worktree's folder."""
    names = ["cfg", "tool", "hk/pre-commit", "ed"]
    project(w, ["sub/" + n for n in names + ["other"]])
    w.write("sub/cfg", "[alias]\nx = !./sub/tool\ny = !./other\n")
    w.git("config", "include.path", "../sub/cfg")
    w.git("config", "core.hooksPath", "sub/hk")
    tree = w.path("home", "src", "tree")
    w.git("worktree", "add", "-q", tree)
    for top in (w.project, tree):
        sub = os.path.join(top, "sub")
        w.mock([{"calls": [write(n, "evil\n")["calls"][0]
                           for n in names + ["other"]]}, DONE])
        w.run("exec", "--plan", "skip", "--approve", "yes", "--root", sub,
              "do it", cwd=sub, env={"GIT_EDITOR": "./sub/ed"})
        found = {f["path"]: f.get("protected")
                 for f in w.events("proposal")[-1]["files"]}
        assert found == {**dict.fromkeys(names, GIT), "ed": OWN}, (top, found)
        assert w.read(os.path.join(sub, "other")) == "evil\n"
        w.verify()


def test_dotfiles(w):
    """Links from home and ~/.config into the project, and what is on PATH or in a
    variable; not links that nothing reads."""
    project(w, ["bashrc", "cfg/git", "vim/a.vim", "bin/tool", "path/tool",
                "ed", "notes", "chain2", "pre.js", "zshrc", "loc/tool.py"])
    for name, to in ((".bashrc", "bashrc"), (".config/git/config", "cfg/git"),
                     (".vim", "vim"), ("bin/tool", "bin/tool"),
                     ("../zdot/.zshrc", "zshrc"),
                     (".local/bin/tool", "loc/tool.py"),
                     ("notes", "notes"), (".chain", "chain1")):
        path = os.path.join(w.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(os.path.join(w.project, to), path)
    os.symlink("chain2", os.path.join(w.project, "chain1"))
    names = ["bashrc", "cfg/git", "vim/a.vim", "vim/new.vim", "bin/tool",
             "path/tool", "node/.bin/tool", "ed", "chain2", "pre.js", "zshrc",
             "loc/tool.py"]
    env = {"PATH": w.path("home/src/project/path") + ":node/.bin:.:" +
           w.env["PATH"],
           "ZDOTDIR": w.path("zdot"),
           "EDITOR": "./ed -w", "NODE_OPTIONS": "--require=./pre.js"}
    attack(w, names + ["notes"], env=env)
    assert "evil" in w.read("notes")
    held(w, names, OWN)


def test_own_configuration(w):
    """config.json that is a link, and all that it and saved.json run."""
    project(w, ["hook.sh", "srv/main.py", "srv/tool", "bell", "key", "data/x",
                "uv.py"])
    names = ["hook.sh", "srv/main.py", "srv/tool", "bell", "key",
             "config.json", "uv.py", "out/built"]
    harness.need_sandbox(w)
    w.mock([{"calls": [write(f, "evil\n")["calls"][0]
                           for f in names + ["data/x"]]}, DONE], config={
        "hooks": [{"event": "applied", "command": "sh hook.sh <&0",
                   "name": "h"}],
        "notify": ["./bell", "x"],
        "mcpServers": {"u": {"command": "uv", "args": ["run", "uv.py"]},
                       "b": {"command": w.project + "/out/built"}}})
    w.write("saved.json", json.dumps({"mcpServers": {
        "s": {"command": "python3",
              "args": ["-u", "srv/main.py", "--x=./srv/tool"]}}}),
            base=w.path("config", "assent"))
    conf = w.path("config", "assent", "config.json")
    with open(conf) as f:
        text = f.read().replace('"api_key_env": "MOCK_KEY"',
                                '"api_key_env": "MOCK_KEY", '
                                '"api_key_command": "%s/key"' % w.project)
    os.remove(conf)
    w.write("config.json", text)
    os.symlink(os.path.join(w.project, "config.json"), conf)
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "do it")
    assert "evil" in w.read("data/x"), r
    held(w, names, ASSENT)


def test_kept_when_resumed(w):
    """A file that was the user's at the start stays protected, and one that
    has become theirs since is, too."""
    project(w, ["a/x", "b/x"])
    w.mock([{"calls": [write("a/x", "evil\n")["calls"][0],
                       write("b/x", "evil\n")["calls"][0]]}, DONE])
    c = protocol.start(w, own_files=[{"path": "a/x", "by": "git"}])
    c.wait_event("session_start")
    protocol.kill(w, c)
    c = protocol.resume(w, own_files=[{"path": "b/x", "by": "git"}])
    c.send(type="say", text="go")
    c.wait_event("proposal", lambda e: e["files"])
    c.close_and_wait()
    held(w, ["a/x", "b/x"], GIT)


def slow_git(w):
    """A git that works only once the file `go` is there."""
    w.write("bin/git", "#!/bin/sh\ntrap '' ALRM\necho $PPID >>%s\n"
            "while [ ! -e %s ]; do sleep 0.02; done\nexec %s \"$@\"\n" % (
                w.path("asked"), w.path("go"), shutil.which("git")), 0o755,
            base=w.root)
    w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]


def test_the_screen_before_git(w):
    """A new session's screen is drawn, and takes keys, before any program is
    waited for; what is sent then comes after what git says."""
    project(w, ["hk/pre-commit"])
    w.write(".gitconfig", "[core]\nhooksPath = hk\n", base=w.home)
    m = w.mock([write("hk/pre-commit", "evil\n"), DONE],
               config={"plan": "skip"})
    slow_git(w)
    with Screen(w) as t:
        t.need("2 transcript")
        t.see("rewrite it", "> rewrite it")
        t.see("\r", "starting")
        harness.wait_until("git", lambda: os.path.exists(
            w.path("asked")) and w.read(w.path("asked")))
        assert not m.requests() and not w.sessions()
        w.write("go", "", base=w.root)
        t.review()
        held(w, ["hk/pre-commit"], GIT)
        t.end("exit 5")
    assert "rewrite it" in str(m.requests()[0]["body"])


def test_the_look_is_killed(w):
    """If the process that looks for the user's files is killed, they are looked
    for again."""
    project(w, ["hk/pre-commit"])
    w.write(".gitconfig", "[core]\nhooksPath = hk\n", base=w.home)
    w.mock([write("hk/pre-commit", "evil\n"), DONE], config={"plan": "skip"})
    slow_git(w)
    with Screen(w, "rewrite it") as t:
        t.need("2 transcript")
        harness.wait_until("git", lambda: os.path.exists(
            w.path("asked")) and w.read(w.path("asked")))
        os.kill(int(w.read(w.path("asked")).split()[0]), signal.SIGKILL)
        w.write("go", "", base=w.root)
        t.need("1 open")
        held(w, ["hk/pre-commit"], GIT)
        t.end("exit 5")


harness.main(globals())
