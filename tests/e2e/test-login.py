"""Keys: where they come from, how one is stored, and that none is left anywhere:
in the journal, in what is printed, in a process's arguments or variables.
"""

import os
import stat

import harness
from messages import msg
import protocol

KEY = "sk-canary-7f3b2a9c41d8"
DONE = {"calls": [{"name": "done", "args": {"summary": "nothing"}}]}


def provider(w, mock, **members):
    """The provider's entry with no other key than these members say."""
    w.configure(mock.url(), config={"providers": {"mock": dict(
        {"format": "openai-chat", "base_url": mock.url()}, **members)}})


def ask(w, code=0, env=None):
    r = w.run("exec", "--plan", "skip", "look", env=env)
    said = (r.stdout + r.stderr).decode()
    assert r.returncode == code, (r.returncode, said)
    assert KEY not in said, said
    return said


def server(w, key=KEY):
    return w.mock([dict(DONE, repeat=True)], key=key)


def script(w, name, text):
    return w.write(name, "#!/bin/sh\n" + text, 0o755, base=w.home)


def stored(w):
    return w.path("config", "assent", "keys", "mock")


def test_where_from(w):
    """A variable, a file, a command, what was stored; in this order."""
    harness.need_sandbox(w)
    m = server(w)
    wrong = w.write("wrong", "sk-wrong\n", 0o600, base=w.home)
    right = w.write("right", "\n  %s\n" % KEY, 0o600, base=w.home)
    show = script(w, "show", "echo %s; echo user: me\n" % KEY)
    bad = script(w, "bad", "echo sk-wrong\n")
    os.makedirs(os.path.dirname(stored(w)))
    w.write(stored(w), "sk-wrong")
    os.chmod(stored(w), 0o600)
    env = {"MY_KEY": KEY}
    provider(w, m, api_key_env="MY_KEY", api_key_file=wrong,
             api_key_command=bad)
    ask(w, env=env)
    provider(w, m, api_key_env="MY_KEY", api_key_file="~/right",
             api_key_command=bad)
    ask(w)
    provider(w, m, api_key_env="MY_KEY", api_key_command=show)
    ask(w)
    provider(w, m, api_key_command=[show, "a b"])
    ask(w)
    w.write(stored(w), KEY)
    provider(w, m, api_key_env="MY_KEY")
    ask(w)
    assert len(m.requests()) == 5
    os.unlink(stored(w))
    said = ask(w, code=2)
    assert "no key for mock: MY_KEY isn't set" in said, said
    assert "assent login mock" in said, said


AZURE = "/openai/deployments/%s/chat/completions?api-version=2024-10-21"
VERTEX = "/v1/projects/p/locations/eu/publishers/"
CLAUDE = "claude-sonnet-4-5@20250929"


def test_other_addresses(w):
    """Azure and Vertex AI: path, query and header as they say, nothing of the
    usual ones, and what the body has instead of the model."""
    harness.need_sandbox(w)
    for fmt, members, model, path, header in (
            ("openai-chat", {"base_url": "/openai", "path": "/deployments/"
                             "{model}/chat/completions?api-version=2024-10-21",
                             "auth": "api-key", "dialect": "openai"},
             "my deployment", AZURE % "my%20deployment", ("api-key", KEY)),
            ("openai-chat", {"base_url": "/openai/v1", "auth": "api-key"},
             "gpt", "/openai/v1/chat/completions", ("api-key", KEY)),
            ("openai-responses",
             {"base_url": "/openai", "auth": "bearer",
              "path": "/responses?api-version=2025-04-01-preview"},
             "gpt", "/openai/responses?api-version=2025-04-01-preview",
             ("Authorization", "Bearer " + KEY)),
            ("gemini",
             {"base_url": VERTEX + "google", "auth": "bearer",
              "path": "/models/{model}:streamGenerateContent?alt=sse"},
             "gemini-3", VERTEX + "google/models/gemini-3:"
             "streamGenerateContent?alt=sse",
             ("Authorization", "Bearer " + KEY)),
            ("anthropic",
             {"base_url": VERTEX + "anthropic", "auth": "bearer",
              "path": "/models/{model}:streamRawPredict"},
             CLAUDE, VERTEX + "anthropic/models/" + CLAUDE +
             ":streamRawPredict", ("Authorization", "Bearer " + KEY))):
        m = server(w)
        root = m.url().split("/v1")[0]
        w.configure(m.url(), config={"providers": {"mock": dict(
            members, format=fmt, base_url=root + members["base_url"],
            api_key_env="MY_KEY")}, "model": "mock/" + model})
        ask(w, env={"MY_KEY": KEY})
        q = m.requests()[-1]
        assert q["path"] == path, (q["path"], path)
        keys = [(k, v) for k, v in map(tuple, q["headers"]) if k.lower() in (
            "authorization", "api-key", "x-api-key", "x-goog-api-key")]
        assert keys == [header], (fmt, keys)
        if fmt == "anthropic":
            assert q["body_text"].startswith(
                '{"stream":true,"anthropic_version":"vertex-2023-10-16",'
                '"max_tokens":'), q["body_text"][:99]
        assert ("model" in q["body"]) == (fmt not in ("anthropic", "gemini"))
        start = w.events("session_start")[-1]["model"]
        assert start["auth"] == members["auth"], start
        assert start.get("path") == members.get("path"), start
    for members, words in (
            ({"path": "chat"}, "must be a path"),
            ({"path": "/a b"}, "must be a path"),
            ({"path": "/a?api-key=x"}, "can't have a key"),
            ({"auth": "basic"}, "must be bearer or api-key")):
        provider(w, m, **members)
        assert words in ask(w, code=2), words


