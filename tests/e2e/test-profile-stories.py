#!/usr/bin/env python3
"""What each profile is for: one piece of work in a small repository, a shell
library with its command, tests, documentation and a dependency."""

import json
import subprocess

import harness
from harness import call
from messages import msg

FILES = {
    "lib/time.sh": """# hms SECONDS: as h:mm:ss
hms() {
\tstr_pad $(($1 / 3600)) 1
\tprintf :
\tstr_pad $(($1 % 3600 / 60)) 2
\tprintf :
\tstr_pad $(($1 % 60)) 2
}
""",
    "lib/mean.sh": """# mean NUMBER...: rounded down
mean() {
\tsum=0
\tfor n; do
\t\tsum=$((sum + n))
\tdone
\techo $((sum / $#))
}
""",
    "bin/laps": """#!/bin/sh
# laps SECONDS...: the mean of some laps
. vendor/str/str.sh
. lib/time.sh
. lib/mean.sh
hms $(mean "$@")
""",
    "vendor/str/str.sh": "str_pad() { printf '%0*d' $2 $1; }\n",
    "vendor/str/CHANGES": "1.2 str_pad VALUE WIDTH\n",
    "deps.txt": "str 1.2\n",
    "deps.lock": "str 1.2 sha256:0c5a\n",
    "doc/laps.md": """# laps

`laps 60 62` prints the mean of the laps, `1:01`.
""",
    "tests/test_time.sh": "is \"$(hms 3661)\" 1:01:01\n",
    "tests/test_mean.sh": "is \"$(mean 1 2 6)\" 3\n",
    "check.sh": """is() { [ "$1" = "$2" ] || { echo "$1, not $2" >&2; exit 1; }; }
. vendor/str/str.sh
for f in lib/*.sh tests/test_*.sh; do . $f; done
echo all passed
""",
}


def bash(command):
    return call("bash", command=command)


def edit(path, old, new):
    return call("edit", path=path, old_string=old, new_string=new)


def done(summary, steps=0):
    return harness.done(*range(1, steps + 1), summary=summary)


def work(w, profile, *answers, args=(), want=0):
    """The object of --output, and the results of the calls."""
    harness.need_sandbox(w)
    w.mock(list(answers))
    r = w.run("exec", "--profile", profile, "--test", "sh check.sh",
              "--output", w.path("out.json"), *args, "go")
    assert r.returncode == want, r
    with open(w.path("out.json")) as f:
        out = json.load(f)
    assert out["stats"]["profile"] == profile
    return out, [e["text"] for e in w.events("tool_result")]


def repository(w):
    for path, text in FILES.items():
        w.write(path, text, mode=0o755 if path.startswith("bin/") else None)
    w.git("init", "-q")
    w.git("add", ".")
    w.git("commit", "-qm", "laps: the mean of some laps")


