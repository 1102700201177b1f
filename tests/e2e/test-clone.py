"""--repo: work in a clone, which the user's git makes."""

import http.server
import os
import signal
import subprocess
import threading

import harness
from screenlib import Screen

FIX = {"path": "a.txt", "old_string": "two", "new_string": "three"}
ANSWERS = [{"calls": [{"name": "edit", "args": FIX}]},
           {"calls": [{"name": "done", "args": {"summary": "x"}}]}]
PLACE = ("home", ".local", "share", "assent", "repos")


def source(w):
    """A repository with two commits and a tag, its folder and its URL."""
    w.write("a.txt", "one\n")
    w.git("init", "-q")
    w.git("add", ".")
    w.git("commit", "-qm", "one")
    w.git("tag", "v1")
    w.git("switch", "-qc", "side")
    w.write("a.txt", "side\n")
    w.git("commit", "-qam", "side")
    w.git("switch", "-q", "main")
    w.write("a.txt", "two\n")
    w.git("commit", "-qam", "two")
    w.git("config", "uploadpack.allowReachableSHA1InWant", "true")
    return "file://" + w.project


def git_of(folder, *args):
    return subprocess.run(["git", "-C", folder] + list(args), check=True,
                          stdout=subprocess.PIPE).stdout.decode().strip()


def look(w, *args, code=0):
    w.mock([{"text": "It is so."}], config={"plan": "skip"})
    r = w.run("exec", *args, "look")
    assert r.returncode == code, (args, r.stdout, r.stderr)
    return r.stderr.decode()


def config(w, *args):
    subprocess.run(["git", "config", "--global"] + list(args), check=True,
                   env=w.env)


def test_a_task_in_a_clone(w):
    """Shallow, below the user's data; what was cloned before is used again."""
    url = source(w)
    w.mock(ANSWERS, config={"plan": "skip"})
    r = w.run("exec", "--approve", "yes", "--repo", url, "go")
    assert r.returncode in (0, 3), (r.stdout, r.stderr)
    clone = w.path(*PLACE, "local", w.project.lstrip("/"))
    assert w.read(os.path.join(clone, "a.txt")) == "three\n"
    assert w.read("a.txt") == "two\n"
    assert git_of(clone, "rev-list", "--count", "HEAD") == "1"
    said = look(w, "--repo", url)
    assert "existing clone" in said and clone in said, said
    assert w.read(os.path.join(clone, "a.txt")) == "three\n"
    said = look(w, "--repo", url, "--ref", "v1", code=2)
    assert "isn't at v1" in said and "--into" in said, said
    # What was cloned from elsewhere is left alone.
    said = look(w, "--repo", w.project, code=2)
    assert "is no clone of" in said, said
    assert sorted(os.listdir(os.path.dirname(clone))) == ["project"]


def test_refs(w):
    """A branch, a tag, a commit."""
    url = source(w)
    one = git_of(w.project, "rev-parse", "v1")
    for i, (ref, text) in enumerate((("side", "side\n"), ("v1", "one\n"),
                                     (one, "one\n"))):
        into = w.path("into-%d" % i)
        look(w, "--repo", url, "--ref", ref, "--into", into + "/")
        assert w.read(os.path.join(into, "a.txt")) == text
        # The same again is at that ref.
        look(w, "--repo", url, "--ref", ref, "--into", into)
    for ref in ("no-such", "-x", ""):
        said = look(w, "--repo", url, "--ref", ref, "--into", w.path("no"),
                    code=2 if ref in ("-x", "") else 1)
        assert "ref" in said or "no-such" in said, said
    assert not [n for n in os.listdir(w.path()) if n.startswith("no")]


def test_places(w):
    """By host and path, whatever way leads there; never out of the folder."""
    source(w)
    top = w.path(*PLACE)
    for url, place in (
            ("https://example.org/o/n.git", "example.org/o/n"),
            ("ssh://git@example.com:2222/o/n/", "example.com/o/n"),
            ("git@example.net:o/n.git", "example.net/o/n"),
            ("https://u:p@example.dev/../../.ssh/x",
             "example.dev/_../_../_.ssh/x")):
        config(w, "url.file://%s.insteadOf" % w.project, url)
        look(w, "--repo", url)
        assert w.read(os.path.join(top, place, "a.txt")) == "two\n"
        config(w, "--unset", "url.file://%s.insteadOf" % w.project)


def test_mistakes(w):
    """Each is a sentence, and leaves nothing."""
    url = source(w)
    top = w.path(*PLACE)
    for args in (["--ref", "x"], ["--into", "x"]):
        assert "needs --repo" in look(w, *args, code=2)
    assert "--root" in look(w, "--repo", url, "--root", ".", code=2)
    assert "don't begin with -" in look(
        w, "--repo", "--upload-pack=x", code=2)
    said = look(w, "--repo", w.path("no", "such"), code=1)
    assert "does not exist" in said and "could not clone" in said, said
    assert not os.path.isdir(top) or os.listdir(top) == []
    os.makedirs(w.path("there"))
    assert "is no clone of" in look(w, "--repo", url, "--into",
                                    w.path("there"), code=2)
    # Another repository's variables don't lead it astray.
    w.env["GIT_DIR"] = w.path("no-dir")
    w.env["GIT_INDEX_FILE"] = w.path("no-index")
    look(w, "--repo", url, "--into", w.path("clone"))
    assert w.read(w.path("clone", "a.txt")) == "two\n"


class Server:
    """Answers each request with 401, or never."""

    def __init__(self, hangs):
        self.asked = asked = threading.Event()
        self.ended = ended = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.set()
                if hangs:
                    ended.wait()
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="x"')
                self.end_headers()

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/o/n.git" % self.server.server_port
        threading.Thread(target=self.server.serve_forever).start()

    def stop(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def test_a_password(w):
    """It isn't asked for, not even at a terminal: a sentence, at once."""
    s = Server(False)
    try:
        w.mock([{"text": "x"}], config={"plan": "skip"})
        with Screen(w, "--repo", s.url) as t:
            t.wait("credential helper")
            t.eof()
        assert os.listdir(w.path(*PLACE)) == []
    finally:
        s.stop()


def test_interrupted(w):
    """A server that never answers: Ctrl-C ends git, and leaves nothing.  One
    assent clones there at a time; what a killed one left goes."""
    url = source(w)
    s = Server(True)
    folder = w.path(*PLACE)
    try:
        w.mock([{"text": "x"}], config={"plan": "skip"})
        p = w.start("exec", "--repo", s.url, "go")
        s.asked.wait()
        p.send_signal(signal.SIGINT)
        code = p.wait()
        assert code == 130, (code, p.stderr.read())
        assert os.listdir(folder) == []
        s.asked.clear()
        p = w.start("exec", "--repo", s.url, "--into", w.path("c"), "go")
        s.asked.wait()
        assert "another assent" in look(
            w, "--repo", s.url, "--into", w.path("c"), code=1)
        p.kill()
        p.wait()
    finally:
        s.stop()
    harness.wait_until("git to end", lambda: "another assent" not in look_for(
        w, url, w.path("c")))
    assert w.read(w.path("c", "a.txt")) == "two\n"
    assert not os.path.exists(w.path("c.part"))


def look_for(w, url, into):
    w.mock([{"text": "x"}], config={"plan": "skip"})
    return w.run("exec", "--repo", url, "--into", into, "go").stderr.decode()


harness.main(globals())
