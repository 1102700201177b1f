"""After the core was killed, every decision is still there."""

import hashlib
import json
import os
import signal

import harness
from messages import msg
import protocol

FIX = {"path": "a.txt", "old_string": "one", "new_string": "ONE"}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def project(w):
    w.write("a.txt", "".join("%s\n" % x for x in (
        "one two three four five six seven eight nine ten eleven".split())))
    w.write("b.txt", "b\n")
    w.repository()


def test_decision_is_applied_once_after_a_kill(w):
    """The core dies right after the decision line is durable."""
    project(w)
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, plan="skip", task="go")
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("applied")
    protocol.kill(w, c)
    # Cut the journal after the decision: as if it had died just then.
    path = os.path.join(w.session_dir(), "journal.jsonl")
    with open(path) as f:
        lines = f.readlines()
    at = [i for i, x in enumerate(lines)
          if json.loads(x)["type"] == "decision"][0]
    harness.rewrite_journal(w.session_dir(), lines[:at + 1])
    w.write("a.txt", w.read("a.txt").replace("ONE", "one"))

    c = protocol.resume(w)
    applied = c.wait_event("applied")
    assert applied["ops"][0]["ok"], applied
    assert w.read("a.txt").startswith("ONE\n")


def test_a_signal_is_not_the_users_end(w):
    """The core ends, and the journal doesn't say that you ended the session."""
    project(w)
    w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
    c = protocol.start(w, plan="skip", task="go")
    c.wait_event("proposal")
    os.kill(protocol.core_pid(w), signal.SIGTERM)
    c.wait_eof()
    assert w.events("agent_end"), w.events()
    assert not [n for n in w.events("note") if n.get("ended")], w.events()
    c.close()


def test_after_apply_began_it_is_found_done_or_not(w):
    """A file back in its old state is only written by a new decision."""
    for finish in (False, True):
        project(w)
        w.mock([{"calls": [{"name": "edit", "args": FIX}]}, DONE])
        c = protocol.start(w, plan="skip", task="go")
        p = c.wait_event("proposal")
        c.send(type="decide", proposal=p["seq"], version=1, all="yes",
               seen=True)
        c.wait_event("applied")
        protocol.kill(w, c)
        path = os.path.join(w.session_dir(), "journal.jsonl")
        with open(path) as f:
            lines = f.readlines()
        at = [i for i, x in enumerate(lines)
              if json.loads(x)["type"] == "apply_begin"][0]
        harness.rewrite_journal(w.session_dir(), lines[:at + 1])
        if not finish:
            w.write("a.txt", w.read("a.txt").replace("ONE", "one"))
        c = protocol.resume(w)
        applied = c.wait_event("applied")
        assert applied["ops"][0]["ok"] == finish, applied
        assert w.read("a.txt").count("ONE") == finish
        c.close_and_wait()
        w.verify()
        w.clean_project()


def test_words_reach_the_model_whenever_it_died(w):
    """A half refused proposal, and the core gone after each of the lines that
    follow the decision: what was refused leaves the stage, what was taken is in
    the tree, and the model hears the word once."""
    harness.need_sandbox(w)
    for last in ("decision", "apply_begin", "applied", "proposal"):
        project(w)
        m = w.mock([{"calls": [{"name": "edit", "args": FIX},
                               {"name": "edit", "args": {
                                   "path": "a.txt", "old_string": "eleven",
                                   "new_string": "ELEVEN"}}]}, DONE,
                    {"text": "I see.", "wait_for": "never"},
                    harness.bash("cat a.txt"),
                    {"calls": [{"name": "done", "args": {"summary": "x"}}]}])
        c = protocol.start(w, plan="skip", task="go")
        p = c.wait_event("proposal")
        for hunk, mark in zip(p["files"][0]["hunks"], ("yes", "no")):
            c.send(type="mark", proposal=p["seq"], version=1, hunk=hunk["id"],
                   mark=mark, seen=True, word="not so loud")
        c.write(p)
        c.wait("the model to be asked", lambda: len(m.requests()) == 3)
        protocol.kill(w, c)
        with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
            lines = f.readlines()
        at = [i for i, x in enumerate(lines)
              if json.loads(x)["type"] == last][-1]
        harness.rewrite_journal(w.session_dir(), lines[:at + 1])
        c = protocol.resume(w)
        c.wait_event("agent_end")
        told = c.event_list("tool_result", lambda e: e["name"] == "done" and
                            "not so loud" in e["text"])
        assert len(told) == 1, (last, told)
        seen = c.event_list("tool_result", lambda e: e["name"] == "bash")[-1]
        assert "ONE" in seen["text"] and "ELEVEN" not in seen["text"], seen
        text = w.read("a.txt")
        assert text.startswith("ONE\n") and text.endswith("eleven\n"), text
        assert len(c.event_list("applied")) == 1, last
        c.close_and_wait()
        w.verify()
        w.clean_project()


