"""GNU parallel runs a step for many repositories. Each is done once."""

import os

import engines
import harness


def test_readme_example(w):
    engines.need("parallel")
    harness.need_sandbox(w)
    repos = engines.copies(w, 3)
    engines.steady_model(w, planned=True)
    w.write("repos.txt", "".join(r + "\n" for r in repos), base=w.root)
    w.write("task.md", "Mend it\n", base=w.root)
    os.symlink(engines.CONTRIB + "/parallel/assent-one", w.path("assent-one"))
    path = w.root + os.pathsep + engines.environment(w)["PATH"]
    for line in engines.commands(engines.readme("parallel", "-a repos.txt")):
        code, out = engines.shell(w, line, PATH=path)
        assert code == 0, out
    with open(w.path("table.csv"), "rb") as f:
        engines.check_once(w, repos, f.read())


harness.main(globals())
