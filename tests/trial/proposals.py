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
         "unchecked length", "added address", "second recipient",
         "certificates unchecked", "wrong package",
         "test host that isn't one")
# What of the screen has something to say at a defect.
PARTS = ("proofs", "weakened", "moved", "alike", "order", "adds")
NEAR = 3        # lines between a defect and where a reader says that it is
# What git reads of the user's must make no difference.
GIT_ENV = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


# Files of two proposals each, whose numbers follow those of the folders.
PAIRS = os.path.join(HERE, "adds")


def numbers():
    folders = sum(n.isdigit() for n in os.listdir(HERE))
    return list(range(1, folders + 2 * len(os.listdir(PAIRS)) + 1))


def get(number):
    folders = sum(n.isdigit() for n in os.listdir(HERE))
    return Proposal(number) if number <= folders else Twin(number, folders)


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
        self.number = self.pair = number
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

    @functools.cached_property
    def base(self):
        return tree(self.path("base"))

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
        base = self.base
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


def put(files, folder):
    for path, text in files.items():
        to = os.path.join(folder, path)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "wb") as f:
            f.write(text)


class Twin(Proposal):
    """One of a file's two proposals: one with a planted defect, and the same
    change without it. After the lines that name what proposal.json and
    truth.json have, each file begins with "@ PATH"; of its lines "-" are only
    before the change, "+" after it, "!" with the defect and "=" without."""

    def __init__(self, number, folders):
        nth = (number - folders + 1) // 2
        self.number, self.pair = number, folders + 2 * nth - 1
        self.folder = os.path.join(PAIRS, "%02d.txt" % nth)
        with open(self.folder, encoding="utf-8") as f:
            head, *files = f.read().split("\n@ ")
        about = dict(line.split(": ", 1) for line in head.split("\n"))
        self.request, self.step = about["request"], about["step"]
        self.check, self.needs = None, []
        planted = about["planted"] == ("first" if number == self.pair else
                                       "second")
        self.base, self.changed, places = {}, {}, []
        for file in files:
            path, *lines = file.removesuffix("\n").split("\n")
            self.put(path, lines, planted)
            places += self.planted(path, lines)
        self.truth = dict(places[0], defect=about["kind"], parts=["adds"],
                          also=places[1:], why=about["why"]) if planted else \
            {"defect": None, "parts": ["adds"],
             "why": "The same change without what was planted."}

    def put(self, path, lines, planted):
        for texts, signs in ((self.base, " -"),
                             (self.changed, " +" + "=!"[planted])):
            mine = [line[1:] + "\n" for line in lines
                    if (line or " ")[0] in signs]
            if mine:
                texts[path] = "".join(mine).encode()

    @staticmethod
    def planted(path, lines):
        """Runs of planted lines, with the lines that belong there."""
        out, at, last = [], 0, ""
        for line in lines:
            sign = (line or " ")[0]
            at += sign in " +!"
            if sign in "!=" and last not in ("!", "="):
                out.append({"file": path, "lines": [at, at], "right": []})
            if sign == "!":
                out[-1]["lines"][1] = at
            elif sign == "=":
                out[-1]["right"].append(line[1:])
            last = sign
        return out

    def lay(self, folder):
        put(self.base, folder)

    def change(self, folder):
        for path in set(self.base) - set(self.changed):
            os.unlink(os.path.join(folder, path))
        put(self.changed, folder)

    def hunks(self):
        out = {}
        for path in self.changed_files():
            old, new = (side.get(path, b"").decode().split("\n")
                        for side in (self.base, self.changed))
            out[path] = [(at + (n == 0), at + max(n, 1) - 1) for at, n in (
                (int(a), int(b or 1)) for a, b in re.findall(
                    r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", "\n".join(
                        difflib.unified_diff(old, new, lineterm="")), re.M))]
        return out
