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
    with Screen(w, "look") as t:
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
    with Screen(w, "count") as t:
        t.need(" ready")
        t.need("more rows, + opens")
        assert "command: seq" not in "\n".join(t.screen())
        t.send("+")
        t.need(": command: seq 1 40000")
        t.need("| 7")
        t.send("+")
        t.gone(": command: seq 1 40000")
        # In the middle, which is in no line of the journal.
        assert '20321' not in w.events("tool_result")[0]["text"]
        t.send("/20321\r")
        t.need("| 20321")
        t.send("[")
        t.need("> count")
        t.end()


if __name__ == "__main__":
    harness.main(globals())
