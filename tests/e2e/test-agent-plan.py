"""Another agent's program in the sandbox: its home, environment, network and
limits, and the copy of .git in which it can commit."""

import json
import os
import shutil

import harness
import protocol
import secure


def agent(w, script, **more):
    """The start object's member: a program whose package is outside of all that
    is shown, and its state folder."""
    package = w.path("home", ".apps", "helper")
    program = w.write("bin/helper", "#!/bin/bash\n" + script, mode=0o755,
                      base=package)
    state = w.path("agents", "helper")
    os.makedirs(state, mode=0o700, exist_ok=True)
    row = {"name": "helper", "argv": [program, "-p", "go"], "acp": False,
           "hosts": [], "env": {}, "show": [package], "read": [],
           "state": state}
    row.update(more)
    return row


def tried(w, script, start=(), hello=None, **more):
    """The result of `try -- helper -p go`, and the client."""
    if not w.mocks:
        w.mock([])
    c = protocol.start(w, mode="try", command=["helper", "-p", "go"],
                       agent=agent(w, script, **more), hello=hello,
                       **dict(start))
    r = c.wait_event("tool_result")
    return r, c


def test_home_and_environment(w):
    """Its home is its own folder, which lasts; its package is shown, and can't
    be written; it has the row's variables, and no others of the user's."""
    harness.need_namespaces(w)
    script = ("echo first >>~/seen; cat ~/seen; echo home $HOME;"
              " echo x >${0%/*}/new || echo kept; cat ~/.notes/a; env;"
              " echo new >a.txt; id -u >/dev/null")
    w.write(".notes/a", "read this\n", base=w.home)
    r, c = tried(w, script, env={"HELPER_UPDATES": "no", "PAGER": "more"},
                 read=[os.path.join(w.home, ".notes")])
    text = r["text"]
    assert r["ok"] and "kept" in text, text
    assert "first\nhome %s\n" % w.home in text, text
    assert "read this" in text and "HELPER_UPDATES=no\n" in text, text
    assert "PAGER=more\n" in text and "PAGER=cat\n" not in text.replace(
        "GIT_PAGER=cat\n", ""), text
    assert "MOCK_KEY" not in text, text
    c.wait_event("proposal")
    c.close_and_wait()
    r, c = tried(w, script)
    assert "first\nfirst\nhome" in r["text"], r["text"]
    c.close_and_wait()
    assert not os.path.exists(os.path.join(w.home, "seen"))


def served(w, script, **more):
    r, c = tried(w, script, **more)
    c.close_and_wait()
    return r["text"], w.events("net")


def test_hosts(w):
    """It reaches its row's hosts, and those of signing in until it has; the
    record says who allowed it."""
    if shutil.which("curl", path="/usr/bin") is None:
        raise harness.Skip("there is no curl")
    harness.need_namespaces(w)
    w.mock([])
    ports = [w.mocks[0].port, harness.Mock(w, [], None).port]
    get = "".join("curl -sS --noproxy '' -o /dev/null -w 'code %%{http_code}\n'"
                  " http://127.0.0.1:%d/; " % n for n in ports)
    row = {"hosts": ["127.0.0.1:%d" % ports[0]], "sign_in": {
        "hosts": ["127.0.0.1:%d" % ports[1]], "file": ".helper/login"}}
    text, net = served(w, get + "mkdir -p ~/.helper; ln -s / ~/.helper/login",
                       **row)
    assert "403" not in text, text
    assert [n["allowed_by"] for n in net] == ["helper"] * 2, net
    # A link isn't the file: nothing outside follows it.
    text, net = served(w, get + "rm ~/.helper/login; echo x >~/.helper/login",
                       **row)
    assert [n.get("allowed_by") for n in net] == ["helper"] * 2, net
    text, net = served(w, get, **row)
    assert "code 403" in text, text
    assert [n.get("allowed_by") for n in net] == ["helper", None], net


KEY = "sk-test-0123456789abcdef"


