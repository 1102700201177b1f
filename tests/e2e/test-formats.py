"""A whole task over each format of providers: plan, calls in parallel, a failing
call, reasoning that goes back as it came, a person's approval, the apply, and
a second task in the same session, with another format.
"""

import json
import os
import sys

import harness
from messages import msg
import protocol

sys.path.insert(0, os.path.join(harness.SRC, "tests", "wire"))
import shapes

# null: left out, as schemas that are kept to have it.
PLAN = {"goal": "make greet say hello", "files": ["greet.sh"],
        "steps": [{"title": "fix the word", "tools": None}], "risks": None}
FIX = {"path": "greet.sh", "old_string": "echo helo", "reason": "a typo",
       "new_string": "echo hello"}
GREET = "#!/bin/sh\necho helo\n"
FIXED = "#!/bin/sh\necho hello\n"
CHECK = "#!/bin/sh\ntest \"$(sh ./greet.sh)\" = hello && echo '1 passed'\n"


def task():
    return [
        {"thinking": "What is there?", "text": "I plan.", "calls": [
            {"name": "plan", "args": PLAN}]},
        {"thinking": "Look at both.", "calls": [
            {"name": "read", "args": {"path": "greet.sh"}},
            {"name": "grep", "args": {"pattern": "helo"}},
            {"name": "read", "args": {"path": "gone"}}]},
        {"text": "A typo.", "calls": [{"name": "edit", "args": FIX}]},
        {"calls": [{"name": "run_tests"}]},
        {"thinking": "That was it.", **harness.done(1),
         "usage": {"input": 50, "output": 7, "cached": 20}}]


def project(w):
    w.write("greet.sh", GREET, 0o755)
    w.write("check.sh", CHECK, 0o755)


def begin(w, fmt):
    """The task up to its open proposal; the requests that were made."""
    harness.need_sandbox(w)
    project(w)
    m = w.mock(task(), fmt=fmt)
    r = w.run("exec", "--test", "sh check.sh", "fix the greeting")
    assert r.returncode == 5, (fmt, r.stdout + r.stderr)
    assert w.read("greet.sh") == GREET
    for q in m.requests():
        why = shapes.wrong(fmt, q["body"])
        assert why is None, why
    return m.requests()


def whole_task(w, fmt):
    reqs = begin(w, fmt)
    r = w.run("decide", "--accept", "1")
    assert r.returncode == 0, (fmt, r.stdout + r.stderr)
    assert w.read("greet.sh") == FIXED
    results = w.events("tool_result")
    names = [e["name"] for e in results if e["ok"]]
    assert names == ["plan", "read", "grep", "edit", "run_tests", "step_done",
                     "done"], names
    replies = w.events("assistant_message")
    assert [e.get("thinking", "") for e in replies] == [
        "What is there?", "Look at both.", "", "", "That was it."], replies
    assert replies[0]["text"] == "I plan."
    assert replies[-1]["usage"]["input"] == 50, replies[-1]
    assert replies[-1]["usage"]["cached"] == 20, replies[-1]
    assert replies[-1]["usage"]["output"] == 7, replies[-1]
    w.verify()
    return reqs


def test_openai_responses(w):
    last = whole_task(w, "openai-responses")[-1]
    assert last["path"] == "/v1/responses", last["path"]
    body = last["body"]
    assert body["prompt_cache_key"] == w.sessions()[-1], body
    sealed = [o["encrypted_content"] for o in body["input"]
              if o.get("type") == "reasoning"]
    assert sealed == ["sealed-1==", "sealed-2=="], sealed
    calls = [o["call_id"] for o in body["input"]
             if o.get("type") == "function_call"]
    told = [o["call_id"] for o in body["input"]
            if o.get("type") == "function_call_output"]
    assert calls == told and len(calls) == 6, (calls, told)
    failed = [o["output"] for o in body["input"]
              if o.get("call_id") == calls[3] and "output" in o]
    assert failed[0].startswith("error"), failed


