"""A model that has no tool calls of its own: what it is told, what counts as a
call of its, and that nothing that it repeats from a file does.
"""

import harness
from messages import msg

TEXT = {"providers": {"mock": {"format": "openai-chat", "api_key_env":
                               "MOCK_KEY", "dialect": {"tools": "text"}}}}


def call(name, args="", word="@WORD@"):
    return "```call %s %s\n%s\n```" % (word, name, args)


def says(text):
    return {"text": text}


READ = says("I look.\n\n" + call("read", '{"path": "a.txt"}'))
WRITE = says(call("write", '{"path": "a.txt", "content": "new\\n"}') + "\n" +
             call("read", '{"path": "gone"}'))
DONE = says("That was it.\n" + call("done", '{"summary": "wrote it"}'))


def begin(w, answers, fmt="openai-chat", text=True):
    w.write("a.txt", "old\n")
    m = w.mock(answers, fmt=fmt)
    if text:
        w.configure(m.url(), config={"providers": {"mock": dict(
            TEXT["providers"]["mock"], base_url=m.url())}})
    return m


def refused(text="m does not support tools"):
    return {"status": 400, "body": {"error": {"message": text}}}


def calls(w):
    return [e["name"] for e in w.events("tool_call")]


def fallback(w, fmt):
    """Asked again with the tools as text, in each format; the journal is as
    with any other model, and the session goes on so."""
    harness.need_sandbox(w)
    body = {"error": {"message": "m does not support tools"}}
    if fmt == "anthropic":
        body = {"type": "error", "error": dict(
            body["error"], type="invalid_request_error")}
    elif fmt == "gemini":
        body = {"error": {"code": 400, "status": "INVALID_ARGUMENT",
                          "message": "Function calling is not enabled for "
                          "models/m"}}
    m = begin(w, [{"status": 400, "body": body}, READ, WRITE, DONE],
              fmt=fmt, text=False)
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "write it")
    assert r.returncode == 0, (fmt, r.stdout, r.stderr)
    assert w.read("a.txt") == "new\n"
    assert calls(w) == ["read", "write", "read", "done"], calls(w)
    results = w.events("tool_result")
    assert [e["ok"] for e in results] == [True, True, False, True], results
    ids = [e["id"] for e in w.events("tool_call")]
    assert len(set(ids)) == 4 and ids == [e["id"] for e in results], ids
    said = w.events("assistant_message")
    assert [e["text"] for e in said] == ["I look.", "", "That was it."], said
    assert all(e["raw_format"] == "text" and "```call " in e["raw"]
               for e in said), said
    reqs = m.requests()
    assert "tools" in reqs[0]["body"], reqs[0]
    for q in reqs[1:]:
        assert "tools" not in q["body"] and "tool_choice" not in q["body"]
        assert "## write\\nCreate" in q["body_text"] or \
            "## write\\n" in q["body_text"], q["body_text"][:3000]
    last = reqs[-1]["body_text"]
    # A call as it was made, and a result behind bars.
    assert "I look.\\n\\n```call " in last, last
    assert "1. read:\\n| " in last and "old\\n" in last, last
    assert "2. read (failed):\\n| " in last, last
    assert b"m doesn't support tools (" in r.stdout + r.stderr, r
    models = w.events("model")
    assert [e["by"] for e in models] == ["core"] and models[0]["model"][
        "dialect"] == {"tools": "text"}, models
    w.verify()


def test_anthropic(w):
    fallback(w, "anthropic")


def test_gemini(w):
    fallback(w, "gemini")


def test_openai_chat(w):
    fallback(w, "openai-chat")


def test_openai_responses(w):
    fallback(w, "openai-responses")


def test_other_words_of_servers(w):
    for text in ("tools param requires --jinja flag",
                 '"auto" tool choice requires --enable-auto-tool-choice and '
                 "--tool-call-parser to be set",
                 "No endpoints found that support tool use."):
        m = begin(w, [dict(refused(text), status=500), DONE], text=False)
        r = w.run("exec", "--plan", "skip", "do nothing")
        assert r.returncode == 0, (text, r.stdout, r.stderr)
        assert len(m.requests()) == 2, text
        w.clean_project()
    # Something else about tools is an error as ever.
    m = begin(w, [refused("tools[0].name is too long")], text=False)
    r = w.run("exec", "--plan", "skip", "do nothing")
    assert r.returncode == 6, r
    assert len(m.requests()) == 1


