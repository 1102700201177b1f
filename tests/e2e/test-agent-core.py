"""The core with another agent (acp-agent.py), by hand-made start objects: what
its prompts become."""

import json
import os
import shutil

import harness
import protocol

NEEDS_SANDBOX = True
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "acp-agent.py")


def do(*steps, say="please"):
    return "%s\nDO %s" % (say, json.dumps(steps))


def agent(w, *modes):
    state = w.path("state", "assent", "agents", "small")
    os.makedirs(state, exist_ok=True)
    folder = w.path("agents", "small")
    os.makedirs(folder, exist_ok=True)
    program = shutil.copy(PROGRAM, os.path.join(folder, "small"))
    os.chmod(program, 0o755)
    return {"name": "small", "acp": True, "argv": [program] + list(modes),
            "hosts": [], "env": {}, "show": [folder], "read": [],
            "state": state}


def start(w, *modes, **more):
    w.mock([])
    return protocol.start(w, agent=agent(w, *modes), model=None, **more)


def heard(w, method=None):
    with open(w.path("state", "assent", "agents", "small",
                     "heard.jsonl")) as f:
        out = [json.loads(line) for line in f]
    return out if method is None else [
        m["params"] for m in out if m.get("method") == method]


def prompts(w):
    return ["\n".join(b.get("text", "") for b in p["prompt"])
            for p in heard(w, "session/prompt")]


def test_a_prompt_becomes_hunks(w):
    w.write("a.txt", "one\n")
    c = start(w)
    c.wait_live()
    c.send(type="say", text=do(("say", "I do it."), ("edit", "a.txt", "two\n"),
                               ("run", "echo ran > ran.txt; ls"),
                               ("tokens", 50, 7)))
    p = c.wait_event("proposal", lambda e: e["files"])
    assert [f["path"] for f in p["files"]] == ["a.txt", "ran.txt"], p
    c.wait_status("review")
    assert w.read("a.txt") == "one\n"
    c.send(type="decide", proposal=p["seq"], version=p["version"], marks=[
        {"hunk": p["files"][0]["hunks"][0]["id"], "mark": "yes", "seen": True},
        {"hunk": p["files"][1]["hunks"][0]["id"], "mark": "no", "seen": True,
         "word": "No."}])
    c.wait_event("applied")
    c.wait("the next prompt", lambda: len(c.event_list("turn_end")) == 2)
    c.wait_event("agent_end")
    assert "Rejected in ran.txt, because: No." in prompts(w)[-1]
    calls = c.event_list("tool_call")
    assert [(e["name"], e["title"]) for e in calls] == [
        ("edit", "Edit a.txt"), ("execute", "$ echo ran > ran.txt; ls")], calls
    assert c.event_list("turn_end")[0]["usage"]["output"] == 7
    assert w.read("a.txt") == "two\n"


def ended(c, n=1):
    return c.wait("the end", lambda: (
        lambda l: len(l) >= n and l[n - 1])(c.event_list("agent_end")))


def words(c):
    return "".join(e["text"] for e in c.event_list("assistant_message"))


def asked(c, after=None):
    return c.wait_event("ask", lambda e: after is None or
                        e["seq"] > after["seq"])


ALLOW = [["a", "First", "allow_once"], ["b", "Second", "allow_once"],
         ["n", "No", "reject_once"]]


def test_what_it_asks(w):
    """A tool is allowed by rule, and the journal says so; all else is a question
    that says who asks."""
    c = start(w)
    c.send(type="say", text=do(
        ("permit", "edit", "Write a.txt"),
        ("permit", "switch_mode", "Allow this command without a sandbox?"),
        ("permit", "other", "Which?", ALLOW), ("permit", "other", "And?", ALLOW)))
    e = asked(c)
    assert e["why"].startswith("small asks, in its own words."), e
    assert "Allow this command" in e["command"] and e["form"] == {}, e
    assert e["server"] == "small", e
    c.send(type="answer", id=e["id"], allow=True)
    e = asked(c, e)
    assert e["command"].endswith("\n1  First\n2  Second\n3  No\n"), e
    c.send(type="answer", id=e["id"], allow=True, text="7")
    again = asked(c, e)
    assert again["form"] == {"field": "choice", "given": "7"}, again
    c.send(type="answer", id=again["id"], allow=True, text="2")
    e = asked(c, again)
    c.send(type="answer", id=e["id"], allow=False)
    ended(c)
    assert words(c) == ("Write a.txt: yes\nAllow this command without a sandbox?"
                        ": yes\nWhich?: b\nAnd?: n\n"), words(c)


def test_nobody_answers(w):
    c = start(w, person=False, mode="exec", task=do(
        ("permit", "fetch", "A page"), ("permit", "other", "Really?")))
    ended(c)
    assert words(c) == "A page: yes\nReally?: no\n", words(c)
    assert c.event_list("note", lambda e: "nobody is here" in e["text"])


