"""What the model is told of reviews, and of what the user changed since."""

import harness
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
SONG = "".join("verse %d\n" % i for i in range(1, 21))
SKIP = ("--plan", "skip")


def call(name, **args):
    return {"calls": [{"name": name, "args": args}]}


def edit(path, old, new):
    return call("edit", path=path, old_string=old, new_string=new)


