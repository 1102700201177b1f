"""Other agents' real programs in the sandbox, with a scripted service on
loopback that speaks each one's protocol: what they change is proposed, and
nothing of it lands before."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

MODULES = os.path.join(harness.BUILD, "engines", "agents", "node_modules")


def call(name, **args):
    return {"name": name, "args": args}


class Agent:
    """The service's protocol, what is in each request of the model that works,
    the command's words, and what the model calls to change a.txt's second line
    to TWO and to make b.txt by a command."""

    def __init__(self, fmt, marker, words, calls, **env):
        self.fmt, self.marker, self.words = fmt, marker, words
        self.calls, self.env = calls, env


AGENTS = {
    "claude": Agent("anthropic", '"name":"Write"', ("-p", "go"), lambda at: [
        call("Read", file_path=at),
        call("Edit", file_path=at, old_string="two", new_string="TWO"),
        call("Bash", command="echo b > b.txt", description="b")]),
    "codex": Agent("openai-responses", "apply_patch", ("exec", "go"),
                   lambda at: [
        {"name": "apply_patch", "input": "*** Begin Patch\n*** Update File: "
         "a.txt\n@@\n one\n-two\n+TWO\n*** End Patch\n"},
        call("exec_command", cmd="echo b > b.txt")]),
    "gemini": Agent("gemini", "run_shell_command", ("-p", "go"), lambda at: [
        call("replace", file_path=at, instruction="i", old_string="two",
             new_string="TWO"),
        call("run_shell_command", command="echo b > b.txt")],
        GEMINI_MODEL="gemini-2.5-pro"),
    "opencode": Agent("anthropic", '"write"', ("run", "go"), lambda at: [
        call("read", filePath=at),
        call("edit", filePath=at, oldString="two", newString="TWO"),
        call("bash", command="echo b > b.txt", description="b")]),
    "qwen": Agent("openai-chat", "run_shell_command", ("go",), lambda at: [
        call("read_file", file_path=at),
        call("edit", file_path=at, old_string="two", new_string="TWO"),
        call("run_shell_command", command="echo b > b.txt",
             is_background=False)],
        OPENAI_BASE_URL="http://%s/v1", OPENAI_API_KEY="k", OPENAI_MODEL="m"),
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


def row(name, at):
    """The row that we have, with the service on loopback in place of the
    vendor's: it gets no key."""
    with open(os.path.join(harness.SRC, "share", "agents.json")) as f:
        out = json.load(f)["agents"][name]
    key = out.pop("key", {})
    env = dict(out["env"], **key.get("env", {}), **AGENTS[name].env)
    args = [x.replace("%s", at) for x in key.get("args", [])]
    out.update(env={k: v.replace("%s", at) for k, v in env.items()},
               args=out.get("args", []) + args, hosts=[], consent=True)
    out.pop("sign_in", None)
    return out


def ready(w, name):
    """A project, a service, and the words that run the program."""
    harness.need_namespaces(w)
    w.env["PATH"] = installed(w) + ":/usr/bin:/bin"
    a = AGENTS[name]
    w.write("a.txt", "one\ntwo\nthree\n")
    m = harness.Mock(w, rules(a.marker, a.calls(
        os.path.join(w.project, "a.txt"))))
    w.mocks.append(m)
    at = "127.0.0.1:%d" % m.port
    w.configure(m.url(), config={"forward": [at],
                                 "agents": {name: row(name, at)}})
    return ("--", name) + a.words


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
