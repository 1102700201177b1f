"""Models that behave badly, in ways that people have reported of real ones: each
comes to a good end or a clear stop, within so many requests.  The table at the
end has what became of each."""

import atexit
import json

import harness
from messages import msg

BAD = "bad\nother \u201cquoted\u201d\n\tindented line\n"
TEST = "grep -q good a.txt"
table = []


def call(name, **args):
    return {"name": name, "args": args}


def raw(name, text):
    return {"name": name, "args": text}


def says(*calls, text=""):
    return {"text": text, "calls": list(calls)}


EDIT = call("edit", path="a.txt", old_string="bad", new_string="good")
DONE = says(call("done", summary="it is good"))
FIX = says(EDIT)
BIG = "".join("line %d\n" % i for i in range(30000))
PLAN = says(call("plan", goal="good", steps=[{"title": "one"},
                                             {"title": "two"}],
                 check=TEST))

# The model's answers, the exit code, the number of requests; then what the
# last request must contain, flags of exec. At its end the list's last answer
# is repeated.
CASES = {
    # Slips in an edit: taken where one place is meant.
    "spaces_for_a_tab": ([says(call(
        "edit", path="a.txt", old_string="    indented line",
        new_string="\tx"), EDIT), DONE], 0, 2, "indented line"),
    "line_numbers_copied": ([says(call(
        "edit", path="a.txt", old_string="1\tbad", new_string="good")), FIX,
        DONE], 0, 3),
    # Tools of other agents run as ours.
    "tool_Bash": ([says(call("Bash", command="sed -i s/bad/good/ a.txt")),
                   DONE], 0, 2, "exit status 0"),
    "tool_read_file": ([says(call("read_file", path="a.txt")), FIX, DONE],
                       0, 3, "indented line"),
    "tool_submit": ([says(EDIT, call("submit", summary="it is good"))], 0, 1),
    "tool_web_fetch": ([says(call("web_fetch", url="https://a.example/")),
                        FIX, DONE], 0, 3, "bash: unknown argument"),
    "tool_without_a_name": ([says(call("", x=1)), FIX, DONE], 0, 3),
    # Arguments.
    "a_string_in_a_string": ([says(raw("edit", json.dumps(json.dumps(
        EDIT["args"])))), DONE], 0, 2),
    "cut_arguments": ([says(raw("edit", '{"path": "a.txt", "old_st')), FIX,
                       DONE], 0, 3),
    # Calls written as text, and text instead of arguments.
    "calls_as_text": ([says(text='```json\n{"tool": "edit", "path": "a.txt"}\n'
                            '```'), FIX, DONE], 0, 3),
    "gives_up_after_the_plan": ([PLAN, says(text="I will do that now."), FIX,
                                 DONE], 0, 5, None, ["--plan", "auto"]),
    "steps_left_open": ([PLAN, FIX, DONE], 0, 4,
                        "open steps of the plan: 1 (one), 2 (two). Call",
                        ["--plan", "auto"]),
    "last_step_left_open": ([PLAN, says(
        EDIT, call("step_done", step=1), DONE["calls"][0])], 0, 2, None,
        ["--plan", "auto"]),
    "only_talk": ([says(text="It should be good now.")], 3, 2, "failed, exit 1"),
    # Loops.
    "the_failing_test_again": ([says(call("run_tests"))], 4, 6),
    "reads_without_end": ([says(call("bash", command="cat a.txt"), call(
        "read", path="a.txt"))], 4, 10, None, ["--max-turns", "9"]),
    "success_that_is_none": ([DONE], 3, 2, "failed, exit 1"),
    "done_with_the_edit": ([says(EDIT, DONE["calls"][0])], 0, 1),
    "a_step_that_is_not_there": ([says(call("step_done", step=9)), FIX, DONE],
                                 0, 3),
    # Size.
    "30000_lines": ([says(call("write", path="big.txt", content=BIG), EDIT),
                     DONE], 0, 3),
    "60_calls_at_once": ([says(*[call(
        "read", path="a.txt", **{"from": 1 + i % 3, "lines": 1 + i})
        for i in range(60)]), FIX,
                           DONE], 0, 3),
    "a_command_without_end": ([says(call(
        "bash", command="sleep 1000", timeout_s=1)), FIX, DONE], 0, 3),
    "a_command_that_asks": ([says(call("bash", command="read x; echo $x")),
                             FIX, DONE], 0, 3),
    # Malformed answers.
    "empty_answers": ([says()], 6, 3),
    "empty_after_a_call": ([says(call("read", path="a.txt")), says(), FIX,
                            DONE], 0, 4, msg.YOUR_ANSWER_WAS_EMPTY),
    "a_refusal": ([{"text": "I can't.", "stop": "content_filter"}], 6, 1),
    # One file, several calls.
    "edits_of_one_file": ([says(EDIT, call(
        "edit", path="a.txt", old_string="other", new_string="next"), call(
        "edit", path="a.txt", old_string="\tindented", new_string="x")),
        DONE], 0, 2),
    "the_same_edit_twice": ([says(EDIT, EDIT), DONE], 0, 2),
    "one_id_for_two_calls": ([says(dict(EDIT, id="same"), dict(
        call("read", path="a.txt"), id="same")), DONE], 0, 2),
}