def test_unanswered_calls_say_what_may_be_half_done(w):
    """Of the calls of one answer, those that only look have left nothing, and
    those without a line did not begin."""
    harness.need_sandbox(w)
    project(w)
    calls = [("read", {"path": "a.txt"}), ("grep", {"pattern": "b"}),
             ("bash", {"command": "echo new >c.txt"}),
             ("read", {"path": "b.txt"})]
    w.mock([{"calls": [{"name": n, "args": a} for n, a in calls]}] +
           [{"text": "ok"}] * 3)
    # With room for both, read and grep begin together.
    model = dict(protocol.settings(w)["model"], window=200000)
    c = protocol.start(w, plan="skip", task="go", model=model)
    c.wait_event("proposal")
    protocol.kill(w, c)
    with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
        lines = f.readlines()
    again = msg.WAS_NOT_ANSWERED_CALL
    never, half = msg.DID_NOT_BEGIN, msg.FILES_MAY_BE_INCOMPLETE
    kinds = [e["type"] for e in w.events()]
    first = kinds.index("tool_call")
    for n, want in ((first + 2, [again, again, never, never]),
                    (first + 5, [half, never])):
        harness.rewrite_journal(w.session_dir(), lines[:n])
        c = protocol.resume(w)
        c.wait("the answer", lambda: c.event_list(
            "assistant_message", lambda e: e["seq"] > n))
        said = [e for e in w.events("tool_result") if e["seq"] > n]
        assert len(said) == len(want) and all(
            x in e["text"] for e, x in zip(said, want)), said
        protocol.kill(w, c)
        c.close()


def test_the_check_of_a_changed_plan(w):
    """Until the change is approved, and if it names none, the approved one's check
    holds, also after a kill."""
    harness.need_sandbox(w)
    for check, action, runs in (({"check": "true"}, "return", "test -f b.txt"),
                                ({"check": "true"}, "approve", "true"),
                                ({}, "approve", "test -f b.txt")):
        for kill in False, True:
            w.clean_project()
            w.write("b.txt", "b\n")
            plan = {"goal": "g", "steps": [{"title": "one"}]}
            w.mock([harness.call("plan", check="test -f b.txt", **plan),
                    harness.calls(harness.write("a.txt", "a\n"), harness.call(
                        "plan", **check, **plan)), DONE, DONE])
            c = protocol.start(w, task="go", plan="require")
            c.wait_event("plan")
            c.send(type="plan", version=1, action="approve", seen=True)
            c.wait_event("plan", lambda e: e["version"] == 2)
            c.wait_status("plan to review")
            if kill:
                protocol.kill(w, c)
                c = protocol.resume(w)
            c.send(type="plan", version=2, action=action, seen=True)
            e = c.wait_event("evidence", lambda e: e["status"] == "done")
            assert (e["command"], e["check_by"]) == (runs, "approved"), e
            protocol.kill(w, c)


