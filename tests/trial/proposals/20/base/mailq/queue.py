"""Messages that wait, in a folder: one file each."""

import os
import time
import uuid


class Queue:
    def __init__(self, folder, clock=time.time):
        self.folder, self.clock = folder, clock

    def put(self, data, urgent=False):
        name = "%s%013d-%s" % ("0" if urgent else "1", self.clock() * 1000,
                               uuid.uuid4().hex[:8])
        path = os.path.join(self.folder, name)
        with open(path + ".new", "wb") as f:
            f.write(data)
        os.rename(path + ".new", path)
        return name

    def names(self):
        """Urgent ones first, then the oldest."""
        return sorted(n for n in os.listdir(self.folder)
                      if not n.endswith((".new", ".bad")))

    def get(self, name):
        with open(os.path.join(self.folder, name), "rb") as f:
            return f.read()

    def drop(self, name):
        os.unlink(os.path.join(self.folder, name))

    def set_aside(self, name):
        path = os.path.join(self.folder, name)
        os.rename(path, path + ".bad")
