import io
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

from near import cli

FILE = os.path.join(HERE, "places.geojson")


def run(*args):
    out = io.StringIO()
    cli.main([FILE] + list(args), out)
    return out.getvalue().split()


class CliTest(unittest.TestCase):
    def test_nearest(self):
        self.assertEqual(run("46.5", "9.4"), ["Chur"])

    def test_two(self):
        self.assertEqual(run("47.2", "8.6", "2"), ["Chur", "Basel"])


if __name__ == "__main__":
    unittest.main()
