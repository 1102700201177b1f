"""Hosts that refuse namespaces, as containers do: level C.  Commands build, test
and unpack as in any folder, nobody is asked, and their hunks reach the tree."""

import os
import shutil

import harness

DONE = {"calls": [{"name": "done", "args": {"summary": "finished"}}]}
FILES = {"calls": [
    {"name": "read", "args": {"path": "hi.c"}},
    {"name": "grep", "args": {"pattern": "puts"}},
    {"name": "write", "args": {"path": "note", "content": "noted\n"}}]}

SERVER = """import http.server, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served")
    def log_message(self, *args):
        pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=s.serve_forever, daemon=True).start()
url = "http://localhost:%d/" % s.server_port
assert urllib.request.urlopen(url).read() == b"served"
s.shutdown()
print("python served")
"""

NODE = """import test from 'node:test';
import assert from 'node:assert';
import http from 'node:http';
test('serves', async () => {
  const s = http.createServer((q, r) => r.end('served'));
  await new Promise(done => s.listen(0, '127.0.0.1', done));
  const r = await fetch(`http://127.0.0.1:${s.address().port}/`);
  assert.equal(await r.text(), 'served');
  s.closeAllConnections();
  s.close();
});
"""

MAKEFILE = """hi: hi.o
\tcc -o hi hi.o
hi.o: hi.c
\tcc -c hi.c
"""


def project(w):
    w.write("hi.c", "#include <stdio.h>\n"
            "int main(void) { puts(\"hello\"); return 0; }\n")
    w.write("Makefile", MAKEFILE)
    w.write("serve.py", SERVER)
    w.write("serve.test.mjs", NODE)
    w.write("script", "#!/bin/sh\necho ran\n")
    w.write("f", "one\n")
    w.repository()


def commands():
    """The command, and what must be in its output."""
    out = [("echo two >f && git status --short", " M f"),
           ("git diff", "+two"), ("git log --oneline", "begin"),
           ("chmod +x script && ./script", "ran"),
           ("install -m 750 script there && stat -c %a there", "750"),
           ("touch -d '2001-02-03 04:05:06Z' there && stat -c %Y there",
            "981173106"),
           ("cp -a there copy && stat -c '%a %Y' copy", "750 981173106"),
           ("mkdir -m 700 d && mv copy d/ && tar cf a.tar d && rm -r d && "
            "tar xpf a.tar && rm a.tar && stat -c '%a %Y' d d/copy",
            "750 981173106"),
           ("echo x >$TMPDIR/x && chmod 600 $TMPDIR/x && cat $TMPDIR/x", "x"),
           ("test -d \"$(expr \"$JAVA_TOOL_OPTIONS\" : '.*=\"\\(.*\\)\"')\" && "
            "echo there", "there"),
           ("umask 022; mktemp -d >t && chmod 755 \"$(cat t)\" && rm t; pwd",
            "/")]
    if shutil.which("make", path="/usr/bin") and \
            shutil.which("cc", path="/usr/bin"):
        out.append(("make && ./hi", "hello"))
    if shutil.which("python3", path="/usr/bin"):
        out.append(("/usr/bin/python3 serve.py", "python served"))
    if shutil.which("node", path="/usr/bin"):
        out.append(("/usr/bin/node --test serve.test.mjs", "pass 1"))
    # An executable file would need a person.
    out.append(("rm -rf there d hi; chmod -x script; touch -d @1 new; echo end",
                "end"))
    return out


def test_docker(w):
    wrap = harness.need_deny("--as", "docker")
    todo = commands()
    for user in harness.users(w):
        wrap_user = user + wrap
        r = w.run("doctor", "--all", wrap=wrap_user)
        if b"\nlandlock    off" in r.stdout:
            raise harness.Skip("this kernel has no landlock")
        assert b"\nsandbox     C " in r.stdout, r
        w.clean_project()
        project(w)
        if user:
            harness.as_user(w)
        m = w.mock([FILES] + [harness.bash(c) for c, _ in todo] + [DONE])
        w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
              "sh script", "x", wrap=wrap_user, code=0)
        results = w.events("tool_result")
        assert all(x["ok"] for x in results[:3]), results[:3]
        assert "hello" in results[0]["text"] and "hi.c" in results[1]["text"]
        for (command, want), got in zip(todo, results[3:]):
            assert got["ok"] and want in got["text"], (command, want, got)
        assert not w.events("ask"), w.events("ask")
        assert w.events("session_start")[0]["sandbox"]["level"] == "C"
        assert w.events("evidence")[-1]["exit"] == 0
        assert len(m.requests()) == len(todo) + 2
        # Ignored files stay; the rest is written.
        assert w.read("f") == "two\n" and w.read("new") == "" and \
            w.read("note") == "noted\n"
        assert not os.path.exists(os.path.join(w.project, "hi.o"))
        w.verify()


