"""Builds against chance: a session in which the agent and the user edit, build,
accept, reject, undo and start again in any order.  What tells is content: the
build writes into each product the hashes of what it read.  After every step the
tree and the stage are built, in copies with their times: a product must carry
the hashes of the sources as they are in that view.

SEED=n STEPS=n WALKS=n say which walks; where one fails, its seed and the number
of its steps are printed.
"""

import hashlib
import os
import random
import shutil
import subprocess

import harness
import protocol

LINES = 12
CC = """#!/bin/sh
out=$1; shift
{ printf '\\177ELF\\0\\n'; sha256sum "$@"; } >"$out"
echo "$out" >>"${BUILT:-/dev/null}"
"""
# How a command puts a new text, which is beside it as `t`, where a source is.
WAYS = ("cat t >%s; rm t", "mv t %s", "rm %s; mv t %s", "rm %s; cat t >%s; rm t",
        "mv %s u; cat t >%s; rm t u", "rm %s; cp -p t %s; rm t")
# Steps after which a product may be built again although it was right.
MAY_REBUILD = {"user edits", "rejects", "undoes", "user builds",
               "command cleans", "user cleans"}


class Make:
    """Products with the hashes of what they were made of."""
    name, command = "make", "make -s"
    sources = ("a.c", "m.c", "x.h", "sub/z.c")
    # Names before and after those of their sources; one of products alone.
    rules = (("alib", ("m.c", "x.h")), ("prog", ("a.c", "alib", "sub/z.c")),
             ("sub/aobj", ("sub/z.c",)), ("zobj", ("a.c", "x.h")),
             ("ztop", ("prog", "zobj")))
    products = tuple(name for name, _ in rules)
    files = {"Makefile": "all: %s\n" % " ".join(products) + "".join(
        "%s: %s\n\t./cc.sh $@ %s\n" % (name, " ".join(of), " ".join(of))
        for name, of in rules), "cc.sh": CC,
        ".gitignore": "".join("/%s\n" % name for name in products)}
    lines = LINES
    home = None
    leaves = list(products)

    @classmethod
    def builds(cls, rnd):
        """All of it, or one product and what it needs."""
        return "%s %s" % (cls.command, rnd.choice(cls.products) if
                          rnd.random() < 0.5 else "")

    @staticmethod
    def line(n):
        return "changed %d" % n

    @classmethod
    def text(cls, name, changes):
        return "".join((cls.line(changes[i]) if i in changes else
                        "line %d of %s" % (i, name)) + "\n"
                       for i in range(cls.lines))

    @classmethod
    def script(cls):
        """Hashes before a build, after it, and what was built."""
        names = " ".join(cls.sources + cls.products)
        return ("sha256sum %s 2>/dev/null; echo =; %s >/dev/null && "
                "sha256sum %s; echo =; cat $BUILT; echo =" % (
                    names, cls.command, names))

    @classmethod
    def right(cls, sources):
        known = dict(sources)
        for name, of in cls.rules:
            text = b"\x7fELF\0\n" + "".join("%s  %s\n" % (known[x], x)
                                     for x in of).encode()
            known[name] = hashlib.sha256(text).hexdigest()
        return {name: known[name] for name in cls.products}


class MakeUnignored(Make):
    """Their removal is proposed."""
    files = {k: v for k, v in Make.files.items() if k != ".gitignore"}


def tick(folder):
    """Until a new file there is younger than all that was written."""
    probe = os.path.join(folder, ".git", "probe")

    def now():
        with open(probe, "w"):
            pass
        return os.stat(probe).st_mtime_ns
    first = now()
    while now() == first:
        pass


