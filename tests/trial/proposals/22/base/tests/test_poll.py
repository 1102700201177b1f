import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from poll.client import Client
from poll.config import Config, load
from poll.retry import GaveUp, delays, retry
from poll.run import run


class Clock:
    def __init__(self, step=0):
        self.now, self.step, self.slept = 0, step, []

    def __call__(self):
        self.now += self.step
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.slept.append(seconds)


def fails():
    raise OSError("refused")


class ConfigTest(unittest.TestCase):
    def test_load(self):
        config = load(["interval = 10  # often", "", "url = http://x/"])
        self.assertEqual(config.url, "http://x/")

    def test_unknown(self):
        with self.assertRaises(ValueError):
            load(["intervall = 10"])


class RetryTest(unittest.TestCase):
    def test_gives_up(self):
        clock = Clock()
        with self.assertRaises(GaveUp):
            retry(fails, Config(give_up=100), clock, clock.sleep)
        self.assertEqual(len(clock.slept), 7)

    def test_first_delays(self):
        clock, left = Clock(), [1, 1, 1]

        def what():
            if left:
                left.pop()
                fails()
            return "ok"
        self.assertEqual(retry(what, Config(), clock, clock.sleep), "ok")
        self.assertEqual(clock.slept, [1, 2, 4])


class RunTest(unittest.TestCase):
    def test_interval(self):
        clock, answers = Clock(), ["a", "a", "b"]

        class Answers:
            def look(self):
                return answers.pop(0)
        run(Answers(), lambda a: a != "b", Config(interval=10), clock,
            clock.sleep)
        self.assertEqual(clock.slept, [10, 10])


if __name__ == "__main__":
    unittest.main()