def case(name, answers, exit_code, requests, told=None, flags=()):
    def test(w):
        harness.need_sandbox(w)
        w.write("a.txt", BAD)
        w.repository()
        answers[-1] = dict(answers[-1], repeat=True)
        m = w.mock(answers)
        r = w.run("exec", "--approve", "yes", "--test", TEST, *(
            flags if "--plan" in flags else ["--plan", "skip", *flags]),
            "make it good")
        asked = m.requests()
        table.append((name, len(asked), r.returncode))
        if exit_code is not None:
            assert r.returncode == exit_code, (r, w.events("agent_end"))
        assert len(asked) == requests, (len(asked), r)
        if told is not None:
            results = [str(x["content"]) for x in asked[-1]["body"]["messages"]
                       if x["role"] in ("tool", "user")]
            assert any(told in x for x in results), results
        good = w.read("a.txt").startswith("good\n")
        assert good == (r.returncode == 0), (r, w.read("a.txt"))
        assert w.events("agent_end")[-1]["exit"] == r.returncode
        w.verify()
    test.__name__ = "test_" + name
    return test


for each in CASES:
    globals()["test_" + each] = case(each, *CASES[each])


def edits(w, turns):
    """The results of these calls, in a task that ends well."""
    harness.need_sandbox(w)
    w.write("b.txt", "old")
    w.mock([says({"name": name, "args": args}) for name, args in turns] +
           [DONE])
    w.run("exec", "--plan", "skip", "--approve", "yes", "go", code=0)
    return [e["text"] for e in w.events("tool_result")]


def test_edits_that_keep_failing(w):
    """Three failed edits bring the advice; a success resets the count, and an
    edit that changes nothing isn't a failure."""
    args = {"path": "a.txt", "old_string": "none", "new_string": "x"}
    other = dict(args, path="b.txt")
    same = dict(args, old_string="old", new_string="old")
    w.write("a.txt", "old\n")
    told = edits(w, [
        ("edit", args), ("edit", args), ("edit", other), ("edit", same),
        ("edit", args), ("edit", args), ("write", {"path": "a.txt", "content": "old"}),
        ("edit", args), ("edit", args), ("edit", dict(args, old_string="old")),
        ("edit", args), ("edit", args)])
    told = [(t.split(" edits of this file in a row have failed. ") +
             [""])[1][:25] for t in told]
    assert told == ["", "", "", "", msg.DO_NOT_TRY_ANOTHER_ONE,
                    msg.DO_NOT_TRY_ANOTHER_ONE] + [""] * 7, told


@atexit.register
def show():
    for row in table:
        print("# %-32s %2d requests, exit %s" % row)


harness.main(globals())
