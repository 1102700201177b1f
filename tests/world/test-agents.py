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
import screenlib    # noqa: E402

MODULES = os.path.join(harness.BUILD, "engines", "agents", "node_modules")


def call(name, **args):
    return {"name": name, "args": args}


class Agent:
    """What is in each request of the model that works; what its own screen shows
    when it waits for a task, and the words that end it; the command's words
    without it; and what the model calls to change a.txt's second line to TWO and
    to make b.txt by a command."""

    def __init__(self, marker, waits, leave, words, calls, **env):
        self.marker, self.waits, self.leave = marker, waits, leave
        self.words, self.calls, self.env = words, calls, env


AGENTS = {
    "claude": Agent('"name":"Write"', "bypass permissions on", "/exit",
                    ("-p", "go"), lambda at: [
        call("Read", file_path=at),
        call("Edit", file_path=at, old_string="two", new_string="TWO"),
        call("Bash", command="echo b > b.txt", description="b")]),
    "codex": Agent("apply_patch", "Ask Codex", "/quit", ("exec", "go"),
                   lambda at: [
        {"name": "apply_patch", "input": "*** Begin Patch\n*** Update File: "
         "a.txt\n@@\n one\n-two\n+TWO\n*** End Patch\n"},
        call("exec_command", cmd="echo b > b.txt")]),
    "gemini": Agent("run_shell_command", "Type your message", "/quit", ("-p", "go"), lambda at: [
        call("replace", file_path=at, instruction="i", old_string="two",
             new_string="TWO"),
        call("run_shell_command", command="echo b > b.txt")],
        GEMINI_MODEL="gemini-2.5-pro"),
    "opencode": Agent('"write"', "Ask anything", "/exit", ("run", "go"), lambda at: [
        call("read", filePath=at),
        call("edit", filePath=at, oldString="two", newString="TWO"),
        call("bash", command="echo b > b.txt", description="b")]),
    "qwen": Agent("run_shell_command", "Type your message", "/quit", ("go",), lambda at: [
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
               args=out.get("args", []) + args, hosts=[], key=None,
               sign_in=None, consent=True)
    return out


def ready(w, name):
    """A project, a service, and the words that run the program."""
    harness.need_namespaces(w)
    w.env["PATH"] = installed(w) + ":/usr/bin:/bin"
    a = AGENTS[name]
    w.write("a.txt", "one\ntwo\nthree\n")
    w.repository()
    m = harness.Mock(w, rules(a.marker, a.calls(
        os.path.join(w.project, "a.txt"))))
    w.mocks.append(m)
    at = "127.0.0.1:%d" % m.port
    w.configure(m.url(), config={"forward": [at],
                                 "agents": {name: row(name, at)}})
    return a


def answers(name):
    def test(w):
        words = ("try", "--", name) + ready(w, name).words
        r = w.run(*words, code=5)
        assert b"\n-two\n+TWO\n" in r.stdout and b"+++ b/b.txt" in r.stdout, r
        assert w.read("a.txt") == "one\ntwo\nthree\n", r
        r = w.run(*words[:1], "--accept", "a.txt=1", *words[1:], code=0)
        assert w.read("a.txt") == "one\nTWO\nthree\n", r
        assert not os.path.exists(os.path.join(w.project, "b.txt")), r
    return test


def on_its_screen(name):
    def test(w):
        a = ready(w, name)
        with screenlib.Screen(w, "try", "--", name, rows=36, cols=100) as t:
            if name == "codex":
                # It looks for news at each start.
                t.review("n reject")
                t.see("n", "Enter rejects")
                t.pause(750)
                t.send("\r")
                t.need("Trust this folder?")
                t.send("\r")
            t.need(a.waits)
            t.see("go", "go")
            t.pause(300)
            t.send("\r")
            t.need("Done.")
            t.need("2 files changed \u00b7 C-] for assent")
            assert w.read("a.txt") == "one\ntwo\nthree\n", t.show()
            # What is marked now stays so.
            t.see("\x1d", "r review so far")
            t.send("r")
            t.review()
            t.settle()
            t.see("n", "[n]")
            t.see("q", "C-] for assent")
            t.send(a.leave)
            t.need(a.leave)
            t.pause(500)
            t.send("\r")
            t.review()
            t.see("y", "[y]")
            t.write("Enter writes 1 hunk")
            t.need("wrote b.txt")
            t.need("q quit")
            t.send("q")
            t.ended("exit 0")
        assert w.read("a.txt") == "one\ntwo\nthree\n"
        assert w.read("b.txt") == "b\n"
    return test


for agent in AGENTS:
    globals()["test_" + agent] = answers(agent)
    globals()["test_screen_of_" + agent] = on_its_screen(agent)


harness.main(globals())