def test_key(w):
    """It uses its service at the endpoint that variables and options have; the
    key is nowhere in the sandbox, in what it wrote, or in the session."""
    harness.need_namespaces(w)

    def answer(conn, n):
        head = host.requests[n - 1][1]
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (
            len(head), head.encode()))
    certificates = secure.Certificates(w)
    host = secure.Model(answer, certificates.path("good.pem"))
    row = {"provider": "some", "host": "127.0.0.1:%d" % host.port,
           "paths": ["/v1/"], "methods": ["POST"], "header": "x-api-key: %s",
           "env": {"BASE": "http://%s/v1", "SOME_KEY": "assent"},
           "args": ["--base=http://%s"]}
    script = ("echo options $*; curl -sS -d @- $BASE/x <a.txt >b.txt; cat b.txt;"
              " curl -sS $BASE/x; curl -sS -d x ${1#*=}/v2;"
              " read k < <(echo %s | rev); ps=/proc/[0-9]*; grep -aFlsf"
              " <(echo $k) $ps/environ $ps/cmdline -r $HOME /etc /tmp . ||"
              " echo none" % KEY[::-1])
    w.write("a.txt", "some text\n")
    start = {"certificates": [certificates.path("ca.pem")]}
    r, c = tried(w, script, start=start, hello={"agent_key": {"api_key": KEY}},
                 env={"BASE": "none"}, key=row)
    p = c.wait_event("proposal")
    c.close_and_wait()
    text = r["text"]
    assert "options --base=http://127.0.0.1:29170 -p go\n" in text, text
    assert "POST /v1/x HTTP/1.1" in text and text.endswith("\nnone\n"), text
    assert "\nx-api-key: [masked by assent]" in text, text
    assert "isn't for GET" in text and "isn't for /v2\n" in text, text
    assert len(host.requests) == 1 and host.requests[0][2] == b"some text", \
        host.requests
    assert "x-api-key: " + KEY in host.requests[0][1], host.requests
    assert [f["path"] for f in p["files"]] == ["b.txt"], p
    assert [(n["host"], n["port"], n["allowed_by"]) for n in w.events("net")] \
        == [("127.0.0.1", host.port, "key")], w.events("net")
    end, = w.events("net_end")[0]["hosts"]
    assert end["connections"] == 1 and end["sent"] > 100, end
    for folder in w.sessions()[0], w.project:
        for base, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(base, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        assert KEY.encode() not in f.read(), path
    for ca_file, seen in (("ca.pem", "POST /v1/x"), ("alone.crt", "502"),
                          ("gone", "curl: ")):
        r, c = tried(w, "curl -isS -d x $BASE/x 2>&1", key=dict(
            row, ca_file=certificates.path(ca_file)),
            hello={"agent_key": {"api_key": KEY}})
        assert seen in r["text"], (ca_file, r)
        c.close_and_wait()
    assert "can't read " + certificates.path("gone") in \
        w.events("note")[-1]["text"], w.events("note")
    for key, change, words in (
            (None, {}, "isn't started: its key for %s is missing" %
             row["host"]),
            ("sk test 0123", {}, "doesn't have 8 to 4096 letters"),
            ("sk-0123", {}, "doesn't have 8 to 4096 letters"),
            (KEY, {"host": "a/b"}, "\"a/b\" isn't a host"),
            (KEY, {"header": "x-api-key %s"}, "isn't \"NAME: %s\""),
            (KEY, {"header": "x-api-key: %s!"}, "isn't \"NAME: %s\"")):
        r, c = tried(w, "echo ran", key=dict(row, **change), hello=key and {
            "agent_key": {"api_key": key}})
        assert words in r["text"] and "ran" not in r["text"], (words, r)
        c.close_and_wait()
    host.close()


def test_limits(w):
    """They are more than a command's, unless the user has set them."""
    harness.need_namespaces(w)
    script = "ulimit -u; ulimit -f"
    usual, c = tried(w, script)
    c.close_and_wait()
    pids, blocks = map(int, usual["text"].split("\n")[-3:-1])
    assert pids >= 4096 and blocks == 16 << 20, usual
    r, c = tried(w, script, start={"limits": {"pids": 100,
                                              "disk_bytes": 1 << 30}})
    c.close_and_wait()
    pids, blocks = map(int, r["text"].split("\n")[-3:-1])
    assert pids <= 101 and blocks == 1 << 20, r
    # What it keeps in its home counts, too.
    r, c = tried(w, "yes | head -c 60000000 >~/big; exec sleep 1000",
                 start={"limits": {"disk_bytes": 40 << 20}})
    c.close_and_wait()
    assert r["killed"] == "disk", r


COMMIT = ("git status --short; echo new >>a.txt; git add -A; git commit -qm "
          "'Add a line' && git status --short && git log --format=%s; "
          "git tag mine; git config user.name me; cat .git/HEAD; ls .git/hooks")


def everything(folder):
    """All of it, also what harness.tree leaves out."""
    return harness.tree(os.path.dirname(folder))


def commits(w, name, wrap=(), first="begin", branch="ref: refs/heads/main"):
    """It commits in the project, and nothing changes there."""
    before = everything(w.project)
    w.mock([])
    c = protocol.start(w, wrap=wrap, mode="try", command=["helper"],
                       agent=agent(w, COMMIT))
    text = c.wait_event("tool_result")["text"]
    p = c.wait_event("proposal")
    assert "Add a line\n%s\n" % first in text and branch in text, (name, text)
    assert " M " not in text and "fatal" not in text, (name, text)
    assert "hunter22" not in text, text
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    assert p.get("refused", []) == [], p
    c.close_and_wait()
    assert everything(w.project) == before, name
    return text


def repository(w, *options):
    """Its refs are packed, and a file of it hidden; of another hash libgit2 knows
    no index."""
    w.write("a.txt", "old\n")
    if not options:
        w.write(".env", "KEY=hunter22hunter22\n")
    w.git("init", "-q", *options)
    w.git("remote", "add", "origin", "https://me:hunter22@example.org/x")
    w.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n", mode=0o755)
    w.git("add", ".")
    w.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", "begin")
    w.git("pack-refs", "--all")


def test_commit(w):
    """git commits in a copy of .git: a folder or, of a linked work tree, a file;
    whatever the hash; on a branch or none; on both levels."""
    harness.need_namespaces(w)
    repository(w)
    commits(w, "a folder")
    os.makedirs(os.path.join(w.project, "mount"))
    if os.geteuid() == 0:
        commits(w, "a copy", harness.with_mount((os.path.join(
            w.project, "mount"), "size=1m")))
    w.git("checkout", "-q", "--detach")
    commits(w, "detached", branch="")
    w.git("worktree", "add", "-q", "-b", "side", w.path("home", "src", "b"))
    w.project = w.path("home", "src", "b")
    commits(w, "a work tree", branch="Not a directory")
    w.project = w.path("home", "src", "c")
    os.makedirs(w.project)
    repository(w, "--object-format=sha256")
    commits(w, "another hash")


def test_users_project(w):
    """Root's session in a user's project: that user commits."""
    harness.need_namespaces(w)
    if os.geteuid() != 0:
        raise harness.Skip("root only")
    repository(w)
    row = agent(w, COMMIT)
    harness.users_project(w)
    w.mock([])
    c = protocol.start(w, mode="try", command=["helper"], agent=row)
    r = c.wait_event("tool_result")
    assert "Add a line\nbegin\n" in r["text"], r
    assert c.wait_event("commits")["messages"] == ["Add a line"]
    c.close_and_wait()


def test_hostile_repository(w):
    """A repository in which links lead out shows nothing there."""
    harness.need_namespaces(w)
    repository(w)
    secret = w.path("secret")
    w.write("a", "hunter22hunter22\n", base=secret)
    for name in ("refs/out", "packed-refs", "shallow", "info/exclude"):
        path = os.path.join(w.project, ".git", name)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(os.path.join(secret, "a"), path)
    os.symlink(secret, os.path.join(w.project, ".git/refs/all"))
    os.mkfifo(os.path.join(w.project, ".git/refs/fifo"))
    r, c = tried(w, "cat .git/refs/out .git/refs/all/* .git/packed-refs "
                 ".git/shallow .git/info/exclude; find .git")
    assert "hunter" not in r["text"] and "./git/HEAD" not in r["text"], r
    c.close_and_wait()


def test_messages(w):
    """What it said of its commits is the draft of yours: of those that are new, on
    any branch, masked, and without orders to a server."""
    harness.need_namespaces(w)
    repository(w)
    w.git("checkout", "-q", "-b", "other")
    w.env["GIT_COMMITTER_DATE"] = "2020-02-02T02:02:02Z"
    w.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "yours")
    w.git("checkout", "-q", "main")
    r, c = tried(w, "echo new >>a.txt; git commit -qam 'Bound the ends\n\n"
                 "Both of them.\n\nFixes #3'; git checkout -q -b side; git commit "
                 "-q --allow-empty -m $'Say \\e[31m sk-test-0123456789'; echo x "
                 ">b; git add b; git stash -q; git checkout -q main")
    said = c.wait_event("commits")["messages"]
    assert said[0] == "Bound the ends\n\nBoth of them.\n\nFixes #3", said
    assert len(said) == 2 and said[1].startswith("Say "), said
    assert "\033" not in said[1] and "sk-test" not in said[1], said
    c.wait_event("note", lambda e: "helper made 2 commits: commits made here "
                 "aren't kept" in e["text"])
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=p["version"], marks=[
        {"hunk": h["id"], "mark": "yes", "seen": True}
        for f in p["files"] for h in f["hunks"]])
    c.wait_event("agent_end")
    c.close_and_wait()
    os.unlink(os.path.join(w.project, ".git/hooks/pre-commit"))
    w.git("config", "user.name", "t")
    w.git("config", "user.email", "t@example.invalid")
    w.run("commit", "--no-edit", code=0)
    text = w.git("log", "-1", "--format=%B")
    assert text.startswith("Bound the ends\n\nBoth of them.\n\n") and \
        "\nFixes #3" not in text and "\nSay " in text, text
    r, c = tried(w, "git checkout -q other; touch new")
    assert c.wait_event("proposal") and not w.events("commits"), w.events()
    c.close_and_wait()


