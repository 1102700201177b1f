"""A hostile or broken model server, and a core that must outlive it: whatever
comes, the session ends with a sentence for a person (or goes on, where the
reply could be read after all), the journal is sound, and nothing is written to
the project.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "e2e"))
import harness
from rawserver import (CALLS, FINISH, HEAD, STOP, Server, call, chat, flood,
                       session)

MB = 1 << 20


def test_what_is_no_answer_ends_with_a_sentence(w):
    deep = b'{"a":' * 100000 + b"1" + b"}" * 100000
    cases = [
        ("a huge line", [HEAD, b"data: "] + [b"x" * MB] * 17),
        ("events without end", flood(chat({"content": "x" * 60000}) * 16)),
        ("deep JSON", [HEAD, b"data: " + deep + b"\n\n"]),
        ("no JSON", [HEAD, b"data: {\n\n", b"data: ]\n\n"]),
        ("JSON of another kind", [HEAD, b"data: 7\n\n", b"data: [1]\n\n",
                                  b"data: null\n\n", b"data: \"x\"\n\n"]),
        ("nothing", [HEAD]),
        ("not even a status line", [b"\x16\x03\x01\x00\xff garbage\r\n\r\n"]),
        ("a hang-up at once", []),
        ("a hang-up in mid-text", [HEAD, chat({"content": "half of"})]),
        ("a hang-up in mid-call", [HEAD, call("write", '{"path":"evil')]),
        ("a head without end", [b"HTTP/1.1 200 OK\r\n"] +
         [b"X-Pad: " + b"x" * 60000 + b"\r\n"] * 400),
        ("a length that is not kept",
         [b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          b"Content-Length: 999999\r\n\r\n", chat({"content": "x"})]),
        ("chunks that are none",
         [b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          b"Transfer-Encoding: chunked\r\n\r\nzz\r\nffffffffffffffffff\r\n"]),
        ("a page of HTML with escape sequences",
         [b"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\n"
          b"Connection: close\r\n\r\n<html>\x1b]0;owned\x07\x1b[2J" +
          b"x" * 3 * MB]),
    ]
    for label, answer in cases:
        end, _ = session(w, [answer])
        assert (end["outcome"], end["exit"]) == ("provider", 6), (label, end)
    w.verify()


def test_a_redirect_does_not_get_the_key(w):
    other = Server([FINISH])
    for code in (b"301", b"302", b"307", b"308"):
        end, _ = session(w, [[
            b"HTTP/1.1 " + code + b" Go\r\nLocation: " +
            other.url("/v1/chat/completions").encode() +
            b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]])
        assert end["outcome"] == "provider", (code, end)
    other.stop()
    assert not other.requests, other.requests


def test_bad_calls_are_answered_and_do_nothing(w):
    """The reply can be read, what it asks for cannot be done."""
    def numbered(index):
        return (b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":'
                + index + b',"id":"c","function":{"name":"write","arguments":'
                b'"{\\"pth\\":1}"}}]}}]}\n\n')
    cases = [("index " + x.decode(), numbered(x)) for x in (
        b"1000000000", b"-1", b"1e308", b'"0"', b"null", b"18446744073709551616",
        b"0.5")]
    cases += [
        ("a name with a NUL", call("wri\0te", "{}")),
        ("a name with an escape", call("\x1b[2Jwrite", "{}")),
        ("a name of a megabyte", call("w" * MB, "{}")),
        ("arguments that are deep", call("write", "[" * 100000)),
        ("arguments of another kind", call("write", "7")),
        ("no arguments", call("write", "")),
        ("a NUL in a path", call("write",
                                 '{"path":"evil\\u0000","content":"x"}')),
        ("a path that climbs", call("write",
                                    '{"path":"../../evil","content":"x"}')),
        ("one id for two calls", call("write", '{"pth":1}', 0, "same") +
         call("read", '{"pth":2}', 1, "same")),
        ("no id", call("write", '{"pth":1}', 0, "")),
        ("more calls than anybody makes", b"".join(
            call("write", '{"pth":1}', i, "c%d" % i) for i in range(1000))),
    ]
    for label, part in cases:
        end, _ = session(w, [[HEAD, part, CALLS], FINISH], plan="skip",
                         approve="yes")
        assert end["outcome"] in ("done", "provider"), (label, end)
        assert end["modified_files"] == [], (label, end)
        for e in w.events("tool_result"):
            assert e["name"] == "done" or not e["ok"], (label, e)
    w.verify()


def test_text_of_any_bytes(w):
    cases = [
        ("invalid UTF-8", b'data: {"choices":[{"index":0,"delta":{"content":'
                          b'"a\xff\xfe\xc3(b"}}]}\n\n'),
        ("NUL in text", b'data: {"choices":[{"index":0,"delta":{"content":'
                        b'"a\\u0000b"}}]}\n\n'),
        ("lone surrogates", b'data: {"choices":[{"index":0,"delta":{"content":'
                            b'"a\\ud800b\\udc00"}}]}\n\n'),
        ("a raw NUL", b'data: {"choices":[{"index":0,"delta":{"content":'
                      b'"a\0b"}}]}\n\n'),
        ("escape sequences", chat({"content": "\x1b]0;owned\x07\x1b[2J\u202e"})),
        ("megabytes", chat({"content": "x" * 60000}) * 50),
    ]
    for label, part in cases:
        end, _ = session(w, [[HEAD, part, STOP], FINISH], plan="skip")
        assert end["outcome"] in ("done", "provider"), (label, end)
    w.verify()


def test_the_other_format_too(w):
    def event(kind, **members):
        return (b"event: " + kind.encode() + b"\ndata: " +
                json.dumps(dict({"type": kind}, **members)).encode() + b"\n\n")
    begin = event("message_start", message={
        "id": "m", "role": "assistant", "content": [], "model": "m",
        "usage": {"input_tokens": 1, "output_tokens": 1}})
    block = event("content_block_start", index=10 ** 9,
                  content_block={"type": "tool_use", "id": "t", "name": "write",
                                 "input": {}})
    cases = [
        ("nothing", [HEAD]),
        ("only a beginning", [HEAD, begin]),
        ("a block of index 1e9", [HEAD, begin, block]),
        ("a delta for no block", [HEAD, begin, event(
            "content_block_delta", index=3, delta={
                "type": "text_delta", "text": "x"})]),
        ("no JSON", [HEAD, b"event: message_start\ndata: {\n\n"]),
        ("of another kind", [HEAD, b"event: message_start\ndata: []\n\n"]),
        ("two beginnings", [HEAD, begin, begin, begin]),
    ]
    for label, answer in cases:
        end, _ = session(w, [answer], fmt="anthropic")
        assert (end["outcome"], end["exit"]) == ("provider", 6), (label, end)
    w.verify()


def event(**members):
    return b"data: " + json.dumps(members).encode() + b"\n\n"


def test_openai_responses(w):
    def item(kind, index=0, **members):
        return event(type="response.output_item." + kind, output_index=index,
                     item=dict({"type": "function_call", "id": "fc",
                                "call_id": "c1", "name": "write",
                                "arguments": '{"pth":1}'}, **members))

    def end(**members):
        return event(type="response.completed",
                     response=dict({"status": "completed"}, **members))
    finish = [HEAD, item("done", name="done", arguments='{"summary":"bye"}'),
              end()]
    for label, answer in [
            ("nothing", [HEAD]),
            ("only a beginning", [HEAD, event(type="response.created",
                                              response={})]),
            ("a call that is not told whole", [HEAD, item("added")]),
            ("no JSON", [HEAD, b"event: response.completed\ndata: {\n\n"]),
            ("a failure of no kind", [HEAD, event(type="response.failed",
                                                  response={"error": 7})]),
            ("more items than anybody makes",
             [HEAD] + [item("added", i) for i in range(3000)]),
            ("pieces of nothing", [HEAD] + [event(
                type="response.output_text.delta", delta="x" * 60000)] * 100)]:
        got, _ = session(w, [answer], fmt="openai-responses")
        assert (got["outcome"], got["exit"]) == ("provider", 6), (label, got)
    for label, answer in [
            ("an index of 1e9", [item("done", 10 ** 9), end()]),
            ("an index that is none", [item("done", "x"), end()]),
            ("no id", [item("done", call_id=None, id=None), end()]),
            ("no name", [item("done", name=None), end()]),
            ("one id for two calls", [item("done"), item("done", 1), end()]),
            ("arguments of another kind", [item("done", arguments={"a": 1}),
                                           end()]),
            ("an item that changes its kind", [
                item("added"), item("done", type="message", content=[{
                    "type": "output_text", "text": 7}]), end()]),
            ("a list of items that is none", [item("done"),
                                              end(output={"a": 1})]),
            ("items at the end alone", [end(output=[{
                "type": "function_call", "call_id": "c9", "name": "write",
                "arguments": "["}])])]:
        got, _ = session(w, [[HEAD] + answer, finish], plan="skip",
                         approve="yes", fmt="openai-responses")
        assert got["outcome"] == "done", (label, got)
        assert got["modified_files"] == [], (label, got)
        for e in w.events("tool_result"):
            assert e["name"] == "done" or not e["ok"], (label, e)
    w.verify()


def test_gemini(w):
    def parts(*list_of, **more):
        return event(candidates=[dict({"content": {"parts": list(list_of)}},
                                      **more)])

    def call_of(name="write", **members):
        return {"functionCall": dict({"name": name, "args": {"pth": 1}},
                                     **members)}
    end = parts(finishReason="STOP")
    finish = [HEAD, parts(call_of("done", args={"summary": "bye"})), end]
    for label, answer in [
            ("nothing", [HEAD]),
            ("no end", [HEAD, parts(call_of())]),
            ("no JSON", [HEAD, b"data: {\n\n"]),
            ("of another kind", [HEAD, b"data: [7]\n\n"]),
            ("an error as it is", [HEAD, parts({"text": "x"}), b'{"error": {'
                                   b'"code": 400, "message": "no"}}\n']),
            ("half an error as it is", [HEAD, b'{"error": {"code": 4']),
            ("bare lines without end", [HEAD] + [b"{" * 60000 + b"\n"] * 200),
            ("more parts than anybody makes",
             [HEAD] + [parts(call_of()) for _ in range(2000)])]:
        got, _ = session(w, [answer], fmt="gemini")
        assert (got["outcome"], got["exit"]) == ("provider", 6), (label, got)
    for label, answer in [
            ("parts of no kind", [parts(7, None, [], {"text": 7}, call_of()),
                                  end]),
            ("no content", [event(candidates=[{}]), parts(call_of()), end]),
            ("a name that is none", [parts(call_of("wri te/\x1b")), end]),
            ("no name", [parts(call_of("")), end]),
            ("arguments of another kind", [parts(call_of(args="x")), end]),
            ("one id for two calls", [parts(call_of(id="i"), call_of(id="i")),
                                      end]),
            ("a NUL", [parts(call_of(args={"path": "e\0", "content": "x"})),
                       end])]:
        got, _ = session(w, [[HEAD] + answer, finish], plan="skip",
                         approve="yes", fmt="gemini")
        assert got["outcome"] == "done", (label, got)
        assert got["modified_files"] == [], (label, got)
        for e in w.events("tool_result"):
            assert e["name"] == "done" or not e["ok"], (label, e)
    w.verify()


harness.main(globals())
