import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from ship import carrier, labels
from ship.errors import ApiError

SETTINGS = {"user": "ann", "password": "horse battery"}


class Server:
    def __init__(self, *statuses):
        self.statuses, self.calls = list(statuses), []

    def __call__(self, method, path, headers, body):
        if path == "/session":
            return {"token": "t0ken", "ttl": 3600}
        self.calls.append((method, path, headers))
        if self.statuses:
            raise ApiError(self.statuses.pop(0), "later")
        return {"id": "L1"}


class Test(unittest.TestCase):
    parcel = {"address": "Main St 1", "grams": 900}

    def test_label(self):
        s = Server()
        self.assertEqual(labels.make(carrier.connect(s, SETTINGS),
                                     self.parcel), "L1")
        self.assertEqual(s.calls[0][2], {"Authorization": "Bearer t0ken"})

    def test_again(self):
        s = Server(503, 429)
        labels.cancel(carrier.connect(s, SETTINGS), "L1")
        self.assertEqual(len(s.calls), 3)

    def test_refused(self):
        with self.assertRaises(ApiError):
            labels.cancel(carrier.connect(Server(404), SETTINGS), "L1")


if __name__ == "__main__":
    unittest.main()