def test_a_token_that_expires(w):
    """The command runs again, in the core, when the server refuses its key; once,
    if that doesn't help."""
    harness.need_sandbox(w)
    m = server(w)
    token = w.write("token", "sk-old-1234567890\n", 0o600, base=w.home)
    runs = w.path("runs")
    show = script(w, "show", "pwd >>%s; cat %s; echo %s >%s; exec <&-\n" % (
        runs, token, KEY, token))
    provider(w, m, api_key_command=[show])
    ask(w)
    with open(runs) as f:
        assert f.read().splitlines() == [w.home] * 2
    said, = w.events("retry")
    assert (said["kind"], said["status"]) == ("auth", 401), said
    assert len(m.requests()) == 2
    w.verify()
    for folder, _, names in os.walk(w.path("state")):
        for name in names:
            if name == "sock":
                continue
            with open(os.path.join(folder, name), "rb") as f:
                text = f.read()
            assert KEY.encode() not in text and b"sk-old" not in text, name
    bad = script(w, "bad", "echo x >>%s; echo sk-wrong-123456\n" % runs)
    provider(w, m, api_key_command=bad)
    said = ask(w, code=6)
    assert "rejected" in said or "refused" in said, said
    with open(runs) as f:
        assert f.read().split().count("x") == 2
    assert len(w.events("retry")) == 1


def test_a_command_that_hangs(w):
    """It runs once for a request, however long that takes."""
    harness.need_sandbox(w)
    m = w.mock([{"status": 401, "body": "no"}] * 2 + [DONE])
    runs = w.path("runs")
    show = script(w, "show", "echo x >>%s; exec sleep 1000\n" % runs)
    with protocol.Clock(w) as clock:
        c = protocol.start(w, task="go", hello={
            "key_commands": {"mock": show}}, model={
                "provider": "mock", "name": "m", "format": "openai-chat",
                "base_url": m.url(), "key_from": "the command show"})
        harness.wait_until("the command", lambda: os.path.exists(runs))
        clock.forward(3600000)
        c.wait("the end", lambda: c.event_list("agent_end"))
        c.close_and_wait()
    assert len(c.event_list("retry")) == 1 and len(m.requests()) == 2
    with open(runs) as f:
        assert f.read() == "x\n"


def test_a_renewed_key_is_its_providers(w):
    """The user chooses another model while the command runs: that one gets its
    own key."""
    harness.need_sandbox(w)
    m = server(w)
    other = w.mock([{"text": "first"}, {"text": "second"}], key="sk-other-12345")
    gate, out = w.path("gate"), w.path("out")
    show = script(w, "show", "until [ -e %s ]; do sleep 0.01; done; echo %s; "
                  "echo x >%s\n" % (gate, KEY, out))
    model = {"provider": "mock", "name": "m", "format": "openai-chat",
             "base_url": m.url(), "key_from": "the command show"}
    c = protocol.start(w, task="go", model=model, hello={
        "key": "sk-old-1234567890", "key_commands": {"mock": show}})
    c.wait_event("retry")
    c.send(type="model", key="sk-other-12345", model={
        "provider": "other", "name": "n", "format": "openai-chat",
        "base_url": other.url()})
    c.wait_event("assistant_message", lambda e: e["text"] == "first")
    w.write(gate, "")
    harness.wait_until("the command", lambda: os.path.exists(out))
    c.send(type="say", text="again")
    c.wait_event("assistant_message", lambda e: e["text"] == "second")
    for q in other.requests():
        assert KEY not in str(q["headers"]), q["headers"]
    c.close_and_wait()


