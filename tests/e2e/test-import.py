"""contrib/import prints what the user has for other agents, without what widens
anything and without secrets; it writes nothing, and what it prints is a
configuration."""

import json
import os
import subprocess
import sys

import harness

SCRIPT = os.path.join(harness.SRC, "contrib", "import", "assent-import")


def theirs(w):
    """All kinds of items, each with something that must not be copied."""
    home = {
        ".claude.json": json.dumps({
            "mcpServers": {
                "hub": {"type": "stdio", "command": "hub", "sandbox": False,
                        "trust": "always", "autoApprove": ["x"],
                        "api_key_command": "touch /tmp/run",
                        "env": {"HUB_TOKEN": "t0ken", "LOG": "debug",
                                "OTHER": "${OTHER}", "ID": "a1b2"}},
                "web": {"httpUrl": "https://w.example/mcp",
                        "headers": {"Authorization": "Bearer t0k"}},
                "old": {"type": "sse", "url": "https://old.example/sse"},
                "plain": {"url": "http://p.example/"},
                "query": {"url": "https://q.example/?api_key=k3y"},
                "user": {"url": "https://me:t0k@q.example/"},
                "args": {"command": "x", "args": ["--token", "t0k"]},
                "head": {"command": "x", "args": ["--header=Auth: t0k"]},
                "base": {"command": "x", "args": ["pg://me:t0k@db/x"]},
                "list": [1], "text": "x", "off": {"command": "x",
                                                  "disabled": True},
                "home": {"command": "x", "args": ["${HOME}"]},
                "no\x1b[2J": {"command": "x"}, "a__b": {"command": "x"}},
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
        ".codex/AGENTS.md": "Use tabs.\n",
        ".claude/commands/fix.md": "Fix $ARGUMENTS\n",
        ".claude/skills/pdf/SKILL.md": "---\nname: pdf\n---\nscripts/go\n",
    }
    for path, text in home.items():
        w.write(path, text, base=w.home)
    w.write(".mcp.json", '{"mcpServers": {"theirs": {"command": "evil"}}}')


def kept(w):
    """Every file of the home and the configuration, by its name."""
    out = {}
    for top in w.home, w.path("config"):
        for base, _, names in os.walk(top):
            for name in names:
                path = os.path.join(base, name)
                with open(path, encoding="utf-8") as f:
                    out[os.path.relpath(path, w.root)] = f.read()
    return out


def script(w, code=0):
    r = subprocess.run([sys.executable, SCRIPT], cwd=w.project, env=w.env,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert r.returncode == code, r
    return r.stdout.decode(), r.stderr.decode()


def test_import(w):
    w.mock([])
    theirs(w)
    before = kept(w)
    out, said = script(w)
    assert kept(w) == before
    for secret in "\x1b", "t0k", "k3y", "s3cret", "a1b2", "else", "evil":
        assert secret not in out + said, (secret, out, said)
    assert json.loads(out) == {"mcpServers": {
        "hub": {"type": "stdio", "command": "hub", "env": {"LOG": "debug"}},
        "web": {"url": "https://w.example/mcp"},
        "here": {"command": "h"}}}, out
    for words in ('"hub", from ~/.claude.json: copied, without "sandbox", '
                  '"trust", "autoApprove", "api_key_command", "HUB_TOKEN", '
                  '"OTHER", "ID"\n',
                  '"here", from ~/.claude.json for this folder: copied\n',
                  '"hub", from ~/.gemini/settings.json: not copied: there is '
                  "another", 'must be "stdio" or "http"',
                  '"plain", from ~/.claude.json: not copied: its URL must',
                  '"off", from ~/.claude.json: not copied: it is disabled',
                  ".mcp.json came with the project: assent mcp add --file ",
                  "~/.claude/settings.json: hooks are written as in HOOKS of ",
                  "~/.codex/config.toml: assent mcp add NAME -- COMMAND"):
        assert words in said, (words, said)
    for name in "query", "user", "args", "head", "base":
        assert '"%s", from ~/.claude.json: not copied: its command or URL ' \
            "has a secret" % name in said, (name, said)
    # What users are told to type copies the rest, and adds the servers.
    for line in said.split("\n"):
        if ": mkdir -p " in line:
            subprocess.run(["sh", "-c", line.split(": ", 1)[1]], check=True,
                           env=w.env)
    w.write("servers.json", out, base=w.root)
    w.run("mcp", "add", "--file", w.path("servers.json"), "--yes", code=0)
    after = kept(w)
    own = "config/assent/"
    assert after[own + "AGENTS.md"] == "Be brief.\x1b[31m\nUse tabs.\n", after
    assert after[own + "commands/fix.md"] == "Fix $ARGUMENTS\n", after
    assert own + "skills/pdf/SKILL.md" in after, after
    assert json.loads(after[own + "saved.json"]) == json.loads(out), after


def test_a_broken_file_is_named(w):
    w.mock([])
    w.write(".cursor/mcp.json", "{bad", base=w.home)
    os.mkfifo(os.path.join(w.home, ".claude.json"))
    w.write(".gemini/settings.json", '{"mcpServers": ["x"]}', base=w.home)
    out, said = script(w, 1)
    assert json.loads(out) == {}, out
    for words in ".cursor/mcp.json: ", ".claude.json: not a regular file":
        assert words in said, (words, said)


if __name__ == "__main__":
    harness.main(globals())
