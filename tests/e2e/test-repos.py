"""Projects of every shape: no repository, a sparse checkout, a partial clone, a
linked worktree, SHA-256 objects, a reftable.  A change is proposed, decided and
applied in each, ignored files are not proposed, and git's own folder is as it
was.
"""

import os
import subprocess

import harness

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}
WORK = [{"calls": [
    {"name": "write", "args": {"path": "a.txt", "content": "new\n"}},
    {"name": "write", "args": {"path": "d/b.txt", "content": "made\n"}},
    {"name": "bash", "args": {"command": "echo x >built.log; "
                              "git status --porcelain 2>&1 | head -5"}}]},
    DONE]


def git(cwd, *args, check=True):
    env = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", HOME="/nonexistent",
               GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.org",
               GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.org",
               GIT_CONFIG_COUNT="2", GIT_CONFIG_KEY_0="safe.directory",
               GIT_CONFIG_VALUE_0="*",
               GIT_CONFIG_KEY_1="protocol.file.allow",
               GIT_CONFIG_VALUE_1="always")
    r = subprocess.run(["git", *args], cwd=cwd, env=env,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and r.returncode != 0:
        raise AssertionError((args, r.stdout))
    return r


def source(w, *init):
    """A repository with files in and out of a folder, to start from."""
    src = w.path("origin")
    os.makedirs(os.path.join(src, "far"))
    git(src, "init", "-q", *init)
    for name, text in (("a.txt", "old\n"), ("far/c.txt", "far\n"),
                       (".gitignore", "*.log\n")):
        with open(os.path.join(src, name), "w") as f:
            f.write(text)
    git(src, "add", ".")
    git(src, "commit", "-qm", "one")
    return src


def settle(w, project):
    """The project is there now; it is this world's."""
    w.project = project
    harness.need_sandbox(w)


def check(w):
    dot = os.path.join(w.project, ".git")
    before = harness.tree(dot) if os.path.isdir(dot) else None
    w.mock(WORK)
    r = w.run("exec", "--approve", "yes", "--plan", "skip", "go")
    assert r.returncode == 0, r
    assert w.read("a.txt") == "new\n" and w.read("d/b.txt") == "made\n"
    assert not os.path.exists(os.path.join(w.project, "built.log"))
    if before is not None:
        assert harness.tree(dot) == before
    p = [e for e in w.events("proposal") if e["files"]][0]
    assert sorted(f["path"] for f in p["files"]) == ["a.txt", "d/b.txt"], p
    r = w.run("undo", "--accept", "all")
    assert r.returncode == 0, r
    assert w.read("a.txt") == "old\n"
    assert not os.path.exists(os.path.join(w.project, "d", "b.txt"))
    w.verify()
    return [e["text"] for e in w.events("note")]


def test_no_repository(w):
    w.write("a.txt", "old\n")
    w.write(".gitignore", "*.log\n")
    settle(w, w.project)
    check(w)


def test_sparse_checkout(w):
    src = source(w)
    git(w.home, "clone", "-q", "--no-checkout", src, "sparse")
    project = os.path.join(w.home, "sparse")
    if git(project, "sparse-checkout", "set", "--cone", check=False).returncode:
        raise harness.Skip("this git has no sparse checkout")
    git(project, "checkout", "-q")
    assert not os.path.exists(os.path.join(project, "far"))
    settle(w, project)
    check(w)
    # What is not checked out was not taken for deleted.
    assert not os.path.exists(os.path.join(project, "far"))


def test_partial_clone(w):
    if harness.sanitized():
        raise harness.Skip("libgit2 leaks its matcher where it refuses a "
                           "repository, and a sanitizer is watching")
    src = source(w)
    git(src, "config", "uploadpack.allowFilter", "true")
    git(w.home, "clone", "-q", "--filter=blob:none", "file://" + src, "partial")
    settle(w, os.path.join(w.home, "partial"))
    check(w)


def test_linked_worktree(w):
    src = source(w)
    os.rename(src, os.path.join(w.home, "main"))
    git(os.path.join(w.home, "main"), "worktree", "add", "-q", "../tree")
    settle(w, os.path.join(w.home, "tree"))
    common = harness.tree(os.path.join(w.home, "main", ".git"))
    check(w)
    assert harness.tree(os.path.join(w.home, "main", ".git")) == common


def test_sha256_objects(w):
    probe = w.path("probe")
    os.makedirs(probe)
    if git(probe, "init", "-q", "--object-format=sha256",
           check=False).returncode:
        raise harness.Skip("this git has no SHA-256 objects")
    src = source(w, "--object-format=sha256")
    os.rename(src, os.path.join(w.home, "sha"))
    settle(w, os.path.join(w.home, "sha"))
    notes = check(w)
    # libgit2 cannot open it: said, once.
    assert len([n for n in notes if "git" in n and "could" in n]) <= 1, notes


def test_reftable(w):
    """Made by hand where git is too old: no tool here can read it, and the
    ignore rules come from the files."""
    src = source(w)
    project = os.path.join(w.home, "reftable")
    os.rename(src, project)
    git(project, "config", "core.repositoryformatversion", "1")
    git(project, "config", "extensions.refstorage", "reftable")
    os.makedirs(os.path.join(project, ".git", "reftable"))
    with open(os.path.join(project, ".git", "reftable", "tables.list"),
              "w"):
        pass
    settle(w, project)
    check(w)


if __name__ == "__main__":
    harness.main(globals())
