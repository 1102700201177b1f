"""tests/trial: its proposals are sound, and a reader's keys become the right
record, whichever way the proposal is shown."""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

import harness
import vt

TRIAL = os.path.join(harness.SRC, "tests", "trial")
sys.path.insert(0, TRIAL)

import proposals                                        # noqa: E402

RUN = [sys.executable, os.path.join(TRIAL, "run.py")]


def passes(command, cwd):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                          ).returncode == 0


def lacks(p):
    """A program that it needs and this host doesn't have, or None."""
    for name in p.needs:
        if shutil.which(name) is None or \
                not passes([name, "version" if name == "go" else "--version"],
                           None):
            return name
    return None


def tree_of(p, folder, right=False):
    """Its changed tree; without the defect."""
    os.makedirs(folder)
    p.lay(folder)
    p.change(folder)
    if right:
        for file, first, last, belongs in p.places():
            path = os.path.join(folder, file)
            with open(path, encoding="utf-8") as f:
                lines = f.read().split("\n")
            assert 1 <= first <= last <= len(lines), (p.number, file)
            assert lines[first - 1:last] != belongs, (p.number, file)
            lines[first - 1:last] = belongs
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(lines))
    return folder


def places(p):
    """How many hunks show the defect."""
    return len({(file, i) for file, first, last, _ in p.places()
                for i, (a, b) in enumerate(p.hunks()[file])
                if a <= last and b >= first})


def judged(p, w):
    """What is found of three reviews: all accepted, all rejected, and only the
    defect made good."""
    base = w.path("judged-%d" % p.number)
    os.makedirs(base)
    p.lay(base)
    wrong = tree_of(p, base + "-changed")
    right = tree_of(p, base + "-right", right=True)
    a, n, r = (p.judge(proposals.tree(x)) for x in (wrong, base, right))
    defect = p.truth["defect"]
    assert a["verdict"] == "accepted all" and a["false_alarms"] == 0, a
    assert a["right"] == (not defect), a
    assert n["verdict"] == "rejected" and n["false_alarms"] == \
        len(n["rejected"]) - places(p), (p.number, n)
    assert r["right"] and r["false_alarms"] == 0, r
    if defect:
        assert not a["found"] and n["found"] and r["found"], (a, n, r)
        assert len(r["rejected"]) == places(p), (p.number, r)
    return wrong, right


def sound(number, w):
    """None, or why its own programs weren't run."""
    p = proposals.get(number)
    t = p.truth
    assert p.request and p.step and t["why"], number
    assert t["defect"] is None or t["defect"] in proposals.KINDS, t
    assert set(t.get("parts", [])) <= set(proposals.PARTS), t
    for file, first, _, belongs in p.places():
        assert p.names("%s:%d" % (file, first)), number
        assert p.names("%s: %s" % (os.path.basename(file), max(
            belongs, key=len).strip())), number
        assert p.names("%s:%d" % (file, first + 90)) is False, number
    for _, _, names in os.walk(p.path("base")):
        assert "__pycache__" not in names, names
    wrong, right = judged(p, w)
    missing = lacks(p)
    if missing:
        return "%d: there is no %s" % (number, missing)
    # What they leave in the tree must not help the next.
    proof = ". '%s'" % p.path("proof") if os.path.exists(p.path("proof")) \
        else None
    for command, tree, want in (
            (p.check, wrong, True), (proof, wrong, not t["defect"]),
            (p.check, right, True), (proof, right, True)):
        if command and (tree == wrong or t["defect"]):
            copy = tree + "-run"
            shutil.copytree(tree, copy)
            assert passes(["sh", "-c", command], copy) == want, \
                (number, command, tree)
            shutil.rmtree(copy)
    return None


