import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from mailq import cli
from mailq.queue import Queue
from mailq.send import send_all

MAIL = b"From: a@x\nTo: b@x,c@x\n\nhi\n"


class Smtp:
    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)


class Test(unittest.TestCase):
    def setUp(self):
        d = tempfile.TemporaryDirectory()
        self.addCleanup(d.cleanup)
        self.now = 1000
        self.folder = d.name
        self.queue = Queue(d.name, lambda: self.now)

    def test_oldest_first(self):
        first = self.queue.put(MAIL)
        self.now += 1
        second = self.queue.put(MAIL)
        self.assertEqual(self.queue.names(), [first, second])

    def test_urgent_first(self):
        first = self.queue.put(MAIL)
        self.now += 1
        second = self.queue.put(MAIL, urgent=True)
        self.assertEqual(self.queue.names(), [second, first])

    def test_urgent_is_marked(self):
        name = self.queue.put(MAIL, urgent=True)
        out = io.StringIO()
        cli.main(["list", self.folder], b"", out)
        self.assertEqual(out.getvalue(), "!  %s\n" % name)

    def test_sent(self):
        smtp = Smtp()
        self.queue.put(MAIL)
        self.assertEqual(send_all(self.queue, smtp), 1)
        self.assertEqual(smtp.sent[0]["to"], ["b@x", "c@x"])
        self.assertEqual(self.queue.names(), [])

    def test_broken_is_set_aside(self):
        self.queue.put(b"nothing")
        self.assertEqual(send_all(self.queue, Smtp()), 0)
        self.assertEqual(self.queue.names(), [])


if __name__ == "__main__":
    unittest.main()
