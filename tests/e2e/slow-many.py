"""Large proposals: a file of 50,000 lines with changes in 300 places, the
first and the last line among them; and 500 files."""

import harness
from large import CHANGED, MANY, SCRIPT, begin, by_rule, by_screen, data, many

FILES = ("for n in $(seq 500); do mkdir -p d$((n % 9)); "
         "echo $n >d$((n % 9))/$n; done")


def test_many_hunks_by_rule(w):
    begin(w, {"f": MANY})
    p, after = by_rule(w, SCRIPT % ("f", "f"), 1)
    assert len(p["files"][0]["hunks"]) == 300, len(p["files"][0]["hunks"])
    assert after["f"][2] == many(CHANGED)


def test_many_hunks_on_the_screen(w):
    begin(w, {"f": MANY})
    by_screen(w, SCRIPT % ("f", "f"), 300, "+changed 50000")
    assert data(w, "f") == many([50000])


def test_many_hunks_on_the_command_line(w):
    """The first, the last and one between, out of 300."""
    begin(w, {"f": MANY})
    w.run("try", "--approve", "ask", "--", "sh", "-c",
          SCRIPT % ("f", "f"), code=5)
    w.run("decide", "--accept", "1,150,300", code=0)
    assert data(w, "f") == many([1, CHANGED[149], 50000])


def test_hundreds_of_files_by_rule(w):
    begin(w, {"a": "a\n"})
    _, after = by_rule(w, FILES, 500)
    assert after["d5/500"][2] == b"500\n"


def test_hundreds_of_files_on_the_screen(w):
    begin(w, {"a": "a\n"})
    by_screen(w, FILES, 500, "d8/98")
    new = [k for k in harness.tree(w.project) if k.startswith("d8/")]
    assert new == ["d8/98"], new


harness.main(globals())
