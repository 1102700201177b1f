"""assent merge: the branch of a worktree comes into the user's checkout, by their
own git; the journal has it before and after.
"""

from commitlib import DONE, change, repo
import harness

OLD = "".join("line %d\n" % n for n in range(1, 21))


def edit(path, old, new):
    return harness.call("edit", path=path, old_string=old, new_string=new)