def test_interrupt(w):
    """It is told, and goes on with the next message; one that doesn't listen is
    killed."""
    c = start(w, "load")
    c.send(type="say", text=do(("edit", "a.txt", "x\n"), ("hang",)))
    c.wait_event("tool_result")
    c.send(type="interrupt")
    assert ended(c)["outcome"] == "interrupted"
    assert c.event_list("proposal")[-1]["files"][0]["path"] == "a.txt"
    c.send(type="say", text="and now?")
    c.wait("the next prompt", lambda: "You said: and now?" in words(c))
    c.close_and_wait()


def test_deaf(w):
    c = start(w, "deaf")
    c.send(type="say", text=do(("edit", "a.txt", "x\n"), ("hang",)))
    c.wait_event("tool_result")
    c.send(type="interrupt")
    c.wait_status("being stopped")
    c.send(type="interrupt")
    assert ended(c)["outcome"] == "interrupted"
    assert c.event_list("proposal")[-1]["files"][0]["path"] == "a.txt"
    c.send(type="say", text=do(("say", "Here.")))
    c.wait("the next prompt", lambda: "Here." in words(c))
    assert len(heard(w, "initialize")) == 2
    c.close_and_wait()


def test_killed_core(w):
    c = start(w, "load")
    c.send(type="say", text=do(("edit", "a.txt", "x\n"), ("hang",)))
    c.wait_event("tool_result")
    protocol.kill(w, c)
    c.wait_eof()
    c = protocol.resume(w, agent=agent(w, "load"), model=None)
    c.wait("the next prompt", lambda: len(heard(w, "session/prompt")) == 2)
    c.send(type="interrupt")
    ended(c)
    p = c.event_list("proposal")[-1]
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    assert "The session ended while you worked" in prompts(w)[1], prompts(w)
    assert len(heard(w, "session/load")) == 1
    c.close_and_wait()


def test_killed_agent(w):
    c = start(w)
    c.send(type="say", text=do(("edit", "a.txt", "x\n"), ("crash",)))
    assert ended(c)["outcome"] == "provider"
    e = c.event_list("error")[0]
    assert e["text"] == ("small ended with status 7. It printed: my last "
                         "words"), e
    assert c.event_list("proposal")[-1]["files"][0]["path"] == "a.txt"
    c.send(type="say", text="go on")
    ended(c, 2)
    assert "The conversation before this one is lost" in prompts(w)[1]
    c.close_and_wait()


def test_it_does_not_start(w):
    c = start(w, "dies-at-once")
    c.send(type="say", text="hello")
    assert ended(c)["outcome"] == "provider"
    assert "It printed: can't find my database" in \
        c.event_list("error")[0]["text"]
    c.close_and_wait()


def test_sign_in(w):
    c = start(w, "sign-in")
    c.send(type="say", text="hello")
    ended(c)
    assert "assent try -- small" in c.event_list("error")[0]["text"]
    c.close_and_wait()


PLAN = "# The plan\n1. Do it\n2. Test it"


def test_plan(w):
    w.write("a.txt", "one\n")
    c = start(w, plan="require")
    c.send(type="say", text=do(("edit", "a.txt", "two\n"),
                               ("leave_plan", PLAN), ("tell", "a.txt"),
                               ("edit", "b.txt", "new\n")))
    p = c.wait_event("plan")
    assert p["goal"] == "The plan", p
    assert [x["title"] for x in p["steps"]] == ["Do it", "Test it"], p
    assert heard(w, "session/set_mode")[0]["modeId"] == "plan"
    c.wait_status("plan")
    c.send(type="plan", version=1, action="approve")
    p = c.wait_event("proposal", lambda e: e["files"])
    assert [f["path"] for f in p["files"]] == ["b.txt"], p
    assert "one\n" in words(c), words(c)
    assert len(prompts(w)) == 1
    c.close_and_wait()


def test_plan_sent_back(w):
    c = start(w, plan="require")
    c.send(type="say", text=do(("leave_plan", PLAN), ("edit", "b.txt", "new\n")))
    c.wait_event("plan")
    c.wait_status("plan")
    c.send(type="plan", version=1, action="return", word="Too long.")
    c.wait("the next prompt", lambda: len(prompts(w)) == 2)
    assert "The user sent the plan back: Too long." in prompts(w)[1]
    # Its answer is none, the next one has steps.
    c.wait_event("agent_end")
    c.send(type="say", text=do(("say", PLAN)))
    c.wait_event("plan", lambda e: e["version"] == 2)
    c.wait_status("plan")
    c.send(type="plan", version=2, action="approve")
    c.wait("the next prompt", lambda: len(prompts(w)) == 4)
    assert "The plan is approved" in prompts(w)[3]
    assert heard(w, "session/set_mode")[-1]["modeId"] == "default"
    c.close_and_wait()


def test_plan_and_a_killed_core(w):
    w.write("a.txt", "one\n")
    c = start(w, "load", plan="require")
    c.send(type="say", text=do(("edit", "a.txt", "two\n"),
                               ("leave_plan", PLAN)))
    c.wait_status("plan")
    protocol.kill(w, c)
    c.wait_eof()
    c = protocol.resume(w, agent=agent(w, "load"), model=None, plan="require")
    c.wait_status("plan")
    c.send(type="plan", version=1, action="approve", notes=[
        {"at": "step 1", "word": "carefully"}])
    ended(c)
    assert "The plan is approved" in prompts(w)[1], prompts(w)
    assert "carefully" in prompts(w)[1], prompts(w)
    assert not c.event_list("proposal", lambda e: e["files"])
    c.close_and_wait()