def test_proposals(w):
    numbers = proposals.numbers()
    assert numbers == list(range(1, len(numbers) + 1)), numbers
    defects = [proposals.get(n).truth["defect"] for n in numbers]
    assert len(defects) - defects.count(None) == len(defects) // 2, defects
    assert set(defects) - {None} == set(proposals.KINDS), defects
    assert sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(proposals.HERE)
               for name in names) < 700000
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for why in pool.map(lambda n: sound(n, w), numbers):
            if why:
                print("# not run: " + why)


def run(w, *args, code=0):
    p = subprocess.run(RUN + list(args), cwd=w.root, stdout=subprocess.PIPE)
    assert p.returncode == code, p
    return p.stdout.decode()


def records(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def review(w, way, number, answer):
    """A reading, step by step from a shell. `answer` is asked for the keys to
    each screen."""
    folder, out = w.path(way), w.path(way + ".jsonl")
    shown = run(w, "start", "--way", way, "--proposal", str(number), "--dir",
                folder, "--out", out, "--kind", "script", "--reader", "test",
                "--size", "60x100")
    p = proposals.get(number)
    assert shown.startswith("request: %s\n" % p.request), shown
    for _ in range(40):
        for word in (p.truth["defect"], p.truth["why"], TRIAL):
            assert word not in shown, shown
        if "The review is over" in shown:
            break
        if shown.startswith("request:"):
            again = run(w, "keys", folder)
            # A screen may have a clock.
            assert again.strip() and (way != "git" or
                                      shown.endswith("\n" + again)), again
        shown = run(w, "keys", folder, *answer(shown))
    assert run(w, "end", folder, "--verdict", "a gap of one", "--place",
               "%s:%d" % (p.truth["file"], p.truth["lines"][0])
               ) == "recorded\n"
    record, = records(out)
    assert record["finished"] and record["right"] and record["found"] and \
        record["named"], record
    assert record["false_alarms"] == 0, record
    assert [r["file"] for r in record["rejected"]] == [p.truth["file"]], record
    assert record["verdict"] == "rejected" and \
        record["said"] == "a gap of one", record
    assert record["keys"] > 0 and record["bytes"] > 0 and \
        record["seconds"] > 0, record
    return record


def test_git(w):
    """The defect is in a new file."""
    record = review(w, "git", 6, lambda shown: (
        "n<Enter>" if "+++ b/retry.go" in shown else "y<Enter>",))
    assert record["keys"] == 2 * 4 and record["letters"] == 0, record


def test_screen(w):
    harness.need_sandbox(w)

    def answer(shown):
        if "Enter writes" in shown or "Y writes" in shown:
            return ("<Enter>" if "Enter writes" in shown else "Y",)
        # The file of the hunk that is marked is in the bar.
        if re.search(r"4 diff\]\s+ranges\.c .*n reject", shown, re.S):
            return ("r", "text:one is left out", "<Enter>")
        if "y accept" not in shown:
            return ("<Space>",)
        return ("y",)
    record = review(w, "screen", 9, answer)
    assert record["comments"] == ["one is left out"], record
    assert record["letters"] == len("one is left out"), record


READER = r"""
import sys
while True:
    head = sys.stdin.readline().split()
    if not head:
        break
    rows = [sys.stdin.readline() for _ in range(int(head[1]))]
    if head[0] == "screen":
        print(sys.argv[1], flush=True)
"""


def test_program(w):
    """A program that reads: one that accepts all, one that gives up."""
    w.write("reader.py", READER, base=w.root)
    for answer in "keys 'y<Enter>'", "end no idea":
        run(w, "read", "--way", "git", "--proposal", "1", "--kind", "script",
            "--out", "out.jsonl", sys.executable, "reader.py", answer)
    done, gave_up = records(w.path("out.jsonl"))
    assert done["finished"] and done["right"] and \
        done["verdict"] == "accepted all" and done["rejected"] == [], done
    assert gave_up["verdict"] == "not finished" and \
        gave_up["said"] == "no idea" and "right" not in gave_up, gave_up


def test_of_an_install(w):
    """A way that no setting makes needs an install; the record has its name."""
    w.write("reader.py", READER, base=w.root)
    args = ("read", "--way", "moved", "--proposal", "31", "--kind", "script",
            "--name", "moved, before", "--out", "out.jsonl")
    reader = (sys.executable, "reader.py", "end")
    assert run(w, *args, *reader, code=1) == ""
    run(w, *args, "--program", w.root, *reader, code=1)
    run(w, *args, "--program", harness.BUILD, *reader)
    record, = records(w.path("out.jsonl"))
    assert record["way"] == "moved, before" and \
        record["settings"]["proofs"] == "off", record


def test_person(w):
    """In their own terminal; what they typed is counted."""
    out = w.path("out.jsonl")
    with vt.Terminal(RUN + ["person", "--way", "git", "--proposal", "6",
                            "--out", out], rows=40, env=dict(os.environ)) as t:
        assert t.wait("Enter begins."), t.show()
        t.send("\r")
        # A file after the other.
        for ask in ("(1/1) Stage addition", "(1/2) Stage this hunk",
                    "(1/1) Stage this hunk"):
            assert t.wait(ask), t.show()
            t.send("a\r")
        assert t.wait("Where the defect is"), t.show()
        t.send("\r")
        assert t.wait("Your words on it"), t.show()
        t.send("fine\r")
        assert t.eof() == "exit 0", t.show()
    record, = records(out)
    assert record["kind"] == "person" and record["keys"] == 6 and \
        record["said"] == "fine" and record["size"] == [40, 80], record
    assert record["finished"] and record["found"] is False and \
        record["verdict"] == "accepted all" and not record["right"], record


def test_table(w):
    """Each kind of reader has a table of its own."""
    def row(kind, way, **more):
        return json.dumps(dict({
            "kind": kind, "way": way, "reader": kind, "finished": True,
            "found": None, "false_alarms": 0, "seconds": 10, "keys": 4,
            "proposal": 7, "named": None},
            **more)) + "\n"
    w.write("r.jsonl", row("person", "git", found=False) +
            row("model", "git", found=True, named=True, seconds=30) +
            row("model", "git", false_alarms=2) +
            row("model", "screen", finished=False) +
            row("model", "git", found=False, keys=9), base=w.root)
    text = run(w, "table", "r.jsonl")
    models, people = text.split("People:")
    assert "| git | 1 | 3 | 1 | 1 | 1 | 2 | 0 | 10 | 4 |" in models, text
    assert "| screen | 1 | 1 | 0 | 0 | 0 | 0 | 1 | - | - |" in models, text
    assert "| git | 1 | 1 | 0 | 1 | 0 | 0 | 0 | 10 | 4 |" in people, text


def test_assigned(w):
    """Ten proposals for a reader, half of them with a defect; the next reader
    has the same in the other way, and eight readers have all. None has both
    twins."""
    every = {}
    for n in range(1, 9):
        mine = [line.split() for line in run(
            w, "assign", str(n), "--to", "40", "--ways", "git",
            "b").splitlines()]
        assert len(mine) == len(dict(mine)) == 10, mine
        assert sum(bool(proposals.get(int(p)).truth["defect"])
                   for p, _ in mine) == 5, mine
        for p, way in mine:
            every.setdefault(int(p), []).append(way)
    assert sorted(every) == list(range(1, 41))
    assert all(sorted(ways) == ["b", "git"] for ways in every.values())
    twins = []
    for n in range(1, 5):
        mine = [proposals.get(int(line.split()[0])) for line in run(
            w, "assign", str(n), "--from", "41", "--count", "30", "--ways",
            "git").splitlines()]
        assert len({p.pair for p in mine}) == len(mine) == 30, mine
        assert sum(bool(p.truth["defect"]) for p in mine) == 15, mine
        twins += [p.number for p in mine]
    assert sorted(twins) == proposals.numbers()[40:]


harness.main(globals())