def test_gemini(w):
    last = whole_task(w, "gemini")[-1]
    assert last["path"] == \
        "/v1beta/models/m:streamGenerateContent?alt=sse", last["path"]
    body = last["body"]
    model = [c["parts"] for c in body["contents"] if c["role"] == "model"]
    signed = [p["thoughtSignature"] for parts in model for p in parts
              if "thoughtSignature" in p]
    assert signed == ["c2ln%d==" % n for n in (1, 2, 3, 4)], signed
    told = [p["functionResponse"] for c in body["contents"]
            for p in c["parts"] if "functionResponse" in p]
    assert [list(o["response"]) for o in told] == [
        ["output"], ["output"], ["output"], ["error"], ["output"],
        ["output"]], told
    # The server gave no ids, so that it gets none.
    assert not any("id" in o for o in told), told


def test_anthropic(w):
    whole_task(w, "anthropic")


def test_openai_chat(w):
    whole_task(w, "openai-chat")


def own_service(w, answers):
    """A server that is asked for all that Anthropic's own service offers."""
    m = w.mock(answers, fmt="anthropic")
    w.configure(m.url(""), config={"providers": {"mock": {
        "format": "anthropic", "dialect": "anthropic", "base_url": m.url(""),
        "api_key_env": "MOCK_KEY"}}})
    return m


MISSED = {"cache_miss_reason": {"type": "tools_changed",
                                "cache_missed_input_tokens": 12400}}
WHY = "the cache missed: the tools changed (12,400 tokens)"


def test_why_the_cache_missed(w):
    """Each request names the answer before; what the service says is in /status
    and stats, and so is an entry that had expired."""
    harness.need_sandbox(w)
    project(w)
    read = harness.call("read", path="greet.sh")
    m = own_service(w, [
        read, dict(read, diagnostics=MISSED, usage={
            "input": 900, "output": 5, "cached": 100}),
        # Written for the first time.
        dict(read, diagnostics={"cache_miss_reason": None}),
        dict(harness.call("glob", pattern="*"), usage={
            "input": 500, "output": 5, "write_1h": 400}),
        # Nothing was read from the cache, all was written.
        dict(read, usage={"input": 800, "output": 5, "write_1h": 700}),
        dict(harness.done(), diagnostics={"cache_miss_reason": {
            "type": "moon_changed"}}),
        {"text": "Seen."}])
    w.run("exec", "look", code=0)
    asked = [q["body"]["diagnostics"]["previous_message_id"]
             for q in m.requests()]
    assert asked == [None, "msg_1", "msg_2", "msg_3", "msg_4", "msg_5"], asked
    said = w.run("stats", code=0).stdout.decode()
    lines = ["; " + WHY, "; the cache missed: nothing had changed, but it had "
             "expired (400 tokens)", "; the cache missed: moon_changed"]
    assert "".join(lines) in said.replace("\n", " "), said
    total = json.loads(w.run("stats", "--json", code=0).stdout)["total"]
    assert total["cache_misses"] == {
        "tools_changed": 12400, "pending": 0, "expired": 400,
        "moon_changed": 0}, total
    w.env["TERM"] = "dumb"
    code, seen = harness.on_terminal(w, [
        (b"did it", b"/status\n"), (b"moon_changed", b"again\n"),
        (b"Seen.", b"\x04")], "resume", "--plain")
    assert code == 0 and WHY.encode() in seen, seen
    # The next core knows of no answer before.
    assert m.requests()[-1]["body"]["diagnostics"] == {
        "previous_message_id": None}, m.requests()[-1]["body"]


def test_a_long_call_shows_life(w):
    """While a file is in the making, the status says how much of it came; of one
    that is interrupted nothing stays."""
    harness.need_sandbox(w)
    own_service(w, [dict(harness.write("big.txt", "x" * 4000),
                         wait_for="go", wait_after=104)])
    c = protocol.start(w, task="go")
    c.wait_status("writing a tool call, 2 kB")
    said = [x["doing"] for x in c.lines if x.get("type") == "status" and
            "writing" in x["doing"]]
    assert said == ["writing a tool call", "writing a tool call, 1 kB",
                    "writing a tool call, 2 kB"], said
    c.send(type="interrupt")
    c.wait_event("agent_end")
    c.close_and_wait()
    assert not w.events("tool_call") and not w.events("proposal")


