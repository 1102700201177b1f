"""The levels below a full sandbox, end to end: a copied view in namespaces, a
container that the user declares to be the sandbox, and no sandbox at all."""

import json
import os
import shutil

import harness
from messages import msg
import protocol

EDIT = harness.write("note.txt", "written\n")
DONE = {"calls": [{"name": "done", "args": {"summary": "finished"}}]}
KEY = "hunter2-not-for-models"


def project(w):
    w.write("f", "one\n")
    w.write(".env", "KEY=%s\n" % KEY)
    w.write("conf/prod.pem", KEY + "\n")
    w.write("conf/plain", "x\n")
    # A secret by what is in it; `tail` shows it without what gives it away.
    w.write("conf/box", "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n" % KEY)
    w.git("init", "-q")
    w.git("add", "f", "conf/plain")
    w.git("commit", "-qm", "begin")


def no_key_in_sessions(w):
    """Nothing of a secret file is in what the session kept."""
    for base, _, files in os.walk(w.path("state")):
        for path in (os.path.join(base, name) for name in files):
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    assert KEY.encode() not in f.read(), path


def test_none_file_tools_stay_in_the_copy(w):
    """They run in no sandbox: what leads out of the copy is refused by the kernel
    (openat2), and what names the project names the copy."""
    deny = harness.need_none()
    project(w)
    out = w.write("out/secret", KEY + "\n", base=w.root)
    os.symlink(out, os.path.join(w.project, "file-out"))
    os.symlink(os.path.dirname(out), os.path.join(w.project, "dir-out"))
    up = os.path.relpath(out, w.project)
    before = harness.tree(w.project)
    reads = [out, up, "file-out", "dir-out/secret", "sub/../" + up,
             "/proc/self/root" + out, "/proc/self/cwd/" + up, "/etc/passwd"]
    writes = ["dir-out/new", up + ".new", out + ".new", "file-out",
              "/tmp/assent-new"]
    calls = [{"name": "read", "args": {"path": p}} for p in reads]
    calls += [{"name": "write", "args": {"path": p, "content": "x"}}
              for p in writes]
    calls += [{"name": "grep", "args": {"pattern": "hunter2", "path": p}}
              for p in ("dir-out", "file-out", os.path.dirname(out))]
    calls += [{"name": "glob", "args": {"pattern": "dir-out/*"}}]
    mine = [{"name": "write", "args": {
        "path": os.path.join(w.project, "f"), "content": "staged\n"}}]
    for wrap in harness.users(w):
        m = w.mock([{"calls": calls}, {"calls": mine}, DONE])
        w.run("exec", "--plan", "skip", "--approve", "ask", "x",
              wrap=wrap + deny, code=5)
        results = w.events("tool_result")
        for call, got in zip(calls, results):
            if call["name"] in ("read", "write") and \
                    call["args"]["path"] != "file-out":
                assert not got["ok"], (call, got)
        assert results[len(calls)]["ok"], results[len(calls)]
        for q in m.requests():
            assert KEY not in json.dumps(q), q
            assert "root:x:0" not in json.dumps(q), q
        assert harness.tree(w.project) == before
        assert os.listdir(os.path.dirname(out)) == ["secret"]
        with open(out) as f:
            assert f.read() == KEY + "\n"
        assert not os.path.exists("/tmp/assent-new")
        no_key_in_sessions(w)
        w.verify()


def test_none_try_asks_a_person(w):
    deny = harness.need_none()
    project(w)
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    command = ("try", "--plain", "--", "sh", "-c",
               "cat .env conf/prod.pem; tail -n1 conf/box; rm -r conf; "
               "echo two >f; :")
    code, seen = harness.on_terminal(w, [(b"run this command?", b"n\n")], *command,
                                     wrap=deny)
    assert code == 5 and q not in seen, (code, seen)
    assert w.read("f") == "one\n"
    code, seen = harness.on_terminal(
        w, [(b"run this command?", b"y\n"), (q, b"n\n"), (q, b"y\n")], *command,
        wrap=deny)
    # One of the two was accepted, and nothing waits.
    assert code == 0, (code, seen)
    assert w.read("f") == "two\n" and w.read("conf/plain") == "x\n"
    # Not shown, not deleted.
    assert KEY.encode() not in seen, seen
    assert b"prod.pem b/" not in seen and b".env b/" not in seen, seen
    assert KEY in w.read("conf/prod.pem") and KEY in w.read(".env")
    no_key_in_sessions(w)