def test_prompts(w):
    """Between prompts the copy of .git stays, with its commits, until your HEAD
    moves; on both levels."""
    harness.need_namespaces(w)
    repository(w)
    program = shutil.copy(os.path.join(harness.SRC, "tests/e2e/acp-agent.py"),
                          w.write("apps/helper", "", base=w.root))
    os.chmod(program, 0o755)
    w.mock([])
    c = protocol.start(w, model=None, approve="yes", agent=agent(
        w, "", argv=[program], acp=True, show=[os.path.dirname(program)]))
    c.wait_live()

    def prompt(n, run):
        protocol.say(c, "go\nDO %s" % json.dumps([("run", run)]), n)
        return w.read("log.txt") if os.path.exists(
            os.path.join(w.project, "log.txt")) else None
    prompt(1, "echo two >>a.txt; git commit -qam First; git log --format=%s "
           ">log.txt")
    assert w.read("log.txt") == "First\nbegin\n" and w.read("a.txt").endswith(
        "two\n"), c.lines[-3:]
    assert c.event_list("commits")[-1]["messages"] == ["First"]
    log = "git log --format=%s >log.txt; git status --short | grep -v log.txt "\
        ">>log.txt"
    # What isn't there yet is looked for, too: an overlay would remember that.
    look = "for i in $(seq 0 255); do test -e /assent/objects/$(printf %02x " \
        "$i); done; "
    assert prompt(2, look + log) == "First\nbegin\n"
    w.git("-c", "core.hooksPath=/dev/null", "commit", "-qam", "yours")
    assert prompt(3, log) == "yours\nbegin\n"
    for e in c.event_list("note"):
        assert ".git" not in e["text"] or "kept" in e["text"], e
    c.close_and_wait()


