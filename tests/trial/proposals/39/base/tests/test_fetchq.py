import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from fetchq.cache import Cache
from fetchq.fetch import Fetcher


class Test(unittest.TestCase):
    def test_kept(self):
        now = [0]
        cache = Cache(10, lambda: now[0])
        made = []
        for _ in range(2):
            self.assertEqual(cache.get("a", lambda k: made.append(k) or k), "a")
        self.assertEqual(made, ["a"])
        now[0] = 10
        cache.get("a", lambda k: made.append(k) or k)
        self.assertEqual(made, ["a", "a"])

    def test_counts(self):
        f = Fetcher(str.upper)
        self.assertEqual([f.fetch("x"), f.fetch("x")], ["X", "X"])
        self.assertEqual(f.stats.counts, {"asked": 2, "loaded": 1})


if __name__ == "__main__":
    unittest.main()