def test_a_file_that_others_reach(w):
    """Readable by others, a link, no file, somebody else's: refused."""
    m = server(w)
    path = w.write("key", KEY, 0o640, base=w.home)
    provider(w, m, api_key_file=path)
    assert "; run chmod 600 " in ask(w, code=2)
    os.chmod(path, 0o600)
    os.symlink(path, w.path("home", "link"))
    provider(w, m, api_key_file="~/link")
    assert msg.SYMBOLIC_LINK in ask(w, code=2)
    os.mkfifo(w.path("home", "pipe"), 0o600)
    provider(w, m, api_key_file="~/pipe")
    assert msg.NOT_A_REGULAR_FILE in ask(w, code=2)
    provider(w, m, api_key_file="~/none")
    assert msg.CANT_OPEN_THE_KEY_FILE in ask(w, code=2)
    if os.geteuid() == 0:
        os.chown(path, harness.USER, harness.USER)
        provider(w, m, api_key_file=path)
        assert msg.BELONGS_TO_ANOTHER_USER in ask(w, code=2)
    assert not m.requests()


def test_words_that_others_can_write(w):
    """Each file that is read as the user's word, the folders above it, and those
    that a link leads through: if another user can write one or owns one, nothing
    is read, and what is said names it and the command that mends it."""
    harness.need_sandbox(w)
    m = server(w, key=None)
    ca = w.write("ca.pem", "", base=w.home)
    folder = w.path("config", "assent")
    provider(w, m)
    config = os.environ.get("ASSENT_CONFIG", os.path.join(
        folder, "config.json"))
    plain = w.read(config)
    for name, text in (("prices.json", '{"prices": []}'), ("models.json", "{}"),
                       ("profiles/own.json", "{}"), ("profiles/own.md", "x"),
                       ("prompts/system.md", "x"), ("keys/mock", "k")):
        path = w.write(name, text, 0o600, base=folder)
        # Nobody else may even read a key, which has its own words.
        others_write(w, m, os.path.dirname(path) if "keys" in path else path,
                     folder)
        os.unlink(path)
    others_write(w, m, config, folder)
    # By a link: the folder that has it, and where it leads.
    os.mkdir(w.path("dots"))
    os.rename(config, w.path("dots", "config.json"))
    os.symlink(w.path("dots", "config.json"), w.path("dots", "between"))
    os.symlink(w.path("dots", "between"), config)
    others_write(w, m, w.path("dots", "config.json"), w.path("dots"), folder)
    # In a sticky folder each has his own.
    os.chmod(w.path("dots"), 0o1777)
    ask(w)
    os.chmod(w.path("dots"), 0o755)
    w.write(config, plain.replace('"base_url"', '"ca_file": "%s", "base_url"' %
                                  ca, 1))
    others_write(w, m, ca, w.home)


def others_write(w, m, path, *folders):
    ask(w)
    before = len(m.requests())
    for at in (path,) + folders:
        was = os.stat(at)
        os.chmod(at, 0o757 if os.path.isdir(at) else 0o606)
        said = ask(w, code=2)
        mode = os.stat(at).st_mode & 0o7777
        assert msg.OTHER_USERS_CAN_WRITE_TO % (at, mode) in said, said
        assert "chmod go-w " + at in said, said
        os.chmod(at, was.st_mode & 0o7777)
        if os.geteuid() == 0:
            os.chown(at, harness.USER, -1)
            said = ask(w, code=2)
            assert at + " " + msg.BELONGS_TO_ANOTHER_USER in said, said
            assert "chown 0 " + at in said, said
            os.chown(at, 0, -1)
            # A group of several, and root's.
            os.chown(at, -1, harness.USER)
            os.chmod(at, was.st_mode | 0o020)
            assert "other users can write to" in ask(w, code=2)
            os.chown(at, -1, 0)
            ask(w)
            os.chmod(at, was.st_mode & 0o7777)
    assert len(m.requests()) == before + (
        len(folders) + 1 if os.geteuid() == 0 else 0)


