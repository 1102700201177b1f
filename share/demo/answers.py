#!/usr/bin/env python3
"""Write the model's answers of the demo, as lines of a journal have them. Run it
after a change."""
import json
import os

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "answers.jsonl")


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
# What is played once the user has sent the plan back or rejected a change: by a
# text in the request, the answers with their numbers.
INSTEAD = {
    "The user sent the plan back": {
        3: ("A real model would write another plan now.",
            [call("done", summary="This is a recording, so it can't plan "
                  "anew: start assent demo again, and approve its plan.")]),
        **{n: (END, []) for n in (4, 5, 6)},
    },
    "Rejected in lib/hms.sh": {
        4: ("Without the fix, CHANGES needs no line. Now the tests.",
            [call("step_done", step=2), call("run_tests")]),
        5: ("3 of 8 fail, as before.",
            [call("step_done", step=3),
             call("done", summary="Nothing is changed: you rejected the fix "
                  "in lib/hms.sh, so 3 of 8 tests still fail.")]),
        6: (END, []),
    },
    "Rejected in CHANGES": {
        5: ("CHANGES stays as it is. Now the tests, on the staged files.",
            [call("run_tests")]),
        6: ("All 8 pass.",
            [call("step_done", step=3),
             call("done", summary=SUMMARY % "CHANGES is unchanged, as you "
                  "decided.")]),
    },
}


def line(number, text, calls, **more):
    out = len(text) // 4 + sum(len(json.dumps(a)) // 4 + 8 for _, a in calls)
    return json.dumps(dict({
        "type": "assistant_message", "text": text,
        "calls": [{"id": "call_%d_%d" % (number, i), "name": name,
                   "arguments": json.dumps(arguments), "complete": True}
                  for i, (name, arguments) in enumerate(calls, 1)],
        "stop": "tool_calls" if calls else "end",
        "usage": {"input": 1400 + 350 * number, "output": out,
                  "cached": 1000 + 350 * (number - 1), "reasoning": 0}},
        **more), separators=(",", ":")) + "\n"


def main():
    with open(OUT, "w") as f:
        for number, (text, calls) in enumerate(ANSWERS, 1):
            f.write(line(number, text, calls))
            for after, answers in INSTEAD.items():
                if number in answers:
                    f.write(line(number, *answers[number], after=after))


main()