def test_a_copy_says_how_far_it_is(w):
    """Who starts a session hears of it before its first line."""
    w.mock([])
    for i in range(1000):
        w.write("many/%d" % i, "")
    c = protocol.start(w, wrap=harness.need_deny("--no", "mounts"))
    c.wait_live()
    assert c.lines[0]["type"] == "status", c.lines[0]
    assert c.lines[0]["state"] == "starting", c.lines[0]
    assert c.lines[0]["doing"] == "copying the project: 1000 files", c.lines[0]
    c.close_and_wait()


def test_none_asks_before_the_check(w):
    """The model may have written what the user's own test command runs."""
    deny = harness.need_none()
    for allow, outcome in ((True, "done"), (False, "refused")):
        project(w)
        w.mock([harness.write("f", "two\n"),
            {"calls": [{"name": "done", "args": {"summary": "s"}}]}])
        c = protocol.start(w, wrap=deny, task="go", test="grep two f",
                           test_by="flag")
        # Once: what is applied is what it ran on.
        ask = c.wait_event("ask")
        assert ask["command"] == "grep two f", ask
        c.send(type="answer", id=ask["id"], allow=allow, seen=allow)
        assert c.wait_event("answer")["seen"] is allow
        p = c.wait_event("proposal")
        c.wait_event("evidence", lambda e: e["status"] == "done")
        c.send(type="decide", proposal=p["seq"], version=1, all="yes",
               seen=True)
        c.wait_event("applied")
        end = c.wait_event("agent_end")
        assert len(c.event_list("ask", lambda e: True)) == 1
        assert end["outcome"] == outcome, end
        assert w.read("f") == "two\n"
        c.close_and_wait()
        w.verify()
        w.clean_project()


def test_none_asks_before_each_check(w):
    """Also between two tasks; what is allowed isn't for the next one."""
    project(w)
    m = w.mock([harness.write("f", "two\n"), {"text": "x", "stall": True},
                harness.write("f", "three\n"), DONE])
    c = protocol.start(w, wrap=harness.need_none(), task="go",
                       test="grep two f", test_by="flag")
    harness.wait_until("its request", lambda: len(m.requests()) == 2)
    c.send(type="interrupt")
    c.wait_event("agent_end")
    for n in range(2):
        c.send(type="evidence")
        ask = c.wait("a question", lambda: c.event_list("ask")[n:])[0]
        c.send(type="answer", id=ask["id"], allow=True, seen=True)
        c.wait("the check", lambda: c.event_list(
            "evidence", lambda e: e["status"] == "done")[n:])
    # Also if that began before the answer.
    c.send(type="evidence")
    ask = c.wait("a question", lambda: c.event_list("ask")[2:])[0]
    c.send(type="say", text="go on")
    c.wait_event("user_message", lambda e: e["text"] == "go on")
    c.send(type="answer", id=ask["id"], allow=True, seen=True)
    c.wait("a question", lambda: c.event_list("ask")[3:])
    c.close()


def test_what_is_added(w):
    """The project is searched on each level, but for the files of the change."""
    for wrap in (), harness.need_deny(), harness.need_none():
        w.clean_project()
        w.write("a.py", "x = 1\n")
        w.write("b.md", "see https://known.corp-a.net\n")
        w.mock([harness.write("a.py", "x = 'https://known.corp-a.net/'\n"
                              "y = 'https://new.corp-a.net/'\n"), DONE])
        w.run("exec", "--plan", "skip", "--approve", "yes", "x", wrap=wrap)
        said, = w.events("adds")
        assert said["compared"] and said["known"] == ["known.corp-a.net"], said
        added, = w.events("agent_end")[-1]["adds"]
        assert added["what"] == "host new.corp-a.net", added


def test_encodings(w):
    """The file tools' sandbox shows the tables that iconv loads."""
    for wrap in (), harness.need_deny(), harness.need_none():
        w.write("f.ini", "\u2460\u8868\n".encode("cp932"))
        w.mock([{"calls": [{"name": "read", "args": {"path": "f.ini"}},
                           {"name": "grep", "args": {"pattern": "\u8868"}},
                           {"name": "edit", "args": {
                               "path": "f.ini", "old_string": "\u8868",
                               "new_string": "\u793a"}}]},
                DONE], config={"encodings": {"*.ini": "cp932"}})
        w.run("exec", "--plan", "skip", "--approve", "yes", "x", wrap=wrap)
        with open(os.path.join(w.project, "f.ini"), "rb") as f:
            assert f.read() == "\u2460\u793a\n".encode("cp932"), wrap
        for got in w.events("tool_result")[:2]:
            assert "\u2460\u8868\n" in got["text"], got
            assert "in CP932 (user settings)" in got["text"], got


