"""A model's window that is smaller than the work: old outputs are shortened,
old messages become a summary, and what was said early is still known at the
end.  The server here reads what it is sent, counts it in its own way, and
answers by nothing but that."""

import json
import re
import threading

import harness
from messages import msg
import mockserver
import protocol

WINDOW = 16384
FACT = "osprey-4417"
NOTES = "Write the notes with which a coding agent continues"


def count(text):
    """Tokens, in a way of its own: pieces of words, digits by twos, marks."""
    return len(re.findall(
        r"[A-Za-z]{1,5}|[0-9]{1,2}|[^\sA-Za-z0-9]|\n", text))


def whole_pairs(messages):
    """Errors in the calls and results of a Chat request."""
    open_ids = []
    for m in messages:
        if m["role"] == "tool":
            if m["tool_call_id"] not in open_ids:
                return "a result without its call: %r" % m["tool_call_id"]
            open_ids.remove(m["tool_call_id"])
            continue
        if open_ids:
            return "calls without results: %r" % open_ids
        open_ids = [c["id"] for c in m.get("tool_calls", [])]
    return "calls without results: %r" % open_ids if open_ids else None


def summary(*goals, facts=(), next_=()):
    return "\n".join(["## Goals"] + ["- " + g for g in goals] +
                     ["## Progress", "- some files are read"] +
                     ["## Decisions and facts"] + ["- " + f for f in facts] +
                     ["## Open questions and next steps"] +
                     ["- " + n for n in next_])


class Brain:
    """A model for compaction: `think(messages)` answers a turn, `note(text)` a
    summary. Each gets the request's messages and returns an answer as in
    mockserver.py. `apart`: how many summaries were asked for without the
    conversation."""
    apart = 0

    def __init__(self, window=WINDOW, refuses=False):
        self.window, self.refuses, self.refused = window, refuses, 0
        self.turns, self.notes, self.wrong, self.bodies = [], [], [], []
        self.lock = threading.Lock()

    def take(self, body, text):
        messages = body["messages"]
        tokens = count(json.dumps(messages)) + count(
            json.dumps(body.get("tools", [])))
        self.bodies.append(text)
        if self.refuses and tokens > self.window:
            # As llama.cpp does.
            self.refused += 1
            return {"status": 400, "body": {"error": {
                "code": 400, "type": "exceed_context_size_error",
                "message": "the request exceeds the available context size",
                "n_prompt_tokens": tokens, "n_ctx": self.window}}}
        if not self.refuses and tokens + body["max_tokens"] > self.window:
            self.wrong.append("request %d has %d tokens and wants %d" % (
                len(self.bodies), tokens, body["max_tokens"]))
        apart = messages[0]["content"].startswith(NOTES)
        why = whole_pairs(messages)
        if why:
            self.wrong.append(why)
        if apart or NOTES in str(messages[-1]["content"]):
            self.apart += apart
            self.notes.append(messages)
            # It is read from the service's cache.
            before = json.loads(self.bodies[-2])
            if not apart and (messages[:len(before["messages"])] !=
                              before["messages"] or
                              body["tools"] != before["tools"]):
                self.wrong.append("a summary with another beginning")
            answer = self.note(messages[1]["content"] if apart else
                               json.dumps(messages))
        else:
            self.turns.append(messages)
            answer = self.think(messages)
        answer.setdefault("usage", {"input": tokens, "output": 40})
        return answer

    def breaks(self):
        """Requests whose messages do not begin with those of the one
        before."""
        return sum(a != b[:len(a)] for a, b in zip(self.turns,
                                                   self.turns[1:]))


