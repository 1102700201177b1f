"""`assent config import`: what the user has for other agents is shown in full and
copied if they say so; nothing of it widens anything or replaces what is there.
"""

import json
import os
import stat
import subprocess

import harness

def theirs(w):
    """All kinds of items, each with something that must not be copied."""
    home = {
        ".claude.json": json.dumps({
            "mcpServers": {
                "hub": {"type": "stdio", "command": "hub", "sandbox": False,
                        "trust": "always", "autoApprove": ["x"],
                        "api_key_command": "touch /tmp/run",
                        "env": {"HUB_TOKEN": "t0ken", "LOG": "debug",
                                "OTHER": "${OTHER}"}},
                "old": {"type": "sse", "url": "https://old.example/sse"},
                "query": {"url": "https://q.example/?api_key=k3y"},
                "args": {"command": "x", "args": ["--token", "t0k"]},
                "head": {"command": "x", "args": ["--header=Auth: t0k"]},
                "base": {"command": "x", "args": ["pg://me:t0k@db/x"]},
                "list": [1], "text": "x",
                "home": {"command": "x", "args": ["${HOME}"]},
                "no\x1b[2J": {"command": "x"}},
            "projects": {w.project: {"mcpServers": {"here": {"command": "h"}},
                                     "allowedTools": ["Bash"]},
                         "/else": {"mcpServers": {"else": {"command": "e"}}}}}),
        ".claude/settings.json": json.dumps({
            "permissions": {"deny": ["Read(.env)"]},
            "hooks": {"PostToolUse": []}, "env": {"A": "s3cret"},
            "model": "x", "m\x1b[2J": 1}),
        ".codex/config.toml": "[mcp_servers.docs]\n",
        ".gemini/settings.json": '{// mine\n"mcpServers": {"hub": '
                                 '{"command": "another"},}}',
        ".claude/CLAUDE.md": "Be brief.\x1b[31m\n",
        ".codex/AGENTS.md": "Use tabs.",
        ".claude/commands/fix.md": "Fix $ARGUMENTS\n",
        ".claude/skills/pdf/SKILL.md": "---\nname: pdf\n---\nscripts/go\n",
    }
    for path, text in home.items():
        w.write(path, text, base=w.home)
    w.write(".mcp.json", '{"mcpServers": {"theirs": {"command": "evil"}}}')


def kept(w):
    """Every file beside config.json, by its name: mode and contents."""
    top, out = w.path("config", "assent"), {}
    for base, _, names in os.walk(top):
        for name in names:
            path = os.path.join(base, name)
            with open(path, encoding="utf-8") as f:
                out[os.path.relpath(path, top)] = (
                    stat.S_IMODE(os.stat(path).st_mode), f.read())
    return out


def test_import(w):
    w.mock([])
    theirs(w)
    before = kept(w)
    # Nobody is asked: it only lists.
    r = w.run("config", "import", code=0)
    assert kept(w) == before and b"nobody is here to be asked" in r.stderr, r
    said = r.stdout.decode()
    assert "\x1b" not in said and "t0ken" not in said, said
    assert "k3y" not in said and "t0k" not in said, said
    assert "s3cret" not in said, said
    for words in ("env HUB_TOKEN: a secret, not shown", "env LOG: debug",
                  "left out: sandbox, trust, autoApprove, api_key_command, "
                  "OTHER; add what it needs to its entry in saved.json",
                  "here, from ~/.claude.json, which has it for this folder "
                  "only; here it is for all", 'must be "stdio" or "http"',
                  "theirs, from .mcp.json, which came with the project",
                  "\nsettings, from ~/.claude/settings.json: hooks: assent "
                  "config hooks add FILE;",
                  "\nsettings, from ~/.codex/config.toml: MCP servers: assent "
                  "mcp add NAME -- COMMAND"):
        assert words in said, (words, said)
    assert "else" not in said, said
    # The command that users are told to type copies commands and skills.
    for what in "commands", "skills":
        line = next(x for x in said.split("\n") if "~/.claude/" + what in x)
        subprocess.run(["sh", "-c", line.split(": ", 1)[1]], check=True,
                       env=dict(os.environ, HOME=w.home))
    before = kept(w)
    assert before["commands/fix.md"][1] == "Fix $ARGUMENTS\n", before
    assert "skills/pdf/SKILL.md" in before, before
    # The first and the project's are declined.
    ask = b"copy it? [capital Y, n]"
    code, shown = harness.on_terminal(w, [
        (ask, b"n\r"), (ask, b"y\r"), (b"a capital Y confirms", b"Y\r"),
        (ask, b"Y\r"), (ask, b"Y\r"), (b"with the project: " + ask, b"n\r")],
        "config", "import")
    assert code == 0 and b"copied 3 of 5 to" in shown, shown
    after = kept(w)
    assert after.pop("AGENTS.md") == (0o600, "Use tabs.\n"), after
    mode, saved = after.pop("saved.json")
    assert mode == 0o600
    assert json.loads(saved)["mcpServers"] == {
        "hub": {"type": "stdio", "command": "hub",
                "env": {"HUB_TOKEN": "t0ken", "LOG": "debug"}},
        "here": {"command": "h"}}, saved
    assert after == before, after
    # It is a configuration, and the same again changes nothing but what was
    # declined; what is there stays, whatever it is.
    before = kept(w)
    w.run("config", "import", "--yes", code=0)
    after = kept(w)
    assert after.pop("AGENTS.md")[1] == (
        "Use tabs.\n\nBe brief.\x1b[31m\n"), after
    assert after == {k: v for k, v in before.items() if k != "AGENTS.md"}
    last = w.run("config", "import", "--yes", code=0)
    assert b"theirs" in last.stdout and len(kept(w)) == len(before)


def test_a_broken_file_is_named(w):
    w.mock([])
    w.write(".cursor/mcp.json", "{bad", base=w.home)
    os.mkfifo(os.path.join(w.home, ".claude.json"))
    w.write(".gemini/settings.json", '{"mcpServers": ["x"]}', base=w.home)
    w.write("mine.json", '{"mcpServers": {"x": {"command": "x"}}}')
    os.symlink("mine.json", os.path.join(w.project, ".mcp.json"))
    r = w.run("config", "import")
    assert r.returncode == 1 and b"nothing to copy" in r.stdout, r
    for words in (b"~/.cursor/mcp.json: line 1",
                  b"~/.claude.json is not a regular file", b"can't open .mcp.json"):
        assert words in r.stderr, (words, r.stderr)


if __name__ == "__main__":
    harness.main(globals())