class Walk:
    """A session and its user, step by step."""

    def __init__(self, w, seed, steps, tool, sandbox):
        self.w, self.tool, self.steps, self.sandbox = w, tool, steps, sandbox
        self.random = random.Random(seed)
        self.label = "%s SEED=%d" % (tool.__name__, seed)
        self.n = 0
        self.due = {"tree": set(), "stage": set()}
        self.rebuilt = {}
        self.history = []
        harness.need_sandbox(w)
        for name, text in tool.files.items():
            w.write(name, text, mode=0o755)
        for name in tool.sources:
            w.write(name, self.text(name))
        w.repository()
        self.plan = [self.random.choice(self.ops()) for _ in range(steps)]
        answers = []
        # One for each turn, also for those that a refusal begins.
        for _ in range(2 * steps):
            answers += self.turn()
        w.mock(answers)
        self.begin(protocol.start)

    def text(self, name, *lines):
        changes = {}
        for i in lines:
            self.n += 1
            changes[i] = self.n
        return self.tool.text(name, changes)

    @staticmethod
    def ops():
        return (["tool edits", "command builds", "command writes",
                 "user edits", "user builds", "accepts", "accepts",
                 "rejects", "undoes", "command builds"] * 2 +
                ["resumes", "begins anew", "begins anew", "command cleans",
                 "user cleans"])

    def turn(self):
        """The model edits, and sometimes builds before or after that."""
        build = {"name": "bash", "args": {
            "command": self.tool.builds(self.random)}}
        calls = []
        for name in self.random.sample(self.tool.sources,
                                       self.random.randrange(1, 3)):
            text = self.text(name, *self.random.sample(
                range(LINES), self.random.randrange(1, 3)))
            # Read it first: else a change of the user's would be overwritten
            # unread.
            calls += [{"name": "read", "args": {"path": name}},
                      {"name": "write", "args": {"path": name,
                                                 "content": text}}]
        if self.random.random() < 0.3:
            calls.append(build)
        if self.random.random() < 0.2:
            calls.insert(0, build)
        self.n += 1
        return [{"calls": calls}, {"text": "said %d" % self.n}]

    # ---- the session ----

    def fail(self, what):
        raise AssertionError("%s STEPS=%d: %s; %s" % (
            self.label, len(self.history), what, self.history[-12:]))

    def quiet(self, at):
        """Since line `at` the session has come to wait for a person."""
        def is_waiting():
            said = [x for x in self.c.lines[at:]
                    if x.get("type") == "status"]
            return said and said[-1]["state"] in ("waiting", "idle")
        self.c.wait("the session to wait", is_waiting)
        if len(self.c.lines) > 4000:
            keep = self.proposal()
            self.c.lines[:-500] = [keep] if keep else []

    def since(self, at, *kinds):
        return [x for x in self.c.lines[at:] if x.get("type") in kinds]

    def run(self, command):
        at = len(self.c.lines)
        self.c.send(type="run", command=command)
        self.c.wait("a result", lambda: self.since(at, "tool_result"))
        result = self.since(at, "tool_result")[0]
        self.quiet(at)
        return result

    def proposal(self):
        p = [x for x in self.c.lines if x.get("type") == "proposal"]
        return p[-1] if p and p[-1]["files"] else None

    def decide(self, yes, all=False):
        """About all of the open hunks, or some: at least one."""
        p = self.proposal()
        if p is None:
            return
        hunks = [(h["id"], f["status"]) for f in p["files"]
                 for h in f["hunks"]]
        for f in p["files"]:
            if f["path"] not in self.tool.sources and \
                    f["status"] != "deleted":
                self.fail("%s is proposed" % f["path"])
            self.cleaned = self.cleaned or f["status"] == "deleted"
        self.random.shuffle(hunks)
        number = p.get("proposal") or p["seq"]
        some = len(hunks) if all else self.random.randint(1, len(hunks))
        # To have a product back by an undo is to have the old one.
        chosen = [(h, "yes" if yes and status != "deleted" else "no")
                  for h, status in hunks[:some]]
        at = len(self.c.lines)
        for h, mark in chosen:
            self.c.send(type="mark", proposal=number, hunk=h, mark=mark,
                        seen=True, overwrite=True)
        self.c.write(p)
        self.c.wait("a decision", lambda: self.since(at, "decision"))
        at = self.c.lines.index(self.since(at, "decision")[0])
        self.c.wait("what is left", lambda: self.since(at, "proposal"))
        self.quiet(at)

    # ---- the steps ----

    def tool_edits(self):
        at = len(self.c.lines)
        self.c.send(type="say", text="go on")
        self.c.wait("the model", lambda: [
            x for x in self.since(at, "assistant_message")
            if x.get("text", "").startswith("said")])
        for x in self.since(at, "tool_result"):
            if not x["ok"]:
                self.fail(x)
        self.quiet(at)

    def command_builds(self):
        self.run(self.tool.builds(self.random))

    def command_writes(self):
        self.n += 1
        name = self.random.choice(self.tool.sources)
        self.run("sed '%ds/.*/%s/' %s >t; %s" % (
            self.random.randint(1, self.tool.lines), self.tool.line(self.n),
            name, self.random.choice(WAYS).replace("%s", name)))

    def user_edits(self):
        tick(self.w.project)
        name = self.random.choice(self.tool.sources)
        lines = self.w.read(name).splitlines(True)
        self.n += 1
        lines[self.random.randrange(len(lines))] = self.tool.line(
            self.n) + "\n"
        how = self.random.choice(("in place", "by rename", "anew"))
        if how == "anew":
            os.unlink(os.path.join(self.w.project, name))
        if how == "by rename":
            self.w.write("t", "".join(lines))
            os.rename(os.path.join(self.w.project, "t"),
                      os.path.join(self.w.project, name))
        else:
            self.w.write(name, "".join(lines))

    def user_builds(self):
        tick(self.w.project)
        subprocess.run(["sh", "-c", self.tool.builds(self.random)],
                       cwd=self.w.project, check=True, env=self.w.env,
                       stdout=subprocess.DEVNULL)
        tick(self.w.project)

    def some_products(self):
        """One of what the build leaves, or all."""
        rest = self.tool.leaves
        return rest if self.random.random() < 0.5 else [
            self.random.choice(rest)]

    def command_cleans(self):
        self.run("rm -rf " + " ".join(self.some_products()))

    def user_cleans(self):
        tick(self.w.project)
        subprocess.run(["rm", "-rf"] + self.some_products(), check=True,
                       cwd=self.w.project)
        tick(self.w.project)

    def accepts(self):
        self.decide(True)

    def rejects(self):
        self.decide(False)

    def undoes(self):
        at = len(self.c.lines)
        self.c.send(type="undo")
        self.c.wait("an answer", lambda: self.since(at, "proposal",
                                                    "refused"))
        refused = self.since(at, "refused")
        self.quiet(0)
        if refused:
            if "not proposed" in refused[0]["text"]:
                self.fail(refused[0])
            return
        self.decide(True, all=True)

    def resumes(self):
        if self.random.random() < 0.5:
            protocol.kill(self.w, self.c)
        else:
            self.c.close_and_wait()
        self.begin(protocol.resume)

    def begins_anew(self):
        """Another session, with nothing staged."""
        self.c.close_and_wait()
        self.begin(protocol.start)
        self.due["stage"] = set(self.due["tree"])

    def begin(self, how):
        harness.reap()      # or hundreds of old cores stay listed
        # Nothing is ever summed up: each answer is a turn's.
        self.c = how(self.w, model=dict(protocol.settings(self.w)["model"],
                                        window=10**9),
                     home=self.tool.home or self.w.home, sandbox=self.sandbox)
        self.c.wait_live()
        self.quiet(0)

    # ---- the oracle ----

    def look(self, view, text, may):
        before, after, built = text.split("=\n")[:3]

        def hashes(part):
            return {line[66:]: line[:64] for line in part.splitlines()}
        before, after = hashes(before), hashes(after)
        try:
            right = self.tool.right({x: after[x] for x in
                                     self.tool.sources})
        except KeyError:
            self.fail("no build in the %s: %r" % (view, text))
        for name in self.tool.products:
            if after.get(name) != right[name]:
                self.fail("%s in the %s is stale" % (name, view))
        built = set(built.split())
        # Not those that had to be built before this step.
        new = {x for x in built - self.due[view] if before.get(x) == right[x]}
        self.due[view] = built
        if new:
            key = self.history[-1].split(":")[0]
            self.rebuilt[key] = self.rebuilt.get(key, 0) + 1
            if not may:
                self.fail("%s in the %s: built for nothing" % (new, view))

    def check(self, may):
        here = self.w.path("copy")
        shutil.rmtree(here, ignore_errors=True)
        subprocess.run(["cp", "-a", self.w.project, here], check=True)
        script = "cd %s && export BUILT=$PWD.built && : >$BUILT && { " + \
            self.tool.script() + "; }"
        r = subprocess.run(["sh", "-c", script.replace("%s", here, 1)],
                           env=self.w.env, stdout=subprocess.PIPE)
        self.look("tree", r.stdout.decode(), may)
        r = self.run("rm -rf $TMPDIR/o; mkdir $TMPDIR/o; cp -a $(ls -A | "
                     "grep -vx .git) $TMPDIR/o; " +
                     script.replace("%s", "$TMPDIR/o", 1))
        if not r["ok"] or r.get("exit") != 0:
            self.fail(r)
        self.look("stage", r["text"].split("\n", 1)[1], may)

    def go(self):
        for op in self.plan:
            self.history.append(op)
            self.cleaned = False
            getattr(self, op.replace(" ", "_"))()
            self.check(self.cleaned or op in MAY_REBUILD)
        self.c.close_and_wait()
        self.w.verify()
        print("# %s: %d steps, built for nothing after: %r" % (
            self.label, self.steps, self.rebuilt))


def walk(w, tool, steps, walks=1, sandbox="auto"):
    if not shutil.which(tool.name):
        raise harness.Skip(tool.name + " is not installed")
    seed = int(os.environ.get("SEED", 1))
    for k in range(int(os.environ.get("WALKS", walks))):
        w.clean_project()
        Walk(w, seed + k, int(os.environ.get("STEPS", steps)), tool, sandbox).go()


def test_make(w):
    walk(w, Make, 20)


def test_the_user_edits_and_builds_after_a_command_wrote(w):
    """A build of the user's doesn't include what the command wrote."""
    one = Walk(w, 4, 4, Make, "auto")
    one.plan = ["command builds", "accepts", "command writes", "user edits",
                "user builds"]
    one.go()


def test_a_product_is_not_removed_after_all(w):
    """It is as old as it was."""
    for sandbox in "auto", "container":
        w.clean_project()
        one = Walk(w, 1, 8, MakeUnignored, sandbox)
        one.plan = ["user builds", "user edits", "command cleans",
                    "rejects"] * 2
        one.go()


@harness.slow
def test_make_long(w):
    walk(w, Make, 500, 20)


@harness.slow
def test_make_in_a_copy(w):
    walk(w, Make, 500, 4, sandbox="container")


harness.main(globals())
