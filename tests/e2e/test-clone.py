"""--repo: work in a clone, which the user's git makes."""

import os
import signal
import socket

import harness

FIX = {"path": "a.txt", "old_string": "two", "new_string": "three"}
ANSWERS = [{"calls": [{"name": "edit", "args": FIX}]},
           {"calls": [{"name": "done", "args": {"summary": "x"}}]}]
PLACE = ("home", ".local", "share", "assent", "repos")


def source(w):
    """A repository with two commits and a tag; its URL."""
    w.write("a.txt", "one\n")
    w.repository()
    w.git("tag", "v1")
    w.write("a.txt", "two\n")
    w.git("commit", "-qam", "two")
    w.git("config", "uploadpack.allowReachableSHA1InWant", "true")
    return "file://" + w.project


def look(w, *args, code=0):
    w.mock([{"text": "It is so."}], config={"plan": "skip"})
    r = w.run("exec", *args, "look")
    assert r.returncode == code, (args, r.stdout, r.stderr)
    return r.stderr.decode()


def test_a_task_in_a_clone(w):
    """Shallow, below the user's data; what was cloned before is used again."""
    url = source(w)
    w.mock(ANSWERS, config={"plan": "skip"})
    r = w.run("exec", "--approve", "yes", "--repo", url, "go")
    assert r.returncode in (0, 3), (r.stdout, r.stderr)
    clone = w.path(*PLACE, "local", w.project.lstrip("/"))
    assert w.read(os.path.join(clone, "a.txt")) == "three\n"
    assert w.read("a.txt") == "two\n"
    assert w.git("-C", clone, "rev-list", "--count", "HEAD") == "1\n"
    said = look(w, "--repo", url)
    assert "existing clone" in said and clone in said, said
    assert w.read(os.path.join(clone, "a.txt")) == "three\n"
    said = look(w, "--repo", url, "--ref", "v1", code=2)
    assert "isn't at v1" in said and "--into" in said, said
    # Files cloned from elsewhere are left alone.
    assert "is no clone of" in look(w, "--repo", w.project, code=2)
    assert sorted(os.listdir(os.path.dirname(clone))) == ["project"]


def test_refs(w):
    """A tag, a commit; not what git would take for an option."""
    url = source(w)
    for ref in ("v1", w.git("rev-parse", "v1").strip()):
        into = w.path("into-" + ref)
        for _ in range(2):
            look(w, "--repo", url, "--ref", ref, "--into", into + "/")
            assert w.read(os.path.join(into, "a.txt")) == "one\n"
    look(w, "--repo", url, "--ref", "no-such", "--into", w.path("no"), code=1)
    for args in (["--repo", url, "--ref", "-x"],
                 ["--repo", "--upload-pack=x"]):
        assert "don't begin with -" in look(w, *args, code=2)
    assert not [n for n in os.listdir(w.path()) if n.startswith("no")]


def test_places(w):
    """By host and path, whatever way leads there; never out of the folder."""
    source(w)
    for url, place in (
            ("ssh://git@example.com:2222/o/n/", "example.com/o/n"),
            ("git@example.net:o/n.git", "example.net/o/n"),
            ("https://u:p@example.dev/../../.ssh/x",
             "example.dev/_../_../_.ssh/x")):
        w.git("config", "--global", "url.file://%s.insteadOf" % w.project, url)
        look(w, "--repo", url)
        assert w.read(w.path(*PLACE, place, "a.txt")) == "two\n"
        w.git("config", "--global", "--unset",
              "url.file://%s.insteadOf" % w.project)


NO = (b"HTTP/1.1 401 no\r\nWWW-Authenticate: Basic realm=x\r\n"
      b"Content-Length: 0\r\nConnection: close\r\n\r\n")


def test_no_answer(w):
    """A password isn't asked for.  Ctrl-C ends git, and leaves nothing; one
    assent clones there at a time, and what a killed one left goes."""
    url = source(w)
    into = w.path("c")
    w.mock([{"text": "x"}], config={"plan": "skip"})
    with socket.create_server(("127.0.0.1", 0)) as s:
        there = "http://127.0.0.1:%d/o/n.git" % s.getsockname()[1]
        p = w.start("exec", "--repo", there, "go")
        with s.accept()[0] as c:
            c.recv(65536)
            c.sendall(NO)
        assert b"credential helper" in p.communicate()[1] and p.returncode == 1
        p = w.start("exec", "--repo", there, "go")
        with s.accept()[0]:
            p.send_signal(signal.SIGINT)
            assert p.wait() == 130, p.stderr.read()
        assert os.listdir(w.path(*PLACE)) == []
        p = w.start("exec", "--repo", there, "--into", into, "go")
        with s.accept()[0]:
            assert "another assent" in look(
                w, "--repo", there, "--into", into, code=1)
            p.kill()
            p.wait()
    w.mock([{"text": "x"}], config={"plan": "skip"})
    harness.wait_until("git to end", lambda: b"another assent" not in w.run(
        "exec", "--repo", url, "--into", into, "go").stderr)
    assert w.read(os.path.join(into, "a.txt")) == "two\n"
    assert not os.path.exists(into + ".part")


harness.main(globals())
