"""The transcript at a terminal: Markdown as it streams, a call that is opened
with the whole of its output, messages that are jumped to.
"""

import harness
from screenlib import Screen

REPLY = ("# What I found\n\nThe **third** line of `a.txt` is quiet; see "
         "[the notes](http://127.0.0.1/notes).\n\n- one\n- two\n\n"
         "```sh\nmake  check\n```\n\n> a quote\n")
RUN = {"calls": [{"name": "bash", "args": {"command": "seq 1 40000"}}]}
SKIP = {"plan": "skip"}


def test_streams(w):
    """In pieces of any size, and after it is complete, the same."""
    w.write("a.txt", "line\n")
    w.mock([{"text": [REPLY[i:i + 7] for i in range(0, len(REPLY), 7)]}],
           config=SKIP)
    with Screen(w, "--", "look") as t:
        for words in ("What I found", "The third line of a.txt is quiet",
                      "the notes <http://127.0.0.1/notes>", "- two",
                      "make  check", "> a quote"):
            t.need(words)
        t.need(" ready")
        shown = "\n".join(t.screen())
        assert "**" not in shown and "# What" not in shown, shown
        t.end()


def test_opens(w):
    """All of the output, also what the model was not told."""
    harness.need_sandbox(w)
    w.write("a.txt", "line\n")
    w.mock([RUN, {"text": "Done."}], config=SKIP)
    with Screen(w, "--", "count") as t:
        t.need(" ready")
        t.need("more rows)")
        assert "command: seq" not in "\n".join(t.screen())
        t.send("\t")
        t.need("more rows, + opens)")
        t.send("+")
        t.need("  command: seq 1 40000")
        t.need("│ 7")
        t.send("+")
        t.gone("  command: seq 1 40000")
        # In the middle, which is in no line of the journal.
        assert '20321' not in w.events("tool_result")[0]["text"]
        t.send("/")
        t.need("search>")
        t.send("20321\r")
        t.need("│ 20321")
        t.send("[")
        t.need(">>count")
        t.end()


def test_edits_show_what_changed(w):
    """As a small diff, as soon as they are staged; what hides from the model
    hides here."""
    w.write("a.txt", "".join("line %d\n" % n for n in range(1, 31)) +
            "token sk-ant-api03-" + "a" * 80 + "\n")
    patch = ("*** Begin Patch\n*** Update File: a.txt\n@@\n line 19\n"
             "-line 20\n+LINE twenty\n line 21\n*** End Patch\n")
    mock = w.mock([
        {"calls": [
            {"name": "edit", "args": {"path": "a.txt", "old_string":
             "line 30", "new_string": "line thirty"}},
            {"name": "write", "args": {"path": "new.txt", "content":
             "".join("n%d\n" % n for n in range(40))}}]},
        {"calls": [{"name": "edit", "args": {"path": "a.txt", "edits": [
            {"old_string": "line 2\n", "new_string": "line two\n"},
            {"old_string": "line 9\n", "new_string": ""}]}}]},
        {"text": "Done.", "wait_for": "look"}], config=SKIP)
    with Screen(w, "edit it", rows=50) as t:
        # While the model is still at work.
        for words in ("  │ @@ -27,5 +27,5 @@", "  │ -line 30",
                      "  │ +line thirty", "  │ +n12",
                      "(27 more rows)", "  │ -line 9"):
            t.need(words)
        with open("%s/look" % mock.dir, "w"):
            pass
        t.need(" to review")
        t.end("exit 5")
    results = w.events("tool_result")
    assert results[1]["diff"].startswith("@@ -0,0 +1,40 @@\n+n0\n"), results
    assert "sk-ant" not in results[0]["diff"], results[0]
    assert results[2]["diff"] == (
        "@@ -1,12 +1,11 @@\n line 1\n-line 2\n+line two\n line 3\n line 4\n"
        " line 5\n line 6\n line 7\n line 8\n-line 9\n line 10\n line 11\n"
        " line 12\n"), results[2]["diff"]
    # The model is not told what it wrote.
    assert "@@ -27" not in str(mock.requests()[1]["body"])


def test_running_shows_its_last_lines(w):
    harness.need_sandbox(w)
    w.mock([{"calls": [{"name": "bash", "args": {"command":
        "seq 1 9; exec sleep 1000"}}]}, {"text": "Done."}], config=SKIP)
    with Screen(w, "--", "count") as t:
        t.need("  │ 9")
        shown = "\n".join(t.screen())
        assert "  │ 7\n" in shown and "  │ 6\n" not in shown, shown
        t.need("running seq 1 9; exec sleep")
        t.send("\x03")
        t.need("interrupted")
        t.end("exit 130")


def test_changes_without_a_plan(w):
    """They aren't kept: the end says how many, and what to do."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    done = {"calls": [{"name": "done", "args": {"summary": "all renamed"}}]}
    w.mock([{"calls": [{"name": "bash", "args": {
        "command": "sed -i s/one/1/ a.txt"}}]}, done, done],
        config={"plan": "require"})
    with Screen(w, "rename it", rows=40) as t:
        t.need("ended without a plan: its changes weren't kept")
        t.need("changes to 1 file weren't kept: ask for a plan, or /plan skip")
        t.press("\t2g")
        t.need("1 file changed; changes before an approved plan")
        assert "Note about the project" not in t.text(), t.show()
        t.end()
    assert w.read("a.txt") == "one\n"
    w.verify()


if __name__ == "__main__":
    harness.main(globals())
