"""contrib/swebench: ten instances of small repositories, a scripted model that
mends some of them, and their own hidden tests as the judge."""

import json
import os
import signal
import subprocess

import engines
from engines import call, done
import harness

SWEBENCH = os.path.join(engines.CONTRIB, "swebench", "swebench")
RIGHT = {0, 1, 3, 4, 6, 7, 9}
FUNCTIONS = ["add", "sub", "mul", "neg", "twice", "half", "square", "inc",
             "dec", "max2"]
BODY = {"add": "a + b", "sub": "a - b", "mul": "a * b", "neg": "-a",
        "twice": "2 * a", "half": "a // 2", "square": "a * a", "inc": "a + 1",
        "dec": "a - 1", "max2": "a if a > b else b"}


def module(name, body):
    return "def %s(a, b=0):\n    return %s\n" % (name, body)


def make_instances(w):
    """Two repositories; each instance is a commit of one of them, and the next
    commit has the fix."""
    instances = []
    for k in range(2):
        repo = engines.repository(w.path("repos", "o%d" % k, "lib"),
                                  README_md="library %d\n" % k)
        for i in range(k, 10, 2):
            name = FUNCTIONS[i]
            path = os.path.join(repo, name + ".py")
            for body in "None", BODY[name]:
                with open(path, "w") as f:
                    f.write(module(name, body))
                engines.git(repo, "add", ".")
                engines.git(repo, "commit", "-qm", name)
                if body == "None":
                    base = engines.git(repo, "rev-parse", "HEAD").strip()
            instances.append({
                "instance_id": "o%d__lib-%d" % (k, i), "repo": "o%d/lib" % k,
                "base_commit": base, "problem_statement":
                "%s() returns nothing. SECRET-%d" % (name, i),
                "patch": "the true patch", "test_patch": "HIDDEN",
                "hints_text": "HIDDEN"})
    w.write("i.jsonl", "".join(json.dumps(x) + "\n" for x in instances),
            base=w.root)
    return instances


def model(w):
    rules = []
    for i, name in enumerate(FUNCTIONS):
        rules += [
            {"if": ["SECRET-%d\\n" % i], "not": ["Replaced", "exactly this"],
             "answer": call("write", path=name + ".py", content=module(
                 name, BODY[name] if i in RIGHT else "17"))}]
    return w.mock({"rules": rules + [{"answer": done("fixed")}]})


def judge(w, o, patch):
    """In a fresh clone, with the tests that nobody saw."""
    folder = w.path("judge", o["instance_id"])
    engines.git(w.root, "clone", "-q", w.path("repos", o["repo"]), folder)
    engines.git(folder, "checkout", "-q", o["base_commit"])
    subprocess.run(["git", "apply"], cwd=folder, input=patch.encode(),
                   check=True)
    name = FUNCTIONS[int(o["instance_id"].rsplit("-", 1)[1])]
    return subprocess.run(
        ["python3", "-c", "from %s import *; assert %s(7, 3) == "
         "(lambda a, b: %s)(7, 3)" % (name, name, BODY[name])],
        cwd=folder, stderr=subprocess.DEVNULL).returncode == 0


def start(w, *args):
    return subprocess.Popen(
        [SWEBENCH] + list(args), cwd=w.root, env=engines.environment(w),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True)


def run(w, *args):
    p = start(w, *args)
    out, err = p.communicate(timeout=180)
    return p.returncode, out.decode(), err.decode()


def test_ten_instances(w):
    harness.need_sandbox(w)
    instances = make_instances(w)
    m = model(w)
    args = ("run", "i.jsonl", "work", "-j3", "--repos", "repos", "-o",
            "p.jsonl", "--", "--plan", "skip")
    # Killed in the middle, started again.
    p = start(w, *args)
    harness.wait_until("some requests", lambda: len(m.requests()) > 4)
    os.killpg(p.pid, signal.SIGKILL)
    p.communicate()
    code, out, err = run(w, *args)
    assert code == 0 and "10 of 10 instances have a patch" in err, err
    with open(w.path("p.jsonl")) as f:
        predictions = [json.loads(x) for x in f]
    assert [p["instance_id"] for p in predictions] == \
        [o["instance_id"] for o in instances]
    assert all(set(p) == {"instance_id", "model_name_or_path", "model_patch"}
               for p in predictions), predictions[0]
    good = {int(o["instance_id"].rsplit("-", 1)[1]) for o, p in zip(
        instances, predictions) if judge(w, o, p["model_patch"])}
    assert good == RIGHT, good
    said = "".join(r["body_text"] for r in m.requests())
    assert "HIDDEN" not in said and "true patch" not in said
    # No later history; each was done in one session.
    for o in instances:
        repo = w.path("work", o["instance_id"], "repo")
        assert engines.git(repo, "rev-list", "--all", "HEAD").split() == \
            [o["base_commit"]]
    n = len(m.requests())
    code, out, err = run(w, *args)
    assert code == 0 and len(m.requests()) == n, err
    with open(w.path("p.jsonl")) as f:
        assert [json.loads(x) for x in f] == predictions
    r = w.run("stats", "--from", w.path("work"), "--csv")
    assert len(r.stdout.splitlines()) == 11, r


harness.main(globals())