def passes(w, code=0):
    """The project's own test, on the user's files."""
    r = subprocess.run(["sh", "check.sh"], cwd=w.project,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert r.returncode == code, r


def test_review(w):
    """A change that isn't committed: tried, judged with file and line, and left as
    it is, whatever the model writes."""
    repository(w)
    w.write("lib/mean.sh", FILES["lib/mean.sh"].replace(
        "sum=0\n", "sum=0 first=$1\n").replace("/ $#", "/ ($# - 1)"))
    before = harness.tree(w.project)
    out, said = work(
        w, "review", bash("git diff HEAD"),
        call("read", path="lib/mean.sh"),
        bash("sh check.sh; . lib/mean.sh; mean 5"),
        bash("git show HEAD:lib/mean.sh >lib/mean.sh && sh check.sh"),
        call("finding", path="lib/mean.sh", line=7, severity="error",
             message="One number too few is counted; `mean 5` divides by 0."),
        call("finding", path="lib/mean.sh", line=3, severity="note",
             message="first is never used."),
        done("Not sound: fix line 7 first."),
        args=("--sarif", w.path("out.sarif")))
    assert "+\techo $((sum / ($# - 1)))" in said[0], said
    assert "4, not 3" in said[2] and "division by" in said[2], said
    # It saw its fix work, and nothing of that stayed.
    assert "all passed" in said[3], said
    assert harness.tree(w.project) == before and not out["proposed"], out
    assert [(f["path"], f["line"], f["severity"]) for f in out["findings"]
            ] == [("lib/mean.sh", 7, "error"), ("lib/mean.sh", 3, "note")]
    with open(w.path("out.sarif")) as f:
        results = json.load(f)["runs"][0]["results"]
    assert [x["level"] for x in results] == ["error", "note"], results
    assert out["outcome"] == "done" and out["check"] is None, out


def test_bugfix(w):
    """The cause is fixed only after a test failed because of it."""
    repository(w)
    fix = edit("lib/mean.sh", "\techo $((sum / $#))",
               "\techo $((sum / ($# > 0 ? $# : 1)))")
    test = call("write", path="tests/test_mean_none.sh",
                content="is \"$(mean)\" 0\n")
    out, said = work(
        w, "bugfix", bash("grep -rn mean bin lib"),
        call("plan", goal="mean of nothing is 0, not an error", steps=[
            {"title": "A test that fails"}, {"title": "Fix mean"}]),
        test, call("run_tests"), fix, call("run_tests"),
        done("mean divided by the number of arguments, also by 0.", 2),
        args=("--approve", "yes"))
    assert "division by" in said[3] and "all passed" in said[5], said
    assert sorted(out["modified_files"]) == ["lib/mean.sh",
                                             "tests/test_mean_none.sh"], out
    assert out["check"]["exit"] == 0 and out["outcome"] == "done", out
    passes(w)
    # The same fix without such a test isn't accepted as done.
    w.git("checkout", "-q", ".")
    w.git("clean", "-qf")
    out, said = work(w, "bugfix", fix, done("Fixed."), done("Fixed."),
                     args=("--approve", "yes", "--plan", "skip"), want=3)
    assert msg.NO_TEST_WAS_SEEN in said[1], said
    assert out["outcome"] == "unproven", out


def test_migrate(w):
    """A name changes in many files; they wait together until you have time, and
    are all alike."""
    repository(w)
    for i in range(30):
        w.write("bin/race%d" % i, FILES["bin/laps"].replace(
            "laps", "race%d" % i), mode=0o755)
    w.git("add", ".")
    w.git("commit", "-qm", "races")
    before = harness.tree(w.project)
    out, said = work(
        w, "migrate", bash("grep -rlw hms . --exclude-dir=.git | wc -l"),
        call("plan", goal="hms is time_hms, in 33 files", steps=[
            {"title": "lib/time.sh"}, {"title": "All others"}]),
        edit("lib/time.sh", "hms() {", "time_hms() {"),
        bash("sed -i 's/\\<hms /time_hms /' bin/* lib/time.sh "
             "tests/test_time.sh"),
        call("run_tests"), bash("grep -rnw hms . --exclude-dir=.git"),
        done("33 files; none is left.", 2), want=5)
    assert said[0].split()[-1] == "33" and "all passed" in said[4], said
    assert "exit status 1" in said[5], said
    # Nothing is written, and nobody was waited for.
    assert harness.tree(w.project) == before, out
    assert len(out["proposed"]) == 33 and out["check"]["exit"] == 0, out
    p = [e for e in w.events("proposal") if e["files"]][-1]
    changes = {"".join(sorted(x for x in h["text"].splitlines(True)
                              if x[0] in "+-"))
               for f in p["files"] if f["path"].startswith("bin/")
               for h in f["hunks"]}
    assert len(changes) == 1, changes
    r = w.run("decide", "--accept", "all")
    assert r.returncode == 0, r
    passes(w)
    assert w.read("bin/race7").endswith("time_hms $(mean \"$@\")\n")


def test_docs(w):
    """The example is tried, and the text corrected; code isn't changed without
    you."""
    repository(w)
    out, said = work(
        w, "docs", bash("sh bin/laps 60 62"),
        call("plan", goal="The example is right", steps=[
            {"title": "Correct doc/laps.md"}]),
        edit("doc/laps.md", "`1:01`", "`0:01:01`, rounded down to seconds"),
        edit("lib/time.sh", "as h:mm:ss", "as h:mm:ss, hours always"),
        done("The example showed no hours.", 1),
        args=("--approve", "yes"), want=5)
    assert "0:01:01" in said[0], said
    assert out["modified_files"] == ["doc/laps.md"], out
    assert out["proposed"] == ["lib/time.sh"], out
    assert w.read("lib/time.sh") == FILES["lib/time.sh"]
    p = [e for e in w.events("proposal") if e["files"]][-1]
    assert p["files"][0]["protected"] == \
        msg.NAMED_BY_YOUR_SETTINGS, p


def test_tests(w):
    """A new test was seen to fail on code broken for it; the code is as it
    was."""
    repository(w)
    out, said = work(
        w, "tests", call("read", path="tests/test_time.sh"),
        call("plan", goal="hms at its edges", steps=[
            {"title": "Test 0 and 59:59"}]),
        edit("tests/test_time.sh", "is \"$(hms 3661)\" 1:01:01\n",
             "is \"$(hms 3661)\" 1:01:01\nis \"$(hms 0)\" 0:00:00\n"
             "is \"$(hms 3599)\" 0:59:59\n"),
        bash("sed -i 's/% 3600/% 3599/' lib/time.sh; sh check.sh; "
             "sed -i 's/% 3599/% 3600/' lib/time.sh"),
        call("run_tests"), done("Two edges.", 1), args=("--approve", "yes"))
    assert "0:00:59, not 0:59:59" in said[3], said
    assert "all passed" in said[4], said
    assert out["modified_files"] == ["tests/test_time.sh"], out
    assert not out["proposed"] and out["prompts"] == 0, out
    assert w.git("status", "--short").strip() == "M tests/test_time.sh"
    passes(w)


def test_deps(w):
    """A new version: the manifest and the calls, by what its changelog says. The
    lock file is yours, and so is what needs the network."""
    repository(w)
    w.write("vendor/str/str.sh", "str_pad() { printf '%0*d' $1 $2; }\n")
    w.write("vendor/str/CHANGES", "2.0 str_pad WIDTH VALUE, as everywhere\n"
            "1.2 str_pad VALUE WIDTH\n")
    w.git("commit", "-qam", "vendor: str 2.0")
    passes(w, 1)
    out, said = work(
        w, "deps", bash("exec 3<>/dev/tcp/192.0.2.1/443"),
        bash("cat deps.txt vendor/str/CHANGES; grep -rn str_pad lib"),
        call("plan", goal="str 2.0", steps=[
            {"title": "Manifest"}, {"title": "Calls of str_pad"}]),
        edit("deps.txt", "str 1.2", "str 2.0"),
        bash("sed -i -E 's/str_pad (.*) ([12])$/str_pad \\2 \\1/' "
             "lib/time.sh"),
        bash("sed -i 's/1.2/2.0/' deps.lock"), call("run_tests"),
        done("str 2.0 swaps the arguments. Run `str lock` for deps.lock.", 2),
        args=("--approve", "yes"), want=5)
    assert "exit status 1" in said[0], said
    assert "all passed" in said[6], said
    assert sorted(out["modified_files"]) == ["deps.txt", "lib/time.sh"], out
    assert out["proposed"] == ["deps.lock"], out
    assert w.read("deps.lock") == FILES["deps.lock"]
    assert "str_pad 2 $(($1 % 60))" in w.read("lib/time.sh")
    passes(w)


if __name__ == "__main__":
    harness.main(globals())
