#!/usr/bin/env python3
"""assent stats: rates, means and groups, and the reports of many runs."""

import csv
import glob
import io
import json
import os
import shutil

import harness

EDIT = {"calls": [{"name": "edit", "args": {
    "path": "a.txt", "old_string": "one", "new_string": "ONE"}}]}
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


def session(w, sid, *events, profile=None, model="m"):
    folder = w.path("state", "assent", "sessions", sid)
    os.makedirs(folder, mode=0o700)
    settings = {"profile": {"name": profile}} if profile else {}
    start = {"type": "session_start", "version": "0", "format": 2,
             "session": sid, "root": w.project, "cwd": w.project,
             "mode": "interactive", "settings": settings,
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
MARK = user(type="draft", proposal=9, hunk="0", mark="yes")


def end(prompts=0, outcome="done"):
    return {"type": "agent_end", "outcome": outcome, "exit": 0,
            "prompts": prompts}


def ask(w, *args, code=0):
    r = w.run("stats", "--json", *args)
    assert r.returncode == code, r
    return json.loads(r.stdout)


def test_definitions(w):
    day = 86400
    session(
        w, "20261120-000000-0001",
        (10, SAID), (10, START), (14, PAID),
        (15, {"type": "plan", "version": 1, "status": "proposed"}),
        (16, user(type="plan", version=1, status="returned", word="no")),
        (17, user(type="plan", version=2, status="approved")),
        # After a step of the plan the check may fail, and doesn't count.
        (18, proposal(final=False)), (19, evidence(1)),
        (20, MARK), (21, decision("yes")),
        (30, proposal()), (31, evidence(None, killed="no_sandbox")),
        (32, {"type": "evidence", "status": "stale"}),
        (33, evidence(1)), (40, end(2, "waiting")),
        # Two keys within the minute; then a night, of which five minutes are
        # review; the last mark decides.
        (60, MARK), (70, user(type="comment", hunk="0", line=1, text="x")),
        (day + 40, MARK), (day + 40, decision("yes", "no", "edited")),
        (day + 45, evidence(0)), (day + 50, end(3)),
        # A second task: no plan, the check passes at once, a rule decides,
        # and an undo's hunks are no news.
        (day + 100, SAID), (day + 110, proposal()), (day + 111, evidence(0)),
        (day + 112, decision("yes", by="rule:small", rule="small")),
        (day + 120, end()),
        (day + 200, proposal(undo=5)), (day + 201, evidence(1)),
        (day + 202, decision("no")))
    got = ask(w)
    one, = got["sessions"]
    want = {"tasks": 2, "checked": 2, "passed_first": 1, "plans": 2,
            "plans_approved": 1, "prompts": 3,
            "hunks": {"accepted": 3, "edited": 1, "refused": 1},
            # 2 plans, 4 marks and comments, an undo's decision
            "keys": 7,
            "review_ms": 1000 * (2 + 1 + 30 + 10 + 300 + 2),
            "wall_ms": 1000 * (day + 40 + 20),
            "waited_ms": 1000 * (day + 40 - 4 + 20),
            "turns": 1, "cost_usd": 0.5, "worked_ms": 4000}
    for where in one, got["total"]:
        for key, value in want.items():
            assert where[key] == value, (key, where[key], value)
    assert one["profile"] == "code" and one["model"] == "mock/m", one
    assert [x["week"] for x in one["by_week"]] == ["2026-W47"], one
    assert one["by_model"][0]["tasks"] == 2, one
    # Without its end a task isn't counted, but what it used is.
    session(w, "20261123-000000-0002", (3 * day, SAID), (3 * day + 1, START),
            (3 * day + 5, PAID), profile="review", model="n")
    total = ask(w)["total"]
    assert total["tasks"] == 2 and total["turns"] == 2, total
    assert {x["profile"]: (x["tasks"], x["turns"])
            for x in total["by_profile"]} == \
        {"code": (2, 1), "review": (0, 1)}, total
    assert {x["week"]: x["cost_usd"] for x in total["by_week"]} == \
        {"2026-W47": 0.5, "2026-W48": 0.5}, total
    assert {x["model"]: x["tasks"] for x in total["by_model"]} == \
        {"mock/m": 2, "mock/n": 0}, total


def test_a_failure_and_another_try(w):
    """One task, however often it is tried; the time between doesn't count."""
    again = user(type="user_message", text="", again=True)
    session(w, "20261120-000000-0001", (10, SAID), (10, START), (14, PAID),
            (20, end(1, "provider")), (500, again), (500, START), (504, PAID),
            (530, end(2)), (600, SAID), (610, end()),
            # Only a message to an agent that has ended is another try.
            (620, again), (625, SAID), (630, end(1)))
    one, = ask(w)["sessions"]
    assert (one["tasks"], one["prompts"], one["wall_ms"], one["turns"]) == \
        (2, 4, 60000, 2), one
    # A run in which no task began has a week, too.
    session(w, "20261127-000000-0002", (7 * 86400, end(0, "unmet")))
    session(w, "20261127-000000-0003", (7 * 86400, SAID))
    got = ask(w)
    assert [x["week"] for x in got["total"]["by_week"]] == \
        ["2026-W48", "2026-W47"], got["total"]
    assert got["total"]["outcomes"] == {"done": 1, "unmet": 1,
                                        "unfinished": 1}, got["total"]
    said = w.run("stats").stdout.decode()
    assert "3 sessions, 3 tasks (1 session with several) (1 session with " \
        "none): " in said and "    ended: 1 done, 1 unmet, 1 unfinished\n" \
        in said, said


def test_a_core_that_was_killed(w):
    """The time until its task goes on doesn't count, nor does a failure's."""
    again = user(type="user_message", text="", again=True)
    resumed = {"type": "note", "text": "resumed", "resumed": True}
    session(w, "20261120-000000-0001", (10, SAID), (10, START), (14, PAID),
            (500, resumed), (501, START), (505, PAID), (800, resumed),
            (810, end(1, "provider")), (900, resumed), (901, again),
            (905, START), (909, PAID), (1400, resumed), (1421, end()))
    one, = ask(w)["sessions"]
    assert (one["tasks"], one["wall_ms"],
            one["worked_ms"] + one["waited_ms"]) == (1, 48000, 48000), one


def test_a_repeated_run(w):
    """What it used is still counted, and it is named as that."""
    def run(*flags, answers=(DONE,), code=0):
        w.mock(list(answers))
        r = w.run("exec", "--plan", "skip", "--name", "x", "--output",
                  w.path("out", "x.json"), *flags)
        assert r.returncode == code, r
    os.makedirs(w.path("out"))
    run("go")
    shutil.copy(w.path("out", "x.json"), w.path("out", "a.json"))
    run("--force", "go", answers=[{"status": 400, "body": "no"}], code=6)
    # It goes on, and is the same run.
    run("go")
    w.mock([{"text": "thinking about it", "stall": True}])
    p = w.start("exec", "--plan", "skip", "--name", "x", "go 2")
    record, = glob.glob(w.path("state", "assent", "steps", "*", "record.json"))

    def begun():
        with open(record) as f:
            return len(w.sessions()) == 3 and w.events("turn_start") and \
                w.sessions()[-1] == json.load(f).get("session")
    harness.wait_until("the request", begun)
    p.kill()
    p.communicate()
    harness.wait_until("the session's end", lambda: w.events("agent_end"))
    run("go 3")
    run("go 3", answers=())
    for cut in False, True:
        if cut:
            os.unlink(w.path("out", "a.json"))
        rows = table(w.run("stats", "--from", w.path("out"), "--csv"))
        assert sorted((x["session"], x["outcome"], x["exit"], x["repeated"])
                      for x in rows) == sorted(zip(
                          w.sessions(), ("done", "done", "interrupted",
                                         "done"), ("0", "0", "130", "0"),
                          ("yes", "yes", "yes", ""))), rows
    got = ask(w, "--from", w.path("out"))
    assert (got["total"]["runs"], got["total"]["repeated"],
            got["total"]["outcomes"]) == (4, 3, {"done": 1}), got["total"]
    assert got["total"]["tokens"] == ask(w)["total"]["tokens"], got
    said = w.run("stats", "--from", w.path("out")).stdout.decode()
    assert "4 runs (3 repeated since), " in said and \
        "x.json (repeated since)" in said, said


def test_text(w):
    session(w, "20261120-000000-0001", (10, SAID), (20, proposal()),
            (21, evidence(0)), (22, MARK), (23, decision("yes")), (30, end(1)))
    session(w, "20261120-000000-0002", (10, SAID), (20, proposal()),
            (21, evidence(1)), (22, MARK), (23, decision("no")), (30, end(1)),
            profile="docs")
    said = w.run("stats").stdout.decode()
    rate = "    first check passed    50%%  %s1 of 2 tasks (aim: over 80%%)"
    assert rate % "" in said and "plans approved" not in said, said
    assert "    hunks accepted        50%  1 of 2 hunks\n" in said, said
    assert "    a task on average: 1.0 prompts, 1.0 keys, review 3 s, " \
        "waiting 20 s of 20 s in all\n" in said, said
    assert "by profile" in said and "by week" not in said, said
    row, = [x for x in said.splitlines() if x.startswith("    docs ")]
    assert row.split() == ["docs", "1", "0%", "-", "0%", "1.0", "3",
                           "s", "20", "s", "$0.00"], row
    # Bars where somebody looks, of what the terminal can show.
    for locale, bar in (("C.UTF-8", "█" * 10 + "░" * 10 + "  "),
                        ("C", "#" * 10 + "." * 10 + "  ")):
        w.env["LC_ALL"] = locale
        code, seen = harness.on_terminal(w, [], "stats")
        assert code == 0 and (rate % bar).encode() in seen, seen
    r = w.run("stats", "--csv", "--json")
    assert r.returncode == 2, r
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
    # It is done: the same run has two reports.
    run("=fix", os.path.join(reports, "deep", "again.json"))
    run("two", os.path.join(reports, "two.json"), DONE,
        flags=("--profile", "tests"))
    one = json.load(open(first))
    assert one["name"] == "=fix" and one["stats"]["session"] == one["session"]
    assert one["stats"]["passed_first"] == 1, one
    # Sessions and reports agree.
    assert [{k: v for k, v in x.items() if k not in ("name", "file", "exit", "repeated")}
            for x in ask(w, "--from", reports)["runs"]] == \
        [{k: v for k, v in x.items() if k != "estimate"}
         for x in reversed(ask(w)["sessions"])], ask(w, "--from", reports)
    r = w.run("stats", "--from", reports, "--csv")
    assert r.returncode == 0 and b"left out" in r.stderr, r
    rows = table(r)
    assert [(x["name"], x["outcome"], x["exit"], x["profile"], x["checked"],
             x["passed_first"], x["hunks_accepted"], x["project"])
            for x in rows] == [
        ("'=fix", "done", "0", "code", "1", "1", "1", w.project),
        ("two", "done", "0", "tests", "1", "1", "0", w.project)], rows
    assert float(rows[0]["wall_s"]) > 0 and rows[0]["week"][4:6] == "-W"
    assert [x["session"] for x in table(w.run("stats", "--csv"))] == \
        list(reversed([x["session"] for x in rows]))
    # The same session under another name is another run; of one run the report
    # that ended last counts; one that never began is known by its file.
    for name, change in (("other", {"name": "other"}),
                         ("later", {"ended": "2999-01-01T00:00:00.000Z",
                                    "exit": 3}),
                         ("none", {"session": None, "stats": None})):
        o = {k: v for k, v in dict(one, **change).items()
             if v is not None or k == "session"}
        with open(os.path.join(reports, name + ".json"), "w") as f:
            json.dump(o, f)
    # What is no report is left alone; a damaged one is named.
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
    assert [(os.path.basename(x["file"]), x["name"], x["exit"])
            for x in rows] == [
        ("later.json", "'=fix", "3"), ("none.json", "'=fix", "0"),
        ("other.json", "other", "0"), ("two.json", "two", "0")], rows
    for args, code in ((("--from", w.path("no")), 2),
                       (("--from", reports, "--all"), 2),
                       (("--from", reports, "x"), 2)):
        assert w.run("stats", *args).returncode == code, args
    shutil.rmtree(reports)
    os.makedirs(reports)
    assert b"0 runs, 0 tasks" in w.run("stats", "--from", reports).stdout


if __name__ == "__main__":
    harness.main(globals())