def test_a_command(w):
    """Its messages are shown; a failure and a malformed key are errors; it
    runs in the home, and doesn't read the task."""
    harness.need_sandbox(w)
    m = server(w)
    # A project's own program of that name has no say.
    w.write("show", "#!/bin/sh\necho sk-evil\n", 0o755)
    show = script(w, "show", "echo 'touch the token' >&2; pwd >&2; cat >&2\n"
                  "echo %s\n" % KEY)
    provider(w, m, api_key_command=show)
    r = w.run("exec", "--plan", "skip", "-", stdin="look at it", code=0)
    assert b"touch the token\n" + os.path.realpath(w.home).encode() in \
        r.stderr, r.stderr
    assert b"look at it" not in r.stderr, r.stderr
    assert KEY.encode() not in r.stdout + r.stderr
    provider(w, m, api_key_command=[show])
    for text, words in (
            ("echo 'no entry' >&2; exit 3\n",
             "show exited with status 3"),
            ("exit 0\n", "show is empty"),
            ("echo 'two words'\n", "invalid character"),
            ("kill -9 $$\n", "was killed by signal 9")):
        script(w, "show", text)
        said = ask(w, code=2)
        assert words in said and ("no entry" in said) == ("3" in words), said
    provider(w, m, api_key_command="assent-no-such-program show x")
    assert "assent-no-such-program exited with status 127" in ask(w, code=2)
    provider(w, m, api_key_command="VAULT_TOKEN=s3cret exit 3")
    said = ask(w, code=2)
    assert "api_key_command sh exited with status 3" in said, said
    assert "s3cret" not in said, said
    script(w, "show", "echo no; echo %s\n" % KEY)
    provider(w, m, api_key_command="%s | tail -n 1" % show)
    ask(w)
    for command, words in (
            ("", msg.MUST_NAME_A_PROGRAM),
            (["pass", 1], msg.LIST_OF_STRINGS)):
        provider(w, m, api_key_command=command)
        said = ask(w, code=2)
        assert words in said and "api_key_command" in said, (command, said)
    assert len(m.requests()) == 2


def test_login(w):
    """From a pipe: stored for its owner alone, used, listed, removed."""
    harness.need_sandbox(w)
    m = server(w)
    provider(w, m, api_key_env="MY_KEY")
    r = w.run("login", "mock", stdin="  %s\n" % KEY, code=0)
    assert KEY.encode() not in r.stdout + r.stderr
    assert b"assent login --remove mock" in r.stderr, r.stderr
    st = os.lstat(stored(w))
    assert stat.S_ISREG(st.st_mode) and st.st_mode & 0o777 == 0o600, st
    folder = os.path.dirname(stored(w))
    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert os.listdir(folder) == ["mock"]
    with open(stored(w)) as f:
        assert f.read() == KEY
    ask(w)
    r = w.run("login")
    assert r.returncode == 0 and KEY.encode() not in r.stdout, r
    assert b"mock        assent login (%s)" % stored(w).encode() in r.stdout, \
        r.stdout
    assert b"\nanthropic   https://" in r.stdout, r.stdout
    # The source that takes precedence is named.
    r = w.run("login", "mock", stdin="sk-other", env={"MY_KEY": KEY})
    assert b"MY_KEY takes precedence" in r.stderr, r.stderr
    with open(stored(w)) as f:
        assert f.read() == "sk-other"
    r = w.run("login", "--remove", "mock")
    assert r.returncode == 0 and not os.path.exists(stored(w)), r
    r = w.run("login", "--remove", "mock")
    assert r.returncode == 2 and msg.NO_KEY_IS_STORED.encode() in r.stderr, r
    assert w.run("login", "--remove").returncode == 2


def test_what_login_refuses(w):
    m = server(w)
    provider(w, m)
    for text in ("", " \n", "two words", "a\nb", "k\x00y", "schl\u00fcssel"):
        r = w.run("login", "mock", stdin=text)
        assert r.returncode == 2 and b"nothing stored" in r.stderr, r
        assert not os.path.exists(stored(w))
    # A key where a name should be is not repeated.
    r = w.run("login", KEY, stdin="")
    assert r.returncode == 2 and KEY.encode() not in r.stderr, r
    # Nothing is stored in a file that others may write.
    os.makedirs(os.path.dirname(stored(w)))
    os.chmod(os.path.dirname(stored(w)), 0o777)
    r = w.run("login", "mock", stdin=KEY)
    assert r.returncode == 2 and b"chmod go-w " in r.stderr, r
    assert not os.path.exists(stored(w))