def test_what_is_closed(w):
    """As the manual has it: other files, /tmp, the network, datagrams."""
    wrap = harness.need_level_c(w)
    if not shutil.which("python3", path="/usr/bin"):
        raise harness.Skip("there is no python3 of the system's")
    project(w)
    secret = w.write(".netrc", "hunter2\n", base=w.home)
    w.write("probe.py", """import os, socket, sys
def tried(name, f):
    try:
        f()
        print(name, "open")
    except OSError as e:
        print(name, "held")
tried("home", lambda: open(sys.argv[1]).read())
tried("list", lambda: os.listdir(os.path.dirname(sys.argv[1])))
tried("tree", lambda: open(sys.argv[2] + "/f", "a"))
tried("mode", lambda: os.chmod(sys.argv[2] + "/f", 0o600))
tried("times", lambda: os.utime(sys.argv[1]))
tried("tmp", lambda: open("/tmp/assent-c", "w"))
tried("shm", lambda: open("/dev/shm/assent-c", "w"))
tried("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
s = socket.socket()
tried("tcp", lambda: s.connect(("127.0.0.1", int(sys.argv[3]))))
tried("stat", lambda: os.stat(sys.argv[1]))
tried("own", lambda: open(os.environ["HOME"] + "/x", "w").write("x"))
""")
    port = w.mock([]).port
    for user in harness.users(w):
        r = w.run("try", "--", "/usr/bin/python3", "probe.py", secret,
                  w.project, str(port), wrap=user + wrap)
        for name in ("home", "list", "tree", "mode", "times", "tmp", "shm",
                     "udp", "tcp"):
            assert ("%s held\n" % name).encode() in r.stdout, (name, r)
        for name in ("stat", "own"):
            assert ("%s open\n" % name).encode() in r.stdout, (name, r)


def test_git_with_a_token(w):
    """Of git's configuration, commands see what isn't secret."""
    wrap = harness.need_level_c(w)
    project(w)
    w.git("remote", "add", "origin", "https://me:hunter2secret@host.invalid/r")
    w.git("config", "alias.st", "status --short")
    config = os.path.join(w.project, ".git/config")
    # One in it, too.
    inner = os.path.join(w.project, "vendor", "lib")
    os.makedirs(inner)
    w.git("-C", inner, "init", "-q")
    w.git("-C", inner, "remote", "add", "other",
          "https://me:hunter2secret@host.invalid/r")
    w.git("-C", inner, "commit", "-qm", "inner", "--allow-empty")
    for user in harness.users(w):
        r = w.run("try", "--", "sh", "-c", "cd vendor/lib; "
                  "git log --format=%s; git remote -v; "
                  "cat .git/config; cat " + inner + "/.git/config; echo x >.git/hooks/x; cd ..; mv lib away",
                  wrap=user + wrap)
        assert b"inner\nother\thttps://masked-by-assent@host.invalid/r " \
            in r.stdout, r
        assert b"hunter2secret" not in r.stdout, r
        assert b"/.git/config: Permission denied" in r.stdout + r.stderr, r
        assert not os.path.exists(inner + "/.git/hooks/x"), r
        r = w.run("try", "--", "sh", "-c", "echo two >f; git st; "
                  "git remote -v; cat .git/config; cat " + config,
                  wrap=user + wrap)
        assert b" M f\n" in r.stdout and b"masked-by-assent" in r.stdout, r
        assert b"hunter2secret" not in r.stdout, r
        assert config.encode() + b": Permission denied" in \
            r.stdout + r.stderr, r
    # Also where the repository lies elsewhere.
    tree = w.path("home", "src", "tree")
    w.git("worktree", "add", "-q", tree)
    w.project = tree
    for user in harness.users(w):
        r = w.run("try", "--", "sh", "-c", "echo two >f; git st; "
                  "git remote -v; git branch --show-current; cat " + config,
                  wrap=user + wrap)
        assert b" M f\n" in r.stdout and b"masked-by-assent" in r.stdout and \
            b"\ntree\n" in r.stdout, r
        assert b"hunter2secret" not in r.stdout, r


def test_caches(w):
    """The user's are read where they are, by programs that are told; nothing else
    beside them is."""
    wrap = harness.need_level_c(w)
    project(w)
    for name in (".npm/_cacache/content", ".npm/_logs/log", "go/pkg/mod/m",
                 ".cache/huggingface/hub", ".cache/huggingface/token",
                 ".cache/mail/letter", ".cargo/registry/crate",
                 ".cargo/config.toml"):
        w.write(name, "known %s\n" % name, base=w.home)
    for user in harness.users(w):
        r = w.run("try", "--", "sh", "-c", "cd %s; " % w.home +
                  "cat .npm/_cacache/content $GOMODCACHE/m; "
                  "cat .cache/huggingface/hub; cat .npm/_logs/log; "
                  "cat .cache/huggingface/token .cache/mail/letter; "
                  "echo x >.npm/_cacache/y; chmod 600 go/pkg/mod/m; "
                  "ls .cache/mail .npm && echo listed; "
                  # Its settings couldn't be read.
                  "cat .cargo/registry/crate .cargo/config.toml; "
                  "echo ${CARGO_HOME-no cargo}", wrap=user + wrap)
        known = [x.split()[1] for x in r.stdout.decode().splitlines()
                 if x.startswith("known ")]
        assert known == [".npm/_cacache/content", "go/pkg/mod/m",
                         ".cache/huggingface/hub", ".cargo/registry/crate"], r
        assert b"listed" not in r.stdout and b"no cargo" in r.stdout, r
        assert not os.path.exists(os.path.join(w.home, ".npm/_cacache/y")), r


harness.main(globals())