class Handler(mockserver.Handler):
    def do_POST(self):
        brain = self.server.brain
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        with brain.lock:
            answer = brain.take(json.loads(text), text)
            number = len(brain.bodies)
        try:
            if "status" in answer:
                self.send_whole(answer["status"], {}, answer["body"])
            else:
                self.stream(answer, number, mockserver.chat_events(
                    answer, number, "m"))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class Served:
    """A brain behind a port, while the block lasts."""

    def __init__(self, w, brain, **config):
        self.w, self.brain = w, brain
        self.config = dict({"plan": "skip", "context_window": WINDOW},
                           **config)
        w.model_row("m", output=2000)

    def __enter__(self):
        self.server = mockserver.Server(("127.0.0.1", 0), Handler)
        self.server.brain = self.brain
        Handler.script = type("S", (), {"folder": self.w.root,
                                        "fail": self.brain.wrong.append})
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       args=(0.05,), daemon=True)
        self.thread.start()
        self.w.configure("http://127.0.0.1:%d/v1" %
                         self.server.server_address[1], config=self.config)
        return self.brain

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Reader(Brain):
    """Reads facts.txt, then part after part, then writes what was in the first
    of them, if it still knows."""

    def __init__(self, parts=57, **kw):
        super().__init__(**kw)
        self.parts = parts
        self.said = "the secret of the first file"

    def text(self, messages):
        return json.dumps(messages)

    def think(self, messages):
        # The files that were read, by the calls and by the summary.
        done = len(self.turns) - 1
        if done == 0:
            return self.read("facts.txt")
        if done <= self.parts:
            return self.read("part-%02d.txt" % done)
        if done == self.parts + 1:
            known = FACT in self.text(messages)
            return {"calls": [{"name": "write", "args": {
                "path": "result.txt", "reason": "the word that was asked for",
                "content": (FACT if known else "lost") + "\n"}}]}
        return harness.done(summary="The word is written down.")

    def read(self, path):
        return {"text": "Now I read %s." % path,
                "calls": [{"name": "read", "args": {"path": path}}]}

    def note(self, text):
        facts = ["the word in facts.txt is " + FACT] if FACT in text else []
        return {"text": summary("find the word and write it to result.txt",
                                facts=facts)}


def make_parts(w, n=57, lines=40):
    w.write("facts.txt", "The word that is asked for is %s.\n" % FACT)
    for i in range(1, n + 1):
        w.write("part-%02d.txt" % i, "".join(
            "Part %d, line %d: nothing that matters, at some length, is told "
            "here to whoever reads it.\n" % (i, k) for k in range(lines)))


TASK = "Read facts.txt and all parts, then write the word to result.txt."


def begin(w, brain, **more):
    """A session of the protocol with this brain; the server is stopped with
    the test."""
    served = Served(w, brain)
    served.__enter__()
    w.served = served
    start = protocol.settings(w)
    model = dict(start["model"], **more.pop("model", {"window": WINDOW}))
    return protocol.start(w, model=model, max_tokens=2000, max_turns=100,
                          **more)


def end(w, c):
    c.close_and_wait()
    w.served.__exit__()
    assert not w.served.brain.wrong, w.served.brain.wrong
    w.verify()


def test_summaries_that_are_none(w):
    """The work continues without the model's summary, and the reason is
    shown."""
    make_parts(w, 32)
    bad = [
        ({"text": "I read parts.\n\n- Next is part 7."}, msg.KEPT_AS_TEXT),
        ({"status": 400, "body": {"error": {"message": "no such thing"}}},
         msg.REJECTED_THE_REQUEST),
    ]
    for answer, why in bad:
        w.clean_project()
        make_parts(w, 32)
        brain = Reader(parts=32)
        brain.note = lambda text, answer=answer: dict(answer)
        c = begin(w, brain, task=TASK)
        c.wait_event("proposal")
        line = w.events("compaction")[0]
        assert line["by"] == "core" and why in line["failed"], line
        # It is made of what was said and done.
        text = json.dumps(line["summary"])
        assert "part-01.txt: read" in text and "facts.txt" in text, text
        assert "Where you work" not in text, text
        assert line["summary"]["decisions"] == (
            ["I read parts.", "Next is part 7."] if "text" in answer else []), text
        assert line["said"] == [TASK]
        out = w.run("log").stdout.decode()
        assert msg.SUMMARIZED_WITHOUT_THE_MODEL in out, out
        end(w, c)


FULL = "this call's share of the answer is full"