def test_hostile_copy(w):
    """Whatever it leaves in its copy of .git is read by git in a sandbox, which
    has no time to spare; nothing of it runs or is followed outside."""
    harness.need_namespaces(w)
    repository(w)
    mark = w.path("mark")
    before = everything(w.project)
    r, c = tried(w, """
        git commit -q --allow-empty -m "$(head -c 100000 /dev/zero | tr '\\0' x)"
        for i in $(seq 30); do git commit -q --allow-empty -m "no $i"; done
        echo '#!/bin/sh' >.git/run; echo 'touch %s' >>.git/run
        chmod 755 .git/run; mkdir -p .git/hooks; cp .git/run .git/hooks/post-index-change
        git config core.fsmonitor "$PWD/.git/run"
        git config core.pager "$PWD/.git/run"
        git config log.showSignature true; git config gpg.program "$PWD/.git/run"
        git config core.alternateRefsCommand "$PWD/.git/run"
        echo / >>.git/objects/info/alternates
        rm -r .git/refs/tags; ln -s /etc .git/refs/tags
        rm -f .git/index; ln -s %s/.git/index .git/index
        chmod 0 .git/info .git; echo done""" % (mark, w.project))
    assert r["text"].endswith("done\n"), r
    said = c.wait("the messages, or why not", lambda: c.event_list("commits") or
                  c.event_list("agent_end"))
    assert len(json.dumps(said)) < 20000, said
    c.close_and_wait()
    assert not os.path.exists(mark)
    assert everything(w.project) == before


def test_level(w):
    """Where nothing keeps its network and its files apart it isn't started."""
    wrap = harness.need_level_c(w)
    w.mock([])
    c = protocol.start(w, wrap=wrap, mode="try", command=["helper"],
                       agent=agent(w, "touch ran"))
    r = c.wait_event("tool_result")
    assert not r["ok"] and "helper isn't started: on level C" in r["text"], r
    c.close_and_wait()
    assert w.events("proposal") == []


if __name__ == "__main__":
    harness.main(globals())
