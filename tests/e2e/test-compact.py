#!/usr/bin/env python3
"""A model's window that is smaller than the work: old outputs are shortened,
old messages become a summary, and what was said early is still known at the
end.  The server here reads what it is sent, counts it in its own way, and
answers by nothing but that."""

import http.server
import json
import os
import re
import signal
import threading

import harness
import mockserver
import protocol

WINDOW = 16384
FACT = "osprey-4417"
NOTES = "You write the notes by which a programming agent goes on"


def count(text):
    """Tokens, in a way of its own: pieces of words, digits by twos, marks."""
    return len(re.findall(
        r"[A-Za-z]{1,5}|[0-9]{1,2}|[^\sA-Za-z0-9]|\n", text))


def whole_pairs(messages):
    """What is wrong with the calls and results of a Chat request."""
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
    """What answers: `think(messages)` to a turn, `note(text)` to a summary.
    Each gets what was sent and gives an answer of mockserver.py's kind."""

    def __init__(self, window=WINDOW):
        self.window = window
        self.turns, self.notes, self.wrong, self.bodies = [], [], [], []
        self.lock = threading.Lock()

    def take(self, body, text):
        messages = body["messages"]
        tokens = count(json.dumps(messages)) + count(
            json.dumps(body.get("tools", [])))
        self.bodies.append(text)
        if tokens + body["max_tokens"] > self.window:
            self.wrong.append("request %d has %d tokens and wants %d" % (
                len(self.bodies), tokens, body["max_tokens"]))
        is_note = messages[0]["content"].startswith(NOTES)
        if is_note:
            self.notes.append(messages)
            answer = self.note(messages[1]["content"])
        else:
            why = whole_pairs(messages)
            if why:
                self.wrong.append(why)
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
        self.config = dict({"plan": "skip", "context_window": WINDOW,
                            "max_tokens": 2000}, **config)

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
        # What was read, by the calls and by the summary.
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
        return {"calls": [{"name": "done", "args": {
            "summary": "The word is written down."}}]}

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


def test_sixty_turns_in_a_small_window(w):
    make_parts(w)
    with Served(w, Reader(), max_turns=100) as brain:
        r = w.run("exec", "--approve", "yes", TASK)
    assert r.returncode == 0, (r.stdout + r.stderr).decode()
    assert not brain.wrong, brain.wrong
    assert len(brain.turns) == 60, len(brain.turns)
    assert w.read("result.txt") == FACT + "\n"
    lines = w.events("compaction")
    assert len(lines) >= 2, len(lines)
    for line in lines:
        assert line["by"] == "model" and line["why"] == "window", line
        assert FACT in json.dumps(line["summary"]), line["summary"]
        assert line["said"] == [TASK], line["said"]
        assert line["tokens"]["after"] < line["tokens"]["before"], line
    # The fact stands nowhere but in the summary in the end.
    last = brain.turns[-1]
    holds = [m for m in last if FACT in json.dumps(m)]
    assert holds and holds[0] is last[1], [m["role"] for m in holds]
    assert TASK in last[1]["content"], last[1]["content"]
    # Messages are only ever added, but where a line says so.
    said = len(lines) + len(w.events("shortened"))
    assert 0 < brain.breaks() <= said, (brain.breaks(), said)
    # Nothing left the journal.
    assert FACT in json.dumps(w.events("tool_result")[0])
    w.verify()
    out = w.run("log").stdout.decode()
    assert "older messages are summed up for the model" in out, out
    assert "the word in facts.txt is " + FACT in out, out


if __name__ == "__main__":
    harness.main(globals())
