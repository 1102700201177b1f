"""A terminal that takes characters for wider or narrower than we do: what is
wrong ends with its row, and no other row is harmed.
"""

import json
import os
import tempfile
import time

import harness
import screen
import screenlib
from vt import together

WIDE = "漢字 wide αβγ é ñ 漢 end of it ★ 漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢"
GREEK = "α" * 300
KEYS = ("4", "J", "j", "j", "j", "j", " ", "b", "G", "g", "S", "visible", "\r",
        ">", "<", "+", "2", "k", "k", "G", "g", "1", "2", "4", "K", "/", "漢",
        "\r", "n", "\x1b", "y", "i", "x α 漢 y", "\x1b", "?", " ", "q")
SIZES = ((24, 80), (30, 131), (12, 40))


def lines():
    text = "".join(
        "+%s\n" % (GREEK if i % 13 == 5 else "%d %s" % (i, WIDE) if i % 3 == 1
                   else "line %d of plain words" % i) for i in range(150))
    side = {"hash": "ab", "mode": 33188, "size": 9}
    hunks = [{"id": "%016x" % n, "old_start": n * 100 + 1, "old_lines": 0,
              "new_start": n * 100 + 1, "new_lines": 60, "text": text}
             for n in range(3)]
    out = [{"type": "session_start", "mode": "interactive"},
           {"type": "user_message", "text": "make it " + WIDE}]
    for n in range(12):
        out.append({"type": "assistant_message", "turn": n, "calls": [],
                    "text": "plain words\n\n- " + WIDE + "\n- plain\n\n" +
                    GREEK})
    out.append({"type": "plan", "version": 1, "status": "approved",
                "goal": "αβγ 漢字", "steps": [{"title": WIDE},
                                            {"title": "plain"}]})
    out.append({"type": "proposal", "proposal": 0, "version": 1, "final": True,
                "files": [{"path": name, "status": "modified", "before": side,
                           "after": side, "hunks": hunks[:1 + (n == 0)],
                           "reason": WIDE}
                          for n, name in enumerate(("a.c", "漢/β.c"))]})
    return [dict(line, seq=n + 1, by="core") for n, line in enumerate(out)]


def differ(even, odd):
    """Rows of nothing but ASCII that are not the same."""
    return [(n, a, b) for n, (a, b) in enumerate(zip(even, odd))
            if a.isascii() and a != b]


def compare(terms, what):
    due = time.monotonic() + harness.DEADLINE_S
    while True:
        for t in terms:
            t.pause(20)
        # Compare screens at rest.
        bad = differ(terms[0].screen(), terms[1].screen())
        if not bad:
            return
        assert time.monotonic() < due, "after %s: %r\n%s\n%s" % (
            what, bad, terms[0].show(), terms[1].show())


def same_when_drawn_again(t):
    """Step by step it has come to what a whole frame shows."""
    t.idle()
    t.press("4Gk+gJjw2KGkkg4\x0c")
    was = t.rows()
    written = t.written()
    t.send("\x0c")
    harness.wait_until("all of it", lambda: t.written() > written + 500)
    t.same(was, "drawn again")


def story(name, term, size):
    opts = {"rows": size[0], "cols": size[1], "term": term}
    even = screen.Play(name, 1000, **opts)
    odd = screen.Play(name, 1000, odd=True, **opts)
    try:
        for t in even, odd:
            assert t.wait(">[ ] @@"), t.show()
        for n, key in enumerate(KEYS):
            for t in even, odd:
                t.send(key, ahead=True)
            if key == "\x1b":
                # On both it is a key by itself, before the next one comes.
                for t in even, odd:
                    t.slow(screenlib.TOO_SLOW_MS)
            elif len(key) > 1:
                # Keys right after it would belong to a paste.
                for t in even, odd:
                    t.slow(150)
            compare((even, odd), "%s key %d (%r)" % (term, n, key))
        for t in even, odd:
            t.resize(size[0] + 3, size[1] - 5)
        compare((even, odd), "another size")
        same_when_drawn_again(even)
    finally:
        even.close()
        odd.close()


def test_rows_stay_apart(w):
    name = os.path.join(tempfile.mkdtemp(dir=w.root), "lines")
    with open(name, "w") as f:
        for line in lines():
            f.write(json.dumps(line) + "\n")
    together(story, [(name, term, size) for term, size in (
        ("xterm-256color", SIZES[0]), ("tmux", SIZES[1]), ("screen", SIZES[2]),
        ("vt100", SIZES[0]), ("linux", SIZES[2]))])


harness.main(globals())