def test_notes_on_a_plan(w):
    """They outlive the core and an edit of the plan, and go with its answer, once,
    also if the core is killed before the call has its result."""
    harness.need_sandbox(w)
    plan = {"goal": "g", "steps": [{"title": "one"}, {"title": "two"}]}
    for action, head in ("return", ", for the next one:\n"), (
            "approve", "hand in a changed plan):\n"):
        w.clean_project()
        mock = w.mock([harness.call("plan", **plan)] + [DONE] * 4)
        c = protocol.start(w, task="go", plan="require")
        c.wait_status("plan to review")
        for at, word in (("step 2", "no"), ("step 1", "slowly"), ("goal", "x"),
                         ("goal", ""), ("step 2", "fast")):
            c.send(type="plan", version=1, action="note", at=at, word=word)
        c.send(type="plan", version=1, action="note", at="step 3", word="x")
        c.wait("a refusal", lambda: [x for x in c.lines if x.get("type") ==
                                     "refused" and "step 3" in x["text"]])
        protocol.kill(w, c)
        c = protocol.resume(w)
        # Step 2 is the first one now, and step 1 is gone.
        c.send(type="plan", version=1, action="edit", plan=dict(
            plan, steps=[{"title": "two"}, {"title": "three"}]))
        c.wait_event("plan", lambda e: e["version"] == 2)
        c.send(type="plan", version=2, action=action, seen=True)
        done = c.wait_event("tool_result", lambda e: e["name"] == "plan")
        notes = ('On the goal "g": On step 1 "one": slowly\nOn step 1 "two": '
                 'fast')
        assert done["text"].endswith(head + notes), done
        # The edit goes along.
        assert 'as the user edited it: {' in done["text"] and \
            '"three"' in done["text"], done
        protocol.kill(w, c)
        with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
            lines = f.readlines()
        events = w.events()
        answer = max(i for i, e in enumerate(events) if e["type"] == "plan")
        assert events[answer]["notes"] == notes, events[answer]
        harness.rewrite_journal(w.session_dir(), lines[:answer + 1])
        c = protocol.resume(w)
        again = c.wait_event("tool_result", lambda e: e["name"] == "plan")
        assert again["text"].endswith(head + notes) and \
            '"three"' in again["text"], again
        protocol.kill(w, c)


def test_what_the_user_stopped_was_not_restarted(w):
    harness.need_sandbox(w)
    project(w)
    w.mock([harness.calls({"name": "bash", "args": {"command": "sleep 1000"}},
                          {"name": "bash", "args": {"command": "echo no"}}),
            {"text": "ok"}])
    c = protocol.start(w, plan="skip", task="go")
    c.wait_event("tool_call")
    c.send(type="interrupt")
    c.wait_event("agent_end", lambda e: e["outcome"] == "interrupted")
    c.close_and_wait()
    c = protocol.resume(w)
    c.send(type="say", text="on")
    c.wait_event("agent_end", lambda e: e["outcome"] != "interrupted")
    said = [e["text"] for e in w.events("tool_result")]
    assert len(said) == 2 and "interrupted by the user" in said[0], said
    assert said[1] == "did not begin: interrupted by the user", said


def test_nothing_recorded(w):
    # Killed before the first line: head is there, the journal empty or missing.
    project(w)
    w.mock([DONE])
    c = protocol.start(w, task="go")
    c.wait_event("agent_end")
    c.close_and_wait()
    folder = w.session_dir()
    slot = b"seq=0 end=0 h="
    slot += b" sum=" + hashlib.sha256(slot).hexdigest()[:16].encode()
    w.write(os.path.join(folder, "head"), 2 * (slot.ljust(159) + b"\n"))
    path = os.path.join(folder, "journal.jsonl")
    for lose in (lambda: os.truncate(path, 0), lambda: os.remove(path)):
        lose()
        for args, status in ((["log", "--verify"], 0), (["resume", "--plain"], 2)):
            r = w.run(*args, os.path.basename(folder))
            assert r.returncode == status and \
                msg.BEFORE_IT_RECORDED_ANYTHING.encode() in r.stdout + r.stderr, \
                (args, r)


harness.main(globals())
