"""Sends what waits."""

from mailq.parse import Broken, parse


def send_all(queue, smtp):
    """How many were sent. One that can't be parsed is set aside."""
    sent = 0
    for name in queue.names():
        data = queue.get(name)
        try:
            message = parse(data)
        except Broken:
            queue.set_aside(name)
            continue
        smtp.send(message)
        queue.drop(name)
        sent += 1
    return sent