def test_refused_by_a_gateway(w):
    """Whoever refuses what only Anthropic's own service takes is asked without it,
    once; others aren't asked at all."""
    harness.need_sandbox(w)
    project(w)
    def refuse(words):
        return {"status": 400, "body": {"type": "error", "error": {
            "type": "invalid_request_error",
            "message": words + ": Extra inputs are not permitted"}}}
    m = own_service(w, [
        refuse("tools.0.custom.eager_input_streaming"), refuse("diagnostics"),
        harness.call("read", path="greet.sh"), harness.done()])
    w.run("exec", "look", code=0)
    eager = ["eager_input_streaming" in q["body"]["tools"][0]
             for q in m.requests()]
    assert eager == [True, False, False, False], eager
    asks = ["diagnostics" in q["body"] for q in m.requests()]
    assert asks == [True, True, False, False], asks
    assert [n["without"] for n in w.events("note") if "without" in n] == [
        ["eager_input_streaming"], ["diagnostics"]]


def test_arguments_as_they_are_made(w):
    """Arguments that nobody checked: cut or invalid ones are an error that the
    model hears; nothing is written of them, not even in part."""
    harness.need_sandbox(w)
    project(w)
    whole = json.dumps({"path": "b.txt", "content": "x" * 5000})
    m = own_service(w, [
        {"calls": [{"name": "write", "args":
                    '{"path": "a.txt", "content": "say "hi""}'}]},
        {"calls": [{"name": "write", "args": whole[:-700]}],
         "stop": "max_tokens"},
        dict(harness.done())])
    w.run("exec", "write", code=0)
    assert all(t["eager_input_streaming"] for q in m.requests()
               for t in q["body"]["tools"])
    told = [r for q in m.requests()[1:] for r in q["body"]["messages"][-1][
        "content"] if r["type"] == "tool_result"]
    assert len(told) == 2 and all(r["is_error"] for r in told), told
    assert "not valid JSON" in told[0]["content"] and \
        "cut off at the output limit" in told[1]["content"], told
    assert not w.events("proposal") and not [
        e for e in w.events("tool_result") if e["name"] == "write" and e["ok"]]


CACHE = ',"cache_control":{"type":"ephemeral"}'
MODELS = {"anthropic": "claude-opus-5-5", "gemini": "gemini-4-argon",
          "openai-chat": "own-model", "openai-responses": "gpt-6.1-sol"}


def model_of(w, name):
    with open(harness.SRC + "/share/models.json") as f:
        rows = [r for r in json.load(f)["models"]
                if name.startswith(r["begins"])]
    facts = {"facts": max(rows, key=lambda r: len(r["begins"]))} if rows else {}
    return dict(protocol.settings(w)["model"], name=name, window=1000000,
                **facts)


def prefix(fmt, text):
    """A request up to the end of its newest message, without marks for the cache
    (they move) and, at the very end, of effort (they come after those)."""
    body = json.loads(text)
    lists = {"gemini": "contents", "openai-responses": "input"}
    name = lists.get(fmt, "messages")
    head = [body.get(k) for k in ("tools", "system", "systemInstruction",
                                  "instructions")]
    messages = text[text.index('"%s":[' % name):].replace(CACHE, "")
    last = json.dumps(body[name][-1], ensure_ascii=False,
                      separators=(",", ":"))
    if '"effort":' in last and messages.endswith("," + last + "]}"):
        messages = messages[:-len(last) - 3]
    return json.dumps(head).replace(CACHE, "") + messages.rstrip("]}")


