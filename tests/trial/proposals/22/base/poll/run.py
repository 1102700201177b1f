"""Looks again and again."""

import time

from poll.retry import retry


def run(client, seen, config, clock=time.monotonic, sleep=time.sleep):
    """Calls seen() with each answer that differs from the one before, until
    it returns False."""
    last = None
    while True:
        began = clock()
        answer = retry(client.look, config, clock, sleep)
        if answer != last and seen(answer) is False:
            return
        last = answer
        left = config.interval - (clock() - began)
        if left > 0:
            sleep(left)
