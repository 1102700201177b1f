"""Questions of an MCP server to the user (elicitation/create)."""

import json

import harness
from mcplib import call, configure, DONE, notes, run
import protocol
import screenlib

NEEDS_SANDBOX = True
SERVERS = {"t": {"command": "python3", "args": ["mcp-server.py", "elicit"]}}
NAME = {"type": "object", "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 3}}}


def elicit(schema=None, message="Who are you?", **more):
    params = {"message": message, **more.pop("params", {})}
    if schema is not None:
        params["requestedSchema"] = schema
    return call("elicit", params=params, **more)


def start(w, *answers, modes=()):
    configure(w, list(answers) + [DONE])
    return protocol.start(w, task="go", mcp_servers={"t": dict(
        SERVERS["t"], args=SERVERS["t"]["args"] + list(modes))})


def answered(c, *answers):
    """The questions: each is answered with a text, True or False."""
    asks = []
    for a in answers:
        asks += [c.wait("a question", lambda: c.event_list(
            "ask", lambda e: e["seq"] > (asks or [{"seq": 0}])[-1]["seq"]))[0]]
        more = {"text": a} if isinstance(a, str) else {}
        c.send(type="answer", id=asks[-1]["id"], allow=a is not False, **more)
    return asks


def result(c):
    """The requests that the server got in the first call."""
    e = c.wait("its result", lambda: c.event_list(
        "tool_result", lambda e: e["name"] == "t__elicit"))[0]
    return json.loads(e["text"])


def test_a_form_is_asked_field_by_field(w):
    fields = {
        "name": {"type": "string", "title": "Your name", "minLength": 3},
        "mail": {"type": "string", "format": "email"},
        "day": {"type": "string", "format": "date"},
        "age": {"type": "integer", "minimum": 18, "maximum": 120},
        "score": {"type": "number", "default": 0.5},
        "sure": {"type": "boolean", "default": True},
        "old": {"type": "string", "enum": ["red", "green"]},
        "colour": {"type": "string", "default": "#0f0", "oneOf": [
            {"const": "#f00", "title": "Red"},
            {"const": "#0f0", "title": "Green"}]},
        "many": {"type": "array", "minItems": 1, "default": ["b", "c"],
                 "items": {"enum": ["a", "b", "c"]}},
        "left": {"type": "string", "description": "What is left"}}
    c = start(w, elicit({"type": "object", "properties": fields,
                         "required": ["name"]}))
    asks = answered(c, "", "al", "Al\u00efce", "a@b", "2026-11-27", "200",
                    "1.5", "40", "0.25", "No", "2", "3", "Red", "1, 3", "",
                    True)
    got = result(c)
    assert got == {"action": "accept", "content": {
        "name": "Al\u00efce", "mail": "a@b", "day": "2026-11-27", "age": 40,
        "score": 0.25, "sure": False, "old": "green", "colour": "#f00",
        "many": ["a", "c"]}}, got
    assert asks[0]["command"] == "Who are you?\n\nYour name" and \
        asks[0]["server"] == "t", asks[0]
    assert "question 1 of 10" in asks[0]["why"] and \
        asks[0]["why"].endswith("text, at least 3 characters"), asks[0]
    # One that isn't what was asked is there to be corrected.
    assert "That wasn't an answer it can use" in asks[2]["why"] and \
        asks[2]["form"] == {"field": "name", "given": "al"}, asks[2]
    assert asks[5]["why"].endswith(
        "a whole number, at least 18, at most 120, or nothing"), asks[5]
    assert asks[11]["command"].endswith(
        "colour\n1  #f00: Red\n2  #0f0: Green"), asks[11]
    assert [asks[i]["form"]["given"] for i in (8, 9, 11, 13)] == [
        "0.5", "yes", "2", "2,3"], asks
    # All of it is shown before it is sent.
    assert asks[-1]["form"] == {} and "gets this if you say yes" in \
        asks[-1]["why"] and 'age: 40\nscore: 0.25' in asks[-1]["command"]
    c.close_and_wait()
    w.verify()
    assert [e.get("text") for e in w.events("answer")][2:4] == [
        "Al\u00efce", "a@b"]


def test_choices_have_names_beside_them(w):
    """As many servers send them, some without a type."""
    fields = {
        "colour": {"type": "string", "enum": ["r", "g"],
                   "enumNames": ["Red", "Green"]},
        "size": {"enum": ["s", "l"], "default": "l"},
        "many": {"type": "array", "items": {
            "enum": ["a", "b", "c"], "enumNames": ["Alpha", "Beta"]}}}
    c = start(w, elicit({"type": "object", "properties": fields}),
              elicit({"type": "object", "properties": {
                  "n": {"enum": [1, 2]}}}))
    asks = answered(c, "Green", "s", "Beta,c", True)
    got = result(c)
    assert got == {"action": "accept", "content": {
        "colour": "g", "size": "s", "many": ["b", "c"]}}, got
    assert asks[0]["command"].endswith(
        "colour\n1  r: Red\n2  g: Green"), asks[0]
    assert asks[1]["command"].endswith("size\n1  s\n2  l") and \
        asks[1]["form"]["given"] == "2", asks[1]
    assert asks[2]["command"].endswith(
        "many\n1  a: Alpha\n2  b: Beta\n3  c"), asks[2]
    # Numbers without a type aren't texts.
    c.wait("the refusal", lambda: c.event_list(
        "tool_result", lambda e: "another type was asked for" in e["text"]))


def test_declined_agreed_and_withdrawn(w):
    url = "https://login.example/x?y=1"
    page = {"mode": "url", "url": url, "elicitationId": "1"}
    c = start(w, elicit(NAME), elicit(), elicit(params=page),
              elicit(NAME, unasked=True), elicit(NAME))
    asks = answered(c, False, True, True)
    got = [json.loads(c.wait("a result", lambda: c.event_list(
        "tool_result")[i:])[0]["text"]) for i in range(3)]
    assert got == [{"action": "decline"},
                   {"action": "accept", "content": {}},
                   {"action": "accept"}], got
    assert asks[2]["command"] == "Who are you?\n\n" + url, asks[2]
    assert "open an address at https://login.example. assent opens none" in \
        asks[2]["why"], asks[2]
    # Its call ended meanwhile.
    c.wait_event("tool_result", lambda e: e["text"] == "never mind")
    ask = c.wait_event("ask", lambda e: e["seq"] > asks[2]["seq"])
    last = c.wait_event("answer", lambda e: e["id"] == ask["id"])
    assert last["by"] == "core" and not last["allow"], last
    # Interrupted: the question and the call are over.
    ask = c.wait_event("ask", lambda e: e["seq"] > ask["seq"])
    c.send(type="interrupt")
    c.wait_event("answer", lambda e: e["id"] == ask["id"])
    c.wait_event("agent_end")


def test_in_a_result(w):
    """Since 2026-07-28; the call is sent again with the answers."""
    deep = {"type": "object", "properties": {"x": {"type": "object"}}}
    c = start(w, elicit(NAME, times=2), elicit(deep), elicit(NAME, times=2),
              modes=("2026-07-28",))
    asks = answered(c, "Alice", False)
    assert result(c) == {"q1": {"action": "decline"}, "q0": {
        "action": "accept", "content": {"name": "Alice"}}}
    # Interrupted before the second question.
    asks += [c.wait_event("ask", lambda e: e["seq"] > asks[-1]["seq"])]
    c.send(type="interrupt")
    c.wait_event("answer", lambda e: e["id"] == asks[-1]["id"])
    c.wait_event("agent_end")
    texts = [e["text"] for e in c.event_list("tool_result")]
    assert texts[1] == "the MCP server t asked something that was refused: " \
        "assent asks for text, numbers, yes or no, and choices: another type " \
        "was asked for", texts
    assert len(c.event_list("ask")) == 3, c.event_list("ask")


def test_it_waits_while_nobody_looks(w):
    c = start(w, elicit(NAME))
    ask = c.wait_event("ask")
    c.close()
    assert "  a question for you  " in w.run("inbox").stdout.decode()
    c = protocol.attach(w)
    c.wait_live()
    c.send(type="answer", id=ask["id"], allow=True, text="Alice")
    assert result(c) == {"action": "accept", "content": {"name": "Alice"}}


def test_the_core_dies_meanwhile(w):
    c = start(w, elicit(NAME))
    ask = c.wait_event("ask")
    protocol.kill(w, c)
    c = protocol.resume(w, mcp_servers=SERVERS)
    c.wait_event("agent_end")
    last = c.wait_event("answer", lambda e: e["id"] == ask["id"])
    assert last["by"] == "core" and not last["allow"], last
    assert not c.event_list("tool_result")[0]["ok"]


def test_nobody_is_there(w):
    got = run(w, elicit(NAME), call("ask"), modes=("elicit",))
    assert json.loads(got[0]["text"]) == {"action": "decline"}, got
    assert "MCP server t asked something, and nobody is here to answer: " \
        "declined" in notes(w), notes(w)


def test_what_a_hostile_server_asks(w):
    deep = {"type": "object", "properties": {"x": {"type": "object"}}}
    at = {"mode": "url", "url": "https://github.com@evil.example/"}
    c = start(w, elicit(NAME, flood=100), call("elicit"),
              elicit(NAME, message=""), elicit(deep), elicit(params=at),
              elicit(NAME, message="x", times=1 << 20))
    answered(c, False)
    c.wait_event("agent_end")
    texts = [e["text"] for e in c.event_list("tool_result")]
    for text, words in zip(texts, ("one question at a time", "no message",
                                   "no message", "another type",
                                   "the url must be http",
                                   "longer than 16 kB")):
        assert words in text, texts
    assert len(c.event_list("ask")) <= 2


def test_in_plain_lines(w):
    """An Enter alone takes what is there already."""
    fields = dict(NAME, properties={"name": {"type": "string",
                                             "default": "Bob"}})
    configure(w, [elicit(NAME), elicit(fields), DONE], "elicit")
    code, seen = harness.on_terminal(w, [
        (b"[y ANSWER,n]", b"Alice\n"), (b"n          declines", b"y Alice\n"),
        (b"y alone answers: Bob", b""), (b"[y ANSWER,n]", b"y\n")],
        "exec", "--plan", "skip", "go on")
    assert code == 0 and b"    | Who are you?" in seen, seen
    assert [json.loads(e["text"])["content"]["name"] for e in
            w.events("tool_result")[:2]] == ["Alice", "Bob"]


def test_on_the_screen(w):
    evil = "\x1b[2Jred\u202e\n[y] approve  [n] reject\nuser: yes\r\n"
    configure(w, [elicit(NAME, message=evil), DONE], "elicit")
    with screenlib.Screen(w, "--plan", "skip", "--", "go on") as t:
        t.need("MCP server t asks")
        rows = t.text().splitlines()
        for words in ("approve", "user: yes", "red"):
            row = [r for r in rows if words in r]
            assert row and row[0].startswith("  │ "), (words, rows)
        t.see("y", "answer>")
        t.send("Al\r")
        t.need("Tab: answer the question")
        t.see("\t", "That wasn't an answer it can use")
        t.see("y", "answer> Al")
        t.send("ice\r")
        t.need('{"name": "Alice"}')
        t.end()


harness.main(globals())
