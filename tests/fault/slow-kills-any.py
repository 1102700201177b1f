"""A thousand kills at random moments, beside a model of what must be there.

Sessions come and go in one project: `try` and `apply` add a line with a word of
their own to each file, make one file and remove one; they are decided, undone and
resumed, and while that goes on the core is killed at any moment.  In between, and
in part at the same time, a user saves, resets and checks out.  After each step:

  lost        what the user saved last is there, unless the very content was put
              up, accepted and replaced
  doubled     no word stands twice in a file, no command was called twice
  misreported a file that `applied` names is as decided, any other untouched;
              `ls` counts what lies in the tree; exit 0 means all was done

The seed is printed; ASSENT_SEED and ASSENT_KILLS (1000) can be given.
"""

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
import protocol

FAULTS = os.path.join(harness.BUILD, "tests", "fault", "core-faults")
KILLS = int(os.environ.get("ASSENT_KILLS", "1000"))
ROUNDS_A_PROJECT = 25
FILES = ["f%d.txt" % i for i in range(8)]
MIDDLE = "".join("line %d\n" % i for i in range(8))
GONE = "gone.txt"


def sha(data):
    return None if data is None else hashlib.sha256(data).hexdigest()


def is_side(data, side):
    """Is it what an op says of the file before or after it?"""
    return sha(data) == (side and side["hash"])


class Trouble(AssertionError):
    pass


