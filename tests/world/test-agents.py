"""Other agents' real programs in the sandbox, with a scripted service on
loopback that speaks each one's protocol: what they change is proposed, and
nothing of it lands before."""

import importlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402
import protocol     # noqa: E402
import screenlib    # noqa: E402
import secure       # noqa: E402

agent = importlib.import_module("test-agent")

MODULES = os.path.join(harness.BUILD, "engines", "agents", "node_modules")


def call(name, **args):
    return {"name": name, "args": args}


class Agent:
    """What is in each request of the model that works; what its own screen shows
    when it waits for a task, and the words that end it; the command's words
    without it; what the model calls to change a.txt's second line to TWO, and to
    run a command."""

    def __init__(self, marker, waits, leave, words, edit, run, **env):
        self.marker, self.waits, self.leave = marker, waits, leave
        self.words, self.edit, self.run, self.env = words, edit, run, env


AGENTS = {
    "claude": Agent('"name":"Write"', "bypass permissions on", "/exit",
                    ("-p", "go"), lambda at: [
        call("Read", file_path=at),
        call("Edit", file_path=at, old_string="two", new_string="TWO")],
        lambda command: call("Bash", command=command, description="Run it")),
    "codex": Agent("apply_patch", "Ask Codex", "/quit", ("exec", "go"),
                   lambda at: [
        {"name": "apply_patch", "input": "*** Begin Patch\n*** Update File: "
         "a.txt\n@@\n one\n-two\n+TWO\n*** End Patch\n"}],
        lambda command: call("exec_command", cmd=command)),
    "gemini": Agent("run_shell_command", "Type your message", "/quit",
                    ("-p", "go"), lambda at: [
        call("replace", file_path=at, instruction="i", old_string="two",
             new_string="TWO")],
        lambda command: call("run_shell_command", command=command),
        GEMINI_MODEL="gemini-2.5-pro"),
    "opencode": Agent('"write"', "Ask anything", "/exit", ("run", "go"),
                      lambda at: [
        call("read", filePath=at),
        call("edit", filePath=at, oldString="two", newString="TWO")],
        lambda command: call("bash", command=command, description="Run it")),
    "qwen": Agent("run_shell_command", "Type your message", "/quit", ("go",),
                  lambda at: [
        call("read_file", file_path=at),
        call("edit", file_path=at, old_string="two", new_string="TWO")],
        lambda command: call("run_shell_command", command=command,
                             is_background=False),
        OPENAI_BASE_URL="http://%s/v1", OPENAI_API_KEY="k", OPENAI_MODEL="m"),
}


def rules(a, at, more=()):
    """The model's answers, by what the request has of them already; `more` is
    what it calls, or says, once it has read a text, the last one first. Requests
    without tools are for titles."""
    out = [{"if": [], "not": [a.marker], "answer": {"text": "A title"}}]
    for n, (text, what) in reversed(list(enumerate(more))):
        if isinstance(what, str):
            out.append({"if": [text], "answer": {"text": what}})
            continue
        out += [{"if": ["then_%d" % n], "answer": {"text": "Done, too."}},
                {"if": [text], "answer": {"text": "I do it.", "calls": [
                    dict(what, id="then_%d" % n)]}}]
    calls = a.edit(at) + [a.run("echo b > b.txt")]
    out.append({"if": ["call_%d" % len(calls)], "answer": {"text": "Done."}})
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


def ours(name):
    with open(os.path.join(harness.SRC, "share", "agents.json")) as f:
        return json.load(f)["agents"][name]


def row(name, at):
    """Our row, with the service on loopback in place of the vendor's: it gets no
    key."""
    out = ours(name)
    key = out.pop("key", {})
    env = dict(out["env"], **key.get("env", {}), **AGENTS[name].env)
    args = [x.replace("%s", at) for x in key.get("args", [])]
    out.update(env={k: v.replace("%s", at) for k, v in env.items()},
               args=out.get("args", []) + args, hosts=[], key=None,
               sign_in=None, consent=True)
    return out


