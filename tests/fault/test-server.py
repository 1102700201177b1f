"""A hostile or broken model server, and a core that must outlive it: whatever
comes, the session ends with a sentence for a person (or goes on, where the
reply could be read after all), the journal is sound, and nothing is written to
the project.
"""

import os
import sys

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
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


harness.main(globals())
