"""assent stats: what is counted, and the reports of many runs."""

import csv
import io
import json
import os
import shutil

import harness

EDIT = harness.call("edit", path="a.txt", old_string="one", new_string="ONE")
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def lines_of(*events):
    """A journal, seconds after midnight of a day in each event's `at`."""
    out = []
    for seq, (at, e) in enumerate(events, 1):
        day, s = divmod(int(at), 86400)
        stamp = "2026-11-%02dT%02d:%02d:%02d.000Z" % (
            20 + day, s // 3600, s // 60 % 60, s % 60)
        e = dict({"seq": seq, "t": stamp, "by": "core"}, **e)
        out.append(json.dumps(dict(e, prev="", h="0" * 64),
                              separators=(",", ":")) + "\n")
    return out


def session(w, sid, *events, profile=None, model="m", mode="interactive"):
    w.sound = False
    folder = w.path("state", "assent", "sessions", sid)
    os.makedirs(folder, mode=0o700)
    settings = {"profile": {"name": profile}} if profile else {}
    start = {"type": "session_start", "version": "0", "format": 2,
             "session": sid, "root": w.project, "cwd": w.project,
             "mode": mode, "settings": settings,
             "model": {"provider": "mock", "name": model}}
    harness.rewrite_journal(folder, lines_of((0, start), *events))


def user(**e):
    return dict(e, by="user")


def decision(*marks, **e):
    return dict({"type": "decision", "proposal": 9, "by": "user", "files": [{
        "path": "a", "hunks": [{"id": str(i), "decision": m}
                               for i, m in enumerate(marks)]}]}, **e)


def proposal(final=True, **e):
    return dict({"type": "proposal", "proposal": 9, "version": 1,
                 "final": final, "files": [{"path": "a"}]}, **e)


def evidence(code, **e):
    return dict({"type": "evidence", "status": "done", "exit": code}, **e)


SAID = user(type="user_message", text="go")
START = {"type": "turn_start", "turn": 1}
PAID = {"type": "turn_end", "turn": 1, "cost_usd": 0.5, "usage": {
    "input": 100, "output": 10}, "worked_ms": 4000}


def end(outcome="done"):
    return {"type": "agent_end", "outcome": outcome, "exit": 0}


def test_reviews(w):
    """Your own rate, of the last 20 sessions that have one; not exec's, not in
    JSON."""
    for n in range(23):
        session(w, "20261120-1000%02d-0000" % n, (1, SAID), (2, START),
                (10, dict(proposal(), proposal=0)),
                (16 + n, decision(*["yes"] * 3, "no", client="/dev/pts/1")),
                (60, end()), mode="interactive" if n < 22 else "exec")
    text = w.run("stats", code=0).stdout.decode()
    # 8 to 27 seconds, without the two oldest.
    assert text.endswith("\nyour reviews, last 20 sessions: 80 hunks, 4.3 s a "
                         "hunk, 75% accepted, 60 unread, 0 comments\n"), text
    assert b"reviews" not in w.run("stats", "--json", code=0).stdout
    assert "your reviews" not in w.run("stats", "--from", w.project,
                                       code=0).stdout.decode()


def ask(w, *args, code=0):
    r = w.run("stats", "--json", *args, code=code)
    return json.loads(r.stdout)


def test_definitions(w):
    day = 86400
    session(
        w, "20261120-000000-0001",
        (10, SAID), (10, START), (14, PAID),
        # After a step of the plan the check may fail, and doesn't count.
        (18, proposal(final=False)), (19, evidence(1)), (21, decision("yes")),
        (30, proposal()), (31, evidence(None, killed="no_sandbox")),
        (32, {"type": "evidence", "status": "stale"}),
        (33, evidence(1)), (40, end("waiting")),
        (day + 40, decision("yes", "no", "edited")),
        (day + 45, evidence(0)), (day + 50, end()),
        # A second task: the check passes at once, a rule decides, and an
        # undo's hunks are no news.
        (day + 100, SAID), (day + 110, proposal()), (day + 111, evidence(0)),
        (day + 112, decision("yes", by="rule:small", rule="small")),
        (day + 120, end()),
        (day + 200, proposal(undo=5)), (day + 201, evidence(1)),
        (day + 202, decision("no")))
    got = ask(w)
    one, = got["sessions"]
    want = {"tasks": 2, "checked": 2, "passed_first": 1,
            "hunks": {"accepted": 3, "edited": 1, "rejected": 1},
            "turns": 1, "cost_usd": 0.5, "worked_ms": 4000}
    for where in one, got["total"]:
        for key, value in want.items():
            assert where[key] == value, (key, where[key], value)
    assert one["profile"] == "code" and one["project"] == w.project and \
        one["outcome"] == "done", one
    # One that waits has no end, and counts; what it used, by the model that
    # answered.
    session(w, "20261123-000000-0002", (3 * day, SAID), (3 * day + 1, START),
            (3 * day + 5, PAID), (3 * day + 6, user(
                type="model", model={"provider": "mock", "name": "n"})),
            (3 * day + 6, START), (3 * day + 8, PAID), profile="review")
    total = ask(w)["total"]
    assert total["tasks"] == 3 and total["turns"] == 3, total
    assert {x["model"]: (x["turns"], x["tokens"]["in"])
            for x in total["by_model"]} == \
        {"mock/m": (2, 200), "mock/n": (1, 100)}, total
    said = w.run("stats", "20261123").stdout.decode()
    assert "; models mock/m, mock/n\n" in said, said


def test_text(w):
    session(w, "20261120-000000-0001", (10, SAID), (10, START), (14, PAID),
            (20, proposal()), (21, evidence(0)), (23, decision("edited")),
            (30, end()))
    session(w, "20261120-000000-0002", (10, SAID), (20, proposal()),
            (21, evidence(1)), (23, decision("no")), (30, end()))
    said = w.run("stats").stdout.decode()
    assert "    first check passed: 1 of 2 tasks\n" in said and \
        "2 sessions, 2 tasks: 1 turn, 100 tokens in, 10 out, $0.50, " \
        "cache -, worked 4 s, hunks: 1 accepted (1 edited), 1 rejected\n" \
        in said, said
    # A table without rows has its head, once.
    w.clean_project()
    r = w.run("stats", "--csv")
    assert r.returncode == 0 and r.stdout.startswith(b"session,") and \
        r.stdout.count(b"\n") == 1, r


def table(r):
    return list(csv.DictReader(io.StringIO(r.stdout.decode(), newline="")))


def test_reports_of_many_runs(w):
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    reports = w.path("reports")
    os.makedirs(os.path.join(reports, "deep"))
    first = os.path.join(reports, "first.json")

    def run(name, to, *answers, code=0, flags=()):
        w.mock(list(answers))
        r = w.run("exec", "--plan", "skip", "--approve", "yes", "--name", name,
                  "--test", "grep -q ONE a.txt", "--output", to, *flags, "go")
        assert r.returncode == code, r

    run("=fix", first, EDIT, DONE)
    run("two", os.path.join(reports, "deep", "two.json"), DONE,
        flags=("--profile", "tests"))
    one = json.load(open(first))
    assert one["name"] == "=fix" and one["stats"]["session"] == one["session"]
    assert one["stats"]["passed_first"] == 1, one
    # Sessions and reports agree.
    got = ask(w, "--from", reports)
    assert [{k: v for k, v in x.items() if k not in ("name", "file", "exit")}
            for x in got["runs"]] == ask(w)["sessions"], got
    rows = table(w.run("stats", "--from", reports, "--csv"))
    rows.reverse()
    assert [(x["name"], x["outcome"], x["exit"], x["profile"], x["checked"],
             x["passed_first"], x["hunks_accepted"], x["project"])
            for x in rows] == [
        ("'=fix", "done", "0", "code", "1", "1", "1", w.project),
        ("two", "done", "0", "tests", "1", "1", "0", w.project)], rows
    assert float(rows[0]["worked_s"]) > 0, rows
    assert [x["session"] for x in table(w.run("stats", "--csv"))] == \
        list(reversed([x["session"] for x in rows]))
    # One that never began.
    none = {k: v for k, v in one.items() if k != "stats"}
    w.write("none.json", json.dumps(dict(none, session=None)), base=reports)
    # Other files are ignored; a damaged report is named.
    w.write("package.json", "{}", base=reports)
    w.write("notes.txt", "{", base=reports)
    with open(first) as f:
        w.write("torn.json", f.read()[:300], base=reports)
    w.write("empty.json", "", base=reports)
    w.write("new.json", json.dumps(dict(one, version=2)), base=reports)
    r = w.run("stats", "--from", reports, "--csv")
    said = r.stderr.decode()
    assert r.returncode == 1 and "3 damaged files" in said, r
    assert all(name in said for name in ("torn.json", "empty.json",
                                         "new.json")), said
    rows = table(r)
    assert [(os.path.basename(x["file"]), x["name"], x["session"])
            for x in rows] == [
        ("two.json", "two", rows[0]["session"]),
        ("first.json", "'=fix", one["session"]), ("none.json", "'=fix", "")], \
        rows
    for args, code in ((("--from", w.path("no")), 2),
                       (("--from", reports, "--all"), 2),
                       (("--from", reports, "x"), 2)):
        assert w.run("stats", *args).returncode == code, args
    shutil.rmtree(reports)
    os.makedirs(reports)
    assert b"0 runs, 0 tasks" in w.run("stats", "--from", reports).stdout


harness.main(globals())