class Follower(Brain):
    """Reads the files side by side, each from the line that the last answer
    names, and keeps what it is shown."""

    def __init__(self, files, **kw):
        super().__init__(**kw)
        self.left = {name: 1 for name in files}
        self.asked, self.sizes = [], []
        self.shown = {name: [] for name in files}

    def think(self, messages):
        results = [m["content"] for m in messages[-4 - len(self.asked):]]
        self.sizes.append([len(text) for text in results[:-4]])
        for name, text in zip(self.asked, results):
            self.shown[name] += [x for x in text.splitlines()
                                 if x.startswith(name)]
            more = re.search(FULL + r"; continue with from: (\d+)\]$", text)
            self.left[name] = more and int(more.group(1))
        self.asked = [n for n in self.left if self.left[n]]
        # What an edit prints is little: it has no share.
        return {"calls": [{"name": "read", "args": {
            "path": n, "from": self.left[n]}} for n in self.asked] +
            [{"name": "edit", "args": {
                "path": "none%d" % i, "old_string": "a", "new_string": "b"}}
             for i in range(4)]} \
            if self.asked else harness.done()

    def note(self, text):
        return {"text": summary("read the files")}


def test_a_read_has_no_hole(w):
    """It stops where its share of the context ends, and names the next line:
    the model sees every line of the files, each once."""
    wide = {"small.txt": 5, "big.txt": 3000, "more.txt": 700}
    for name, n in wide.items():
        w.write(name, "".join("%s %d, %d\n" % (name, i, 10**12 + i)
                              for i in range(n)))
    brain = Follower(wide, window=32768)
    with Served(w, brain, context_window=32768):
        w.run("exec", "--max-turns", "50", "read them", code=0)
    assert not brain.wrong, brain.wrong
    for name, n in wide.items():
        numbers = [int(x.split()[1][:-1]) for x in brain.shown[name]]
        assert numbers == list(range(n)), (name, len(numbers))
    # At once, and without waste: those after a short one get what it left.
    assert len(brain.turns) < 9, len(brain.turns)
    assert min(brain.sizes[1][1:]) > 11000, brain.sizes


class Mixer(Brain):
    """Reads a file beside calls that ask for little."""

    def think(self, messages):
        if len(self.turns) == 1:
            return {"calls": [
                {"name": "read", "args": {"path": "big.txt"}},
                {"name": "glob", "args": {"pattern": "*.txt"}},
                {"name": "grep", "args": {"pattern": "9", "files": True}},
                {"name": "read", "args": {"path": "big.txt", "limit": 3}}]}
        self.texts = [m["content"] for m in messages[-4:]]
        return harness.done()


def test_a_read_beside_small_calls(w):
    """It gets what those don't need, and they all get theirs."""
    w.write("big.txt", "".join("line %05d\n" % i for i in range(5000)))
    brain = Mixer(window=32768)
    with Served(w, brain, context_window=32768):
        w.run("exec", "read it", code=0)
    assert not brain.wrong, brain.wrong
    read, glob, grep, first = brain.texts
    assert len(read) > 20000 and FULL in read, (len(read), read[-200:])
    assert glob == "big.txt\n" and grep == "big.txt: 1355\n", brain.texts
    assert first.startswith("line 00000\n") and FULL not in first, first


class Looker(Brain):
    """Runs a command twice, then reads what its answer says is missing."""

    def think(self, messages):
        if len(self.turns) == 1:
            return {"calls": [{"name": "bash", "args": {
                "command": "seq 1 6000", "background": back}}
                for back in (True, False)]}
        self.full = sum(FULL in m["content"] for m in messages[-2:])
        self.text = messages[-1]["content"]
        if "shortened" in self.text:
            self.wrong.append(self.text)
        if len(self.turns) == 3:
            return harness.done()
        assert self.full == 2, messages
        self.cut = re.search(r"left out: lines (\d+)-(\d+) of 6000; the whole "
                             r"output: read (\S+) ", self.text)
        return {"calls": [{"name": "read", "args": {
            "path": self.cut.group(3), "from": int(self.cut.group(1)),
            "lines": 3}}]}


def test_a_command_loses_its_middle(w):
    """In a small window at once, and not in the request: the answer names the
    missing lines, and where they are."""
    harness.need_sandbox(w)
    brain = Looker(window=32768)
    with Served(w, brain, context_window=32768):
        w.run("exec", "count", code=0)
    assert not brain.wrong, brain.wrong
    first, last = int(brain.cut.group(1)), int(brain.cut.group(2))
    assert 1000 < first < last < 5000, (first, last)
    assert brain.text.startswith("%d\n%d\n" % (first, first + 1)), brain.text


class Runner(Brain):
    def think(self, messages):
        return harness.bash("true") if len(self.turns) == 1 else \
            {"text": "It is done."}