def test_login_on_a_terminal(w):
    """Nothing of the key is shown; what is interrupted stores nothing."""
    m = server(w)
    provider(w, m)
    typed = ("wrong\x15%sx\x7f\r" % KEY).encode()
    code, seen = harness.on_terminal(
        w, [(b"(not shown): ", typed)], "login", "mock")
    assert code == 0, seen
    for part in (b"wrong", KEY.encode(), KEY[:6].encode(), b"*"):
        assert part not in seen, seen
    with open(stored(w)) as f:
        assert f.read() == KEY
    os.unlink(stored(w))
    for how in b"abc\x03", b"\x04":
        code, seen = harness.on_terminal(
            w, [(b"(not shown): ", how)], "login", "mock")
        assert code == 130 and b"nothing stored" in seen, (code, seen)
        assert not os.path.exists(stored(w))
    # C-z doesn't stop it, which would leave the terminal without its echo.
    code, seen = harness.on_terminal(
        w, [(b"(not shown): ", b"abc\x1a\r")], "login", "mock")
    assert code == 2 and b"invalid character; nothing stored" in seen, seen
    # The terminal has its echo again.
    wrap = ("sh", "-c", "trap : INT; \"$@\"; stty -a", "sh")
    code, seen = harness.on_terminal(
        w, [(b"(not shown): ", b"abc\x03")], "login", "mock", wrap=wrap)
    assert b" echo " in seen and b" icanon " in seen, seen


def test_login_checks(w):
    """A key that the provider rejects isn't kept. The screen's /login lists, and
    asks for a name."""
    m = server(w)
    claude = w.mock([], fmt="anthropic", key="sk-ant-" + KEY)
    provider(w, m)
    w.env["ANTHROPIC_BASE_URL"] = claude.url("")
    hidden = b"key (not shown): "
    code, seen = harness.on_terminal(
        w, [(b"which of them? ", b"anthropic\n"), (hidden, b"sk-ant-wrong\r")],
        "login", "-")
    assert code == 6 and b"anthropic rejects this key" in seen, (code, seen)
    assert b"\nanthropic   https://" in seen, seen
    code, seen = harness.on_terminal(
        w, [(b"which of them? ", b"nobody\n")], "login", "-")
    assert code == 2, seen
    keys = os.path.dirname(stored(w))
    code, seen = harness.on_terminal(
        w, [(hidden, ("sk-ant-%s\r" % KEY).encode())], "login", "anthropic")
    assert code == 0 and b"anthropic accepts the key" in seen, (code, seen)
    assert os.listdir(keys) == ["anthropic"]
    # The typed key is checked, not the one that takes precedence; a wrong one
    # doesn't replace the stored one.
    w.env["ANTHROPIC_API_KEY"] = "sk-ant-" + KEY
    code, seen = harness.on_terminal(w, [(hidden, b"sk-ant-wrong\r")], "login",
                                     "anthropic")
    assert code == 6, (code, seen)
    with open(os.path.join(keys, "anthropic")) as f:
        assert f.read() == "sk-ant-" + KEY
    # A key that may not list the models isn't wrong.
    w.mocks.append(harness.Mock(w, [], pages={"/v1/models": [403, {
        "error": {"message": "Missing scopes: api.model.read"}}]}))
    provider(w, w.mocks[-1])
    code, seen = harness.on_terminal(
        w, [(b"(not shown): ", KEY.encode() + b"\r")], "login", "mock")
    assert code == 6 and b"the key was not checked" in seen, (code, seen)
    provider(w, m)
    # Nobody answers: the key is kept, and said not to be checked.
    m.stop()
    code, seen = harness.on_terminal(
        w, [(b"(not shown): ", KEY.encode() + b"\r")], "login", "mock")
    assert code == 6 and b"the key was not checked" in seen, (code, seen)
    assert os.path.exists(stored(w))


def files_with(folder, needle):
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                if needle in f.read():
                    found.append(path)
    return found