def block(what, text):
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n" % (what, text, what)


def test_certificates(w):
    """Commands get the certificates that the user's variables name, with the
    system's, and no key; none of a file that the project can change."""
    ours = block("CERTIFICATE", "b3Vycw==")
    w.write("ca.pem", "Company CA\n" + ours + block("PRIVATE KEY", "c2VjcmV0") +
            block("CERTIFICATE", "-----BEGIN EC KEY-----\nc2VjcmV0"),
            0o600, base=w.root)
    w.write("more.pem", block("CERTIFICATE", "bW9yZQ=="), base=w.root)
    w.write("mine.pem", block("CERTIFICATE", "cGxhbnRlZA=="))
    os.symlink(os.path.join(w.project, "mine.pem"), w.path("link.pem"))
    names = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE",
             "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
    env = {"NODE_EXTRA_CA_CERTS": w.path("ca.pem"),
           "CURL_CA_BUNDLE": w.path("ca.pem"),
           "GIT_SSL_CAINFO": w.path("link.pem"),
           "REQUESTS_CA_BUNDLE": os.path.join(w.project, "mine.pem")}
    show = "echo %s; cat $SSL_CERT_FILE" % " ".join("at=$" + x for x in names)

    def shown(env, wrap=(), ca_file=None):
        w.mock([harness.bash(show), DONE], config={"plan": "skip"})
        if ca_file is not None:
            with open(w.path("config", "assent", "config.json")) as f:
                config = json.load(f)
            for provider in config["providers"].values():
                provider["ca_file"] = ca_file
            w.write("config.json", json.dumps(config), 0o600,
                    w.path("config", "assent"))
        w.run("exec", "x", wrap=wrap, env=env, code=0)
        return w.events("tool_result")[0]["text"]

    for wrap in (), harness.need_level_c(w):
        got = shown(env, wrap)
        at = set(got.splitlines()[1].split())
        assert len(at) == 1 and "/" in min(at), got
        if harness.level(w, wrap) in "AB":
            assert at == {"at=/assent/certificates.pem"}, got
        assert got.count(ours) == 1 and "c2VjcmV0" not in got and \
            "cGxhbnRlZA" not in got and "Company" not in got, got
        assert os.path.exists("/etc/ssl/certs/ca-certificates.crt") is (
            got.count("-----BEGIN") > 1), got
        assert "at= at= at= at= at=" in shown({}, wrap)
    said = w.run("doctor", "--all", env=dict(
        env, https_proxy="http://me:pass@proxy.test:3128")).stdout.decode()
    assert "proxy.test:3128 (https_proxy)" in said and "pass@" not in said, said
    assert "CURL_CA_BUNDLE: %s, in the sandbox, too" % w.path(
        "ca.pem") in said, said
    assert "GIT_SSL_CAINFO: {0}, {0} is in the project".format(w.path(
        "link.pem")) in said, said
    # That of the model's provider, too.
    assert ours in shown({}, ca_file=w.path("ca.pem"))


def test_container_runs_and_says_so(w):
    deny = harness.need_deny()
    project(w)
    for wrap in harness.users(w):
        w.write("f", "one\n")
        r = w.run("try", "--sandbox", "container", "--approve", "yes", "--", "sh",
                  "-c", "cat .env conf/prod.pem; tail -n1 conf/box; pwd; "
                  "echo two >f; rm -r conf;"
                  "echo mine >.env; git log --oneline; "
                  "setsid sleep 4714 & exit 3", wrap=wrap + deny)
        assert b"sandbox D" in r.stderr and b"container" in r.stderr, r
        # The open parts are named.
        assert b"commands can reach: " in r.stderr, r
        assert b"the network" in r.stderr and b"unix sockets" in r.stderr, r
        assert b"exit status: 3" in r.stderr, r
        assert w.read("f") == "two\n", r
        # The secret file that it would write over is named, not proposed.
        assert r.returncode == 5, r
        assert b"can't be reviewed: .env" in r.stderr, r.stderr
        assert KEY.encode() not in r.stdout, r.stdout
        assert b"prod.pem b/" not in r.stdout, r.stdout
        assert KEY in w.read("conf/prod.pem") and KEY in w.read(".env")
        assert not os.path.exists(os.path.join(w.project, "conf/plain"))
        w.write("conf/plain", "x\n")
        no_key_in_sessions(w)
        w.verify()


