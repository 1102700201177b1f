"""Other agents' real programs in the sandbox, with a scripted service on
loopback that speaks each one's protocol: what they change is proposed, and
nothing of it lands before."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

MODULES = os.path.join(harness.BUILD, "engines", "agents", "node_modules")
KEY = "sk-test-0123456789"
OPENCODE = ('OPENCODE_CONFIG_CONTENT={"provider":{"anthropic":{"options":'
            '{"baseURL":"%s/v1"}}},"model":"anthropic/claude-opus-4-5"}')
# Without it, no variable makes it use a key at another address.
GEMINI = '{"security": {"auth": {"selectedType": "gemini-api-key"}}}'
CODEX = ('model_providers.mock={name="OpenAI",base_url="%s/v1",'
         'env_key="OPENAI_API_KEY",wire_api="responses"}')


def call(name, **args):
    return {"name": name, "args": args}


class Agent:
    """How a program is run, and what its model calls to change a.txt's second
    line to TWO and to make b.txt by a command."""

    def __init__(self, fmt, marker, env, command, calls):
        self.fmt, self.marker, self.env = fmt, marker, env
        self.command, self.calls = command, calls


AGENTS = {
    "claude": Agent("anthropic", '"name":"Write"', (
        "ANTHROPIC_BASE_URL=%s", "ANTHROPIC_API_KEY=" + KEY, "IS_SANDBOX=1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"),
        ("claude", "--permission-mode", "bypassPermissions", "-p", "go"),
        lambda at: [call("Read", file_path=at),
                    call("Edit", file_path=at, old_string="two",
                         new_string="TWO"),
                    call("Bash", command="echo b > b.txt",
                         description="b")]),
    "codex": Agent("openai-responses", "apply_patch", (
        "OPENAI_API_KEY=" + KEY,),
        ("codex", "exec", "--dangerously-bypass-approvals-and-sandbox", "-c",
         'model_provider="mock"', "-c", CODEX, "go"),
        lambda at: [{"name": "apply_patch", "input":
                     "*** Begin Patch\n*** Update File: a.txt\n@@\n one\n"
                     "-two\n+TWO\n*** End Patch\n"},
                    call("exec_command", cmd="echo b > b.txt")]),
    "gemini": Agent("gemini", "run_shell_command", (
        "GOOGLE_GEMINI_BASE_URL=%s", "GEMINI_API_KEY=" + KEY,
        "GEMINI_CLI_TRUST_WORKSPACE=true"),
        ("sh", "-c", "mkdir ~/.gemini; echo '%s' >~/.gemini/settings.json; "
         "exec gemini --yolo -p go" % GEMINI),
        lambda at: [call("replace", file_path=at, instruction="i",
                         old_string="two", new_string="TWO"),
                    call("run_shell_command", command="echo b > b.txt")]),
    "opencode": Agent("anthropic", '"write"', (
        OPENCODE, "ANTHROPIC_API_KEY=" + KEY,
        "OPENCODE_DISABLE_AUTOUPDATE=1", "OPENCODE_DISABLE_MODELS_FETCH=1"),
        ("opencode", "run", "go"),
        lambda at: [call("read", filePath=at),
                    call("edit", filePath=at, oldString="two",
                         newString="TWO"),
                    call("bash", command="echo b > b.txt",
                         description="b")]),
    "qwen": Agent("openai-chat", "run_shell_command", (
        "OPENAI_BASE_URL=%s/v1", "OPENAI_API_KEY=" + KEY, "OPENAI_MODEL=m",
        "QWEN_USAGE_STATISTICS_ENABLED=false"),
        ("qwen", "--yolo", "go"),
        lambda at: [call("read_file", file_path=at),
                    call("edit", file_path=at, old_string="two",
                         new_string="TWO"),
                    call("run_shell_command", command="echo b > b.txt",
                         is_background=False)]),
}


def rules(marker, calls):
    """The model's answers, by what the request has of them already; requests
    without tools are for titles."""
    out = [{"if": [], "not": [marker], "answer": {"text": "A title"}},
           {"if": ["call_%d" % len(calls)], "answer": {"text": "Done."}}]
    for n in range(len(calls) - 1, -1, -1):
        out.append({"if": ["call_%d" % n] if n else [], "answer": {
            "text": "I do it.",
            "calls": [dict(calls[n], id="call_%d" % (n + 1))]}})
    return {"rules": out}


def installed(w):
    """As npm does it for one user: in ~/.npm-global. The files are links to those
    that `./bootstrap engines` has."""
    if not os.path.isdir(MODULES):
        raise harness.Skip("there are no agents: ./bootstrap engines")
    lib, bin_ = (os.path.join(w.home, ".npm-global", x) for x in ("lib", "bin"))
    os.makedirs(lib)
    os.makedirs(bin_)
    if subprocess.run(["cp", "-al", MODULES, lib],
                      stderr=subprocess.DEVNULL).returncode != 0:
        shutil.rmtree(lib)
        shutil.copytree(MODULES, os.path.join(lib, "node_modules"),
                        symlinks=True)
    links = os.path.join(lib, "node_modules", ".bin")
    for name in os.listdir(links):
        to = os.readlink(os.path.join(links, name))
        os.symlink(to.replace("..", "../lib/node_modules", 1),
                   os.path.join(bin_, name))
    return bin_


def ready(w, name):
    """A project, a server, and the words that run the program in the sandbox."""
    harness.need_namespaces(w)
    bin_ = installed(w)
    a = AGENTS[name]
    w.write("a.txt", "one\ntwo\nthree\n")
    m = w.mock(rules(a.marker, a.calls(os.path.join(w.project, "a.txt"))),
               a.fmt, config={"toolchains": ["~/.npm-global"]})
    words = ["env", "PATH=%s:/usr/bin:/bin" % bin_] + [
        x.replace("%s", m.url("")) for x in a.env + a.command]
    return ["--forward", "127.0.0.1:%d" % m.port, "--"] + words


def each(name):
    def test(w):
        words = ready(w, name)
        r = w.run("try", *words, code=5)
        assert b"\n-two\n+TWO\n" in r.stdout and b"+++ b/b.txt" in r.stdout, r
        assert w.read("a.txt") == "one\ntwo\nthree\n", r
        r = w.run("try", "--accept", "a.txt=1", *words, code=0)
        assert w.read("a.txt") == "one\nTWO\nthree\n", r
        assert not os.path.exists(os.path.join(w.project, "b.txt")), r
    return test


test_claude = each("claude")
test_codex = each("codex")
test_gemini = each("gemini")
test_opencode = each("opencode")
test_qwen = each("qwen")


harness.main(globals())
