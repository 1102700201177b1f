"""A session that begins with no model configured: commands of the person's own
and the words with / work, a message is refused and kept, and a model that is
named later hears of all that was done.
"""

import json
import os

import harness
from screenlib import Screen
from messages import msg

HELLO = {"text": "Good day."}


def servers(w, answers=(), **more):
    """A server that could be used, and nothing that says so."""
    m = w.mock(list(answers), config=more)
    path = w.path("config", "assent", "config.json")
    conf = json.loads(w.read(path))
    del conf["model"]
    conf["local_ports"] = []
    w.write(path, json.dumps(conf))
    return m


def plain(w, answers, *args):
    w.env["TERM"] = "dumb"
    return harness.on_terminal(w, answers, *args)


def told(m):
    return json.dumps([q["body"] for q in m.requests()])


def test_doctor_without_a_project(w):
    """The checks that need no project still run."""
    r = w.run("doctor", "--all", cwd=w.env["HOME"])
    assert r.returncode == 2 and b"can't be the project" in r.stderr, r
    for line in (b"sandbox     not tested: ", b"config      ",
                 b"model       ", b"ctags       "):
        assert b"\n" + line in r.stdout, (line, r)
    assert b"\nproject " not in r.stdout, r
    o = json.loads(w.run("doctor", "--all", "--json", cwd=w.env["HOME"]).stdout)
    rows = {row["name"]: row["text"] for row in o["rows"]}
    assert o["exit"] == 2 and rows["sandbox"] == "not tested: no project here"
    assert {"assent", "config", "model", "ctags"} <= set(rows), rows
    w.run("undo", "--json", code=2)
    w.write("f", "")
    o = json.loads(w.run("config", "--json", code=0).stdout)
    assert o["max_turns"] == {"value": 30, "from": "default"}, o
    w.run("config", "keys", "--json", code=2)


def paste(t, key):
    t.need("/login  paste an API key")
    t.send("/login\r")
    t.need("which of them?")
    t.send("anthropic\r")
    t.need("key (not shown)")
    t.send(key + "\r")


def test_first_minutes(w):
    """The first screen names a server on this machine, asks for a key, which
    is checked and stored, and offers the demo."""
    key = "sk-ant-0123456789abcdef"
    m = w.mock([HELLO], fmt="anthropic", key=key)
    local = w.mock([])
    path = w.path("config", "assent", "config.json")

    def configure(**more):
        with open(path, "w") as f:
            json.dump(dict({"local_ports": [], "plan": "skip"}, **more), f)
    configure()
    w.env["ANTHROPIC_BASE_URL"] = m.url("")
    with Screen(w) as t:
        paste(t, key + "x")
        t.need("anthropic rejects this key")
        t.need("Press Enter to go back")
        t.send("\r")
        t.need("/login  paste an API key")
        t.end()
    with Screen(w) as t:
        t.need("/login  paste an API key")
        t.send("/local\r")
        t.need("no model server answers on its usual port")
        stored = w.path("config", "assent", "keys", "anthropic")
        t.send("/demo\r")
        t.review("y approve")
        t.send("q")
        t.need("e: end")
        t.send("e")
        # A second login in a terminal would show the first one's prompt.
        paste(t, key)
        t.need("the key is stored · model: anthropic/")
        assert key not in t.text()
        with open(stored) as f:
            assert f.read() == key
        t.send("good morning\r")
        t.need("Good day.")
        t.need(" ready")
        # The models of a provider with a key.
        t.send("/model\r")
        t.need("current")
        t.send("haiku-5-5")
        t.need("> anthropic/claude-haiku-5-5")
        t.send("\r")
        t.need("model: anthropic/claude-haiku-5-5")
        t.end()
    # Nobody answers: the key is stored, and said not to be checked.
    os.unlink(stored)
    m.stop()
    with Screen(w) as t:
        paste(t, key)
        t.need("the key was not checked")
        t.need("Press Enter to go back")
        t.send("\r")
        t.need("the key is stored, but it was not checked · model: anthropic/")
        t.end()
    os.unlink(stored)
    # Nothing listens on the port that was freed.
    configure(local_ports=["here:%d" % m.port, "here:%d" % local.port])
    with Screen(w) as t:
        t.need("/local  use a model server")
        t.send("/login\r")
        t.need("which of them?")
        t.send("\x03")
        t.need("/local  use a model server")
        t.idle()
        assert "status 130" not in t.text(), t.text()
        t.send("/local\r")
        t.need("> /model here/m")
        t.need("found here at 127.0.0.1:%d: 1 model · Enter uses it" %
               local.port)
        t.send("\r")
        t.need("model: here/m, also for new sessions")
        t.need("> type your task")
        t.end()
    with open(w.path("config", "assent", "saved.json")) as f:
        assert json.load(f)["model"] == "here/m"
    with Screen(w) as t:
        t.need("New session.")
        t.need("project  m")
        t.end()


