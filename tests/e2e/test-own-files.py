"""Files of the project that the user's own programs run or read outside the
sandbox: however the configuration spells them, no rule accepts a change to
one, and the screen names the program."""

import json
import os
import re

import harness
from harness import write
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
GIT = "your git runs or reads this"
ASSENT = "assent runs or reads this"
OWN = "your own programs run or read this"
NAMED = "run by a protected file"

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
    "far/x": None,                      # a script of that one's runs it
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
    w.write("dir/real", "#!/bin/sh\n./far/x\n", 0o755)
    os.symlink("real", os.path.join(w.project, "dir/link"))
    project(w, [f for f in files if f != "dir/real"])
    text = "".join("[%s]\n%s\n" % row for row in GLOBAL.values() if row)
    w.write(".gitconfig", spelled(w, text), base=w.home)
    w.write("inc.cfg", "[user]\nname = me\n")
    w.write("if.cfg", "")
    names = [f for f in GLOBAL if f != "dir/link"]
    r = attack(w, names)
    assert ("protected: abs/clean: %s" % GIT).encode() in r.stdout + r.stderr
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
    """Hooks and settings in .git that are links, and what a hook runs."""
    project(w, ["one/pre-commit", "two/check", "three.py", "cfg", "ex"])
    git = os.path.join(w.project, ".git")
    os.symlink("../../one/pre-commit", os.path.join(git, "hooks/pre-commit"))
    w.write(".git/hooks/commit-msg", "#!/bin/sh\n# it's mine\nset -e\n"
            "[ -z \"$X\" ] || exec ./two/check \"$1\"\npython3 three.py\n",
            0o755)
    w.write("cfg", "")
    w.git("config", "include.path", "../cfg")
    os.remove(os.path.join(git, "info/exclude"))
    os.symlink("../../ex", os.path.join(git, "info/exclude"))
    w.write("ex", "")
    w.git("config", "filter.x.clean", "two/local")
    w.write("two/local", "x\n", 0o755)
    names = ["one/pre-commit", "two/check", "three.py", "cfg", "ex",
             "two/local"]
    attack(w, names)
    held(w, names, GIT)


def test_tools_that_a_hook_runs(w):
    """The file in which a tool finds what it runs, and what a hook names without a
    slash; not prose."""
    project(w, ["package.json", "check.txt", "conf.mk", "build.gradle",
                "notes.md", "plain.txt"])
    w.write(".git/hooks/pre-commit", "#!/bin/sh\nnpx lint-staged\n./gradlew x\n"
            "cat check.txt | sh\nmake -f conf.mk\ngit diff notes.md\n", 0o755)
    names = ["package.json", "check.txt", "conf.mk", "build.gradle"]
    attack(w, names + ["notes.md", "plain.txt"])
    held(w, names, GIT)
    assert "evil" in w.read("notes.md") and "evil" in w.read("plain.txt")


def test_what_is_named_and_not_there(w):
    """A hook would run it, too, once it is there; so does a file that is protected
    by its name."""
    project(w, ["plain.txt"])
    w.write(".git/hooks/pre-commit", "#!/bin/sh\n[ -f ./more.sh ] && . ./more.sh\n"
            "[ -x tools/extra ] && exec tools/extra\n", 0o755)
    w.write(".vscode/tasks.json", '{"command": "sh run/new.sh"}')
    names = ["more.sh", "tools/extra", "run/new.sh"]
    attack(w, names + ["new.txt"])
    for name in names:
        assert not os.path.exists(w.path(w.project, name)), name
    assert "evil" in w.read("new.txt")


def test_path_into_the_project(w):
    """assent runs none of the project's programs, however PATH leads there; commands
    in the sandbox find them."""
    harness.need_sandbox(w)
    ran = w.path("ran")
    for name in ("git", "less", "vi"):
        w.write("node_modules/.bin/" + name, "#!/bin/sh\necho %s >>%s\nexit 1\n" %
                (name, ran), 0o755)
    w.write("node_modules/.bin/own", "#!/bin/sh\necho found\n", 0o755)
    w.write("a.txt", "one\n")
    w.repository()
    os.symlink(w.project, w.path("link"))
    for bins in (w.path(w.project, "node_modules/.bin"),
                 w.path("link", "node_modules/.bin"),
                 w.project + "/../project/node_modules/.bin"):
        env = {"PATH": bins + ":" + w.env["PATH"]}
        w.mock([harness.bash("own"), harness.write("a.txt", "two\n"),
                harness.done()])
        w.run("exec", "--plan", "skip", "--approve", "ask", "go", code=5, env=env)
        assert "found" in w.events("tool_result")[0]["text"]
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
    names = ["cfg", "tool", "hk/pre-commit", "ed", "env.sh"]
    w.write("sub/.envrc", ". ./env.sh\n")
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
        assert found == {**dict.fromkeys(names, GIT), "ed": OWN,
                         "env.sh": NAMED}, (top, found)
        assert w.read(os.path.join(sub, "other")) == "evil\n"
        w.verify()


