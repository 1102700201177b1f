"""The proposals of the trial: what is in their folders, and what a reader made
of one, found by comparing trees. It doesn't matter how they were read."""

import difflib
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "proposals")
KINDS = ("boundary", "swapped arguments", "dropped check", "weakened test",
         "unneeded deletion", "secret in a log", "inverted condition",
         "wrong name", "resource leak", "wrong unit", "race",
         "unchecked length")
# What of the screen has something to say at a defect.
PARTS = ("proofs", "weakened", "moved", "alike", "order")
NEAR = 3        # lines between a defect and where a reader says that it is
# What git reads of the user's must make no difference.
GIT_ENV = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


def numbers():
    return sorted(int(n) for n in os.listdir(HERE) if n.isdigit())


def tree(folder):
    """path -> content, without git's own."""
    out = {}
    for base, dirs, files in os.walk(folder):
        dirs[:] = [d for d in dirs if d not in (".git", "__pycache__")]
        for name in files:
            path = os.path.join(base, name)
            with open(path, "rb") as f:
                out[os.path.relpath(path, folder)] = f.read()
    return out


def blocks(old, new):
    """Where two texts differ, as (first line, lines) of the old one; a block
    without lines comes after that line."""
    match = difflib.SequenceMatcher(
        None, (old or b"").splitlines(True), (new or b"").splitlines(True),
        autojunk=False)
    return [(i + 1 if j > i else i, j - i)
            for tag, i, j, _, _ in match.get_opcodes() if tag != "equal"]


def meets(block, first, last):
    """Does this block lie in these lines?"""
    at, n = block
    if n == 0:
        return first - 1 <= at <= last
    return at <= last and at + n - 1 >= first


class Proposal:
    """Its folder has base/ (the tree), change.patch, proposal.json (what its
    reader is told), truth.json, and perhaps proof, a script that fails where the
    defect is."""

    def __init__(self, number):
        self.number = number
        self.folder = os.path.join(HERE, "%02d" % number)
        with open(self.path("proposal.json"), encoding="utf-8") as f:
            about = json.load(f)
        self.request, self.step = about["request"], about["step"]
        self.check = about.get("check")
        self.needs = about.get("needs", [])     # programs
        with open(self.path("truth.json"), encoding="utf-8") as f:
            self.truth = json.load(f)

    def path(self, name):
        return os.path.join(self.folder, name)

    def lay(self, folder):
        """The base, and nothing else of the proposal, into this folder."""
        # A release's files may all be read-only.
        for base, _, files in os.walk(self.path("base")):
            to = os.path.join(folder, os.path.relpath(base, self.path("base")))
            os.makedirs(to, exist_ok=True)
            for name in files:
                old, new = os.path.join(base, name), os.path.join(to, name)
                shutil.copyfile(old, new)
                if os.access(old, os.X_OK):
                    os.chmod(new, 0o755)

    def change(self, folder):
        # The folder may lie in somebody's clone.
        env = dict(os.environ, GIT_CEILING_DIRECTORIES=os.path.dirname(folder),
                   **GIT_ENV)
        subprocess.run(["git", "apply", "--whitespace=nowarn",
                        self.path("change.patch")], cwd=folder, env=env,
                       check=True)

    @functools.cached_property
    def changed(self):
        """The tree as proposed."""
        with tempfile.TemporaryDirectory(prefix="assent-trial-") as d:
            self.lay(d)
            self.change(d)
            return tree(d)

    def changed_files(self):
        """path -> what the change makes of it; None: deleted."""
        base = tree(self.path("base"))
        return {path: self.changed[path].decode() if path in self.changed
                else None for path in sorted(set(base) | set(self.changed))
                if base.get(path) != self.changed.get(path)}

    def hunks(self):
        """path -> [(first line, last line)] of the tree as proposed."""
        out, path = {}, None
        with open(self.path("change.patch"), encoding="utf-8") as f:
            for line in f:
                if line.startswith("diff --git a/"):
                    path = line.rstrip("\n").split(" b/")[-1]
                    out[path] = []
                elif line.startswith("@@ "):
                    at, n = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@",
                                     line).groups()
                    out[path].append((int(at), int(at) + int(n or 1) - 1))
        return out

    def places(self):
        """Where the defect can be seen: [(file, first line, last line, the
        lines that belong there)]."""
        t = self.truth
        return [(x["file"], *x["lines"], x["right"])
                for x in [t] + t.get("also", [])] if t["defect"] else []

    def is_defect(self, path, block):
        return any(path == file and meets(block, first, last)
                   for file, first, last, _ in self.places())

    def names(self, said):
        """Does "FILE:LINE" or "FILE:some of its text" name the defect? None:
        nothing was said."""
        file, colon, where = said.strip().partition(":")
        if not colon:
            return None
        for path, first, last, right in self.places():
            if file != path and not path.endswith("/" + file):
                continue
            if where.strip().isdigit():
                if first - NEAR <= int(where) <= last + NEAR:
                    return True
                continue
            lines = self.changed[path].decode().split("\n")[first - 1:last]
            where = " ".join(where.split())
            if where and any(where in " ".join(text.split())
                             for text in lines + right):
                return True
        return False

    def judge(self, result):
        """What a review that led to this tree did: the hunks that aren't
        written as they were proposed, and whether that is right."""
        t, rejected, false, found = self.truth, [], 0, False
        for path, hunks in sorted(self.hunks().items()):
            differs = blocks(self.changed.get(path), result.get(path))
            for i, (first, last) in enumerate(hunks, 1):
                there = [b for b in differs if meets(b, first, last)]
                if not there:
                    continue
                rejected.append({"file": path, "hunk": i,
                                 "lines": [first, last]})
                if any(self.is_defect(path, b) for b in there):
                    found = True
                else:
                    false += 1
        return {"verdict": "rejected" if rejected else "accepted all",
                "rejected": rejected, "false_alarms": false,
                "found": found if t["defect"] else None,
                "right": found if t["defect"] else not rejected}
