"""The messages that tests look for, from tests/messages.h:
msg.NO_TASK_GIVEN is MSG_NO_TASK_GIVEN there.
"""

import os
import re
import types

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                    "messages.h")
ROW = re.compile(r'^#define MSG_(\w+)[ \\\n\t]+"((?:\\.|[^"\\])*)"$', re.M)


def read():
    with open(PATH, encoding="utf-8") as f:
        return {name: re.sub(r"\\(.)", r"\1", text)
                for name, text in ROW.findall(f.read())}


msg = types.SimpleNamespace(**read())