def test_your_command_is_no_call(w):
    """What a call of the model's had room for doesn't cut it."""
    harness.need_sandbox(w)
    c = begin(w, Runner(), task=TASK)
    c.wait_event("agent_end")
    c.send(type="run", command="seq 1 6000")
    text = c.wait_event("tool_result", lambda e: e["by"] == "user")["text"]
    assert FULL not in text and "\n3000\n" in text, text[-200:]
    end(w, c)


def test_a_server_with_a_smaller_window(w):
    """It refuses a request as too long: that teaches the window, and the same
    turn is asked again with less."""
    make_parts(w, 20)
    brain = Reader(parts=20, window=12000, refuses=True)
    c = begin(w, brain, task=TASK, model={})
    c.wait_event("proposal")
    assert brain.refused == 1, brain.refused
    # The window has no room for the conversation and the question.
    assert brain.apart >= 1, brain.apart
    line = w.events("compaction")[0]
    assert line["why"] == "full" and line["window"] == 12000 and \
        line["window_from"] == "provider", line
    assert not w.events("error"), w.events("error")
    # The turn is the same one.
    assert [e["turn"] for e in w.events("turn_start")] == \
        list(range(1, len(w.events("turn_start")) + 1))
    end(w, c)


def test_a_window_that_nobody_knows(w):
    """Why old messages become a summary so soon is told once."""
    make_parts(w, 32)
    brain = Reader(parts=32, window=10**6)
    c = begin(w, brain, task=TASK, model={})
    c.wait_event("proposal")
    assert [e["window_from"] for e in w.events("compaction")] == \
        ["default"] * len(brain.notes) and brain.notes
    assert brain.apart == 0, brain.apart
    assert len([e for e in w.events("note") if msg.TOKENS_ARE_ASSUMED in
                e["text"]]) == 1, w.events("note")
    end(w, c)


def test_a_first_request_that_is_too_long(w):
    """There is nothing yet that a summary could replace: it is asked again
    with the tools told short, and if that is no use either, the words say how
    much there must be and which option of the server gives it."""
    full = []

    class Small(Brain):
        def think(self, messages):
            return {"text": "It fits."}
    for less in (1, 1000):
        w.clean_project()
        brain = Small(window=10**6, refuses=True)
        take = brain.take

        def first(body, text):
            if not full:
                full.append(count(json.dumps(body)))
            brain.window = full[0] * 9 // 10 if less == 1 else less
            return take(body, text)
        brain.take = first
        c = begin(w, brain, task="look", model={})
        e = c.wait_event("agent_end")
        tools = [len(json.dumps(json.loads(b)["tools"])) for b in brain.bodies]
        assert len(tools) == 2 and tools[1] < tools[0] * 5 // 6, tools
        if less == 1:
            assert e["outcome"] != "provider", w.events("error")
        else:
            assert e["outcome"] == "provider", e
            said = w.events("error")[-1]["text"]
            assert "which has 1000 tokens" in said, said
            assert "llama-server -c 16384" in said, said
            needs = int(re.search(r"assent take about (\d+) tokens",
                                  said).group(1))
            assert 1000 < needs < 10000, said
        end(w, c)


class Talker(Brain):
    facts = ["what was said is short"]

    def think(self, messages):
        return {"text": "answer %d" % len(self.turns)}

    def note(self, text):
        return {"text": summary("talk", facts=self.facts)}


def last(brain):
    return "\n".join(m.get("content") or "" for m in brain.turns[-1])


