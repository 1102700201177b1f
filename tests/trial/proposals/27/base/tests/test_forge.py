import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from forge import receive
from forge.sign import signature
from forge.store import Store

SECRET = b"not a real one"


def headers(body, event="push", **more):
    return dict({"X-Signature": signature(body, SECRET), "X-Event": event},
                **more)


class ReceiveTest(unittest.TestCase):
    def setUp(self):
        receive.handlers.clear()

    def test_handler(self):
        seen = []
        receive.on("push")(seen.append)
        body = b'{"ref": "main"}'
        self.assertEqual(receive.receive(headers(body), body, SECRET), 200)
        self.assertEqual(seen, [{"ref": "main"}])

    def test_wrong_signature(self):
        body = b"{}"
        self.assertEqual(receive.receive(headers(b"[]"), body, SECRET), 403)

    def test_not_json(self):
        self.assertEqual(receive.receive(headers(b"{"), b"{", SECRET), 400)


class StoreTest(unittest.TestCase):
    def test_saved(self):
        with tempfile.TemporaryDirectory() as d:
            Store(d).save("x", [1])
            self.assertEqual(Store(d).load("x", []), [1])


if __name__ == "__main__":
    unittest.main()
