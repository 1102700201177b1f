"""The rows of agents: what is found and said of them, what you agree to at the first
start, and that nothing follows what an agent left in its folder."""

import json
import os

import agentlib
import harness

SAYS = "my-agent runs in the sandbox from %s, signs in there, and reaches " \
    "api.example.org and login.example.org. Any command or package that it " \
    "runs can do the same: send what it reads there, and use up your plan."
ROW = {"command": ["my-agent", "--quiet"], "args": ["--yes"],
       "hosts": ["api.example.org"], "state": True,
       "sign_in": {"hosts": ["login.example.org"], "file": ".mine/login"},
       "files": {".mine/settings.json": {"update": False},
                 ".mine/mine.toml": "update = false\n"},
       "env": {"MINE": "1"}, "read": [".mine/skills"],
       "settings": {".mine.json": {"hooks": "hook", "mcp": "MCP server"},
                    ".mine.toml": {"mcp": "MCP server"}}}
KEY = {"provider": "p", "header": "x-api-key: %s", "methods": ["POST"],
       "paths": ["/v1/"], "env": {"BASE": "http://%s", "MINE": "2"},
       "args": ["-c", "base=http://%s/x"]}
NONE = "http://127.0.0.1:1"
TRY = "try", "--plain", "--", "my-agent", "go"


def package(w, name="my-agent", place="lib/node_modules/@x"):
    """A program as npm installs it: a link on PATH; its folder."""
    folder = os.path.join(w.home, place, name)
    w.write("bin/run.sh", "#!/bin/sh\necho it runs\ncd; echo *\n", 0o755,
            base=folder)
    w.write("package.json", '{"version": "1.2.3"}', base=folder)
    os.makedirs(os.path.join(w.home, "mine"), exist_ok=True)
    os.symlink(os.path.join(folder, "bin", "run.sh"),
               os.path.join(w.home, "mine", name))
    w.env["PATH"] = os.path.join(w.home, "mine") + ":" + w.env["PATH"]
    return folder


def configure(w, **members):
    row = dict(ROW, **members)
    w.configure(NONE, config={"agents": {"my-agent": {
        k: v for k, v in row.items() if v is not None}}})


def state(w, name="my-agent"):
    top = os.path.join(w.env["XDG_STATE_HOME"], "assent", "agents", name)
    names = os.listdir(top)
    assert len(names) == 1, names
    return os.path.join(top, names[0])


def test_list(w):
    folder = package(w, place="opt")
    w.configure(NONE, config={"agents": {
        "my-agent": ROW, "claude": {"command": ["my-agent"], "read": None},
        "none": {"command": ["my-agent"]}}})
    out = w.run("agents", code=0).stdout.decode().splitlines()
    at = os.path.join(w.home, "mine", "my-agent")
    assert out[0] == "claude    1.2.3      %s  signs in when it starts, or: " \
        "assent login anthropic" % at, out
    assert out[1:6] == ["%-9s not on your PATH" % n for n in (
        "codex", "gemini", "opencode", "qwen", "goose")], out
    assert out[6] == "my-agent  1.2.3      %s  signs in when it starts" % at, out
    assert out[7:] == ["none      1.2.3      %s  needs no sign-in" % at], out
    r = w.run("agents", "--json", env={"ANTHROPIC_API_KEY": "sk-secret-1"},
              code=0)
    rows = json.loads(r.stdout)["agents"]
    assert rows[0]["key_from"] == "ANTHROPIC_API_KEY", rows
    assert b"sk-secret" not in r.stdout and rows[6]["program"] == at, r
    # A worktree of assent's has the homes of its project.
    w.write("a.txt", "a\n")
    w.repository()
    tree = os.path.join(w.home, ".local", "share", "assent", "worktrees",
                        os.path.basename(rows[6]["state"]), "one")
    w.git("worktree", "add", "-q", tree)
    r = w.run("agents", "--json", cwd=tree, code=0)
    assert json.loads(r.stdout)["agents"][6]["state"] == \
        rows[6]["state"], r
    # Its package, else its file; the home is none.
    r = w.run(*TRY, code=2)
    assert b"from %s, signs" % folder.encode() in r.stderr, r
    os.rename(os.path.join(folder, "package.json"),
              os.path.join(w.home, "package.json"))
    os.symlink(w.home, w.path("link"))
    for home in w.home, w.path("link"):
        r = w.run(*TRY, env={"HOME": home}, code=2)
        assert b"from %s/bin/run.sh, signs" % folder.encode() in r.stderr, r