def test_dotfiles(w):
    """Links from home and ~/.config into the project, what start files name, and
    what is on PATH; not those that nothing reads."""
    project(w, ["bashrc", "cfg/git", "vim/a.vim", "bin/tool", "path/tool",
                "ed", "notes", "chain2", "rc.sh", "vim.vim", "pre.js",
                "z.sh", "zd.sh", "n.fish", "n.lua", "e.el", "m/run"])
    for name, text in ((".profile", "[ -f X ] && . \"$HOME/P/rc.sh\""),
                       (".vimrc", "source ~/P/vim.vim"),
                       (".emacs.d/init.el", "(load \"~/P/e.el\")"),
                       ("../config/fish/config.fish", "source ~/P/n.fish"),
                       ("zdot/.zshrc", ". ~/P/zd.sh")):
        w.write(name, text.replace("/P/", "/src/project/") + "\n",
                base=w.home)
    w.write(".config/nvim/init.lua", "dofile(\"%s/n.lua\")\n" % w.project,
            base=w.home)
    w.write("zshrc", ". ~/src/project/z.sh\n")
    w.write("bin/tool", "#!/bin/sh\n$HOME/src/project/m/run\n", 0o755)
    w.write("loc/tool.py", "#!/usr/bin/python3\n", 0o755)
    for name, to in ((".bashrc", "bashrc"), (".config/git/config", "cfg/git"),
                     (".vim", "vim"), ("bin/tool", "bin/tool"),
                     (".zshrc", "zshrc"), (".local/bin/tool", "loc/tool.py"),
                     ("notes", "notes"), (".chain", "chain1")):
        path = os.path.join(w.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(os.path.join(w.project, to), path)
    os.symlink("chain2", os.path.join(w.project, "chain1"))
    names = ["bashrc", "cfg/git", "vim/a.vim", "vim/new.vim", "bin/tool",
             "path/tool", "node/.bin/tool", "ed", "chain2",
             "rc.sh", "vim.vim", "pre.js", "z.sh", "zd.sh", "n.fish", "n.lua",
             "e.el", "m/run", "loc/helper.py"]
    env = {"PATH": w.path("home/src/project/path") + ":node/.bin:.:" +
           w.env["PATH"],
           "ZDOTDIR": os.path.join(w.home, "zdot"),
           "EDITOR": "./ed -w", "NODE_OPTIONS": "--require=./pre.js"}
    attack(w, names + ["notes"], env=env)
    assert "evil" in w.read("notes")
    held(w, names, OWN)


# Files of the home by their name, and how they name what is in the project (P).
PLACES = {
    "~/.ssh/config": "Include ~/P/ssh.conf\nProxyCommand=$HOME/P/px %h\n",
    "~/bin/one": "#!/bin/sh\nexec ~/P/one/run \"$@\"\n",
    "~/.local/bin/two": "#!/bin/sh\nexec \"${HOME}/P/two\" \"$@\"\n",
    "~/.local/bin/three": "#!ROOT/py -E\nimport three\n",
    "~/.config/fish/conf.d/a.fish": "set -gx PATH ~/P/fish $PATH\n",
    "~/.vim/plugin/a.vim": "let g:x = '${HOME}/P/new/vim'\n",
    "~/.vim/plugin/deep/b.vim": "\" it's mine\nsource $HOME/P/b.vim\n",
    "~/.config/Code/User/settings.json": '{"x.path": "ROOT/code", //\n}',
    "~/.config/VSCodium/User/tasks.json": '{"command": "~/P/task -x"}',
    "~/.config/zed/settings.json": '{"binary": {"path": "ROOT/zed/x"}}',
    "~/.config/zed/tasks.json": '[{"command": "${HOME}/P/zed2"}]',
    "~/.config/helix/config.toml": 'a = ":sh ROOT/hx"\n',
    "~/.config/helix/languages.toml": 'command = "~/P/new/lsp"\n',
    "~/.config/tmux/tmux.conf": "run-shell ROOT/mux\n",
    "~/.config/systemd/user/a.service": "[Service]\nExecStart=ROOT/unit\n",
    "~/.ssh/config.d/a": "ProxyCommand ROOT/px2 %h\n",
    "~/.bashrc.d/a.sh": ". ~/P/rc.sh\n",
    "~/.claude/settings.json": '{"hooks": {"x": "ROOT/hook"}}',
    # Not these.
    "~/.config/other/settings.json": '{"x": "ROOT/other"}',
    "~/bin/long": "#" * (256 << 10) + "\n~/P/long\n",
    "~/bin/far": "#!/bin/sh\n~/src/projects/far ROOT-2/far\n",
}


def test_named_by_files_of_the_home(w):
    """Paths below the project that they name, existing or not, also below a
    folder that they name; a large file, or one elsewhere, isn't read."""
    names = ["ssh.conf", "px", "one/run", "one/lib.sh", "two", "fish/new",
             "new/vim", "b.vim", "code", "task", "zed/x", "zed2", "hx",
             "new/lsp", "py", "mux", "unit", "px2", "rc.sh", "hook"]
    other = ["other", "long", "far", "x.path"]
    project(w, ["one/run", "two", "px", "fish/x"])
    for name in ("ssh.conf", "b.vim", "code", "zed/x", "other", "long"):
        w.write(name, "")
    for name, text in PLACES.items():
        w.write(name[2:], text.replace("P/", "src/project/").replace(
            "ROOT", w.project), base=w.home)
    os.mkfifo(os.path.join(w.home, "bin/pipe"))
    attack(w, names + other)
    held(w, names, OWN)
    for name in other:
        assert "evil" in w.read(name), name


def test_own_configuration(w):
    """config.json that is a link, and all that it and saved.json run."""
    project(w, ["hook.sh", "srv/main.py", "srv/tool", "bell", "key", "data/x",
                "uv.py"])
    names = ["hook.sh", "srv/main.py", "srv/tool", "bell", "key",
             "config.json", "uv.py", "out/built", "pk/mod.py", "pk/mod/x.py"]
    harness.need_sandbox(w)
    w.mock([{"calls": [write(f, "evil\n")["calls"][0]
                           for f in names + ["data/x"]]}, DONE], config={
        "hooks": [{"event": "applied", "command": "sh hook.sh <&0",
                   "name": "h"}],
        "notify": ["./bell", "x"],
        "mcpServers": {"u": {"command": "uv", "args": ["run", "uv.py"]},
                       "m": {"command": "python3", "args": ["-m", "pk.mod"]},
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


# Files beside a program, or named relative to the folder where it starts; the
# rest of the project isn't protected.
BESIDE = {
    "folder/lib.sh": "./folder/run",
    "linked/lib.sh": "./lnk/run",
    "srv/__main__.py": "python3 srv",
    "cmd/x/main.go": "go run ./cmd/x",
    "dir/y": "cd dir && ./y",
    "cd2/in/lib": "cd cd2; cd in; sh y",
    "env/y": "env -C env ./y",
    "uv/lib.py": "uv --directory=uv run srv.py",
    "var/y": "V=var; $V/y",
    "each/new": "for i in each/*; do sh $i; done",
    "part/new": "for i in a b; do sh part/$i.sh; done",
    "set/new": "for i in set/[a-c]*; do sh $i; done",
    "here/new": "cd here; for i in *.sh; do sh $i; done",
    "find/new": "find find -exec sh {} ';'",
    "two/lib/u.js": "node two/bin/x.js",
    "second.py": "python3 root2.py",
    "new1.py": "python3 -c 'import sys, new1'",
    "new2.py": "python3 -m two.mod",
    "mk/GNUmakefile": "make -C mk all",
    "Makefile": "make",
    "package.json": "npm test",
    "web/package.json": "npm --prefix web test",
    "Taskfile.yml": "cd . && task",
    "helper.py": "python3 root.py",
    "pkg/__init__.py": "python3 root.py",
    "lib.sh": "sh root.sh",
    "lib.js": "node root.js",
}


def test_beside_a_program(w):
    project(w, ["folder/run", "lnk0/run", "dir/y", "cd2/in/y", "env/y",
                "uv/srv.py", "srv/x.py", "var/y", "each/x", "mk/x",
                "part/a.sh", "set/a", "here/a.sh", "find/x", "web/x", "cmd/x/y.go", "pkg/x.py"])
    w.write("root.py", "# it's ours; bash other\nimport helper\n"
            "from pkg import x\n")
    w.write("two/mod.py", "from new2 import x\n")
    w.write("root2.py", "import sys, second\n")
    w.write("two/bin/x.js", "require('../lib/u.js')\n")
    w.write("root.sh", ". lib.sh\n")
    w.write("root.js", "require('./lib')\n")
    for name in ("helper.py", "lib.sh", "lib.js", "other/run", "second.py",
                 "two/lib/u.js"):
        w.write(name, "")
    os.makedirs(os.path.join(w.project, "linked"))
    os.symlink("../folder/run", os.path.join(w.project, "linked/run"))
    os.symlink("linked", os.path.join(w.project, "lnk"))
    os.symlink(w.project, os.path.join(w.home, ".shortcut"))
    w.write(".gitconfig", "[alias]\n" + "".join(
        "a%d = !%s\n" % (i, '"' + c + '"')
        for i, c in enumerate(BESIDE.values())), base=w.home)
    attack(w, list(BESIDE) + ["other/run", "src/Makefile", "cmd/y.go"])
    held(w, list(BESIDE), GIT)
    found = {f["path"]: f.get("protected")
             for f in w.events("proposal")[-1]["files"]}
    for name in ("other/run", "src/Makefile", "cmd/y.go"):
        assert not found.get(name), (name, found[name])


def test_named_by_ci(w):
    """A program that a file of CI or a hook names, a file that CI names with a
    slash, unless it is prose, and the folder of an action; nothing beside
    them."""
    names = ["tools/release.sh", "tools/lint.py", "bin/check", "ci/build.yml",
             "ci/compile", "act/x/dist/index.js", "action.yml", "dist/main.js"]
    other = ["tools/beside.sh", "docs/text.md", "package.json", "bin/other",
             "act/beside.js", "docs/changelog.md"]
    project(w, ["tools/release.sh", "bin/check", "bin/other", "ci/compile"])
    for name in ("tools/lint.py", "docs/text.md", "act/x/action.yml",
                 "dist/main.js", "docs/changelog.md"):
        w.write(name, "")
    w.write(".github/workflows/x.yml", "on: {paths: [docs/**]}\n"
            "# - run: bin/other\n- run: npm ci && ./tools/release.sh v1\n"
            "- uses: ./act/x\n- uses: ./\n"
            "- run: head docs/changelog.md\n")
    w.write("action.yml", "runs:\n  main: dist/main.js\n")
    w.write(".gitlab-ci.yml", "include: [{local: /ci/build.yml}]\n"
            "script: [python3 tools/lint.py]\n")
    w.write("ci/build.yml", "script: [ci/compile]\n")
    w.write(".husky/_/x", "exec bin/check docs/text.md\n")
    attack(w, names + other)
    held(w, names, NAMED)
    for name in other:
        assert "evil" in w.read(name), name


# Configuration that runs or starts something, and the paths in it; "+": a
# program, else a file.
STARTS = {
    ".envrc": ". env/a.sh; source_env env/b; export V=$(+env/c)\n"
              "PATH_add bin",
    "mise.toml": "[env]\n_.source = \"env/d.sh\"\n[hooks]\nenter = \"+env/e\"",
    ".vscode/tasks.json": '{"command": "${workspaceFolder}/+env/f"}',
    ".devcontainer/devcontainer.json": '{"initializeCommand": "+env/g"}',
    ".claude/settings.json": '{"command": "$CLAUDE_PROJECT_DIR/+env/h"}',
    ".mcp.json": '{"command": "python3", "args": ["env/i.py"]}',
    ".Rprofile": 'source("env/j.R")',
    ".exrc": "source env/k.vim",
    ".nvim.lua": 'dofile("env/l.lua")',
    ".dir-locals.el": '((nil . ((eval . (load-file "env/m.el")))))',
    ".gdbinit": "source env/n.py",
    ".bazelrc": "build --workspace_status_command=+env/o.sh",
    ".cargo/config.toml": '[build]\nrustc-wrapper = "+env/p"',
}


def test_named_by_what_starts(w):
    """Programs that settings of shells, editors and agents name; not what is
    beside them, nor what a text says."""
    names, other = ["bin/tool"], ["env/beside", "env/text.md", "src/main.py",
                                  "bin/text"]
    w.write("bin/tool", "", 0o755)
    for name, text in STARTS.items():
        for word in re.findall(r"\+?env/[\w.]+", text):
            names.append(word.lstrip("+"))
            w.write(names[-1], "", 0o755 if word[0] == "+" else 0o644)
        w.write(name, text.replace("+", "") + "\n")
    for name in other:
        w.write(name, "")
    w.write("AGENTS.md", "Run python3 src/main.py.\n")
    w.write(".zed/settings.json", '{"x": "env/text.md"}')
    w.repository()
    attack(w, names + other)
    held(w, names, NAMED)
    for name in other:
        assert "evil" in w.read(name), name


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


harness.main(globals())
