"""assent commit of a part of what was applied: some files, some changes; each
commit says what is in it.
"""

from commitlib import DONE, OLD, bash, change, clean, repo, show, status, write
import harness


def agent(w, *steps, goal="Make it better"):
    """Each step is a change of its own, which is applied."""
    harness.need_sandbox(w)
    plan = harness.call("plan", goal=goal, files=["a"], risks=[], steps=[{
        "title": "Step %d" % (n + 1)} for n in range(len(steps))])
    w.mock([plan] + [{"calls": [call, {"name": "step_done",
                                       "args": {"step": n + 1}}]}
                     for n, call in enumerate(steps)] + [DONE])
    r = w.run("exec", "--approve", "small", "--plan", "auto", "--", "do it")
    assert r.returncode == 0, r
    assert len(w.events("applied")) == len(steps), r