def ready(w, name, more=()):
    """A project, a service, and the row."""
    harness.need_namespaces(w)
    w.env["PATH"] = installed(w) + ":/usr/bin:/bin"
    a = AGENTS[name]
    w.write("a.txt", "one\ntwo\nthree\n")
    w.repository()
    m = harness.Mock(w, rules(a, os.path.join(w.project, "a.txt"), more))
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
                # It takes no key that comes with its page.
                t.need("Trust this folder?")
                while not t.wait(a.waits, 2000):
                    t.send("\r", ahead=True)
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
            t.after_command()
            t.see("y", "[y]")
            t.write("Enter writes 1 hunk")
            t.need("wrote b.txt")
        assert w.read("a.txt") == "one\ntwo\nthree\n"
        assert w.read("b.txt") == "b\n"
    return test


def begin(w, name, *options, task="go"):
    """A session of its own, and a client that looks on."""
    w.run("--agent", name, "--detach", *options, task, code=0)
    c = protocol.attach(w)
    c.wait_live()
    return c


def said(w):
    return " ".join(e["text"] for e in w.events("assistant_message"))


def waits(c, command):
    """Until this command, which ends in one that waits, has come so far."""
    c.wait_event("tool_call", lambda e: command in e["title"])
    harness.wait_until("tail", lambda: [
        x for x in harness.children().values() if "tail -f /dev/null" in x and
        "bash" not in x])


def again(w):
    """The session, after its core has ended."""
    c = protocol.resume(
        w, model=None, forward=["127.0.0.1:%d" % w.mocks[-1].port],
        agent=w.events("session_start")[0]["settings"]["agent"])
    c.wait_live()
    return c


def by_the_protocol(name):
    def test(w):
        a = AGENTS[name]
        ready(w, name, (
            ("Not b.", a.run("cat a.txt; echo c > c.txt; ls")),
            ("Wait now.", a.run("echo d > d.txt; tail -f /dev/null")),
            ("Back now.", "I am back.")))
        c = begin(w, name)
        p = agent.open_changes(c)
        assert {f["path"] for f in p["files"]} == {"a.txt", "b.txt"}, p
        at = agent.decide(c, p, no=["b.txt"], word="Not b.")
        assert w.read("a.txt") == "one\nTWO\nthree\n"
        # It hears of it, and goes on.
        p = agent.open_changes(c, at)
        # What was rejected is gone from its copy, too.
        assert [f["path"] for f in p["files"]] == ["c.txt"], p
        agent.decide(c, p)
        agent.ended(c)
        c.send(type="say", text="Wait now.")
        waits(c, "> d.txt;")
        c.send(type="interrupt")
        assert agent.ended(c, 2)["outcome"] == "interrupted"
        c.close_and_wait()
        c = again(w)
        c.send(type="say", text="Back now.")
        c.wait("its words", lambda: "I am back." in said(w))
        # It still knows what was said before; Gemini CLI 0.61 finds none.
        asked = w.mocks[-1].requests()[-1]["body_text"]
        assert "Not b." in asked or name == "gemini", asked[-3000:]
    return test


def plans(name, leave, approved):
    """It begins in its planning mode; your approval is the answer to its
    question, and it goes on."""
    def test(w):
        a = AGENTS[name]
        ready(w, name, (("Plan it.", leave),
                        (approved, a.run("echo e > e.txt"))))
        c = begin(w, name, "--plan", "require", task="Plan it.")
        plan = c.wait_event("plan", lambda e: e["status"] == "proposed")
        c.wait_status("plan")
        c.send(type="plan", version=plan["version"], action="approve")
        p = agent.open_changes(c)
        assert [f["path"] for f in p["files"]] == ["e.txt"], p
        agent.decide(c, p)
        agent.ended(c)
        assert w.read("e.txt") == "e\n"
    return test


test_plan_of_claude = plans("claude", call("ExitPlanMode"),
                            "approved exiting plan mode")
test_plan_of_qwen = plans("qwen", call("exit_plan_mode", plan="# Louder"),
                          "User approved")
