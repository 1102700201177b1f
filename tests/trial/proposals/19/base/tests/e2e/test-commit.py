"""assent commit: what was applied, and only that, becomes a commit of the user's
own git; their index, staged and unstaged lines stay as they were.
"""

import commitlib
from commitlib import DONE, OLD, change, clean, git, repo, show, status
import harness


def write(path, text):
    return {"calls": [commitlib.write(path, text)]}


def bash(command):
    return {"calls": [commitlib.bash(command)]}