# Another session's client: with its secret if that can be read.
OTHER = """import json, socket, sys
try:
    secret = open(sys.argv[1] + "/secret").read()
except OSError as e:
    secret = ""
    print("secret:", e.strerror)
try:
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1] + "/sock")
    s.settimeout(20)
    for o in ({"type": "hello", "protocol": int(sys.argv[2]),
               "secret": secret},
              {"type": "decide", "proposal": int(sys.argv[3]), "version": 1,
               "all": "yes", "seen": True}):
        s.sendall(json.dumps(o).encode() + b"\\n")
    said = b""
    while said.count(b"\\n") < 2:
        piece = s.recv(65536)
        if not piece:
            break
        said += piece
    print("heard", said)
except OSError as e:
    print("out of reach:", e.strerror)
"""


def other_session(w, wrap, *args):
    """A command tries to decide what waits in another session; its output."""
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    if python is None:
        raise harness.Skip("there is no python3 of the system's")
    project(w)
    w.write("other.py", OTHER)
    w.mock([EDIT, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    c.wait_status("to review")
    command = [python, "other.py", w.session_dir(), str(protocol.PROTOCOL),
               str(p["seq"])]
    r = args[0](command) if callable(args[0]) else \
        w.run("try", *args, "--", *command, wrap=wrap)
    # It still waits, undecided.
    assert not c.event_list("decision"), r
    c.send(type="changes")
    c.wait("answer", lambda: [x for x in c.lines
                              if x.get("type") == "changes"])
    assert not c.event_list("decision") and not c.event_list("applied"), r
    assert not os.path.exists(os.path.join(w.project, "note.txt"))
    c.close_and_wait()
    return r


def test_other_session_in_a_sandbox(w):
    harness.need_sandbox(w)
    r = other_session(w, (), "--approve", "yes")
    assert b"secret:" in r.stdout and b"out of reach:" in r.stdout, r


def test_other_session_in_a_container(w):
    """Its socket can be reached there, its secret cannot be read."""
    r = other_session(w, harness.need_deny(), "--sandbox", "container")
    if b"no Landlock" in r.stderr:
        raise harness.Skip("this kernel has no landlock")
    assert b"secret: Permission denied" in r.stdout, r
    assert b'"refused"' in r.stdout and b'"secret\\\\"' in r.stdout, r
    assert b'"seq"' not in r.stdout, r


def test_other_session_without_landlock(w):
    """Nothing hides the secret: while somebody waits no command runs."""
    deny = harness.need_deny()
    wrap = deny + deny + ("--no", "landlock=ENOSYS")
    r = other_session(w, wrap, "--sandbox", "container")
    assert b"no Landlock" in r.stderr, r
    assert b"heard" not in r.stdout and b"secret:" not in r.stdout, r
    assert msg.HAS_HUNKS_TO_REVIEW.encode() in r.stdout + r.stderr, r
    assert r.returncode == 5, r


def test_name_of_the_copy(w):
    """Without namespaces a command sees the copy by its own name, and the model
    uses that: a step of the plan keeps out the same files by it."""
    wrap = harness.need_level_c(w)
    plan = {"name": "plan", "args": {"goal": "one", "steps": [
        {"title": "only a", "paths": [os.path.join(w.project, "a.txt")]}]}}
    m = w.mock([DONE])
    w.run("exec", "--plan", "auto", "go", wrap=wrap, code=0)
    m.stop()
    sid = w.sessions()[-1]
    copy = w.path("state", "assent", "sessions", sid, "stage", "copy")
    patches = [harness.call("apply_patch", input="*** Begin Patch\n"
                            "*** Add File: %s/%s\n+x\n*** End Patch" % (copy, n))
               for n in ("a.txt", "b.txt")]
    w.mock([harness.calls(plan, *patches, harness.call("glob", pattern=copy + "/*"),
                          harness.call("read", paths=[copy + "/a.txt"])), DONE],
           port=m.port)
    model = dict(protocol.settings(w)["model"], facts={"edit": "apply_patch"})
    c = protocol.start(w, wrap=wrap, session=sid, plan="auto", approve="yes",
                       model=model, override_model=True)
    c.wait_live()
    c.send(type="say", text="go on")
    c.wait("the calls", lambda: len(w.events("tool_result")) > 5)
    said = [e["text"] for e in w.events("tool_result") if e["name"] != "done"]
    assert "not part of step 1" in said[2] and "a.txt" in said[3], said
    assert said[1].startswith("Success") and "\nx\n" in said[4], said
    assert "/copy/" not in str(said), said
    c.close_and_wait()


def test_require(w):
    """Below the level that is asked for nothing runs, and the exit code says
    so."""
    deny = harness.need_none()
    brokered = harness.need_deny()
    project(w)
    before = harness.tree(w.project)
    m = w.mock([])
    sessions = w.path("state", "assent", "sessions")
    command = ("--", "sh", "-c", "echo two >f")
    clone = msg.NAMESPACES_CLONE_IS_REFUSED
    container = "--sandbox container"
    for args, host, level, words in (
            (("exec", "x"), deny, "A", (clone, container)),
            (("try", "--approve", "yes") + command, deny, "C", ("seccomp: ",)),
            (("demo",), deny, "D", (clone,)),
            (("doctor",), brokered, "B", (clone, container))):
        r = w.run(args[0], "--sandbox-require", level, *args[1:], wrap=host)
        assert r.returncode == 7, r
        for word in words:
            assert word.encode() in r.stdout + r.stderr, (word, r)
    r = w.run("try", "--sandbox-require", "B", "--sandbox", "container",
              *command, wrap=deny)
    assert r.returncode == 7 and b"sandbox D, as --sandbox says" in r.stderr, r
    # The user's file and a project's count as well.
    w.configure("http://127.0.0.1:9/v1", config={"sandbox_require": "A"})
    assert w.run("try", *command, wrap=deny).returncode == 7
    w.configure("http://127.0.0.1:9/v1")
    w.write(".assent/config.json", '{"sandbox_require": "B"}')
    assert w.run("try", *command, wrap=deny).returncode == 7
    w.run("try", "--sandbox-require", "none", *command, wrap=deny, code=5)
    shutil.rmtree(os.path.join(w.project, ".assent"))
    w.run("try", "--sandbox-require", "D", "--sandbox", "container",
          "--", "true", wrap=deny, code=0)
    r = w.run("try", "--sandbox-require", "C", "--", "true", wrap=brokered)
    assert r.returncode == 0 and b"sandbox C" in r.stderr, r
    assert harness.tree(w.project) == before
    # Of what did not begin nothing is kept; some did, for each user.
    assert all(os.path.getsize(os.path.join(sessions, s, "journal.jsonl"))
               for s in os.listdir(sessions))
    assert not m.requests()


def test_require_on_resume(w):
    """A session that began in a sandbox doesn't continue without one."""
    deny = harness.need_deny()
    harness.need_namespaces(w)
    project(w)
    w.mock([harness.write("f", "two\n"), DONE])
    w.run("exec", "--plan", "skip", "--sandbox-require", "B", "x", code=5)
    code, seen = harness.on_terminal(w, [], "resume", wrap=deny)
    assert code == 7 and b"sandbox_require" in seen, (code, seen)


def test_root_in_a_users_project(w):
    """Root's session is out of the user's reach; there are no mounts."""
    deny = harness.need_deny()
    project(w)
    if not harness.as_user(w):
        raise harness.Skip("we are not root")
    os.chown(w.path(), 0, 0)
    os.mkdir(w.path("closed"), 0o700)
    w.env["XDG_STATE_HOME"] = w.path("closed", "state")
    r = w.run("try", "--sandbox", "container", "--approve", "yes", "--", "sh",
              "-c", "echo two >f; mkdir d; echo n >d/n; pwd -P", wrap=deny)
    assert r.returncode == 0 and b"sandbox D" in r.stderr, r
    assert w.read("f") == "two\n"
    for name in ("f", "d", "d/n"):
        st = os.stat(os.path.join(w.project, name))
        assert st.st_uid == harness.USER, name


def test_masks_of_the_overlay(w):
    """Level A shows that there is a file and nothing of it, and it cannot be
    replaced, removed or moved away."""
    harness.need_sandbox(w)
    project(w)
    before = harness.tree(w.project)
    for wrap in harness.users(w):
        harness.need_sandbox(w, wrap)
        r = w.run("try", "--", "sh", "-c",
                  "cat .env conf/prod.pem; tail -n1 conf/box; "
                  "cp conf/prod.pem c; cp -r conf d; mv conf/box k; cat k;"
                  "echo x >.env; rm -f .env; rm -rf conf; mv .env g; "
                  "mv conf h; ln .env l; git stash -u; "
                  "tar c . | tar t >/dev/null; ls -a", wrap=wrap)
        assert KEY.encode() not in r.stdout + r.stderr, r
        assert b".env b/" not in r.stdout, r.stdout
        assert b"a/conf/prod.pem" not in r.stdout, r.stdout
        assert harness.tree(w.project) == before
        no_key_in_sessions(w)
        w.verify()


harness.main(globals())