def test_no_planning_mode(w):
    c = start(w, "no-modes", plan="require")
    c.send(type="say", text=do(("edit", "b.txt", "new\n")))
    p = c.wait_event("proposal", lambda e: e["files"])
    assert [f["path"] for f in p["files"]] == ["b.txt"], p
    assert "The user wants a plan first" in prompts(w)[0]
    c.close_and_wait()


def test_limits(w):
    c = start(w, person=False, mode="exec", max_total_tokens=1000, task=do(
        ("usage", 2000), ("hang",)))
    e = ended(c)
    assert e["outcome"] == "limit" and e["limit"]["what"] == "tokens", e
    c = start(w, person=False, mode="exec", max_cost_usd=1.0, task=do(
        ("say", "hi")))
    e = ended(c)
    assert e["outcome"] == "limit" and e["limit"]["what"] == "money", e


def test_time(w):
    """The user may extend it: the agent hears why it was stopped."""
    c = start(w, max_time_ms=1500)
    c.send(type="say", text=do(("edit", "b.txt", "n\n"), ("hang",)))
    b = c.wait_event("budget")
    c.wait_status("limit")
    c.send(type="budget", action="extend", pause=b["seq"])
    c.wait("the next prompt", lambda: len(prompts(w)) == 2)
    assert "ended early: the time limit was reached" in prompts(w)[1]
    c.close_and_wait()


def test_hostile(w):
    outside = os.path.join(w.home, "outside.txt")
    c = start(w)
    update = {"jsonrpc": "2.0", "method": "session/update", "params": {
        "sessionId": "SESSION", "update": {
            "sessionUpdate": "tool_call", "toolCallId": "x", "title": "A",
            "kind": "run_tests", "status": "completed", "content": [{
                "type": "diff", "path": outside, "oldText": "", "newText":
                "y"}]}}}
    c.send(type="say", text=do(
        ("edit", outside, "x"), ("raw", update), ("raw", update),
        ("raw", {"jsonrpc": "2.0", "id": 12345, "result": {}}),
        ("raw", "no JSON"), ("late", "after the end")))
    e = ended(c)
    assert not os.path.exists(outside)
    got = c.event_list("tool_result")
    assert len({x["id"] for x in got}) == 3, got
    assert {x["name"] for x in got} == {"edit", "other"}, got
    assert not c.event_list("proposal", lambda e: e["files"])
    assert "after the end" not in words(c)
    c.close_and_wait()


def test_flood(w):
    c = start(w)
    c.send(type="say", text=do(("flood", 1024)))
    ended(c)
    assert sum(len(json.dumps(e)) for e in w.events()) < 4 << 20
    c.close_and_wait()


def test_question(w):
    """About a hunk: what it changes to answer isn't kept."""
    c = start(w)
    c.send(type="say", text=do(("edit", "a.txt", "x\n")))
    p = c.wait_event("proposal", lambda e: e["files"])
    c.wait_status("review")
    c.send(type="comment", proposal=p["seq"], version=p["version"], line=1,
           hunk=p["files"][0]["hunks"][0]["id"], text=do(
               ("edit", "b.txt", "y\n"), ("say", "Because.")) + "\nWhy?")
    e = c.wait_event("comment", lambda e: e["by"] == "model")
    assert e["text"].endswith("Because."), e
    c.wait_status("review")
    assert [f["path"] for f in c.event_list("proposal")[-1]["files"]] == [
        "a.txt"]
    c.close_and_wait()


def test_what_you_ran(w):
    """Your own command is told; what the agent installed is there for it."""
    w.write(".gitignore", "out/\n")
    c = start(w)
    c.send(type="say", text=do(("edit", "out/x", "built\n")))
    ended(c)
    c.send(type="run", command="cat out/x")
    c.wait_event("tool_result", lambda e: e["by"] == "user")
    c.send(type="say", text="so?")
    ended(c, 2)
    assert "$ cat out/x\n| exit status 0\n| built" in prompts(w)[1], prompts(w)
    for m in ({"type": "compact"}, {"type": "btw", "text": "why?"}):
        c.send(**m)
    c.wait("two refusals", lambda: 2 == len([
        x for x in c.lines if x["type"] == "refused"]))
    c.close_and_wait()


def test_blocks(w):
    w.write("src/a b.c", "int a;\n")
    c = start(w, "images")
    c.send(type="say", text='/greet @"src/a b.c" and @no-such-file')
    ended(c)
    blocks = heard(w, "session/prompt")[0]["prompt"]
    assert blocks[0]["text"].startswith("/greet"), blocks
    assert blocks[-1] == {"type": "resource_link", "name": "src/a b.c", "uri":
                          "file://%s/src/a%%20b.c" % w.project}, blocks
    c.close_and_wait()


harness.main(globals())