def test_by_hand_with_two_clients(w):
    w.write("a.txt", "one\n")
    brain = Talker()
    c = begin(w, brain, task="first words")
    c.wait_event("agent_end")
    d = protocol.attach(w)
    d.wait_live()
    d.send(type="compact")
    d.wait_event("note", lambda e: msg.NOTHING_WAS_COMPACTED in e["text"])
    protocol.say(d, "second words", 2)
    protocol.say(d, "third words", 3)
    d.send(type="compact", words="the port is 4711")
    lines = [x.wait_event("compaction") for x in (c, d)]
    assert lines[0] == lines[1] == w.events("compaction")[0]
    assert lines[0]["why"] == "user" and lines[0]["by"] == "model"
    assert lines[0]["client"] == "test2"
    assert lines[0]["words"] == "the port is 4711"
    assert "the port is 4711" in brain.notes[0][-1]["content"]
    assert lines[0]["said"][0] == "first words"
    protocol.say(d, "fourth words", 4)
    assert "first words" in last(brain) and "answer 1" not in last(brain)
    # A new task knows nothing of it.
    d.send(type="new", text="only this")
    c.wait("the end of task 5", lambda: len(c.event_list("agent_end")) >= 5)
    assert [m["role"] for m in brain.turns[-1]] == ["system", "user"]
    assert brain.turns[-1][1]["content"].endswith("\n\nonly this")
    d.close()
    # And it stays so.
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_live()
    protocol.say(c, "and then", 6)
    told = [m["content"].split("\n\n")[-1] for m in brain.turns[-1][1:]]
    assert told == ["only this", "answer %d" % (len(brain.turns) - 1),
                    "and then"], told
    end(w, c)


class Planner(Brain):
    """Hands in a plan, and talks from then on."""

    def think(self, messages):
        if len(self.turns) == 1:
            return harness.call("plan", goal="tea", steps=[{"title": "boil"}])
        return {"text": "turn %d" % len(self.turns)}

    def note(self, text):
        return {"text": summary("talk")}


def test_the_plan_in_a_summary(w):
    """With the notes that the user wrote on it, and without a word of notes
    where there are none."""
    for words in None, "slowly":
        w.clean_project()
        c = begin(w, Planner(), task="make tea", plan="require")
        c.wait_status("plan to review")
        if words:
            c.send(type="plan", version=1, action="note", at="step 1",
                   word=words)
        c.send(type="plan", version=1, action="approve", seen=True)
        c.wait_event("agent_end")
        for n in 2, 3:
            protocol.say(c, "words %d" % n, n)
        c.send(type="compact")
        state = c.wait_event("compaction")["state"]
        assert ": tea\n  1. [open] boil\n" in state, state
        assert "null" not in state, state
        assert ("notes on it:\nOn step 1 \"boil\": slowly\n" in state) == (
            words is not None), state
        assert ("notes" in state) == (words is not None), state
        end(w, c)


class Writer(Brain):
    """Writes files and is done, then another one; remembers nothing."""

    def think(self, messages):
        n = len(self.turns)
        calls = {1: ["write", "a.txt", "b.txt", "done"], 2: ["write", "c.txt"]}
        name, *paths = calls.get(n, [""])
        return {"text": "turn %d" % n, "calls": [
            {"name": "done", "args": {"summary": "x"}} if path == "done" else
            {"name": name, "args": {"path": path, "content": path + "\n"}}
            for path in paths]}

    def note(self, text):
        return {"text": summary("some files")}


def test_what_is_so_outlives_a_summary(w):
    """Changes that were written, that are only staged, or that were rejected,
    and why: they are told also in a session that was resumed, whatever the
    summary says. So is all of "Where you work"."""
    w.write("Makefile", "all:\n")
    brain = Writer()
    c = begin(w, brain, task="write them")
    p = c.wait_event("proposal", lambda e: e["files"])
    c.wait_status("review")
    c.send(type="decide", proposal=p["seq"], version=p["version"], marks=[
        {"hunk": f["hunks"][0]["id"], "mark": mark, "seen": True, **more}
        for f, mark, more in zip(p["files"], ("yes", "no"), (
            {}, {"word": "the name is too short"}))])
    c.wait("the second proposal", lambda: [
        e for e in c.event_list("proposal") if e["files"] and
        e["files"][0]["path"] == "c.txt"])
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_live()
    c.send(type="compact")
    state = c.wait_event("compaction")["state"]
    assert state == (
        "- Written to the user's files in this task: a.txt\n"
        "- To be reviewed, not written yet: c.txt\n"
        "- Rejected by the user, and not wanted in another form either, "
        "unless the reason says how:\n"
        "  - b.txt: the name is too short\n    +b.txt\n"), state
    c.send(type="say", text="go on")
    c.wait("another request", lambda: len(brain.turns) > 3)
    assert state in last(brain), last(brain)
    was, now = [[line.split(":")[0] for line in e["text"].split("\n")]
                for e in w.events("environment")]
    assert was[0] == "[assent] Where you work" and was == now, (was, now)
    # Also where the session wasn't resumed since; there is something to summarize
    # once an answer has come.
    c.wait_event("assistant_message", lambda e: e["text"] == "turn 4")
    c.send(type="interrupt")
    c.wait_event("agent_end")
    c.send(type="compact")
    c.wait("the second summary", lambda: len(c.event_list("compaction")) == 2)
    c.send(type="say", text="go on")
    c.wait("all of it", lambda: len(w.events("environment")) == 3)
    assert w.events("environment")[1]["text"] == \
        w.events("environment")[2]["text"], w.events("environment")
    c.send(type="interrupt")
    end(w, c)


