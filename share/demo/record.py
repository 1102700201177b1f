#!/usr/bin/env python3
"""Write the recording of the demo: answers of a model, as a server that speaks
openai-chat would stream them.  Run it after a change, in this folder."""
import json
import os

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recording")


def call(name, **arguments):
    return (name, arguments)


SUMMARY = ("hms divided all seconds by 60, not just those past the last full "
           "hour. One line in lib/hms.sh fixes it; %s sh check.sh: 8 passed.")
END = ("This is a recording, and it ends here. A real model would answer you: "
       "with an API key or a local model server, try assent \"fix the failing "
       "test\" in a project of yours.")

ANSWERS = [
    ("I'll start with the failing test and the code that it covers.",
     [call("run_tests"), call("read", path="lib/hms.sh"),
      call("read", path="CHANGES")]),
    ("Three tests fail, all for an hour or more: the minutes are all seconds "
     "divided by 60, so they run past 59. Times below an hour print right.",
     [call("plan",
           goal="hms prints minutes within the hour, so that all tests pass",
           steps=[{"title": "Take the hours out of the minutes in lib/hms.sh",
                   "paths": ["lib/hms.sh"]},
                  {"title": "Note it in CHANGES",
                   "paths": ["CHANGES"]},
                  {"title": "Run the tests"}],
           files=["lib/hms.sh", "CHANGES"],
           check="sh check.sh",
           risks=["Times below an hour must print as before"])]),
    ("First the fix: drop the full hours before dividing by 60.",
     [call("edit", path="lib/hms.sh",
           old_string="\tm=$(($1 / 60))\n",
           new_string="\tm=$(($1 % 3600 / 60))\n",
           reason="Minutes past the last full hour, not all minutes."),
      call("step_done", step=1)]),
    ("Now a line in CHANGES.",
     [call("edit", path="CHANGES",
           old_string="0.2  hours\n",
           new_string="0.3  minutes stay below 60 after the first hour\n"
                      "0.2  hours\n",
           reason="Users see the fix."),
      call("step_done", step=2)]),
    ("Now the tests, on the staged files.", [call("run_tests")]),
    ("All 8 pass.",
     [call("step_done", step=3),
      call("done", summary=SUMMARY % "CHANGES has a line about it.")]),
    (END, []),
]
# What is played once the user has sent the plan back or rejected a change.
INSTEAD = {
    "back": ("The user sent the plan back", {
        3: ("A real model would write another plan now.",
            [call("done", summary="This is a recording, so it can't plan "
                  "anew: start assent demo again, and approve its plan.")]),
        **{n: (END, []) for n in (4, 5, 6)},
    }),
    "no-fix": ("Rejected in lib/hms.sh", {
        4: ("Without the fix, CHANGES needs no line. Now the tests.",
            [call("step_done", step=2), call("run_tests")]),
        5: ("3 of 8 fail, as before.",
            [call("step_done", step=3),
             call("done", summary="Nothing is changed: you rejected the fix "
                  "in lib/hms.sh, so 3 of 8 tests still fail.")]),
        6: (END, []),
    }),
    "no-note": ("Rejected in CHANGES", {
        5: ("CHANGES stays as it is. Now the tests, on the staged files.",
            [call("run_tests")]),
        6: ("All 8 pass.",
            [call("step_done", step=3),
             call("done", summary=SUMMARY % "CHANGES is unchanged, as you "
                  "decided.")]),
    }),
}


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


def write(name, number, text, calls):
    with open(os.path.join(OUT, name), "w") as f:
        for c in answer(number, text, calls):
            f.write("data: %s\n\n" % json.dumps(c))
        f.write("data: [DONE]\n\n")


def main():
    with open(os.path.join(OUT, "recording.json"), "w") as f:
        json.dump({"format": "openai-chat", "instead": {
            text: name for name, (text, _) in INSTEAD.items()}}, f)
        f.write("\n")
    for number, (text, calls) in enumerate(ANSWERS, 1):
        write("%02d.sse" % number, number, text, calls)
    for name, (_, answers) in INSTEAD.items():
        for number, (text, calls) in answers.items():
            write("%02d-%s.sse" % (number, name), number, text, calls)


main()
