"""`assent config import`: what the user has for other agents is shown in full and
copied if they say so; nothing of it widens anything or replaces what is there.
"""

import json
import os
import stat

import harness

TOML = r'''
approval_policy = "never"
notice = """
[mcp_servers.fake]
command = "fake"
"""
[mcp_servers."docs"]   # theirs
command = "docs"
args = [
  "-y", # one
  'a\b',
]
tool_timeout_sec = 20
[mcp_servers.docs.env]
"MODE" = "plain"
[mcp_servers.figma]
url = "https://mcp.figma.example/mcp"
http_headers = { X = "${X}" }
bearer_token_env_var = "FIGMA_TOKEN"
'''


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
        ".codex/config.toml": TOML,
        ".gemini/settings.json": '{// mine\n"mcpServers": {"hub": '
                                 '{"command": "another"},}}',
        ".claude/CLAUDE.md": "Be brief.\x1b[31m\n",
        ".codex/AGENTS.md": "Use tabs.",
        ".claude/commands/fix.md": "---\nallowed-tools: Bash\n---\n"
                                   "Fix $ARGUMENTS\n",
        ".claude/commands/in/a.md": "x", ".claude/commands/a b.md": "x",
        ".gemini/commands/sum.toml": 'prompt = "Sum {{args}}"',
        ".claude/skills/pdf/SKILL.md": "---\nname: pdf\n---\nscripts/go\n",
        ".claude/skills/pdf/scripts/go": "#!/bin/sh\n",
        ".codex/skills/none/README.md": "no skill",
    }
    for path, text in home.items():
        w.write(path, text, base=w.home)
    skill = os.path.join(w.home, ".claude/skills/pdf")
    os.chmod(os.path.join(skill, "scripts/go"), 0o755)
    os.symlink("/etc/passwd", os.path.join(skill, "link"))
    os.mkfifo(os.path.join(skill, "fifo"))
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
    for words in ('args: ["-y","a\\\\b"]', "env HUB_TOKEN: a secret, not shown",
                  "env LOG: debug", "    | Fix $ARGUMENTS",
                  "    | [more files and folders: 3]",
                  "a.md, from ~/.claude/commands/in", "sum.toml: not copied",
                  "left out: sandbox, trust, autoApprove, api_key_command, "
                  "OTHER; add what it needs to its entry in saved.json",
                  "here, from ~/.claude.json, which has it for this folder "
                  "only; here it is for all", "a b.md: not copied: ",
                  'must be "stdio" or "http"',
                  'api_key_command: "printenv FIGMA_TOKEN", run with your',
                  "theirs, from .mcp.json, which came with the project",
                  "\nnot copied, from ~/.claude/settings.json: permissions, "
                  "hooks, env, model, m"):
        assert words in said, (words, said)
    assert "fake" not in said and "else" not in said, said
    # One is declined, "a" is for all that follow but the project's.
    ask = b"all that follow]"
    code, shown = harness.on_terminal(w, [
        (ask, b"n\r"), (ask, b"what\r"), (ask, b"y\r"), (ask, b"a\r"),
        (b"copy it? [y,n,q]", b"n\r")], "config", "import")
    assert code == 0 and b"left out: pdf/link" in shown, shown
    assert b"left out: pdf/fifo" in shown and b"copied 8 of 10 to" in shown, shown
    after = kept(w)
    assert after.pop("AGENTS.md") == (0o600, "Use tabs.\n"), after
    mode, saved = after.pop("saved.json")
    assert mode == 0o600
    assert json.loads(saved)["mcpServers"] == {
        "hub": {"type": "stdio", "command": "hub",
                "env": {"HUB_TOKEN": "t0ken", "LOG": "debug"}},
        "here": {"command": "h"},
        "docs": {"command": "docs", "args": ["-y", "a\\b"],
                 "env": {"MODE": "plain"}},
        "figma": {"url": "https://mcp.figma.example/mcp",
                  "api_key_command": "printenv FIGMA_TOKEN"}}, saved
    assert {k: v for k, v in after.items() if k not in before} == {
        "commands/fix.md": (0o600, "---\nallowed-tools: Bash\n---\n"
                            "Fix $ARGUMENTS\n"),
        "commands/in/a.md": (0o600, "x"),
        "skills/pdf/SKILL.md": (0o644, "---\nname: pdf\n---\nscripts/go\n"),
        "skills/pdf/scripts/go": (0o755, "#!/bin/sh\n")}, after
    # It is a configuration, and the same again changes nothing but what was
    # declined; what is there stays, whatever it is.
    w.write("commands/fix.md", "mine", base=w.path("config", "assent"))
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
    w.write(".codex/config.toml", "[mcp_servers.x]\ncommand = \"x", base=w.home)
    os.mkfifo(os.path.join(w.home, ".claude.json"))
    w.write(".gemini/settings.json", '{"mcpServers": ["x"]}', base=w.home)
    w.write("mine.json", '{"mcpServers": {"x": {"command": "x"}}}')
    os.symlink("mine.json", os.path.join(w.project, ".mcp.json"))
    r = w.run("config", "import")
    assert r.returncode == 1 and b"nothing to copy" in r.stdout, r
    for words in (b"~/.cursor/mcp.json: line 1", b"config.toml: line 2: untermi",
                  b"~/.claude.json is not a regular file", b"can't open .mcp.json"):
        assert words in r.stderr, (words, r.stderr)


if __name__ == "__main__":
    harness.main(globals())