def test_none_is_left(w):
    """Not by a server that repeats it in its words, its id, its stream; not in
    debug output, arguments, variables, journal, what is printed."""
    harness.need_sandbox(w)
    errors = {"error": {"message": "Incorrect key provided: %s. It is %s" % (
        KEY, KEY), "code": "invalid_api_key"}}
    looks = harness.bash("env; cat /proc/*/environ /proc/*/cmdline; true")
    for fmt in harness.FORMATS:
        w.clean_project()
        refused = {"status": 401, "body": errors, "headers": {
            "x-request-id": KEY}}
        # The command runs again in between.
        m = w.mock([looks, refused, refused], fmt=fmt, key=KEY)
        url = harness.base_url(m, fmt)
        show = script(w, "show", "echo %s\n" % KEY)
        w.configure(url, config={"providers": {"mock": {
            "format": fmt, "base_url": url, "api_key_command": show}}})
        said = ask(w, code=6, env={"ASSENT_DEBUG": "1"})
        assert msg.REJECTED_THE_KEY in said and "[key]" in said, said
        assert "Check the key in the command %s" % show in said, said
        assert len(m.requests()) == 3
        assert not files_with(w.path("state"), KEY.encode()), fmt


def test_in_the_clear(w):
    """A key goes to another machine over http:// only where the user said yes,
    by a flag or a setting; nobody is asked."""
    harness.need_sandbox(w)
    w.env.update({"TERM": "dumb", "LC_ALL": "C.UTF-8", "MY_KEY": KEY})
    m = server(w)
    # This machine, by a name that says nothing of it.
    far = m.url().replace("127.0.0.1", "0.0.0.0")
    other = {"format": "openai-chat", "base_url": far, "api_key_env": "MY_KEY"}
    near = dict(other, base_url=m.url())

    def configure(base, **more):
        w.configure(base, config=dict({"plan": "skip", "providers": {
            "mock": dict(other, base_url=base), "far": other,
            "near": near}}, **more))
    configure(far)
    said = ask(w, code=2)
    assert "the key for mock was not sent to http://0.0.0.0:" in said, said
    assert '"insecure_http": "on" or --insecure-http' in said, said
    # Nor with what goes out where the first model fails.
    configure(m.url(), model=["mock/m", "far/m"])
    assert "the key for far was not sent" in ask(w, code=2)
    assert not m.requests() and not w.sessions()
    configure(far)
    w.run("exec", "--insecure-http", "look", code=0)
    configure(far, insecure_http="on")
    ask(w)
    configure(far)
    ask(w, code=2)
    asked = len(m.requests())
    code, seen = harness.on_terminal(w, [], "--plain", "go")
    assert code == 2 and msg.WAS_NOT_SENT_TO.encode() in seen, (code, seen)
    assert len(m.requests()) == asked, (code, seen)
    # A model of that address cannot be chosen later either.
    rest = b" ready"
    configure(m.url())
    code, seen = harness.on_terminal(w, [
        (rest, b"/model far/m\n"), (msg.WAS_NOT_SENT_TO.encode(), b"\x04")],
        "--plain", "go")
    assert code == 0, (code, seen)
    # A session's own address counts, whatever is configured now.
    configure(far)
    ids = w.sessions()
    w.run("exec", "--insecure-http", "look", code=0)
    configure(m.url())
    session, = set(w.sessions()) - set(ids)
    code, seen = harness.on_terminal(
        w, [(rest, b"\x04")], "resume", "--plain", session)
    assert b"was not sent to http://0.0.0.0:" in seen, seen
    # Without a key there is nothing to protect.
    open_to_all = w.mock([dict(DONE, repeat=True)], key=None)
    w.configure(far, config={"plan": "skip", "providers": {"mock": {
        "format": "openai-chat",
        "base_url": open_to_all.url().replace("127.0.0.1", "0.0.0.0")}}})
    ask(w)
    # A header is as secret.
    own = {"format": "openai-chat", "headers": {"X-Own": "route-7781"}}
    far = open_to_all.url().replace("127.0.0.1", "0.0.0.0")
    w.configure(far, config={"plan": "skip", "providers": {
        "mock": dict(own, base_url=far)}})
    assert "a header for mock was not sent to http://0.0.0.0:" in ask(
        w, code=2)
    assert len(open_to_all.requests()) == 1


harness.main(globals())