def test_question(w):
    """A command's host is asked about within a prompt."""
    a = AGENTS["claude"]
    ready(w, "claude", [("Ask.", a.run("curl -sS http://a.invalid; echo e > e"))])
    c = begin(w, "claude", task="Ask.")
    ask = c.wait_event("ask")
    assert "a.invalid" in ask["command"], ask
    c.send(type="answer", id=ask["id"], allow=False)
    p = agent.open_changes(c)
    assert [f["path"] for f in p["files"]] == ["e"], p
    said_back = w.mocks[-1].requests()[-1]["body_text"]
    assert "the user did not allow it" in said_back, said_back[-2000:]


def kill_agent(w, c):
    for pid in harness.children():
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            if b"claude-agent-acp" in f.read():
                os.kill(pid, signal.SIGKILL)
    agent.ended(c)


def kill_worker(w, c):
    ends = len(c.event_list("agent_end"))
    for pid in harness.running("assent-worker"):
        os.kill(pid, signal.SIGKILL)
    agent.ended(c, ends + 1)


def kill_core(w, c):
    for pid in harness.running("assent-core"):
        os.kill(pid, signal.SIGKILL)
    c.wait_eof()
    c.close()
    return again(w)


def test_killed(w):
    """Within a prompt: the agent, the worker, the core. What it had changed waits,
    and the next prompt is answered."""
    a = AGENTS["claude"]
    kills = kill_agent, kill_worker, kill_core
    more = []
    for n in range(len(kills)):
        more += [("Wait %d." % n, a.run("echo d > d%d; tail -f /dev/null" % n)),
                 ("Back %d." % n, "I am back %d." % n)]
    ready(w, "claude", more)
    c = begin(w, "claude", task="Wait 0.")
    for n, kill in enumerate(kills):
        if n > 0:
            c.send(type="say", text="Wait %d." % n)
        waits(c, "> d%d;" % n)
        c = kill(w, c) or c
        c.send(type="say", text="Back %d." % n)
        c.wait("its words", lambda: "I am back %d." % n in said(w))
    p = c.wait_event("proposal", lambda e: len(e["files"]) == len(kills))
    agent.decide(c, p)
    assert all(w.read("d%d" % n) == "d\n" for n in range(len(kills)))


def with_your_key(name, provider, fmt, base=""):
    """It reaches its service at an endpoint inside, which has the key: nothing
    in the sandbox has."""
    def test(w):
        a = AGENTS[name]
        certificates = secure.Certificates(w)
        ready(w, name, (("Env.", a.run("env; cat /proc/*/environ")),))
        m = w.mocks[-1]
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificates.path("good.pem"))
        m.server.socket = tls.wrap_socket(m.server.socket, server_side=True)
        w.configure("https://127.0.0.1:%d%s" % (m.port, base), config={
            "providers": {provider: {
                "format": fmt, "base_url": "https://127.0.0.1:%d%s" % (m.port, base),
                "api_key_env": "AGENT_KEY"}},
            "agents": {name: {"consent": True, "env": dict(
                ours(name)["env"], **a.env)}}})
        w.env.update(SSL_CERT_FILE=certificates.path("ca.pem"),
                     AGENT_KEY="sk-canary-4711")
        w.run("exec", "--agent", name, "Env.", code=0)
        asked = m.requests()
        assert len(asked) > 1 and all(
            any("sk-canary-4711" in h[1] for h in r["headers"])
            for r in asked), asked
        assert "PATH=" in asked[-1]["body_text"], asked[-1]
        assert all("canary" not in r["body_text"] for r in asked)
        assert "canary" not in str(w.events())
    return test


test_key_of_claude = with_your_key("claude", "anthropic", "anthropic")
test_key_of_codex = with_your_key("codex", "openai", "openai-responses", "/v1")
test_key_of_gemini = with_your_key("gemini", "gemini", "gemini")
test_key_of_opencode = with_your_key("opencode", "anthropic", "anthropic")


def test_limit(w):
    ready(w, "claude")
    r = w.run("exec", "--agent", "claude", "--max-total-tokens", "10", "go",
              code=4)
    assert b"tokens" in r.stderr, r
    assert w.events("agent_end")[-1]["limit"]["what"] == "tokens"


for each in AGENTS:
    globals()["test_" + each] = answers(each)
    globals()["test_screen_of_" + each] = on_its_screen(each)
    globals()["test_agent_" + each] = by_the_protocol(each)


harness.main(globals())