def test_plain(w):
    """And what was run before there was a model is told to it."""
    harness.need_sandbox(w)
    m = servers(w, [HELLO], plan="skip")
    code, seen = plain(w, [
        (msg.NO_MODEL_IS_CONFIGURED.encode(), b"!echo ran'-'it\n"),
        (b"ran-it", b"/new other things\n"),
        (msg.NO_MODEL_USE_MODEL_PROVIDER_NAME.encode(), b"/compact\n"),
        (msg.NO_MODEL_USE_MODEL_PROVIDER_NAME.encode(), b"/model mock/m\n"),
        (b"model: mock/m", b"hello there\n"),
        (b"Good day.", b"\x04")])
    assert code == 0, (code, seen)
    assert "ran-it" in told(m) and "hello there" in told(m), told(m)
    assert w.events("compaction") == []


def test_plain_kept(w):
    """A message that plain lines refuse can be sent again with one command, as
    typed or edited; and it is in the history of the screen."""
    editor = w.path("editor")
    with open(editor, "w") as f:
        f.write("#!/bin/sh\nprintf 'of my own\\nin two lines\\n' >\"$1\"\n")
    os.chmod(editor, 0o755)
    w.env.update(EDITOR=editor, VISUAL="")
    m = servers(w, [HELLO, {"text": "Again."}, {"text": "Two lines."}],
                plan="skip")
    code, seen = plain(w, [
        (msg.NO_MODEL_CHOOSE_ONE.encode(), b"/again\n"),
        (msg.NO_MESSAGE_IS_KEPT.encode(), b"good day to you\n"),
        (msg.EDIT_OPENS.encode(), b"/model mock/m\n"),
        (b"model: mock/m", b"/again\n"),
        (b"Good day.", b""), (b" ready", b"/again\n"),
        (msg.NO_MESSAGE_IS_KEPT.encode(), b"n good evening\n"),
        (b"Again.", b""), (b" ready", b"/edit\n"),
        (b"Two lines.", b"\x04")])
    assert code == 0, (code, seen)
    said = [e["text"] for e in w.events("user_message")]
    assert said == ["good day to you", "n good evening",
                    "of my own\nin two lines"], said
    assert len(m.requests()) == 3
    with open(w.path("state", "assent", "history")) as f:
        history = [json.loads(line) for line in f]
    assert "good day to you" in history, history


def test_refused(w):
    """Users who cannot be asked for a model, and users who give a task."""
    m = servers(w)
    for args in (("exec", "go"), ("--", "go"), ("--plain", "go")):
        code, seen = harness.on_terminal(w, [], *args)
        assert code == 2, (args, code, seen)
        assert msg.NO_MODEL_CONFIGURED.encode() in seen, (args, seen)
        assert b"assent login anthropic" in seen, (args, seen)
    # A model that is named must exist.
    code, seen = harness.on_terminal(w, [], "--model", "nobody/m")
    assert code == 2 and b'unknown provider "nobody"' in seen, (code, seen)
    assert m.requests() == [] and w.sessions() == []
    assert not os.path.exists(w.path("state", "assent", "history"))


harness.main(globals())
