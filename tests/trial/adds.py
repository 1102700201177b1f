#!/usr/bin/env python3
"""What changes add, by the program adds-words: of the trial's twins, which
test-adds-planted.py counts, or of the newest commits of bare repositories."""

import argparse
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys

SOURCES = re.compile(
    r"\.(c|h|cc|cpp|hpp|cxx|py|[jt]sx?|[cm][jt]s|go|rs|java|kt|rb|php|cs|"
    r"sh|bash)$|(^|/)(Makefile|Dockerfile)$")
LARGE = 1 << 20


class Words:
    """The program, as long as it is needed."""

    def __init__(self):
        self.p = subprocess.Popen(
            [os.path.join(os.environ["builddir"], "tests/trial/adds-words")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def find(self, files):
        """Of {path: (bytes before, bytes after)}, None where there is no such
        file: [(path, line, kind, words, target or "")]."""
        for path, texts in files.items():
            self.p.stdin.write(b"file %d %d %s\n" % (*(
                -1 if t is None else len(t) for t in texts),
                os.fsencode(path)))
            for t in texts:
                self.p.stdin.write(t or b"")
        self.p.stdin.write(b"find\n")
        self.p.stdin.flush()
        out = []
        for line in iter(self.p.stdout.readline, b"\n"):
            place, kind, what, target = os.fsdecode(line)[:-1].split("\t", 3)
            path, _, number = place.rpartition(":")
            out.append((path, int(number), kind, what, target))
        return out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.p.stdout.close()
        assert self.p.wait() == 0


def target_parts(target):
    """The word, the patterns of the files that count, what these have, too."""
    word, files, also = (target.split("\t") + ["", ""])[:3]
    return word, files.split(), also.split()


def stands(target, path, text):
    word, files, also = target_parts(target)
    return all(os.fsencode(a) in text for a in also) and bool(re.search(
        rb"(?<!\w)%s(?!\w)" % re.escape(os.fsencode(word)), text)) and (
            not files or any(fnmatch.fnmatch("/" + path, "*/" + p)
                             for p in files))


def shown(words, before, after):
    """What is shown of a change of one tree to another, {path: bytes}: without
    the words whose target stands in files that it leaves alone."""
    changed = {path: (before.get(path), after.get(path))
               for path in sorted(set(before) | set(after))
               if before.get(path) != after.get(path)}
    return [w for w in words.find(changed) if not w[4] or not any(
        stands(w[4], path, text) for path, text in before.items()
        if path not in changed)]


class Repository:
    def __init__(self, folder):
        self.git = ["git", "--git-dir", folder]
        self.cat = subprocess.Popen(self.git + ["cat-file", "--batch"],
                                    stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)

    def run(self, *args):
        return subprocess.run(self.git + list(args), check=True,
                              stdout=subprocess.PIPE).stdout

    def blob(self, oid):
        """None: too large, not there, or no text."""
        self.cat.stdin.write(oid + b"\n")
        self.cat.stdin.flush()
        _, is_there, *n = self.cat.stdout.readline().split()
        if is_there == b"missing":
            return None
        n = int(n[0])
        text = self.cat.stdout.read(n + 1)[:n]
        return None if n > LARGE or b"\0" in text else text

    def changes(self, commit):
        """{path: (before, after)} of the texts that it changes."""
        fields = self.run("diff-tree", "-r", "-z", "--no-renames", "--raw",
                          "--no-abbrev", "--no-commit-id",
                          commit).split(b"\0")
        out = {}
        for about, path in zip(fields[::2], fields[1::2]):
            modes, oids = about[1:].split()[:2], about.split()[2:4]
            if any(m not in (b"000000", b"100644", b"100755") for m in modes):
                continue
            texts = [None if m == b"000000" else self.blob(o)
                     for m, o in zip(modes, oids)]
            if [t is None for t in texts] == [m == b"000000" for m in modes]:
                out[os.fsdecode(path)] = tuple(texts)
        return out

    def commits(self, most):
        """The newest ones that change sources, with what they change."""
        for commit in self.run("rev-list", "--no-merges", "--min-parents=1",
                               "HEAD").decode().split():
            changes = self.changes(commit)
            if any(SOURCES.search(path) for path in changes):
                yield commit, changes
                most -= 1
            if most == 0:
                break

    def has(self, commit, target, changes):
        """Does it stand, as a word, in the parent's other files?"""
        word, files, also = target_parts(target)
        p = subprocess.run(self.git + [
            "grep", "-q", "-F", "--all-match", "-e", word,
            *([x for a in also for x in ("-e", a)] or ["-w"]), commit + "^", "--",
            *(":(glob)" + ("" if p.startswith(".github/") else "**/") + p
              for p in files or ["*"]),
            *(":(exclude,literal)" + path for path in changes)],
            stderr=subprocess.DEVNULL)
        assert p.returncode in (0, 1), (commit, target)
        return p.returncode == 0


def measure(folder, most, out):
    """Writes a line of JSON for each word; how many of each kind, of how many
    commits."""
    name = os.path.normpath(folder).removesuffix("/repo").rsplit("/", 1)[-1]
    r, kinds, n = Repository(folder), collections.Counter(), 0
    with Words() as words:
        for commit, changes in r.commits(most):
            n += 1
            for path, line, kind, what, target in words.find(changes):
                if target and r.has(commit, target, changes):
                    kinds["(elsewhere)"] += 1
                    continue
                kinds[kind] += 1
                lines = changes[path][1].decode("utf-8", "replace").split("\n")
                out.write(json.dumps({
                    "repository": name, "commit": commit, "path": path,
                    "line": line, "kind": kind, "words": what,
                    "text": lines[line - 1],
                    "around": lines[max(0, line - 4):line + 3]}) + "\n")
    return kinds, n


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("repositories", nargs="+", metavar="GIT-DIR")
    p.add_argument("--commits", type=int, default=100, metavar="N",
                   help="of each: the newest that change sources")
    p.add_argument("--out", default="words.jsonl",
                   help="file for the words, a line of JSON each")
    args = p.parse_args()
    os.environ.setdefault("builddir", "build")
    total, commits = collections.Counter(), 0
    with open(args.out, "w", encoding="utf-8") as out:
        for folder in args.repositories:
            kinds, n = measure(folder, args.commits, out)
            total += kinds
            commits += n
            print("%-40s %4d commits %5d words" % (folder[-40:], n, sum(
                kinds.values()) - kinds["(elsewhere)"]), flush=True)
    for kind, n in total.most_common():
        print("%-12s %5d %7.1f in 100 commits" % (
            kind, n, 100 * n / max(1, commits)))


if __name__ == "__main__":
    sys.exit(main())
