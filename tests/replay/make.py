#!/usr/bin/env python3
"""Makes the recordings beside it again, by a scripted model. Run it in the build
folder, with srcdir and builddir set, after a change of what they show that
`assent replay --update` can't take over (other calls, other files)."""
import os
import sys

SRC = os.environ["srcdir"]
sys.path.insert(0, os.path.join(SRC, "tests", "e2e"))

import harness      # noqa: E402
import protocol     # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = """def total(prices):
    result = 0
    for price in prices:
        result += price
    return result


def mean(prices):
    return total(prices) / len(prices)
"""


def call(*calls, text=""):
    return {"text": text, "calls": [
        {"name": name, "args": args} for name, args in calls]}


def edit(old, new, path="shop.py", **more):
    return "edit", dict({"path": path, "old_string": old, "new_string": new},
                        **more)


def bash(command):
    return "bash", {"command": command}


DONE = call(("done", {"summary": "Done."}))


def tools(w):
    """Results of tools that read files, and inexact edits that succeed."""
    w.write("shop.py", PYTHON)
    w.write("doc/notes.md", "# Notes\n\ntotal\tmean\n")
    w.write("long.txt", "".join("line %d\n" % i for i in range(1, 400)))
    w.write("crlf.txt", "one\r\ntwo\r\n")
    w.mock([
        call(("read", {"path": "shop.py"}),
             ("read", {"path": "long.txt", "from": 100, "lines": 5}),
             ("read", {"path": "none.py"}), ("glob", {"pattern": "**/*.md"}),
             ("grep", {"pattern": "total"})),
        call(edit("result = 1", "result = 2"),
             edit("result", "sum_"),
             edit("  for price in prices:\n    result += price",
                  "    for price in prices:\n        result += price * 2"),
             edit("two", "TWO", path="crlf.txt"),
             edit("x", "y", path="../outside"),
             ("write", {"path": "new/file.txt", "content": "new\n"}),
             ("edit", "{\"path\": \"shop.py\", "),
             ("unknown", {})),
        call(bash("cat new/file.txt; rm doc/notes.md; chmod +x shop.py"),
             bash("echo out; echo err >&2; exit 3"),
             bash("wc -l <shop.py; ls")),
        DONE])
    return w.run("exec", "--plan", "skip", "--approve", "yes", "go")


def patch(w):
    """apply_patch, for the models that have it: several files, and what doesn't
    fit."""
    w.write("shop.py", PYTHON)
    w.write("old.txt", "old\n")

    def apply(*lines):
        return "apply_patch", {"input": "\n".join(
            ("*** Begin Patch",) + lines + ("*** End Patch",))}
    w.mock([
        call(apply("*** Update File: shop.py", "@@ def mean(prices):",
                   "-    return total(prices) / len(prices)",
                   "+    return total(prices) / max(1, len(prices))",
                   "*** Delete File: old.txt",
                   "*** Add File: new/file.txt", "+new")),
        # Other spaces are forgiven, other words aren't.
        call(apply("*** Update File: shop.py",
                   "-  for price in prices:", "-    result += price",
                   "+  result = sum(prices)")),
        call(apply("*** Update File: shop.py", "-    result = 1",
                   "+    result = 2")),
        call(apply("*** Update File: none.py", "-x", "+y")),
        call(edit("result = 0", "result = 0.0")), DONE],
        config={"model": "mock/gpt-6.1-sol"})
    return w.run("exec", "--plan", "skip", "--approve", "yes", "go")


def check(w):
    """A plan, its steps, and a success check that fails first."""
    w.write("shop.py", PYTHON)
    w.write("check.sh", "grep -q 'if not prices' shop.py || "
            "{ echo 'mean of nothing fails'; exit 1; }\n")
    w.mock([
        call(("bash", {"command": "echo x >>shop.py"}), edit("a", "b")),
        call(("plan", {
            "goal": "mean() of nothing is 0",
            "steps": [{"title": "Change mean()",
                       "paths": ["shop.py"]},
                      {"title": "Run the check"}],
            "files": ["shop.py"], "risks": ["callers that expect an error"]})),
        call(("write", {"path": "other.txt", "content": "x\n"}),
             edit("def mean(prices):\n",
                  "def mean(prices):\n    # of some\n"),
             ("step_done", {"step": 1})),
        call(("run_tests", {})), harness.done(2, summary="Done."),
        call(edit("    # of some\n",
                  "    if not prices:\n        return 0\n")), DONE])
    return w.run("exec", "--approve", "yes", "--test", "sh check.sh", "go")


def person(w):
    """A plan returned and approved, hunks accepted, rejected and edited."""
    w.write("shop.py", PYTHON)
    plan = call(("plan", {"goal": "Names", "steps": [{"title": "Rename"}]}))
    w.mock([plan, plan, call(
        edit("def total(prices)", "def total(numbers)"),
        edit("return total(prices) /", "return sum(prices) /"),
        ("step_done", {"step": 1})),
        call(edit("return total(prices) /", "return 1.0 * total(prices) /")),
        DONE])
    c = protocol.start(w, plan="require", task="go", keep_alive=False)
    protocol.review(c, "1.0", "float(1)")
    c.close_and_wait()


def main():
    for story in tools, patch, check, person:
        w = harness.World("record")
        try:
            r = story(w)
            assert r is None or r.returncode in (0, 5), r
            to = os.path.join(HERE, story.__name__ + ".json")
            w.run("record", "-o", to, code=0)
            w.run("replay", to, code=0)
            print(to)
        finally:
            w.close()


main()