def test_consent(w):
    """It is asked once, until a host, a file or a program is added."""
    agentlib.need_level(w)
    folder = package(w)
    configure(w, terms="terms of 2026")
    w.write(".mine.json", '{"hooks": {"A": [1, 2]}, "mcp": {"a": {}, "b": {}}}',
            base=w.home)
    w.write(".mine.toml", "[mcp.c]\nx = 1\n[mcp.c.env]\n", base=w.home)
    shown = os.path.join(w.home, "lib", "node_modules")
    says = SAYS % shown
    r = w.run(*TRY, code=2)
    assert r.stdout == b"" and (says + " Start it once on a terminal, or put "
        '{"agents": {"my-agent": {"consent": true}}} in config.json'
        ).encode() in r.stderr, r
    asks = [(b"terms of 2026", b""), (says.encode(), b""),
            (b"\r\nstart it? [capital Y, n]", b"n\n")]
    code, seen = harness.on_terminal(w, asks, *TRY)
    assert code == 1 and b"my-agent wasn't started" in seen, seen
    assert w.run("ls").stdout == b"", "a session began"
    code, seen = harness.on_terminal(w, asks[:2] + [
        (b"[capital Y, n]", b"y\n"), (b"a capital Y confirms", b"Y\n")], *TRY)
    assert b"my-agent: 2 hooks, 3 MCP servers: not in the sandbox" in seen, seen
    r = w.run(*TRY)
    assert r.returncode == 0 and b"reaches" not in r.stderr, r
    assert r.stdout == b"it runs\nlib src\n", r
    assert b"sandboxed, network: api.example.org and 1 more" in r.stderr and \
        b"agent my-agent: it and what it runs can connect to api.example.org" \
        b", login.example.org; for this session" in r.stderr, r
    agent = w.events("session_start")[-1]["settings"]["agent"]
    assert agent == {
        "name": "my-agent", "acp": False, "env": ROW["env"],
        "read": [],
        "argv": [os.path.join(folder, "bin/run.sh"), "--quiet", "--yes", "go"],
        "hosts": ROW["hosts"], "sign_in": ROW["sign_in"],
        "show": [shown],
        "state": state(w), "left_out": "2 hooks, 3 MCP servers"}, agent
    for new, more in ((b"new.example.org", {
            "hosts": ["new.example.org", "api.example.org"]}),
            (b".mine/new", {"read": [".mine/skills", ".mine/new"]})):
        configure(w, **more)
        r = w.run(*TRY, code=2)
        assert b" New since you agreed: " + new + b". Start" in r.stderr, r
    configure(w, hosts=["new.example.org"], consent=True)
    assert w.run(*TRY).returncode != 2
    configure(w, hosts=None, sign_in=None, read=[".mine/new"])
    assert w.run(*TRY).returncode != 2
    # Another program of that name isn't the row's.
    w.write("my-agent", "#!/bin/sh\necho mine\n", 0o755)
    configure(w, hosts=["new.example.org"])
    r = w.run("try", "--plain", "--", "./my-agent", code=0)
    assert b"mine" in r.stdout and \
        "agent" not in w.events("session_start")[-1]["settings"], r


def test_key(w):
    """With a key, only its service is reached; the start has no secret."""
    harness.need_sandbox(w)
    package(w)
    secret = "sk-canary-93fa7c61"
    provider = {"format": "anthropic", "api_key_env": "P_KEY",
                "base_url": "https://gw.example.org/base/"}
    config = {"providers": {"p": provider},
              "agents": {"my-agent": dict(ROW, key=KEY)}}
    w.configure(NONE, config=config)
    # To agree to its hosts isn't to agree to the key.
    w.write(w.path("state", "assent", "agents.json"), json.dumps({"my-agent": [
        os.path.join(w.home, "mine", "my-agent"), ".mine/skills",
        "gw.example.org"]}))
    r = w.run(*TRY, env={"P_KEY": secret}, code=2)
    assert b", uses your key for p without seeing it, and reaches " \
        b"gw.example.org. Any" in r.stderr, r
    config["agents"]["my-agent"]["consent"] = True
    w.configure(NONE, config=config)
    r = w.run(*TRY, env={"P_KEY": secret})
    agent = w.events("session_start")[-1]["settings"]["agent"]
    assert agent["key"] == {
        "provider": "p", "methods": ["POST"], "header": "x-api-key: %s",
        "host": "gw.example.org", "paths": ["/base/v1/"],
        "env": {"BASE": "http://%s/base", "MINE": "2"},
        "args": ["-c", "base=http://%s/base/x"]}, agent
    assert agent["env"] == {} and "hosts" not in agent and \
        "sign_in" not in agent, agent
    assert secret not in json.dumps(w.events()) and \
        secret.encode() not in r.stdout + r.stderr
    provider["base_url"] = "http://127.0.0.1:1"
    w.configure(NONE, config=config)
    r = w.run(*TRY, env={"P_KEY": secret}, code=2)
    assert b"a key is added only for https://" in r.stderr, r


def test_links_in_its_folder(w):
    """What an agent left in its folder is neither followed nor replaced."""
    harness.need_sandbox(w)
    package(w)
    configure(w, consent=True)
    w.run(*TRY)
    own = os.path.join(state(w), ".mine")
    assert w.read(os.path.join(own, "settings.json")) == '{"update":false}'
    assert w.read(os.path.join(own, "mine.toml")) == "update = false\n"
    w.write("login", "x", base=own)
    assert b"signed in for this project" in w.run("agents").stdout
    w.write(os.path.join(own, "settings.json"), "its own")
    w.run(*TRY)
    assert w.read(os.path.join(own, "settings.json")) == "its own"
    outside = w.path("outside")
    os.rename(own, outside)
    for name in "settings.json", "mine.toml":
        os.unlink(os.path.join(outside, name))
    os.symlink(outside, own)
    w.run(*TRY)
    assert os.listdir(outside) == ["login"], os.listdir(outside)
    assert b"signed in for this project" not in w.run("agents").stdout


harness.main(globals())