def long_session(w, fmt):
    """Tasks with a plan, approvals, rejections, an interrupt, another effort, a
    midnight, another branch, a kill; then what rewrites history on purpose."""
    project(w)
    w.git("init", "-q", "-b", "trunk")
    w.git("add", ".")
    w.git("commit", "-qm", "first words")

    def call(name, **args):
        return {"thinking": "So.", "text": "I call.", "calls": [
            {"name": name, "args": args}]}

    def write(name, text):
        return {"name": "write", "args": {"path": name, "content": text}}
    note = {"text": "## Goals\n- greet\n## Progress\n- done\n"
            "## Decisions and facts\n- none\n"
            "## Open questions and next steps\n- none\n"}
    m = w.mock([
        task()[1], call("write", path="early.txt", content="no\n"),
        call("plan", **{k: PLAN[k] for k in ("goal", "files")},
             steps=[{"title": "fix the word"}]),
        {"calls": [write("a.txt", "a\n"), write("b.txt", "b\n")]},
        call("bash", command="true"), call("run_tests"),
        harness.done(1),
        {"text": "I begin", "stall": True}, {"text": "Here I am."},
        {"text": "Less now."}, {"text": "A new day."},
        {"text": "Other rules."}, note, {"text": "In short."},
        {"text": "Another one."}], fmt=fmt)
    day = ("env", "TZ=Etc/GMT+12")
    c = protocol.start(w, wrap=day, task="fix it", plan="require",
                       model=model_of(w, MODELS[fmt]))

    def ends(n):
        c.wait("end %d" % n, lambda: len(c.event_list("agent_end")) >= n)

    def ask(n, **more):
        c.send(**dict({"type": "say", "text": "go on"}, **more))
        ends(n)
    c.wait_status(msg.PLAN_TO_REVIEW)
    c.send(type="plan", version=1, action="approve")
    p = c.wait_event("proposal")
    for f, mark in zip(p["files"], ("yes", "no")):
        c.send(type="mark", proposal=p["seq"], version=p["version"],
               hunk=f["hunks"][0]["id"], mark=mark, seen=True)
    c.write(p)
    ends(1)
    c.send(type="say", text="next")
    c.wait("the eighth", lambda: len(m.requests()) == 8)
    c.send(type="interrupt")
    ends(2)
    ask(3)
    c.send(type="set", effort="low")
    ask(4)
    protocol.kill(w, c)
    w.git("checkout", "-q", "-b", "feature")
    c = protocol.resume(w, wrap=("env", "TZ=Etc/GMT-14"),
                        model=model_of(w, MODELS[fmt]))
    c.wait_live()
    ask(5)
    w.write("AGENTS.md", "Be kind.\n")
    ask(6)
    c.send(type="compact")
    c.wait_event("compaction")
    ask(7)
    c.send(type="model", key=w.env["MOCK_KEY"], model=model_of(w, "else"))
    c.wait_event("model", lambda e: e["model"]["name"] == "else")
    ask(8)
    c.close_and_wait()
    return m


def test_the_same_prefix(w):
    """Each request begins with the one before, byte for byte: that is what every
    service's cache goes by; also the one for a summary.  What rewrites it is a line
    of the journal."""
    harness.need_sandbox(w)
    for fmt in harness.FORMATS:
        w.clean_project()
        m = long_session(w, fmt)
        asked = [q["body_text"] for q in m.requests()
                 if "tools" in q["body"]]
        why, rewritten = [[]], {}
        for e in w.events():
            if e["type"] in ("turn_start", "compaction"):
                why.append([])
            if e["type"] in ("project", "shortened", "compaction", "model"):
                why[-1].append(e["type"])
        assert len(asked) == len(why) - 1 == 15, (len(asked), why)
        for i, (a, b) in enumerate(zip(asked, asked[1:]), 1):
            a, b = prefix(fmt, a), prefix(fmt, b)
            if not b.startswith(a):
                at = next(k for k, (x, y) in enumerate(zip(a, b)) if x != y)
                assert why[i], (fmt, i, a[at - 99:at + 99],
                                b[at - 99:at + 99])
                for name in why[i]:
                    rewritten[name] = rewritten.get(name, 0) + 1
        want = {"project": 1, "compaction": 1, "model": 1}
        if fmt == "openai-chat":
            del want["model"]
        assert rewritten == want, (fmt, rewritten)
        text = "".join(asked)
        assert "branch: feature" in text and text.count("- Date: ") > 2
        if fmt != "anthropic":
            continue
        # Marks stand where the request before ended, and where this one does.
        for i, b in enumerate(asked[:7]):
            b = json.loads(b)["messages"]
            marked = [k for k, x in enumerate(b) if x["content"] and
                      "cache_control" in x["content"][-1]]
            ends = [len(json.loads(x)["messages"]) - 2
                    for x in asked[max(0, i - 1):i + 1]]
            assert marked == ends, (i, marked, ends)
        assert max(b.count(CACHE) for b in asked) == 4


def words(m):
    return m.requests()[0]["body_text"]


