"""Requests against what the providers publish (shapes.json): the bodies that
stand in requests/, every sampled and recorded answer given back in the next
request, and that the judge finds what is wrong.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile

BUILD = os.environ.get("builddir", os.path.join(os.getcwd(), "build"))
SRC = os.environ.get("srcdir", os.getcwd())
HERE = os.path.join(SRC, "tests", "wire")
sys.path.insert(0, HERE)
import shapes

FORMATS = ("anthropic", "gemini", "openai-chat", "openai-responses")


def golden(fmt):
    with open(os.path.join(HERE, "requests", fmt + ".json"),
              encoding="utf-8") as f:
        return json.load(f)


def test_golden():
    for fmt in FORMATS:
        why = shapes.wrong(fmt, golden(fmt))
        assert why is None, why


def test_answers_given_back():
    """The requests of test-request for each stream in samples/ and
    recorded/."""
    with tempfile.TemporaryDirectory(prefix="assent-shapes-") as folder:
        subprocess.run([os.path.join(BUILD, "tests", "wire", "test-request")],
                       env=dict(os.environ, WIRE_BODIES=folder), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        names = sorted(os.listdir(folder))
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                why = shapes.wrong(name.split("@")[0], json.load(f))
            assert why is None, name + ": " + why
    for fmt in FORMATS:
        assert sum(n.startswith(fmt + "@") for n in names) >= 15, (fmt, names)


def spoiled(fmt, change):
    body = copy.deepcopy(golden(fmt))
    change(body)
    return shapes.wrong(fmt, body)


def test_the_judge_judges():
    def without(name):
        return lambda b: b.pop(name)

    def put(value, *path):
        def change(b):
            for step in path[:-1]:
                b = b[step]
            b[path[-1]] = value
        return change

    cases = (
        ("anthropic", without("max_tokens"), "max_tokens is missing"),
        ("anthropic", without("model"), "model is missing"),
        ("anthropic", put("tool", "messages", 0, "role"), "role"),
        ("anthropic", put([], "messages", 0, "content"), "content"),
        ("anthropic", put(1, "stream"), "stream"),
        ("anthropic", put("1000", "max_tokens"), "max_tokens"),
        ("anthropic", put({"type": "tool_result", "content": "x"},
                          "messages", 2, "content", 0), "tool_use_id"),
        ("anthropic", put({"type": "enabled"}, "thinking"), "thinking"),
        ("anthropic", put({"type": "adaptive", "budget_tokens": 2048},
                          "thinking"), "budget_tokens"),
        ("anthropic", put({"effort": "off"}, "output_config"), "effort"),
        ("anthropic", put({"role": "system", "content": []}, "messages", 0),
         "output_config is missing"),
        ("openai-chat", without("messages"), "messages is missing"),
        ("openai-chat", put([], "tools"), "tools"),
        ("openai-chat", put("hot", "temperature"), "temperature"),
        ("openai-chat", put([{"nonsense": 1}], "tools"),
         "tools[0]: type"),
        ("openai-chat", put(True, "max_tokens"), "max_tokens"),
        ("openai-chat", put({"role": "tool", "content": "x"},
                            "messages", 0), "tool_call_id"),
        ("openai-responses", without("input"), "input is missing"),
        ("openai-responses", put(15, "max_output_tokens"), "16"),
        ("openai-responses", put(golden("openai-chat")["tools"], "tools"),
         "tools[0]: name"),
        ("openai-responses", put({"type": "function_call", "name": "read",
                                  "arguments": "{}"}, "input", 2),
         "call_id"),
        ("openai-responses", put("high", "reasoning"), "reasoning"),
        ("gemini", without("contents"), "contents is missing"),
        ("gemini", put("assistant", "contents", 0, "role"), "role"),
        ("gemini", put([], "contents", 0, "parts"), "parts"),
        ("gemini", put({"type": "object", "additionalProperties": False},
                       "tools", 0, "functionDeclarations", 0, "parameters"),
         "additionalProperties"),
        ("gemini", put(7, "seed"), "seed is not in tests/wire/shapes.json"),
    )
    for fmt, change, word in cases:
        why = spoiled(fmt, change)
        assert why is not None and word in why, (fmt, word, why)


def main():
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    failed = 0
    print("1..%d" % len(tests))
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d - %s" % (i, name))
        except Exception as e:
            failed = 1
            print("# %s: %s" % (type(e).__name__, str(e)[:2000]))
            print("not ok %d - %s" % (i, name))
    sys.exit(failed)


main()
