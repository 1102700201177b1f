"""contrib/kubernetes/job.yaml: its fields against the published types of the
API, and its shell for each index, on a host without namespaces (level C)."""

import json
import os
import subprocess

import engines
from engines import call, done
import harness

try:
    import yaml
except ImportError:
    yaml = None

MODULES = os.path.join(harness.BUILD, "engines", "node_modules")
TYPES = {"ConfigMap": "core/v1", "PersistentVolumeClaim": "core/v1",
         "Job": "batch/v1"}


def documents():
    if yaml is None:
        raise harness.Skip("there is no python3-yaml: ./bootstrap engines")
    with open(os.path.join(engines.CONTRIB, "kubernetes", "job.yaml")) as f:
        return {d["kind"]: d for d in yaml.safe_load_all(f)}


def compile_(w, text):
    path = w.write("types/check.ts", text, base=w.root)
    link = w.path("types", "node_modules")
    if not os.path.islink(link):
        os.symlink(MODULES, link)
    return subprocess.run(
        ["node", os.path.join(MODULES, "typescript", "bin", "tsc"), "--noEmit",
         "--strict", "--moduleResolution", "node", "--module", "commonjs",
         "--skipLibCheck", path], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, cwd=os.path.dirname(path))


def test_fields(w):
    """A field that the API doesn't know, or of another type, doesn't compile."""
    docs = documents()
    for name in "typescript", "kubernetes-types":
        if not os.path.isdir(os.path.join(MODULES, name)):
            raise harness.Skip("unchecked: there is no npm package %s: "
                               "./bootstrap engines" % name)
    assert set(docs) == set(TYPES), docs
    for kind, module in TYPES.items():
        head = "import {%s} from 'kubernetes-types/%s';\nexport const o: %s = " \
            % (kind, module, kind)
        r = compile_(w, head + json.dumps(docs[kind]) + ";\n")
        assert r.returncode == 0, (kind, r.stdout.decode())
    # It would be noticed.
    for wrong in ({"completionmode": "Indexed"}, {"completions": "3"}):
        bad = json.loads(json.dumps(docs["Job"]))
        bad["spec"].update(wrong)
        r = compile_(w, head + json.dumps(bad) + ";\n")
        assert r.returncode != 0, wrong


def test_what_hangs_together(w):
    docs = documents()
    spec = docs["Job"]["spec"]
    pod = spec["template"]["spec"]
    box = pod["containers"][0]
    names = {v["name"]: v for v in pod["volumes"]}
    assert {m["name"] for m in box["volumeMounts"]} == set(names)
    assert names["task"]["configMap"]["name"] == \
        docs["ConfigMap"]["metadata"]["name"]
    assert names["data"]["persistentVolumeClaim"]["claimName"] == \
        docs["PersistentVolumeClaim"]["metadata"]["name"]
    data = docs["ConfigMap"]["data"]
    assert spec["completions"] == len(data["repos"].split())
    assert spec["maxFailedIndexes"] == spec["completions"]
    for rule in spec["podFailurePolicy"]["rules"]:
        assert rule.get("onExitCodes", {}).get(
            "containerName", box["name"]) == box["name"]
    assert box["command"][1] == "/task/run" and "run" in data


def sid(w):
    with open(w.path("data", "out", "0.json")) as f:
        return json.load(f)["session"]


def test_its_shell(w):
    deny = harness.need_deny()
    docs = documents()
    data = docs["ConfigMap"]["data"]
    repos = [engines.repository(w.path("src", str(i)), a_txt="one\n",
                                Makefile="check:\n\tgrep -q two a.txt\n")
             for i in range(2)]
    m = w.mock({"rules": [
        {"if": ["Fix the failing"], "not": ["Replaced", "exactly this"],
         "answer": call("write", path="a.txt", content="two\n")},
        {"answer": done("did it")}]})
    with open(w.path("config", "assent", "config.json")) as f:
        config = dict(json.load(f), plan="skip", sandbox_require=json.loads(
            data["config.json"])["sandbox_require"])
    for name, text in data.items():
        w.write("task/" + name, text, base=w.root)
    w.write("task/config.json", json.dumps(config), base=w.root)
    w.write("task/repos", "".join(r + "\n" for r in repos), base=w.root)

    def index(i):
        return subprocess.run(
            list(deny) + ["sh", w.path("task/run")], env=dict(
                engines.environment(w), TASK=w.path("task"),
                DATA=w.path("data"), XDG_STATE_HOME=w.path("data", "state"),
                ASSENT_CONFIG=w.path("task/config.json"),
                JOB_COMPLETION_INDEX=str(i)), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.makedirs(w.path("data", "0", "clone"))   # was cut off
    for _ in range(2):
        for i in range(2):
            r = index(i)
            assert r.returncode == 5, r.stdout.decode()
            with open(w.path("data", "out", "%d.json" % i)) as f:
                o = json.load(f)
            assert o["proposed"] == ["a.txt"] and o["check"]["exit"] == 0, o
        assert len(m.requests()) == 4
    assert index(2).returncode == 2
    r = w.run("log", "--json", sid(w), env={
        "XDG_STATE_HOME": w.path("data", "state")})
    start = json.loads(r.stdout.splitlines()[0])
    assert start["sandbox"]["level"] == "C", start["sandbox"]
    # Reviewed in a clone.
    w.run("review", "--accept", "all", w.path("data/out/0.patch"),
          cwd=repos[0], code=0)


harness.main(globals())