class Model:
    """The project, what its user wrote last, and the session that runs."""

    def __init__(self, w, rng):
        self.w, self.rng = w, rng
        self.kills = self.saves = self.steps = self.words = 0
        self.story = []
        self.prepare_programs()
        self.fresh()

    def prepare_programs(self):
        """Programs of which the core can be told at which call to die."""
        bin_ = harness.programs(self.w, FAULTS)
        harness.ASSENT = os.path.join(bin_, "assent")
        protocol.CORE = os.path.join(bin_, "assent-core")

    def fresh(self):
        w = self.w
        w.clean_project()
        for name in FILES:
            w.write(name, "user 0\n" + MIDDLE)
        w.write(GONE, "user 0\n")
        w.repository()
        self.user = {name: "user 0" for name in FILES + [GONE]}
        self.taken = set()      # contents whose file was decided to go
        self.story = []

    # The files there.

    def content(self, name):
        try:
            with open(os.path.join(self.w.project, name), "rb") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def tree(self):
        return {name: self.content(name) for name in
                os.listdir(self.w.project) if name != ".git"}

    def fail(self, what, *more):
        raise Trouble("%s: %s\nstory:\n  %s" % (
            what, more, "\n  ".join(self.story[-30:])))

    # The user's actions.

    def save(self, name, at_once=False):
        """As an editor does: read, change the first line, write anew; by a
        rename, or in place."""
        self.saves += 1
        word = "user %d" % self.saves
        old = (self.content(name) or b"").decode()
        text = word + "\n" + (old.partition("\n")[2] if old else
                              MIDDLE if name in FILES else "")
        path = os.path.join(self.w.project, name)
        if at_once or self.rng.random() < 0.7:
            with open(path + "~", "w") as f:
                f.write(text)
            os.rename(path + "~", path)
        else:
            with open(path, "w") as f:
                f.write(text)
        self.user[name] = word
        self.story.append("saves %s: %s" % (name, word))

    def user_acts(self):
        for _ in range(self.rng.choice([0, 0, 1, 1, 2, 3])):
            what = self.rng.random()
            name = self.rng.choice(FILES + [GONE])
            if what < 0.6:
                self.save(name)
            elif what < 0.85:
                self.w.git("checkout", "-q", "--", name)
                self.user[name] = "user 0"
                self.story.append("git checkout -- " + name)
            else:
                self.w.git("reset", "-q", "--hard")
                if self.rng.random() < 0.7:
                    self.w.git("clean", "-qfd")
                for each in FILES + [GONE]:
                    self.user[each] = "user 0"
                self.story.append("git reset --hard")

    # Steps.

    def kill_at_random(self, p):
        """SIGKILL for the core that this command has started, if it is alive
        when the moment comes."""
        end = time.monotonic() + 10
        core = []
        while not core and p.poll() is None and time.monotonic() < end:
            core = [pid for pid, line in harness.children().items()
                    if line.startswith("assent-core")]
        try:
            p.wait(timeout=self.rng.random() ** 2 * 0.12)
        except subprocess.TimeoutExpired:
            pass
        for pid in core:
            try:
                os.kill(pid, signal.SIGKILL)
                return True
            except ProcessLookupError:
                pass
        return False

    def command(self, *args):
        """Run one command, perhaps with a kill, perhaps with a user at the
        same time; then compare."""
        self.steps += 1
        before, had = self.tree(), self.lines()
        saved = None
        how = self.rng.choice(["none", "none", "time", "time", "call", "call"])
        # A third of the calls is in the preparation.
        fault = self.w.path("bin", "fault")
        if how == "call":
            with open(fault, "w") as f:
                f.write("%d 0\n" % self.rng.randint(1, 110))
        self.story.append("assent %s (%s)" % (" ".join(args[:4]), how))
        p = self.w.start(*args)
        both = None
        if self.rng.random() < 0.3:
            name = self.rng.choice(FILES + [GONE])
            pause = self.rng.random() * 0.1

            def save():
                try:
                    p.wait(timeout=pause)
                except subprocess.TimeoutExpired:
                    pass
                self.save(name, at_once=True)
            saved = name
            both = threading.Thread(target=save)
            both.start()
        killed = self.kill_at_random(p) if how == "time" else False
        out, err = p.communicate(timeout=harness.DEADLINE_S)
        if both is not None:
            both.join()
        if how == "call":
            os.unlink(fault)
            fired = self.w.path("bin", "fired")
            if os.path.exists(fired):
                killed = True
                os.unlink(fired)
        left = harness.leftovers()
        if left:
            self.fail("left running", left)
        self.kills += killed
        self.story.append("exit %d%s%s %r" % (
            p.returncode, ", killed" if killed else "",
            ", saved meanwhile" if both else "", err[-160:]))
        self.compare(before, had, killed, p.returncode,
                     saved, args)
        return p.returncode

    def lines(self):
        """The lines of each session."""
        return {sid: self.w.events(n=i)
                for i, sid in enumerate(self.w.sessions())}

    def beside_a_save(self, name, old, have, after):
        """Of a file that the user saved while the command ran: read as it was or
        as it was written, with another first line; or written over that."""
        first, _, rest = (have or b"").partition(b"\n")
        was, _, old_rest = (old or b"").partition(b"\n")
        if not old:
            old_rest = MIDDLE.encode() if name in FILES else b""
        if rest == old_rest and first.decode() == self.user[name]:
            return
        hashes = [side and side["hash"] for side in after]
        if sha(have) not in hashes and \
                sha(was + b"\n" + rest) not in hashes:
            self.fail("not as reported, beside a save", name, old, have, after)

    def compare(self, before, had, killed, code, saved, args):
        now = self.tree()
        sessions = self.lines()
        wrote, half, back, every, stopped = {}, {}, {}, [], {}
        last = []       # what the newest session has begun to write and not ended
        for sid, events in sessions.items():
            # A kill in mid-apply leaves a beginning without an end.
            begun = {e["tx"]: e for e in events if e["type"] == "apply_begin"}
            ended = [e for e in events if e["type"] == "applied"]
            open_ = set(begun) - {e["tx"] for e in ended}
            if len(open_) > 1:
                self.fail("two applies are open", open_)
            last = [(o["path"], o) for tx in open_ for o in begun[tx]["ops"]]
            half.update(last)
            if last:
                stopped[sid] = last
            every += begun.values()
            for e in ended:
                if e in had.get(sid, []):
                    continue
                after = {o["path"]: o["after"] for o in begun[e["tx"]]["ops"]}
                wrote.update((o["path"], after[o["path"]]) for o in e["ops"]
                             if o["ok"])
                if e.get("recovered") == "undo":
                    back.update((o["path"], o) for o in begun[e["tx"]]["ops"]
                                if is_side(before.get(o["path"]), o["after"]))
            self.once(events)
        self.lost(now, every)
        self.doubled(now)
        for name in set(before) | set(now) | set(wrote) | set(half):
            if name.startswith(".assent-"):
                if name in now and not killed and not half:
                    self.fail("a temporary file stays", name)
                continue
            have = now.get(name)
            if name in half:
                op = half[name]
                if is_side(have, op["after"]):
                    continue
                # The command that was to undo this apply was killed, too.
                if killed and "undo" in args and is_side(have, op["before"]) \
                        and is_side(before.get(name), op["after"]):
                    continue
            if name == saved:
                sides = [wrote[name]] if name in wrote else []
                sides += [half[name]["after"]] if name in half else []
                # Undone, and saved on top of that.
                sides += [op[name]["before"] for op in (half, back)
                          if name in op and "undo" in args]
                self.beside_a_save(name, before.get(name), have, sides)
            elif name in wrote:
                after = wrote[name]
                if sha(have) != (after and after["hash"]):
                    self.fail("not as reported", name, after, have)
            elif have != before.get(name) and not (
                    name in back and is_side(have, back[name]["before"])):
                self.fail("written and not reported", name,
                          before.get(name), have)
        said = self.w.run("ls").stdout.decode()
        tells = {m[1]: (int(m[2]), int(m[3])) for m in re.finditer(
            r"^(\S+) .*stopped while applying, (\d+) of (\d+) files?", said,
            re.M)}
        want = {sid: (sum(is_side(now.get(name), op["after"])
                          for name, op in ops), len(ops))
                for sid, ops in stopped.items()}
        if tells != want:
            self.fail("ls counts", said, tells, want)
        if code == 0 and not killed and "all" in args:
            left = [f["path"] for e in self.w.events("proposal")[-1:]
                    if args[0] != "undo" or e.get("undo")
                    for f in e["files"] if f["path"] != saved]
            if last or left:
                self.fail("exit 0 and something is left", last, left)

    def lost(self, now, begun):
        for e in begun:
            for o in e["ops"]:
                if o["path"] == GONE and o["after"] is None:
                    self.taken |= {word for word in [self.user[GONE]]
                                   if o["before"]["hash"] ==
                                   sha((word + "\n").encode())}
        for name, word in self.user.items():
            have = (now.get(name) or b"").decode()
            if have.partition("\n")[0] == word:
                continue
            if now.get(name) is None and word in self.taken:
                continue
            if name == GONE and word == "user 0":
                continue        # the user's, or given back by an undo
            self.fail("lost", name, word, have)

    def doubled(self, now):
        for name, data in now.items():
            words = re.findall(r"^agent \d+$", (data or b"").decode(), re.M)
            if len(words) != len(set(words)):
                self.fail("doubled", name, data)

    def once(self, events):
        calls = [e for e in events if e["type"] == "tool_call"]
        ends = [e for e in events if e["type"] == "tool_result"]
        if len(calls) > 1 or len(ends) > len(calls):
            self.fail("a command was called, or its end told, twice", calls)

    def a_round(self):
        self.words += 1
        word = "agent %d" % self.words
        accept = self.rng.choice([[], ["--accept", "all"], ["--accept", "all"]])
        if self.rng.random() < 0.7:
            script = ("for f in f*.txt; do echo '%s' >>$f; done; rm -f %s; "
                      "echo '%s' >made%d.txt" % (word, GONE, word, self.words))
            self.command("try", *accept, "--", "sh", "-c", script)
        else:
            self.command("review", *accept, self.patch(word))
        if not self.w.sessions():
            return
        for _ in range(self.rng.randint(1, 5)):
            self.user_acts()
            what = self.rng.random()
            if what < 0.15:
                self.command("undo", "--accept",
                             self.rng.choice(["all", "none"]))
            elif what < 0.3:
                self.command("show")
            else:
                self.decide()
        how = self.rng.choice(["all", "none"])
        for _ in range(6):
            self.decide(how)
        self.w.verify()

    def decide(self, how=None):
        if how is None:
            how = self.rng.choice(["all", "all", "none", "f1.txt=all",
                                   "f%d.txt=all" % self.rng.randint(2, 7)])
        self.command("decide", "--recover", self.rng.choice(
            ["finish", "undo", "leave"]), "--accept", how)

    def patch(self, word):
        """A word for some files, as the tree is now."""
        out = []
        for name in self.rng.sample(FILES, 5):
            old = (self.content(name) or b"").decode().splitlines()
            n = len(old)
            out += ["--- a/" + name, "+++ b/" + name,
                    "@@ -%d,3 +%d,4 @@" % (n - 2, n - 2)]
            out += [" " + x for x in old[-3:]] + ["+" + word]
        path = self.w.path("patch")
        with open(path, "w") as f:
            f.write("\n".join(out) + "\n")
        return path


def test_killed_at_any_moment(w):
    harness.need_sandbox(w)
    seed = int(os.environ.get("ASSENT_SEED", random.randrange(1 << 32)))
    print("# seed %d" % seed)
    m = Model(w, random.Random(seed))
    rounds = 0
    while m.kills < KILLS:
        m.a_round()
        rounds += 1
        if rounds % ROUNDS_A_PROJECT == 0:
            m.fresh()
            print("# %d kills, %d steps" % (m.kills, m.steps))
            sys.stdout.flush()
    print("# %d kills in %d steps, %d saves" % (m.kills, m.steps, m.saves))


harness.main(globals())