def test_the_session_goes_on(w):
    """After the core was killed the reasoning goes back as it came, and to
    another service goes nothing that only the first one can read."""
    harness.need_sandbox(w)
    own = {"anthropic": "sig-1==", "gemini": "c2ln1==",
           "openai-chat": "What is there?", "openai-responses": "sealed-1=="}
    for first, second in (("gemini", "openai-responses"),
                          ("openai-responses", "gemini"),
                          ("anthropic", "gemini"),
                          ("openai-chat", "openai-responses")):
        w.clean_project()
        project(w)
        w.mock([{"thinking": "What is there?", "calls": [
            {"name": "read", "args": {"path": "greet.sh"}},
            {"name": "grep", "args": {"pattern": "helo"}}]},
            {"text": "I have seen it."}], fmt=first)
        c = protocol.start(w, task="look around")
        c.wait_event("agent_end")
        protocol.kill(w, c)

        again = w.mock([{"text": "Yes."}], fmt=first)
        c = protocol.resume(w, override_model=True)
        c.wait_live()
        c.send(type="say", text="Is it all there?")
        c.wait("an answer", lambda: c.event_list(
            "assistant_message", lambda e: e["text"] == "Yes."))
        assert own[first] in words(again), (first, words(again))
        protocol.kill(w, c)

        other = w.mock([{"text": "It is."}], fmt=second)
        c = protocol.resume(w, override_model=True)
        c.wait_live()
        c.send(type="say", text="And now?")
        c.wait("an answer", lambda: c.event_list(
            "assistant_message", lambda e: e["text"] == "It is."))
        assert own[first] not in words(other), (first, second, words(other))
        assert "And now?" in words(other) and "echo helo" in words(other)
        c.close_and_wait()
        w.verify()


def test_headers_by_configuration(w):
    """A gateway's headers are sent with each request, instead of ours; their
    values appear nowhere else."""
    harness.need_sandbox(w)
    project(w)
    values = ("team-route-7781", "Bearer gateway-token-5512")
    m = w.mock([
        {"status": 400, "body": {"error": {
            "message": "no route for %s, %s of platform" % values}}},
        {"text": "Hm.", "calls": [{"name": "bash", "args": {
            "command": "printf '%s-7781 for the platform' team-route"}}]},
        {"text": "I have seen it."}])
    path = w.path("config", "assent", "config.json")
    conf = json.loads(w.read(path))
    conf["providers"]["mock"]["headers"] = {
        "X-Route": values[0], "authorization": values[1],
        "X-Team": "platform",
        "x-api-key": "sk-test-0123456789"}
    w.write(path, json.dumps(conf))
    said = b""
    for args, code in ((("exec", "--plan", "skip", "look"), 6),
                       (("exec", "--plan", "skip", "look"), 0),
                       (("log", "--json"), 0),
                       (("doctor",), None)):
        r = w.run(*args)
        assert code in (None, r.returncode), r.stdout + r.stderr
        said += r.stdout + r.stderr
    assert len(m.requests()) == 3, m.requests()
    for q in m.requests():
        got = [[n.lower(), v] for n, v in q["headers"]]
        assert ["x-route", values[0]] in got, got
        assert [v for n, v in got if n == "authorization"] == [values[1]], got
    # An ordinary word in a header's value isn't masked.
    assert b"no route for [key], Bearer [key] of platform" in said, said
    for value in (values[0], values[1][7:]):
        assert value.encode() not in said, said
        for folder, _, names in os.walk(w.path("state")):
            for name in names:
                if name == "sock":
                    continue
                with open(os.path.join(folder, name), "rb") as f:
                    assert value.encode() not in f.read(), (folder, name)
    assert "[masked by assent] for the platform" in \
        w.events("tool_result")[0]["text"], w.events("tool_result")


def test_an_empty_answer_is_asked_for_again(w):
    """A service that says nothing is asked again, twice; then it has failed,
    since nothing says that the work is at its end."""
    harness.need_sandbox(w)
    done = {"calls": [{"name": "done", "args": {"summary": "nothing"}}]}
    for fmt in harness.FORMATS:
        w.clean_project()
        project(w)
        w.mock([{"thinking": "Hm."}] * 2 + [done, {"text": " "}, {},
                                            {"thinking": "Hm."}], fmt=fmt)
        c = protocol.start(w, task="x", retry_time_ms=60000)
        end = c.wait_event("agent_end")
        said = [e["text"] for e in w.events("retry")]
        assert said == [msg.ANSWER_IS_EMPTY] * 2, (fmt, said)
        assert end["summary"] == "nothing", (fmt, end)
        protocol.say(c, "x", 2)
        end = c.event_list("agent_end")[1]
        assert end["exit"] == 6 and len(w.events("retry")) == 4, (fmt, end)
        assert "3 answers in a row were empty (thinking only)" in \
            json.dumps(w.events()), fmt
        c.close_and_wait()
        w.verify()


harness.main(globals())
