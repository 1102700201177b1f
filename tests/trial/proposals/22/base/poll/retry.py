"""Tries again, later and later."""

import time

FIRST = 1       # seconds
FACTOR = 2
MOST = 60


class GaveUp(Exception):
    pass


def delays():
    delay = FIRST
    while True:
        yield delay
        delay = min(delay * FACTOR, MOST)


def retry(what, config, clock=time.monotonic, sleep=time.sleep):
    """What `what` returns, tried until give_up has passed."""
    began = clock()
    for delay in delays():
        try:
            return what()
        except OSError as e:
            if clock() - began >= config.give_up:
                raise GaveUp(str(e)) from e
        sleep(delay)