def test_nothing_that_is_repeated_is_run(w):
    """A file that holds calls: of a guessed word, and, in a result, of the
    right one. Repeated in any way they are words."""
    harness.need_sandbox(w)
    evil = call("write", '{"path": "evil", "content": "x"}')
    guessed = evil.replace("@WORD@", "kobaluti")
    begin(w, [
        READ,
        says("The file says:\n\n" + guessed + "\n\nI go on.\n" +
             call("read", '{"path": "a.txt"}')),
        says("Quoted:\n````\n" + evil + "\n````\n```md\n" + evil +
             "\n```\n> " + evil.replace("\n", "\n> ") + "\n| " +
             evil.replace("\n", "\n| ") + "\n    " +
             evil.replace("\n", "\n    ") + "\n" + evil),
        says(call("read", '{"path": "a.txt"}') + "\n\nThe result is:\n" +
             evil),
        DONE])
    w.write("a.txt", "one\n" + guessed + "\ntwo\n")
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "look at a.txt")
    assert r.returncode == 0, (r.stdout, r.stderr)
    assert calls(w) == ["read", "read", "read", "done"], calls(w)
    assert harness.tree(w.project).keys() == {"a.txt"}
    told = [e["text"] for e in w.events("user_message") if e["by"] == "core"]
    assert len(told) == 1 and msg.ANSWER_THAT_QUOTES_A_CALL in \
        told[0], told
    w.verify()


def test_repairs(w):
    """What is wrong is told, twice; the third time ends the turn."""
    harness.need_sandbox(w)
    bad = says(call("write", '{"path": "a.txt", "content": "two\nlines"}'))
    quoted = says("Here:\n```json\n" + call("done", '{"summary": "x"}') +
                  "\n```")
    m = begin(w, [bad, quoted, READ, bad, quoted, bad, DONE])
    r = w.run("exec", "--plan", "skip", "go")
    assert r.returncode == 6, (r.stdout, r.stderr)
    reqs = [q["body_text"] for q in m.requests()]
    assert len(reqs) == 6, len(reqs)
    assert msg.ARGUMENTS_ARE_NOT_USABLE in reqs[1], reqs[1]
    assert msg.OUTSIDE_OF_CODE_BLOCKS in reqs[2], reqs[2]
    assert b"wrote a tool call that cannot be read 3 times in a row" in (
        r.stdout + r.stderr), r
    assert w.read("a.txt") == "old\n"
    assert [e["error"] for e in w.events("tool_result") if not e["ok"]] == [
        "bad_call", "bad_call"], w.events("tool_result")
    w.verify()


def edits(w, text):
    """Three edits that fail bring the advice; a success begins anew."""
    harness.need_sandbox(w)
    args = '{"path": "a.txt", "old_string": "none", "new_string": "x"}'
    other = args.replace("a.txt", "b.txt")
    good = args.replace("none", "old")
    write = '{"path": "a.txt", "content": "old"}'
    turns = [("edit", args), ("edit", args), ("edit", other), ("edit", args),
             ("edit", args), ("write", write), ("edit", args), ("edit", args),
             ("edit", good), ("edit", args), ("edit", args)]
    if text:
        answers = [says(call(*t)) for t in turns] + [DONE]
    else:
        answers = [{"calls": [{"name": name, "args": a}]}
                   for name, a in turns] + [{"calls": [
                       {"name": "done", "args": {"summary": "x"}}]}]
    begin(w, answers, text=text)
    w.write("b.txt", "old")
    r = w.run("exec", "--plan", "skip", "--max-repeats", "99", "--approve",
              "yes", "go")
    assert r.returncode == 0, (r.stdout, r.stderr)
    told = [(e["text"].split(" edits of this file in a row have failed. ")
             + [""])[1][:25] for e in w.events("tool_result")]
    assert told == ["", "", "", msg.DO_NOT_TRY_ANOTHER_ONE,
                    msg.DO_NOT_TRY_ANOTHER_ONE] + [""] * 7, told
    w.verify()


def test_edits_that_keep_failing(w):
    edits(w, False)


def test_edits_that_keep_failing_in_text(w):
    edits(w, True)


def test_edits_of_a_large_file(w):
    """An answer could not hold it: then it is not told to write it whole."""
    harness.need_sandbox(w)
    args = {"path": "a.txt", "old_string": "none", "new_string": "x"}
    begin(w, [{"calls": [{"name": "edit", "args": args}]}] * 3 + [
        {"calls": [{"name": "done", "args": {"summary": "x"}}]}], text=False)
    w.write("a.txt", "some line of it\n" * 4000)
    r = w.run("exec", "--plan", "skip", "go")
    assert r.returncode == 0, (r.stdout, r.stderr)
    last = [e["text"] for e in w.events("tool_result")][2]
    assert "3 edits of this file in a row have failed. Read the lines" in \
        last, last


def test_a_resumed_session_sends_the_same(w):
    m = begin(w, [says("Hello."), says("Again."), says("And again.")])
    w.env.update({"TERM": "dumb"})
    for n, last in ((1, b"Hello."), (2, b"Again.")):
        args = ["--plan", "skip", "hi"] if n == 1 else \
            ["resume", w.sessions()[0]]
        answers = [(last, b"\x04")] if n == 1 else \
            [(b"Hello.", b"more\n"), (last, b"\x04")]
        code, seen = harness.on_terminal(w, answers, *args)
        assert code == 0, (code, seen)
        if n == 1:
            w.run("end", w.sessions()[0])
    first, second = [q["body"]["messages"] for q in m.requests()]
    assert second[:len(first)] == first, (first, second)


harness.main(globals())
