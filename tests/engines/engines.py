"""What the tests of engines share: repositories, and a model for many runs."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

CONTRIB = os.path.join(os.path.abspath(os.environ.get("srcdir", ".")),
                       "contrib")


def done(summary):
    return {"calls": [{"name": "done", "args": {"summary": summary}}]}


def call(name, **args):
    return {"calls": [{"name": name, "args": args}]}


def git(folder, *args):
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid",
         "-c", "init.defaultBranch=main"] + list(args), cwd=folder,
        check=True, stdout=subprocess.PIPE).stdout.decode()


def repository(folder, **files):
    os.makedirs(folder)
    for name, text in files.items():
        with open(os.path.join(folder, name.replace("_", ".")), "w") as f:
            f.write(text)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "begin")
    return folder


def environment(w):
    """For an engine: the world's, with this build first."""
    return dict(w.env, ASSENT=harness.ASSENT, PATH=os.pathsep.join(
        [os.path.dirname(harness.ASSENT), w.env["PATH"]]))


def need(program):
    """Its path, or why the test is skipped."""
    for folder in os.environ["PATH"].split(os.pathsep) + ["/usr/sbin"]:
        if os.access(os.path.join(folder, program), os.X_OK):
            return os.path.join(folder, program)
    raise harness.Skip("there is no %s: ./bootstrap engines" % program)


def by_task(w):
    """Each task's sessions, and how each ended."""
    found = {}
    for i, sid in enumerate(w.sessions()):
        task = w.events("user_message", i)
        ends = [e["outcome"] for e in w.events("agent_end", i)]
        if task:
            found.setdefault(task[0]["text"].split("\n")[0], []).append(
                (sid, ends))
    return found
