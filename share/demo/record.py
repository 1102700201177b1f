#!/usr/bin/env python3
"""Write the recording of the demo: answers of a model, as a server that speaks
openai-chat would stream them.  Run it after a change, in this folder."""
import json
import os

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recording")


def call(name, **arguments):
    return (name, arguments)


ANSWERS = [
    ("I start with what the test says, and with the code behind it.",
     [call("run_tests"), call("read", path="lib/hms.sh"),
      call("read", path="CHANGES")]),
    ("Three tests fail, all of an hour and more: the minutes go on "
     "counting past 59, since they are the seconds divided by 60 with the "
     "hours still in. Below an hour nobody sees it.",
     [call("plan",
           goal="hms prints minutes within the hour, so that all tests pass",
           steps=[{"title": "Take the hours out of the minutes in lib/hms.sh",
                   "tools": ["read", "edit"], "paths": ["lib/hms.sh"]},
                  {"title": "Note it in CHANGES", "tools": ["edit"],
                   "paths": ["CHANGES"]},
                  {"title": "Run the tests", "tools": ["run_tests"]}],
           files=["lib/hms.sh", "CHANGES"],
           check="sh check.sh",
           risks=["hms below an hour must stay as it is"])]),
    ("Now the edit: the remainder of the hour, then its minutes.",
     [call("edit", path="lib/hms.sh",
           old_string="\tm=$(($1 / 60))\n",
           new_string="\tm=$(($1 % 3600 / 60))\n",
           reason="Minutes beyond the full hours, not all minutes."),
      call("step_done", step=1)]),
    ("And the line for people who read what changed.",
     [call("edit", path="CHANGES",
           old_string="0.2  hours\n",
           new_string="0.3  minutes no longer go past 59 above an hour\n"
                      "0.2  hours\n",
           reason="The mended behaviour can be seen by users."),
      call("step_done", step=2)]),
    ("The tests, on the staged files.", [call("run_tests")]),
    ("All eight pass.",
     [call("step_done", step=3),
      call("done", summary="hms divided all seconds by 60 instead of those "
           "beyond the full hours. One line in lib/hms.sh mends it; CHANGES "
           "says so. sh check.sh: 8 passed.")]),
    ("This is a recording, and it ends here: a real model would now answer "
     "you. With a key or a local server: assent \"fix the failing test\".",
     []),
]


def pieces(text, n):
    return [text[i:i + n] for i in range(0, len(text), n)]


def answer(number, text, calls):
    """The chunks of one streamed answer."""
    base = {"id": "demo-%02d" % number, "object": "chat.completion.chunk",
            "created": 1763596800, "model": "recording"}

    def chunk(delta, finish=None):
        return dict(base, choices=[{"index": 0, "delta": delta,
                                    "finish_reason": finish}])

    yield chunk({"role": "assistant", "content": ""})
    for part in pieces(text, 6):
        yield chunk({"content": part})
    for i, (name, arguments) in enumerate(calls):
        yield chunk({"tool_calls": [{
            "index": i, "id": "call_%d_%d" % (number, i + 1),
            "type": "function",
            "function": {"name": name, "arguments": ""}}]})
        for part in pieces(json.dumps(arguments), 12):
            yield chunk({"tool_calls": [{
                "index": i, "function": {"arguments": part}}]})
    yield chunk({}, "tool_calls" if calls else "stop")
    out = len(text) // 4 + sum(len(json.dumps(a)) // 4 + 8 for _, a in calls)
    yield dict(base, choices=[], usage={
        "prompt_tokens": 1400 + 350 * number, "completion_tokens": out,
        "total_tokens": 1400 + 350 * number + out,
        "prompt_tokens_details": {"cached_tokens": 1000 + 350 * (number - 1)},
        "completion_tokens_details": {"reasoning_tokens": 0}})


def main():
    with open(os.path.join(OUT, "recording.json"), "w") as f:
        json.dump({"format": "openai-chat"}, f)
        f.write("\n")
    for number, (text, calls) in enumerate(ANSWERS, 1):
        with open(os.path.join(OUT, "%02d.sse" % number), "w") as f:
            for c in answer(number, text, calls):
                f.write("data: %s\n\n" % json.dumps(c))
            f.write("data: [DONE]\n\n")


main()