class Server(Brain):
    """Starts a command in the background and writes a long line."""

    def think(self, messages):
        return {"text": "ok", "calls": [
            {"name": "bash", "args": {"command": "sleep 600",
                                      "background": True}},
            {"name": "write", "args": {"path": "b.txt",
                                       "content": "x" * 200 + "\n"}},
            {"name": "done", "args": {"summary": "x"}}]
            if len(self.turns) == 1 else []}

    def note(self, text):
        return {"text": summary("some files")}


def test_what_runs(w):
    """What runs in the background is told, and where a line was cut."""
    harness.need_sandbox(w)
    brain = Server()
    c = begin(w, brain, task="serve it")
    p = c.wait_event("proposal", lambda e: e["files"])
    c.wait_status("review")
    c.send(type="decide", proposal=p["seq"], version=p["version"], all="no")
    c.wait_event("agent_end")
    protocol.say(c, "and then", 2)
    c.send(type="compact")
    state = c.wait_event("compaction")["state"]
    assert "\n    +%s\u2026\n" % ("x" * 99) in state, state
    assert state.endswith("- Runs in the background: b1 (sleep 600)\n"), state
    assert "assent adds the user's messages" in brain.notes[0][-1]["content"]
    end(w, c)


def test_begins_with_the_plan(w):
    """An approval can leave out what led to the plan, for a core that resumes,
    too: the work has the request, the plan and the notes on it."""
    harness.need_sandbox(w)
    w.write("a.txt", FACT + "\n")
    plan = harness.call("plan", goal="Say it louder", steps=[
        {"title": "shout", "paths": ["a.txt"]}])
    m = w.mock([harness.call("read", path="a.txt"), plan,
                {"text": "slow", "stall": True}] +
               [harness.call("done", summary="nothing")] * 2)
    c = protocol.start(w, task="louder, please", plan="require")
    c.wait_event("plan")
    c.send(type="plan", version=1, action="approve", fresh=True,
           notes=[{"at": "step 1", "word": "in capitals"}])
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x.get("type") == "delta"])
    protocol.kill(w, c)
    c = protocol.resume(w)
    c.wait_event("agent_end")
    c.close_and_wait()
    assert FACT in m.requests()[1]["body_text"]
    sent = [q["body"]["messages"] for q in m.requests()[2:]]
    for messages in sent:
        text = json.dumps(messages)
        assert FACT not in text and not whole_pairs(messages), text
        for words in ("louder, please", "Say it louder",
                      "1. [open] shout (only a.txt)", "in capitals",
                      "You can change files now"):
            assert words in text, (words, text)
        assert "Where you work" in text, text
    assert sent[1][1] == sent[0][1], sent
    assert w.events("compaction")[0]["why"] == "plan"
    w.verify()


def test_begins_with_the_plan_in_exec(w):
    """`--fresh`, where a rule approves, and where a script does."""
    harness.need_sandbox(w)
    w.write("a.txt", FACT + "\n")
    said = [harness.call("read", path="a.txt"), harness.call(
        "plan", goal="Say it louder", steps=[{"title": "shout"}])]
    done = [harness.call("done", summary="nothing")] * 2
    m = w.mock(said + done)
    w.run("exec", "--plan", "auto", "--fresh", "go")
    assert FACT not in m.requests()[-1]["body_text"], m.requests()[-1]
    m = w.mock(said + done)
    w.run("exec", "--plan", "require", "go", code=5)
    w.run("decide", "--fresh", code=2)
    w.run("decide", "--plan", "approve", "--fresh", code=0)
    w.run("wait", w.sessions()[-1])
    assert FACT not in m.requests()[-1]["body_text"], m.requests()[-1]


harness.main(globals())
