"""assent commit against chance: a session, or two beside each other, write into
two files, while the user edits, commits, stashes, resets and undoes in any order.
A model that knows only the values that each place of a file had says what each
`assent commit` does: HEAD, what is recorded, the message, or that there is
nothing to commit.

SEED=n HISTORIES=n say which; where one fails, its seed is printed.
"""

import os
import random

from commitlib import DONE, git, init, show
import harness
from harness import bash

PLACES = 6
FILES = ("a", "b")
STEPS = 9


def text_of(values):
    """With lines between the places that nobody changes."""
    return "".join("= %d\n%s== %d\n=== %d\n" % (n, v, n, n)
                   for n, v in enumerate(values))


def values_of(text):
    return [text.split("= %d\n" % n, 1)[1].split("== %d\n" % n, 1)[0]
            for n in range(PLACES)]


class Session:
    def __init__(self, sid):
        self.sid = sid
        self.steps = []         # (change, what was before, and after: by file)
        self.tasks = {}         # of changes
        self.undoes = {}        # change: the one that it reverses


class History:
    def __init__(self, w, seed):
        self.w, self.r, self.seed = w, random.Random(seed), seed
        self.sessions, self.names, self.stash = [], 0, None
        self.log = []
        for name in FILES:
            w.write(name, text_of(["line %d\n" % n for n in range(PLACES)]))
        git(w, "add", *FILES)
        git(w, "commit", "-q", "--allow-empty", "-m", "start %s" % seed)

    # ---- what is there ----

    def tree(self):
        return {name: values_of(self.w.read(name)) for name in FILES}

    def head(self):
        return {name: values_of(show(self.w, name)) for name in FILES}

    def some(self, values):
        """With other text at some places."""
        values = list(values)
        for n in self.r.sample(range(PLACES), self.r.choice((1, 1, 2, 3))):
            self.names += 1
            values[n] = "".join("%s.%d.%d\n" % (self.seed, self.names, k)
                                for k in range(self.r.choice((1, 1, 2))))
        return values

    # ---- what happens ----

    def events(self, s, kind):
        return self.w.events(kind, self.w.sessions().index(s.sid))

    def applied(self, s, before, task=None):
        """The files that the session has written since its last known
        change."""
        now = self.events(s, "applied")
        for e in now[len(s.steps):]:
            begun = [b for b in self.events(s, "apply_begin")
                     if b["tx"] == e["tx"]][0]
            s.steps.append((e["tx"], before, self.tree()))
            s.undoes[e["tx"]] = begun.get("undoes") or 0
            s.tasks[e["tx"]] = task or s.tasks[begun["undoes"]]
        assert len(now) <= len(s.steps)

    def agent(self):
        w, before = self.w, self.tree()
        for name in FILES:
            new = before[name] if name == "b" and self.r.random() < 0.7 else \
                self.some(before[name])
            w.write(".next-" + name, text_of(new))
        task = "task %s-%d" % (self.seed, self.names)
        if not self.sessions or (len(self.sessions) < 2 and
                                 self.r.random() < 0.2):
            w.run("exec", "--approve", "yes", "--plan", "skip", "--", task,
                  code=0)
            s = Session(w.sessions()[-1])
            self.sessions.append(s)
        else:
            s = self.r.choice(self.sessions)
            w.run("say", s.sid, task, code=0)
            w.run("wait", s.sid)
            w.run("decide", "--accept", "all", s.sid, code=0)
        self.applied(s, before, task)
        assert len(s.steps) and s.tasks[s.steps[-1][0]] == task
        return s.sid[-4:]

    def edits(self):
        name = self.r.choice(FILES)
        self.w.write(name, text_of(self.some(self.tree()[name])))

    def commits(self):
        git(self.w, "commit", "-qam", "mine", ok=False)

    def stashes(self):
        if self.stash is None and self.tree() != self.head():
            self.stash = self.head(), self.tree()
            git(self.w, "stash", "-q")

    def pops(self):
        if self.stash is None or self.tree() != self.head():
            return
        was, kept = self.stash
        now = self.tree()
        if all(now[f][n] == was[f][n] or kept[f][n] == was[f][n]
               for f in FILES for n in range(PLACES)):
            git(self.w, "stash", "pop", "-q")
            git(self.w, "reset", "-q")
            self.stash = None

    def resets(self):
        git(self.w, "reset", "-q", "--hard")

    def takes_back(self):
        """The user's own last commit, or one of assent's."""
        if git(self.w, "log", "-1", "--format=%s").startswith(b"start"):
            return
        git(self.w, "reset", "-q", "HEAD~1")

    def undoes(self):
        if not self.sessions:
            return None
        s, before = self.r.choice(self.sessions), self.tree()
        args = ["--change=%d" % self.r.choice(s.steps)[0]] if \
            self.r.random() < 0.4 else []
        self.w.run("undo", "--accept", "all", *args, s.sid)
        self.applied(s, before)
        self.w.run("decide", "--reject", "all", s.sid)
        return args

    # ---- what a commit has to be ----

    def path(self, s, name, n, head):
        """The changes that lead from HEAD's text of this place to that of the
        work tree; and whether the user's edits are on the way."""
        seen = []
        for tx, before, after in s.steps:
            if before[name] != after[name]:
                seen += [(0, before[name][n]), (tx, after[name][n])]
        if not seen:
            return [], False
        seen.append((0, self.tree()[name][n]))
        seen = [e for i, e in enumerate(seen) if i == 0 or
                e[1] != seen[i - 1][1]]
        i, path, edited = len(seen) - 1, [], False
        while seen[i][1] != head[name][n]:
            tx, value = seen[i]
            same = [k for k in range(i) if seen[k][1] == value]
            if tx:
                path.append(tx)
            elif same:
                i = same[-1]
                continue
            elif i > 0:
                edited = True
            if i == 0:
                edited = True
                break
            i -= 1
        return path, edited

    def planned(self, s, chosen):
        """(exit code, HEAD, changes)"""
        head, tree = self.head(), self.tree()
        want = {f: list(head[f]) for f in FILES}
        changes, code, stuck = set(), 0, False
        for f in FILES:
            picked, mixed, needs = [], False, False
            for n in range(PLACES):
                path, edited = self.path(s, f, n, head)
                has = [tx for tx in path if not chosen or tx in chosen]
                if not has or head[f][n] == tree[f][n]:
                    continue
                if edited:
                    mixed = True
                elif len(has) < len(path):
                    needs = True
                else:
                    picked.append((n, path))
            code = 5 if mixed or needs else code
            stuck = stuck or mixed
            for n, path in picked if mixed or not needs else []:
                want[f][n] = tree[f][n]
                changes.update(path)
        if not changes or (code and not stuck):
            return code, head, set()
        return code, want, changes

    def assent(self):
        if not self.sessions:
            return None
        w, s = self.w, self.r.choice(self.sessions)
        chosen = set()
        plain = [tx for tx, _, _ in s.steps if not s.undoes[tx] and
                 tx not in s.undoes.values()]
        if plain and self.r.random() < 0.4:
            chosen = {self.r.choice(plain)}
        code, head, changes = self.planned(s, chosen)
        tree, was = self.tree(), git(w, "rev-parse", "HEAD")
        begun = len(self.events(s, "commit_begin"))
        r = w.run("commit", "--no-edit", s.sid, *[
            "--change=%d" % tx for tx in chosen])
        said = (chosen, code, changes, r)
        assert r.returncode == code, said
        assert self.tree() == tree and self.head() == head, (said, self.head())
        assert git(w, "diff", "--cached", "--name-only") == b"", said
        made = git(w, "rev-parse", "HEAD") != was
        assert made == bool(changes), said
        assert (b"nothing to commit" in r.stderr) == (
            not changes and code == 0), said
        if changes:
            e = self.events(s, "commit_begin")[begun]
            self.recorded(s, e, changes, git(w, "log", "-1",
                                             "--format=%s").decode().strip())
        return chosen, code, changes

    def recorded(self, s, e, changes, title):
        of = set(e["changes"])
        files = {tx for f in e["files"] for tx in f["changes"]}
        assert changes <= of and files <= of, (changes, e)
        # Changes beside those have left nothing: undone, and done again.
        for tx in of - changes:
            assert s.undoes[tx] or tx in s.undoes.values(), (changes, e)
        plain = {s.tasks[tx] for tx in changes if not s.undoes[tx] and
                 tx not in s.undoes.values()}
        for task in plain if of == changes else ():
            assert len(plain) > 1 or title.split(":")[0].split(" (")[0] == \
                task, (title, changes)
        if all(s.undoes[tx] and not s.undoes[s.undoes[tx]] for tx in of):
            assert title.startswith("Revert "), (title, changes)

    def run(self):
        acts = [self.agent] * 4 + [self.assent] * 4 + [self.undoes] * 2 + [
            self.edits, self.commits, self.stashes, self.pops, self.pops,
            self.resets, self.takes_back]
        try:
            self.log.append(("agent", self.agent()))
            for _ in range(self.r.randrange(4, STEPS)):
                act = self.r.choice(acts)
                self.log.append((act.__name__, act()))
            for _ in range(2):
                self.log.append(("assent", self.assent()))
        except BaseException:
            print("# SEED=%s after %s" % (self.seed, self.log))
            raise
        if self.stash is not None:
            git(self.w, "stash", "drop", "-q")
        git(self.w, "reset", "-q", "--hard")
        for s in self.sessions:
            self.w.run("end", s.sid)


def histories(w, n):
    harness.need_sandbox(w)
    init(w)
    w.write(".git/info/exclude", ".next-*\n")
    w.mock([bash("cat .next-a >a; cat .next-b >b"), DONE] * (n * STEPS))
    first = int(os.environ.get("SEED", 1))
    for seed in range(first, first + n):
        History(w, seed).run()
    git(w, "fsck", "--no-dangling")


def test_some(w):
    histories(w, int(os.environ.get("HISTORIES", 5)))


@harness.slow
def test_many(w):
    histories(w, int(os.environ.get("HISTORIES", 300)))


harness.main(globals())
